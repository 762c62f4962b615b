"""What goes into a model: images, texts and sounds, and what they must be."""

import operator
from typing import Any, Protocol

import numpy as np

INPUT_NOUNS = {"image": "images", "text": "texts", "audio": "sounds"}


class InputArray(Protocol):
    """Inputs that an array of integers can index: a NumPy array, a memory map, a folder that decodes when asked."""

    @property
    def shape(self) -> tuple[int, ...]: ...

    def __len__(self) -> int: ...

    def __getitem__(self, index: Any, /) -> Any: ...


class LazyImages:
    """Base of the images of ftlib that are decoded, drawn or resized when they are asked for.

    Attributes:
        shape: `(n, height, width, channels)`.
    """

    ndim = 4
    shape: tuple[int, ...]

    def __len__(self):
        return self.shape[0]

    def __getitem__(self, index: Any, /) -> Any:
        raise NotImplementedError


def check_inputs(inputs: Any, kind: str, what: str = "inputs") -> None:
    """Raises an error unless inputs can be those of a kind of task: see `check_pixels`, `check_tokens`, `check_sound`.

    Args:
        inputs: What somebody gave.
        kind: `"image"`, `"text"` or `"audio"`.
        what: What messages call them: `"train"`.
    """
    check = {"image": check_pixels, "text": check_tokens, "audio": check_sound}[kind]
    check(inputs, f"{what} {INPUT_NOUNS[kind]}".strip())


def check_tokens(tokens: Any, what: str = "texts") -> None:
    """Raises an error unless texts are token ids `(n, length)`: integers of at least 0, where 0 stands for no token."""
    if not hasattr(tokens, "shape"):
        raise TypeError(f"{what} are one array of token ids (n, length). Received: {type(tokens).__name__}.")
    if len(tokens.shape) != 2 or not tokens.shape[0] or not tokens.shape[1]:
        raise ValueError(f"{what} are token ids of shape (n, length), at least one. Received: shape {tokens.shape}.")
    sample = np.asarray(tokens[: len(tokens)])
    if sample.dtype.kind not in "iu":
        raise TypeError(f"{what} are token ids, integers. Received: dtype {sample.dtype}. Use the task's tokenizer.")
    if sample.min() < 0:
        raise ValueError(f"{what} are token ids of at least 0. Received: {sample.min()}.")


def check_sound(waveforms: Any, what: str = "sounds") -> None:
    """Raises an error unless sounds are waveforms `(n, samples)`: floats from -1 to 1, as a recording gives them."""
    if not hasattr(waveforms, "shape"):
        raise TypeError(f"{what} are one array of waveforms (n, samples). Received: {type(waveforms).__name__}.")
    if len(waveforms.shape) != 2 or not waveforms.shape[0] or not waveforms.shape[1]:
        raise ValueError(
            f"{what} are waveforms of shape (n, samples), at least one. Received: shape {waveforms.shape}."
        )
    sample = np.asarray(waveforms[: len(waveforms)])
    if sample.dtype.kind != "f":
        raise TypeError(
            f"{what} are floats from -1 to 1. Received: dtype {sample.dtype}. Divide 16-bit sound by 32768."
        )
    if not np.isfinite(sample).all():
        raise ValueError(f"{what} contain NaN or infinity. Fix these, or leave them out.")
    if np.abs(sample).max() > 1.5:  # a little above 1 comes from resampling
        raise ValueError(
            f"{what} are floats from -1 to 1. Received: up to {np.abs(sample).max():g}. Divide by the peak."
        )


def check_pixels(images: Any, what: str = "images") -> None:
    """Raises an error unless images are numbers that can be pixels from 0 to 255.

    Of a folder only the first images are looked at, since decoding gives pixels in any case.

    Args:
        images: What somebody gave.
        what: What messages call it.

    Raises:
        TypeError: If they are no array, or not of numbers.
        ValueError: If their shape or their range is not that of images.
    """
    if not hasattr(images, "shape"):
        raise TypeError(f"{what} are one array (n, height, width, channels). Received: {type(images).__name__}.")
    sample = images if isinstance(images, np.ndarray) else np.asarray(images[np.arange(min(8, len(images)))])
    if sample.ndim != 4 or sample.shape[3] not in (1, 3):
        raise ValueError(
            f"{what} have the shape (n, height, width, channels), 1 or 3 channels. Received: shape {sample.shape}."
        )
    if not len(sample):
        raise ValueError(f"There must be at least one of the {what}. Received: an empty array, shape {sample.shape}.")
    if sample.dtype.kind not in "uif":
        raise TypeError(f"{what} are numbers, uint8 or float32. Received: dtype {sample.dtype}.")
    _check_pixel_range(sample, what)


def _check_pixel_range(images: np.ndarray, what: str) -> None:
    lowest, highest = float(images.min()), float(images.max())
    if not (np.isfinite(lowest) and np.isfinite(highest)):
        raise ValueError(f"{what} contain NaN or infinity. Fix these images, or leave them out.")
    if images.dtype.kind == "f" and highest <= 1:
        remedy = "Add 1 and multiply by 127.5" if lowest < 0 else "Multiply by 255"
        raise ValueError(
            f"{what} have pixels from 0 to 255; the backbone scales them itself. Received: floats from {lowest:g} to "
            f"{highest:g}. {remedy}."
        )
    if lowest < 0 or highest > 255:
        raise ValueError(f"{what} have pixels from 0 to 255. Received: values from {lowest:g} to {highest:g}.")


def require_image_size(image_size: int | tuple[int, int]) -> tuple[int, int]:
    """Returns `(height, width)`; raises a ValueError for what is not a size in pixels."""
    try:
        pair = image_size if isinstance(image_size, (tuple, list)) else (image_size, image_size)
        height, width = (operator.index(number) for number in pair)
        if isinstance(image_size, bool) or not (8 <= height <= 4096 and 8 <= width <= 4096):
            raise ValueError
    except (TypeError, ValueError):
        raise ValueError(
            "image_size is (height, width) in pixels, whole numbers from 8 to 4096, or one number for both. "
            f"Received: image_size={image_size!r}."
        ) from None
    return height, width
