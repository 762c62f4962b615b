"""What the objectives of tokens share: the head, the loss, and what is kept of outputs for each token."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from ftlib.models.arrays import fit_length
from ftlib.models.backbones import gives_token_vectors, input_like, named_backbone
from ftlib.objectives.objective import Objective

if TYPE_CHECKING:
    from ftlib.strategies.regularization import Regularization
    from ftlib.tasks.split import Split
    from ftlib.tasks.task import Task

NO_TARGET = -1  # in the targets of a batch: this position does not count


class VocabularyObjective(Objective):
    """The base of objectives that give logits of a vocabulary for each token, and whose targets are token ids.

    Attributes:
        vocabulary_size: How many ids there are, with 0.
    """

    vocabulary_size: int

    def resize_split(self, split: Split, inputs: Any) -> Split:
        """Returns a split with its targets cut, or filled up with 0, as its inputs are."""
        return dataclasses.replace(split, inputs=inputs, targets=fit_length(split.targets, inputs.shape[1]))

    def check_regularization(self, regularization: Regularization) -> None:
        """Raises for `mixup` and `cutmix`."""
        self.refuse(regularization, "mixup", "cutmix")

    def attach_head(self, backbone: keras.Model, task: Task) -> keras.Model:
        """Returns the backbone with logits of the vocabulary for each token."""
        return attach_token_head(backbone, self.vocabulary_size, f"{self.name}_model")

    def check_model(self, model: keras.Model, task: Task) -> None:
        """Raises unless the model gives logits of the vocabulary for each token."""
        check_token_model(model, task, self.vocabulary_size, "logits of the vocabulary")
        check_token_inputs(task, self.vocabulary_size)


def attach_token_head(backbone: keras.Model, width: int, name: str) -> keras.Model:
    """Returns a backbone with a head that gives some numbers for each token: Dropout and a Dense layer.

    The Dense layer starts at zero, as that of `classifier` does, and its output is float32 with any precision policy.

    Args:
        backbone: A functional Keras model from ids `(None, length)` to vectors `(None, length, c)`.
        width: Numbers for each token.
        name: Name of the model.

    Raises:
        ValueError: For a backbone that takes or gives something else.
    """
    if not gives_token_vectors(backbone):
        raise ValueError(
            "Tokens are predicted by a backbone that takes integer ids (None, length) and gives a vector for each, "
            f"(None, length, c). Received: {backbone.input_shape} of {backbone.inputs[0].dtype} -> "
            f"{backbone.output_shape}. ft.token_network builds one."
        )
    inputs = input_like(backbone)
    features = keras.layers.Dropout(0.0, name="head_dropout")(named_backbone(backbone)(inputs))
    predictions = keras.layers.Dense(width, kernel_initializer="zeros", dtype="float32", name="predictions")
    return keras.Model(inputs, predictions(features), name=name)


def check_token_model(model: keras.Model, task: Any, width: int, what: str) -> None:
    """Raises a ValueError unless a task is of texts, and a model gives some numbers for each of their tokens.

    Args:
        model: The model.
        task: The `Task`.
        width: Numbers for each token.
        what: What messages call them: `"logits of the vocabulary"`.
    """
    if task.kind != "text":
        raise ValueError(f'Tokens are predicted in texts. Received: a task of kind={task.kind!r}. Say kind="text".')
    shape = model.output_shape
    if not isinstance(shape, tuple) or len(shape) != 3 or shape[2] != width or shape[1] != model.input_shape[1]:
        raise ValueError(
            f"The model must give {what} for each token, (None, length, {width}). Received: output shape {shape} for "
            f"input shape {model.input_shape}. Build it with ft.with_head(backbone, task)."
        )


def check_token_targets(targets: np.ndarray, what: str, vocabulary_size: int) -> None:
    """Raises unless targets are token ids `(n, length)` of a vocabulary, where 0 stands for no token."""
    if targets.ndim != 2 or targets.shape[1] < 2:
        raise ValueError(
            f"`targets` are the token ids of each text, (n, length), of at least 2 tokens. Received: {what} targets of "
            f"shape {targets.shape}."
        )
    if targets.dtype.kind not in "iu":
        raise TypeError(f"`targets` are token ids, integers. Received: {what} targets of dtype {targets.dtype}.")
    lowest, highest = targets.min(), targets.max()
    if lowest < 0 or highest >= vocabulary_size:
        raise ValueError(
            f"Token ids lie in 0..{vocabulary_size - 1} (vocabulary_size={vocabulary_size}). Received: {what} targets "
            f"from {lowest} to {highest}."
        )


def check_token_inputs(task: Any, vocabulary_size: int) -> None:
    """Raises a ValueError unless the texts of a task are as long as their targets, of ids of the vocabulary."""
    for part, split in task.splits.items():
        if split.inputs.shape[1] != split.targets.shape[1]:
            raise ValueError(
                f"`targets` have an id for each token of the inputs. Received: {part} inputs of shape "
                f"{tuple(split.inputs.shape)} and targets of shape {split.targets.shape}."
            )
        highest = np.max(split.inputs)
        if highest >= vocabulary_size:
            raise ValueError(
                f"Token ids lie in 0..{vocabulary_size - 1} (vocabulary_size={vocabulary_size}). Received: {part} "
                f"inputs up to {highest}."
            )


def require_vocabulary_size(vocabulary_size: Any) -> None:
    """Raises a ValueError unless a vocabulary has a whole number of ids, at least 2."""
    is_whole = isinstance(vocabulary_size, (int, np.integer)) and not isinstance(vocabulary_size, bool)
    if not is_whole or vocabulary_size < 2:
        raise ValueError(
            f"`vocabulary_size` counts the ids, with 0: at least 2. Received: vocabulary_size={vocabulary_size!r}."
        )


class PositionCrossEntropy(keras.losses.Loss):
    """Cross-entropy of logits at several positions, as the mean over those of the batch that count.

    Targets are class indices `(batch, positions)`, `NO_TARGET` where a position does not count; outputs are logits
    `(batch, positions, classes)`.

    Args:
        label_smoothing: Share of the target that is spread evenly over all classes.
        positions_last: Whether the outputs are `(batch, classes, positions)`.
        name: Name of the loss.
    """

    def __init__(
        self, label_smoothing: float = 0.0, positions_last: bool = False, name: str = "position_cross_entropy"
    ):
        super().__init__(name=name)
        self.label_smoothing = label_smoothing
        self.positions_last = positions_last

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Returns a number for each example, whose mean is that over the positions that count."""
        logits: Any = keras.ops.swapaxes(y_pred, 1, 2) if self.positions_last else y_pred
        indices: Any = keras.ops.cast(keras.ops.maximum(y_true, 0), "int32")
        counts: Any = keras.ops.cast(keras.ops.greater_equal(y_true, 0), logits.dtype)

        normalizers: Any = keras.ops.logsumexp(logits, axis=-1)
        target_logits: Any = keras.ops.take_along_axis(logits, keras.ops.expand_dims(indices, -1), axis=-1)
        losses: Any = normalizers - keras.ops.squeeze(target_logits, -1)
        if self.label_smoothing:
            spread_losses: Any = normalizers - keras.ops.mean(logits, axis=-1)
            losses = (1 - self.label_smoothing) * losses + self.label_smoothing * spread_losses
        total: Any = keras.ops.maximum(keras.ops.sum(counts), 1.0)
        shape: Any = keras.ops.shape(counts)
        return keras.ops.sum(losses * counts, axis=1) * shape[0] / total


def target_log_probabilities(logits: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Returns the natural logarithm of the probability of each target, 0 where there is none.

    Args:
        logits: `(n, positions, classes)`.
        targets: Class indices `(n, positions)`, `NO_TARGET` where there is none.
    """
    highest = logits.max(axis=-1, keepdims=True)
    normalizers = np.log(np.exp(logits - highest).sum(axis=-1)) + highest[..., 0]
    target_logits = np.take_along_axis(logits, np.maximum(targets, 0)[..., None], axis=-1)[..., 0]
    return np.where(targets == NO_TARGET, 0, target_logits - normalizers)


def reduce_token_outputs(logits: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Returns what is kept of logits over a vocabulary: for each position the logarithm of the target's probability,
    and 1 where the target has the highest logit; `(n, positions, 2)` in float32.

    Args:
        logits, targets: As in `target_log_probabilities`.
    """
    is_right = logits.argmax(axis=-1) == targets
    return np.stack([target_log_probabilities(logits, targets), is_right], axis=-1).astype("float32")
