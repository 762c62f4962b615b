"""A report to hand over: one HTML file with everything in it."""

import os
import pathlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from ftlib.language import fixed_language
from ftlib.report.compose import RunFolderDetails, compose_comparison, compose_run, compose_run_folder
from ftlib.report.page import require_file_path

if TYPE_CHECKING:
    from ftlib.evidence.advisor import Advice
    from ftlib.evidence.comparison import Comparison
    from ftlib.evidence.run import Run
    from ftlib.tasks.task import Task

__all__ = ["write_model_report", "write_report"]


@fixed_language("en")
def write_report(
    result: "Run | Comparison",
    path: str | os.PathLike,
    task: "Task | None" = None,
    recorded: "Comparison | None" = None,
    recorded_in: str | os.PathLike = "results/digits.json",
) -> pathlib.Path:
    """Writes a report: one HTML file that needs no network, no scripts and no other file.

    It holds the headline with its interval, pictures, how each strategy trained, the proofs, the mistakes,
    and the settings to repeat it. The file appears whole or not at all; one that is there stays until then.
    For a `Run` whose test accuracy was not evaluated yet, this evaluates it.

    Args:
        result: A `Run` or a `Comparison`.
        path: The file to write, such as `"report.html"`. Its folder is made if it is missing.
        task: The `Task` of a run that was loaded without its data. Default None: then what needs images is
            left out, and the report says so.
        recorded: A `Comparison` measured earlier, shown beside a live one and marked as recorded.
        recorded_in: Where `recorded` comes from, for its mark.

    Returns:
        The `pathlib.Path` of the file.

    Raises:
        TypeError: For a result that is neither a `Run` nor a `Comparison`.
        ValueError: For a path that is a folder.

    Example:
    >>> row = {"strategy": "full", "labels_per_class": 10, "updates": 300, "rate_factor": 1}
    >>> row |= {f"{part}_{score}": 0.96 for part in ("test", "val") for score in ("accuracy", "macro_f1")}
    >>> result = ft.Comparison({}, [{**row, "seed": seed} for seed in range(3)])
    >>> write_report(result, "report.html").name
    'report.html'
    """
    file_path = require_file_path(path)
    if hasattr(result, "table"):
        report = compose_comparison(cast("Comparison", result), recorded, recorded_in)
    elif hasattr(result, "phases"):
        report = compose_run(cast("Run", result), task)
    else:
        raise TypeError(f"Expected a Run or a Comparison. Received: {type(result).__name__}.")
    return report.write(file_path)


@fixed_language("en")
def write_model_report(  # noqa: PLR0913 - options with defaults
    run: "Run",
    path: str | os.PathLike,
    findings: Sequence[str | Mapping[str, str]] | None = None,
    groups: Mapping[str, Sequence[Any]] | None = None,
    advice: "Advice | str | Sequence[str] | None" = None,
    exports: Sequence[Mapping[str, Any]] | None = None,
    card: Mapping[str, str] | None = None,
    command: str | None = None,
    players: bool = True,
) -> pathlib.Path:
    """Writes the report for whoever gets the model of a run: what it can do, where it fails, and what it is.

    It is made for reading on a screen, on a phone and on paper, and needs no network, no scripts and no other file.
    For a run whose test accuracy was not evaluated yet, this evaluates it. The file appears whole or not at all; one
    that is there stays until then.

    Args:
        run: A `Run`. With its task the report is complete; loaded without, it gives the recorded numbers, and says so.
        path: The file to write, such as `"report.html"`. Its folder is made if it is missing.
        findings: What the check of the data found: sentences, or dicts with `"text"` and `"level"`, of which "note"
            is the lowest, as from `inspect_data(...).to_dict()`. Default None: the notes of the task.
        groups: Dict from the name of a grouping (`"camera"`) to one group per test image, in their order. Default
            None: the task's own groups, if it has any, and dark and bright images.
        advice: Why this strategy: an `Advice`, or sentences. Default None: the report does not explain it.
        exports: Rows of `export(...)`, or of `load_exports(folder)`, for a table of sizes and latencies.
        card: Dict of more rows of the model card, or of other texts for its rows, such as
            `{"Backbone": "MobileNetV2", "Intended use": "...", "Contact": "..."}`.
        command: The command that repeats the run.
        players: Whether the page of a run on sounds holds some of its test sounds, to be played. Default True; use
            False where nobody else may hear the voices.

    Returns:
        The `pathlib.Path` of the file.

    Raises:
        ValueError: For a path that is a folder, or another number of groups than of test images.

    Example:
    >>> task = ft.load_task("digits", labels_per_class=10)
    >>> model = ft.classifier(ft.load_backbone("glyphnet"), task.num_classes)
    >>> run = ft.fit(model, task, "feature_extraction", updates=60, verbose=False)
    >>> write_model_report(run, "report.html", card={"Contact": "the mail room"}).name
    'report.html'
    """
    file_path = require_file_path(path)
    details = RunFolderDetails(findings, groups, advice, exports, card or {}, command, players)
    return compose_run_folder(run, details).write(file_path)
