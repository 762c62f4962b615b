"""What a convolutional network looks for, and what it finds: its filters and its feature maps."""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ftlib.plots.inputs import require_columns, require_named
from ftlib.plots.look import TEXT_COLOUR, hide_spines, new_figure, shorten_name, styled, widest_of, write_title
from ftlib.plots.words import count_text, say

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_ROW_WIDTH = 7.2  # inches of a row of images


class _StageMaps(NamedTuple):
    """The feature maps of a stage that are drawn, `(n, height, width)`, and what is written beside them."""

    maps: np.ndarray
    text: str


@styled
def filter_grid(kernels: Any, title: str | None = None, columns: int = 8) -> "Figure":
    """Draws the filters of a convolution as small images: grey is 0, white the largest weight, black the most negative.

    Every filter has its own scale, since its shape matters and not its size. A filter over three channels is drawn in
    colour, one over any other number of channels as the mean over them.

    Args:
        kernels: `(height, width, channels, filters)`, as `layer.kernel` of a Conv2D; or a dict from the title of a
            panel to such a kernel, for panels side by side (before and after).
        title: What to see.
        columns: Filters per row, over all panels. Default 8: sixteen filters, before and after, make two squares.

    Returns:
        A Matplotlib figure.

    Raises:
        ValueError: For no kernel, or one without four axes or finite weights.

    Example:
    >>> before, after = np.random.default_rng(0).normal(size=(2, 5, 5, 1, 16))
    >>> picture = filter_grid({"before": before, "after": after}, "Sixteen filters")
    """
    given_panels = require_named(kernels, "kernel") if isinstance(kernels, dict) else {"": kernels}
    panels = {str(name): _filter_images(name, kernel) for name, kernel in given_panels.items()}
    columns_per_panel = require_columns(columns, fewest=len(panels)) // len(panels)
    row_count = max(math.ceil(len(images) / columns_per_panel) for images in panels.values())
    side = _ROW_WIDTH / max(columns, 6)
    title_height = 0.3 if any(panels) else 0
    fig = new_figure(side * (columns_per_panel + 0.35) * len(panels), row_count * side + title_height)
    subfigures = np.ravel(fig.subfigures(1, len(panels), squeeze=False))
    for subfigure, (name, images) in zip(subfigures, panels.items(), strict=True):
        if name:
            subfigure.suptitle(shorten_name(name, int(14 * side * columns_per_panel)), fontsize=10)
        axes = subfigure.subplots(row_count, columns_per_panel, squeeze=False).ravel()
        for ax in axes:
            ax.axis("off")
        for ax, image in zip(axes, images, strict=False):
            ax.imshow(image, cmap="gray", vmin=0, vmax=1)
    write_title(fig, title)
    return fig


@styled
def feature_maps(maps: Mapping[str, Any], image: Any = None, title: str | None = None, columns: int = 8) -> "Figure":
    """Draws what the stages of a network compute from one image: a row per stage, bright where a feature is strong.

    Of each stage those maps are drawn that vary most over the image, the most varied first; each has its own scale
    from black, its lowest value, to white.

    Args:
        maps: Dict from the name of a stage to its feature maps of that image, `(height, width, channels)`.
        image: Optional pixels 0-255, `(height, width)` or `(height, width, 1 or 3)`, drawn above the stages.
        title: What to see.
        columns: Maps per stage, at most.

    Returns:
        A Matplotlib figure.

    Raises:
        ValueError: For no stages, or maps without three axes.

    Example:
    >>> draws = np.random.default_rng(0)
    >>> maps = {"stage1": draws.random((16, 16, 8)), "stage2": draws.random((8, 8, 16))}
    >>> picture = feature_maps(maps, image=np.zeros((32, 32, 1)), title="Two stages")
    """
    maps_of_stage = require_named(maps, "stage")
    columns = require_columns(columns)
    stages = [_most_varied(name, stack, columns) for name, stack in maps_of_stage.items()]
    most_maps = max(len(stage.maps) for stage in stages)
    side = _ROW_WIDTH / max(columns, 4)
    image_rows = 0 if image is None else 1
    label_width = 0.2 + 0.075 * widest_of(line for stage in stages for line in stage.text.split("\n"))
    fig = new_figure(label_width + side * max(most_maps, 3), side * (len(stages) + image_rows))
    axes = fig.subplots(len(stages) + image_rows, most_maps, squeeze=False)
    for ax in axes.ravel():
        ax.set(xticks=[], yticks=[])
        ax.grid(visible=False)
        hide_spines(ax)
    if image is not None:
        _draw_image(axes[0, 0], np.clip(np.asarray(image, "float64") / 255, 0, 1), say("image"))
    for row_axes, stage in zip(axes[image_rows:], stages, strict=True):
        for place, (ax, feature_map) in enumerate(zip(row_axes, stage.maps, strict=False)):
            low, high = feature_map.min(), feature_map.max()
            _draw_image(ax, (feature_map - low) / ((high - low) or 1), "" if place else stage.text)
    write_title(fig, title)
    return fig


def _filter_images(name, kernel):
    """Returns the filters as images between 0 and 1, `(filters, height, width)` or `(filters, height, width, 3)`."""
    kernel = np.asarray(kernel, "float64")
    if kernel.ndim != 4 or not kernel.size or not np.isfinite(kernel).all():
        panel = f" in panel {name!r}" if name else ""
        raise ValueError(
            "Expected a kernel (height, width, channels, filters) of finite weights. Received: shape "
            f"{kernel.shape}{panel}."
        )
    images = np.moveaxis(kernel, -1, 0)
    if kernel.shape[2] != 3:
        images = images.mean(axis=-1)
    largest_weights = np.abs(images).reshape(len(images), -1).max(axis=1)
    largest_weights[largest_weights == 0] = 1
    return 0.5 + 0.5 * images / largest_weights.reshape(-1, *[1] * (images.ndim - 1))


def _most_varied(name, stack, columns):
    """Returns the maps of a stage that vary most, the most varied first."""
    stack = np.asarray(stack, "float64")
    if stack.ndim != 3 or not stack.size:
        raise ValueError(
            f"Expected feature maps of one image, (height, width, channels). Received: shape {stack.shape} in {name!r}."
        )
    height, width, channels = stack.shape
    by_variation = np.argsort(-stack.std(axis=(0, 1)), kind="stable")[:columns]
    text = f"{shorten_name(str(name))}\n{count_text(channels, 'map')}\n{height} x {width}"
    return _StageMaps(np.moveaxis(stack[..., by_variation], -1, 0), text)


def _draw_image(ax, image, text):
    is_grey_with_channel = image.ndim == 3 and image.shape[-1] == 1
    ax.imshow(image[..., 0] if is_grey_with_channel else image, cmap="gray", vmin=0, vmax=1)
    ax.set_ylabel(text, rotation=0, ha="right", va="center", fontsize=9, color=TEXT_COLOUR)
