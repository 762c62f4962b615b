"""The answer to a question as a span of a text: from its first to its last token."""

from __future__ import annotations

import collections
import dataclasses
import re
import string
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import keras
import numpy as np

from ftlib.objectives.input_augmentation import augment_inputs
from ftlib.objectives.objective import Objective
from ftlib.objectives.tokens import (
    NO_TARGET,
    PositionCrossEntropy,
    attach_token_head,
    check_token_model,
    target_log_probabilities,
)
from ftlib.score import LOSS, Score

if TYPE_CHECKING:
    from ftlib.strategies.regularization import Regularization
    from ftlib.tasks.split import Split
    from ftlib.tasks.task import Task

_ARTICLES = re.compile(r"\b(a|an|the)\b")


@dataclasses.dataclass(frozen=True)
class AnswerSpan:
    """The target of a question: where its answer stands, and in which text.

    Attributes:
        start, end: The first and the last token of the answer, counted from 0 in the inputs; -1 where the inputs do not
            hold it.
        answers: The texts that are accepted as right.
        passage: The text that answers are taken from.
        offsets: For each token of the inputs the characters `(begin, end)` of the passage that it stands for; `(0, 0)`
            for tokens of the question, marks and padding, which are never an answer.

    Example:
    >>> target = AnswerSpan.from_text("It is in Seoul.", [(0, 0), (0, 2), (3, 5), (6, 8), (9, 14)], ["Seoul"], 9)
    >>> target.start, target.end, target.text_between(3, 4)
    (4, 4, 'in Seoul')
    """

    start: int
    end: int
    answers: tuple[str, ...]
    passage: str
    offsets: tuple[tuple[int, int], ...]

    @classmethod
    def from_text(
        cls, passage: str, offsets: Sequence[tuple[int, int]], answers: Sequence[str], first_character: int
    ) -> AnswerSpan:
        """Returns the target of a question whose answer is known by its characters, as SQuAD gives it.

        Args:
            passage, offsets: As in `AnswerSpan`; offsets are what a tokenizer gives.
            answers: The accepted texts, of which the first stands in the passage.
            first_character: Where it begins there.
        """
        stop_character = first_character + len(answers[0])
        rows = tuple((int(begin), int(stop)) for begin, stop in offsets)
        covering = [
            token
            for token, (begin, stop) in enumerate(rows)
            if stop > begin and stop > first_character and begin < stop_character
        ]
        start, end = NO_TARGET, NO_TARGET
        # Of a passage that was cut, the tokens may hold a part of the answer: that is no answer.
        if covering and rows[covering[0]][0] <= first_character and rows[covering[-1]][1] >= stop_character:
            start, end = covering[0], covering[-1]
        return cls(start, end, tuple(answers), passage, rows)

    def text_between(self, start: int, end: int) -> str:
        """Returns the text of the passage from one token to another, empty where there is none."""
        pieces = [(begin, stop) for begin, stop in self.offsets[start : end + 1] if stop > begin]
        return self.passage[pieces[0][0] : pieces[-1][1]] if pieces else ""


@dataclasses.dataclass(frozen=True)
class Span(Objective):
    """Where the answer to a question begins and ends; outputs are two logits for each token, `(n, length, 2)`.

    Inputs are question and passage in one row of token ids. Targets are either an `AnswerSpan` for each, `(n,)`, whose
    texts are scored as SQuAD v1.1 does (Rajpurkar et al., 2016, https://arxiv.org/abs/1606.05250): lower case, without
    punctuation and articles, the best of the accepted answers. Or they are integers `(n, 2)`, first and last token,
    where tokens count as words. -1 stands for an answer that the inputs do not hold: nothing is learnt from it, and
    it counts as missed.

    Args:
        max_tokens: The most tokens of an answer, of those that are looked for. Default 30, as in BERT's code.

    Raises:
        ValueError: For a number below 1.

    Example:
    >>> ids = np.array([[5, 1, 6, 7, 8], [5, 1, 9, 6, 0]])
    >>> spans = np.array([[3, 4], [2, 2]])
    >>> parts = [ft.Split(ids, spans, [f"{part}-{i}" for i in range(2)]) for part in ("train", "validation", "test")]
    >>> task = ft.Task("questions", *parts, (), "typed", "none", objective=ft.Span(), kind="text")
    >>> ft.with_head(ft.token_network(vocabulary_size=10, length=5, width=8, blocks=1, heads=2), task).output_shape
    (None, 5, 2)
    """

    max_tokens: int = 30

    name: ClassVar[str] = "span"

    def __post_init__(self):
        is_whole = isinstance(self.max_tokens, (int, np.integer)) and not isinstance(self.max_tokens, bool)
        if not is_whole or self.max_tokens < 1:
            raise ValueError(f"`max_tokens` is a whole number of at least 1. Received: max_tokens={self.max_tokens!r}.")

    @property
    def scores(self) -> tuple[Score, ...]:
        """Exact match, F1 of words, and the cross-entropy of the first and the last token."""
        return Score("exact_match", "Exact match"), Score("f1", "F1"), LOSS

    def check_targets(self, targets: Any, what: str, class_names: tuple[str, ...]) -> None:
        """Raises unless targets are `AnswerSpan`s `(n,)`, or first and last tokens `(n, 2)`, with one in the inputs."""
        if targets.dtype == object:
            others = [target for target in targets.ravel() if not isinstance(target, AnswerSpan)]
            if others or targets.ndim != 1:
                received = type(others[0]).__name__ if others else f"shape {targets.shape}"
                raise TypeError(f"`targets` are an AnswerSpan for each question, (n,). Received: {what} of {received}.")
        elif targets.ndim != 2 or targets.shape[1] != 2 or targets.dtype.kind not in "iu":
            raise ValueError(
                "`targets` are the first and the last token of each answer, integers (n, 2), or an AnswerSpan for "
                f"each. Received: {what} targets of shape {targets.shape} and dtype {targets.dtype}."
            )
        starts, ends = token_spans(targets).T
        is_missing = (starts == NO_TARGET) & (ends == NO_TARGET)
        is_wrong = ~is_missing & ((starts < 0) | (ends < starts))
        if is_wrong.any():
            row = int(is_wrong.argmax())
            raise ValueError(
                f"An answer ends where it starts, or later; -1 and -1 say that the inputs do not hold it. Received: "
                f"{what} row {row}, from {starts[row]} to {ends[row]}."
            )
        if is_missing.all():
            raise ValueError(f"No answer of the {what} split lies in its inputs. Take longer ones.")

    def resize_split(self, split: Split, inputs: Any) -> Split:
        """Returns a split whose answers are missing, -1, where its inputs are cut before their end, with a warning."""
        length = inputs.shape[1]
        is_cut = token_spans(split.targets)[:, 1] >= length
        if is_cut.any():
            warnings.warn(
                f"{is_cut.sum()} of {len(split)} answers lie beyond the {length} tokens that the backbone takes: they "
                "teach nothing, and count as missed.",
                stacklevel=2,
            )
        targets = split.targets.copy()
        if targets.dtype == object:
            targets[:] = [_fit_answer(target, length, cut) for target, cut in zip(targets, is_cut, strict=True)]
        else:
            targets[is_cut] = NO_TARGET
        return dataclasses.replace(split, inputs=inputs, targets=targets)

    def check_regularization(self, regularization: Regularization) -> None:
        """Raises for `mixup` and `cutmix`."""
        self.refuse(regularization, "mixup", "cutmix")

    def attach_head(self, backbone: keras.Model, task: Task) -> keras.Model:
        """Returns the backbone with two logits for each token."""
        return attach_token_head(backbone, 2, "span_model")

    def check_model(self, model: keras.Model, task: Task) -> None:
        """Raises unless the model gives two logits for each token, and the answers lie within the inputs."""
        check_token_model(model, task, 2, "two logits")
        for part, split in task.splits.items():
            length = split.inputs.shape[1]
            last_token = int(token_spans(split.targets)[:, 1].max())
            if last_token >= length:
                raise ValueError(
                    f"Answers lie within the {length} tokens of the inputs. Received: {part}, {last_token}."
                )
            if split.targets.dtype == object and {len(target.offsets) for target in split.targets} != {length}:
                raise ValueError(f"`offsets` have a row for each of the {length} tokens of the {part} inputs.")

    def make_batch(
        self, inputs: np.ndarray, targets: Any, task: Task, regularization: Regularization, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Returns inputs, some of whose tokens are dropped, and the first and last token of each answer."""
        return augment_inputs(inputs, task, regularization.augmentation, rng), token_spans(targets)

    def make_loss(self, regularization: Regularization) -> keras.losses.Loss:
        """Returns the cross-entropy over the tokens, the mean of that of first and last, smoothed where asked for."""
        return PositionCrossEntropy(regularization.label_smoothing, positions_last=True)

    def reduce_outputs(self, outputs: np.ndarray, targets: Any) -> np.ndarray:
        """Returns for each question the first and last token of the best span and the loss, nan where it has none.

        Returns:
            `(n, 3)` in float64.
        """
        logits = outputs.astype("float64").swapaxes(1, 2)
        spans = token_spans(targets)
        losses = -target_log_probabilities(logits, spans).mean(axis=1)
        losses[spans[:, 0] == NO_TARGET] = np.nan
        best_spans = best_token_spans(logits, _answerable_tokens(targets, outputs.shape[1]), self.max_tokens)
        return np.column_stack([best_spans, losses])

    def score(self, outputs: np.ndarray, targets: Any) -> dict[str, float]:
        """Returns a value for each of `scores`, from what `reduce_outputs` gave."""
        return {**_match_spans(outputs[:, :2].astype(int), targets), "loss": float(np.nanmean(outputs[:, 2]))}

    def baseline(self, train: Split, split: Split) -> dict[str, float]:
        """Returns the scores of always naming the tokens at the place where most answers of the training data are."""
        spans = token_spans(train.targets)
        places, counts = np.unique(spans[spans[:, 0] != NO_TARGET], axis=0, return_counts=True)
        return _match_spans(np.tile(places[counts.argmax()], (len(split), 1)), split.targets)


def token_spans(targets: np.ndarray) -> np.ndarray:
    """Returns the first and last tokens of targets of `Span`, `(n, 2)` in int32."""
    if targets.dtype == object:
        return np.array([(target.start, target.end) for target in targets], "int32").reshape(-1, 2)
    return targets.astype("int32")


def best_token_spans(logits: np.ndarray, is_answerable: np.ndarray, max_tokens: int) -> np.ndarray:
    """Returns the spans with the highest sum of both logits that end where they start or later.

    Args:
        logits: `(n, 2, length)`: of being the first token, and the last.
        is_answerable: `(n, length)`: whether a token may be the first or last of an answer.
        max_tokens: The most tokens of a span.

    Returns:
        First and last tokens, `(n, 2)`.

    Example:
    >>> logits = np.array([[[0.0, 1.0, 9.0], [5.0, 2.0, 0.0]]])
    >>> best_token_spans(logits, np.ones((1, 3), bool), max_tokens=2).tolist()
    [[2, 2]]
    """
    first_logits, last_logits = np.where(is_answerable[:, None], logits, -np.inf).swapaxes(0, 1)
    count, length = first_logits.shape
    best_sums = np.full(count, -np.inf)
    best_spans = np.zeros((count, 2), int)
    for more_tokens in range(min(max_tokens, length)):
        sums = first_logits[:, : length - more_tokens] + last_logits[:, more_tokens:]
        starts = sums.argmax(axis=1)
        highest_sums = sums[np.arange(count), starts]
        is_better = highest_sums > best_sums
        best_sums[is_better] = highest_sums[is_better]
        best_spans[is_better] = np.column_stack([starts, starts + more_tokens])[is_better]
    return best_spans


def normalize_answer(text: str) -> str:
    """Returns an answer as SQuAD compares it: in lower case, without punctuation, articles and spare blanks.

    Example:
    >>> normalize_answer("The  Eiffel Tower!")
    'eiffel tower'
    """
    without_punctuation = "".join(character for character in text.lower() if character not in string.punctuation)
    return " ".join(_ARTICLES.sub(" ", without_punctuation).split())


def overlap_f1(predicted: Sequence[Any], wanted: Sequence[Any]) -> float:
    """Returns the harmonic mean of precision and recall of words, each counted as often as it occurs in both.

    Example:
    >>> round(overlap_f1(["eiffel", "tower"], ["tower"]), 3)
    0.667
    """
    shared_count = sum((collections.Counter(predicted) & collections.Counter(wanted)).values())
    return 2 * shared_count / (len(predicted) + len(wanted)) if shared_count else 0.0


def _match_spans(spans, targets):
    """Returns the exact match and the F1 of predicted spans `(n, 2)`."""
    match = _match_answer if targets.dtype == object else _match_tokens
    matches = np.array([match(start, end, target) for (start, end), target in zip(spans, targets, strict=True)])
    exact_match, f1 = matches.mean(axis=0)
    return {"exact_match": float(exact_match), "f1": float(f1)}


def score_answer(predicted: str, accepted_answers: Sequence[str]) -> tuple[float, float]:
    """Returns the exact match and the F1 of words of an answer, with the accepted one that is best for each.

    Example:
    >>> score_answer("the Eiffel Tower", ["Eiffel tower", "the tower"])
    (1.0, 1.0)
    """
    said, accepted = normalize_answer(predicted), [normalize_answer(answer) for answer in accepted_answers]
    return float(said in accepted), max(overlap_f1(said.split(), answer.split()) for answer in accepted)


def _match_answer(start, end, target):
    return score_answer(target.text_between(start, end), target.answers)


def _match_tokens(start, end, target):
    """Returns the exact match and the F1 of tokens, each of which is a word of its own."""
    if target[0] == NO_TARGET:
        return 0.0, 0.0
    exact_match = start == target[0] and end == target[1]
    return float(exact_match), overlap_f1(range(start, end + 1), range(target[0], target[1] + 1))


def _answerable_tokens(targets, length):
    """Returns whether each token may be an answer, `(n, length)`: those of the passage, or all where none is known."""
    if targets.dtype != object:
        return np.ones((len(targets), length), bool)
    return np.array([[stop > begin for begin, stop in target.offsets] for target in targets])


def _fit_answer(target, length, is_cut):
    """Returns an `AnswerSpan` for inputs of another length."""
    offsets = (target.offsets + ((0, 0),) * length)[:length]
    start, end = (NO_TARGET, NO_TARGET) if is_cut else (target.start, target.end)
    return dataclasses.replace(target, start=start, end=end, offsets=offsets)
