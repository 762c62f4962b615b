"""What all pictures share: colours, markers, fonts, sizes, and how a picture is shown."""

import base64
import functools
import importlib.util
import pathlib
import sys
import textwrap
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ftlib.plots.canvas import DPI, png, require_scale, settle
from ftlib.score import Score
from ftlib.text import display_width

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure, FigureBase


class Style(NamedTuple):
    """How a strategy, or another series, looks.

    Attributes:
        colour: As `"#0072B2"`.
        marker: Of Matplotlib.
        line_style: Of Matplotlib: a string, or `(offset, (ink, gap, ...))`.
    """

    colour: str
    marker: str
    line_style: Any


class LineEnd(NamedTuple):
    """Where a line ends, in data coordinates, and what is written there."""

    label: str
    x: float
    y: float
    style: Style


TEXT_COLOUR = "#222222"
LONGEST_NAME = 60  # letters of a name
_NEAR_EDGE = 0.7  # of the width: from there on, what joins a line to its name crosses little
NARROW_NAME = 20  # letters of a line of a name, where a picture is to be read on a phone
LONGEST_STRATEGY = 30  # of one, which stands beside its picture
# A strategy looks the same in every picture; the colours (of Okabe and Ito, 2008) are safe for colour-blind eyes.
STYLES = {
    "full": Style("#0072B2", "o", "-"),
    "scratch": Style("#D55E00", "s", "--"),
    "feature_extraction": Style("#009E73", "^", "-."),
    "feature_extraction_long": Style("#56B4E9", "v", ":"),
    "gradual": Style("#CC79A7", "D", (0, (7, 1))),
    "lp_ft": Style("#000000", "P", (0, (4, 1, 1, 1))),
    "top": Style("#E69F00", "X", (0, (2, 1))),
    "hybrid": Style("#7A5230", "*", (0, (6, 2, 1, 2, 1, 2))),
}
_LOOK = {
    "font.size": 10, "axes.titlesize": 11, "figure.titlesize": 12, "xtick.labelsize": 9, "ytick.labelsize": 9,
    "legend.fontsize": 9, "axes.titlelocation": "left", "axes.spines.top": False, "axes.spines.right": False,
    "text.color": TEXT_COLOUR, "axes.labelcolor": TEXT_COLOUR, "xtick.color": TEXT_COLOUR, "ytick.color": TEXT_COLOUR,
    "axes.grid": True, "axes.axisbelow": True, "grid.color": "#E3E3E3", "hatch.linewidth": 0.7,
    "text.parse_math": False,  # a class may be called "$5 note"
}  # fmt: skip
# Class names of a user's own folder may be Korean, and figures of the Korean lessons are, which Matplotlib's own font
# does not have. The first of these is in the package `koreanize-matplotlib`: it looks the same on every computer.
_MORE_FONTS = ("NanumGothic", "Noto Sans CJK KR", "Noto Sans KR", "Malgun Gothic", "Apple SD Gothic Neo")


@functools.cache
def _find_more_fonts():
    """Returns the names of the installed fonts that stand in where Matplotlib's own font lacks a letter."""
    from matplotlib import font_manager

    # Importing that package would change the style of all figures, and fails without `distutils`.
    package = importlib.util.find_spec("koreanize_matplotlib")
    for folder in package.submodule_search_locations or [] if package else []:
        font_file = pathlib.Path(folder, "fonts", "NanumGothic.ttf")
        if font_file.exists():
            font_manager.fontManager.addfont(font_file)

    installed_fonts = set(font_manager.fontManager.get_font_names())
    return [name for name in _MORE_FONTS if name in installed_fonts]


def styled(draw: Callable[..., "Figure"]) -> Callable[..., "Figure"]:
    """Draws in the style of this module whatever style is set elsewhere, leaves that one as it was, and settles."""

    @functools.wraps(draw)
    def draw_in_style(*args, **kwargs):
        from matplotlib import style

        with style.context(["default", {**_LOOK, "font.family": ["DejaVu Sans", *_find_more_fonts()]}]):
            fig = draw(*args, **kwargs)
            settle(fig)
            return fig

    return draw_in_style


def new_figure(width: float, height: float) -> "Figure":
    """Returns an empty figure; sizes in inches."""
    from ftlib.plots.picture import Picture

    return Picture(figsize=(width, height), dpi=DPI, layout="constrained")


def assign_styles(names: Sequence[str]) -> dict[str, Style]:
    """Returns the style of each name; one that is no strategy takes what is left over."""
    spare_styles = [style for name, style in STYLES.items() if name not in names] or list(STYLES.values())
    other_names = [name for name in names if name not in STYLES]
    return {
        name: STYLES[name] if name in STYLES else spare_styles[other_names.index(name) % len(spare_styles)]
        for name in names
    }


def format_percent_axis(axis: "Axis") -> None:
    """Labels an axis of fractions in percent, and lets it end shortly above 100 %."""
    low, high = axis.get_view_interval()
    if high > 1:
        axis.set_view_interval(low, 1 + 0.02 * (1 - low), ignore=True)
    write_percent_ticks(axis)


def format_score_axis(axis: "Axis", score: Score) -> None:
    """Labels an axis of a score: shares in percent, others as numbers, with their unit."""
    if score.unit == "%":
        format_percent_axis(axis)
    elif score.unit:
        axis.set_major_formatter(lambda value, _: f"{value:g} {score.unit}")


def write_percent_ticks(axis: "Axis") -> None:
    """Labels an axis of fractions in percent, and leaves its limits as they are."""
    axis.set_major_formatter(lambda value, _: f"{round(100 * value, 6):g} %")


def name_rows(ax: "Axes", names: Sequence[str]) -> None:
    """Names the rows of a horizontal picture, the first at the top."""
    ax.set_yticks(range(len(names)), names)
    ax.set_ylim(max(len(names), 1) - 0.5, -0.5)
    ax.tick_params(axis="y", length=0)
    ax.grid(axis="y", visible=False)


def shorten_name(name: str, length: int = 22) -> str:
    """Returns a name cut to the width of `length` Latin letters, the last an ellipsis."""
    if display_width(name) <= length:
        return name
    while display_width(name) >= length:
        name = name[:-1]
    return name + "…"


def name_length(width: float | None) -> int:
    """Returns how many letters names at the side of a picture may have: a third of a given width, in inches."""
    return LONGEST_NAME if width is None else max(3, int(width / 3 / 0.085))


def fold_name(name: str, length: int) -> str:
    """Returns a name in at most two lines, each about as wide as `length` Latin letters."""
    line_length = max(2, length * len(name) // max(1, display_width(name)))
    return textwrap.fill(name, line_length, max_lines=2, placeholder=" …")


def wrap_name(name: str, length: int) -> str:
    """Returns all of a name, in lines about as wide as `length` Latin letters."""
    line_length = max(2, length * len(name) // max(1, display_width(name)))
    return textwrap.fill(name, line_length)


def widest_of(names: Iterable[str]) -> int:
    """Returns how wide the widest of some names is, counted in Latin letters."""
    return max(map(display_width, names))


def spread_out(values: Sequence[float], gap: float) -> np.ndarray:
    """Returns heights as near to `values` as a distance of `gap` between them allows, and none above 0.98."""
    order = np.argsort(values, kind="stable")
    heights = np.array(values, float)[order]
    for i in range(1, len(heights)):
        heights[i] = max(heights[i], heights[i - 1] + gap)
    heights[-1] = min(heights[-1], 0.98)
    for i in range(len(heights) - 2, -1, -1):
        heights[i] = min(heights[i], heights[i + 1] - gap)
    return heights[np.argsort(order)]


def label_line_ends(ax: "Axes", line_ends: Sequence[LineEnd]) -> None:
    """Writes a label with a sample of the line beside the end of each line, joined to it, without overlaps.

    Where a line ends far from the right edge, a legend does it: what leads to a label would cross the other lines.

    Args:
        ax: Axes with their final limits, linear or logarithmic.
        line_ends: Where each line ends. A label may have several lines.
    """
    root_figure = ax.get_figure(root=True)
    assert root_figure is not None, "these axes were removed from their figure"
    root_figure.draw_without_rendering()  # settles the layout: the labels need the height of the axes
    to_axes = ax.transData + ax.transAxes.inverted()
    end_places = to_axes.transform([(end.x, end.y) for end in line_ends])
    if end_places[:, 0].min() < _NEAR_EDGE:
        write_names_beside(ax)
        return

    points_high = ax.get_window_extent().height * 72 / ax.figure.dpi
    end_heights = [float(height) for height in end_places[:, 1]]
    most_lines = 1 + max(end.label.count("\n") for end in line_ends)
    label_heights = spread_out(end_heights, gap=(2 + 11 * most_lines) / points_high)
    for end, label_height in zip(line_ends, label_heights, strict=True):
        colour, marker, line_style = end.style
        joint = {"arrowstyle": "-", "color": colour, "linewidth": 0.8, "shrinkA": 0, "shrinkB": 5}
        ax.annotate(
            "",
            (end.x, end.y),
            (1.03, label_height),
            textcoords="axes fraction",
            annotation_clip=False,
            arrowprops=joint,
        )
        ax.plot(
            [1.03, 1.065, 1.1],
            [label_height] * 3,
            color=colour,
            marker=marker,
            markevery=[1],
            linestyle=line_style,
            markersize=6,
            linewidth=1.7,
            transform=ax.transAxes,
            clip_on=False,
        )
        ax.text(1.115, label_height, end.label, transform=ax.transAxes, va="center", fontsize=9)


def write_names_beside(ax: "Axes") -> None:
    """Writes the names of lines or paths that end anywhere into a legend beside the axes."""
    ax.legend(loc="upper left", bbox_to_anchor=(1.02, 1), borderaxespad=0, frameon=False, handlelength=3.2)


def write_title(fig: "FigureBase", title: str | None) -> None:
    """Writes the title above all; `settle` breaks it into as many lines as the width asks for."""
    if title:
        fig.suptitle(str(title), x=0.01, ha="left", fontsize=11)


def write_beside(ax: "Axes", text: str, x: float, y: float) -> None:
    """Writes a text at the right of a point, such as the end of a bar."""
    ax.annotate(text, (x, y), (5, 0), textcoords="offset points", va="center", fontsize=9)


def hide_spines(ax: "Axes") -> None:
    """Leaves out the frame of axes."""
    for spine in ax.spines.values():
        spine.set_visible(False)


def show_frame(ax: "Axes") -> None:
    """Draws a thin grey frame around axes."""
    for spine in ax.spines.values():
        spine.set_visible(True)
        spine.set_color("#C4C4C4")


def show(fig: "Figure", alt: str, scale: float = 1.0) -> None:
    """Shows a figure with a text for those who do not see it.

    In a notebook the figure appears as a PNG. The text is the plain-text form of the output and the `alt` in the
    metadata of the image, which a builder of pages can make its alternative text (nbconvert's classic template
    does). In a terminal the text is printed. A figure made with `pyplot` is closed.

    Args:
        fig: A Matplotlib figure.
        alt: What the figure shows and what to see in it, in a sentence or two.
        scale: How many times as large as on a page all of it is shown in a notebook: letters, lines and canvas.
            Default 1; more for a projector.

    Raises:
        ValueError: For an `alt` that is empty or no string, or a `scale` that is not above 0.

    Example:
    >>> rows = [{"phase": "all", "update": 20 * i, "val_accuracy": 0.3 * i} for i in (1, 2, 3)]
    >>> show(ft.plots.learning_curves({"full": [rows]}), alt="Accuracy rises to 90 % in 60 updates.")
    Accuracy rises to 90 % in 60 updates.
    """
    require_alt(alt)
    require_scale(scale)
    # A notebook has loaded IPython long ago; a script need not load it to find out that it is no notebook.
    ipython = sys.modules.get("IPython")
    if ipython is None or ipython.get_ipython() is None:
        print(alt)
    else:
        from IPython.display import display

        data, metadata = notebook_output(fig, alt, scale)
        display(data, metadata=metadata, raw=True)
    close_figure(fig)


def close_figure(fig: "Figure") -> None:
    """Takes a figure from `pyplot`, where it was made with that: a notebook would show it once more."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None:
        pyplot.close(fig)


def require_alt(alt: str) -> None:
    """Raises `ValueError` for a text in the place of a figure that is empty or no string."""
    if not isinstance(alt, str) or not alt.strip():
        raise ValueError(f"`alt` says in words what the figure shows, and is not empty. Received: alt={alt!r}.")


def notebook_output(fig: "Figure", alt: str, scale: float = 1.0) -> tuple[dict[str, Any], dict[str, Any]]:
    """Returns what a notebook is sent to show a figure: `(data, metadata)`, each by MIME type; arguments as `show`."""
    image = base64.b64encode(png(fig, DPI * scale)).decode("ascii")
    width = round(fig.get_figwidth() * 96 * scale)
    return {"image/png": image, "text/plain": alt}, {"image/png": {"alt": alt, "width": width}}
