"""What phases can do beyond training some stages: gradual unfreezing, rates per stage, LoRA, and closing steps."""

import dataclasses

import keras
import numpy as np
import pytest
import tiny

import ftlib.training.averaging
import ftlib.training.loop_rules
import ftlib.training.phase
from ftlib.models.inference import predict
from ftlib.objectives.scores import score_predictions
from ftlib.strategies.regularization import Regularization
from ftlib.strategies.strategy import Phase, Strategy, get_strategy
from ftlib.training.fit import fit
from ftlib.training.progress import Progress

NONE = Regularization()
BODY = {"conv1", "conv2", "conv3"}


@pytest.fixture(autouse=True, scope="module")
def short_epochs():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ftlib.training.loop_rules, "SHORTEST_EPOCH", 3)
        yield


def run(recipe, model=None, task=None, settings=NONE, **options):
    options = {"updates": 12, "batch_size": 8, "verbose": False, **options}
    return fit(model or tiny.model(), task or tiny.task(), recipe, settings, **options)


def moved(model, after):
    return {path.split("/")[0] for path in tiny.moved(tiny.weights(model), tiny.weights(after))}


class MovedLayers(Progress):
    """Writes down after each phase which layers have moved since the run began."""

    def __init__(self, model):
        self.model = model
        self.after_phases = []

    def run_started(self, run):
        self.run = run

    def phase_started(self, plan, cache_note):
        if plan.index > 0:
            self.after_phases.append(moved(self.model, self.run.model))

    def run_finished(self, run):
        self.after_phases.append(moved(self.model, run.model))


class Notes(Progress):
    def __init__(self):
        self.texts = []

    def note(self, text):
        self.texts.append(text)


def test_gradual_unfreezing_opens_one_stage_after_the_other(eager):
    model = tiny.model()
    progress = MovedLayers(model)
    done = run("gradual", model, updates=30, progress=progress)
    names = ["head", "stage3", "stage2", "stage1"]
    assert [set(p["stages"]) for p in done.phases] == [set(names[: i + 1]) for i in range(4)]
    assert [p["name"] for p in done.phases] == ["head", "last 1", "last 2", "all"]
    head = {"predictions"}
    assert progress.after_phases == [head, head | {"conv3"}, head | {"conv3", "conv2"}, head | BODY]
    counts = [p["trainable"] for p in done.phases]
    assert counts == sorted(set(counts)) and all(p.holds for p in done.proofs)
    assert sum("more trains" in p.name for p in done.proofs) == 3


def test_each_phase_stops_by_itself_and_hands_on_its_best_weights(eager):
    task = tiny.task()
    # Wrong labels in validation: the better it learns, the worse it looks there.
    wrong = dataclasses.replace(task.validation, labels=np.roll(task.validation.labels, 1))
    task, model = dataclasses.replace(task, validation=wrong), tiny.model()
    model.get_layer("predictions").kernel.assign(np.zeros((8, 3)))
    phases = (Phase("a", "head", share=0.5, rate=0.05, schedule="constant"), Phase("b", "gradual", 0.5, rate=0.05))
    done = run(Strategy("x", "pretrained", phases), model, task, Regularization(patience=1), updates=60)
    assert all(phase["stopped"] for phase in done.phases)
    for name in ("a", "last 2", "all"):
        losses = [epoch["val_loss"] for epoch in done.history if epoch["phase"] == name]
        assert len(losses) == int(np.argmin(losses)) + 2, name


@pytest.mark.backends
def test_a_phase_that_makes_nothing_better_ends_where_it_began(eager, tmp_path):
    task, model = tiny.task(), tiny.model(dropout=0.0)
    learnt = Phase("head", "head", share=0.5, rate=0.05, schedule="constant")
    harmful = Phase("all", "all", share=0.5, rate=3.0, schedule="constant")
    progress = Notes()
    both = Strategy("x", "pretrained", (learnt, harmful), keeps_better_start=True)
    done = run(both, model, task, updates=60, run_dir=tmp_path / "run", progress=progress)
    alone = run(Strategy("x", "pretrained", (dataclasses.replace(learnt, share=1.0),)), model, task, updates=30)

    assert [phase["best_epoch"] == 0 for phase in done.phases] == [False, True]
    assert done.val_accuracy == alone.val_accuracy and done.phases[1]["epochs"] > 0
    assert not tiny.moved(tiny.weights(alone.model), tiny.weights(done.model))
    assert (
        min(epoch["val_loss"] for epoch in done.history[done.phases[0]["epochs"] :])
        > alone.scores["validation"]["loss"]
    )
    assert any("no epoch was better on validation" in note for note in done.notes) and progress.texts
    assert "its start" in done.summary()
    worse = run(dataclasses.replace(both, keeps_better_start=False), model, task, updates=60)
    assert worse.phases[1]["best_epoch"] > 0 and worse.scores["validation"]["loss"] > done.scores["validation"]["loss"]


def test_a_loss_that_rises_while_more_is_right_does_not_bring_the_start_back(eager, monkeypatch):
    """What is sure of itself and mostly right may have a higher loss than what knows nothing."""
    scored = iter([{"accuracy": 0.3, "loss": 1.0}, {"accuracy": 0.9, "loss": 2.0}, {"accuracy": 0.9, "loss": 3.0}])
    monkeypatch.setattr(ftlib.training.phase, "score_model", lambda *args: {"macro_f1": 0.5, **next(scored)})
    done = run(dataclasses.replace(tiny.one_phase("all"), keeps_better_start=True), updates=6)
    assert done.phases[0]["best_epoch"] == 1 and done.val_accuracy == 0.9
    assert not any("no epoch was better" in note for note in done.notes)


@pytest.mark.backends
def test_a_decay_slows_each_stage_down(eager):
    """With Adam and one update, a weight moves by its rate."""
    model = tiny.model(dropout=0.0)
    done = run(tiny.one_phase("all", decay=0.1), model, updates=1, batch_size=24)
    steps = {
        name: np.abs(tiny.weights(done.model)[path] - tiny.weights(model)[path]).max()
        for path in tiny.weights(model)
        for name in [path.split("/")[-2]]
        if path.endswith("kernel")
    }
    wanted = {"conv1": 1e-5, "conv2": 1e-4, "conv3": 1e-3, "predictions": 1e-2}
    assert steps == pytest.approx(wanted, rel=0.05)
    assert done.phases[0]["rates"] == pytest.approx({"stage1": 1e-5, "stage2": 1e-4, "stage3": 1e-3, "head": 1e-2})
    assert [row["rate"] for row in done.stage_rows()] == pytest.approx([1e-5, 1e-4, 1e-3, 1e-2])


@pytest.mark.parametrize("schedule", ["cosine", "one_cycle"])
def test_schedules_rise_and_fall_as_they_say(schedule):
    rates = [h["rate"] for h in run(tiny.one_phase(1, schedule=schedule, rate=0.01), updates=60).history]
    top = int(np.argmax(rates))
    assert rates[top] == pytest.approx(0.01, rel=0.1) and rates[-1] < 1e-4
    assert 3 * (top + 1) == pytest.approx(60 * (0.1 if schedule == "cosine" else 0.3), abs=3)
    assert rates[:top] == sorted(rates[:top]) and rates[top:] == sorted(rates[top:], reverse=True)


@pytest.fixture(scope="module")
def transformer():
    models = pytest.importorskip("keras_hub").models
    keras.utils.set_random_seed(0)
    body = models.ViTBackbone(
        image_shape=(12, 12, 3), patch_size=4, num_layers=2, num_heads=2, hidden_dim=8, mlp_dim=16
    )
    return tiny.with_head(body)


@pytest.mark.slow
def test_lora_trains_additions_and_leaves_a_plain_model(transformer, eager):
    task = tiny.task(channels=3)
    done = run(tiny.one_phase("lora", rank=2), transformer, task)
    targets = ("query", "value")
    before, after = tiny.weights(transformer), tiny.weights(done.model)
    paths = tiny.moved(before, dict(zip(before, after.values(), strict=True)))
    assert {p.split("/")[0] for p in paths} == {*targets, "predictions"} and "query/bias" not in paths
    additions = 2 * 2 * (8 * 2 * 2 + 2 * 4)  # two layers, two kernels of 8 x 2 heads x 4; rank 2
    assert done.phases[0]["trainable"] == additions + 8 * 3 + 3
    assert all(p.holds for p in done.proofs) and any("frozen weights" in p.name for p in done.proofs)
    # Nothing of LoRA is left in the model, and it gives what was trained.
    assert not any(getattr(x, "lora_enabled", False) for x in done.model._flatten_layers())
    assert len(done.model.weights) == len(transformer.weights)
    scores = score_predictions(predict(done.model, done.task.validation.images), task.validation.labels)
    assert scores["loss"] == pytest.approx(done.scores["validation"]["loss"], rel=1e-4)
    assert not any(getattr(x, "lora_enabled", False) for x in transformer._flatten_layers())
    paths = [p for p in before if p.endswith("query/kernel")]
    old, new = (m[paths[0]] for m in (before, dict(zip(before, after.values(), strict=True))))
    assert 1 <= np.linalg.matrix_rank((new - old).reshape(16, 4), tol=1e-5) <= 2


def test_lora_is_refused_where_it_would_train_nothing():
    before = tiny.model()
    with pytest.raises(ValueError, match="query and value kernels of a transformer, and this backbone has none"):
        run("lora", before)


@pytest.mark.slow
def test_after_lora_a_phase_can_go_on(transformer, eager):
    recipe = Strategy("x", "pretrained", (Phase("lora", "lora", 0.5, rate=1e-2), Phase("all", "all", 0.5, rate=1e-3)))
    done = run(recipe, transformer, tiny.task(channels=3))
    few, all_of_it = (p["trainable"] for p in done.phases)
    assert few < all_of_it and all(p.holds for p in done.proofs)


def test_interpolation_is_the_best_point_of_the_line(eager):
    model = tiny.model()
    two = (Phase("head", "head", 0.5, rate=1e-2, views=1), Phase("all", "all", 0.5, rate=0.05))
    plain = run(Strategy("x", "pretrained", two), model, seed=1)
    done = run(Strategy("x", "pretrained", two, closing=("interpolate",)), model, seed=1)
    (step,) = done.closing
    assert len(step["val_loss"]) == 11 and step["scores"]["loss"] == min(step["val_loss"])
    assert step["alpha"] == step["alphas"][int(np.argmin(step["val_loss"]))]
    assert step["val_loss"][-1] == pytest.approx(plain.scores["validation"]["loss"], rel=1e-6)  # the tuned end
    # The other end is the pre-trained backbone under the head of the head phase.
    head_loss = min(h["val_loss"] for h in plain.history if h["phase"] == "head")
    assert step["val_loss"][0] == pytest.approx(head_loss, rel=1e-4)
    start, end, found = (tiny.weights(m) for m in (model, plain.model, done.model))
    for path in (p for p in start if p.endswith(("conv1/kernel", "conv3/kernel"))):
        expected = (1 - step["alpha"]) * start[path] + step["alpha"] * end[path]
        np.testing.assert_allclose(found[path], expected, atol=1e-6)
    assert done.val_accuracy == step["scores"]["accuracy"] and "interpolate: alpha" in done.summary()


def test_without_a_head_phase_the_tuned_head_stays(eager):
    model = tiny.model()
    done = run(tiny.one_phase("all", closing=("interpolate",), rate=0.05), model)
    plain = run(tiny.one_phase("all", rate=0.05), model)
    head = [tiny.weights(m)["predictions/kernel"] for m in (done.model, plain.model)]
    np.testing.assert_array_equal(*head)


def test_a_soup_takes_in_what_helps_and_nothing_else(eager):
    model = tiny.model()
    plain = run(tiny.one_phase("all", rate=0.05), model, updates=24)
    done = run(tiny.one_phase("all", rate=0.05, closing=("soup",)), model, updates=24)
    (step,) = done.closing
    assert plain.phases[0]["best_epoch"] in step["epochs"]
    assert 1 <= len(step["epochs"]) <= ftlib.training.averaging.SOUP_SIZE
    assert step["scores"]["loss"] <= plain.scores["validation"]["loss"]
    scores = score_predictions(predict(done.model, done.task.validation.images), done.task.validation.labels)
    assert scores == step["scores"] == done.scores["validation"]


@pytest.mark.parametrize(
    ("build", "says"),
    [
        (lambda: Phase("x", "lore"), "Did you mean 'lora'"),
        (lambda: Phase("x", "all", decay=0), "above 0 and at most 1"),
        (lambda: Phase("x", "all", views=0), "versions of an image, at least 1, or is None"),
        (lambda: Phase("x", "lora", rank=0), "at least 1. Received: rank=0"),
        (lambda: Phase("x", "all", schedule="one_cycl"), "Did you mean 'one_cycle'"),
        (lambda: tiny.one_phase("all", closing=("soups",)), "Did you mean 'soup'"),
        (lambda: tiny.one_phase("all", closing="soup"), "`closing` is a tuple"),
        (lambda: tiny.one_phase("lora", closing=("soup",)), "not the mean of the models"),
        (lambda: dataclasses.replace(get_strategy("scratch"), closing=("interpolate",)), "no pre-trained weights"),
    ],
)
def test_bad_phases_are_named(build, says):
    with pytest.raises(ValueError, match=says):
        build()
