"""How good a run is: figures with 95 % intervals, as plain data and as a table."""

import numpy as np

from ftlib.text import format_table

_DRAWS = 1000  # of the bootstrap


def measure(run):
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
    from ftlib.evidence.calibration import calibration
    from ftlib.evidence.groups import group_accuracy

    labels, names = run.task.test.labels, run.class_names
    said = run.predictions("test").argmax(1)
    trust = calibration(run)
    by_class = {row["group"]: row for row in group_accuracy(run, groups=np.asarray(names)[labels]).rows}
    right, tested, guessed = _counts(labels, said, len(names))
    classes = []
    for i, name in enumerate(names):
        row = by_class.get(name)
        if row is not None:
            precision = right[i] / guessed[i] if guessed[i] else 0.0
            f1 = 2 * right[i] / (tested[i] + guessed[i])
            classes.append(
                {
                    "name": name,
                    "images": row["n"],
                    "accuracy": _ends(row["accuracy"], row["low"], row["high"]),
                    "precision": float(precision),
                    "f1": float(f1),
                }
            )
    groups = []
    if run.task.test.groups is not None:
        groups = [
            {"name": str(row["group"]), "images": row["n"], "accuracy": _ends(row["accuracy"], row["low"], row["high"])}
            for row in group_accuracy(run).rows
        ]
    return {
        "images": len(labels),
        "accuracy": _share(int(right.sum()), len(labels)),
        "macro_f1": _ends(run.test_macro_f1, *_bootstrap(labels, said, len(names))),
        "loss": run.scores["test"]["loss"],
        "calibration_error": trust.ece,
        "temperature": trust.temperature,
        "validation_accuracy": run.val_accuracy,
        "classes": classes,
        "groups": groups,
    }


def told(metrics, most=30):
    """Returns figures as text: the headline, and a table of the classes, the worst first."""
    accuracy, f1 = metrics["accuracy"], metrics["macro_f1"]
    lines = [
        f"accuracy     {_percent(accuracy)}   95 % interval {_span(accuracy)}   {metrics['images']:,} test pictures",
        f"macro-F1     {_percent(f1)}   95 % interval {_span(f1)}   every class counts alike",
        f"calibration  {100 * metrics['calibration_error']:>4.1f} %   between the probabilities that it states and how "
        "often it is right",
        "",
    ]
    for kind, rows in (("class", metrics["classes"]), ("group", metrics["groups"])):
        if not rows:
            continue
        rows = sorted(rows, key=lambda row: row["accuracy"]["value"])
        more = [f"... and {len(rows) - most:,} more in metrics.json"] * (len(rows) > most)
        head = (kind, "pictures", "accuracy", "95 % interval") + ("precision",) * (kind == "class")
        cells = [head]
        for row in rows[:most]:
            cells.append((row["name"], f"{row['images']:,}", _percent(row["accuracy"]), _span(row["accuracy"])))
            if kind == "class":
                cells[-1] += (f"{100 * row['precision']:.1f} %",)
        lines += [format_table(cells, right=(1, 2, 3, 4)), *more, ""]
    return "\n".join(lines).rstrip()


def headline(metrics):
    """Returns the accuracy with its interval in a few words."""
    accuracy = metrics["accuracy"]
    return f"test accuracy {_percent(accuracy)} (95 % interval {_span(accuracy)}, {metrics['images']:,} pictures)"


def _counts(labels, said, classes):
    """Returns, for each class, how often it was right, there, and guessed."""
    right = np.bincount(labels[labels == said], minlength=classes)
    return right, np.bincount(labels, minlength=classes), np.bincount(said, minlength=classes)


def _bootstrap(labels, said, classes):
    """Returns the ends of the interval of the macro-F1, over draws of the test pictures with replacement."""
    rng, found = np.random.default_rng(0), []
    for _ in range(_DRAWS):
        at = rng.integers(0, len(labels), len(labels))
        right, tested, guessed = _counts(labels[at], said[at], classes)
        both = tested + guessed
        found.append((2 * right[both > 0] / both[both > 0]).mean())
    return np.quantile(found, [0.025, 0.975])


def _share(right, count):
    from ftlib.evidence.scores import wilson_interval

    return _ends(right / count, *wilson_interval(right, count))


def _ends(value, low, high):
    # Rounding may leave an end of 1.0 a hair below it.
    return {"value": float(value), "low": float(min(low, value)), "high": float(max(high, value))}


def _percent(value):
    return f"{100 * value['value']:.1f} %"


def _span(value):
    return f"{100 * value['low']:.1f} to {100 * value['high']:.1f} %"
