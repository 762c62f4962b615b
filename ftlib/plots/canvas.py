"""Every text of a picture stays on its canvas, whatever the names and numbers are.

Matplotlib's layout makes room for ticks, and for the height of titles and labels, but not for their length: a long
title runs off the edge. So lines are broken where their room ends, and the canvas grows by what does not fit then.
"""

import io
import re
import textwrap
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DPI = 144  # pixels per inch: text stays sharp on a page, where an inch has 96
_MARGIN = 0.03  # inches at the edges that stay empty
_FEWEST_LETTERS = 8  # of a line; rather than fewer, a wider canvas
_LINE_HEIGHT = 1.2  # in font sizes
_MOST_ROUNDS = 4  # of making room: what grows moves the rest


def settle(fig: "Figure") -> None:
    """Gives a figure the layout that it keeps, with every text on its canvas."""
    _lay_out(fig)
    added_size = _break_lines(fig)
    if added_size.any():
        _grow(fig, added_size)
    for _ in range(_MOST_ROUNDS):
        missing_size = _missing_size(fig)
        if not missing_size.any():
            break
        _grow(fig, missing_size)
    fig.set_layout_engine("none")


def png(fig: "Figure", dpi: float = DPI) -> bytes:
    """Returns a figure as PNG bytes, the same bytes for the same figure.

    Args:
        fig: A Matplotlib figure.
        dpi: Pixels per inch. Default: those that the layout was made for.
    """
    file = io.BytesIO()
    fig.savefig(file, format="png", dpi=dpi, facecolor="white", metadata={"Software": None})
    return file.getvalue()


def svg(fig: "Figure", scale: float = 1.0) -> str:
    """Returns a figure as the text of an SVG file, the same text for the same figure.

    Args:
        fig: A Matplotlib figure.
        scale: How many times as large as on a page all of it is: letters, lines, markers and canvas. Default 1. Twice
            as large, a picture of half a page's width fills a slide, with letters for the last row.

    Raises:
        ValueError: For a `scale` that is not above 0.

    Example:
    >>> figure = ft.plots.bars({"frozen": 0.97}, None, "Accuracy", percent=True, width=5, height=1)
    >>> 'width="720pt" height="144pt" viewBox="0 0 360 72"' in svg(figure, scale=2)
    True
    """
    import matplotlib

    require_scale(scale)
    file = io.StringIO()
    with matplotlib.rc_context({"svg.hashsalt": "ftlib"}):
        fig.savefig(file, format="svg", facecolor="white", metadata={"Date": None})
    return re.sub(
        r'\b(width|height)="([\d.]+)pt"',  # of the whole; what is drawn is measured in units of the viewBox
        lambda match: f'{match[1]}="{scale * float(match[2]):g}pt"',
        file.getvalue(),
        count=2,
    )


def require_scale(scale: float) -> None:
    """Looks whether a scale is a number above 0.

    Raises:
        ValueError: If it is not.
    """
    if isinstance(scale, bool) or not isinstance(scale, (int, float, np.number)) or not 0 < scale < np.inf:
        raise ValueError(f"`scale` is a number above 0, such as 2 for a slide. Received: scale={scale!r}.")


def _lay_out(fig):
    # Layout moves a little each time. After two it rests, and the same figure gives the same picture again.
    for _ in range(2):
        fig.get_layout_engine().execute(fig)


def _grow(fig, inches):
    fig.set_size_inches(fig.get_size_inches() + inches)
    _lay_out(fig)


def _missing_size(fig):
    """Returns how much wider and higher the canvas has to be for all that is drawn, in inches."""
    drawn_box = fig.get_tightbbox()
    beyond = np.stack([-drawn_box.min, drawn_box.max - fig.get_size_inches()])
    return np.where(beyond > 0, beyond + _MARGIN, 0).sum(0)


def _break_lines(fig):
    """Breaks titles and labels that are longer than their room; returns what their new lines take, in inches."""
    added_size = np.zeros(2)
    for group, canvas in _text_groups(fig):
        texts = [text for text in group if text.get_text()]
        rooms = [_measure_room(text, texts, canvas) for text in texts]
        for axis in (0, 1):
            added_heights = [
                _break_text(text, room, axis)
                for text, room in zip(texts, rooms, strict=True)
                if _axis_along(text) == axis
            ]
            added_size[1 - axis] += max(added_heights, default=0)
    return added_size


def _text_groups(fig):
    """Returns the titles and labels of a figure, `(texts that may stand in each other's way, box of their canvas)`."""
    groups = [([text], part.bbox) for part in (fig, *fig.subfigs) for text in part.texts]
    titles_of_kind = zip(*map(_titles, fig.axes), strict=True)
    x_labels = [ax.xaxis.label for ax in fig.axes]
    y_labels = [ax.yaxis.label for ax in fig.axes]
    return groups + [(texts, fig.bbox) for texts in (*titles_of_kind, x_labels, y_labels)]


def _titles(ax):
    """Returns the titles of an axes, at its centre, left and right: its texts but for those that were put into it."""
    from matplotlib.text import Text

    return [child for child in ax.get_children() if isinstance(child, Text) and child not in ax.texts]


def _axis_along(text):
    """Returns the axis that a text runs along: 0, or 1 for one that is turned."""
    return int(text.get_rotation() == 90)


def _anchor(text):
    """Returns the pixel where a text is fixed, on the axis that it runs along."""
    start, end = text.get_window_extent().get_points()[:, _axis_along(text)]
    return {"left": start, "center": (start + end) / 2, "right": end}[text.get_ha()]


def _measure_room(text, group, canvas):
    """Returns how many pixels long a text may be: up to the edge, to another of its kind, or to what stands above.

    Args:
        text: The text.
        group: Those of its kind, itself among them.
        canvas: The box that it has to stay in, in pixels.
    """
    fig, axis, anchor = text.get_figure(root=True), _axis_along(text), _anchor(text)
    is_centred = text.get_ha() == "center"
    starts, ends = [canvas.min[axis]], [canvas.max[axis]]
    if axis == 1:
        ends += [title.get_window_extent().y0 for title in fig.texts]
    else:
        legend_boxes = [legend.get_window_extent() for legend in fig.legends]
        ends += [box.x0 for box in legend_boxes if _is_in_the_way(text, box, axis)]
    for neighbour in group:
        if neighbour is text or _axis_along(neighbour) != axis:
            continue
        if _is_in_the_way(text, neighbour.get_window_extent(), axis):
            # Two centred texts share the distance between them.
            end = (anchor + _anchor(neighbour)) / 2 if is_centred else _anchor(neighbour)
            (ends if end > anchor else starts).append(end)

    margin = _MARGIN * fig.dpi
    before = anchor - max(starts) - margin
    after = min(end for end in ends if end > anchor) - anchor - margin
    return {"left": after, "right": before, "center": 2 * min(before, after)}[text.get_ha()]


def _is_in_the_way(text, box, axis):
    """Returns whether a text would meet a box if it grew along its axis."""
    own_box, across = text.get_window_extent(), 1 - axis
    return own_box.min[across] < box.max[across] and box.min[across] < own_box.max[across]


def _break_text(text, room, axis):
    """Breaks the lines of a text that are longer than their room; returns what is added to its height, in inches."""
    whole_text = text.get_text()
    most_letters = max(map(len, whole_text.split("\n")))
    while most_letters > _FEWEST_LETTERS:
        length = text.get_window_extent().size[axis]
        if length <= room:
            break
        most_letters = max(_FEWEST_LETTERS, min(most_letters - 1, int(most_letters * room / length)))
        lines = whole_text.replace(" %", "\xa0%").split("\n")  # a number is not parted from its percent sign
        text.set_text("\n".join(textwrap.fill(line, most_letters) for line in lines).replace("\xa0%", " %"))
    added_lines = text.get_text().count("\n") - whole_text.count("\n")
    return added_lines * _LINE_HEIGHT * text.get_fontsize() / 72
