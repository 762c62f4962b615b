"""What a run answers to its test images, with all scores of its objective, gathered once for a report."""

import dataclasses
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from ftlib.evidence.metrics import measure_scores
from ftlib.text import format_percent

if TYPE_CHECKING:
    from ftlib.evidence.run import Run
    from ftlib.tasks.split import Split


@dataclasses.dataclass(frozen=True)
class ScoredAnswers:
    """What a run answers to the test images of its task.

    Attributes:
        run: The `Run`, with its task.
        split: The test split.
        outputs: What the model gives, `(n, outputs)`.
        targets: What is true, `(n, outputs)`.
        figures: As from `measure_scores`.
    """

    run: "Run"
    split: "Split"
    outputs: np.ndarray
    targets: np.ndarray
    figures: dict[str, Any]

    @classmethod
    def of(cls, run: "Run") -> Self | None:
        """Returns the answers of a run, or None if it was loaded without its data."""
        if run.task is None:
            return None
        split = run.task.test
        targets = np.asarray(split.targets).reshape(len(split), -1)
        return cls(run, split, run.predictions("test"), targets, measure_scores(run))

    @property
    def rows(self) -> list[dict[str, Any]]:
        """How good the answers are for each class or number by itself."""
        return self.figures["rows"]

    def score(self, name: str) -> dict[str, Any]:
        """Returns the figures of a score: its value, interval and baseline."""
        return next(score for score in self.figures["scores"] if score["name"] == name)


def score_text(score: dict[str, Any], key: str = "value") -> str:
    """Returns a value of a score as it is printed."""
    value = score[key]
    if value is None:
        return "unknown"
    return format_percent(value) if score["unit"] == "%" else f"{value:.3g} {score['unit']}".rstrip()


def interval_text(score: dict[str, Any]) -> str:
    """Returns the 95 % interval of a score in words; empty where it is not known."""
    if score["low"] is None:
        return ""
    scale = 100 if score["unit"] == "%" else 1
    low, high = scale * score["low"], scale * score["high"]
    ends = f"{low:.1f} to {high:.1f}" if scale == 100 else f"{low:.3g} to {high:.3g}"
    return f"95 % interval {ends}"
