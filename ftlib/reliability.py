"""Whether a network's confidence can be believed, and for whom it works: calibration, and accuracy per group."""

from dataclasses import dataclass

import keras
import numpy as np

from ftlib import plots
from ftlib.runs import Run

_TINY = 1e-12
_RANGE = 20  # a temperature lies between the reciprocal of this and this


@dataclass(frozen=True, repr=False)
class Calibration:
    """What `calibration` returns.

    Attributes:
        part: The split it was measured on.
        n: Number of images.
        accuracy, confidence: Means over them, 0 to 1: a network that is right as often as it is sure has them equal.
        ece: Expected calibration error, 0 to 1: the distance between the two, bin by bin of confidence.
        temperature: What the logits are to be divided by, fitted on validation: above 1 the network was too sure.
        ece_scaled: The error after that.
        bins: One dict per bin that holds images: `low`, `high`, `n`, `accuracy`, `confidence`; and the same of the
            scaled probabilities in `bins_scaled`.
    """

    part: str
    n: int
    accuracy: float
    confidence: float
    ece: float
    temperature: float
    ece_scaled: float
    bins: list
    bins_scaled: list

    def __repr__(self):
        sure, right = 100 * self.confidence, 100 * self.accuracy
        return (
            f"On {self.n:,} {self.part} images it is sure to {sure:.1f} % and right in {right:.1f} %: expected "
            f"calibration error {100 * self.ece:.1f} %.\nDivided by the temperature {self.temperature:.2f} (fitted on "
            f"validation): {100 * self.ece_scaled:.1f} %."
            + "\nThat is the end of the range: the validation answers are too good, or too bad, to fit it to."
            * (not 1.01 / _RANGE < self.temperature < 0.99 * _RANGE)
        )

    def apply(self, probabilities):
        """Returns probabilities `(n, classes)` at the fitted temperature; which class is first does not change."""
        return _scaled(probabilities, self.temperature)

    def plot(self):
        """Returns the reliability diagram, a Matplotlib figure: accuracy against confidence, before and after."""
        return plots.reliability(
            {f"as trained, ECE {100 * self.ece:.1f} %": self.bins,
             f"temperature {self.temperature:.2f}, ECE {100 * self.ece_scaled:.1f} %": self.bins_scaled},
            "Confidence and accuracy agree on the diagonal",
        )  # fmt: skip


def calibration(run, part="test", bins=10):
    """Compares how sure a network is with how often it is right, and mends the difference with one number.

    The temperature (Guo et al., 2017, https://arxiv.org/abs/1706.04599) is fitted on the validation split, by
    likelihood; with `part="validation"` the error after scaling is therefore a little too good.

    Args:
        run: A `Run` of `fit`.
        part: `"test"` (default) or `"validation"`: what is measured.
        bins: Bins of equal width between 0 and 1. Default 10, since a bin of a small test split would otherwise hold a
            handful of images, whose accuracy is mostly chance.

    Returns:
        A `Calibration`: it prints as two sentences, and has `.ece`, `.temperature`, `.apply(probabilities)` and
        `.plot()`.

    Raises:
        TypeError: For a run of another kind.
        ValueError: For an unknown part or a number of bins below 2.

    Example:
    >>> task = ft.load_task("digits", labels_per_class=10)
    >>> model = ft.classifier(ft.load_backbone("glyphnet"), task.num_classes)
    >>> run = ft.fit(model, task, "feature_extraction", updates=60, verbose=False)
    >>> 0 <= ft.calibration(run, "validation").ece <= 1
    True
    """
    if isinstance(bins, bool) or not isinstance(bins, (int, np.integer)) or bins < 2:
        raise ValueError(f"`bins` is a whole number of at least 2. Received: bins={bins!r}.")
    _looked(run, part)
    temperature = _temperature(run.predictions("validation"), run.task.validation.labels)
    said, labels = run.predictions(part), getattr(run.task, part).labels
    rows, scaled = (_bins(p, labels, bins) for p in (said, _scaled(said, temperature)))
    right = float((said.argmax(1) == labels).mean())
    return Calibration(
        part, len(labels), right, float(said.max(1).mean()), _error(rows), temperature, _error(scaled), rows, scaled
    )


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
        low, high = _wilson(int(mine.sum()), len(mine))
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


def _check(run, part):
    if not isinstance(run, Run):
        raise TypeError(f"`run` is a Run, as from ft.fit(...). Received: {type(run).__name__}.")
    if part not in ("validation", "test"):
        raise ValueError(f'`part` is "validation" or "test". Received: part={part!r}.')


def _looked(run, part):
    """Has the run record that its test split was looked at."""
    _check(run, part)
    return run.test_accuracy if part == "test" else run.val_accuracy


def _scaled(probabilities, temperature):
    logs = np.log(np.clip(np.asarray(probabilities, "float64"), _TINY, 1)) / temperature
    powers = np.exp(logs - logs.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


def _temperature(probabilities, labels):
    """Returns the temperature with the highest likelihood."""
    from scipy.optimize import minimize_scalar

    def loss(log_temperature):
        said = _scaled(probabilities, np.exp(log_temperature))
        return -np.log(np.clip(said[np.arange(len(labels)), labels], _TINY, 1)).mean()

    found = minimize_scalar(loss, bounds=(-np.log(_RANGE), np.log(_RANGE)), method="bounded")
    return float(np.exp(found.x))


def _bins(probabilities, labels, count):
    sure, right = probabilities.max(1), probabilities.argmax(1) == labels
    place = np.minimum((sure * count).astype(int), count - 1)
    return [
        {
            "low": i / count, "high": (i + 1) / count, "n": int((place == i).sum()),
            "accuracy": float(right[place == i].mean()), "confidence": float(sure[place == i].mean()),
        }
        for i in range(count)
        if (place == i).any()
    ]  # fmt: skip


def _error(rows):
    total = sum(r["n"] for r in rows)
    return sum(r["n"] * abs(r["accuracy"] - r["confidence"]) for r in rows) / total


def _wilson(right, n):
    """Returns the 95 % interval of a share, which also at 0 and n of n is no point (Wilson, 1927)."""
    z, share = 1.959964, right / n
    middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return float(max(0.0, middle - half)), float(min(1.0, middle + half))
