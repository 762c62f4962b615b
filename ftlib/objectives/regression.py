"""One or several numbers for each input: a linear head on standardized targets, and the Huber loss."""

from __future__ import annotations

import dataclasses
import warnings
from typing import TYPE_CHECKING, Any, ClassVar, Self

import keras
import numpy as np

from ftlib.models.backbones import pooled_features
from ftlib.objectives.augmentation import mix
from ftlib.objectives.input_augmentation import augment_inputs
from ftlib.objectives.objective import AnswerColumn, Objective
from ftlib.score import LOSS, Score

if TYPE_CHECKING:
    from ftlib.strategies.regularization import Regularization
    from ftlib.tasks.split import Split
    from ftlib.tasks.task import Task

_SAME_ANSWER = 0.01  # deviations by which the answers of two models may differ


@dataclasses.dataclass(frozen=True)
class Regression(Objective):
    """One or several numbers for each input; targets are `(n,)` or `(n, numbers)`, outputs `(n, numbers)`.

    A task takes mean and deviation from its training targets. The head computes in standardized numbers, and a fixed
    layer at its end turns them into the unit of the data, so that a saved model answers in it. The loss is Huber's, of
    standardized errors: quadratic up to one deviation, linear beyond, so that a few wrong targets cannot dominate.

    The headline is R2, the share of the variance that is explained: 1 is perfect, 0 is as good as always answering
    with the mean, and there is no lower end. Of several numbers, R2 is their mean; `mae`, the mean absolute error, is
    in the unit of the data for one number, and for several, whose units differ, the mean of their errors in standard
    deviations of training.

    Args:
        target_names: What each number is called. Default: one, `"value"`.
        units: The unit of each, empty for none. Default: none for any.
        means, deviations: Of the training targets; a task fills them in.

    Raises:
        ValueError: For another number of units than of names.

    Example:
    >>> images = np.random.default_rng(0).integers(0, 256, (30, 32, 32, 1), "uint8")
    >>> weights = images.mean((1, 2, 3)) / 10
    >>> parts = [ft.Split(images[i::3], weights[i::3], np.arange(30)[i::3]) for i in range(3)]
    >>> objective = ft.Regression(("weight",), ("g",))
    >>> task = ft.Task("weights", *parts, (), "drawn", "none", objective=objective)
    >>> ft.with_head(ft.load_backbone("glyphnet"), task).output_shape
    (None, 1)
    """

    name: ClassVar[str] = "regression"

    target_names: tuple[str, ...] = ("value",)
    units: tuple[str, ...] = ()
    means: tuple[float, ...] = ()
    deviations: tuple[float, ...] = ()

    def __post_init__(self):
        given_names = (self.target_names,) if isinstance(self.target_names, str) else self.target_names
        names = tuple(str(name) for name in given_names)
        given_units = (self.units,) if isinstance(self.units, str) else self.units
        units = tuple(str(unit) for unit in given_units) or ("",) * len(names)
        if not names or len(set(names)) < len(names):
            raise ValueError(f"`target_names` has different names, at least one. Received: {self.target_names!r}.")
        if len(units) != len(names):
            raise ValueError(
                f"`units` has one unit for each of {len(names)} target names, empty for none. Received: "
                f"units={self.units!r}."
            )
        object.__setattr__(self, "target_names", names)
        object.__setattr__(self, "units", units)

    @property
    def scores(self) -> tuple[Score, ...]:
        """R2, the mean absolute error, and the Huber loss."""
        unit = self.units[0] if len(self.units) == 1 else "deviations"
        return (
            Score("r2", "R2", low=None, unit=""),
            Score("mae", "Mean absolute error", higher_is_better=False, high=None, unit=unit),
            LOSS,
        )

    def check_targets(self, targets: Any, what: str, class_names: tuple[str, ...]) -> None:
        """Raises unless targets are finite numbers, `(n,)` or `(n, numbers)`."""
        number_count = len(self.target_names)
        if targets.dtype.kind not in "iuf":
            raise TypeError(f"Targets are numbers. Received: {what} targets of dtype {targets.dtype}.")
        if targets.ndim not in (1, 2) or _as_columns(targets).shape[1] != number_count:
            raise ValueError(
                f"Targets have the shape (n, {number_count}), a number for each of {', '.join(self.target_names)}"
                f"{', or (n,)' if number_count == 1 else ''}. Received: {what} targets of shape {targets.shape}."
            )
        if not np.isfinite(targets).all():
            raise ValueError(f"Targets are finite numbers. Received: {what} targets with NaN or infinity.")

    def fitted_to(self, train: Split) -> Self:
        """Returns the objective with mean and deviation of the training targets.

        Raises:
            ValueError: For a number that is the same for all of them.
        """
        columns = _as_columns(train.targets).astype("float64")
        deviations = columns.std(0)
        for name, column, deviation in zip(self.target_names, columns.T, deviations, strict=True):
            if not deviation > 1e-12 * np.abs(column).max():
                raise ValueError(
                    f"The training targets must differ in {name!r}, or there is nothing to learn. Received: "
                    f"{column[0]:g} for all {len(column)}."
                )
        return dataclasses.replace(
            self, means=tuple(map(float, columns.mean(0))), deviations=tuple(map(float, deviations))
        )

    def check_regularization(self, regularization: Regularization) -> None:
        """Refuses label smoothing, and CutMix: half of an image does not have half of its number."""
        self.refuse(regularization, "label_smoothing", "cutmix")

    def attach_head(self, backbone: keras.Model, task: Task) -> keras.Model:
        """Returns the backbone under pooling, Dropout, a Dense layer that starts at 0, and a fixed rescaling."""
        fitted = self if self.means else self.fitted_to(task.train)
        image, features = pooled_features(backbone)
        standardized = keras.layers.Dense(
            len(self.target_names), kernel_initializer="zeros", dtype="float32", name="standardized"
        )(features)
        in_units = keras.layers.Rescaling(
            _scalar_or_list(fitted.deviations),  # pyright: ignore[reportArgumentType]  (Keras takes lists, too)
            _scalar_or_list(fitted.means),  # pyright: ignore[reportArgumentType]
            dtype="float32",
            name="predictions",
        )
        return keras.Model(image, in_units(standardized), name="regressor")

    def check_model(self, model: keras.Model, task: Task) -> None:
        """Raises unless the model gives a number for each target."""
        shape = model.output_shape
        number_count = len(self.target_names)
        if not isinstance(shape, tuple) or len(shape) != 2 or shape[1] != number_count:
            raise ValueError(
                f"The model must give (None, {number_count}): {', '.join(self.target_names)} of {task.name!r}. "
                f"Received: output shape {shape}. Build it with ft.with_head(backbone, task)."
            )

    def make_batch(
        self, inputs: np.ndarray, targets: Any, task: Task, regularization: Regularization, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Returns distorted and, with mixup, blended inputs and targets."""
        inputs = augment_inputs(inputs, task, regularization.augmentation, rng)
        return mix(inputs, _as_columns(targets).astype("float32"), regularization.mixup, 0.0, rng)

    def make_loss(self, regularization: Regularization) -> keras.losses.Loss:
        """Returns the Huber loss of standardized errors, the mean over the numbers."""
        return StandardizedHuber(self._known_deviations())

    def score(self, outputs: np.ndarray, targets: Any) -> dict[str, float]:
        """Returns `r2`, `mae` and `loss`.

        Args:
            outputs: Numbers in the unit of the data, `(n, numbers)`.
            targets: `(n,)` or `(n, numbers)`. Of one example alone R2 is not a number.
        """
        columns = _as_columns(targets).astype("float64")
        errors = np.abs(outputs.astype("float64") - columns)
        standardized_errors = errors / np.array(self._known_deviations())
        mae = errors.mean() if len(self.target_names) == 1 else standardized_errors.mean()
        return {
            "r2": float(np.mean(explained_variances(outputs, columns))),
            "mae": float(mae),
            "loss": float(_huber(standardized_errors).mean()),
        }

    def baseline(self, train: Split, split: Split) -> dict[str, float]:
        """Returns the scores of always answering with the mean of training."""
        answers = np.broadcast_to(_as_columns(train.targets).mean(0), _as_columns(split.targets).shape)
        scores = self.score(answers, split.targets)
        del scores["loss"]
        return scores

    def answer_columns(self, class_names: tuple[str, ...] = (), top: int = 1) -> tuple[AnswerColumn, ...]:
        """Returns a column for each number, called by its name and unit."""
        return tuple(AnswerColumn(title) for title in self.output_names(()))

    def answer_cells(self, output: np.ndarray, class_names: tuple[str, ...] = (), top: int = 1) -> tuple[Any, ...]:
        """Returns the numbers."""
        return tuple(map(float, output))

    def answer_record(self, output: np.ndarray, class_names: tuple[str, ...] = (), top: int = 1) -> dict[str, Any]:
        """Returns the numbers as `{"values": {name: number}}`."""
        return {"values": dict(zip(self.output_names(()), map(float, output), strict=True))}

    def describe_outputs(self, class_names: tuple[str, ...] = ()) -> str:
        """Returns what each number is and in which unit."""
        if len(self.target_names) == 1:
            return f"{self.target_names[0]}, in {self.units[0]}" if self.units[0] else self.target_names[0]
        return f"{', '.join(self.output_names(()))}, in this order"

    def output_names(self, class_names: tuple[str, ...] = ()) -> tuple[str, ...]:
        """Returns the name of each number, with its unit in brackets: `"weight (g)"`."""
        named_units = zip(self.target_names, self.units, strict=True)
        return tuple(f"{name} ({unit})" if unit else name for name, unit in named_units)

    def score_rows(self, outputs: np.ndarray, targets: Any, class_names: tuple[str, ...] = ()) -> list[dict[str, Any]]:
        """Returns for each number `name`, `unit`, `r2`, `mae`, `rmse`, `bias`, and true `mean` and `deviation`."""
        columns = _as_columns(targets).astype("float64")
        errors = outputs.astype("float64") - columns
        r2_values = explained_variances(outputs, columns)
        rows = []
        for index, name in enumerate(self.target_names):
            error = errors[:, index]
            rows.append(
                {
                    "name": name,
                    "unit": self.units[index],
                    "r2": None if np.isnan(r2_values[index]) else float(r2_values[index]),
                    "mae": float(np.abs(error).mean()),
                    "rmse": float(np.sqrt((error**2).mean())),
                    "bias": float(error.mean()),
                    "mean": float(columns[:, index].mean()),
                    "deviation": float(columns[:, index].std()),
                }
            )
        return rows

    def output_difference(self, outputs: np.ndarray, expected: np.ndarray) -> float:
        """Returns the largest difference in standard deviations of the expected outputs."""
        return float((np.abs(outputs - expected) / self._scale_of(expected)).max())

    def same_answers(self, outputs: np.ndarray, expected: np.ndarray) -> np.ndarray:
        """Returns where no number differs by more than a hundredth of a deviation."""
        differences = np.abs(outputs - expected) / self._scale_of(expected)
        return differences.max(1) <= _SAME_ANSWER

    def _scale_of(self, outputs):
        """Returns the deviations of training, or, for an objective that no task has fitted, those of outputs."""
        return np.array(self.deviations) if self.deviations else np.maximum(outputs.std(0), 1e-9)

    def _known_deviations(self):
        if not self.deviations:
            raise ValueError(
                "This Regression knows no deviations yet. Take that of a task, `task.objective`, or call "
                "objective.fitted_to(task.train)."
            )
        return self.deviations


class StandardizedHuber(keras.losses.Loss):
    """Huber's loss (1964) of errors in standard deviations: quadratic up to one, linear beyond.

    Args:
        deviations: Standard deviation of each number, in its unit.
    """

    def __init__(self, deviations: tuple[float, ...]):
        super().__init__(name="standardized_huber")
        self.deviations = tuple(deviations)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Returns the loss of each example, `(n,)`."""
        differences = keras.ops.subtract(keras.ops.cast(y_pred, "float32"), keras.ops.cast(y_true, "float32"))
        errors: Any = keras.ops.abs(keras.ops.divide(differences, np.array(self.deviations, "float32")))
        losses = keras.ops.where(errors <= 1, 0.5 * errors * errors, errors - 0.5)
        return keras.ops.mean(losses, axis=-1)


def explained_variances(outputs: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Returns R2 of each number, `(numbers,)`; not a number for fewer than two examples.

    Args:
        outputs, columns: Predicted and true numbers, `(n, numbers)`.

    Example:
    >>> explained_variances(np.array([[1.0], [2.0], [4.0]]), np.array([[1.0], [2.0], [3.0]]))
    array([0.5])
    """
    from sklearn.metrics import r2_score

    if not np.isfinite(outputs).all():  # of a training that diverged: it is told elsewhere
        return np.full(columns.shape[1], np.nan)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of fewer than two examples
        return np.atleast_1d(r2_score(columns, outputs, multioutput="raw_values"))


def _huber(errors):
    return np.where(errors <= 1, 0.5 * errors**2, errors - 0.5)


def _as_columns(targets: Any) -> np.ndarray:
    """Returns targets `(n,)` or `(n, numbers)` as `(n, numbers)`."""
    return targets.reshape(len(targets), -1)


def _scalar_or_list(values: tuple[float, ...]) -> float | list[float]:
    return values[0] if len(values) == 1 else list(values)
