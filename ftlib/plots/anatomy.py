"""The anatomy of networks: their stages side by side, and where something sits in them."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ftlib.plots.inputs import require_named
from ftlib.plots.look import TEXT_COLOUR, hide_spines, new_figure, shorten_name, styled, widest_of, write_title
from ftlib.plots.words import say

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_LOWEST = 0.34  # of the tallest box: a number fits into it
_BOX_LINE = 0.2  # how far above the middle of its row a network is drawn
_LETTER_WIDTH = 0.082  # inches. Columns are as narrow as their texts allow, so that a phone shows what can be read


class _NetworkShares(NamedTuple):
    """What is drawn of a network: of each stage its share, the side of its maps and the text below; and the total."""

    shares: list[float]
    sides: list[float]
    texts: list[str]
    total: float


@styled
def stage_shares(
    networks: Mapping[str, Sequence[Mapping[str, Any]]], key: str = "params", unit: str = "", title: str | None = None
) -> "Figure":
    """Draws networks one below the other, each as boxes from input to output: the size of a stage, and its share.

    The height of a box follows the side of the feature maps after the stage (its square root, so that small maps can be
    seen). The number in it and its shade say which share of the network's total lies in this stage.

    Args:
        networks: Dict from the name of a network to its stages, the input's first: dicts with `"output_shape"` (without
            the batch axis: `(height, width, channels)`, `(tokens, channels)`, `(features,)` or None) and `key`.
        key: Which number is shared out, at least 0. Default `"params"`, as in `Run.stage_rows()`.
        unit: What the numbers count; it follows the total below the name of the network.
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
    from matplotlib.ticker import EngFormatter

    drawn_networks = {
        str(name): _share_out(name, stages, key) for name, stages in require_named(networks, "network").items()
    }
    columns = max(len(network.shares) for network in drawn_networks.values())
    tallest = max(max(network.sides) for network in drawn_networks.values())
    stage_names = [say("stage {number}", number=i) for i in range(1, columns + 1)]
    format_in_short = EngFormatter(places=1)
    labels = []
    for name, network in drawn_networks.items():
        total = format_in_short(network.total) if network.total >= 1000 else f"{network.total:g}"
        labels.append("\n".join(filter(None, [shorten_name(name), total, shorten_name(unit)])))
    label_width = _LETTER_WIDTH * widest_of(line for label in labels for line in label.split("\n"))
    shapes = [text for network in drawn_networks.values() for text in network.texts]
    longest_line = widest_of([stage_names[-1], *(line for shape in shapes for line in shape.split("\n"))])
    column_width = 0.05 + _LETTER_WIDTH * longest_line
    fig = new_figure(0.3 + label_width + column_width * columns, 0.7 + 0.95 * len(drawn_networks))
    ax = fig.subplots()
    for row, network in enumerate(drawn_networks.values()):
        _draw_network(ax, row, network, tallest)

    ax.set(xlim=(-0.55, columns - 0.45), ylim=(len(drawn_networks) - 0.45, -0.6))
    ax.set_yticks(np.arange(len(drawn_networks)) - _BOX_LINE, labels, fontsize=10)
    ax.set_xticks(range(columns), stage_names, fontsize=10)
    ax.xaxis.tick_top()
    ax.tick_params(length=0)
    ax.grid(visible=False)
    hide_spines(ax)
    write_title(fig, title)
    return fig


def _draw_network(ax, row, network, tallest):
    from matplotlib import colormaps

    middle = row - _BOX_LINE
    ax.plot([-0.5, len(network.shares) - 0.5], [middle] * 2, color="#8A8A8A", linewidth=1, zorder=1)
    stages = zip(network.shares, network.sides, network.texts, strict=True)
    for column, (share, side, text) in enumerate(stages):
        height = 0.6 * max(_LOWEST, math.sqrt(side / tallest))
        colour = colormaps["Blues"](0.08 + 0.85 * share)
        ax.bar(column, height, 0.84, middle - height / 2, color=colour, edgecolor="#4A4A4A", zorder=2)
        text_colour = "white" if share > 0.55 else TEXT_COLOUR
        ax.text(column, middle, _format_share(share), color=text_colour, ha="center", va="center", fontsize=10)
        ax.text(column, row + 0.14, text, color=TEXT_COLOUR, ha="center", va="top", fontsize=10, linespacing=1.1)


def _share_out(name, stages, key):
    if not stages:
        raise ValueError(f"Expected at least one stage of each network, the input's first. Received: none of {name!r}.")
    numbers = [stage.get(key) for stage in stages]
    if not all(_is_amount(number) for number in numbers):
        raise ValueError(f"Every stage has a number {key!r} of at least 0. Received: {numbers} in {name!r}.")
    total = sum(numbers)
    shapes = [stage.get("output_shape") for stage in stages]
    return _NetworkShares(
        shares=[number / (total or 1) for number in numbers],
        sides=[_side(shape) for shape in shapes],
        texts=[_write_shape(shape) for shape in shapes],
        total=total,
    )


def _write_shape(shape):
    """Returns the size of the maps, and below it how many there are: their number would make the line too long."""
    sizes = ["?" if size is None else str(size) for size in shape or ()]
    return "\nx ".join(filter(None, [" x ".join(sizes[:-1]), *sizes[-1:]]))


def _is_amount(number):
    is_number = isinstance(number, (int, float, np.number)) and not isinstance(number, bool)
    return is_number and number >= 0  # which a NaN is not


def _side(shape):
    """Returns the side of a square with as many places as the maps have: 14 for 196 tokens."""
    places = [size for size in (shape or ())[:-1] if size is not None]
    return math.prod(places) ** (1 / 2) if places else 1.0


def _format_share(share):
    return "<1 %" if 0 < share < 0.005 else f"{100 * share:.0f} %"
