"""Comparisons: equal seeds, updates and tuning for all; chosen on validation; the test split looked at once."""

import dataclasses
import json
import math
import types

import numpy as np
import pytest
import tiny

import ftlib.objectives.evaluation
import ftlib.training.compare
import ftlib.training.compare_jobs
from ftlib.evidence.comparison import Comparison, load_comparison
from ftlib.score import ACCURACY
from ftlib.strategies.strategy import Phase, Strategy
from ftlib.training.compare import compare


def drawn_task(name, labels_per_class, seed):
    """Stands for `load_task`: training examples depend on the seed, validation and test do not."""
    task = tiny.task(train=3 * (labels_per_class or 8))
    return dataclasses.replace(task, train=tiny.split(3 * (labels_per_class or 8), seed=100 + seed))


@pytest.fixture
def fakes(monkeypatch):
    """Replaces data and training by records of what was asked for; a middle rate is best, a high one diverges."""
    asked, looks = [], []

    class FakeRun:
        def __init__(self, strategy, seed, updates, task):
            self.rate, self.seed = strategy.phases[0].rate, seed
            self.history = [{"phase": "x", "epoch": 1, "update": updates, "val_accuracy": 0.5}]
            self.phases = [types.SimpleNamespace(updates_done=updates)]
            self.val_score = 0.9 - abs(math.log10(self.rate / 1e-2)) / 10 + seed / 1000
            self.headline = ACCURACY

        def score(self, part):
            if part == "validation":
                return {"accuracy": self.val_score, "macro_f1": self.val_score - 0.1, "loss": 1.0}
            looks.append((self.rate, self.seed))
            return {"accuracy": self.val_score - 0.05 - self.seed / 100, "macro_f1": 0.5, "loss": 1.0}

    def fit(model, task, strategy, regularization, seed, updates, verbose):
        asked.append((strategy.name, strategy.phases[0].rate, seed, updates, len(task.train), repr(regularization)))
        if strategy.phases[0].rate > 0.5:
            raise FloatingPointError("too high")
        return FakeRun(strategy, seed, updates, task)

    monkeypatch.setattr(ftlib.training.compare_jobs, "load_task", drawn_task)
    monkeypatch.setattr(ftlib.training.compare, "fit", fit)
    return types.SimpleNamespace(asked=asked, looks=looks)


def strategies():
    return [Strategy(n, "pretrained", (Phase("only", "head", rate=r),)) for n, r in (("low", 1e-3), ("high", 1e-2))]


def test_every_strategy_gets_the_same_tuning_and_the_same_seeds(fakes):
    body = tiny.backbone()
    result = compare(
        body,
        "bands",
        strategies(),
        labels_per_class=(1, 4),
        seeds=4,
        updates=50,
        rate_factors=(1.0, 10.0, 100.0),
        tuning_seeds=2,
        regularization={"low": "none", "high": "strong"},
        verbose=False,
    )
    for name, best in (("low", 1e-2), ("high", 1e-2)):
        for labels in (1, 4):
            mine = [a for a in fakes.asked if a[0] == name and a[4] == 3 * labels]
            first = 1e-3 if name == "low" else 1e-2
            # The two tuning seeds with each rate, a rate that diverges given up at once; the rest with the best.
            rates = [(r, s) for r in (first, 10 * first, 100 * first) for s in (0, 1) if r < 0.5 or s == 0]
            assert [(a[1], a[2]) for a in mine[:-2]] == [(pytest.approx(r), s) for r, s in rates]
            assert [(a[1], a[2]) for a in mine[-2:]] == [(pytest.approx(best), 2), (pytest.approx(best), 3)]
            assert {a[3] for a in mine} == {50}
            assert all(("dropout=0.5" in a[5]) == (name == "high") for a in mine)
    assert sorted(s for _, s in fakes.looks) == sorted([0, 1, 2, 3] * 4), "the test split is looked at once per seed"
    assert all(rate == pytest.approx(1e-2) for rate, _ in fakes.looks), "and with the chosen rate only"
    chosen = {(r["strategy"], r["labels_per_class"]): r["rate_factor"] for r in result.table()}
    assert chosen == {("low", 1): 10.0, ("low", 4): 10.0, ("high", 1): 1.0, ("high", 4): 1.0}
    tried = [(t["strategy"], t["labels_per_class"], t["rate_factor"]) for t in result.tuning]
    assert len(tried) == len(set(tried)) == 12
    assert [t["val_mean"] for t in result.tuning if t["strategy"] == "high"][2] == 0.0  # it diverged


def test_one_rate_needs_no_tuning(fakes):
    result = compare(
        tiny.backbone(), "bands", strategies(), labels_per_class=2, seeds=[3, 7], updates=(20, 40), verbose=False
    )
    assert result.tuning == [] and len(fakes.asked) == 8
    assert [(r["strategy"], r["updates"], r["seed"]) for r in result.rows] == [
        (name, count, seed) for count in (20, 40) for name in ("low", "high") for seed in (3, 7)
    ]
    assert {len(h) for h in result.histories().values()} == {2}
    assert [h[0]["update"] for h in result.histories(2, 20)["low"]] == [20, 20]


def test_the_table_by_hand(fakes):
    result = compare(
        tiny.backbone(), "bands", strategies()[1:], labels_per_class=(2,), seeds=3, updates=30, verbose=False
    )
    values = [0.85, 0.841, 0.832]
    assert [r["test_accuracy"] for r in result.rows] == pytest.approx(values)
    (line,) = result.table()
    half = 4.30265 * np.std(values, ddof=1) / np.sqrt(3)  # Student's t with two degrees of freedom
    assert line["test_mean"] == pytest.approx(0.841) and line["n"] == 3
    assert (line["test_low"], line["test_high"]) == pytest.approx((0.841 - half, 0.841 + half), rel=1e-5)
    assert line["val_mean"] == pytest.approx(0.901) and line["val_macro_f1"] == pytest.approx(0.801)
    assert "high" in repr(result) and "84.1 %" in repr(result) and f"{100 * (0.841 - half):.1f} to" in repr(result)


def test_comparisons_merge_save_and_load(fakes, tmp_path):
    parts = [
        compare(tiny.backbone(), "bands", [s], labels_per_class=(2,), seeds=2, updates=30, verbose=False)
        for s in strategies()
    ]
    whole = Comparison.merge(parts)
    assert [r["strategy"] for r in whole.table()] == ["low", "high"] and len(whole.rows) == 4
    assert set(whole.histories()) == {"low", "high"}
    whole.save(tmp_path / "new folder" / "both.json")
    assert [p.name for p in (tmp_path / "new folder").iterdir()] == ["both.json"]
    read = load_comparison(tmp_path / "new folder" / "both.json")
    assert read.to_dict() == whole.to_dict() == json.loads(json.dumps(whole.to_dict()))
    assert {"task", "backbone", "regularization", "keras", "backend"} <= set(read.settings)
    other = compare(
        tiny.backbone(),
        "bands",
        strategies(),
        labels_per_class=2,
        seeds=2,
        regularization="none",
        updates=30,
        verbose=False,
    )
    with pytest.raises(ValueError, match="same settings"):
        Comparison.merge([whole, other])


def test_a_real_comparison(monkeypatch, eager, capsys):
    monkeypatch.setattr(ftlib.training.compare_jobs, "load_task", drawn_task)
    looked, predict_batches = [], ftlib.objectives.evaluation.predict_batches
    count = lambda m, inputs: looked.append(len(inputs)) or predict_batches(m, inputs)  # noqa: E731
    monkeypatch.setattr(ftlib.objectives.evaluation, "predict_batches", count)
    body = tiny.backbone()
    before = tiny.weights(body)
    options = dict(labels_per_class=(3,), seeds=2, updates=3, rate_factors=(1.0, 3.0), tuning_seeds=1)
    result = compare(body, "bands", ["feature_extraction", "scratch"], keep_runs=True, **options)
    assert looked.count(12) == 4  # two strategies, two seeds
    assert tiny.moved(before, tiny.weights(body)) == set()
    assert len(capsys.readouterr().out.strip().splitlines()) == 6
    assert [run.strategy for run in result.runs] == ["feature_extraction", "scratch"]
    assert [run.seed for run in result.runs] == [0, 0]
    for row in result.rows:
        assert row["updates_done"] == (1 if row["strategy"] == "feature_extraction" else 3)
        assert 0 <= row["test_accuracy"] <= 1
    for run, row in zip(result.runs, result.rows[::2], strict=True):
        assert (run.val_accuracy, run.test_accuracy) == (row["val_accuracy"], row["test_accuracy"])
    again = compare(body, "bands", ["feature_extraction", "scratch"], verbose=False, **options)
    assert again.rows == result.rows and again.runs == [] and capsys.readouterr().out == ""
