"""Accuracy by group: who or what a model serves worse."""

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from ftlib import plots
from ftlib.evidence.run import Run
from ftlib.evidence.split_checks import check_run_and_split, record_look_at
from ftlib.models.arrays import to_numpy
from ftlib.objectives.classification import require_classes
from ftlib.objectives.scores import wilson_interval
from ftlib.plots.words import name_word, say


@dataclass(frozen=True, repr=False)
class GroupAccuracy:
    """What `group_accuracy` returns.

    Attributes:
        part: The split it was measured on.
        rows: One dict per group, the worst first: `group`, `n`, `accuracy`, and its 95 % interval `low` to `high`
            (Wilson, 1927).
        accuracy: Of all images together.
    """

    part: str
    rows: list[dict[str, Any]]
    accuracy: float

    @property
    def worst(self) -> dict[str, Any]:
        """The row of the group with the lowest accuracy."""
        return self.rows[0]

    @property
    def gap(self) -> float:
        """Accuracy of the best group less that of the worst."""
        return self.rows[-1]["accuracy"] - self.rows[0]["accuracy"]

    def __repr__(self):
        name_width = max(8, *(len(str(row["group"])) for row in self.rows)) + 2
        lines = [f"{self.part}: {100 * self.accuracy:.1f} % of all images, a gap of {100 * self.gap:.1f} points"]
        lines += [f"  {'group':<{name_width}}{'n':>7}{'accuracy':>11}  95 % interval"]
        for row in self.rows:
            percent, low, high = 100 * row["accuracy"], 100 * row["low"], 100 * row["high"]
            lines.append(f"  {row['group']!s:<{name_width}}{row['n']:>7,}{percent:>9.1f} %  {low:.1f} to {high:.1f}")
        return "\n".join(lines)

    def plot(self):
        """Returns a Matplotlib figure: a bar per group with its interval."""
        bars = {str(row["group"]): (row["accuracy"], row["low"], row["high"]) for row in self.rows}
        axis_label = say("Accuracy on {part} (lines: 95 % intervals)", part=name_word(self.part))
        title = say("{gap:.1f} points lie between the groups", gap=100 * self.gap)
        return plots.bars(bars, title, axis_label, percent=True)


def group_accuracy(run: Run, part: str = "test", groups: Any = None) -> GroupAccuracy:
    """Returns the accuracy of a run for each group of images: a mean over all can hide that it fails for some.

    Args:
        run: A `Run` of `fit`.
        part: `"test"` (default) or `"validation"`.
        groups: One group per image of the split, in its order: strings or numbers. Default None: the task's own
            (`Split.groups`), or, where it has none, the classes.

    Returns:
        A `GroupAccuracy`: it prints as a table, worst group first, and has `.worst`, `.gap` and `.plot()`.

    Raises:
        TypeError: For a run of another kind.
        ValueError: For an unknown part, another number of groups than of images, groups that are missing, or strings
            and numbers among them.

    Example:
    >>> task = ft.load_task("digits", labels_per_class=10)
    >>> model = ft.classifier(ft.load_backbone("glyphnet"), task.num_classes)
    >>> run = ft.fit(model, task, "feature_extraction", updates=60, verbose=False)
    >>> len(ft.group_accuracy(run, "validation").rows)
    10
    """
    check_run_and_split(run, part)
    require_classes(run.objective, "group_accuracy", "Look at run.score(part).")
    split = run.split(part)
    if groups is None:
        groups = np.asarray(run.class_names)[split.labels] if split.groups is None else split.groups
    group_of_image = _as_group_array(groups, len(split), part)
    record_look_at(run, part)
    is_right = run.predictions(part).argmax(1) == split.labels

    rows = []
    for group in sorted(set(group_of_image.tolist()), key=str):
        right_in_group = is_right[group_of_image == group]
        interval = wilson_interval(int(right_in_group.sum()), len(right_in_group))
        rows.append(
            {
                "group": group,
                "n": len(right_in_group),
                "accuracy": float(right_in_group.mean()),
                "low": interval.low,
                "high": interval.high,
            }
        )
    return GroupAccuracy(part, sorted(rows, key=lambda row: row["accuracy"]), float(is_right.mean()))


def _as_group_array(groups, image_count, part):
    """Returns groups as an array `(n,)` of strings, or of numbers, in which none is missing."""
    if keras.ops.is_tensor(groups):
        groups = to_numpy(groups)
    # As objects first: NumPy would make words of 1 in [1, "1"], and of NaN among words.
    is_masked = isinstance(groups, np.ma.MaskedArray)
    group_objects = groups.astype(object) if is_masked else np.ma.asarray(groups, dtype=object)
    if group_objects.shape != (image_count,):
        raise ValueError(
            f"`groups` names one group for each of the {image_count} {part} images. Received: shape "
            f"{group_objects.shape}."
        )
    is_missing = np.ma.getmaskarray(group_objects) | [_is_missing(group) for group in group_objects.data]
    if is_missing.any():
        raise ValueError(
            f"`groups` are missing for {is_missing.sum()} of the {image_count} {part} images: None, NaN or masked. "
            'Name a group for each, such as "unknown".'
        )
    group_values = group_objects.data.tolist()
    if len({isinstance(value, str) for value in group_values}) > 1:
        raise ValueError('`groups` are all strings or all numbers, since 1 and "1" look the same. Received: both.')
    return np.asarray(group_values)


def _is_missing(group):
    return group is None or type(group).__name__ in ("NAType", "NaTType") or group != group
