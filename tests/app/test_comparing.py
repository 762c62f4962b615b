"""`ftlib run`: the ways of training compared, live."""

import json

import pytest

from ftlib.app.cli import _parser, main
from ftlib.app.comparing import _describe_cell, _describe_other_labels, _quickest_then_longest
from ftlib.strategies.strategy import get_strategy


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["--task", "digit"], "Did you mean 'digits'?"),
        (["--backbone", "glyphnett"], "Did you mean 'glyphnet'?"),
        (["--strategies", "lpftt"], "Did you mean 'lp_ft'?"),
        (["--regularization", "lite"], "Did you mean 'light'?"),
        (["--labels", "0"], "at least 1"),
        (["--labels", "5000"], "5000"),
        (["--updates", "1"], "too few"),
    ],
)
def test_a_wrong_argument_is_one_line_and_exit_code_2(arguments, said, capsys, tmp_path):
    assert main(["run", "--out", str(tmp_path / "out"), *arguments]) == 2
    error = capsys.readouterr().err
    assert said in error and error.startswith("ftlib: ") and "Traceback" not in error
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_run_leaves_a_table_a_picture_a_report_and_models(capfd, tmp_path):
    out = tmp_path / "out"
    arguments = ["run", "--updates", "6", "--seeds", "2", "--jobs", "1", "--labels", "2", "--out", str(out)]
    assert main([*arguments, "--strategies", "feature_extraction_long"]) == 0
    said = capfd.readouterr()
    assert "feature_extraction_long" in said.out and "open " in said.out
    assert "cuda" not in said.err.lower()
    assert (out / "result.png").read_bytes()[:4] == b"\x89PNG"
    assert "<html" in (out / "report.html").read_text(encoding="utf-8")
    rows = json.loads((out / "comparison.json").read_text(encoding="utf-8"))["rows"]
    assert [row["seed"] for row in rows] == [0, 1]
    assert (out / "feature_extraction_long" / "model.keras").is_file()


def test_the_lines_of_the_runs_stand_in_columns():
    lines = [
        _describe_cell({"strategy": name, "seed": 0, "val_accuracy": accuracy}, 1, 9, 12)
        for name, accuracy in (("scratch", 1.0), ("feature_extraction_long", 0.085))
    ]
    assert lines[0] == "scratch                  seed 0   validation accuracy 100.0 %   1 of 9 done after 12 s"
    assert lines[0].index("1 of 9") == lines[1].index("1 of 9")


@pytest.mark.parametrize(
    "options, said",
    [
        ([], "run --labels 3     with fewer labels"),
        (["--labels", "3"], "run --labels 10     with more labels"),
        (["--task", "./pets", "--backbone", "MobileNetV2"], "run --task ./pets --backbone MobileNetV2 --labels 3 "),
    ],
)
def test_the_next_comparison_is_of_the_same_task(options, said, monkeypatch):
    monkeypatch.setattr("sys.argv", ["ftlib"])
    assert said in _describe_other_labels(_parser().parse_args(["run", *options]))


def test_something_is_seen_soon_and_all_processes_end_together():
    cells = [{"strategies": [get_strategy(name)]} for name in ("feature_extraction_long", "lp_ft", "scratch")]
    assert _quickest_then_longest(cells) == [0, 2, 1]
