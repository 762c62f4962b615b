"""Splits that ftlib draws have every class, and divide nothing that belongs together."""

import pathlib
import time

import numpy as np
import pytest

from ftlib.tasks.folder.picture_file import PictureFile
from ftlib.tasks.folder.splitting import describe_gaps, find_small_classes, split_files

PATH = pathlib.Path("somewhere.png")  # splits are drawn from names alone


@pytest.mark.parametrize("seed", range(20))
def test_whatever_the_groups_every_split_has_every_class_and_no_group_twice(seed):
    rng = np.random.default_rng(seed)
    files = [PictureFile(f"{i}", "all", f"c{rng.integers(3)}", PATH) for i in range(120)]
    unit_keys = {file.id: f"g{rng.integers(25)}" for file in files if rng.random() < 0.8}
    parts, drawn = split_files("here", files, ("c0", "c1", "c2"), unit_keys)
    assert sorted(file for part in parts.values() for file in part) == sorted(files)
    assert set(drawn) == {"test", "validation"}
    assert all({file.class_name for file in part} == {"c0", "c1", "c2"} for part in parts.values())
    keys = [{unit_keys.get(file.id, file.id) for file in part} for part in parts.values()]
    assert sum(map(len, keys)) == len(set.union(*keys))
    assert 12 <= len(parts["test"]) <= 48


def test_one_group_of_a_whole_class_is_refused_with_the_reason():
    files = [PictureFile(f"{name}{i}", "all", name, PATH) for name in "ab" for i in range(9)]
    unit_keys = {file.id: "same" for file in files if file.class_name == "b"}
    with pytest.raises(ValueError, match="Class 'b' of 'here' leaves no picture .* belong together"):
        split_files("here", files, ("a", "b"), unit_keys)


@pytest.mark.slow
def test_ten_thousand_classes_are_divided_in_a_moment():
    files = [PictureFile(f"{c:05d}/{i}", "all", f"{c:05d}", PATH) for c in range(10_000) for i in range(3)]
    names = tuple(sorted({file.class_name for file in files}))
    began = time.perf_counter()
    parts, _ = split_files("here", files, names)
    assert [len(part) for part in parts.values()] == [10_000] * 3
    assert time.perf_counter() - began < 10  # seconds: it took minutes when every class searched all files
    with pytest.raises(ValueError, match="'00000' .* Received: 2 usable. 9,999 other classes are too small as well"):
        split_files("here", [file for file in files if not file.id.endswith("2")], names)


def test_given_parts_stay_and_the_missing_one_is_drawn():
    files = [
        PictureFile(f"{part}/{name}{i}", part, name, PATH)
        for part in ("train", "test")
        for name in "ab"
        for i in range(9)
    ]
    parts, drawn = split_files("here", files, ("a", "b"))
    assert drawn == ["validation"] and all(file.part == "test" for file in parts["test"])
    assert len(parts["validation"]) == 4 and all(file.part == "train" for file in parts["validation"])


def test_classes_that_are_small_or_missing_are_named():
    files = [PictureFile(f"a{i}", "train", "a", PATH) for i in range(3)]
    assert find_small_classes(files, ("a", "b"), 3) == {"b": 0}
    parts = {"train": files, "validation": files, "test": []}
    assert describe_gaps(parts, ("a", "b")) == ["No validation pictures of: b", "No test pictures of: a, b"]
