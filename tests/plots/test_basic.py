"""The plain pictures: images, lines, bars and points."""

import numpy as np
import pytest
from canvas import assert_texts_have_room
from drawn import texts

from ftlib import plots
from ftlib.plots.look import STYLES

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


def test_image_grid_names_its_rows_and_frames_its_images():
    fig = plots.image_grid(np.zeros((4, 8, 8)), columns=2, row_names=["learnt\nfrom", "used for"], frames=True, width=4)
    assert [ax.get_ylabel() for ax in fig.axes] == ["learnt\nfrom", "", "used for", ""]
    assert all(spine.get_visible() for ax in fig.axes for spine in ax.spines.values())
    plain = plots.image_grid(np.zeros((4, 8, 8)), columns=2, width=4)
    assert not any(spine.get_visible() for ax in plain.axes for spine in ax.spines.values())
    assert plots.image_grid(np.zeros((8, 8, 8)), columns=4, width=4).get_figwidth() == 4
    with pytest.raises(ValueError, match="each of 2 rows. Received: 1 names"):
        plots.image_grid(np.zeros((4, 8, 8)), columns=2, row_names=["one"])


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


def test_lines_take_ticks_labels_and_a_canvas_of_your_own_and_no_title():
    fig = plots.lines(
        {"lp_ft": ([1, 10], [0.8, 0.9]), "scratch": ([1, 10], [0.6, 0.7])},
        "Labels per class",
        "Accuracy",
        log_x=True,
        x_ticks={1: "one", 3: "three"},
        labels={"lp_ft": "fine-tuned\n(LP-FT)"},
        width=5.7,
        height=2.5,
    )
    ax = fig.axes[0]
    assert [text.get_text() for text in ax.get_xticklabels()] == ["one", "three"]
    assert not len(ax.get_xticks(minor=True))
    assert [text.get_text() for text in ax.texts if text.get_text()] == ["fine-tuned\n(LP-FT)", "scratch"]
    assert ax.lines[0].get_color() == STYLES["lp_ft"].colour  # whatever it is called
    assert tuple(fig.get_size_inches()) == (5.7, 2.5) and fig.get_suptitle() == ""
    with pytest.raises(ValueError, match="Unknown series 'lpft'. Did you mean 'lp_ft'"):
        plots.lines({"lp_ft": ([1], [1])}, "x", "y", labels={"lpft": "fine-tuned"})


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


@pytest.mark.parametrize(
    "value, percent, digits, text", [(0.864, True, 0, "86 %"), (12.0, False, 1, "12.0"), (12345.6, False, 0, "12,346")]
)
def test_a_bar_tells_as_many_digits_as_it_is_asked_for(value, percent, digits, text):
    fig = plots.bars({"it": value}, None, "x", percent=percent, width=5, height=1.2, digits=digits)
    assert [t.get_text() for t in fig.axes[0].texts] == [text]
    assert tuple(fig.get_size_inches()) == (5, 1.2) and fig.get_suptitle() == ""


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


def test_ten_classes_have_ten_colours():
    """Digits, of which two would else look alike."""
    rng = np.random.default_rng(0)
    figure = plots.scatter(
        {"features": rng.normal(size=(20, 2))}, np.arange(20) % 10, [str(i) for i in range(10)], "Ten digits"
    )
    colours = {text.get_text(): text.get_color() for text in figure.axes[0].texts}
    assert len(colours) == len(set(colours.values())) == 10
