"""Accuracy of strategies against labels or updates, with intervals."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ftlib.errors import unknown
from ftlib.plots.look import (
    LONGEST_STRATEGY,
    LineEnd,
    assign_styles,
    format_score_axis,
    label_line_ends,
    name_rows,
    new_figure,
    shorten_name,
    styled,
)
from ftlib.plots.words import count_text, labels_text, say, score_label, seeds_text
from ftlib.score import ACCURACY, Score

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Row = Mapping[str, Any]  # of `Comparison.table()`

_AXES = {
    "labels_per_class": ("Training labels per class (log scale)", "updates"),
    "updates": ("Training updates (batches, log scale)", "labels_per_class"),
}
_METRICS = {"test": "Test {score}", "val": "Validation {score}"}


class MainCell(NamedTuple):
    """The rows to put first: those of one number of labels, with the most updates."""

    rows: list[Row]
    labels_per_class: int | None
    updates: int


class _BestAt(NamedTuple):
    """Which strategy is ahead at one end of an axis."""

    value: int | None
    strategy: str
    text: str


@styled
def accuracy_curves(
    rows: Sequence[Row], x: str = "labels_per_class", metric: str = "test", score: Score = ACCURACY
) -> "Figure":
    """Draws a score against the number of labels or of updates, one line per strategy.

    Args:
        rows: Rows as from `Comparison.table()`: dicts with `"strategy"`, `"labels_per_class"`, `"updates"`,
            `"n"` (seeds) and, as fractions, `"test_mean"`, `"test_low"`, `"test_high"` (95 % interval).
        x: `"labels_per_class"` or `"updates"`. Of the other quantity the value with most points is shown.
        metric: `"test"`, or `"val"` for the columns `"val_mean"`, `"val_low"`, `"val_high"`.
        score: What the columns hold. Default: accuracy.

    Returns:
        A Matplotlib figure.

    Raises:
        ValueError: For an unknown `x` or `metric`, for no rows, and for rows without these columns.

    Example:
    >>> row = {"strategy": "full", "updates": 50, "n": 5, "test_low": 0.9, "test_high": 0.94}
    >>> row["test_mean"] = 0.92
    >>> figure = accuracy_curves([{**row, "labels_per_class": 3}, {**row, "labels_per_class": 10}])
    """
    rows_of_strategy, fixed_value = by_strategy(rows, x, metric)
    fig = new_figure(7.5, 4.6)
    ax = fig.subplots()
    _draw_curves(ax, rows_of_strategy, x, metric, score)
    ax.set_title(_name_the_best(rows_of_strategy, fixed_value, x, metric, score))
    return fig


@styled
def headline(
    live_rows: Sequence[Row],
    recorded_rows: Sequence[Row] | None = None,
    labels_per_class: int | None = 10,
    source: str = "results/digits.json",
    stacked: bool = False,
    score: Score = ACCURACY,
) -> "Figure":
    """Draws what was measured just now beside the recorded grid.

    Args:
        live_rows: Rows as for `accuracy_curves`. Those of `labels_per_class` with the most updates are drawn.
        recorded_rows: Rows of the recorded grid, or None to draw the live result alone.
        labels_per_class: Which live rows to show. Where there are none of these, the largest number there is.
        source: Where the recorded rows come from, for the title of their panel.
        stacked: Whether the panels stand one above the other, for narrow pages.
        score: What the columns hold. Default: accuracy.

    Returns:
        A Matplotlib figure.

    Raises:
        ValueError: For no rows, and for rows without the columns that `accuracy_curves` needs.

    Example:
    >>> row = {"strategy": "full", "labels_per_class": 10, "updates": 300, "n": 3}
    >>> figure = headline([{**row, "test_mean": 0.96, "test_low": 0.95, "test_high": 0.97}])
    """
    live = main_cell(live_rows, labels_per_class)
    live_height = 1.7 + 0.5 * len(live.rows)
    if not recorded_rows:
        fig = new_figure(4.8 if stacked else 7, live_height)
        axes = [fig.subplots()]
    elif stacked:
        fig = new_figure(4.8, live_height + 4.4)
        # Two figures in one, so that the labels of one do not narrow the other.
        subfigures = fig.subfigures(2, 1, squeeze=False, height_ratios=[live_height, 4.4]).ravel()
        axes = [subfigure.subplots() for subfigure in subfigures]
    else:
        fig = new_figure(11, max(4.6, live_height))
        axes = list(fig.subplots(1, 2, width_ratios=[1, 1.25]))
    live_ax = axes[0]
    _draw_live(live_ax, live.rows, recorded_rows or [], score)
    if stacked:
        locator = live_ax.xaxis.get_major_locator()
        locator.set_params(nbins=4)  # pyright: ignore[reportCallIssue] - a MaxNLocator; numbers as wide as "98.5 %"
    seeds = seeds_text(row["n"] for row in live.rows)
    cell = f"{labels_text(live.labels_per_class)}, {count_text(live.updates, 'update')}"
    live_ax.set_title(say("Live, {seeds}:\n{cell}", seeds=seeds, cell=cell))
    if recorded_rows:
        rows_of_strategy, fixed_updates = by_strategy(recorded_rows, "labels_per_class", "test")
        seeds = seeds_text(row["n"] for row in _all_rows(rows_of_strategy))
        cell = count_text(fixed_updates, "update")
        axes[1].set_title(say("Recorded ({source}, {seeds}):\n{cell}", source=source, seeds=seeds, cell=cell))
        _draw_curves(axes[1], rows_of_strategy, "labels_per_class", "test", score)
    return fig


def main_cell(rows: Sequence[Row], labels_per_class: int | None = 10) -> MainCell:
    """Returns the rows to put first: those with the most updates.

    Args:
        rows: Rows as for `accuracy_curves`.
        labels_per_class: The number of labels wanted; the largest there is, where it is not among the rows.
    """
    _check_rows(rows, "test")
    present_labels = {row["labels_per_class"] for row in rows}
    labels = labels_per_class if labels_per_class in present_labels else max(present_labels, key=_sort_key)
    updates = max(row["updates"] for row in rows if row["labels_per_class"] == labels)
    cell_rows = [row for row in rows if (row["labels_per_class"], row["updates"]) == (labels, updates)]
    return MainCell(cell_rows, labels, updates)


def by_strategy(rows: Sequence[Row], x: str, metric: str) -> tuple[dict[str, list[Row]], Any]:
    """Returns the rows of each strategy by x, and the value of the other axis, which has most points."""
    if x not in _AXES:
        raise unknown("x axis", x, _AXES)
    if metric not in _METRICS:
        raise unknown("metric", metric, _METRICS)
    _check_rows(rows, metric)
    _, other_axis = _AXES[x]
    point_counts = {
        value: len({row[x] for row in rows if row[other_axis] == value}) for value in {row[other_axis] for row in rows}
    }
    fixed_value = max(point_counts, key=lambda value: (point_counts[value], _sort_key(value)))
    rows_of_strategy: dict[str, list[Row]] = {}
    shown_rows = [row for row in rows if row[other_axis] == fixed_value]
    for row in sorted(shown_rows, key=lambda row: _sort_key(row[x])):
        rows_of_strategy.setdefault(row["strategy"], []).append(row)
    return rows_of_strategy, fixed_value


def _all_rows(rows_of_strategy):
    return [row for strategy_rows in rows_of_strategy.values() for row in strategy_rows]


def _name_the_best(rows_of_strategy, fixed_value, x, metric, score):
    """Returns which strategy is ahead at the smallest and the largest x, in words."""
    rows = _all_rows(rows_of_strategy)
    x_values = [row[x] for row in rows]
    if x == "labels_per_class":
        fixed_text = count_text(fixed_value, "update")
    else:
        fixed_text = labels_text(fixed_value)
    first = _best_at(rows, min(x_values, key=_sort_key), x, metric, score)
    last = _best_at(rows, max(x_values, key=_sort_key), x, metric, score)
    best = "highest" if score.higher_is_better else "lowest"
    values = {"name": first.strategy, "first": first.text, "last": last.text, "fixed": fixed_text}
    if first.value == last.value:
        return say(f"{{name}} has the {best} mean:\n{{first}}, {{fixed}}", **values)
    if first.strategy == last.strategy:
        return say(f"{{name}} has the {best} mean at both ends ({{fixed}}):\n{{first}}, {{last}}", **values)
    template = f"{best.capitalize()} mean ({{fixed}}): {{name}} {{first}},\n{{other}} {{last}}"
    return say(template, other=last.strategy, **values)


def _best_at(rows, value, x, metric, score):
    best_row = max((row for row in rows if row[x] == value), key=lambda row: score.rank(row[f"{metric}_mean"]))
    setting = labels_text(value) if x == "labels_per_class" else count_text(value, "update")
    mean = score.format(best_row[f"{metric}_mean"])
    return _BestAt(value, _short_name(best_row), say("{value} with {setting}", value=mean, setting=setting))


def _short_name(row):
    return shorten_name(row["strategy"], LONGEST_STRATEGY)


def _sort_key(value):
    return math.inf if value is None else value  # None labels per class: all there are


def _check_rows(rows, metric):
    if not rows:
        raise ValueError("Expected at least one row, as from `Comparison.table()`. Received: no rows.")
    missing_columns = [key for key in ("strategy", *_AXES, "n", f"{metric}_mean") if key not in rows[0]]
    if missing_columns:
        raise ValueError(f"Expected rows as from `Comparison.table()`. Received: rows without {missing_columns}.")


def _error_arms(row, metric):
    """Returns the distances from the mean to both ends; zero where one seed gives no interval."""
    ends = row.get(f"{metric}_low"), row.get(f"{metric}_high")
    return [0.0 if end is None or np.isnan(end) else abs(end - row[f"{metric}_mean"]) for end in ends]


def _draw_curves(ax, rows_of_strategy, x, metric, score):
    from matplotlib.ticker import NullLocator

    rows = _all_rows(rows_of_strategy)
    tick_values = sorted({row[x] for row in rows}, key=_sort_key)
    # Where "all labels" lies is not known here: beyond the largest number.
    place_of_all = 3 * max((value for value in tick_values if value is not None), default=1)
    tick_places = {value: place_of_all if value is None else value for value in tick_values}
    line_ends = []
    for index, (name, style) in enumerate(assign_styles(list(rows_of_strategy)).items()):
        strategy_rows = rows_of_strategy[name]
        # A small step to the side keeps the intervals of neighbours apart.
        side_step = 1.025 ** (index - (len(rows_of_strategy) - 1) / 2)
        x_places = [tick_places[row[x]] * side_step for row in strategy_rows]
        means = [row[f"{metric}_mean"] for row in strategy_rows]
        ax.errorbar(
            x_places,
            means,
            yerr=np.transpose([_error_arms(row, metric) for row in strategy_rows]),
            color=style.colour,
            marker=style.marker,
            linestyle=style.line_style,
            markersize=6,
            capsize=3,
            linewidth=1.7,
            label=name,
        )
        label = f"{_short_name(strategy_rows[-1])} {score.format(means[-1])}"
        line_ends.append(LineEnd(label, x_places[-1], means[-1], style))

    ax.set_xscale("log")
    tick_texts = [say("all") if value is None else f"{value:g}" for value in tick_values]
    ax.set_xticks(list(tick_places.values()), tick_texts)
    ax.xaxis.set_minor_locator(NullLocator())
    if len(tick_values) == 1:
        (only_place,) = tick_places.values()
        ax.set_xlim(only_place / 1.5, only_place * 1.5)
    format_score_axis(ax.yaxis, score)
    axis_label, _ = _AXES[x]
    points = say("points: mean of {seeds}; bars: 95 % intervals", seeds=seeds_text(row["n"] for row in rows))
    ax.set(xlabel=f"{say(axis_label)}\n{points}", ylabel=say(_METRICS[metric], score=score_label(score)))
    label_line_ends(ax, line_ends)


def _draw_live(ax, rows, recorded_rows, score):
    style_of_strategy = assign_styles([row["strategy"] for row in rows])
    has_recorded_interval = False
    for place, row in enumerate(rows):
        for recorded_row in recorded_rows:
            is_same_cell = all(recorded_row[key] == row[key] for key in ("strategy", *_AXES))
            if is_same_cell and sum(_error_arms(recorded_row, "test")):
                low, high = recorded_row["test_low"], recorded_row["test_high"]
                ax.hlines(place, low, high, color="#C4C4C4", linewidth=13)
                has_recorded_interval = True
        style = style_of_strategy[row["strategy"]]
        arms = np.transpose([_error_arms(row, "test")])
        ax.errorbar(
            row["test_mean"], place, xerr=arms, color=style.colour, marker=style.marker, markersize=8, capsize=4
        )
    name_rows(ax, [f"{_short_name(row)}\n{score.format(row['test_mean'])}" for row in rows])
    format_score_axis(ax.xaxis, score)
    lines = [
        say("Test {score}", score=score_label(score)),
        say("points: mean of {seeds}; lines: 95 % intervals", seeds=seeds_text(row["n"] for row in rows)),
    ]
    if has_recorded_interval:
        lines.append(say("wide grey bars: recorded intervals"))
    ax.set_xlabel("\n".join(lines))
