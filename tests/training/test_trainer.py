"""The optimizer of a phase takes the steps of Keras's own, and asks for its rate once a step."""

import keras
import numpy as np
import pytest
import tiny

from ftlib.models.staged_model import StagedModel
from ftlib.strategies.strategy import Phase
from ftlib.training import trainer
from ftlib.training.trainer import make_optimizer

pytestmark = pytest.mark.backends


class CountedSchedule(keras.optimizers.schedules.LearningRateSchedule):
    """Falls from update to update, and counts how often it is asked."""

    def __init__(self):
        self.calls = 0

    def __call__(self, step):
        self.calls += 1
        return 0.01 / (1.0 + keras.ops.cast(step, "float32"))

    def get_config(self):
        return {}


def train(model, optimizer, updates=3):
    model.compile(optimizer, "sparse_categorical_crossentropy")
    images, labels = tiny.task().train.images[:8], tiny.task().train.labels[:8]
    for _ in range(updates):
        model.train_on_batch(images, labels)


@pytest.mark.parametrize("decay", [1.0, 0.5])
def test_the_schedule_is_asked_once_an_update_and_the_weights_are_those_of_keras(decay, monkeypatch):
    schedule = CountedSchedule()
    monkeypatch.setattr(trainer, "_schedule", lambda phase, updates: schedule)

    def made():
        keras.utils.set_random_seed(3)
        return tiny.model()

    model, phase = made(), Phase("all", "all", decay=decay)
    optimizer = make_optimizer(phase, 3, 0.1, StagedModel(model))
    train(model, optimizer)
    calls = schedule.calls
    assert optimizer.learning_rate is not None and float(optimizer.iterations) == 3

    expected = made()
    monkeypatch.setattr(trainer, "AdamWWithOneScheduleCall", keras.optimizers.AdamW)
    train(expected, make_optimizer(phase, 3, 0.1, StagedModel(expected)))
    for weight, other in zip(model.get_weights(), expected.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, other)
    # Torch asks at each update; TensorFlow and JAX while they build one, of which Keras makes a trial run at most.
    assert calls <= 3 < schedule.calls - calls
