"""Scores against counts by hand, and the interval of a share against published values."""

import numpy as np
import pytest

from ftlib.objectives.scores import confusion_matrix, f1_by_class, score_predictions, wilson_interval


@pytest.mark.parametrize("kind", ["uint8", "int8", "uint64"])
def test_labels_of_any_width_are_counted(kind):
    classes, rng = 40, np.random.default_rng(0)
    labels, said = rng.integers(0, classes, 200), rng.integers(0, classes, 200)
    counts = np.zeros((classes, classes), int)
    np.add.at(counts, (labels, said), 1)
    np.testing.assert_array_equal(confusion_matrix(labels.astype(kind), said.astype(kind), classes), counts)
    chances = rng.dirichlet(np.ones(classes), 200)
    assert score_predictions(chances, labels.astype(kind)) == score_predictions(chances, labels)


def test_scores_by_hand():
    probabilities = np.array([[0.9, 0.1, 0.0], [0.2, 0.8, 0.0], [0.6, 0.4, 0.0], [0.3, 0.7, 0.0]])
    scores = score_predictions(probabilities, np.array([0, 1, 1, 1]))
    assert scores["accuracy"] == 0.75
    # Class 0: precision 1/2, recall 1. Class 1: precision 1, recall 2/3. Class 2 does not occur.
    assert scores["macro_f1"] == pytest.approx((2 / 3 + 4 / 5) / 2)
    assert scores["loss"] == pytest.approx(-np.log([0.9, 0.8, 0.4, 0.7]).mean())
    assert f1_by_class(confusion_matrix(np.array([0, 1]), np.array([0, 1]), 3)).tolist() == [1, 1]


def test_a_certain_mistake_has_a_finite_loss():
    assert score_predictions(np.array([[1.0, 0.0]]), np.array([1]))["loss"] == pytest.approx(-np.log(1e-7))


@pytest.mark.parametrize(
    "successes, count, low, high",
    [(5, 10, 0.2366, 0.7634), (480, 500, 0.9390, 0.9740), (1, 3, 0.0615, 0.7923)],  # as statsmodels gives them
)
def test_the_interval_of_a_share(successes, count, low, high):
    interval = wilson_interval(successes, count)
    assert interval == pytest.approx((low, high), abs=1e-4)
    assert interval.low < successes / count < interval.high and all(type(end) is float for end in interval)


def test_none_and_all_have_an_interval_within_0_and_1():
    assert wilson_interval(0, 10).low == 0 and wilson_interval(0, 10).high == pytest.approx(0.2775, abs=1e-4)
    assert wilson_interval(10, 10).high == 1 and wilson_interval(10, 10).low == pytest.approx(0.7225, abs=1e-4)
    for successes, count in ((0, 0), (3, 2), (-1, 2)):
        with pytest.raises(ValueError):
            wilson_interval(successes, count)
