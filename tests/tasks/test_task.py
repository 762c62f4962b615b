"""Splits and tasks: what they take, what they refuse, and how images are fitted to a backbone."""

import itertools

import keras
import numpy as np
import pandas as pd
import pytest

from ftlib.tasks import faces
from ftlib.tasks.inputs import LazyImages, check_pixels
from ftlib.tasks.resizing import fit_images
from ftlib.tasks.split import Split
from ftlib.tasks.task import Task, draw_labels


def test_draws_are_nested():
    labels = np.repeat(np.arange(4), 30)
    draws = [set(draw_labels(labels, n, seed=3)) for n in (1, 3, 10, 30)]
    assert all(few < many for few, many in itertools.pairwise(draws))
    assert draws[-1] == set(draw_labels(labels, None, seed=3)) == set(range(120))
    with pytest.raises(ValueError, match="31.*30 training examples"):
        draw_labels(labels, 31, seed=0)


def backbone(*shape):
    inputs = keras.Input(shape)
    return keras.Model(inputs, keras.layers.GlobalAveragePooling2D()(inputs))


@pytest.mark.parametrize("shape", [(32, 32, 3), (16, 24, 1), (25, 25, 3), (None, None, 3)])
def test_for_backbone_fits_every_split(shape):
    task = faces.load(labels_per_class=5)
    fitted = task.for_backbone(backbone(*shape))
    wanted = (shape[0] or 25, shape[1] or 25, shape[2])
    for part in ("train", "validation", "test"):
        split, before = getattr(fitted, part), getattr(task, part)
        assert split.images.shape == (len(before), *wanted) and split.images.dtype == "float32"
        assert split.images.min() >= 0 and split.images.max() <= 255
        assert abs(split.images.mean() - before.images.mean()) < 12
        np.testing.assert_array_equal(split.labels, before.labels)
    assert task.for_backbone(backbone(25, 25, 1)) is task


def test_fit_images_keeps_the_middle_and_the_luma():
    wide = np.zeros((1, 10, 30, 3), "uint8")
    wide[:, :, 10:20] = (255, 0, 0)
    fitted = fit_images(wide, (5, 5), 1)
    np.testing.assert_allclose(fitted, 0.299 * 255, atol=1)


def test_a_task_refuses_what_does_not_fit_together():
    images = np.zeros((4, 8, 8, 1), "uint8")
    good = Split(images, np.array([0, 1, 0, 1]), np.arange(4))

    def make(split, names=("a", "b")):
        return Task("t", split, good, good, names, "s", "l")

    make(good)
    with pytest.raises(ValueError, match="3 inputs"):
        make(Split(images[:3], good.labels, good.ids))
    with pytest.raises(ValueError, match="0..0"):
        make(good, ("a",))
    with pytest.raises(TypeError, match="float"):
        make(Split(images, good.labels / 2, good.ids))
    with pytest.raises(ValueError, match="empty"):
        make(good.take(np.arange(0)))


def test_a_split_takes_lists_tensors_and_columns_in_the_order_of_their_rows():
    images = np.arange(3 * 4 * 4).reshape(3, 4, 4, 1).astype("uint8")
    column = pd.Series([1, 0, 1], index=[7, 3, 5])
    for given in (list(images), keras.ops.convert_to_tensor(images), images):
        split = Split(given, column, ["a", "b", "c"], column.astype(str))
        np.testing.assert_array_equal(split.take([2, 0]).images, images[[2, 0]])
        assert split.take([2, 0]).labels.tolist() == [1, 1] and split.take([1]).groups.tolist() == ["0"]
        assert split.digest(1) == Split(images, [0, 1, 0], [1, 2, 3]).digest(1) != split.digest(2)


@pytest.mark.parametrize(
    "labels, ids, groups, error, message",
    [
        ([0, 1], ["a", None], None, ValueError, "`ids` are missing for some of the 2"),
        ([0, 1], [0, 1], [1.0, float("nan")], ValueError, "`groups` are missing"),
        ([0, 1, 1], [0, 1], None, ValueError, "2 inputs, 3 targets, 2 ids"),
        (3, [0, 1], None, ValueError, "a row for each input"),
    ],
)
def test_a_split_refuses_rows_that_do_not_fit(labels, ids, groups, error, message):
    with pytest.raises(error, match=message):
        Split(np.zeros((2, 8, 8, 1), "uint8"), labels, ids, groups)


def test_images_of_several_shapes_are_refused():
    with pytest.raises(ValueError, match="Images have one shape.*Resize them first"):
        Split([np.zeros((8, 8, 1)), np.zeros((8, 9, 1))], [0, 1], [0, 1])
    with pytest.raises(TypeError, match="Received: int"):
        Split(3, [0, 1], [0, 1])


class CountedImages(LazyImages):
    """Images that remember what they were asked for."""

    def __init__(self, pixels):
        self.pixels = pixels
        self.shape = pixels.shape
        self.asked_for = []

    def __getitem__(self, index):
        self.asked_for.append(index)
        return self.pixels[index]


def test_images_that_are_made_when_asked_for_are_not_asked_early():
    images = CountedImages(np.zeros((4, 8, 8, 1), "uint8"))
    split = Split(images, [0, 1, 0, 1], range(4))
    assert len(split) == 4 and split.images is images and images.asked_for == []


def test_images_too_large_for_memory_are_fitted_when_asked_for():
    images = np.broadcast_to(np.uint8(200), (30_000, 8, 8, 1))
    fitted = fit_images(images, (128, 128), 3)
    assert fitted.shape == (30_000, 128, 128, 3) and not isinstance(fitted, np.ndarray)
    np.testing.assert_array_equal(fitted[[5, 2]], np.full((2, 128, 128, 3), 200, "float32"))


@pytest.mark.parametrize(
    "images, error, message",
    [
        ([1, 2], TypeError, "one array"),
        (np.zeros((2, 8, 8)), ValueError, "Received: shape .2, 8, 8."),
        (np.zeros((2, 8, 8, 2)), ValueError, "1 or 3 channels"),
        (np.zeros((0, 8, 8, 1)), ValueError, "at least one"),
        (np.zeros((2, 8, 8, 1), bool), TypeError, "dtype bool"),
        (np.full((2, 8, 8, 1), np.nan), ValueError, "NaN or infinity"),
        (np.full((2, 8, 8, 1), 0.5), ValueError, "Multiply by 255"),
        (np.linspace(-1, 1, 128).reshape(2, 8, 8, 1), ValueError, "Add 1 and multiply by 127.5"),
        (np.full((2, 8, 8, 1), 300), ValueError, "from 300 to 300"),
    ],
)
def test_pixels_that_are_none_are_refused_with_the_remedy(images, error, message):
    check_pixels(np.full((2, 8, 8, 1), 255, "uint8"))
    with pytest.raises(error, match=message):
        check_pixels(images)
