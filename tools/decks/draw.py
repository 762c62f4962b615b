"""Pictures for slides: those of `ftlib.plots` without titles, since a slide has one, and four kinds of its own.

All are drawn at half the width of a page. A slide shows them twice as large, which the last row can read.
"""

import functools

import numpy as np
from matplotlib.patches import FancyArrowPatch, Rectangle

from ftlib import plots
from ftlib.evidence.comparison import interval
from ftlib.plots.look import (
    TEXT_COLOUR,
    assign_styles,
    format_percent_axis,
    name_rows,
    new_figure,
    styled,
    write_percent_ticks,
)
from ftlib.text import format_percent

WIDTH, HEIGHT = 5.7, 2.5  # inches; what a title of one line leaves of a slide
SCALE = 1140 / (96 * WIDTH)  # fills the 1140 pixels between the margins of a slide
QUIET = "#5A5A5A"
PAIR = (("#0072B2", "o"), ("#D55E00", "s"))  # two accuracies on one axis
_STATES = {  # colour, hatch and colour of the words on it, as in `plots.stage_picture`
    "trains": ("#0072B2", None, "white"), "kept": ("#0072B2", None, "white"),
    "frozen": ("#E8E8E8", "////", TEXT_COLOUR), "drawn anew": ("#FFFFFF", "....", TEXT_COLOUR),
    "none": ("#FFFFFF", None, TEXT_COLOUR),
}  # fmt: skip

curves = functools.partial(plots.lines, width=WIDTH, height=HEIGHT)
plane = functools.partial(plots.trade_off, width=WIDTH, height=HEIGHT, faint_intervals=True)


def bars(values, x_label, percent=True, digits=1):
    """Draws a horizontal bar per name: `{name: number}` or `{name: (mean, low, high)}`."""
    height = min(HEIGHT, 0.6 + 0.475 * len(values))
    return plots.bars(values, None, x_label, percent, width=WIDTH, height=height, digits=digits)


def images(pixels, **options):
    """Draws grey images, `(n, height, width)`, each from black, its darkest pixel, to white."""
    pixels = np.asarray(pixels, float)
    darkest, brightest = pixels.min((1, 2), keepdims=True), pixels.max((1, 2), keepdims=True)
    return plots.image_grid(255 * (pixels - darkest) / (brightest - darkest), frames=True, width=WIDTH, **options)


@styled
def dots(rows, x_label, least=0.0, styles=None):
    """Draws every seed as a light point, with the mean and its 95 % interval.

    Args:
        rows: Dict from name to the values of the seeds, as fractions.
        x_label: Label of the axis.
        least: Where the axis begins.
        styles: Dict from name to `Style`. Default None: those of `plots`.
    """
    fig = new_figure(WIDTH, min(HEIGHT, 0.6 + 0.475 * len(rows)))
    ax = fig.subplots()
    jitter_rng = np.random.default_rng(0)
    styles = styles or assign_styles(list(rows))
    for row_number, (name, values) in enumerate(rows.items()):
        colour, marker, _ = styles[name]
        mean, *interval_ends = interval(values)
        heights = row_number + jitter_rng.uniform(-0.25, 0.25, len(values))
        ax.scatter(values, heights, s=18, color=colour, alpha=0.35, linewidths=0)
        _draw_interval(ax, interval_ends, row_number, TEXT_COLOUR)
        ax.plot(mean, row_number, marker, color=colour, markersize=8.5, markeredgecolor="white", markeredgewidth=0.5)
        ax.text(1.02, row_number, format_percent(mean), transform=ax.get_yaxis_transform(), va="center")
    _name_axes(ax, rows, x_label)
    highest_value = max(map(max, rows.values()))
    ax.set_xlim(least, 1.005 if highest_value > 0.9 else highest_value + 0.03)
    format_percent_axis(ax.xaxis)
    return fig


@styled
def pairs(rows, names, x_label, least=0.0):
    """Draws two accuracies per row, joined by a line: what a recipe gives, and what it costs.

    Args:
        rows: Dict from the name of a row to two times `(mean, low, high)`.
        names: What the two are.
        x_label: Label of the axis.
        least: Where the axis begins.
    """
    fig = new_figure(WIDTH, min(HEIGHT, 0.9 + 0.4 * len(rows)))
    ax = fig.subplots()
    for row_number, (first, second) in enumerate(rows.values()):
        ax.plot([first[0], second[0]], [row_number] * 2, color="#C4C4C4", linewidth=2.5, zorder=1)
        first_is_left = first[0] < second[0]  # its number then stands at the left
        _draw_accuracy(ax, first, row_number, PAIR[0], is_left=first_is_left)
        _draw_accuracy(ax, second, row_number, PAIR[1], is_left=not first_is_left)
    for (colour, marker), name in zip(PAIR, names, strict=True):
        ax.plot([], [], marker, color=colour, markersize=7.5, label=name)
    _name_axes(ax, rows, x_label)
    lowest = min(least, np.min(list(rows.values())))
    margin = 0.13 * (1 - lowest)  # for the numbers beside the points
    ax.set_xlim(lowest - margin, 1 + margin)
    ax.set_xticks(np.linspace(least, 1, 5 if least in (0, 0.8) else 6))
    write_percent_ticks(ax.xaxis)
    fig.legend(loc="outside upper left", ncols=2, frameon=False, handletextpad=0.2)
    return fig


@styled
def blocks(rows, heads):
    """Draws what each stage of a network holds or does: a row of blocks each, the words in the blocks.

    Args:
        rows: Dict from the name of a row to a list of `(state, text)`, one per column: what a block looks like, and
            what stands in it.
        heads: Names of the columns, from input to output.
    """
    fig = new_figure(WIDTH, min(HEIGHT, 0.4 + 0.6 * len(rows)))
    ax = fig.subplots()
    ax.axis("off")
    for row_number, (name, row_states) in enumerate(rows.items()):
        ax.text(-0.08, row_number + 0.5, name, ha="right", va="center")
        for column, (state, text) in enumerate(row_states):
            colour, hatch, text_colour = _STATES[state]
            block_style = {"facecolor": colour, "hatch": hatch, "edgecolor": "#7A7A7A", "linewidth": 0.6}
            ax.add_patch(Rectangle((column + 0.03, row_number + 0.08), 0.94, 0.84, **block_style))
            background = {"facecolor": colour, "edgecolor": "none", "pad": 1.5} if hatch else None
            ax.text(column + 0.5, row_number + 0.5, text, ha="center", va="center", color=text_colour, bbox=background)
    for column, name in enumerate(heads):
        ax.text(column + 0.5, -0.05, name, ha="center", va="bottom", color=QUIET)
    ax.set(xlim=(-0.02, len(heads)), ylim=(len(rows), -0.45))
    return fig


@styled
def chain(boxes, back):
    """Draws boxes, `(name, what is under it)`, with arrows forward, and arrows back that are called `back`."""
    fig = new_figure(WIDTH, 1.6)
    ax = fig.subplots()
    ax.axis("off")
    arrow_style = {"arrowstyle": "-|>", "mutation_scale": 13, "linewidth": 1.2, "shrinkA": 0, "shrinkB": 0}
    back_style = {"connectionstyle": "arc3,rad=-0.25", "linestyle": "--", "color": PAIR[1][0], **arrow_style}
    for box_number, (name, under) in enumerate(boxes):
        left = 1.5 * box_number
        ax.add_patch(Rectangle((left, 0), 1, 1, facecolor="#F2F5F7", edgecolor="#7A7A7A", linewidth=0.8))
        ax.text(left + 0.5, 0.64, name, ha="center", va="center", fontweight="bold")
        ax.text(left + 0.5, 0.3, under, ha="center", va="center", color=QUIET, fontsize=9)
        if box_number:
            ax.add_patch(FancyArrowPatch((left - 0.46, 0.5), (left - 0.04, 0.5), color=TEXT_COLOUR, **arrow_style))
            ax.add_patch(FancyArrowPatch((left + 0.4, -0.08), (left - 0.9, -0.08), **back_style))
            ax.text(left - 0.25, -0.62, back, ha="center", va="center", color="#A34700")
    ax.set(xlim=(-0.05, 1.5 * len(boxes) - 0.45), ylim=(-0.8, 1.05))
    return fig


def _draw_accuracy(ax, value_interval, row_number, look, is_left):
    colour, marker = look
    ax.plot(value_interval[0], row_number, marker, color=colour, markersize=7.5, zorder=3)
    _draw_interval(ax, value_interval[1:], row_number, colour)
    number_place = (min(value_interval) if is_left else max(value_interval), row_number)
    side_step, alignment = (-7, "right") if is_left else (7, "left")
    ax.annotate(
        format_percent(value_interval[0]), number_place, (side_step, 0), textcoords="offset points", ha=alignment,
        va="center",
    )  # fmt: skip


def _draw_interval(ax, interval_ends, row_number, colour):
    ax.plot(interval_ends, [row_number] * 2, color=colour, linewidth=1.3, marker="|", markersize=8, zorder=2)


def _name_axes(ax, rows, x_label):
    name_rows(ax, list(rows))
    ax.set_xlabel(x_label)
