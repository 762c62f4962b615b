"""Pictures for slides: the colours and markers of `ftlib.plots`, with letters that the last row can read.

They have no title, since the slide has one, and few words. A canvas is 1140 pixels of a slide wide, at most 500 high;
fonts are in points of 1/72 inch at 100 pixels an inch, so that 18 of them are 25 pixels.
"""

import functools

import matplotlib
import numpy as np
from matplotlib.patches import FancyArrowPatch, Rectangle

from ftlib.evidence.comparison import interval
from ftlib.plots.look import TEXT_COLOUR, assign_styles, format_percent_axis, new_figure, spread_out, styled

WIDTH, HEIGHT = 11.4, 5.0  # inches of 100 pixels
SIZE = 18
QUIET = "#5A5A5A"
PAIR = (("#0072B2", "o"), ("#D55E00", "s"))  # two accuracies on one axis
_LARGE = {
    "font.size": SIZE, "axes.labelsize": SIZE, "xtick.labelsize": SIZE - 1, "ytick.labelsize": SIZE - 1,
    "legend.fontsize": SIZE, "lines.linewidth": 3.2, "lines.markersize": 12, "hatch.linewidth": 1.6,
    "axes.linewidth": 1.2, "xtick.major.size": 6, "ytick.major.size": 6, "grid.linewidth": 1.2,
}  # fmt: skip
_STATES = {  # colour, hatch and colour of the words on it, as in `plots.stage_picture`
    "trains": ("#0072B2", None, "white"), "kept": ("#0072B2", None, "white"), "frozen": ("#E8E8E8", "//", TEXT_COLOUR),
    "drawn anew": ("#FFFFFF", "..", TEXT_COLOUR), "none": ("#FFFFFF", None, TEXT_COLOUR),
}  # fmt: skip


def large(draw):
    """Draws in the style of `ftlib.plots`, with larger letters."""

    @functools.wraps(draw)
    @styled
    def draw_large(*args, **kwargs):
        with matplotlib.rc_context(_LARGE):
            fig = draw(*args, **kwargs)
            fig.draw_without_rendering()  # makes the ticks, which take their size from the settings
            return fig

    return draw_large


def _percent(value, digits=1):
    return f"{100 * value:.{digits}f} %"


def _whole_percent(value, _):
    return f"{100 * value:.0f} %"


def _rows(ax, names, x_label):
    """Names the rows of a horizontal picture, the first at the top."""
    ax.set_yticks(range(len(names)), list(names))
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.tick_params(axis="y", length=0)
    ax.grid(axis="y", visible=False)
    ax.set_xlabel(x_label)


@large
def curves(series, x_label, y_label, log_axes="", percent=True, looks=None, ticks=None, ends=None):
    """Draws one line per series, with its name at its right end.

    Args:
        series: Dict from name to `(x, y)` or `(x, y, low, high)`.
        x_label, y_label: Labels of the axes.
        log_axes: Which axes are logarithmic: `"x"`, `"y"`, `"xy"` or, by default, none.
        percent: Whether y is a fraction.
        looks: Dict from name to colour, marker and line style. Default None: those of `plots`.
        ticks: Dict from x to its label. Default None: Matplotlib's own.
        ends: Dict from name to what stands at its end; series that are missing get nothing. Default None: the names.
    """
    from matplotlib.ticker import LogLocator, NullLocator

    log_x = "x" in log_axes
    log_y = "y" in log_axes
    slide_figure = new_figure(WIDTH, HEIGHT)
    slide_figure.get_layout_engine().set(w_pad=0.12)  # letters of an SVG are a little wider than those of the layout
    ax = slide_figure.subplots()
    looks = looks or assign_styles(list(series))
    ends = dict(zip(series, series, strict=True)) if ends is None else ends
    for at, (name, (x, y, *interval_ends)) in enumerate(series.items()):
        line_colour, line_marker, line_style = looks[name]
        x, y = np.asarray(x, float), np.asarray(y, float)
        if interval_ends:
            x = x * 1.02 ** (at - (len(series) - 1) / 2) if log_x else x  # so that intervals stand side by side
            error_bars = np.abs(np.nan_to_num(np.array(interval_ends, float) - y))
            ax.errorbar(x, y, yerr=error_bars, color=line_colour, marker=line_marker, linestyle=line_style, capsize=6)
        else:
            ax.plot(x, y, color=line_colour, marker=line_marker, linestyle=line_style, markevery=max(1, len(x) // 8))
    ax.set(xscale="log" if log_x else "linear", yscale="log" if log_y else "linear", xlabel=x_label, ylabel=y_label)
    if log_y:
        ax.yaxis.set_major_locator(LogLocator(numticks=5))
        ax.yaxis.set_minor_locator(NullLocator())
        ax.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    if ticks:
        ax.xaxis.set_minor_locator(NullLocator())
        ax.set_xticks(list(ticks), list(ticks.values()))
    if percent:
        format_percent_axis(ax.yaxis)
    labelled = {name: points for name, points in series.items() if name in ends}
    end_labels = [(ends[name], points[0][-1], points[1][-1], looks[name]) for name, points in labelled.items()]
    if end_labels:
        _label_ends(slide_figure, ax, end_labels)
    return slide_figure


def _label_ends(fig, ax, ends):
    fig.draw_without_rendering()  # settles the layout, which the distances need
    axes_height = ax.get_window_extent().height * 72 / fig.dpi
    most_lines = max(label_text.count("\n") + 1 for label_text, *_ in ends)
    to_axes = ax.transData + ax.transAxes.inverted()
    line_heights = [to_axes.transform((x, y))[1] for _, x, y, _ in ends]
    label_heights = spread_out(line_heights, gap=1.3 * SIZE * most_lines / axes_height)
    for (label_text, x, y, (colour, marker, line)), place in zip(ends, label_heights, strict=True):
        arrow_style = {"arrowstyle": "-", "color": colour, "linewidth": 1, "shrinkA": 0, "shrinkB": 8}
        ax.annotate(
            "", (x, y), (1.02, place), textcoords="axes fraction", annotation_clip=False, arrowprops=arrow_style
        )
        ax.plot(
            [1.02, 1.05, 1.08],
            [place] * 3,
            color=colour,
            marker=marker,
            markevery=[1],
            linestyle=line,
            transform=ax.transAxes,
            clip_on=False,
        )
        ax.text(1.1, place, label_text, transform=ax.transAxes, va="center", linespacing=1.1)


@large
def bars(values, x_label, percent=True, axis_end=None, digits=1):
    """Draws a horizontal bar per name with its number at its end.

    Args:
        values: Dict from name to a number or to `(mean, low, high)`.
        x_label: Label of the axis.
        percent: Whether the numbers are fractions.
        axis_end: Where the axis ends. Default None: after the longest.
        digits: Digits after the point.
    """
    fig = new_figure(WIDTH, min(HEIGHT, 1.2 + 0.95 * len(values)))
    ax = fig.subplots()
    axis_end = axis_end or max(np.max(np.ravel(value)) for value in values.values())
    for row_number, value in enumerate(values.values()):
        mean, *interval_ends = np.ravel(value).astype(float)
        ax.barh(row_number, mean, height=0.62, color=PAIR[0][0], alpha=0.8)
        if interval_ends:
            ax.plot(interval_ends, [row_number] * 2, color=TEXT_COLOUR, linewidth=2.4, marker="|", markersize=16)
        value_text = _percent(mean, digits) if percent else f"{mean:.{digits}f}"
        ax.annotate(
            value_text, (max([mean, *interval_ends]), row_number), (10, 0), textcoords="offset points", va="center"
        )
    _rows(ax, values, x_label)
    ax.set_xlim(0, axis_end * 1.17)
    if percent:
        ax.set_xticks([tick for tick in (0, 0.25, 0.5, 0.75, 1) if tick <= axis_end])
        ax.xaxis.set_major_formatter(_whole_percent)
    return fig


@large
def dots(rows, x_label, least=0.0, looks=None):
    """Draws every seed as a light point, with the mean and its 95 % interval.

    Args:
        rows: Dict from name to the values of the seeds, as fractions.
        x_label: Label of the axis.
        least: Where the axis begins.
        looks: Dict from name to colour, marker and line style. Default None: those of `plots`.
    """
    fig = new_figure(WIDTH, min(HEIGHT, 1.2 + 0.95 * len(rows)))
    ax = fig.subplots()
    jitter_rng = np.random.default_rng(0)
    looks = looks or assign_styles(list(rows))
    for row_number, (name, values) in enumerate(rows.items()):
        row_colour, marker, _ = looks[name]
        mean, low, highest_value = interval(values)
        ax.scatter(
            values,
            row_number + jitter_rng.uniform(-0.25, 0.25, len(values)),
            s=70,
            color=row_colour,
            alpha=0.35,
            linewidths=0,
        )
        ax.plot([low, highest_value], [row_number] * 2, color=TEXT_COLOUR, linewidth=2.6, marker="|", markersize=18)
        ax.plot(mean, row_number, marker, color=row_colour, markersize=16, markeredgecolor="white")
        ax.text(1.02, row_number, _percent(mean), transform=ax.get_yaxis_transform(), va="center")
    _rows(ax, rows, x_label)
    highest_value = max(map(max, rows.values()))
    ax.set_xlim(least, 1.005 if highest_value > 0.9 else highest_value + 0.03)
    format_percent_axis(ax.xaxis)
    return fig


@large
def pairs(rows, names, x_label, least=0.0):
    """Draws two accuracies per row, joined by a line: what a recipe gives, and what it costs.

    Args:
        rows: Dict from the name of a row to two times `(mean, low, high)`.
        names: What the two are.
        x_label: Label of the axis.
        least: Where the axis begins.
    """
    fig = new_figure(WIDTH, min(HEIGHT, 1.8 + 0.8 * len(rows)))
    ax = fig.subplots()
    for row_number, row_intervals in enumerate(rows.values()):
        ax.plot(
            [value_interval[0] for value_interval in row_intervals],
            [row_number] * 2,
            color="#C4C4C4",
            linewidth=5,
            zorder=1,
        )
        first_is_left = row_intervals[0][0] < row_intervals[1][0]  # which of the two has its number at the right
        for (colour, marker), value_interval, is_outside in zip(
            PAIR, row_intervals, (not first_is_left, first_is_left), strict=True
        ):
            ax.plot(value_interval[0], row_number, marker, color=colour, markersize=15, zorder=3)
            ax.plot(
                value_interval[1:], [row_number] * 2, color=colour, linewidth=2.2, marker="|", markersize=14, zorder=2
            )
            ax.annotate(
                _percent(value_interval[0]),
                (max(value_interval) if is_outside else min(value_interval), row_number),
                (14 if is_outside else -14, 0),
                textcoords="offset points",
                ha="left" if is_outside else "right",
                va="center",
            )
    for (colour, marker), name in zip(PAIR, names, strict=True):
        ax.plot([], [], marker, color=colour, markersize=15, label=name)
    _rows(ax, rows, x_label)
    axis_start = min(
        [least, *(min(value_interval) for row_intervals in rows.values() for value_interval in row_intervals)]
    )
    ax.set_xlim(axis_start - 0.13 * (1 - axis_start), 1 + 0.13 * (1 - axis_start))
    ax.set_xticks(np.linspace(least, 1, 5 if least in (0, 0.8) else 6))
    ax.xaxis.set_major_formatter(_whole_percent)
    fig.legend(loc="outside upper left", ncols=2, frameon=False, handletextpad=0.2)
    return fig


@large
def plane(series, x_label, y_label):
    """Draws a path of points per method in the plane of two accuracies: `{name: [{"x": interval, "y": interval}]}`."""
    fig = new_figure(WIDTH, HEIGHT)
    ax = fig.subplots()
    for name, (colour, marker, line) in assign_styles(list(series)).items():
        x, y = (np.array([point[axis] for point in series[name]], float).T for axis in "xy")
        interval_ends = [np.abs(np.nan_to_num(part[1:] - part[0])) for part in (x, y)]
        ax.errorbar(
            x[0],
            y[0],
            xerr=interval_ends[0],
            yerr=interval_ends[1],
            color=colour,
            marker=marker,
            linestyle=line,
            label=name,
            linewidth=2.6,
            elinewidth=1.2,
            ecolor="#B4B4B4",
        )
    ax.set(xlabel=x_label, ylabel=y_label)
    format_percent_axis(ax.xaxis)
    format_percent_axis(ax.yaxis)
    ax.legend(loc="upper left", bbox_to_anchor=(1.02, 1), borderaxespad=0, frameon=False, handlelength=3)
    return fig


@large
def blocks(rows, heads):
    """Draws what each stage of a network holds or does: a row of blocks each, the words in the blocks.

    Args:
        rows: Dict from the name of a row to a list of `(state, text)`, one per column: what a block looks like, and
            what stands in it.
        heads: Names of the columns, from input to output.
    """
    fig = new_figure(WIDTH, min(HEIGHT, 0.8 + 1.2 * len(rows)))
    ax = fig.subplots()
    ax.axis("off")
    for row_number, (name, row_states) in enumerate(rows.items()):
        ax.text(-0.08, row_number + 0.5, name, ha="right", va="center")
        for column, (state, text) in enumerate(row_states):
            colour, hatch, text_colour = _STATES[state]
            block_style = {"facecolor": colour, "hatch": hatch, "edgecolor": "#7A7A7A"}
            ax.add_patch(Rectangle((column + 0.03, row_number + 0.08), 0.94, 0.84, **block_style))
            text_background = {"bbox": {"facecolor": colour, "edgecolor": "none", "pad": 3}} if hatch else {}
            ax.text(
                column + 0.5, row_number + 0.5, text, ha="center", va="center", color=text_colour, **text_background
            )
    for column, name in enumerate(heads):
        ax.text(column + 0.5, -0.05, name, ha="center", va="bottom", color=QUIET)
    ax.set(xlim=(-0.02, len(heads)), ylim=(len(rows), -0.45))
    return fig


@large
def images(rows, height, most=None):
    """Draws rows of grey images, each row with its name at the left: `{name: (n, height, width)}`.

    Args:
        rows: The images.
        height: Of the picture, in inches.
        most: What is white, where 0 is black. Default None: the brightest pixel of each image, the darkest being black.
    """
    fig = new_figure(WIDTH, height)
    fig.get_layout_engine().set(w_pad=0.02, h_pad=0.02, wspace=0.02, hspace=0.02)
    axes = fig.subplots(len(rows), max(map(len, rows.values())), squeeze=False)
    for axes_row, (name, row_images) in zip(axes, rows.items(), strict=True):
        for ax, image in zip(axes_row, row_images, strict=True):
            ax.imshow(image, cmap="gray", interpolation="nearest", vmin=None if most is None else 0, vmax=most)
            ax.set(xticks=[], yticks=[])
            for spine in ax.spines.values():  # so that white pixels at the edge end somewhere
                spine.set(visible=True, color="#8A8A8A")
        axes_row[0].text(-0.15, 0.5, name, transform=axes_row[0].transAxes, ha="right", va="center")
    return fig


@large
def chain(boxes, back):
    """Draws boxes, `(name, what is under it)`, with arrows forward, and arrows back that are called `back`."""
    fig = new_figure(WIDTH, 3.2)
    ax = fig.subplots()
    ax.axis("off")
    arrow_style = {"arrowstyle": "-|>", "mutation_scale": 26, "linewidth": 2.4, "shrinkA": 0, "shrinkB": 0}
    for box_number, (name, under) in enumerate(boxes):
        left_edge = 1.5 * box_number
        ax.add_patch(Rectangle((left_edge, 0), 1, 1, facecolor="#F2F5F7", edgecolor="#7A7A7A", linewidth=1.5))
        ax.text(left_edge + 0.5, 0.64, name, ha="center", va="center", fontweight="bold")
        ax.text(left_edge + 0.5, 0.3, under, ha="center", va="center", color=QUIET, fontsize=SIZE - 2)
        if box_number:
            ax.add_patch(
                FancyArrowPatch((left_edge - 0.46, 0.5), (left_edge - 0.04, 0.5), color=TEXT_COLOUR, **arrow_style)
            )
            back_arrow_style = {"connectionstyle": "arc3,rad=-0.25", "linestyle": "--", "color": PAIR[1][0]}
            ax.add_patch(
                FancyArrowPatch((left_edge + 0.4, -0.08), (left_edge - 0.9, -0.08), **back_arrow_style, **arrow_style)
            )
            ax.text(left_edge - 0.25, -0.62, back, ha="center", va="center", color="#A34700")
    ax.set(xlim=(-0.05, 1.5 * len(boxes) - 0.45), ylim=(-0.8, 1.05))
    return fig
