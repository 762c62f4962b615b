"""Numbers that say how good predictions are, and how far another draw of images might be off."""

from typing import NamedTuple

import numpy as np


class Interval(NamedTuple):
    """The lower and upper end of a 95 % interval."""

    low: float
    high: float


def score_predictions(probabilities: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """Returns `accuracy`, `macro_f1` (the mean of the F1 of every class) and `loss` (cross-entropy) of predictions.

    Args:
        probabilities: `(n, classes)`.
        labels: Class indices, `(n,)`. Classes that are neither among them nor predicted have no F1.
    """
    class_indices = np.asarray(labels).astype("int64")
    predicted_classes = probabilities.argmax(1)
    counts = confusion_matrix(class_indices, predicted_classes, probabilities.shape[1])
    return {
        "accuracy": float((predicted_classes == class_indices).mean()),
        "macro_f1": float(f1_by_class(counts).mean()),
        "loss": float(_cross_entropy(probabilities, class_indices)),
    }


def _cross_entropy(probabilities, labels):
    label_probabilities = probabilities[np.arange(len(labels)), labels]
    return -np.log(np.clip(label_probabilities, 1e-7, 1)).mean()


def confusion_matrix(labels: np.ndarray, predicted_classes: np.ndarray, num_classes: int) -> np.ndarray:
    """Returns the counts, `(classes, classes)`: true class in rows, predicted in columns."""
    true_indices = np.asarray(labels).astype("int64")  # products of a uint8 would wrap
    predicted_indices = np.asarray(predicted_classes).astype("int64")
    pair_indices = true_indices * num_classes + predicted_indices
    return np.bincount(pair_indices, minlength=num_classes**2).reshape(num_classes, num_classes)


def f1_by_class(counts: np.ndarray) -> np.ndarray:
    """Returns the F1 of each class that occurs, true or predicted, from a confusion matrix."""
    occurrences = counts.sum(0) + counts.sum(1)
    is_present = occurrences > 0
    return 2 * np.diag(counts)[is_present] / occurrences[is_present]


def wilson_interval(successes: int, count: int) -> Interval:
    """Returns the 95 % interval of a share, such as an accuracy (Wilson, 1927).

    Also where none or all succeed it is no point, and it never leaves 0 to 1.

    Args:
        successes: How many were right, 0 to `count`.
        count: How many there were, at least 1.

    Raises:
        ValueError: For counts out of range.

    Example:
    >>> [round(end, 3) for end in wilson_interval(480, 500)]
    [0.939, 0.974]
    """
    from scipy.stats import binomtest

    ends = binomtest(int(successes), int(count)).proportion_ci(0.95, method="wilson")
    return Interval(float(ends.low), float(ends.high))
