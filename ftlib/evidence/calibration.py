"""Whether a network's confidence can be believed, and for whom it works: calibration, and accuracy per group."""

from dataclasses import dataclass

import numpy as np

from ftlib import plots
from ftlib.evidence.run import Run

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
            {
                f"as trained, ECE {100 * self.ece:.1f} %": self.bins,
                f"temperature {self.temperature:.2f}, ECE {100 * self.ece_scaled:.1f} %": self.bins_scaled,
            },
            "Confidence and accuracy agree on the diagonal",
        )


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
            "low": i / count,
            "high": (i + 1) / count,
            "n": int((place == i).sum()),
            "accuracy": float(right[place == i].mean()),
            "confidence": float(sure[place == i].mean()),
        }
        for i in range(count)
        if (place == i).any()
    ]


def _error(rows):
    total = sum(r["n"] for r in rows)
    return sum(r["n"] * abs(r["accuracy"] - r["confidence"]) for r in rows) / total
