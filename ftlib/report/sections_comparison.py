"""The sections of a comparison: which strategy does best where, live and recorded, and how to go on."""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from ftlib import plots
from ftlib.report.page import bullet_list, code_block, data_table, figure_image, heading, keep_together, paragraph
from ftlib.report.sentences import is_clearly_above
from ftlib.score import ACCURACY, Score
from ftlib.text import format_count, format_labels, format_seeds, is_known

if TYPE_CHECKING:
    from ftlib.evidence.comparison import Comparison

Row = Mapping[str, Any]  # of `Comparison.table()`


class Ranking(NamedTuple):
    """The strategies of the cell that a report puts first: those with the most updates.

    Attributes:
        rows: One row per strategy, in the order of the comparison.
        labels_per_class: Of the cell; None for all there are.
        updates: Of the cell.
        best: The row of the strategy that does best on validation.
        others: The other rows, the best first.
        score: What the rows hold.
    """

    rows: list[Row]
    labels_per_class: int | None
    updates: int
    best: Row
    others: list[Row]
    score: Score = ACCURACY

    @classmethod
    def of(cls, rows: Sequence[Row], score: Score = ACCURACY) -> Self:
        """Returns the ranking of the rows of a comparison: chosen on validation, reported on test."""
        cell_rows, labels_per_class, updates = plots.main_cell(rows)
        best, *others = sorted(cell_rows, key=lambda row: _validation_rank(row, score), reverse=True)
        return cls(cell_rows, labels_per_class, updates, best, others, score)

    @property
    def baseline(self) -> Row | None:
        """The row to compare the best with: training from scratch, else the second; None for a single strategy."""
        from_scratch = [row for row in self.others if row["strategy"] == "scratch"]
        return next(iter(from_scratch + self.others), None)

    @property
    def has_winner(self) -> bool:
        """Whether the best lies above the second by more than chance explains."""
        return bool(self.others) and is_clearly_above(self.best, self.others[0], self.score)


def _validation_rank(row, score):
    """Returns what strategies are ranked by: the score on validation, and where accuracy is equal, macro-F1."""
    mean = row.get("val_mean")
    if not is_known(mean):
        return score.rank(row["test_mean"]), 0
    return score.rank(mean), row.get("val_macro_f1") or 0


def exact_score(ranking: Ranking) -> str:
    """Returns in a sentence what the best strategy and the one to compare it with get right."""
    best, baseline, score = ranking.best, ranking.baseline, ranking.score
    if score == ACCURACY:
        verb, rest = "gets", " of the test images right"
    else:
        verb, rest = "reaches", f" on test ({score.label})"
    sentence = (
        f"With {format_labels(ranking.labels_per_class)}, {best['strategy']} {verb} {_format_score(best, score)}{rest}"
    )
    if baseline is not None:
        sentence += f"; {baseline['strategy']} {verb} {_format_score(baseline, score)}"
    return f"{sentence}."


def _format_score(row, score):
    seeds = format_seeds([row["n"]])
    mean = score.format(row["test_mean"])
    if not is_known(row.get("test_low")):
        return f"{mean} ({seeds}, so no interval)"
    return f"{mean} ({score.format_interval(row['test_low'], row['test_high'])}, {seeds})"


def overview(rows: Sequence[Row], ranking: Ranking, recorded: "Comparison | None", recorded_in: str) -> str:
    """Returns the figure that shows most: beside the recorded grid, along an axis with several values, or alone."""
    score = ranking.score
    scores = ", ".join(f"{row['strategy']} {_format_score(row, score)}" for row in ranking.rows)
    if recorded is not None:
        recorded_rows = recorded.table()
        wide_figure = plots.headline(rows, recorded_rows, source=recorded_in, score=score)
        narrow_figure = plots.headline(rows, recorded_rows, source=recorded_in, stacked=True, score=score)
        alt = f"Live test {score.label} beside the recorded grid of {recorded_in}. Live: {scores}."
        return figure_image(wide_figure, alt, narrow_figure)
    for axis in ("labels_per_class", "updates"):
        if len({row[axis] for row in rows}) > 1:
            alt = f"Test {score.label} against {axis.replace('_', ' ')}, one line per strategy. {scores}."
            return figure_image(plots.accuracy_curves(rows, x=axis, score=score), alt)
    return figure_image(plots.headline(rows, score=score), f"Test {score.label} of each strategy: {scores}.")


def strategy_table(ranking: Ranking) -> str:
    """Returns the strategies of the first cell as a table, the best marked."""
    column_names = ["Strategy", f"Test {ranking.score.label}", "95 % interval", "Validation", "Rate factor", "Seeds"]
    cells = []
    for row in ranking.rows:
        low, high = row.get("test_low"), row.get("test_high")
        cells.append(
            [
                row["strategy"],
                ranking.score.format(row["test_mean"]),
                ranking.score.format_interval(low, high) if is_known(low) and is_known(high) else "none: one seed",
                ranking.score.format(row["val_mean"]) if is_known(row.get("val_mean")) else "",
                row.get("rate_factor", ""),
                row["n"],
            ]
        )
    cell = f"{format_labels(ranking.labels_per_class)}, {format_count(ranking.updates, 'update')}"
    caption = f"{cell}. The best on validation is marked. Rate factor: what tuning multiplied the rates by."
    return data_table(column_names, cells, caption, numbers=range(1, 6), best=ranking.rows.index(ranking.best))


def score_tables(rows: Sequence[Row], what: str, score: Score = ACCURACY) -> list[str]:
    """Returns a table for each axis with more than one value: strategies in rows, the values in columns.

    Args:
        rows: Those of `Comparison.table()`.
        what: What the tables hold, such as `"Test accuracy"`.
        score: What the rows hold.
    """
    tables = [_table_by_labels(rows, what, score), _table_by_updates(rows, what, score)]
    return [table for table in tables if table is not None]


def _table_by_labels(rows, what, score):
    rows_of_strategy, fixed_updates = plots.by_strategy(rows, "labels_per_class", "test")
    caption = f"{what} by labels per class, {format_count(fixed_updates, 'update')}"

    def format_value(labels):
        return "all labels" if labels is None else format_count(labels, "label")

    return _score_table(rows_of_strategy, "labels_per_class", caption, format_value, score)


def _table_by_updates(rows, what, score):
    rows_of_strategy, fixed_labels = plots.by_strategy(rows, "updates", "test")
    caption = f"{what} by updates, {format_labels(fixed_labels)}"

    def format_value(updates):
        return format_count(updates, "update")

    return _score_table(rows_of_strategy, "updates", caption, format_value, score)


def _score_table(rows_of_strategy, axis, caption, format_value, score):
    """Returns the score along an axis as a table, or None if the axis has a single value."""
    shown_rows = [row for strategy_rows in rows_of_strategy.values() for row in strategy_rows]
    axis_values = {row[axis] for row in shown_rows}
    if len(axis_values) < 2:
        return None
    columns = sorted(axis_values - {None})
    if None in axis_values:  # all labels there are
        columns.append(None)

    cells = []
    for name, strategy_rows in rows_of_strategy.items():
        text_of_value = {row[axis]: _format_cell(row, score) for row in strategy_rows}
        cells.append([name, *(text_of_value.get(value, "") for value in columns)])
    column_names = ["Strategy", *map(format_value, columns)]
    seeds = format_seeds(row["n"] for row in shown_rows)
    return data_table(
        column_names, cells, f"{caption}, {seeds}; in brackets the interval.", numbers=range(1, len(column_names))
    )


def _format_cell(row, score):
    ends = "one seed"
    if is_known(row.get("test_low")):
        interval = score.format_interval(row["test_low"], row["test_high"])
        ends = interval.removesuffix(score.unit).rstrip().replace(" to ", "–")
    return f"{score.format(row['test_mean'])} ({ends})"


def recorded_grid(recorded: "Comparison", recorded_in: str) -> list[str]:
    """Returns what was measured earlier, marked as such."""
    rows, score = recorded.table(), recorded.headline
    parts = [heading("Recorded earlier"), paragraph(f"From {recorded_in}; not measured for this report.")]
    if len({row["updates"] for row in rows}) > 1:
        alt = f"Recorded test {score.label} against updates, one line per strategy; the table has the numbers."
        parts.append(figure_image(plots.accuracy_curves(rows, x="updates", score=score), alt))
    return [keep_together(*parts), *score_tables(rows, f"Recorded test {score.label}", score)]


def next_steps(ranking: Ranking, backbone: str) -> list[str]:
    """Returns how to go on after a comparison with a backbone, whose name or file that is."""
    best = ranking.best["strategy"]
    lines = []
    if ranking.others:
        names = f"{best} and {ranking.others[0]['strategy']}"
        if ranking.has_winner:
            lines.append(f"The intervals of {names} do not overlap: the seeds hardly explain their order.")
        else:
            lines.append(f"The intervals of {names} overlap: more seeds are needed to tell them apart.")
    lines.append("Train on your own pictures, one folder per class. Another task can have another winner:")
    example = (
        'import ftlib as ft\n\ntask = ft.load_task("./my_pictures")\n'
        f"model = ft.with_head(ft.load_backbone({json.dumps(backbone)}), task)\n"
        f'run = ft.fit(model, task, "{best}")'
    )
    return [heading("How to go on"), bullet_list(lines), code_block(example)]
