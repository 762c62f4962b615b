"""How folders may be arranged, what each way means, and what is lost where pictures lie elsewhere."""

import os

import pytest
from folders import fill, findings_by_kind, put, smooth_picture

from ftlib.tasks.folder.check import check_folder
from ftlib.tasks.folder.load import load_folder


def arrange_flat(place):
    fill(place.parent, place.name, 3, 0)


def arrange_empty(place):
    place.mkdir()


def arrange_nested(place):
    fill(place / "cat", "indoor", 3, 0)
    fill(place / "dog", "indoor", 3, 10)


def arrange_wrapped(place):
    fill(place / "pets", "cat", 3, 0)
    fill(place / "pets", "dog", 3, 10)


def arrange_single(place):
    fill(place, "cat", 5, 0)


def arrange_empty_class(place):
    fill(place, "cat", 5, 0)
    fill(place, "dog", 0, 0)


def arrange_few(place):
    fill(place, "cat", 5, 0)
    fill(place, "dog", 2, 10)


def arrange_few_usable(place):
    fill(place, "cat", 5, 0)
    fill(place, "dog", 2, 10)
    (place / "dog" / "broken.jpg").write_text("x")


def arrange_strange_test(place):
    for part, other in (("train", "dog"), ("test", "Dog")):
        fill(place / part, "cat", 3, 0)
        fill(place / part, other, 3, 10)


def arrange_no_train(place):
    fill(place / "test", "cat", 3, 0)
    fill(place / "test", "dog", 3, 10)


def arrange_two_validations(place):
    arrange_no_train(place)
    for part in ("train", "val", "valid"):
        fill(place / part, "cat", 3, 0)


def arrange_file(place):
    place.write_text("x")


@pytest.mark.parametrize(
    "arrange, error, message",
    [
        (lambda place: None, FileNotFoundError, "no folder"),
        (arrange_file, NotADirectoryError, "the file"),
        (arrange_empty, ValueError, "no class folders"),
        (arrange_flat, ValueError, "pictures but no class folders.*Arrange"),
        (arrange_nested, ValueError, "too deep inside, such as cat/indoor/p00.png"),
        (arrange_wrapped, ValueError, "Did you mean .*pets'"),
        (arrange_single, ValueError, "single class 'cat'"),
        (arrange_empty_class, ValueError, "without pictures.*: dog"),
        (arrange_few, ValueError, "'dog'.* at least 3 .*Received: 2"),
        (arrange_few_usable, ValueError, "'dog'.* at least 3 .*Received: 2 usable. 1 file left out"),
        (arrange_strange_test, ValueError, "does not have: Dog. Training has: cat, dog"),
        (arrange_no_train, ValueError, "test but no train folder"),
        (arrange_two_validations, ValueError, "two validation folders: val and valid"),
    ],
)
def test_folders_that_cannot_be_a_task(tmp_path, arrange, error, message):
    place = tmp_path / "mine"
    arrange(place)
    with pytest.raises(error, match=message):
        load_folder(place)


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_links_out_of_the_folder_are_not_followed(pets, tmp_path):
    smooth_picture(70).save(tmp_path / "private.png")
    (tmp_path / "birds").mkdir()
    smooth_picture(71).save(tmp_path / "birds" / "b.png")
    (pets / "cat" / "out.png").symlink_to(tmp_path / "private.png")
    (pets / "cat" / "gone.png").symlink_to(tmp_path / "gone.png")
    (pets / "bird").symlink_to(tmp_path / "birds")
    report = check_folder(pets)
    assert set(report.skipped) == {"cat/out.png", "cat/gone.png", "bird"}
    assert report.class_names == ("cat", "dog") and len(report.files) == 20


def put_parts(place):
    for seed, (part, count) in enumerate((("train", 10), ("test", 6))):
        for label, name in enumerate(("cat", "dog")):
            put(place / part / name, count, 10 * seed + label)
    return place


@pytest.mark.parametrize("stray", ["train/._cat.jpg", "test/._cat.jpg", "train/.DS_Store", "test/Thumbs.db"])
def test_a_hidden_file_decides_nothing(tmp_path, stray):
    (put_parts(tmp_path) / stray).write_bytes(b"\x00\x05\x16\x07")
    report = check_folder(tmp_path)
    assert report.counts == {"train": {"cat": 10, "dog": 10}, "test": {"cat": 6, "dog": 6}} and not report.unreadable


def test_pictures_beside_the_class_folders_make_no_classes_of_train_and_test(tmp_path):
    put_parts(tmp_path)
    for part in ("train", "test"):
        put(tmp_path / part, 3, 90, f"overview-{part}-{{}}.png")
    report = check_folder(tmp_path)
    assert report.class_names == ("cat", "dog") and len(report.files) == 32 and len(report.lost) == 6
    lost = findings_by_kind(tmp_path)["lost"]
    assert lost.level == "warning" and "6 pictures outside of class folders" in lost.text and "overview" in lost.text


def test_a_class_may_still_be_called_train(tmp_path):
    put(tmp_path / "train", 8, 1), put(tmp_path / "bus", 8, 2), put(tmp_path / "train" / "old", 2, 3)
    report = check_folder(tmp_path)
    assert report.counts == {"all": {"bus": 8, "train": 8}}
    assert report.lost == {"train/old": ("in a folder inside a class folder", 2)}


def test_folders_inside_class_folders_are_a_loss_with_a_number(tmp_path):
    for seed, name in enumerate(("a", "b")):
        put(tmp_path / name, 6, seed), put(tmp_path / name / "more" / "deep", 20, seed + 5)
    lost = findings_by_kind(tmp_path)["lost"]
    assert lost.level == "warning" and "40 pictures in a folder inside a class folder" in lost.text
    assert "a/more (20 pictures)" in lost.text


def test_whole_folders_outside_of_the_parts_are_a_loss(tmp_path):
    put(put_parts(tmp_path) / "extra" / "cat", 7, 50)
    assert check_folder(tmp_path).lost == {"extra": ("outside of class folders", 7)}


def test_a_class_of_links_that_lead_out_says_so(tmp_path):
    put(tmp_path / "store", 4)
    for name in ("a", "b"):
        (tmp_path / "data" / name).mkdir(parents=True)
        for file in (tmp_path / "store").iterdir():
            (tmp_path / "data" / name / file.name).symlink_to(file)
    with pytest.raises(ValueError, match="has 4 links that lead out of the folder, such as a/000.png.*cp -rL"):
        check_folder(tmp_path / "data")
