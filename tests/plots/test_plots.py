"""Every picture can be read without colour, leaves no traces, and refuses bad input in one clear error."""

import sys

import numpy as np
import pytest
from canvas import assert_texts_have_room
from rows import GRID, STAGES, history, row

from ftlib import plots

LONG = "a rather long name of a series, as sentences go"
RATES = [1e-5, 1e-3, 1e-1]

BINS = [{"confidence": 0.4, "accuracy": 0.3, "n": 3}, {"confidence": 0.95, "accuracy": 0.8, "n": 30}]
POINTS = [{"x": (0.9, 0.88, 0.92), "y": (0.5, 0.4, 0.6), "label": "0.1"}, {"x": (0.8, 0.8, 0.8), "y": (0.7, 0.7, 0.7)}]
EFFECT = (0.5, 0.4, 0.6)
STEPS = np.c_[range(12), range(12)]

EVERY = {
    "accuracy_curves": lambda: plots.accuracy_curves(GRID + [row("feature_extraction_long", k) for k in (1, 10)]),
    "headline": lambda: plots.headline(GRID, GRID),
    "headline stacked": lambda: plots.headline(GRID, GRID, stacked=True),
    "learning_curves": lambda: plots.learning_curves({"a_strategy_of_my_own": [history()], "full": [history()]}),
    "stage_picture": lambda: plots.stage_picture(STAGES),
    "confusion_matrix": lambda: plots.confusion_matrix(np.eye(12, dtype=int), [f"a long class {i}" for i in range(12)]),
    "mistakes": lambda: plots.mistakes(np.zeros((6, 8, 8, 1)), [0] * 6, [1] * 6, [0.5] * 6, [r"$\oops$", "long " * 9]),
    "image_grid": lambda: plots.image_grid(np.zeros((12, 8, 8)), [r"$\oops$", *"bcdefghijkl"], title="Twelve"),
    "boxes": lambda: plots.boxes(np.zeros((3, 8, 8)), [[[1, 1, 5, 6, i]] for i in (0, 1, 0)], [LONG, r"$\oops$"]),
    "lines": lambda: plots.lines({LONG: (RATES, [1, 2, 3]), r"$\oops$": (RATES, [3, 2, 1])}, "x", "y", "t", log_x=True),
    "lines, log": lambda: plots.lines({LONG: ([1, 2], [1e-9, 1e9]), "b": ([1, 2], [1, 1])}, "x", "y", "t", log_y=True),
    "lines, many": lambda: plots.lines({f"{LONG} {i}": ([1, 2], [i, 0.1]) for i in range(12)}, "x", "y", "t"),
    "bars": lambda: plots.bars({f"{LONG} {i}": (i / 9 - 0.3, i / 9 - 0.4, i / 9) for i in range(12)}, "t", "x"),
    "bars, huge": lambda: plots.bars({"VGG16": 138_357_544, "none": 0, LONG: 2_257_984}, "Weights", "Weights"),
    "scatter": lambda: plots.scatter({"a": STEPS, "b": STEPS}, range(12), "0123456789ab", "t"),
    "reliability": lambda: plots.reliability({LONG: BINS, r"$\oops$": BINS[:1]}, "t"),
    "trade_off": lambda: plots.trade_off({LONG: POINTS, r"$\oops$": POINTS[1:]}, "x", "y", "t"),
    "scatter, long names": lambda: plots.scatter(np.eye(2), [0, 1], [LONG, r"$\oops$"], "t"),
    "filter_grid": lambda: plots.filter_grid({LONG: np.ones((7, 7, 1, 16)), r"$\oops$": np.ones((7, 7, 1, 16))}, LONG),
    "filter_grid, one": lambda: plots.filter_grid(np.ones((3, 3, 1, 1))),
    "feature_maps": lambda: plots.feature_maps({LONG: np.ones((4, 4, 20)), "b": np.eye(3)[None]}, np.eye(8), LONG),
    "effect_grid": lambda: plots.effect_grid({LONG: [EFFECT] * 5, r"$\oops$": [None] * 5}, "abcde", LONG, LONG),
    "share_maps": lambda: plots.share_maps({LONG: np.eye(8), r"$\oops$": np.eye(3)}, LONG, LONG),
    "stage_shares": lambda: plots.stage_shares({LONG: [{"output_shape": (99, 99, 99), "params": 9**9}] * 8}, unit=LONG),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("draw", EVERY.values(), ids=EVERY)
def test_a_picture_is_complete_readable_and_leaves_matplotlib_as_it_was(draw):
    import matplotlib
    from matplotlib.text import Text

    before, loaded = dict(matplotlib.rcParams), "matplotlib.pyplot" in sys.modules
    fig = draw()
    assert dict(matplotlib.rcParams) == before
    assert ("matplotlib.pyplot" in sys.modules) == loaded
    assert_texts_have_room(fig)
    assert [t.get_text() for t in fig.findobj(Text) if t.get_text() and t.get_fontsize() < 9] == []
    data = plots.png(fig)
    assert data.startswith(b"\x89PNG") and data == plots.png(fig)


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: plots.accuracy_curves(GRID, x="label_per_class"), "Did you mean 'labels_per_class'"),
        (lambda: plots.accuracy_curves(GRID, metric="tests"), "Did you mean 'test'"),
        (lambda: plots.accuracy_curves([]), "no rows"),
        (lambda: plots.headline([{"strategy": "full"}]), "rows without"),
        (lambda: plots.learning_curves({}), "Received: none"),
        (lambda: plots.learning_curves({"full": [[]]}), "at least one epoch"),
        (lambda: plots.learning_curves({"full": [history()]}, "val_acc"), "val_accuracy, val_loss.*'val_acc'"),
        (lambda: plots.stage_picture([]), "no rows"),
        (lambda: plots.stage_picture([{**STAGES[0], "state": "cold"}]), "state='cold' of 'stem'"),
        (lambda: plots.confusion_matrix([[1, 2]], ["a", "b"]), r"shape \(1, 2\)"),
        (lambda: plots.mistakes(np.zeros((2, 4, 4, 1)), [0], [1], [0.5], ["a", "b"]), "same length"),
        (lambda: plots.image_grid([]), r"at least one. Received: float64 of shape \(0,\)"),
        (lambda: plots.image_grid(np.zeros((2, 4, 4, 2))), r"shape \(2, 4, 4, 2\)"),
        (lambda: plots.image_grid([np.zeros((4, 4)), np.zeros((5, 4))]), "one size"),
        (lambda: plots.image_grid(np.full((2, 4, 4), 0.5)), "Multiply them by 255"),
        (lambda: plots.image_grid(np.zeros((2, 4, 4)), titles=["a"]), "each of 2 images. Received: 1"),
        (lambda: plots.image_grid(np.zeros((2, 4, 4)), columns=0), "columns=0"),
        (lambda: plots.lines({}, "x", "y", "t"), "at least one series. Received: none"),
        (lambda: plots.lines([1, 2], "x", "y", "t"), "Expected a dict.*Received: list"),
        (lambda: plots.lines({"a": ([1, 2], [1])}, "x", "y", "t"), r"'a' with lengths \[2, 1\]"),
        (lambda: plots.lines({"a": ([], [])}, "x", "y", "t"), "not empty"),
        (lambda: plots.lines({"a": ([1], [1], [1])}, "x", "y", "t"), r"'a' with lengths \[1, 1, 1\]"),
        (lambda: plots.lines({"a": ([1], [np.nan])}, "x", "y", "t"), "finite y in each series"),
        (lambda: plots.lines({"a": ([1], [0])}, "x", "y", "t", log_y=True), "above 0"),
        (lambda: plots.lines({"a": ([0, 1], [1, 1])}, "x", "y", "t", log_x=True), "x=0 in 'a'"),
        (lambda: plots.bars({}, "t", "x"), "at least one value. Received: none"),
        (lambda: plots.bars({"a": (1, 2)}, "t", "x"), r"\(mean, low, high\). Received: 'a': \(1, 2\)"),
        (lambda: plots.bars({"a": "much"}, "t", "x"), "'a': 'much'"),
        (lambda: plots.scatter(np.zeros((3, 2)), [0, 0], ["a"], "t"), r"points \(2, 2\).*shape \(3, 2\)"),
        (lambda: plots.scatter({"P": np.zeros((2, 3))}, [0, 0], ["a"], "t"), r"shape \(2, 3\) in panel 'P'"),
        (lambda: plots.scatter({}, [0], ["a"], "t"), "at least one panel"),
        (lambda: plots.scatter(np.zeros((0, 2)), [], ["a"], "t"), "at least one"),
        (lambda: plots.scatter(np.zeros((2, 2)), [0, 1], ["a"], "t"), "from 0 to 0.*from 0 to 1"),
        (lambda: plots.reliability({"a": []}, "t"), "at least one series of at least one bin"),
        (lambda: plots.trade_off({}, "x", "y", "t"), "at least one series of at least one point"),
        (lambda: plots.filter_grid({}), "at least one kernel"),
        (lambda: plots.filter_grid({"a": np.ones((3, 3, 2))}), r"shape \(3, 3, 2\) in panel 'a'"),
        (lambda: plots.filter_grid(np.full((3, 3, 1, 1), np.nan)), "finite weights"),
        (lambda: plots.filter_grid({"a": np.ones((3, 3, 1, 1)), "b": np.ones((3, 3, 1, 1))}, columns=1), "at least 2"),
        (lambda: plots.feature_maps({}), "at least one stage"),
        (lambda: plots.feature_maps({"a": np.ones((1, 4, 4, 2))}), r"one image.*\(1, 4, 4, 2\) in 'a'"),
        (lambda: plots.feature_maps({"a": np.ones((4, 4, 2))}, columns=True), "columns=True"),
        (lambda: plots.effect_grid({}, ["1"], "x", "t"), "at least one row"),
        (lambda: plots.effect_grid({"a": [EFFECT]}, [], "x", "t"), "at least one column"),
        (lambda: plots.effect_grid({"a": [EFFECT]}, ["1", "2"], "x", "t"), "Expected 2 cells.*'a' has 1"),
        (lambda: plots.effect_grid({"a": [(1, 2)]}, ["1"], "x", "t"), r"Received: \(1, 2\) in 'a'"),
        (lambda: plots.share_maps({}, "x"), "at least one map"),
        (lambda: plots.share_maps({"a": np.ones(4)}, "x"), r"shape \(4,\) in .a"),
        (lambda: plots.share_maps({"a": 255 * np.eye(2)}, "x"), "from 0 to 1. Received: 0 to 255 in .a"),
        (lambda: plots.stage_shares({}), "at least one network"),
        (lambda: plots.stage_shares({"a": []}), "at least one stage of each network.*none of .a"),
        (lambda: plots.stage_shares({"a": [{"params": 1}]}, "work"), r"a number .work.*\[None\] in .a"),
        (lambda: plots.stage_shares({"a": [{"params": float("nan")}]}), r"\[nan\] in .a"),
    ],
)
def test_bad_input_is_one_clear_error(call, message):
    with pytest.raises(ValueError, match=message):
        call()
