"""Calibration and accuracy per group, against networks whose answers are known."""

import dataclasses

import numpy as np
import pytest
import tiny

from ftlib.evidence.calibration import calibration, expected_calibration_error, fit_temperature, reliability_bins
from ftlib.evidence.groups import group_accuracy
from ftlib.evidence.run import Run


def made(probabilities, labels, groups=None):
    """A run whose network gives these probabilities on validation and on test."""
    task = tiny.task(validation=len(labels), test=len(labels))
    parts = {
        name: dataclasses.replace(getattr(task, name), labels=labels, groups=groups) for name in ("validation", "test")
    }
    task = dataclasses.replace(task, **parts)
    run = Run(None, "made", 0, {"task": {"name": "made"}}, [], [], [], [], task.class_names, task)
    run.set_predictions("validation", probabilities)
    run.set_predictions("test", probabilities)
    return run


def drawn(n=3000, sharpen=1.0, seed=0):
    """Probabilities, and labels drawn from them before they are sharpened."""
    rng = np.random.default_rng(seed)
    logits = 2 * rng.normal(size=(n, 3))
    powers = np.exp(logits)
    true = powers / powers.sum(1, keepdims=True)
    labels = (true.cumsum(1) < rng.random((n, 1))).sum(1).clip(max=2)
    powers = np.exp(sharpen * logits)
    return (powers / powers.sum(1, keepdims=True)).astype("float32"), labels


def test_a_network_that_is_right_as_often_as_it_is_sure_has_no_error():
    found = calibration(made(*drawn()))
    assert found.ece < 0.03 and found.temperature == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("sharpen", [3.0, 0.4])
def test_one_temperature_undoes_what_sharpened_all(sharpen):
    said, labels = drawn(sharpen=sharpen)
    run = made(said, labels)
    found = calibration(run)
    assert found.temperature == pytest.approx(sharpen, rel=0.1)
    assert found.ece > 0.08 and found.ece_scaled < 0.03
    scaled = found.apply(said)
    assert np.allclose(scaled.sum(1), 1) and (scaled.argmax(1) == said.argmax(1)).all()
    assert found.plot().axes and "temperature" in repr(found)
    assert run.scores["test"]["accuracy"] == found.accuracy  # the look at the test split is on record


def test_the_error_is_the_mean_distance_overreliability_bins():
    said = np.array([[0.95, 0.05], [0.95, 0.05], [0.65, 0.35], [0.35, 0.65]])
    rows = reliability_bins(said, np.array([0, 1, 0, 1]), 10)
    assert [(r["n"], r["accuracy"], r["confidence"]) for r in rows] == [(2, 1.0, 0.65), (2, 0.5, 0.95)]
    assert expected_calibration_error(rows) == pytest.approx((2 * 0.35 + 2 * 0.45) / 4)


def test_certainty_and_perfection_have_a_finitefit_temperature():
    said, right = 0.9 * np.eye(3)[np.arange(30) % 3] + 0.1 / 3, np.arange(30) % 3
    assert fit_temperature(said, right) < 0.2 and fit_temperature(said, (right + 1) % 3) > 15
    certain = calibration(made(np.eye(3)[right], right))
    assert np.isfinite(certain.apply(np.eye(3))).all() and certain.ece_scaled < 0.01
    assert "end of the range" in repr(calibration(made(said, (right + 1) % 3)))


def test_groups_show_what_the_mean_hides():
    labels = np.arange(90) % 3
    groups = np.where(np.arange(90) < 80, "many", "few")
    said = np.eye(3, dtype="float32")[np.where(groups == "many", labels, (labels + 1) % 3)]
    found = group_accuracy(made(said, labels, groups))
    assert found.accuracy > 0.85 and found.worst["group"] == "few" and found.worst["accuracy"] == 0
    assert found.gap == 1 and [r["n"] for r in found.rows] == [10, 80]
    assert found.worst["high"] > 0.2 and found.rows[-1]["low"] > 0.9
    assert "a gap of 100.0 points" in repr(found) and found.plot().axes


def test_without_groups_the_classes_are_shown():
    said, labels = drawn(300)
    assert {r["group"] for r in group_accuracy(made(said, labels), "validation").rows} == {"top", "middle", "bottom"}
    by_hand = group_accuracy(made(said, labels), groups=(np.arange(300) % 2).tolist())
    assert {r["group"] for r in by_hand.rows} == {0, 1}
    objects = np.array(["a", "b"], dtype=object)[np.arange(300) % 2]
    assert {r["group"] for r in group_accuracy(made(said, labels), groups=objects).rows} == {"a", "b"}


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda run: calibration(run, "train"), "part='train'"),
        (lambda run: calibration(run, bins=1), "bins=1"),
        (lambda run: calibration("run"), "`run` is a Run"),
        (lambda run: group_accuracy(run, groups=["a"]), "one group for each of the 30 test images"),
        (lambda run: group_accuracy(run, groups=[1.0] * 29 + [float("nan")]), "missing for 1 of the 30"),
        (lambda run: group_accuracy(dataclasses.replace(run, task=None)), "loaded without its data"),
    ],
)
def test_bad_arguments_are_named(call, message):
    with pytest.raises((ValueError, TypeError), match=message):
        call(made(*drawn(30)))
