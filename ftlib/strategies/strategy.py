"""Strategies as data: where a run starts, and which stages train when, for how long and how fast."""

import dataclasses
import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

from ftlib.errors import find_name, unknown

SCHEDULES = ("cosine", "one_cycle", "constant")
CLOSING = ("soup", "interpolate", "linear_probe")
TRAIN_NAMES = ("head", "all", "gradual", "lora")


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
            a new one for every update. 1: the inputs as they are. More: the image and fixed augmented versions of it,
            without mixing. What frozen first stages compute from a fixed number of views is computed once. The head
            phases below take 1: layers that are frozen cannot learn to see through a distortion, and on `digits` a
            head learnt from distorted images was worse.
        patience: Epochs without better validation loss before the phase stops; None takes the regularization's.
        width: Number of features that the head takes where `rate` applies as it is; for another number the rate is
            multiplied by `width` / number. Default None: the rate is as given, so give `width=None` with a rate of
            your own. The head phases below have 0.01 at glyphnet's 128 features, which makes 0.001 of MobileNetV2's
            1280. A step of Adam moves the score of a class by up to the rate times the sum of the features, so that a
            rate that ignores their number is too high for a wide backbone (https://arxiv.org/abs/2203.03466 derives
            the rule).
        rank: Rank of the additions of `"lora"`. Default 8, between the 4 and 16 that the paper finds to suffice.
        frozen_head: Whether the head stays as it is, whatever else trains. Default False, since a head is new as a
            rule; that of a `language_model` is not.

    Raises:
        ValueError: For a value outside its range.

    Example:
    >>> ft.Phase("top", train=1, share=0.5, rate=1e-4)
    Phase('top', train=1, share=0.5, rate=0.0001)
    """

    name: str
    train: str | int | tuple[str, ...]
    share: float = 1.0
    rate: float = 1e-3
    decay: float = 1.0
    schedule: str = "cosine"
    batch_norm: str = "freeze"
    views: int | None = None
    patience: int | None = None
    width: int | None = None
    rank: int = 8
    frozen_head: bool = False

    def __post_init__(self):
        object.__setattr__(self, "train", _check_train(self.name, self.train))
        if not _is_number(self.share) or not 0 < self.share <= 1:
            raise ValueError(
                f"`share` is a part of the updates, above 0 and at most 1. Received: share={self.share!r}."
            )
        if not _is_number(self.rate) or not 0 < self.rate <= 10:
            raise ValueError(f"`rate` is a learning rate above 0 and at most 10. Received: rate={self.rate!r}.")
        if not _is_number(self.decay) or not 0 < self.decay <= 1:
            raise ValueError(f"`decay` is a factor above 0 and at most 1. Received: decay={self.decay!r}.")
        object.__setattr__(self, "schedule", find_name("schedule", self.schedule, SCHEDULES))
        if self.batch_norm not in ("freeze", "train"):
            raise ValueError(f'`batch_norm` is "freeze" or "train". Received: batch_norm={self.batch_norm!r}.')
        _check_count("views", "versions of an image", self.views)
        _check_count("patience", "epochs", self.patience)
        _check_count("width", "features", self.width)
        _check_count("rank", "rows", self.rank, may_be_none=False)

    def __repr__(self):
        changed_fields = [f for f in dataclasses.fields(self)[2:] if getattr(self, f.name) != f.default]
        arguments = "".join(f", {field.name}={getattr(self, field.name)!r}" for field in changed_fields)
        return f"Phase({self.name!r}, train={self.train!r}{arguments})"

    def unrolled(self, names: Sequence[str], width: int | None = None) -> tuple["Phase", ...]:
        """Returns the phases that this one stands for, in order: no `"gradual"`, and the rate as it will be.

        Args:
            names: Names of the model's stages.
            width: Number of features that its head takes; None, where that is not known, leaves the rate as it is.
        """
        if self.width is not None:
            scaled_rate = self.rate * self.width / (width or self.width)
            return dataclasses.replace(self, rate=scaled_rate, width=None).unrolled(names)
        if self.train != "gradual":
            return (self,)
        stage_count = len(_backbone_names(names))
        stage_share = self.share / stage_count
        last_stages = [
            dataclasses.replace(self, name=f"last {count}", train=count, share=stage_share)
            for count in range(1, stage_count)
        ]
        return (*last_stages, dataclasses.replace(self, name="all", train="all", share=stage_share))

    def trained_stages(self, names: Sequence[str]) -> list[str]:
        """Returns the names of the stages that this phase trains; for `"gradual"`, those of its last step.

        Args:
            names: Names of all stages of the model, from input to output.

        Raises:
            ValueError: For a stage that the model does not have, for more stages than its backbone has, or if no stage
                is left to train.
        """
        if self.train in ("all", "lora", "gradual"):
            chosen_names = list(names)
        elif self.train == "head":
            chosen_names = [name for name in names if name == "head"]
        elif isinstance(self.train, int):
            chosen_names = self._last_stages(names, self.train)
        else:
            wanted_names = self.train
            for name in wanted_names:
                if name not in names:
                    raise unknown("stage", name, names)
            chosen_names = [name for name in names if name in wanted_names]
        if self.frozen_head:
            chosen_names = [name for name in chosen_names if name != "head"]
        if not chosen_names:
            raise ValueError(
                f"Phase {self.name!r} trains nothing: train={self.train!r} in a model with stages {', '.join(names)}. "
                "For a model without a layer named 'backbone', name the head's first layer: fit(..., head=...)."
            )
        return chosen_names

    def _last_stages(self, names, count):
        backbone_names = _backbone_names(names)
        if count > len(backbone_names):
            raise ValueError(
                f"Phase {self.name!r} trains the last {count} stages, but the backbone has {len(backbone_names)}."
            )
        frozen_names = backbone_names[: len(backbone_names) - count]
        return [name for name in names if name not in frozen_names]


def _check_train(phase_name, train):
    """Returns what a phase trains as it is stored: a name as the table spells it, or a tuple of names."""
    if isinstance(train, str):
        return find_name("value of `train`", train, TRAIN_NAMES)
    if isinstance(train, int) and not isinstance(train, bool) and train >= 0:
        return train
    if not isinstance(train, (tuple, list)) or not all(isinstance(name, str) for name in train):
        raise ValueError(
            '`train` is "head", "all", "gradual", "lora", a number of last stages or a tuple of stage names. '
            f"Received: train={train!r}."
        )
    if not train:
        raise ValueError(f"Phase {phase_name!r} trains nothing: `train` names no stage. Received: train={train!r}.")
    return tuple(train)


def _check_count(name, counted, value, may_be_none=True):
    if value is None and may_be_none:
        return
    if not _is_whole_number(value, least=1):
        or_none = ", or is None" if may_be_none else ""
        raise ValueError(f"`{name}` counts {counted}, at least 1{or_none}. Received: {name}={value!r}.")


def _is_whole_number(value, least):
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def _is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _backbone_names(stage_names):
    return [name for name in stage_names if name != "head"]


@dataclasses.dataclass(frozen=True, repr=False)
class Strategy:
    """A start and a list of phases.

    Args:
        name: Shown in tables.
        start: `"pretrained"`, the weights that the model has, or `"random"`: every layer is drawn anew.
        phases: Tuple of `Phase`; the shares of the updates add up to at most 1.
        keep: With `start="pretrained"`: keep only the first so many stages, and re-initialize the rest. Default None:
            all.
        closing: Steps after the last phase, in order; each keeps what has the best validation loss, so none makes it
            worse. `"soup"`: the mean of the last phase's best epochs, taken in one by one as long as that helps (greedy
            soup; Wortsman et al., 2022). `"interpolate"`: a point on the line from the pre-trained to the tuned weights
            (WiSE-FT; Wortsman et al., 2022); it begins where a first phase of the head alone ended, else at the
            pre-trained backbone under the tuned head. `"linear_probe"`: logistic regression, or the nearest class mean,
            on the frozen features, in place of all that was trained, if its headline score on validation is better; for
            one class each, and a head that is a Dense layer.
        keeps_better_start: Whether a phase ends with what it began with, where no epoch has a lower validation loss and
            the best of them no better headline score. Default False, as the recorded results were measured: a strategy
            is then judged by what it trained. `ftlib fit` sets it.

    Example:
    >>> strategy = ft.strategy("lp_ft")
    >>> dataclasses.replace(strategy, closing=("interpolate",)).closing
    ('interpolate',)
    """

    name: str
    start: str
    phases: tuple[Phase, ...]
    keep: int | None = None
    closing: tuple[str, ...] = ()
    keeps_better_start: bool = False

    def __post_init__(self):
        object.__setattr__(self, "start", find_name("start", self.start, ("pretrained", "random")))
        object.__setattr__(self, "phases", tuple(self.phases))
        if not self.phases or not all(isinstance(phase, Phase) for phase in self.phases):
            raise ValueError(f"A strategy needs at least one Phase. Received: phases={self.phases!r}.")
        if sum(phase.share for phase in self.phases) > 1 + 1e-6:
            shares = ", ".join(f"{phase.name} {phase.share:g}" for phase in self.phases)
            raise ValueError(f"The shares of the phases add up to more than 1. Received: {shares}.")
        if self.keep is not None and not _is_whole_number(self.keep, least=0):
            raise ValueError(f"`keep` counts stages from the input. Received: keep={self.keep!r}.")
        self._check_closing()

    def _check_closing(self):
        if not isinstance(self.closing, (tuple, list)):
            raise ValueError(
                f'`closing` is a tuple of "soup", "interpolate" and "linear_probe". Received: closing={self.closing!r}.'
            )
        closing_steps = tuple(find_name("closing step", step, CLOSING) for step in self.closing)
        object.__setattr__(self, "closing", closing_steps)
        if {"interpolate", "linear_probe"} & set(closing_steps) and (self.start == "random" or self.keep is not None):
            raise ValueError("There are no pre-trained weights to go back to when closing: they are drawn anew.")
        if "soup" in closing_steps and self.phases[-1].train == "lora":
            raise ValueError("A soup of LoRA's factors is not the mean of the models. Close with another step.")

    def __repr__(self):
        first_line = f"{self.name}: starts {self.start}"
        if self.keep is not None:
            first_line += f", keeps the first {self.keep} stages"
        lines = [first_line, f"  {'phase':<10}{'trains':<12}{'share':>6}{'rate':>10}"]
        for phase in self.phases:
            share_and_rate = f"{phase.share:>6.0%}{phase.rate:>10g}"
            lines.append(
                f"  {phase.name:<10}{_format_train(phase.train):<12}{share_and_rate}  {_format_options(phase)}"
            )
        if self.keeps_better_start:
            lines.append("  a phase that makes nothing better ends with what it began with")
        if self.closing:
            lines.append(f"  then: {', '.join(self.closing)}")
        return "\n".join(lines)

    @staticmethod
    def from_dict(data: Mapping[str, Any]) -> "Strategy":
        """Returns the strategy that `dataclasses.asdict(strategy)` was made of, also after a way through JSON.

        Raises:
            TypeError: For a name that a strategy or a phase does not have, or one that is missing.
            ValueError: As `Strategy` and `Phase` do.

        Example:
        >>> strategy = get_strategy("lp_ft")
        >>> Strategy.from_dict(dataclasses.asdict(strategy)) == strategy
        True
        """
        phases = tuple(Phase(**phase) for phase in data["phases"])
        return Strategy(**{**data, "phases": phases})

    def unrolled(self, names: Sequence[str], width: int | None = None) -> "Strategy":
        """Returns the strategy as it runs on a model, with the arguments of `Phase.unrolled`."""
        unrolled_phases = [phase.unrolled(names, width) for phase in self.phases]
        return dataclasses.replace(self, phases=tuple(itertools.chain.from_iterable(unrolled_phases)))

    def scaled(self, factor: float) -> "Strategy":
        """Returns the strategy with all rates times `factor`: what `compare` tunes."""
        scaled_phases = tuple(dataclasses.replace(phase, rate=phase.rate * factor) for phase in self.phases)
        return dataclasses.replace(self, phases=scaled_phases)

    def check(self, names: Sequence[str]) -> None:
        """Raises a ValueError unless a model with stages of these names has what every phase trains and keeps."""
        if self.keep is not None and self.keep > len(_backbone_names(names)):
            raise ValueError(f"Strategy {self.name!r} keeps {self.keep} stages, but the model has {', '.join(names)}.")
        for phase in self.phases:
            phase.trained_stages(names)

    def plan(self, updates: int) -> list[int]:
        """Returns the updates of each phase; together `updates` times the shares, each at least 1.

        Raises:
            ValueError: For fewer updates than phases.
        """
        ends, share_so_far = [], 0.0
        for phase in self.phases:
            share_so_far += phase.share
            ends.append(math.floor(updates * share_so_far + 0.5))
        updates_per_phase = [end - begin for begin, end in itertools.pairwise([0, *ends])]
        if min(updates_per_phase) < 1:
            raise ValueError(
                f"{updates} updates are too few for the {len(self.phases)} phases of {self.name!r}. Received: "
                f"updates={updates}."
            )
        return updates_per_phase


# Rates: 1e-3 is Adam's own default (Kingma and Ba, 2015) and serves training from scratch; a head alone is a convex
# problem that bears more; what is pre-trained moves more slowly, so that it is tuned and not overwritten.
_HEAD = Phase("head", "head", share=1 / 3, rate=1e-2, width=128, views=1)
_HEAD_LONG = dataclasses.replace(_HEAD, share=1.0)

_STRATEGIES = {
    strategy.name: strategy
    for strategy in (
        Strategy("scratch", "random", (Phase("all", "all", rate=1e-3),)),
        Strategy("feature_extraction", "pretrained", (_HEAD,)),
        Strategy("feature_extraction_long", "pretrained", (_HEAD_LONG,)),
        Strategy("top", "pretrained", (_HEAD, Phase("top", 1, share=2 / 3, rate=3e-4))),
        Strategy("full", "pretrained", (Phase("all", "all", rate=3e-4),)),
        Strategy("lp_ft", "pretrained", (_HEAD, Phase("all", "all", share=2 / 3, rate=3e-4))),
        Strategy("gradual", "pretrained", (_HEAD, Phase("gradual", "gradual", share=2 / 3, rate=3e-4))),
        Strategy("lora", "pretrained", (_HEAD, Phase("lora", "lora", share=2 / 3, rate=1e-3))),
        Strategy("hybrid", "pretrained", (Phase("all", "all", rate=1e-3),), keep=2),
    )
}


def list_strategies() -> list[str]:
    """Returns the names that `strategy` knows."""
    return list(_STRATEGIES)


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
      head      head           33%      0.01  cosine, at 128 features, inputs as they are
      all       all            67%    0.0003  cosine
    """
    if isinstance(name, Strategy):
        return name
    if isinstance(name, (list, tuple)):
        raise ValueError("A list of phases needs a name and a start: ft.Strategy(name, start, phases).")
    return _STRATEGIES[find_name("strategy", name, _STRATEGIES)]


strategy = get_strategy  # `ft.strategy("lp_ft")`: inside the library, a strategy is an object and not a function


def _format_options(phase):
    options = [phase.schedule]
    if phase.decay != 1:
        options.append(f"decay {phase.decay:g}")
    if phase.width is not None:
        options.append(f"at {phase.width} features")
    if phase.views is not None:
        options.append("inputs as they are" if phase.views == 1 else f"{phase.views} views")
    return ", ".join(options)


def _format_train(train):
    if isinstance(train, int):
        return f"last {train}"
    return train if isinstance(train, str) else ", ".join(train)
