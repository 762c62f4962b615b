"""What people reported of tools of this kind, each with the right answer, and relatives of it."""

import csv
import dataclasses
import io
import json
import os
import shutil
import subprocess
import sys
import warnings

import keras
import numpy as np
import pytest
import tiny
from app_runs import short_epochs
from folders import bands, photos, table
from PIL import Image

import ftlib as ft
import ftlib.app.run_folder
import ftlib.training.checkpoints
import ftlib.training.devices
import ftlib.training.loop_rules
import ftlib.training.trainer
from ftlib.app.cli import main
from ftlib.app.run_config import DataConfig, RunConfig
from ftlib.app.run_files import locked
from ftlib.app.run_folder import RunFolder
from ftlib.models.backbone_files import of_size, without_classes
from ftlib.models.backbones import check_backbone, load_backbone
from ftlib.objectives.scores import score_predictions
from ftlib.tasks.folder.check import check_folder
from ftlib.tasks.folder.decode import read_picture
from ftlib.tasks.split import Split
from ftlib.text import format_command, format_table
from ftlib.training.random_layers import without_dropout_in

# --- what is given is what is used -----------------------------------------------------------------------------


class Column:
    """Stands for a column of a data frame: it is indexed by the numbers of its rows, not by their places."""

    def __init__(self, values, numbers):
        self.values, self.place = np.asarray(values), {n: i for i, n in enumerate(numbers)}

    def __array__(self, dtype=None, copy=None):
        return self.values

    def __len__(self):
        return len(self.values)

    def __getitem__(self, numbers):
        return self.values[[self.place[n] for n in np.atleast_1d(numbers)]]


def test_labels_of_a_data_frame_keep_their_order():
    task, rng = tiny.task(), np.random.default_rng(0)
    given = {}
    for part in ("train", "validation", "test"):
        split = getattr(task, part)
        shuffled = rng.permutation(len(split))
        given[part] = Split(split.images, Column(split.labels, shuffled), Column(split.ids, shuffled), list(split.ids))
    same = dataclasses.replace(task, **given)
    for part in given:
        one, other = getattr(same, part), getattr(task, part)
        np.testing.assert_array_equal(one.labels, other.labels)
        np.testing.assert_array_equal(one.ids, other.ids)
        at = np.array([3, 1, 2])
        np.testing.assert_array_equal(one.take(at).labels, other.labels[at])


def test_a_real_data_frame_trains_as_arrays_do(eager):
    pandas = pytest.importorskip("pandas")
    task = tiny.task()

    def shuffled(split):
        numbers = np.random.default_rng(1).permutation(len(split))
        return Split(split.images, pandas.Series(split.labels, index=numbers), pandas.Series(split.ids, index=numbers))

    parts = {part: shuffled(getattr(task, part)) for part in ("train", "validation", "test")}
    runs = [
        ft.fit(tiny.model(), given, "feature_extraction", "none", updates=12, verbose=False)
        for given in (task, dataclasses.replace(task, **parts))
    ]
    assert runs[0].history == runs[1].history and runs[0].test_accuracy == runs[1].test_accuracy
    with pytest.raises(ValueError, match="`groups` are missing"):
        Split(task.train.images[:2], [0, 1], [0, 1], pandas.Series(["a", None]))


@pytest.mark.parametrize(
    "images, labels",
    [
        ([np.zeros((4, 4, 1), "uint8")] * 3, [0, 1, 2]),
        (np.zeros((3, 4, 4, 1), "uint8"), (0, 1, 2)),
        (np.zeros((3, 4, 4, 1), "uint8"), np.array([0, 1, 2], object)),
        (keras.ops.zeros((3, 4, 4, 1)), keras.ops.convert_to_tensor([0, 1, 2])),
    ],
    ids=["list", "tuple", "objects", "tensors"],
)
def test_whatever_holds_them_becomes_arrays(images, labels):
    split = Split(images, labels, ["a", "b", "c"])
    assert split.labels.dtype.kind == "i" and split.labels.tolist() == [0, 1, 2]
    assert split.images[np.array([2, 0])].shape == (2, 4, 4, 1) and split.ids[np.array([2, 0])].tolist() == ["c", "a"]


class InOrder:
    """Stands for an HDF5 file, which gives its rows in rising order alone."""

    shape = (3, 4, 4, 1)

    def __len__(self):
        return 3

    def __array__(self, dtype=None, copy=None):
        return np.arange(48, dtype="float32").reshape(self.shape)

    def __getitem__(self, at):
        if np.any(np.diff(at) < 0):
            raise TypeError("Indexing elements must be in increasing order")
        return np.asarray(self)[at]


def test_small_labels_do_not_overflow():
    labels = np.arange(40, dtype="uint8") % 20
    split = Split(np.zeros((40, 4, 4, 1), "uint8"), labels, np.arange(40))
    assert split.labels.dtype == "int64"
    assert score_predictions(np.eye(20)[labels], split.labels)["macro_f1"] == 1.0


def test_images_that_come_in_one_order_alone_are_read():
    assert Split(InOrder(), [0, 1, 2], [0, 1, 2]).images[np.array([2, 0])][:, 0, 0, 0].tolist() == [32.0, 0.0]


@pytest.mark.parametrize(
    "given, error, said",
    [
        (dict(labels=[0.0, 1.0]), TypeError, "integers"),
        (dict(labels=[True, False]), TypeError, "integers"),
        (dict(labels=[[1, 0], [0, 1]]), ValueError, "not one-hot"),
        (dict(ids=[1]), ValueError, "1 ids"),
        (dict(groups=[1, 2, 3]), ValueError, "3 groups"),
        (dict(images=7), TypeError, "`inputs` are an array"),
        (dict(images=[np.zeros((4, 4, 1)), np.zeros((5, 4, 1))]), ValueError, "Images have one shape"),
        (dict(labels=np.ma.array([0, 1], mask=[0, 1])), ValueError, "missing"),
        (dict(groups=["a", None]), ValueError, "`groups` are missing"),
        (dict(groups=[1.0, float("nan")]), ValueError, "`groups` are missing"),
    ],
)
def test_a_split_or_its_task_refuses_what_it_cannot_take(given, error, said):
    with pytest.raises(error, match=said):
        split = Split(**{"images": np.zeros((2, 4, 4, 1)), "labels": [0, 1], "ids": ["a", "b"], **given})
        ft.Task("own", split, split, split, ("a", "b"), "here", "none")


# --- what Keras does otherwise from version to version ---------------------------------------------------------


@pytest.mark.backends
@pytest.mark.parametrize("accumulate", [1, 3])
def test_the_loss_of_an_epoch_is_the_mean_over_its_batches(monkeypatch, eager, accumulate):
    seen = []
    engine = type(ft.Hardware().make_executor())
    step = engine.step

    def watched(self, trainer, x, *y):
        said = keras.ops.convert_to_numpy(trainer(x, training=False))
        seen.append((-np.log((said * y[0]).sum(1)).mean(), (said.argmax(1) == y[0].argmax(1)).mean()))
        return step(self, trainer, x, *y)

    monkeypatch.setattr(engine, "step", watched)
    network, hardware = tiny.model(dropout=0.0), ft.Hardware(accumulate=accumulate)
    run = ft.fit(network, tiny.task(), "full", "none", updates=6, batch_size=6, verbose=False, hardware=hardware)
    (row,) = run.history
    loss, accuracy = np.mean(seen, axis=0)
    assert len(seen) == 6 * accumulate and abs(seen[-1][0] - loss) > 1e-3
    assert row["loss"] == pytest.approx(loss, abs=1e-4) and row["accuracy"] == pytest.approx(accuracy, abs=1e-6)


# --- the size of the images -------------------------------------------------------------------------------------


def any_size(classes=None):
    """Returns a small network for images of any size; with classes, a whole classifier."""
    layers = keras.layers
    image = keras.Input((None, None, 3))
    x = layers.Rescaling(1 / 255)(image)
    for filters in (4, 6):
        x = layers.ReLU()(layers.Conv2D(filters, 3, strides=2, padding="same")(x))
    if classes:
        x = layers.Dropout(0.1)(layers.GlobalAveragePooling2D()(x))
        x = layers.Dense(classes, activation="softmax", name="labels")(x)
    return keras.Model(image, x)


QUICK = ["--strategy", "feature_extraction_long", "--updates", "8", "--batch-size", "6", "--regularization", "none"]


@pytest.fixture(scope="module")
def backbone_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("backbone") / "any.keras"
    any_size().save(path)
    return path


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    return bands(tmp_path_factory.mktemp("data") / "bands", each=10)


@pytest.fixture(scope="module")
def run(pictures, backbone_file, tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "run"
    arguments = ["--backbone", str(backbone_file), "--image-size", "40", *QUICK]
    with short_epochs():
        assert main(["fit", str(pictures), "--out", str(out), "--quiet", *arguments]) == 0
    return out


def test_a_backbone_for_any_size_is_used_at_the_size_it_was_trained_at(run, pictures, capsys):
    assert RunFolder(run).image_shape == (40, 40, 3) and RunFolder(run).run().image_shape == (40, 40, 3)
    assert keras.models.load_model(run / "model.keras").input_shape == (None, 40, 40, 3)
    assert main(["predict", str(run), str(pictures), "--json"]) == 0
    said = {row["picture"]: row["classes"][0] for row in json.loads(capsys.readouterr().out)}
    loaded = RunFolder(run).run()
    test = loaded.task.test
    chances = loaded.predictions("test").max(1)
    assert [said[str(pictures / i)]["probability"] for i in test.ids] == pytest.approx(chances, abs=1e-5)


@pytest.mark.slow
@pytest.mark.usefixtures("runtimes_in_this_process")
def test_it_is_exported_at_that_size(run, tmp_path):
    assert main(["export", str(run), "--format", "Keras", "--out", str(tmp_path), "--quiet"]) == 0
    assert json.loads((tmp_path / "export.json").read_text())["input"]["shape"] == [None, 40, 40, 3]


def test_in_code_the_run_knows_its_size(eager, tmp_path):
    task = dataclasses.replace(tiny.task(), mirror=True)
    model = ft.classifier(any_size(), task.num_classes)
    run = ft.fit(model, task, "feature_extraction", "none", updates=4, run_dir=tmp_path / "run", verbose=False)
    assert run.model.input_shape == (None, None, None, 3) and run.image_shape == (12, 12, 3)
    again = ft.load_run(tmp_path / "run")
    assert again.image_shape == (12, 12, 3)
    np.testing.assert_allclose(again.predict(run.task.test.images), run.predictions("test"), atol=1e-6)
    with pytest.raises(ValueError, match=r"trained at, \(12, 12, 3\). Received: \(8, 8, 3\)"):
        again.predict(np.full((1, 8, 8, 3), 200, "uint8"))
    larger = ft.load_run(tmp_path / "run", tiny.task(pixels=24) if "pixels" in tiny.task.__code__.co_varnames else task)
    assert larger.task.image_shape == (12, 12, 3)


def test_a_size_that_a_file_does_not_take_is_refused(backbone_file, tmp_path):
    assert load_backbone(backbone_file, image_size=(20, 30)).input_shape == (None, 20, 30, 3)
    tiny.backbone().save(tmp_path / "fixed.keras")
    assert load_backbone(tmp_path / "fixed.keras", image_size=12).input_shape == (None, 12, 12, 1)
    with pytest.raises(ValueError, match="fixed.keras takes images of 12 by 12 pixels alone"):
        load_backbone(tmp_path / "fixed.keras", image_size=24)
    with pytest.raises(ValueError, match="20 by None"):
        of_size(keras.Model(i := keras.Input((20, None, 3)), keras.layers.Conv2D(2, 3)(i)), 24, "it")


@pytest.mark.parametrize("kind", ["functional", "sequential", "softmax layer", "sigmoid"])
def test_the_classes_of_an_earlier_task_are_cut_off_and_said(kind, tmp_path):
    layers, network = keras.layers, any_size(5)
    if kind == "sequential":
        network = keras.Sequential([any_size(), layers.GlobalAveragePooling2D(), layers.Dense(5, "softmax")])
    if kind in ("softmax layer", "sigmoid"):
        body = any_size(5)
        x = layers.Dense(5, activation=None if kind == "softmax layer" else "sigmoid")(body.layers[-2].output)
        network = keras.Model(body.input, layers.Softmax()(x) if kind == "softmax layer" else x)
    network.save(tmp_path / "whole.keras")
    with pytest.warns(UserWarning, match=r"whole.keras is a classifier of 5 classes: its last layers .* were cut off"):
        body = load_backbone(tmp_path / "whole.keras", image_size=16)
    assert ft.classifier(body, 3).output_shape == (None, 3) and body.output_shape == (None, 6)


def test_what_is_no_classifier_stays_whole():
    features = keras.Sequential([keras.Input((4,)), keras.layers.Dense(8), keras.layers.Dense(3)])
    assert without_classes(features) == (features, "") and without_classes(any_size())[1] == ""


def test_the_command_says_what_was_cut_off(pictures, tmp_path, capsys):
    any_size(5).save(tmp_path / "whole.keras")
    assert main(["advise", str(pictures), "--backbone", str(tmp_path / "whole.keras"), "--strategy", "top"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "is a classifier of 5 classes" in said and "at 224 x 224 pixels" in said


def test_channels_first_is_one_sentence():
    keras.config.set_image_data_format("channels_first")
    try:
        for call in (lambda: load_backbone("glyphnet"), lambda: ft.fit(None, None), lambda: ft.classifier(None, 2)):
            with pytest.raises(ValueError, match='"image_data_format": "channels_last" into keras.json'):
                call()
        assert main(["fit", "nowhere"]) == 2
    finally:
        keras.config.set_image_data_format("channels_last")


# --- names, and what is looked at before any work ------------------------------------------------------------------


def test_names_are_forgiving():
    assert check_backbone("mobilenetv2") == "MobileNetV2" and check_backbone("GlyphNet") == "glyphnet"
    assert ft.strategy("LP-FT").name == "lp_ft" and ft.load_task("Digits", 1).name == "digits"
    assert ft.Regularization.preset("Light") == ft.Regularization.preset("light")
    assert ft.Hardware(precision="Mixed-Float16").precision == "mixed_float16"
    assert ft.Phase("all", "ALL", schedule="Cosine").schedule == "cosine"
    with pytest.raises(ValueError, match="Unknown backbone 'mobilenetv9'. Did you mean 'MobileNetV2'"):
        check_backbone("mobilenetv9")


@pytest.mark.parametrize(
    "options",
    [
        ["--backbone", "mobilenetv9"],
        ["--strategy", "x"],
        ["--regularization", "x"],
        ["--image-size", "4"],
        ["--precision", "x"],
        ["--class-weight", "x"],
        ["--rate", "nan"],
        ["--updates", "1", "--strategy", "lp_ft"],
        ["--backbone", "glyphnet", "--image-size", "64"],
        ["--backbone", "MobileNetV2", "--image-size", "20"],
        ["--backbone", "nowhere.keras"],
        ["--backbone", "hub:./nowhere"],
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("command", ["fit", "advise"])
def test_options_are_looked_at_before_the_first_picture(command, options, pictures, monkeypatch, tmp_path, capsys):
    def never(*given, **options):
        raise AssertionError("a picture was read")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("ftlib.tasks.folder.inspection.check_folder", never)
    assert main([command, str(pictures), *options]) == 2
    assert "read" not in capsys.readouterr().err and not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "arguments",
    [["predict", "RUN", "PICTURES", "--format", "CSV"], ["predict", "RUN", "PICTURES", "--format", "Json"]],
)
def test_formats_are_forgiving(arguments, run, pictures, capsys):
    names = {"RUN": str(run), "PICTURES": str(pictures / "top")}
    assert main([names.get(word, word) for word in arguments]) == 0
    with pytest.raises(SystemExit):
        main(["predict", str(run), str(pictures), "--format", "xml"])
    assert "Unknown format 'xml'. Known: csv, json, table" in capsys.readouterr().err


def test_an_answer_is_not_written_over_a_picture(run, pictures, capsys):
    picture = pictures / "top" / "000.png"
    before = picture.read_bytes()
    assert main(["predict", str(run), str(picture), "--out", str(picture)]) == 2
    assert f"would write over {picture}, which is to be read" in capsys.readouterr().err
    assert picture.read_bytes() == before


# --- one road for output ----------------------------------------------------------------------------------------


# One process, since the imports take longest: it answers in all formats, with a line of its own after each, and trains.
PREDICTS_AND_FITS = """
import sys
from app_runs import main, short_epochs

run, pictures, config, out, own = sys.argv[1:]
for form in ("csv", "json", "table"):
    assert main(["predict", run, own, "--format", form]) == 0
    print("--", flush=True)
with short_epochs():
    sys.exit(main(["fit", pictures, "--config", config, "--out", out]))
"""


@pytest.mark.slow
def test_answers_come_on_any_code_page_and_whoever_stops_reading_does_not_stop_the_work(run, pictures, tmp_path, root):
    own, out = tmp_path / "own", tmp_path / "run"
    own.mkdir()
    shutil.copy(pictures / "top" / "000.png", own / "장미.png")
    paths = os.pathsep.join([str(root), str(root / "tests")])
    settings = {**os.environ, "PYTHONIOENCODING": "cp1252", "PYTHONPATH": paths}
    command = [sys.executable, "-c", PREDICTS_AND_FITS, run, pictures, run / "config.json", out, own]
    pipes = dict(stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    with subprocess.Popen([*map(str, command)], env=settings, **pipes) as process:
        said = {form: b"".join(iter(process.stdout.readline, b"--\n")) for form in ("csv", "json", "table")}
        assert b"the run is written to" in process.stdout.readline()
        process.stdout.close()  # as `head` does
        complaints = process.stderr.read().decode()
    (row,) = csv.DictReader(io.StringIO(said["csv"].decode("utf-8")))
    assert row["picture"].endswith("장미.png") and row["class"] in ("bottom", "middle", "top")
    assert json.loads(said["json"].decode("utf-8"))[0]["picture"].endswith("장미.png")
    assert "\\uc7a5\\ubbf8.png" in said["table"].decode("cp1252")
    assert RunFolder(out).is_trained and "Traceback" not in complaints and "Broken" not in complaints


@pytest.mark.parametrize(
    "out, said",
    [
        ("RUN/model.keras", "which is not a file of answers"),
        ("no/such/folder/a.csv", "there is no folder"),
        (".", "is a file to write to"),
    ],
)
def test_answers_are_refused_where_they_do_not_belong_before_the_work(out, said, run, pictures, capsys, monkeypatch):
    monkeypatch.setattr(keras.models, "load_model", lambda *given, **options: pytest.fail("it began"))
    before = (run / "model.keras").read_bytes()
    assert main(["predict", str(run), str(pictures), "--out", out.replace("RUN", str(run))]) == 2
    assert said in capsys.readouterr().err and (run / "model.keras").read_bytes() == before


def test_names_with_line_breaks_keep_a_table_in_its_lines():
    assert format_table([("picture", "class"), ("a\nb\t.png", "cat")]).splitlines()[1].startswith("a\\nb\\t.png")


def test_predictions_can_be_written_to_a_file_with_any_name(run, pictures, tmp_path, capsys):
    out = tmp_path / "말.csv"
    assert main(["predict", str(run), str(pictures / "top"), "--format", "csv", "--out", str(out)]) == 0
    assert len(list(csv.DictReader(out.open(encoding="utf-8")))) == 10


# --- runs that move ---------------------------------------------------------------------------------------------


def test_a_run_made_on_windows_is_evaluated_here(run, pictures, tmp_path, capsys):
    moved = shutil.copytree(run, tmp_path / "moved")
    head, *rows = (moved / "data.csv").read_text(encoding="utf-8").splitlines()
    assert all("/" in row for row in rows)
    (moved / "data.csv").write_text("\n".join([head, *(row.replace("/", "\\", 1) for row in rows)]), encoding="utf-8")
    config = json.loads((moved / "config.json").read_text(encoding="utf-8"))
    config["data"]["path"] = "C:\\Users\\me\\bands"
    (moved / "config.json").write_text(json.dumps(config), encoding="utf-8")
    assert main(["evaluate", str(moved)]) == 2
    error = capsys.readouterr().err
    assert "C:\\Users\\me\\bands" in error and f"ftlib evaluate {moved} --data FOLDER" in error
    assert main(["evaluate", str(moved), "--data", str(pictures), "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["accuracy"] == json.loads((run / "metrics.json").read_text())["accuracy"]


def test_a_table_from_windows_is_looked_for_where_it_was_and_nowhere_else(tmp_path):
    config = RunConfig(DataConfig("D:\\work\\labels.csv", table=True))
    assert str(RunFolder(tmp_path, config).pictures_root()) == "D:\\work"


@pytest.mark.parametrize("name, folder", [("con", "run-con"), ("AUX.photos", "run-AUX.photos"), ("꽃", "꽃")])
def test_a_run_can_have_its_name_on_every_system(name, folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert ftlib.app.run_folder.make_run_folder(None, name).path.name == folder


def test_a_stopped_run_whose_pictures_moved_goes_on_as_its_error_says(
    pictures, backbone_file, tmp_path, monkeypatch, eager, capsys
):
    here, out = shutil.copytree(pictures, tmp_path / "here"), tmp_path / "run"
    write = ftlib.training.checkpoints.CheckpointStore.write

    def stops(self, *given):
        write(self, *given)
        raise KeyboardInterrupt

    monkeypatch.setattr(ftlib.training.loop_rules, "SHORTEST_EPOCH", 4)
    with monkeypatch.context() as patch:
        patch.setattr(ftlib.training.checkpoints.CheckpointStore, "write", stops)
        command = ["fit", str(here), "--out", str(out), "--backbone", str(backbone_file), "--image-size", "24", *QUICK]
        assert main(command) == 130
    there = here.rename(tmp_path / "there")
    capsys.readouterr()
    assert main(["fit", "--resume", str(out)]) == 2
    error = capsys.readouterr().err
    assert f"ftlib fit FOLDER --resume {out}" in error and "go on with" not in error
    assert main(["fit", str(there), "--resume", str(out), "--quiet"]) == 0 and RunFolder(out).is_trained


# --- training where nothing is trained, and the project's own output -------------------------------------------------


@pytest.mark.parametrize("arranged", ["one class", "an empty class", "test alone", "a table of one class"])
def test_other_pictures_need_not_be_fit_to_train_on(arranged, run, tmp_path, capsys):
    bands(tmp_path / "all", each=4, seed=7)
    on = tmp_path / "on"
    if arranged == "test alone":
        shutil.copytree(tmp_path / "all", on / "test")
    else:
        shutil.copytree(tmp_path / "all" / "top", on / "top")
    if arranged == "an empty class":
        (on / "bottom").mkdir()
    if arranged == "a table of one class":
        on = table(on / "t.csv", [f"top/{i:03d}.png,top" for i in range(4)])
    assert main(["evaluate", str(run), "--on", str(on), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["images"] == (12 if arranged == "test alone" else 4)


def test_classes_are_known_in_other_letters(run, tmp_path, capsys):
    shutil.copytree(bands(tmp_path / "all", each=4, seed=7) / "top", tmp_path / "on" / "Top")
    assert main(["evaluate", str(run), "--on", str(tmp_path / "on")]) == 0
    assert "Top is taken for the class top of the run" in capsys.readouterr().out
    (tmp_path / "on" / "Top").rename(tmp_path / "on" / "roof")
    assert main(["evaluate", str(run), "--on", str(tmp_path / "on")]) == 2


def test_a_second_run_in_the_same_folder_is_refused(pictures, tmp_path, capsys):
    out = ftlib.app.run_folder.make_run_folder(tmp_path / "run", "run").path
    with locked(out):
        assert main(["fit", str(pictures), "--out", str(out), *QUICK]) == 2
    assert "Another process is training" in capsys.readouterr().err and [f.name for f in out.iterdir()] == [".lock"]


def test_pictures_without_classes_cannot_be_evaluated(run, pictures, capsys):
    assert main(["evaluate", str(run), "--on", str(pictures / "top")]) == 2
    assert "nothing says what they show" in capsys.readouterr().err


def test_a_run_below_its_own_pictures(backbone_file, tmp_path, monkeypatch, eager, capsys):
    monkeypatch.chdir(bands(tmp_path / "flowers", each=10))
    monkeypatch.setattr(ftlib.training.loop_rules, "SHORTEST_EPOCH", 4)
    command = ["fit", ".", "--backbone", str(backbone_file), "--image-size", "24", *QUICK, "--quiet"]
    assert main(command) == 0 and main(["check", "."]) == 0 and main(command) == 0
    capsys.readouterr()
    assert main(["runs", "--json"]) == 0
    assert sorted(row["run"] for row in json.loads(capsys.readouterr().out)) == ["runs/flowers", "runs/flowers-2"]
    assert RunFolder("runs/flowers-2").class_names == ("bottom", "middle", "top")


# --- what an error advises --------------------------------------------------------------------------------------


def test_what_is_advised_can_be_typed_as_it_stands(tmp_path, monkeypatch):
    program = tmp_path / ".venv" / "bin" / "ftlib"
    program.parent.mkdir(parents=True)
    program.touch(mode=0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [".venv/bin/ftlib", "run"])
    monkeypatch.setenv("PATH", str(tmp_path))
    if os.name != "nt":
        assert format_command("predict", "my run") == ".venv/bin/ftlib predict 'my run'"
    monkeypatch.setenv("PATH", str(program.parent))
    assert format_command("runs") == "ftlib runs"
    monkeypatch.setattr(sys, "argv", ["pytest"])
    assert format_command("runs") == "ftlib runs"


def test_a_loss_that_is_no_number_is_no_reason_to_go_on(pictures, backbone_file, tmp_path, monkeypatch, eager, capsys):
    plain = ftlib.training.trainer.Trainer.compute_loss
    diverged = lambda self, *given, **more: plain(self, *given, **more) * float("nan")  # noqa: E731
    monkeypatch.setattr(ftlib.training.trainer.Trainer, "compute_loss", diverged)
    out = tmp_path / "run"
    command = ["fit", str(pictures), "--out", str(out), "--backbone", str(backbone_file), "--image-size", "24", *QUICK]
    code, error = main([*command, "--rate", "10"]), capsys.readouterr().err
    assert code == 1, error
    assert "the rate 10 is too high" in error and "--resume" not in error
    assert f"with a lower rate: ftlib fit --config {out / 'config.json'} --rate RATE" in error


def test_a_checkpoint_that_may_not_be_read_is_not_called_damaged(tmp_path, monkeypatch):
    (tmp_path / "checkpoint.npz").write_bytes(b"cut off")
    with pytest.raises(ft.errors.DamagedFileError):
        ftlib.training.checkpoints.CheckpointStore(tmp_path, {})

    def refuse(*given, **options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(np, "load", refuse)
    with pytest.raises(PermissionError):
        ftlib.training.checkpoints.CheckpointStore(tmp_path, {})


# --- proofs, and what a model is left as ---------------------------------------------------------------------------


def with_state(norm=True):
    layers = keras.layers
    image = keras.Input((12, 12, 3))
    x = layers.SpectralNormalization(layers.Conv2D(4, 3, strides=2, activation="relu"))(image)
    x = layers.BatchNormalization()(x) if norm else x
    x = layers.Conv2D(6, 3, strides=2, activation="relu")(x)
    return ft.classifier(keras.Model(image, x), 3)


def batch(channels=3):
    return np.random.default_rng(0).uniform(0, 255, (6, 12, 12, channels)).astype("float32"), np.arange(6) % 3


@pytest.mark.backends
@pytest.mark.parametrize("batch_norm", ["train", "freeze"])
def test_the_state_of_a_layer_that_trains_may_move_whatever_its_name(batch_norm, eager):
    model = with_state()
    model.compile("adam", "sparse_categorical_crossentropy")
    rows = ft.unfreeze(model, batch_norm="train").rows
    assert {row["state"] for row in rows} == {"trainable"}
    ft.unfreeze(model, batch_norm=batch_norm)
    with ft.prove(model, batch_norm=batch_norm) as proof:
        model.fit(*batch(), epochs=3, verbose=0)
    assert all(p.holds for p in proof.results)


def test_the_state_of_a_frozen_layer_may_not(eager):
    model = with_state(norm=False)
    model.compile("adam", "sparse_categorical_crossentropy")
    ft.freeze(model)
    with pytest.raises(ft.errors.ProofError, match="frozen weights: .*vector_u moved"), ft.prove(model):
        layer = next(x for x in model._flatten_layers() if isinstance(x, keras.layers.SpectralNormalization))
        layer.vector_u.assign(2 * layer.vector_u)
        model.fit(*batch(), verbose=0)


@pytest.mark.backends
def test_under_a_head_of_zeros_nothing_can_move_in_the_first_update(eager):
    model = with_state(norm=False)
    model.compile("adam", "sparse_categorical_crossentropy")
    with ft.prove(model) as proof:
        model.train_on_batch(*batch())
    assert "could not yet, under a head of zeros" in repr(proof)
    with ft.prove(model) as proof:
        model.train_on_batch(*batch())
    assert "stages that train: 3 of 3 moved" in repr(proof)


def test_a_stage_that_should_move_and_does_not_still_breaks_the_proof():
    model = with_state(norm=False)
    model.compile(keras.optimizers.SGD(0.0), "sparse_categorical_crossentropy")
    with pytest.raises(ft.errors.ProofError, match="nothing moved in stage2, head"), ft.prove(model):
        model.train_on_batch(*batch())


class Falling(keras.optimizers.schedules.LearningRateSchedule):
    """A schedule that does not say how it can be made again."""

    def __init__(self, rate):
        self.rate = rate

    def __call__(self, step):
        return self.rate / (1 + keras.ops.cast(step, "float32"))


class Forgetful(keras.optimizers.SGD):
    """An optimizer whose `get_config` leaves an argument out, which an attribute holds."""

    def __init__(self, strength=1.0, learning_rate=0.01, **options):
        super().__init__(learning_rate, **options)
        self.strength = strength


class Silent(keras.optimizers.SGD):
    """An optimizer that keeps an argument to itself."""

    def __init__(self, strength, learning_rate=0.01, **options):
        super().__init__(learning_rate, **options)


OPTIMIZERS = {
    "schedule": lambda: keras.optimizers.Adam(Falling(1e-3)),
    "function": lambda: keras.optimizers.Adam(lambda: 1e-3),
    "scaled": lambda: keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam(Falling(1e-3))),
    "own class": lambda: Forgetful(0.25),
}


def rate_of(optimizer):
    return getattr(optimizer, "inner_optimizer", optimizer)._learning_rate


@pytest.mark.backends
@pytest.mark.parametrize("trained", [False, True])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_freezing_keeps_an_optimizer_of_ones_own(name, trained, request):
    if name != "own class":  # one of them compiled: what is kept is the same for all
        request.getfixturevalue("eager")
    model, optimizer = tiny.model(), OPTIMIZERS[name]()
    model.compile(optimizer, "sparse_categorical_crossentropy")
    if trained:
        model.fit(*batch(channels=1), verbose=0)
    ft.freeze(model)
    assert type(model.optimizer) is type(optimizer)
    assert not trained or model.optimizer is not optimizer
    assert getattr(model.optimizer, "strength", 0.25) == 0.25
    if name != "own class":
        assert rate_of(model.optimizer) is rate_of(optimizer)
    with ft.prove(model):
        model.fit(*batch(channels=1), verbose=0)


def test_an_optimizer_that_cannot_be_made_again_changes_nothing(eager):
    model = with_state()
    model.compile(Silent(0.5), "sparse_categorical_crossentropy")
    ft.freeze(model)  # it has not trained: it is used as it is
    ft.unfreeze(model)
    model.fit(*batch(), verbose=0)
    before = [layer.trainable for layer in model._flatten_layers()], model.optimizer
    with pytest.raises(ValueError, match="leaves out 'strength'. Nothing was changed"):
        ft.freeze(model)
    assert ([layer.trainable for layer in model._flatten_layers()], model.optimizer) == before


def test_a_compile_that_fails_leaves_the_flags(monkeypatch):
    model = with_state()
    model.compile("adam", "sparse_categorical_crossentropy")
    before = [layer.trainable for layer in model._flatten_layers()]
    monkeypatch.setattr(type(model), "compile", lambda self, **given: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        ft.freeze(model)
    assert [layer.trainable for layer in model._flatten_layers()] == before


def test_layerwise_takes_a_schedule_of_ones_own():
    schedule = Falling(1e-3)
    optimizer = ft.layerwise(keras.optimizers.Adam(schedule), tiny.model(), decay=0.5)
    assert optimizer._learning_rate is schedule


# --- random layers of frozen stages --------------------------------------------------------------------------------


@keras.saving.register_keras_serializable("field")
class Shaky(keras.layers.Layer):
    """A random layer whose strength has a name of its own."""

    def __init__(self, shake=5.0, **options):
        super().__init__(**options)
        self.shake, self.draws = shake, keras.random.SeedGenerator(0)

    def call(self, x, training=False):
        return x + self.shake * keras.random.normal(keras.ops.shape(x), seed=self.draws) if training else x

    def get_config(self):
        return {**super().get_config(), "shake": self.shake}


def test_a_run_says_that_random_layers_of_frozen_stages_are_off(eager):
    layers = keras.layers
    image = keras.Input((12, 12, 1))
    x = Shaky(name="shaky")(layers.RandomTranslation(0.1, 0.1, name="moves")(image))
    x = layers.Dropout(0.5, name="drops")(layers.Conv2D(4, 3, strides=2, activation="relu")(x))
    model = ft.classifier(keras.Model(image, layers.Conv2D(6, 3, strides=2, activation="relu")(x)), 3)
    (note,) = ft.fit(model, tiny.task(), "feature_extraction", "none", updates=4, verbose=False).notes
    for name in ("RandomTranslation 'moves'", "Shaky 'shaky'", "Dropout 'drops'", "stage1", "off"):
        assert name in note
    assert ft.fit(model, tiny.task(), "full", "none", updates=4, verbose=False).notes == []


def test_they_are_off_whatever_they_are_made_of():
    image = keras.Input((12, 12, 1))
    model = ft.classifier(keras.Model(image, keras.layers.Conv2D(4, 3, strides=2)(Shaky()(image))), 3)
    x, found = np.ones((2, 12, 12, 1), "float32"), ft.stages(model)
    quiet = keras.ops.convert_to_numpy(model.get_layer("backbone")(x, training=False))
    loud = keras.ops.convert_to_numpy(model.get_layer("backbone")(x, training=True))
    with without_dropout_in(found, ["head"]):
        silenced = keras.ops.convert_to_numpy(model.get_layer("backbone")(x, training=True))
    after = keras.ops.convert_to_numpy(model.get_layer("backbone")(x, training=True))
    np.testing.assert_array_equal(silenced, quiet)
    assert np.abs(loud - quiet).max() > 0.1 and np.abs(after - quiet).max() > 0.1


# --- what pictures hold --------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("size", [(12000, 9000), (16400, 12000)], ids=["108 megapixels", "197 megapixels"])
def test_a_huge_photo_is_decoded_small(size, tmp_path):
    Image.new("L", size, 90).save(tmp_path / "huge.jpg", quality=50)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        image, form, full, _ = read_picture(tmp_path / "huge.jpg", at_least=448)
        assert form == "JPEG" and full == size and max(image.size) < 2100 and min(image.size) >= 448
        with pytest.raises(ValueError, match="save it smaller"):
            read_picture(tmp_path / "huge.jpg")


def test_a_huge_file_of_another_kind_is_left_out_with_advice(tmp_path, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    Image.new("L", (40, 40)).save(tmp_path / "a.png")
    with pytest.raises(ValueError, match="40 x 40 pixels, over Pillow's limit .* save it smaller"):
        read_picture(tmp_path / "a.png", at_least=8)


def icon(i, hollow, colour=255):
    yy, xx = np.mgrid[:48, :48]
    radius = (xx - 24) ** 2 + (yy - 24) ** 2
    shape = (radius < (8 + i) ** 2) & ~(hollow & (radius < (3 + i) ** 2))
    pixels = np.zeros((48, 48, 4), "uint8")
    pixels[shape] = (colour, colour, colour, 255)
    return Image.fromarray(pixels)


@pytest.mark.parametrize("colour, kind", [(255, "transparent light"), (0, "transparent")])
def test_icons_on_transparent_ground_are_seen(colour, kind, tmp_path):
    for name in ("disc", "ring"):
        (tmp_path / name).mkdir()
        for i in range(15):
            icon(i, name == "ring", colour).save(tmp_path / name / f"{i:02d}.png")
    report = check_folder(tmp_path)
    assert len(report.files) == 30 and not report.conflicts and len(report.converted[kind]) == 30
    assert all(look.thumbnail.std() > 10 for look in report.looks.values())


def test_what_is_wholly_transparent_has_colours_all_the_same(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 255, (20, 20, 4)).astype("uint8")
    pixels[..., 3] = 0
    Image.fromarray(pixels).save(tmp_path / "a.png")
    image, _, _, conversions = read_picture(tmp_path / "a.png")
    assert "invisible" in conversions and np.asarray(image).std() > 10


@pytest.mark.slow
def test_a_long_strip_is_decoded_wherever_it_was_checked(tmp_path):
    Image.new("L", (60000, 2000), 90).save(tmp_path / "strip.jpg", quality=50)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for least in (512, 1200, 4000):
            assert max(read_picture(tmp_path / "strip.jpg", at_least=least)[0].size) <= 30000


def test_deep_pictures_that_lose_their_steps_are_a_warning(tmp_path):
    photos(tmp_path, each=6)
    dark = np.random.default_rng(0).integers(0, 4000, (6, 32, 32)).astype("uint16")
    for i, pixels in enumerate(dark):
        Image.fromarray(pixels).save(tmp_path / "cat" / f"dark{i}.png")
    Image.fromarray(16 * dark[0]).save(tmp_path / "cat" / "whole.png")
    from ftlib.tasks.folder.inspection import inspect_data

    findings = {f.kind: f for f in inspect_data(tmp_path).findings}
    assert findings["loss"].level == "warning" and "save them scaled to the whole range" in findings["loss"].text
    report = check_folder(tmp_path)
    assert len(report.converted["16-bit narrow"]) == 6 and report.converted["16-bit"] == ("cat/whole.png",)
