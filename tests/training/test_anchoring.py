"""What holds a backbone near its start: the weights stay nearer, the source task is kept, and resume is exact."""

import dataclasses

import keras
import numpy as np
import pytest
import tiny

import ftlib.training.loop_rules
import ftlib.training.phase
from ftlib.evidence.probes import backbone_of, source_head
from ftlib.models.freezing import set_trainable
from ftlib.models.staged_model import StagedModel
from ftlib.strategies.anchors import EWC, L2SP, Replay
from ftlib.strategies.regularization import Regularization
from ftlib.strategies.strategy import Phase, Strategy, get_strategy
from ftlib.training.anchoring import PreparedAnchor, fisher_information
from ftlib.training.checkpoints import CheckpointStore
from ftlib.training.compare import compare
from ftlib.training.fit import fit

ALL = Strategy("all", "pretrained", (Phase("all", "all", rate=1e-2),))


def run(anchor=None, strategy=ALL, updates=40, **options):
    regularization = Regularization(anchor=anchor)
    model = tiny.model(dropout=0.0)
    return fit(model, tiny.task(), strategy, regularization, seed=1, updates=updates, verbose=False, **options)


def backbone_before(run):
    return backbone_of(StagedModel(run.start))


def backbone_after(run):
    return backbone_of(StagedModel(run.model))


def distance(run):
    """How far the backbone's weights are from where they started."""
    pairs = zip(backbone_before(run).get_weights(), backbone_after(run).get_weights(), strict=True)
    return float(np.sqrt(sum(np.square(before - after).sum() for before, after in pairs)))


def source_accuracy(run, task):
    """Accuracy on the source task under the head that read it before."""
    head = source_head(backbone_before(run), task).model
    features = backbone_after(run)(np.asarray(task.validation.images, "float32"), training=False)
    predictions = keras.ops.convert_to_numpy(head(features, training=False))
    return float((predictions.argmax(1) == task.validation.labels).mean())


def test_the_stronger_the_pull_the_nearer_the_weights_stay():
    far = [
        distance(run(anchor, updates=20))
        for anchor in (None, L2SP(1.0), L2SP(1e3), EWC(tiny.source_task(), 1e3, examples=6))
    ]
    assert far[0] > 1.05 * far[1] > 1.1 * far[2] > 0 and far[0] > 1.05 * far[3], far


def term_of(anchor, trained_stages=("stage1", "stage2", "stage3", "head")):
    """Returns a model, its anchor at the start of a run, and the term while these stages train."""
    model = tiny.model(dropout=0.0)
    staged = StagedModel(model)
    prepared = PreparedAnchor(anchor, staged, ["stage1", "stage2", "stage3"])
    set_trainable(staged, trained_stages)
    return model, prepared, prepared.term_for([w for w in staged.weights_of(trained_stages) if w.trainable])


@pytest.mark.backends
@pytest.mark.parametrize("anchor", [L2SP(0.3), EWC(tiny.source_task(), 0.3, examples=6)])
def test_the_term_is_the_weighted_sum_of_squared_distances(anchor, eager):
    model, prepared, term = term_of(anchor)
    assert float(term.loss(None)) == 0
    pulled = [w for w in backbone_of(StagedModel(model)).weights if w.trainable]
    for i, weight in enumerate(pulled):
        weight.assign_add(np.full(weight.shape, 0.01 * (i + 1), "float32"))
    importance = [prepared.held_weights[id(w)].importance for w in pulled]
    wanted = sum(
        (0.01 * (i + 1)) ** 2 * (np.prod(tuple(w.shape)) if f is None else f.sum())
        for i, (w, f) in enumerate(zip(pulled, importance, strict=True))
    )
    assert float(term.loss(None)) == pytest.approx(0.15 * float(wanted), rel=1e-3)


def test_only_pretrained_weights_that_train_are_held():
    _, _, term = term_of(L2SP(), ("stage3", "head"))
    assert {"/".join(w.path.split("/")[-2:]) for w, *_ in term.held_weights} == {"conv3/kernel", "conv3/bias"}
    assert term_of(L2SP(), ("head",))[2] is None
    assert term_of(Replay(tiny.source_task()), ("head",))[2] is None


@pytest.mark.backends
def test_the_importance_is_the_mean_square_of_single_gradients(eager):
    model, task = tiny.model(dropout=0.0), tiny.source_task()
    body = backbone_of(StagedModel(model))
    head = source_head(body, task).model
    weights = [w for w in body.weights if "conv" in w.path]
    found = fisher_information(body, head, task.train, weights, 8, seed=3)
    assert sum(f.sum() for f in found) / sum(f.size for f in found) == pytest.approx(1.0)
    # The same by finite differences, one example at a time, for a few entries of one kernel.
    rng = np.random.default_rng([5, 3])
    at = np.sort(rng.permutation(len(task.train))[:8])
    images = np.asarray(task.train.images[at], "float32")

    def said():
        return np.asarray(keras.ops.convert_to_numpy(head(body(images, training=False), training=False)), "float64")

    drawn = (said().cumsum(1) < rng.random((8, 1))).sum(1)
    kernel, mine = next((w, f) for w, f in zip(weights, found, strict=True) if "conv3/kernel" in w.path)
    value, squares = np.array(keras.ops.convert_to_numpy(kernel)), []
    places = [np.unravel_index(i, value.shape) for i in np.argsort(mine.ravel())[-3:]]
    for place in places:
        losses = []
        for step in (1e-2, -1e-2):
            moved = value.copy()
            moved[place] += step
            kernel.assign(moved)
            losses.append(-np.log(said()[np.arange(8), drawn]))
        kernel.assign(value)
        squares.append(np.mean(((losses[0] - losses[1]) / 2e-2) ** 2))
    ratios = np.array(squares) / [mine[place] for place in places]
    assert ratios.std() < 0.05 * ratios.mean(), ratios  # all entries are divided by the same mean


def test_the_backbone_is_as_it_was_after_the_importance_is_measured():
    model = tiny.model()
    before, flags = tiny.weights(model), [w.trainable for w in model.weights]
    PreparedAnchor(EWC(tiny.source_task(), examples=4), StagedModel(model), ["stage1", "stage2", "stage3"])
    assert tiny.moved(before, tiny.weights(model)) == set() and flags == [w.trainable for w in model.weights]


@pytest.mark.backends
def test_replay_keeps_the_source_task():
    task = tiny.source_task()
    alone, replayed = run(updates=100), run(Replay(task, 3.0, batch_size=12), updates=100)
    before, after = source_accuracy(alone, task), source_accuracy(replayed, task)
    assert after > before + 0.1, (before, after)
    assert "linear probe" in " ".join(replayed.notes)


def test_what_was_trained_with_an_anchor_is_saved_without_it(tmp_path, eager):
    done = run(EWC(tiny.source_task(), examples=4), updates=3)
    done.save(tmp_path)
    again = keras.models.load_model(tmp_path / "model.keras")
    assert tiny.moved(tiny.weights(done.model), tiny.weights(again)) == set()


class Killed(BaseException):
    pass


@pytest.mark.parametrize(
    "anchor", [EWC(tiny.source_task(), examples=6), Replay(tiny.source_task())], ids=lambda a: repr(a)[:6]
)
def test_a_killed_run_ends_bit_equal(anchor, tmp_path, monkeypatch, eager):
    monkeypatch.setattr(ftlib.training.loop_rules, "SHORTEST_EPOCH", 3)
    strategy = Strategy("two", "pretrained", (Phase("head", "head", share=0.3), Phase("all", "all", share=0.7)))
    whole, write = run(anchor, strategy, updates=9), CheckpointStore.write

    def killed(self, record, arrays):
        write(self, record, arrays)
        if record["phase"] == 1:
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(CheckpointStore, "write", killed)
        with pytest.raises(Killed):
            run(anchor, strategy, updates=9, run_dir=tmp_path)
    again = run(anchor, strategy, updates=9, run_dir=tmp_path)
    assert again.history == whole.history
    assert tiny.moved(tiny.weights(whole.model), tiny.weights(again.model)) == set()


def test_another_source_or_strength_is_another_run(tmp_path, eager):
    run(EWC(tiny.source_task(), examples=4), updates=2, run_dir=tmp_path)
    with pytest.raises(ValueError, match="another regularization"):
        run(EWC(tiny.source_task(), 2.0, examples=4), updates=2, run_dir=tmp_path)
    other = tiny.source_task()
    other = dataclasses.replace(other, train=other.train.take(np.arange(20)))
    relabelled = dataclasses.replace(tiny.source_task(), class_names=("a", "b", "c"))
    for changed in (other, relabelled):
        with pytest.raises(ValueError, match="another anchor"):
            run(EWC(changed, examples=4), updates=2, run_dir=tmp_path)


def test_it_works_where_the_frozen_stages_are_computed_once(everything_pays):
    """The trainer gets what the frozen stages gave; the source images still go through all of them."""
    strategy, source = Strategy("top", "pretrained", (Phase("top", 1, rate=1e-2, views=1),)), tiny.source_task()
    free = run(None, strategy, updates=20)
    held = run(EWC(source, 100.0, examples=6), strategy, updates=20)
    replayed = run(Replay(source, batch_size=12), strategy, updates=20)
    assert all(one.phases[0]["cache"] for one in (free, held, replayed))
    assert held.history != free.history and replayed.history != free.history
    for one in (held, replayed):
        assert distance(one) < distance(free) or source_accuracy(one, source) >= source_accuracy(free, source), one


def test_it_holds_a_foreign_model_whose_head_is_named(eager):
    for anchor in (L2SP(1e3), EWC(tiny.source_task(), 1e3, examples=4), Replay(tiny.source_task(), batch_size=6)):
        settings = Regularization(anchor=anchor)
        done = fit(tiny.foreign_model(), tiny.task(), ALL, settings, updates=2, head="pool", verbose=False)
        assert done.settings["regularization"] == repr(settings)


@pytest.mark.parametrize(
    "strategy, message",
    [
        (get_strategy("scratch"), "draws every stage"),
        (dataclasses.replace(get_strategy("hybrid"), keep=0), "draws every stage"),
        (get_strategy("feature_extraction"), "trains no stage that is pre-trained"),
    ],
)
def test_an_anchor_with_nothing_to_hold_is_refused_before_any_work(strategy, message):
    with pytest.raises(ValueError, match=message):
        run(L2SP(), strategy)
    with pytest.raises(ValueError, match=message):  # also in a comparison, whose first strategy would do
        compare(tiny.backbone(), "digits", ["full", strategy], (3,), 1, Regularization(anchor=L2SP()), updates=20)


def test_what_reads_the_source_needs_the_whole_backbone_and_its_pixels():
    with pytest.raises(ValueError, match="reads the source task through the whole backbone"):
        run(Replay(tiny.source_task()), get_strategy("hybrid"))
    with pytest.raises(ValueError, match="name its first layer"):
        fit(tiny.foreign_model(), tiny.task(), ALL, Regularization(anchor=L2SP()), updates=4, verbose=False)
    task = tiny.source_task()
    dark = dataclasses.replace(task.train, images=task.train.images.astype("float32") / 255)
    with pytest.raises(ValueError, match="source images have pixels from 0 to 255"):
        run(EWC(dataclasses.replace(task, train=dark)))


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: L2SP(0), "strength=0"),
        (lambda: L2SP(True), "strength=True"),
        (lambda: EWC("glyphs"), "`source` is a Task"),
        (lambda: EWC(tiny.source_task(), examples=0), "examples=0"),
        (lambda: Replay(tiny.source_task(), batch_size=0.5), "batch_size=0.5"),
        (lambda: Regularization(anchor=0.01), "`anchor` is ft.L2SP"),
    ],
)
def test_bad_settings_are_named(make, message):
    with pytest.raises((ValueError, TypeError), match=message):
        make()


def test_a_run_says_what_held_it(eager):
    anchor = EWC(tiny.source_task(), 2.0, examples=4)
    assert repr(Regularization(anchor=anchor)) == "Regularization(anchor=EWC('bands before', strength=2.0, examples=4))"
    assert "EWC('bands before'" in run(anchor, updates=2).settings["regularization"]
