"""A folder of pictures as a task: the same splits on every machine, and labels that follow the folders."""

import numpy as np
import pytest
from folders import fill, ids_of

from ftlib.tasks.folder.check import check_folder
from ftlib.tasks.folder.load import load_folder


def test_a_plain_folder_is_split_by_class_and_nothing_is_remarked(pets):
    task = load_folder(pets, image_size=(24, 32))
    assert [len(split) for split in (task.train, task.validation, task.test)] == [12, 4, 4]
    for split in (task.train, task.validation, task.test):
        assert np.bincount(split.labels).tolist() == [len(split) // 2] * 2
        assert split.images[:].shape == (len(split), 24, 32, 3)
        assert all(task.class_names[y] == i.split("/")[0] for y, i in zip(split.labels, split.ids, strict=True))
    assert task.class_names == ("cat", "dog") and task.mirror and task.notes == ()
    assert len(ids_of(task)) == 20
    assert "Nothing to remark" in repr(check_folder(pets))


def test_the_split_follows_the_names_alone(pets, tmp_path):
    task, other = load_folder(pets), load_folder(pets, labels_per_class=2, seed=7)
    assert task.validation.ids.tolist() == other.validation.ids.tolist()
    assert task.test.ids.tolist() == other.test.ids.tolist()
    moved = tmp_path / "elsewhere"
    for path in sorted(pets.rglob("*.png"), reverse=True):  # written in another order, at another place
        (moved / path.parent.name).mkdir(parents=True, exist_ok=True)
        (moved / path.parent.name / path.name).write_bytes(path.read_bytes())
    assert load_folder(moved).test.ids.tolist() == task.test.ids.tolist()
    # Written down once: a change here would move pictures between the splits of everybody's tasks.
    assert task.test.ids.tolist() == ["cat/p00.png", "cat/p08.png", "dog/p00.png", "dog/p03.png"]


def test_seed_draws_training_labels_only_and_draws_are_nested(pets):
    one, three = (load_folder(pets, labels_per_class=n, seed=1) for n in (1, 3))
    assert len(one.train) == 2 and set(one.train.ids) < set(three.train.ids)
    draws = {tuple(load_folder(pets, labels_per_class=1, seed=s).train.ids) for s in range(5)}
    assert len(draws) > 1
    with pytest.raises(ValueError, match="labels_per_class=7"):
        load_folder(pets, labels_per_class=7)


def test_given_parts_are_kept(divided_pets):
    task = load_folder(divided_pets)
    assert [len(split) for split in (task.train, task.validation, task.test)] == [16, 4, 6]
    assert all(i.startswith("test/") for i in task.test.ids)
    assert all(i.startswith("train/") for i in np.concatenate([task.train.ids, task.validation.ids]))
    fill(divided_pets / "valid", "cat", 2, 5000)
    fill(divided_pets / "valid", "dog", 2, 5100)
    task = load_folder(divided_pets)
    assert [len(split) for split in (task.train, task.validation, task.test)] == [20, 4, 6]
    assert all(i.startswith("valid/") for i in task.validation.ids)


def test_a_class_missing_from_the_given_test_part_is_noted(divided_pets):
    for path in (divided_pets / "test" / "dog").iterdir():
        path.unlink()
    assert "No test pictures of: dog" in load_folder(divided_pets).notes


@pytest.mark.parametrize("image_size", [0, -5, 2.5, "large", (96,), (96, 96, 3), True])
def test_image_size_that_makes_no_sense(pets, image_size):
    with pytest.raises(ValueError, match="image_size is"):
        load_folder(pets, image_size=image_size)


def test_real_flower_photos(real):
    task = load_folder(real / "flowers", image_size=96)
    assert task.class_names == ("daisy", "dandelion", "roses", "sunflowers", "tulips")
    assert np.bincount(task.validation.labels).tolist() == [20] * 5
    assert np.bincount(task.train.labels).tolist() == [80] * 5
    assert np.bincount(task.test.labels).tolist() == [40] * 5
    batch = task.train.images[[0, 100, 399]]
    assert batch.shape == (3, 96, 96, 3) and 30 < batch.mean() < 220


def test_no_file_is_read_again_for_its_checksum(pets):
    task = load_folder(pets)
    digests = {split.digest(i) for split in task.splits.values() for i in range(len(split))}
    assert len(digests) == 20
    for path in pets.rglob("*.png"):
        path.unlink()
    fitted = task.with_images((16, 16, 1))
    assert {split.digest(i) for split in fitted.splits.values() for i in range(len(split))} == digests
