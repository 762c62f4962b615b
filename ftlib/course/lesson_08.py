"""Checks of the exercises of lesson 08."""

from ftlib.course.answers import Mistake, as_number, call, describe, near
from ftlib.evidence.advisor import Advice
from ftlib.evidence.similarity import Evidence
from ftlib.strategies.strategy import Strategy
from ftlib.tasks.task import Task

# The strategies that were recorded for every backbone, task and number of labels.
_NAMES = ("scratch", "feature_extraction_long", "lp_ft")


def _check_gain(answer):
    for probe, untrained in ((0.9, 0.6), (0.5, 0.2), (0.7, 0.8)):
        value = as_number(call(answer, probe, untrained))
        mistake = _explain_gain(value, probe, untrained)
        if mistake is not None:
            return mistake
    return None


def _explain_gain(value, probe, untrained):
    def is_near(*mistakes):
        return any(near(value, mistake) for mistake in mistakes)

    difference = probe - untrained
    missed = 1 - untrained
    wanted = difference / missed
    if is_near(wanted):
        return None
    if is_near(100 * wanted):
        return Mistake("in_percent", probe=probe, untrained=untrained, value=value)
    if is_near(difference):
        return Mistake("difference", probe=probe, untrained=untrained, value=value)
    if is_near(-wanted, -difference):
        return Mistake("wrong_sign", probe=probe, untrained=untrained, value=value)
    if is_near(probe / untrained, difference / untrained):
        return Mistake("compared_with_right", probe=probe, untrained=untrained, value=value)
    if is_near(difference / (1 - probe)):
        return Mistake("divided_by_probe", probe=probe, untrained=untrained, value=value)
    if wanted < 0 and value == 0:
        return Mistake("clipped_at_zero", probe=probe, untrained=untrained)
    return Mistake("other_gain", probe=probe, untrained=untrained, wanted=wanted, value=value, missed=missed)


def _check_advice(answer):
    is_name = isinstance(answer, str) and answer in _NAMES
    if is_name or isinstance(answer, (Strategy, Evidence)):
        return Mistake("part_of_advice", kind=describe(answer))
    if isinstance(answer, Task):
        return Mistake("task_alone")
    if not isinstance(answer, Advice):
        return Mistake("expected_advice", kind=describe(answer))

    evidence = answer.evidence
    if evidence.classes != 2:
        return Mistake("other_task", classes=evidence.classes)
    if evidence.labels_per_class != 20:
        return Mistake("other_labels", labels=evidence.labels_per_class)
    if list(evidence.probes) != ["stage1", "stage2", "stage3"]:
        return Mistake("other_network", stages=", ".join(evidence.probes))
    return None


CHECKS = {
    "08.1": _check_gain,
    "08.2": _check_advice,
}
