"""What the phases of a run share."""

import dataclasses

import numpy as np

from ftlib.evidence.run import Run
from ftlib.strategies.regularization import Regularization
from ftlib.strategies.strategy import Strategy
from ftlib.tasks.task import Task
from ftlib.training.anchoring import PreparedAnchor
from ftlib.training.checkpoints import CheckpointStore
from ftlib.training.devices import Executor, Hardware
from ftlib.training.progress import Progress


@dataclasses.dataclass
class TrainingContext:
    """A run while it trains.

    Attributes:
        run: The `Run` to fill in; its model is trained in place.
        task: The task of the run, at the backbone's size.
        strategy: The `Strategy`, unrolled.
        updates_per_phase: Updates of each phase.
        regularization: The `Regularization`.
        batch_size: Images per update.
        class_weights: Weight of each class, or None.
        reinitialized_stages: Names of the stages whose weights were drawn anew.
        anchor: The `PreparedAnchor`, or None.
        checkpoints: The `CheckpointStore`, or None where nothing is written.
        progress: Is told what happens.
        hardware: The `Hardware`.
        executor: What it shares batches with.
        touched_stages: Names of the stages that have trained so far.
        head_after_first_phase: Weights of the head at the end of a first phase of the head alone; else empty.
    """

    run: Run
    task: Task
    strategy: Strategy
    updates_per_phase: list[int]
    regularization: Regularization
    batch_size: int
    class_weights: np.ndarray | None
    reinitialized_stages: list[str]
    anchor: PreparedAnchor | None
    checkpoints: CheckpointStore | None
    progress: Progress
    hardware: Hardware
    executor: Executor
    touched_stages: list[str] = dataclasses.field(default_factory=list)
    head_after_first_phase: list[np.ndarray] = dataclasses.field(default_factory=list)
