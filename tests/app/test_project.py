"""`ftlib fit` from pictures to a report."""

import json
import subprocess
import sys

import keras
import pytest
from app_runs import QUICK, RUN_FILES, assert_same_run, files_in, fit

import ftlib.training.loop_rules
from ftlib.app.cli import main
from ftlib.app.run_folder import RunFolder
from ftlib.evidence.run import load_run

pytestmark = pytest.mark.usefixtures("short_epochs")


def test_a_folder_becomes_a_run_with_everything_in_it(pictures, tmp_path, capsys):
    out = tmp_path / "run"
    assert fit(pictures, out) == 0
    said = capsys.readouterr().out
    assert files_in(out) == RUN_FILES
    assert " left" in said or "longer than estimated" in said  # on a busy machine
    for words in ("30 usable pictures", "test pictures", "95 % interval", "of memory", "report.html"):
        assert words in said, words
    assert json.loads((out / "class_names.json").read_text()) == ["bottom", "middle", "top"]
    model = keras.models.load_model(out / "model.keras")
    assert {layer.__module__.split(".")[0] for layer in model._flatten_layers()} == {"keras"}
    metrics = json.loads((out / "metrics.json").read_text())
    accuracy = metrics["accuracy"]
    assert 0 <= accuracy["low"] < accuracy["value"] <= accuracy["high"] <= 1 and metrics["images"] == 6
    assert [row["name"] for row in metrics["classes"]] == ["bottom", "middle", "top"]
    assert load_run(out).scores["test"]["accuracy"] == accuracy["value"]
    config = json.loads((out / "config.json").read_text())
    assert config["data"]["pictures"] == {"train": 18, "validation": 6, "test": 6}
    rows = RunFolder(out).rows()
    assert len({row.path for row in rows}) == 30 and all(len(row.sha256) == 64 for row in rows)


@pytest.mark.usefixtures("plain_report")
def test_the_configuration_repeats_the_run(quick_run, tmp_path):
    out = tmp_path / "again"
    assert main(["fit", "--config", str(quick_run / "config.json"), "--out", str(out), "--quiet"]) == 0
    assert_same_run(out, quick_run)
    longer = tmp_path / "longer"
    arguments = ["--config", str(quick_run / "config.json"), "--out", str(longer), "--updates", "10", "--quiet"]
    assert main(["fit", *arguments]) == 0
    assert load_run(longer).settings["updates"] == 10


@pytest.mark.usefixtures("plain_report")
def test_the_default_folder_is_named_after_the_pictures_and_is_never_used_twice(pictures, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for _ in range(2):
        assert main(["fit", str(pictures), "--quiet", *QUICK]) == 0
    assert sorted(p.name for p in (tmp_path / "runs").iterdir()) == ["bands", "bands-2"]


def test_a_disk_that_is_full_before_training_is_named_and_leaves_nothing(pictures, tmp_path, monkeypatch, capsys):
    def full(*args):
        raise OSError(28, "No space left on device")

    (tmp_path / "known").mkdir()
    monkeypatch.setattr("ftlib.app.project.make_plan", full)
    for out in (tmp_path / "new", tmp_path / "known"):
        assert fit(pictures, out) == 1
        assert f"No space left on device: '{out}'" in capsys.readouterr().err
    assert not (tmp_path / "new").exists() and list((tmp_path / "known").iterdir()) == []


@pytest.mark.parametrize(
    "arguments, message",
    [
        ([], "Data are needed"),
        (["nowhere"], "no folder"),
        (["{pictures}", "--backbone", "glyphnett"], "Did you mean 'glyphnet'?"),
        (["{pictures}", "--strategy", "lpftt"], "Did you mean 'lp_ft'?"),
        (["{pictures}", "--regularization", "lite"], "Did you mean 'light'?"),
        (["{pictures}", "--updates", "0"], "--updates is a whole number of at least 1"),
        (["{pictures}", "--rate", "-1"], "--rate is a learning rate above 0"),
        (["{pictures}", "--backbone", "glyphnet", "--strategy", "lp_ft", "--updates", "1"], "too few"),
        (["{pictures}", "--out", "{pictures}"], "a new or an empty folder"),
        (["--resume", "nowhere"], "There is no run 'nowhere'"),
        (["--resume", "{pictures}"], "config.json is missing"),
        (["--resume", "{quick_run}", "--updates", "5"], "--updates cannot change it"),
        (["--resume", "{quick_run}", "--config", "x"], "only one of them"),
        (["--config", "{pictures}/config.json"], "No such file"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(
    pictures, quick_run, tmp_path, monkeypatch, capsys, arguments, message
):
    monkeypatch.chdir(tmp_path)
    assert main(["fit", *(a.format(pictures=pictures, quick_run=quick_run) for a in arguments)]) == 2
    error = capsys.readouterr().err
    assert message in error and error.startswith("ftlib: ") and error.count("\n") == 1
    assert not (tmp_path / "runs").exists() or list((tmp_path / "runs").iterdir()) == []


def test_json_is_one_document_and_quiet_is_short(pictures, tmp_path, capfd):
    assert fit(pictures, tmp_path / "a", "--json") == 0
    said = capfd.readouterr()
    result = json.loads(said.out)
    assert result["run"] == str(tmp_path / "a") and result["metrics"]["images"] == 6 and "val loss" in said.err
    assert fit(pictures, tmp_path / "b", "--quiet") == 0
    said = capfd.readouterr()
    assert len(said.out.splitlines()) == 3 and said.out.startswith("test accuracy") and "val loss" not in said.err


@pytest.mark.slow
def test_small_grey_pictures_with_nothing_asked_for(pictures, tmp_path, monkeypatch):
    """No network, no cached weights: glyphnet, and what `advise` says."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(ftlib.training.loop_rules, "SHORTEST_EPOCH", 100)
    assert main(["fit", str(pictures), "--out", str(tmp_path / "run"), "--updates", "30"]) == 0
    config = json.loads((tmp_path / "run" / "config.json").read_text())
    assert config["model"]["backbone"] == "glyphnet" and config["training"]["mirror"] is False
    assert any("Linear probes" in line for line in config["why"])


@pytest.mark.real
@pytest.mark.slow
@pytest.mark.photo
def test_flowers_with_no_option_but_the_folder(real, keras_home, tmp_path, root):
    """In a process of its own, as it is typed, but for fewer updates: what all of them reach takes minutes."""
    command = [sys.executable, "-m", "ftlib.app.cli", "fit", str(real / "flowers"), "--out", str(tmp_path / "run")]
    command += ["--updates", "60"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    config = json.loads((tmp_path / "run" / "config.json").read_text())
    assert config["model"]["backbone"] == "MobileNetV2"
    assert json.loads((tmp_path / "run" / "metrics.json").read_text())["accuracy"]["value"] >= 0.78
