"""What a model computes from images, batch by batch, and checksums of models and images."""

import collections
import concurrent.futures
import contextlib
import hashlib
import json
import logging
import math
import os
from collections.abc import Sequence

import keras
import numpy as np

_MAKERS = max(1, min(8, (os.cpu_count() or 1) // 2))  # threads that make batches; the other cores train


def predict(model, images, batch_size=None):
    """Returns the outputs of a model for images taken batch by batch, so that a folder is never decoded whole.

    Args:
        model: A Keras model with one input and one output.
        images: `(n, height, width, channels)`, anything that an array of integers can index.
        batch_size: Default None: 256, and less for images of more than 64 x 64 pixels, whose activations would not fit
            into a processor's cache.

    Returns:
        Array `(n, ...)`.
    """
    return np.concatenate(list(predict_batches(model, images, batch_size)))


def default_batch_size(image_shape: Sequence[int]) -> int:
    """Returns how many images `predict` takes at once, where nobody says: fewer of those over 64 x 64 pixels.

    Args:
        image_shape: `(height, width, channels)`.
    """
    return max(32, min(256, 2**20 // math.prod(image_shape[:2])))


def predict_batches(model, images, batch_size=None):
    if batch_size is None:
        batch_size = default_batch_size(images.shape[1:])
    last = len(images)

    def taken(i):
        return np.asarray(images[np.arange(i * batch_size, min((i + 1) * batch_size, last))], "float32")

    for i, batch in enumerate(prefetch(taken, -(-last // batch_size))):
        n = len(batch)
        if i and n < batch_size:  # one shape, one compiled function
            batch = np.concatenate([batch, np.zeros((batch_size - n, *batch.shape[1:]), "float32")])
        with _without_retracing_warnings():
            yield np.asarray(model.predict_on_batch(batch))[:n]


def prefetch(make, count):
    """Yields `make(0)` to `make(count - 1)` in order; threads make the next ones while one is used."""
    most = _MAKERS + 1
    with concurrent.futures.ThreadPoolExecutor(_MAKERS) as pool:
        coming = collections.deque(pool.submit(make, i) for i in range(min(most, count)))
        for i in range(count):
            item = coming.popleft().result()
            if i + most < count:
                coming.append(pool.submit(make, i + most))
            yield item


@contextlib.contextmanager
def _without_retracing_warnings():
    # TensorFlow compiles once per model and counts that as compiling the same function over and over.
    def keep(record):
        return "retracing" not in record.getMessage()

    logger = logging.getLogger("tensorflow")
    logger.addFilter(keep)
    try:
        yield
    finally:
        logger.removeFilter(keep)


def fingerprint_images(images):
    """Returns a checksum of images: of their pixels, or of the files that a folder would decode."""
    if hasattr(images, "fingerprint"):
        return images.fingerprint()
    seen = hashlib.sha256(repr(tuple(images.shape)).encode())
    if isinstance(images, np.ndarray):
        seen.update(str(images.dtype).encode() + np.ascontiguousarray(images).data)
    elif hasattr(images, "digest"):
        seen.update("".join(images.digest(i) for i in range(len(images))).encode())
    else:
        for i in range(len(images)):
            seen.update(np.ascontiguousarray(images[i]).tobytes())
    return seen.hexdigest()


def fingerprint_model(model):
    """Returns a checksum of what a functional model computes: its layers and operations, and its weights.

    The names of layers do not count, since Keras numbers them in each process, nor what is trainable.
    """
    text, parts = json.dumps(_plain(model.get_config()), sort_keys=True, default=str), [model]
    names = {}
    for part in parts:
        for operation in getattr(part, "operations", ()):
            names.setdefault(json.dumps(operation.name), f'"#{len(names)}"')
            parts += [operation] * isinstance(operation, keras.Model)
    for name, number in names.items():
        text = text.replace(name, number)
    seen = hashlib.sha256(text.encode())
    for weight in model.weights:
        seen.update(f"{tuple(weight.shape)} {weight.dtype}".encode())
        seen.update(np.ascontiguousarray(keras.ops.convert_to_numpy(weight)).tobytes())
    return seen.hexdigest()


def _plain(config):
    if isinstance(config, dict):
        return {key: _plain(value) for key, value in config.items() if key not in ("name", "trainable")}
    return [_plain(value) for value in config] if isinstance(config, (list, tuple)) else config


def device_kind():
    """Returns `"gpu"` if the backend has any accelerator, else `"cpu"`."""
    try:
        kinds = [name.split(":")[0] for name in keras.distribution.list_devices()]
    except Exception:  # not known of every backend
        return "cpu"
    return "cpu" if set(kinds) <= {"cpu"} else "gpu"
