"""Which strategy for a task: a rule over what can be measured in seconds, fitted on recorded runs."""

from dataclasses import dataclass

import keras

from ftlib.evidence.probes import backbone_of
from ftlib.evidence.similarity import Evidence, measure_similarity
from ftlib.models.staged_model import StagedModel
from ftlib.strategies.strategy import Strategy, get_strategy
from ftlib.tasks.task import Task, check_pixels


@dataclass(frozen=True)
class Rule:
    """The thresholds between the strategies.

    Attributes:
        lead: In standard errors. By more than this an earlier stage must read better than the last one, so that the
            late stages count as wrong for the task.
        parameters: Up to this many, a backbone whose late stages are wrong starts from scratch; a larger one keeps
            what it has and is tuned as a whole, since few images cannot teach it everything. And only up to this many
            it may stay frozen: in the recorded runs a larger one gained next to nothing by it, and mostly lost.
        ahead: Accuracy. Where a probe on the last stage reads better than one on coarse pixels by more than this,
            everything is tuned, since it has something to build on; and so it is where pixels read better than the
            last stage, since frozen features would stay wrong. Between the two the head alone learns.
    """

    lead: float
    parameters: float
    ahead: float


# Fitted on results/transfer.json by tools/advise_study.py, which also tells what it costs on tasks left out.
RULE = Rule(lead=2, parameters=1e6, ahead=0.1)
_RECORDED = {"labels per class": (1, 80), "classes": (2, 21)}  # of the tasks that it was fitted on


def choose_strategy(evidence, parameters, rule=RULE):
    """Returns the name of the strategy for some `Evidence` on a model of so many parameters."""
    if lead(evidence) > rule.lead:
        return "scratch" if parameters <= rule.parameters else "full"
    freezes = parameters <= rule.parameters and little_ahead(evidence, rule)
    return "feature_extraction_long" if freezes else "lp_ft"


def little_ahead(evidence, rule=RULE):
    """Returns whether the last stage reads better than coarse pixels, and not by more than the border."""
    return 0 <= evidence.probe - evidence.pixels <= rule.ahead


def lead(evidence):
    """Returns by how many standard errors the best of the earlier stages reads better than the last one."""
    *earlier, last = evidence.probes.values()
    best = max(earlier, default=last)
    error = ((best * (1 - best) + last * (1 - last)) / evidence.validation) ** 0.5
    return (best - last) / max(error, 1 / evidence.validation)


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

    Nothing is trained but linear probes (Alain and Bengio, 2017): on the features of each stage, on those of the same
    backbone with random weights, and on coarse pixels. Where an early stage reads clearly better than the last one, the
    late stages have learned something else, and the task counts as far from the pre-training. Near it, a small
    backbone stays frozen where the last stage tells a little more than coarse pixels; everything is tuned where it
    tells much more, where it tells less, and in a large one.
    The rule, and what it costs on tasks that it was not fitted on, are recorded in results/advice.json.

    The preset is always `"light"`, which the recorded runs had; others were compared on `digits` alone.

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
    staged = StagedModel(model, head)
    has_head = staged.stage_names[-1] == "head"
    found = measure_similarity(backbone_of(staged) if has_head else model, task)
    parameters = model.count_params()
    chosen = get_strategy(choose_strategy(found, parameters))
    return Advice(chosen, "light", found, _why(found, parameters, chosen.name), _doubts(found, parameters))


def _why(found, parameters, name):
    stages_read = ", ".join(f"{stage} {_percent(value)}" for stage, value in found.probes.items())
    lines = [
        f"Linear probes read, of {found.validation} validation images: {stages_read}; with random weights "
        f"{_percent(found.untrained)}, from coarse pixels {_percent(found.pixels)}."
    ]
    if name in ("scratch", "full"):
        lines.append("An early stage reads clearly better than the last: the late stages have learned something else.")
        size = f"{parameters / 1e6:.1f} million parameters"
        lines.append(
            f"With {size} the network is small enough to learn everything anew, which did better in the recorded runs."
            if name == "scratch"
            else f"With {size} the network is too large to learn everything from a few images, so all of it is tuned."
        )
    else:
        lines.append("No early stage reads clearly better than the last one.")
        ahead, border = 100 * (found.probe - found.pixels), f"{100 * RULE.ahead:.0f} points"
        if name == "feature_extraction_long":
            lines.append(
                f"It is ahead of coarse pixels by {ahead:.0f} points, not above {border}: in the recorded runs a "
                "frozen backbone did nearly as well as tuning there, in a fraction of the time."
            )
        elif little_ahead(found):
            lines.append(
                f"It is ahead of coarse pixels by {ahead:.0f} points, not above {border}; but a network of "
                f"{parameters / 1e6:.1f} million parameters gained next to nothing by being frozen in the recorded "
                "runs, and mostly lost, so everything is tuned, the head first."
            )
        elif ahead > 0:
            lines.append(
                f"It is ahead of coarse pixels by {ahead:.0f} points, above {border}: there is something to build on, "
                "so everything is tuned, the head first."
            )
        else:
            lines.append(
                f"Coarse pixels read better than the last stage, by {-ahead:.0f} points: frozen, its features would "
                "stay wrong, so everything is tuned, the head first."
            )
    return tuple(lines)


def _doubts(found, parameters):
    doubts, found_lead = [], lead(found)
    if abs(found_lead - RULE.lead) < 1:
        doubts.append(
            f"the best early stage leads the last by {found_lead:.1f} standard errors; the border is {RULE.lead:g}: "
            'compare "scratch" or "full" with the rest.'
        )
    ahead, small = found.probe - found.pixels, parameters <= RULE.parameters
    error = (0.5 / found.validation) ** 0.5  # at most
    if small and found_lead < RULE.lead and abs(ahead - RULE.ahead) < error:
        doubts.append(f"the lead over coarse pixels is close to the border of {100 * RULE.ahead:.0f} points.")
    if found.validation < 100:
        doubts.append(f"{found.validation} validation images tell little: a point is one image or more.")
    for what, value in (("labels per class", found.labels_per_class), ("classes", found.classes)):
        low, high = _RECORDED[what]
        if not low <= value <= high:
            doubts.append(f"{value:g} {what}: the rule was fitted on tasks with {low} to {high}.")
    if found.probe < max(found.pixels, found.untrained):
        doubts.append("pixels or random weights tell as much as what was learned: the backbone helps little here.")
    return tuple(doubts)


def _percent(value):
    return f"{100 * value:.0f} %"
