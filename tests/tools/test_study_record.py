"""Records of studies that are measured cell by cell."""

import json
import sys

import pytest


@pytest.fixture
def study_record(root, monkeypatch, tmp_path):
    """The module, whose records lie in a folder of the test."""
    monkeypatch.setattr(sys, "path", [str(root / "tools"), *sys.path])
    import study_record as module

    monkeypatch.setattr(module, "ROOT", tmp_path)
    (tmp_path / "results").mkdir()
    return module


def row(method, seed, score, labels=100, weights=None):
    return {
        "task": "reviews", "labels": labels, "seed": seed, "method": method, "test_accuracy": score, "code": "other",
        "weights": weights,
    }  # fmt: skip


def make_record(study_record, rows):
    record = study_record.StudyRecord("texts", ("test_accuracy",), ("counting",))
    record.rows = rows
    return record


def test_a_difference_is_taken_seed_by_seed(study_record):
    rows = [row("counting", seed, 0.6 + 0.1 * seed) for seed in range(3)]
    rows += [row("tuned", seed, 0.62 + 0.1 * seed) for seed in (0, 1, 2)]
    counting, tuned = make_record(study_record, rows).summary()
    assert counting["test_accuracy"][0] == 0.7 and "over_counting" not in counting
    assert tuned["n"] == 3 and tuned["over_counting"] == pytest.approx([0.02, 0.02, 0.02])
    assert tuned["test_accuracy"][1] < 0.6 < tuned["test_accuracy"][0]


def test_a_score_that_a_cell_does_not_have_is_left_out_of_its_line(study_record):
    rows = [row("counting", 0, 0.6), {**row("tuned", 0, 0.7), "kept": 0.5}]
    record = make_record(study_record, rows)
    record.scores = ("test_accuracy", "kept")
    counting, tuned = record.summary()
    assert "kept" not in counting and tuned["kept"][0] == 0.5


def test_other_numbers_of_labels_are_not_compared_and_one_seed_has_no_interval(study_record):
    rows = [row("counting", 0, 0.6), row("tuned", 0, 0.7, labels=300), row("tuned", 1, 0.7)]
    lines = make_record(study_record, rows).summary()
    assert all("over_counting" not in line for line in lines)
    assert lines[0]["test_accuracy"] == [0.6, None, None]


def test_a_stopped_study_goes_on_with_the_missing_cells(study_record, monkeypatch):
    record = make_record(study_record, [row("tuned", 0, 0.5)])
    asked = []

    def run_here(cells, function, pool):
        for place, cell in enumerate(cells):
            asked.append(cell)
            yield place, function(cell)

    monkeypatch.setattr(study_record, "run_cells", run_here)
    cells = [("reviews", 100, seed, "tuned") for seed in (2, 0, 1)]
    record.measure(cells, lambda cell: row(cell[3], cell[2], 0.1 * cell[4]), lambda cell: (*cell, 7), None)
    assert asked == [("reviews", 100, 2, "tuned", 7), ("reviews", 100, 1, "tuned", 7)]
    saved = json.loads(record.path.read_text(encoding="utf-8"))
    assert [one["seed"] for one in saved["rows"]] == [0, 1, 2]
    again = study_record.StudyRecord("texts", ("test_accuracy",), ("counting",))
    assert again.rows == record.rows


def test_rows_of_other_weights_are_dropped_and_those_of_other_code_only_when_asked(study_record, monkeypatch):
    monkeypatch.setattr(study_record, "weights_stamp", lambda: "new")
    monkeypatch.setattr(study_record, "code_stamp", lambda trains, modules=(): "this")
    rows = [row("tuned", 0, 0.5, weights="old"), row("tuned", 1, 0.5, weights="new"), row("counting", 0, 0.5)]
    record = make_record(study_record, rows)
    record.drop_outdated(fresh=False)
    assert [(one["method"], one["seed"]) for one in record.rows] == [("tuned", 1), ("counting", 0)]
    record.drop_outdated(fresh=True)
    assert record.rows == []


def test_a_measured_cell_becomes_a_row_and_a_line(study_record, monkeypatch, capsys):
    monkeypatch.setattr(study_record, "code_stamp", lambda: "this")
    scores = {"rate_factor": 3.0, "updates": 300, "val_f1": 0.25, "test_f1": 0.5}
    made = study_record.measured_row(("korquad", 100, 2, "tuned", 3.0), lambda: scores, "weights")
    assert made.pop("seconds") >= 0
    assert list(made.items()) == [
        ("task", "korquad"), ("labels", 100), ("seed", 2), ("method", "tuned"), *scores.items(), ("code", "this"),
        ("weights", "weights"),
    ]  # fmt: skip
    line = capsys.readouterr().out
    assert line.startswith("korquad 100 seed 2") and "val_f1 0.250  test_f1 0.500  x3" in line


@pytest.mark.parametrize("name", ["texts", "questions", "squad", "speech"])
def test_what_is_recorded_was_chosen_on_validation_with_the_weights_that_ship(root, name):
    path = root / "results" / f"{name}.json"
    if not path.exists():
        pytest.skip(f"{path.name} is not measured yet")
    record = json.loads(path.read_text(encoding="utf-8"))
    score = "val_f1" if name in ("questions", "squad") else "val_accuracy"
    seeds_of_cell = {}
    for one in record["rows"]:
        seeds_of_cell.setdefault((one["task"], one["labels"], one["method"]), []).append(one["seed"])
        tried = [row for row in record["tuning"] if (row["task"], row["method"]) == (one["task"], one["method"])]
        if tried:
            chosen = max(tried, key=lambda row: row[score])
            keys = [key for key in ("regularization", "rate_factor") if key in chosen]
            assert [one[key] for key in keys] == [chosen[key] for key in keys]
    assert all(sorted(seeds) == list(range(len(seeds))) for seeds in seeds_of_cell.values())
    assert len({one["weights"] for one in (*record["rows"], *record["tuning"]) if one["weights"]}) <= 1
    assert not any(key.startswith("test_") for row in record["tuning"] for key in row)


GLYPH_STUDIES = ["overfitting", "shifted-digits", "hybrids", "sources"]


@pytest.mark.parametrize("name", ["texts", "questions", "squad", "speech", *GLYPH_STUDIES])
def test_the_summary_of_a_study_follows_from_its_rows(root, name):
    path = root / "results" / f"{name}.json"
    if not path.exists():
        pytest.skip(f"{path.name} is not measured yet")
    record = json.loads(path.read_text(encoding="utf-8"))
    score = "test_f1" if name in ("questions", "squad") else "test_accuracy"
    for line in record["summary"]:
        cell = [
            one[score] for one in record["rows"] if all(one[key] == line[key] for key in ("task", "labels", "method"))
        ]
        assert len(cell) == line["n"]
        assert line[score][0] == pytest.approx(sum(cell) / len(cell), abs=1e-5)
