"""Any number of classes for each input: sigmoid and binary cross-entropy."""

from __future__ import annotations

import dataclasses
import warnings
from typing import TYPE_CHECKING, Any, ClassVar

import keras
import numpy as np

from ftlib.models.backbones import pooled_features
from ftlib.objectives.augmentation import mix
from ftlib.objectives.input_augmentation import augment_inputs
from ftlib.objectives.objective import AnswerColumn, Objective
from ftlib.score import LOSS, Score
from ftlib.text import LABEL_SEPARATOR

if TYPE_CHECKING:
    from ftlib.strategies.regularization import Regularization
    from ftlib.tasks.split import Split
    from ftlib.tasks.task import Task

THRESHOLD = 0.5  # from which probability on a class counts as present
_SMALLEST = 1e-7  # probability whose logarithm is taken


@dataclasses.dataclass(frozen=True)
class MultiLabel(Objective):
    """Several classes for each input, or none; outputs are a probability of each class, `(n, classes)`.

    Targets are 0 or 1, `(n, classes)`. The headline is the mean average precision: the average precision of each class
    (`sklearn.metrics.average_precision_score`), which needs no threshold, as a mean over the classes that occur in the
    split. Macro-F1 and the exact match count a class as present from a probability of 0.5 on.

    Example:
    >>> images = np.random.default_rng(0).integers(0, 256, (30, 32, 32, 1), "uint8")
    >>> brightness = images.mean((1, 2, 3))
    >>> targets = np.stack([brightness > 127, brightness > 128], axis=1).astype(int)
    >>> parts = [ft.Split(images[i::3], targets[i::3], np.arange(30)[i::3]) for i in range(3)]
    >>> task = ft.Task("bright", *parts, ("bright", "brighter"), "drawn", "none", objective=ft.MultiLabel())
    >>> ft.with_head(ft.load_backbone("glyphnet"), task).output_shape
    (None, 2)
    """

    name: ClassVar[str] = "multi_label"

    @property
    def scores(self) -> tuple[Score, ...]:
        """Mean average precision, the mean F1 of the classes, the share of inputs with all classes right, and loss."""
        return (
            Score("mean_average_precision", "Mean average precision"),
            Score("macro_f1", "Macro-F1"),
            Score("exact_match", "Exact match"),
            LOSS,
        )

    def check_targets(self, targets: Any, what: str, class_names: tuple[str, ...]) -> None:
        """Raises unless targets are 0 or 1 for each of the task's classes, `(n, classes)`."""
        if not class_names:
            raise ValueError("A task of several labels has a name for each class. Received: no class names.")
        if targets.ndim != 2 or targets.shape[1] != len(class_names):
            raise ValueError(
                f"Targets have the shape (n, {len(class_names)}): 0 or 1 for each class name. Received: {what} targets "
                f"of shape {targets.shape}."
            )
        if targets.dtype.kind not in "biuf":
            raise TypeError(f"Targets are 0 or 1 for each class. Received: {what} targets of dtype {targets.dtype}.")
        if not np.isin(targets, (0, 1)).all():
            raise ValueError(
                f"Targets are 0 or 1 for each class. Received: {what} targets from {targets.min():g} to "
                f"{targets.max():g}."
            )

    def attach_head(self, backbone: keras.Model, task: Task) -> keras.Model:
        """Returns the backbone under average pooling, Dropout, and a Dense layer with a sigmoid, which starts at 0."""
        image, features = pooled_features(backbone)
        predictions = keras.layers.Dense(
            task.num_classes, activation="sigmoid", kernel_initializer="zeros", dtype="float32", name="predictions"
        )
        return keras.Model(image, predictions(features), name="multi_label_classifier")

    def check_model(self, model: keras.Model, task: Task) -> None:
        """Raises unless the model gives one number for each class."""
        shape = model.output_shape
        if not isinstance(shape, tuple) or len(shape) != 2 or shape[1] != task.num_classes:
            raise ValueError(
                f"The model must give a probability of each class, (None, {task.num_classes}), for {task.name!r}. "
                f"Received: output shape {shape}. Build it with ft.with_head(backbone, task)."
            )

    def check_outputs(self, outputs: np.ndarray) -> None:
        """Raises unless outputs lie between 0 and 1."""
        if outputs.min() < 0 or outputs.max() > 1:
            raise ValueError(
                "The model must give a probability of each class, from 0 to 1. Received: outputs from "
                f"{outputs.min():g} to {outputs.max():g}. End it with a sigmoid activation."
            )

    def make_batch(
        self, inputs: np.ndarray, targets: Any, task: Task, regularization: Regularization, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Returns distorted and mixed inputs, and targets blended in the same proportion."""
        inputs = augment_inputs(inputs, task, regularization.augmentation, rng)
        return mix(inputs, targets.astype("float32"), regularization.mixup, regularization.cutmix, rng)

    def make_loss(self, regularization: Regularization) -> keras.losses.Loss:
        """Returns the binary cross-entropy, smoothed where the regularization says so: a mean over the classes."""
        return keras.losses.BinaryCrossentropy(label_smoothing=regularization.label_smoothing)

    def score(self, outputs: np.ndarray, targets: Any) -> dict[str, float]:
        """Returns `mean_average_precision`, `macro_f1`, `exact_match` and `loss`.

        Args:
            outputs: Probabilities, `(n, classes)`.
            targets: 0 or 1, `(n, classes)`. Where none is 1, there is no average precision: it is not a number.
        """
        is_true = np.asarray(targets) == 1
        is_said = outputs >= THRESHOLD
        return {
            "mean_average_precision": _mean_known(average_precisions(outputs, is_true)),
            "macro_f1": _mean_known(f1_by_label(is_said, is_true), nothing=0.0),
            "exact_match": float((is_said == is_true).all(1).mean()),
            "loss": binary_cross_entropy(outputs, is_true),
        }

    def baseline(self, train: Split, split: Split) -> dict[str, float]:
        """Returns the scores of answering with the frequency of each class in training, whatever the input."""
        frequencies = train.targets.mean(0)
        scores = self.score(np.broadcast_to(frequencies, split.targets.shape), split.targets)
        del scores["loss"]
        return scores

    def answer_columns(self, class_names: tuple[str, ...], top: int = 1) -> tuple[AnswerColumn, ...]:
        """Returns `labels`, all classes of at least 0.5 in one text, and the probability of each class."""
        return AnswerColumn("labels", is_number=False), *(AnswerColumn(name, (3, 4)) for name in class_names)

    def answer_cells(self, output: np.ndarray, class_names: tuple[str, ...], top: int = 1) -> tuple[Any, ...]:
        """Returns the classes that count as present, `"dog|grass"`, and the probability of each class."""
        present = [name for name, probability in zip(class_names, output, strict=True) if probability >= THRESHOLD]
        return LABEL_SEPARATOR.join(present), *map(float, output)

    def answer_record(self, output: np.ndarray, class_names: tuple[str, ...], top: int = 1) -> dict[str, Any]:
        """Returns `{"labels": [...], "probabilities": {class: probability}}`."""
        probabilities = dict(zip(class_names, map(float, output), strict=True))
        present = [name for name, probability in probabilities.items() if probability >= THRESHOLD]
        return {"labels": present, "probabilities": probabilities}

    def describe_outputs(self, class_names: tuple[str, ...]) -> str:
        """Returns that they are probabilities that do not exclude each other."""
        return (
            "probability that each class is there, in their order; they do not sum to 1, since any number of classes "
            f"can be there; {THRESHOLD:g} or more counts as there"
        )

    def score_rows(self, outputs: np.ndarray, targets: Any, class_names: tuple[str, ...]) -> list[dict[str, Any]]:
        """Returns for each class `name`, `examples` and `said` (how many), average precision, precision, recall, F1."""
        is_true = np.asarray(targets) == 1
        is_said = outputs >= THRESHOLD
        precisions = average_precisions(outputs, is_true)
        rows = []
        for index, name in enumerate(class_names):
            true_count, said_count = int(is_true[:, index].sum()), int(is_said[:, index].sum())
            right_count = int((is_true & is_said)[:, index].sum())
            rows.append(
                {
                    "name": name,
                    "examples": true_count,
                    "said": said_count,
                    "right": right_count,
                    "average_precision": _known_or_none(precisions[index]),
                    "precision": right_count / said_count if said_count else None,
                    "recall": right_count / true_count if true_count else None,
                    "f1": 2 * right_count / (true_count + said_count) if true_count + said_count else None,
                }
            )
        return rows

    def same_answers(self, outputs: np.ndarray, expected: np.ndarray) -> np.ndarray:
        """Returns where the same classes count as present."""
        return ((outputs >= THRESHOLD) == (expected >= THRESHOLD)).all(1)


def average_precisions(probabilities: np.ndarray, is_true: np.ndarray) -> np.ndarray:
    """Returns the average precision of each class, `(classes,)`; not a number for a class that never occurs.

    Args:
        probabilities: `(n, classes)`.
        is_true: Truth values, `(n, classes)`.

    Example:
    >>> average_precisions(np.array([[0.9], [0.8], [0.1]]), np.array([[True], [False], [True]])).round(3)
    array([0.833])
    """
    from sklearn.metrics import average_precision_score

    precisions = np.full(is_true.shape[1], np.nan)
    for index in np.flatnonzero(is_true.any(0)):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a loss that diverged, say: it is told elsewhere
            finite_probabilities = np.nan_to_num(probabilities[:, index])
            precisions[index] = average_precision_score(is_true[:, index], finite_probabilities)
    return precisions


def f1_by_label(is_said: np.ndarray, is_true: np.ndarray) -> np.ndarray:
    """Returns the F1 of each class, `(classes,)`; not a number for one that neither occurs nor is said."""
    right = (is_said & is_true).sum(0)
    occurrences = is_said.sum(0) + is_true.sum(0)
    return np.where(occurrences > 0, 2 * right / np.maximum(occurrences, 1), np.nan)


def binary_cross_entropy(probabilities: np.ndarray, is_true: np.ndarray) -> float:
    """Returns the mean binary cross-entropy over all inputs and classes."""
    truth_probabilities = np.where(is_true, probabilities, 1 - probabilities)
    return float(-np.log(np.clip(truth_probabilities, _SMALLEST, 1)).mean())


def _mean_known(values: np.ndarray, nothing: float = float("nan")) -> float:
    """Returns the mean of the values that are numbers, or `nothing` where none is."""
    known_values = values[~np.isnan(values)]
    return float(known_values.mean()) if len(known_values) else nothing


def _known_or_none(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
