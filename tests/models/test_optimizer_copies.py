"""Optimizers are made again with all their settings, those of one's own too, or refused."""

import keras
import numpy as np
import pytest
import tiny

import ftlib as ft
from ftlib.models.keras_internals import flatten_layers
from ftlib.models.optimizer_copies import copy_optimizer, optimizer_config


class Forgetful(keras.optimizers.SGD):
    """Its `get_config` leaves an argument out, which an attribute holds."""

    def __init__(this, strength=1.0, learning_rate=0.01, **options):  # noqa: N805
        super().__init__(learning_rate, **options)
        this.strength = strength


class Turned(keras.optimizers.SGD):
    """The attribute that bears the name of an argument holds something else."""

    def __init__(self, keep=0.5, learning_rate=0.01, **options):
        super().__init__(learning_rate, **options)
        self.keep = 1 - keep


class TurnedBack(Turned):
    """The same, but its `get_config` says so, and rounds."""

    def get_config(self):
        return {**super().get_config(), "keep": 1 - self.keep}


class Silent(keras.optimizers.SGD):
    """It keeps an argument to itself."""

    def __init__(self, strength, learning_rate=0.01, **options):
        super().__init__(learning_rate, **options)


def trained(optimizer, model=None):
    model, task = tiny.model() if model is None else model, tiny.task()
    model.compile(optimizer, "sparse_categorical_crossentropy")
    model.fit(task.train.images[:4].astype("float32"), task.train.labels[:4], verbose=0)
    return model


def test_layerwise_keeps_what_a_config_leaves_out(eager):
    model = tiny.model()
    optimizer = ft.layerwise(Forgetful(strength=0.25), model)
    assert optimizer.strength == 0.25 and isinstance(optimizer, Forgetful)
    ft.freeze(trained(optimizer, model))  # which makes it again, with its rates per stage
    assert model.optimizer is not optimizer and model.optimizer.strength == 0.25
    assert model.optimizer.stage_rates == optimizer.stage_rates


@pytest.mark.parametrize("optimizer, said", [(Silent(0.5), "leaves out 'strength'"), (Turned(0.1), "'keep' was 0.9")])
def test_an_optimizer_that_does_not_tell_its_settings_is_refused(optimizer, said, eager):
    with pytest.raises(ValueError, match=f"{said}.* Give it a `get_config`"):
        ft.layerwise(optimizer, tiny.model())
    model = trained(optimizer)
    before = [layer.trainable for layer in flatten_layers(model)]
    with pytest.raises(ValueError, match=f"{said}.* Nothing was changed"):
        ft.freeze(model)
    assert model.optimizer is optimizer and [layer.trainable for layer in flatten_layers(model)] == before


def test_an_optimizer_that_tells_them_is_made_again(eager):
    model = trained(TurnedBack(0.1))
    ft.freeze(model)
    assert model.optimizer.keep == pytest.approx(0.9) and model.optimizer.built is False
    assert ft.layerwise(TurnedBack(0.1), model).keep == pytest.approx(0.9)


def test_a_copy_has_the_settings_and_none_of_the_moments(eager):
    optimizer = keras.optimizers.AdamW(0.02, weight_decay=0.3, clipnorm=2.0)
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    trained(optimizer)
    copy = copy_optimizer(optimizer)
    assert copy is not optimizer and not copy.built and int(copy.iterations) == 0
    assert (float(copy.learning_rate), copy.weight_decay, copy.clipnorm) == (pytest.approx(0.02), 0.3, 2.0)
    bias = keras.Variable(np.zeros(3), name="bias")
    assert not copy._use_weight_decay(bias)  # what no config says


def test_a_schedule_of_ones_own_is_handed_over_as_it_is():
    class Falling(keras.optimizers.schedules.LearningRateSchedule):
        def __call__(self, step):
            return 0.1 / (1 + keras.ops.cast(step, "float32"))

    schedule = Falling()
    optimizer = keras.optimizers.SGD(schedule)
    assert optimizer_config(optimizer)["learning_rate"] is schedule
    assert float(optimizer.learning_rate) == pytest.approx(0.1)  # the optimizer is as it was
    assert optimizer_config(copy_optimizer(optimizer))["learning_rate"] is schedule
