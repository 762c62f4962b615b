"""Filters and feature maps, each on its own scale."""

import numpy as np

from ftlib import plots


def test_filter_grid_draws_zero_as_grey_and_gives_every_filter_its_own_scale():
    kernel = np.zeros((3, 3, 1, 3))
    kernel[0, :, 0, 0], kernel[2, :, 0, 0] = 2.0, -1.0
    kernel[1, 1, 0, 1] = 0.001
    fig = plots.filter_grid(kernel, "Three filters", columns=2)
    first, second, third, empty = (ax.images for ax in fig.axes)
    assert np.asarray(first[0].get_array())[:, 0].tolist() == [1.0, 0.5, 0.25]
    assert np.asarray(second[0].get_array())[1, 1] == 1 and (np.asarray(third[0].get_array()) == 0.5).all()
    assert not empty and fig.get_suptitle() == "Three filters"
    assert {image.get_clim() for ax in fig.axes for image in ax.images} == {(0, 1)}


def test_filter_grid_puts_panels_side_by_side_and_shows_colour_filters_in_colour():
    panels = {"before": np.ones((5, 5, 3, 4)), "after": -np.ones((5, 5, 2, 4))}
    fig = plots.filter_grid(panels, columns=4)
    before, after = fig.subfigs
    assert [part.get_suptitle() for part in fig.subfigs] == ["before", "after"]
    assert np.asarray(before.axes[0].images[0].get_array()).shape == (5, 5, 3)
    assert (np.asarray(after.axes[0].images[0].get_array()) == 0).all()  # of other channels the mean
    assert len(before.axes) == len(after.axes) == 4


def test_feature_maps_have_a_row_per_stage_the_most_varied_first():
    maps = np.zeros((4, 4, 3))
    maps[0, 0] = 1, 5, 3
    fig = plots.feature_maps({"early": maps, "late": np.full((2, 2, 9), 7.0)}, np.full((8, 8, 1), 255), columns=2)
    rows = np.array(fig.axes, object).reshape(3, 2)
    shown = [[np.asarray(ax.images[0].get_array()) for ax in row if ax.images] for row in rows]
    assert [len(row) for row in shown] == [1, 2, 2]
    assert (shown[0][0] == 1).all() and shown[1][0][0, 0] == 1 and shown[1][0].sum() == 1
    assert (shown[2][0] == 0).all()  # nothing varies: nothing is bright
    assert [row[0].get_ylabel() for row in rows] == ["image", "early\n3 maps\n4 x 4", "late\n9 maps\n2 x 2"]
