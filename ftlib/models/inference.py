"""What a model computes from images, batch by batch, and checksums of models and images."""

import collections
import concurrent.futures
import contextlib
import hashlib
import json
import logging
import math
import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import keras
import numpy as np

from ftlib.models.arrays import to_numpy

_PREFETCH_THREADS = max(1, min(8, (os.cpu_count() or 1) // 2))  # that make batches; the other cores train
_MOST_OUTPUTS = 2**25  # numbers that a batch of texts gives, 128 MB

Item = TypeVar("Item")


def predict(model: keras.Model, images: Any, batch_size: int | None = None) -> np.ndarray:
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


def predict_batches(model: keras.Model, images: Any, batch_size: int | None = None) -> Iterator[np.ndarray]:
    """Yields the outputs of a model batch by batch; the arguments are those of `predict`."""
    size = batch_size or _choose_batch_size(model, images)
    image_count = len(images)

    def take_batch(index):
        indices = np.arange(index * size, min((index + 1) * size, image_count))
        return take_inputs(images, indices)

    for index, batch in enumerate(prefetch(take_batch, math.ceil(image_count / size))):
        filled_count = len(batch)
        if index and filled_count < size:  # one shape, one compiled function
            padding = np.zeros((size - filled_count, *batch.shape[1:]), batch.dtype)
            batch = np.concatenate([batch, padding])
        with _without_retracing_warnings():
            yield np.asarray(model.predict_on_batch(batch))[:filled_count]


def _choose_batch_size(model, inputs):
    """Returns how many inputs to take at once: fewer where a model gives numbers over a vocabulary for each token."""
    size = default_batch_size(inputs.shape[1:])
    output_shape = getattr(model, "output_shape", None)
    if len(inputs.shape) != 2 or not isinstance(output_shape, tuple):
        return size
    outputs_per_input = math.prod(length or inputs.shape[1] for length in output_shape[1:])
    return max(1, min(size, _MOST_OUTPUTS // outputs_per_input))


def take_inputs(inputs: Any, indices: np.ndarray) -> np.ndarray:
    """Returns some inputs as a model takes them: numbers as float32, token ids as int32.

    Args:
        inputs: `(n, ...)`, anything that an array of integers can index. Integers are token ids where they have two
            axes, `(n, length)`, and else pixels.
        indices: Array of integers.
    """
    taken = np.asarray(inputs[indices])
    return taken.astype("int32" if taken.dtype.kind in "iu" and taken.ndim == 2 else "float32", copy=False)


def prefetch(make: Callable[[int], Item], count: int, threads: int | None = None) -> Iterator[Item]:
    """Yields `make(0)` to `make(count - 1)` in order; threads make the next ones while one is used.

    Args:
        make: Makes one item; called from several threads at once.
        count: How many items there are.
        threads: How many threads make them. Default None: half of the cores, at most 8; the other cores train.
    """
    thread_count = threads or _PREFETCH_THREADS
    items_ahead = thread_count + 1
    with concurrent.futures.ThreadPoolExecutor(thread_count) as pool:
        futures = collections.deque(pool.submit(make, index) for index in range(min(items_ahead, count)))
        for index in range(count):
            item = futures.popleft().result()
            if index + items_ahead < count:
                futures.append(pool.submit(make, index + items_ahead))
            yield item


@contextlib.contextmanager
def _without_retracing_warnings():
    # TensorFlow compiles once per model and counts that as compiling the same function over and over.
    def is_other_warning(record):
        return "retracing" not in record.getMessage()

    logger = logging.getLogger("tensorflow")
    logger.addFilter(is_other_warning)
    try:
        yield
    finally:
        logger.removeFilter(is_other_warning)


def fingerprint_images(images: Any) -> str:
    """Returns a checksum of images: of their pixels, or of the files that a folder would decode."""
    if hasattr(images, "fingerprint"):
        return images.fingerprint()
    checksum = hashlib.sha256(repr(tuple(images.shape)).encode())
    if isinstance(images, np.ndarray):
        checksum.update(str(images.dtype).encode() + np.ascontiguousarray(images).data)
    elif hasattr(images, "digest"):
        checksum.update("".join(images.digest(index) for index in range(len(images))).encode())
    else:
        for index in range(len(images)):
            checksum.update(np.ascontiguousarray(images[index]).tobytes())
    return checksum.hexdigest()


def fingerprint_model(model: keras.Model) -> str:
    """Returns a checksum of what a functional model computes: its layers and operations, and its weights.

    The names of layers do not count, since Keras numbers them in each process, nor what is trainable.
    """
    config = json.dumps(_without_names(model.get_config()), sort_keys=True, default=str)
    for quoted_name, number in _number_operations(model).items():
        config = config.replace(quoted_name, number)
    checksum = hashlib.sha256(config.encode())
    for weight in model.weights:
        checksum.update(f"{tuple(weight.shape)} {weight.dtype}".encode())
        checksum.update(np.ascontiguousarray(to_numpy(weight)).tobytes())
    return checksum.hexdigest()


def _number_operations(model):
    """Returns `{name: number}` of the operations of a model and of nested ones, both as they stand in JSON."""
    numbers, models = {}, [model]
    for part in models:  # which grows on the way
        for operation in getattr(part, "operations", ()):
            numbers.setdefault(json.dumps(operation.name), f'"#{len(numbers)}"')
            if isinstance(operation, keras.Model):
                models.append(operation)
    return numbers


def _without_names(config):
    if isinstance(config, dict):
        return {key: _without_names(value) for key, value in config.items() if key not in ("name", "trainable")}
    return [_without_names(value) for value in config] if isinstance(config, (list, tuple)) else config


def device_kind() -> str:
    """Returns `"gpu"` if the backend has any accelerator, else `"cpu"`."""
    try:
        device_types = {name.split(":")[0] for name in keras.distribution.list_devices()}
    except Exception:  # not known of every backend
        return "cpu"
    return "cpu" if device_types <= {"cpu"} else "gpu"
