"""What a run answers to its test images, gathered once for all sections of a report, and the score of a run."""

import dataclasses
import functools
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np

from ftlib.evidence.calibration import Calibration, calibration
from ftlib.objectives.scores import Interval, confusion_matrix, wilson_interval
from ftlib.plots.models import ConfusedPair
from ftlib.tasks.inputs import INPUT_NOUNS
from ftlib.text import format_interval

if TYPE_CHECKING:
    from ftlib.evidence.run import Run
    from ftlib.tasks.split import Split

_NOTABLE_EXCESS = 2  # points of confidence over accuracy


class RunScore(NamedTuple):
    """The accuracy of a run on the split that says most about it.

    Attributes:
        accuracy: The share of images that it gets right.
        image_count: How many images, or texts, there are, or None where that is not known.
        split_name: `"test"`, or `"validation"` for a run without its data whose test accuracy was not evaluated.
    """

    accuracy: float
    image_count: int | None
    split_name: str

    @classmethod
    def of(cls, run: "Run") -> Self:
        """Returns the score of a run; for one whose test accuracy was not evaluated yet, this evaluates it."""
        if run.task is not None:
            return cls(run.test_accuracy, len(run.task.test.labels), "test")
        if "test" in run.scores:
            return cls(run.test_accuracy, task_settings(run).get("test"), "test")
        return cls(run.val_accuracy, task_settings(run).get("validation"), "validation")

    @property
    def right_count(self) -> int:
        """How many images it gets right; 0 where it is not known how many there are."""
        return round(self.accuracy * (self.image_count or 0))

    @property
    def interval_text(self) -> str:
        """The 95 % interval in words, or an empty text where it is not known how many images there are."""
        if not self.image_count:
            return ""
        return f"95 % interval {format_interval(*wilson_interval(self.right_count, self.image_count))}"


class ClassScore(NamedTuple):
    """How well one class is recognized.

    Attributes:
        name: Of the class.
        image_count: How many images it has.
        right_count: How many of them were named so.
        recall: The share of them that were named so.
        interval: The 95 % interval of `recall`.
        precision: Of the images that were named so, the share that are; None if none was.
        f1: The harmonic mean of recall and precision.
    """

    name: str
    image_count: int
    right_count: int
    recall: float
    interval: Interval
    precision: float | None
    f1: float


class AnsweredPart(NamedTuple):
    """How many images a model is sure enough of, and how many of those it gets right."""

    image_count: int
    right_count: int


@dataclasses.dataclass(frozen=True)
class Answers:
    """What a run answers to the test images of its task.

    Attributes:
        run: The `Run`, with its task.
        split: The test split of the task.
        labels: Class indices, `(n,)`.
        predicted_classes: The class with the largest probability, `(n,)`.
        confidences: The probability of that class, `(n,)`.
    """

    run: "Run"
    split: "Split"
    labels: np.ndarray
    predicted_classes: np.ndarray
    confidences: np.ndarray

    @classmethod
    def of(cls, run: "Run") -> Self | None:
        """Returns the answers of a run, or None if it was loaded without its data."""
        if run.task is None:
            return None
        probabilities = run.predictions("test")
        split = run.task.test
        labels = np.asarray(split.labels).astype("int64")  # products of a uint8 would wrap
        return cls(run, split, labels, probabilities.argmax(1), probabilities.max(1))

    @property
    def images(self) -> Any:
        """The test images, `(n, height, width, channels)`."""
        return self.split.images

    @property
    def noun(self) -> str:
        """What one of the inputs is called: "image", "text" or "sound"."""
        return self.nouns.removesuffix("s")

    @property
    def nouns(self) -> str:
        """What several of the inputs are called: "images", "texts" or "sounds"."""
        return INPUT_NOUNS[self.run.kind]

    @property
    def class_names(self) -> list[str]:
        return list(self.run.class_names)

    @functools.cached_property
    def is_right(self) -> np.ndarray:
        """Whether each answer is right, `(n,)`."""
        return self.labels == self.predicted_classes

    @property
    def accuracy(self) -> float:
        return float(self.is_right.mean())

    @functools.cached_property
    def calibration(self) -> Calibration:
        """How far the probabilities can be believed."""
        return calibration(self.run)

    @property
    def confidence_excess(self) -> float:
        """By how many points the mean confidence is above the accuracy, below 0 where it is below."""
        return 100 * (self.calibration.confidence - self.calibration.accuracy)

    @property
    def is_confidence_off(self) -> bool:
        """Whether confidence and accuracy are so far apart that it is worth a sentence."""
        return abs(self.confidence_excess) > _NOTABLE_EXCESS

    @functools.cached_property
    def mistake_indices(self) -> np.ndarray:
        """Indices of the images that it gets wrong, the ones that it was surest of first."""
        wrong_indices = np.flatnonzero(~self.is_right)
        return wrong_indices[np.argsort(-self.confidences[wrong_indices], kind="stable")]

    @functools.cached_property
    def class_scores(self) -> list[ClassScore]:
        """The scores of the classes that have test images, the worst first."""
        # No matrix of counts: of 10,000 classes it would take a gigabyte.
        image_counts, right_counts, predicted_counts = (
            np.bincount(classes, minlength=len(self.class_names)).tolist()
            for classes in (self.labels, self.labels[self.is_right], self.predicted_classes)
        )
        scores = []
        for index, name in enumerate(self.class_names):
            image_count, right_count, predicted_count = (
                image_counts[index],
                right_counts[index],
                predicted_counts[index],
            )
            if image_count == 0:
                continue
            scores.append(
                ClassScore(
                    name=name,
                    image_count=image_count,
                    right_count=right_count,
                    recall=right_count / image_count,
                    interval=wilson_interval(right_count, image_count),
                    precision=right_count / predicted_count if predicted_count else None,
                    f1=2 * right_count / (image_count + predicted_count),
                )
            )
        return sorted(scores, key=lambda score: (score.recall, score.f1))

    def confusion_counts(self) -> np.ndarray:
        """Returns the counts, `(classes, classes)`: true class in rows, predicted in columns."""
        return confusion_matrix(self.labels, self.predicted_classes, len(self.class_names))

    def most_confused(self, limit: int) -> list[ConfusedPair]:
        """Returns the most frequent confusions, at most `limit`."""
        class_names, is_wrong = self.class_names, ~self.is_right
        num_classes = len(class_names)
        pair_codes = self.labels[is_wrong] * num_classes + self.predicted_classes[is_wrong]
        distinct_codes, pair_counts = np.unique(pair_codes, return_counts=True)

        confusions = []
        for place in np.argsort(-pair_counts, kind="stable")[:limit]:
            true_class, predicted_class = divmod(int(distinct_codes[place]), num_classes)
            image_count = int(pair_counts[place])
            share = image_count / int((self.labels == true_class).sum())
            confusions.append(ConfusedPair(class_names[true_class], class_names[predicted_class], image_count, share))
        return confusions

    def surer_than(self, least_confidence: float) -> AnsweredPart:
        """Returns how many answers are at least so sure, and how many of them are right."""
        is_chosen = self.confidences >= least_confidence
        return AnsweredPart(int(is_chosen.sum()), int(self.is_right[is_chosen].sum()))


def task_settings(run: "Run") -> dict[str, Any]:
    """Returns what a run recorded of its task (name, source, sizes of the splits); empty where it is only a name."""
    recorded = run.settings.get("task")
    return recorded if isinstance(recorded, dict) else {}


def task_name(settings: dict[str, Any]) -> str:
    """Returns the name of the task out of the settings of a run or of a comparison."""
    task = settings.get("task")
    return str((task.get("name") if isinstance(task, dict) else task) or "this task")
