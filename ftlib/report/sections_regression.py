"""What a report says of a model that predicts numbers: number by number, and the largest errors."""

from typing import TYPE_CHECKING, Any

import numpy as np

from ftlib import plots
from ftlib.report.page import (
    CaptionedImage,
    Card,
    PageSection,
    data_table,
    figure_image,
    heading,
    image_gallery,
    keep_together,
    paragraph,
    side_by_side,
)
from ftlib.report.report_kind import ReportKind
from ftlib.report.scored_answers import ScoredAnswers
from ftlib.report.sections_answers import MOST_ROWS, cut_remark, decode_photos

if TYPE_CHECKING:
    from ftlib.evidence.run import Run
    from ftlib.tasks.task import Task

_MOST_EXAMPLES = 6
_MOST_ERRORS = 12  # as images
_NOTABLE_BIAS = 0.25  # of the mean absolute error


class RegressionReport(ReportKind):
    """The report of a model that predicts numbers."""

    has_sections = True

    def purpose(self, run: "Run") -> str:
        """Returns which numbers it predicts."""
        if run.task is None:
            return "a model that predicts numbers"
        return f"a model that predicts {' and '.join(run.task.objective.output_names(()))}"

    def lead(self, run: "Run", answers: ScoredAnswers | None) -> str:
        """Returns how far off it is, beside an answer that is always the mean."""
        if answers is None:
            return super().lead(run, answers)
        texts = []
        for row, column in zip(answers.rows, answers.targets.T, strict=True):
            mean_error = float(np.abs(column - _train_mean(answers, row)).mean())
            texts.append(
                f"{row['name']} by {_with_unit(row['mae'], row)} on average (always saying the mean: "
                f"{_with_unit(mean_error, row)})"
            )
        train_count, image_count = len(answers.run.split("train")), answers.figures["images"]
        return f"Shown {train_count:,} images, the network misses on {image_count:,} new ones {'; '.join(texts)}."

    def remarks(self, answers: ScoredAnswers) -> list[str]:
        """Returns how much is explained, the largest error, a bias, and the range that was learned."""
        lines = []
        for index, row in enumerate(answers.rows):
            errors = answers.outputs[:, index] - answers.targets[:, index]
            largest = int(np.abs(errors).argmax())
            explained = "unknown" if row["r2"] is None else f"{row['r2']:.3f}"
            lines.append(
                f"{row['name']}: R2 {explained} (1 is perfect, 0 as good as always saying the mean); half of the "
                f"errors are below {_with_unit(float(np.median(np.abs(errors))), row)}, the largest is "
                f"{_with_unit(float(np.abs(errors[largest])), row)}."
            )
            if abs(row["bias"]) > _NOTABLE_BIAS * row["mae"]:
                direction = "high" if row["bias"] > 0 else "low"
                lines.append(
                    f"{row['name']}: on average {_with_unit(abs(row['bias']), row)} too {direction}; numbers like this "
                    "can be chance with few images."
                )
            learned = np.asarray(answers.run.split("train").targets).reshape(-1, len(answers.rows))[:, index]
            lines.append(
                f"It learned {row['name']} from {learned.min():g} to {_with_unit(float(learned.max()), row)}. Beyond "
                "that it was not tested, and numbers there are guesses."
            )
        lines.append("It always answers with a number, also for an image that shows something else.")
        return lines

    def sections(self, answers: ScoredAnswers) -> list[PageSection]:
        """Returns the numbers one by one, and the largest errors."""
        return [
            PageSection("numbers", "Predicted and true", predicted_and_true(answers)),
            PageSection("errors", "Largest errors", largest_errors(answers)),
        ]

    def count_table(self, task: "Task") -> str:
        """Returns how the numbers are spread in each split."""
        rows = []
        names = task.objective.output_names(())
        for index, name in enumerate(names):
            for part, split in task.splits.items():
                column = np.asarray(split.targets).reshape(len(split), -1)[:, index]
                quantiles = np.quantile(column, [0, 0.25, 0.5, 0.75, 1])
                rows.append([name, part, len(split), *(f"{value:.4g}" for value in quantiles)])
        column_names = [
            "Number",
            "Split",
            "Images",
            "Lowest",
            "A quarter below",
            "Half below",
            "A quarter above",
            "Highest",
        ]
        return data_table(column_names, rows, "The numbers. No image is in two splits.", numbers=range(2, 8))

    def examples(self, task: "Task") -> tuple[str, list[Card]]:
        """Returns training images from the lowest to the highest number."""
        columns = np.asarray(task.train.targets).reshape(len(task.train), -1)
        order = np.argsort(columns[:, 0], kind="stable")
        places = np.unique(np.linspace(0, len(order) - 1, _MOST_EXAMPLES).astype(int))
        indices = order[places]
        names = task.objective.output_names(())
        photos = decode_photos(task.train.inputs, indices)
        cards = [
            Card([CaptionedImage(pixels, "")], [f"{name} {value:.4g}" for name, value in zip(names, row, strict=True)])
            for row, pixels in zip(columns[indices], photos, strict=True)
        ]
        return f"Training images, from the lowest to the highest {names[0]}:", cards

    def output(self, run: "Run") -> str:
        """Returns the names and units of the numbers."""
        return "numbers in the unit of the data" if run.task is None else run.task.objective.describe_outputs(())

    def limits(self, answers: Any) -> list[str]:
        """Returns that it is not sure of anything beyond what it saw."""
        return ["It does not say how sure it is, and numbers beyond those it learned from are guesses."]


def predicted_and_true(answers: ScoredAnswers) -> list[str]:
    """Returns pictures and a table of the numbers."""
    names = answers.run.objective.output_names(())
    parts = [heading("Predicted and true")]
    for index, name in enumerate(names):
        true_numbers, predicted_numbers = answers.targets[:, index], answers.outputs[:, index]
        points = plots.predicted_against_true(true_numbers, predicted_numbers, name)
        errors = plots.residual_histogram(predicted_numbers - true_numbers, name, height=4.7)
        row = answers.rows[index]
        alt = f"Predicted against true {name}, a point for each test image: R2 {row['r2']}."
        error_alt = f"How many test images are off by how much: mean {row['bias']:.3g}, mean distance {row['mae']:.3g}."
        parts.append(side_by_side(figure_image(points, alt), figure_image(errors, error_alt)))
    rows = [
        [
            name,
            "" if row["r2"] is None else f"{row['r2']:.3f}",
            f"{row['mae']:.3g}",
            f"{row['rmse']:.3g}",
            f"{row['bias']:+.3g}",
            f"{row['mean']:.4g}",
            f"{row['deviation']:.3g}",
        ]
        for name, row in zip(names, answers.rows, strict=True)
    ]
    caption = (
        f"On the {answers.figures['images']:,} test images, in the unit of each number. On the dashed diagonal, "
        "predicted and true agree. Mean error: the distance, whether too high or too low. Root mean square: large "
        "errors count more."
    )
    column_names = ["Number", "R2", "Mean error", "Root mean square", "Too high by", "True mean", "True deviation"]
    return [keep_together(*parts), data_table(column_names, rows, caption, numbers=range(1, 7))]


def largest_errors(answers: ScoredAnswers, most_images: int = _MOST_ERRORS) -> list[str]:
    """Returns the images with the largest errors, in deviations, and a table of their files.

    Args:
        answers: The answers.
        most_images: How many are shown as images, at most.
    """
    names = answers.run.objective.output_names(())
    deviations = np.maximum(answers.targets.std(0), 1e-9)
    errors = answers.outputs - answers.targets
    indices = np.argsort(-np.abs(errors / deviations).max(1), kind="stable")
    photos = decode_photos(answers.split.inputs, indices[:most_images])
    cards, rows = [], []
    for number, index in enumerate(indices[:MOST_ROWS], start=1):
        true_text, said_text = (_numbers_text(values[index]) for values in (answers.targets, answers.outputs))
        rows.append([number, true_text, said_text, _numbers_text(errors[index], "+"), answers.split.ids[index]])
        if number <= len(photos):
            lines = [f"No. {number}: is {true_text}", f"said {said_text}"]
            cards.append(Card([CaptionedImage(photos[number - 1], "")], lines))
    text = (
        f"The {len(cards)} test images with the largest errors ({', '.join(names)}). What a model misses by far is "
        "often a number to correct, or a kind of image that it never saw."
    )
    caption = f"The same with their files.{cut_remark(len(rows), len(indices), 'images')}"
    table = data_table(["No.", "Is", "Said", "Off by", "Image"], rows, caption, numbers=(0, 1, 2, 3))
    return [heading("Largest errors"), paragraph(text), image_gallery(cards), table]


def _numbers_text(values, sign=""):
    return ", ".join(f"{value:{sign}.4g}" for value in values)


def _with_unit(value: float, row: dict[str, Any]) -> str:
    return f"{value:.3g} {row['unit']}".rstrip()


def _train_mean(answers, row):
    objective = answers.run.objective
    return objective.means[[name for name in objective.target_names].index(row["name"])]
