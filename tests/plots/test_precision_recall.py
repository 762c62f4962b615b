"""Precision against recall, drawn."""

import numpy as np
import pytest

from ftlib import plots


def test_the_line_is_the_best_precision_from_each_recall_on():
    figure = plots.precision_recall({"cell": ([0.5, 0.5, 1.0], [1.0, 0.5, 2 / 3])}, {"cell": (0.5, 1.0)}, "A title")
    line, ring = figure.axes[0].lines
    recalls, precisions = line.get_data()
    # From 0 to 0.5 all are right; from there to 1 two thirds.
    np.testing.assert_allclose(np.trapezoid(precisions, recalls), 0.5 * 1 + 0.5 * 2 / 3)
    assert ring.get_xydata().tolist() == [[0.5, 1.0]]


def test_a_class_of_which_nothing_was_found_is_drawn_too():
    figure = plots.precision_recall({"cell": ([], []), "plate": ([1.0], [1.0])})
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["cell", "plate"]


@pytest.mark.parametrize(
    ("curves", "message"),
    [
        ({}, "at least one class"),
        ({"a": ([0.5], [0.5, 0.2])}, "two arrays"),
        ({"a": ([1.5], [0.5])}, "lie between 0 and 1"),
    ],
)
def test_what_is_no_curve_is_refused(curves, message):
    with pytest.raises(ValueError, match=message):
        plots.precision_recall(curves)
