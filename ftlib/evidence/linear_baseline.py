"""What a cheap classifier reaches on the splits of a task: logistic regression on features that are quick to count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ftlib.evidence.logistic_regression import fit_logistic_regression

if TYPE_CHECKING:
    from ftlib.tasks.task import Task

_MOST_EXAMPLES = 20_000  # that it is trained on: more take minutes


class LinearBaseline(NamedTuple):
    """How good logistic regression on cheap features is.

    Attributes:
        validation_accuracy, test_accuracy: From 0 to 1.
        test_right: For each test example, whether it was named correctly, `(n,)`.
        train_count: How many examples it was trained on.
    """

    validation_accuracy: float
    test_accuracy: float
    test_right: np.ndarray
    train_count: int


def draw_examples(task: Task) -> np.ndarray:
    """Returns the indices of the training examples that a cheap classifier is trained on: all, or 20,000 of them."""
    count = len(task.train)
    if count <= _MOST_EXAMPLES:
        return np.arange(count)
    return np.sort(np.random.default_rng(0).permutation(count)[:_MOST_EXAMPLES])


def fit_linear_baseline(
    task: Task, features: Mapping[str, Any], chosen: np.ndarray, strengths: Sequence[float]
) -> LinearBaseline:
    """Trains logistic regression on features, chooses its regularization on validation, and scores it on the test.

    Args:
        task: A `Task` of one class for each example.
        features: `{part: (n, features)}`, of `"train"` those of the chosen examples.
        chosen: Indices of the training examples.
        strengths: Of the regularization to choose from, scikit-learn's `C`.
    """
    labels = {part: np.asarray(split.targets) for part, split in task.splits.items()}
    best: Any = None
    for strength in strengths:
        model: Any = fit_logistic_regression(features["train"], labels["train"][chosen], strength)
        accuracy = float((model.predict(features["validation"]) == labels["validation"]).mean())
        if best is None or accuracy > best[0]:
            best = accuracy, model
    assert best is not None, "one of the strengths"
    test_right = best[1].predict(features["test"]) == labels["test"]
    return LinearBaseline(best[0], float(test_right.mean()), test_right, len(chosen))
