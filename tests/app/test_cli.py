"""The `ftlib` command, as someone types it."""

import json
import os
import subprocess
import sys

import box_folders
import folders
import pytest
import sound_folders
import texts

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


# Runs commands one after the other in one new Python; prints of each its exit code, and what of these it had imported.
_SAY_WHAT_IS_IMPORTED = """
import contextlib, io, json, sys
from ftlib.app.cli import main

for arguments in json.loads(sys.argv[1]):
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        code = main(arguments)
    heavy = {"tensorflow", "keras", "jax", "torch", "sklearn", "matplotlib"} & set(sys.modules)
    print(json.dumps([arguments, code, sorted(heavy)]))
"""


def _commands_in_a_new_python(commands, root, folder):
    """Returns `[arguments, exit code, what is imported by then]` of each command."""
    arguments = [sys.executable, "-c", _SAY_WHAT_IS_IMPORTED, json.dumps(commands)]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    done = subprocess.run(arguments, cwd=folder, env=environment, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_check_imports_nothing_that_trains(root, tmp_path):
    folders.photos(tmp_path / "photos", each=12)
    paths = [f"photos/{name}/{i:03d}.png" for name in ("cat", "dog") for i in range(12)]
    folders.table(tmp_path / "classes.csv", [f"{path},{path.split('/')[1]}" for path in paths])
    folders.table(
        tmp_path / "tags.csv", [f"{path},{path.split('/')[1]}|{index % 2}" for index, path in enumerate(paths)]
    )
    folders.table(tmp_path / "numbers.csv", [f"{path},{number}" for number, path in enumerate(paths)])
    texts.write_table(tmp_path / "reviews.csv", texts.sentences(20))
    sound_folders.write_sounds(tmp_path / "sounds", each=12)
    box_folders.write_voc(tmp_path / "cars")
    commands = [
        ["check", "photos", "--json"],
        ["check", "classes.csv"],
        ["check", "tags.csv", "--target", "multilabel"],
        ["check", "numbers.csv", "--target", "regression"],
        ["check", "reviews.csv"],
        ["check", "sounds"],
        ["check", "cars"],
    ]
    for arguments, exit_code, heavy in _commands_in_a_new_python(commands, root, tmp_path):
        assert (exit_code, heavy) == (0, []), arguments


def test_what_is_refused_early_imports_nothing_that_trains(root, tmp_path):
    folders.photos(tmp_path / "photos", each=2)
    texts.write_table(tmp_path / "reviews.csv", texts.sentences(20))
    commands = [
        ["check", "nowhere"],
        ["check", "photos", "--seconds", "2"],
        ["advise", "nowhere"],
        ["fit"],
        ["fit", "nowhere"],
        ["fit", "photos"],
        ["fit", "photos", "--strategy", "nonsense"],
        ["fit", "photos", "--strategy", "lp_ft", "--updates", "1"],
        ["fit", "photos", "--regularization", "nonsense"],
        ["fit", "photos", "--precision", "nonsense"],
        ["fit", "photos", "--class-weight", "nonsense", "--backbone", "glyphnet"],
        ["fit", "photos", "--length", "32"],
        ["fit", "reviews.csv", "--length", "1"],
        ["fit", "reviews.csv", "--length", "32"],
        ["fit", "reviews.csv", "--tokenizer", "nonsense"],
        ["fit", "--resume", "nowhere"],
        ["fit", "--config", "nowhere.json"],
        ["predict", "nowhere", "photos"],
        ["evaluate", "nowhere"],
        ["report", "nowhere"],
        ["export", "nowhere", "--format", "keras"],
        ["export", "nowhere", "--format", "nonsense"],
        ["runs", "nowhere"],
        ["run", "--strategies", "nonsense"],
        ["run", "--regularization", "nonsense"],
    ]
    for arguments, exit_code, heavy in _commands_in_a_new_python(commands, root, tmp_path):
        assert (exit_code, heavy) == (2, []), arguments


def test_the_help_of_no_command_speaks_of_pictures_alone(capsys):
    """What holds for pictures alone says so; all else holds for texts and sounds as well."""
    for command in ("check", "advise", "fit", "predict", "evaluate", "export"):
        with pytest.raises(SystemExit):
            main([command, "--help"])
        said = " ".join(capsys.readouterr().out.split())
        for words in (
            "its test pictures, or",
            "the run's own pictures",
            "each picture (1)",
            "real pictures",
            "images per",
        ):
            assert words not in said, command


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
