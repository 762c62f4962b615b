"""The sections that every report shares: how a model learned, what was done and proven, what it takes to repeat it."""

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ftlib import plots
from ftlib.report.page import data_table, figure_image, folded_details, heading, keep_together, paragraph
from ftlib.report.sentences import summarize_claims, summarize_proofs
from ftlib.score import ACCURACY, Score
from ftlib.text import format_span

if TYPE_CHECKING:
    from ftlib.evidence.run import Run


def opening(title: str, lead: str) -> list[str]:
    """Returns the date, the title, and the sentence for those who read no other."""
    date = paragraph(f"Report of ftlib, {time.strftime('%Y-%m-%d')}", "small")
    return [date, heading(title, 1), paragraph(lead, "lead")]


def learning_curves(
    histories: Mapping[str, Sequence[Sequence[Mapping[str, Any]]]], title: str, score: Score = ACCURACY
) -> str:
    """Returns the figure of how some strategies learned under its heading.

    Args:
        histories: Dict from the name of a strategy to one history per seed, as for `plots.learning_curves`.
        title: The heading.
        score: The headline score of the task.
    """
    metric = f"val_{score.name}"
    last_values = []
    for name, seed_histories in histories.items():
        mean = float(np.mean([history[-1][metric] for history in seed_histories]))
        last_values.append(f"{name} {score.format(mean)}")
    alt = f"Validation {score.label} over the updates. At the end: {', '.join(last_values)}."
    figure = plots.learning_curves(histories, metric=metric, score=score)
    return keep_together(heading(title), figure_image(figure, alt))


def phases_and_proofs(runs: Sequence["Run"]) -> list[str]:
    """Returns the phases of some runs as a table, and their proofs in a line for each, under one heading."""
    column_names = ["Strategy", "Phase", "Trains", "Weights", "Updates", "Rate", "Best epoch"]
    rows = [[run.strategy, *_phase_cells(phase)] for run in runs for phase in run.phases]
    number_columns = [3, 4, 5, 6]
    if len(runs) == 1:  # its name stands in the title
        column_names, rows = column_names[1:], [row[1:] for row in rows]
        number_columns = [column - 1 for column in number_columns]

    parts = [
        heading("What was done, and what holds"),
        data_table(column_names, rows, _phases_caption(runs), number_columns),
    ]
    proofs = [proof for run in runs for proof in run.proofs]
    if proofs:
        parts.append(paragraph(summarize_claims(proofs), "caption"))
    return parts + [_folded_proofs(run) for run in runs if run.proofs]


def _phase_cells(phase):
    updates = f"{phase['updates_done']:,} of {phase['updates']:,}"
    if phase["stopped"]:
        updates += ", stopped early"
    rate = f"{phase['rate']:g}"
    if phase.get("decay") not in (None, 1):
        rate += f", times {phase['decay']:g} per stage"
    best_epoch = phase["best_epoch"]
    if best_epoch == 0:
        best_epoch = "none, the start is kept"
    elif phase.get("epochs"):
        best_epoch = f"{best_epoch} of {phase['epochs']}"
    stages = format_span(phase["stages"], most_listed=2)
    return [phase["name"], stages, f"{phase['trainable']:,}", updates, rate, best_epoch]


def _phases_caption(runs):
    sentences = ["The phases of training. The optimizer's moments start fresh in each phase, whose best epoch is kept."]
    cached = [f"{phase['name']}: {phase['cache']}." for run in runs for phase in run.phases if phase.get("cache")]
    closing = [f"{record.description}." for run in runs for record in getattr(run, "closing", ())]
    return " ".join([*sentences, *dict.fromkeys(cached + closing)])


def _folded_proofs(run):
    rows = [[proof.name, "holds" if proof.holds else "BROKEN", proof.detail] for proof in run.proofs]
    caption = f"The claims of {run.strategy}, one by one."
    table = data_table(["Claim", "", "What was checked"], rows, caption)
    summary, broken_names = summarize_proofs(run.strategy, run.proofs)
    return folded_details(summary, broken_names, table, is_broken=bool(broken_names))


def model_stages(run: "Run") -> list[str]:
    """Returns the figure of a run's stages under its heading."""
    rows = run.stage_rows()
    states = ", ".join(f"{row['stage']} {row['state']}" for row in rows)
    alt = f"The stages of the model from input to output, in the last phase: {states}."
    text = paragraph(f"In the last phase of {run.strategy}, from input to output.")
    return [keep_together(heading("The model"), text, figure_image(plots.stage_picture(rows), alt))]


def settings_table(settings: Mapping[str, Any], title: str) -> list[str]:
    """Returns all settings, nested ones too, as a table under a heading."""
    rows = list(_setting_rows(settings))
    table = data_table(["Setting", "Value"], rows, "What it takes to repeat it.") if rows else ""
    return [heading(title), table]


def _setting_rows(settings: Mapping[str, Any], prefix: str = "") -> Iterator[list[Any]]:
    for key, value in settings.items():
        if isinstance(value, dict) and value:
            yield from _setting_rows(value, f"{prefix}{key}: ")
        elif isinstance(value, list) and value and all(isinstance(item, dict) for item in value):  # such as phases
            for number, item in enumerate(value, start=1):
                yield [f"{prefix}{key}: {number}", _format_record(item)]
        else:
            yield [f"{prefix}{key}", _format_setting(value)]


def _format_setting(value):
    """Returns a setting as it is read: a list without brackets and quotes, and a word for what is not set."""
    if isinstance(value, (list, tuple)):
        return "; ".join(str(_format_setting(item)) for item in value)
    return "none" if value is None else value


def _format_record(record):
    """Returns the values of a dict that are not None with their names, floats in three digits."""
    values = []
    for name, value in record.items():
        if value is not None:
            values.append(f"{name} {value:.3g}" if isinstance(value, float) else f"{name} {value}")
    return ", ".join(values)
