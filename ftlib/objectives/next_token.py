"""The next token of a text: language modelling."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any, ClassVar

import keras
import numpy as np

from ftlib.models.arrays import to_numpy
from ftlib.models.token_network import PADDING_ID, longest_text
from ftlib.objectives.input_augmentation import augment_inputs
from ftlib.objectives.tokens import (
    NO_TARGET,
    PositionCrossEntropy,
    VocabularyObjective,
    check_token_targets,
    reduce_token_outputs,
    require_vocabulary_size,
)
from ftlib.score import LOSS, Score

if TYPE_CHECKING:
    from ftlib.strategies.regularization import Regularization
    from ftlib.tasks.split import Split
    from ftlib.tasks.task import Task

_SEEN_AHEAD = 1e-3  # of the largest feature: a difference above it is more than rounding
_TRIED_LENGTH = 16  # tokens, of a model that takes texts of any length
_LARGEST_EXPONENT = 700  # of the perplexity: e to the power of 710 is no float any more


@dataclasses.dataclass(frozen=True)
class NextToken(VocabularyObjective):
    """The next token at each position of a text; outputs are logits `(n, length, vocabulary_size)`.

    The targets are the token ids themselves, `(n, length)`, so that `Split(ids, ids, names)` is a split: at each
    position the model is to give the token after it. A target of 0, as padding has, does not count; so a question can
    stand in the inputs whose answer alone is learnt.

    Args:
        vocabulary_size: How many ids there are, with 0.
        bytes_per_token: How many bytes of UTF-8 a token stands for, on average over the texts. Where it is given, bits
            per byte are scored too, by which models with different tokenizers compare. Default None: not known.

    Raises:
        ValueError: For sizes out of range.

    Example:
    >>> ids = np.array([[5, 6, 7, 8], [5, 6, 9, 0]])
    >>> parts = [ft.Split(ids, ids, [f"{part}-{i}" for i in range(2)]) for part in ("train", "validation", "test")]
    >>> task = ft.Task("words", *parts, (), "typed", "none", objective=ft.NextToken(10), kind="text")
    >>> backbone = ft.token_network(vocabulary_size=10, length=4, width=8, blocks=1, heads=2, causal=True)
    >>> ft.with_head(backbone, task).output_shape
    (None, 4, 10)
    """

    vocabulary_size: int
    bytes_per_token: float | None = None

    name: ClassVar[str] = "next_token"

    def __post_init__(self):
        require_vocabulary_size(self.vocabulary_size)
        size = self.bytes_per_token
        if size is not None and (isinstance(size, bool) or not isinstance(size, (int, float)) or not 0 < size < 1e9):
            raise ValueError(f"`bytes_per_token` is a number above 0, or None. Received: bytes_per_token={size!r}.")

    @property
    def scores(self) -> tuple[Score, ...]:
        """Perplexity, bits per byte where they are known, accuracy, and cross-entropy in nats per token."""
        perplexity = Score("perplexity", "Perplexity", higher_is_better=False, low=1.0, high=None, unit="")
        bits = Score("bits_per_byte", "Bits per byte", higher_is_better=False, high=None, unit="")
        known_bits = () if self.bytes_per_token is None else (bits,)
        return perplexity, *known_bits, Score("accuracy", "Accuracy"), LOSS

    def check_targets(self, targets: Any, what: str, class_names: tuple[str, ...]) -> None:
        """Raises unless targets are ids of the vocabulary `(n, length)`, with some that can be predicted."""
        check_token_targets(targets, what, self.vocabulary_size)
        if not targets[:, 1:].any():
            raise ValueError(f"No text of the {what} split has a second token, and so none to predict.")

    def check_model(self, model: keras.Model, task: Task) -> None:
        """Raises unless the model gives logits of the vocabulary for each token, and sees no token that follows."""
        super().check_model(model, task)
        require_causal(model, self.vocabulary_size)

    def make_batch(
        self, inputs: np.ndarray, targets: Any, task: Task, regularization: Regularization, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Returns inputs, some of whose tokens are dropped, and at each position the id of the token after it."""
        return augment_inputs(inputs, task, regularization.augmentation, rng), next_ids(targets)

    def make_loss(self, regularization: Regularization) -> keras.losses.Loss:
        """Returns the cross-entropy, with smoothed targets where the regularization says so."""
        return PositionCrossEntropy(regularization.label_smoothing)

    def reduce_outputs(self, outputs: np.ndarray, targets: Any) -> np.ndarray:
        """Returns the log-probability of each next token, and whether it was right; see `reduce_token_outputs`."""
        return reduce_token_outputs(outputs, next_ids(targets))

    def score(self, outputs: np.ndarray, targets: Any) -> dict[str, float]:
        """Returns a value for each of `scores`, from what `reduce_outputs` gave."""
        counts = next_ids(targets) != NO_TARGET
        log_probabilities, is_right = outputs[counts].astype("float64").T
        return self._scores_of(float(-log_probabilities.mean()), float(is_right.mean()))

    def _scores_of(self, loss, accuracy):
        values = {"perplexity": math.exp(min(loss, _LARGEST_EXPONENT)), "accuracy": accuracy, "loss": loss}
        if self.bytes_per_token is not None:
            values["bits_per_byte"] = loss / math.log(2) / self.bytes_per_token
        return {score.name: values[score.name] for score in self.scores}

    def baseline(self, train: Split, split: Split) -> dict[str, float]:
        """Returns the scores of naming each token by its share of the training texts, whatever stands before it.

        Each token counts once more than it occurs, so that none is impossible.
        """
        train_ids, split_ids = (next_ids(part.targets) for part in (train, split))
        counts = 1 + np.bincount(train_ids[train_ids != NO_TARGET], minlength=self.vocabulary_size)
        counts[PADDING_ID] = 0
        wanted_ids = split_ids[split_ids != NO_TARGET]
        loss = float(-np.log(counts[wanted_ids] / counts.sum()).mean())
        scores = self._scores_of(loss, float((wanted_ids == counts.argmax()).mean()))
        return {name: value for name, value in scores.items() if name != "loss"}


def next_ids(ids: np.ndarray) -> np.ndarray:
    """Returns for each position of texts `(n, length)` the id after it, `NO_TARGET` where that is padding or nothing.

    Example:
    >>> next_ids(np.array([[5, 6, 0]])).tolist()
    [[6, -1, -1]]
    """
    following = np.full(ids.shape, NO_TARGET, "int32")
    following[:, :-1] = np.where(ids[:, 1:] == PADDING_ID, NO_TARGET, ids[:, 1:])
    return following


def require_causal(model: keras.Model, vocabulary_size: int) -> None:
    """Raises a ValueError if what a model says of a text's first half changes with the second: it would see the answer.

    What the backbone gives is looked at, where it is a layer of its own, since a fresh head says the same of all.
    """
    has_backbone = any(layer.name == "backbone" for layer in model.layers)
    features = model.get_layer("backbone") if has_backbone else model
    length = model.input_shape[1] or min(_TRIED_LENGTH, longest_text(model) or _TRIED_LENGTH)
    half = max(1, length // 2)
    rng = np.random.default_rng(0)
    texts = np.tile(rng.integers(1, vocabulary_size, (1, length)), (2, 1)).astype("int32")
    texts[1, half:] = 1 + texts[1, half:] % (vocabulary_size - 1)  # another id at each of these places
    first, second = to_numpy(features(texts, training=False))[:, :half].astype("float32")
    if np.abs(first - second).max() > _SEEN_AHEAD * np.abs(first).max():
        raise ValueError(
            "The model sees the tokens that it is to predict: what it gives for the first half of a text changes with "
            "the second. Build a causal one, as ft.token_network(..., causal=True) does."
        )
