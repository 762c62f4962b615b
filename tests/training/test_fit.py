"""`fit`: what it promises about its argument, its randomness, its frozen stages and its record."""

import dataclasses
import importlib.util
import json
import os
import subprocess
import sys

import keras
import numpy as np
import pytest
import tiny

import ftlib.evidence.run
import ftlib.training.fit
import ftlib.training.loop_rules
import ftlib.training.phase
from ftlib.errors import ProofError
from ftlib.evidence.run import load_run
from ftlib.models.freezing import freeze
from ftlib.models.staged_model import stages
from ftlib.strategies.regularization import Regularization
from ftlib.strategies.strategy import Phase, Strategy, get_strategy
from ftlib.training.fit import fit

NONE = Regularization()


@pytest.fixture(autouse=True, scope="module")
def short_epochs():
    """Epochs of three updates, so that a few updates make several epochs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ftlib.training.loop_rules, "SHORTEST_EPOCH", 3)
        yield


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    """One run of head first, then all; with its model and how that stood before."""
    model = tiny.model()
    freeze(model, through="stage1")
    model.compile(keras.optimizers.SGD(0.5), "categorical_crossentropy", metrics=["accuracy"])
    before = tiny.weights(model), [x.trainable for x in model._flatten_layers()], model.optimizer
    folder = tmp_path_factory.mktemp("runs") / "lp_ft"
    run = fit(model, tiny.task(), "lp_ft", seed=3, updates=12, batch_size=8, run_dir=folder, verbose=False)
    return model, run, before, folder


def one_phase(train, rate=1e-2, start="pretrained", keep=None, **options):
    return Strategy("mine", start, (Phase("only", train, rate=rate, schedule="constant", **options),), keep)


def one_update(model, task, recipe, settings=NONE, **options):
    """Returns the run of a single update on all training images: its loss is that of the weights at the start."""
    return fit(model, task, recipe, settings, updates=1, batch_size=len(task.train), verbose=False, **options)


def cross_entropies(model, split):
    probabilities = keras.ops.convert_to_numpy(model(split.images.astype("float32"), training=False))
    return -np.log(probabilities[np.arange(len(split)), split.labels])


@pytest.mark.backends
def test_the_argument_stays_as_it_is(example):
    model, run, (weights, flags, optimizer), _ = example
    assert tiny.moved(weights, tiny.weights(model)) == set()
    assert [x.trainable for x in model._flatten_layers()] == flags
    assert model.optimizer is optimizer and int(optimizer.iterations) == 0
    assert not {id(w) for w in model.weights} & {id(w) for w in run.model.weights}
    assert tiny.moved(weights, tiny.weights(run.model))


@pytest.mark.backends
def test_the_same_call_gives_the_same_run(example):
    model, run, _, _ = example
    keras.utils.set_random_seed(99)  # what happened elsewhere in the process must not matter
    again = fit(model, tiny.task(), "lp_ft", seed=3, updates=12, batch_size=8, verbose=False)
    assert again.history == run.history
    assert tiny.moved(tiny.weights(again.model), tiny.weights(run.model)) == set()


def test_another_seed_gives_another_run(eager):
    model = tiny.model(dropout=0.0)
    runs = [fit(model, tiny.task(), "full", NONE, s, updates=2, batch_size=8, verbose=False) for s in (3, 3, 4)]
    assert runs[0].history == runs[1].history != runs[2].history


def test_phases_run_as_planned_and_share_one_history(example):
    _, run, _, _ = example
    assert [(p["name"], p["updates"], p["updates_done"], p["stages"]) for p in run.phases] == [
        ("head", 4, 4, ["head"]),
        ("all", 8, 8, ["stage1", "stage2", "stage3", "head"]),
    ]
    assert [p["trainable"] for p in run.phases] == [27, 27 + 40 + 222 + 440]  # kernels and biases, no BatchNorm
    assert [(h["phase"], h["epoch"], h["update"]) for h in run.history] == [
        ("head", 1, 3),
        ("head", 2, 4),
        ("all", 3, 7),
        ("all", 4, 10),
        ("all", 5, 12),
    ]
    assert all(np.isfinite([h["loss"], h["val_loss"], h["val_accuracy"], h["val_macro_f1"]]).all() for h in run.history)
    assert all(p.holds for p in run.proofs)
    assert any(p.name == "all: more trains" and p.detail == "27 -> 729 weights" for p in run.proofs)
    for word in ("lp_ft", "stage1 to head", "8/8", "[holds] head: frozen weights", "moments start fresh"):
        assert word in run.summary()
    assert [row["state"] for row in run.stage_rows()] == ["trainable"] * 4


def test_without_a_number_of_updates_it_takes_at_least_300(monkeypatch):
    counts = []
    monkeypatch.setattr(ftlib.training.fit, "run_phases", lambda context: counts.append(context.updates_per_phase))
    fit(tiny.model(), tiny.task(), "lp_ft", verbose=False)
    fit(tiny.model(), tiny.task(train=90), "full", batch_size=2, verbose=False)
    assert counts == [[100, 200], [450]]  # ten passes of 45 batches


@pytest.mark.backends
@pytest.mark.parametrize("batch_norm", ["freeze", "train"])
def test_what_is_frozen_stays_bit_identical(batch_norm):
    model = tiny.model()
    run = fit(model, tiny.task(), one_phase(1, batch_norm=batch_norm), updates=4, batch_size=8, verbose=False)
    expected = {"conv3/kernel", "conv3/bias", "predictions/kernel", "predictions/bias"}
    if batch_norm == "train":
        expected |= {"norm3/gamma", "norm3/beta", "norm3/moving_mean", "norm3/moving_variance"}
    assert tiny.moved(tiny.weights(model), tiny.weights(run.model)) == expected


@pytest.mark.backends
def test_a_frozen_stage_runs_in_inference_mode_although_it_has_dropout(eager):
    model, task = tiny.model(dropout=0.9), tiny.task()
    expected = cross_entropies(model, task.train).mean()
    frozen = one_update(model, task, one_phase("head"))
    assert frozen.history[0]["loss"] == pytest.approx(expected, rel=1e-5)
    # The same test sees a Dropout that does drop.
    free = one_update(model, task, one_phase("all"))
    assert free.history[0]["loss"] != pytest.approx(expected, rel=1e-2)


def test_the_randomness_of_an_epoch_depends_on_seed_phase_and_epoch_alone(monkeypatch, eager):
    keys, reseed = [], ftlib.training.phase.reseed_layers
    monkeypatch.setattr(
        ftlib.training.phase, "reseed_layers", lambda model, key: keys.append(key) or reseed(model, key)
    )
    fit(tiny.model(), tiny.task(), "lp_ft", seed=7, updates=12, batch_size=8, verbose=False)
    assert keys == [(7, 0, 0), (7, 0, 1), (7, 1, 0), (7, 1, 1), (7, 1, 2)]
    model, images = tiny.model(), tiny.split(6).images.astype("float32")

    def drop(*key):
        reseed(model, key)
        return keras.ops.convert_to_numpy(model(images, training=True))

    first = drop(7, 0, 0)
    others = [drop(8, 0, 0), drop(7, 1, 0), drop(7, 0, 1)]
    np.testing.assert_array_equal(drop(7, 0, 0), first)
    assert all(np.abs(other - first).max() > 1e-3 for other in others)


def test_a_head_phase_does_not_distort_its_images(eager):
    model, task = tiny.model(), tiny.task()
    recipe = dataclasses.replace(get_strategy("feature_extraction_long"), name="long")
    strong = Regularization(augmentation="strong", mixup=1.0, cutmix=1.0)
    expected = cross_entropies(model, task.train).mean()
    assert one_update(model, task, recipe, strong).history[0]["loss"] == pytest.approx(expected, rel=1e-5)
    assert one_update(model, task, one_phase("head"), strong).history[0]["loss"] != pytest.approx(expected, rel=1e-3)


def test_scratch_owes_nothing_to_the_pretrained_weights(eager):
    models = tiny.model(seed=0), tiny.model(seed=1)
    runs = [fit(m, tiny.task(), "scratch", NONE, updates=3, batch_size=8, verbose=False) for m in models]
    assert runs[0].history == runs[1].history
    assert tiny.moved(*(tiny.weights(run.model) for run in runs)) == set()
    unlike = tiny.moved(tiny.weights(models[0]), tiny.weights(runs[0].model))
    assert {"conv1/kernel", "conv3/kernel", "norm1/moving_mean", "norm3/beta", "predictions/kernel"} <= unlike
    other = fit(models[0], tiny.task(), "scratch", NONE, seed=1, updates=3, batch_size=8, verbose=False)
    assert other.history != runs[0].history


def test_hybrid_keeps_the_start_of_its_first_stages(eager):
    model = tiny.model()
    recipe = one_phase("all", rate=1e-7, keep=2)
    run = fit(model, tiny.task(), recipe, NONE, updates=2, batch_size=24, verbose=False)
    start, end = tiny.weights(model), tiny.weights(run.model)
    near = {path for path in start if np.allclose(start[path], end[path], atol=1e-5)}
    assert {path for path in near if path.endswith("kernel")} == {"conv1/kernel", "conv2/kernel"}
    # BatchNorm of the kept stages stays as it was pre-trained, that of the new one starts over and learns.
    for path in start:
        if "norm1" in path or "norm2" in path:
            np.testing.assert_array_equal(start[path], end[path])
        elif path.endswith("norm3/beta"):
            assert np.abs(end[path]).max() < 1e-5 < np.abs(start[path]).max()


def test_a_phase_ends_with_the_weights_of_its_best_epoch(eager):
    task = tiny.task()
    # Wrong labels in validation: the better it learns, the worse it looks there.
    wrong = dataclasses.replace(task.validation, labels=np.roll(task.validation.labels, 1))
    task = dataclasses.replace(task, validation=wrong)
    model = tiny.model()
    model.get_layer("predictions").kernel.assign(np.zeros((8, 3)))  # knows nothing: no worse than wrong
    run = fit(model, task, one_phase("all", rate=0.05), NONE, updates=9, batch_size=8, verbose=False)
    losses = [h["val_loss"] for h in run.history]
    best = int(np.argmin(losses))
    assert len(losses) == 3 and best < 2, "the last epoch was the best: this test shows nothing"
    assert run.phases[0]["best_epoch"] == best + 1
    assert run.val_accuracy == run.history[best]["val_accuracy"]
    assert run.scores["validation"]["loss"] == pytest.approx(min(losses), rel=1e-6)
    assert cross_entropies(run.model, task.validation).mean() == pytest.approx(min(losses), rel=1e-4)


@pytest.mark.backends
def test_balanced_class_weights_make_up_for_few_examples(eager):
    labels = np.array([0] * 16 + [1] * 5 + [2] * 3)
    train = dataclasses.replace(tiny.split(24), labels=labels, images=tiny.pictures(labels))
    task, model = tiny.task(), tiny.model()
    task = dataclasses.replace(task, train=train)
    each = cross_entropies(model, train)
    balanced = one_update(model, task, one_phase("head"), class_weight="balanced")
    assert balanced.history[0]["loss"] == pytest.approx(np.mean([each[labels == c].mean() for c in range(3)]), rel=1e-5)
    given = one_update(model, task, one_phase("head"), class_weight={0: 0, 1: 1.0, 2: 2.0})
    assert given.history[0]["loss"] == pytest.approx((each * np.array([0, 1, 2])[labels]).mean(), rel=1e-5)


def test_one_line_per_epoch_or_silence(capsys, eager):
    fit(tiny.model(channels=3), tiny.task(), one_phase("head"), updates=6, batch_size=8, verbose=False)
    assert capsys.readouterr().out == ""
    run = fit(tiny.model(channels=3), tiny.task(), one_phase("head"), updates=6, batch_size=8, seed=5)
    first, *lines = capsys.readouterr().out.strip().splitlines()
    assert first == "bands: images 12x12x1 -> 12x12x3 for the backbone"
    assert len(lines) == len(run.history) == 2
    for line, row in zip(lines, run.history, strict=True):
        assert line.startswith("mine seed 5  only") and f"val accuracy {row['val_accuracy']:.3f}" in line


def test_a_loss_that_explodes_says_what_to_do(eager):
    model = tiny.model()
    before = tiny.weights(model)
    with pytest.raises(FloatingPointError, match=r"in phase 'only' after 3 updates: the rate 0\.01 .*Try a tenth"):
        fit(model, tiny.task(), one_phase("all"), Regularization(l2=1e38), updates=6, batch_size=8, verbose=False)
    assert tiny.moved(before, tiny.weights(model)) == set()


def test_a_frozen_weight_that_moves_breaks_the_run(monkeypatch, eager):
    reseed = ftlib.training.phase.reseed_layers

    def meddle(model, key):
        reseed(model, key)
        kernel = next(w for w in model.weights if w.path.endswith("conv2/kernel"))
        kernel.assign(kernel + 1e-6)

    monkeypatch.setattr(ftlib.training.phase, "reseed_layers", meddle)
    with pytest.raises(ProofError, match=r"BROKEN\] frozen weights: .*conv2/kernel moved"):
        fit(tiny.model(), tiny.task(), one_phase(1), updates=3, batch_size=8, verbose=False)


def test_a_leak_between_splits_stops_the_run_before_it_starts(monkeypatch):
    monkeypatch.setattr(ftlib.training.fit, "run_phases", lambda context: pytest.fail("it trained"))
    task = tiny.task()
    leaky = dataclasses.replace(task, validation=task.train.take(range(6)))
    with pytest.raises(ProofError, match=r"no leak between splits: in two splits: train-0 \(train and validation\)"):
        fit(tiny.model(), leaky)


def test_a_run_can_be_read_again(example):
    _, run, _, folder = example
    loaded = load_run(folder)
    assert (loaded.history, loaded.phases, loaded.proofs) == (run.history, run.phases, run.proofs)
    assert (loaded.strategy, loaded.seed, loaded.class_names) == ("lp_ft", 3, ("top", "middle", "bottom"))
    with pytest.raises(ValueError, match="without its data.*task="):
        loaded.predictions()
    loaded = load_run(folder, task=tiny.task())
    np.testing.assert_array_equal(loaded.predictions(), run.predictions())
    assert loaded.val_accuracy == run.val_accuracy


def test_the_saved_model_opens_without_ftlib(example, tmp_path, monkeypatch):
    if importlib.util.find_spec("jax"):
        monkeypatch.setenv("KERAS_BACKEND", "numpy")  # quicker to import than TensorFlow; it uses a part of JAX
    _, run, _, folder = example
    np.save(tmp_path / "images.npy", run.task.test.images)
    code = (
        "import sys, keras, numpy as np; model = keras.models.load_model(sys.argv[1]); "
        "np.save(sys.argv[3], model.predict(np.load(sys.argv[2]), verbose=0)); assert 'ftlib' not in sys.modules"
    )
    paths = [str(folder / "model.keras"), str(tmp_path / "images.npy"), str(tmp_path / "said.npy")]
    done = subprocess.run(
        [sys.executable, "-c", code, *paths], cwd=tmp_path, env=os.environ, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    np.testing.assert_allclose(np.load(tmp_path / "said.npy"), run.predictions("test"), atol=1e-5)


def test_the_test_split_is_looked_at_once_and_on_the_record(tmp_path, monkeypatch, eager):
    looked, predict_batches = [], ftlib.objectives.evaluation.predict_batches
    counted = lambda model, inputs: looked.append(len(inputs)) or predict_batches(model, inputs)  # noqa: E731
    monkeypatch.setattr(ftlib.objectives.evaluation, "predict_batches", counted)
    run = fit(tiny.model(), tiny.task(), one_phase("head"), updates=3, batch_size=8, run_dir=tmp_path, verbose=False)
    record = lambda: json.loads((tmp_path / "run.json").read_text())["scores"]  # noqa: E731
    assert 12 not in looked and "test" not in record()
    first = run.test_accuracy
    assert (run.test_accuracy, run.test_macro_f1, run.confusion("test").trace() / 12) == (
        first,
        record()["test"]["macro_f1"],
        first,
    )
    assert looked.count(12) == 1 and record()["test"]["accuracy"] == first
    assert load_run(tmp_path).test_accuracy == first and looked.count(12) == 1
    assert run.confusion("test").sum(axis=1).tolist() == [4, 4, 4]


@pytest.mark.backends
def test_a_model_of_another_make_trains_with_its_head_named(eager):
    model = tiny.foreign_model()
    run = fit(model, tiny.task(), "lp_ft", updates=6, batch_size=8, head="pool", verbose=False)
    assert [p["stages"] for p in run.phases] == [["head"], ["stage1", "stage2", "stage3", "head"]]
    assert run.phases[0]["trainable"] == 27 and "no Dropout layer" in run.notes[0]
    moved = tiny.moved(tiny.weights(model), tiny.weights(run.model))
    assert moved == {f"{x}/{y}" for x in ("conv1", "conv2", "conv3", "scores") for y in ("kernel", "bias")}


@pytest.mark.slow
def test_a_vision_transformer_unfreezes_inside_its_encoder(eager, monkeypatch):
    models = pytest.importorskip("keras_hub").models
    keras.utils.set_random_seed(0)
    body = models.ViTBackbone(
        image_shape=(12, 12, 3), patch_size=4, num_layers=2, num_heads=2, hidden_dim=8, mlp_dim=16, dropout_rate=0.5
    )
    model, task = tiny.with_head(body), tiny.task(channels=3)
    names = [s.name for s in stages(model)]
    expected = cross_entropies(model, task.train).mean()
    assert one_update(model, task, one_phase("head")).history[0]["loss"] == pytest.approx(expected, rel=1e-4)

    # Blocks share a segment of the graph with those that train; while frozen, they do not drop either.
    off, parts = {}, ftlib.training.phase.split_into_segments

    def look(staged, trained_stages):
        for stage in staged.stages:
            inner = [x for layer in stage.layers for x in layer._flatten_layers()]
            drops = [x for x in inner if isinstance(x, keras.layers.Dropout) and x.rate]
            off[stage.name] = {not np.any(x(np.ones((1, 100), "float32"), training=True) != 1) for x in drops}
        return parts(staged, trained_stages)

    monkeypatch.setattr(ftlib.training.phase, "split_into_segments", look)
    run = fit(model, task, one_phase(1), NONE, updates=3, batch_size=8, verbose=False)
    assert [off[name] for name in names[-3:]] == [{True}, {False}, set()]
    trained = {w.path for s in stages(run.model) if s.name in names[-2:] for x in s.layers for w in x.weights}
    before, after = tiny.weights(model), tiny.weights(run.model)
    pairs = zip(before.values(), after.items(), strict=True)
    moved = {path for old, (path, new) in pairs if not np.array_equal(old, new)}
    assert moved and moved <= trained
    assert {p.split("/")[-2] for p in trained} - {p.split("/")[-2] for p in moved} <= {"key"}  # softmax ignores a bias
    # What was quiet while frozen drops again.
    drops = [x for x in run.model._flatten_layers() if isinstance(x, keras.layers.Dropout) and x.rate]
    assert len(drops) >= 3 and all(np.any(x(np.ones((1, 100), "float32"), training=True) != 1) for x in drops)
