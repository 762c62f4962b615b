"""Boxes drawn on their images."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ftlib.plots.inputs import as_pixels, require_columns
from ftlib.plots.look import (
    LONGEST_NAME,
    STYLES,
    Style,
    hide_spines,
    new_figure,
    shorten_name,
    styled,
    widest_of,
    write_title,
)
from ftlib.plots.words import say

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_TRUTH_COLOUR = "#FFFFFF"
_LINE_WIDTH = 1.3
_LEGEND_LETTER = 0.085  # inches


@styled
def boxes(  # noqa: PLR0913
    images: Any,
    boxes: Sequence[Any],
    class_names: Sequence[Any],
    truth: Sequence[Any] | None = None,
    columns: int = 4,
    title: str | None = None,
    width: float = 7.2,
) -> "Figure":
    """Draws boxes on images, those of each class in its own colour and line, which the legend names.

    Args:
        images: Pixels 0-255, `(n, height, width)` or `(n, height, width, 1 or 3)`.
        boxes: For each image an array `(k, 5 or more)`: x0, y0, x1, y1 in pixels, the index of the class. So they are
            in the targets of a split, and so `ft.decode` gives them, with the probability as a sixth column.
        class_names: One string per class.
        truth: In the same form, what the boxes are to be compared with: drawn below them as broad pale frames.
        columns: Images per row. Default 4: large enough to see small objects.
        title: What to see, above all images.
        width: In inches, of a row. Default 7.2: that of a page.

    Returns:
        A Matplotlib figure.

    Raises:
        ValueError: For no images, another number of boxes than of images, or a class without a name.

    Example:
    >>> detections = [np.array([[2, 2, 6, 7, 0, 0.9]]), np.zeros((0, 6))]
    >>> picture = boxes(np.zeros((2, 8, 8, 1)), detections, ["cell"], title="One cell, in the first of two images")
    """
    pixels = as_pixels(images)
    names = [shorten_name(str(name), LONGEST_NAME) for name in class_names]
    found_rows = _read_boxes(boxes, "boxes", len(pixels), len(names))
    true_rows = None if truth is None else _read_boxes(truth, "truth", len(pixels), len(names))
    columns = min(require_columns(columns), len(pixels))
    row_count = math.ceil(len(pixels) / columns)

    class_styles = _class_styles(len(names))
    drawn_classes = sorted({int(row[4]) for rows in found_rows for row in rows})
    entries: list[tuple[str, Style | None]] = [(names[index], class_styles[index]) for index in drawn_classes]
    if true_rows is not None:
        entries.append((say("as labelled"), None))
    entries_per_row = _entries_per_row([name for name, _ in entries], width)
    legend_height = 0.24 * math.ceil(len(entries) / entries_per_row)
    image_width = width / columns
    image_height = image_width * pixels.shape[1] / pixels.shape[2]
    fig = new_figure(width, row_count * (image_height + 0.04) + legend_height + 0.1)
    axes = fig.subplots(row_count, columns, squeeze=False).ravel()
    for ax in axes:
        ax.set(xticks=[], yticks=[])
        ax.grid(visible=False)
        hide_spines(ax)
    for index, image in enumerate(pixels):
        height, image_columns = image.shape[:2]
        # Coordinates count from the upper left corner, and not from the middle of the first pixel.
        axes[index].imshow(image, cmap="gray", vmin=0, vmax=255, extent=(0, image_columns, height, 0))
        for row in () if true_rows is None else true_rows[index]:
            _draw_box(axes[index], row, None)
        for row in found_rows[index]:
            _draw_box(axes[index], row, class_styles[int(row[4])])

    if entries:
        handles = [_legend_frame(name, style) for name, style in entries]
        fig.legend(handles=handles, loc="outside lower left", ncols=entries_per_row, frameon=False, handlelength=2.5)
    write_title(fig, title)
    return fig


def _read_boxes(boxes_of_image, what, image_count, class_count):
    """Returns the boxes of each image as an array `(k, 5 or more)`."""
    if len(boxes_of_image) != image_count:
        raise ValueError(
            f"Expected `{what}` of each of {image_count} images, though they may be none. Received: "
            f"{len(boxes_of_image)}."
        )
    rows_of_image = []
    for rows in boxes_of_image:
        rows = np.asarray(rows, "float64")
        rows = rows.reshape(-1, 5) if not rows.size else rows
        if rows.ndim != 2 or rows.shape[1] < 5:
            raise ValueError(f"Boxes are rows of x0, y0, x1, y1, class: (k, 5). Received: `{what}` {rows.shape}.")
        if len(rows) and not 0 <= rows[:, 4].min() <= rows[:, 4].max() < class_count:
            raise ValueError(
                f"Classes lie in 0..{class_count - 1} ({class_count} class names). Received: `{what}` with "
                f"{rows[:, 4].min():g} to {rows[:, 4].max():g}."
            )
        rows_of_image.append(rows)
    return rows_of_image


def _class_styles(count):
    """Returns a style for each class: where there are more classes than colours, colour and line make new pairs."""
    styles = [style for style in STYLES.values() if style.colour != "#000000"]  # black is not seen on dark images
    repeated = (styles[index % len(styles)] for index in range(count))
    lines = [style.line_style for style in styles]
    return [
        Style(style.colour, style.marker, lines[(index + index // len(styles)) % len(lines)])
        for index, style in enumerate(repeated)
    ]


def _entries_per_row(names, width):
    if not names:
        return 1
    return max(1, min(len(names), int(width / (0.7 + _LEGEND_LETTER * widest_of(names)))))


def _draw_box(ax, row, style):
    from matplotlib.patches import Rectangle

    x0, y0, x1, y1 = row[:4]
    ax.add_patch(Rectangle((x0, y0), x1 - x0, y1 - y0, **_frame_options(style)))


def _legend_frame(name, style):
    from matplotlib.patches import Patch

    return Patch(label=name, **_frame_options(style))


def _frame_options(style):
    """Returns how a frame of a class is drawn; None stands for the truth."""
    from matplotlib import patheffects

    width = 2 * _LINE_WIDTH if style is None else _LINE_WIDTH
    # Seen on white paper and on bright images, too.
    options: dict[str, Any] = {
        "fill": False,
        "linewidth": width,
        "path_effects": [patheffects.withStroke(linewidth=width + 1.4, foreground="#000000", alpha=0.55)],
    }
    if style is None:
        return {**options, "edgecolor": _TRUTH_COLOUR}
    return {**options, "edgecolor": style.colour, "linestyle": style.line_style}


class Frame(NamedTuple):
    """A frame around a part of an image.

    Attributes:
        corners: `(x0, y0, x1, y1)` in pixels.
        colour: As `"#0072B2"`.
        is_dashed: Whether its line has gaps.
    """

    corners: Sequence[float]
    colour: str
    is_dashed: bool = False


TRUTH_COLOUR = _TRUTH_COLOUR
ANSWER_COLOUR = STYLES["scratch"].colour
_FRAME_SHARE = 1 / 75  # width of a painted line, as a share of the longer side of the image
_LEAST_FRAME = 2  # pixels


def frame_image(image: Any, frames: Sequence[Frame]) -> np.ndarray:
    """Returns an image with frames painted on it, each with a dark edge so that it is seen on any ground.

    Args:
        image: Pixels 0-255, `(height, width, 1 or 3)`.
        frames: The frames, the first below the others.

    Returns:
        `uint8` `(height, width, 3)`.

    Example:
    >>> frame_image(np.zeros((8, 8, 1)), [Frame((1, 1, 6, 6), "#FFFFFF")]).shape
    (8, 8, 3)
    """
    from PIL import Image, ImageDraw

    pixels = np.clip(np.asarray(image), 0, 255).astype("uint8")
    canvas = Image.fromarray(np.repeat(pixels, 3, axis=-1) if pixels.shape[-1] == 1 else pixels)
    draw = ImageDraw.Draw(canvas)
    line_width = max(_LEAST_FRAME, round(_FRAME_SHARE * max(canvas.size)))
    for frame in frames:
        x0, y0, x1, y1 = (round(corner) for corner in frame.corners)
        sides = [((x0, y0), (x1, y0)), ((x1, y0), (x1, y1)), ((x1, y1), (x0, y1)), ((x0, y1), (x0, y0))]
        for width, colour in ((line_width + 2, "#000000"), (line_width, frame.colour)):
            for side in sides:
                for piece in _pieces(*side, 3 * line_width) if frame.is_dashed else [side]:
                    draw.line(piece, fill=colour, width=width)
    return np.asarray(canvas)


def _pieces(start, end, dash):
    """Returns the strokes of a dashed line along an axis, each `dash` pixels long; the gaps are two thirds of that."""
    length = max(abs(end[0] - start[0]), abs(end[1] - start[1]))
    for offset in range(0, max(length, 1), dash + 2 * dash // 3):
        begin, stop = offset / max(length, 1), min(offset + dash, length) / max(length, 1)
        yield tuple(
            tuple(round(a + share * (b - a)) for a, b in zip(start, end, strict=True)) for share in (begin, stop)
        )
