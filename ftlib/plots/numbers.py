"""Pictures of predicted numbers: against the true ones, and how far off they are."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ftlib.plots.look import STYLES, TEXT_COLOUR, new_figure, styled, write_title
from ftlib.plots.words import say

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_COLOUR = next(iter(STYLES.values())).colour
_MOST_BINS = 30


@styled
def predicted_against_true(
    true_numbers: Any, predicted_numbers: Any, name: str = "number", title: str | None = None, width: float = 4.7
) -> "Figure":
    """Draws what was predicted against what is true, a point for each example; on the diagonal both agree.

    Args:
        true_numbers, predicted_numbers: `(n,)`, in one unit. What is not finite is left out.
        name: What the numbers are, with their unit: `"weight (g)"`.
        title: What to see. Default None: no title, where the text around it has one.
        width: In inches; the picture is as high. Default 4.7: half a page.

    Returns:
        A Matplotlib figure.

    Raises:
        ValueError: For no numbers, or another number of predictions.

    Example:
    >>> figure = predicted_against_true([1, 2, 3], [1.2, 1.9, 2.6], "weight (g)")
    """
    true_values, predicted_values = _finite_pairs(true_numbers, predicted_numbers)
    fig = new_figure(width, width)
    ax = fig.subplots()
    both = np.concatenate([true_values, predicted_values])
    margin = 0.05 * (np.ptp(both) or 1)
    limits = (both.min() - margin, both.max() + margin)
    ax.plot(limits, limits, color=TEXT_COLOUR, linewidth=1, linestyle=(0, (4, 3)), zorder=1)
    opacity = float(np.clip(40 / len(true_values) ** 0.5 / 4, 0.25, 0.8))
    ax.scatter(true_values, predicted_values, color=_COLOUR, s=22, alpha=opacity, linewidth=0, zorder=2)
    ax.set(xlim=limits, ylim=limits, xlabel=say("True {name}", name=name), ylabel=say("Predicted {name}", name=name))
    _write_plain_numbers(ax.xaxis, ax.yaxis)
    ax.set_aspect("equal")
    write_title(fig, title)
    return fig


@styled
def residual_histogram(
    residuals: Any, name: str = "number", title: str | None = None, width: float = 4.7, height: float = 3.6
) -> "Figure":
    """Draws how many predictions are off by how much; left of the line at 0 they are too low.

    Args:
        residuals: Predicted less true, `(n,)`. What is not finite is left out.
        name: What the numbers are, with their unit: `"weight (g)"`.
        title: What to see. Default None: no title, where the text around it has one.
        width, height: In inches. Default: half a page.

    Returns:
        A Matplotlib figure.

    Raises:
        ValueError: For no numbers.

    Example:
    >>> figure = residual_histogram([-0.4, 0.1, 0.2, 0.3], "weight (g)")
    """
    values = _finite_row(residuals, "residuals")
    fig = new_figure(width, height)
    ax = fig.subplots()
    bin_count = int(np.clip(np.ceil(np.sqrt(len(values))), 5, _MOST_BINS))
    reach = float(np.abs(values).max()) or 1.0
    ax.hist(values, bins=list(np.linspace(-reach, reach, 2 * (bin_count // 2) + 1)), color=_COLOUR, alpha=0.75)
    ax.axvline(0, color=TEXT_COLOUR, linewidth=1)
    ax.axvline(values.mean(), color=TEXT_COLOUR, linewidth=1.4, linestyle=(0, (1, 2)))
    locator = ax.yaxis.get_major_locator()
    locator.set_params(integer=True)  # pyright: ignore[reportCallIssue] - a MaxNLocator; no half images
    _write_plain_numbers(ax.xaxis)
    x_label = say("Predicted less true {name}\n(dotted: the mean, {mean:.3g})", name=name, mean=values.mean())
    ax.set(xlabel=x_label, ylabel=say("Images"))
    write_title(fig, title)
    return fig


def _write_plain_numbers(*axes: Any) -> None:
    """Has an axis write few numbers as they are: one in common for all would stand where its label does."""
    for axis in axes:
        axis.get_major_locator().set_params(nbins=5)
        axis.set_major_formatter(lambda value, _: f"{value:.4g}")


def _finite_pairs(true_numbers: Any, predicted_numbers: Any) -> tuple[np.ndarray, np.ndarray]:
    true_values, predicted_values = (
        np.ravel(np.asarray(numbers, "float64")) for numbers in (true_numbers, predicted_numbers)
    )
    if len(true_values) != len(predicted_values):
        raise ValueError(
            f"Expected a prediction for each of {len(true_values)} numbers. Received: {len(predicted_values)}."
        )
    is_finite = np.isfinite(true_values) & np.isfinite(predicted_values)
    if not is_finite.any():
        raise ValueError("Expected at least one finite number with its prediction. Received: none.")
    return true_values[is_finite], predicted_values[is_finite]


def _finite_row(numbers: Sequence[float] | np.ndarray, what: str) -> np.ndarray:
    values = np.ravel(np.asarray(numbers, "float64"))
    values = values[np.isfinite(values)]
    if not len(values):
        raise ValueError(f"Expected {what}, at least one finite number. Received: none.")
    return values
