"""The row that a run has in the record of a study: the columns of `ft.compare`, with what the study adds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ftlib as ft


def row_of_run(
    run: ft.Run,
    name: str,
    labels_per_class: int,
    cell: Mapping[str, Any] | None = None,
    scores: Mapping[str, Any] | None = None,
    rate_factor: float = 1.0,
    with_training: bool = False,
) -> dict[str, Any]:
    """Returns the row of a run, as a `Comparison` has it; the test split is looked at.

    Args:
        run: The run.
        name: What stands in the column `strategy`, by which rows are told apart.
        labels_per_class: Training examples per class.
        cell: Further columns that say what was run. They come behind the name. Default None: there are none.
        scores: Further columns that say what was found. They come last. Default None: there are none.
        rate_factor: By which the rates of the strategy were multiplied. Default 1.0: by none.
        with_training: Whether the accuracy on the examples that were trained on is a column. Default False: predicting
            them takes time.
    """
    row = {
        "strategy": name,
        **(cell or {}),
        "labels_per_class": labels_per_class,
        "updates": run.settings["updates"],
        "seed": run.seed,
        "rate_factor": rate_factor,
        "regularization": run.settings["regularization"],
        "updates_done": sum(phase.updates_done for phase in run.phases),
    }
    if with_training:
        row["train_accuracy"] = float((run.predictions("train").argmax(1) == run.task.train.labels).mean())
    for prefix, part in {"val": "validation", "test": "test"}.items():
        row |= {f"{prefix}_{score}": run.score(part)[score] for score in ("accuracy", "macro_f1")}
    return row | dict(scores or {})
