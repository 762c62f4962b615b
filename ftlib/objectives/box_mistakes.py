"""Which objects a detector finds, and what kind of mistake each of its other boxes is."""

import collections
import dataclasses
from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np

from ftlib.objectives.boxes import as_boxes, pairwise_iou

MistakeKind = Literal["missed", "wrong class", "poorly placed", "double", "background"]
MISTAKE_KINDS: tuple[MistakeKind, ...] = ("missed", "wrong class", "poorly placed", "double", "background")
MEANINGS: dict[MistakeKind, str] = {
    "missed": "an object that no box was put around",
    "wrong class": "a box around an object of another class",
    "poorly placed": "a box that covers too little of its object, or too much besides",
    "double": "a second box around an object that is found already",
    "background": "a box where there is no object",
}
_LEAST_OVERLAP = 0.1  # intersection over union below which a box has nothing to do with an object (TIDE)


class BoxMistake(NamedTuple):
    """One mistake.

    Attributes:
        image: Index of the image.
        kind: One of `"missed"`, `"wrong class"`, `"poorly placed"`, `"double"` and `"background"`.
        box: `(x0, y0, x1, y1)` of the detection; of a missed object its own.
        class_index: The class that was said; of a missed object its own.
        score: The probability that was said; 0 for a missed object.
        true_class: The class of the object that the box lies at; None for background.
        iou: Intersection over union with that object.
    """

    image: int
    kind: MistakeKind
    box: tuple[float, float, float, float]
    class_index: int
    score: float
    true_class: int | None
    iou: float


@dataclasses.dataclass(frozen=True)
class BoxMistakes:
    """What `box_mistakes` returns.

    Attributes:
        mistakes: The `BoxMistake`s, the surest first, then what was missed.
        right: How many objects of each class were found, `(classes,)`.
        said: How many boxes of each class there are, `(classes,)`.
        objects: How many objects of each class there are, `(classes,)`.
    """

    mistakes: tuple[BoxMistake, ...]
    right: np.ndarray
    said: np.ndarray
    objects: np.ndarray

    @property
    def counts(self) -> dict[str, int]:
        """`{kind: number of mistakes}`, every kind."""
        counts = collections.Counter(mistake.kind for mistake in self.mistakes)
        return {kind: counts[kind] for kind in MISTAKE_KINDS}


def box_mistakes(
    detections: Sequence[np.ndarray],
    targets: Sequence[np.ndarray] | np.ndarray,
    num_classes: int | None = None,
    iou: float = 0.5,
) -> BoxMistakes:
    """Returns the mistakes of a detector by kind, after TIDE (Bolya et al., 2020).

    From the surest on, each box takes the object of its class that it overlaps most and that is free, if by at least
    `iou`. A box without an object is double, of the wrong class, poorly placed (it overlaps an object of its class by
    0.1 at least), or on the background. An object that no box has, and that none of the wrong class or poorly placed
    lies at, was missed.

    Args:
        detections: For each image an array `(k, 6)`: box, class, probability, as from `decode`, with a threshold that
            one would use: 0.3, say.
        targets: For each image an array `(k, 5)`: box, class.
        num_classes: Number of classes. Default None: as many as occur.
        iou: Intersection over union from which a box is right, 0 to 1. Default 0.5.

    Returns:
        `BoxMistakes`.

    Raises:
        ValueError: For another number of images with detections than with targets, and an `iou` out of range.

    Example:
    >>> found = np.array([[0, 0, 10, 10, 0, 0.9], [1, 0, 10, 10, 0, 0.8], [60, 60, 70, 70, 0, 0.7]])
    >>> ft.box_mistakes([found], [np.array([[0, 0, 10, 10, 0], [30, 30, 40, 40, 1]])]).counts
    {'missed': 1, 'wrong class': 0, 'poorly placed': 0, 'double': 1, 'background': 1}
    """
    if len(detections) != len(targets):
        raise ValueError(
            "Each image has detections and targets, though they may be empty. Received: detections of "
            f"{len(detections)} images, targets of {len(targets)}."
        )
    if not 0 < iou <= 1:
        raise ValueError(f"`iou` lies above 0 and is at most 1. Received: iou={iou!r}.")
    found_boxes = [np.asarray(found, "float64").reshape(-1, 6) for found in detections]
    true_boxes = [as_boxes(target).astype("float64") for target in targets]
    if num_classes is None:
        all_classes = np.concatenate([[-1], *(boxes[:, 4] for boxes in (*found_boxes, *true_boxes))])
        num_classes = int(all_classes.max()) + 1

    mistakes: list[BoxMistake] = []
    right = np.zeros(num_classes, "int64")
    for image, (found, true) in enumerate(zip(found_boxes, true_boxes, strict=True)):
        image_mistakes, right_classes = _judge_image(image, found, true, iou)
        mistakes += image_mistakes
        right += np.bincount(right_classes, minlength=num_classes)
    said, objects = (
        np.bincount(np.concatenate([boxes[:, 4] for boxes in all_boxes]).astype("int64"), minlength=num_classes)
        if all_boxes
        else np.zeros(num_classes, "int64")
        for all_boxes in (found_boxes, true_boxes)
    )
    return BoxMistakes(tuple(sorted(mistakes, key=lambda mistake: -mistake.score)), right, said, objects)


def _judge_image(image, found, true, iou):
    """Returns the mistakes in one image, and the classes of the boxes that are right."""
    found = found[np.argsort(-found[:, 5], kind="stable")]
    overlaps = pairwise_iou(found, true)
    is_own_class = found[:, 4][:, None] == true[:, 4][None, :]
    is_taken = np.zeros(len(true), bool)
    right = np.zeros(len(found), bool)
    for index in range(len(found)):
        candidates = np.where(is_own_class[index] & ~is_taken, overlaps[index], -1)
        if len(true) and candidates.max() >= iou:
            right[index] = True
            is_taken[candidates.argmax()] = True

    mistakes, is_explained = [], is_taken.copy()
    for index in np.flatnonzero(~right):
        kind, at = _kind_of(overlaps[index], is_own_class[index], iou)
        if at is not None and kind != "double":
            is_explained[at] = True
        x0, y0, x1, y1, class_index, score = found[index].tolist()
        true_class = None if at is None else int(true[at, 4])
        overlap = 0.0 if at is None else float(overlaps[index, at])
        mistakes.append(BoxMistake(image, kind, (x0, y0, x1, y1), int(class_index), score, true_class, overlap))
    for x0, y0, x1, y1, class_index in true[~is_explained].tolist():
        mistakes.append(BoxMistake(image, "missed", (x0, y0, x1, y1), int(class_index), 0.0, int(class_index), 0.0))
    return mistakes, found[right, 4].astype("int64")


def _kind_of(overlaps, is_own_class, iou) -> tuple[MistakeKind, int | None]:
    """Returns what kind of mistake a box is, and the index of the object that it lies at."""
    if not len(overlaps):
        return "background", None
    own = np.where(is_own_class, overlaps, 0)
    other = np.where(is_own_class, 0, overlaps)
    if own.max() >= iou:
        return "double", int(own.argmax())
    if other.max() >= iou:
        return "wrong class", int(other.argmax())
    if own.max() >= _LEAST_OVERLAP:
        return "poorly placed", int(own.argmax())
    return "background", None
