"""Hidden tokens of a text, from all that is around them: BERT's pre-training."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, ClassVar

import keras
import numpy as np

from ftlib.models.token_network import PADDING_ID
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

_CHOSEN_SHARE = 0.15  # of a text's tokens are to be predicted, at least one
_MASKED_SHARE = 0.8  # of these are hidden under the mask
_REPLACED_SHARE = 0.1  # of these are another token; the rest stay, and are to be predicted all the same
_EVALUATION_SEED = 15_80_10


@dataclasses.dataclass(frozen=True)
class MaskedToken(VocabularyObjective):
    """Hidden tokens, from both sides; outputs are logits `(n, length, vocabulary_size)`.

    The targets are the token ids themselves, `(n, length)`, as the inputs are; 0, as padding has, is never chosen. In
    each batch 15 % of the tokens of a text are chosen anew, at least one: of these 80 % become the mask, 10 % another
    token, and 10 % stay as they are (Devlin et al., 2019, https://arxiv.org/abs/1810.04805). For scores the choice is
    the same each time. Since the inputs are drawn already, `augmentation` has nothing to add and does nothing.

    Args:
        vocabulary_size: How many ids there are, with 0.
        mask_id: The id of the mask.
        kept_ids: Ids that are never chosen, such as those of a text's beginning and end. Default: none but the mask.

    Raises:
        ValueError: For ids that are not in the vocabulary.

    Example:
    >>> objective, ids = MaskedToken(vocabulary_size=50, mask_id=1), np.full((1, 20), 7)
    >>> hidden_ids, answers = objective.hide(ids, ids, np.random.default_rng(0))
    >>> int((answers == 7).sum()), int((answers == -1).sum())
    (3, 17)
    """

    vocabulary_size: int
    mask_id: int
    kept_ids: tuple[int, ...] = ()

    name: ClassVar[str] = "masked_token"
    draws_inputs: ClassVar[bool] = True

    def __post_init__(self):
        require_vocabulary_size(self.vocabulary_size)
        object.__setattr__(self, "kept_ids", tuple(self.kept_ids))
        for id_name, token_id in [("mask_id", self.mask_id), *(("kept_ids", token_id) for token_id in self.kept_ids)]:
            is_whole = isinstance(token_id, (int, np.integer)) and not isinstance(token_id, bool)
            if not is_whole or not 0 < token_id < self.vocabulary_size:
                raise ValueError(
                    f"`{id_name}` lies in 1..{self.vocabulary_size - 1}, since 0 is padding. Received: {token_id!r}."
                )

    @property
    def scores(self) -> tuple[Score, ...]:
        """Accuracy on the chosen tokens, and cross-entropy in nats for each of them."""
        return Score("accuracy", "Accuracy on masked tokens"), LOSS

    def check_targets(self, targets: Any, what: str, class_names: tuple[str, ...]) -> None:
        """Raises unless targets are ids of the vocabulary `(n, length)`, with some that can be hidden."""
        check_token_targets(targets, what, self.vocabulary_size)
        if not self._may_be_hidden(targets).any():
            raise ValueError(f"No text of the {what} split has a token that may be hidden. Received: kept ids alone.")

    def hide(self, inputs: np.ndarray, targets: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Returns texts with some tokens hidden, and what they were: -1 where nothing is to be predicted.

        Args:
            inputs, targets: Token ids `(n, length)`, the same; or targets of 0 where nothing is to be hidden.
            rng: `numpy.random.Generator`.
        """
        may_be_hidden = self._may_be_hidden(targets)
        counts = may_be_hidden.sum(axis=1, keepdims=True)
        chosen_counts = np.minimum(counts, np.maximum(1, np.round(_CHOSEN_SHARE * counts)))
        draws = np.where(may_be_hidden, rng.random(inputs.shape), 2)
        ranks = draws.argsort(axis=1).argsort(axis=1)
        is_chosen = ranks < chosen_counts

        fates = rng.random(inputs.shape)
        other_ids = rng.integers(1, self.vocabulary_size, inputs.shape)
        is_masked = is_chosen & (fates < _MASKED_SHARE)
        is_replaced = is_chosen & ~is_masked & (fates < _MASKED_SHARE + _REPLACED_SHARE)
        hidden_ids = np.where(is_masked, self.mask_id, np.where(is_replaced, other_ids, inputs))
        return hidden_ids.astype("int32"), np.where(is_chosen, targets, NO_TARGET).astype("int32")

    def _may_be_hidden(self, ids):
        return ~np.isin(ids, (PADDING_ID, self.mask_id, *self.kept_ids))

    def make_batch(
        self, inputs: np.ndarray, targets: Any, task: Task, regularization: Regularization, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Returns texts with some tokens hidden, and what they were; see `hide`."""
        return self.hide(inputs, targets, rng)

    def make_loss(self, regularization: Regularization) -> keras.losses.Loss:
        """Returns the cross-entropy, with smoothed targets where the regularization says so."""
        return PositionCrossEntropy(regularization.label_smoothing)

    def for_evaluation(self, split: Split) -> Split:
        """Returns a split with the same tokens hidden each time; its targets are -1 where none is."""
        rng = np.random.default_rng(_EVALUATION_SEED)
        hidden_ids, hidden_targets = self.hide(np.asarray(split.inputs), split.targets, rng)
        return dataclasses.replace(split, inputs=hidden_ids, targets=hidden_targets)

    def reduce_outputs(self, outputs: np.ndarray, targets: Any) -> np.ndarray:
        """Returns the log-probability of each hidden token, and whether it was right; see `reduce_token_outputs`."""
        return reduce_token_outputs(outputs, targets)

    def score(self, outputs: np.ndarray, targets: Any) -> dict[str, float]:
        """Returns a value for each of `scores`, from what `reduce_outputs` gave."""
        log_probabilities, is_right = outputs[targets != NO_TARGET].astype("float64").T
        return {"accuracy": float(is_right.mean()), "loss": float(-log_probabilities.mean())}

    def baseline(self, train: Split, split: Split) -> dict[str, float]:
        """Returns the accuracy of always naming the most frequent token of the training texts."""
        train_ids = train.targets[self._may_be_hidden(train.targets)]
        hidden_targets = self.for_evaluation(split).targets
        wanted_ids = hidden_targets[hidden_targets != NO_TARGET]
        return {"accuracy": float((wanted_ids == np.bincount(train_ids).argmax()).mean())}
