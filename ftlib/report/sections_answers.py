"""The sections on a model's answers: by class, by group, by confidence, each mistake, and where the model looks."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ftlib import plots
from ftlib.evidence.explanation import Explanation, explain, highlight, stage_with_maps
from ftlib.evidence.groups import group_accuracy
from ftlib.objectives.scores import wilson_interval
from ftlib.report.answers import Answers
from ftlib.report.page import (
    CaptionedImage,
    Card,
    data_table,
    figure_image,
    heading,
    image_gallery,
    keep_together,
    paragraph,
    side_by_side,
)
from ftlib.text import format_confidence, format_interval, format_percent

MOST_ROWS = 40  # of a table; more would not be read
_MOST_CLASSES_IN_MATRIX = 30
_MOST_CLASSES_IN_BARS = 25
_LEAST_CONFIDENCES = (0.0, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99)
_NOTABLE_MENDING = 0.01  # of the calibration error, by a temperature
_FEWEST_IMAGES_FOR_BRIGHTNESS = 60
_BRIGHTNESS_BATCH = 128  # images that are decoded at once
_PHOTO_SIDE = 256  # pixels
_CONFIDENCE_DROP = 0.02  # that a heat map has to explain at least


def class_by_class(answers: Answers) -> list[str]:
    """Returns the confusion matrix and the scores of each class."""
    parts, figures = [heading("Class by class")], []
    if len(answers.class_names) <= _MOST_CLASSES_IN_MATRIX:
        parts.append(
            paragraph(f"Rows are what {with_article(answers)} is, columns what the model said; the diagonal is right.")
        )
        figures.append(confusion_figure(answers))
    else:
        parts.append(_confusion_table(answers))
    if len(answers.class_scores) <= _MOST_CLASSES_IN_BARS:
        figures.append(_recall_figure(answers))
    return [keep_together(*parts, side_by_side(*figures)), _class_table(answers)]


def with_article(answers: Answers) -> str:
    """Returns what one of the inputs is called, with its article: "an image"."""
    return f"an {answers.noun}" if answers.noun == "image" else f"a {answers.noun}"


def confusion_figure(answers: Answers) -> str:
    """Returns the confusion matrix of the test images as a figure."""
    pairs = "; ".join(
        f"true {pair.true_name}, said {pair.predicted_name}, {pair.image_count}" for pair in answers.most_confused(3)
    )
    figure = plots.confusion_matrix(answers.confusion_counts(), answers.class_names)
    return figure_image(figure, f"Confusion matrix of the test {answers.nouns}. Most confused: {pairs or 'none'}.")


def _confusion_table(answers):
    rows = [
        [pair.true_name, pair.predicted_name, pair.image_count, format_percent(pair.share)]
        for pair in answers.most_confused(MOST_ROWS)
    ]
    column_names = ["Is", "Said", answers.nouns.capitalize(), "Share of the class"]
    return data_table(column_names, rows, "What is most often taken for what.", numbers=(2, 3))


def _recall_figure(answers):
    scores = answers.class_scores
    bars = {score.name: (score.recall, *score.interval) for score in scores}
    worst, best = scores[0], scores[-1]
    title = "No class is found less often by more than chance explains"
    if worst.interval.high < best.interval.low:
        title = f"{worst.name} is found less often than {best.name}, by more than chance explains"
    label = f"{answers.nouns.capitalize()} found (lines: 95 % intervals)"
    alt = (
        f"Share of the {answers.nouns} of each class that were found, with intervals; the table below has the numbers."
    )
    return figure_image(plots.bars(bars, title, label, percent=True, width=4.7), alt)


def _class_table(answers):
    scores = answers.class_scores
    rows = [
        [
            score.name,
            score.image_count,
            score.right_count,
            format_percent(score.recall),
            format_interval(*score.interval),
            format_percent(score.precision),
            f"{score.f1:.3f}",
        ]
        for score in scores[:MOST_ROWS]
    ]
    caption = (
        f"Each class on the test {answers.nouns}, the worst first. Found: of its {answers.nouns}, how many were named "
        f"so. Precision: of the {answers.nouns} named so, how many are. Few {answers.nouns} leave the interval wide."
    )
    caption += cut_remark(len(rows), len(scores), "classes")
    column_names = ["Class", answers.nouns.capitalize(), "Right", "Found (recall)", "95 % interval", "Precision", "F1"]
    return data_table(column_names, rows, caption, numbers=range(1, 7))


def group_by_group(answers: Answers, groupings: Mapping[str, Sequence[Any]] | None = None) -> list[str]:
    """Returns the scores of groups of images: the task's own, those given, and dark and bright ones.

    Args:
        answers: The answers.
        groupings: Dict from the name of a grouping to one group per test image, in their order.

    Raises:
        ValueError: For another number of groups than of test images.
    """
    own_groups = answers.split.groups
    named_groups: dict[str, Any] = {} if own_groups is None else {"Group": own_groups}
    named_groups.update(groupings or {})
    parts = [heading("Group by group")]
    if not named_groups:
        parts.append(
            paragraph(
                "The data name no groups, such as cameras, places or persons. Where a mean hides one"
                " that is served badly, only they can show it."
            )
        )
    brightness_groups = _group_by_brightness(answers.images) if answers.noun == "image" else None
    if brightness_groups is not None:
        named_groups["Brightness"] = brightness_groups
    if not named_groups:
        return []
    return parts + [_group_table(answers, name, groups) for name, groups in named_groups.items()]


def _group_table(answers, name, groups):
    accuracy = group_accuracy(answers.run, groups=np.asarray(groups))
    rows = [
        [str(row["group"]) or "(none)", row["n"], format_percent(row["accuracy"]), _row_interval(row)]
        for row in accuracy.rows
    ]
    worst, best = accuracy.rows[0], accuracy.rows[-1]
    gap = f"{100 * accuracy.gap:.1f} points between {best['group']} and {worst['group']}"
    judgement = "more than chance explains" if worst["high"] < best["low"] else "within what chance explains"
    caption = f"{name}: {gap}, {judgement}." + cut_remark(min(len(rows), MOST_ROWS), len(rows), "groups")
    return data_table(
        [name, answers.nouns.capitalize(), "Right", "95 % interval"], rows[:MOST_ROWS], caption, numbers=(1, 2, 3)
    )


def _row_interval(row):
    return format_interval(row["low"], row["high"])


def _group_by_brightness(images):
    """Returns which third of the images each belongs to by its mean brightness; None where there are few."""
    image_count = len(images)
    if image_count < _FEWEST_IMAGES_FOR_BRIGHTNESS:
        return None
    batches = [
        np.arange(start, min(start + _BRIGHTNESS_BATCH, image_count))
        for start in range(0, image_count, _BRIGHTNESS_BATCH)
    ]
    brightness = np.concatenate([np.asarray(images[batch], "float32").mean((1, 2, 3)) for batch in batches])
    low, high = np.quantile(brightness, [1 / 3, 2 / 3])
    if not brightness.min() < low < high < brightness.max():
        return None
    is_dark, is_bright = brightness <= low, brightness >= high
    return np.select([is_dark, is_bright], ["darkest third", "brightest third"], "middle third")


def confidence_against_accuracy(answers: Answers) -> list[str]:
    """Returns how far the model's confidence can be believed, and what passing on its doubts would save."""
    judgement = _judge_confidence(answers)
    figure = plots.reliability(
        {"the model": answers.calibration.bins}, "On the diagonal, confidence and accuracy agree"
    )
    alt = f"Reliability diagram: accuracy against confidence. {judgement}"
    return [
        keep_together(heading("Confidence"), paragraph(judgement), figure_image(figure, alt)),
        _confidence_table(answers),
    ]


def _judge_confidence(answers):
    calibration, image_count = answers.calibration, len(answers.labels)
    judgement = "about as sure as it is right"
    if answers.is_confidence_off:
        judgement = "too sure" if answers.confidence_excess > 0 else "too modest"
    sentences = (
        f"On the whole the model is {judgement}: {format_percent(calibration.confidence)} sure, "
        f"{format_percent(calibration.accuracy)} right. Within bins of like confidence, the two differ by "
        f"{100 * calibration.ece:.1f} points (expected calibration error)"
    )
    sentences += f"; with {image_count} {answers.nouns}, some of that is chance." if image_count < 1000 else "."
    if calibration.ece - calibration.ece_scaled > _NOTABLE_MENDING:
        sentences += (
            f" Dividing its scores by {calibration.temperature:.2f}, fitted on validation, would leave "
            f"{100 * calibration.ece_scaled:.1f} points."
        )
    return sentences


def _confidence_table(answers):
    rows = []
    for least_confidence in _LEAST_CONFIDENCES:
        part = answers.surer_than(least_confidence)
        if part.image_count == 0:
            continue
        rows.append(
            [
                f"{100 * least_confidence:g} %" if least_confidence else "all answers",
                part.image_count,
                format_percent(part.image_count / len(answers.labels)),
                format_percent(part.right_count / part.image_count),
                format_interval(*wilson_interval(part.right_count, part.image_count)),
                part.image_count - part.right_count,
            ]
        )
    column_names = ["At least so sure", "Answers", "Share", "Right", "95 % interval", "Wrong"]
    caption = (
        f"If a person looks at every {answers.noun} that the model is less sure of, this is what it answers by itself."
    )
    return data_table(column_names, rows, caption, numbers=range(1, 6))


def mistake_gallery(answers: Answers, most_images: int = 12) -> list[str]:
    """Returns the mistakes that the model was surest of as images, and a table of their files.

    Args:
        answers: The answers.
        most_images: How many mistakes are shown as images, at most. Default 12: two rows of a page.
    """
    mistake_count, image_count = len(answers.mistake_indices), len(answers.labels)
    if mistake_count == 0:
        return [heading("Mistakes"), paragraph(f"None among {image_count:,} test images.")]
    shown_count = min(mistake_count, most_images)
    shown = "all" if shown_count == mistake_count else f"the {shown_count} surest"
    text = (
        f"{mistake_count:,} of {image_count:,} test images; here {shown}. What a model is sure of and "
        "wrong about is often a label to fix, an image of two things, or a kind of image that it never saw."
    )
    rows = _mistake_rows(answers)
    caption = (
        "The same with their files: what each is, what the model said and how sure it was, and what probability "
        f"it gave to the truth.{cut_remark(len(rows), mistake_count, 'mistakes')}"
    )
    column_names = ["No.", "Is", "Said", "Sure", "Truth", "Image"]
    return [
        heading("Mistakes"),
        paragraph(text),
        image_gallery(_mistake_cards(answers, shown_count)),
        data_table(column_names, rows, caption, numbers=(0, 3, 4)),
    ]


def _mistake_cards(answers, count):
    indices = answers.mistake_indices[:count]
    cards = []
    for number, (index, pixels) in enumerate(
        zip(indices, decode_photos(answers.images, indices), strict=True), start=1
    ):
        true_name, predicted_name = names_of(answers, index)
        lines = [f"No. {number}: {true_name}", f"said {predicted_name}, {_confidence_of(answers, index)}"]
        cards.append(Card([CaptionedImage(pixels, "")], lines))
    return cards


def _mistake_rows(answers):
    probabilities, image_ids = answers.run.predictions("test"), answers.split.ids
    rows = []
    for number, index in enumerate(answers.mistake_indices[:MOST_ROWS], start=1):
        truth_probability = format_confidence(probabilities[index, answers.labels[index]])
        sure = _confidence_of(answers, index)
        rows.append([number, *names_of(answers, index), sure, truth_probability, image_ids[index]])
    return rows


def names_of(answers: Answers, index: int) -> tuple[str, str]:
    """Returns the true and the predicted class name of an image, or a text."""
    class_names = answers.class_names
    return class_names[answers.labels[index]], class_names[answers.predicted_classes[index]]


def _confidence_of(answers, index):
    return format_confidence(answers.confidences[index])


class _ExplainedImages(NamedTuple):
    """Which test images are explained, as indices: right ones, mistakes, and others to test the maps on."""

    right: list[int]
    wrong: np.ndarray
    tested: np.ndarray


def where_it_looks(answers: Answers, most_images: int = 6) -> list[str]:
    """Returns where the model looks: at images it names correctly, one per class, and at its surest mistakes.

    Args:
        answers: The answers.
        most_images: How many of each are shown, at most. Default 6: explaining costs time.
    """
    model, head = answers.run.model, answers.run.head
    # Occlusion costs 64 times the work, so it is tested on fewer images.
    tested_count = 48 if stage_with_maps(model, head=head)[0] else 12
    tested_indices = np.unique(np.linspace(0, len(answers.images) - 1, tested_count).astype(int))
    explained = _ExplainedImages(
        _middling_right_answers(answers, most_images), answers.mistake_indices[:most_images], tested_indices
    )

    # All of them at once: mistakes twice, for the answer and for the truth.
    indices = np.array([*explained.right, *explained.wrong, *explained.wrong, *explained.tested], int)
    classes = answers.predicted_classes[indices]
    truth_start = len(explained.right) + len(explained.wrong)
    truth_end = truth_start + len(explained.wrong)
    classes[truth_start:truth_end] = answers.labels[explained.wrong]
    explanation = explain(model, answers.images[indices], classes, head=head)
    right_heat, answer_heat, truth_heat, tested_heat = np.split(
        explanation.heat, [len(explained.right), truth_start, truth_end]
    )
    tested_explanation = dataclasses.replace(explanation, heat=tested_heat, classes=classes[truth_end:])

    judgement = _judge_maps(tested_explanation, model, answers.images[explained.tested])
    parts = [
        heading("Where it looks"),
        paragraph(
            "In colour, within the line: the smallest part of an image that holds half of what speaks for the class."
        ),
        paragraph(f"{explanation.note} {judgement}", "small"),
    ]
    if len(explained.right):
        text = "Named correctly: of each class the image of middling confidence."
        cards = _right_cards(answers, explained.right, right_heat)
        parts += [paragraph(text, "caption"), image_gallery(cards, wide=True)]
    if len(explained.wrong):
        text = "Mistakes: what spoke for the answer, and what for the truth."
        cards = _wrong_cards(answers, explained.wrong, answer_heat, truth_heat)
        parts += [paragraph(text, "caption"), image_gallery(cards, wide=True)]
    return parts


def _middling_right_answers(answers, limit):
    """Returns, of each of the first classes, the image that is named correctly with the middle confidence."""
    indices = []
    for class_index in range(len(answers.class_names)):
        right_indices = np.flatnonzero(answers.is_right & (answers.labels == class_index))
        if len(right_indices) and len(indices) < limit:
            # Not the surest, which are often nothing but the class from edge to edge.
            by_confidence = answers.confidences[right_indices].argsort()
            indices.append(right_indices[by_confidence[len(right_indices) // 2]])
    return indices


def _right_cards(answers, indices, heat_maps):
    cards = []
    for index, pixels, heat in zip(indices, decode_photos(answers.images, indices), heat_maps, strict=True):
        images = [CaptionedImage(pixels, ""), CaptionedImage(highlight(pixels, heat), "")]
        true_name, _ = names_of(answers, index)
        cards.append(Card(images, [true_name, f"{_confidence_of(answers, index)} sure"]))
    return cards


def _wrong_cards(answers, indices, answer_heat_maps, truth_heat_maps):
    photos = decode_photos(answers.images, indices)
    mistakes = zip(indices, photos, answer_heat_maps, truth_heat_maps, strict=True)
    cards = []
    for number, (index, pixels, answer_heat, truth_heat) in enumerate(mistakes, start=1):
        true_name, predicted_name = names_of(answers, index)
        images = [
            CaptionedImage(pixels, ""),
            CaptionedImage(highlight(pixels, answer_heat), f"for {predicted_name}"),
            CaptionedImage(highlight(pixels, truth_heat), f"for {true_name}"),
        ]
        lines = [f"No. {number}: {true_name}, said {predicted_name}", f"{_confidence_of(answers, index)} sure"]
        cards.append(Card(images, lines))
    return cards


def _judge_maps(explanation: Explanation, model, images):
    """Returns in words whether heat maps can be believed."""
    mean_confidence = explanation.check(model, images)
    whole, hot, cold = (format_percent(mean_confidence[cover]) for cover in ("whole", "hot_covered", "cold_covered"))
    result = (
        f"Tested on {len(images)} images: with the fifth that speaks most for the class covered, the mean confidence "
        f"goes from {whole} to {hot}; with the fifth that speaks least for it, to {cold}. "
    )
    hot_drop = mean_confidence["whole"] - mean_confidence["hot_covered"]
    cold_drop = mean_confidence["whole"] - mean_confidence["cold_covered"]
    if hot_drop > max(2 * cold_drop, _CONFIDENCE_DROP):
        return result + "So the maps show what the model uses."
    return result + "So the maps show little of what the model uses: do not build on them."


def decode_photos(images: Any, indices: Any, side: int = _PHOTO_SIDE) -> np.ndarray:
    """Returns images for the eye: those of a folder are decoded larger than a model that takes small ones sees them.

    Args:
        images: Of a split, `(n, height, width, channels)`.
        indices: Which of them.
        side: Pixels of the longer side that images of a folder have at least.
    """
    height, width, channels = images.shape[1:]
    if hasattr(images, "paths") and max(height, width) < side:
        scale = side / max(height, width)
        images = images.fit_images((round(scale * height), round(scale * width)), channels)
    return np.asarray(images[np.asarray(indices)])


def cut_remark(shown_count: int, total_count: int, noun: str) -> str:
    """Returns how many rows of a table are shown, with a blank before it, or nothing where all of them are."""
    return f" Shown: {shown_count} of {total_count:,} {noun}." if shown_count < total_count else ""
