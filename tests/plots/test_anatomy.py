"""Networks side by side: the shares of their stages."""

import pytest
from drawn import texts

from ftlib import plots


def test_stage_shares_shrink_with_the_maps_and_tell_shares_and_totals():
    late = [{"output_shape": (64, 64, 8), "params": 999}, {"output_shape": (4, 4, 32), "params": 999_000}]
    even = [{"output_shape": (256, 8), "params": 5, "work": 1}, {"output_shape": None, "params": 0, "work": 3}]
    fig = plots.stage_shares({"conv": late, "tokens": even}, unit="weights", title="Late")
    boxes = fig.axes[0].patches
    heights = [box.get_height() for box in boxes]
    assert heights[0] / heights[2] == pytest.approx(2)  # the square roots of 64 places a side, and of 16
    assert heights[1] == pytest.approx(heights[3]) and heights[3] < heights[2]  # the lowest has room for a number
    assert boxes[1].get_facecolor() != boxes[0].get_facecolor()
    seen = texts(fig)
    for part in (
        "<1 %",
        "100 %",
        "0 %",
        "stage 2",
        "tokens",
        "64 x 64\nx 8",
        "256\nx 8",
        "conv\n1.0 M\nweights",
        "5\nweights",
    ):
        assert part in seen
    assert "25 %" in texts(plots.stage_shares({"tokens": even}, "work"))
