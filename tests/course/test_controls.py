"""Figures to play with: what a slider or a click does, and what is shown where nothing can be moved."""

import html
import re
import sys
import types

import numpy as np
import pytest

import ftlib as ft
from ftlib import plots

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
DIAGONAL = 200 * np.eye(8)[..., None]


def draw_power(exponent, factor):
    return plots.bars({"of 3": factor * 3.0**exponent}, f"{factor} times x to the {exponent}", "Value")


def explore_powers(**options):
    ft.explore(draw_power, {"exponent": [1, 2, 3], "factor": (1, 0.5)}, alt="A bar up to 9.", **options)


def count_white(image):
    return plots.image_grid(image[None], title=f"{(image == 255).sum()} white, {(image == 0).sum()} black")


@pytest.fixture(autouse=True)
def english(monkeypatch):
    monkeypatch.setenv("FTLIB_LANG", "en")


@pytest.fixture
def notebook(monkeypatch):
    """A running notebook; returns the list of what it is sent."""
    sent = []
    display = types.ModuleType("IPython.display")
    display.display = lambda data, metadata, raw: sent.append((data, metadata))
    ipython = types.ModuleType("IPython")
    events = types.SimpleNamespace(register=lambda *_: None)  # pyplot asks for them, and for the version
    ipython.version_info = (9, 0)
    ipython.get_ipython = lambda: types.SimpleNamespace(kernel=object(), events=events)
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    return sent


@pytest.fixture
def widgets():
    """Returns the widgets that are made while a test runs."""
    ipywidgets = pytest.importorskip("ipywidgets")
    made = []
    ipywidgets.Widget.on_widget_constructed(made.append)
    yield made
    ipywidgets.Widget.on_widget_constructed(None)


@pytest.fixture
def no_widgets(monkeypatch):
    monkeypatch.setitem(sys.modules, "ipywidgets", None)


def of_kind(widgets, kind):
    return [widget for widget in widgets if type(widget).__name__ == kind]


def read_picture(widgets):
    """Returns the text of the picture that stands under the controls."""
    (picture,) = [widget.value for widget in of_kind(widgets, "HTML") if "<style>" not in widget.value]
    return html.unescape(re.sub('<img .*alt="(.*?)".*', r"\1", picture))


def read_sliders(widgets):
    """Returns the value that each slider shows, by what is written beside it."""
    sliders = of_kind(widgets, "SelectionSlider")
    return {slider.description: slider.options[slider.index][0] for slider in sliders}


# --- where nothing can be moved ---------------------------------------------------------------------------


def test_outside_of_notebooks_the_text_is_printed_and_nothing_asked_for(capsys):
    explore_powers(start=[2, 1])
    ft.paint(count_white, DIAGONAL, alt="A diagonal.")
    assert capsys.readouterr().out == "A bar up to 9.\nA diagonal.\n"


@pytest.mark.parametrize(("language", "word"), [("en", "To play with it"), ("ko", "직접 해 보려면")])
def test_without_ipywidgets_the_figure_is_there_and_one_sentence_says_what_to_install(
    notebook, no_widgets, monkeypatch, capsys, language, word
):
    monkeypatch.setenv("FTLIB_LANG", language)
    explore_powers(start=[2, 1])
    ft.paint(count_white, DIAGONAL, alt="A diagonal.")
    assert [set(data) for data, _ in notebook] == [{"image/png", "text/plain"}] * 2
    first, second = capsys.readouterr().out.splitlines()
    assert first == second and word in first and "`pip install ipywidgets`" in first


def test_the_output_holds_the_figure_for_those_who_cannot_show_widgets(widgets, notebook):
    explore_powers(start=[2, 1])
    ((data, metadata),) = notebook
    assert set(data) == {"image/png", "text/plain", WIDGET_VIEW}
    assert data["text/plain"] == metadata["image/png"]["alt"] == "A bar up to 9."
    assert data["image/png"].startswith("iVBORw0KGgo")


# --- with widgets -----------------------------------------------------------------------------------------


def test_a_slider_that_moves_draws_with_its_value(widgets, notebook):
    explore_powers(start=[2, 1])
    exponent, factor = of_kind(widgets, "SelectionSlider")
    assert read_sliders(widgets) == {"exponent": "2", "factor": "1"}
    assert read_picture(widgets) == "A bar up to 9."

    exponent.label = "3"
    assert read_picture(widgets) == "1 times x to the 3"
    factor.label = "0.5"
    assert read_picture(widgets) == "0.5 times x to the 3"
    assert len(notebook) == 1, "moving a slider sends no further output"


def test_sliders_start_at_their_left_end_unless_told(widgets, notebook):
    explore_powers()
    assert read_sliders(widgets) == {"exponent": "1", "factor": "1"}


def test_a_click_turns_a_pixel_and_the_button_draws_what_was_painted(widgets, notebook):
    ft.paint(count_white, DIAGONAL, alt="A diagonal.")
    pixels = of_kind(widgets, "ToggleButton")
    redraw, clear = of_kind(widgets, "Button")
    assert len(pixels) == 64 and pixels[10].tooltip == "row 2, column 3"
    assert [i for i, pixel in enumerate(pixels) if pixel.value] == list(range(0, 64, 9))

    pixels[1].value, pixels[9].value = True, False
    assert read_picture(widgets) == "A diagonal.", "not at every click"
    redraw.click()
    assert read_picture(widgets) == "8 white, 56 black"

    clear.click()
    redraw.click()
    assert read_picture(widgets) == "0 white, 64 black"


def test_an_error_of_the_learners_function_stands_in_the_place_of_the_figure(widgets, notebook):
    def draw_or_fail(rate):
        if rate > 1:
            raise ValueError("rate > 1")
        return plots.bars({"rate": rate}, f"Rate {rate}", "Rate")

    ft.explore(draw_or_fail, {"rate": [1, 2]}, alt="A bar.")
    (slider,) = of_kind(widgets, "SelectionSlider")
    slider.label = "2"
    assert read_picture(widgets) == "<pre>ValueError: rate > 1</pre>"
    slider.label = "1"
    assert read_picture(widgets) == "Rate 1"


def test_a_figure_of_pyplot_is_closed(widgets, notebook):
    import matplotlib.pyplot as plt

    def draw_with_pyplot(height):
        figure = plt.figure()
        plt.plot([0, height])
        return figure

    ft.explore(draw_with_pyplot, {"height": [1, 2]}, alt="A line.")
    of_kind(widgets, "SelectionSlider")[0].label = "2"
    assert plt.get_fignums() == []


# --- wrong arguments --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        ({"draw": "power"}, TypeError, "function that returns a figure. Received: 'power'"),
        ({"draw": lambda exponent: None}, TypeError, "Received: NoneType. Is a `return` missing"),
        ({"sliders": {}}, ValueError, "dict from a name to its values"),
        ({"sliders": [1, 2]}, ValueError, "dict from a name to its values"),
        ({"sliders": {"exponent": []}}, ValueError, "slider 'exponent' as a list"),
        ({"sliders": {"exponent": "123"}}, ValueError, "slider 'exponent' as a list"),
        ({"start": [4]}, ValueError, "one of 1, 2, 3. Received: 4"),
        ({"start": [1, 2]}, ValueError, "each of 1 sliders"),
        ({"start": 2}, ValueError, "each of 1 sliders"),
        ({"alt": " "}, ValueError, "alt="),
    ],
)
def test_wrong_sliders_are_named(arguments, error, said):
    def draw_line(exponent):
        return plots.bars({"x": exponent}, None, "Value")

    with pytest.raises(error, match=re.escape(said)):
        ft.explore(**{"draw": draw_line, "sliders": {"exponent": [1, 2, 3]}, "alt": "A bar.", **arguments})


@pytest.mark.parametrize("shape", [(64,), (8, 8, 3), (0, 8), (32, 32)])
def test_a_canvas_is_small_and_grey(shape):
    with pytest.raises(ValueError, match=r"at most 16 by 16 pixels.*Received: shape"):
        ft.paint(count_white, np.zeros(shape), alt="Black.")
