"""Pictures of what a tuned network costs and how far it can be believed: trade-offs and reliability diagrams."""

import numpy as np

from ftlib.plots.look import (
    LONGEST,
    TEXT,
    figure,
    label_ends,
    letters,
    percent_axis,
    shorten,
    styled,
    styles,
    write_title,
)


@styled
def reliability(series, title):
    """Draws a reliability diagram: accuracy against confidence, bin by bin, with the diagonal where both agree.

    Args:
        series: Dict from name to a list of bins: dicts with `"confidence"`, `"accuracy"` and `"n"`, as from
            `calibration`. The area of a marker grows with the number of images in its bin.
        title: What to see.

    Returns:
        A Matplotlib figure.

    Raises:
        ValueError: For no series, or one without bins.

    Example:
    >>> figure = reliability({"network": [{"confidence": 0.9, "accuracy": 0.7, "n": 20}]}, "Too sure")
    """
    if not series or not all(series.values()):
        raise ValueError("Expected at least one series of at least one bin, as from ft.calibration(...).bins.")
    fig = _wide(series, 4.4)
    ax = fig.subplots()
    ax.plot([0, 1], [0, 1], color="#8A8A8A", linewidth=1, linestyle="--")
    ax.set(xlim=(0, 1.02), ylim=(0, 1.02), xlabel="Confidence (area of a marker: images in its bin)", ylabel="Accuracy")
    ax.text(0.03, 0.09, "diagonal: as right as it is sure", fontsize=9, color=TEXT)
    ends = []
    most = max(r["n"] for rows in series.values() for r in rows)
    for name, look in styles(list(series)).items():
        colour, marker, line = look
        rows = sorted(series[name], key=lambda r: r["confidence"])
        x, y, n = (np.array([r[key] for r in rows], float) for key in ("confidence", "accuracy", "n"))
        ax.plot(x, y, color=colour, linestyle=line, linewidth=1.4)
        ax.scatter(x, y, s=16 + 120 * n / most, color=colour, marker=marker, alpha=0.75, linewidths=0)
        ends.append((shorten(name, LONGEST), x[-1], y[-1], look))
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(lambda value, _: f"{100 * value:.0f} %")
    write_title(fig, title)
    label_ends(ax, ends)
    return fig


@styled
def trade_off(series, x_label, y_label, title):
    """Draws what is gained against what it costs: a path of points per method, with an interval in both directions.

    Args:
        series: Dict from the name of a method to a list of points along its path, such as growing strengths: dicts with
            `"x"` and `"y"`, each `(mean, low, high)` as fractions, and optionally a `"label"`, written at the point.
        x_label, y_label: Labels of the axes, which are in percent.
        title: What to see.

    Returns:
        A Matplotlib figure.

    Raises:
        ValueError: For no series, or one without points.

    Example:
    >>> point = {"x": (0.9, 0.88, 0.92), "y": (0.5, 0.45, 0.55), "label": "0.01"}
    >>> figure = trade_off({"L2-SP": [point]}, "Digits", "Letters", "Letters are kept")
    """
    if not series or not all(series.values()):
        raise ValueError("Expected at least one series of at least one point.")
    fig = _wide(series, 4.8)
    ax = fig.subplots()
    for name, (colour, marker, line) in styles(list(series)).items():
        x, y = (np.array([point[axis] for point in series[name]], float).T for axis in "xy")
        arms = [np.abs(np.nan_to_num(part[1:] - part[0])) for part in (x, y)]
        ax.errorbar(
            x[0],
            y[0],
            xerr=arms[0],
            yerr=arms[1],
            color=colour,
            marker=marker,
            linestyle=line,
            markersize=6,
            linewidth=1.4,
            elinewidth=0.8,
            capsize=2,
            label=shorten(name, LONGEST),
        )
        for point, at, height in zip(series[name], x[0], y[0], strict=True):
            if point.get("label"):
                given = dict(textcoords="offset points", color=colour, fontsize=9)
                ax.annotate(str(point["label"]), (at, height), (5, 5), **given)
    ax.set(xlabel=x_label, ylabel=y_label)
    for axis in (ax.xaxis, ax.yaxis):
        percent_axis(axis)
    write_title(fig, title)
    # A legend: paths end anywhere, so that lines to labels at the edge would cross the picture.
    ax.legend(loc="upper left", bbox_to_anchor=(1.02, 1), borderaxespad=0, frameon=False, handlelength=3.2)
    return fig


def _wide(series, height):
    """Returns a figure with room for the names of the series at the right."""
    return figure(5.6 + 0.08 * min(LONGEST, max(map(letters, series))), height)
