"""Glyphs: drawn when they are asked for, and always the same."""

import numpy as np
import pytest

from ftlib.tasks import glyphs


@pytest.mark.slow
def test_glyphs_draws_a_split_when_its_images_are_asked_for(monkeypatch):
    drawn, render = [], glyphs.render
    monkeypatch.setattr(glyphs, "render", lambda count, seed: drawn.append(seed) or render(count, seed))
    task = glyphs.load()
    assert task.num_classes > 300 and task.image_shape == (32, 32, 1) and "train" in repr(task)
    assert [len(part.images) // task.num_classes for part in (task.train, task.validation, task.test)] == [30, 4, 6]
    few = glyphs.load(labels_per_class=2)
    assert np.bincount(few.train.labels).tolist() == [2] * task.num_classes
    assert few.train.images.shape == (2 * task.num_classes, 32, 32, 1) and drawn == []
    assert task.validation.images[3].shape == (32, 32, 1) and task.validation.images[[3, 5]].ndim == 4
    np.asarray(task.validation.images)
    assert len(drawn) == 1  # once, and no other split


@pytest.mark.slow
def test_glyphs_are_the_drawings_of_render():
    task = glyphs.load()
    images, labels = glyphs.render(len(task.validation), [731, 1])
    np.testing.assert_array_equal(task.validation.images, images)
    np.testing.assert_array_equal(task.validation.labels, labels)
    part = task.validation.take([7, 2])
    np.testing.assert_array_equal(part.images, images[[7, 2]])
    assert part.digest(1) == task.validation.digest(2) != task.validation.digest(3)
    assert list(part.ids) == ["validation-7", "validation-2"] and np.asarray(task.validation.images).dtype == "uint8"


@pytest.mark.slow
def test_fewer_glyphs_are_a_part_of_all():
    task, few = glyphs.load(), glyphs.load(labels_per_class=2, seed=4)
    at = np.array([int(i.removeprefix("train-")) for i in few.train.ids])
    np.testing.assert_array_equal(few.train.images, task.train.images[at])
    np.testing.assert_array_equal(few.train.labels, task.train.labels[at])
    with pytest.raises(ValueError, match="labels_per_class=31"):
        glyphs.load(labels_per_class=31)
