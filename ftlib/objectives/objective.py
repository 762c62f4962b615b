"""`Objective`: all that a training has to know of what is predicted."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import keras
import numpy as np

from ftlib.score import Score

if TYPE_CHECKING:
    from ftlib.strategies.regularization import Regularization
    from ftlib.tasks.split import Split
    from ftlib.tasks.task import Task


@dataclasses.dataclass(frozen=True)
class AnswerColumn:
    """A column of the table of answers.

    Attributes:
        title: Its heading: `"class"`, `"weight (g)"`.
        decimals: Of its numbers, in a table and in a CSV file; None for words, and for numbers in their own precision.
        is_number: Whether it holds numbers.
    """

    title: str
    decimals: tuple[int, int] | None = None
    is_number: bool = True


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

    def input_channels(self, image_channels: int) -> int:
        """Returns how many channels a model takes for images of so many: as many, unless what is drawn adds some.

        Args:
            image_channels: 1 or 3.
        """
        return image_channels

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

    def score_draws(self, outputs: np.ndarray, targets: Any, draws: Sequence[np.ndarray]) -> list[dict[str, float]]:
        """Returns the scores of several choices of examples, as for the ends of an interval.

        Args:
            outputs, targets: As for `score`.
            draws: For each choice the indices of its examples; one may be there several times.
        """
        return [self.score(outputs[indices], targets[indices]) for indices in draws]

    def baseline(self, train: Split, split: Split) -> dict[str, float]:
        """Returns the scores of the best answer that knows nothing of the inputs, without the loss.

        Args:
            train: The split that the answer is taken from: the most frequent class, the mean.
            split: The split that is scored.
        """
        raise NotImplementedError

    def answer_columns(self, class_names: tuple[str, ...], top: int = 1) -> tuple[AnswerColumn, ...]:
        """Returns the columns of a table of answers, one row for each input; `answer_cells` fills them.

        Args:
            class_names: Those of the task; of numbers, what they are called.
            top: How many answers are named for each input, where there are several of different confidence.
        """
        raise NotImplementedError

    def answer_cells(self, output: np.ndarray, class_names: tuple[str, ...], top: int = 1) -> tuple[Any, ...]:
        """Returns the answer for one input, a word or a number for each of `answer_columns`.

        Args:
            output: What the model gives for it, without the axis of the batch.
            class_names, top: As for `answer_columns`.
        """
        raise NotImplementedError

    def answer_record(self, output: np.ndarray, class_names: tuple[str, ...], top: int = 1) -> dict[str, Any]:
        """Returns the answer for one input as plain data; the arguments are those of `answer_cells`."""
        columns = self.answer_columns(class_names, top)
        cells = self.answer_cells(output, class_names, top)
        return {column.title: cell for column, cell in zip(columns, cells, strict=True)}

    def describe_outputs(self, class_names: tuple[str, ...]) -> str:
        """Returns what the numbers that the model gives mean, for whoever uses it."""
        raise NotImplementedError

    def output_names(self, class_names: tuple[str, ...]) -> tuple[str, ...]:
        """Returns what each number that the model gives is called: the classes."""
        return class_names

    def score_rows(self, outputs: np.ndarray, targets: Any, class_names: tuple[str, ...]) -> list[dict[str, Any]]:
        """Returns how good the answers are for each class or number by itself, as plain data; none by default.

        Args:
            outputs: What `reduce_outputs` gave.
            targets: Those of the split.
            class_names: Those of the task.
        """
        return []

    def output_difference(self, outputs: np.ndarray, expected: np.ndarray) -> float:
        """Returns the largest difference of two models' outputs for the same inputs, in parts of their range."""
        return float(np.abs(outputs - expected).max())

    def same_answers(self, outputs: np.ndarray, expected: np.ndarray) -> np.ndarray:
        """Returns for each input whether the outputs of two models say the same, `(n,)`."""
        raise NotImplementedError
