"""The `ftlib` command, as someone types it."""

import json
import subprocess
import sys

import pytest

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
    "arguments, said",
    [
        (["--task", "digit"], "Did you mean 'digits'?"),
        (["--backbone", "glyphnett"], "Did you mean 'glyphnet'?"),
        (["--strategies", "lpftt"], "Did you mean 'lp_ft'?"),
        (["--regularization", "lite"], "Did you mean 'light'?"),
        (["--labels", "0"], "at least 1"),
        (["--labels", "5000"], "5000"),
        (["--updates", "1"], "too few"),
    ],
)
def test_a_wrong_argument_is_one_line_and_exit_code_2(arguments, said, capsys, tmp_path):
    assert main(["run", "--out", str(tmp_path / "out"), *arguments]) == 2
    error = capsys.readouterr().err
    assert said in error and error.startswith("ftlib: ") and "Traceback" not in error
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_run_leaves_a_table_a_picture_a_report_and_models(capfd, tmp_path):
    out = tmp_path / "out"
    arguments = ["run", "--updates", "6", "--seeds", "2", "--jobs", "1", "--labels", "2", "--out", str(out)]
    assert main([*arguments, "--strategies", "feature_extraction_long"]) == 0
    said = capfd.readouterr()
    assert "feature_extraction_long" in said.out and "open " in said.out
    assert "cuda" not in said.err.lower()
    assert (out / "result.png").read_bytes()[:4] == b"\x89PNG"
    assert "<html" in (out / "report.html").read_text(encoding="utf-8")
    rows = json.loads((out / "comparison.json").read_text(encoding="utf-8"))["rows"]
    assert [row["seed"] for row in rows] == [0, 1]
    assert (out / "feature_extraction_long" / "model.keras").is_file()
