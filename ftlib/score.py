"""What a score means: what it is called, which direction is good, and how it is written."""

import dataclasses
import math


@dataclasses.dataclass(frozen=True)
class Score:
    """What a score is called, which direction is good, and how it is written.

    Attributes:
        name: Its key in what `Objective.score` returns: `"accuracy"`.
        title: As a label of a figure begins: `"Accuracy"`.
        higher_is_better: Its direction.
        low, high: Its bounds; None where it has none.
        unit: What follows the number; `"%"` for a share, which is written as a percentage.
    """

    name: str
    title: str
    higher_is_better: bool = True
    low: float | None = 0.0
    high: float | None = 1.0
    unit: str = "%"

    def format(self, value: float) -> str:
        """Returns a value as it is printed.

        Example:
        >>> Score("accuracy", "Accuracy").format(0.975)
        '97.5 %'
        """
        if math.isnan(value):
            return "unknown"
        if self.unit == "%":
            return f"{100 * value:.1f} %"
        return f"{value:.3g} {self.unit}".rstrip()

    def format_interval(self, low: float, high: float) -> str:
        """Returns the ends of an interval as they are printed.

        Example:
        >>> Score("accuracy", "Accuracy").format_interval(0.952, 0.971)
        '95.2 to 97.1 %'
        """
        first = self.format(low).removesuffix(self.unit).rstrip() if self.unit else self.format(low)
        return f"{first} to {self.format(high)}"

    @property
    def label(self) -> str:
        """The title within a sentence: `"accuracy"`, and `"R2"` as it is."""
        return self.title[:1].lower() + self.title[1:] if self.title[1:2].islower() else self.title

    @property
    def bounds(self) -> tuple[float, float]:
        """Its bounds, infinite where it has none."""
        return -math.inf if self.low is None else self.low, math.inf if self.high is None else self.high

    def rank(self, value: float) -> float:
        """Returns a number that is higher for a better value."""
        return value if self.higher_is_better else -value

    def is_better(self, value: float, other: float) -> bool:
        """Returns whether a value is better than another one."""
        return self.rank(value) > self.rank(other)


ACCURACY = Score("accuracy", "Accuracy")
MACRO_F1 = Score("macro_f1", "Macro-F1")
LOSS = Score("loss", "Loss", higher_is_better=False, high=None, unit="")
CLASSIFICATION_SCORES = (ACCURACY, MACRO_F1, LOSS)
