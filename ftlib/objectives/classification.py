"""One class for each input: softmax and cross-entropy."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, ClassVar

import keras
import numpy as np

from ftlib.models.backbones import classifier
from ftlib.objectives.augmentation import mix
from ftlib.objectives.input_augmentation import augment_inputs
from ftlib.objectives.objective import AnswerColumn, Objective
from ftlib.objectives.scores import confusion_matrix, f1_by_class, score_predictions
from ftlib.score import CLASSIFICATION_SCORES, Score

if TYPE_CHECKING:
    from ftlib.strategies.regularization import Regularization
    from ftlib.tasks.split import Split
    from ftlib.tasks.task import Task


@dataclasses.dataclass(frozen=True)
class Classification(Objective):
    """One of several classes; targets are class indices `(n,)`, outputs are probabilities `(n, classes)`."""

    name: ClassVar[str] = "classification"
    takes_class_weights: ClassVar[bool] = True

    @property
    def scores(self) -> tuple[Score, ...]:
        """Accuracy, the mean F1 of the classes, and cross-entropy."""
        return CLASSIFICATION_SCORES

    def check_targets(self, targets: Any, what: str, class_names: tuple[str, ...]) -> None:
        """Raises unless targets are class indices `(n,)` of the task's classes."""
        if targets.ndim != 1:
            raise ValueError(
                f"`labels` have the shape (n,), one for each image, not one-hot. Received: shape {targets.shape}."
            )
        if targets.dtype.kind not in "iu":
            raise TypeError(f"Labels are class indices (integers). Received: labels of dtype {targets.dtype}.")
        lowest, highest = targets.min(), targets.max()
        if lowest < 0 or highest >= len(class_names):
            raise ValueError(
                f"Labels must lie in 0..{len(class_names) - 1} ({len(class_names)} class names). "
                f"Received: {what} labels from {lowest} to {highest}."
            )

    def attach_head(self, backbone: keras.Model, task: Task) -> keras.Model:
        """Returns `classifier(backbone, task.num_classes)`."""
        return classifier(backbone, task.num_classes)

    def check_model(self, model: keras.Model, task: Task) -> None:
        """Raises unless the model gives one number for each class."""
        shape = model.output_shape
        if not isinstance(shape, tuple) or len(shape) != 2 or shape[1] != task.num_classes:
            raise ValueError(
                f"The model must give probabilities (None, {task.num_classes}), one per class of {task.name!r}. "
                f"Received: output shape {shape}. Build it with ft.classifier(backbone, {task.num_classes})."
            )

    def check_outputs(self, outputs: np.ndarray) -> None:
        """Raises unless outputs are probabilities that sum to 1."""
        if outputs.min() < 0 or not np.allclose(outputs.sum(1), 1, atol=1e-2):
            sums = ", ".join(f"{row_sum:g}" for row_sum in outputs.sum(1))
            raise ValueError(
                "The model must give probabilities: at least 0, with the sum 1 for each image. Received: sums of "
                f"{sums}. End it with a softmax activation."
            )

    def make_batch(
        self, inputs: np.ndarray, targets: Any, task: Task, regularization: Regularization, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Returns distorted and mixed inputs, and one-hot targets."""
        rows = one_hot(targets, task.num_classes)
        inputs = augment_inputs(inputs, task, regularization.augmentation, rng)
        return mix(inputs, rows, regularization.mixup, regularization.cutmix, rng)

    def make_loss(self, regularization: Regularization) -> keras.losses.Loss:
        """Returns the cross-entropy, with smoothed labels where the regularization says so."""
        return keras.losses.CategoricalCrossentropy(label_smoothing=regularization.label_smoothing)

    def make_metrics(self) -> list[keras.metrics.Metric]:
        """Returns the accuracy."""
        return [keras.metrics.CategoricalAccuracy("accuracy")]

    def score(self, outputs: np.ndarray, targets: Any) -> dict[str, float]:
        """Returns `accuracy`, `macro_f1` and `loss`; see `score_predictions`."""
        return score_predictions(outputs, targets)

    def baseline(self, train: Split, split: Split) -> dict[str, float]:
        """Returns the scores of always naming the most frequent class."""
        class_count = int(max(train.targets.max(), split.targets.max())) + 1
        most_frequent = np.bincount(train.targets, minlength=class_count).argmax()
        answers = np.full(len(split), most_frequent)
        counts = confusion_matrix(split.targets, answers, class_count)
        return {
            "accuracy": float((answers == split.targets).mean()),
            "macro_f1": float(f1_by_class(counts).mean()),
        }

    def answer_columns(self, class_names: tuple[str, ...], top: int = 1) -> tuple[AnswerColumn, ...]:
        """Returns `class` and `probability` for each of the likeliest classes."""
        columns = []
        for rank in range(1, min(top, len(class_names)) + 1):
            suffix = "" if rank == 1 else str(rank)
            columns += [AnswerColumn(f"class{suffix}", is_number=False), AnswerColumn(f"probability{suffix}", (3, 4))]
        return tuple(columns)

    def answer_cells(self, output: np.ndarray, class_names: tuple[str, ...], top: int = 1) -> tuple[Any, ...]:
        """Returns the likeliest classes, each with its probability."""
        likeliest = np.argsort(-output, kind="stable")[:top]
        return tuple(cell for index in likeliest for cell in (class_names[index], float(output[index])))

    def answer_record(self, output: np.ndarray, class_names: tuple[str, ...], top: int = 1) -> dict[str, Any]:
        """Returns the likeliest classes as `{"classes": [{"name": ..., "probability": ...}]}`."""
        cells = self.answer_cells(output, class_names, top)
        named = zip(cells[::2], cells[1::2], strict=True)
        return {"classes": [{"name": name, "probability": probability} for name, probability in named]}

    def describe_outputs(self, class_names: tuple[str, ...]) -> str:
        """Returns that they are probabilities."""
        return "probability of each class, in their order"

    def same_answers(self, outputs: np.ndarray, expected: np.ndarray) -> np.ndarray:
        """Returns where the likeliest class is the same."""
        return outputs.argmax(1) == expected.argmax(1)


def require_classes(objective: Objective, what: str, instead: str) -> None:
    """Raises a ValueError unless a task has one class for each input, as some questions need it.

    Args:
        objective: That of the task.
        what: What was asked for: `"calibration"`.
        instead: What to use in its place, a sentence.

    Example:
    >>> require_classes(Classification(), "calibration", "Use run.score(part).")
    """
    if not isinstance(objective, Classification):
        raise ValueError(
            f"`{what}` is for tasks with one class for each input. Received: a task of "
            f"{objective.name.replace('_', ' ')}. {instead}"
        )


def one_hot(labels: np.ndarray, class_count: int) -> np.ndarray:
    """Returns class indices `(n,)` as rows of zeros with a one, `(n, class_count)` in float32."""
    targets = np.zeros((len(labels), class_count), "float32")
    targets[np.arange(len(labels)), labels] = 1
    return targets
