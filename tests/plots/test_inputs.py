"""What comes into a picture is looked at before anything is drawn."""

import numpy as np
import pytest

from ftlib.plots.inputs import as_pixels, require_columns, require_named


def test_pixels_are_clipped_and_grey_images_lose_their_channel():
    pixels = as_pixels(np.array([[[[-3.0], [300.0]], [[np.nan], [7.9]]]]))
    assert pixels.dtype == np.uint8 and pixels.tolist() == [[[0, 255], [0, 7]]]
    assert as_pixels(np.full((2, 4, 4, 3), 9)).shape == (2, 4, 4, 3)


@pytest.mark.parametrize("columns", [0, -1, 2.0, True, "8", None])
def test_only_a_whole_number_is_a_number_of_columns(columns):
    with pytest.raises(ValueError, match="columns="):
        require_columns(columns)
    assert require_columns(np.int64(3)) == 3


def test_names_come_in_a_dict_that_holds_something():
    assert require_named({"a": 1}, "series") == {"a": 1}
    for given, message in (([1], "Received: list"), ({}, "at least one series")):
        with pytest.raises(ValueError, match=message):
            require_named(given, "series")
