"""All runs below a folder, in one table; it loads neither Keras nor a model."""

import contextlib
import pathlib
import time

from ftlib.app.run_files import read_json
from ftlib.app.run_folder import RunFolder
from ftlib.text import format_table

_DEPTH = 3  # folders below the one that is asked for


def list_runs(folder):
    """Returns the runs below a folder, the newest first.

    Args:
        folder: The folder: of runs by `ftlib fit`, and by `ftlib.fit(..., run_dir=...)`.

    Returns:
        One dict per run: `run`, its path; `status`; `created`; `data`; `backbone`; `strategy`; `validation_accuracy`;
        `accuracy` on test, with `value`, `low` and `high`; None for what is not known.

    Raises:
        FileNotFoundError: If there is no such folder.
    """
    folder = pathlib.Path(folder)
    if not folder.is_dir():
        raise FileNotFoundError(f"There is no folder {str(folder)!r}. `ftlib fit FOLDER` writes runs into runs/.")
    found, todo, seen = [], [(folder, 0)], set()
    while todo:
        place, depth = todo.pop(0)
        if place.resolve() in seen:  # a link such as `latest`
            continue
        seen.add(place.resolve())
        if (place / "config.json").is_file() or (place / "run.json").is_file():
            found.append(_row(place))
        elif depth < _DEPTH:
            with contextlib.suppress(PermissionError):  # what may not be read is no run of ours
                inner = sorted(place.iterdir(), key=lambda entry: (entry.is_symlink(), entry.name))
                todo += [(entry, depth + 1) for entry in inner if entry.is_dir() and entry.name[0] != "."]
    return sorted(found, key=lambda row: (row["created"], row["run"]), reverse=True)


def _row(place):
    row = dict.fromkeys(("created", "data", "backbone", "strategy", "validation_accuracy", "accuracy", "images"))
    row |= {"run": str(place), "status": "finished", "created": ""}
    try:
        if (place / "config.json").is_file():
            run = RunFolder(place)
            row |= {
                "status": run.status,
                "created": run.config["created"],
                "data": run.config["data"]["name"],
                "backbone": run.config["model"]["backbone"],
                "strategy": run.config["training"]["strategy"]["name"],
            }
        if (place / "run.json").is_file():
            record = read_json(place / "run.json")
            when = time.strftime("%Y-%m-%dT%H:%M:%S", time.localtime((place / "run.json").stat().st_mtime))
            row["created"] = row["created"] or when
            row["data"] = row["data"] or record["settings"]["task"]["name"]
            row["strategy"] = row["strategy"] or record["strategy"]
            row["validation_accuracy"] = record["scores"]["validation"]["accuracy"]
            if "test" in record["scores"]:
                row["accuracy"] = {"value": record["scores"]["test"]["accuracy"], "low": None, "high": None}
        if (place / "metrics.json").is_file():
            metrics = read_json(place / "metrics.json")
            row |= {"accuracy": metrics["accuracy"], "images": metrics["images"]}
    except (OSError, ValueError, KeyError, TypeError):
        row["status"] = "damaged"
    return row


def listed(rows, folder):
    """Returns runs as a table."""
    if not rows:
        return f"No runs in {folder}. `ftlib fit FOLDER` makes one."
    head = ("run", "status", "begun", "data", "backbone", "strategy", "validation", "test", "95 % interval")
    cells = [head]
    for row in rows:
        test = row["accuracy"]
        ends = "" if test is None or test["low"] is None else f"{100 * test['low']:.1f} to {100 * test['high']:.1f}"
        cells.append(
            (
                row["run"],
                row["status"],
                row["created"][:16].replace("T", " "),
                row["data"] or "",
                row["backbone"] or "",
                row["strategy"] or "",
                _percent(row["validation_accuracy"]),
                _percent(test and test["value"]),
                ends,
            )
        )
    return format_table(cells, right=(6, 7, 8))


def _percent(value):
    return "" if value is None else f"{100 * value:.1f} %"
