"""The file beside an exported detector: what it prepares and finds is what ftlib prepares and finds."""

import numpy as np
from folders import photo

import ftlib as ft
from ftlib.exports import boxes_alone
from ftlib.objectives.boxes import unplace_boxes
from ftlib.tasks.folder.whole_images import WholeImages

SIZE = (40, 56)


def outputs(seed, count=300):
    """Returns outputs of a detector with many boxes that overlap: `(count, 4 + 3)`."""
    rng = np.random.default_rng(seed)
    middles, sides = rng.uniform(0, 56, (count, 2)), rng.uniform(4, 30, (count, 2))
    corners = np.concatenate([middles - sides / 2, middles + sides / 2], axis=1)
    return np.concatenate([corners, rng.uniform(0, 0.6, (count, 3))], axis=1).astype("float32")


def test_it_prepares_the_pixels_that_the_model_was_trained_on(tmp_path):
    for number, size in enumerate([(60, 48), (30, 90), (200, 150)]):
        picture = photo(number, size)
        picture.save(tmp_path / "a.png")
        for channels in (1, 3):
            (expected,) = WholeImages([tmp_path / "a.png"], SIZE, channels)
            np.testing.assert_allclose(boxes_alone.prepare(picture, SIZE, channels)[0], expected, atol=1)


def test_it_finds_the_same_boxes_in_pixels_of_the_picture():
    for seed in range(3):
        raw = outputs(seed)
        expected = unplace_boxes(ft.decode(raw[None])[0], (150, 200), SIZE)
        found = boxes_alone.find(raw, (200, 150), SIZE)
        assert len(found) > 5
        np.testing.assert_allclose(found, expected, atol=1e-3)
    assert boxes_alone.find(np.zeros((5, 6), "float32"), (200, 150), SIZE).shape == (0, 6)
