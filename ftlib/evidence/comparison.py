"""The record of a comparison: one row per strategy, number of labels and seed, with intervals."""

import dataclasses
import json
import math
import os
import pathlib
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ftlib import plots
from ftlib.files import written_whole
from ftlib.score import CLASSIFICATION_SCORES, Score


@dataclasses.dataclass(frozen=True)
class ComparisonRow:
    """One run of a comparison, in the order in which it is saved.

    Attributes:
        strategy: Name of the strategy.
        labels_per_class: Training examples per class; None for all.
        updates, updates_done: Updates planned and done.
        seed: Seed of the run.
        rate_factor, regularization: What validation chose; the regularization as its text.
        validation, test: Scores by name, without the loss; a row names them `val_accuracy`, `test_accuracy` and so on.
    """

    strategy: str
    labels_per_class: int | None
    updates: int
    seed: int
    rate_factor: float
    regularization: str
    updates_done: int
    validation: dict[str, float]
    test: dict[str, float]

    def flat(self) -> dict[str, Any]:
        """Returns the row as it is saved: one dict of plain values."""
        values = {name: value for name, value in vars(self).items() if name not in ("validation", "test")}
        values |= {f"val_{name}": value for name, value in self.validation.items()}
        return values | {f"test_{name}": value for name, value in self.test.items()}


class CellHistory(NamedTuple):
    """The history of one run of a comparison, and the cell of the grid that it belongs to."""

    strategy: str
    labels_per_class: int | None
    updates: int
    history: list


@dataclasses.dataclass(repr=False)
class Comparison:
    """What `compare` returns.

    Attributes:
        settings: Everything needed to repeat it: task, backbone, regularization, versions.
        rows: One dict per run: strategy, labels per class, updates, seed, rate factor and regularization that were
            chosen, validation and test scores.
        tuning: One dict per choice tried: strategy, labels per class, updates, rate factor, regularization, mean
            validation score.
        runs: With `keep_runs`, the runs of the first seed in every cell; empty in a loaded comparison.
    """

    settings: dict[str, Any]
    rows: list[dict[str, Any]]
    tuning: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    runs: list = dataclasses.field(default_factory=list)
    _cell_histories: list[CellHistory] = dataclasses.field(default_factory=list, init=False)

    @property
    def score_kinds(self) -> tuple[Score, ...]:
        """What each of its scores means: the headline first, the loss last."""
        recorded_scores = self.settings.get("scores")
        return tuple(Score(**score) for score in recorded_scores) if recorded_scores else CLASSIFICATION_SCORES

    @property
    def headline(self) -> Score:
        """The score that its tables, figures and reports speak of: accuracy for a classification."""
        return self.score_kinds[0]

    def table(self) -> list[dict[str, Any]]:
        """Returns one dict per strategy and cell: `n` seeds, and mean and 95 % interval of validation and test.

        They are those of the headline score; of the others, the means. The interval is Student's t over seeds, cut off
        at what the score can be (0 and 1 for accuracy); with one seed it is NaN.
        """
        headline, *other_scores, _ = self.score_kinds
        rows_by_cell: dict[tuple, list] = {}
        for row in self.rows:
            rows_by_cell.setdefault((row["strategy"], row["labels_per_class"], row["updates"]), []).append(row)

        table = []
        for (strategy, labels, updates), cell_rows in rows_by_cell.items():
            line = {"strategy": strategy, "labels_per_class": labels, "updates": updates, "n": len(cell_rows)}
            line["rate_factor"] = cell_rows[0]["rate_factor"]
            for part in ("val", "test"):
                values = [row[f"{part}_{headline.name}"] for row in cell_rows]
                mean, low, high = interval(values, headline.bounds)
                line |= {f"{part}_mean": mean, f"{part}_low": low, f"{part}_high": high}
                for score in other_scores:
                    line[f"{part}_{score.name}"] = float(np.mean([row[f"{part}_{score.name}"] for row in cell_rows]))
            table.append(line)
        return table

    def __repr__(self):
        header = f"{'strategy':<25}{'labels/class':>12}{'updates':>9}{'seeds':>7}"
        headline, *other_scores, _ = self.score_kinds
        header += f"{f'test {headline.label}, 95 % interval':>32}"
        lines = [header + "".join(f"{score.label:>12}" for score in other_scores)]
        for row in self.table():
            text = headline.format(row["test_mean"])
            if row["n"] > 1:
                ends = headline.format_interval(row["test_low"], row["test_high"])
                text += f"  ({ends.removesuffix(headline.unit).rstrip()})"
            else:
                text += "  (one seed)"
            others = "".join(f"{score.format(row[f'test_{score.name}']):>12}" for score in other_scores)
            lines.append(
                f"{row['strategy']:<25}{row['labels_per_class'] or 'all':>12}{row['updates']:>9}{row['n']:>7}"
                f"{text:>32}{others}"
            )
        return "\n".join(lines)

    def add_history(self, strategy: str, labels_per_class: int | None, updates: int, history: list) -> None:
        """Keeps the history of a run, for `histories`."""
        self._cell_histories.append(CellHistory(strategy, labels_per_class, updates, history))

    def histories(self, labels_per_class: int | None = None, updates: int | None = None) -> dict[str, list]:
        """Returns `{strategy: [history of each seed]}` of one cell, by default the last; only of a live comparison."""
        if not self._cell_histories:
            return {}
        last_cell = self._cell_histories[-1]
        wanted_labels = labels_per_class or last_cell.labels_per_class
        wanted_updates = updates or last_cell.updates

        histories: dict[str, list] = {}
        for cell in self._cell_histories:
            if cell.labels_per_class == wanted_labels and cell.updates == wanted_updates:
                histories.setdefault(cell.strategy, []).append(cell.history)
        return histories

    def plot(self, x: str | None = None):
        """Returns a figure of the test score against `"labels_per_class"` or `"updates"`, whichever varies."""
        if x is None:
            updates_vary = len({row["updates"] for row in self.rows}) > 1
            x = "updates" if updates_vary else "labels_per_class"
        return plots.accuracy_curves(self.table(), x=x, score=self.headline)

    def to_dict(self) -> dict[str, Any]:
        """Returns the comparison as plain data for JSON, without models and curves."""
        table = [{name: None if _is_nan(value) else value for name, value in row.items()} for row in self.table()]
        return {"settings": self.settings, "table": table, "rows": self.rows, "tuning": self.tuning}

    @staticmethod
    def from_dict(data: dict[str, Any]) -> "Comparison":
        """Returns the comparison that `to_dict` wrote."""
        return Comparison(data["settings"], data["rows"], data.get("tuning", []))

    def save(self, path: str | os.PathLike) -> None:
        """Writes the comparison as JSON, at once or not at all."""
        with written_whole(pathlib.Path(path).expanduser()) as part_path:
            part_path.write_text(json.dumps(self.to_dict(), indent=1) + "\n", encoding="utf-8", newline="\n")

    @staticmethod
    def merge(comparisons: Sequence["Comparison"]) -> "Comparison":
        """Returns several comparisons with the same settings as one.

        Raises:
            ValueError: For other settings.
        """
        first = comparisons[0]
        if any(comparison.settings != first.settings for comparison in comparisons):
            raise ValueError("Only comparisons with the same settings can be merged.")
        merged = Comparison(first.settings, [])
        for comparison in comparisons:
            merged.rows += comparison.rows
            merged.tuning += comparison.tuning
            merged.runs += comparison.runs
            merged._cell_histories += comparison._cell_histories
        return merged


def load_comparison(path: str | os.PathLike) -> Comparison:
    """Returns the `Comparison` recorded by `Comparison.save` in the JSON file at `path`."""
    return Comparison.from_dict(json.loads(pathlib.Path(path).expanduser().read_text(encoding="utf-8")))


def interval(values: Sequence[float], bounds: tuple[float, float] = (0.0, 1.0)) -> tuple[float, float, float]:
    """Returns mean, lower and upper end of the 95 % interval over seeds (Student's t), cut at what can be.

    Args:
        values: One per seed.
        bounds: Lowest and highest possible value. The default suits accuracies, `(-1, 1)` their differences.
    """
    from scipy.stats import t

    mean, count = float(np.mean(values)), len(values)
    if count < 2:
        return mean, math.nan, math.nan
    half_width = float(t.ppf(0.975, count - 1) * np.std(values, ddof=1) / math.sqrt(count))
    return mean, max(bounds[0], mean - half_width), min(bounds[1], mean + half_width)


def _is_nan(value):
    return isinstance(value, float) and math.isnan(value)  # which JSON does not know
