"""What holds a backbone near its start while it is tuned: penalties on its weights, and examples of its source task.

All three are data, given to `Regularization(anchor=...)`. What they do to the loss is in `ftlib.training.anchoring`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from ftlib.tasks.task import Task

# Streams of random numbers, apart from those of the batches.
LABEL_STREAM = 5
EXAMPLE_STREAM = 6


@dataclass(frozen=True)
class L2SP:
    """Pulls every pre-trained weight towards where it started, all equally (L2-SP; Li et al., 2018).

    Adds `strength / 2` times the sum of the squared distances to the loss. Only stages that keep their pre-training and
    train are held; the head has no start worth keeping. https://arxiv.org/abs/1802.01483

    Args:
        strength: Above 0. Default 0.01, which is gentle: `results/anchors.json` records what 0.01 to 10 keep and cost.

    Raises:
        ValueError: For a strength that is not above 0.

    Example:
    >>> ft.Regularization(augmentation="light", anchor=ft.L2SP(0.1))
    Regularization(augmentation='light', anchor=L2SP(strength=0.1))
    """

    strength: float = 0.01

    def __post_init__(self):
        _check_strength(self)


@dataclass(frozen=True, eq=False)
class EWC:
    """Pulls each weight towards its start as strongly as the source task needs it (EWC; Kirkpatrick et al., 2017).

    As `L2SP`, with every squared distance times the weight's Fisher information on the source task: the mean square of
    the gradient of the log-likelihood, one example at a time, for labels drawn from what the model itself predicts. The
    information is divided by its mean, so that a strength means as much as in `L2SP`; the paper does not do that.
    https://arxiv.org/abs/1612.00796

    The source task is read through the head of the pre-training where ftlib has it, else through a linear probe.

    Args:
        source: The `Task` of the pre-training, or one that stands for what is not to be forgotten.
        strength: Above 0.
        examples: Training images of the source that the information is estimated from. Default 200.
        seed: Which images, and which labels are drawn.

    Raises:
        TypeError, ValueError: For a source that is no `Task`, and for numbers that are not above 0.

    Example:
    >>> source = ft.load_task("digits", labels_per_class=3)
    >>> ft.EWC(source, 1.0)
    EWC('digits', strength=1.0)
    """

    source: Task
    strength: float = 1.0
    examples: int = 200
    seed: int = 0

    def __post_init__(self):
        _check_strength(self)
        _check_source(self.source)
        _check_whole_number(self, "examples", 1)
        _check_whole_number(self, "seed", 0)

    def __repr__(self):
        arguments = [repr(self.source.name), f"strength={self.strength!r}"]
        if self.examples != 200:
            arguments.append(f"examples={self.examples}")
        if self.seed:
            arguments.append(f"seed={self.seed}")
        return f"EWC({', '.join(arguments)})"


@dataclass(frozen=True, eq=False)
class Replay:
    """Goes on learning the source task: each update sees examples of it, too (rehearsal; Robins, 1995).

    Adds `strength` times the cross-entropy on source examples to the loss, read through a head that stays fixed: that
    of the pre-training where ftlib has it, else a linear probe.

    Args:
        source: The `Task` of the pre-training, or one that stands for what is not to be forgotten.
        strength: Above 0. Default 1: source and target count alike.
        batch_size: Source examples per update. Default 32, as `fit` takes of the target.

    Raises:
        TypeError, ValueError: For a source that is no `Task`, and for numbers that are not above 0.

    Example:
    >>> ft.Replay(ft.load_task("digits", labels_per_class=3), strength=0.5)
    Replay('digits', strength=0.5)
    """

    source: Task
    strength: float = 1.0
    batch_size: int = 32

    def __post_init__(self):
        _check_strength(self)
        _check_source(self.source)
        _check_whole_number(self, "batch_size", 1)

    def __repr__(self):
        arguments = [repr(self.source.name), f"strength={self.strength!r}"]
        if self.batch_size != 32:
            arguments.append(f"batch_size={self.batch_size}")
        return f"Replay({', '.join(arguments)})"


Anchor = L2SP | EWC | Replay
ANCHORS = (L2SP, EWC, Replay)


def _check_strength(anchor):
    value = anchor.strength
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < math.inf:
        raise ValueError(f"`strength` is a number above 0. Received: strength={value!r}.")


def _check_source(source):
    from ftlib.tasks.task import Task  # here: the presets, which have no source, are known without Keras

    if not isinstance(source, Task):
        raise TypeError(f"`source` is a Task, as from ft.load_task(...). Received: {type(source).__name__}.")


def _check_whole_number(anchor, name, least):
    value = getattr(anchor, name)
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
        raise ValueError(f"`{name}` is a whole number of at least {least}. Received: {name}={value!r}.")
