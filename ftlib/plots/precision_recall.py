"""How precision falls while recall grows: one line for each class of a detector."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ftlib.plots.look import (
    LONGEST_NAME,
    assign_styles,
    format_percent_axis,
    new_figure,
    shorten_name,
    styled,
    write_title,
)
from ftlib.plots.words import say

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MARKS = 6  # along a line


@styled
def precision_recall(
    curves: Mapping[str, Sequence[Any]],
    marked: Mapping[str, tuple[float, float]] | None = None,
    title: str | None = None,
    width: float = 7.0,
) -> "Figure":
    """Draws precision against recall, a line for each class.

    At each recall stands the best precision that is reached there or further right, as COCO averages it: the average
    precision of a class is the area below its line.

    Args:
        curves: Dict from the name of a class to `(recalls, precisions)`, two arrays `(detections,)` from the surest
            detection on, as from `precision_recall` in `ftlib.objectives.average_precision`; empty ones where nothing
            was detected.
        marked: Dict from the name of a class to one `(recall, precision)` that is marked with a ring: where a chosen
            limit of the probability lies. Default None: no marks.
        title: What to see. Default None: no title.
        width: In inches. Default 7.

    Returns:
        A Matplotlib figure.

    Raises:
        ValueError: For no curves, or a curve whose two arrays differ in length or do not lie between 0 and 1.

    Example:
    >>> picture = precision_recall({"cell": ([0.5, 0.5, 1.0], [1.0, 0.5, 0.67])}, {"cell": (0.5, 1.0)})
    """
    if not curves:
        raise ValueError("Expected the curve of at least one class. Received: none.")
    fig = new_figure(width, 0.62 * width)
    ax = fig.subplots()
    styles = assign_styles([str(name) for name in curves])
    for name, curve in curves.items():
        style = styles[str(name)]
        recalls, precisions = _step_line(str(name), curve)
        ax.plot(
            recalls,
            precisions,
            color=style.colour,
            linestyle=style.line_style,
            marker=style.marker,
            markevery=max(1, len(recalls) // _MARKS),
            markersize=5,
            linewidth=1.8,
            label=shorten_name(str(name), LONGEST_NAME),
        )
        if marked and name in marked:
            ax.plot(*marked[name], marker="o", markersize=11, markeredgewidth=1.8, color=style.colour, fillstyle="none")
    ax.set(
        xlabel=say("Recall (share of the objects that are found)"),
        ylabel=say("Precision (share of the boxes that are right)"),
    )
    ax.set(xlim=(0, 1.02), ylim=(0, 1.04))
    for axis in (ax.xaxis, ax.yaxis):
        format_percent_axis(axis)
    fig.legend(loc="outside lower center", ncols=min(4, len(curves)), frameon=False, handlelength=3.2)
    write_title(fig, title)
    return fig


def _step_line(name, curve):
    """Returns the corners of a line: at each recall the best precision there or further right, down to nothing."""
    recalls, precisions = (np.asarray(values, "float64") for values in curve)
    if recalls.ndim != 1 or recalls.shape != precisions.shape:
        raise ValueError(
            f"A curve is two arrays (detections,). Received: {name!r} with shapes {recalls.shape} and "
            f"{precisions.shape}."
        )
    values = np.concatenate([recalls, precisions])
    if len(values) and not (values.min() >= 0 and values.max() <= 1):
        raise ValueError(f"Recall and precision lie between 0 and 1. Received: {name!r} with {values.min():g} to "
                         f"{values.max():g}.")  # fmt: skip
    if not len(recalls):
        return np.array([0.0, 0.0]), np.array([0.0, 0.0])
    best = np.maximum.accumulate(precisions[::-1])[::-1]
    # The precision holds back to the recall before it: a stair that falls at each step.
    stair_recalls = np.repeat(np.concatenate([[0.0], recalls]), 2)[1:]
    stair_precisions = np.repeat(np.concatenate([best, [0.0]]), 2)[:-1]
    return np.append(stair_recalls, recalls[-1])[: len(stair_precisions)], stair_precisions
