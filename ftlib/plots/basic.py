"""The plain pictures of the lessons: images in a grid, lines, bars and clouds of points."""

import numpy as np

from ftlib.plots.look import STYLES, figure, label_ends, percent_axis, shorten, styled, styles

_MARKERS = "os^vDPX*<>ph"


@styled
def image_grid(images, titles=None, columns=10, title=None):
    """Draws images in rows.

    Args:
        images: Pixels 0-255, `(n, height, width, 1 or 3)` or `(n, height, width)`.
        titles: One string per image, written above it.
        columns: Images per row. Default 10: a row of digits.
        title: Title of the picture.

    Returns:
        A Matplotlib figure.

    Raises:
        ValueError: For no images, or another number of titles.

    Example:
    >>> picture = image_grid(np.zeros((3, 8, 8, 1)), titles=["0", "1", "2"], title="Three black images")
    """
    images = np.asarray(images)
    if images.ndim not in (3, 4) or not len(images):
        raise ValueError(f"Expected images (n, height, width, channels), at least one. Received: shape {images.shape}.")
    if titles is not None and len(titles) != len(images):
        raise ValueError(f"Expected a title for each of {len(images)} images. Received: {len(titles)} titles.")
    columns = min(columns, len(images))
    rows, side = -(-len(images) // columns), 7.2 / max(columns, 4)
    fig = figure(side * columns, rows * (side + (0.25 if titles else 0)) + (0.4 if title else 0))
    axes = fig.subplots(rows, columns, squeeze=False).ravel()
    for ax in axes:
        ax.axis("off")
    for i, (ax, image) in enumerate(zip(axes, images, strict=False)):
        image = np.clip(image, 0, 255).astype("uint8")
        ax.imshow(image[..., 0] if image.ndim == 3 and image.shape[-1] == 1 else image, cmap="gray", vmin=0, vmax=255)
        if titles is not None:
            ax.set_title(shorten(str(titles[i]), max(6, int(14 * side))), fontsize=9, loc="center", pad=3)
    if title:
        fig.suptitle(title, x=0.01, ha="left")
    return fig


@styled
def lines(series, x_label, y_label, title, log_x=False, log_y=False, percent=False):
    """Draws one line per series, with its name at its end.

    Args:
        series: Dict from name to `(x, y)`, or `(x, y, low, high)` for lines with bars.
        x_label, y_label: Labels of the axes.
        title: What to see.
        log_x, log_y: Whether an axis is logarithmic.
        percent: Whether y is a fraction to be shown in percent.

    Returns:
        A Matplotlib figure.

    Raises:
        ValueError: For no series, or one whose parts differ in length.

    Example:
    >>> figure = lines({"loss": ([1, 2, 3], [2.3, 1.1, 0.6])}, "Epoch", "Loss", "The loss falls")
    """
    if not series:
        raise ValueError("Expected at least one series. Received: none.")
    for name, parts in series.items():
        if len(parts) not in (2, 4) or len({len(part) for part in parts}) != 1 or not len(parts[0]):
            sizes = [len(part) for part in parts]
            raise ValueError(f"A series is (x, y) or (x, y, low, high) of equal length. Received: {name!r}: {sizes}.")
    fig = figure(7, 4.2)
    ax = fig.subplots()
    ends = []
    for name, look in styles(list(series)).items():
        x, y, *arms = (np.asarray(part, "float64") for part in series[name])
        colour, marker, line = look
        often = max(1, len(x) // 8)
        ax.plot(x, y, color=colour, marker=marker, markersize=6, markevery=often, linestyle=line, linewidth=1.8)
        if arms:
            low, high = arms
            ax.vlines(x, low, high, color=colour, linewidth=1.4)
            ax.plot(np.r_[x, x], np.r_[low, high], "_", color=colour, markersize=8)
        seen = np.isfinite(y) & (not log_y or y > 0)
        if seen.any():
            last = np.flatnonzero(seen)[-1]
            ends.append((name, x[last], y[last], look))
    for scale, axis, name in ((log_x, ax.xaxis, "x"), (log_y, ax.yaxis, "y")):
        if scale:
            getattr(ax, f"set_{name}scale")("log")
            axis.set_major_formatter(lambda value, _: f"{value:g}")
    if percent and not log_y:
        percent_axis(ax.yaxis)
    ax.set(xlabel=x_label, ylabel=y_label)
    ax.set_title(title)
    if log_y:  # the labels at the ends are placed on a linear scale
        for name, look in styles(list(series)).items():
            ax.plot([], [], color=look[0], marker=look[1], linestyle=look[2], label=name)
        ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False)
    else:
        label_ends(ax, ends)
    return fig


@styled
def bars(values, title, x_label, percent=False):
    """Draws a horizontal bar per name, the number at its end.

    Args:
        values: Dict from name to a number, or to `(mean, low, high)` for bars with an interval.
        title: What to see.
        x_label: Label of the axis.
        percent: Whether the numbers are fractions to be shown in percent.

    Returns:
        A Matplotlib figure.

    Raises:
        ValueError: For no values.

    Example:
    >>> figure = bars({"frozen": 0.97, "scratch": (0.93, 0.91, 0.95)}, "Frozen wins", "Accuracy", percent=True)
    """
    if not values:
        raise ValueError("Expected at least one value. Received: none.")
    given = [value if isinstance(value, (tuple, list)) else (value, np.nan, np.nan) for value in values.values()]
    means, lows, highs = np.array(given, "float64").T
    fig = figure(7, 1.3 + 0.42 * len(values))
    ax = fig.subplots()
    for place, (name, mean) in enumerate(zip(values, means, strict=True)):
        colour = STYLES[name][0] if name in STYLES else "#0072B2"
        ax.barh(place, mean, height=0.62, color=colour, alpha=0.75)
    ends = np.where(np.isfinite(highs), highs, means)
    for place, (mean, low, high, end) in enumerate(zip(means, lows, highs, ends, strict=True)):
        if np.isfinite(low):
            ax.plot([low, high], [place, place], color="#222222", linewidth=1.4, marker="|", markersize=9)
        text = f"{100 * mean:.1f} %" if percent else f"{mean:,.4g}"
        box = {"xy": (max(end, 0), place), "xytext": (6, 0), "textcoords": "offset points"}
        ax.annotate(text, va="center", fontsize=9, **box)
    ax.set_yticks(range(len(values)), [shorten(str(name), 50) for name in values])
    ax.set_ylim(len(values) - 0.5, -0.5)
    ax.margins(x=0.16)
    ax.set_xlim(left=min(0, np.nanmin(means)))
    if percent:
        ax.xaxis.set_major_locator(_quarters())
        ax.xaxis.set_major_formatter(lambda value, _: f"{round(100 * value, 6):g} %")
    ax.grid(axis="y", visible=False)
    ax.set_xlabel(x_label)
    fig.suptitle(title, x=0.01, ha="left", fontsize=11)
    return fig


def _quarters():
    from matplotlib.ticker import FixedLocator

    return FixedLocator([0, 0.25, 0.5, 0.75, 1.0])


@styled
def scatter(points, labels, class_names, title):
    """Draws points in the plane, each class with a colour and a marker or, for short names, its name.

    Args:
        points: `(n, 2)`, or a dict from the title of a panel to `(n, 2)`, for panels side by side.
        labels: Class indices, `(n,)`.
        class_names: One string per class.
        title: What to see.

    Returns:
        A Matplotlib figure.

    Raises:
        ValueError: For points that are not in the plane, or of another number than the labels.

    Example:
    >>> figure = scatter(np.eye(2), [0, 1], ["0", "1"], "Two classes, far apart")
    """
    panels = points if isinstance(points, dict) else {"": points}
    labels = np.asarray(labels)
    for name, given in panels.items():
        if np.shape(given) != (len(labels), 2):
            raise ValueError(
                f"Expected points ({len(labels)}, 2), one per label. Received: shape {np.shape(given)} {name}".strip()
                + "."
            )
    looks = list(styles([f"class {i}" for i in range(len(class_names))]).values())
    short = max(len(str(name)) for name in class_names) <= 2
    fig = figure(7.2 if len(panels) > 1 else 5, 3.9)
    axes = fig.subplots(1, len(panels), squeeze=False).ravel()
    for ax, (name, given) in zip(axes, panels.items(), strict=True):
        given = np.asarray(given)
        for i, text in enumerate(class_names):
            here, colour = given[labels == i], looks[i][0]
            if short:
                for x, y in here:
                    ax.text(x, y, str(text), color=colour, fontsize=8, ha="center", va="center", clip_on=True)
            marker, size = _MARKERS[i % len(_MARKERS)], 0 if short else 30
            ax.scatter(*here.T, color=colour, marker=marker, s=size, alpha=0.85, label=str(text))
        ax.set(xticks=[], yticks=[])
        ax.set_title(name, fontsize=10)
        for spine in ax.spines.values():
            spine.set_visible(True)
            spine.set_color("#C4C4C4")
    if not short:
        fig.legend(*axes[0].get_legend_handles_labels(), loc="outside right upper", frameon=False)
    fig.suptitle(title, x=0.01, ha="left")
    return fig
