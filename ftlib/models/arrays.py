"""Tensors and weights as NumPy arrays."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

import keras
import numpy as np


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
