"""Checks of the exercises of lesson 08."""

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np

from ftlib.course.answers import Failed, Mistake, as_number, call, describe, near
from ftlib.course.tracks import track
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


@dataclass(frozen=True)
class _Cell:
    """What a rule costs for one backbone, task and number of labels: `regret` in points against the `best_name`."""

    backbone: str
    task: str
    labels: int
    regret: float
    chosen_name: str
    best_name: str


def _check_decide(answer):
    def choose(row):
        name = call(answer, row["labels_per_class"], list(row["probes"].values()), row["untrained"])
        if not isinstance(name, str) or name not in _NAMES:
            raise Failed(Mistake("no_name", kind=describe(name), names=", ".join(_NAMES)))
        return name

    cells = _apply_rule(choose)
    cost = _average_regret(cells)
    habit_costs = {name: _average_regret(_apply_rule(lambda row, name=name: name)) for name in _NAMES}
    best_habit = min(habit_costs, key=lambda name: habit_costs[name])
    if cost < habit_costs[best_habit] - 1e-9:
        return None

    chosen_names = {cell.chosen_name for cell in cells}
    if len(chosen_names) == 1 and cost in habit_costs.values():
        return Mistake("one_habit", name=chosen_names.pop(), cost=cost)

    worst_cell = max(cells, key=lambda cell: cell.regret)
    return Mistake(
        "worse_than_habit",
        cost=cost,
        habit=best_habit,
        habit_cost=habit_costs[best_habit],
        backbone=worst_cell.backbone,
        task=worst_cell.task,
        labels=worst_cell.labels,
        regret=worst_cell.regret,
        name=worst_cell.chosen_name,
        best=worst_cell.best_name,
    )


def _apply_rule(choose):
    """Returns the cells of the recorded comparison, with what a rule costs in each."""
    cells = []
    for (backbone, task, labels), rows in _group_rows().items():
        accuracies = {name: float(np.mean([row["runs"][name]["test"] for row in rows])) for name in rows[0]["runs"]}
        best_name = max(accuracies, key=lambda name: accuracies[name])
        chosen_names = [choose(row) for row in rows]
        regret = 100 * float(np.mean([accuracies[best_name] - accuracies[name] for name in chosen_names]))
        cells.append(_Cell(backbone, task, labels, regret, chosen_names[0], best_name))
    return cells


@functools.cache
def _group_rows():
    """Returns one list of recorded rows per backbone, task and number of labels."""
    transfer: Any = track("glyph").recorded("transfer")
    grouped_rows = {}
    for row in transfer["rows"]:
        place = (row["backbone"], row["task"], row["labels_per_class"])
        grouped_rows.setdefault(place, []).append(row)
    return grouped_rows


def _average_regret(cells):
    return float(np.mean([cell.regret for cell in cells]))


CHECKS = {
    "08.1": _check_gain,
    "08.2": _check_advice,
    "08.3": _check_decide,
}
