"""A run that was killed goes on where it was, and ends as if nothing had happened."""

import dataclasses
import os
import signal
import subprocess
import sys
import time

import keras
import numpy as np
import pytest
import tiny

import ftlib.training.checkpoints
import ftlib.training.loop_rules
import ftlib.training.phase
from ftlib.evidence.run import load_run
from ftlib.strategies.regularization import Regularization
from ftlib.strategies.strategy import Phase, Strategy, get_strategy
from ftlib.training.devices import Hardware
from ftlib.training.fit import fit

FULL = Regularization(dropout=0.3, weight_decay=1e-2, augmentation="light", mixup=0.3, patience=3)
STAGED = Strategy(
    "staged",
    "pretrained",
    (Phase("head", "head", share=0.3, rate=1e-2, views=2), Phase("rest", "gradual", share=0.7, rate=1e-2, decay=0.5)),
    closing=("soup", "interpolate"),
)


class Killed(BaseException):
    """Stands for SIGKILL: nothing in between catches it."""


@pytest.fixture(autouse=True, scope="module")
def short_epochs():
    """Epochs of two updates, which TensorFlow runs without compiling."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ftlib.training.loop_rules, "SHORTEST_EPOCH", 2)
        run_eagerly(True)
        yield
        run_eagerly(False)


def run_eagerly(yes):
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        tf.config.run_functions_eagerly(yes)


def train(folder=None, recipe=STAGED, model=None, task=None, **changes):
    options = {"seed": 2, "updates": 14, "batch_size": 12, "regularization": FULL, "verbose": False, **changes}
    return fit(model or tiny.model(dropout=0.3), task or tiny.task(), recipe, run_dir=folder, **options)


def kill_after(epochs, monkeypatch, folder, *args, **changes):
    """Trains into a folder until the checkpoint after so many epochs is written."""
    write, count = ftlib.training.checkpoints.CheckpointStore.write, []

    def killed(self, *given):
        write(self, *given)
        count.append(1)
        if len(count) == epochs:
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(ftlib.training.checkpoints.CheckpointStore, "write", killed)
        with pytest.raises(Killed):
            train(folder, *args, **changes)


def same(run, other):
    """Asserts that two runs ended in the same way, bit for bit."""
    weights, others = tiny.weights(run.model), tiny.weights(other.model)
    assert tiny.moved(dict(zip(weights, others.values(), strict=True)), weights) == set()
    for name in ("history", "phases", "proofs", "notes", "scores", "closing"):
        assert getattr(run, name) == getattr(other, name), name


@pytest.fixture(scope="module")
def whole():
    """The run that nothing stopped."""
    return train()


@pytest.fixture(scope="module")
def whole_lp_ft():
    """Nine updates of another strategy that nothing stopped."""
    return train(recipe="lp_ft", updates=9)


@pytest.mark.parametrize("epoch", [1, pytest.param(7, marks=pytest.mark.backends)])
def test_killed_after_any_epoch_it_ends_bit_equal(whole, epoch, tmp_path, monkeypatch):
    """The head has 2 epochs, and so has each of the three phases after it; a soup is made of the last phase."""
    assert len(whole.history) == 8 and len(whole.phases) == 4
    kill_after(epoch, monkeypatch, tmp_path)
    with pytest.raises(FileNotFoundError, match="No finished run in .*call ft.fit again"):
        load_run(tmp_path)
    assert not (tmp_path / "run.json").exists()
    again = train(tmp_path)
    same(again, whole)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["model.keras", "run.json"]


@pytest.mark.parametrize("moment", ["batch", "part", "between", "model", "record"])
def test_killed_while_it_writes_or_trains_it_ends_bit_equal(whole, moment, tmp_path, monkeypatch):
    """While a checkpoint is half written, between the two renames, and while the finished run is saved."""
    replace, state = os.replace, {"count": 0}

    def interrupted(source, target):
        name = os.path.basename(target)
        state["count"] += name == "checkpoint.npz"
        if moment == "part" and name == "checkpoint.npz" and state["count"] == 3:
            with open(source, "r+b") as file:
                file.truncate(1000)
            raise Killed
        if (moment, name) in (("model", "model.keras"), ("record", "run.json")):
            raise Killed
        replace(source, target)
        if moment == "between" and name == "checkpoint-before.npz" and state["count"] == 3:
            raise Killed

    engine = type(Hardware().make_executor())
    step = engine.step

    def stumbles(self, *given):
        state["batches"] = state.get("batches", 0) + 1
        if state["batches"] == 9:
            raise Killed
        return step(self, *given)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", interrupted)
        if moment == "batch":
            patch.setattr(engine, "step", stumbles)
        with pytest.raises(Killed):
            train(tmp_path)
    same(train(tmp_path), whole)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["model.keras", "run.json"]


@pytest.mark.parametrize("name", ["scratch", "hybrid", "feature_extraction_long"])
@pytest.mark.slow
def test_every_kind_of_start_can_be_resumed(name, tmp_path, monkeypatch):
    recipe = dataclasses.replace(get_strategy(name), closing=("soup",))
    expected = train(recipe=recipe, updates=6)
    kill_after(len(expected.history) - 1, monkeypatch, tmp_path, recipe, updates=6)
    same(train(tmp_path, recipe, updates=6), expected)


@pytest.mark.slow
def test_lora_can_be_resumed_within_its_phase_and_after(tmp_path, monkeypatch):
    models = pytest.importorskip("keras_hub").models
    keras.utils.set_random_seed(0)
    body = models.ViTBackbone(
        image_shape=(12, 12, 3), patch_size=4, num_layers=1, num_heads=2, hidden_dim=8, mlp_dim=16
    )
    phases = (Phase("lora", "lora", 0.5, rate=1e-2, rank=2), Phase("all", "all", 0.5, rate=1e-3))
    given = {"recipe": Strategy("x", "pretrained", phases), "model": tiny.with_head(body), "updates": 8}
    given["task"] = tiny.task(channels=3)
    expected = train(**given)
    for epoch in (1, 3):
        folder = tmp_path / str(epoch)
        kill_after(epoch, monkeypatch, folder, **given)
        same(train(folder, **given), expected)


def test_a_finished_run_is_read_and_not_run_again(tmp_path, monkeypatch, capsys):
    first = train(tmp_path, "top", updates=6)
    accuracy = first.test_accuracy
    monkeypatch.setattr(ftlib.training.fit, "run_phases", lambda context: pytest.fail("it trained"))
    again = train(tmp_path, "top", updates=6, verbose=True)
    same(again, first)
    assert again.test_accuracy == accuracy and again.task is not None
    assert "finished; it was read, not run again" in capsys.readouterr().out


OTHERS = {
    "task": {"task": tiny.task(train=27)},
    "model": {"model": tiny.model(seed=1)},
    "strategy": {"recipe": "lp_ft"},
    "seed": {"seed": 3},
    "updates": {"updates": 22},
    "batch_size": {"batch_size": 7},
    "regularization": {"regularization": "none"},
    "class_weight": {"class_weight": "balanced"},
}


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """The folder of a finished run, and one of a run that was killed."""
    places = tmp_path_factory.mktemp("finished"), tmp_path_factory.mktemp("killed")
    train(places[0], "top", updates=6)
    with pytest.MonkeyPatch.context() as patch:
        kill_after(1, patch, places[1], "top", updates=6)
    return places


@pytest.mark.parametrize("place", [0, 1], ids=["finished", "killed"])
@pytest.mark.parametrize("what", OTHERS)
def test_the_folder_of_another_run_is_refused(folders, monkeypatch, what, place):
    monkeypatch.setattr(ftlib.training.fit, "run_phases", lambda context: pytest.fail("it trained"))
    before = {p.name: p.read_bytes() for p in folders[place].iterdir()}
    kind = "an unfinished run" if place else "a run"
    with pytest.raises(ValueError, match=f"holds {kind} with another {what}. Recorded: .* Received: .*Choose another"):
        train(folders[place], **{"recipe": "top", "updates": 6, **OTHERS[what]})
    assert {p.name: p.read_bytes() for p in folders[place].iterdir()} == before


def test_another_picture_or_label_is_another_task(folders, monkeypatch):
    monkeypatch.setattr(ftlib.training.fit, "run_phases", lambda context: pytest.fail("it trained"))
    for part in ("train", "validation", "test"):
        task = tiny.task()
        split = getattr(task, part)
        images, labels = split.images.copy(), split.labels.copy()
        images[0, 0, 0] ^= 1
        labels[0] = 2 - labels[0]
        for changed in ({"images": images}, {"labels": labels}):
            other = dataclasses.replace(task, **{part: dataclasses.replace(split, **changed)})
            with pytest.raises(ValueError, match="with another task"):
                train(folders[1], "top", updates=6, task=other)


def test_a_damaged_checkpoint_says_so_and_the_one_before_can_be_used(whole_lp_ft, tmp_path, monkeypatch):
    kill_after(4, monkeypatch, tmp_path, "lp_ft", updates=9)
    path = tmp_path / "checkpoint.npz"
    data = bytearray(path.read_bytes())
    for damaged in (data[: len(data) // 2], data[:2000] + b"\xff" * 20 + data[2020:], b""):
        path.write_bytes(damaged)
        with pytest.raises(ValueError, match="checkpoint.npz is damaged .*Delete this file; the one before it is then"):
            train(tmp_path, "lp_ft", updates=9)
        assert path.read_bytes() == bytes(damaged)
    path.unlink()
    same(train(tmp_path, "lp_ft", updates=9), whole_lp_ft)


def test_a_full_disk_stops_the_run_and_costs_no_checkpoint(whole_lp_ft, tmp_path, monkeypatch):
    savez, count = np.savez, []

    def full(file, **arrays):
        count.append(1)
        if len(count) == 3:
            file.write(b"half of it")
            raise OSError(28, "No space left on device")
        savez(file, **arrays)

    with monkeypatch.context() as patch:
        patch.setattr(np, "savez", full)
        with pytest.raises(OSError, match="Cannot write a checkpoint .* No space left.* The last one is intact"):
            train(tmp_path, "lp_ft", updates=9)
    assert not list(tmp_path.glob("part-*"))
    same(train(tmp_path, "lp_ft", updates=9), whole_lp_ft)


def test_a_checkpoint_holds_what_has_trained_and_not_the_rest(tmp_path, monkeypatch):
    sizes, write = [], ftlib.training.checkpoints.CheckpointStore.write

    def look(self, record, arrays):
        sizes.append(sum(a.size for n, a in arrays.items() if n.startswith("weights/")))
        write(self, record, arrays)

    monkeypatch.setattr(ftlib.training.checkpoints.CheckpointStore, "write", look)
    train(tmp_path, "feature_extraction_long", updates=2)
    assert sizes == [27]  # a head of 8 x 3 + 3


SCRIPT = """
import sys, keras
sys.path[:0] = sys.argv[2:]
import test_resume, ftlib.training.loop_rules
ftlib.training.loop_rules.SHORTEST_EPOCH = 2
test_resume.run_eagerly(True)
test_resume.train(sys.argv[1], verbose=True)
"""


@pytest.mark.slow
def test_a_killed_process_ends_bit_equal(whole, tmp_path, root, capsys):
    command = [sys.executable, "-u", "-c", SCRIPT, str(tmp_path / "run")]
    command += map(str, (root / "tests" / "training", root / "tests", root))
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    seen = 0
    for line in process.stdout:
        seen += "val loss" in line
        if seen == 3:
            time.sleep(0.02)
            process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert not (tmp_path / "run" / "run.json").exists()
    again = train(tmp_path / "run", verbose=True)  # in another process: this one
    assert "goes on after update" in capsys.readouterr().out
    same(again, whole)
    same(load_run(tmp_path / "run", tiny.task()), whole)
