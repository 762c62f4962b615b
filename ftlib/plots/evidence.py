"""Pictures of what a tuned network costs and how far it can be believed: trade-offs and reliability diagrams."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ftlib.plots.look import (
    LONGEST_NAME,
    LineEnd,
    Style,
    assign_styles,
    format_percent_axis,
    label_line_ends,
    name_length,
    new_figure,
    shorten_name,
    styled,
    widest_of,
    write_names_beside,
    write_percent_ticks,
    write_title,
)
from ftlib.plots.words import say

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_PAGE_WIDTH = 7.2  # inches
_PANELS_PER_ROW = 3
_LONGEST_PANEL_NAME = 24  # letters
_DIAGONAL_STYLE = Style("#767676", "None", "--")


@styled
def reliability(series: Mapping[str, Sequence[Mapping[str, float]]], title: str) -> "Figure":
    """Draws a reliability diagram: accuracy against confidence, bin by bin, with the diagonal where both agree.

    Args:
        series: Dict from name to a list of bins: dicts with `"confidence"`, `"accuracy"` and `"n"`, as from
            `calibration`. The area of a marker grows with the number of examples in its bin.
        title: What to see.

    Returns:
        A Matplotlib figure.

    Raises:
        ValueError: For no series, or one without bins.

    Example:
    >>> figure = reliability({"network": [{"confidence": 0.9, "accuracy": 0.7, "n": 20}]}, "Too sure")
    """
    if not series or not all(series.values()):
        raise ValueError("Expected at least one series of at least one bin, as from ft.calibration(...).bins.")
    diagonal_name = say("as right as it is sure")
    fig = _figure_with_names([*series, diagonal_name], 4.4)
    ax = fig.subplots()
    ax.plot([0, 1], [0, 1], color=_DIAGONAL_STYLE.colour, linewidth=1, linestyle=_DIAGONAL_STYLE.line_style)
    ax.set(
        xlim=(0, 1.02),
        ylim=(0, 1.02),
        xlabel=say("Confidence (area of a marker: examples in its bin)"),
        ylabel=say("Accuracy"),
    )
    line_ends = [LineEnd(diagonal_name, 1, 1, _DIAGONAL_STYLE)]  # a text inside might stand on a line
    most_images = max(row["n"] for bin_rows in series.values() for row in bin_rows)
    for name, style in assign_styles(list(series)).items():
        bin_rows = sorted(series[name], key=lambda row: row["confidence"])
        confidence, accuracy, image_counts = (
            np.array([row[key] for row in bin_rows], float) for key in ("confidence", "accuracy", "n")
        )
        areas = 16 + 120 * image_counts / most_images
        ax.plot(confidence, accuracy, color=style.colour, linestyle=style.line_style, linewidth=1.4)
        ax.scatter(confidence, accuracy, s=areas, color=style.colour, marker=style.marker, alpha=0.75, linewidths=0)
        line_ends.append(LineEnd(shorten_name(name, LONGEST_NAME), confidence[-1], accuracy[-1], style))
    for axis in (ax.xaxis, ax.yaxis):
        write_percent_ticks(axis)
    write_title(fig, title)
    label_line_ends(ax, line_ends)
    return fig


@styled
def trade_off(  # noqa: PLR0913 - all but three are options with defaults
    series: Mapping[str, Sequence[Mapping[str, Any]]],
    x_label: str,
    y_label: str,
    title: str | None = None,
    width: float | None = None,
    height: float = 4.8,
    faint_intervals: bool = False,
    percent: bool = True,
    panels: bool = False,
) -> "Figure":
    """Draws what is gained against what it costs: a path of points per method, with an interval in both directions.

    Args:
        series: Dict from the name of a method to a list of points along its path, such as growing strengths: dicts with
            `"x"` and `"y"`, each `(mean, low, high)`, and optionally a `"label"`, written at the point.
        x_label, y_label: Labels of the axes.
        title: What to see. Default None: no title, where the text around it has one.
        width, height: In inches; of a given width, names take a third at most. Default: as wide as the names ask for,
            and 4.8 high; with panels, of a page.
        faint_intervals: Whether intervals are thin and grey, not in the colour of their path: in a small picture they
            would hide the paths.
        percent: Whether the numbers are fractions, shown in percent. Default True.
        panels: Whether each method has axes of its own, with the paths of the others grey behind it: for paths that
            run over each other. Default False: all in one.

    Returns:
        A Matplotlib figure.

    Raises:
        ValueError: For no series, or one without points.

    Example:
    >>> point = {"x": (0.9, 0.88, 0.92), "y": (0.5, 0.45, 0.55), "label": "0.01"}
    >>> figure = trade_off({"L2-SP": [point]}, "Digits", "Letters", "Letters are kept")
    """
    if not series or not all(series.values()):
        raise ValueError("Expected at least one series of at least one point.")
    styles = assign_styles(list(series))
    if panels:
        fig = new_figure(width or _PAGE_WIDTH, height)
        for name, ax in zip(series, _panels_of(fig, len(series)), strict=True):
            for other in series:
                if other != name:
                    _draw_path_behind(ax, series[other])
            _draw_path(ax, name, series[name], styles[name], faint_intervals)
            # The label of the highest point may stand above the axes.
            ax.set_title(shorten_name(name, _LONGEST_PANEL_NAME), fontsize=10, loc="left", pad=14)
        fig.supxlabel(x_label, fontsize=10)
        fig.supylabel(y_label, fontsize=10)
    else:
        fig = _figure_with_names(series, height, width)
        ax = fig.subplots()
        for name, style in styles.items():
            _draw_path(ax, shorten_name(name, name_length(width)), series[name], style, faint_intervals)
        ax.set(xlabel=x_label, ylabel=y_label)
        write_names_beside(ax)  # paths end anywhere, so that lines to names at the edge would cross the picture

    if percent:
        for ax in fig.axes:
            format_percent_axis(ax.xaxis)
            format_percent_axis(ax.yaxis)
    write_title(fig, title)
    return fig


def _panels_of(fig, count):
    """Returns axes that share their limits, at most three in a row."""
    columns = min(count, _PANELS_PER_ROW)
    rows = -(-count // columns)
    axes = fig.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel()
    for unused in axes[count:]:
        unused.remove()
    for ax in axes[max(0, count - columns) : count]:  # the lowest of each column
        ax.tick_params(labelbottom=True)
    return axes[:count]


def _draw_path_behind(ax, points):
    ax.plot(
        [point["x"][0] for point in points],
        [point["y"][0] for point in points],
        color="#D0D0D0",
        marker="o",
        markersize=3,
        linewidth=1,
        zorder=0,
    )


def _draw_path(ax, label, points, style, faint_intervals):
    x, y = (np.array([point[axis] for point in points], float).T for axis in "xy")  # each: mean, low and high
    x_arms, y_arms = (np.abs(np.nan_to_num(numbers[1:] - numbers[0])) for numbers in (x, y))
    ax.errorbar(
        x[0],
        y[0],
        xerr=x_arms,
        yerr=y_arms,
        color=style.colour,
        marker=style.marker,
        linestyle=style.line_style,
        markersize=6,
        linewidth=1.4,
        ecolor="#B4B4B4" if faint_intervals else style.colour,
        elinewidth=0.6 if faint_intervals else 0.8,
        capsize=0 if faint_intervals else 2,
        label=label,
    )
    for point, mean_x, mean_y in zip(points, x[0], y[0], strict=True):
        if point.get("label"):
            ax.annotate(
                str(point["label"]),
                (mean_x, mean_y),
                (5, 5),
                textcoords="offset points",
                color=style.colour,
                fontsize=9,
            )


def _figure_with_names(series, height, width=None):
    """Returns a figure with room for the names of the series at the right."""
    return new_figure(width or 4.2 + 0.08 * min(LONGEST_NAME, widest_of(series)), height)
