"""Tensors and weights as NumPy arrays."""

import math
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import keras
import numpy as np


class Crop(NamedTuple):
    """A part of an image, in whole pixels."""

    top: int
    left: int
    height: int
    width: int


def to_numpy(tensor: Any) -> np.ndarray:
    """Returns a tensor or weight of any Keras backend as a NumPy array (which may share its memory)."""
    return keras.ops.convert_to_numpy(tensor)  # pyright: ignore[reportReturnType]  (Keras's stubs allow any constant)


def count_scalars(weights: Iterable[Any]) -> int:
    """Returns how many numbers some weights hold together."""
    return sum(math.prod(weight.shape) for weight in weights)


def unique_by_id(items: Iterable[Any]) -> list:
    """Returns objects in their order, each object once."""
    return list({id(item): item for item in items}.values())


def size_pair(image_size: int | Sequence[int]) -> tuple[int, int]:
    """Returns an image size, an integer or a pair, as `(height, width)` in plain integers."""
    height, width = np.broadcast_to(image_size, 2).tolist()
    return height, width


def fit_length(sequences: np.ndarray, length: int) -> np.ndarray:
    """Returns sequences `(n, any)` cut at their end to a length, or filled up there with zeros.

    Example:
    >>> fit_length(np.array([[5, 6, 7]]), 2).tolist(), fit_length(np.array([[5]]), 2).tolist()
    ([[5, 6]], [[5, 0]])
    """
    shorter = sequences[:, :length]
    padding = length - shorter.shape[1]
    return np.pad(shorter, [(0, 0), (0, padding), *[(0, 0)] * (sequences.ndim - 2)])


def middle_crop(image_size: Sequence[int], size: Sequence[int]) -> Crop:
    """Returns the middle of an image, as large as it fits at the aspect ratio of another size.

    Args:
        image_size, size: `(height, width)` in pixels.

    Example:
    >>> middle_crop((40, 100), (32, 32))
    Crop(top=0, left=30, height=40, width=40)
    """
    height, width = image_size
    scale = min(height / size[0], width / size[1])
    cropped_height, cropped_width = round(size[0] * scale), round(size[1] * scale)
    return Crop((height - cropped_height) // 2, (width - cropped_width) // 2, cropped_height, cropped_width)


def whole_placement(image_size: Sequence[int], size: Sequence[int]) -> Crop:
    """Returns where the whole of an image lies in the middle of another size, as large as it fits; bars fill the rest.

    Args:
        image_size, size: `(height, width)` in pixels.

    Example:
    >>> whole_placement((40, 100), (32, 32))
    Crop(top=9, left=0, height=13, width=32)
    """
    height, width = image_size
    scale = min(size[0] / height, size[1] / width)
    placed_height, placed_width = max(1, round(height * scale)), max(1, round(width * scale))
    return Crop((size[0] - placed_height) // 2, (size[1] - placed_width) // 2, placed_height, placed_width)
