"""`Objective`: all that a training has to know of what is predicted."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any, ClassVar

import keras
import numpy as np

if TYPE_CHECKING:
    from ftlib.strategies.regularization import Regularization
    from ftlib.tasks.split import Split
    from ftlib.tasks.task import Task


@dataclasses.dataclass(frozen=True)
class Score:
    """What a score is called, which direction is good, and how it is written.

    Attributes:
        name: Its key in what `Objective.score` returns: `"accuracy"`.
        title: As a label of a figure begins: `"Accuracy"`.
        higher_is_better: Its direction.
        low, high: Its bounds; None where it has none.
        unit: What follows the number; `"%"` for a share, which is written as a percentage.
    """

    name: str
    title: str
    higher_is_better: bool = True
    low: float | None = 0.0
    high: float | None = 1.0
    unit: str = "%"

    def format(self, value: float) -> str:
        """Returns a value as it is printed.

        Example:
        >>> Score("accuracy", "Accuracy").format(0.975)
        '97.5 %'
        """
        if math.isnan(value):
            return "unknown"
        if self.unit == "%":
            return f"{100 * value:.1f} %"
        return f"{value:.3g} {self.unit}".rstrip()

    def is_better(self, value: float, other: float) -> bool:
        """Returns whether a value is better than another one."""
        return value > other if self.higher_is_better else value < other


LOSS = Score("loss", "Loss", higher_is_better=False, high=None, unit="")


class Objective:
    """What is predicted, for a `Task` of any kind: the base of a small frozen dataclass, a file each.

    The loop, the strategies, the proofs and the comparisons know nothing of classes, numbers, tokens or boxes; they ask
    the objective of the task. A subclass gives what this class leaves open, and `scores`, of which the first is the
    headline and the last is the loss that the best epoch is chosen by.

    Attributes:
        name: As a run records it: `"classification"`.
        draws_inputs: Whether what goes into the model is random in itself (masks, noise), so that nothing of it can be
            computed once. Default False.
        moves_targets: Whether a distortion of an input changes its target too, as it does with boxes, so that inputs
            cannot be distorted by themselves. Default False.
        takes_class_weights: Whether `fit(class_weight=...)` means something. Default False.
        has_linear_head: Whether the head is one linear map of the features, which bears a higher rate the fewer these
            are. Else a phase that trains the head alone has Adam's own rate. Default True.
    """

    name: ClassVar[str]
    draws_inputs: ClassVar[bool] = False
    moves_targets: ClassVar[bool] = False
    takes_class_weights: ClassVar[bool] = False
    has_linear_head: ClassVar[bool] = True

    @property
    def scores(self) -> tuple[Score, ...]:
        """The scores of `score`, in its order: the headline first, the loss last."""
        raise NotImplementedError

    @property
    def headline(self) -> Score:
        """The score that comparisons, plots and reports speak of."""
        return self.scores[0]

    def check_targets(self, targets: Any, what: str, class_names: tuple[str, ...]) -> None:
        """Raises a TypeError or a ValueError unless the targets of a split are what this objective reads.

        Args:
            targets: As in `Split.targets`.
            what: What messages call the split: `"train"`.
            class_names: Those of the task.
        """
        raise NotImplementedError

    def fitted_to(self, train: Split) -> Objective:
        """Returns the objective with what it has to know of the training targets, such as their mean; else itself."""
        return self

    def resize_split(self, split: Split, inputs: Any) -> Split:
        """Returns a split with its inputs at another size; targets that lie in the inputs, such as boxes, move along.

        Args:
            split: The `Split`.
            inputs: Its inputs at the size of a backbone.
        """
        return dataclasses.replace(split, inputs=inputs)

    def check_regularization(self, regularization: Regularization) -> None:
        """Raises a ValueError for a part of the regularization that makes no sense here; see `refuse`."""

    def refuse(self, regularization: Regularization, *names: str) -> None:
        """Raises a ValueError if one of some fields of a regularization is set.

        Example:
        >>> from ftlib.objectives.classification import Classification
        >>> Classification().refuse(ft.Regularization(mixup=0.2), "mixup")
        Traceback (most recent call last):
        ValueError: `mixup` does not fit classification. Received: Regularization(mixup=0.2). Leave it out.
        """
        for name in names:
            default = type(regularization).__dataclass_fields__[name].default
            if getattr(regularization, name) != default:
                raise ValueError(
                    f"`{name}` does not fit {self.name.replace('_', ' ')}. Received: {regularization!r}. Leave it out."
                )

    def attach_head(self, backbone: keras.Model, task: Task) -> keras.Model:
        """Returns a backbone with a fresh head for a task: a functional model whose backbone is a layer `"backbone"`.

        Args:
            backbone: A functional Keras model, whose weights are shared.
            task: The `Task`.

        Raises:
            ValueError: For a backbone whose output this head cannot take.
        """
        raise NotImplementedError

    def check_model(self, model: keras.Model, task: Task) -> None:
        """Raises a ValueError unless the shape of a model's output is what is scored."""
        raise NotImplementedError

    def check_outputs(self, outputs: np.ndarray) -> None:
        """Raises a ValueError unless outputs for any inputs are what is scored: probabilities that sum to 1, say."""

    def make_batch(
        self, inputs: np.ndarray, targets: Any, task: Task, regularization: Regularization, rng: np.random.Generator
    ) -> tuple[np.ndarray, Any]:
        """Returns what the model and the loss see of some examples; all that is random in it comes from `rng`.

        Args:
            inputs: Those of the split at the model's size, `(batch, ...)`, or what frozen stages gave for them.
            targets: Those of the split.
            task: The `Task`.
            regularization: What acts on batches. Where the inputs have been distorted already, or are no inputs any
                more but what frozen stages computed, it is one that changes nothing.
            rng: `numpy.random.Generator`.

        Returns:
            Two arrays: inputs, and the targets as `make_loss` reads them.
        """
        raise NotImplementedError

    def make_loss(self, regularization: Regularization) -> keras.losses.Loss:
        """Returns the loss of a batch of `make_batch`."""
        raise NotImplementedError

    def make_metrics(self) -> list[keras.metrics.Metric]:
        """Returns what is measured while the model trains, besides the loss. Default: nothing."""
        return []

    def for_evaluation(self, split: Split) -> Split:
        """Returns a split as it is scored: itself, or, where inputs are drawn, with the same draws each time."""
        return split

    def reduce_outputs(self, outputs: np.ndarray, targets: Any) -> np.ndarray:
        """Returns what has to be kept of the outputs of a batch to score it, where the outputs are too large to keep.

        Args:
            outputs: What the model gives, `(batch, ...)`.
            targets: The targets of these examples, as `for_evaluation` gives them.
        """
        return outputs

    def score(self, outputs: np.ndarray, targets: Any) -> dict[str, float]:
        """Returns a value for each of `scores`, in their order.

        Args:
            outputs: What `reduce_outputs` gave, for all examples.
            targets: Those of the split, as `for_evaluation` gives them.
        """
        raise NotImplementedError

    def baseline(self, train: Split, split: Split) -> dict[str, float]:
        """Returns the scores of the best answer that knows nothing of the inputs, without the loss.

        Args:
            train: The split that the answer is taken from: the most frequent class, the mean.
            split: The split that is scored.
        """
        raise NotImplementedError
