"""What holds for every objective: a new one needs `tiny_NAME.py` with `task()` and `backbone()`, and a line here."""

import importlib
import json
import os
import subprocess
import sys

import keras
import numpy as np
import pytest

import ftlib as ft
from ftlib.evidence.run import Run
from ftlib.models.inference import predict
from ftlib.objectives.objective import Objective
from ftlib.training.activation_cache import ActivationCache
from ftlib.training.compare import compare
from ftlib.training.fit import fit
from ftlib.training.progress import Progress
from ftlib.training.rate_finder import find_lr

NAMES = [
    "classification",
    "multi_label",
    "regression",
    "next_token",
    "masked_token",
    "span",
    "detection",
    "denoising",
    "text_classification",
    "sound_classification",
]
EVERY = pytest.mark.parametrize("name", NAMES)
# JAX compiles the small U-Nets for minutes; `test_denoising.py` tries them there in its own way.
ON_EVERY_BACKEND = pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name == "denoising" else pytest.mark.backends) for name in NAMES]
)
PLAIN = ft.Regularization()
# A head, then its neighbour with rates by stage, then all: what is frozen, cached, unfrozen and decayed in one run.
STEPS = ft.Strategy(
    "steps",
    "pretrained",
    (
        ft.Phase("head", "head", share=0.4, rate=1e-3, views=1),
        ft.Phase("top", 1, share=0.3, rate=1e-3, decay=0.5),
        ft.Phase("all", "all", share=0.3, rate=1e-3, decay=0.5),
    ),
)
OPTIONS = dict(regularization=PLAIN, updates=10, batch_size=8, seed=3, verbose=False)


def made(name):
    """Returns the tiny task of an objective, and a model for it."""
    module = importlib.import_module(f"objectives.tiny_{name}")
    keras.utils.set_random_seed(11)
    task = module.task()
    return task, ft.with_head(module.backbone(), task)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """Returns a function that gives the run of an objective, trained once and saved."""
    runs = {}

    def run_of(name):
        if name not in runs:
            task, model = made(name)
            folder = tmp_path_factory.mktemp(name) / "run"
            runs[name] = task, fit(model, task, STEPS, run_dir=folder, **OPTIONS), folder
        return runs[name]

    return run_of


def test_every_objective_is_here():
    def all_kinds(kind):
        return {kind, *(inner for one in kind.__subclasses__() for inner in all_kinds(one))}

    for names in ft._PUBLIC.items():
        if names[0].startswith("objectives."):
            importlib.import_module(f"ftlib.{names[0]}")
    tested = {type(made(name)[0].objective) for name in NAMES}
    named = {kind for kind in all_kinds(Objective) if "name" in vars(kind)}  # a base of several has no name
    assert tested == {kind for kind in named if kind.__module__.startswith("ftlib.")}


@ON_EVERY_BACKEND
def test_what_is_frozen_stays_and_what_trains_moves(name, eager):
    """The proofs of the run say so; here the weights themselves are looked at."""
    task, model = made(name)
    before = [np.array(keras.ops.convert_to_numpy(weight)) for weight in model.weights]
    # The first phase of STEPS as it is there: JAX has it compiled already.
    run = fit(model, task, ft.Strategy("head", "pretrained", STEPS.phases[:1]), **OPTIONS)
    head = {id(weight) for layer in ft.stages(run.model)[-1].layers for weight in layer.weights}
    for weight, start, own in zip(run.model.weights, before, model.weights, strict=True):
        stayed = np.array_equal(keras.ops.convert_to_numpy(weight), start)
        assert stayed or id(weight) in head, weight.path
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(own), start)
    assert run.proofs and all(proof.holds for proof in run.proofs)


@EVERY
def test_strategies_that_do_more_than_these_steps_run(name, eager):
    """From random weights, from some of them, and stage by stage; the others are made of what STEPS does."""
    task, model = made(name)
    stage_names = [stage.name for stage in ft.stages(model)]
    for strategy in ("scratch", "hybrid", "gradual"):
        phases = ft.strategy(strategy).unrolled(stage_names).phases
        run = fit(model, task, strategy, **{**OPTIONS, "updates": 2 * len(phases)})
        assert np.isfinite(run.history[-1].val_loss) and np.isfinite(run.val_score), strategy
        assert run.proofs and all(proof.holds for proof in run.proofs), strategy


@EVERY
def test_low_rank_additions_train_where_there_is_attention_and_are_refused_elsewhere(name, eager):
    task, model = made(name)
    layers = model.get_layer("backbone").layers
    attention = [layer for layer in layers if isinstance(layer, keras.layers.MultiHeadAttention)]
    if attention:
        run = fit(model, task, "lora", **{**OPTIONS, "updates": 3})
        assert run.phases[-1].trainable > 0 and run.proofs and all(proof.holds for proof in run.proofs)
    else:
        with pytest.raises(ValueError, match="attention"):
            fit(model, task, "lora", **OPTIONS)


class Stop(Progress):
    """Stops a run as a signal would, after some epochs."""

    def __init__(self, epochs):
        self.left = epochs

    def epoch_finished(self, record, is_best):
        self.left -= 1
        if not self.left:
            raise KeyboardInterrupt


@ON_EVERY_BACKEND
def test_a_run_that_was_stopped_ends_bit_equal(name, finished, tmp_path):
    _, whole, _ = finished(name)
    assert whole.proofs and all(proof.holds for proof in whole.proofs)
    task, model = made(name)
    for epochs in (1, 1):  # stopped twice, at the first epoch of two phases
        with pytest.raises(KeyboardInterrupt):
            fit(model, task, STEPS, run_dir=tmp_path / "run", progress=Stop(epochs), **OPTIONS)
    run = fit(model, task, STEPS, run_dir=tmp_path / "run", **OPTIONS)
    for weight, expected in zip(run.model.get_weights(), whole.model.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, expected)
    assert [dict(record) for record in run.history] == [dict(record) for record in whole.history]


@EVERY
def test_what_is_computed_once_changes_nothing(name, monkeypatch, eager):
    task, model = made(name)
    runs = []
    for location in ("memory", ""):
        with monkeypatch.context() as patch:
            forced = lambda self, images, uses, where=location: where if self.shape else ""  # noqa: E731
            patch.setattr(ActivationCache, "choose_location", forced)
            runs.append(fit(model, task, STEPS, **{**OPTIONS, "updates": 5}))
    cached, plain = runs
    assert bool(cached.phases[0].cache) is not task.objective.draws_inputs and not plain.phases[0].cache
    for one, other in zip(cached.model.get_weights(), plain.model.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=2e-5)


@EVERY
def test_scores_are_in_their_order_within_their_bounds_and_can_be_read_again(name, finished, tmp_path):
    task, run, folder = finished(name)
    scores = task.objective.scores
    assert list(run.score("test")) == [score.name for score in scores] and scores[-1].name == "loss"
    for score in scores:
        low, high = score.bounds
        assert low <= run.score("test")[score.name] <= high, score
    baseline = run.baseline("test")
    assert baseline and set(baseline) <= {score.name for score in scores}
    assert run.headline.label in run.plot().axes[-1].get_ylabel().lower() or run.headline.label in repr(run)
    assert run.headline.label in repr(run)
    report = ft.write_report(run, tmp_path / "report.html").read_text(encoding="utf-8")
    assert run.headline.label.lower() in report.lower() and "What was done, and what holds" in report

    alone, again = ft.load_run(folder), ft.load_run(folder, task)
    assert isinstance(alone, Run) and repr(alone) == repr(run)
    assert again.score("validation") == run.score("validation")
    np.testing.assert_allclose(again.predictions("test"), run.predictions("test"), atol=1e-6)


def test_saved_models_answer_in_a_process_without_ftlib(finished, tmp_path):
    """One process for all: it must not find ftlib, and loads each model in Keras's safe mode."""
    script = (
        "import sys, json; sys.modules['ftlib'] = None\n"
        "import keras, numpy as np\n"
        "for folder, inputs, outputs in json.load(open(sys.argv[1])):\n"
        "    model = keras.models.load_model(folder + '/model.keras', compile=False, safe_mode=True)\n"
        "    np.save(outputs, model.predict(np.load(inputs), verbose=0))\n"
    )
    wanted, expected = [], {}
    for name in NAMES:
        task, run, folder = finished(name)
        split = task.objective.for_evaluation(run.split("test"))
        inputs = np.asarray(split.inputs[:3])
        np.save(tmp_path / f"{name}_in.npy", inputs if task.kind == "text" else inputs.astype("float32"))
        wanted.append([str(folder), str(tmp_path / f"{name}_in.npy"), str(tmp_path / f"{name}_out.npy")])
        expected[name] = predict(run.model, inputs)
    (tmp_path / "wanted.json").write_text(json.dumps(wanted))
    command = [sys.executable, "-c", script, str(tmp_path / "wanted.json")]
    done = subprocess.run(command, cwd=tmp_path, env=os.environ, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for name in NAMES:
        np.testing.assert_allclose(np.load(tmp_path / f"{name}_out.npy"), expected[name], rtol=1e-4, atol=1e-5)


@EVERY
def test_a_rate_is_found(name, eager):
    task, model = made(name)
    for layer in ft.stages(model)[-1].layers:  # a head of zeros would be trained first
        for weight in layer.weights:
            weight.assign(np.random.default_rng(1).normal(0, 0.1, weight.shape))
    found = find_lr(model, task, regularization=PLAIN, updates=10, batch_size=8)
    assert 0 < found.suggestion < 1


@EVERY
def test_strategies_are_compared_by_the_headline(name, eager, monkeypatch):
    task, model = made(name)
    backbone = model.get_layer("backbone")
    result = compare(
        backbone, lambda labels, seed: task, ["full"], labels_per_class=(None,), seeds=1, updates=2,
        rate_factors=(1.0, 0.1), regularization=PLAIN, verbose=False,
    )  # fmt: skip
    (row,) = result.table()
    headline = task.objective.headline
    assert row["test_mean"] == result.rows[0][f"test_{headline.name}"] and headline.label in repr(result)
    assert headline.label in result.plot().axes[0].get_ylabel()


@EVERY
def test_what_was_forgotten_is_measured_by_the_headline(name, finished):
    task, run, _ = finished(name)
    result = ft.forgetting(run, task)
    assert result.score == task.objective.headline and np.isfinite(result.before) and np.isfinite(result.after)
    assert result.score.label in repr(result)


@EVERY
@pytest.mark.parametrize("part", ["class weights", "model", "regularization", "targets"])
def test_nonsense_is_refused_in_a_sentence_before_any_work(name, part, monkeypatch):
    began = lambda context: pytest.fail("it began to train")  # noqa: E731
    monkeypatch.setattr(sys.modules["ftlib.training.fit"], "run_phases", began)
    task, model = made(name)
    if part == "class weights" and not task.objective.takes_class_weights:
        with pytest.raises(ValueError, match="class_weight"):
            fit(model, task, class_weight="balanced", **OPTIONS)
    elif part == "model":
        backbone = model.get_layer("backbone")
        outputs = keras.layers.Dense(7, name="seven")(keras.layers.Flatten()(backbone.output))
        with pytest.raises(ValueError, match="Received"):
            fit(keras.Model(backbone.input, outputs), task, head="seven", **OPTIONS)
    elif part == "regularization" and name != "classification":
        refused = []
        for change in ({"mixup": 0.2}, {"cutmix": 0.2}, {"label_smoothing": 0.1}, {"augmentation": "light"}):
            try:
                task.objective.check_regularization(ft.Regularization(**change))
            except ValueError as error:
                refused.append(str(error))
        assert all("does not fit" in text and "Leave it out" in text for text in refused)
    elif part == "targets":
        with pytest.raises((TypeError, ValueError)):
            task.objective.check_targets(np.array(["a", "b"]), "train", task.class_names)


def test_strategies_know_the_stages_of_every_backbone():
    for name in NAMES:
        _, model = made(name)
        assert len(ft.stages(model)) >= 4, name  # three and a head
