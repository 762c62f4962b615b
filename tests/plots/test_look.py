"""What all pictures share: styles, names that fit, labels that keep their distance, and how a picture is shown."""

import base64
import sys
import types

import numpy as np
import pytest
from canvas import assert_texts_have_room
from rows import STAGES

from ftlib import plots
from ftlib.plots.look import (
    STYLES,
    LineEnd,
    assign_styles,
    fold_name,
    label_line_ends,
    new_figure,
    shorten_name,
    spread_out,
    styled,
)
from ftlib.text import display_width

KOREAN = "가을에 처음으로 피어나는 아주 작은 노란 들국화 꽃"
STRATEGY = "a_strategy_of_my_own_that_trains_the_head_first_and_then_all"


def test_a_korean_name_is_cut_and_folded_by_its_width():
    assert (
        display_width(KOREAN) > len(KOREAN)
        and shorten_name("고양이") == "고양이"
        and shorten_name("고양이", 5) == "고양…"
    )
    assert display_width(shorten_name(KOREAN, 22)) <= 22 and shorten_name(STRATEGY, 22) == STRATEGY[:21] + "…"
    assert max(map(display_width, fold_name(KOREAN, 24).split("\n"))) <= 28 and fold_name("cat", 24) == "cat"


def test_every_strategy_has_its_own_marker_and_line_and_keeps_them():
    names = ["scratch", "feature_extraction", "feature_extraction_long", "top", "full", "gradual", "lp_ft", "hybrid"]
    looks = assign_styles(names)
    assert len({marker for _, marker, _ in looks.values()}) == len({str(x) for *_, x in looks.values()}) == 8
    assert assign_styles(["mine", "full"])["full"] == looks["full"] != assign_styles(["mine", "full"])["mine"]


def test_labels_keep_their_distance_and_their_order():
    places = spread_out([0.97, 0.99, 0.98, 0.1], gap=0.05)
    assert list(np.argsort(places)) == [3, 0, 2, 1]
    assert np.diff(sorted(places)).min() >= 0.05 - 1e-9 and max(places) <= 0.98


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_lines_end_at_labels_of_two_lines_that_keep_their_distance(scale):
    @styled
    def draw():
        fig = new_figure(6, 3)
        ax = fig.subplots()
        ax.set(xlim=(0, 1), ylim=(1, 1000), yscale=scale)
        styles = list(STYLES.values())
        label_line_ends(ax, [LineEnd(f"line {i}\nof three", 1, 10 + i, styles[i]) for i in range(3)])
        return fig

    fig = draw()
    assert_texts_have_room(fig)
    middle_label = next(text for text in fig.axes[0].texts if text.get_text().startswith("line 1"))
    ends_at = 1 / 3 if scale == "log" else 0.01
    assert middle_label.get_position()[1] == pytest.approx(ends_at, abs=0.15)


def sent_to_a_notebook(monkeypatch, **options):
    sent = []
    ipython, display = types.ModuleType("IPython"), types.ModuleType("IPython.display")
    ipython.get_ipython = lambda: object()
    display.display = lambda data, **metadata: sent.append((data, metadata))
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    plots.show(plots.stage_picture(STAGES), alt="Three stages.", **options)
    return sent


@pytest.mark.parametrize("alt", ["", "  ", None])
def test_show_asks_for_a_text(alt):
    with pytest.raises(ValueError, match="alt="):
        plots.show(plots.stage_picture(STAGES), alt)


def test_show_prints_the_text_where_there_is_no_notebook(capsys):
    plots.show(plots.stage_picture(STAGES), alt="Three stages.")
    assert capsys.readouterr().out == "Three stages.\n"


def test_show_gives_a_notebook_a_png_with_its_text(monkeypatch):
    sent = sent_to_a_notebook(monkeypatch)
    ((data, options),) = sent
    assert data["text/plain"] == "Three stages." and data["image/png"].startswith("iVBORw0KGgo")
    assert options["metadata"]["image/png"]["alt"] == "Three stages." and options["raw"]


def test_show_makes_all_of_a_picture_larger(monkeypatch):
    ((page, page_options),) = sent_to_a_notebook(monkeypatch)
    ((large, large_options),) = sent_to_a_notebook(monkeypatch, scale=2)
    widths = [options["metadata"]["image/png"]["width"] for options in (page_options, large_options)]
    assert widths[1] == pytest.approx(2 * widths[0], abs=1)
    pixel_widths = [int.from_bytes(base64.b64decode(data["image/png"])[16:20], "big") for data in (page, large)]
    assert pixel_widths[1] == pytest.approx(2 * pixel_widths[0], abs=2)


def test_show_closes_a_figure_of_pyplot(capsys):
    import matplotlib.pyplot as plt

    fig = plt.figure()
    plots.show(fig, alt="Nothing.")
    assert not plt.fignum_exists(fig.number)


def test_names_of_lines_that_end_in_the_middle_stand_in_a_legend():
    """A line from there to the edge would look like data of the others."""
    figure = plots.lines({"a hill": ([0, 1, 2], [0, 3, 0]), "its top": ([1, 1], [0, 3])}, "x", "y")
    (axes,) = figure.axes
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["a hill", "its top"]

    figure = plots.lines({"a hill": ([0, 1, 2], [0, 3, 0]), "a slope": ([0, 2], [0, 3])}, "x", "y")
    (axes,) = figure.axes
    assert axes.get_legend() is None and {"a hill", "a slope"} <= {text.get_text() for text in axes.texts}
