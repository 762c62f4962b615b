"""Training a run folder: a device that runs out of memory, a full disk, a damaged checkpoint."""

import json

import numpy as np
import pytest
from app_runs import after_checkpoints, assert_same_run, fit, interrupt

from ftlib.app.cli import main
from ftlib.evidence.run import load_run
from ftlib.training.devices import Hardware

pytestmark = pytest.mark.usefixtures("short_epochs", "plain_report")


class ResourceExhaustedError(Exception):
    pass


def test_a_device_that_runs_out_gets_a_smaller_batch_and_the_run_says_so(pictures, tmp_path, monkeypatch, capsys):
    out, sizes, engine = tmp_path / "run", [], type(Hardware().make_executor())
    step = engine.step

    def limited(self, trainer, x, *y):
        sizes.append(len(x))
        if len(x) > 3:
            raise ResourceExhaustedError("OOM when allocating tensor")
        return step(self, trainer, x, *y)

    monkeypatch.setattr(engine, "step", limited)
    assert fit(pictures, out) == 0
    assert sizes[0] == 6 and set(sizes[1:]) == {3} and len(sizes) == 17
    said = capsys.readouterr().out
    assert "3 images at once in place of 6 (6 ran out of memory)" in said
    run = load_run(out)
    assert any("3 images at once" in note for note in run.notes) and run.settings["batch_size"] == 6
    assert run.settings["hardware"]["accumulate"] == 2
    assert json.loads((out / "config.json").read_text())["training"]["parts"] == 2


def test_a_device_that_holds_no_batch_at_all_says_what_to_do(pictures, tmp_path, monkeypatch, capsys):
    def never(self, trainer, x, *y):
        raise ResourceExhaustedError("OOM when allocating tensor")

    monkeypatch.setattr(type(Hardware().make_executor()), "step", never)
    assert fit(pictures, tmp_path / "run", "--quiet") == 1
    assert "Choose a smaller --image-size" in capsys.readouterr().err


def test_too_little_free_memory_makes_the_batch_smaller_before_the_run(pictures, tmp_path, monkeypatch, capsys):
    import ftlib.app.resources as resources

    monkeypatch.setattr(resources, "_RUNTIME", 0)
    arguments = ["--backbone", "glyphnet", "--strategy", "full", "--updates", "2", "--batch-size", "512"]
    monkeypatch.setattr("ftlib.app.plan.free_memory", lambda: 2**28)
    assert main(["fit", str(pictures), "--out", str(tmp_path / "run"), *arguments]) == 0
    assert "images at once in place of 512 (256 MiB of memory are free)" in capsys.readouterr().out


def test_precision_is_asked_for_and_told(pictures, tmp_path):
    assert fit(pictures, tmp_path / "run", "--precision", "mixed_bfloat16", "--quiet") == 0
    run = load_run(tmp_path / "run")
    assert run.settings["hardware"]["precision"] == "mixed_bfloat16"
    assert {layer.dtype_policy.name for layer in run.model._flatten_layers()} == {"float32"}
    assert main(["fit", str(pictures), "--out", str(tmp_path / "two"), "--devices", "64"]) == 2


def test_a_damaged_checkpoint_is_put_aside(pictures, quick_run, tmp_path, monkeypatch, capsys):
    out = tmp_path / "run"
    with monkeypatch.context() as patch:
        after_checkpoints(3, patch, interrupt)
        assert fit(pictures, out) == 130
    path = out / "checkpoint.npz"
    path.write_bytes(path.read_bytes()[:-2000])
    assert main(["fit", "--resume", str(out)]) == 0
    assert "is damaged" in capsys.readouterr().out
    assert_same_run(out, quick_run)


def test_a_full_disk_costs_nothing(pictures, quick_run, tmp_path, monkeypatch, capsys):
    out, savez, count = tmp_path / "run", np.savez, []

    def full(file, **arrays):
        count.append(1)
        if len(count) == 3:
            raise OSError(28, "No space left on device")
        savez(file, **arrays)

    with monkeypatch.context() as patch:
        patch.setattr(np, "savez", full)
        assert fit(pictures, out) == 1
    error = capsys.readouterr().err
    assert "No space left on device" in error and f"go on with: ftlib fit --resume {out}" in error
    assert main(["fit", "--resume", str(out), "--quiet"]) == 0
    assert_same_run(out, quick_run)
