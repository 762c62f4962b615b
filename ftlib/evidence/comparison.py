"""The record of a comparison: one row per strategy, number of labels and seed, with intervals."""

import dataclasses
import json
import math
import os
import pathlib

import numpy as np

from ftlib import plots


@dataclasses.dataclass(frozen=True)
class ComparisonRow:
    """One run of a comparison, in the order in which it is saved.

    Attributes:
        strategy: Name of the strategy.
        labels_per_class: Training examples per class; None for all.
        updates, updates_done: Updates planned and done.
        seed: Seed of the run.
        rate_factor, regularization: What validation chose; the regularization as its text.
        val_accuracy, val_macro_f1, test_accuracy, test_macro_f1: Scores, 0 to 1.
    """

    strategy: str
    labels_per_class: int | None
    updates: int
    seed: int
    rate_factor: float
    regularization: str
    updates_done: int
    val_accuracy: float
    val_macro_f1: float
    test_accuracy: float
    test_macro_f1: float


@dataclasses.dataclass(repr=False)
class Comparison:
    """What `compare` returns.

    Attributes:
        settings: Everything needed to repeat it: task, backbone, regularization, versions.
        rows: One dict per run: strategy, labels per class, updates, seed, rate factor and regularization that were
            chosen, validation and test scores.
        tuning: One dict per choice tried: strategy, labels per class, updates, rate factor, regularization, mean
            validation accuracy.
        runs: With `keep_runs`, the runs of the first seed in every cell; empty in a loaded comparison.
    """

    settings: dict
    rows: list
    tuning: list = dataclasses.field(default_factory=list)
    runs: list = dataclasses.field(default_factory=list)
    _histories: list = dataclasses.field(default_factory=list, init=False)

    def table(self):
        """Returns one dict per strategy and cell: `n` seeds, and mean and 95 % interval of validation and test.

        The interval is Student's t over seeds, cut off at 0 and 1; with one seed it is NaN.
        """
        cells = {}
        for row in self.rows:
            cells.setdefault((row["strategy"], row["labels_per_class"], row["updates"]), []).append(row)
        table = []
        for (name, labels, updates), rows in cells.items():
            line = {"strategy": name, "labels_per_class": labels, "updates": updates, "n": len(rows)}
            line["rate_factor"] = rows[0]["rate_factor"]
            for part in ("val", "test"):
                values = interval([r[f"{part}_accuracy"] for r in rows])
                line.update(zip((f"{part}_mean", f"{part}_low", f"{part}_high"), values, strict=True))
                line[f"{part}_macro_f1"] = float(np.mean([r[f"{part}_macro_f1"] for r in rows]))
            table.append(line)
        return table

    def __repr__(self):
        head = f"{'strategy':<25}{'labels/class':>12}{'updates':>9}{'seeds':>7}"
        lines = [head + f"{'test accuracy, 95 % interval':>32}{'macro-F1':>12}"]
        for r in self.table():
            low, high = (f"{100 * r[k]:.1f}" for k in ("test_low", "test_high"))
            span = f"{100 * r['test_mean']:.1f} %" + (f"  ({low} to {high})" if r["n"] > 1 else "  (one seed)")
            lines.append(
                f"{r['strategy']:<25}{r['labels_per_class'] or 'all':>12}{r['updates']:>9}{r['n']:>7}{span:>32}"
                f"{100 * r['test_macro_f1']:>10.1f} %"
            )
        return "\n".join(lines)

    def histories(self, labels_per_class=None, updates=None):
        """Returns `{strategy: [history of each seed]}` of one cell, by default the last; only of a live comparison."""
        found = {}
        for name, labels, count, history in self._histories:
            last_labels, last_count = self._histories[-1][1:3]
            if labels == (labels_per_class or last_labels) and count == (updates or last_count):
                found.setdefault(name, []).append(history)
        return found

    def plot(self, x=None):
        """Returns a figure of test accuracy against `"labels_per_class"` or `"updates"`, whichever varies."""
        if x is None:
            x = "updates" if len({r["updates"] for r in self.rows}) > 1 else "labels_per_class"
        return plots.accuracy_curves(self.table(), x=x)

    def to_dict(self):
        """Returns the comparison as plain data for JSON, without models and curves."""
        table = [{k: None if v != v else v for k, v in row.items()} for row in self.table()]  # JSON knows no NaN
        return {"settings": self.settings, "table": table, "rows": self.rows, "tuning": self.tuning}

    @staticmethod
    def from_dict(data):
        """Returns the comparison that `to_dict` wrote."""
        return Comparison(data["settings"], data["rows"], data.get("tuning", []))

    def save(self, path):
        """Writes the comparison as JSON, at once or not at all."""
        path = pathlib.Path(path).expanduser()
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name("part-" + path.name)
        part.write_text(json.dumps(self.to_dict(), indent=1) + "\n", encoding="utf-8", newline="\n")
        os.replace(part, path)

    @staticmethod
    def merge(comparisons):
        """Returns several comparisons with the same settings as one."""
        first = comparisons[0]
        if any(c.settings != first.settings for c in comparisons):
            raise ValueError("Only comparisons with the same settings can be merged.")
        whole = Comparison(first.settings, [])
        for name in ("rows", "tuning", "runs", "_histories"):
            setattr(whole, name, [x for c in comparisons for x in getattr(c, name)])
        return whole


def load_comparison(path):
    """Returns the `Comparison` recorded by `Comparison.save` in the JSON file at `path`."""
    return Comparison.from_dict(json.loads(pathlib.Path(path).expanduser().read_text(encoding="utf-8")))


def interval(values, bounds=(0.0, 1.0)):
    """Returns mean, lower and upper end of the 95 % interval over seeds (Student's t), cut at what can be.

    Args:
        values: One per seed.
        bounds: Lowest and highest possible value. The default suits accuracies, `(-1, 1)` their differences.
    """
    from scipy.stats import t

    mean, n = float(np.mean(values)), len(values)
    if n < 2:
        return mean, math.nan, math.nan
    half = float(t.ppf(0.975, n - 1) * np.std(values, ddof=1) / math.sqrt(n))
    return mean, max(bounds[0], mean - half), min(bounds[1], mean + half)
