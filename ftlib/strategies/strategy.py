"""Strategies as data: where a run starts, and which stages train when, for how long and how fast."""

import dataclasses
import math
from collections.abc import Mapping
from typing import Any, Self

from ftlib.errors import find_name, unknown

SCHEDULES = ("cosine", "one_cycle", "constant")
CLOSING = ("soup", "interpolate")


def _number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


@dataclasses.dataclass(frozen=True)
class Phase:
    """A stretch of training in which the same stages train.

    Args:
        name: Shown in curves and tables.
        train: What trains: `"head"`, `"all"`, a number of last backbone stages (with the head), or a tuple of stage
            names; all other stages are frozen, and run in inference mode. `"gradual"` stands for one phase per stage
            of the backbone, with equal parts of the share: the last stage with the head, then the last two, ... to
            all (Howard and Ruder, 2018). `"lora"`: of a transformer, low-rank additions to the query and value
            kernels, and the head (Hu et al., 2022).
        share: Part of the strategy's updates that this phase may take, above 0 to 1.
        rate: Learning rate at its highest.
        decay: Factor of the rate from each stage to the one before it, above 0 to 1; the head has the full rate (see
            `layerwise`). Default 1: one rate for all.
        schedule: `"cosine"` (default): linear warm-up over the first tenth, then down to 0 along half a cosine
            (Loshchilov and Hutter, 2017), which spares choosing when to lower the rate. `"one_cycle"`: up from a 25th
            over the first three tenths, then down in the same way (Smith and Topin, 2018). Or `"constant"`.
        batch_norm: `"freeze"` (default) or `"train"`: BatchNormalization of pre-trained stages that train. In stages
            drawn anew it always trains.
        views: How many versions of each image the phase may use. Default None: the run's augmentation and mixing draw
            a new one for every update. 1: the images as they are. More: the image and fixed augmented versions of it,
            without mixing. What frozen first stages make of a fixed number of views is computed once. The head phases
            below take 1: layers that are frozen cannot learn to see through a distortion, and on `digits` a head
            learnt from distorted images was worse.
        patience: Epochs without better validation loss before the phase stops; None takes the regularization's.
        width: Number of features of the head for which `rate` is meant: with more it is lower, with fewer higher, in
            proportion. Default None: the rate is as given, so give `width=None` with a rate of your own. The head
            phases below have 0.01 at glyphnet's 128 features, which makes 0.001 of MobileNetV2's 1280. A step of Adam
            moves the score of a class by up to the rate times the sum of the features, so that a rate that ignores
            their number is too high for a wide backbone (https://arxiv.org/abs/2203.03466 derives the rule).
        rank: Rank of the additions of `"lora"`. Default 8, between the 4 and 16 that the paper finds to suffice.

    Raises:
        ValueError: For a value outside its range.

    Example:
    >>> ft.Phase("top", train=1, share=0.5, rate=1e-4)
    Phase('top', train=1, share=0.5, rate=0.0001)
    """

    name: str
    train: object
    share: float = 1.0
    rate: float = 1e-3
    decay: float = 1.0
    schedule: str = "cosine"
    batch_norm: str = "freeze"
    views: int | None = None
    patience: int | None = None
    width: int | None = None
    rank: int = 8

    def __post_init__(self):
        train = self.train
        names = isinstance(train, (tuple, list)) and all(isinstance(n, str) for n in train)
        count = isinstance(train, int) and not isinstance(train, bool) and train >= 0
        if isinstance(train, str):
            train = find_name("value of `train`", train, ("head", "all", "gradual", "lora"))
            object.__setattr__(self, "train", train)
        if not (isinstance(train, str) or names or count):
            raise ValueError(
                '`train` is "head", "all", "gradual", "lora", a number of last stages or a tuple of stage names. '
                f"Received: train={train!r}."
            )
        if names and not train:
            raise ValueError(f"Phase {self.name!r} trains nothing: `train` names no stage. Received: train={train!r}.")
        if names:
            object.__setattr__(self, "train", tuple(train))
        if not _number(self.share) or not 0 < self.share <= 1:
            raise ValueError(
                f"`share` is a part of the updates, above 0 and at most 1. Received: share={self.share!r}."
            )
        if not _number(self.rate) or not 0 < self.rate <= 10:
            raise ValueError(f"`rate` is a learning rate above 0 and at most 10. Received: rate={self.rate!r}.")
        if not _number(self.decay) or not 0 < self.decay <= 1:
            raise ValueError(f"`decay` is a factor above 0 and at most 1. Received: decay={self.decay!r}.")
        object.__setattr__(self, "schedule", find_name("schedule", self.schedule, SCHEDULES))
        if self.batch_norm not in ("freeze", "train"):
            raise ValueError(f'`batch_norm` is "freeze" or "train". Received: batch_norm={self.batch_norm!r}.')
        counts = {"views": "versions of an image", "patience": "epochs", "width": "features", "rank": "rows"}
        for name, counted in counts.items():
            value = getattr(self, name)
            whole = isinstance(value, int) and not isinstance(value, bool) and value >= 1
            if not whole and (value is not None or name == "rank"):
                none = "" if name == "rank" else ", or is None"
                raise ValueError(f"`{name}` counts {counted}, at least 1{none}. Received: {name}={value!r}.")

    def __repr__(self):
        changed = (f for f in dataclasses.fields(self)[2:] if getattr(self, f.name) != f.default)
        given = "".join(f", {f.name}={getattr(self, f.name)!r}" for f in changed)
        return f"Phase({self.name!r}, train={self.train!r}{given})"

    def unrolled(self, names, width=None):
        """Returns the phases that this one stands for, in order: no `"gradual"`, and the rate as it will be.

        Args:
            names: Names of the model's stages.
            width: Number of features that its head takes; None, where that is not known, leaves the rate as it is.
        """
        if self.width is not None:
            rate = self.rate * self.width / (width or self.width)
            return dataclasses.replace(self, rate=rate, width=None).unrolled(names)
        if self.train != "gradual":
            return (self,)
        count = len([n for n in names if n != "head"])
        return tuple(
            dataclasses.replace(
                self,
                name="all" if i == count else f"last {i}",
                train="all" if i == count else i,
                share=self.share / count,
            )
            for i in range(1, count + 1)
        )

    def stages(self, names):
        """Returns which of a model's stages train, given the names of all, in order."""
        body = [n for n in names if n != "head"]
        if self.train in ("all", "lora"):
            return list(names)
        if self.train == "head":
            chosen = [n for n in names if n == "head"]
        elif isinstance(self.train, int):
            if self.train > len(body):
                raise ValueError(
                    f"Phase {self.name!r} trains the last {self.train} stages, but the backbone has {len(body)}."
                )
            chosen = body[len(body) - self.train :] + [n for n in names if n == "head"]
        else:
            for name in self.train:
                if name not in names:
                    raise unknown("stage", name, names)
            chosen = [n for n in names if n in self.train]
        if not chosen:
            raise ValueError(
                f"Phase {self.name!r} trains nothing: train={self.train!r} in a model with stages {', '.join(names)}. "
                "For a model without a layer named 'backbone', name the head's first layer: fit(..., head=...)."
            )
        return chosen


@dataclasses.dataclass(frozen=True, repr=False)
class Strategy:
    """A start and a list of phases.

    Args:
        name: Shown in tables.
        start: `"pretrained"`, the weights that the model has, or `"random"`: every layer is drawn anew.
        phases: Tuple of `Phase`; the shares of the updates add up to at most 1.
        keep: With `start="pretrained"`: keep only the first so many stages, and draw the rest anew. Default None: all.
        closing: Steps after the last phase, in order; each keeps what has the best validation loss, so none makes it
            worse. `"soup"`: the mean of the last phase's best epochs, taken in one by one as long as that helps (greedy
            soup; Wortsman et al., 2022). `"interpolate"`: a point on the line from the pre-trained to the tuned weights
            (WiSE-FT; Wortsman et al., 2022); it begins where a first phase of the head alone ended, else at the
            pre-trained backbone under the tuned head.

    Example:
    >>> recipe = ft.strategy("lp_ft")
    >>> dataclasses.replace(recipe, closing=("interpolate",)).closing
    ('interpolate',)
    """

    name: str
    start: str
    phases: tuple
    keep: int | None = None
    closing: tuple = ()

    def __post_init__(self):
        object.__setattr__(self, "start", find_name("start", self.start, ("pretrained", "random")))
        object.__setattr__(self, "phases", tuple(self.phases))
        if not self.phases or not all(isinstance(p, Phase) for p in self.phases):
            raise ValueError(f"A strategy needs at least one Phase. Received: phases={self.phases!r}.")
        if sum(p.share for p in self.phases) > 1 + 1e-6:
            shares = ", ".join(f"{p.name} {p.share:g}" for p in self.phases)
            raise ValueError(f"The shares of the phases add up to more than 1. Received: {shares}.")
        keep = self.keep
        if keep is not None and (isinstance(keep, bool) or not isinstance(keep, int) or keep < 0):
            raise ValueError(f"`keep` counts stages from the input. Received: keep={keep!r}.")
        if not isinstance(self.closing, (tuple, list)):
            raise ValueError(f'`closing` is a tuple of "soup" and "interpolate". Received: closing={self.closing!r}.')
        object.__setattr__(self, "closing", tuple(find_name("closing step", step, CLOSING) for step in self.closing))
        if "interpolate" in self.closing and (self.start == "random" or keep is not None):
            raise ValueError("There are no pre-trained weights to interpolate from: they are drawn anew.")
        if "soup" in self.closing and self.phases[-1].train == "lora":
            raise ValueError("A soup of LoRA's factors is not the mean of the models. Close with another step.")

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Returns the strategy that `dataclasses.asdict` made a dict of."""
        return cls(**{**data, "phases": tuple(Phase(**phase) for phase in data["phases"])})

    def __repr__(self):
        kept = "" if self.keep is None else f", keeps the first {self.keep} stages"
        lines = [f"{self.name}: starts {self.start}{kept}", f"  {'phase':<10}{'trains':<12}{'share':>6}{'rate':>10}"]
        lines += [f"  {p.name:<10}{_what(p.train):<12}{p.share:>6.0%}{p.rate:>10g}  {_how(p)}" for p in self.phases]
        return "\n".join(lines + [f"  then: {', '.join(self.closing)}"] * bool(self.closing))

    def unrolled(self, names, width=None):
        """Returns the strategy as it runs on a model, with the arguments of `Phase.unrolled`."""
        return dataclasses.replace(self, phases=tuple(one for p in self.phases for one in p.unrolled(names, width)))

    def scaled(self, factor):
        """Returns the strategy with all rates times `factor`: what `compare` tunes."""
        return dataclasses.replace(
            self, phases=tuple(dataclasses.replace(p, rate=p.rate * factor) for p in self.phases)
        )

    def check(self, names):
        """Raises a ValueError unless a model with stages of these names has what every phase trains and keeps."""
        if self.keep is not None and self.keep > len([n for n in names if n != "head"]):
            raise ValueError(f"Strategy {self.name!r} keeps {self.keep} stages, but the model has {', '.join(names)}.")
        for phase in self.phases:
            phase.stages(names)

    def plan(self, updates):
        """Returns the updates of each phase; together `updates` times the shares, each at least 1."""
        ends, total = [], 0.0
        for phase in self.phases:
            total += phase.share
            ends.append(math.floor(updates * total + 0.5))
        counts = [end - begin for begin, end in zip([0] + ends, ends, strict=False)]
        if min(counts) < 1:
            raise ValueError(
                f"{updates} updates are too few for the {len(self.phases)} phases of {self.name!r}. Received: "
                f"updates={updates}."
            )
        return counts


# Rates: 1e-3 is Adam's own default (Kingma and Ba, 2015) and serves training from scratch; a head alone is a convex
# problem that bears more; what is pre-trained moves more slowly, so that it is tuned and not overwritten.
_HEAD = Phase("head", "head", share=1 / 3, rate=1e-2, width=128, views=1)


def _strategies():
    replace = dataclasses.replace
    return {
        "scratch": Strategy("scratch", "random", (Phase("all", "all", rate=1e-3),)),
        "feature_extraction": Strategy("feature_extraction", "pretrained", (_HEAD,)),
        "feature_extraction_long": Strategy("feature_extraction_long", "pretrained", (replace(_HEAD, share=1.0),)),
        "top": Strategy("top", "pretrained", (_HEAD, Phase("top", 1, share=2 / 3, rate=3e-4))),
        "full": Strategy("full", "pretrained", (Phase("all", "all", rate=3e-4),)),
        "lp_ft": Strategy("lp_ft", "pretrained", (_HEAD, Phase("all", "all", share=2 / 3, rate=3e-4))),
        "gradual": Strategy("gradual", "pretrained", (_HEAD, Phase("gradual", "gradual", share=2 / 3, rate=3e-4))),
        "lora": Strategy("lora", "pretrained", (_HEAD, Phase("lora", "lora", share=2 / 3, rate=1e-3))),
        "hybrid": Strategy("hybrid", "pretrained", (Phase("all", "all", rate=1e-3),), keep=2),
    }


def list_strategies():
    """Returns the names that `get_strategy` knows."""
    return list(_strategies())


def get_strategy(name: str | Strategy) -> Strategy:
    """Returns a strategy by name, to be used as it is or edited with `dataclasses.replace`.

    | name | start | what trains |
    |---|---|---|
    | `scratch` | random | everything |
    | `feature_extraction` | pre-trained | the head, for a third of the updates |
    | `feature_extraction_long` | pre-trained | the head, for all updates: the control for the strategies below |
    | `top` | pre-trained | the head, then the last stage too |
    | `full` | pre-trained | everything at once, under a head that knows nothing yet |
    | `lp_ft` | pre-trained | the head, then everything (Kumar et al., 2022) |
    | `gradual` | pre-trained | the head, then one stage more after the other, from the last |
    | `lora` | pre-trained | the head, then low-rank additions to a transformer's attention |
    | `hybrid` | first two stages pre-trained, the rest random | everything |

    Args:
        name: One of the names above, or a `Strategy`, which comes back as it is.

    Raises:
        ValueError: For an unknown name.

    Example:
    >>> ft.strategy("lp_ft")
    lp_ft: starts pretrained
      phase     trains       share      rate
      head      head           33%      0.01  cosine, at 128 features, images as they are
      all       all            67%    0.0003  cosine
    """
    if isinstance(name, Strategy):
        return name
    if isinstance(name, (list, tuple)):
        raise ValueError("A list of phases needs a name and a start: ft.Strategy(name, start, phases).")
    known = _strategies()
    return known[find_name("strategy", name, known)]


strategy = get_strategy  # `ft.strategy("lp_ft")`: inside the library, a strategy is an object and not a function


def _how(phase):
    parts = [phase.schedule] + [f"decay {phase.decay:g}"] * (phase.decay != 1)
    parts += [f"at {phase.width} features"] * (phase.width is not None)
    if phase.views:
        parts.append("images as they are" if phase.views == 1 else f"{phase.views} views")
    return ", ".join(parts)


def _what(train):
    if isinstance(train, int):
        return f"last {train}"
    return train if isinstance(train, str) else ", ".join(train)
