"""`find_lr`: it finds the range it should, touches nothing, and can be looked at."""

import random

import keras
import numpy as np
import pytest
import tiny

import ftlib as ft
from ftlib.training.rate_finder import RateSearch, find_lr


@pytest.fixture(scope="module")
def search():
    return find_lr(tiny.model(dropout=0.2), tiny.task(), updates=60, batch_size=8)


@pytest.mark.backends
def test_it_suggests_a_rate_below_the_one_at_which_the_loss_rises(search):
    ((name, (rates, losses)),) = search.curves.items()
    assert name == "all" and 1e-5 < search.suggestion <= 0.1
    assert search.suggestion == search.suggestions["all"] == pytest.approx(rates[np.argmin(losses)] / 10)
    assert losses.min() < 0.8 * losses[0] and len(rates) == len(losses) <= 60


def test_it_prints_and_draws(search):
    assert "suggested rate" in repr(search) and "all" in repr(search)
    assert "Suggested rate" in search.plot().axes[0].get_title(loc="left") + (search.plot().get_suptitle() or "")
    two = RateSearch({"a": ([1e-3, 1e-2], [1.0, 0.5]), "b": ([1e-3, 1e-2], [1.0, 2.0])}, {"a": 1e-3, "b": 1e-4})
    assert two.suggestion == 1e-4 and len(two.plot().axes[0].lines) >= 4


def test_every_stage_has_a_search_of_its_own(eager):
    model = tiny.model(dropout=0.2)
    search = find_lr(model, tiny.task(), per_stage=True, updates=12, batch_size=8)
    assert list(search.suggestions) == list(search.curves) == ["stage1", "stage2", "stage3", "head"]
    first = {round(float(losses[0]), 6) for _, losses in search.curves.values()}
    assert len(first) <= 4 and all(len(losses) <= 12 for _, losses in search.curves.values())


@pytest.mark.backends
def test_it_leaves_everything_as_it_was(eager):
    """Weights, optimizer, metrics, flags and the random numbers of everybody else."""
    model, task = tiny.model(dropout=0.2), tiny.task()
    model.compile(keras.optimizers.Adam(1e-2), "categorical_crossentropy", metrics=["accuracy"])
    targets = np.eye(3, dtype="float32")[task.train.labels]
    model.fit(task.train.images.astype("float32"), targets, epochs=1, batch_size=8, verbose=0)
    keras.utils.set_random_seed(7)
    keras.random.uniform((2,))  # Keras's own generator exists now

    def state():
        metrics = [np.array(keras.ops.convert_to_numpy(v)) for m in model.metrics for v in m.variables]
        optimizer = [np.array(keras.ops.convert_to_numpy(v)) for v in model.optimizer.variables]
        seeds = [
            np.array(keras.ops.convert_to_numpy(g.state))
            for x in model._flatten_layers()
            for g in getattr(x, "_seed_generators", ())
        ]
        arrays = [*tiny.weights(model).values(), *optimizer, *metrics, *seeds]
        flags = [x.trainable for x in model._flatten_layers()]
        return [a.tobytes() for a in arrays], flags, random.getstate(), str(np.random.get_state())

    before, optimizer = state(), model.optimizer
    find_lr(model, task, updates=12, batch_size=8)
    assert state() == before and model.optimizer is optimizer
    after = np.array(keras.ops.convert_to_numpy(keras.random.uniform((2,))))
    keras.utils.set_random_seed(7)
    keras.random.uniform((2,))
    np.testing.assert_array_equal(after, keras.ops.convert_to_numpy(keras.random.uniform((2,))))


def test_the_same_search_twice(eager):
    model = tiny.model(dropout=0.2)
    one, other = (find_lr(model, tiny.task(), updates=12, batch_size=8, seed=3) for _ in range(2))
    np.testing.assert_array_equal(one.curves["all"][1], other.curves["all"][1])


def test_a_head_of_zeros_is_trained_first(eager):
    model = ft.classifier(tiny.backbone(), 3)
    search = find_lr(model, tiny.task(), updates=12, batch_size=8)
    assert "trained first" in repr(search) and not np.any(keras.ops.convert_to_numpy(model.layers[-1].kernel))


def test_the_search_ends_where_the_loss_explodes():
    rates, losses = find_lr(tiny.model(), tiny.task(), high=1e6, updates=40, batch_size=8).curves["all"]
    assert len(rates) < 40 and np.isfinite(losses).all()


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        ({"low": 0.0}, ValueError, "0 < low < high"),
        ({"high": 1e-7}, ValueError, "0 < low < high"),
        ({"updates": 3}, ValueError, "at least 10"),
        ({"task": "digits"}, TypeError, "ft.load_task"),
        ({"regularization": "lite"}, ValueError, "Did you mean 'light'"),
    ],
)
def test_bad_input_is_named(change, error, says):
    with pytest.raises(error, match=says):
        find_lr(tiny.model(), **{"task": tiny.task(), **change})
