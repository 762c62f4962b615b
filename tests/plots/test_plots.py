"""Pictures show the data they were given, can be read without colour, and leave no traces."""

import sys
import types

import numpy as np
import pytest
from canvas import assert_texts_have_room
from rows import history, row

from ftlib import plots
from ftlib.plots.look import assign_styles, spread_out

GRID = [row("scratch", k, mean=m) for k, m in ((1, 0.5), (10, 0.9))] + [
    row("full", k, mean=m) for k, m in ((1, 0.7), (10, 0.95))
]


def texts(fig):
    """All text of a figure, as drawn."""
    from matplotlib.text import Text

    fig.draw_without_rendering()
    return "\n".join(t.get_text() for t in fig.findobj(Text) if t.get_visible())


def points(ax):
    """The points of each line of data of an axes: `{label: [y, ...]}`."""
    return {c.get_label(): list(c[0].get_ydata()) for c in ax.containers if hasattr(c, "has_yerr")}


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


# --- filters and feature maps -----------------------------------------------------------------------------


def test_filter_grid_draws_zero_as_grey_and_gives_every_filter_its_own_scale():
    kernel = np.zeros((3, 3, 1, 3))
    kernel[0, :, 0, 0], kernel[2, :, 0, 0] = 2.0, -1.0
    kernel[1, 1, 0, 1] = 0.001
    fig = plots.filter_grid(kernel, "Three filters", columns=2)
    first, second, third, empty = (ax.images for ax in fig.axes)
    assert np.asarray(first[0].get_array())[:, 0].tolist() == [1.0, 0.5, 0.25]
    assert np.asarray(second[0].get_array())[1, 1] == 1 and (np.asarray(third[0].get_array()) == 0.5).all()
    assert not empty and fig.get_suptitle() == "Three filters"
    assert {image.get_clim() for ax in fig.axes for image in ax.images} == {(0, 1)}


def test_filter_grid_puts_panels_side_by_side_and_shows_colour_filters_in_colour():
    panels = {"before": np.ones((5, 5, 3, 4)), "after": -np.ones((5, 5, 2, 4))}
    fig = plots.filter_grid(panels, columns=4)
    before, after = fig.subfigs
    assert [part.get_suptitle() for part in fig.subfigs] == ["before", "after"]
    assert np.asarray(before.axes[0].images[0].get_array()).shape == (5, 5, 3)
    assert (np.asarray(after.axes[0].images[0].get_array()) == 0).all()  # of other channels the mean
    assert len(before.axes) == len(after.axes) == 4


def test_feature_maps_have_a_row_per_stage_the_most_varied_first():
    maps = np.zeros((4, 4, 3))
    maps[0, 0] = 1, 5, 3
    fig = plots.feature_maps({"early": maps, "late": np.full((2, 2, 9), 7.0)}, np.full((8, 8, 1), 255), columns=2)
    rows = np.array(fig.axes, object).reshape(3, 2)
    shown = [[np.asarray(ax.images[0].get_array()) for ax in row if ax.images] for row in rows]
    assert [len(row) for row in shown] == [1, 2, 2]
    assert (shown[0][0] == 1).all() and shown[1][0][0, 0] == 1 and shown[1][0].sum() == 1
    assert (shown[2][0] == 0).all()  # nothing varies: nothing is bright
    assert [row[0].get_ylabel() for row in rows] == ["image", "early\n3 maps\n4 x 4", "late\n9 maps\n2 x 2"]


# --- anatomy ----------------------------------------------------------------------------------------------


def test_stage_shares_shrink_with_the_maps_and_tell_shares_and_totals():
    late = [{"output_shape": (64, 64, 8), "params": 999}, {"output_shape": (4, 4, 32), "params": 999_000}]
    even = [{"output_shape": (256, 8), "params": 5, "work": 1}, {"output_shape": None, "params": 0, "work": 3}]
    fig = plots.stage_shares({"conv": late, "tokens": even}, unit="weights", title="Late")
    boxes = fig.axes[0].patches
    heights = [box.get_height() for box in boxes]
    assert heights[0] / heights[2] == pytest.approx(2)  # the square roots of 64 places a side, and of 16
    assert heights[1] == pytest.approx(heights[3]) and heights[3] < heights[2]  # the lowest has room for a number
    assert boxes[1].get_facecolor() != boxes[0].get_facecolor()
    seen = texts(fig)
    for part in ("<1 %", "100 %", "0 %", "64 x 64 x 8", "256 x 8", "1.0 M weights", "5 weights", "stage 2", "tokens"):
        assert part in seen
    assert "25 %" in texts(plots.stage_shares({"tokens": even}, "work"))


# --- plain pictures ---------------------------------------------------------------------------------------

LONG = "a rather long name of a series, as sentences go"
RATES = [1e-5, 1e-3, 1e-1]


def test_image_grid_shows_every_image_in_rows_with_its_title():
    images = np.arange(7 * 4 * 4).reshape(7, 4, 4, 1)
    fig = plots.image_grid(images, titles=range(7), columns=3, title="Seven images")
    shown = [ax for ax in fig.axes if ax.images]
    assert [ax.get_title() for ax in shown] == [str(i) for i in range(7)]
    for ax, image in zip(shown, images, strict=True):
        np.testing.assert_array_equal(ax.images[0].get_array(), image[..., 0])
        assert ax.images[0].get_clim() == (0, 255)  # an image is not brighter for being alone
    rows = {round(ax.get_position().y0, 3) for ax in shown}
    assert len(rows) == 3 and fig.get_suptitle() == "Seven images"


def test_image_grid_takes_grey_and_colour_floats_and_integers():
    for shape in ((2, 4, 4), (2, 4, 4, 1), (2, 4, 4, 3)):
        (first, *_) = (ax for ax in plots.image_grid(np.full(shape, 254.9)).axes if ax.images)
        assert (np.asarray(first.images[0].get_array()) == 254).all()
    (one,) = plots.image_grid(np.full((1, 4, 4), 300)).axes
    assert (one.images[0].get_array() == 255).all()


def line(fig, name):
    return next(x for x in fig.axes[0].lines if x.get_label() == name)


def test_lines_hold_the_points_the_bars_and_the_names():
    fig = plots.lines(
        {"digits": (RATES, [0.9, 0.97, 0.1], [0.88, 0.96, 0], [0.92, 0.98, 0.3]), "letters": (RATES, [0.8, 0.6, 0])},
        "Learning rate",
        "Accuracy",
        "Large rates destroy",
        log_x=True,
        percent=True,
    )
    ax = fig.axes[0]
    assert list(line(fig, "digits").get_ydata()) == [0.9, 0.97, 0.1]
    assert [list(s[:, 1]) for s in ax.collections[0].get_segments()] == [[0.88, 0.92], [0.96, 0.98], [0, 0.3]]
    assert {"digits", "letters", "Learning rate", "Accuracy", "80 %"} <= set(texts(fig).split("\n"))
    assert ax.get_xscale() == "log" and fig.get_suptitle() == "Large rates destroy"


def test_twelve_lines_can_be_told_apart():
    fig = plots.lines({f"run {i}": ([1, 2], [i, i + 1]) for i in range(12)}, "x", "y", "Twelve")
    looks = {(line(fig, f"run {i}").get_color(), line(fig, f"run {i}").get_marker()) for i in range(12)}
    assert len(looks) == 12 == len({marker for _, marker in looks})


def test_a_loss_that_diverges_is_drawn_as_far_as_it_goes():
    for log_y in (False, True):
        fig = plots.lines({"fast": ([1, 2, 3, 4], [1, 1e6, np.inf, np.nan])}, "Epoch", "Loss", "Off", log_y=log_y)
        assert list(line(fig, "fast").get_ydata()[:2]) == [1, 1e6] and np.isnan(line(fig, "fast").get_ydata()[2:]).all()
    assert fig.axes[0].get_yscale() == "log" and "fast" in texts(fig)
    assert plots.lines({"a": ([1, 2], [0, 1])}, "x", "y", "t", log_y=True)  # 0 has no place on it


def test_whole_numbers_get_whole_ticks():
    ticks = plots.lines({"a": ([1, 2, 3], [1, 2, 3])}, "Epoch", "y", "t").axes[0].get_xticks()
    assert (ticks == np.round(ticks)).all()


def test_bars_stand_in_order_with_their_number_and_interval():
    fig = plots.bars({"frozen": 0.97, "scratch": (0.93, 0.91, 0.95)}, "Frozen wins", "Accuracy", percent=True)
    ax = fig.axes[0]
    assert [p.get_width() for p in ax.patches] == [0.97, 0.93]
    assert [t.get_text() for t in ax.get_yticklabels()] == ["frozen", "scratch"]
    assert ax.patches[0].get_y() < ax.patches[1].get_y() and ax.yaxis_inverted()
    assert [t.get_text() for t in ax.texts] == ["97.0 %", "93.0 %"]
    assert [list(x.get_xdata()) for x in ax.lines] == [[0.91, 0.95]]
    assert ax.texts[1].xy[0] == 0.95 and "100 %" in texts(fig)


@pytest.mark.parametrize(
    "value, percent, text",
    [
        (138_357_544, False, "138,357,544"),
        (np.int64(3), False, "3"),
        (0.25, False, "0.25"),
        (12345.6, False, "12,346"),
        (1.5e-7, False, "1.5e-07"),
        (0.0004, True, "0.04 %"),
        (-0.4, True, "-40.0 %"),
        (0, True, "0.0 %"),
        (float("nan"), False, "nan"),
        (float("inf"), True, "inf"),
    ],
)
def test_a_bar_tells_its_number_whatever_its_size(value, percent, text):
    fig = plots.bars({"it": value}, "One", "x", percent=percent)
    assert [t.get_text() for t in fig.axes[0].texts] == [text]
    assert_texts_have_room(fig)


def test_a_bar_below_zero_has_its_number_on_the_left():
    fig = plots.bars({"loss": -0.4, "gain": 0.2, "noise": 0.3 - 0.1 * 3}, "Both ways", "Change")
    ax = fig.axes[0]
    assert [t.get_ha() for t in ax.texts] == ["right", "left", "left"] and ax.texts[2].get_text() == "0"
    assert ax.get_xlim()[0] < -0.4 and ax.get_xlim()[1] > 0.2


def test_scatter_writes_short_names_and_marks_long_ones():
    points = np.array([[0, 0], [1, 1], [2, 0.0]])
    fig = plots.scatter(points, [0, 1, 1], ["0", "1"], "Digits")
    assert [(t.get_text(), *t.get_position()) for t in fig.axes[0].texts] == [("0", 0, 0), ("1", 1, 1), ("1", 2, 0)]
    assert not fig.legends
    fig = plots.scatter({"Pixels": points, "Features": points}, [0, 1, 1], ["daisy", "tulip"], "Flowers")
    assert [ax.get_title(loc="left") for ax in fig.axes] == ["Pixels", "Features"]
    assert [t.get_text() for t in fig.legends[0].get_texts()] == ["daisy", "tulip"]
    for ax in fig.axes:
        np.testing.assert_array_equal(ax.collections[1].get_offsets(), points[1:])
    shapes = {path.vertices.tobytes() for c in fig.axes[0].collections for path in c.get_paths()}
    assert len(shapes) == 2  # told apart without colour


def test_twelve_classes_can_be_told_apart():
    labels = np.arange(12)
    ax = plots.scatter(np.c_[labels, labels], labels, [f"class {i}" for i in labels], "Twelve").axes[0]
    assert len({c.get_paths()[0].vertices.tobytes() for c in ax.collections}) == 12


def test_a_long_title_is_broken_not_cut():
    title = "A title that goes on and on, since it says all that is to be seen in the picture and then a little more"
    for fig in (
        plots.bars({"a": 1}, title, "x"),
        plots.lines({"a": ([1], [1])}, "x", "y", title),
        plots.scatter([[0, 0]], [0], ["a"], title),
        plots.image_grid(np.zeros((1, 8, 8)), title=title),
    ):
        assert "\n" in fig.get_suptitle() and fig.get_suptitle().replace("\n", " ") == title
        assert_texts_have_room(fig)


def test_an_effect_says_its_size_and_interval_and_is_hatched_where_the_interval_holds_zero():
    rows = {"digits": [(0.3, 0.25, 0.35), None], "textures": [(-0.05, -0.08, -0.02), (0.01, -0.0001, 0.03)]}
    fig = plots.effect_grid(rows, ["1", "50"], "Labels per class", "It helps on digits")
    cells = dict(zip(["digits 1", "textures 1", "textures 50"], fig.axes[0].patches, strict=True))
    assert [bool(cell.get_hatch()) for cell in cells.values()] == [False, False, True]
    assert len({cell.get_facecolor()[:3] for cell in cells.values()}) == 3
    written = [t.get_text() for t in fig.axes[0].texts]
    assert written == ["+30.0\n(+25.0 to +35.0)", "-5.0\n(-8.0 to -2.0)", "+1.0\n(+0.0 to +3.0)"]


# --- all of them ------------------------------------------------------------------------------------------

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
    "stage_shares": lambda: plots.stage_shares({LONG: [{"output_shape": (99, 99, 99), "params": 9**9}] * 8}, unit=LONG),
}  # fmt: skip


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


def test_every_strategy_has_its_own_marker_and_line_and_keeps_them():
    names = ["scratch", "feature_extraction", "feature_extraction_long", "top", "full", "gradual", "lp_ft", "hybrid"]
    looks = assign_styles(names)
    assert len({marker for _, marker, _ in looks.values()}) == len({str(x) for *_, x in looks.values()}) == 8
    assert assign_styles(["mine", "full"])["full"] == looks["full"] != assign_styles(["mine", "full"])["mine"]


def test_labels_keep_their_distance_and_their_order():
    places = spread_out([0.97, 0.99, 0.98, 0.1], gap=0.05)
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
        (lambda: plots.stage_shares({}), "at least one network"),
        (lambda: plots.stage_shares({"a": []}), "at least one stage of each network.*none of .a"),
        (lambda: plots.stage_shares({"a": [{"params": 1}]}, "work"), r"a number .work.*\[None\] in .a"),
        (lambda: plots.stage_shares({"a": [{"params": float("nan")}]}), r"\[nan\] in .a"),
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
