"""Every text of a picture stays on its canvas, whatever the names and numbers are.

Matplotlib's layout makes room for ticks, and for the height of titles and labels, but not for their length: a long
title runs off the edge. So lines are broken where their room ends, and the canvas grows by what does not fit then.
"""

import io
import textwrap

import numpy as np

DPI = 144  # pixels per inch: text stays sharp on a page, where an inch has 96
_FREE = 0.03  # inches at the edges that stay empty
_FEWEST = 8  # letters of a line; rather than fewer, a wider canvas


def settle(fig):
    """Gives a figure the layout that it keeps, with every text on its canvas."""
    _draw(fig)
    broken = _break_lines(fig)
    if broken.any():
        _grow(fig, broken)
    for _ in range(4):
        missing = _missing(fig)
        if not missing.any():
            break
        _grow(fig, missing)
    fig.set_layout_engine("none")


def _draw(fig):
    # Layout moves a little with each drawing. After two it rests, and the same figure gives the same picture again.
    fig.draw_without_rendering()
    fig.draw_without_rendering()


def _grow(fig, inches):
    fig.set_size_inches(fig.get_size_inches() + inches)
    _draw(fig)


def _missing(fig):
    """Returns how much wider and higher the canvas has to be for all that is drawn, in inches."""
    box, size = fig.get_tightbbox(), fig.get_size_inches()
    beyond = np.stack([-box.min, box.max - size])
    return np.where(beyond > 0, beyond + _FREE, 0).sum(0)


def _break_lines(fig):
    """Breaks titles and labels that are longer than their room; returns what their new lines take, in inches."""
    needed = np.zeros(2)
    parts = [([text], part.bbox) for part in (fig, *fig.subfigs) for text in part.texts]
    axes = [*zip(*map(_titles, fig.axes), strict=True), [ax.xaxis.label for ax in fig.axes]]
    axes += [[ax.yaxis.label for ax in fig.axes]]
    for kind, canvas in parts + [(kind, fig.bbox) for kind in axes]:
        texts = [text for text in kind if text.get_text()]
        rooms = [_room(text, texts, canvas) for text in texts]
        for along in (0, 1):
            added = [_break(*row, along) for row in zip(texts, rooms, strict=True) if _along(row[0]) == along]
            needed[1 - along] += max(added, default=0)
    return needed


def _titles(ax):
    """Returns the titles of an axes, at its centre, left and right: its texts but for those that were put into it."""
    from matplotlib.text import Text

    return [child for child in ax.get_children() if isinstance(child, Text) and child not in ax.texts]


def _along(text):
    """Returns the axis that a text runs along: 0, or 1 for one that is turned."""
    return int(text.get_rotation() == 90)


def _anchor(text):
    """Returns the pixel where a text is fixed, on the axis that it runs along."""
    start, end = text.get_window_extent().get_points()[:, _along(text)]
    return {"left": start, "center": (start + end) / 2, "right": end}[text.get_ha()]


def _room(text, others, canvas):
    """Returns how many pixels long a text may be: up to the edge, to another of its kind, or to what stands above."""
    fig, along, place = text.get_figure(root=True), _along(text), _anchor(text)
    centred = text.get_ha() == "center"
    ends = [canvas.max[along]]
    starts = [canvas.min[along]]
    if along:
        ends += [title.get_window_extent().y0 for title in fig.texts]
    else:
        ends += [box.x0 for box in (legend.get_window_extent() for legend in fig.legends) if _beside(text, box, along)]
    for other in others:
        if other is not text and _along(other) == along and _beside(text, other.get_window_extent(), along):
            # Two centred texts share the distance between them.
            end = (place + _anchor(other)) / 2 if centred else _anchor(other)
            (ends if end > place else starts).append(end)
    free = _FREE * fig.dpi
    before, after = place - max(starts) - free, min(end for end in ends if end > place) - place - free
    return {"left": after, "right": before, "center": 2 * min(before, after)}[text.get_ha()]


def _beside(text, box, along):
    """Returns whether a box lies in the way of a text, if the text grows along its axis."""
    own, across = text.get_window_extent(), 1 - along
    return own.min[across] < box.max[across] and box.min[across] < own.max[across]


def _break(text, room, along):
    """Breaks the lines of a text that are longer than their room; returns what is added to its height, in inches."""
    whole = text.get_text()
    longest = max(map(len, whole.split("\n")))
    while (length := text.get_window_extent().size[along]) > room and longest > _FEWEST:
        longest = max(_FEWEST, min(longest - 1, int(longest * room / length)))
        lines = whole.replace(" %", "\xa0%").split("\n")  # a number is not parted from its percent sign
        text.set_text("\n".join(textwrap.fill(line, longest) for line in lines).replace("\xa0%", " %"))
    return (text.get_text().count("\n") - whole.count("\n")) * 1.2 * text.get_fontsize() / 72


def png(fig, dpi=DPI):
    """Returns a figure as PNG bytes, the same bytes for the same figure.

    Args:
        fig: A Matplotlib figure.
        dpi: Pixels per inch. Default: those that the layout was made for.
    """
    file = io.BytesIO()
    fig.savefig(file, format="png", dpi=dpi, facecolor="white", metadata={"Software": None})
    return file.getvalue()
