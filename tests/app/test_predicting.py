"""`ftlib predict`: classes of pictures, as a table, as CSV and as JSON."""

import csv
import io
import json

import pytest

from ftlib.app.cli import main


def test_predict_as_a_table_csv_and_json(more_pictures, good_run, capsys):
    files = [str(more_pictures / "top" / "000.png"), str(more_pictures / "bottom")]
    assert main(["predict", str(good_run), *files]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["picture", "class", "probability"] and len(lines) == 22
    assert lines[1].split()[0].endswith("000.png")
    assert main(["predict", str(good_run), *files, "--format", "csv", "--top", "2"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert len(rows) == 21 and float(rows[0]["probability"]) >= float(rows[0]["probability2"])
    assert main(["predict", str(good_run), *files, "--json", "--top", "9"]) == 0
    answers = json.loads(capsys.readouterr().out)
    assert [len(answer["classes"]) for answer in answers] == [3] * 21
    assert sum(said["probability"] for said in answers[0]["classes"]) == pytest.approx(1, abs=1e-4)
    right = sum(answer["classes"][0]["name"] == "bottom" for answer in answers[1:])
    assert right >= 15  # of 20


def test_predict_says_the_same_as_the_model_alone(more_pictures, good_run, capsys):
    import keras
    import numpy as np
    from PIL import Image

    path = more_pictures / "middle" / "001.png"
    assert main(["predict", str(good_run), str(path), "--json", "--top", "3"]) == 0
    (answer,) = json.loads(capsys.readouterr().out)
    names = json.loads((good_run / "class_names.json").read_text())
    pixels = np.asarray(Image.open(path).resize((32, 32), Image.Resampling.BILINEAR), "float32")[None, :, :, None]
    chances = np.asarray(keras.models.load_model(good_run / "model.keras").predict(pixels, verbose=0))[0]
    assert {said["name"]: said["probability"] for said in answer["classes"]} == pytest.approx(
        dict(zip(names, chances.tolist(), strict=True)), abs=1e-4
    )


def test_files_that_are_no_pictures_are_named_and_the_rest_is_told(more_pictures, good_run, tmp_path, capsys):
    (tmp_path / "notes.png").write_text("no picture")
    out = tmp_path / "said.csv"
    good = str(more_pictures / "top" / "000.png")
    arguments = ["predict", str(good_run), str(tmp_path / "notes.png"), good, "--format", "csv", "--out", str(out)]
    assert main(arguments) == 1
    bad, fine = csv.DictReader(io.StringIO(out.read_text()))
    assert bad["error"] == "not a picture" and bad["class"] == "" and fine["class"] and fine["error"] == ""
    assert main(["predict", str(good_run), str(tmp_path / "notes.png")]) == 1
    assert "not a picture" in capsys.readouterr().out
