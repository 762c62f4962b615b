"""What every task promises, and how `load_task` finds one."""

import numpy as np
import pytest
from folders import photos
from leaks import assert_no_leak

from ftlib.tasks import faces, textures
from ftlib.tasks.registry import list_tasks, load_task


@pytest.fixture(scope="module", params=[textures, faces], ids=["textures", "faces"])
def module(request):
    return request.param


@pytest.fixture(scope="module")
def whole(module):
    return module.load()


def test_no_picture_is_in_two_splits(whole):
    assert_no_leak(whole)


def test_pixels_labels_and_texts_are_what_a_task_promises(whole):
    for split in (whole.train, whole.validation, whole.test):
        assert split.images.dtype == "uint8" and split.images[:].max() > 200
        assert split.labels.dtype == "int64"
        assert len(set(np.bincount(split.labels, minlength=whole.num_classes))) == 1
    assert whole.source and whole.licence and whole.name in repr(whole)


def test_seed_and_labels_change_training_only(module, whole):
    drawn, other = (module.load(labels_per_class=3, seed=seed) for seed in (0, 1))
    assert np.bincount(drawn.train.labels).tolist() == [3] * whole.num_classes
    assert set(drawn.train.ids) < set(whole.train.ids) and set(drawn.train.ids) != set(other.train.ids)
    for task in (drawn, other):
        for part in ("validation", "test"):
            np.testing.assert_array_equal(getattr(task, part).ids, getattr(whole, part).ids)
            np.testing.assert_array_equal(getattr(task, part).images, getattr(whole, part).images)
    again = module.load(labels_per_class=3)
    np.testing.assert_array_equal(again.train.images, drawn.train.images)


@pytest.mark.parametrize("bad", [0, -1, 1.5, True, 101])
def test_labels_per_class_that_cannot_be(module, bad):
    with pytest.raises(ValueError, match="labels_per_class"):
        module.load(labels_per_class=bad)


def test_the_names_that_are_listed_are_those_that_load_task_knows():
    assert list_tasks()[:4] == ["digits", "faces", "glyphs", "textures"] and "cifar10" in list_tasks()
    assert load_task("Digits").name == "digits"
    with pytest.raises(ValueError, match="Unknown task 'digit'. Did you mean 'digits'"):
        load_task("digit")


@pytest.mark.parametrize("seed", [-1, 1.5, True, None])
def test_a_seed_that_cannot_be(seed):
    with pytest.raises(ValueError, match="`seed` is a whole number"):
        load_task("digits", seed=seed)


def test_a_folder_is_a_task_by_its_path_and_never_by_its_bare_name(tmp_path, monkeypatch):
    photos(tmp_path / "pets")
    monkeypatch.chdir(tmp_path)
    assert load_task("./pets", image_size=16).name == load_task(tmp_path / "pets").name == "pets"
    with pytest.raises(ValueError, match="'pets' is a folder here: write './pets'"):
        load_task("pets")
