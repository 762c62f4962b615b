"""Several labels and numbers in a CSV file: how they are read, divided, checked, and made a task."""

import numpy as np
import pytest
from folders import photos, table

import ftlib as ft
from ftlib.tasks.folder.check import check_folder
from ftlib.tasks.folder.inspection import inspect_data
from ftlib.tasks.folder.load import load_folder
from ftlib.tasks.folder.targets import make_target, read_number, suggest_target

LABELS = ("red|round", "round | red", "round", "", "red|blue|red")


def labelled(place, labels, count=30, head="path,label"):
    """Writes pictures, and a table that gives them labels in turn."""
    photos(place, each=count, classes=("all",))
    rows = [f"all/{i:03d}.png,{labels[i % len(labels)]}" for i in range(count)]
    return table(place / "t.csv", rows, head)


def numbered(place, count=60, head="path,weight (g)", seed=0, digits=2):
    photos(place, each=count, classes=("all",))
    numbers = np.random.default_rng(seed).normal(50, 10, count).round(digits)
    return table(place / "t.csv", [f"all/{i:03d}.png,{n}" for i, n in enumerate(numbers)], head)


def test_several_labels_are_a_task_of_zeros_and_ones(tmp_path):
    task = ft.load_task(str(labelled(tmp_path, LABELS)), target="multilabel", image_size=16)

    assert task.class_names == ("blue", "red", "round")
    assert task.objective == ft.MultiLabel() and task.objective.name == "multi_label"
    of_id = dict(zip(task.train.ids.tolist(), task.train.targets.tolist(), strict=True))
    for file_id, row in of_id.items():
        expected = [[0, 1, 1], [0, 1, 1], [0, 0, 1], [0, 0, 0], [1, 1, 0]][int(file_id[4:7]) % 5]
        assert row == expected
    for split in task.splits.values():  # each label is in each split, and so are pictures without any
        assert (split.targets.sum(0) > 0).all() and (split.targets.sum(1) == 0).any()
    assert sum(map(len, task.splits.values())) == 30


def test_numbers_are_a_task_in_their_unit(tmp_path):
    path = numbered(tmp_path)
    task = ft.load_task(str(path), target="regression", label_columns=["weight"], image_size=16)

    assert (task.objective.target_names, task.objective.units) == (("weight",), ("g",))
    assert task.class_names == () and task.train.targets.shape == (len(task.train), 1)
    assert task.objective.means[0] == pytest.approx(task.train.targets.mean())
    low, high = np.quantile(np.concatenate([s.targets for s in task.splits.values()]), [0.2, 0.8])
    for split in (task.validation, task.test):  # the ranges of numbers are in each
        assert (split.targets < low).any() and (split.targets > high).any() and 9 <= len(split) <= 15
    again = load_folder(path, target="regression", label_columns=["weight (g)"], image_size=16, seed=3)
    assert again.test.ids.tolist() == task.test.ids.tolist()


def test_several_columns_of_numbers(tmp_path):
    photos(tmp_path, each=20, classes=("all",))
    rows = [f'all/{i:03d}.png,{i},"{i},5"' for i in range(20)]
    path = table(tmp_path / "t.csv", rows, "path,red,white (cells)")
    task = load_folder(path, target="regression", label_columns=["red", "white"], image_size=16)
    assert task.objective.target_names == ("red", "white") and task.objective.units == ("", "cells")
    np.testing.assert_allclose(task.train.targets[:, 1] - task.train.targets[:, 0], 0.5)


def test_what_is_no_number_is_left_out_and_named(tmp_path):
    path = numbered(tmp_path, head="path,label")
    with open(path, "a", encoding="utf-8") as file:
        file.write("all/000.png,80\n")
    text = path.read_text().splitlines()
    text[2], text[3], text[4], text[5] = (line.split(",")[0] + f",{bad}" for line, bad in zip(
        text[2:6], ("heavy", "", "nan", "9999"), strict=True))  # fmt: skip
    path.write_text("\n".join(text) + "\n")

    found = inspect_data(path, target="regression")

    report = found.report
    assert report.skipped["all/001.png"] == "not a number: 'heavy'"
    assert report.skipped["all/002.png"] == report.skipped["all/003.png"] == "no number"
    assert "listed as" in report.skipped["all/000.png"]  # twice, with two numbers
    of_kind = {finding.kind: finding for finding in found.findings}
    assert of_kind["outlier"].ids == ("all/004.png",) and "9999 (all/004.png)" in of_kind["outlier"].text
    assert of_kind["skipped"].level == "warning" and found.usable
    assert "with 1 number" in repr(found) and "mean" in repr(found)


def test_labels_that_say_more_than_a_class_are_found(tmp_path):
    joined = inspect_data(labelled(tmp_path / "a", ("red|round", "round")))
    (hint,) = (f for f in joined.findings if f.kind == "target")
    assert "--target multilabel" in hint.text and hint.level == "warning"
    decimals = inspect_data(numbered(tmp_path / "b", head="path,label"))
    with pytest.raises(ValueError, match="--target regression"):
        decimals.require()
    with pytest.raises(ValueError, match="needs at least 3 pictures.*--target regression"):
        load_folder(tmp_path / "b" / "t.csv")
    assert suggest_target(["1", "2", "3"] * 20) == "" and suggest_target(["cat", "dog"]) == ""


def test_checks_of_several_labels(tmp_path):
    found = inspect_data(labelled(tmp_path, ("a|b", "a", "a|b|c")), target="multilabel")
    of_kind = {finding.kind: finding.text for finding in found.findings}
    assert "Nearly every picture has a" in of_kind["usual label"]
    assert "fewer than 10 test pictures: a" in of_kind["small test"] and "imbalance" not in of_kind
    assert found.report.counts == {"all": {"a": 30, "b": 20, "c": 10}}
    rare = inspect_data(labelled(tmp_path / "b", ["a"] * 28 + ["a|b", "a|c"]), target="multilabel")
    with pytest.raises(ValueError, match="2 of 3 labels have too few usable pictures.*b 1, c 1"):
        rare.require()


@pytest.mark.parametrize(
    ("target", "labels", "message"),
    [
        ("multilabel", ("a|b",), "for every picture; telling apart needs two"),
        ("regression", ("3",), "nothing to learn"),
        ("boxes", ("a",), "read from annotation files beside the pictures"),
        ("outlines", ("a",), "target"),
    ],
)
def test_nothing_to_tell_apart_is_refused(tmp_path, target, labels, message):
    with pytest.raises(ValueError, match=message):
        check_folder(labelled(tmp_path, labels), target=target)


def test_a_folder_of_classes_and_draws_of_classes_are_refused(tmp_path):
    with pytest.raises(ValueError, match="multilabel is read from a CSV file"):
        check_folder(photos(tmp_path / "pets"), target="multilabel")
    with pytest.raises(ValueError, match="`labels_per_class` is for pictures with one class"):
        load_folder(labelled(tmp_path / "b", LABELS), 3, target="multilabel")
    with pytest.raises(ValueError, match="read from one column"):
        make_target("multilabel", ["a", "b"])
    with pytest.raises(ValueError, match="has no column 'length'"):
        check_folder(numbered(tmp_path / "c"), target="regression", label_columns=["length"])


def test_near_copies_with_other_numbers_stay_together(tmp_path):
    path = numbered(tmp_path)
    from PIL import Image

    rows = path.read_text().splitlines()
    for i in range(4):
        picture = Image.open(tmp_path / "all" / "000.png")
        picture.resize((picture.width + 2 + i, picture.height + 1 + i)).save(tmp_path / "all" / f"copy{i}.png")
        rows.append(f"all/copy{i}.png,{60 + i}")
    path.write_text("\n".join(rows) + "\n")
    found = inspect_data(path, target="regression", label_columns=["weight"])
    copies = {"all/000.png", *(f"all/copy{i}.png" for i in range(4))}
    holding = [part for part, files in found.files_by_split.items() if copies & {file.id for file in files}]
    assert len(holding) == 1 and "near conflict" not in {finding.kind for finding in found.findings}


def test_numbers_as_people_write_them():
    assert [read_number(text) for text in ("-1.5e3", "12", "0,25", "1,234", "1_000", "x")] == [
        -1500.0, 12.0, 0.25, None, None, None,
    ]  # fmt: skip
