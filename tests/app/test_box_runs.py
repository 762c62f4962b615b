"""Pictures with boxes through the command: check, fit, resume, predict, evaluate, export and the report."""

import csv
import io
import json
import shutil

import keras
import numpy as np
import pytest
from app_runs import RUN_FILES, after_checkpoints, assert_same_scores, interrupt
from box_folders import draw, save_picture, write_coco, write_voc, write_yolo
from PIL import Image

import ftlib as ft
from ftlib.app.cli import main
from ftlib.app.run_folder import RunFolder
from ftlib.objectives.boxes import place_boxes

pytestmark = [pytest.mark.usefixtures("short_epochs"), pytest.mark.slow]
FEW = ["--updates", "6", "--batch-size", "4", "--quiet", "--strategy", "scratch", "--rate", "3e-3"]
SIDE = 48


def tiny_backbone():
    keras.utils.set_random_seed(1000)
    image = keras.Input((SIDE, SIDE, 3), name="image")
    features = keras.layers.Rescaling(1 / 255, name="scale")(image)
    for number, filters in enumerate((8, 16, 16), start=1):
        features = keras.layers.Conv2D(filters, 3, 2, padding="same", activation="relu", name=f"conv{number}")(features)
    return keras.Model(image, features, name="tiny")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with pictures and boxes, and a small network beside it."""
    folder = tmp_path_factory.mktemp("boxes")
    write_voc(folder / "shapes", 40)
    tiny_backbone().save(folder / "tiny.keras")
    return folder


def fit(place, out, *more):
    return main(["fit", str(place / "shapes"), "--backbone", str(place / "tiny.keras"), "--out", str(out), *FEW, *more])


@pytest.fixture(scope="module")
def run(place, tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "shapes"
    assert fit(place, out) == 0
    return out


def test_check_says_what_is_there(place, capsys):
    assert main(["check", str(place / "shapes"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["target"] == "boxes" and found["class_names"] == ["disc", "square"]
    assert main(["check", str(place / "shapes"), "--image-size", "24"]) == 0
    said = " ".join(capsys.readouterr().out.split())  # lines break where the path lets them
    assert "with boxes of 2 classes" in said and "read as Pascal VOC xml" in said and "images of 24 x 24" in said


def test_the_folder_of_a_run_is_as_any_other(run):
    assert sorted(path.name for path in run.iterdir() if not path.name.startswith(".")) == RUN_FILES
    metrics = json.loads((run / "metrics.json").read_text())
    assert [score["name"] for score in metrics["scores"]] == ["map50", "map"]
    assert all(score["low"] <= score["value"] <= score["high"] for score in metrics["scores"])
    assert {row["name"] for row in metrics["rows"]} == {"disc", "square"}
    page = (run / "report.html").read_text(encoding="utf-8")
    for words in ("a model that finds disc, square", "Precision against recall", "Boxes on test images", "Mistakes"):
        assert words in page


def test_a_stopped_run_goes_on_to_the_same_end(place, run, tmp_path, monkeypatch):
    out = tmp_path / "run"
    with monkeypatch.context() as patch:
        after_checkpoints(1, patch, interrupt)
        assert fit(place, out) == 130
    assert main(["fit", "--resume", str(out), "--quiet"]) == 0
    assert_same_scores(out, run)


def test_a_run_is_repeated_from_its_configuration(run, tmp_path):
    out = tmp_path / "again"
    assert main(["fit", "--config", str(run / "config.json"), "--out", str(out), "--quiet"]) == 0
    assert_same_scores(out, run)


def test_predict_answers_in_pixels_of_the_file(run, place, tmp_path, capsys):
    picture = Image.open(place / "shapes" / "0003.png").resize((216, 144))
    picture.save(tmp_path / "large.png")
    files = [str(place / "shapes" / "0003.png"), str(tmp_path / "large.png")]
    assert main(["predict", str(run), *files, "--json", "--threshold", "0.02"]) == 0
    small, large = json.loads(capsys.readouterr().out)
    assert small["size"] == [72, 48] and large["size"] == [216, 144] and small["boxes"]
    assert set(small["boxes"][0]) == {"class", "score", "box"}
    for answer in (small, large):
        corners = np.array([box["box"] for box in answer["boxes"]])
        assert (corners[:, :2] >= 0).all() and (corners[:, 2:] <= np.array(answer["size"]) + 1e-6).all()
    loaded = ft.load_run(run).with_task(RunFolder(run).load_task())
    images = loaded.task.test.inputs
    expected = ft.decode(loaded.predict(type(images)([place / "shapes" / "0003.png"], (SIDE, SIDE))), 0.02)[0]
    inside = place_boxes(np.array([[*small["boxes"][0]["box"], 0]]), (48, 72), (SIDE, SIDE))[0, :4]
    np.testing.assert_allclose(inside, np.clip(expected[0, :4], [0, 8, 0, 8], [48, 40, 48, 40]), atol=0.1)


def test_predict_writes_tables_and_pictures(run, place, tmp_path, capsys):
    files = [str(place / "shapes" / f"{number:04d}.png") for number in (0, 3)]
    (tmp_path / "broken.png").write_bytes(b"no picture")
    assert (
        main(["predict", str(run), *files, str(tmp_path / "broken.png"), "--format", "csv", "--threshold", ".02"]) == 1
    )
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert {row["picture"] for row in rows} == {*files, str(tmp_path / "broken.png")}
    assert rows[-1]["error"] and float(rows[0]["x1"]) > float(rows[0]["x0"])
    assert main(["predict", str(run), *files, "--draw", str(tmp_path / "drawn")]) == 0
    assert "objects" in capsys.readouterr().out
    assert sorted(path.name for path in (tmp_path / "drawn").iterdir()) == ["0000.png", "0003.png"]


def test_evaluate_on_the_own_test_and_on_others(run, tmp_path, capsys):
    assert main(["evaluate", str(run), "--json"]) == 0
    own = json.loads(capsys.readouterr().out)
    assert own["scores"] == json.loads((run / "metrics.json").read_text())["scores"]
    (tmp_path / "other").mkdir()
    write_coco(tmp_path / "other" / "boxes.json", 8, seed=9)
    assert main(["evaluate", str(run), "--on", str(tmp_path / "other")]) == 0
    assert "8 test pictures" in capsys.readouterr().out
    write_yolo(tmp_path / "unknown", count=4, names_file="classes.txt")
    (tmp_path / "unknown" / "classes.txt").write_text("disc\nring\n")
    assert main(["evaluate", str(run), "--on", str(tmp_path / "unknown")]) == 2
    assert "does not know: ring" in capsys.readouterr().err


def test_pictures_that_have_moved(run, place, tmp_path, capsys):
    copy = tmp_path / "run"
    shutil.copytree(run, copy)
    moved = tmp_path / "moved"
    moved.mkdir()
    for path in (place / "shapes").glob("*.png"):
        shutil.copy(path, moved)
    assert main(["evaluate", str(copy), "--data", str(moved), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["scores"] == json.loads((run / "metrics.json").read_text())["scores"]
    (moved / "0003.png").unlink()
    assert main(["evaluate", str(copy), "--json"]) == 2


@pytest.mark.parametrize("name", ["keras", "litert"])
def test_a_run_with_boxes_is_exported(run, tmp_path, name):
    assert main(["export", str(run), "--format", name, "--out", str(tmp_path / "export"), "--quiet"]) == 0
    described = json.loads((tmp_path / "export" / "export.json").read_text())
    assert described["predicts"] == "detection" and described["output"]["names"][:4] == ["x0", "y0", "x1", "y1"]
    assert described["files"][0]["same"] == described["files"][0]["images"]
    assert (tmp_path / "export" / "boxes.py").is_file()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--box-format", "pascal"], "format of boxes"),
        (["--box-format", "yolo"], "has no file with boxes in YOLO txt. Found: voc"),
        (["--group-pattern", "("], "is a regular expression"),
        (["--tokenizer", "minibert"], "--tokenizer is for texts"),
        (["--label-column", "boxes"], "Boxes are read from the files beside the pictures"),
        (["--target", "class"], "no class folders"),
    ],
)
def test_options_that_make_no_sense(place, tmp_path, capsys, arguments, message):
    assert fit(place, tmp_path / "run", *arguments) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--top", "2"], "--top is for one class each"),
        (["--threshold", "0"], "--threshold lies above 0"),
        (["--draw", "{pictures}"], "among the pictures"),
    ],
)
def test_options_of_predict_that_make_no_sense(run, tmp_path, capsys, arguments, message):
    save_picture(tmp_path / "a.png", draw(1)[0][0])
    filled = [argument.format(pictures=tmp_path) for argument in arguments]
    assert main(["predict", str(run), str(tmp_path / "a.png"), *filled]) == 2
    assert message in capsys.readouterr().err


def test_options_of_boxes_are_refused_for_a_run_on_classes(quick_run, pictures, tmp_path, capsys):
    for arguments in (["--threshold", "0.5"], ["--draw", str(tmp_path / "drawn")]):
        assert main(["predict", str(quick_run), str(pictures), *arguments]) == 2
        assert "is for boxes, and this model answers with classes" in capsys.readouterr().err
    assert main(["check", str(pictures), "--box-format", "voc"]) == 2
    assert "is for pictures with boxes" in capsys.readouterr().err
