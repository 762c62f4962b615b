"""Figures to play with: with sliders or a canvas in a running notebook, and as they start everywhere else."""

import html
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ftlib.course.lessons import load_control_texts
from ftlib.course.texts import Message
from ftlib.plots.look import close_figure, notebook_output, require_alt, show

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MOST_PIXELS = 16  # along a side of a canvas: each is a button
_SLIDER_WIDTH = "min(100%, 34em)"
# White ink on black, as the course draws its digits. A pressed button has the class `mod-active`.
_CANVAS_STYLE = """<style>
.ftlib-pixel, .ftlib-pixel:hover {background: #000; border: 1px solid #777; box-shadow: none}
.ftlib-pixel.mod-active, .ftlib-pixel.mod-active:hover {background: #fff}
</style>"""


def explore(
    draw: Callable[..., "Figure"], sliders: Mapping[str, Sequence[Any]], alt: str, start: Sequence[Any] | None = None
) -> None:
    """Shows a figure with sliders that draw it again.

    Where no slider can be moved, the figure is shown as it starts: in a stored notebook, on a page, in a program that
    runs the notebook, and without ipywidgets, which a sentence then names. Nothing has to be told which of them it is:
    the output holds a PNG beside the sliders, and whoever cannot show these shows that.

    Args:
        draw: Called with one value of each slider, in their order; returns a Matplotlib figure. What is in its titles
            is the text in the place of the figure once a slider has moved.
        sliders: Dict from what is written beside a slider to its values, from left to right. Numbers are written with
            six digits at most, everything else as `str` writes it.
        alt: What the figure shows as it starts, as in `ft.show`.
        start: The value of each slider to start with, in their order. Default: their first.

    Raises:
        ValueError: For no sliders, one without values, a start that is none of the values, or an empty `alt`.
        TypeError: If `draw` is no function, or returns no figure.

    Example:
    >>> def draw_power(exponent):
    ...     curve = [x**exponent for x in range(5)]
    ...     return ft.plots.lines({"x": (range(5), curve)}, "x", "y", f"x to the {exponent}")
    >>> ft.explore(draw_power, {"exponent": [1, 2, 3]}, alt="A parabola.", start=[2])
    A parabola.
    """
    require_alt(alt)
    values_of_slider = _require_sliders(sliders)
    positions = _find_positions(values_of_slider, start)

    def draw_at(positions):
        return _draw_figure(draw, [values[i] for values, i in zip(values_of_slider.values(), positions, strict=True)])

    figure = draw_at(positions)
    widgets = _find_widgets()
    if widgets is None:
        _show_alone(figure, alt)
        return

    controls = [
        widgets.SelectionSlider(
            options=[(_write(value), i) for i, value in enumerate(values)],
            value=position,
            description=label,
            style={"description_width": "initial"},
            layout={"width": _SLIDER_WIDTH},
        )
        for (label, values), position in zip(values_of_slider.items(), positions, strict=True)
    ]
    picture = widgets.HTML(_write_image(figure, alt))

    def redraw(_):
        picture.value = _redraw(lambda: draw_at([control.value for control in controls]))

    for control in controls:
        control.observe(redraw, "value")
    _show_with(widgets.VBox([*controls, picture]), figure, alt)


def paint(draw: Callable[[np.ndarray], "Figure"], image: Any, alt: str) -> None:
    """Shows a figure of an image with a canvas on which that image can be painted, pixel by pixel.

    A click turns a pixel from black to white, or back; a button draws the figure of what was painted. Where nothing can
    be clicked, the figure is shown as it starts, as `explore` does.

    Args:
        draw: Called with the image, an array of the shape of `image`, uint8, of pixels that are 0 or 255; returns a
            Matplotlib figure.
        image: What is painted at first: pixels 0-255, `(height, width)` or `(height, width, 1)`, at most 16 by 16.
            Those above 127 are white, the others black.
        alt: What the figure shows as it starts, as in `ft.show`.

    Raises:
        ValueError: For an image of another shape, or an empty `alt`.
        TypeError: If `draw` is no function, or returns no figure.

    Example:
    >>> ft.paint(lambda image: ft.plots.image_grid(image[None]), np.zeros((8, 8)), alt="A black image.")
    A black image.
    """
    require_alt(alt)
    pixels = _require_canvas(image)
    figure = _draw_figure(draw, [np.where(pixels, 255, 0).astype("uint8")])
    widgets = _find_widgets()
    if widgets is None:
        _show_alone(figure, alt)
        return

    texts = load_control_texts()
    height, width = pixels.shape[:2]
    buttons = [
        widgets.ToggleButton(
            value=bool(is_white),
            tooltip=str(texts["pixel"]).format(row=1 + i // width, column=1 + i % width),
            layout={"width": "1.8em", "height": "1.8em", "margin": "0", "padding": "0"},
        )
        for i, is_white in enumerate(pixels.ravel())
    ]
    for button in buttons:
        button.add_class("ftlib-pixel")
    canvas = widgets.GridBox(buttons, layout={"grid_template_columns": f"repeat({width}, 1.8em)"})
    redraw_button = widgets.Button(description=str(texts["redraw"]), button_style="primary")
    clear_button = widgets.Button(description=str(texts["clear"]))
    picture = widgets.HTML(_write_image(figure, alt))

    # Not at every click: a figure takes longer to draw than the next pixel to paint.
    def redraw(_):
        painted = np.array([255 * button.value for button in buttons], "uint8").reshape(pixels.shape)
        picture.value = _redraw(lambda: _draw_figure(draw, [painted]))

    def clear(_):
        for button in buttons:
            button.value = False

    redraw_button.on_click(redraw)
    clear_button.on_click(clear)
    controls = widgets.HBox([redraw_button, clear_button])
    _show_with(widgets.VBox([widgets.HTML(_CANVAS_STYLE), canvas, controls, picture]), figure, alt)


def _require_sliders(sliders):
    if not isinstance(sliders, Mapping) or not sliders:
        raise ValueError(
            "Expected sliders as a dict from a name to its values, such as {'rate': [0.1, 1]}. "
            f"Received: {sliders!r}."
        )
    values_of_slider = {}
    for label, values in sliders.items():
        if isinstance(values, str) or not hasattr(values, "__len__") or len(values) == 0:
            raise ValueError(f"Expected the values of slider {label!r} as a list. Received: {values!r}.")
        values_of_slider[str(label)] = list(values)
    return values_of_slider


def _find_positions(values_of_slider, start):
    """Returns where each slider starts, counted from its left end."""
    if start is None:
        return [0] * len(values_of_slider)
    if not hasattr(start, "__len__") or len(start) != len(values_of_slider):
        raise ValueError(
            f"Expected a value to start with for each of {len(values_of_slider)} sliders. Received: start={start!r}."
        )
    positions = []
    for (label, values), value in zip(values_of_slider.items(), start, strict=True):
        if value not in values:
            shown_values = ", ".join(map(_write, values))
            raise ValueError(f"Expected slider {label!r} to start with one of {shown_values}. Received: {value!r}.")
        positions.append(values.index(value))
    return positions


def _require_canvas(image):
    pixels = np.asarray(image)
    is_flat = pixels.ndim == 2 or (pixels.ndim == 3 and pixels.shape[2] == 1)
    if not is_flat or not pixels.size or max(pixels.shape) > _MOST_PIXELS:
        raise ValueError(
            f"Expected an image to paint on of at most {_MOST_PIXELS} by {_MOST_PIXELS} pixels, (height, width) or "
            f"(height, width, 1). Received: shape {pixels.shape}."
        )
    return pixels > 127


def _draw_figure(draw, values):
    from matplotlib.figure import Figure

    if not callable(draw):
        raise TypeError(f"`draw` is a function that returns a figure. Received: {draw!r}.")
    figure = draw(*values)
    if not isinstance(figure, Figure):
        raise TypeError(
            f"`draw` returns a Matplotlib figure. Received: {type(figure).__name__}. Is a `return` missing?"
        )
    close_figure(figure)
    return figure


def _write(value):
    is_number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    return f"{value:g}" if is_number else str(value)


def _in_notebook():
    ipython = sys.modules.get("IPython")
    return ipython is not None and hasattr(ipython.get_ipython(), "kernel")


def _find_widgets():
    """Returns the module ipywidgets, or None outside of notebooks and where it is not installed."""
    if not _in_notebook():
        return None
    try:
        import ipywidgets
    except ImportError:
        return None
    return ipywidgets


def _show_alone(figure, alt):
    show(figure, alt)
    if _in_notebook():
        print(repr(Message(load_control_texts()["install"])))


def _show_with(box, figure, alt):
    """Shows widgets, and the figure where widgets cannot be shown: whoever shows an output chooses."""
    from IPython.display import display

    data, metadata = notebook_output(figure, alt)
    display({**box._repr_mimebundle_(), **data}, metadata=metadata, raw=True)


def _redraw(draw):
    """Returns what stands in the place of the figure: the figure drawn again, or the error that drawing it raised."""
    from ftlib.plots.picture import read_titles

    try:
        figure = draw()
        return _write_image(figure, read_titles(figure))
    except Exception as error:  # of a learner's own function; outside of a cell nobody would see it
        return f"<pre>{html.escape(f'{type(error).__name__}: {error}')}</pre>"


def _write_image(figure, alt):
    data, metadata = notebook_output(figure, alt)
    width = metadata["image/png"]["width"]
    source = f"data:image/png;base64,{data['image/png']}"
    return f'<img src="{source}" alt="{html.escape(alt)}" width="{width}" style="max-width: 100%">'
