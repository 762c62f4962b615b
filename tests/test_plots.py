"""Pictures show the data they were given, can be read without colour, and leave no traces."""

import sys
import types

import numpy as np
import pytest

from ftlib import plots
from ftlib.plots.look import spread, styles


def row(strategy, labels=10, updates=300, mean=0.9, half=0.02, n=20):
    ends = {"test_mean": mean, "test_low": mean - half, "test_high": mean + half}
    more = {"val_mean": mean - 0.01, "val_low": mean - 0.02, "val_high": mean}
    return {"strategy": strategy, "labels_per_class": labels, "updates": updates, "n": n, **ends, **more}


GRID = [row("scratch", k, mean=m) for k, m in ((1, 0.5), (10, 0.9))] + [
    row("full", k, mean=m) for k, m in ((1, 0.7), (10, 0.95))
]


def history(phases=(("head", 3), ("all", 4)), shift=0.0):
    rows = []
    for name, epochs in phases:
        for _ in range(epochs):
            update = 20 * (len(rows) + 1)
            value = min(1.0, 0.5 + update / 400 + shift)
            rows.append(
                {"phase": name, "update": update, "accuracy": value, "val_accuracy": value, "val_loss": 1 - value}
            )
    return rows


def texts(fig):
    """All text of a figure, as drawn."""
    from matplotlib.text import Text

    fig.draw_without_rendering()
    return "\n".join(t.get_text() for t in fig.findobj(Text) if t.get_visible())


def points(ax):
    """The points of each line of data of an axes: `{label: [y, ...]}`."""
    return {c.get_label(): list(c[0].get_ydata()) for c in ax.containers if hasattr(c, "has_yerr")}


def assert_nothing_is_cut_off(fig):
    fig.draw_without_rendering()
    box = fig.get_tightbbox()
    width, height = fig.get_size_inches()
    assert box.x0 >= -0.02 and box.y0 >= -0.02 and box.x1 <= width + 0.02 and box.y1 <= height + 0.02


# --- accuracy ---------------------------------------------------------------------------------------------


def test_accuracy_curves_hold_the_means_their_intervals_and_the_real_ticks():
    fig = plots.accuracy_curves(GRID)
    (ax,) = fig.axes
    assert points(ax) == {"scratch": [0.5, 0.9], "full": [0.7, 0.95]}
    assert [t.get_text() for t in ax.get_xticklabels()] == ["1", "10"]
    (bars,) = ax.containers[0][2]
    assert [list(s[:, 1].round(3)) for s in bars.get_segments()] == [[0.48, 0.52], [0.88, 0.92]]
    assert "full 95.0 %" in texts(fig) and "20 seeds" in texts(fig) and "95 % intervals" in texts(fig)
    assert "full has the highest mean at both ends" in texts(fig)


def test_accuracy_curves_against_updates_keep_to_one_number_of_labels_and_say_which():
    rows = [row("full", 10, updates, 0.8 + updates / 3000) for updates in (50, 100, 300)] + [row("full", 50)]
    fig = plots.accuracy_curves(rows, x="updates", metric="val")
    assert points(fig.axes[0])["full"] == pytest.approx([0.8 + u / 3000 - 0.01 for u in (50, 100, 300)])
    assert "10 labels per class" in texts(fig) and "Validation accuracy" in texts(fig)


def test_all_labels_come_after_the_largest_number():
    fig = plots.accuracy_curves([row("full", None, mean=0.99), row("full", 10), row("full", 1)])
    assert [t.get_text() for t in fig.axes[0].get_xticklabels()] == ["1", "10", "all"]
    assert points(fig.axes[0])["full"][-1] == 0.99


def test_one_seed_has_no_interval_and_is_drawn_all_the_same():
    rows = [{**row("full", k, n=1), "test_low": float("nan"), "test_high": float("nan")} for k in (1, 10)]
    (bars,) = plots.accuracy_curves(rows).axes[0].containers[0][2]
    assert all(np.ptp(s[:, 1]) == 0 for s in bars.get_segments())


def test_headline_shows_live_beside_recorded_and_says_which_is_which():
    fig = plots.headline([row("full", n=3)], GRID, source="results/some.json")
    live, recorded = fig.axes
    assert "Live, 3 seeds" in live.get_title(loc="left") and "10 labels" in live.get_title(loc="left")
    assert recorded.get_title(loc="left").startswith("Recorded (results/some.json, 20 seeds)")
    assert set(points(recorded)) == {"scratch", "full"}
    grey = [c for c in live.collections if c.get_linewidth()[0] > 10]
    assert [list(c.get_segments()[0][:, 0].round(3)) for c in grey] == [[0.93, 0.97]]  # the recorded interval
    assert "wide grey bars" in texts(fig)


def test_headline_without_recorded_rows_promises_none():
    fig = plots.headline([row("full", 3), row("full", 50)])
    assert len(fig.axes) == 1
    assert "50 labels per class" in texts(fig) and "ecorded" not in texts(fig)


def test_main_cell_takes_the_labels_asked_for_and_the_most_updates():
    rows = [row("full", 10, 50), row("full", 10, 300), row("full", 50, 300)]
    assert plots.main_cell(rows) == ([rows[1]], 10, 300)
    assert plots.main_cell(rows, labels_per_class=3) == ([rows[2]], 50, 300)


# --- learning curves --------------------------------------------------------------------------------------


def test_learning_curves_show_the_mean_and_a_band_over_seeds():
    fig = plots.learning_curves({"full": [history(shift=0.0), history(shift=0.1)], "scratch": [history()]})
    ax = fig.axes[-1]
    line = next(x for x in ax.lines if x.get_label() == "full")
    assert list(line.get_xdata()) == [20 * i for i in range(1, 8)]
    assert line.get_ydata()[0] == pytest.approx(0.6)
    band = ax.collections[0].get_paths()[0].vertices[:, 1]
    assert band.min() == pytest.approx(0.55) and band.max() == pytest.approx(0.95)
    assert "bands: lowest to highest seed" in texts(fig)


def test_a_seed_that_stopped_early_keeps_its_last_value():
    fig = plots.learning_curves({"full": [history((("all", 2),)), history((("all", 4),))]})
    line = next(x for x in fig.axes[-1].lines if len(x.get_xdata()) == 4)
    assert line.get_ydata()[-1] == pytest.approx((0.6 + 0.7) / 2)


def test_phases_are_named_in_lanes_that_cannot_collide():
    gradual = history([(f"stage{i}", 1) for i in range(12)])
    fig = plots.learning_curves({"lp_ft": [history()], "gradual": [gradual]}, "val_loss")
    lanes, ax = fig.axes
    named = {(round(t.xy[1]), t.get_text()) for t in lanes.texts}
    assert {(0, "head"), (0, "all")} <= named
    assert len([t for t in lanes.texts if t.xy[1] == 1]) == 12
    starts = {float(np.asarray(x.get_xdata())[0]) for x in ax.lines if len(set(x.get_xdata())) == 1}
    assert 60.0 in starts  # where `all` begins


def test_a_single_history_shows_training_beside_validation():
    fig = plots.learning_curves({"full": [history()]})
    assert {"validation accuracy", "training accuracy"} <= {x.get_label() for x in fig.axes[-1].lines}


# --- the model and its mistakes ---------------------------------------------------------------------------

STAGES = [
    {"stage": "stem", "output_shape": (16, 16, 8), "params": 500, "layers": 3, "state": "frozen", "rate": None},
    {"stage": "body", "output_shape": None, "params": 0, "layers": 1, "state": "partly", "rate": 1e-4},
    {"stage": "head", "output_shape": (10,), "params": 20_000, "layers": 2, "state": "trainable", "rate": 0.01},
]  # fmt: skip


def test_stage_picture_tells_state_and_rate_in_words_and_hatching():
    fig = plots.stage_picture(STAGES)
    seen = texts(fig)
    for part in (
        "frozen",
        "trains in part\nrate 0.0001",
        "trains\nrate 0.01",
        "16 x 16 x 8, 3 layers",
        "body\n1 layer",
        "20,000",
    ):
        assert part in seen
    assert "1 of 3 stages frozen: 500 of 20,500 weights" in seen
    hatches = [p.get_hatch() for p in fig.axes[0].patches]
    assert hatches[0] and hatches[1] and hatches[2] is None and hatches[0] != hatches[1]
    widths = [p.get_width() for p in fig.axes[0].patches]
    assert widths[2] > widths[0] > widths[1]


def test_confusion_matrix_prints_counts_and_shades_by_share():
    fig = plots.confusion_matrix([[8, 2], [0, 30]], ["cat", "dog"])
    assert np.allclose(fig.axes[0].images[0].get_array(), [[0.8, 0.2], [0, 1]])
    assert sorted(t.get_text() for t in fig.axes[0].texts) == ["2", "30", "8"]
    assert "38 of 40 right; most confused:\ntrue cat, said dog (2 times)" in texts(fig)


def test_many_classes_become_a_list_of_pairs_that_says_so():
    names = [f"class {i}" for i in range(40)]
    matrix = np.eye(40, dtype=int) * 9
    matrix[3, 7] = 1
    fig = plots.confusion_matrix(matrix, names)
    assert "of 40 classes, the most confused pairs" in texts(fig)
    assert "true class 3, said class 7" in texts(fig) and "1 (10 %)" in texts(fig)


def test_mistakes_shows_the_surest_first_and_takes_whatever_an_array_indexes():
    class Folder:  # decodes when asked, as a folder task does
        def __len__(self):
            return 5

        def __getitem__(self, index):
            assert isinstance(index, np.ndarray)
            return np.stack([np.full((4, 4, 3), 10.0 * i) for i in index])

    fig = plots.mistakes(Folder(), [0, 1, 2, 0, 1], [0, 2, 1, 1, 1], [1, 0.6, 0.9, 0.999, 1], ["a", "b", "c"], count=2)
    first, second = (ax for ax in fig.axes if ax.images)
    assert first.get_title() == "true a\nsaid b (over 99 %)" and second.get_title() == "true c\nsaid b (90 %)"
    assert (first.images[0].get_array() == 30).all()
    assert "The 2 surest of 3 mistakes among 5 images" in texts(fig)


def test_no_mistakes_is_said_in_words():
    assert "No mistakes among 2 images" in texts(plots.mistakes(np.zeros((2, 4, 4, 1)), [0, 1], [0, 1], [1, 1], "ab"))


# --- all of them ------------------------------------------------------------------------------------------

EVERY = {
    "accuracy_curves": lambda: plots.accuracy_curves(GRID + [row("feature_extraction_long", k) for k in (1, 10)]),
    "headline": lambda: plots.headline(GRID, GRID),
    "headline stacked": lambda: plots.headline(GRID, GRID, stacked=True),
    "learning_curves": lambda: plots.learning_curves({"a_strategy_of_my_own": [history()], "full": [history()]}),
    "stage_picture": lambda: plots.stage_picture(STAGES),
    "confusion_matrix": lambda: plots.confusion_matrix(np.eye(12, dtype=int), [f"a long class {i}" for i in range(12)]),
    "mistakes": lambda: plots.mistakes(np.zeros((6, 8, 8, 1)), [0] * 6, [1] * 6, [0.5] * 6, [r"$\oops$", "long " * 9]),
}  # fmt: skip


@pytest.mark.parametrize("draw", EVERY.values(), ids=EVERY)
def test_a_picture_is_complete_readable_and_leaves_matplotlib_as_it_was(draw):
    import matplotlib
    from matplotlib.text import Text

    before, loaded = dict(matplotlib.rcParams), "matplotlib.pyplot" in sys.modules
    fig = draw()
    assert dict(matplotlib.rcParams) == before
    assert ("matplotlib.pyplot" in sys.modules) == loaded
    assert_nothing_is_cut_off(fig)
    assert [t.get_text() for t in fig.findobj(Text) if t.get_text() and t.get_fontsize() < 9] == []
    data = plots.png(fig)
    assert data.startswith(b"\x89PNG") and data == plots.png(fig)


def test_every_strategy_has_its_own_marker_and_line_and_keeps_them():
    names = ["scratch", "feature_extraction", "feature_extraction_long", "top", "full", "gradual", "lp_ft", "hybrid"]
    looks = styles(names)
    assert len({marker for _, marker, _ in looks.values()}) == len({str(x) for *_, x in looks.values()}) == 8
    assert styles(["mine", "full"])["full"] == looks["full"] != styles(["mine", "full"])["mine"]


def test_labels_keep_their_distance_and_their_order():
    places = spread([0.97, 0.99, 0.98, 0.1], gap=0.05)
    assert list(np.argsort(places)) == [3, 0, 2, 1]
    assert np.diff(sorted(places)).min() >= 0.05 - 1e-9 and max(places) <= 0.98


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
    ],
)
def test_bad_input_is_one_clear_error(call, message):
    with pytest.raises(ValueError, match=message):
        call()


# --- show -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("alt", ["", "  ", None])
def test_show_asks_for_a_text(alt):
    with pytest.raises(ValueError, match="alt="):
        plots.show(plots.stage_picture(STAGES), alt)


def test_show_prints_the_text_where_there_is_no_notebook(capsys):
    plots.show(plots.stage_picture(STAGES), alt="Three stages.")
    assert capsys.readouterr().out == "Three stages.\n"


def test_show_gives_a_notebook_a_png_with_its_text(monkeypatch):
    sent = []
    ipython, display = types.ModuleType("IPython"), types.ModuleType("IPython.display")
    ipython.get_ipython = lambda: object()
    display.display = lambda data, **options: sent.append((data, options))
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    plots.show(plots.stage_picture(STAGES), alt="Three stages.")
    ((data, options),) = sent
    assert data["text/plain"] == "Three stages." and data["image/png"].startswith("iVBORw0KGgo")
    assert options["metadata"]["image/png"]["alt"] == "Three stages." and options["raw"]


def test_show_closes_a_figure_of_pyplot(capsys):
    import matplotlib.pyplot as plt

    fig = plt.figure()
    plots.show(fig, alt="Nothing.")
    assert not plt.fignum_exists(fig.number)


def test_a_picture_is_displayed_as_the_last_value_of_a_cell():
    data, metadata = plots.stage_picture(STAGES)._repr_png_()
    assert data.startswith(b"\x89PNG") and metadata["alt"].startswith("1 of 3 stages frozen")
