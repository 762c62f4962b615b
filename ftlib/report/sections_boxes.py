"""What a report says of a model that finds objects: class by class, some answers, and its mistakes by kind."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ftlib import plots
from ftlib.objectives.average_precision import precision_recall
from ftlib.objectives.box_mistakes import MEANINGS, BoxMistake, BoxMistakes, box_mistakes
from ftlib.objectives.boxes import as_boxes, box_areas, decode
from ftlib.plots.boxes import ANSWER_COLOUR, TRUTH_COLOUR, Frame, frame_image
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
    from ftlib.tasks.split import Split
    from ftlib.tasks.task import Task

THRESHOLD = 0.3  # probability of a box that counts as said, as for `decode`
_SIDE = 448  # pixels of an image that boxes are drawn on
_MOST_CURVES = 8
_MOST_ANSWERS = 6  # images with all their boxes
_MOST_EXAMPLES = 8
_MOST_OF_A_KIND = 5  # mistakes as images
_SURROUNDINGS = 1.2  # sides of a box that are shown around it
_SMALLEST_CUT = 96  # pixels of a side
_CARD_SIDE = 224  # pixels of the part of an image that is shown
_FEW_TEST_OBJECTS = 30  # of a class


class _Found(NamedTuple):
    """What the model finds in the test images with a probability of at least the threshold, and its mistakes."""

    detections: list[np.ndarray]
    judged: BoxMistakes


class DetectionReport(ReportKind):
    """The report of a model that finds objects and their classes."""

    has_sections = True

    def purpose(self, run: "Run") -> str:
        """Returns what it finds."""
        return f"a model that finds {format_list(run.class_names, 6)}"

    def lead(self, run: "Run", answers: ScoredAnswers | None) -> str:
        """Returns how many objects it finds, and how many of its boxes are wrong."""
        if answers is None:
            return super().lead(run, answers)
        judged = _find(answers).judged
        right, objects, said = (int(counts.sum()) for counts in (judged.right, judged.objects, judged.said))
        network = f"Shown {format_count(len(answers.run.split('train')), 'image')}, the network"
        new_images = format_count(answers.figures["images"], "new one")
        wrong = f"{said - right:,} of its boxes are wrong"
        return f"{network} finds {right:,} of {objects:,} objects in {new_images}; {wrong}."

    def remarks(self, answers: ScoredAnswers) -> list[str]:
        """Returns the weakest and the best class, the most frequent mistake, few test objects, and the limit."""
        rows = _worst_first(answers)
        lines = []
        if len(rows) > 1:
            worst, best = rows[0], rows[-1]
            lines.append(
                f"Weakest at {worst['name']}: average precision {format_percent(worst['ap50'])} at 0.5; best at "
                f"{best['name']}: {format_percent(best['ap50'])}."
            )
        kind, count = max(_find(answers).judged.counts.items(), key=lambda item: item[1])
        if count:
            lines.append(f"Its most frequent mistake is {kind} ({count:,} times): {MEANINGS[kind]}.")  # pyright: ignore[reportArgumentType]
        rare = [f"{row['name']} {row['objects']}" for row in answers.rows if row["objects"] < _FEW_TEST_OBJECTS]
        if rare:
            lines.append(f"Few test objects: {format_list(rare)}. Figures of these classes are rough.")
        lines.append(
            f"A box is shown from a probability of {THRESHOLD:g} on. Where a miss costs more than a false alarm, or "
            "less, choose another limit along the curves below."
        )
        lines.append("It says nothing of objects that have no class of their own.")
        return lines

    def sections(self, answers: ScoredAnswers) -> list[PageSection]:
        """Returns the classes one by one, some images with their boxes, and the mistakes."""
        return [
            PageSection("classes", "Class by class", class_by_class(answers)),
            PageSection("boxes", "Boxes on test images", boxes_on_images(answers)),
            PageSection("mistakes", "Mistakes", mistakes_by_kind(answers)),
        ]

    def count_table(self, task: "Task") -> str:
        """Returns how many boxes of each class there are, and how many images."""
        counts = {part: _count_boxes(split, task.num_classes) for part, split in task.splits.items()}
        rows = [[name, *(int(c[index]) for c in counts.values())] for index, name in enumerate(task.class_names)]
        empty = [sum(not len(as_boxes(target)) for target in split.targets) for split in task.splits.values()]
        total_rows = [["images", *map(len, task.splits.values())], ["of them without boxes", *empty]]
        caption = "Boxes of each class. No image is in two columns."
        caption += cut_remark(min(MOST_ROWS, len(rows)), len(rows), "classes")
        column_names = ["Class", "Train", "Validation", "Test"]
        return data_table(column_names, [*rows[:MOST_ROWS], *total_rows], caption, numbers=(1, 2, 3))

    def examples(self, task: "Task") -> tuple[str, list[Card]]:
        """Returns training images with their boxes, spread over the split."""
        indices = _spread(len(task.train), _MOST_EXAMPLES)
        images = _LargeImages(task.train, indices)
        cards = []
        for place, index in enumerate(indices):
            counts = np.bincount(images.boxes[place][:, 4].astype("int64"), minlength=task.num_classes)
            line = ", ".join(f"{name} {count}" for name, count in zip(task.class_names, counts, strict=True) if count)
            frames = [Frame(row[:4], TRUTH_COLOUR) for row in images.boxes[place]]
            pixels = frame_image(images.pixels[place], frames)
            cards.append(Card([CaptionedImage(pixels, "")], [line or "no boxes", str(task.train.ids[index])]))
        return "Training images with the boxes that they came with:", cards

    def output(self, run: "Run") -> str:
        """Returns what the outputs mean."""
        return run.objective.describe_outputs(run.class_names)

    def limits(self, answers: Any) -> list[str]:
        """Returns that small and crowded objects are missed."""
        return ["Objects smaller than a few pixels at its size are missed, and of some that lie close, a few."]


def _find(answers: ScoredAnswers) -> _Found:
    detections = decode(answers.outputs, THRESHOLD)
    return _Found(detections, box_mistakes(detections, answers.split.targets, len(answers.run.class_names)))


def _worst_first(answers):
    known_rows = [row for row in answers.rows if row["ap50"] is not None]
    return sorted(known_rows, key=lambda row: row["ap50"])


def _count_boxes(split, num_classes):
    classes = np.concatenate([as_boxes(target)[:, 4] for target in split.targets]).astype("int64")
    return np.bincount(classes, minlength=num_classes)


def _spread(count: int, most: int) -> np.ndarray:
    """Returns indices spread evenly over a split, which may be sorted."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).astype("int64"))


class _LargeImages:
    """Some images of a split for the eye, larger than the model sees them, with their boxes in their own pixels.

    Attributes:
        pixels: `(n, height, width, channels)`.
        boxes: What is true: for each image `(k, 5)`.
        scale: What a coordinate in the model's pixels is multiplied with.
    """

    def __init__(self, split: "Split", indices: np.ndarray):
        self.pixels = decode_photos(split.inputs, indices, _SIDE)
        self.scale = self.pixels.shape[1] / split.inputs.shape[1]
        self.boxes = [self.enlarge(as_boxes(split.targets[index])) for index in indices]

    def enlarge(self, boxes: np.ndarray) -> np.ndarray:
        """Returns boxes in the model's pixels in those of the images."""
        larger = np.array(boxes, "float64")
        larger[:, :4] *= self.scale
        return larger


def class_by_class(answers: ScoredAnswers) -> list[str]:
    """Returns the curves of precision against recall, and a table of the classes."""
    rows = _worst_first(answers)
    detections = decode(answers.outputs, threshold=0)
    names = list(answers.run.class_names)
    curves, marked = {}, {}
    for row in rows[:_MOST_CURVES]:
        curve = precision_recall(detections, answers.split.targets, names.index(row["name"]))
        label = f"{row['name']} ({format_percent(row['ap50'])})"
        curves[label] = (curve.recalls, curve.precisions)
        if row["precision"] is not None:
            marked[label] = (row["recall"], row["precision"])
    parts = [heading("Class by class")]
    if curves:
        title = f"Rings: where boxes with a probability of {THRESHOLD:g} or more lie"
        figure = plots.precision_recall(curves, marked, title)
        listed = ", ".join(curves)
        alt = f"Precision against recall at an overlap of 0.5, a line for each class with its average: {listed}."
        parts.append(figure_image(figure, alt))
    table_rows = [
        [
            row["name"],
            row["objects"],
            format_percent(row["ap50"]),
            format_percent(row["ap"]),
            row["said"],
            row["right"],
            format_percent(row["precision"]),
            format_percent(row["recall"]),
        ]
        for row in [*rows, *(row for row in answers.rows if row["ap50"] is None)][:MOST_ROWS]
    ]
    caption = (
        f"Each class on the {answers.figures['images']:,} test images, the worst first. AP at 0.5: the average "
        "precision where a box has to overlap its object by half (intersection over union); AP: the mean over 0.5, "
        f"0.55, ... 0.95, which asks for boxes that fit. Said, precision, found: boxes of {THRESHOLD:g} or more."
    )
    caption += cut_remark(len(table_rows), len(answers.rows), "classes")
    column_names = ["Class", "Objects", "AP at 0.5", "AP", "Said", "Right", "Precision", "Found"]
    return [keep_together(*parts), data_table(column_names, table_rows, caption, numbers=range(1, 8))]


def boxes_on_images(answers: ScoredAnswers) -> list[str]:
    """Returns test images with what is true and what the model says, spread over the split."""
    detections = _find(answers).detections
    indices = _spread(len(answers.split), _MOST_ANSWERS)
    images = _LargeImages(answers.split, indices)
    figure = plots.boxes(
        images.pixels,
        [images.enlarge(detections[index]) for index in indices],
        answers.run.class_names,
        truth=images.boxes,
        columns=3,
        width=9.6,
    )
    answer_count = sum(len(detections[index]) for index in indices)
    true_count = sum(len(boxes) for boxes in images.boxes)
    text = (
        f"{format_count(len(indices), 'test image')}, spread evenly over the split and not chosen by result. White "
        f"frames: what is there ({true_count:,}); coloured frames: what the model says ({answer_count:,})."
    )
    alt = f"{len(indices)} test images with {true_count} true boxes and {answer_count} boxes of the model."
    return [heading("Boxes on test images"), paragraph(text), figure_image(figure, alt)]


def mistakes_by_kind(answers: ScoredAnswers) -> list[str]:
    """Returns how many mistakes there are of each kind, and the surest of each as images."""
    judged = _find(answers).judged
    mistake_count = len(judged.mistakes)
    image_count = answers.figures["images"]
    if not mistake_count:
        return [heading("Mistakes"), paragraph(f"None in {image_count:,} test images.")]
    counts = judged.counts
    rows = [
        [kind, count, format_percent(count / mistake_count), MEANINGS[kind]]  # pyright: ignore[reportArgumentType]
        for kind, count in counts.items()
    ]
    caption = (
        f"The mistakes of boxes with a probability of {THRESHOLD:g} or more, at an overlap of 0.5, after Bolya et al. "
        "(2020)."
    )
    table = data_table(["Kind", "Mistakes", "Share", "What it is"], rows, caption, numbers=(1, 2))
    text = (
        f"{format_count(mistake_count, 'mistake')} in {image_count:,} test images. What a model is sure of and wrong "
        "about is often a box that whoever drew the boxes forgot."
    )
    parts = [heading("Mistakes"), paragraph(text), table]
    for kind, count in counts.items():
        chosen = _most_telling([mistake for mistake in judged.mistakes if mistake.kind == kind])
        if chosen:
            order = "the largest" if kind == "missed" else "the surest"
            shown = "all" if len(chosen) == count else f"{order} {len(chosen)} of {count:,}"
            caption = paragraph(f"{kind.capitalize()}: {MEANINGS[kind]}; {shown}.", "caption")  # pyright: ignore[reportArgumentType]
            parts.append(keep_together(caption, image_gallery(_mistake_cards(answers, chosen))))
    return parts


def _most_telling(mistakes: Sequence[BoxMistake]) -> list[BoxMistake]:
    """Returns a few mistakes of one kind, of as many images as can be: the surest, or the largest that were missed."""
    areas = box_areas(np.array([mistake.box for mistake in mistakes]).reshape(-1, 4))
    ranks = sorted(range(len(mistakes)), key=lambda index: (-mistakes[index].score, -areas[index]))
    first_of_image: dict[int, int] = {}
    for index in ranks:
        first_of_image.setdefault(mistakes[index].image, index)
    others = [index for index in ranks if index not in first_of_image.values()]
    return [mistakes[index] for index in [*first_of_image.values(), *others][:_MOST_OF_A_KIND]]


def _mistake_cards(answers: ScoredAnswers, mistakes: Sequence[BoxMistake]) -> list[Card]:
    images = _LargeImages(answers.split, np.array([mistake.image for mistake in mistakes]))
    cards = []
    for place, mistake in enumerate(mistakes):
        box = images.enlarge(np.array([mistake.box]))[0]
        frames = [Frame(row[:4], TRUTH_COLOUR) for row in images.boxes[place]]
        if mistake.kind != "missed":
            frames.append(Frame(box, ANSWER_COLOUR, is_dashed=True))
        pixels = _cut_out(images.pixels[place], frames, box)
        cards.append(Card([CaptionedImage(pixels, "")], _describe_mistake(answers, mistake)))
    return cards


def _describe_mistake(answers: ScoredAnswers, mistake: BoxMistake) -> list[str]:
    names = answers.run.class_names
    file_name = str(answers.split.ids[mistake.image])
    if mistake.kind == "missed":
        return [f"missed: {names[mistake.class_index]}", file_name]
    answer = f"{names[mistake.class_index]}, {format_confidence(mistake.score)}"
    if mistake.true_class is None:
        return [f"said {answer}", file_name]
    truth = f"is {names[mistake.true_class]}, " if mistake.kind == "wrong class" else ""
    return [f"said {answer}", f"{truth}overlap {mistake.iou:.2f}", file_name]


def _cut_out(pixels: np.ndarray, frames: Sequence[Frame], box: np.ndarray) -> np.ndarray:
    """Returns a square part of an image around a box, with its surroundings and the frames, in a size for a card."""
    from PIL import Image

    height, width = pixels.shape[:2]
    longest = max(box[2] - box[0], box[3] - box[1])
    side = int(min(max(longest * (1 + 2 * _SURROUNDINGS), _SMALLEST_CUT), height, width))
    left = int(np.clip((box[0] + box[2] - side) / 2, 0, width - side))
    top = int(np.clip((box[1] + box[3] - side) / 2, 0, height - side))
    part = np.clip(pixels[top : top + side, left : left + side], 0, 255).astype("uint8")
    part = np.repeat(part, 3, axis=-1) if part.shape[-1] == 1 else part
    scale = _CARD_SIDE / side
    shown = np.asarray(Image.fromarray(part).resize((_CARD_SIDE, _CARD_SIDE), Image.Resampling.BICUBIC))
    offset = np.array([left, top, left, top])
    moved = [frame._replace(corners=(np.asarray(frame.corners)[:4] - offset) * scale) for frame in frames]
    return frame_image(shown, moved)
