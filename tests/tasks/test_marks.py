"""A planted shortcut is where it is said to be."""

import numpy as np
import pytest
import tiny

from ftlib.tasks.marks import mark, mark_task


def test_a_mark_is_a_white_square_in_the_corner_and_nothing_else():
    images = np.zeros((2, 32, 32, 1), "uint8")
    marked = mark(images)
    assert (marked[:, 28:, 28:] == 255).all() and marked.sum() == 2 * 16 * 255 and images.sum() == 0
    assert (mark(np.zeros((1, 8, 8, 3)))[0, 7, 7] == 255).all()


def test_groups_say_which_images_bear_it():
    task = mark_task(tiny.task(train=300, test=300), share=(1.0, 0.0, 0.5), seed=1)
    train, test = task.train, task.test
    bears = train.groups == "marked"
    assert bears[train.labels == 0].all() and not bears[train.labels == 1].any()
    assert bears[train.labels == 2].sum() == 50 and (test.groups == "marked").sum() == 150
    assert (train.images[bears][:, -1, -1] == 255).all() and (train.images[~bears][:, -1, -1] < 255).all()
    assert (task.validation.groups == "marked").tolist()[:2] == [True, False]  # the classes 0 and 1
    again = mark_task(tiny.task(train=300, test=300), share=(1.0, 0.0, 0.5), seed=1)
    assert np.array_equal(again.train.images, train.images)


@pytest.mark.parametrize("share", [1.5, -0.1, (0.5, 0.5), float("nan")])
def test_a_bad_share_is_named(share):
    with pytest.raises(ValueError, match="A share is a number from 0 to 1, or one for each of 3 classes"):
        mark_task(tiny.task(), share)
