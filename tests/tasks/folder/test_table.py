"""Pictures listed in a CSV file: what is used, what is left aside and why, and that nothing outside is read."""

import os

import pytest
from folders import photo, photos, put, table

import ftlib as ft
from ftlib.tasks.folder.check import check_folder
from ftlib.tasks.folder.load import load_folder


def listed(place, separator=","):
    files = sorted(place.rglob("*.png"))
    return [f"{file.relative_to(place).as_posix()}{separator}{file.parent.name}" for file in files]


def test_a_table_of_a_folder_is_the_same_task(tmp_path):
    place = photos(tmp_path / "pets")
    path = table(place / "labels.csv", listed(place))
    one, other = load_folder(place), load_folder(path)
    for part in ("train", "validation", "test"):
        assert getattr(one, part).ids.tolist() == getattr(other, part).ids.tolist()
        assert getattr(one, part).labels.tolist() == getattr(other, part).labels.tolist()
    assert other.class_names == ("cat", "dog") and other.name == "labels"
    assert ft.load_task(str(path)).train.images[:2].shape == (2, 224, 224, 3)


HEADS = [("Image;CLASS", ";"), ("\ufefffile\tcategory", "\t"), ("path,label,x", ",")]


@pytest.mark.parametrize("head, separator", HEADS)
def test_columns_and_separators_may_have_their_usual_names(tmp_path, head, separator):
    place = photos(tmp_path)
    rows = [row + separator * head.count(separator) for row in listed(place, separator)]
    assert len(check_folder(table(place / "t.csv", rows, head)).files) == 16


def test_paths_of_windows_are_understood(tmp_path):
    place = photos(tmp_path)
    rows = [row.replace("/", "\\") for row in listed(place)]
    assert len(check_folder(table(place / "t.csv", rows)).files) == 16


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_what_leads_out_of_the_folder_is_never_read_and_named(tmp_path):
    place = photos(tmp_path / "in")
    rows = listed(place)
    photo(77).save(tmp_path / "private.png")
    (tmp_path / "beside").mkdir()
    photo(78).save(tmp_path / "beside" / "b.png")
    (place / "link.png").symlink_to(tmp_path / "private.png")
    (place / "gone.png").symlink_to(tmp_path / "nothing.png")
    (place / "door").symlink_to(tmp_path / "beside")
    (place / "circle.png").symlink_to(place / "circle.png")
    reasons = {
        "../private.png": "leads out",
        f"{tmp_path}/private.png": "leads out",
        "cat/../../private.png": "leads out",
        "link.png": "link that leads out",
        "door/b.png": "link that leads out",
        "gone.png": "link to nothing",
        "circle.png": "link to nothing",
        "missing.png": "no such file",
        "cat": "a folder",
        "https://example.org/a.png": "an address",
        "x" * 5000 + ".png": "",
    }
    path = table(place / "t.csv", [*rows, *(f"{text},cat" for text in reasons), ",cat", "cat/000.png,"])
    report = check_folder(path)
    assert len(report.files) == 16
    assert all(file.path.resolve().is_relative_to(place.resolve()) for file in report.files)
    for text, reason in reasons.items():
        assert reason in report.skipped[text], text
    assert report.skipped["line 29"] == "no path"


def test_an_absolute_path_inside_is_as_good_as_a_relative_one(tmp_path):
    place = photos(tmp_path)
    path = table(place / "t.csv", [f"{place}/{row}" for row in listed(place)])
    assert {file.id for file in check_folder(path).files} == {row.split(",")[0] for row in listed(place)}


def test_a_picture_with_two_labels_is_left_aside_and_one_listed_twice_counts_once(tmp_path):
    place = photos(tmp_path)
    report = check_folder(table(place / "t.csv", [*listed(place), "cat/000.png,cat", "./cat/001.png,dog"]))
    assert len(report.files) == 15 and report.skipped == {"cat/001.png": "listed as cat and as dog"}


def test_given_splits_are_kept_and_groups_are_handed_on(tmp_path):
    place = photos(tmp_path)
    parts = ["test", "val", "train", "Train"]
    rows = [f"{row},{parts[i % 4]},p{i % 4}" for i, row in enumerate(listed(place))]
    task = load_folder(table(place / "t.csv", rows, "path,label,split,patient"))
    assert [len(split) for split in (task.train, task.validation, task.test)] == [8, 4, 4]
    assert set(task.test.groups) == {"p0"} and set(task.train.groups) == {"p2", "p3"}


def test_drawn_splits_never_divide_a_group(tmp_path):
    place = photos(tmp_path, each=30)
    rows = [f"{row},{int(row[4:7]) // 3}" for row in listed(place)]
    task = load_folder(table(place / "t.csv", rows, "path,label,group"))
    groups = [set(split.groups) for split in (task.train, task.validation, task.test)]
    assert not groups[0] & groups[1] and not groups[0] & groups[2] and not groups[1] & groups[2]
    assert all(set(split.labels) == {0, 1} for split in (task.train, task.validation, task.test))
    assert 6 <= len(task.test) <= 18


@pytest.mark.parametrize(
    "head, rows, message",
    [
        ("a,b", ["x,y"], "header line with the columns path and label .*Missing: path and label. Received: a, b"),
        ("path,label,class", ["x,y,z"], "2 columns that could be the label"),
        ("path,label", [], "No row .* Received: 0 rows"),
        ("path,label", ["no.png,cat"], "No row .* such as 'no.png': no such file"),
        ("path,label", ["cat/000.png,cat"], "single class 'cat'"),
        ("path,label,split", ["cat/000.png,cat,maybe"], "Received: 'maybe' in line 2"),
        ("path,label,split", ["cat/000.png,cat,"], "Received: '' in line 2"),
        ("path,label,split", ["cat/000.png,cat,test", "dog/000.png,dog,test"], "no rows to train on"),
        ("path,label,split", ["cat/000.png,a,train", "cat/001.png,b,train", "dog/000.png,c,test"], "does not have: c"),
    ],
)
def test_a_table_that_cannot_be_a_task(tmp_path, head, rows, message):
    with pytest.raises(ValueError, match=message):
        check_folder(table(photos(tmp_path) / "t.csv", rows, head))


def test_a_table_that_is_no_text(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes(b"path,label\n\xff\xfe\x00,cat\n")
    with pytest.raises(ValueError, match="not a CSV file in UTF-8"):
        check_folder(path)


def test_a_row_in_two_groups_is_no_row(tmp_path):
    put(tmp_path, 8)
    rows = [f"{i:03d}.png,{'xy'[i % 2]},{i}" for i in range(8)] + ["000.png,x,another"]
    report = check_folder(table(tmp_path / "t.csv", rows, head="path,label,group"))
    assert len(report.files) == 7 and report.skipped["000.png"] == "listed as x (group 0) and as x (group another)"


def test_a_table_behind_a_link_in_other_letters_and_in_utf_16(tmp_path):
    put(tmp_path / "real", 8)
    (tmp_path / "link").symlink_to(tmp_path / "real")
    rows = [f"{tmp_path / 'real' if i % 2 else tmp_path / 'link'}/{i:03d}.PNG,{'ab'[i % 2]}" for i in range(8)]
    assert len(check_folder(table(tmp_path / "link" / "t.csv", rows)).files) == 8
    (tmp_path / "real" / "u.csv").write_text("\n".join(["path,label", *rows]), encoding="utf-16")
    assert len(check_folder(tmp_path / "real" / "u.csv").files) == 8
