"""Means of weights after the last phase."""

import numpy as np
import pytest
import tiny

from ftlib.models.arrays import to_numpy
from ftlib.models.staged_model import StagedModel
from ftlib.training.averaging import EpochWeights, greedy_soup, interpolate_weights
from ftlib.training.fit import fit


@pytest.fixture
def run(eager):
    """A run whose head was trained for three updates."""
    return fit(tiny.model(), tiny.task(), tiny.one_phase("head"), "none", updates=3, batch_size=8, verbose=False)


def test_a_soup_is_the_mean_of_its_epochs(run):
    weights = StagedModel(run.model).weights_of(["head"])
    values = [[np.full(weight.shape, 0.0, "float32") for weight in weights] for _ in range(3)]
    values[1][0][:] = np.linspace(-1, 1, values[1][0].size).reshape(values[1][0].shape)
    epochs = [EpochWeights(i + 1, float(i), {}, value) for i, value in enumerate(values)]

    result = greedy_soup(run, epochs, weights)

    kept_values = [values[epoch - 1][0] for epoch in result["epochs"]]
    np.testing.assert_allclose(to_numpy(weights[0]), np.mean(kept_values, axis=0), atol=1e-6)


def test_the_best_point_between_two_equal_ends_is_the_tuned_one(run):
    """Where every point of the line is as good, the weights stay as they are."""
    tuned_weights = [to_numpy(weight).copy() for weight in run.model.weights]

    result = interpolate_weights(run, tuned_weights)

    assert result["alpha"] == 1.0 and len(set(result["val_loss"])) == 1
    for weight, tuned in zip(run.model.weights, tuned_weights, strict=True):
        np.testing.assert_array_equal(to_numpy(weight), tuned)


def test_a_bad_end_is_left_for_the_start(run):
    start_weights = [to_numpy(weight).copy() for weight in run.model.weights]
    for weight in StagedModel(run.model).weights_of(["head"]):
        weight.assign(-50 * to_numpy(weight))

    result = interpolate_weights(run, start_weights)

    assert result["alpha"] < 1 and result["val_loss"][-1] > result["scores"]["loss"]
    assert result["scores"]["loss"] == min(result["val_loss"])
