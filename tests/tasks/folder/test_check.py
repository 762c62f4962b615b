"""Odd files are named and left out, crash nothing and change no label; of copies one is used."""

import hashlib

import numpy as np
import pytest
from folders import ids_of, smooth_picture
from PIL import Image

from ftlib.tasks.folder.check import check_folder
from ftlib.tasks.folder.load import load_folder


def truncated(path):
    smooth_picture(1, (90, 90)).save(path, "JPEG", quality=95)
    path.write_bytes(path.read_bytes()[:-600])


def zero(path):
    path.write_bytes(b"")


def text(path):
    path.write_text("this is no picture")


def bomb(path):
    Image.new("1", (120, 100)).save(path, "PNG")


def floats(path):
    Image.new("F", (20, 20), 0.5).save(path, "TIFF")


@pytest.mark.parametrize(
    "make, name, reason",
    [
        (truncated, "a.jpg", "truncated"),
        (zero, "a.jpg", "0 bytes"),
        (text, "a.jpg", "not a picture"),
        (text, "a.heic", "save it as JPEG"),
        (bomb, "a.png", "decompression bomb"),
        (floats, "a.tif", "32 bits"),
    ],
)
def test_unreadable_files_are_left_out_and_named(pets, make, name, reason, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10_000)
    before = load_folder(pets)
    make(pets / "cat" / name)
    task, report = load_folder(pets), check_folder(pets)
    assert list(report.unreadable) == [f"cat/{name}"] and reason in report.unreadable[f"cat/{name}"]
    assert any(name in note and reason in note for note in task.notes)
    for split, old in (
        (task.train, before.train),
        (task.validation, before.validation),
        (task.test, before.test),
    ):
        assert split.ids.tolist() == old.ids.tolist() and split.labels.tolist() == old.labels.tolist()
        np.testing.assert_array_equal(split.images[:], old.images[:])


def test_wrong_names_are_used_and_named_and_other_files_are_skipped(pets):
    smooth_picture(50).save(pets / "cat" / "really_png.jpg", "PNG")
    smooth_picture(51).save(pets / "dog" / "no_extension", "JPEG")
    (pets / "dog" / "notes.txt").write_text("sunny day")
    (pets / "LICENSE.txt").write_text("mine")
    (pets / "dog" / ".hidden.png").write_text("")
    (pets / ".cache").mkdir()
    (pets / "dog" / "more").mkdir()
    report = check_folder(pets)
    assert report.misnamed == {"cat/really_png.jpg": "PNG", "dog/no_extension": "JPEG"}
    assert set(report.skipped) == {"dog/notes.txt", "LICENSE.txt", "dog/more"}
    assert len(report.files) == 22 and not report.unreadable
    assert {"cat/really_png.jpg", "dog/no_extension"} <= ids_of(load_folder(pets))


def test_a_phone_picture_with_a_second_frame_is_a_plain_jpeg(pets):
    smooth_picture(60).save(pets / "cat" / "phone.jpg", "MPO", save_all=True, append_images=[smooth_picture(61)])
    report = check_folder(pets)
    assert not report.misnamed and not report.converted and len(report.files) == 21


def copy(source, target):
    target.write_bytes(source.read_bytes())


def test_the_same_picture_twice_in_a_class_counts_once(pets):
    copy(pets / "cat" / "p03.png", pets / "cat" / "z.png")
    Image.open(pets / "cat" / "p04.png").save(pets / "cat" / "z.bmp")  # other bytes, same pixels
    report = check_folder(pets)
    assert report.duplicates == (("cat/p03.png", "cat/z.png"), ("cat/p04.png", "cat/z.bmp"))
    assert not {"cat/z.png", "cat/z.bmp"} & ids_of(load_folder(pets))


def test_the_same_picture_in_two_classes_is_left_out_of_both(pets):
    copy(pets / "cat" / "p03.png", pets / "dog" / "z.png")
    task = load_folder(pets)
    assert not {"cat/p03.png", "dog/z.png"} & ids_of(task)
    assert any("cat/p03.png, dog/z.png" in note and "different classes" in note for note in task.notes)


def test_the_same_picture_in_train_and_test_stays_in_test_only(divided_pets):
    copy(divided_pets / "test" / "cat" / "p00.png", divided_pets / "train" / "cat" / "a.png")
    task = load_folder(divided_pets)
    assert "test/cat/p00.png" in task.test.ids and "train/cat/a.png" not in ids_of(task)
    assert any("train/cat/a.png" in note for note in task.notes)


def test_a_file_is_looked_at_again_when_it_changes(pets):
    assert len(check_folder(pets).files) == 20
    (pets / "cat" / "p00.png").write_bytes(b"broken now")
    assert list(check_folder(pets).unreadable) == ["cat/p00.png"]


def test_the_report_carries_the_checksum_of_each_file(pets):
    report = check_folder(pets)
    assert [file.sha256 for file in report.files] == [
        hashlib.sha256(file.path.read_bytes()).hexdigest() for file in report.files
    ]


def test_a_picture_is_known_by_class_part_and_group(divided_pets):
    report = check_folder(divided_pets)
    assert report.class_by_id["train/dog/p00.png"] == "dog" and report.groups == {}
    assert {file.part for file in report.files} == {"train", "test"}
    assert report.counts == {"train": {"cat": 10, "dog": 10}, "test": {"cat": 3, "dog": 3}}
