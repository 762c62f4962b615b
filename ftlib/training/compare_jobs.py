"""The runs of a comparison as jobs that another process, or another machine, can do."""

from __future__ import annotations

import concurrent.futures
import functools
import pathlib
import tempfile
from typing import Any, NamedTuple

import keras

from ftlib.evidence.run import Run
from ftlib.evidence.run_records import EpochRecord
from ftlib.models.backbones import load_backbone
from ftlib.strategies.regularization import Regularization
from ftlib.strategies.strategy import Strategy
from ftlib.tasks.registry import load_task
from ftlib.tasks.task import Task, with_head
from ftlib.training.fit import fit

MOST_ATTEMPTS = 3  # at a job, as long as it dies and is not wrong


class TrainingJob(NamedTuple):
    """What one run of a comparison needs; it can be sent to another process.

    Attributes:
        backbone: Name for `load_backbone`, or the bytes of a `.keras` file.
        task: Name or path for `load_task`, or a function that can be imported there.
        labels_per_class, seed, updates: As for `compare`.
        strategy: The `Strategy` with the rates that it is run with.
        regularization: The `Regularization`.
        scores_test: Whether the test split is looked at.
    """

    backbone: str | bytes
    task: Any
    labels_per_class: int | None
    seed: int
    updates: int
    strategy: Strategy
    regularization: Regularization
    scores_test: bool


class TrainingResult(NamedTuple):
    """What a comparison records of a run.

    Attributes:
        updates_done: Optimizer steps.
        headline: Label and value of the headline score on validation.
        validation, test: Scores without the loss; no test where it was not looked at.
        history: The epochs.
        divergence: What the run raised where it diverged; else empty.
    """

    updates_done: int = 0
    headline: tuple[str, float] = ("", 0.0)
    validation: dict[str, float] = {}
    test: dict[str, float] = {}
    history: list[EpochRecord] = []
    divergence: str = ""

    @classmethod
    def of(cls, run: Run, scores_test: bool = True) -> TrainingResult:
        """Returns what is recorded of a run; the test split is looked at where it is wanted."""
        return cls(
            sum(phase.updates_done for phase in run.phases),
            (run.headline.label, run.val_score),
            _without_loss(run.score("validation")),
            _without_loss(run.score("test")) if scores_test else {},
            list(run.history),
        )


def _without_loss(scores):
    return {name: value for name, value in scores.items() if name != "loss"}


def load_any_task(task: Any, labels_per_class: int | None, seed: int) -> Task:
    """Returns a task by its name or path, or from a function of the labels per class and the seed.

    Raises:
        TypeError: For a function that returns something else.
    """
    if not callable(task):
        return load_task(task, labels_per_class, seed)
    loaded_task = task(labels_per_class, seed)
    if not isinstance(loaded_task, Task):
        raise TypeError(f"The function `task` returns a Task. Received: {type(loaded_task).__name__}.")
    return loaded_task


def pack_backbone(backbone: str | keras.Model) -> str | bytes:
    """Returns a backbone as it travels: its name, or the bytes of its `.keras` file."""
    if isinstance(backbone, str):
        return backbone
    with tempfile.TemporaryDirectory(prefix="ftlib-") as folder:
        path = pathlib.Path(folder) / "backbone.keras"
        backbone.save(path)
        return path.read_bytes()


@functools.lru_cache(maxsize=1)
def _unpack_backbone(packed: str | bytes) -> keras.Model:
    if isinstance(packed, str):
        return load_backbone(packed)
    with tempfile.TemporaryDirectory(prefix="ftlib-") as folder:
        path = pathlib.Path(folder) / "backbone.keras"
        path.write_bytes(packed)
        model: Any = keras.models.load_model(path, compile=False)
        return model


def run_job(job: TrainingJob) -> TrainingResult:
    """Does a job, in whatever process it was sent to."""
    task = load_any_task(job.task, job.labels_per_class, job.seed)
    model = with_head(_unpack_backbone(job.backbone), task)
    try:
        run = fit(model, task, job.strategy, job.regularization, job.seed, updates=job.updates, verbose=False)
    except FloatingPointError as error:
        return TrainingResult(divergence=str(error))
    return TrainingResult.of(run, job.scores_test)


class JobQueue:
    """Jobs on an executor. One that fails is done again, since a machine may be gone; a true mistake fails again.

    Args:
        executor: A `concurrent.futures.Executor`.
    """

    def __init__(self, executor: concurrent.futures.Executor):
        self._executor = executor
        self._futures: dict[TrainingJob, concurrent.futures.Future] = {}

    def submit(self, job: TrainingJob) -> None:
        """Begins a job as soon as there is room, unless it has begun."""
        if job not in self._futures:
            self._futures[job] = self._send(job)

    def result(self, job: TrainingJob) -> TrainingResult:
        """Waits for a job, and returns its result.

        Raises:
            Exception: What the job raised, as often as it was tried.
        """
        self.submit(job)
        for attempt in range(1, MOST_ATTEMPTS + 1):
            try:
                return self._futures[job].result()
            except Exception:
                if attempt == MOST_ATTEMPTS:
                    raise
                self._futures[job] = self._send(job)
        raise AssertionError("the last attempt returns or raises")

    def cancel(self) -> None:
        """Gives up what has not begun."""
        for future in self._futures.values():
            future.cancel()

    def _send(self, job):
        try:
            return self._executor.submit(run_job, job)
        except concurrent.futures.BrokenExecutor:  # processes of a pool do not come back: it is done here
            future: concurrent.futures.Future = concurrent.futures.Future()
            try:
                future.set_result(run_job(job))
            except Exception as error:
                future.set_exception(error)
            return future
