"""What goes into a model: images, texts and sounds, as a backbone takes them, and what they must be."""

from typing import Any, Protocol

import keras
import numpy as np

from ftlib.models.arrays import middle_crop

_MOST_BYTES_AT_ONCE = 2**30  # of converted images kept in memory
_RESIZED_AT_ONCE = 1024  # images
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


def fit_images(images: InputArray, size: tuple[int, int], channels: int) -> InputArray:
    """Returns images at another size and number of channels.

    The middle of the image is kept at the new aspect ratio, as large as it fits, and resized with bilinear
    interpolation (averaging when it shrinks). Grey is repeated to colour; colour becomes luma (ITU-R BT.601).

    Args:
        images: Array `(n, height, width, 1 or 3)` of pixels 0-255, or an object with its own
            `fit_images(size, channels)` (a folder, which then decodes to that size).
        size: `(height, width)` in pixels.
        channels: 1 or 3.

    Returns:
        A `float32` array `(n, *size, channels)`, one that is converted when indexed if it would take over 1 GiB, or
        whatever the object's own method returns.
    """
    fit_itself = getattr(images, "fit_images", None)
    if fit_itself is not None:
        return fit_itself(size, channels)
    if len(images) * 4 * size[0] * size[1] * channels > _MOST_BYTES_AT_ONCE:
        return _FittedImages(images, (size[0], size[1]), channels)
    return _fit_array(np.asarray(images), (size[0], size[1]), channels)


def _fit_array(images: np.ndarray, size: tuple[int, int], channels: int) -> np.ndarray:
    """Returns an array of images at another size and number of channels; see `fit_images`."""
    if images.shape[-1] == 3 and channels == 1:
        images = images.astype("float32") @ np.array([[0.299], [0.587], [0.114]], "float32")
    if tuple(images.shape[1:3]) != size:
        images = _crop_and_resize(images, size)
    if images.shape[-1] == 1 and channels == 3:
        images = np.repeat(images, 3, axis=-1)
    return images.astype("float32")


def _crop_and_resize(images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Returns the middle of images, as large as it fits at the new aspect ratio, resized."""
    height, width = images.shape[1:3]
    crop = middle_crop((height, width), size)
    images = images[:, crop.top : crop.top + crop.height, crop.left : crop.left + crop.width]
    shrinks = min(height / size[0], width / size[1]) > 1

    resized_chunks = []
    with keras.device("cpu"):
        for begin in range(0, len(images), _RESIZED_AT_ONCE):
            resized = keras.ops.image.resize(
                images[begin : begin + _RESIZED_AT_ONCE].astype("float32"),
                size,
                interpolation="bilinear",
                antialias=shrinks,
                data_format="channels_last",
            )
            resized_chunks.append(np.asarray(keras.ops.convert_to_numpy(resized)))
    return np.clip(np.concatenate(resized_chunks), 0, 255)


class _FittedImages(LazyImages):
    """Images that are converted by `fit_images` when they are asked for."""

    def __init__(self, images: InputArray, size: tuple[int, int], channels: int):
        self.images = images
        self.size = size
        self.channels = channels
        self.shape = (len(images), *size, channels)

    def __getitem__(self, index):
        return fit_images(np.asarray(self.images[index]), self.size, self.channels)


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
