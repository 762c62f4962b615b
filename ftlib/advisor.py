"""Which strategy for a task: a rule over what can be measured in seconds, fitted on recorded runs."""

from dataclasses import dataclass

import keras

from ftlib.graph import stages
from ftlib.runs import check_pixels
from ftlib.similarity import Evidence, measure
from ftlib.sources import body_of
from ftlib.strategies import Strategy
from ftlib.strategies import strategy as named_strategy
from ftlib.tasks.base import Task


@dataclass(frozen=True)
class Rule:
    """The thresholds between the strategies.

    Attributes:
        gain: Of `Evidence.gain`. Below it the features are not worth keeping, and the network starts from scratch.
        labels: Per class. Below it the head alone learns; from it on, everything does.
    """

    gain: float
    labels: float


# Fitted on results/transfer.json by tools/advise_study.py, which also tells what it costs on tasks left out.
RULE = Rule(gain=0.0, labels=5)
_RECORDED = {"labels": (1, 80), "classes": (4, 21)}  # of the tasks that it was fitted on


def choose(evidence, rule=RULE):
    """Returns the name of the strategy for some `Evidence`."""
    if evidence.gain < rule.gain:
        return "scratch"
    return "feature_extraction_long" if evidence.labels_per_class < rule.labels else "lp_ft"


@dataclass(frozen=True, repr=False)
class Advice:
    """What `advise` returns; it prints as text.

    Attributes:
        strategy: The recommended `Strategy`, with its phases and rates.
        regularization: Name of the recommended preset.
        evidence: The `Evidence` behind it.
        why: Sentences that lead from the evidence to the strategy.
        doubts: Sentences on what speaks against trusting it; empty where nothing does.
    """

    strategy: Strategy
    regularization: str
    evidence: Evidence
    why: tuple
    doubts: tuple

    @property
    def sure(self):
        """Whether nothing speaks against trusting the advice."""
        return not self.doubts

    @property
    def said(self):
        """The sentences of `why` and `doubts`, in one list."""
        return [*self.why, *(f"But: {line}" for line in self.doubts)]

    def __repr__(self):
        lines = [f"advice: {self.strategy.name}, regularization {self.regularization!r}"]
        return "\n".join([*lines, *(f"  {line}" for line in self.said), repr(self.strategy)])


def advise(model, task, head=None):
    """Recommends a strategy from the number of labels and from how near the task is to what a backbone knows.

    Nothing is trained but linear probes: on features of each stage, on those of the same backbone with random weights,
    and on coarse pixels (Alain and Bengio, 2017, probe in this way). How much the pre-trained features gain over random
    ones tells whether they are worth keeping.

    Args:
        model: A backbone, or a classifier on it.
        task: A `Task`; `task.for_backbone(model)` is applied to it.
        head: Name of the first layer of the head, for a classifier without a layer named `"backbone"`.

    Returns:
        An `Advice`.

    Raises:
        TypeError: For a model or a task of another kind.
        ValueError: For a class without training images, and pixels outside 0 to 255.

    Example:
    >>> advice = ft.advise(ft.load_backbone("glyphnet"), ft.load_task("digits", labels_per_class=10))
    >>> advice.strategy.start
    'pretrained'
    """
    if not isinstance(task, Task):
        raise TypeError(f"`task` is a Task, as from ft.load_task(...). Received: {type(task).__name__}.")
    if not isinstance(model, keras.Model):
        raise TypeError(f"`model` is a Keras model: a backbone or a classifier. Received: {type(model).__name__}.")
    for part in ("train", "validation"):  # before a change of size, which would hide pixels out of range
        check_pixels(getattr(task, part).images, f"{part} images")
    whole = stages(model, head=head)[-1].name == "head"
    found = measure(body_of(model, head) if whole else model, task)
    chosen = named_strategy(choose(found))
    return Advice(chosen, "light", found, _why(found, chosen.name), _doubts(found))


def _why(found, name):
    known = f"{100 * found.probe:.0f} % of the validation images"
    lines = [
        f"A linear probe on the features of the last stage reads {known}; on the same network with random weights "
        f"{100 * found.untrained:.0f} %, on coarse pixels {100 * found.pixels:.0f} %."
    ]
    if name == "scratch":
        lines.append(
            f"So the pre-training spares {_part(found.gain)} of the mistakes, less than {_part(RULE.gain)}: on the "
            "recorded tasks, a network that learned everything from its own images did better there."
        )
        return tuple(lines)
    lines.append(f"So the pre-training spares {_part(found.gain)} of the mistakes: its features are worth keeping.")
    count = f"{found.labels_per_class:g} labels per class"
    if name == "lp_ft":
        lines.append(f"{count} are enough to tune the backbone too: the head first, then everything at a small rate.")
    else:
        lines.append(f"{count} are few (below {RULE.labels:g}): the backbone stays frozen, and the head alone learns.")
    return tuple(lines)


def _part(gain):
    return f"{100 * gain:.0f} %"


def _doubts(found):
    doubts = []
    error = (found.probe * (1 - found.probe) / found.validation) ** 0.5 / max(1 - found.untrained, 1 / found.validation)
    if abs(found.gain - RULE.gain) < 2 * error:
        doubts.append(
            f"{_part(found.gain)} is close to the border of {_part(RULE.gain)}, and {found.validation} validation "
            "images do not tell more exactly: try both sides with `compare`."
        )
    for what, value in (("labels", found.labels_per_class), ("classes", found.classes)):
        low, high = _RECORDED[what]
        if not low <= value <= high:
            per = " per class" * (what == "labels")
            doubts.append(f"{value:g} {what}{per}: the rule was fitted on tasks with {low} to {high}.")
    best = max(found.pixels, found.untrained)
    if found.probe < best:
        doubts.append("The pre-trained features tell less than simple ones: the backbone hardly fits these images.")
    return tuple(doubts)
