"""Exported models answer as the trained one does, each in its own runtime; a wrong one is never put in its place."""

import importlib.util
import json
import shutil
import zipfile

import keras
import numpy as np
import pytest
import tiny

from ftlib.evidence.run import Run
from ftlib.exports.export import export, load_exports
from ftlib.exports.formats import FORMATS, Format, check_formats


def a_run(model=None, task=None):
    settings = {"task": {"name": "bands"}}
    return Run(model or tiny.model(), "full", 0, settings, [], [], [], [], ("top", "middle", "bottom"), task)


@pytest.fixture(scope="module")
def run():
    return a_run(task=tiny.task())


@pytest.fixture(scope="module")
def exported(run, tmp_path_factory):
    """An export in the formats that need no extra package, and what was said meanwhile."""
    folder, said = tmp_path_factory.mktemp("export") / "out", []
    return folder, export(run, folder, ["keras", "savedmodel", "litert"], say=said.append), said


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.slow
def test_each_format_answers_as_the_trained_model_does(exported):
    out, result, said = exported
    assert names(out) == ["export.json", "model.keras", "model.tflite", "savedmodel"]
    assert [row["format"] for row in result.rows] == ["keras", "savedmodel", "litert"]
    for row in result.rows:
        assert row["same"] == row["images"] == 12 and row["difference"] < 1e-4
        assert row["bytes"] > 5000 and 0 < row["median_ms"] <= row["slow_ms"]
    assert "12 of 12" in repr(result) and "converting to savedmodel, litert" in said
    told = json.loads((out / "export.json").read_text())
    assert told["classes"] == ["top", "middle", "bottom"] and told["input"]["shape"] == [None, 12, 12, 1]
    # A stranger can load the file: it was answered in a process without ftlib, and names nothing of it.
    assert b"ftlib" not in zipfile.ZipFile(out / "model.keras").read("config.json")


@pytest.mark.slow
@pytest.mark.usefixtures("runtimes_in_this_process")
def test_onnx_answers_as_the_trained_model_does(run, tmp_path):
    for module in ("tf2onnx", "onnxruntime"):
        pytest.importorskip(module)
    row = export(run, tmp_path, "onnx").rows[0]
    assert row["same"] == row["images"] and row["difference"] < 1e-4 and "ONNX Runtime" in row["runtime"]
    assert names(tmp_path) == ["export.json", "model.onnx"]


def awkward_model():
    """Returns a classifier with what has been lost on the way to ONNX: constants, a grouped convolution, and GELU."""
    keras.utils.set_random_seed(0)
    layers = keras.layers
    image = keras.Input((tiny.PIXELS, tiny.PIXELS, 1))
    x = layers.Normalization(mean=100.0, variance=1600.0)(image)
    x = layers.Conv2D(4, 3, strides=2, activation="relu")(x)
    x = layers.Conv2D(4, 3, padding="same", groups=2)(x)
    return tiny.with_head(keras.Model(image, layers.Activation("gelu")(x)))


@pytest.mark.slow
@pytest.mark.usefixtures("runtimes_in_this_process")
def test_onnx_takes_constants_grouped_convolutions_and_gelu(tmp_path):
    for module in ("tf2onnx", "onnxruntime"):
        pytest.importorskip(module)
    model, images = awkward_model(), tiny.pictures(np.arange(12) % 3)
    assert np.ptp(model.predict(images, verbose=0)) > 0.02  # not the same for all
    row = export(a_run(model), tmp_path, "onnx", images=images).rows[0]
    assert row["same"] == 12 and row["difference"] < 1e-4


@pytest.mark.slow
@pytest.mark.usefixtures("runtimes_in_this_process")
def test_another_export_of_the_same_model_is_listed_with_the_first(run, exported, tmp_path):
    out = shutil.copytree(exported[0], tmp_path / "out")
    export(run, out, "savedmodel")  # replaces the folder
    assert [row["format"] for row in load_exports(out)] == ["keras", "litert", "savedmodel"]
    assert names(out) == ["export.json", "model.keras", "model.tflite", "savedmodel"]
    export(a_run(tiny.model(seed=5), tiny.task()), out, "keras")
    assert [row["format"] for row in load_exports(out)] == ["keras"]  # the other files are another model now


@pytest.mark.slow
@pytest.mark.usefixtures("runtimes_in_this_process")
def test_a_model_with_other_answers_is_refused_and_the_old_file_stays(run, tmp_path, monkeypatch):
    (tmp_path / "model.keras").write_text("the old one")
    right = run.predict(run.task.test.images)
    monkeypatch.setattr(Run, "predict", lambda self, images: np.roll(right, 1, axis=1))
    with pytest.raises(RuntimeError, match="does not give the answers of the trained model: probabilities differ"):
        export(run, tmp_path, "keras")
    assert names(tmp_path) == ["model.keras"] and (tmp_path / "model.keras").read_text() == "the old one"


@pytest.mark.slow
def test_a_conversion_that_fails_says_why_and_leaves_no_litter(run, tmp_path, monkeypatch):
    monkeypatch.setitem(FORMATS, "litert", Format("model.wrong", (), None, ""))
    with pytest.raises(RuntimeError, match=r"The conversion failed(.|\n)*tflite"):
        export(run, tmp_path, "litert")
    assert names(tmp_path) == []


def test_a_converter_that_is_missing_is_named_with_its_extra_before_anything_is_written(run, tmp_path, monkeypatch):
    found = importlib.util.find_spec
    gone = ("tf2onnx", "onnx", "onnxruntime")
    monkeypatch.setattr("importlib.util.find_spec", lambda name, *rest: None if name in gone else found(name, *rest))
    with pytest.raises(ImportError, match=r"tf2onnx, onnx, onnxruntime.*pip install \"ftlib\[onnx\]\""):
        export(run, tmp_path / "out", ["keras", "onnx"])
    assert not (tmp_path / "out").exists()
    assert check_formats(["keras", "litert", "keras"]) == ("keras", "litert")


@pytest.mark.parametrize(
    "arguments, said",
    [
        ({"formats": "tflite"}, "Unknown format 'tflite'.*keras, litert, onnx, savedmodel"),
        ({"formats": []}, "at least one format"),
        ({"images": np.zeros((2, 9, 9, 1), "uint8")}, r"model's size, \(12, 12, 1\). Received: \(9, 9, 1\)"),
        ({"images": np.full((2, 12, 12, 1), 0.5)}, "Multiply by 255"),
    ],
)
def test_wrong_arguments_are_named_before_anything_is_written(run, tmp_path, arguments, said):
    with pytest.raises(ValueError, match=said):
        export(run, tmp_path / "out", **arguments)
    assert not (tmp_path / "out").exists()


def test_without_data_it_asks_for_images(tmp_path):
    with pytest.raises(ValueError, match="loaded without its data.*`images`"):
        export(a_run(), tmp_path / "out")
    (tmp_path / "file").write_text("")
    with pytest.raises(ValueError, match="Received: the file"):
        export(a_run(task=tiny.task()), tmp_path / "file")
