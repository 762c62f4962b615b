"""The record of a comparison: its table, its intervals, and its way through a file."""

import dataclasses
import json
import math

import pytest

from ftlib.evidence.comparison import Comparison, ComparisonRow, interval, load_comparison
from ftlib.score import LOSS, Score


def row(strategy, seed, accuracy):
    scores = {"accuracy": accuracy, "macro_f1": accuracy}, {"accuracy": accuracy, "macro_f1": accuracy - 0.1}
    return ComparisonRow(strategy, 3, 60, seed, 1.0, "Regularization()", 60, *scores).flat()


def test_a_cell_is_a_line_with_the_mean_over_its_seeds():
    comparison = Comparison({"task": "x"}, [row("a", 0, 0.5), row("b", 0, 0.9), row("a", 1, 0.7)])
    first, second = comparison.table()
    assert (first["strategy"], first["n"], first["test_mean"]) == ("a", 2, pytest.approx(0.6))
    assert first["test_low"] == 0 and first["test_high"] == 1  # two seeds say little
    assert (second["n"], second["test_mean"]) == (1, 0.9) and math.isnan(second["test_low"])
    text = repr(comparison)
    assert "60.0 %  (0.0 to 100.0)" in text and "90.0 %  (one seed)" in text


def test_a_file_holds_what_json_knows_and_is_read_again(tmp_path):
    comparison = Comparison({"task": "x"}, [row("a", 0, 0.5)], [{"strategy": "a", "val_mean": 0.5}])
    comparison.save(tmp_path / "comparison.json")
    plain_data = json.loads((tmp_path / "comparison.json").read_text())
    assert plain_data["table"][0]["test_low"] is None
    read = load_comparison(tmp_path / "comparison.json")
    assert (read.rows, read.tuning, read.settings) == (comparison.rows, comparison.tuning, comparison.settings)
    assert read.histories() == {}


def test_histories_are_those_of_one_cell():
    comparison = Comparison({}, [])
    for labels, updates in ((1, 10), (3, 10), (3, 20)):
        for seed in (0, 1):
            comparison.add_history("a", labels, updates, [f"{labels} {updates} {seed}"])
    assert comparison.histories() == {"a": [["3 20 0"], ["3 20 1"]]}
    assert comparison.histories(1, 10) == {"a": [["1 10 0"], ["1 10 1"]]}
    merged = Comparison.merge([comparison, comparison])
    assert len(merged.histories(3, 10)["a"]) == 4 and len(comparison.histories(3, 10)["a"]) == 2


def test_intervals():
    assert interval([0.5, 0.5, 0.5]) == (0.5, 0.5, 0.5)
    mean, low, high = interval([0.8, 0.9])
    assert mean == pytest.approx(0.85) and high == 1.0 and low == pytest.approx(max(0, 0.85 - 12.7062 * 0.05), rel=1e-4)
    assert interval([0.0, 0.2])[1] == 0.0
    mean, low, high = interval([0.7])
    assert mean == 0.7 and math.isnan(low) and math.isnan(high)


def test_a_score_of_which_less_is_better_keeps_its_unit_and_its_bounds():
    error = Score("mae", "Mean absolute error", higher_is_better=False, high=None, unit="cells")
    settings = {"task": "x", "scores": [dataclasses.asdict(score) for score in (error, LOSS)]}
    rows = [
        ComparisonRow("a", None, 60, seed, 1.0, "Regularization()", 60, {"mae": value}, {"mae": value}).flat()
        for seed, value in enumerate((1.0, 3.0))
    ]
    comparison = Comparison(settings, rows)
    (line,) = comparison.table()
    assert line["test_mean"] == 2.0 and line["test_low"] == 0.0 and line["test_high"] > 10
    assert "mean absolute error, 95 % interval" in repr(comparison) and "2 cells" in repr(comparison)
    assert comparison.plot().axes[0].get_ylabel() == "Test mean absolute error"
