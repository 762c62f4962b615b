"""Boxes on images: each where it belongs, in the line of its class, which the legend names."""

import numpy as np
import pytest
from drawn import texts
from matplotlib.patches import Rectangle

from ftlib import plots
from ftlib.plots.boxes import Frame, frame_image

IMAGES = np.zeros((2, 10, 20, 1), "uint8")
FOUND = [[[2, 1, 12, 9, 1, 0.8], [0, 0, 4, 4, 0, 0.5]], np.zeros((0, 6))]


def frames(ax):
    return [patch for patch in ax.patches if isinstance(patch, Rectangle)]


def test_a_box_lies_where_its_pixels_are():
    fig = plots.boxes(IMAGES, FOUND, ["cell", "plate"], title="Two boxes")
    first, second = fig.axes
    assert [frame.get_bbox().extents.tolist() for frame in frames(first)] == [[2, 1, 12, 9], [0, 0, 4, 4]]
    assert first.images[0].get_extent() == [0, 20, 10, 0] and frames(second) == []
    assert "Two boxes" in texts(fig)


def test_classes_differ_in_line_as_in_colour_and_only_those_that_are_seen_are_named():
    fig = plots.boxes(IMAGES, FOUND, ["cell", "plate", "nothing"])
    lines = [(frame.get_edgecolor(), frame.get_linestyle()) for frame in frames(fig.axes[0])]
    assert len({colour for colour, _ in lines}) == len({line for _, line in lines}) == 2
    names = [text.get_text() for text in fig.legends[0].get_texts()]
    assert names == ["cell", "plate"]


def test_the_truth_lies_below_the_boxes_and_is_named():
    fig = plots.boxes(IMAGES, FOUND, ["cell", "plate"], truth=[[], [[1, 1, 5, 5, 0]]])
    assert len(frames(fig.axes[1])) == 1
    assert [text.get_text() for text in fig.legends[0].get_texts()][-1] == "as labelled"


def test_many_classes_have_pairs_of_colour_and_line_of_their_own():
    rows = [[[1, 1, 5, 5, index] for index in range(20)]]
    fig = plots.boxes(IMAGES[:1], rows, [f"class {index}" for index in range(20)])
    looks = {(frame.get_edgecolor(), str(frame.get_linestyle())) for frame in frames(fig.axes[0])}
    assert len(looks) == 20


@pytest.mark.parametrize(
    "found, message",
    [
        (FOUND[:1], "`boxes` of each of 2 images, though they may be none. Received: 1"),
        ([[[1, 2, 3, 4]], []], r"rows of x0, y0, x1, y1, class: \(k, 5\)"),
        ([[[1, 2, 3, 4, 7]], []], r"Classes lie in 0..1 \(2 class names\)"),
    ],
)
def test_boxes_that_do_not_fit_are_refused(found, message):
    with pytest.raises(ValueError, match=message):
        plots.boxes(IMAGES, found, ["cell", "plate"])


def test_frames_are_painted_into_the_pixels():
    wanted = [Frame((10, 10, 50, 40), "#FFFFFF"), Frame((20, 20, 80, 80), "#D55E00", is_dashed=True)]
    painted = frame_image(np.full((100, 100, 1), 90, "uint8"), wanted)
    assert painted.shape == (100, 100, 3) and painted.dtype == np.uint8
    assert painted[10, 30].tolist() == [255, 255, 255] and painted[30, 30].tolist() == [90, 90, 90]
    along = (painted[80, 20:80] == [0xD5, 0x5E, 0x00]).all(axis=1)
    assert 0.3 < along.mean() < 0.9 and (painted[:5] == 90).all()
