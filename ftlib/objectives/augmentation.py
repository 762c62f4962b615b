"""What changes a batch of images while a model trains: distortions, and mixtures of two images."""

import math
from typing import NamedTuple

import keras
import numpy as np


class _Limits(NamedTuple):
    """The largest distortions that are drawn.

    Attributes:
        degrees: Rotation either way.
        shift: As a fraction of the side.
        log_scale: Natural logarithm of zoom and stretch, separately for both axes.
        light: Natural logarithm of the contrast; of brightness, the same number in parts of 127.5.
    """

    degrees: float
    shift: float
    log_scale: float
    light: float


_LIMITS = {
    "light": _Limits(12, 0.1, 0.15, 0.1),
    "standard": _Limits(15, 0.12, 0.2, 0.2),
    "strong": _Limits(25, 0.15, 0.25, 0.35),
}


class Distortions(NamedTuple):
    """What `distort` does to `n` images; the rows of each array belong to the images.

    Attributes:
        transforms: `float32` `(n, 8)`: the affine map from a pixel of the result to the pixel that it shows, as
            `keras.ops.image.affine_transform` takes it.
        contrast: `float32` `(n, 1, 1, 1)`: factor of the distance from the image's mean.
        brightness: `float32` `(n, 1, 1, 1)`: added to every pixel.
    """

    transforms: np.ndarray
    contrast: np.ndarray
    brightness: np.ndarray


def augment(images: np.ndarray, strength: str, mirror: bool, rng: np.random.Generator) -> np.ndarray:
    """Returns randomly distorted copies of images.

    Each image is moved once, by one affine map, so that it is interpolated once. What the map leaves empty is filled
    with the nearest pixel. The random numbers are NumPy's, so they are the same with every backend.

    Args:
        images: `float32` `(n, height, width, channels)`, pixels 0-255.
        strength: One of `AUGMENTATION`.
        mirror: Whether half of the images are mirrored, too.
        rng: `numpy.random.Generator`.

    Returns:
        `float32` array of the same shape, pixels 0-255; for `"none"`, `images` itself.
    """
    if strength == "none":
        return images
    return distort(images, *draw_distortions(len(images), images.shape[1:3], strength, mirror, rng))


def draw_distortions(
    count: int, image_size: tuple[int, ...], strength: str, mirror: bool, rng: np.random.Generator
) -> Distortions:
    """Draws what `distort` does to `count` images of `image_size` (height, width)."""
    limits = _LIMITS[strength]
    height, width = image_size
    angles = np.deg2rad(rng.uniform(-limits.degrees, limits.degrees, count))
    scale_x, scale_y = np.exp(rng.uniform(-limits.log_scale, limits.log_scale, (2, count)))
    flips = np.where(rng.random(count) < 0.5, -1.0, 1.0) if mirror else np.ones(count)
    shift_x, shift_y = rng.uniform(-limits.shift, limits.shift, (2, count)) * np.array([[width], [height]])

    # Rows of the map from an output pixel (x, y) to the input pixel that it shows, about the middle of the image.
    x_from_x = flips * scale_x * np.cos(angles)
    x_from_y = -scale_y * np.sin(angles)
    y_from_x = flips * scale_x * np.sin(angles)
    y_from_y = scale_y * np.cos(angles)
    middle_x, middle_y = (width - 1) / 2, (height - 1) / 2
    x_offset = middle_x - x_from_x * middle_x - x_from_y * middle_y + shift_x
    y_offset = middle_y - y_from_x * middle_x - y_from_y * middle_y + shift_y
    zeros = np.zeros(count)
    map_columns = [x_from_x, x_from_y, x_offset, y_from_x, y_from_y, y_offset, zeros, zeros]
    transforms = np.stack(map_columns, axis=1).astype("float32")

    contrast = np.exp(rng.uniform(-limits.light, limits.light, (count, 1, 1, 1))).astype("float32")
    brightness = (255 / 2 * rng.uniform(-limits.light, limits.light, (count, 1, 1, 1))).astype("float32")
    return Distortions(transforms, contrast, brightness)


def distort(images: np.ndarray, transforms: np.ndarray, contrast: np.ndarray, brightness: np.ndarray) -> np.ndarray:
    """Returns distorted copies of images; the images and the result as in `augment`, the rest as in `Distortions`."""
    moved = keras.ops.image.affine_transform(
        images.astype("float32"), transforms, interpolation="bilinear", fill_mode="nearest", data_format="channels_last"
    )
    moved = np.array(keras.ops.convert_to_numpy(moved), "float32")
    mean_pixel = moved.mean(axis=(1, 2, 3), keepdims=True)
    return np.clip((moved - mean_pixel) * contrast + mean_pixel + brightness, 0, 255)


def mix(
    images: np.ndarray, targets: np.ndarray, mixup: float, cutmix: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Returns a batch blended with itself in another order: mixup, CutMix, or one of the two at random.

    Args:
        images: `float32` `(n, height, width, channels)`.
        targets: `float32` `(n, classes)`, one-hot or smoothed.
        mixup, cutmix: The alphas of the Beta distribution, as in `Regularization`; 0 for none.
        rng: `numpy.random.Generator`.

    Returns:
        `(images, targets)`, blended in the same proportion.
    """
    if not mixup and not cutmix:
        return images, targets
    partners = rng.permutation(len(images))
    takes_cutmix = bool(cutmix) and (not mixup or rng.random() < 0.5)
    if takes_cutmix:
        share = rng.beta(cutmix, cutmix)
        mixed_images, share = _paste_patches(images, partners, share, rng)
    else:
        share = rng.beta(mixup, mixup)
        mixed_images = share * images + (1 - share) * images[partners]
    mixed_targets = share * targets + (1 - share) * targets[partners]
    return mixed_images.astype("float32"), mixed_targets.astype("float32")


def _paste_patches(images, partners, share, rng):
    """Pastes a patch of each image's partner into it, cut off at the border; the same place in all.

    Returns:
        The images, and the share of each that is left of it, which is above `share` where the patch was cut off.
    """
    height, width = images.shape[1:3]
    side = math.sqrt(1 - share)  # of the patch, as a fraction of the image's
    middle_row, middle_column = rng.integers(height), rng.integers(width)
    top, bottom = (int(np.clip(middle_row + sign * side * height / 2, 0, height)) for sign in (-1, 1))
    left, right = (int(np.clip(middle_column + sign * side * width / 2, 0, width)) for sign in (-1, 1))

    pasted_images = images.copy()
    pasted_images[:, top:bottom, left:right] = pasted_images[partners, top:bottom, left:right]
    return pasted_images, 1 - (bottom - top) * (right - left) / (height * width)
