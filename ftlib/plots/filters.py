"""What a convolutional network looks for, and what it finds: its filters and its feature maps."""

import numpy as np

from ftlib.plots.basic import _entries
from ftlib.plots.look import TEXT, count, figure, letters, shorten, styled, write_title

_SIDE = 7.2  # inches of a row of pictures


@styled
def filter_grid(kernels, title=None, columns=8):
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
    panels = _entries(kernels, "kernel") if isinstance(kernels, dict) else {"": kernels}
    panels = {str(name): _filter_images(name, kernel) for name, kernel in panels.items()}
    each = _whole(columns, "columns", len(panels)) // len(panels)
    rows = max(-(-len(images) // each) for images in panels.values())
    side = _SIDE / max(columns, 6)
    fig = figure(side * (each + 0.35) * len(panels), rows * side + (0.3 if any(panels) else 0))
    parts = fig.subfigures(1, len(panels), squeeze=False).ravel()
    for part, (name, images) in zip(parts, panels.items(), strict=True):
        if name:
            part.suptitle(shorten(name, int(14 * side * each)), fontsize=10)
        axes = part.subplots(rows, each, squeeze=False).ravel()
        for ax in axes:
            ax.axis("off")
        for ax, image in zip(axes, images, strict=False):
            ax.imshow(image, cmap="gray", vmin=0, vmax=1)
    write_title(fig, title)
    return fig


@styled
def feature_maps(maps, image=None, title=None, columns=8):
    """Draws what the stages of a network make of one image: a row per stage, bright where a feature is strong.

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
    rows = {str(name): _most_varied(name, stack, columns) for name, stack in _entries(maps, "stage").items()}
    columns = _whole(columns, "columns", 1)
    widest = max(len(chosen) for chosen, *_ in rows.values())
    side = _SIDE / max(columns, 4)
    above = image is not None
    label = 0.2 + 0.075 * max(letters(line) for name, row in rows.items() for line in _row_text(name, row).split("\n"))
    fig = figure(label + side * max(widest, 3), side * (len(rows) + above))
    axes = fig.subplots(len(rows) + above, widest, squeeze=False)
    for ax in axes.ravel():
        ax.set(xticks=[], yticks=[])
        ax.grid(visible=False)
        for spine in ax.spines.values():
            spine.set_visible(False)
    if above:
        _draw(axes[0, 0], np.clip(np.asarray(image, "float64") / 255, 0, 1), "image")
    for line, (name, row) in zip(axes[above:], rows.items(), strict=True):
        for place, (ax, one) in enumerate(zip(line, row[0], strict=False)):
            low, high = one.min(), one.max()
            _draw(ax, (one - low) / ((high - low) or 1), "" if place else _row_text(name, row))
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
    most = np.abs(images).reshape(len(images), -1).max(axis=1)
    most[most == 0] = 1
    return 0.5 + 0.5 * images / most.reshape(-1, *[1] * (images.ndim - 1))


def _most_varied(name, stack, columns):
    """Returns the maps that vary most, `(n, height, width)`, and the shape of the whole stack."""
    stack = np.asarray(stack, "float64")
    if stack.ndim != 3 or not stack.size:
        raise ValueError(
            f"Expected feature maps of one image, (height, width, channels). Received: shape {stack.shape} in {name!r}."
        )
    order = np.argsort(-stack.std(axis=(0, 1)), kind="stable")[: _whole(columns, "columns", 1)]
    return np.moveaxis(stack[..., order], -1, 0), stack.shape


def _row_text(name, row):
    _, (height, width, channels) = row
    return f"{shorten(name)}\n{count(channels, 'map')}\n{height} x {width}"


def _draw(ax, image, text):
    ax.imshow(image[..., 0] if image.ndim == 3 and image.shape[-1] == 1 else image, cmap="gray", vmin=0, vmax=1)
    ax.set_ylabel(text, rotation=0, ha="right", va="center", fontsize=9, color=TEXT)


def _whole(value, name, least):
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
        raise ValueError(f"`{name}` is a whole number of at least {least}. Received: {name}={value!r}.")
    return int(value)
