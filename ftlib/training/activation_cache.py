"""What a frozen part of a model gives for images, computed once where that pays.

A frozen part in inference mode gives the same for an image every time. So a phase runs it once over the images, and
trains the rest on what it gave: in memory, or in a file that is mapped into memory.
"""

import hashlib
import json
import math
import os
import pathlib
import shutil
from typing import Any

import keras
import numpy as np

from ftlib import __version__
from ftlib.files import written_whole
from ftlib.models.inference import device_kind, fingerprint_images, fingerprint_model, predict, predict_batches
from ftlib.models.layer_graph import Call, LayerGraph

MEMORY_LIMIT = 2**29  # bytes of activations kept in memory; more go to a file
_DISK_RESERVE = 2**30  # bytes that a file leaves free on the disk
_FLOAT_BYTES = 4

# Nominal speeds by which it is decided whether a cache pays. They are not measured: a decision that depended on the
# moment would make two runs with the same seed differ in their last bits.
OPERATIONS_PER_SECOND = {"cpu": 5e10, "gpu": 5e12}  # floating point operations
_BYTES_PER_SECOND = {"memory": 5e9, "disk": 5e8}


class ActivationCache:
    """Keeps what one frozen part of a model gives for images.

    Args:
        model: The frozen part, with one input and one output.
        images: One of the arrays to run it on; the others have the same shape per image.
        folder: Where a file may lie.

    Attributes:
        shape: Shape of what it gives for one image, or None where that has no fixed size.
    """

    def __init__(self, model: keras.Model, images, folder: str | os.PathLike):
        self.model = model
        self.folder = pathlib.Path(folder)
        self.image_shape = tuple(images.shape[1:])
        shape: Any = model.compute_output_shape((1, *self.image_shape))
        has_fixed_size = len(model.inputs) == 1 and isinstance(shape, tuple) and None not in shape[1:]
        self.shape = tuple(shape[1:]) if has_fixed_size else None

    def choose_location(self, images: int, uses: int) -> str:
        """Returns where to keep the results: `"memory"`, `"disk"`, or `""` for nowhere, since it would not pay.

        Args:
            images: Images to run, once each.
            uses: How often a training without the cache would run one image through the model.
        """
        if self.shape is None:
            return ""
        bytes_per_image = _FLOAT_BYTES * math.prod(self.shape)
        location = "memory" if images * bytes_per_image <= MEMORY_LIMIT else "disk"
        if location == "disk":
            free_bytes = shutil.disk_usage(_existing_parent(self.folder)).free
            if images * bytes_per_image + _DISK_RESERVE > free_bytes:
                return ""

        compute_seconds = _count_operations(self.model) / OPERATIONS_PER_SECOND[device_kind()]
        more_bytes = max(0, bytes_per_image - _FLOAT_BYTES * math.prod(self.image_shape))
        read_seconds = more_bytes / _BYTES_PER_SECOND[location]
        seconds_with_cache = images * compute_seconds + uses * read_seconds
        return location if seconds_with_cache < uses * compute_seconds else ""

    def run(self, images, location: str) -> np.ndarray:
        """Returns what the model gives for `images`, `(n, *shape)`: an array, or a read-only memory map.

        A file is named after the model's weights, the images and the versions at work, so that no other is ever taken
        for it; one that is there is used. It is complete or not there.

        Raises:
            OSError: If the disk is full.
        """
        if location == "memory":
            return predict(self.model, images)
        path = self.folder / f"{self._key(images)}.npy"
        if not path.exists():
            self._write(path, images)
        return np.load(path, mmap_mode="r")

    def _key(self, images):
        versions = [__version__, keras.__version__, keras.backend.backend(), fingerprint_model(self.model)]
        return hashlib.sha256(json.dumps([*versions, fingerprint_images(images)]).encode()).hexdigest()[:32]

    def _write(self, path, images):
        assert self.shape is not None, "what has no fixed size is not kept"
        header = {"descr": "<f4", "fortran_order": False, "shape": (len(images), *self.shape)}
        try:
            with (
                written_whole(path) as part_path,
                open(part_path, "wb") as file,
            ):  # not mapped: a map on a full disk would kill the process
                np.lib.format.write_array_header_1_0(file, header)
                for batch in predict_batches(self.model, images):
                    file.write(np.ascontiguousarray(batch, "<f4").tobytes())
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            megabytes = _FLOAT_BYTES * len(images) * math.prod(self.shape) / 2**20
            raise OSError(
                error.errno,
                f"Cannot keep the activations of the frozen stages: {error.strerror}. They take {megabytes:,.0f} MB in "
                f"{self.folder}. Free that much, or choose a `run_dir` on another disk",
            ) from error


def _count_operations(model):
    """Returns the floating point operations for one image."""
    graph = LayerGraph(model)
    return sum(count_call_operations(graph, call) for call in graph.calls)


def count_call_operations(graph: LayerGraph, call: Call) -> int:
    """Returns the floating point operations of one call for one image: two for each entry of a kernel at each place.

    A table of embeddings is only looked up.
    """
    if isinstance(call.op, keras.layers.Embedding):
        return 0
    kernel_entries = sum(math.prod(weight.shape) for weight in getattr(call.op, "weights", ()) if len(weight.shape) > 1)
    output_shape = graph.sizes[call.outputs[0]]
    places = math.prod(size or 1 for size in output_shape[1:-1])
    return 2 * kernel_entries * places


def _existing_parent(folder):
    return next(parent for parent in (folder, *folder.parents) if parent.exists())
