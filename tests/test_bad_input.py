"""Bad input: one clear error, which says what was expected and what came, before any work."""

import dataclasses
import types
from pathlib import Path

import keras
import numpy as np
import pytest
import tiny
from PIL import Image
from sound_folders import write_sounds

import ftlib as ft
import ftlib.models.shipped_files
import ftlib.training.fit
from ftlib.tasks.split import Split
from ftlib.training.batches import weigh_classes


@pytest.fixture(scope="module")
def model():
    return tiny.model()


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(3, activation="softmax")

    def call(self, x):
        return self.dense(keras.ops.reshape(x, (-1, 144)))


def images(change, *parts):
    """Returns an act that trains with changed images in some splits, by default the one to train on."""

    def act(t):
        splits = {part: getattr(t.task, part) for part in parts or ["train"]}
        changed = {part: dataclasses.replace(split, images=change(split.images)) for part, split in splits.items()}
        ft.fit(t.model, dataclasses.replace(t.task, **changed), updates=3)

    return act


def labels(change):
    task = tiny.task()
    return dataclasses.replace(task, train=dataclasses.replace(task.train, labels=change(task.train.labels)))


def with_nan(pixels):
    pixels = pixels.astype("float32")
    pixels[3, 2, 1, 0] = np.nan
    return pixels


def shorter_ids():
    split = tiny.split(6)
    return dataclasses.replace(tiny.task(), train=Split(split.images, split.labels, split.ids[:4]))


def no_examples():
    return dataclasses.replace(tiny.task(), validation=tiny.split(0))


def folder(tmp, *names):
    for name in names:
        path = tmp / "photos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((9, 9), len(name), "uint8")).save(path)
    (tmp / "photos").mkdir(exist_ok=True)
    return tmp / "photos"


def sounds(tmp, *classes, content=None):
    for class_name in classes:
        write_sounds(tmp / "sounds", each=3, classes=(class_name,))
        for file in (tmp / "sounds" / class_name).iterdir() if content else ():
            file.write_bytes(content)
    return tmp / "sounds"


def damaged_weights(t):
    """Loads glyphnet from a copy of ftlib's weights in which one byte is another."""
    for source in Path(ft.__file__).with_name("weights").iterdir():
        (t.tmp / source.name).write_bytes(source.read_bytes())
    path = t.tmp / "glyphnet.weights.h5"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    t.patch.setattr(ftlib.models.shipped_files, "_FOLDER", t.tmp)
    ft.load_backbone("glyphnet")


def other_weights(t):
    t.model.save_weights(t.tmp / "other.weights.h5")
    return t.tmp / "other.weights.h5"


def saved(t, network):
    network.save(t.tmp / "some.keras")
    return t.tmp / "some.keras"


def two_inputs():
    inputs = [keras.Input((4,)), keras.Input((4,))]
    return keras.Model(inputs, keras.layers.Add()(inputs))


def two_outputs():
    image = keras.Input((12, 12, 1))
    return keras.Model(image, [keras.layers.ReLU()(image), keras.layers.Flatten()(image)])


def written(path, text):
    path.write_text(text)
    return path


def run_in(t, run_dir):
    return ft.fit(t.model, tiny.task(), run_dir=run_dir)


def phases(*changes, **options):
    listed = [ft.Phase(f"phase{i}", **change) for i, change in enumerate(changes)]
    return ft.Strategy("mine", "pretrained", listed, **options)


def trains(*names):
    return phases({"train": names})


# Name: (what is done, the error, what its message says: the expectation, what came, or what to do).
CASES = {
    # Names, with the nearest known one.
    "task name": (lambda t: ft.load_task("digit"), ValueError, ["Unknown task 'digit'", "Did you mean 'digits'?"]),
    "backbone name": (lambda t: ft.load_backbone("MobileNetV4"), ValueError, ["'MobileNetV4'", "'MobileNetV"]),
    "strategy name": (lambda t: ft.fit(t.model, t.task, "ful"), ValueError, ["strategy 'ful'", "'full'"]),
    "preset name": (lambda t: ft.fit(t.model, t.task, regularization="lite"), ValueError, ["'lite'", "'light'"]),
    "stage name": (lambda t: ft.freeze(t.model, "stage33"), ValueError, ["stage 'stage33'", "'stage3'"]),
    "stage name in a phase": (lambda t: ft.fit(t.model, t.task, trains("stag2")), ValueError, ["'stag2'", "'stage2'"]),
    "initializer name": (lambda t: ft.reinitialize(t.model, "he_norm"), ValueError, ["'he_norm'", "'he_normal'"]),
    "augmentation name": (lambda t: ft.Regularization(augmentation="storng"), ValueError, ["'storng'", "'strong'"]),
    "schedule name": (lambda t: ft.Phase("x", "all", schedule="cosin"), ValueError, ["'cosin'", "'cosine'"]),
    "start name": (lambda t: ft.Strategy("x", "rand", ()), ValueError, ["start 'rand'", "'random'"]),
    "value of train": (lambda t: ft.Phase("x", "heads"), ValueError, ["'heads'", "'head'"]),
    "head name": (lambda t: ft.freeze(tiny.foreign_model(), head="pol"), ValueError, ["layer 'pol'", "'pool'"]),
    "batch_norm": (lambda t: ft.unfreeze(t.model, batch_norm="yes"), ValueError, ['"freeze" or "train"', "'yes'"]),
    "split name": (lambda t: t.run.predictions("valid"), ValueError, ['"validation"', "'valid'"]),
    # Images and labels.
    "floats up to 1": (images(lambda x: x / np.float32(255)), ValueError, ["0 to 255", "floats from 0", "by 255"]),
    "pixels below 0": (images(lambda x: x - np.float32(128)), ValueError, ["from 0 to 255", "values from -128"]),
    "pixels above 255": (images(lambda x: x.astype("uint16") * 9), ValueError, ["from 0 to 255", "to 21"]),
    "pixels above 255 to be resized": (
        images(lambda x: x.astype("uint16").repeat(2, 1).repeat(2, 2) * 9, "train", "validation", "test"), ValueError,
        ["from 0 to 255", "to 21"],
    ),
    "NaN pixels": (images(with_nan), ValueError, ["train images contain NaN", "leave them out"]),
    "NaN in validation": (images(with_nan, "validation"), ValueError, ["validation images contain NaN"]),
    "four channels": (images(lambda x: x.repeat(4, 3)), ValueError, ["1 or 3 channels", "(24, 12, 12, 4)"]),
    "images of strings": (images(lambda x: x.astype(str)), TypeError, ["uint8 or float32", "dtype <U"]),
    "flat images": (images(lambda x: x[..., 0]), ValueError, ["(n, height, width, channels)", "(24, 12, 12)"]),
    "images to predict": (lambda t: t.run.predict(np.zeros((2, 12, 12, 1))), ValueError, ["0 to 255", "by 255"]),
    "float labels": (lambda t: labels(lambda y: y * 1.0), TypeError, ["integers", "dtype float64"]),
    "one-hot labels": (lambda t: labels(lambda y: np.eye(3, dtype=int)[y]), ValueError, ["(n,)", "(24, 3)"]),
    "labels out of range": (lambda t: labels(lambda y: y + 1), ValueError, ["0..2", "train labels from 1 to 3"]),
    "negative labels": (lambda t: labels(lambda y: y - 1), ValueError, ["0..2", "from -1 to 1"]),
    "ids missing": (lambda t: shorter_ids(), ValueError, ["as many targets, ids and groups", "6 targets, 4 ids"]),
    "an empty split": (lambda t: no_examples(), ValueError, ["validation split", "empty"]),
    "too few examples": (lambda t: ft.load_task("digits", 1000), ValueError, ["asks for more than class", "1000"]),
    "half a label": (lambda t: ft.load_task("digits", 1.5), ValueError, ["whole number of at least 1", "1.5"]),
    "seed of a task": (lambda t: ft.load_task("digits", 1, seed=-1), ValueError, ["at least 0", "seed=-1"]),
    # Folders.
    "no such folder": (lambda t: ft.load_task(t.tmp / "none"), FileNotFoundError, ["none"]),
    "an empty folder": (lambda t: ft.load_task(folder(t.tmp)), ValueError, ["photos"]),
    "one class only": (lambda t: ft.load_task(folder(t.tmp, "a/1.png", "a/22.png")), ValueError, ["class"]),
    "one class of sounds": (
        lambda t: ft.load_task(sounds(t.tmp, "a")), ValueError, ["the single class 'a'", "sound.wav"],
    ),
    "sounds without a length": (
        lambda t: ft.load_task(sounds(t.tmp, "a", "b"), seconds=-1), ValueError, ["`seconds`", "Received: seconds=-1"],
    ),
    "sounds at no rate": (
        lambda t: ft.check_sounds(sounds(t.tmp, "a", "b"), sample_rate="16k"), ValueError, ["`sample_rate`", "'16k'"],
    ),
    "no sound that can be read": (
        lambda t: ft.load_task(sounds(t.tmp, "a", "b", content=b"ID3")), ValueError, ["needs at least 3 sounds", "0"],
    ),
    "image size of sounds": (
        lambda t: ft.load_task(sounds(t.tmp, "a", "b"), image_size=32), ValueError, ["read as sounds", "image_size"],
    ),
    "the loudness of pictures": (lambda t: ft.measure_sound_baseline(t.task), ValueError, ["sounds", "<Task"]),
    "pictures without boxes": (
        lambda t: ft.check_boxes(folder(t.tmp, "1.png")), ValueError, ["no boxes that can be read", "COCO json"],
    ),
    "a format of boxes": (
        lambda t: ft.check_boxes(folder(t.tmp, "1.png"), box_format="pascal"), ValueError, ["'pascal'", "voc"],
    ),
    "boxes without detections": (
        lambda t: ft.box_mistakes([], [np.zeros((0, 5))]), ValueError, ["detections of 0 images, targets of 1"],
    ),
    "an overlap of nothing": (
        lambda t: ft.box_mistakes([], [], iou=0), ValueError, ["`iou` lies above 0", "iou=0"],
    ),
    "a folder in a class": (lambda t: ft.load_task(folder(t.tmp, "a/b/1.png", "c/d/2.png")), ValueError, ["photos"]),
    # Backbones and classifiers.
    "a flipped byte": (damaged_weights, ValueError, ["SHA-256", "the card says", "make weights"]),
    "weights missing": (lambda t: ft.load_backbone("glyphnet", "no.h5"), FileNotFoundError, ["no.h5", "Expected"]),
    "weights that do not fit": (lambda t: ft.load_backbone("glyphnet", other_weights(t)), ValueError, ["do not fit"]),
    "weights of a kind": (lambda t: ft.load_backbone("glyphnet", 3), ValueError, ["None or a path", "weights=3"]),
    "ImageNet letters": (lambda t: ft.load_backbone("glyphnet", "imagenet"), ValueError, ['weights="default"']),
    "image size": (lambda t: ft.load_backbone("glyphnet", image_size=64), ValueError, ["32 by 32", "image_size=64"]),
    "an absurd image size": (lambda t: ft.load_backbone("VGG16", image_size=-5), ValueError, ["pair", "image_size=-5"]),
    "half an image size": (lambda t: ft.load_backbone("VGG16", image_size=(32,)), ValueError, ["pair", "(32,)"]),
    "a size of 0": (lambda t: ft.load_backbone("VGG16", image_size=0), ValueError, ["number of pixels", "size=0"]),
    "backbone file missing": (lambda t: ft.load_backbone(Path("no.keras")), FileNotFoundError, ["no.keras"]),
    "a file with two inputs": (lambda t: ft.load_backbone(saved(t, two_inputs())), ValueError, ["one input of images"]),
    "one class": (lambda t: ft.classifier(t.body, 1), ValueError, ["at least 2", "num_classes=1"]),
    "part of a class": (lambda t: ft.classifier(t.body, 2.5), ValueError, ["whole number", "2.5"]),
    "two outputs": (lambda t: ft.classifier(two_outputs(), 3), ValueError, ["one output", "feature maps"]),
    "no model": (lambda t: ft.classifier("glyphnet", 3), ValueError, ["built backbone", "'glyphnet'"]),
    # Models.
    "a subclassed model": (lambda t: ft.fit(Subclassed(), t.task), ValueError, ["functional keras.Model", "Rebuild"]),
    "no model to freeze": (lambda t: ft.freeze("glyphnet"), ValueError, ["functional keras.Model", "'glyphnet'"]),
    "classes that differ": (lambda t: ft.fit(tiny.classifier(t.body, 4), t.task), ValueError, ["(None, 3)", "4)"]),
    "a backbone for a model": (lambda t: ft.fit(t.body, t.task), ValueError, ["probabilities (None, 3)", "(None, 2"]),
    "too many stages": (lambda t: ft.unfreeze(t.model, last=4), ValueError, ["from 0 to 3", "last=4"]),
    "part of a stage": (lambda t: ft.unfreeze(t.model, last=0.5), ValueError, ["whole number", "last=0.5"]),
    # Strategies and phases.
    "nothing trains": (lambda t: ft.Phase("x", ()), ValueError, ["'x' trains nothing", "train=()"]),
    "a list for a strategy": (
        lambda t: ft.fit(t.model, t.task, [ft.Phase("x", "all")]), ValueError, ["ft.Strategy(name, start, phases)"],
    ),
    "a head unknown": (lambda t: ft.fit(tiny.foreign_model(), t.task), ValueError, ["trains nothing", "fit(..., head"]),
    "too many last stages": (lambda t: ft.fit(t.model, t.task, phases({"train": 4})), ValueError, ["last 4", "has 3"]),
    "negative stages": (lambda t: ft.Phase("x", -1), ValueError, ["number of last stages", "train=-1"]),
    "a negative rate": (lambda t: ft.Phase("x", "all", rate=-0.1), ValueError, ["above 0", "rate=-0.1"]),
    "a rate of 0": (lambda t: ft.Phase("x", "all", rate=0), ValueError, ["above 0", "rate=0"]),
    "an absurd rate": (lambda t: ft.Phase("x", "all", rate=1000), ValueError, ["at most 10", "rate=1000"]),
    "a rate in words": (lambda t: ft.Phase("x", "all", rate="high"), ValueError, ["learning rate", "rate='high'"]),
    "a share above 1": (lambda t: ft.Phase("x", "all", share=1.5), ValueError, ["at most 1", "share=1.5"]),
    "shares above 1": (lambda t: phases(*[{"train": "all", "share": 0.6}] * 2), ValueError, ["more than 1", "1 0.6"]),
    "patience of a phase": (lambda t: ft.Phase("x", "all", patience=0), ValueError, ["at least 1", "patience=0"]),
    "no phase": (lambda t: ft.Strategy("x", "random", ()), ValueError, ["at least one Phase", "phases=()"]),
    "negative keep": (lambda t: phases({"train": "all"}, keep=-1), ValueError, ["counts stages", "keep=-1"]),
    "too much kept": (lambda t: ft.fit(t.model, t.task, phases({"train": "all"}, keep=5)), ValueError, ["keeps 5"]),
    # Numbers of a run.
    "no update": (lambda t: ft.fit(t.model, t.task, updates=0), ValueError, ["at least 1", "updates=0"]),
    "part of an update": (lambda t: ft.fit(t.model, t.task, updates=2.5), ValueError, ["whole number", "updates=2.5"]),
    "too few updates": (lambda t: ft.fit(t.model, t.task, updates=1), ValueError, ["too few", "2 phases", "updates=1"]),
    "a negative seed": (lambda t: ft.fit(t.model, t.task, seed=-1), ValueError, ["at least 0", "seed=-1"]),
    "an empty batch": (lambda t: ft.fit(t.model, t.task, batch_size=0), ValueError, ["at least 1", "batch_size=0"]),
    "no task": (lambda t: ft.fit(t.model, "digits"), TypeError, ["ft.load_task", "Received: str"]),
    "class weights by name": (lambda t: weigh_classes("even", t.task), ValueError, ['"balanced"', "'even'"]),
    "class weights missing": (lambda t: weigh_classes({0: 1.0}, t.task), ValueError, ["classes 0 to 2", "{0: 1.0}"]),
    "negative class weights": (lambda t: weigh_classes({0: 1, 1: -1, 2: 1}, t.task), ValueError, ["at least 0", "-1"]),
    "dropout of 1": (lambda t: ft.Regularization(dropout=1.0), ValueError, ["below 1", "dropout=1.0"]),
    "negative decay": (lambda t: ft.Regularization(weight_decay=-1), ValueError, ["at least 0", "weight_decay=-1"]),
    "patience of 0": (lambda t: ft.Regularization(patience=0), ValueError, ["at least 1", "patience=0"]),
    # Where runs lie.
    "run_dir is a file": (lambda t: run_in(t, written(t.tmp / "file", "")), ValueError, ["is a folder", "the file"]),
    "run_dir holds half a run": (
        lambda t: run_in(t, written(t.tmp / "run.json", "{}").parent), FileNotFoundError,
        ["No finished run in", "expected model.keras and run.json"],
    ),
    "no run": (lambda t: ft.load_run(t.tmp), FileNotFoundError, ["No finished run in", "model.keras and run.json"]),
    # Comparisons.
    "no strategy": (lambda t: ft.compare("glyphnet", "digits", []), ValueError, ["at least one"]),
    "strategies twice": (lambda t: ft.compare("glyphnet", "digits", ["full"] * 2), ValueError, ["different names"]),
    "task of a comparison": (lambda t: ft.compare("glyphnet", "facse", ["full"]), ValueError, ["'facse'", "'faces'"]),
    "no number of labels": (
        lambda t: ft.compare("glyphnet", "digits", ["full"], labels_per_class=()), ValueError, ["at least one number"],
    ),
    "labels of a comparison": (
        lambda t: ft.compare("glyphnet", "digits", ["full"], labels_per_class=(1, 1000)), ValueError, ["asks for more"],
    ),
    "stages of a comparison": (
        lambda t: ft.compare("glyphnet", "digits", ["full", trains("stage9")]), ValueError, ["'stage9'"],
    ),
    "no seed": (lambda t: ft.compare("glyphnet", "digits", ["full"], seeds=0), ValueError, ["at least 1", "seeds=0"]),
    "a rate factor of 0": (
        lambda t: ft.compare("glyphnet", "digits", ["full"], rate_factors=(0,)), ValueError, ["above 0", "(0,)"],
    ),
    "updates of a comparison": (
        lambda t: ft.compare("glyphnet", "digits", ["lp_ft"], updates=(300, 1)), ValueError, ["too few", "updates=1"],
    ),
    "a preset missing": (
        lambda t: ft.compare("glyphnet", "digits", ["full"], regularization={"top": "light"}), ValueError, ["for full"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_bad_input_is_named_before_any_work(name, model, tmp_path, monkeypatch):
    monkeypatch.setattr(ftlib.training.fit, "run_phases", lambda context: pytest.fail("it began to train"))
    act, error, fragments = CASES[name]
    run = ft.Run(model, "none", 0, {}, [], [], [], [], ("a", "b", "c"))
    tools = types.SimpleNamespace(
        model=model, body=model.get_layer("backbone"), task=tiny.task(), run=run, tmp=tmp_path, patch=monkeypatch
    )
    with pytest.raises(error) as raised:
        act(tools)
    assert raised.type is error
    for fragment in fragments:
        assert fragment in str(raised.value)
