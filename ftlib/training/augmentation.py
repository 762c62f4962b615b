"""What changes a batch of images while a model trains: distortions, and mixtures of two images."""

import math

import keras
import numpy as np

# Largest rotation (degrees), shift (fraction of the side), zoom and stretch (factor - 1), contrast and brightness.
_STRENGTH = {
    "light": (12, 0.1, 0.15, 0.1),
    "standard": (15, 0.12, 0.2, 0.2),
    "strong": (25, 0.15, 0.25, 0.35),
}


def augment(images, strength, mirror, rng):
    """Returns randomly distorted copies of images.

    Each image is moved once, by one affine map, so that it is interpolated once. What the map leaves empty is filled
    with the nearest pixel. The random numbers are NumPy's, so they are the same with every backend.

    Args:
        images: `float32` `(n, height, width, channels)`, pixels 0-255.
        strength: One of `AUGMENTATION`.
        mirror: Whether half of the images are mirrored, too.
        rng: `numpy.random.Generator`.

    Returns:
        `float32` array of the same shape, pixels 0-255.
    """
    if strength == "none":
        return images
    return distort(images, *draw_distortions(len(images), images.shape[1:3], strength, mirror, rng))


def draw_distortions(n, size, strength, mirror, rng):
    """Returns what `distort` does to `n` images of `size` (height, width): arrays whose rows belong to the images."""
    angle, shift, zoom, light = _STRENGTH[strength]
    height, width = size
    turn = np.deg2rad(rng.uniform(-angle, angle, n))
    scale = np.exp(rng.uniform(-zoom, zoom, (2, n)))
    flip = np.where(rng.random(n) < 0.5, -1.0, 1.0) if mirror else np.ones(n)
    move = rng.uniform(-shift, shift, (2, n)) * np.array([[width], [height]])
    # Rows of the map from an output pixel (x, y) to the input pixel that it shows, about the middle of the image.
    a, b = flip * scale[0] * np.cos(turn), -scale[1] * np.sin(turn)
    d, e = flip * scale[0] * np.sin(turn), scale[1] * np.cos(turn)
    x, y = (width - 1) / 2, (height - 1) / 2
    zero = np.zeros(n)
    c, f = x - a * x - b * y + move[0], y - d * x - e * y + move[1]
    transforms = np.stack([a, b, c, d, e, f, zero, zero], axis=1).astype("float32")
    contrast = np.exp(rng.uniform(-light, light, (n, 1, 1, 1))).astype("float32")
    brightness = (255 / 2 * rng.uniform(-light, light, (n, 1, 1, 1))).astype("float32")
    return transforms, contrast, brightness


def distort(images, transforms, contrast, brightness):
    """Returns images as `draw_distortions` would have them; arguments and result as there and in `augment`."""
    moved = keras.ops.image.affine_transform(
        images.astype("float32"), transforms, interpolation="bilinear", fill_mode="nearest", data_format="channels_last"
    )
    moved = np.array(keras.ops.convert_to_numpy(moved), "float32")
    middle = moved.mean(axis=(1, 2, 3), keepdims=True)
    return np.clip((moved - middle) * contrast + middle + brightness, 0, 255)


def mix(images, targets, mixup, cutmix, rng):
    """Returns a batch blended with itself in another order: mixup, CutMix, or one of the two at random.

    Args:
        images: `float32` `(n, height, width, channels)`.
        targets: `float32` `(n, classes)`, one-hot or smoothed.
        mixup, cutmix: The alphas of the Beta distribution, as in `Regularization`.
        rng: `numpy.random.Generator`.

    Returns:
        `(images, targets)`, blended in the same proportion.
    """
    if not mixup and not cutmix:
        return images, targets
    other = rng.permutation(len(images))
    cut = bool(cutmix) and (not mixup or rng.random() < 0.5)
    keep = rng.beta(cutmix, cutmix) if cut else rng.beta(mixup, mixup)
    if cut:
        height, width = images.shape[1:3]
        side = math.sqrt(1 - keep)
        row, col = rng.integers(height), rng.integers(width)
        top, low = (int(np.clip(row + s * side * height / 2, 0, height)) for s in (-1, 1))
        left, right = (int(np.clip(col + s * side * width / 2, 0, width)) for s in (-1, 1))
        images = images.copy()
        images[:, top:low, left:right] = images[other, top:low, left:right]
        keep = 1 - (low - top) * (right - left) / (height * width)
    else:
        images = keep * images + (1 - keep) * images[other]
    return images.astype("float32"), (keep * targets + (1 - keep) * targets[other]).astype("float32")
