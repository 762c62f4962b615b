"""Pictures of predicted numbers."""

import numpy as np
import pytest

from ftlib import plots


def test_points_lie_where_the_numbers_are_and_the_diagonal_is_drawn():
    fig = plots.predicted_against_true([1.0, 2.0, np.nan], [1.5, 1.0, 3.0], "weight (g)", "Two points")
    (ax,) = fig.axes
    np.testing.assert_allclose(ax.collections[0].get_offsets(), [[1.0, 1.5], [2.0, 1.0]])
    x, y = ax.lines[0].get_data()
    np.testing.assert_allclose(x, y)
    assert ax.get_xlim() == ax.get_ylim() and ax.get_xlabel() == "True weight (g)"


def test_every_residual_is_counted_around_zero():
    fig = plots.residual_histogram([-1.0, -1.0, 2.0, np.inf], "weight (g)")
    (ax,) = fig.axes
    assert sum(patch.get_height() for patch in ax.patches) == 3
    left, right = ax.patches[0].get_x(), ax.patches[-1].get_x() + ax.patches[-1].get_width()
    assert left == pytest.approx(-right) and right >= 2


@pytest.mark.parametrize("draw", [plots.predicted_against_true, lambda *given: plots.residual_histogram(given[0])])
def test_nothing_to_draw_is_refused(draw):
    with pytest.raises(ValueError, match="finite number"):
        draw([np.nan], [1.0])
    with pytest.raises(ValueError, match="a prediction for each of 2"):
        plots.predicted_against_true([1, 2], [1])
