"""Pictures of a model and of what it gets wrong."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ftlib.plots.look import name_rows, new_figure, shorten_name, styled, widest_of, write_beside
from ftlib.plots.words import confidence_text, count_text, say

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MOST_CLASSES = 30  # of a matrix; more would not be readable
_MANY_CLASSES = 12  # of a matrix; more take smaller cells


class _StateLook(NamedTuple):
    """How a stage looks that is frozen or trains."""

    colour: str
    hatch: str | None


_STATES = {
    "trainable": _StateLook("#0072B2", None),
    "partly": _StateLook("#9CC9E6", ".."),
    "frozen": _StateLook("#E8E8E8", "///"),
}


class ConfusedPair(NamedTuple):
    """How many images of a class were taken for another, and which share of the class they are."""

    true_name: str
    predicted_name: str
    image_count: int
    share: float


@styled
def stage_picture(rows: Sequence[Mapping[str, Any]], title: str | None = None) -> "Figure":
    """Draws the stages of a model from input to output: size, output, and what trains at which rate.

    Args:
        rows: One dict per stage, the input's first, as from `Run.stage_rows()`: `"stage"`, `"output_shape"` (without
            the batch axis, or None), `"params"` (number of weights), `"layers"` (number), `"state"` (`"frozen"`,
            `"trainable"` or `"partly"`) and, if known, `"rate"` (a float).
        title: A title. Default None: how many stages and weights are frozen.

    Returns:
        A Matplotlib figure.

    Raises:
        ValueError: For no rows, or a state that is none of the three.

    Example:
    >>> stem = {"stage": "stem", "output_shape": (16, 16, 32), "params": 288, "layers": 3}
    >>> figure = stage_picture([{**stem, "state": "frozen", "rate": None}])
    """
    _check_stages(rows)
    from matplotlib.ticker import LogLocator, NullLocator

    fig = new_figure(7, 1.4 + 0.62 * len(rows))
    ax = fig.subplots()
    sizes = [max(row["params"], 1) for row in rows]
    left = 10 ** np.floor(np.log10(min(sizes)) - 0.5)
    right = max(sizes) * (max(sizes) / left) ** 0.33  # leaves a quarter of the width for the numbers
    beside_axes = ax.get_yaxis_transform()  # x in parts of the axes, y in rows
    for place, (row, size) in enumerate(zip(rows, sizes, strict=True)):
        colour, hatch = _STATES[row["state"]]
        ax.barh(place, size - left, left=left, height=0.6, color=colour, hatch=hatch, edgecolor="#4A4A4A")
        write_beside(ax, f"{row['params']:,}", size, place)
        ax.text(1.02, place, _state_text(row), transform=beside_axes, va="center", fontsize=9)
        if place:
            ax.text(0.03, place - 0.5, "↓", transform=beside_axes, ha="center", va="center", fontsize=10)
    ax.set_xscale("log")
    ax.set_xlim(left, right)
    ax.xaxis.set_major_locator(LogLocator(numticks=7))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(lambda value, _: _format_short(value))
    name_rows(ax, [_stage_text(row) for row in rows])
    ax.set_xlabel(say("Weights of the stage (parameters, log scale)"))
    ax.set_title(title or _count_frozen(rows))
    return fig


def _check_stages(rows):
    if not rows:
        raise ValueError("Expected at least one stage, as from `Run.stage_rows()`. Received: no rows.")
    for row in rows:
        if row["state"] not in _STATES:
            states = ", ".join(_STATES)
            raise ValueError(f"A stage is {states}. Received: state={row['state']!r} of {row['stage']!r}.")


def _count_frozen(rows):
    """Returns in words how many stages and weights are frozen."""
    stages = count_text(len(rows), "stage")
    weight_count = sum(row["params"] for row in rows)
    if all(row["state"] == "trainable" for row in rows):
        return say("Everything trains: {stages}, {weights:,} weights", stages=stages, weights=weight_count)
    frozen_sizes = [row["params"] for row in rows if row["state"] == "frozen"]
    return say(
        "{count} of {stages} frozen: {frozen:,} of {weights:,} weights",
        count=len(frozen_sizes),
        stages=stages,
        frozen=sum(frozen_sizes),
        weights=weight_count,
    )


def _state_text(row):
    if row["state"] == "frozen":
        return say("frozen")
    state = say("trains") if row["state"] == "trainable" else say("trains in part")
    return state if row.get("rate") is None else f"{state}\n{say('rate {rate:.2g}', rate=row['rate'])}"


def _stage_text(row):
    layers = count_text(row["layers"], "layer")
    if row["output_shape"] is not None:
        shape = " x ".join("?" if size is None else str(size) for size in row["output_shape"])
        layers = f"{shape}, {layers}"
    return f"{shorten_name(row['stage'], 28)}\n{layers}"


def _format_short(value):
    for unit_size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= unit_size:
            return f"{value / unit_size:g}{letter}"
    return f"{value:g}"


def confused_pairs(matrix: Any, class_names: Sequence[str], limit: int = 15) -> list[ConfusedPair]:
    """Returns the most frequent confusions, `(true name, predicted name, count, share of the true class)`.

    Args:
        matrix: Counts, `(classes, classes)`: true class in rows, predicted class in columns.
        class_names: One string per class.
        limit: How many pairs, at most.

    Example:
    >>> [tuple(pair) for pair in confused_pairs([[8, 2], [1, 9]], ["cat", "dog"])]
    [('cat', 'dog', 2, 0.2), ('dog', 'cat', 1, 0.1)]
    """
    matrix = np.array(matrix)
    mistakes_only = matrix - np.diag(np.diag(matrix))
    pairs = []
    for place in np.argsort(-mistakes_only, axis=None, kind="stable")[:limit]:
        true_class, predicted_class = map(int, divmod(place, len(matrix)))
        pair_count = int(mistakes_only[true_class, predicted_class])
        if pair_count > 0:
            share = float(mistakes_only[true_class, predicted_class] / matrix[true_class].sum())
            pairs.append(ConfusedPair(class_names[true_class], class_names[predicted_class], pair_count, share))
    return pairs


@styled
def confusion_matrix(matrix: Any, class_names: Sequence[str]) -> "Figure":
    """Draws which classes are taken for which: counts as numbers, shares of the true class as shades.

    Of more than 30 classes, a matrix cannot be read; then the most confused pairs are drawn, and the title
    says so.

    Args:
        matrix: Counts, `(classes, classes)`: true class in rows, predicted class in columns.
        class_names: One string per class.

    Returns:
        A Matplotlib figure.

    Raises:
        ValueError: For a matrix that is not square or does not fit the names.

    Example:
    >>> figure = confusion_matrix([[8, 2], [1, 9]], ["cat", "dog"])
    """
    counts, num_classes = np.asarray(matrix), len(class_names)
    if counts.shape != (num_classes, num_classes):
        raise ValueError(
            f"Expected a matrix ({num_classes}, {num_classes}) for {num_classes} class names. Received: shape "
            f"{counts.shape}."
        )
    names = [shorten_name(str(name)) for name in class_names]
    pairs = confused_pairs(counts, names)
    title = say("{right:,} of {count:,} right", right=int(np.trace(counts)), count=int(counts.sum()))
    if num_classes > _MOST_CLASSES:
        return _draw_pairs(pairs, title + say("; of {count} classes, the most confused pairs", count=num_classes))
    if pairs:
        worst = pairs[0]
        title += say(
            "; most confused:\ntrue {true}, said {said} ({times})",
            true=worst.true_name,
            said=worst.predicted_name,
            times=count_text(worst.image_count, "time"),
        )

    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    cell_size = 0.42 if num_classes <= _MANY_CLASSES else 0.31
    name_letters = widest_of(names)
    name_length = 0.085 * name_letters
    is_turned = name_letters > (3 if num_classes <= _MANY_CLASSES else 2)
    width = max(4.6, cell_size * num_classes + 1.9 + name_length)
    height = max(3.4, cell_size * num_classes + 1.2 + (name_length if is_turned else 0.2))
    fig = new_figure(width, height)
    ax = fig.subplots()
    image = ax.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for true_class, predicted_class in np.argwhere(counts > 0):
        colour = "white" if shares[true_class, predicted_class] > 0.5 else "#222222"
        text = f"{counts[true_class, predicted_class]}"
        ax.text(predicted_class, true_class, text, ha="center", va="center", color=colour, fontsize=9)
    ax.set_xticks(range(num_classes), names, rotation=90 if is_turned else 0)
    ax.set_yticks(range(num_classes), names)
    ax.grid(visible=False)
    ax.set(xlabel=say("Predicted class"), ylabel=say("True class"))
    fig.suptitle(title, x=0.01, ha="left", fontsize=11)
    bar = fig.colorbar(image, ax=ax, shrink=0.8, label=say("Share of the true class"))
    bar.ax.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f} %")
    return fig


def _draw_pairs(pairs, title):
    fig = new_figure(7, 1.4 + 0.32 * max(len(pairs), 1))
    ax = fig.subplots()
    ax.barh(range(len(pairs)), [pair.image_count for pair in pairs], color="#0072B2")
    name_rows(ax, [say("true {true}, said {said}", true=pair.true_name, said=pair.predicted_name) for pair in pairs])
    for place, pair in enumerate(pairs):
        write_beside(ax, f"{pair.image_count} ({100 * pair.share:.0f} %)", pair.image_count, place)
    ax.margins(x=0.15)
    locator = ax.xaxis.get_major_locator()
    locator.set_params(integer=True)  # pyright: ignore[reportCallIssue] - a MaxNLocator
    ax.set_xlabel(say("Number of mistakes (share of the true class)"))
    fig.suptitle(title, x=0.01, ha="left", fontsize=11)
    return fig


@styled
def mistakes(
    images: Any, true: Any, predicted: Any, confidence: Any, class_names: Sequence[Any], count: int = 12
) -> "Figure":
    """Draws the mistakes that the model was surest of.

    Args:
        images: Pixels 0-255, `(n, height, width, 1 or 3)`: whatever an array of integers can index.
        true: True class indices, `(n,)`.
        predicted: Predicted class indices, `(n,)`.
        confidence: The probability that the model gave to its prediction, `(n,)`, 0 to 1.
        class_names: One string per class.
        count: At most so many images. Default 12: three rows of four.

    Returns:
        A Matplotlib figure; one that says so, where there is no mistake.

    Raises:
        ValueError: If the four do not have the same length.

    Example:
    >>> pixels = np.zeros((2, 8, 8, 1), "uint8")
    >>> figure = mistakes(pixels, [3, 1], [8, 1], [0.97, 0.99], [str(i) for i in range(10)])
    """
    true, predicted, confidence = map(np.asarray, (true, predicted, confidence))
    lengths = len(images), len(true), len(predicted), len(confidence)
    if len(set(lengths)) > 1:
        raise ValueError(f"images, true, predicted and confidence need the same length. Received: {lengths}.")
    wrong_indices = np.flatnonzero(true != predicted)
    shown_indices = wrong_indices[np.argsort(-confidence[wrong_indices], kind="stable")][:count]
    if not len(shown_indices):
        fig = new_figure(7, 0.5)
        fig.suptitle(say("No mistakes among {count:,} images", count=len(true)), x=0.01, ha="left")
        return fig

    titles = [
        _mistake_title(class_names[true[index]], class_names[predicted[index]], confidence[index])
        for index in shown_indices
    ]
    most_columns = 4 if widest_of(line for title in titles for line in title.split("\n")) <= 22 else 3
    columns = min(most_columns, len(shown_indices))
    row_count = math.ceil(len(shown_indices) / columns)
    fig = new_figure(7 if columns > 2 else 5, 0.45 + 2.05 * row_count)
    axes = fig.subplots(row_count, columns, squeeze=False).ravel()
    for ax in axes:
        ax.axis("off")
    for ax, image, title in zip(axes, np.asarray(images[shown_indices]), titles, strict=False):
        pixels = np.clip(image, 0, 255).astype("uint8")
        is_grey = pixels.ndim == 2 or pixels.shape[-1] == 1
        ax.imshow(pixels.reshape(pixels.shape[:2]) if is_grey else pixels, cmap="gray", vmin=0, vmax=255)
        ax.set_title(title, fontsize=9, loc="center")
    template = "All {wrong} mistakes among {count:,} images"
    if len(shown_indices) < len(wrong_indices):
        template = "The {shown} surest of {wrong} mistakes among {count:,} images"
    title = say(template, shown=len(shown_indices), wrong=len(wrong_indices), count=len(true))
    fig.suptitle(title, x=0.01, ha="left")
    return fig


def _mistake_title(true_name, predicted_name, probability):
    true_text, predicted_text = shorten_name(str(true_name), 16), shorten_name(str(predicted_name), 16)
    confidence = confidence_text(probability)
    return say("true {true}\nsaid {said} ({confidence})", true=true_text, said=predicted_text, confidence=confidence)
