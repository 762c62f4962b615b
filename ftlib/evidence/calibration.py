"""Whether a network's confidence can be believed: expected calibration error, and one temperature that mends it."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ftlib import plots
from ftlib.evidence.run import Run
from ftlib.evidence.split_checks import check_run_and_split, record_look_at
from ftlib.objectives.classification import require_classes
from ftlib.plots.words import say

_SMALLEST_PROBABILITY = 1e-12  # so that its logarithm is a number
_TEMPERATURE_RANGE = 20  # a temperature lies between the reciprocal of this and this


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
    bins: list[dict[str, Any]]
    bins_scaled: list[dict[str, Any]]

    def __repr__(self):
        text = (
            f"On {self.n:,} {self.part} images it is sure to {100 * self.confidence:.1f} % and right in "
            f"{100 * self.accuracy:.1f} %: expected calibration error {100 * self.ece:.1f} %.\nDivided by the "
            f"temperature {self.temperature:.2f} (fitted on validation): {100 * self.ece_scaled:.1f} %."
        )
        if 1.01 / _TEMPERATURE_RANGE < self.temperature < 0.99 * _TEMPERATURE_RANGE:
            return text
        return text + "\nThat is the end of the range: the validation answers are too good, or too bad, to fit it to."

    def apply(self, probabilities: np.ndarray) -> np.ndarray:
        """Returns probabilities `(n, classes)` at the fitted temperature; which class is first does not change."""
        return scale_probabilities(probabilities, self.temperature)

    def plot(self):
        """Returns the reliability diagram, a Matplotlib figure: accuracy against confidence, before and after."""
        return plots.reliability(
            {
                say("as trained, ECE {error:.1f} %", error=100 * self.ece): self.bins,
                say(
                    "temperature {temperature:.2f}, ECE {error:.1f} %",
                    temperature=self.temperature,
                    error=100 * self.ece_scaled,
                ): self.bins_scaled,
            },
            say("Confidence and accuracy agree on the diagonal"),
        )


def calibration(run: Run, part: str = "test", bins: int = 10) -> Calibration:
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
    check_run_and_split(run, part)
    require_classes(run.objective, "calibration", "Look at run.score(part).")
    record_look_at(run, part)
    temperature = fit_temperature(run.predictions("validation"), run.split("validation").labels)

    probabilities, labels = run.predictions(part), run.split(part).labels
    bin_rows = reliability_bins(probabilities, labels, bins)
    scaled_rows = reliability_bins(scale_probabilities(probabilities, temperature), labels, bins)
    return Calibration(
        part=part,
        n=len(labels),
        accuracy=float((probabilities.argmax(1) == labels).mean()),
        confidence=float(probabilities.max(1).mean()),
        ece=expected_calibration_error(bin_rows),
        temperature=temperature,
        ece_scaled=expected_calibration_error(scaled_rows),
        bins=bin_rows,
        bins_scaled=scaled_rows,
    )


def scale_probabilities(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """Returns the softmax of the logarithms of probabilities `(n, classes)`, divided by a temperature; `float64`."""
    clipped = np.clip(np.asarray(probabilities, "float64"), _SMALLEST_PROBABILITY, 1)
    logits = np.log(clipped) / temperature
    powers = np.exp(logits - logits.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


def fit_temperature(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Returns the temperature between 1/20 and 20 with the highest likelihood."""
    from scipy.optimize import minimize_scalar

    def negative_log_likelihood(log_temperature):
        scaled = scale_probabilities(probabilities, np.exp(log_temperature))
        label_probabilities = scaled[np.arange(len(labels)), labels]
        return -np.log(np.clip(label_probabilities, _SMALLEST_PROBABILITY, 1)).mean()

    log_range = np.log(_TEMPERATURE_RANGE)
    minimum = minimize_scalar(negative_log_likelihood, bounds=(-log_range, log_range), method="bounded")
    return float(np.exp(minimum.x))


def reliability_bins(probabilities: np.ndarray, labels: np.ndarray, bin_count: int) -> list[dict[str, Any]]:
    """Returns one dict per bin of confidence that holds images, as in `Calibration.bins`."""
    confidence = probabilities.max(1)
    is_right = probabilities.argmax(1) == labels
    bin_of_image = np.minimum((confidence * bin_count).astype(int), bin_count - 1)

    rows = []
    for index in range(bin_count):
        in_bin = bin_of_image == index
        if in_bin.any():
            rows.append(
                {
                    "low": index / bin_count,
                    "high": (index + 1) / bin_count,
                    "n": int(in_bin.sum()),
                    "accuracy": float(is_right[in_bin].mean()),
                    "confidence": float(confidence[in_bin].mean()),
                }
            )
    return rows


def expected_calibration_error(bin_rows: list[dict[str, Any]]) -> float:
    """Returns the distance between accuracy and confidence, averaged over the images of all bins."""
    image_count = sum(row["n"] for row in bin_rows)
    return sum(row["n"] * abs(row["accuracy"] - row["confidence"]) for row in bin_rows) / image_count
