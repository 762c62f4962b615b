"""What all pictures share: colours, markers, fonts, sizes, and how a picture is shown."""

import base64
import functools
import sys
import textwrap
import unicodedata

import numpy as np

from ftlib.plots.canvas import DPI, png, settle

TEXT = "#222222"
LONGEST = 60  # letters of a name
LONGEST_STRATEGY = 30  # of one, which stands beside its picture
# A strategy looks the same in every picture: colour (of Okabe and Ito, 2008, safe for colour-blind eyes),
# marker, line style.
STYLES = {
    "full": ("#0072B2", "o", "-"),
    "scratch": ("#D55E00", "s", "--"),
    "feature_extraction": ("#009E73", "^", "-."),
    "feature_extraction_long": ("#56B4E9", "v", ":"),
    "gradual": ("#CC79A7", "D", (0, (7, 1))),
    "lp_ft": ("#000000", "P", (0, (4, 1, 1, 1))),
    "top": ("#E69F00", "X", (0, (2, 1))),
    "hybrid": ("#7A5230", "*", (0, (6, 2, 1, 2, 1, 2))),
}
_LOOK = {
    "font.size": 10, "axes.titlesize": 11, "figure.titlesize": 12, "xtick.labelsize": 9, "ytick.labelsize": 9,
    "legend.fontsize": 9, "axes.titlelocation": "left", "axes.spines.top": False, "axes.spines.right": False,
    "text.color": TEXT, "axes.labelcolor": TEXT, "xtick.color": TEXT, "ytick.color": TEXT,
    "axes.grid": True, "axes.axisbelow": True, "grid.color": "#E3E3E3", "hatch.linewidth": 0.7,
    "text.parse_math": False,  # a class may be called "$5 note"
}  # fmt: skip
# Class names of a user's own folder may be Korean, which Matplotlib's own font does not have.
_MORE_FONTS = ("Noto Sans CJK KR", "Noto Sans KR", "NanumGothic", "Malgun Gothic", "Apple SD Gothic Neo")


def styled(draw):
    """Draws in the style of this module whatever style is set elsewhere, leaves that one as it was, and settles."""

    @functools.wraps(draw)
    def drawn(*args, **kwargs):
        from matplotlib import font_manager, style

        here = set(font_manager.fontManager.get_font_names())
        fonts = ["DejaVu Sans", *(name for name in _MORE_FONTS if name in here)]
        with style.context(["default", {**_LOOK, "font.family": fonts}]):
            fig = draw(*args, **kwargs)
            settle(fig)
            return fig

    return drawn


def figure(width, height):
    """Returns an empty figure; sizes in inches."""
    from ftlib.plots.picture import Picture

    return Picture(figsize=(width, height), dpi=DPI, layout="constrained")


def styles(names):
    """Returns colour, marker and line style of each name; one that is no strategy takes what is left over."""
    spare = [look for name, look in STYLES.items() if name not in names] or list(STYLES.values())
    others = [name for name in names if name not in STYLES]
    return {name: STYLES.get(name) or spare[others.index(name) % len(spare)] for name in names}


def percent(value):
    """Returns "96.4 %" for 0.964."""
    return f"{100 * value:.1f} %"


def percent_axis(axis):
    """Labels an axis of fractions in percent, and lets it end shortly above 100 %."""
    low, high = axis.get_view_interval()
    if high > 1:
        axis.set_view_interval(low, 1 + 0.02 * (1 - low), ignore=True)
    axis.set_major_formatter(lambda value, _: f"{round(100 * value, 6):g} %")


def seed_text(counts):
    """Returns "3 seeds", "1 seed" or "5 to 20 seeds" for the numbers of seeds behind some means.

    Example:
    >>> seed_text([5, 20, 20])
    '5 to 20 seeds'
    """
    low, high = min(counts), max(counts)
    return f"{low} to {high} seeds" if low < high else count(low, "seed")


def count(number, noun):
    """Returns "1 label" or "3 labels"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def labels_text(labels):
    """Returns "10 labels per class", or "all labels" for None."""
    return "all labels" if labels is None else f"{count(labels, 'label')} per class"


def letters(text):
    """Returns how wide a text is, counted in Latin letters: a Korean one is as wide as two.

    Example:
    >>> letters("cat"), letters("고양이")
    (3, 6)
    """
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def shorten(name, length=22):
    """Returns a name cut to the width of `length` letters, the last an ellipsis."""
    if letters(name) <= length:
        return name
    while letters(name) >= length:
        name = name[:-1]
    return name + "…"


def fold(name, length):
    """Returns a name in at most two lines, each about as wide as `length` letters."""
    return textwrap.fill(name, max(2, length * len(name) // max(1, letters(name))), max_lines=2, placeholder=" …")


def spread(values, gap):
    """Returns heights as near to `values` as a distance of `gap` between them allows, and none above 0.98."""
    order = np.argsort(values, kind="stable")
    placed = np.array(values, float)[order]
    for i in range(1, len(placed)):
        placed[i] = max(placed[i], placed[i - 1] + gap)
    placed[-1] = min(placed[-1], 0.98)
    for i in range(len(placed) - 2, -1, -1):
        placed[i] = min(placed[i], placed[i + 1] - gap)
    return placed[np.argsort(order)]


def label_ends(ax, ends):
    """Writes a label with a sample of the line beside the end of each line, joined to it, without overlaps.

    Args:
        ax: Axes with their final limits.
        ends: List of `(label, x, y, style)`: data coordinates, and colour, marker and line style.
    """
    ax.get_figure(root=True).draw_without_rendering()  # settles the layout: the labels need the height of the axes
    height = ax.get_window_extent().height * 72 / ax.figure.dpi
    low, high = ax.get_ylim()
    places = spread([(y - low) / (high - low) for _, _, y, _ in ends], gap=13 / height)
    for (label, x, y, (colour, marker, line)), place in zip(ends, places, strict=True):
        joint = {"arrowstyle": "-", "color": colour, "linewidth": 0.8, "shrinkA": 0, "shrinkB": 5}
        ax.annotate("", (x, y), (1.03, place), textcoords="axes fraction", annotation_clip=False, arrowprops=joint)
        ax.plot(
            [1.03, 1.065, 1.1],
            [place] * 3,
            color=colour,
            marker=marker,
            markevery=[1],
            linestyle=line,
            markersize=6,
            linewidth=1.7,
            transform=ax.transAxes,
            clip_on=False,
        )
        ax.text(1.115, place, label, transform=ax.transAxes, va="center", fontsize=9)


def write_title(fig, title):
    """Writes the title above all; `settle` breaks it into as many lines as the width asks for."""
    if title:
        fig.suptitle(str(title), x=0.01, ha="left", fontsize=11)


def show(fig, alt):
    """Shows a figure with a text for those who do not see it.

    In a notebook the figure appears as a PNG. The text is the plain-text form of the output and the `alt` in the
    metadata of the image, which a builder of pages can make its alternative text (nbconvert's classic template
    does). In a terminal the text is printed. A figure made with `pyplot` is closed.

    Args:
        fig: A Matplotlib figure.
        alt: What the figure shows and what to see in it, in a sentence or two.

    Raises:
        ValueError: For an `alt` that is empty or no string.

    Example:
    >>> rows = [{"phase": "all", "update": 20 * i, "val_accuracy": 0.3 * i} for i in (1, 2, 3)]
    >>> show(ft.plots.learning_curves({"full": [rows]}), alt="Accuracy rises to 90 % in 60 updates.")
    Accuracy rises to 90 % in 60 updates.
    """
    if not isinstance(alt, str) or not alt.strip():
        raise ValueError(f"`alt` says in words what the figure shows, and is not empty. Received: alt={alt!r}.")
    # A notebook has loaded IPython long ago; a script need not load it to find out that it is no notebook.
    ipython = sys.modules.get("IPython")
    if ipython is None or ipython.get_ipython() is None:
        print(alt)
    else:
        from IPython.display import display

        data = {"image/png": base64.b64encode(png(fig)).decode("ascii"), "text/plain": alt}
        width = round(fig.get_figwidth() * 96)
        display(data, metadata={"image/png": {"alt": alt, "width": width}}, raw=True)
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None:
        pyplot.close(fig)
