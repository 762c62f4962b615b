"""The anatomy of networks: their stages side by side, and where something sits in them."""

import math

import numpy as np

from ftlib.plots.basic import _entries
from ftlib.plots.look import TEXT, figure, letters, shorten, styled, write_title

_LOWEST = 0.3  # of the tallest box: a number fits into it


@styled
def stage_shares(networks, key="params", unit="", title=None):
    """Draws networks one below the other, each as boxes from input to output: the size of a stage, and its share.

    The height of a box follows the side of the feature maps after the stage (its square root, so that small maps can be
    seen). The number in it and its shade say which share of the network's total lies in this stage.

    Args:
        networks: Dict from the name of a network to its stages, the input's first: dicts with `"output_shape"` (without
            the batch axis: `(height, width, channels)`, `(tokens, channels)`, `(features,)` or None) and `key`.
        key: Which number is shared out, at least 0. Default `"params"`, as in `Run.stage_rows()`.
        unit: What the numbers count; it follows the total at the right end.
        title: What to see.

    Returns:
        A Matplotlib figure.

    Raises:
        ValueError: For no networks, one without stages, or a stage whose number is missing or negative.

    Example:
    >>> stem = {"output_shape": (16, 16, 24), "params": 10_608}
    >>> last = {"output_shape": (4, 4, 128), "params": 481_024}
    >>> picture = stage_shares({"small": [stem, last]}, unit="parameters", title="Most of it is late")
    """
    from matplotlib import colormaps
    from matplotlib.ticker import EngFormatter

    rows = {str(name): _shares(name, stages, key) for name, stages in _entries(networks, "network").items()}
    columns = max(len(shares) for shares, *_ in rows.values())
    tallest = max(max(sides) for _, sides, *_ in rows.values())
    names, unit = [shorten(name) for name in rows], shorten(unit)
    fig = figure(1.9 + 0.07 * max(map(letters, names)) + 0.07 * letters(unit) + 1.12 * columns, 0.9 + 0.82 * len(rows))
    ax = fig.subplots()
    in_short = EngFormatter(places=1)
    for row, (shares, sides, texts, total) in enumerate(rows.values()):
        ax.plot([-0.5, len(shares) - 0.5], [row - 0.12] * 2, color="#8A8A8A", linewidth=1, zorder=1)
        for column, (share, side, text) in enumerate(zip(shares, sides, texts, strict=True)):
            high = 0.66 * max(_LOWEST, math.sqrt(side / tallest))
            colour = colormaps["Blues"](0.08 + 0.85 * share)
            ax.bar(column, high, 0.8, row - 0.12 - high / 2, color=colour, edgecolor="#4A4A4A", zorder=2)
            dark = {"color": "white" if share > 0.55 else TEXT, "ha": "center", "va": "center", "fontsize": 9}
            ax.text(column, row - 0.12, _percent(share), **dark)
            ax.text(column, row + 0.36, text, color=TEXT, ha="center", va="center", fontsize=9)
        told = in_short(total) if total >= 1000 else f"{total:g}"
        ax.text(columns - 0.4, row - 0.12, f"{told} {unit}".strip(), va="center", fontsize=9)
    ax.set(xlim=(-0.55, columns - 0.45), ylim=(len(rows) - 0.45, -0.55))
    ax.set_yticks(np.arange(len(rows)) - 0.12, names)
    ax.set_xticks(range(columns), [f"stage {i}" for i in range(1, columns + 1)])
    ax.xaxis.tick_top()
    ax.tick_params(length=0)
    ax.grid(visible=False)
    for spine in ax.spines.values():
        spine.set_visible(False)
    write_title(fig, title)
    return fig


def _shares(name, stages, key):
    """Returns the stages' shares, the sides of their maps, the texts below them, and the total."""
    if not stages:
        raise ValueError(f"Expected at least one stage of each network, the input's first. Received: none of {name!r}.")
    numbers = [stage.get(key) for stage in stages]
    if any(isinstance(n, bool) or not isinstance(n, (int, float, np.number)) or not n >= 0 for n in numbers):
        raise ValueError(f"Every stage has a number {key!r} of at least 0. Received: {numbers} in {name!r}.")
    total = sum(numbers)
    shapes = [stage.get("output_shape") for stage in stages]
    sides = [_side(shape) for shape in shapes]
    texts = [" x ".join("?" if size is None else str(size) for size in shape or ()) for shape in shapes]
    return [number / (total or 1) for number in numbers], sides, texts, total


def _side(shape):
    """Returns the side of a square with as many places as the maps have: 14 for 196 tokens."""
    places = [size for size in (shape or ())[:-1] if size is not None]
    return math.prod(places) ** (1 / 2) if places else 1.0


def _percent(share):
    return "<1 %" if 0 < share < 0.005 else f"{100 * share:.0f} %"
