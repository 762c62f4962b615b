"""Ctrl-C, SIGTERM, SIGKILL and faults: what is lost (nothing), and how the run goes on."""

import contextlib
import os
import signal
import subprocess
import time

import keras
import pytest
from app_runs import COMMAND_IN_SHORT, QUICK, after_checkpoints, assert_same_run, fit, interrupt, write_plain_report

import ftlib.training.checkpoints
from ftlib.app.cli import main
from ftlib.app.run_folder import RunFolder

pytestmark = pytest.mark.usefixtures("short_epochs")


def terminate(folder):
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(5)


# How it is stopped decides the code, and when, where it goes on: neither asks for the other.
@pytest.mark.usefixtures("plain_report")
@pytest.mark.parametrize("how, code, epochs", [(interrupt, 130, 1), (terminate, 143, 3)])
def test_a_stopped_run_ends_as_if_nothing_had_happened(
    pictures, quick_run, tmp_path, monkeypatch, capsys, how, code, epochs
):
    out = tmp_path / "run"
    with monkeypatch.context() as patch:
        after_checkpoints(epochs, patch, how)
        assert fit(pictures, out) == code
    assert f"go on with: ftlib fit --resume {out}" in capsys.readouterr().err
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
    assert RunFolder(out).status == "stopped" and not (out / "metrics.json").exists()
    assert main(["fit", "--resume", str(out)]) == 0
    assert "goes on after update" in capsys.readouterr().out
    assert_same_run(out, quick_run)


@pytest.mark.parametrize("where", ["ftlib.tasks.folder.inspection.inspect_data", "ftlib.app.project.make_plan"])
def test_stopped_before_training_it_leaves_nothing_behind(pictures, tmp_path, monkeypatch, capsys, where):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(where, interrupt)
    assert main(["fit", str(pictures), *QUICK]) == 130
    assert "The training had not begun" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_that_a_library_loses_still_stops(pictures, tmp_path, monkeypatch, capsys):
    write = ftlib.training.checkpoints.CheckpointStore.write

    def losing(self, *given):
        write(self, *given)
        with contextlib.suppress(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(5)

    monkeypatch.setattr(ftlib.training.checkpoints.CheckpointStore, "write", losing)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a process in the background ignores it
    try:
        assert fit(pictures, tmp_path / "run") == 130
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)
    assert capsys.readouterr().out.count("val loss") <= 1


@pytest.mark.parametrize("step", ["measure", "write"])
def test_stopped_after_training_it_only_writes_what_is_missing(pictures, quick_run, tmp_path, monkeypatch, step):
    out = tmp_path / "run"
    if step == "measure":
        monkeypatch.setattr("ftlib.report.write_model_report", write_plain_report)
    place = {"measure": "ftlib.evidence.metrics.measure", "write": "ftlib.report.write_model_report"}[step]
    with monkeypatch.context() as patch:
        patch.setattr(place, interrupt)
        assert fit(pictures, out, "--quiet") == 130
    monkeypatch.setattr("ftlib.app.project.train_run_folder", lambda *args: pytest.fail("it trained again"))
    assert main(["fit", "--resume", str(out), "--quiet"]) == 0
    assert_same_run(out, quick_run)
    assert main(["fit", "--resume", str(out), "--quiet"]) == 0  # and a finished one is told about again


@pytest.mark.slow
@pytest.mark.usefixtures("plain_report")
@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="the script is TensorFlow's")
def test_a_killed_process_goes_on(pictures, quick_run, tmp_path):
    out = tmp_path / "run"
    command = [*COMMAND_IN_SHORT, "fit", str(pictures), "--out", str(out), *QUICK]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    for line in process.stdout:
        if "val loss" in line:
            time.sleep(0.05)
            process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert RunFolder(out).status == "stopped"
    # This process has nothing of the other but its folder.
    assert main(["fit", "--resume", str(out), "--quiet"]) == 0
    assert_same_run(out, quick_run)


def test_a_fault_of_ftlib_itself_is_shown_in_full_with_the_way_on(pictures, tmp_path, monkeypatch, capsys):
    def fault(folder):
        raise KeyError("a fault")

    after_checkpoints(1, monkeypatch, fault)
    assert fit(pictures, tmp_path / "run") == 1
    error = capsys.readouterr().err
    assert "Traceback" in error and f"go on with: ftlib fit --resume {tmp_path / 'run'}" in error
