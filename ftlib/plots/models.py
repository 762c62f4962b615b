"""Pictures of a model and of what it gets wrong."""

import numpy as np

from ftlib.plots.look import count, figure, letters, shorten, styled

_MAX_CELLS = 30  # classes; more would not be readable as a matrix
_STATES = {  # colour, hatch
    "trainable": ("#0072B2", None),
    "partly": ("#9CC9E6", ".."),
    "frozen": ("#E8E8E8", "///"),
}


@styled
def stage_picture(rows, title=None):
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
    if not rows:
        raise ValueError("Expected at least one stage, as from `Run.stage_rows()`. Received: no rows.")
    for row in rows:
        if row["state"] not in _STATES:
            states, stage = ", ".join(_STATES), row["stage"]
            raise ValueError(f"A stage is {states}. Received: state={row['state']!r} of {stage!r}.")
    from matplotlib.ticker import LogLocator, NullLocator

    fig = figure(7, 1.4 + 0.62 * len(rows))
    ax = fig.subplots()
    sizes = [max(row["params"], 1) for row in rows]
    left = 10 ** np.floor(np.log10(min(sizes)) - 0.5)
    right = max(sizes) * (max(sizes) / left) ** 0.33  # leaves a quarter of the width for the numbers
    side = ax.get_yaxis_transform()  # x in parts of the axes, y in rows
    for place, (row, size) in enumerate(zip(rows, sizes, strict=True)):
        colour, hatch = _STATES[row["state"]]
        ax.barh(place, size - left, left=left, height=0.6, color=colour, hatch=hatch, edgecolor="#4A4A4A")
        _write_beside(ax, f"{row['params']:,}", size, place)
        ax.text(1.02, place, _state_text(row), transform=side, va="center", fontsize=9)
        if place:
            ax.text(0.03, place - 0.5, "↓", transform=side, ha="center", va="center", fontsize=10)
    ax.set_xscale("log")
    ax.set_xlim(left, right)
    ax.xaxis.set_major_locator(LogLocator(numticks=7))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(lambda value, _: _short(value))
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.set_yticks(range(len(rows)), [_stage_text(row) for row in rows])
    ax.tick_params(axis="y", length=0)
    ax.grid(axis="y", visible=False)
    ax.set_xlabel("Weights of the stage (parameters, log scale)")
    frozen = [row for row in rows if row["state"] == "frozen"]
    total, still = sum(r["params"] for r in rows), sum(r["params"] for r in frozen)
    stages = count(len(rows), "stage")
    told = f"{len(frozen)} of {stages} frozen: {still:,} of {total:,} weights"
    if all(row["state"] == "trainable" for row in rows):
        told = f"Everything trains: {stages}, {total:,} weights"
    ax.set_title(title or told)
    return fig


def _write_beside(ax, text, x, y):
    ax.annotate(text, (x, y), (5, 0), textcoords="offset points", va="center", fontsize=9)


def _state_text(row):
    if row["state"] == "frozen":
        return "frozen"
    rate = "" if row.get("rate") is None else f"\nrate {row['rate']:.2g}"
    return ("trains" if row["state"] == "trainable" else "trains in part") + rate


def _stage_text(row):
    shape = row["output_shape"]
    sizes = [] if shape is None else [" x ".join("?" if size is None else str(size) for size in shape)]
    return f"{shorten(row['stage'], 28)}\n" + ", ".join([*sizes, count(row["layers"], "layer")])


def _short(value):
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:g}{letter}"
    return f"{value:g}"


def confused_pairs(matrix, class_names, limit=15):
    """Returns the most frequent confusions, `(true name, predicted name, count, share of the true class)`.

    Example:
    >>> confused_pairs([[8, 2], [1, 9]], ["cat", "dog"])
    [('cat', 'dog', 2, 0.2), ('dog', 'cat', 1, 0.1)]
    """
    matrix = np.array(matrix)
    off = matrix - np.diag(np.diag(matrix))
    order = np.argsort(-off, axis=None, kind="stable")[:limit]
    pairs = [tuple(map(int, divmod(at, len(matrix)))) for at in order]
    return [
        (class_names[t], class_names[p], int(off[t, p]), float(off[t, p] / matrix[t].sum()))
        for t, p in pairs
        if off[t, p] > 0
    ]


@styled
def confusion_matrix(matrix, class_names):
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
    matrix, n = np.asarray(matrix), len(class_names)
    if matrix.shape != (n, n):
        raise ValueError(f"Expected a matrix ({n}, {n}) for {n} class names. Received: shape {matrix.shape}.")
    names = [shorten(str(name)) for name in class_names]
    pairs = confused_pairs(matrix, names)
    right = f"{int(np.trace(matrix)):,} of {int(matrix.sum()):,} right"
    if n > _MAX_CELLS:
        return _draw_pairs(pairs, f"{right}; of {n} classes, the most confused pairs")
    for true, said, number, _ in pairs[:1]:
        right += f"; most confused:\ntrue {true}, said {said} ({count(number, 'time')})"
    share = matrix / np.maximum(matrix.sum(1, keepdims=True), 1)
    cell = 0.42 if n <= 12 else 0.31
    longest = max(map(letters, names))
    widest, turned = 0.085 * longest, longest > (3 if n <= 12 else 2)
    fig = figure(max(4.6, cell * n + 1.9 + widest), max(3.4, cell * n + 1.2 + (widest if turned else 0.2)))
    ax = fig.subplots()
    image = ax.imshow(share, cmap="Blues", vmin=0, vmax=1)
    for t, p in np.argwhere(matrix > 0):
        colour = "white" if share[t, p] > 0.5 else "#222222"
        ax.text(p, t, f"{matrix[t, p]}", ha="center", va="center", color=colour, fontsize=9)
    ax.set_xticks(range(n), names, rotation=90 if turned else 0)
    ax.set_yticks(range(n), names)
    ax.grid(visible=False)
    ax.set(xlabel="Predicted class", ylabel="True class")
    fig.suptitle(right, x=0.01, ha="left", fontsize=11)
    bar = fig.colorbar(image, ax=ax, shrink=0.8, label="Share of the true class")
    bar.ax.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f} %")
    return fig


def _draw_pairs(pairs, title):
    fig = figure(7, 1.4 + 0.32 * max(len(pairs), 1))
    ax = fig.subplots()
    ax.barh(range(len(pairs)), [pair[2] for pair in pairs], color="#0072B2")
    ax.set_yticks(range(len(pairs)), [f"true {true}, said {said}" for true, said, *_ in pairs])
    ax.set_ylim(max(len(pairs), 1) - 0.5, -0.5)
    for place, (*_, number, share) in enumerate(pairs):
        text = f"{number} ({100 * share:.0f} %)"
        _write_beside(ax, text, number, place)
    ax.margins(x=0.15)
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.grid(axis="y", visible=False)
    ax.set_xlabel("Number of mistakes (share of the true class)")
    ax.figure.suptitle(title, x=0.01, ha="left", fontsize=11)
    return fig


@styled
def mistakes(images, true, predicted, confidence, class_names, count=12):
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
    wrong = np.flatnonzero(true != predicted)
    shown = wrong[np.argsort(-confidence[wrong], kind="stable")][:count]
    if not len(shown):
        fig = figure(7, 0.5)
        fig.suptitle(f"No mistakes among {len(true):,} images", x=0.01, ha="left")
        return fig
    texts = []
    for i in shown:
        a, b = (shorten(str(class_names[index]), 16) for index in (true[i], predicted[i]))
        sure = f"({100 * confidence[i]:.0f} %)" if confidence[i] < 0.995 else "(over 99 %)"
        texts.append((f"true {a}", f"said {b} {sure}"))
    columns = min(4 if max(map(letters, sum(texts, ()))) <= 22 else 3, len(shown))
    lines = -(-len(shown) // columns)
    fig = figure(7 if columns > 2 else 5, 0.45 + 2.05 * lines)
    axes = fig.subplots(lines, columns, squeeze=False).ravel()
    for ax in axes:
        ax.axis("off")
    for ax, image, text in zip(axes, np.asarray(images[shown]), texts, strict=False):
        image = np.clip(image, 0, 255).astype("uint8")
        grey = image.ndim == 2 or image.shape[-1] == 1
        ax.imshow(image.reshape(image.shape[:2]) if grey else image, cmap="gray", vmin=0, vmax=255)
        ax.set_title("\n".join(text), fontsize=9, loc="center")
    some = f"The {len(shown)} surest of {len(wrong)}" if len(shown) < len(wrong) else f"All {len(wrong)}"
    fig.suptitle(f"{some} mistakes among {len(true):,} images", x=0.01, ha="left")
    return fig
