"""Digits: split by the writers, and labels drawn from the first of them."""

import numpy as np
from leaks import assert_no_leak

from ftlib.tasks import digits


def test_the_splits_follow_the_order_of_the_file():
    task = digits.load()
    assert [len(split) for split in task.splits.values()] == [1097, 200, 500]
    assert task.train.ids[-1] + 1 == task.validation.ids[0] and task.validation.ids[-1] + 1 == task.test.ids[0]
    assert task.image_shape == (8, 8, 1) and task.train.images.dtype == "uint8" and task.train.images.max() == 255
    assert not task.mirror and task.class_names == tuple("0123456789")
    assert_no_leak(task)


def test_labels_are_drawn_from_training_alone():
    task, drawn = digits.load(), digits.load(labels_per_class=5, seed=3)
    assert np.bincount(drawn.train.labels).tolist() == [5] * 10 and set(drawn.train.ids) < set(task.train.ids)
    np.testing.assert_array_equal(drawn.test.ids, task.test.ids)
