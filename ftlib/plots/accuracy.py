"""Accuracy of strategies against labels or updates, with intervals."""

import math

import numpy as np

from ftlib.errors import unknown
from ftlib.plots.look import (
    LONGEST_STRATEGY,
    count,
    figure,
    label_ends,
    labels_text,
    percent,
    percent_axis,
    seed_text,
    shorten,
    styled,
    styles,
)

_AXES = {
    "labels_per_class": ("Training labels per class (log scale)", "updates"),
    "updates": ("Training updates (batches, log scale)", "labels_per_class"),
}
_METRICS = {"test": "Test accuracy", "val": "Validation accuracy"}


@styled
def accuracy_curves(rows, x="labels_per_class", metric="test"):
    """Draws accuracy against the number of labels or of updates, one line per strategy.

    Args:
        rows: Rows as from `Comparison.table()`: dicts with `"strategy"`, `"labels_per_class"`, `"updates"`,
            `"n"` (seeds) and, as fractions, `"test_mean"`, `"test_low"`, `"test_high"` (95 % interval).
        x: `"labels_per_class"` or `"updates"`. Of the other quantity the value with most points is shown.
        metric: `"test"`, or `"val"` for the columns `"val_mean"`, `"val_low"`, `"val_high"`.

    Returns:
        A Matplotlib figure.

    Raises:
        ValueError: For an unknown `x` or `metric`, for no rows, and for rows without these columns.

    Example:
    >>> row = {"strategy": "full", "updates": 50, "n": 5, "test_low": 0.9, "test_high": 0.94}
    >>> row["test_mean"] = 0.92
    >>> figure = accuracy_curves([{**row, "labels_per_class": 3}, {**row, "labels_per_class": 10}])
    """
    series, fixed = by_strategy(rows, x, metric)
    fig = figure(7.5, 4.6)
    ax = fig.subplots()
    _draw_series(ax, series, x, metric)
    ax.set_title(_best(series, fixed, x, metric))
    return fig


@styled
def headline(live_rows, recorded_rows=None, labels_per_class=10, source="results/digits.json", stacked=False):
    """Draws what was measured just now beside the recorded grid.

    Args:
        live_rows: Rows as for `accuracy_curves`. Those of `labels_per_class` with the most updates aredrawn.
        recorded_rows: Rows of the recorded grid, or None to draw the live result alone.
        labels_per_class: Which live rows to show. Where there are none of these, the largest number there is.
        source: Where the recorded rows come from, for the title of their panel.
        stacked: Whether the panels stand one above the other, for narrow pages.

    Returns:
        A Matplotlib figure.

    Raises:
        ValueError: For no rows, and for rows without the columns that `accuracy_curves` needs.

    Example:
    >>> row = {"strategy": "full", "labels_per_class": 10, "updates": 300, "n": 3}
    >>> figure = headline([{**row, "test_mean": 0.96, "test_low": 0.95, "test_high": 0.97}])
    """
    live, labels, updates = main_cell(live_rows, labels_per_class)
    tall = 1.7 + 0.5 * len(live)
    if not recorded_rows:
        fig = figure(4.8 if stacked else 7, tall)
        axes = [fig.subplots()]
    elif stacked:
        fig = figure(4.8, tall + 4.4)
        # Two figures in one, so that the labels of one do not narrow the other.
        axes = [part.subplots() for part in fig.subfigures(2, 1, height_ratios=[tall, 4.4])]
    else:
        fig = figure(11, max(4.6, tall))
        axes = fig.subplots(1, 2, width_ratios=[1, 1.25])
    _draw_live(axes[0], live, recorded_rows or [])
    if stacked:
        axes[0].xaxis.get_major_locator().set_params(nbins=4)  # numbers as wide as "98.5 %"
    axes[0].set_title(f"Live, {seed_text([r['n'] for r in live])}:\n{_setting(labels, updates)}")
    if recorded_rows:
        series, fixed = by_strategy(recorded_rows, "labels_per_class", "test")
        seeds = seed_text([r["n"] for line in series.values() for r in line])
        axes[1].set_title(f"Recorded ({source}, {seeds}):\n{count(fixed, 'update')}")
        _draw_series(axes[1], series, "labels_per_class", "test")
    return fig


def main_cell(rows, labels_per_class=10):
    """Returns the rows to put first, `(rows, labels_per_class, updates)`: those with the most updates.

    Args:
        rows: Rows as for `accuracy_curves`.
        labels_per_class: The number of labels wanted; the largest there is, where it is not among the rows.
    """
    _check(rows, "test")
    there = {r["labels_per_class"] for r in rows}
    labels = labels_per_class if labels_per_class in there else max(there, key=_size)
    updates = max(r["updates"] for r in rows if r["labels_per_class"] == labels)
    return [r for r in rows if (r["labels_per_class"], r["updates"]) == (labels, updates)], labels, updates


def _best(series, fixed, x, metric):
    """Returns which strategy is ahead at the smallest and the largest x, in words."""
    rows = [r for line in series.values() for r in line]
    found = []
    for value in (min((r[x] for r in rows), key=_size), max((r[x] for r in rows), key=_size)):
        best = max((r for r in rows if r[x] == value), key=lambda r: r[f"{metric}_mean"])
        noun = labels_text(value) if x == "labels_per_class" else count(value, "update")
        found.append((value, _name(best), f"{percent(best[f'{metric}_mean'])} with {noun}"))
    held = count(fixed, "update") if x == "labels_per_class" else labels_text(fixed)
    (first, name, text), (last, other, more) = found
    if first == last:
        return f"{name} has the highest mean:\n{text}, {held}"
    if name == other:
        return f"{name} has the highest mean at both ends ({held}):\n{text}, {more}"
    return f"Highest mean ({held}): {name} {text},\n{other} {more}"


def _name(row):
    return shorten(row["strategy"], LONGEST_STRATEGY)


def _setting(labels, updates):
    return f"{labels_text(labels)}, {count(updates, 'update')}"


def _size(value):
    return math.inf if value is None else value  # None labels per class: all there are


def _check(rows, metric):
    if not rows:
        raise ValueError("Expected at least one row, as from `Comparison.table()`. Received: no rows.")
    missing = [key for key in ("strategy", *_AXES, "n", f"{metric}_mean") if key not in rows[0]]
    if missing:
        raise ValueError(f"Expected rows as from `Comparison.table()`. Received: rows without {missing}.")


def by_strategy(rows, x, metric):
    """Returns the rows of each strategy by x, at the value of the other axis that has most points."""
    if x not in _AXES:
        raise unknown("x axis", x, _AXES)
    if metric not in _METRICS:
        raise unknown("metric", metric, _METRICS)
    _check(rows, metric)
    other = _AXES[x][1]
    points = {value: len({r[x] for r in rows if r[other] == value}) for value in {r[other] for r in rows}}
    fixed = max(points, key=lambda value: (points[value], _size(value)))
    series = {}
    for row in sorted((r for r in rows if r[other] == fixed), key=lambda r: _size(r[x])):
        series.setdefault(row["strategy"], []).append(row)
    return series, fixed


def _arms(row, metric):
    """Returns the distances from the mean to both ends; zero where one seed gives no interval."""
    ends = row.get(f"{metric}_low"), row.get(f"{metric}_high")
    return [0.0 if end is None or np.isnan(end) else abs(end - row[f"{metric}_mean"]) for end in ends]


def _draw_series(ax, series, x, metric):
    from matplotlib.ticker import NullLocator

    ticks = sorted({r[x] for rows in series.values() for r in rows}, key=_size)
    # Where "all labels" lies is not known here: beyond the largest number.
    far = 3 * max((value for value in ticks if value is not None), default=1)
    places = {value: far if value is None else value for value in ticks}
    ends = []
    for i, (name, look) in enumerate(styles(list(series)).items()):
        rows, (colour, marker, line) = series[name], look
        # A small step to the side keeps the intervals of neighbours apart.
        at = [places[r[x]] * 1.025 ** (i - (len(series) - 1) / 2) for r in rows]
        means = [r[f"{metric}_mean"] for r in rows]
        ax.errorbar(
            at,
            means,
            yerr=np.transpose([_arms(r, metric) for r in rows]),
            color=colour,
            marker=marker,
            linestyle=line,
            markersize=6,
            capsize=3,
            linewidth=1.7,
            label=name,
        )
        ends.append((f"{_name(rows[-1])} {percent(means[-1])}", at[-1], means[-1], look))
    ax.set_xscale("log")
    ax.set_xticks(list(places.values()), ["all" if value is None else f"{value:g}" for value in ticks])
    ax.xaxis.set_minor_locator(NullLocator())
    if len(ticks) == 1:
        ax.set_xlim(places[ticks[0]] / 1.5, places[ticks[0]] * 1.5)
    percent_axis(ax.yaxis)
    seeds = seed_text([r["n"] for rows in series.values() for r in rows])
    ax.set(xlabel=f"{_AXES[x][0]}\npoints: mean of {seeds}; bars: 95 % intervals", ylabel=_METRICS[metric])
    label_ends(ax, ends)


def _draw_live(ax, rows, recorded):
    looks = styles([r["strategy"] for r in rows])
    found = False
    for place, row in enumerate(rows):
        colour, marker, _ = looks[row["strategy"]]
        for r in recorded:
            if all(r[key] == row[key] for key in ("strategy", *_AXES)) and sum(_arms(r, "test")):
                ax.hlines(place, r["test_low"], r["test_high"], color="#C4C4C4", linewidth=13)
                found = True
        arms = np.transpose([_arms(row, "test")])
        ax.errorbar(row["test_mean"], place, xerr=arms, color=colour, marker=marker, markersize=8, capsize=4)
    ax.set_yticks(range(len(rows)), [f"{_name(r)}\n{percent(r['test_mean'])}" for r in rows])
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.grid(axis="y", visible=False)
    percent_axis(ax.xaxis)
    note = f"points: mean of {seed_text([r['n'] for r in rows])}; lines: 95 % intervals"
    ax.set_xlabel(f"Test accuracy\n{note}" + ("\nwide grey bars: recorded intervals" if found else ""))
