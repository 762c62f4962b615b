"""Comparisons of strategies: several seeds, equal updates, equal tuning, intervals."""

import concurrent.futures
import dataclasses
import functools
import math
import numbers
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import keras
import numpy as np

from ftlib.errors import DivergedError
from ftlib.evidence.comparison import Comparison, ComparisonRow
from ftlib.evidence.run import Run
from ftlib.models.backbones import load_backbone
from ftlib.models.staged_model import StagedModel
from ftlib.score import CLASSIFICATION_SCORES
from ftlib.strategies.regularization import Regularization
from ftlib.strategies.strategy import Strategy, get_strategy
from ftlib.tasks.task import Task, with_head
from ftlib.training.anchoring import check_anchor
from ftlib.training.compare_jobs import JobQueue, TrainingJob, TrainingResult, load_any_task, pack_backbone
from ftlib.training.fit import fit


def compare(  # noqa: PLR0913 - all but three are options with defaults
    backbone: str | keras.Model,
    task: str | Callable[[int | None, int], Task],
    strategies: str | Strategy | Sequence[str | Strategy],
    labels_per_class: int | None | Sequence[int | None] = (1, 3, 10, 50),
    seeds: int | Sequence[int] = 5,
    regularization: Any = "light",
    updates: int | Sequence[int] = 300,
    rate_factors: float | Sequence[float] = (1.0,),
    tuning_seeds: int = 3,
    keep_runs: bool = False,
    verbose: bool = True,
    executor: concurrent.futures.Executor | None = None,
) -> Comparison:
    """Runs several strategies on the same task with the same seeds and updates, and reports intervals.

    Every strategy gets the same tuning: for each cell of the grid, each rate factor with each regularization is run
    with the first few seeds, and the choice with the best mean validation score is kept for all seeds. The test
    split is looked at once per seed, with what validation chose.

    Args:
        backbone: Name for `load_backbone`, or a backbone.
        task: Name or path for `load_task`; or a function of the labels per class and the seed that returns a `Task`.
        strategies: List of names or `Strategy` objects, or one of these.
        labels_per_class: Numbers of training examples per class; None among them means all.
        seeds: Number of seeds, 0 and up, or a list of them, each once. A seed draws the examples and all randomness.
        regularization: Preset or `Regularization` for all strategies, a list of them to choose from, or a dict from
            strategy name to either.
        updates: Optimizer steps of each run, or several such numbers.
        rate_factors: Factors of the strategies' rates to choose from.
        tuning_seeds: How many seeds the choice is made on.
        keep_runs: Whether to keep the runs of the first seed, with their models.
        verbose: Whether to print one line per run.
        executor: Where the runs are done, several at once: any executor of `concurrent.futures`, such as a
            `ProcessPoolExecutor` (of processes that are spawned, as TensorFlow wants it) or what
            `dask.distributed.Client.get_executor()` gives. The comparison is that of one process; a run that dies is
            done again. A `task` that is a function has to be one that the other processes can import. Default None:
            one run after the other, here.

    Returns:
        A `Comparison`.

    Raises:
        ValueError: For unknown names and bad numbers, what is named twice, and `keep_runs` with an executor, whose runs
            stay where they are; before any run.
        TypeError: For an executor that is none.
        DivergedError: If a run that counts diverges. The comparison as far as it came is its attribute `done`.

    Example:
    >>> ft.compare("glyphnet", "digits", ["scratch", "lp_ft"], labels_per_class=(10,), seeds=3)  # doctest: +SKIP
    """
    grid = _resolve_grid(strategies, labels_per_class, seeds, regularization, updates, rate_factors, tuning_seeds)
    _check_executor(executor, keep_runs)
    for labels in grid.labels_per_class:  # a name that is unknown or a class that is too small shows here
        first_task = load_any_task(task, labels, grid.seeds[0])
    backbone_model = backbone if isinstance(backbone, keras.Model) else load_backbone(backbone)
    _check_strategies_on(with_head(backbone_model, first_task), grid)

    settings = {
        "task": first_task.name if callable(task) else str(task),
        "backbone": backbone if isinstance(backbone, str) else backbone_model.name,
        "regularization": grid.described_regularization(),
        "rate_factors": list(grid.rate_factors),
        "tuning_seeds": tuning_seeds,
        "keras": keras.__version__,
        "backend": keras.backend.backend(),
        "numpy": np.__version__,
    }
    scores = first_task.objective.scores
    if scores != CLASSIFICATION_SCORES:
        settings["scores"] = [dataclasses.asdict(score) for score in scores]
    comparison = Comparison(settings, [])
    if executor is not None:
        runs = _ExecutorRuns(executor, pack_backbone(backbone), task, verbose)
        try:
            _run_on_executor(runs, grid, comparison)
        finally:
            runs.queue.cancel()
        return comparison
    for cell in grid.cells():
        cell_runs = _CellRuns(cell, backbone_model, task, verbose)
        choice = _choose(cell, grid, comparison, cell_runs.validation_score)
        _run_all_seeds(cell_runs, choice, grid.seeds, comparison, keep_runs)
    return comparison


def _check_executor(executor, keep_runs):
    if executor is None:
        return
    if not callable(getattr(executor, "submit", None)):
        raise TypeError(f"`executor` is one of `concurrent.futures`. Received: {type(executor).__name__}.")
    if keep_runs:
        raise ValueError("`keep_runs` keeps models, which stay in the processes of an executor. Leave one of both out.")


class Choice(NamedTuple):
    """What validation chooses among: a factor of the strategy's rates, and a regularization."""

    rate_factor: float
    regularization: Regularization


@dataclasses.dataclass(frozen=True)
class Cell:
    """A cell of the grid: a strategy, how many labels and updates it gets, and what it may choose among."""

    strategy: Strategy
    labels_per_class: int | None
    updates: int
    choices: list[Choice]

    @property
    def labels_text(self) -> str:
        return str(self.labels_per_class or "all")


@dataclasses.dataclass(frozen=True)
class ComparisonGrid:
    """What `compare` is asked for, each argument as it will be used.

    Attributes:
        strategies: List of `Strategy`, with different names.
        labels_per_class, seeds, updates, rate_factors: Lists of plain numbers, each number once.
        regularizations: Dict from the name of each strategy to the list of `Regularization` to choose from.
        differs_by_strategy: Whether `compare` was given a regularization for each strategy.
        tuning_seeds: How many seeds the choice is made on.
    """

    strategies: list[Strategy]
    labels_per_class: list[int | None]
    seeds: list[int]
    updates: list[int]
    rate_factors: list[float]
    regularizations: dict[str, list[Regularization]]
    differs_by_strategy: bool
    tuning_seeds: int

    def cells(self) -> Iterator[Cell]:
        """Yields the cells in the order in which they are run."""
        for labels in self.labels_per_class:
            for updates in self.updates:
                for strategy in self.strategies:
                    yield Cell(strategy, labels, updates, self._choices(strategy))

    def _choices(self, strategy):
        return [
            Choice(rate_factor, regularization)
            for regularization in self.regularizations[strategy.name]
            for rate_factor in self.rate_factors
        ]

    def described_regularization(self) -> list[str] | dict[str, list[str]]:
        """Returns the regularizations as texts, for the record: by strategy, or one list that all of them share."""
        described = {name: list(map(repr, choices)) for name, choices in self.regularizations.items()}
        return described if self.differs_by_strategy else described[self.strategies[0].name]


def _resolve_grid(
    strategies, labels_per_class, seeds, regularization, updates, rate_factors, tuning_seeds
) -> ComparisonGrid:
    """Checks all arguments that need no task and no model, and returns them as they will be used.

    Raises:
        ValueError: For unknown names, bad numbers, and what is named twice.
    """
    strategy_list = _resolve_strategies(strategies)
    seed_list = _resolve_seeds(seeds)
    if not _is_whole(tuning_seeds) or tuning_seeds < 1:
        raise ValueError(f"`tuning_seeds` is a number of at least 1. Received: tuning_seeds={tuning_seeds!r}.")
    labels_list = _resolve_counts("labels_per_class", labels_per_class, allows_none=True)
    updates_list = _resolve_counts("updates", updates)
    factor_list = _as_list(rate_factors)
    if not factor_list or not all(isinstance(f, numbers.Real) and 0 < float(f) < math.inf for f in factor_list):
        raise ValueError(f"`rate_factors` are numbers above 0. Received: rate_factors={rate_factors!r}.")
    _require_distinct(seeds=seed_list, labels_per_class=labels_list, updates=updates_list, rate_factors=factor_list)
    return ComparisonGrid(
        strategies=strategy_list,
        labels_per_class=labels_list,
        seeds=seed_list,
        updates=updates_list,
        rate_factors=factor_list,
        regularizations=_resolve_regularizations(regularization, [strategy.name for strategy in strategy_list]),
        differs_by_strategy=isinstance(regularization, dict),
        tuning_seeds=tuning_seeds,
    )


def _resolve_strategies(strategies):
    given_strategies = [strategies] if isinstance(strategies, (str, Strategy)) else strategies
    strategy_list = [get_strategy(strategy) for strategy in given_strategies]
    if not strategy_list or len({strategy.name for strategy in strategy_list}) < len(strategy_list):
        raise ValueError(f"`strategies` needs at least one, with different names. Received: {strategies!r}.")
    return strategy_list


def _resolve_seeds(seeds):
    seed_list = list(range(seeds)) if _is_whole(seeds) else _as_list(seeds)
    if not seed_list or not all(_is_whole(seed) and seed >= 0 for seed in seed_list):
        raise ValueError(f"`seeds` is a number of at least 1 or a list of whole numbers. Received: seeds={seeds!r}.")
    return seed_list


def _resolve_counts(name, value, allows_none=False):
    counts = _as_list(value)
    are_counts = all((_is_whole(count) and count >= 1) or (allows_none and count is None) for count in counts)
    if not counts or not are_counts:
        raise ValueError(
            f"`{name}` needs at least one number, and whole ones of at least 1. Received: {name}={value!r}."
        )
    return counts


def _require_distinct(**lists):
    for name, values in lists.items():
        if len(set(values)) < len(values):
            raise ValueError(
                f"`{name}` names a number twice: the same runs would count as several. Received: {name}={values!r}."
            )


def _resolve_regularizations(regularization, strategy_names):
    """Returns a dict from the name of each strategy to the list of `Regularization` that it chooses from."""
    if not isinstance(regularization, dict):
        return dict.fromkeys(strategy_names, _as_regularizations(regularization))
    missing_names = sorted(set(strategy_names) - set(regularization))
    if missing_names:
        raise ValueError(f"`regularization` has no entry for {', '.join(missing_names)}.")
    return {name: _as_regularizations(value) for name, value in regularization.items()}


def _as_regularizations(value):
    presets = value if isinstance(value, (list, tuple)) else [value]
    if not presets:
        raise ValueError(f"`regularization` needs at least one preset to choose from. Received: {value!r}.")
    return [Regularization.preset(preset) for preset in presets]


def _is_whole(value):
    return isinstance(value, numbers.Integral) and not isinstance(value, bool)


def _as_list(value) -> list:
    """Returns one value, or several of any kind, as a list of plain numbers, which a record can hold."""
    values = list(value) if isinstance(value, (list, tuple, range, np.ndarray)) else [value]
    return [element.item() if isinstance(element, np.generic) else element for element in values]


def _check_strategies_on(model: keras.Model, grid: ComparisonGrid) -> None:
    """Raises a ValueError for a strategy, anchor or number of updates that would fail on this model."""
    stage_names = StagedModel(model).stage_names
    for strategy in grid.strategies:
        strategy.check(stage_names)
        for regularization in grid.regularizations[strategy.name]:
            check_anchor(regularization.anchor, strategy, stage_names)
        for updates in grid.updates:
            strategy.unrolled(stage_names).plan(updates)


class _CellRuns:
    """The runs of one cell, each trained once although both the tuning and the result may ask for it."""

    def __init__(self, cell: Cell, backbone: keras.Model, task: Any, verbose: bool):
        self.cell = cell
        self.backbone = backbone
        self.task = task
        self.verbose = verbose
        self._finished: dict[tuple[Choice, int], Run] = {}

    def get(self, choice: Choice, seed: int) -> Run:
        """Returns the run with this choice and seed, trained if it was not yet."""
        if (choice, seed) not in self._finished:
            self._finished[choice, seed] = self._train(choice, seed)
        return self._finished[choice, seed]

    def validation_score(self, choice: Choice, seed: int) -> float:
        """Returns the headline score of a run on validation."""
        return self.get(choice, seed).val_score

    def forget(self, choice: Choice, seed: int) -> None:
        """Lets the model of a run go, for which there may be no room."""
        del self._finished[choice, seed]

    def _train(self, choice, seed):
        cell = self.cell
        seed_task = load_any_task(self.task, cell.labels_per_class, seed)
        model = with_head(self.backbone, seed_task)
        strategy = cell.strategy.scaled(choice.rate_factor)
        run = fit(model, seed_task, strategy, choice.regularization, seed, updates=cell.updates, verbose=False)
        if self.verbose:
            _print_run(cell, choice, seed, (run.headline.label, run.val_score))
        return run


def _print_run(cell, choice, seed, headline):
    rate_text = f"  rates x {choice.rate_factor:g}" if len(cell.choices) > 1 else ""
    label, value = headline
    print(
        f"{cell.strategy.name:<24}{cell.labels_text:>4} labels per class  {cell.updates} updates  "
        f"seed {seed}{rate_text}  validation {label} {value:.3f}",
        flush=True,
    )


def _choose(
    cell: Cell, grid: ComparisonGrid, comparison: Comparison, validation_score: Callable[[Choice, int], float]
) -> Choice:
    """Returns what has the best mean validation score over the tuning seeds, and records what was tried."""
    if len(cell.choices) == 1:
        return cell.choices[0]
    headline = comparison.headline
    mean_scores = {}
    for choice in cell.choices:
        try:
            scores = [validation_score(choice, seed) for seed in grid.seeds[: grid.tuning_seeds]]
            mean_scores[choice] = float(np.mean(scores))
        except FloatingPointError:  # it diverged, the worst result a rate can have
            mean_scores[choice] = headline.bounds[0 if headline.higher_is_better else 1]
        comparison.tuning.append(
            {
                "strategy": cell.strategy.name,
                "labels_per_class": cell.labels_per_class,
                "updates": cell.updates,
                "rate_factor": choice.rate_factor,
                "regularization": repr(choice.regularization),
                "val_mean": mean_scores[choice] if np.isfinite(mean_scores[choice]) else None,
            }
        )
    return max(cell.choices, key=lambda choice: headline.rank(mean_scores[choice]))


def _run_all_seeds(
    cell_runs: _CellRuns, choice: Choice, seeds: Sequence[int], comparison: Comparison, keep_runs: bool
) -> None:
    """Runs all seeds of a cell with the choice that validation made, and records a row for each.

    Raises:
        ComparisonDivergedError: If one of these runs diverges.
    """
    for seed in seeds:
        try:
            run = cell_runs.get(choice, seed)
        except FloatingPointError as error:
            raise ComparisonDivergedError(error, cell_runs.cell, seed, comparison) from error
        _record(TrainingResult.of(run), cell_runs.cell, choice, seed, comparison)
        if keep_runs and seed == seeds[0]:
            comparison.runs.append(run)
        cell_runs.forget(choice, seed)


class _ExecutorRuns:
    """The runs of all cells, on an executor."""

    def __init__(self, executor: concurrent.futures.Executor, backbone: str | bytes, task: Any, verbose: bool):
        self.queue = JobQueue(executor)
        self.backbone = backbone
        self.task = task
        self.verbose = verbose

    def submit(self, cell: Cell, choice: Choice, seed: int, scores_test: bool) -> None:
        """Lets a run begin as soon as there is room."""
        self.queue.submit(self._job(cell, choice, seed, scores_test))

    def result(self, cell: Cell, choice: Choice, seed: int, scores_test: bool) -> TrainingResult:
        """Waits for a run.

        Raises:
            DivergedError: If it diverged.
        """
        result = self.queue.result(self._job(cell, choice, seed, scores_test))
        if result.divergence:
            raise DivergedError(result.divergence)
        if self.verbose:
            _print_run(cell, choice, seed, result.headline)
        return result

    def _job(self, cell, choice, seed, scores_test):
        strategy = cell.strategy.scaled(choice.rate_factor)
        return TrainingJob(
            self.backbone,
            self.task,
            cell.labels_per_class,
            seed,
            cell.updates,
            strategy,
            choice.regularization,
            scores_test,
        )


def _run_on_executor(runs: _ExecutorRuns, grid: ComparisonGrid, comparison: Comparison) -> None:
    """Runs all cells, and records them in the order of one process.

    What is tuned is trained once more with what was chosen, since a model stays in the process that trained it.

    Raises:
        ComparisonDivergedError: If one of the runs that count diverges.
    """
    cells = list(grid.cells())
    for cell in cells:
        for choice in cell.choices if len(cell.choices) > 1 else ():
            for seed in grid.seeds[: grid.tuning_seeds]:
                runs.submit(cell, choice, seed, scores_test=False)

    chosen = []
    for cell in cells:
        score = functools.partial(_tuning_score, runs, cell)
        choice = _choose(cell, grid, comparison, score)
        chosen.append(choice)
        for seed in grid.seeds:
            runs.submit(cell, choice, seed, scores_test=True)

    for cell, choice in zip(cells, chosen, strict=True):
        for seed in grid.seeds:
            try:
                result = runs.result(cell, choice, seed, scores_test=True)
            except FloatingPointError as error:
                raise ComparisonDivergedError(error, cell, seed, comparison) from error
            _record(result, cell, choice, seed, comparison)


def _tuning_score(runs, cell, choice, seed):
    return runs.result(cell, choice, seed, scores_test=False).headline[1]


def _record(result: TrainingResult, cell, choice, seed, comparison):
    row = ComparisonRow(
        strategy=cell.strategy.name,
        labels_per_class=cell.labels_per_class,
        updates=cell.updates,
        seed=seed,
        rate_factor=choice.rate_factor,
        regularization=repr(choice.regularization),
        updates_done=result.updates_done,
        validation=result.validation,
        test=result.test,
    )
    comparison.rows.append(row.flat())
    comparison.add_history(cell.strategy.name, cell.labels_per_class, cell.updates, result.history)


class ComparisonDivergedError(DivergedError):
    """A run of a comparison diverged.

    Args:
        error: What the run raised.
        cell, seed: Which run it was.
        done: The `Comparison` as far as it came; an attribute, too.
    """

    def __init__(self, error: Exception, cell: Cell, seed: int, done: Comparison):
        super().__init__(
            f"{cell.strategy.name!r} with seed {seed}, {cell.labels_text} labels per class and {cell.updates} updates: "
            f"{error} With rate_factors=(1.0, 0.1), validation chooses between both. The {len(done.rows)} runs before "
            "it are in the attribute `done` of this error, a Comparison."
        )
        self.done = done
