"""Maps of an image: where in it something happens, and how often."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ftlib.plots.inputs import require_named
from ftlib.plots.look import new_figure, shorten_name, show_frame, styled, write_percent_ticks, write_title

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_SIDE = 2.4  # inches of a map: two of them side by side can still be read on a phone
_SCALE_HEIGHT = 0.65  # inches of the scale below the maps, with its numbers and its name


@styled
def share_maps(maps: Mapping[str, Any], scale_label: str, title: str | None = None) -> "Figure":
    """Draws maps of shares side by side, black for 0 and white for 1, over a scale that says what they are shares of.

    All maps have the same scale, so that they can be compared, and it always goes from 0 to 100 %: a map that is nearly
    black says that hardly anything happens anywhere.

    Args:
        maps: Dict from the name of a map to its shares, `(rows, columns)`, each from 0 to 1.
        scale_label: What the shares are, in words: it is written below the scale.
        title: What to see.

    Returns:
        A Matplotlib figure.

    Raises:
        ValueError: For no maps, one without two axes, or values outside of 0 to 1.

    Example:
    >>> picture = share_maps({"corner": np.eye(4)}, "Answers that change", "Along the diagonal all change")
    """
    shares_of_map = {
        shorten_name(str(name)): _require_shares(name, shares) for name, shares in require_named(maps, "map").items()
    }
    tallest = max(shares.shape[0] / shares.shape[1] for shares in shares_of_map.values())
    fig = new_figure(_SIDE * max(len(shares_of_map), 2), 0.35 + _SIDE * tallest + _SCALE_HEIGHT)
    all_axes = fig.subplots(1, len(shares_of_map), squeeze=False).ravel()
    image = None
    for ax, (name, shares) in zip(all_axes, shares_of_map.items(), strict=True):
        image = ax.imshow(shares, cmap="gray", vmin=0, vmax=1)
        ax.set_title(name, fontsize=10, loc="center")
        ax.set(xticks=[], yticks=[])
        ax.grid(visible=False)
        show_frame(ax)
    assert image is not None, "there is at least one map"
    # Below, since a text beside the maps would have to be turned.
    scale = fig.colorbar(image, ax=list(all_axes), location="bottom", ticks=[0, 0.25, 0.5, 0.75, 1], aspect=36)
    write_percent_ticks(scale.ax.xaxis)
    scale.ax.tick_params(length=2)
    scale.set_label(scale_label, fontsize=10)
    write_title(fig, title)
    return fig


def _require_shares(name, shares):
    shares = np.asarray(shares, "float64")
    if shares.ndim != 2 or not shares.size:
        raise ValueError(f"Expected a map (rows, columns). Received: shape {shares.shape} in {name!r}.")
    if not (np.isfinite(shares).all() and shares.min() >= 0 and shares.max() <= 1):
        raise ValueError(f"Shares go from 0 to 1. Received: {shares.min():g} to {shares.max():g} in {name!r}.")
    return shares
