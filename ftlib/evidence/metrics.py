"""How good a run is on its test split: figures with 95 % intervals, as plain data."""

from typing import Any, NamedTuple

import numpy as np

from ftlib.evidence.calibration import calibration
from ftlib.evidence.groups import group_accuracy
from ftlib.evidence.run import Run
from ftlib.objectives.classification import Classification
from ftlib.objectives.scores import wilson_interval
from ftlib.tasks.inputs import INPUT_NOUNS

_BOOTSTRAP_DRAWS = 1000
_SCORE_DRAWS = 300  # of scores that take longer


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
        list of dicts with `name`, `images` and `accuracy`, empty where the pictures have none; `noun`, what an example
        is called, where it is no picture.
        For another objective than classes see `measure_scores`.
    """
    if isinstance(run.objective, Classification):
        return _measure_classification(run)
    return measure_scores(run)


def measure_scores(run: Run) -> dict[str, Any]:
    """Returns all scores of a run on its test split, whatever it predicts, each with a 95 % interval.

    The intervals are those of 300 bootstrap draws of the test examples.

    Args:
        run: A `Run` with its task.

    Returns:
        Dict of plain data: `images`, how many examples; `objective`, its name; `scores`, a list of dicts with `name`,
        `title`, `unit`, `higher_is_better`, `value`, `low`, `high`, and `baseline`, what the best answer without a look
        at the inputs scores; `loss`; `validation`, the headline score there; `rows`, as from `Objective.score_rows`.
    """
    test = run.objective.for_evaluation(run.split("test"))
    outputs = run.predictions("test")
    values, baseline = run.score("test"), run.baseline("test")
    intervals = _bootstrap_scores(run.objective, outputs, test.targets)
    scores = [
        {
            "name": score.name,
            "title": score.title,
            "unit": score.unit,
            "higher_is_better": score.higher_is_better,
            "value": _known_or_none(values[score.name]),
            "low": intervals[score.name][0],
            "high": intervals[score.name][1],
            "baseline": _known_or_none(baseline[score.name]),
        }
        for score in run.score_kinds[:-1]
    ]
    return {
        "images": len(test),
        "objective": run.objective.name,
        "scores": scores,
        "loss": values["loss"],
        "validation": _known_or_none(run.val_score),
        "rows": run.objective.score_rows(outputs, test.targets, run.class_names),
    }


def _bootstrap_scores(objective, outputs, targets):
    """Returns `{name: (low, high)}` over draws of the examples with replacement; None for what is not known."""
    rng = np.random.default_rng(0)
    draws = [rng.integers(0, len(targets), len(targets)) for _ in range(_SCORE_DRAWS)]
    drawn_scores = objective.score_draws(outputs, targets, draws)
    intervals = {}
    for score in objective.scores:
        values = np.array([scores[score.name] for scores in drawn_scores])
        known_values = values[np.isfinite(values)]
        ends = np.quantile(known_values, [0.025, 0.975]) if len(known_values) else (np.nan, np.nan)
        intervals[score.name] = tuple(map(_known_or_none, ends))
    return intervals


def _known_or_none(value):
    return float(value) if np.isfinite(value) else None


def _measure_classification(run):
    test, class_names = run.split("test"), run.class_names
    predicted_classes = run.predictions("test").argmax(1)
    trust = calibration(run)
    counts = _count_by_class(test.labels, predicted_classes, len(class_names))
    right_count = int(counts.right.sum())
    accuracy_ends = wilson_interval(right_count, len(test.labels))
    f1_ends = _bootstrap_macro_f1(test.labels, predicted_classes, len(class_names))
    noun = {} if run.kind == "image" else {"noun": INPUT_NOUNS[run.kind].removesuffix("s")}
    return {
        **noun,
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
