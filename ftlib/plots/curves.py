"""Learning curves, with a band over seeds and the phases of every strategy."""

import numpy as np

from ftlib.plots.look import (
    LONGEST_STRATEGY,
    figure,
    letters,
    percent,
    percent_axis,
    seed_text,
    shorten,
    styled,
    styles,
)

_NAMES = {
    "val_accuracy": "Validation accuracy",
    "val_macro_f1": "Validation macro-F1",
    "val_loss": "Validation loss",
    "accuracy": "Training accuracy",
    "loss": "Training loss",
    "rate": "Learning rate",
}


@styled
def learning_curves(histories, metric="val_accuracy"):
    """Draws how a metric develops over the updates, one line per strategy.

    The line is the mean over seeds, the band reaches from the lowest to the highest seed. A seed that stopped
    early keeps its last value. Above the curves stands what each strategy did when, phase by phase.

    Args:
        histories: Dict from a name to a list of histories, one per seed. A history is a list of dicts, one
            per epoch: `"update"` (cumulative over phases), `"phase"`, and the metrics. For a single name, the
            training curve is drawn beside the validation curve.
        metric: A key of the history's dicts, such as `"val_accuracy"`, `"val_loss"` or `"rate"`.

    Returns:
        A Matplotlib figure.

    Raises:
        ValueError: For no histories, an empty one, or one without the metric.

    Example:
    >>> first, then = {"phase": "head", "update": 20}, {"phase": "all", "update": 40}
    >>> history = [{**first, "val_loss": 1.2}, {**then, "val_loss": 0.7}]
    >>> figure = learning_curves({"lp_ft": [history]}, metric="val_loss")
    """
    _check(histories, metric)
    looks = styles(list(histories))
    spans = {name: _phases(runs) for name, runs in histories.items()}
    lanes = max(map(len, spans.values())) > 1
    fig = figure(7, 4.7 + lanes * (0.2 + 0.26 * len(spans)))
    if lanes:
        top, ax = fig.subplots(2, 1, sharex=True, height_ratios=[0.26 * len(spans), 3.6])
    else:
        ax = fig.subplots()
    training = metric.removeprefix("val_")
    both = len(histories) == 1 and training != metric and all(training in row for row in _epochs(histories))
    label, ends = _NAMES.get(metric, metric), {}
    for name, runs in histories.items():
        ends[name] = _draw(ax, label.lower() if both else shorten(name, LONGEST_STRATEGY), runs, metric, *looks[name])
        for _, start, _ in spans[name][1:]:
            ax.axvline(start, color=looks[name][0], linewidth=0.8, linestyle=(0, (1, 2)))
    if both:
        _draw(ax, _NAMES.get(training, training).lower(), runs, training, "#767676", None, "--")
    if "accuracy" in metric or "f1" in metric:
        percent_axis(ax.yaxis)
    seeds = [len(runs) for runs in histories.values()]
    how = f"\nlines: mean of {seed_text(seeds)}; bands: lowest to highest seed" if max(seeds) > 1 else ""
    axis = label.removeprefix("Validation ").capitalize() if both else label
    ax.set(xlabel=f"Training updates (batches){how}", ylabel=axis)
    ax.margins(x=0.02)
    fig.legend(*ax.get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False, handlelength=3.2)
    (top if lanes else ax).set_title(_title(ends, metric, label, max(seeds)))
    if lanes:
        _draw_phases(top, spans, looks)
    return fig


def _check(histories, metric):
    if not histories or not all(runs and all(runs) for runs in histories.values()):
        raise ValueError("Expected histories with at least one epoch each. Received: none, or an empty one.")
    for row in _epochs(histories):
        if metric not in row:
            known = ", ".join(sorted(key for key in row if key not in ("phase", "epoch", "update")))
            raise ValueError(f"Expected a metric of the histories: {known}. Received: metric={metric!r}.")


def _epochs(histories):
    return [row for runs in histories.values() for history in runs for row in history]


def _draw(ax, name, runs, metric, colour, marker, line):
    """Draws mean and band; returns the mean at the end."""
    at = np.array(sorted({row["update"] for history in runs for row in history}))
    values = [
        # Left of a seed's first epoch there is nothing; right of its last, that value stays.
        np.interp(at, [row["update"] for row in h], [row[metric] for row in h], left=np.nan)
        for h in runs
    ]
    values = np.array(values)[:, at >= max(history[0]["update"] for history in runs)]
    at = at[len(at) - values.shape[1] :]
    mean = values.mean(0)
    often = max(1, len(at) // 8)
    ax.plot(
        at,
        mean,
        color=colour,
        marker=marker,
        markersize=6,
        markevery=often,
        linestyle=line,
        linewidth=1.8,
        label=name,
    )
    if len(runs) > 1:
        ax.fill_between(at, values.min(0), values.max(0), color=colour, alpha=0.15, linewidth=0)
    return mean[-1]


def _phases(runs):
    """Returns `(name, start, end)` of each phase, in updates: means over the seeds that had all phases."""
    spans = []
    for history in runs:
        found = []
        for row in history:
            if not found or found[-1][0] != row.get("phase", ""):
                found.append([row.get("phase", ""), found[-1][2] if found else 0, 0])
            found[-1][2] = row["update"]
        spans.append(found)
    longest = max(map(len, spans))
    spans = [found for found in spans if len(found) == longest]
    return [
        (same[0][0], np.mean([start for _, start, _ in same]), np.mean([end for _, _, end in same]))
        for same in zip(*spans, strict=True)
    ]


def _draw_phases(ax, spans, looks):
    ax.set_ylim(len(spans) - 0.5, -0.5)
    ax.set_yticks(range(len(spans)), [shorten(name, LONGEST_STRATEGY) for name in spans])
    ax.tick_params(length=0, labelbottom=False)
    ax.grid(visible=False)
    ax.spines[["left", "bottom"]].set_visible(False)
    ax.figure.draw_without_rendering()  # settles the layout: does a name fit the width?
    low, high = ax.get_xlim()
    width = ax.get_window_extent().width * 72 / ax.figure.dpi / (high - low)  # points per update
    for lane, (name, phases) in enumerate(spans.items()):
        for number, (phase, start, end) in enumerate(phases, start=1):
            colour = looks[name][0]
            ax.barh(lane, end - start, left=start, height=0.86, color=colour, alpha=0.2, linewidth=0)
            ax.vlines(start, lane - 0.43, lane + 0.43, color=colour, linewidth=1.6)
            text = phase if letters(phase) * 5.6 + 6 < (end - start) * width else str(number)
            ax.annotate(text, (start, lane), (4, 0), textcoords="offset points", va="center", fontsize=9)


def _title(ends, metric, label, seeds):
    shown = percent if "accuracy" in metric or "f1" in metric else "{:.3g}".format
    if len(ends) == 1:
        (name, value), *_ = ends.items()
        return f"{shorten(name, LONGEST_STRATEGY)}: {label.lower()} {shown(value)} after the last update"
    name = (min if "loss" in metric else max)(ends, key=ends.get)
    where = "lowest" if "loss" in metric else "highest"
    mean = ", mean of the seeds" if seeds > 1 else ""
    return f"{shorten(name, LONGEST_STRATEGY)} ends {where}: {label.lower()} {shown(ends[name])}{mean}"
