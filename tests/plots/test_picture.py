"""A figure in a notebook."""

from rows import STAGES

from ftlib import plots


def test_a_picture_is_displayed_as_the_last_value_of_a_cell():
    data, metadata = plots.stage_picture(STAGES)._repr_png_()
    assert data.startswith(b"\x89PNG") and metadata["alt"].startswith("1 of 3 stages frozen")
