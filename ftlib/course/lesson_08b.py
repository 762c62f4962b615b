"""Checks of the exercises of lesson 08b."""

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np

from ftlib.course.answers import Failed, Mistake, as_number, call, describe, near, recognize
from ftlib.course.tracks import track
from ftlib.course.transfer_record import TransferRecord

# The strategies that were recorded for every backbone, task and number of labels.
_NAMES = ("scratch", "feature_extraction_long", "lp_ft")


def _check_points_lost(answer):
    accuracies = {"scratch": 0.55, "feature_extraction_long": 0.8, "lp_ft": 0.9}
    for chosen in ("feature_extraction_long", "scratch", "lp_ft"):
        value = as_number(call(answer, dict(accuracies), chosen))
        mistake = _explain_points_lost(value, accuracies, chosen)
        if mistake is not None:
            return mistake
    return None


def _explain_points_lost(value, accuracies, chosen):
    best = max(accuracies.values())
    accuracy = accuracies[chosen]
    wanted = 100 * (best - accuracy)
    if near(value, wanted):
        return None

    above_mean = 100 * (accuracy - float(np.mean(list(accuracies.values()))))
    above_worst = 100 * (accuracy - min(accuracies.values()))
    return recognize(
        value,
        [
            (wanted / 100, Mistake("as_fraction", chosen=chosen, best=best, value=value)),
            (-wanted, Mistake("wrong_sign", chosen=chosen, best=best, value=value)),
            (-wanted / 100, Mistake("wrong_sign", chosen=chosen, best=best, value=value)),
            (wanted / best, Mistake("relative", chosen=chosen, best=best, value=value)),
            (above_mean, Mistake("against_mean", chosen=chosen, best=best, value=value)),
            (-above_mean, Mistake("against_mean", chosen=chosen, best=best, value=value)),
            (above_worst, Mistake("against_worst", chosen=chosen, best=best, value=value)),
        ],
    ) or Mistake("other_regret", chosen=chosen, best=best, wanted=wanted, value=value, accuracy=accuracy)


@dataclass(frozen=True)
class _CellCost:
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
    costs = []
    for cell in _read_record().cells:
        accuracies = {name: float(cell.scores(name).mean()) for name in cell.strategies}
        best_name = max(accuracies, key=lambda name: accuracies[name])
        chosen_names = [choose(row) for row in cell.rows]
        regret = 100 * float(np.mean([accuracies[best_name] - accuracies[name] for name in chosen_names]))
        costs.append(_CellCost(cell.backbone, cell.task, cell.labels_per_class, regret, chosen_names[0], best_name))
    return costs


@functools.cache
def _read_record():
    transfer: Any = track("glyph").recorded("transfer")
    return TransferRecord(transfer["rows"])


def _average_regret(cells):
    return float(np.mean([cell.regret for cell in cells]))


CHECKS = {
    "08b.1": _check_points_lost,
    "08b.2": _check_decide,
}
