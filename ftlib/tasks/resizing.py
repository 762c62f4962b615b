"""Images at the size and with the channels that a backbone takes."""

import keras
import numpy as np

from ftlib.objectives.placement import middle_crop
from ftlib.tasks.inputs import InputArray, LazyImages

_MOST_BYTES_AT_ONCE = 2**30  # of converted images kept in memory
_RESIZED_AT_ONCE = 1024  # images


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
