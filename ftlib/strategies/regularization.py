"""What keeps a network from learning its few examples by heart, gathered in one object."""

import dataclasses
import math

from ftlib.errors import find_name
from ftlib.strategies.anchors import ANCHORS, Anchor

AUGMENTATION = ("none", "light", "standard", "strong")


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
            brightness and contrast; a random mirror image if the task says that it keeps its label. Of texts, 5, 10 or
            20 % of the tokens are dropped; sounds are shifted, made louder or softer, and get some noise.
        mixup: Alpha of mixup, 0 for none: two images and their labels are blended (Zhang et al., 2018). Not for texts.
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
    anchor: Anchor | None = None

    def __post_init__(self):
        for name in ("dropout", "l1", "l2", "weight_decay", "label_smoothing", "mixup", "cutmix"):
            _check_strength(name, getattr(self, name), below_one=name in ("dropout", "label_smoothing"))
        object.__setattr__(self, "augmentation", find_name("augmentation", self.augmentation, AUGMENTATION))
        patience = self.patience
        if patience is not None and (isinstance(patience, bool) or not isinstance(patience, int) or patience < 1):
            raise ValueError(f"`patience` counts epochs, at least 1, or is None. Received: patience={patience!r}.")
        if self.anchor is not None and not isinstance(self.anchor, ANCHORS):
            kinds = "ft.L2SP(...), ft.EWC(...), ft.Replay(...) or None"
            raise TypeError(f"`anchor` is {kinds}. Received: anchor={self.anchor!r}.")

    def __repr__(self):
        changed_fields = [f for f in dataclasses.fields(self) if getattr(self, f.name) != f.default]
        arguments = ", ".join(f"{field.name}={getattr(self, field.name)!r}" for field in changed_fields)
        return f"Regularization({arguments})"

    @staticmethod
    def preset(name: "str | Regularization") -> "Regularization":
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

    @property
    def preset_name(self) -> str | None:
        """The name of the preset that it equals; None for one of another kind.

        Example:
        >>> ft.Regularization.preset("strong").preset_name
        'strong'
        """
        return next((name for name, preset in PRESETS.items() if preset == self), None)


def _check_strength(name, value, below_one):
    """Raises a ValueError unless a value is a number of at least 0, and below 1 where that is asked."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    if not is_number or value < 0 or (below_one and value >= 1):
        expected = "from 0 to below 1" if below_one else "of at least 0"
        raise ValueError(f"`{name}` is a number {expected}. Received: {name}={value!r}.")


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
