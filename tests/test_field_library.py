"""Reports from the field about the library itself: each with the right answer, and a relative of it."""

import types

import keras
import numpy as np
import pytest
import tiny

import ftlib as ft
import ftlib.errors
import ftlib.score
import ftlib.training.compare
import ftlib.training.compare_jobs
import ftlib.training.fit

# --- comparisons ---------------------------------------------------------------------------------------------------


class Quick:
    """Stands for a run: its accuracy is its seed."""

    def __init__(self, model, task, recipe, regularization, seed, updates, verbose):
        if recipe.name == "full" and seed == 2:
            raise ft.errors.DivergedError("The loss is nan. Try a tenth of it.")
        self.phases = [types.SimpleNamespace(updates_done=updates)]
        self.history, self.settings = [], {"updates": updates}
        self.headline, self.val_score = ft.score.ACCURACY, 0.5 + seed / 100

    def score(self, part):
        return {"accuracy": self.val_score, "macro_f1": self.val_score, "loss": 1.0}


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(ftlib.training.compare_jobs, "load_task", lambda name, labels, seed: tiny.task())
    monkeypatch.setattr(ftlib.training.compare, "fit", Quick)
    return {"backbone": tiny.backbone(), "task": "bands", "updates": 8, "verbose": False}


@pytest.mark.parametrize(
    "given, said",
    [
        (dict(seeds=[0, 0, 0]), "`seeds` names a number twice.*count as several"),
        (dict(seeds=[1, np.int64(1)]), "twice"),
        (dict(updates=(8, 8)), "`updates` names"),
        (dict(labels_per_class=(3, 3)), "`labels_per_class` names"),
        (dict(labels_per_class=(None, None)), "twice"),
        (dict(rate_factors=(1, 1.0)), "twice"),
        (dict(seeds=2.0), "seeds=2.0"),
        (dict(seeds=True), "seeds=True"),
        (dict(seeds="3"), "seeds='3'"),
        (dict(seeds=[0, True]), "`seeds` is a number"),
        (dict(updates=8.5), "updates=8.5"),
        (dict(labels_per_class=True), "labels_per_class=True"),
        (dict(rate_factors="1"), "`rate_factors` are"),
        (dict(tuning_seeds=0), "tuning_seeds=0"),
    ],
    ids=str,
)
def test_a_comparison_refuses_what_is_no_grid(given, said, quick):
    with pytest.raises(ValueError, match=said):
        ft.compare(**{**quick, "strategies": ["full"], "labels_per_class": 3, "seeds": 2, **given})


def test_a_comparison_takes_whatever_says_plainly_what_is_meant(quick, tmp_path):
    options = dict(labels_per_class=range(3, 5), seeds=np.int64(2), rate_factors=1.0)
    result = ft.compare(**{**quick, "strategies": "lp_ft", "updates": np.array([8, 9]), **options})
    cells = [(r["labels_per_class"], r["updates"], r["seed"]) for r in result.rows]
    assert cells == [(labels, updates, seed) for labels in (3, 4) for updates in (8, 9) for seed in (0, 1)]
    result.save(tmp_path / "comparison.json")
    assert ft.load_comparison(tmp_path / "comparison.json").rows == result.rows
    assert len(ft.compare(**quick, strategies=ft.strategy("top"), seeds=[3], labels_per_class=3).rows) == 1


def test_runs_before_one_that_diverges_are_not_lost(quick):
    with pytest.raises(
        ft.errors.DivergedError, match=r"'full' with seed 2, 3 labels per class.*nan.*rate_factors"
    ) as e:
        ft.compare(**quick, strategies=["top", "full"], labels_per_class=3, seeds=3)
    done = e.value.done
    assert [(r["strategy"], r["seed"]) for r in done.rows] == [("top", s) for s in range(3)] + [
        ("full", 0),
        ("full", 1),
    ]
    assert [row["n"] for row in done.table()] == [3, 2]


# --- numbers of every kind -----------------------------------------------------------------------------------------


def test_numbers_of_numpy_count(eager):
    model = tiny.model()
    assert repr(ft.unfreeze(model, last=np.int64(1))) == repr(ft.unfreeze(tiny.model(), last=1))
    ((rates, _),) = ft.find_lr(model, tiny.task(), updates=np.int64(12), regularization="none").curves.values()
    assert len(rates) <= 12


@pytest.mark.parametrize("weights", [{0: "a", 1: 1, 2: 1}, {0: None, 1: 1, 2: 1}, {0: [1, 2], 1: 1, 2: 1}], ids=str)
def test_class_weights_are_numbers(weights):
    with pytest.raises(ValueError, match="Class weights are numbers of at least 0"):
        ft.fit(tiny.model(), tiny.task(), class_weight=weights)


def test_a_dict_of_outputs_is_refused():
    network = tiny.model()
    model = keras.Model(network.input, {"classes": network.output})
    with pytest.raises(ValueError, match=r"as one array. Received: a dict of classes. Take one .*\['classes'\]"):
        ft.fit(model, tiny.task())


# --- layers of one's own -------------------------------------------------------------------------------------------


@keras.saving.register_keras_serializable("field_library")
class Counter(keras.layers.Layer):
    """Counts its calls, in training alone or always."""

    def __init__(self, always=True, **options):
        super().__init__(**options)
        self.always = always

    def build(self, shape):
        self.calls = self.add_weight(name="calls", shape=(), initializer="zeros", trainable=False)

    def call(self, x, training=False):
        if training or self.always:
            self.calls.assign_add(1.0)
        return x * 1.0

    def get_config(self):
        return {**super().get_config(), "always": self.always}


def counting(always):
    image = keras.Input((12, 12, 1))
    x = keras.layers.Conv2D(4, 3, strides=2, activation="relu")(Counter(always, name="counter")(image))
    return ft.classifier(keras.Model(image, x), 3)


def test_state_that_moves_in_a_frozen_stage_is_seen_before_training(monkeypatch, eager):
    task, options = tiny.task(), dict(updates=4, verbose=False)
    assert ft.fit(counting(False), task, "feature_extraction", "none", **options).proofs
    assert ft.fit(counting(True), task, "full", "none", **options).proofs  # where it may move
    monkeypatch.setattr(ftlib.training.fit, "run_phases", lambda context: pytest.fail("it trained"))
    with pytest.raises(ValueError, match="Counter 'counter' changes its 'calls' also in inference.* stage1"):
        ft.fit(counting(True), task, "feature_extraction", "none", **options)
