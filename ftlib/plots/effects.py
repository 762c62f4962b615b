"""Effects in a grid: how much one thing is worth more than another, cell by cell, with intervals."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ftlib.plots.look import TEXT_COLOUR, fold_name, new_figure, styled, widest_of, write_title
from ftlib.plots.words import say

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_GAIN_COLOUR, _LOSS_COLOUR = "#0072B2", "#D55E00"
_CORNERS = ((-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5))  # of a cell, around its centre


@styled
def effect_grid(
    rows: Mapping[str, Sequence[tuple[float, float, float] | None]], columns: Sequence[Any], x_label: str, title: str
) -> "Figure":
    """Draws a grid of effects, each with its interval; where the interval holds 0, the cell is hatched.

    Args:
        rows: Dict from the name of a row to one cell per column: `(mean, low, high)` as fractions, written in
            percentage points, or None where there is nothing.
        columns: Names of the columns.
        x_label: What the columns are.
        title: What to see.

    Returns:
        A Matplotlib figure.

    Raises:
        ValueError: For no rows, a row with another number of cells than columns, and a cell that is not three numbers.

    Example:
    >>> figure = effect_grid({"digits": [(0.3, 0.2, 0.4), None]}, ["1", "50"], "Labels per class", "It helps")
    """
    _check_cells(rows, columns)
    cells = [
        (place, column, cell)
        for place, row_cells in enumerate(rows.values())
        for column, cell in enumerate(row_cells)
        if cell is not None
    ]
    largest_effect = max((abs(mean) for _, _, (mean, _, _) in cells), default=0) or 1
    names = [fold_name(str(name), 24) for name in rows]
    name_width = widest_of(line for name in names for line in name.split("\n"))
    fig = new_figure(0.5 + 0.085 * name_width + 1.25 * len(columns), 1.2 + 0.52 * len(rows))
    ax = fig.subplots()
    for place, column, cell in cells:
        _draw_cell(ax, place, column, cell, largest_effect)
    for edge in np.arange(len(columns) + 1) - 0.5:
        ax.axvline(edge, color="white", linewidth=2)
    for edge in np.arange(len(rows) + 1) - 0.5:
        ax.axhline(edge, color="white", linewidth=2)

    ax.set(xlim=(-0.5, len(columns) - 0.5), ylim=(len(rows) - 0.5, -0.5))
    ax.set_xticks(range(len(columns)), [fold_name(str(name), 15) for name in columns])
    ax.set_yticks(range(len(rows)), names)
    ax.tick_params(length=0)
    ax.grid(visible=False)
    ax.spines[["left", "bottom"]].set_visible(False)
    ax.set_xlabel(f"{x_label}\n{say('points, and 95 % intervals; hatched: the interval holds 0')}")
    write_title(fig, title)
    return fig


def _draw_cell(ax, place, column, cell, largest_effect):
    mean, low, high = cell
    is_open = low <= 0 <= high  # it may be a gain or a loss
    corners = np.transpose([(column + x, place + y) for x, y in _CORNERS])
    if is_open:
        ax.fill(*corners, facecolor="#FFFFFF", alpha=1, edgecolor="#D8D8D8", hatch="//", linewidth=0)
    else:
        colour = _GAIN_COLOUR if mean > 0 else _LOSS_COLOUR
        ax.fill(*corners, facecolor=colour, alpha=_opacity(mean, largest_effect), edgecolor="none", linewidth=0)
    ax.text(
        column,
        place,
        f"{_format_points(mean)}\n({say('{low} to {high}', low=_format_points(low), high=_format_points(high))})",
        ha="center",
        va="center",
        fontsize=9,
        color=TEXT_COLOUR,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5} if is_open else None,
        linespacing=1.1,
    )


def _format_points(value):
    points = 100 * value
    digits = 2 if 0.005 <= abs(points) < 0.05 else 1  # a bound beside 0 shows on which side it lies
    return f"{round(points, digits) + 0:+.{digits}f}"  # + 0: no "-0.0"


def _opacity(mean, largest_effect):
    """Returns how dark a cell is: pale enough at its darkest for black text."""
    return 0.15 + 0.4 * abs(mean) / largest_effect


def _check_cells(rows, columns):
    if not isinstance(rows, dict) or not rows or not len(columns):
        raise ValueError("Expected a dict of at least one row, and at least one column.")
    for name, cells in rows.items():
        if len(cells) != len(columns):
            raise ValueError(f"Expected {len(columns)} cells in each row, one per column. {name!r} has {len(cells)}.")
        for cell in cells:
            if cell is not None and not _is_effect(cell):
                raise ValueError(f"A cell is (mean, low, high), or None. Received: {cell!r} in {name!r}.")


def _is_effect(cell):
    return np.shape(cell) == (3,) and bool(np.isfinite(np.asarray(cell, "float64")).all())
