"""What a model, or its frozen part, makes of images; computed once where that pays.

A frozen part in inference mode gives the same for an image every time. So a phase runs it once over the images, and
trains the rest on what it gave: in memory, or in a file that is mapped into memory.
"""

import collections
import concurrent.futures
import contextlib
import hashlib
import json
import logging
import math
import os
import pathlib
import shutil

import keras
import numpy as np

from ftlib import __version__
from ftlib.calls import Graph

MEMORY = 2**29  # bytes of activations kept in memory; more go to a file
_MAKERS = max(1, min(8, (os.cpu_count() or 1) // 2))  # threads that make batches; the other cores train
_SPARE = 2**30  # bytes that a file leaves free on the disk

# Nominal speeds by which it is decided whether a cache pays. They are not measured: a decision that depended on the
# moment would make two runs with the same seed differ in their last bits.
_COMPUTES = {"cpu": 5e10, "gpu": 5e12}  # floating point operations a second
_READS = {"memory": 5e9, "disk": 5e8}  # bytes a second


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
    return np.concatenate(list(_outputs(model, images, batch_size)))


def _outputs(model, images, batch_size=None):
    if batch_size is None:
        batch_size = max(32, min(256, 2**20 // math.prod(images.shape[1:3])))
    last = len(images)

    def taken(i):
        return np.asarray(images[np.arange(i * batch_size, min((i + 1) * batch_size, last))], "float32")

    for i, batch in enumerate(ahead(taken, -(-last // batch_size))):
        n = len(batch)
        if i and n < batch_size:  # one shape, one compiled function
            batch = np.concatenate([batch, np.zeros((batch_size - n, *batch.shape[1:]), "float32")])
        with _without_retracing_warnings():
            yield np.asarray(model.predict_on_batch(batch))[:n]


def ahead(make, count):
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


class Cache:
    """Keeps what one frozen part of a model gives for images.

    Args:
        model: The frozen part, with one input and one output.
        images: One of the arrays to run it on; the others have the same shape per image.
        folder: Where a file may lie.

    Attributes:
        shape: Shape of what it gives for one image, or None where that has no fixed size.
    """

    def __init__(self, model, images, folder):
        self.model, self.folder, self.image_shape = model, pathlib.Path(folder), tuple(images.shape[1:])
        shape = model.compute_output_shape((1, *self.image_shape))
        fixed = len(model.inputs) == 1 and isinstance(shape, tuple) and None not in shape[1:]
        self.shape = tuple(shape[1:]) if fixed else None

    def place(self, items, uses):
        """Returns where to keep the results: `"memory"`, `"disk"`, or `""` for nowhere, since it would not pay.

        Args:
            items: Images to run, once each.
            uses: How often a training without the cache would run one image through the model.
        """
        if self.shape is None:
            return ""
        size = 4 * math.prod(self.shape)
        where = "memory" if items * size <= MEMORY else "disk"
        if where == "disk" and items * size + _SPARE > shutil.disk_usage(_existing(self.folder)).free:
            return ""
        compute = _operations(self.model) / _COMPUTES[device_kind()]
        read = max(0, size - 4 * math.prod(self.image_shape)) / _READS[where]
        return where if items * compute + uses * read < uses * compute else ""

    def run(self, images, where):
        """Returns what the model gives for `images`, `(n, *shape)`: an array, or a read-only memory map.

        A file is named after the model's weights, the images and the versions at work, so that no other is ever taken
        for it; one that is there is used. It is complete or not there.

        Raises:
            OSError: If the disk is full.
        """
        if where == "memory":
            return predict(self.model, images)
        path = self.folder / f"{self._key(images)}.npy"
        if not path.exists():
            self._write(path, images)
        return np.load(path, mmap_mode="r")

    def _key(self, images):
        versions = [__version__, keras.__version__, keras.backend.backend(), model_fingerprint(self.model)]
        return hashlib.sha256(json.dumps([*versions, fingerprint(images)]).encode()).hexdigest()[:32]

    def _write(self, path, images):
        self.folder.mkdir(parents=True, exist_ok=True)
        part = path.with_name("part-" + path.name)
        header = {"descr": "<f4", "fortran_order": False, "shape": (len(images), *self.shape)}
        try:
            with open(part, "wb") as file:  # written, not mapped: a map on a full disk would kill the process
                np.lib.format.write_array_header_1_0(file, header)
                for batch in _outputs(self.model, images):
                    file.write(np.ascontiguousarray(batch, "<f4").tobytes())
                file.flush()
                os.fsync(file.fileno())
            os.replace(part, path)
        except OSError as error:
            part.unlink(missing_ok=True)
            size = 4 * len(images) * math.prod(self.shape) / 2**20
            raise OSError(
                error.errno,
                f"Cannot keep the activations of the frozen stages: {error.strerror}. They take {size:,.0f} MB in "
                f"{self.folder}. Free that much, or choose a `run_dir` on another disk",
            ) from error


def fingerprint(images):
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


def model_fingerprint(model):
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


def _operations(model):
    """Returns the floating point operations for one image: two for each entry of a kernel at each place."""
    graph, total = Graph(model), 0
    for call in graph.calls:
        entries = sum(math.prod(w.shape) for w in getattr(call.op, "weights", ()) if len(w.shape) > 1)
        places = math.prod(d or 1 for d in graph.sizes[call.outputs[0]][1:-1])
        total += 2 * entries * places
    return total


def device_kind():
    """Returns `"gpu"` if the backend has any accelerator, else `"cpu"`."""
    try:
        kinds = [name.split(":")[0] for name in keras.distribution.list_devices()]
    except Exception:  # not known of every backend
        return "cpu"
    return "cpu" if set(kinds) <= {"cpu"} else "gpu"


def _existing(folder):
    return next(one for one in (folder, *folder.parents) if one.exists())
