"""Accuracy per group, against networks whose answers are known."""

import dataclasses

import keras
import numpy as np
import pytest
from made_runs import drawn_predictions, made_run

from ftlib.evidence.groups import group_accuracy


def test_groups_show_what_the_mean_hides():
    labels = np.arange(90) % 3
    groups = np.where(np.arange(90) < 80, "many", "few")
    said = np.eye(3, dtype="float32")[np.where(groups == "many", labels, (labels + 1) % 3)]
    found = group_accuracy(made_run(said, labels, groups))
    assert found.accuracy > 0.85 and found.worst["group"] == "few" and found.worst["accuracy"] == 0
    assert found.gap == 1 and [r["n"] for r in found.rows] == [10, 80]
    assert found.worst["high"] > 0.2 and found.rows[-1]["low"] > 0.9
    assert "a gap of 100.0 points" in repr(found) and found.plot().axes


def test_without_groups_the_classes_are_shown():
    said, labels = drawn_predictions(300)
    assert {r["group"] for r in group_accuracy(made_run(said, labels), "validation").rows} == {
        "top",
        "middle",
        "bottom",
    }
    by_hand = group_accuracy(made_run(said, labels), groups=(np.arange(300) % 2).tolist())
    assert {r["group"] for r in by_hand.rows} == {0, 1}
    objects = np.array(["a", "b"], dtype=object)[np.arange(300) % 2]
    assert {r["group"] for r in group_accuracy(made_run(said, labels), groups=objects).rows} == {"a", "b"}


WORDS = ["a", "b"] * 6


@pytest.mark.parametrize(
    "groups, said",
    [
        (["a", float("nan"), *WORDS[2:]], "missing for 1 of the 12"),
        ([1.0, np.nan] * 6, "missing for 6"),
        ([None, *WORDS[1:]], "missing for 1"),
        (np.ma.array([1, 2] * 6, mask=[1, *[0] * 11]), "missing for 1"),
        (np.ma.array(WORDS, mask=[1, 1, *[0] * 10]), "missing for 2"),
        ([1, "1"] * 6, "all strings or all numbers"),
        (WORDS[1:], r"shape \(11,\)"),
        ([["a"]] * 12, r"shape \(12, 1\)"),
    ],
    ids=["nan among words", "nan", "none", "masked", "masked words", "mixed", "few", "rows"],
)
def test_groups_that_are_none_are_refused(groups, said):
    with pytest.raises(ValueError, match=f"`groups`.*{said}"):
        group_accuracy(twelve_images(), groups=groups)


def test_groups_are_taken_in_whatever_holds_them():
    for groups, names in (
        ((1, 2) * 6, {1, 2}),
        (keras.ops.convert_to_tensor([1, 2] * 6), {1, 2}),
        (WORDS, {"a", "b"}),
        (np.array(WORDS, object), {"a", "b"}),
        (np.ma.array([1, 2] * 6), {1, 2}),
    ):
        rows = group_accuracy(twelve_images(), groups=groups).rows
        assert {r["group"] for r in rows} == names and [r["n"] for r in rows] == [6, 6]


def twelve_images():
    return made_run(*drawn_predictions(12))


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda run: group_accuracy(run, groups=["a"]), "one group for each of the 30 test images"),
        (lambda run: group_accuracy(run, groups=[1.0] * 29 + [float("nan")]), "missing for 1 of the 30"),
        (lambda run: group_accuracy(dataclasses.replace(run, task=None)), "loaded without its data"),
        (lambda run: group_accuracy(run, "train"), "part='train'"),
    ],
)
def test_bad_arguments_are_named(call, message):
    with pytest.raises((ValueError, TypeError), match=message):
        call(made_run(*drawn_predictions(30)))
