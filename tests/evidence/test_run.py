"""A run on record: what is read again, what is scored anew, and what a folder that cannot be written to does."""

import dataclasses
import json
import os
import shutil

import keras
import numpy as np
import pytest
import tiny

import ftlib as ft
from ftlib.evidence.run_records import EpochRecord, PhaseRecord


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "run"
    options = dict(updates=4, run_dir=folder, verbose=False)
    run = ft.fit(tiny.model(dropout=0.0), tiny.task(), "feature_extraction", "none", **options)
    return folder, run.test_accuracy


def copied(folder, tmp_path):
    return shutil.copytree(folder, tmp_path / "run")


def test_a_task_of_other_classes_is_refused(saved):
    for names, said in (
        (("top", "bottom", "middle"), "the same in another order: top, bottom"),
        ("abc", "other classes: a"),
    ):
        with pytest.raises(ValueError, match=f"in the run's order: top, middle, bottom. Received {said}"):
            ft.load_run(saved[0], dataclasses.replace(tiny.task(), class_names=tuple(names)))


def test_scores_count_for_the_pictures_they_were_measured_on(saved, tmp_path):
    folder, recorded = copied(saved[0], tmp_path), saved[1]
    same = ft.load_run(folder, tiny.task())
    assert same.scores["test"]["accuracy"] == recorded and not same.notes
    before = (folder / "run.json").read_bytes()
    task = tiny.task()
    test = dataclasses.replace(task.test, labels=same.predictions("test").argmax(1))
    other = ft.load_run(folder, dataclasses.replace(task, test=test))
    assert other.test_accuracy == 1 != recorded
    assert other.val_accuracy == same.val_accuracy and "other images than the run was made with" in other.notes[-1]
    assert (folder / "run.json").read_bytes() == before


def test_a_run_without_a_checksum_still_opens(saved, tmp_path):
    folder = copied(saved[0], tmp_path)
    record = json.loads((folder / "run.json").read_text())
    del record["settings"]["task"]["checksum"]
    (folder / "run.json").write_text(json.dumps(record))
    assert ft.load_run(folder, tiny.task()).test_accuracy == saved[1]


def test_a_score_that_cannot_be_recorded_is_told_all_the_same(saved, tmp_path, monkeypatch):
    folder, replace = copied(saved[0], tmp_path), os.replace
    run = ft.load_run(folder, tiny.task())
    run.scores.pop("test")

    def refuse(source, target):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "replace", refuse)
    assert run.test_accuracy == saved[1] and "could not be recorded" in run.notes[-1]
    assert run.test_macro_f1 and len(run.notes) == 1
    assert sorted(path.name for path in folder.iterdir()) == ["model.keras", "run.json"]
    monkeypatch.setattr(os, "replace", replace)


def test_a_home_folder_is_found(tmp_path, monkeypatch, eager):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    options = dict(updates=3, run_dir="~/run", verbose=False)
    run = ft.fit(tiny.model(), tiny.task(), "feature_extraction", "none", **options)
    run.save("~/again")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["again", "run"]
    assert ft.load_run("~/again").val_accuracy == ft.load_run("~/run").val_accuracy == run.val_accuracy


@pytest.fixture(scope="module")
def live(saved):
    return ft.load_run(saved[0], tiny.task())


def test_a_run_takes_tensors(live):
    images = tiny.task().test.images
    said = live.predict(images)
    np.testing.assert_allclose(live.predict(keras.ops.convert_to_tensor(images)), said, atol=1e-6)
    np.testing.assert_allclose(live.predict(OfAnotherLibrary(images)), said, atol=1e-6)
    with pytest.raises(ValueError, match=r"one of the images. Received: an empty array, shape \(0, 12, 12, 1\)"):
        live.predict(images[:0])


class OfAnotherLibrary:
    """Stands for a tensor that no array of integers can index."""

    def __init__(self, values):
        self.values, self.shape = values, values.shape

    def numpy(self):
        return self.values

    def __array__(self, dtype=None, copy=None):
        return self.values


def edited(folder, change):
    """Changes the record of a run in place, as an older ftlib or another hand would have written it."""
    record = json.loads((folder / "run.json").read_text())
    change(record)
    (folder / "run.json").write_text(json.dumps(record))


def test_records_are_read_as_what_they_were_written_from(saved):
    run = ft.load_run(saved[0])
    assert all(isinstance(record, EpochRecord) for record in run.history)
    (phase,) = run.phases
    assert isinstance(phase, PhaseRecord) and phase.stages == phase["stages"] == ["head"] and phase.updates_done == 1
    assert "head" in run.summary() and "1/1" in run.summary()
    assert [row["state"] for row in run.stage_rows()] == ["frozen", "frozen", "frozen", "trainable"]


def test_a_record_from_before_views_and_caches_still_opens(saved, tmp_path):
    folder = copied(saved[0], tmp_path)
    edited(folder, lambda record: [phase.pop(name) for phase in record["phases"] for name in ("views", "cache")])
    (phase,) = ft.load_run(folder).phases
    assert phase.views is None and phase.cache == ""


@pytest.mark.parametrize(
    "change, said",
    [
        (lambda record: record.update(format=1), "it has format 1, this ftlib reads 2"),
        (lambda record: record.pop("phases"), "'phases'"),
        (lambda record: record["history"][0].pop("loss"), "'loss'"),
        (lambda record: record["phases"][0].update(speed=3), "speed"),
    ],
    ids=["format", "no phases", "no loss", "unknown name"],
)
def test_a_record_that_cannot_be_read_is_named(change, said, saved, tmp_path):
    folder = copied(saved[0], tmp_path)
    edited(folder, change)
    with pytest.raises(ValueError, match=f"Cannot read .*run.json: .*{said}"):
        ft.load_run(folder)


def test_a_folder_without_a_run_says_so(tmp_path):
    with pytest.raises(FileNotFoundError, match="No finished run in .*: expected model.keras and run.json there.$"):
        ft.load_run(tmp_path)
    (tmp_path / "checkpoint.npz").touch()
    with pytest.raises(FileNotFoundError, match="It was stopped: call ft.fit again"):
        ft.load_run(tmp_path)


def test_predictions_are_computed_once_until_they_are_forgotten(saved):
    run = ft.load_run(saved[0], tiny.task())
    first = run.predictions("test")
    assert run.predictions("test") is first
    run.forget_predictions()
    again = run.predictions("test")
    assert again is not first
    np.testing.assert_array_equal(again, first)
    run.set_predictions("test", np.eye(3)[run.task.test.labels])
    assert (run.confusion("test") == np.diag(np.bincount(run.task.test.labels))).all()
    for name in ("predictions", "split", "confusion"):
        with pytest.raises(ValueError, match="part='all'"):
            getattr(run, name)("all")


def test_a_saved_run_knows_its_folder_and_keeps_it_with_another_task_object(saved, tmp_path):
    run = ft.load_run(saved[0], tiny.task())
    assert run.run_dir == saved[0] and run.with_task(tiny.task()).run_dir == saved[0]
    run.save(tmp_path / "copy")
    assert run.run_dir == tmp_path / "copy"
    assert sorted(path.name for path in run.run_dir.iterdir()) == ["model.keras", "run.json"]
