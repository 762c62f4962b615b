"""Calibration, against networks whose answers are known."""

import numpy as np
import pytest
from made_runs import drawn_predictions, made_run

from ftlib.evidence.calibration import calibration, expected_calibration_error, fit_temperature, reliability_bins


def test_a_network_that_is_right_as_often_as_it_is_sure_has_no_error():
    found = calibration(made_run(*drawn_predictions()))
    assert found.ece < 0.03 and found.temperature == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("sharpen", [3.0, 0.4])
def test_one_temperature_undoes_what_sharpened_all(sharpen):
    said, labels = drawn_predictions(sharpen=sharpen)
    run = made_run(said, labels)
    found = calibration(run)
    assert found.temperature == pytest.approx(sharpen, rel=0.1)
    assert found.ece > 0.08 and found.ece_scaled < 0.03
    scaled = found.apply(said)
    assert np.allclose(scaled.sum(1), 1) and (scaled.argmax(1) == said.argmax(1)).all()
    assert found.plot().axes and "temperature" in repr(found)
    assert run.scores["test"]["accuracy"] == found.accuracy  # the look at the test split is on record


def test_the_error_is_the_mean_distance_over_bins():
    said = np.array([[0.95, 0.05], [0.95, 0.05], [0.65, 0.35], [0.35, 0.65]])
    rows = reliability_bins(said, np.array([0, 1, 0, 1]), 10)
    assert [(r["n"], r["accuracy"], r["confidence"]) for r in rows] == [(2, 1.0, 0.65), (2, 0.5, 0.95)]
    assert expected_calibration_error(rows) == pytest.approx((2 * 0.35 + 2 * 0.45) / 4)


def test_certainty_and_perfection_have_a_finite_temperature():
    said, right = 0.9 * np.eye(3)[np.arange(30) % 3] + 0.1 / 3, np.arange(30) % 3
    assert fit_temperature(said, right) < 0.2 and fit_temperature(said, (right + 1) % 3) > 15
    certain = calibration(made_run(np.eye(3)[right], right))
    assert np.isfinite(certain.apply(np.eye(3))).all() and certain.ece_scaled < 0.01
    assert "end of the range" in repr(calibration(made_run(said, (right + 1) % 3)))


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda run: calibration(run, "train"), "part='train'"),
        (lambda run: calibration(run, bins=1), "bins=1"),
        (lambda run: calibration("run"), "`run` is a Run"),
    ],
)
def test_bad_arguments_are_named(call, message):
    with pytest.raises((ValueError, TypeError), match=message):
        call(made_run(*drawn_predictions(30)))
