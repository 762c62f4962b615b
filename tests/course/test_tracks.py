"""One set of code cells for two tracks: what each of them hands out, and where it comes from."""

import dataclasses
import inspect
import pathlib

import keras
import numpy as np
import pytest
from PIL import Image

import ftlib as ft
from ftlib.course import tracks
from ftlib.evidence.comparison import Comparison

RECORDS = sorted(path.stem for path in tracks._RECORDS.glob("*.json"))


@pytest.fixture(autouse=True)
def no_variables(monkeypatch):
    for name in ("FTLIB_TRACK", "FTLIB_PHOTOS"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def calls(monkeypatch):
    """Instead of loading anything, names and options are kept."""
    kept = []
    for name in ("load_task", "load_backbone"):
        monkeypatch.setattr(tracks, name, lambda *args, **options: kept.append((args, options)))
    return kept


def test_the_track_is_glyph_unless_something_says_otherwise(monkeypatch):
    assert ft.track().name == "glyph"
    monkeypatch.setenv("FTLIB_TRACK", "photo")
    assert ft.track().name == "photo" and ft.track("glyph").name == "glyph"
    monkeypatch.setenv("FTLIB_TRACK", "")
    assert ft.track().name == "glyph"


def test_an_unknown_track_gets_the_nearest(monkeypatch):
    with pytest.raises(ValueError, match="Unknown track 'photos'. Did you mean 'photo'"):
        ft.track("photos")
    for name in ("", 1, ["glyph"]):
        with pytest.raises(ValueError, match="Known: glyph, photo"):
            ft.track(name)
    monkeypatch.setenv("FTLIB_TRACK", "glyphs")
    with pytest.raises(ValueError, match="Did you mean 'glyph'"):
        ft.track()


def test_a_track_says_what_it_is_and_cannot_be_changed(monkeypatch):
    monkeypatch.setattr(tracks, "device_kind", lambda: "cpu")
    glyph, photo = ft.track("glyph"), ft.track("photo")
    assert "glyphnet" in repr(glyph) and "MobileNetV2" in repr(photo)
    assert isinstance(glyph, ft.Track) and glyph == ft.track() != photo
    assert (glyph.updates, photo.updates) == (300, 10)
    with pytest.raises(dataclasses.FrozenInstanceError):
        glyph.updates = 1
    monkeypatch.setattr(tracks, "device_kind", lambda: "gpu")
    assert (ft.track("glyph").updates, ft.track("photo").updates) == (300, 200)


def test_the_glyph_track_is_digits():
    task = ft.track().task(labels_per_class=3, seed=1)
    assert task.name == "digits" and np.bincount(task.train.labels).tolist() == [3] * 10
    np.testing.assert_array_equal(task.train.ids, ft.load_task("digits", 3, 1).train.ids)
    assert len(ft.track().task().train) == 100 and len(ft.track().task(labels_per_class=None).train) > 1000


def test_a_backbone_is_loaded_anew_each_time():
    track = ft.track()
    one, other = track.backbone, track.backbone
    assert one is not other
    one.trainable = False
    one.layers[-1].trainable = False
    weight = one.weights[0]
    weight.assign(keras.ops.zeros_like(weight))
    assert other.trainable and track.backbone.trainable
    assert not np.array_equal(weight, track.backbone.weights[0])
    np.testing.assert_array_equal(other.weights[0], track.backbone.weights[0])


@pytest.mark.slow
def test_the_source_task_is_the_letters_that_the_backbone_was_trained_on():
    task = ft.track().source_task
    assert task.name == "glyphs" and task is ft.track("glyph").source_task
    model, names = ft.source_model()
    assert task.class_names == names
    part = task.validation.take(np.arange(0, len(task.validation), 12))
    assert np.mean(model.predict(part.images, verbose=0).argmax(1) == part.labels) > 0.5  # of about 400 classes


@pytest.mark.parametrize("name", RECORDS)
def test_every_recorded_result_can_be_asked_for(name):
    record = ft.track().recorded(name)
    if isinstance(record, dict):  # no row of it is a run of one strategy
        assert record and not any("strategy" in row for row in record.get("rows", ()))
        return
    assert isinstance(record, Comparison)
    assert {"strategy", "labels_per_class", "updates", "n", "test_mean", "test_low"} <= set(record.table()[0])


def test_what_is_not_recorded_is_one_clear_error(monkeypatch, tmp_path):
    assert "digits" in RECORDS
    with pytest.raises(ValueError, match="Unknown recorded result 'digit'. Did you mean 'digits'"):
        ft.track().recorded("digit")
    with pytest.raises(ValueError, match="Unknown recorded result"):
        ft.track().recorded("../results/digits")
    monkeypatch.setattr(tracks, "_RECORDS", tmp_path / "results")
    with pytest.raises(FileNotFoundError, match="not there. Install ftlib again"):
        ft.track().recorded("digits")


def test_the_photo_track_has_no_letters_and_the_same_records(calls):
    track = ft.track("photo")
    assert track.source_task is None and calls == []
    assert track.recorded("digits").table() == ft.track("glyph").recorded("digits").table()


def test_the_photo_track_is_flowers_unless_a_folder_is_named(calls, monkeypatch, tmp_path):
    track = ft.track("photo")
    track.task()
    track.task(labels_per_class=3, seed=2)
    assert calls == [(("flowers", 10, 0), {"image_size": 96}), (("flowers", 3, 2), {"image_size": 96})]
    calls.clear()
    monkeypatch.setenv("FTLIB_PHOTOS", str(tmp_path))
    for photos in (None, "flowers", "Flowers"):  # the folder stands in for them
        ft.track("photo", photos).task(seed=1)
    _ = track.backbone
    assert calls == [((tmp_path, 10, 1), {"image_size": 96})] * 3 + [(("MobileNetV2",), {"image_size": 96})]


def test_other_photos_may_be_named(calls, monkeypatch, tmp_path):
    monkeypatch.setenv("FTLIB_PHOTOS", str(tmp_path / "flowers"))
    for photos in ("cats_vs_dogs", "cats-vs-dogs", tmp_path / "mine", "./mine"):
        ft.track("photo", photos=photos).task()
    names = [args[0] for args, _ in calls]
    assert names == ["cats_vs_dogs", "cats_vs_dogs", tmp_path / "mine", pathlib.Path("mine")]
    with pytest.raises(ValueError, match="Unknown set of photos 'cats'. Did you mean 'cats_vs_dogs'"):
        ft.track("photo", photos="cats")


@pytest.mark.parametrize(
    "photos, weights, network, name",
    [
        (True, True, False, "photo"),
        (True, False, False, "glyph"),
        (False, True, False, "glyph"),
        (True, False, True, "photo"),
        (False, False, True, "photo"),
    ],
)
def test_photos_are_taken_where_they_are_or_can_be_fetched(monkeypatch, tmp_path, photos, weights, network, name):
    monkeypatch.setattr(tracks, "keras_home", lambda: tmp_path)
    monkeypatch.setattr(tracks, "is_at_hand", lambda archive: photos)
    monkeypatch.setattr(tracks, "is_reachable", lambda address: network)
    if weights:
        (tmp_path / "models").mkdir()
        (tmp_path / "models" / tracks._WEIGHTS).touch()

    found = ft.track(photos="flowers")
    assert found.name == name
    assert ("digits stand in" in repr(found)) == (name == "glyph")
    assert ft.track().name == "glyph" and ft.track().note == ""  # no photos were asked for
    monkeypatch.setenv("FTLIB_TRACK", "glyph")
    assert ft.track(photos="flowers").name == "glyph" and ft.track(photos="flowers").note == ""


def test_a_folder_of_ones_own_needs_only_the_weights(monkeypatch, tmp_path):
    monkeypatch.setattr(tracks, "keras_home", lambda: tmp_path)
    monkeypatch.setattr(tracks, "is_reachable", lambda address: False)
    assert ft.track(photos=tmp_path).name == "glyph"
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / tracks._WEIGHTS).touch()
    assert ft.track(photos=tmp_path).name == "photo"


def test_the_weights_are_called_as_keras_calls_them():
    from keras.src.applications import mobilenet_v2

    assert '"mobilenet_v2_weights_tf_dim_ordering_tf_kernels_"' in inspect.getsource(mobilenet_v2)
    assert tracks._WEIGHTS.endswith("_1.0_96_no_top.h5")


def test_the_validation_images_may_be_fewer_of_all_classes_alike():
    whole, few = ft.track("glyph").task(5), ft.track("glyph").task(5, validation_count=50)
    assert len(few.validation) == 50 and set(few.validation.ids) < set(whole.validation.ids)
    assert np.bincount(few.validation.labels).min() >= 4
    assert few.test is whole.test or len(few.test) == len(whole.test)
    assert len(ft.track("glyph").task(5, validation_count=5000).validation) == len(whole.validation)


def test_a_folder_of_photos_becomes_the_task(monkeypatch, tmp_path):
    draws = np.random.default_rng(0)
    for name in ("cat", "dog"):
        (tmp_path / name).mkdir()
        for i in range(10):
            Image.fromarray(draws.integers(0, 255, (40, 50, 3), "uint8")).save(tmp_path / name / f"{i}.png")
    monkeypatch.setenv("FTLIB_TRACK", "photo")
    monkeypatch.setenv("FTLIB_PHOTOS", str(tmp_path))
    task = ft.track().task(labels_per_class=3)
    assert task.class_names == ("cat", "dog") and task.image_shape == (96, 96, 3)
    assert [len(part) for part in (task.train, task.validation, task.test)] == [6, 4, 4]
    monkeypatch.setenv("FTLIB_PHOTOS", str(tmp_path / "elsewhere"))
    with pytest.raises(FileNotFoundError):
        ft.track().task()


@pytest.mark.real
@pytest.mark.slow
def test_the_photo_track_on_real_photos(keras_home, real, monkeypatch):
    monkeypatch.setenv("FTLIB_TRACK", "photo")
    monkeypatch.setenv("FTLIB_PHOTOS", str(real / "flowers"))
    track = ft.track()
    task = track.task(labels_per_class=10)
    assert task.num_classes == 5 and len(task.train) == 50 and len(task.validation) == 100
    assert task.for_backbone(track.backbone).image_shape == track.backbone.input_shape[1:] == (96, 96, 3)
