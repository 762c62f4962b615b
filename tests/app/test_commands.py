"""The commands around a run, as someone types them: check, advise, predict, evaluate, report, runs."""

import csv
import io
import json
import shutil
import subprocess
import sys

import pytest
from folders import bands, photos

from ftlib.app.cli import main

COMMANDS = ("check", "advise", "fit", "predict", "evaluate", "report", "export", "runs")


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    return bands(tmp_path_factory.mktemp("data") / "bands", each=20)


@pytest.fixture(scope="module")
def run(pictures, tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "bands"
    arguments = ["--backbone", "glyphnet", "--strategy", "feature_extraction_long", "--updates", "100", "--quiet"]
    assert main(["fit", str(pictures), "--out", str(out), *arguments]) == 0
    return out


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


def test_check_tells_and_its_exit_code_says_whether_one_can_train(pictures, tmp_path, capsys):
    assert main(["check", str(pictures)]) == 0
    assert "60 usable pictures in 3 classes" in capsys.readouterr().out
    photos(tmp_path, each=2)
    assert main(["check", str(tmp_path), "--json"]) == 2
    found = json.loads(capsys.readouterr().out)
    assert found["usable"] is False and "error" in {finding["level"] for finding in found["findings"]}
    assert main(["check", str(tmp_path / "nowhere")]) == 2
    assert capsys.readouterr().err.startswith("ftlib: There is no folder")


@pytest.mark.slow
def test_advise_tells_what_fit_would_do_and_leaves_nothing(pictures, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    assert main(["advise", str(pictures), "--backbone", "glyphnet", "--json", "--quiet"]) == 0
    said = json.loads(capfd.readouterr().out)
    assert said["plan"]["backbone"] == "glyphnet" and said["plan"]["seconds"] > 0
    assert any("Linear probes" in line for line in said["plan"]["why"]) and said["data"]["usable"]
    assert list(tmp_path.iterdir()) == []


def test_predict_as_a_table_csv_and_json(pictures, run, capsys):
    files = [str(pictures / "top" / "000.png"), str(pictures / "bottom")]
    assert main(["predict", str(run), *files]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["picture", "class", "probability"] and len(lines) == 22
    assert lines[1].split()[0].endswith("000.png")
    assert main(["predict", str(run), *files, "--format", "csv", "--top", "2"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert len(rows) == 21 and float(rows[0]["probability"]) >= float(rows[0]["probability2"])
    assert main(["predict", str(run), *files, "--json", "--top", "9"]) == 0
    answers = json.loads(capsys.readouterr().out)
    assert [len(answer["classes"]) for answer in answers] == [3] * 21
    assert sum(said["probability"] for said in answers[0]["classes"]) == pytest.approx(1, abs=1e-4)
    right = sum(answer["classes"][0]["name"] == "bottom" for answer in answers[1:])
    assert right >= 15  # of 20


def test_predict_says_the_same_as_the_model_alone(pictures, run, capsys):
    import keras
    import numpy as np
    from PIL import Image

    path = pictures / "middle" / "001.png"
    assert main(["predict", str(run), str(path), "--json", "--top", "3"]) == 0
    (answer,) = json.loads(capsys.readouterr().out)
    names = json.loads((run / "class_names.json").read_text())
    pixels = np.asarray(Image.open(path).resize((32, 32), Image.Resampling.BILINEAR), "float32")[None, :, :, None]
    chances = np.asarray(keras.models.load_model(run / "model.keras").predict(pixels, verbose=0))[0]
    assert {said["name"]: said["probability"] for said in answer["classes"]} == pytest.approx(
        dict(zip(names, chances.tolist(), strict=True)), abs=1e-4
    )


def test_files_that_are_no_pictures_are_named_and_the_rest_is_told(pictures, run, tmp_path, capsys):
    (tmp_path / "notes.png").write_text("no picture")
    out = tmp_path / "said.csv"
    good = str(pictures / "top" / "000.png")
    arguments = ["predict", str(run), str(tmp_path / "notes.png"), good, "--format", "csv", "--out", str(out)]
    assert main(arguments) == 1
    bad, fine = csv.DictReader(io.StringIO(out.read_text()))
    assert bad["error"] == "not a picture" and bad["class"] == "" and fine["class"] and fine["error"] == ""
    assert main(["predict", str(run), str(tmp_path / "notes.png")]) == 1
    assert "not a picture" in capsys.readouterr().out


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
def test_wrong_usage_is_one_line_and_exit_code_2(pictures, run, tmp_path, capsys, arguments, said):
    import re

    (tmp_path / "empty").mkdir()
    places = {"run": run, "pictures": pictures, "empty": tmp_path / "empty", "pets": photos(tmp_path / "pets")}
    assert main([a.format(**places) for a in arguments]) == 2
    error = capsys.readouterr().err
    assert re.search(said, error) and error.startswith("ftlib: ") and error.count("\n") == 1


def test_evaluate_repeats_the_figures_of_the_run(run, capsys):
    assert main(["evaluate", str(run), "--json"]) == 0
    metrics = json.loads(capsys.readouterr().out)
    recorded = json.loads((run / "metrics.json").read_text())
    assert metrics["accuracy"] == recorded["accuracy"] and metrics["macro_f1"] == recorded["macro_f1"]
    assert main(["evaluate", str(run)]) == 0
    said = capsys.readouterr().out
    assert "95 % interval" in said and "bottom" in said and "precision" in said


def test_evaluate_on_others_leaves_out_what_was_trained_on_and_records_nothing(pictures, run, tmp_path, capfd):
    other = shutil.copytree(pictures, tmp_path / "other")
    fresh = bands(tmp_path / "fresh", each=10, seed=9)
    for file in fresh.glob("*/*"):
        shutil.copy(file, other / file.parent.name / f"new{file.name}")
    before = (run / "run.json").read_text()
    assert main(["evaluate", str(run), "--on", str(other), "--json"]) == 0
    said = capfd.readouterr()
    assert json.loads(said.out)["images"] == 12 + 30 and "48 pictures are left out" in said.err
    assert (run / "run.json").read_text() == before
    assert main(["evaluate", str(run), "--on", str(fresh), "--json", "--quiet"]) == 0
    assert json.loads(capfd.readouterr().out)["images"] == 30


def test_report_is_written_again(run, capsys):
    (run / "report.html").unlink()
    assert main(["report", str(run)]) == 0
    assert capsys.readouterr().out.strip().endswith("report.html")
    assert "<html" in (run / "report.html").read_text(encoding="utf-8")


def test_runs_are_listed_with_those_that_were_stopped_or_are_damaged(run, tmp_path, capsys):
    for name in ("done", "deep/er/done", "stopped", "damaged"):
        shutil.copytree(run, tmp_path / name)
    (tmp_path / "stopped" / "run.json").unlink()
    (tmp_path / "damaged" / "config.json").write_text("{")
    assert main(["runs", str(tmp_path), "--json"]) == 0
    rows = {row["run"].removeprefix(f"{tmp_path}/"): row for row in json.loads(capsys.readouterr().out)}
    assert {name: row["status"] for name, row in rows.items()} == {
        "done": "finished",
        "deep/er/done": "finished",
        "stopped": "stopped",
        "damaged": "damaged",
    }
    accuracy = json.loads((run / "metrics.json").read_text())["accuracy"]
    assert rows["done"]["accuracy"] == accuracy and rows["done"]["backbone"] == "glyphnet"
    assert main(["runs", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "95 % interval" in said and "feature_extraction_long" in said and said.count("finished") == 2
    (tmp_path / "none").mkdir()
    assert main(["runs", str(tmp_path / "none")]) == 0
    assert "No runs" in capsys.readouterr().out


def test_runs_need_no_keras(run, root):
    code = (
        "import sys; from ftlib.app.cli import main; "
        f"main(['runs', {str(run.parent)!r}]); print('keras' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.rstrip().endswith("False")
