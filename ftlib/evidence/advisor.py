"""Which strategy for a task: a rule over what can be measured in seconds, fitted on recorded runs."""

from dataclasses import dataclass

import keras

from ftlib.evidence.probes import backbone_of
from ftlib.evidence.similarity import Evidence, measure_similarity
from ftlib.models.staged_model import StagedModel
from ftlib.objectives.classification import require_classes
from ftlib.strategies.strategy import Strategy, get_strategy
from ftlib.tasks.inputs import check_pixels
from ftlib.tasks.task import Task


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
_RECORDED_RANGES = {"labels per class": (1, 80), "classes": (2, 21)}  # of the tasks that it was fitted on


def strategy_name_for(evidence: Evidence, parameters: float, rule: Rule = RULE) -> str:
    """Returns the name of the strategy for some `Evidence` on a model of so many parameters."""
    is_small = parameters <= rule.parameters
    if lead(evidence) > rule.lead:
        return "scratch" if is_small else "full"
    return "feature_extraction_long" if is_small and little_ahead(evidence, rule) else "lp_ft"


def little_ahead(evidence: Evidence, rule: Rule = RULE) -> bool:
    """Returns whether the last stage reads better than coarse pixels, and not by more than the border."""
    return 0 <= evidence.probe - evidence.pixels <= rule.ahead


def lead(evidence: Evidence) -> float:
    """Returns by how many standard errors the best of the earlier stages reads better than the last one."""
    *earlier_accuracies, last_accuracy = evidence.probes.values()
    best_accuracy = max(earlier_accuracies, default=last_accuracy)
    variance = best_accuracy * (1 - best_accuracy) + last_accuracy * (1 - last_accuracy)
    standard_error = (variance / evidence.validation) ** 0.5
    return (best_accuracy - last_accuracy) / max(standard_error, 1 / evidence.validation)


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
    why: tuple[str, ...]
    doubts: tuple[str, ...]

    @property
    def sure(self) -> bool:
        """Whether nothing speaks against trusting the advice."""
        return not self.doubts

    @property
    def reasons(self) -> list[str]:
        """The sentences of `why` and `doubts`, in one list."""
        return [*self.why, *(f"But: {doubt}" for doubt in self.doubts)]

    def __repr__(self):
        first_line = f"advice: {self.strategy.name}, regularization {self.regularization!r}"
        return "\n".join([first_line, *(f"  {sentence}" for sentence in self.reasons), repr(self.strategy)])


def advise(model: keras.Model, task: Task, head: str | None = None) -> Advice:
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
        ValueError: For a class without training images, pixels outside 0 to 255, and a task that is not of classes.

    Example:
    >>> advice = ft.advise(ft.load_backbone("glyphnet"), ft.load_task("digits", labels_per_class=10))
    >>> advice.strategy.start
    'pretrained'
    """
    if not isinstance(task, Task):
        raise TypeError(f"`task` is a Task, as from ft.load_task(...). Received: {type(task).__name__}.")
    if not isinstance(model, keras.Model):
        raise TypeError(f"`model` is a Keras model: a backbone or a classifier. Received: {type(model).__name__}.")
    require_classes(task.objective, "advise", 'Choose a strategy yourself, such as "lp_ft".')
    for split_name in ("train", "validation"):  # before a change of size, which would hide pixels out of range
        check_pixels(getattr(task, split_name).images, f"{split_name} images")
    staged = StagedModel(model, head)
    has_head = staged.stage_names[-1] == "head"
    evidence = measure_similarity(backbone_of(staged) if has_head else model, task)
    parameters = model.count_params()
    strategy = get_strategy(strategy_name_for(evidence, parameters))
    return Advice(
        strategy=strategy,
        regularization="light",
        evidence=evidence,
        why=_reasons(evidence, parameters, strategy.name),
        doubts=_doubts(evidence, parameters),
    )


def _reasons(evidence, parameters, strategy_name):
    probe_readings = ", ".join(f"{stage} {_percent(accuracy)}" for stage, accuracy in evidence.probes.items())
    readings = (
        f"Linear probes read, of {evidence.validation} validation images: {probe_readings}; with random weights "
        f"{_percent(evidence.untrained)}, from coarse pixels {_percent(evidence.pixels)}."
    )
    model_size = f"{parameters / 1e6:.1f} million parameters"
    if strategy_name == "scratch":
        return (
            readings,
            "An early stage reads clearly better than the last: the late stages have learned something else.",
            f"With {model_size} the network is small enough to learn everything anew, which did better in the "
            "recorded runs.",
        )
    if strategy_name == "full":
        return (
            readings,
            "An early stage reads clearly better than the last: the late stages have learned something else.",
            f"With {model_size} the network is too large to learn everything from a few images, so all of it is tuned.",
        )
    near = "No early stage reads clearly better than the last one."
    return (readings, near, _reason_near_pre_training(evidence, model_size, strategy_name))


def _reason_near_pre_training(evidence, model_size, strategy_name):
    points_ahead = 100 * (evidence.probe - evidence.pixels)
    border = f"{100 * RULE.ahead:.0f} points"
    if strategy_name == "feature_extraction_long":
        return (
            f"It is ahead of coarse pixels by {points_ahead:.0f} points, not above {border}: in the recorded runs a "
            "frozen backbone did nearly as well as tuning there, in a fraction of the time."
        )
    if little_ahead(evidence):
        return (
            f"It is ahead of coarse pixels by {points_ahead:.0f} points, not above {border}; but a network of "
            f"{model_size} gained next to nothing by being frozen in the recorded runs, and mostly lost, so everything "
            "is tuned, the head first."
        )
    if points_ahead > 0:
        return (
            f"It is ahead of coarse pixels by {points_ahead:.0f} points, above {border}: there is something to build "
            "on, so everything is tuned, the head first."
        )
    images_behind = round((evidence.pixels - evidence.probe) * evidence.validation)
    if images_behind < 2:
        return (
            f"Coarse pixels read as much as the last stage, to within {images_behind} of {evidence.validation} images: "
            "frozen, its features would add little, so everything is tuned, the head first."
        )
    return (
        f"Coarse pixels read better than the last stage, by {-points_ahead:.0f} points ({images_behind} of "
        f"{evidence.validation} images): frozen, its features would stay wrong, so everything is tuned, the head first."
    )


def _doubts(evidence, parameters):
    doubts = []
    stage_lead = lead(evidence)
    if abs(stage_lead - RULE.lead) < 1:
        doubts.append(
            f"the best early stage leads the last by {stage_lead:.1f} standard errors; the border is {RULE.lead:g}: "
            'compare "scratch" or "full" with the rest.'
        )

    lead_over_pixels = evidence.probe - evidence.pixels
    largest_error = (0.5 / evidence.validation) ** 0.5
    may_freeze = parameters <= RULE.parameters and stage_lead < RULE.lead
    if may_freeze and abs(lead_over_pixels - RULE.ahead) < largest_error:
        doubts.append(f"the lead over coarse pixels is close to the border of {100 * RULE.ahead:.0f} points.")

    if evidence.validation < 100:
        doubts.append(f"{evidence.validation} validation images tell little: one image is a point or more.")
    for quantity, value in (("labels per class", evidence.labels_per_class), ("classes", evidence.classes)):
        low, high = _RECORDED_RANGES[quantity]
        if not low <= value <= high:
            doubts.append(f"{value:g} {quantity}: the rule was fitted on tasks with {low} to {high}.")
    if evidence.probe < max(evidence.pixels, evidence.untrained):
        doubts.append("pixels or random weights tell as much as what was learned: the backbone helps little here.")
    return tuple(doubts)


def _percent(accuracy):
    return f"{100 * accuracy:.0f} %"
