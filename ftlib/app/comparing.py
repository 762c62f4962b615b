"""`ftlib run`: three ways of training compared, live, on several cores at once."""

from __future__ import annotations

import argparse
import pathlib
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ftlib.app.console import Console, quiet_stderr
from ftlib.files import written_whole
from ftlib.language import fixed_language
from ftlib.records import records_folder
from ftlib.text import format_command, format_count, format_percent, wrap_text

if TYPE_CHECKING:
    from ftlib.evidence.comparison import Comparison
    from ftlib.strategies.regularization import Regularization
    from ftlib.strategies.strategy import Strategy
    from ftlib.tasks.task import Task

DEFAULT_TASK, DEFAULT_BACKBONE = "digits", "glyphnet"
STRATEGIES = ("scratch", "feature_extraction_long", "lp_ft")
RECORDED = records_folder("results") / "digits.json"


class _Setup(NamedTuple):
    """What is compared, after everything that can be wrong with it was looked at.

    Attributes:
        strategies: The strategies, with the learning rates that are used.
        backbone: Name or file of the backbone.
        regularization: The `Regularization`.
        task: The `Task`.
        recorded: The recorded comparison of the same task and backbone, or None.
    """

    strategies: list[Strategy]
    backbone: str
    regularization: Regularization
    task: Task
    recorded: Comparison | None


def run_comparison(args: argparse.Namespace) -> int:
    """Does what the arguments of `ftlib run` say, and returns its exit code."""
    from ftlib.app.grid import run_cells, workers
    from ftlib.strategies.regularization import Regularization

    started_at = time.time()
    console = Console()
    _require_arguments(args)
    strategies = _strategies(args.strategies, args.updates)
    regularization = Regularization.preset(args.regularization)
    job_count = _count_jobs(args)
    with quiet_stderr(), workers(job_count) as pool:
        from ftlib.evidence.comparison import Comparison

        with console.sign_of_life():  # the first run takes longest
            setup = _set_up(args, strategies, regularization, console)
            cells = _cells(setup, args)
            order = _quickest_then_longest(cells)
            parts = {}
            for i, part in run_cells([cells[i] for i in order], _compare_cell, pool):
                parts[order[i]] = part
                console.say(_describe_cell(part.rows[0], len(parts), len(cells), time.time() - started_at))
    comparison = Comparison.merge([parts[i] for i in range(len(cells))])
    console.say(f"\n{comparison}\n")
    out = args.out or pathlib.Path("runs") / setup.task.name
    with quiet_stderr():
        file_names = _write_results(comparison, out, setup, args.labels)
    console.say(_describe_results(args, out, file_names, setup.strategies[-1].name, time.time() - started_at))
    return 0


def _require_arguments(args: argparse.Namespace) -> None:
    if min(args.labels, args.seeds, args.updates, args.jobs) < 1:
        raise ValueError("--labels, --seeds, --updates and --jobs are at least 1.")
    if args.out and args.out.exists() and not args.out.is_dir():
        raise ValueError(f"--out is a folder. Received: the file {args.out}.")


def _count_jobs(args: argparse.Namespace) -> int:
    """Returns how many processes have something to do."""
    return min(args.jobs, len(args.strategies) * args.seeds)


def _set_up(
    args: argparse.Namespace, strategies: list[Strategy], regularization: Regularization, console: Console
) -> _Setup:
    """Looks at everything else that can be wrong with the arguments, before anything is trained."""
    from ftlib.models.backbones import check_backbone, load_backbone
    from ftlib.tasks.registry import load_task

    backbone_name = str(check_backbone(args.backbone))
    task = load_task(args.task, args.labels, 0)
    recorded = _recorded_comparison(task, backbone_name, regularization)
    backbone = load_backbone(backbone_name)
    task.for_backbone(backbone)
    for note in task.notes:
        console.say(f"note: {note}")
    parameters = format_count(backbone.count_params(), "parameter")
    console.say(f"{task}\n{backbone_name}: {parameters}; regularization {args.regularization.lower()}")
    tuned_factors = _tuned_factors(recorded, args.labels, args.updates, regularization)
    if tuned_factors:
        strategies = [strategy.scaled(tuned_factors.get(strategy.name, 1)) for strategy in strategies]
        console.say(f"learning rates: those that validation chose in results/{RECORDED.name}")
    console.say(
        f"{len(strategies)} strategies x {args.seeds} seeds, {args.updates} updates each, "
        f"{_count_jobs(args)} at a time:\n"
    )
    return _Setup(strategies, backbone_name, regularization, task, recorded)


def _strategies(names: Sequence[str], updates: int) -> list[Strategy]:
    from ftlib.strategies.strategy import get_strategy

    strategies = [get_strategy(name) for name in names]
    strategy_names = [strategy.name for strategy in strategies]
    if len(set(strategy_names)) < len(strategy_names):
        raise ValueError(f"Name each strategy only once. Received: --strategies {' '.join(strategy_names)}.")
    for strategy in strategies:
        strategy.plan(updates)  # raises where there are too few
    return strategies


def _recorded_comparison(task: Task, backbone_name: str, regularization: Regularization) -> Comparison | None:
    from ftlib.evidence.comparison import load_comparison
    from ftlib.strategies.regularization import PRESETS

    is_recorded = task.name == "digits" and backbone_name == "glyphnet" and regularization == PRESETS["light"]
    return load_comparison(RECORDED) if is_recorded and RECORDED.exists() else None


def _tuned_factors(
    recorded: Comparison | None, labels: int, updates: int, regularization: Regularization
) -> dict[str, float]:
    """Returns the factor of the learning rates that validation chose, by strategy, where the same was recorded."""
    if recorded is None:
        return {}
    wanted = (labels, updates, repr(regularization))
    return {
        row["strategy"]: row["rate_factor"]
        for row in recorded.rows
        if (row["labels_per_class"], row["updates"], row["regularization"]) == wanted
    }


def _cells(setup: _Setup, args: argparse.Namespace) -> list[dict[str, Any]]:
    """Returns the arguments of `compare` for each seed and strategy."""
    return [
        {
            "backbone": setup.backbone,
            "task": args.task,
            "strategies": [strategy],
            "labels_per_class": (args.labels,),
            "seeds": [seed],
            "regularization": setup.regularization,
            "updates": args.updates,
            "keep_runs": seed == 0,
            "verbose": False,
        }
        for seed in range(args.seeds)
        for strategy in setup.strategies
    ]


def _compare_cell(cell: Mapping[str, Any]) -> Comparison:
    from ftlib.training.compare import compare

    return compare(**cell)


def _quickest_then_longest(cells: Sequence[dict[str, Any]]) -> list[int]:
    """Returns the order in which cells are run: something is to be seen soon, and all processes end together."""
    costs = [_cost(cell["strategies"][0]) for cell in cells]
    longest_first = sorted(range(len(cells)), key=lambda i: -costs[i])
    return [longest_first[-1], *longest_first[:-1]]


def _cost(strategy: Strategy) -> float:
    """Returns the share of updates that cost much; a head alone costs little, since what is below is computed once."""
    return sum(phase.share for phase in strategy.phases if phase.train != "head")


def _describe_cell(row: dict[str, Any], done_count: int, cell_count: int, seconds: float) -> str:
    return (
        f"{row['strategy']:<24} seed {row['seed']}   validation accuracy {format_percent(row['val_accuracy']):>7}   "
        f"{done_count} of {cell_count} done after {seconds:.0f} s"
    )


def _write_results(comparison: Comparison, out: pathlib.Path, setup: _Setup, labels: int) -> list[str]:
    """Writes everything into the folder `out`, and returns the names of the files."""
    from ftlib import plots
    from ftlib.report import write_report

    out.mkdir(parents=True, exist_ok=True)
    comparison.save(out / "comparison.json")
    for run in comparison.runs:
        run.save(out / run.strategy)
    recorded_table = None if setup.recorded is None else setup.recorded.table()
    with fixed_language("en"):  # as the report beside it
        picture = plots.headline(comparison.table(), recorded_table, labels_per_class=labels)
    with written_whole(out / "result.png") as part_path:
        part_path.write_bytes(plots.png(picture))
    write_report(comparison, out / "report.html", task=setup.task, recorded=setup.recorded)
    models = [f"{run.strategy}/model.keras" for run in comparison.runs]
    return ["result.png", "report.html", "comparison.json", *models]


def _describe_results(
    args: argparse.Namespace, out: pathlib.Path, file_names: Sequence[str], last_strategy: str, seconds: float
) -> str:
    model_path = str(out / last_strategy / "model.keras")
    return (
        f"{wrap_text(', '.join(file_names), f'written to {out}/: ')}\n\n"
        f"{seconds:.0f} seconds. What next:\n"
        f"  open {out / 'report.html'} in a browser\n"
        f"  keras.models.load_model({model_path!r}) is the model of {last_strategy}\n"
        f"  {_describe_other_labels(args)}; run --help shows more\n"
        "  make lab     JupyterLab, to try the library in notebooks (in a copy of the course)"
    )


def _describe_other_labels(args: argparse.Namespace) -> str:
    """Returns the command that compares on the same task with fewer labels, or with more where there are few."""
    labels, change = (3, "fewer") if args.labels > 3 else (10, "more")
    what = ["--task", args.task] if args.task != DEFAULT_TASK else []
    what += ["--backbone", args.backbone] if args.backbone != DEFAULT_BACKBONE else []
    return f"{format_command('run', *what, '--labels', labels)}     with {change} labels"
