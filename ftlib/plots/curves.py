"""Learning curves, with a band over seeds and the phases of every strategy."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ftlib.plots.look import (
    LONGEST_STRATEGY,
    Style,
    assign_styles,
    format_percent_axis,
    new_figure,
    shorten_name,
    styled,
)
from ftlib.text import display_width, format_percent, format_seeds

if TYPE_CHECKING:
    from matplotlib.figure import Figure

History = Sequence[Mapping[str, Any]]  # one dict, or record, per epoch

_METRIC_NAMES = {
    "val_accuracy": "Validation accuracy",
    "val_macro_f1": "Validation macro-F1",
    "val_loss": "Validation loss",
    "val_mean_average_precision": "Validation mean average precision",
    "val_r2": "Validation R2",
    "accuracy": "Training accuracy",
    "loss": "Training loss",
    "rate": "Learning rate",
}
_TRAINING_STYLE = Style("#767676", "None", "--")  # beside a strategy's own validation curve
_LANE_HEIGHT = 0.26  # inches of a strategy's phases above the curves


class _PhaseSpan(NamedTuple):
    """When a phase trained, in updates."""

    name: str
    start: float
    end: float


@styled
def learning_curves(histories: Mapping[str, Sequence[History]], metric: str = "val_accuracy") -> "Figure":
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
    _check_histories(histories, metric)
    style_of_name = assign_styles(list(histories))
    phases_of_name = {name: _mean_phases(seed_histories) for name, seed_histories in histories.items()}
    has_lanes = max(map(len, phases_of_name.values())) > 1
    if has_lanes:
        fig = new_figure(7, 4.7 + (0.2 + _LANE_HEIGHT * len(phases_of_name)))
        lane_ax, ax = fig.subplots(2, 1, sharex=True, height_ratios=[_LANE_HEIGHT * len(phases_of_name), 3.6])
    else:
        fig = new_figure(7, 4.7)
        ax = lane_ax = fig.subplots()

    training_metric = metric.removeprefix("val_")
    has_training_curve = (
        len(histories) == 1
        and training_metric != metric
        and all(training_metric in epoch for epoch in _all_epochs(histories))
    )
    metric_name = _METRIC_NAMES.get(metric, metric)
    last_values = {}
    for name, seed_histories in histories.items():
        style = style_of_name[name]
        label = metric_name.lower() if has_training_curve else shorten_name(name, LONGEST_STRATEGY)
        last_values[name] = _draw_curve(ax, label, seed_histories, metric, style)
        for phase in phases_of_name[name][1:]:
            ax.axvline(phase.start, color=style.colour, linewidth=0.8, linestyle=(0, (1, 2)))
    if has_training_curve:
        (seed_histories,) = histories.values()
        label = _METRIC_NAMES.get(training_metric, training_metric).lower()
        _draw_curve(ax, label, seed_histories, training_metric, _TRAINING_STYLE)

    if _is_share(metric):
        format_percent_axis(ax.yaxis)
    seed_counts = [len(seed_histories) for seed_histories in histories.values()]
    x_label = "Training updates (batches)"
    if max(seed_counts) > 1:
        x_label += f"\nlines: mean of {format_seeds(seed_counts)}; bands: lowest to highest seed"
    y_label = metric_name.removeprefix("Validation ").capitalize() if has_training_curve else metric_name
    ax.set(xlabel=x_label, ylabel=y_label)
    ax.margins(x=0.02)
    fig.legend(*ax.get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False, handlelength=3.2)
    lane_ax.set_title(_title(last_values, metric, metric_name, max(seed_counts)))
    if has_lanes:
        _draw_lanes(lane_ax, phases_of_name, style_of_name)
    return fig


def _check_histories(histories, metric):
    if not histories or not all(seed_histories and all(seed_histories) for seed_histories in histories.values()):
        raise ValueError("Expected histories with at least one epoch each. Received: none, or an empty one.")
    for epoch in _all_epochs(histories):
        if metric not in epoch:
            known_metrics = ", ".join(sorted(key for key in epoch if key not in ("phase", "epoch", "update")))
            raise ValueError(f"Expected a metric of the histories: {known_metrics}. Received: metric={metric!r}.")


def _all_epochs(histories):
    return [epoch for seed_histories in histories.values() for history in seed_histories for epoch in history]


def _is_share(metric):
    return "accuracy" in metric or "f1" in metric or "precision" in metric


def _draw_curve(ax, label, seed_histories, metric, style):
    """Draws mean and band; returns the mean at the end."""
    updates = np.array(sorted({epoch["update"] for history in seed_histories for epoch in history}))
    first_common_update = max(history[0]["update"] for history in seed_histories)
    seed_values = np.array([_interpolate(history, metric, updates) for history in seed_histories])
    is_common = updates >= first_common_update
    updates, seed_values = updates[is_common], seed_values[:, is_common]
    means = seed_values.mean(0)
    ax.plot(
        updates,
        means,
        color=style.colour,
        marker=style.marker,
        markersize=6,
        markevery=max(1, len(updates) // 8),
        linestyle=style.line_style,
        linewidth=1.8,
        label=label,
    )
    if len(seed_histories) > 1:
        lowest, highest = seed_values.min(0), seed_values.max(0)
        ax.fill_between(updates, lowest, highest, color=style.colour, alpha=0.15, linewidth=0)
    return means[-1]


def _interpolate(history, metric, updates):
    """Returns a metric after each update: left of the first epoch there is nothing, right of the last it stays."""
    epoch_updates = [epoch["update"] for epoch in history]
    return np.interp(updates, epoch_updates, [epoch[metric] for epoch in history], left=np.nan)


def _mean_phases(seed_histories):
    """Returns the phases of a strategy: means over the seeds that had all phases."""
    seed_phases = [_find_phases(history) for history in seed_histories]
    most_phases = max(map(len, seed_phases))
    complete_phases = [phases for phases in seed_phases if len(phases) == most_phases]
    return [
        _PhaseSpan(
            same_phase[0].name,
            float(np.mean([phase.start for phase in same_phase])),
            float(np.mean([phase.end for phase in same_phase])),
        )
        for same_phase in zip(*complete_phases, strict=True)
    ]


def _find_phases(history):
    """Returns the phases of one run: each begins where the one before it ends."""
    phases = []
    for epoch in history:
        name, update = epoch.get("phase", ""), epoch["update"]
        if phases and phases[-1].name == name:
            phases[-1] = phases[-1]._replace(end=update)
        else:
            phases.append(_PhaseSpan(name, phases[-1].end if phases else 0, update))
    return phases


def _draw_lanes(ax, phases_of_name, style_of_name):
    ax.set_ylim(len(phases_of_name) - 0.5, -0.5)
    ax.set_yticks(range(len(phases_of_name)), [shorten_name(name, LONGEST_STRATEGY) for name in phases_of_name])
    ax.tick_params(length=0, labelbottom=False)
    ax.grid(visible=False)
    ax.spines[["left", "bottom"]].set_visible(False)
    ax.figure.draw_without_rendering()  # settles the layout: does a name fit the width?
    low, high = ax.get_xlim()
    points_per_update = ax.get_window_extent().width * 72 / ax.figure.dpi / (high - low)
    for lane, (name, phases) in enumerate(phases_of_name.items()):
        colour = style_of_name[name].colour
        for number, phase in enumerate(phases, start=1):
            length = phase.end - phase.start
            ax.barh(lane, length, left=phase.start, height=0.86, color=colour, alpha=0.2, linewidth=0)
            ax.vlines(phase.start, lane - 0.43, lane + 0.43, color=colour, linewidth=1.6)
            fits = display_width(phase.name) * 5.6 + 6 < length * points_per_update
            text = phase.name if fits else str(number)
            ax.annotate(text, (phase.start, lane), (4, 0), textcoords="offset points", va="center", fontsize=9)


def _title(last_values, metric, metric_name, most_seeds):
    is_loss = "loss" in metric
    best_name = (min if is_loss else max)(last_values, key=last_values.__getitem__)
    value = last_values[best_name]
    value_text = format_percent(value) if _is_share(metric) else f"{value:.3g}"
    name = shorten_name(best_name, LONGEST_STRATEGY)
    if len(last_values) == 1:
        return f"{name}: {metric_name.lower()} {value_text} after the last update"
    seeds = ", mean of the seeds" if most_seeds > 1 else ""
    return f"{name} ends {'lowest' if is_loss else 'highest'}: {metric_name.lower()} {value_text}{seeds}"
