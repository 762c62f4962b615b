"""The closing step that compares with a linear classifier of the frozen features, and takes it where it is better."""

import dataclasses

import keras
import numpy as np
import pytest
import tiny

from ftlib.evidence.run import load_run
from ftlib.models.inference import predict
from ftlib.strategies.regularization import Regularization
from ftlib.strategies.strategy import Strategy
from ftlib.training.fit import fit
from ftlib.training.probe_step import fit_linear_heads

NONE = Regularization()


def closing_run(rate, model, **options):
    strategy = dataclasses.replace(tiny.one_phase("all", rate=rate), closing=("linear_probe",))
    return fit(
        model, tiny.task(), strategy, NONE, updates=options.pop("updates", 30), batch_size=8, verbose=False, **options
    )


@pytest.mark.backends
def test_the_probe_takes_the_place_of_what_was_trained_worse(eager, tmp_path):
    model = tiny.model(dropout=0.0)
    done = closing_run(1e-7, model, updates=3, run_dir=tmp_path / "run")
    (record,) = done.closing
    probe_score, trained_score = record.val_scores
    assert record.step == "linear_probe" and probe_score > trained_score
    assert "the probe is kept" in record.description
    assert done.val_accuracy == pytest.approx(probe_score)

    # All but the head is what it was, and the model gives what it is scored for.
    assert {path.split("/")[0] for path in tiny.moved(tiny.weights(model), tiny.weights(done.model))} == {"predictions"}
    answers = predict(done.model, done.task.validation.inputs).argmax(axis=1)
    assert np.mean(answers == done.task.validation.targets) == pytest.approx(probe_score)
    loaded = load_run(tmp_path / "run", tiny.task())
    assert loaded.closing[0].val_scores == record.val_scores
    np.testing.assert_allclose(predict(loaded.model, done.task.test.inputs), done.predictions("test"), atol=1e-6)


@pytest.mark.backends
def test_what_was_trained_stays_where_the_probe_is_no_better(eager):
    model = tiny.model(dropout=0.0)
    # A backbone that is blind: no probe can read anything from it.
    model.get_layer("backbone").get_layer("conv1").kernel.assign(np.zeros((3, 3, 1, 4)))
    task = tiny.task()
    strategy = dataclasses.replace(tiny.one_phase("all", rate=0.02), closing=("linear_probe",))
    done = fit(model, task, strategy, NONE, updates=60, batch_size=8, verbose=False)
    plain = fit(model, task, dataclasses.replace(strategy, closing=()), NONE, updates=60, batch_size=8, verbose=False)
    (record,) = done.closing
    assert record.val_scores[0] <= record.val_scores[1] and "what was trained is kept" in record.description
    assert done.val_accuracy == plain.val_accuracy
    assert not tiny.moved(tiny.weights(plain.model), tiny.weights(done.model))


def test_linear_heads_tell_apart_what_a_line_tells_apart():
    rng = np.random.default_rng(0)
    labels = np.arange(60) % 3
    features = np.eye(3)[labels] @ rng.normal(0, 3, (3, 5)) + rng.normal(0, 0.5, (60, 5))
    heads = fit_linear_heads(features.astype("float32"), labels, 3)
    assert {head.name for head in heads} == {"logistic regression", "the nearest class mean"}
    for head in heads:
        kernel, bias = head.weights
        assert np.mean((features @ kernel + bias).argmax(axis=1) == labels) > 0.9, head.name


def test_the_nearest_class_mean_is_the_nearest():
    rng = np.random.default_rng(0)
    labels = np.arange(40) % 4
    features = rng.normal(0, 1, (40, 6)).astype("float32")
    means = np.stack([features[labels == index].mean(axis=0) for index in range(4)])
    nearest = ((features[:, None] - means) ** 2).sum(axis=2).argmin(axis=1)
    for head in fit_linear_heads(features, labels, 4)[-3:]:
        kernel, bias = head.weights
        np.testing.assert_array_equal((features @ kernel + bias).argmax(axis=1), nearest)


def test_it_is_refused_where_nothing_can_be_read():
    with pytest.raises(ValueError, match="no pre-trained weights to go back to"):
        Strategy("x", "random", tiny.one_phase("all").phases, closing=("linear_probe",))
    strategy = dataclasses.replace(tiny.one_phase("all"), closing=("linear_probe",))
    task = tiny.task()
    one_missing = task.train.take(np.flatnonzero(task.train.targets != 2))
    with pytest.raises(ValueError, match='"linear_probe" needs a task with one class each'):
        fit(tiny.model(), dataclasses.replace(task, train=one_missing), strategy, NONE, updates=3, verbose=False)
    backbone = tiny.backbone()
    deep = keras.layers.Dense(4)(keras.layers.GlobalAveragePooling2D(name="pool")(backbone.output))
    model = keras.Model(backbone.input, keras.layers.Dense(3, activation="softmax")(deep))
    with pytest.raises(ValueError, match="only weights are a Dense layer with softmax"):
        fit(model, task, strategy, NONE, updates=3, verbose=False, head="pool")
