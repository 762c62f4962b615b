"""The plain pictures of the lessons: images in a grid, lines, bars and clouds of points."""

import numpy as np

from ftlib.plots.look import (
    LONGEST,
    STYLES,
    TEXT,
    figure,
    fold,
    label_ends,
    letters,
    percent_axis,
    shorten,
    styled,
    styles,
    write_title,
)

_MARKERS = "os^vDPX*<>phd8"  # those of the strategies first


@styled
def image_grid(images, titles=None, columns=10, title=None):
    """Draws images in rows.

    Args:
        images: Pixels 0-255, `(n, height, width)` or `(n, height, width, 1 or 3)`.
        titles: One string per image, written above it.
        columns: Images per row. Default 10: a row of digits.
        title: What to see, above all images.

    Returns:
        A Matplotlib figure.

    Raises:
        ValueError: For no images, another number of titles, or pixels scaled to 0-1.

    Example:
    >>> picture = image_grid(np.zeros((3, 8, 8, 1)), titles=["0", "1", "2"], title="Three black images")
    """
    images = _pixels(images)
    if titles is not None and len(titles) != len(images):
        raise ValueError(f"Expected a title for each of {len(images)} images. Received: {len(titles)} titles.")
    if isinstance(columns, bool) or not isinstance(columns, (int, np.integer)) or columns < 1:
        raise ValueError(f"`columns` is a whole number of at least 1. Received: columns={columns!r}.")
    columns = min(int(columns), len(images))
    rows, side = -(-len(images) // columns), 7.2 / max(columns, 4)
    high = side * images.shape[1] / images.shape[2]
    width = side * columns
    fig = figure(width, rows * (high + (0.27 if titles is not None else 0.04)))
    axes = fig.subplots(rows, columns, squeeze=False).ravel()
    for ax in axes:
        ax.axis("off")
    for i, (ax, image) in enumerate(zip(axes, images, strict=False)):
        ax.imshow(image, cmap="gray", vmin=0, vmax=255)
        if titles is not None:
            ax.set_title(shorten(str(titles[i]), max(3, int(12 * side))), fontsize=9, loc="center", pad=3)
    write_title(fig, title)
    return fig


@styled
def lines(series, x_label, y_label, title, log_x=False, log_y=False, percent=False):
    """Draws one line per series, with its name at its end.

    Args:
        series: Dict from name to `(x, y)`, or to `(x, y, low, high)` for a line with error bars. What is not finite
            (a loss that diverged) is left out.
        x_label, y_label: Labels of the axes.
        title: What to see.
        log_x, log_y: Whether an axis is logarithmic.
        percent: Whether y is a fraction to be shown in percent.

    Returns:
        A Matplotlib figure.

    Raises:
        ValueError: For no series, one whose parts differ in length, or nothing that can be drawn.

    Example:
    >>> figure = lines({"loss": ([1, 2, 3], [2.3, 1.1, 0.6])}, "Epoch", "Loss", "The loss falls")
    """
    drawn = {str(name): _series(name, parts, log_x, log_y) for name, parts in _entries(series, "series").items()}
    looks = _looks(list(drawn))
    names = {name: shorten(name, LONGEST) for name in drawn}
    fig = figure(5.9 + 0.08 * max(map(letters, names.values())), 4.2)
    ax = fig.subplots()
    ends = []
    for name, (x, y, *arms) in drawn.items():
        colour, marker, line = looks[name]
        often = 1 if arms else max(1, len(x) // 8)
        ax.plot(
            x,
            y,
            color=colour,
            marker=marker,
            markersize=6,
            markevery=often,
            linestyle=line,
            linewidth=1.8,
            label=names[name],
        )
        if arms:
            low, high = arms
            ax.vlines(x, low, high, color=colour, linewidth=1.4)
            ax.plot(np.r_[x, x], np.r_[low, high], "_", color=colour, markersize=8)
        last = np.flatnonzero(np.isfinite(y))[-1]
        ends.append((names[name], x[last], y[last], looks[name]))
    ax.set(xscale="log" if log_x else "linear", yscale="log" if log_y else "linear")
    for axis in (ax.xaxis,) * bool(log_x) + (ax.yaxis,) * bool(log_y):
        axis.set_major_formatter(lambda value, _: f"{value:g}")
        axis.set_minor_formatter(lambda value, _: "")
    if not log_x and all((x == np.round(x)).all() for x, *_ in drawn.values()):
        ax.xaxis.get_major_locator().set_params(integer=True)  # no epoch 2.5
    if percent:
        _percent_text(ax.yaxis) if log_y else percent_axis(ax.yaxis)
    ax.set(xlabel=x_label, ylabel=y_label)
    write_title(fig, title)
    if log_y:  # `label_ends` spreads its labels along a linear axis
        ax.legend(loc="upper left", bbox_to_anchor=(1.02, 1), borderaxespad=0, frameon=False, handlelength=3.2)
    else:
        label_ends(ax, ends)
    return fig


@styled
def bars(values, title, x_label, percent=False, width=None):
    """Draws a horizontal bar per name, the number at its end.

    Args:
        values: Dict from name to a number, or to `(mean, low, high)` for a bar with an interval.
        title: What to see.
        x_label: Label of the axis.
        percent: Whether the numbers are fractions to be shown in percent.
        width: In inches. Default None: as much as the names need, of a page.

    Returns:
        A Matplotlib figure.

    Raises:
        ValueError: For no values, or one that is neither a number nor three.

    Example:
    >>> figure = bars({"frozen": 0.97, "scratch": (0.93, 0.91, 0.95)}, "Frozen wins", "Accuracy", percent=True)
    """
    given = np.array([_interval(name, value) for name, value in _entries(values, "value").items()])
    largest = np.abs(given[np.isfinite(given)]).max(initial=0)
    given[np.abs(given) < 1e-12 * largest] = 0  # such as 0.3 - 0.1 * 3
    solid = np.where(np.isfinite(given), given, np.nan)
    names = [fold(str(name), 36) for name in values]
    fig = figure(width or 5.6 + 0.075 * min(36, max(map(letters, names))), 1.0 + 0.42 * len(values))
    ax = fig.subplots()
    for place, (name, (mean, low, high), told) in enumerate(zip(values, solid, given[:, 0], strict=True)):
        colour, *_ = STYLES.get(name, ("#0072B2",))
        ax.barh(place, np.nan_to_num(mean), height=0.62, color=colour, alpha=0.75)
        if np.isfinite([low, high]).all():
            ax.plot([low, high], [place, place], color=TEXT, linewidth=1.4, marker="|", markersize=9)
        left = mean < 0
        end = np.nan_to_num(np.nanmin([mean, low, 0]) if left else np.nanmax([mean, high, 0]))
        ax.annotate(
            _number_text(told, percent),
            (end, place),
            (-6 if left else 6, 0),
            textcoords="offset points",
            va="center",
            ha="right" if left else "left",
            fontsize=9,
        )
    ax.set_yticks(range(len(values)), names)
    ax.set_ylim(len(values) - 0.5, -0.5)
    # Room for the numbers at the ends.
    low, high = np.nanmin([0, *solid.ravel()]), np.nanmax([0, *solid.ravel()])
    room = 0.16 * ((high - low) or 1)
    longest = max((len(_number_text(mean, percent)) for mean, *_ in solid if mean < 0), default=0)
    ax.set_xlim(low - max(1, longest / 6) * room * (low < 0), high + room * (high > 0 or low == 0))
    if percent:
        if low == 0 and 0.5 < high <= 1:
            ax.set_xticks([0, 0.25, 0.5, 0.75, 1] if high + room >= 1 else [0, 0.25, 0.5, 0.75])
        _percent_text(ax.xaxis)
    elif largest >= 10_000:
        from matplotlib.ticker import EngFormatter

        ax.xaxis.set_major_formatter(EngFormatter())  # 20 k, 140 M
    if low < 0:
        ax.axvline(0, color=TEXT, linewidth=0.8)
        ax.spines["left"].set_visible(False)
        ax.tick_params(axis="y", length=0)
    ax.grid(axis="y", visible=False)
    ax.set_xlabel(x_label)
    write_title(fig, title)
    return fig


@styled
def scatter(points, labels, class_names, title):
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
    panels = _entries(points, "panel") if isinstance(points, dict) else {"": points}
    labels, names = np.asarray(labels), [str(name) for name in class_names]
    if labels.ndim != 1 or not len(labels):
        raise ValueError(f"Expected class indices (n,), at least one. Received: labels of shape {labels.shape}.")
    if labels.dtype.kind not in "iu" or labels.min() < 0 or labels.max() >= len(names):
        raise ValueError(
            f"Labels are whole numbers from 0 to {len(names) - 1}, one for each class name. Received: {labels.dtype} "
            f"from {labels.min()} to {labels.max()}."
        )
    for name, given in panels.items():
        if np.shape(given) != (len(labels), 2):
            panel = f" in panel {name!r}" if name else ""
            raise ValueError(
                f"Expected points ({len(labels)}, 2), one per label. Received: shape {np.shape(given)}{panel}."
            )
    looks = list(_looks([f"class {i}" for i in range(len(names))]).values())
    short = max(map(len, names)) <= 2
    legend = 0 if short else 0.5 + 0.085 * min(LONGEST, max(map(letters, names)))
    width = 4.8 if len(panels) == 1 else 3.6 * min(len(panels), 3)
    fig = figure(width + legend, 4 if short else max(4, 0.7 + 0.22 * len(names)))
    axes = fig.subplots(1, len(panels), squeeze=False).ravel()
    for ax, (name, given) in zip(axes, panels.items(), strict=True):
        given = np.asarray(given, "float64")
        for i, text in enumerate(names):
            here, (colour, marker, _) = given[labels == i], looks[i]
            if short:
                for x, y in here[np.isfinite(here).all(1)]:
                    ax.text(x, y, text, color=colour, fontsize=9, ha="center", va="center", clip_on=True)
            # Without a size the points still set the limits.
            ax.scatter(*here.T, color=colour, marker=marker, s=0 if short else 30, label=shorten(text, LONGEST))
        ax.set(xticks=[], yticks=[])
        ax.set_title(str(name), fontsize=10)
        for spine in ax.spines.values():
            spine.set_visible(True)
            spine.set_color("#C4C4C4")
    write_title(fig, title)
    if not short:
        fig.legend(*axes[0].get_legend_handles_labels(), loc="outside right upper", frameon=False)
    return fig


def _entries(given, kind):
    if not isinstance(given, dict):
        raise ValueError(f"Expected a dict from the name to each {kind}. Received: {type(given).__name__}.")
    if not given:
        raise ValueError(f"Expected at least one {kind}. Received: none.")
    return given


def _pixels(images):
    try:
        images = np.asarray(images)
        grey = images[..., 0] if images.ndim == 4 and images.shape[-1] == 1 else images
        fits = grey.ndim == 3 or (grey.ndim == 4 and grey.shape[-1] == 3)
    except ValueError:
        raise ValueError("Expected images of one size, (n, height, width). Received: several sizes.") from None
    if not fits or not grey.size or grey.dtype.kind not in "uif":
        raise ValueError(
            "Expected images (n, height, width) or (n, height, width, 1 or 3), at least one. Received: "
            f"{grey.dtype} of shape {images.shape}."
        )
    if grey.dtype.kind == "f" and 0 < np.nanmax(grey) <= 1:
        raise ValueError("Pixels go from 0 to 255. Received: floats up to 1. Multiply them by 255.")
    return np.clip(np.nan_to_num(grey), 0, 255).astype("uint8")


def _series(name, parts, log_x, log_y):
    """Returns `[x, y]` or `[x, y, low, high]` as floats, what cannot be drawn as NaN."""
    sizes = [np.size(part) for part in parts]
    if len(sizes) not in (2, 4) or len(set(sizes)) != 1 or not sizes[0]:
        raise ValueError(
            "A series is (x, y) or (x, y, low, high), all of the same length and not empty. "
            f"Received: {name!r} with lengths {sizes}."
        )
    x, *rest = (np.ravel(part).astype("float64") for part in parts)
    if log_x and (x <= 0).any():
        raise ValueError(f"A logarithmic x axis has no place for 0 or less. Received: x={x.min():g} in {name!r}.")
    rest = [np.where(np.isfinite(part) & (not log_y or part > 0), part, np.nan) for part in rest]
    if not np.isfinite(rest[0]).any():
        above = " above 0, for the logarithmic axis" if log_y else ""
        raise ValueError(f"Expected a finite y{above} in each series. Received: none in {name!r}.")
    return [x, *rest]


def _interval(name, value):
    try:
        numbers = np.ravel(value).astype("float64")
    except (TypeError, ValueError):
        numbers = ()
    if len(numbers) not in (1, 3):
        raise ValueError(f"A value is a number or (mean, low, high). Received: {name!r}: {value!r}.")
    return numbers if len(numbers) == 3 else np.array([numbers[0], np.nan, np.nan])


def _looks(names):
    """Returns colour, marker and line of each name; where there are more names than colours, markers differ."""
    taken, looks = set(), {}
    for name, (colour, marker, line) in styles(names).items():
        if marker in taken:
            marker = next((m for m in _MARKERS if m not in taken), marker)
        taken.add(marker)
        looks[name] = colour, marker, line
    return looks


def _percent_text(axis):
    axis.set_major_formatter(lambda value, _: f"{100 * value:.6g} %")


def _number_text(value, percent):
    """Returns a number as it stands at the end of a bar: "97.0 %", "138,357,544", "0.25"."""
    if not np.isfinite(value):
        return str(value)
    if percent:
        return f"{100 * value:.1f} %" if not 0 < abs(value) < 0.001 else f"{100 * value:.2g} %"
    if value == round(value) and abs(value) < 1e15:
        return f"{value:,.0f}"
    return f"{value:,.0f}" if 1000 <= abs(value) < 1e15 else f"{value:.3g}"
