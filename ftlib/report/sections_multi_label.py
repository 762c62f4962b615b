"""What a report says of a model that names any number of labels: label by label, and the surest mistakes."""

from typing import TYPE_CHECKING, Any

import numpy as np

from ftlib import plots
from ftlib.objectives.multi_label import THRESHOLD
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
)
from ftlib.report.report_kind import ReportKind
from ftlib.report.scored_answers import ScoredAnswers
from ftlib.report.sections_answers import MOST_ROWS, cut_remark, decode_photos
from ftlib.text import format_confidence, format_count, format_list, format_percent

if TYPE_CHECKING:
    from ftlib.evidence.run import Run
    from ftlib.tasks.task import Task

_MOST_LABELS_IN_BARS = 25
_MOST_EXAMPLES = 10
_MOST_MISTAKES = 12  # as images
_FEW_TEST_IMAGES = 30  # of a label


class MultiLabelReport(ReportKind):
    """The report of a model that says of each label whether it is there."""

    has_sections = True

    def purpose(self, run: "Run") -> str:
        """Returns how many labels it tells."""
        return f"a model that says which of {len(run.class_names):,} labels an image has"

    def lead(self, run: "Run", answers: ScoredAnswers | None) -> str:
        """Returns how many images it names completely."""
        if answers is None:
            return super().lead(run, answers)
        exact = answers.score("exact_match")["value"]
        image_count = answers.figures["images"]
        scale = 100 if image_count >= 100 else image_count
        network = f"Shown {len(answers.run.split('train')):,} images, the network"
        return f"{network} names all labels of {round(scale * exact)} of {scale:,} new ones, and no others."

    def remarks(self, answers: ScoredAnswers) -> list[str]:
        """Returns the weakest and the best label, few test images, and what the threshold means."""
        known_rows = _worst_first(answers)
        lines = []
        if len(known_rows) > 1:
            worst, best = known_rows[0], known_rows[-1]
            lines.append(
                f"Weakest at {worst['name']}: average precision {format_percent(worst['average_precision'])}; best at "
                f"{best['name']}: {format_percent(best['average_precision'])}."
            )
        rare = [f"{row['name']} {row['examples']}" for row in answers.rows if row["examples"] < _FEW_TEST_IMAGES]
        if rare:
            lines.append(f"Few test images: {format_list(rare)}. Figures of these labels are rough.")
        lines.append(
            f"A label counts as there from a probability of {THRESHOLD:g} on. Where a miss costs more than a false "
            "alarm, or less, choose another limit: the average precision measures the order of the probabilities alone."
        )
        lines.append("It says nothing of what has no label of its own.")
        return lines

    def sections(self, answers: ScoredAnswers) -> list[PageSection]:
        """Returns the labels one by one, and the mistakes."""
        return [
            PageSection("labels", "Label by label", label_by_label(answers)),
            PageSection("mistakes", "Mistakes", mistake_gallery(answers)),
        ]

    def count_table(self, task: "Task") -> str:
        """Returns how many images have each label."""
        counts = {part: split.targets.sum(0) for part, split in task.splits.items()}
        rows = [[name, *(int(c[index]) for c in counts.values())] for index, name in enumerate(task.class_names)]
        none_row = ["none of them", *(int((split.targets.sum(1) == 0).sum()) for split in task.splits.values())]
        total_row = ["all images", *map(len, task.splits.values())]
        caption = "Images with each label; an image counts for each of its labels, and is in one column."
        caption += cut_remark(min(MOST_ROWS, len(rows)), len(rows), "labels")
        column_names = ["Label", "Train", "Validation", "Test"]
        return data_table(column_names, [*rows[:MOST_ROWS], none_row, total_row], caption, numbers=(1, 2, 3))

    def examples(self, task: "Task") -> tuple[str, list[Card]]:
        """Returns a training image of each of the first labels."""
        targets = task.train.targets
        indices: list[int] = []
        for column in targets.T[:_MOST_EXAMPLES]:
            new_index = next((int(index) for index in np.flatnonzero(column) if index not in indices), None)
            if new_index is not None:
                indices.append(new_index)
        photos = decode_photos(task.train.inputs, np.array(indices))
        cards = [
            Card([CaptionedImage(pixels, "")], [_names_text(targets[index], task.class_names)])
            for index, pixels in zip(indices, photos, strict=True)
        ]
        return "Training images with their labels:", cards

    def output(self, run: "Run") -> str:
        """Returns that the outputs are probabilities of each label."""
        return f"A probability of each label ({format_list(run.class_names, most=12)}); they do not sum to 1"

    def limits(self, answers: Any) -> list[str]:
        """Returns that labels it never saw are not named."""
        return ["It names no label that it was not trained on."]


def label_by_label(answers: ScoredAnswers) -> list[str]:
    """Returns a picture and a table of the labels."""
    rows = _worst_first(answers)
    parts = [heading("Label by label")]
    image_count = answers.figures["images"]
    if rows and len(rows) <= _MOST_LABELS_IN_BARS:
        bars = {row["name"]: row["average_precision"] for row in rows}
        label = "Average precision (100 %: all images with the label come before all without)"
        alt = "Average precision of each label; the table below has the numbers."
        parts.append(figure_image(plots.bars(bars, None, label, percent=True), alt))
    table_rows = [
        [
            row["name"],
            row["examples"],
            row["said"],
            row["right"],
            format_percent(row["average_precision"]),
            format_percent(row["examples"] / image_count),
            format_percent(row["precision"]),
            format_percent(row["recall"]),
            "" if row["f1"] is None else f"{row['f1']:.3f}",
        ]
        for row in [*rows, *(row for row in answers.rows if row["average_precision"] is None)][:MOST_ROWS]
    ]
    caption = (
        f"Each label on the {image_count:,} test images, the worst first. Guessing: the average precision of an answer "
        f"that knows nothing. Said, precision, found and F1 count a label from a probability of {THRESHOLD:g} on."
    )
    caption += cut_remark(len(table_rows), len(answers.rows), "labels")
    column_names = ["Label", "Images", "Said", "Right", "Average precision", "Guessing", "Precision", "Found", "F1"]
    return [keep_together(*parts), data_table(column_names, table_rows, caption, numbers=range(1, 9))]


def _worst_first(answers):
    known_rows = [row for row in answers.rows if row["average_precision"] is not None]
    return sorted(known_rows, key=lambda row: row["average_precision"])


def mistake_gallery(answers: ScoredAnswers, most_images: int = _MOST_MISTAKES) -> list[str]:
    """Returns the images with the surest mistakes, and a table of their files.

    Args:
        answers: The answers.
        most_images: How many are shown as images, at most.
    """
    names = answers.run.class_names
    is_true = answers.targets == 1
    is_wrong = (answers.outputs >= THRESHOLD) != is_true
    image_count = len(is_true)
    wrong_indices = np.flatnonzero(is_wrong.any(1))
    if not len(wrong_indices):
        return [heading("Mistakes"), paragraph(f"None among {image_count:,} test images.")]
    # How far on the wrong side of the threshold the worst label of an image lies.
    distances = np.where(is_wrong, np.abs(answers.outputs - THRESHOLD), 0)
    indices = wrong_indices[np.argsort(-distances[wrong_indices].max(1), kind="stable")]

    shown = indices[:most_images]
    photos = decode_photos(answers.split.inputs, shown)
    cards, rows = [], []
    for number, index in enumerate(indices[:MOST_ROWS], start=1):
        label = int(distances[index].argmax())
        probability = format_confidence(answers.outputs[index, label])
        predicted = _names_text(answers.outputs[index] >= THRESHOLD, names)
        truth = _names_text(answers.targets[index], names)
        kind = "missed" if is_true[index, label] else "false alarm"
        rows.append([number, truth, predicted, f"{kind}: {names[label]}", probability, answers.split.ids[index]])
        if number <= len(shown):
            lines = [f"No. {number}: {truth}", f"said {predicted}", f"{kind}: {names[label]}, {probability}"]
            cards.append(Card([CaptionedImage(photos[number - 1], "")], lines))
    text = (
        f"{format_count(len(indices), 'test image')} of {image_count:,} with a label too many or too few; here "
        f"{'all' if len(shown) == len(indices) else f'the {len(shown)} surest mistakes'}. What a model is sure of and "
        "wrong about is often a label to fix."
    )
    caption = f"The same with their files.{cut_remark(len(rows), len(indices), 'mistakes')}"
    column_names = ["No.", "Is", "Said", "Worst", "Probability", "Image"]
    table = data_table(column_names, rows, caption, numbers=(0, 4))
    return [heading("Mistakes"), paragraph(text), image_gallery(cards), table]


def _names_text(is_there, names):
    present = [name for name, flag in zip(names, is_there, strict=True) if flag]
    return ", ".join(present) or "none"
