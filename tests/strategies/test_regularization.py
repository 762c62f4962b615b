"""Regularization: ranges and presets, and that each effect is there in a run."""

import dataclasses

import keras
import numpy as np
import pytest
import tiny

import ftlib.training.loop_rules
import ftlib.training.phase
from ftlib.strategies.regularization import PRESETS, Regularization
from ftlib.strategies.strategy import Phase, Strategy
from ftlib.training.fit import fit
from ftlib.training.trainer import weight_penalty

HEAD = Strategy("head", "pretrained", (Phase("head", "head", rate=1e-2, schedule="constant"),))
TOP = Strategy("top", "pretrained", (Phase("top", 1, rate=1e-2, schedule="constant"),))


def one_update(model, settings, recipe=HEAD, **options):
    """Returns the run of a single update on all training images: its loss is that of the weights at the start."""
    return fit(model, tiny.task(), recipe, settings, updates=1, batch_size=24, verbose=False, **options)


@pytest.fixture(scope="module")
def model():
    return tiny.model()


@pytest.fixture(scope="module")
def plain(model):
    """The loss of a first update without any regularization."""
    split = tiny.task().train
    said = keras.ops.convert_to_numpy(model(split.images.astype("float32"), training=False))
    return -np.log(said[np.arange(len(split)), split.labels]).mean(), said


def test_presets_grow_stronger():
    assert Regularization.preset("none") == Regularization() and repr(Regularization()) == "Regularization()"
    light, standard, strong = (Regularization.preset(name) for name in ("light", "standard", "strong"))
    for name in ("dropout", "weight_decay", "label_smoothing", "l2", "mixup", "cutmix"):
        assert getattr(light, name) <= getattr(standard, name) <= getattr(strong, name), name
    assert [p.augmentation for p in PRESETS.values()] == ["none", "light", "standard", "strong"]
    own = dataclasses.replace(light, l1=1e-5)
    assert Regularization.preset(own) is own
    assert repr(own) == ("Regularization(dropout=0.1, l1=1e-05, weight_decay=0.001, augmentation='light', patience=10)")


@pytest.mark.parametrize(
    "wrong",
    [
        {"dropout": 1.0},
        {"dropout": -0.1},
        {"label_smoothing": 1},
        {"l1": -1},
        {"l2": float("nan")},
        {"weight_decay": float("inf")},
        {"mixup": "a"},
        {"cutmix": True},
        {"patience": 0},
        {"patience": 2.5},
        {"augmentation": "very"},
    ],
    ids=str,
)
def test_values_outside_their_range_are_refused(wrong):
    ((name, value),) = wrong.items()
    with pytest.raises(ValueError, match=f"{name}.*{value!r}"):
        Regularization(**wrong)


@pytest.mark.backends
def test_penalties_by_hand():
    kernel = keras.Variable(np.array([[1.0, -2.0], [0.5, 0.0]], "float32"), name="kernel")
    bias = keras.Variable(np.array([[9.0, 9.0]], "float32"), name="bias")  # of attention heads: two dimensions
    assert float(weight_penalty([kernel, bias], 0.1, 0.0)) == pytest.approx(0.35)
    assert float(weight_penalty([kernel, bias], 0.0, 0.1)) == pytest.approx(0.525)
    assert float(weight_penalty([kernel, bias], 0.1, 0.1)) == pytest.approx(0.875)
    assert float(weight_penalty([bias], 1.0, 1.0)) == 0


def test_penalties_are_in_the_loss_of_what_trains(model, plain, eager):
    kernels = {name: w for name, w in tiny.weights(model).items() if name.endswith("kernel")}
    head = kernels["predictions/kernel"]
    run = one_update(model, Regularization(l1=0.01, l2=0.1))
    assert run.history[0]["loss"] == pytest.approx(
        plain[0] + 0.01 * np.abs(head).sum() + 0.1 * (head**2).sum(), rel=1e-4
    )
    # A large L2 shrinks kernels that train, and those only.
    run = fit(model, tiny.task(), TOP, Regularization(l2=10.0), updates=6, batch_size=24, verbose=False)
    after = tiny.weights(run.model)
    for name in ("conv3/kernel", "predictions/kernel"):
        assert np.linalg.norm(after[name]) < 0.95 * np.linalg.norm(kernels[name])
    np.testing.assert_array_equal(after["conv2/kernel"], kernels["conv2/kernel"])


def test_label_smoothing_is_in_the_loss(model, plain, eager):
    said, labels = plain[1], tiny.task().train.labels
    targets = 0.7 * np.eye(3)[labels] + 0.1
    assert one_update(model, Regularization(label_smoothing=0.3)).history[0]["loss"] == pytest.approx(
        -(targets * np.log(said)).sum(1).mean(), rel=1e-4
    )


def test_dropout_of_the_head_drops_and_is_in_the_saved_model(model, plain, eager):
    run = one_update(model, Regularization(dropout=0.6))
    assert run.model.get_layer("head_dropout").rate == 0.6 and model.get_layer("head_dropout").rate == 0
    assert run.history[0]["loss"] != pytest.approx(plain[0], rel=1e-3)
    other = one_update(model, Regularization(dropout=0.6), seed=1)
    assert other.history[0]["loss"] != run.history[0]["loss"]
    assert one_update(model, Regularization()).history[0]["loss"] == pytest.approx(plain[0], rel=1e-5)


def test_weight_decay_spares_biases_and_norms(model, eager, monkeypatch):
    """With a loss that does not depend on the weights, decay is all that moves them."""
    monkeypatch.setattr(keras.losses.CategoricalCrossentropy, "call", lambda s, y, p: 0.0 * p[:, 0])
    recipe = Strategy("x", "pretrained", (Phase("x", "all", rate=0.01, schedule="constant", batch_norm="train"),))
    monkeypatch.setattr(ftlib.training.phase.prove, "check", lambda self, optimizer: None)
    run = one_update(model, Regularization(weight_decay=0.5), recipe)
    before, after = tiny.weights(model), tiny.weights(run.model)
    moved = {m for m in tiny.moved(before, after) if "moving" not in m}
    assert moved == {"conv1/kernel", "conv2/kernel", "conv3/kernel", "predictions/kernel"}
    np.testing.assert_allclose(after["conv1/kernel"], before["conv1/kernel"] * (1 - 0.01 * 0.5), rtol=1e-5)


def test_augmentation_and_mixing_change_what_is_seen(model, plain, eager):
    for settings in (Regularization(augmentation="light"), Regularization(mixup=1.0), Regularization(cutmix=1.0)):
        assert one_update(model, settings).history[0]["loss"] != pytest.approx(plain[0], rel=1e-4)


def test_early_stopping_stops_and_keeps_the_best_epoch(monkeypatch, eager):
    model = tiny.model()
    model.get_layer("predictions").kernel.assign(np.zeros((8, 3)))  # knows nothing: no worse than wrong
    monkeypatch.setattr(ftlib.training.loop_rules, "SHORTEST_EPOCH", 2)
    task = tiny.task()
    # Wrong labels in validation: the better it learns, the worse it looks there.
    wrong = dataclasses.replace(task.validation, labels=np.roll(task.validation.labels, 1))
    task = dataclasses.replace(task, validation=wrong)
    recipe = Strategy("all", "pretrained", (Phase("all", "all", rate=0.05, schedule="constant"),))
    options = dict(updates=24, batch_size=12, verbose=False)
    run = fit(model, task, recipe, Regularization(patience=2), **options)
    (phase,) = run.phases
    assert phase["stopped"] and phase["updates_done"] < phase["updates"] == 24
    assert phase["epochs"] == phase["best_epoch"] + 2 == len(run.history)
    assert "(stopped early)" in run.summary()
    losses = [h["val_loss"] for h in run.history]
    assert run.val_accuracy == run.history[phase["best_epoch"] - 1]["val_accuracy"]
    assert run.scores["validation"]["loss"] == pytest.approx(min(losses), rel=1e-6)
    # The phase's own patience goes before.
    first = dataclasses.replace(recipe.phases[0], patience=1)
    own = fit(model, task, dataclasses.replace(recipe, phases=(first,)), Regularization(patience=2), **options)
    assert own.phases[0]["epochs"] == own.phases[0]["best_epoch"] + 1
