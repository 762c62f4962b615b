"""What keeps a network from learning its few examples by heart, gathered in one object."""

import dataclasses
import math

import keras
import numpy as np

from ftlib.anchors import ANCHORS
from ftlib.errors import find_name
from ftlib.initialization import is_kernel

AUGMENTATION = ("none", "light", "standard", "strong")

# Largest rotation (degrees), shift (fraction of the side), zoom and stretch (factor - 1), contrast and brightness.
_STRENGTH = {
    "light": (12, 0.1, 0.15, 0.1),
    "standard": (15, 0.12, 0.2, 0.2),
    "strong": (25, 0.15, 0.25, 0.35),
}


@dataclasses.dataclass(frozen=True)
class Regularization:
    """All the regularization of a run; `fit` and `compare` take one.

    Args:
        dropout: Rate of the Dropout layer in the head, 0 to below 1 (Srivastava et al., 2014).
        l1: Factor of the sum of absolute kernel entries in the loss (Tibshirani, 1996). Only kernels that train.
        l2: Factor of the sum of squared kernel entries in the loss (Krogh and Hertz, 1991). Only kernels that train.
        weight_decay: Decoupled decay of AdamW per update, times the rate (Loshchilov and Hutter, 2019). Spares
            biases, gammas and betas.
        label_smoothing: Share of the target spread evenly over all classes, 0 to below 1 (Szegedy et al., 2016).
        augmentation: `"none"`, `"light"`, `"standard"` or `"strong"`: random rotation, shift, zoom, stretch,
            brightness and contrast; a random mirror image if the task says that it keeps its label.
        mixup: Alpha of mixup, 0 for none: two images and their labels are blended (Zhang et al., 2018).
        cutmix: Alpha of CutMix, 0 for none: a patch of one image is pasted into another (Yun et al., 2019). With both
            given, each batch gets one of the two at random.
        patience: Epochs without a better validation loss after which a phase stops early; None never stops. Either
            way a phase ends with the weights of its best epoch (Prechelt, 1998).
        anchor: What holds the backbone near its pre-training: `L2SP`, `EWC` or `Replay`; None for nothing.

    Raises:
        ValueError: For a value outside its range.
        TypeError: For an `anchor` of another kind.

    Example:
    >>> ft.Regularization(dropout=0.5, augmentation="light")
    Regularization(dropout=0.5, augmentation='light')
    """

    dropout: float = 0.0
    l1: float = 0.0
    l2: float = 0.0
    weight_decay: float = 0.0
    label_smoothing: float = 0.0
    augmentation: str = "none"
    mixup: float = 0.0
    cutmix: float = 0.0
    patience: int | None = None
    anchor: object = None

    def __post_init__(self):
        for name in ("dropout", "l1", "l2", "weight_decay", "label_smoothing", "mixup", "cutmix"):
            value = getattr(self, name)
            below_one = name in ("dropout", "label_smoothing")
            wanted = "from 0 to below 1" if below_one else "of at least 0"
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
                raise ValueError(f"`{name}` is a number {wanted}. Received: {name}={value!r}.")
            if value < 0 or (below_one and value >= 1):
                raise ValueError(f"`{name}` is a number {wanted}. Received: {name}={value!r}.")
        object.__setattr__(self, "augmentation", find_name("augmentation", self.augmentation, AUGMENTATION))
        patience = self.patience
        if patience is not None and (isinstance(patience, bool) or not isinstance(patience, int) or patience < 1):
            raise ValueError(f"`patience` counts epochs, at least 1, or is None. Received: patience={patience!r}.")
        if self.anchor is not None and not isinstance(self.anchor, ANCHORS):
            kinds = "ft.L2SP(...), ft.EWC(...), ft.Replay(...) or None"
            raise TypeError(f"`anchor` is {kinds}. Received: anchor={self.anchor!r}.")

    def __repr__(self):
        set_fields = (f for f in dataclasses.fields(self) if getattr(self, f.name) != f.default)
        return f"Regularization({', '.join(f'{f.name}={getattr(self, f.name)!r}' for f in set_fields)})"

    @staticmethod
    def preset(name):
        """Returns one of the presets `"none"`, `"light"`, `"standard"`, `"strong"`.

        `light` suits a few hundred updates on small data: only small distortions, and a patience that rarely bites.
        `standard` adds the usual values of fine-tuning recipes (AdamW with decay 0.01, label smoothing 0.1).
        `strong` is for large networks, small data and many updates; it slows learning down.

        Args:
            name: The preset, or a `Regularization`, which comes back as it is.

        Example:
        >>> ft.Regularization.preset("strong").dropout
        0.5
        """
        if isinstance(name, Regularization):
            return name
        return PRESETS[find_name("regularization preset", name, PRESETS)]


PRESETS = {
    "none": Regularization(),
    "light": Regularization(dropout=0.1, weight_decay=1e-3, augmentation="light", patience=10),
    "standard": Regularization(
        dropout=0.2, weight_decay=1e-2, label_smoothing=0.1, augmentation="standard", patience=8
    ),
    "strong": Regularization(
        dropout=0.5, l2=1e-4, weight_decay=5e-2, label_smoothing=0.1, augmentation="strong", mixup=0.2, cutmix=1.0,
        patience=8,
    ),
}  # fmt: skip


def penalty(variables, l1, l2):
    """Returns the L1 and L2 terms of the loss, a scalar tensor, over the kernels among `variables`."""
    total = keras.ops.zeros((), "float32")
    for variable in variables:
        if is_kernel(variable):
            value = keras.ops.cast(variable, "float32")
            if l1:
                total += l1 * keras.ops.sum(keras.ops.abs(value))
            if l2:
                total += l2 * keras.ops.sum(keras.ops.square(value))
    return total


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
