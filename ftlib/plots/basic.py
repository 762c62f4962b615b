"""The plain pictures of the lessons: images in a grid, lines, bars and clouds of points."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ftlib.errors import unknown
from ftlib.plots.inputs import as_pixels, require_columns, require_named
from ftlib.plots.look import (
    LONGEST_NAME,
    NARROW_NAME,
    STYLES,
    TEXT_COLOUR,
    LineEnd,
    Style,
    assign_styles,
    fold_name,
    format_percent_axis,
    hide_spines,
    label_line_ends,
    name_length,
    name_rows,
    new_figure,
    shorten_name,
    show_frame,
    styled,
    widest_of,
    wrap_name,
    write_percent_ticks,
    write_title,
)
from ftlib.plots.words import say
from ftlib.text import format_percent

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MARKERS = "os^vDPX*<>phd8"  # those of the strategies first
_MORE_COLOURS = ("#882255", "#8E8E8E")  # where those of the strategies are used up: there are ten digits
_BAR_COLOUR = "#0072B2"
_FEW_SERIES = 4  # of which each name may take several lines
_SHORT_CLASS_NAME = 2  # letters: such a name is written in place of a marker


@dataclasses.dataclass(frozen=True)
class _Series:
    """A line as floats; what cannot be drawn is NaN.

    Attributes:
        x, y: `(n,)`.
        low, high: The ends of the error bars, `(n,)`; None for a line without.
    """

    x: np.ndarray
    y: np.ndarray
    low: np.ndarray | None = None
    high: np.ndarray | None = None


class _BarValue(NamedTuple):
    """A bar's number, and its interval, NaN where there is none."""

    mean: float
    low: float
    high: float


@styled
def image_grid(
    images: Any,
    titles: Sequence[Any] | None = None,
    columns: int = 10,
    title: str | None = None,
    row_names: Sequence[Any] | None = None,
    frames: bool = False,
    width: float = 7.2,
) -> "Figure":
    """Draws images in rows.

    Args:
        images: Pixels 0-255, `(n, height, width)` or `(n, height, width, 1 or 3)`.
        titles: One string per image, written above it.
        columns: Images per row. Default 10: a row of digits.
        title: What to see, above all images.
        row_names: One string per row, written at its left.
        frames: Whether a thin line ends each image, where some are white at the edge; they then stand closer together.
        width: In inches, of a row of four images or more. Default 7.2: that of a page.

    Returns:
        A Matplotlib figure.

    Raises:
        ValueError: For no images, another number of titles or of names, or pixels scaled to 0-1.

    Example:
    >>> picture = image_grid(np.zeros((3, 8, 8, 1)), titles=["0", "1", "2"], title="Three black images")
    """
    pixels = as_pixels(images)
    if titles is not None and len(titles) != len(pixels):
        raise ValueError(f"Expected a title for each of {len(pixels)} images. Received: {len(titles)} titles.")
    columns = min(require_columns(columns), len(pixels))
    row_count = math.ceil(len(pixels) / columns)
    names = [shorten_name(str(name)) for name in row_names or ()]
    if row_names is not None and len(names) != row_count:
        raise ValueError(f"Expected a name for each of {row_count} rows. Received: {len(names)} names.")
    name_width = 0.15 + 0.085 * widest_of(line for name in names for line in name.split("\n")) if names else 0
    image_width = (width - name_width) / max(columns, 4)
    image_height = image_width * pixels.shape[1] / pixels.shape[2]
    gap_height = 0.04 if titles is None else 0.27
    fig = new_figure(name_width + image_width * columns, row_count * (image_height + gap_height))
    if frames:
        layout: Any = fig.get_layout_engine()
        layout.set(w_pad=0.012, h_pad=0.012, wspace=0, hspace=0)
    axes_of_row = fig.subplots(row_count, columns, squeeze=False)
    for ax in axes_of_row.ravel():
        ax.set(xticks=[], yticks=[])
        ax.grid(visible=False)
        hide_spines(ax)
    for row_axes, name in zip(axes_of_row, names, strict=False):
        row_axes[0].set_ylabel(name, rotation=0, ha="right", va="center")
    for i, (ax, image) in enumerate(zip(axes_of_row.ravel(), pixels, strict=False)):
        ax.imshow(image, cmap="gray", vmin=0, vmax=255)
        if frames:
            show_frame(ax)
        if titles is not None:
            most_letters = max(3, int(12 * image_width))
            ax.set_title(shorten_name(str(titles[i]), most_letters), fontsize=9, loc="center", pad=3)
    write_title(fig, title)
    return fig


@styled
def lines(  # noqa: PLR0913
    series: Mapping[str, Sequence[Any]],
    x_label: str,
    y_label: str,
    title: str | None = None,
    log_x: bool = False,
    log_y: bool = False,
    percent: bool = False,
    x_ticks: Mapping[float, str] | None = None,
    labels: Mapping[str, str] | None = None,
    width: float | None = None,
    height: float = 4.2,
) -> "Figure":
    """Draws one line per series, with its name at its end.

    Args:
        series: Dict from name to `(x, y)`, or to `(x, y, low, high)` for a line with error bars. What is not finite
            (a loss that diverged) is left out.
        x_label, y_label: Labels of the axes.
        title: What to see. Default None: no title, where the text around it has one.
        log_x, log_y: Whether an axis is logarithmic.
        percent: Whether y is a fraction to be shown in percent.
        x_ticks: Dict from x to what is written there. Default None: Matplotlib's own choice.
        labels: Dict from name to what is written at the end of its line, in one line or several, where that is not the
            name: a strategy keeps its colour under another name.
        width, height: In inches; of a given width, names take a third at most. Default: as wide as the names ask for,
            and 4.2 high.

    Returns:
        A Matplotlib figure.

    Raises:
        ValueError: For no series, one whose parts differ in length, nothing that can be drawn, or a label of no series.

    Example:
    >>> figure = lines({"loss": ([1, 2, 3], [2.3, 1.1, 0.6])}, "Epoch", "Loss", "The loss falls")
    """
    named_series = {
        str(name): _read_series(name, parts, log_x, log_y) for name, parts in require_named(series, "series").items()
    }
    style_of_name = _distinct_styles(list(named_series))
    short_names = _label_series(list(named_series), labels or {}, width)
    name_width = 0.08 * widest_of(line for name in short_names.values() for line in name.split("\n"))
    fig = new_figure(width or 4.1 + name_width, height)
    ax = fig.subplots()
    line_ends = []
    for name, line in named_series.items():
        style = style_of_name[name]
        _draw_line(ax, line, style, short_names[name])
        last = np.flatnonzero(np.isfinite(line.y))[-1]
        line_ends.append(LineEnd(short_names[name], float(line.x[last]), float(line.y[last]), style))

    ax.set(xscale="log" if log_x else "linear", yscale="log" if log_y else "linear")
    for axis, is_log in ((ax.xaxis, log_x), (ax.yaxis, log_y)):
        if is_log:
            axis.set_major_formatter(lambda value, _: f"{value:g}")
            axis.set_minor_formatter(lambda value, _: "")
    if x_ticks is not None:
        ax.set_xticks(list(x_ticks), list(x_ticks.values()))
        ax.set_xticks([], minor=True)
    elif not log_x and all((line.x == np.round(line.x)).all() for line in named_series.values()):
        locator = ax.xaxis.get_major_locator()
        locator.set_params(integer=True)  # pyright: ignore[reportCallIssue] - a MaxNLocator; no epoch 2.5
    if percent and log_y:
        write_percent_ticks(ax.yaxis)
    elif percent:
        format_percent_axis(ax.yaxis)
    ax.set(xlabel=x_label, ylabel=y_label)
    write_title(fig, title)
    label_line_ends(ax, line_ends)
    return fig


def _label_series(names, labels, width):
    for name in labels:
        if name not in names:
            raise unknown("series", name, names)
    label_of_name = {}
    for name in names:
        label_lines = [shorten_name(line, name_length(width)) for line in labels.get(name, name).split("\n")]
        if width is None and len(names) <= _FEW_SERIES:
            label_lines = [wrap_name(line, NARROW_NAME) for line in label_lines]
        label_of_name[name] = "\n".join(label_lines)
    return label_of_name


def _draw_line(ax, line, style, label):
    has_error_bars = line.low is not None
    ax.plot(
        line.x,
        line.y,
        color=style.colour,
        marker=style.marker,
        markersize=6,
        markevery=1 if has_error_bars else max(1, len(line.x) // 8),
        linestyle=style.line_style,
        linewidth=1.8,
        label=label,
    )
    if has_error_bars:
        ax.vlines(line.x, line.low, line.high, color=style.colour, linewidth=1.4)
        ax.plot(np.r_[line.x, line.x], np.r_[line.low, line.high], "_", color=style.colour, markersize=8)


@styled
def bars(  # noqa: PLR0913
    values: Mapping[str, Any],
    title: str | None,
    x_label: str,
    percent: bool = False,
    width: float | None = None,
    height: float | None = None,
    digits: int | None = None,
    guess: float | None = None,
) -> "Figure":
    """Draws a horizontal bar per name, the number at its end.

    Args:
        values: Dict from name to a number, or to `(mean, low, high)` for a bar with an interval.
        title: What to see. None: no title, where the text around it has one.
        x_label: Label of the axis.
        percent: Whether the numbers are fractions to be shown in percent.
        width, height: In inches. Default None: as much as the names and bars need, of a page.
        digits: Of each number, after the point. Default None: one of a percentage, as many as it takes of others.
        guess: A number that somebody expected beforehand, drawn as a dashed line across the bars. Default None: none.

    Returns:
        A Matplotlib figure.

    Raises:
        ValueError: For no values, or one that is neither a number nor three.

    Example:
    >>> figure = bars({"frozen": 0.97, "scratch": (0.93, 0.91, 0.95)}, "Frozen wins", "Accuracy", percent=True)
    """
    given_values = np.array([_read_value(name, value) for name, value in require_named(values, "value").items()])
    largest = np.abs(given_values[np.isfinite(given_values)]).max(initial=0)
    given_values[np.abs(given_values) < 1e-12 * largest] = 0  # such as 0.3 - 0.1 * 3
    finite_values = np.where(np.isfinite(given_values), given_values, np.nan)
    are_short = width is None and widest_of(map(str, values)) < 2 * NARROW_NAME
    longest_word = widest_of(word for name in values for word in str(name).split() or [""])
    line_length = max(NARROW_NAME + 2, longest_word) if are_short else 36  # a word is not broken to save a few letters
    names = [fold_name(str(name), line_length) for name in values]
    name_width = 0.075 * widest_of(line for name in names for line in name.split("\n"))
    fig = new_figure(width or max(5, 3.6 + name_width), height or 1.0 + 0.42 * len(values))
    ax = fig.subplots()
    for place, (name, row, given_mean) in enumerate(zip(names, finite_values, given_values[:, 0], strict=True)):
        _draw_bar(ax, place, name, _BarValue(*row), _format_number(given_mean, percent, digits))
    name_rows(ax, names)
    guesses = [guess] if guess is not None and math.isfinite(guess) else []
    _limit_bars(ax, [*finite_values.ravel(), *guesses], finite_values[:, 0], largest, percent)
    for drawn_guess in guesses:
        _draw_guess(ax, drawn_guess)
    ax.set_xlabel(x_label)
    write_title(fig, title)
    return fig


def _draw_bar(ax, place, name, value, number_text):
    colour = STYLES[name].colour if name in STYLES else _BAR_COLOUR
    ax.barh(place, np.nan_to_num(value.mean), height=0.62, color=colour, alpha=0.75)
    if np.isfinite([value.low, value.high]).all():
        from matplotlib.patheffects import withStroke

        ax.plot(
            [value.low, value.high],
            [place, place],
            color=TEXT_COLOUR,
            linewidth=1.4,
            marker="|",
            markersize=9,
            path_effects=[withStroke(linewidth=2.6, foreground="white")],  # else it is lost on a dark bar
        )
    is_negative = value.mean < 0
    if is_negative:
        bar_end = np.nan_to_num(np.nanmin([value.mean, value.low, 0]))
    else:
        bar_end = np.nan_to_num(np.nanmax([value.mean, value.high, 0]))
    ax.annotate(
        number_text,
        (bar_end, place),
        (-6 if is_negative else 6, 0),
        textcoords="offset points",
        va="center",
        ha="right" if is_negative else "left",
        fontsize=9,
    )


def _draw_guess(ax, guess):
    left, right = ax.get_xlim()
    is_on_the_left = guess < (left + right) / 2
    ax.axvline(guess, color=TEXT_COLOUR, linewidth=1.4, linestyle=(0, (4, 3)))
    ax.annotate(
        say("your guess"),
        (guess, 1),
        (2 if is_on_the_left else -2, 3),
        xycoords=("data", "axes fraction"),
        textcoords="offset points",
        ha="left" if is_on_the_left else "right",
        va="bottom",
        fontsize=9,
    )


def _limit_bars(ax, drawn_values, means, largest, percent):
    """Sets the limits of the numbers' axis, with room for those at the ends of the bars, and its ticks."""
    low, high = np.nanmin([0, *drawn_values]), np.nanmax([0, *drawn_values])
    room = 0.18 * ((high - low) or 1)
    negative_texts = [_format_number(mean, percent) for mean in means if mean < 0]
    longest_text = max(map(len, negative_texts), default=0)
    left = low - max(1, longest_text / 5) * room if low < 0 else low
    right = high + room if high > 0 or low == 0 else high
    ax.set_xlim(left, right)
    if percent:
        if low == 0 and 0.5 < high <= 1:
            ax.set_xticks([0, 0.25, 0.5, 0.75, 1] if high + room >= 1 else [0, 0.25, 0.5, 0.75])
        write_percent_ticks(ax.xaxis)
    elif largest >= 10_000:
        from matplotlib.ticker import EngFormatter

        ax.xaxis.set_major_formatter(EngFormatter())  # 20 k, 140 M
    if low < 0:
        ax.axvline(0, color=TEXT_COLOUR, linewidth=0.8)
        ax.spines["left"].set_visible(False)


@styled
def scatter(points: Any, labels: Any, class_names: Sequence[Any], title: str) -> "Figure":
    """Draws points in the plane, each class by its own colour and marker, or by its name where names are short.

    Args:
        points: `(n, 2)`, or a dict from the title of a panel to `(n, 2)`, for panels side by side.
        labels: Class indices, `(n,)`.
        class_names: One string per class.
        title: What to see.

    Returns:
        A Matplotlib figure.

    Raises:
        ValueError: For no points, points that are not in the plane, another number of them than of labels, or a
            label without a name.

    Example:
    >>> figure = scatter(np.eye(2), [0, 1], ["0", "1"], "Two classes, far apart")
    """
    panels = require_named(points, "panel") if isinstance(points, dict) else {"": points}
    label_indices, names = np.asarray(labels), [str(name) for name in class_names]
    _check_points(panels, label_indices, names)
    class_styles = list(_distinct_styles([f"class {i}" for i in range(len(names))]).values())
    has_short_names = max(map(len, names)) <= _SHORT_CLASS_NAME
    legend_width = 0 if has_short_names else 0.5 + 0.085 * min(LONGEST_NAME, widest_of(names))
    width = 4.8 if len(panels) == 1 else 3.6 * min(len(panels), 3)
    fig = new_figure(width + legend_width, 4 if has_short_names else max(4, 0.7 + 0.22 * len(names)))
    axes = fig.subplots(1, len(panels), squeeze=False).ravel()
    for ax, (panel_name, panel_points) in zip(axes, panels.items(), strict=True):
        positions = np.asarray(panel_points, "float64")
        for index, (name, style) in enumerate(zip(names, class_styles, strict=True)):
            _draw_class(ax, positions[label_indices == index], name, style, has_short_names)
        ax.set(xticks=[], yticks=[])
        ax.set_title(str(panel_name), fontsize=10)
        show_frame(ax)
    write_title(fig, title)
    if not has_short_names:
        fig.legend(*axes[0].get_legend_handles_labels(), loc="outside right upper", frameon=False)
    return fig


def _draw_class(ax, positions, name, style, as_text):
    if as_text:
        for x, y in positions[np.isfinite(positions).all(1)]:
            ax.text(x, y, name, color=style.colour, fontsize=9, ha="center", va="center", clip_on=True)
    # Without a size the points still set the limits.
    size = 0 if as_text else 30
    label = shorten_name(name, LONGEST_NAME)
    ax.scatter(*positions.T, color=style.colour, marker=style.marker, s=size, label=label)


def _check_points(panels, labels, names):
    if labels.ndim != 1 or not len(labels):
        raise ValueError(f"Expected class indices (n,), at least one. Received: labels of shape {labels.shape}.")
    if labels.dtype.kind not in "iu" or labels.min() < 0 or labels.max() >= len(names):
        raise ValueError(
            f"Labels are whole numbers from 0 to {len(names) - 1}, one for each class name. Received: {labels.dtype} "
            f"from {labels.min()} to {labels.max()}."
        )
    for name, points in panels.items():
        if np.shape(points) != (len(labels), 2):
            panel = f" in panel {name!r}" if name else ""
            raise ValueError(
                f"Expected points ({len(labels)}, 2), one per label. Received: shape {np.shape(points)}{panel}."
            )


def _read_series(name, parts, log_x, log_y):
    sizes = [np.size(part) for part in parts]
    if len(sizes) not in (2, 4) or len(set(sizes)) != 1 or not sizes[0]:
        raise ValueError(
            "A series is (x, y) or (x, y, low, high), all of the same length and not empty. "
            f"Received: {name!r} with lengths {sizes}."
        )
    x, *y_parts = (np.ravel(part).astype("float64") for part in parts)
    if log_x and (x <= 0).any():
        raise ValueError(f"A logarithmic x axis has no place for 0 or less. Received: x={x.min():g} in {name!r}.")
    y_parts = [np.where(np.isfinite(part) & (not log_y or part > 0), part, np.nan) for part in y_parts]
    if not np.isfinite(y_parts[0]).any():
        above = " above 0, for the logarithmic axis" if log_y else ""
        raise ValueError(f"Expected a finite y{above} in each series. Received: none in {name!r}.")
    return _Series(x, *y_parts)


def _read_value(name, value):
    try:
        numbers = [float(number) for number in np.ravel(value).astype("float64")]
    except (TypeError, ValueError):
        numbers = []
    if len(numbers) == 1:
        return _BarValue(numbers[0], np.nan, np.nan)
    if len(numbers) != 3:
        raise ValueError(f"A value is a number or (mean, low, high). Received: {name!r}: {value!r}.")
    return _BarValue(*numbers)


def _distinct_styles(names):
    """Returns the style of each name; no two of ten have one colour, and where there are more names, markers differ."""
    taken_colours, taken_markers, style_of_name = set(), set(), {}
    for name, style in assign_styles(names).items():
        colour, marker = style.colour, style.marker
        if colour in taken_colours:
            colour = next((spare for spare in _MORE_COLOURS if spare not in taken_colours), colour)
        if marker in taken_markers:
            marker = next((spare for spare in _MARKERS if spare not in taken_markers), marker)
        taken_colours.add(colour)
        taken_markers.add(marker)
        style_of_name[name] = Style(colour, marker, style.line_style)
    return style_of_name


def _format_number(value, percent, digits=None):
    """Returns a number as it stands at the end of a bar: "97.0 %", "138,357,544", "0.25"."""
    if not np.isfinite(value):
        return str(value)
    if digits is not None:
        return format_percent(value, digits) if percent else f"{value:,.{digits}f}"
    if percent:
        return f"{100 * value:.2g} %" if 0 < abs(value) < 0.001 else format_percent(value)
    if abs(value) < 1e15 and (value == round(value) or abs(value) >= 1000):
        return f"{value:,.0f}"
    return f"{value:.3g}"
