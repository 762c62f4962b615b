"""Accuracy by group: who or what a model serves worse."""

from dataclasses import dataclass

import keras
import numpy as np

from ftlib import plots
from ftlib.evidence.calibration import _check, _looked
from ftlib.evidence.scores import wilson_interval


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
    rows: list
    accuracy: float

    @property
    def worst(self):
        """The row of the group with the lowest accuracy."""
        return self.rows[0]

    @property
    def gap(self):
        """Accuracy of the best group less that of the worst."""
        return self.rows[-1]["accuracy"] - self.rows[0]["accuracy"]

    def __repr__(self):
        width = max(8, *(len(str(r["group"])) for r in self.rows)) + 2
        lines = [f"{self.part}: {100 * self.accuracy:.1f} % of all images, a gap of {100 * self.gap:.1f} points"]
        lines += [f"  {'group':<{width}}{'n':>7}{'accuracy':>11}  95 % interval"]
        for r in self.rows:
            low, high = 100 * r["low"], 100 * r["high"]
            lines.append(f"  {r['group']!s:<{width}}{r['n']:>7,}{100 * r['accuracy']:>9.1f} %  {low:.1f} to {high:.1f}")
        return "\n".join(lines)

    def plot(self):
        """Returns a Matplotlib figure: a bar per group with its interval."""
        values = {str(r["group"]): (r["accuracy"], r["low"], r["high"]) for r in self.rows}
        label = f"Accuracy on {self.part} (lines: 95 % intervals)"
        return plots.bars(values, f"{100 * self.gap:.1f} points lie between the groups", label, percent=True)


def group_accuracy(run, part="test", groups=None):
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
    _check(run, part)
    split = getattr(run._needs_task(), part)
    if groups is None:
        groups = np.asarray(run.class_names)[split.labels] if split.groups is None else split.groups
    groups = _one_group_each(groups, len(split), part)
    _looked(run, part)
    right = run.predictions(part).argmax(1) == split.labels
    rows = []
    for group in sorted(set(groups.tolist()), key=str):
        mine = right[groups == group]
        low, high = wilson_interval(int(mine.sum()), len(mine))
        rows.append({"group": group, "n": len(mine), "accuracy": float(mine.mean()), "low": low, "high": high})
    return GroupAccuracy(part, sorted(rows, key=lambda r: r["accuracy"]), float(right.mean()))


def _one_group_each(groups, count, part):
    """Returns groups as an array `(n,)` of strings, or of numbers, in which none is missing."""
    if keras.ops.is_tensor(groups):
        groups = keras.ops.convert_to_numpy(groups)
    # As objects first: NumPy would make words of 1 in [1, "1"], and of NaN among words.
    listed = np.ma.asarray(groups, dtype=object) if not isinstance(groups, np.ma.MaskedArray) else groups.astype(object)
    if listed.shape != (count,):
        raise ValueError(
            f"`groups` names one group for each of the {count} {part} images. Received: shape {listed.shape}."
        )
    missing = np.ma.getmaskarray(listed) | [_is_missing(group) for group in listed.data]
    if missing.any():
        raise ValueError(
            f"`groups` are missing for {missing.sum()} of the {count} {part} images: None, NaN or masked. Name a group "
            'for each, such as "unknown".'
        )
    values = listed.data.tolist()
    if len({isinstance(value, str) for value in values}) > 1:
        raise ValueError('`groups` are all strings or all numbers, since 1 and "1" look the same. Received: both.')
    return np.asarray(values)


def _is_missing(group):
    return group is None or type(group).__name__ in ("NAType", "NaTType") or group != group
