"""The figures of a run, against a network whose answers are known."""

import numpy as np
import pytest
from made_runs import made_run

from ftlib.evidence.metrics import measure
from ftlib.objectives.scores import wilson_interval

LABELS = np.arange(60) % 3
PREDICTED = np.where(np.arange(60) < 45, LABELS, (LABELS + 1) % 3)
PROBABILITIES = 0.8 * np.eye(3)[PREDICTED] + 0.2 / 3


def test_figures_by_hand():
    figures = measure(made_run(PROBABILITIES, LABELS))
    assert figures["images"] == 60 and figures["groups"] == []
    assert figures["accuracy"] == {"value": 0.75, **wilson_interval(45, 60)._asdict()}
    macro_f1 = figures["macro_f1"]
    assert macro_f1["value"] == pytest.approx(0.75) and macro_f1["low"] < macro_f1["value"] < macro_f1["high"]
    assert [row["name"] for row in figures["classes"]] == ["top", "middle", "bottom"]
    for row in figures["classes"]:
        assert row["images"] == 20 and row["accuracy"]["value"] == row["precision"] == row["f1"] == 0.75
        assert (row["accuracy"]["low"], row["accuracy"]["high"]) == wilson_interval(15, 20)


def test_the_same_run_has_the_same_intervals():
    assert measure(made_run(PROBABILITIES, LABELS)) == measure(made_run(PROBABILITIES, LABELS))


def test_groups_and_perfection_have_figures_too():
    groups = np.where(np.arange(60) < 50, "many", "few")
    figures = measure(made_run(np.eye(3)[LABELS], LABELS, groups))
    assert {row["name"]: row["images"] for row in figures["groups"]} == {"many": 50, "few": 10}
    assert figures["accuracy"]["value"] == figures["accuracy"]["high"] == 1.0
    assert figures["macro_f1"] == {"value": 1.0, "low": 1.0, "high": 1.0}


def test_a_class_without_test_pictures_has_no_row():
    labels = np.arange(60) % 2
    figures = measure(made_run(np.eye(3)[labels], labels))
    assert [row["name"] for row in figures["classes"]] == ["top", "middle"]
