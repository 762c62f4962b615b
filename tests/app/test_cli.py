"""The `ftlib` command, as someone types it."""

import subprocess
import sys

import pytest

import ftlib.app.cli
from ftlib.app.cli import main


def test_help_answers_without_loading_keras(root):
    code = (
        "import sys; from ftlib.app.cli import main\n"
        "try: main(['--help'])\nexcept SystemExit: print('keras' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert "run" in done.stdout and "backbones" in done.stdout and "tasks" in done.stdout
    assert done.stdout.rstrip().endswith("False")


def test_tasks_are_listed_with_what_they_need(capsys):
    assert main(["tasks"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.split() == ["digits", "offline"] for line in lines)
    assert any(line.startswith("flowers") and "downloaded" in line for line in lines)


def test_backbones_are_listed_with_size_and_preprocessing(capsys):
    assert main(["backbones"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines() if line]
    assert ["glyphnet", "32x32x1", "0..1"] in lines
    assert ["InceptionV3", "299x299x3", "-1..1"] in lines


@pytest.mark.parametrize(
    "error, exit_code",
    [
        (ValueError("wrong"), 2),
        (FileNotFoundError("missing"), 2),
        (OSError(28, "No space left on device"), 1),
        (RuntimeError("failed"), 1),
        (KeyboardInterrupt(), 130),
        (ftlib.app.cli.Terminated(), 143),
        (KeyError("a fault"), 1),
    ],
)
def test_the_exit_code_tells_wrong_usage_from_failure(error, exit_code, monkeypatch, capsys, tmp_path):
    def fail(folder):
        error.hint = "what to do\n"
        raise error

    monkeypatch.setattr("ftlib.app.listing.list_runs", fail)
    assert main(["runs", str(tmp_path)]) == exit_code
    complaint = capsys.readouterr().err
    assert complaint.endswith("what to do\n") and ("Traceback" in complaint) == isinstance(error, KeyError)
