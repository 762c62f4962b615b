"""Learning curves, with a band over seeds and the phases of every strategy."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ftlib.plots.look import (
    LONGEST_STRATEGY,
    Style,
    assign_styles,
    format_score_axis,
    new_figure,
    shorten_name,
    styled,
)
from ftlib.plots.words import name_word, say, score_label, seeds_text
from ftlib.score import CLASSIFICATION_SCORES, Score
from ftlib.text import display_width

if TYPE_CHECKING:
    from matplotlib.figure import Figure

History = Sequence[Mapping[str, Any]]  # one dict, or record, per epoch

_KNOWN_SCORES = {
    **{score.name: score for score in CLASSIFICATION_SCORES},
    "rate": Score("rate", "Learning rate", high=None, unit=""),
}
_TRAINING_STYLE = Style("#767676", "None", "--")  # beside a strategy's own validation curve
_LANE_HEIGHT = 0.26  # inches of a strategy's phases above the curves


class _PhaseSpan(NamedTuple):
    """When a phase trained, in updates."""

    name: str
    start: float
    end: float


@styled
def learning_curves(
    histories: Mapping[str, Sequence[History]], metric: str = "val_accuracy", score: Score | None = None
) -> "Figure":
    """Draws how a metric develops over the updates, one line per strategy.

    The line is the mean over seeds, the band reaches from the lowest to the highest seed. A seed that stopped
    early keeps its last value. Above the curves stands what each strategy did when, phase by phase.

    Args:
        histories: Dict from a name to a list of histories, one per seed. A history is a list of dicts, one
            per epoch: `"update"` (cumulative over phases), `"phase"`, and the metrics. For a single name, the
            training curve is drawn beside the validation curve.
        metric: A key of the history's dicts, such as `"val_accuracy"`, `"val_loss"` or `"rate"`.
        score: What the metric means. Default None: accuracy, macro-F1 and losses are known; another is a plain number
            of which more is better.

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
    score = _known_score(metric) if score is None else score
    metric_name = _name_metric(metric, score)
    last_values = {}
    for name, seed_histories in histories.items():
        style = style_of_name[name]
        label = shorten_name(name, LONGEST_STRATEGY)
        if has_training_curve:
            label = say("validation {score}", score=score_label(score))
        last_values[name] = _draw_curve(ax, label, seed_histories, metric, style)
        for phase in phases_of_name[name][1:]:
            ax.axvline(phase.start, color=style.colour, linewidth=0.8, linestyle=(0, (1, 2)))
    if has_training_curve:
        (seed_histories,) = histories.values()
        label = say("training {score}", score=score_label(score))
        _draw_curve(ax, label, seed_histories, training_metric, _TRAINING_STYLE)

    format_score_axis(ax.yaxis, score)
    seed_counts = [len(seed_histories) for seed_histories in histories.values()]
    x_label = say("Training updates (batches)")
    if max(seed_counts) > 1:
        seeds = seeds_text(seed_counts)
        x_label += "\n" + say("lines: mean of {seeds}; bands: lowest to highest seed", seeds=seeds)
    y_label = score_label(score).capitalize() if has_training_curve else metric_name
    ax.set(xlabel=x_label, ylabel=y_label)
    ax.margins(x=0.02)
    fig.legend(*ax.get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False, handlelength=3.2)
    lane_ax.set_title(_title(last_values, score, metric_name, max(seed_counts)))
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


def _known_score(metric):
    name = metric.removeprefix("val_")
    return _KNOWN_SCORES.get(name, Score(name, name.replace("_", " ").capitalize(), low=None, high=None, unit=""))


def _name_metric(metric, score):
    if metric == "rate":
        return name_word(score.title)
    return say("Validation {score}" if metric.startswith("val_") else "Training {score}", score=score_label(score))


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


def _title(last_values, score, metric_name, most_seeds):
    value = max(last_values.values(), key=score.rank)
    best_names = [name for name, last_value in last_values.items() if np.isclose(last_value, value, rtol=1e-6)]
    value_text = score.format(value)
    measured = metric_name[:1].lower() + metric_name[1:]
    name = shorten_name(best_names[0], LONGEST_STRATEGY)
    if len(last_values) == 1:
        return say("{name}: {measured} {value} after the last update", name=name, measured=measured, value=value_text)
    end = f"{measured} {value_text}{say(', mean of the seeds') if most_seeds > 1 else ''}"
    height = "high" if score.higher_is_better else "low"
    if len(best_names) == 1:
        return say(f"{{name}} ends {height}est: {{end}}", name=name, end=end)
    others = say("{count} others", count=len(best_names) - 1)
    if len(best_names) == 2:
        others = shorten_name(best_names[1], LONGEST_STRATEGY)
    return say(f"{{name}} and {{others}} end equally {height}: {{end}}", name=name, others=others, end=end)
