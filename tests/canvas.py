"""What a picture really draws: its texts, where they lie on the canvas, and which of them lie on each other."""

from unittest import mock

import numpy as np
from matplotlib.text import Text

from ftlib import plots

_SLACK = 1  # pixels: letters are fitted to whole ones


def drawn_texts(fig):
    """Returns the texts that a figure draws into its PNG, their boxes in pixels `(n, 4)`, and the size of the canvas.

    Texts that are not drawn are left out, such as ticks beyond the limits of an axis.
    """
    boxes, draw = {}, Text.draw

    def noted(text, renderer, *args, **kwargs):
        if text.get_visible() and text.get_text().strip():
            boxes[text] = Text.get_window_extent(text, renderer).extents
        return draw(text, renderer, *args, **kwargs)

    with mock.patch.object(Text, "draw", noted):
        plots.png(fig)
    return list(boxes), np.array(list(boxes.values())).reshape(-1, 4), np.array(fig.bbox.size)


def assert_texts_have_room(fig):
    """Fails if a text leaves the canvas, or lies on another, naming it."""
    texts, boxes, canvas = drawn_texts(fig)
    beyond = np.maximum(-boxes[:, :2], boxes[:, 2:] - canvas).max(1)
    cut = [f"{text.get_text()!r} by {out:.0f}" for text, out in zip(texts, beyond, strict=True) if out > _SLACK]
    assert not cut, f"cut off, in pixels of {canvas}: {'; '.join(cut[:5])}"
    across = np.minimum(boxes[:, None, 2:], boxes[None, :, 2:]) - np.maximum(boxes[:, None, :2], boxes[None, :, :2])
    pairs = np.argwhere(np.triu(across.min(2) > 2 * _SLACK, 1))
    assert not len(pairs), f"on each other: {[[texts[i].get_text() for i in pair] for pair in pairs[:5]]}"
