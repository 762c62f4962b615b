"""The commands as someone types them: help, exit codes, wrong usage."""

import argparse
import dataclasses
import json
import subprocess
import sys

import pytest
from folders import photos

from ftlib.app.cli import main
from ftlib.app.commands import add_commands
from ftlib.app.options import Options

COMMANDS = ("check", "advise", "fit", "predict", "evaluate", "report", "export", "runs")


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_examples_and_exit_codes_and_answers_at_once(command, capsys):
    with pytest.raises(SystemExit) as done:
        main([command, "--help"])
    said = capsys.readouterr().out
    assert done.value.code == 0 and f"ftlib {command}" in said.split("examples:")[1]
    assert "exit codes: 0 done" in said and "--json" in said and "--quiet" in said


def test_no_help_loads_keras_or_numpy(root):
    code = (
        "import sys; from ftlib.app.cli import main\n"
        f"for name in {COMMANDS!r}:\n"
        "    try: main([name, '--help'])\n    except SystemExit: pass\n"
        "print({'keras', 'numpy', 'PIL'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.rstrip().endswith("set()")


def test_check_tells_and_its_exit_code_says_whether_one_can_train(more_pictures, tmp_path, capsys):
    assert main(["check", str(more_pictures)]) == 0
    assert "60 usable pictures in 3 classes" in capsys.readouterr().out
    photos(tmp_path, each=2)
    assert main(["check", str(tmp_path), "--json"]) == 2
    found = json.loads(capsys.readouterr().out)
    assert found["usable"] is False and "error" in {finding["level"] for finding in found["findings"]}
    assert main(["check", str(tmp_path / "nowhere")]) == 2
    assert capsys.readouterr().err.startswith("ftlib: There is no folder")


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["predict", "{run}", "nowhere.png"], "no picture or folder 'nowhere.png'"),
        (["predict", "{run}", "{empty}"], "has no pictures"),
        (["predict", "{run}", "{pictures}", "--top", "0"], "--top is a whole number"),
        (["predict", "{pictures}", "{pictures}"], "config.json is missing"),
        (["evaluate", "nowhere"], "There is no run"),
        (["evaluate", "{run}", "--on", "{pets}"], "does not know: cat, dog. It knows bottom, middle, top"),
        (["evaluate", "{run}", "--data", "{pets}"], "pictures of .* are not in"),
        (["report", "nowhere"], "There is no run"),
        (["runs", "nowhere"], "There is no folder"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(more_pictures, good_run, tmp_path, capsys, arguments, said):
    import re

    (tmp_path / "empty").mkdir()
    places = {
        "run": good_run,
        "pictures": more_pictures,
        "empty": tmp_path / "empty",
        "pets": photos(tmp_path / "pets"),
    }
    assert main([a.format(**places) for a in arguments]) == 2
    error = capsys.readouterr().err
    assert re.search(said, error) and error.startswith("ftlib: ") and error.count("\n") == 1


def test_report_is_written_again(good_run, capsys):
    (good_run / "report.html").unlink()
    assert main(["report", str(good_run)]) == 0
    assert capsys.readouterr().out.strip().endswith("report.html")
    page = (good_run / "report.html").read_text(encoding="utf-8")
    assert "<html" in page and "Linear probe: " in page and "is kept" in page


@pytest.mark.parametrize("command", ["advise", "fit"])
def test_every_option_has_an_argument_with_the_same_default(command):
    parser = argparse.ArgumentParser()
    add_commands(parser.add_subparsers())
    arguments = vars(parser.parse_args([command, "pets"]))
    assert {field.name: arguments[field.name] for field in dataclasses.fields(Options)} == vars(Options())


def test_a_run_that_goes_on_keeps_what_was_said_of_near_copies(tmp_path, capsys):
    assert main(["fit", "--resume", str(tmp_path), "--no-near"]) == 2
    assert "so that --no-near cannot change it" in capsys.readouterr().err
