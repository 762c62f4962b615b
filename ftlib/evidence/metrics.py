"""How good a run is on its test split: figures with 95 % intervals, as plain data."""

from typing import Any, NamedTuple

import numpy as np

from ftlib.evidence.calibration import calibration
from ftlib.evidence.groups import group_accuracy
from ftlib.evidence.run import Run
from ftlib.objectives.scores import wilson_interval

_BOOTSTRAP_DRAWS = 1000


class _ClassCounts(NamedTuple):
    """For each class, how many images were rightly predicted, are labelled, and were predicted as it, `(classes,)`."""

    right: np.ndarray
    labelled: np.ndarray
    predicted: np.ndarray


def measure(run: Run) -> dict[str, Any]:
    """Returns what the test split of a run says, with 95 % intervals.

    The intervals tell how far another draw of test pictures might be off; not what another seed would give.
    Accuracies have Wilson's, the macro-F1 has that of 1,000 bootstrap draws of the test pictures.

    Args:
        run: A `Run` with its task.

    Returns:
        Dict of plain data: `images`; `accuracy` and `macro_f1`, each with `value`, `low`, `high`; `loss`;
        `calibration_error` (expected, in 10 bins) and `temperature`, which mends it; `validation_accuracy`; `classes`,
        a list of dicts with `name`, `images`, `accuracy` (recall) with its interval, `precision` and `f1`; `groups`, a
        list of dicts with `name`, `images` and `accuracy`, empty where the pictures have none.
    """
    test, class_names = run.split("test"), run.class_names
    predicted_classes = run.predictions("test").argmax(1)
    trust = calibration(run)
    counts = _count_by_class(test.labels, predicted_classes, len(class_names))
    right_count = int(counts.right.sum())
    accuracy_ends = wilson_interval(right_count, len(test.labels))
    f1_ends = _bootstrap_macro_f1(test.labels, predicted_classes, len(class_names))
    return {
        "images": len(test.labels),
        "accuracy": _with_interval(right_count / len(test.labels), *accuracy_ends),
        "macro_f1": _with_interval(run.test_macro_f1, *f1_ends),
        "loss": run.scores["test"]["loss"],
        "calibration_error": trust.ece,
        "temperature": trust.temperature,
        "validation_accuracy": run.val_accuracy,
        "classes": _measure_classes(run, counts),
        "groups": [] if test.groups is None else [_group_figures(row) for row in group_accuracy(run).rows],
    }


def _measure_classes(run, counts):
    """Returns the figures of each class that has test pictures."""
    class_names = np.asarray(run.class_names)
    by_class = group_accuracy(run, groups=class_names[run.split("test").labels])
    row_of_class = {row["group"]: row for row in by_class.rows}

    figures = []
    for index, name in enumerate(run.class_names):
        if name not in row_of_class:
            continue
        right, labelled, predicted = (values[index] for values in counts)
        figures.append(
            {
                **_group_figures(row_of_class[name]),
                "precision": float(right / predicted) if predicted else 0.0,
                "f1": float(2 * right / (labelled + predicted)),
            }
        )
    return figures


def _group_figures(row):
    accuracy = _with_interval(row["accuracy"], row["low"], row["high"])
    return {"name": str(row["group"]), "images": row["n"], "accuracy": accuracy}


def _count_by_class(labels, predicted_classes, num_classes):
    right = np.bincount(labels[labels == predicted_classes], minlength=num_classes)
    labelled = np.bincount(labels, minlength=num_classes)
    predicted = np.bincount(predicted_classes, minlength=num_classes)
    return _ClassCounts(right, labelled, predicted)


def _bootstrap_macro_f1(labels, predicted_classes, num_classes):
    """Returns the ends of the interval of the macro-F1, over draws of the test pictures with replacement."""
    rng = np.random.default_rng(0)
    drawn_scores = []
    for _ in range(_BOOTSTRAP_DRAWS):
        drawn_indices = rng.integers(0, len(labels), len(labels))
        counts = _count_by_class(labels[drawn_indices], predicted_classes[drawn_indices], num_classes)
        occurrences = counts.labelled + counts.predicted
        is_present = occurrences > 0
        drawn_scores.append((2 * counts.right[is_present] / occurrences[is_present]).mean())
    low, high = np.quantile(drawn_scores, [0.025, 0.975])
    return low, high


def _with_interval(value, low, high):
    # Rounding may leave an end of 1.0 a hair below it.
    return {"value": float(value), "low": float(min(low, value)), "high": float(max(high, value))}
