"""Effects in a grid: how much one thing is worth more than another, cell by cell, with intervals."""

import numpy as np

from ftlib.plots.look import TEXT, figure, fold, letters, styled, write_title

_MORE, _LESS = "#0072B2", "#D55E00"


@styled
def effect_grid(rows, columns, x_label, title):
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
    _check(rows, columns)
    places = [(place, column) for place in range(len(rows)) for column in range(len(columns))]
    cells = [(y, x, cell) for (y, x), cell in zip(places, sum(map(list, rows.values()), []), strict=True)]
    cells = [(y, x, cell) for y, x, cell in cells if cell is not None]
    most = max((abs(mean) for _, _, (mean, _, _) in cells), default=0) or 1
    names = [fold(str(name), 24) for name in rows]
    longest = max(letters(line) for name in names for line in name.split("\n"))
    fig = figure(0.5 + 0.085 * longest + 1.25 * len(columns), 1.2 + 0.52 * len(rows))
    ax = fig.subplots()
    for place, column, (mean, low, high) in cells:
        open_ = low <= 0 <= high
        ax.fill(
            *np.transpose([(column + x, place + y) for x, y in ((-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5))]),
            facecolor="#FFFFFF" if open_ else _MORE if mean > 0 else _LESS,
            alpha=1 if open_ else _depth(mean, most),
            edgecolor="#D8D8D8" if open_ else "none",
            hatch="//" if open_ else None,
            linewidth=0,
        )
        back = {"facecolor": "white", "edgecolor": "none", "pad": 1.5} if open_ else None
        ax.text(
            column,
            place,
            f"{_points(mean)}\n({_points(low)} to {_points(high)})",
            ha="center",
            va="center",
            fontsize=9,
            color=TEXT,
            bbox=back,
            linespacing=1.1,
        )
    for line in np.arange(len(columns) + 1) - 0.5:
        ax.axvline(line, color="white", linewidth=2)
    for line in np.arange(len(rows) + 1) - 0.5:
        ax.axhline(line, color="white", linewidth=2)
    ax.set(xlim=(-0.5, len(columns) - 0.5), ylim=(len(rows) - 0.5, -0.5))
    ax.set_xticks(range(len(columns)), [fold(str(name), 15) for name in columns])
    ax.set_yticks(range(len(rows)), names)
    ax.tick_params(length=0)
    ax.grid(visible=False)
    ax.spines[["left", "bottom"]].set_visible(False)
    ax.set_xlabel(f"{x_label}\npoints, and 95 % intervals; hatched: the interval holds 0")
    write_title(fig, title)
    return fig


def _points(value):
    return f"{round(100 * value, 1) + 0:+.1f}"  # + 0: no "-0.0"


def _depth(mean, most):
    """Returns how dark a cell is: pale enough at its darkest for black text."""
    return 0.15 + 0.4 * abs(mean) / most


def _check(rows, columns):
    if not isinstance(rows, dict) or not rows or not len(columns):
        raise ValueError("Expected a dict of at least one row, and at least one column.")
    for name, row in rows.items():
        if len(row) != len(columns):
            raise ValueError(f"Expected {len(columns)} cells in each row, one per column. {name!r} has {len(row)}.")
        for cell in row:
            if cell is not None and (np.shape(cell) != (3,) or not np.isfinite(np.asarray(cell, "float64")).all()):
                raise ValueError(f"A cell is (mean, low, high), or None. Received: {cell!r} in {name!r}.")
