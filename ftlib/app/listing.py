"""All runs below a folder, in one table; it loads neither Keras nor a model."""

import collections
import dataclasses
import os
import pathlib
import time
from typing import Any

from ftlib.app.run_files import read_json
from ftlib.app.run_folder import RunFolder
from ftlib.text import format_table

_DEPTH = 3  # folders below the one that is asked for


@dataclasses.dataclass
class RunSummary:
    """One run in a list of runs; None stands for what is not known.

    Attributes:
        run: Its folder.
        status: `"finished"`, `"running"`, `"stopped"` or `"damaged"`.
        created: When it began, as ISO 8601 text; empty if that is not known.
        data: Name of the folder or CSV file of its pictures.
        backbone, strategy: Names.
        validation_accuracy: From 0 to 1; None for what has no accuracy.
        accuracy: On the test pictures: a dict with `value`, `low` and `high`, the ends of the 95 % interval.
        score: Title of the headline score.
        unit: What follows it; `"%"` for a share.
        validation_score, test_score: The headline score, as `validation_accuracy` and `accuracy` are of accuracy.
        images: Number of test pictures.
    """

    run: str
    status: str = "finished"
    created: str = ""
    data: str | None = None
    backbone: str | None = None
    strategy: str | None = None
    validation_accuracy: float | None = None
    accuracy: dict[str, float | None] | None = None
    images: int | None = None
    score: str = "Accuracy"
    unit: str = "%"
    validation_score: float | None = None
    test_score: dict[str, float | None] | None = None

    def to_dict(self) -> dict[str, Any]:
        """Returns the summary as plain data."""
        return dataclasses.asdict(self)


def list_runs(folder: str | os.PathLike) -> list[RunSummary]:
    """Returns the runs below a folder, the newest first.

    Args:
        folder: The folder: of runs by `ftlib fit`, and by `ftlib.fit(..., run_dir=...)`.

    Raises:
        FileNotFoundError: If there is no such folder.
    """
    top_folder = pathlib.Path(folder)
    if not top_folder.is_dir():
        raise FileNotFoundError(f"There is no folder {str(top_folder)!r}. `ftlib fit FOLDER` writes runs into runs/.")

    summaries = []
    waiting_folders = collections.deque([(top_folder, 0)])
    visited_folders = set()
    while waiting_folders:
        current_folder, depth = waiting_folders.popleft()
        resolved_folder = current_folder.resolve()
        if resolved_folder in visited_folders:  # a link such as `latest`
            continue
        visited_folders.add(resolved_folder)
        if (current_folder / "config.json").is_file() or (current_folder / "run.json").is_file():
            summaries.append(_summarize(current_folder))
        elif depth < _DEPTH:
            waiting_folders.extend((subfolder, depth + 1) for subfolder in _subfolders(current_folder))
    return sorted(summaries, key=lambda summary: (summary.created, summary.run), reverse=True)


def _subfolders(folder: pathlib.Path) -> list[pathlib.Path]:
    """Returns the folders inside, links last; none where that may not be read, since it is not a run of ours."""
    try:
        entries = sorted(folder.iterdir(), key=lambda entry: (entry.is_symlink(), entry.name))
        return [entry for entry in entries if entry.is_dir() and not entry.name.startswith(".")]
    except PermissionError:
        return []


def _summarize(run_dir: pathlib.Path) -> RunSummary:
    summary = RunSummary(str(run_dir))
    try:
        if (run_dir / "config.json").is_file():
            _add_config(summary, RunFolder(run_dir))
        if (run_dir / "run.json").is_file():
            _add_record(summary, run_dir / "run.json")
        if (run_dir / "metrics.json").is_file():
            metrics = read_json(run_dir / "metrics.json")
            summary.accuracy = metrics.get("accuracy")
            summary.test_score = metrics["scores"][0] if "scores" in metrics else metrics["accuracy"]
            summary.images = metrics["images"]
    except (OSError, ValueError, KeyError, TypeError):
        summary.status = "damaged"
    return summary


def _add_config(summary: RunSummary, folder: RunFolder) -> None:
    summary.status = folder.status
    summary.created = folder.config.created
    summary.data = folder.config.data.name
    summary.backbone = folder.config.chosen_model.backbone
    summary.strategy = folder.config.chosen_training.strategy["name"]


def _add_record(summary: RunSummary, record_path: pathlib.Path) -> None:
    record = read_json(record_path)
    modified_at = time.localtime(record_path.stat().st_mtime)
    summary.created = summary.created or time.strftime("%Y-%m-%dT%H:%M:%S", modified_at)
    summary.data = summary.data or record["settings"]["task"]["name"]
    summary.strategy = summary.strategy or record["strategy"]
    headlines = record["settings"]["task"].get("scores")
    name = "accuracy"
    if headlines:
        name, summary.score, summary.unit = (headlines[0][key] for key in ("name", "title", "unit"))
    validation = record["scores"]["validation"]
    summary.validation_score, summary.validation_accuracy = validation[name], validation.get("accuracy")
    if "test" in record["scores"]:
        test = record["scores"]["test"]
        summary.test_score = {"value": test[name], "low": None, "high": None}
        if "accuracy" in test:
            summary.accuracy = {"value": test["accuracy"], "low": None, "high": None}


def format_runs(summaries: list[RunSummary], folder: str | os.PathLike) -> str:
    """Returns runs as a table."""
    if not summaries:
        return f"No runs in {folder}. `ftlib fit FOLDER` makes one."
    header = ("run", "status", "begun", "data", "backbone", "strategy", "val.", "test", "95 % interval")
    rows = [_cells(summary) for summary in summaries]
    if any(summary.score != "Accuracy" for summary in summaries):
        header = (*header, "score")
        rows = [(*row, summary.score) for row, summary in zip(rows, summaries, strict=True)]
    return format_table([header, *rows], right=(6, 7, 8))


def _cells(summary: RunSummary) -> tuple[str, ...]:
    test_score = summary.test_score or {}
    low = test_score.get("low")
    high = test_score.get("high")
    is_share = summary.unit == "%"
    interval = ""
    if low is not None and high is not None:
        interval = f"{100 * low:.1f} to {100 * high:.1f}" if is_share else f"{low:.3g} to {high:.3g}"
    return (
        summary.run,
        summary.status,
        summary.created[: len("YYYY-MM-DD")],  # the newest is first: more would be cut to fit the line
        summary.data or "",
        summary.backbone or "",
        summary.strategy or "",
        _score_text(summary.validation_score, summary.unit),
        _score_text(test_score.get("value"), summary.unit),
        interval,
    )


def _score_text(value: float | None, unit: str) -> str:
    if value is None:
        return ""
    return f"{100 * value:.1f} %" if unit == "%" else f"{value:.3g} {unit}".rstrip()
