"""The mean average precision of detections, as COCO defines it."""

import dataclasses
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ftlib.objectives.boxes import MAX_DETECTIONS, as_boxes, pairwise_iou

_THRESHOLDS = np.linspace(0.5, 0.95, 10)  # intersection over union at which a detection counts as right
_RECALLS = np.linspace(0, 1, 101)


@dataclasses.dataclass(frozen=True)
class AveragePrecision:
    """How well boxes were found.

    Attributes:
        map50: Mean over the classes of the average precision where an intersection over union of 0.5 is enough.
        map: The same, averaged over the thresholds 0.5, 0.55, ..., 0.95.
        by_class: `(classes,)`: the average precision of each class over all thresholds; NaN for one without objects.
        by_class50: `(classes,)`: the same at 0.5.
    """

    map50: float
    map: float
    by_class: np.ndarray
    by_class50: np.ndarray


def average_precision(
    detections: Sequence[np.ndarray], targets: Sequence[np.ndarray] | np.ndarray, num_classes: int | None = None
) -> AveragePrecision:
    """Returns the mean average precision of detections, as COCO defines it (Lin et al., 2014).

    For each class and image the 100 surest detections count. From the surest on, each takes the object that it overlaps
    most and that is not taken. The precision is averaged over 101 recalls. Classes without objects do not count.

    Args:
        detections: For each image an array `(k, 6)`: box, class, probability, as from `decode`.
        targets: For each image an array `(k, 5)`: box, class.
        num_classes: Number of classes. Default None: as many as the targets name.

    Raises:
        ValueError: For another number of images with detections than with targets.

    Example:
    >>> detections = [np.array([[0, 0, 10, 10, 0, 0.9], [50, 50, 60, 60, 0, 0.8]])]
    >>> round(ft.average_precision(detections, [np.array([[0, 0, 10, 10, 0], [0, 20, 10, 30, 0]])]).map50, 3)
    0.505
    """
    _require_same_count(detections, targets)
    true_boxes = [as_boxes(target).astype("float64") for target in targets]
    found_boxes = [np.asarray(found, "float64").reshape(-1, 6) for found in detections]
    if num_classes is None:
        num_classes = int(max((boxes[:, 4].max() for boxes in true_boxes if len(boxes)), default=-1)) + 1

    precisions = np.full((num_classes, len(_THRESHOLDS)), np.nan)
    for class_index in range(num_classes):
        precisions[class_index] = _class_precisions(
            [boxes[boxes[:, 4] == class_index] for boxes in found_boxes],
            [boxes[boxes[:, 4] == class_index] for boxes in true_boxes],
        )
    has_objects = ~np.isnan(precisions[:, 0])
    means = precisions[has_objects].mean(axis=0) if has_objects.any() else np.full(len(_THRESHOLDS), np.nan)
    return AveragePrecision(float(means[0]), float(means.mean()), precisions.mean(axis=1), precisions[:, 0])


def _require_same_count(detections, targets):
    if len(detections) != len(targets):
        raise ValueError(
            "Each image has detections and targets, though they may be empty. Received: detections of "
            f"{len(detections)} images, targets of {len(targets)}."
        )


def _class_precisions(found_boxes, true_boxes):
    """Returns the average precision of one class at each threshold, `(thresholds,)`; NaN where it has no objects."""
    object_count = sum(map(len, true_boxes))
    if not object_count:
        return np.full(len(_THRESHOLDS), np.nan)

    _, is_hit = _match_all(found_boxes, true_boxes)
    return np.array([_interpolate(threshold_hits, object_count) for threshold_hits in is_hit])


def _match_all(found_boxes, true_boxes):
    """Returns the scores of the detections of all images, the surest first, and which of them find an object."""
    scores, hits = [], []
    for found, true in zip(found_boxes, true_boxes, strict=True):
        order = np.argsort(-found[:, 5], kind="stable")[:MAX_DETECTIONS]
        scores.append(found[order, 5])
        hits.append(_match(found[order], true))
    all_scores = np.concatenate(scores)
    order = np.argsort(-all_scores, kind="stable")
    return all_scores[order], np.concatenate(hits, axis=1)[:, order]


def _match(found, true):
    """Returns which detections, the surest first, find an object of their own: `(thresholds, detections)`."""
    is_hit = np.zeros((len(_THRESHOLDS), len(found)), bool)
    if not len(true):
        return is_hit
    is_free = np.ones((len(_THRESHOLDS), len(true)), bool)
    thresholds = np.arange(len(_THRESHOLDS))
    for index, overlaps in enumerate(pairwise_iou(found, true)):
        free_overlaps = np.where(is_free, overlaps, -1)
        best = len(true) - 1 - free_overlaps[:, ::-1].argmax(axis=1)  # the last of equals, as COCO has it
        is_hit[:, index] = free_overlaps[thresholds, best] >= _THRESHOLDS
        is_free[thresholds, best] &= ~is_hit[:, index]
    return is_hit


def _interpolate(is_hit, object_count):
    """Returns the mean precision over 101 recalls; at each, the best that is reached at this recall or a higher one."""
    hit_counts = np.cumsum(is_hit)
    recalls = hit_counts / object_count
    precisions = hit_counts / np.arange(1, len(is_hit) + 1)
    best_precisions = np.maximum.accumulate(precisions[::-1])[::-1]
    positions = np.searchsorted(recalls, _RECALLS, side="left")
    return np.append(best_precisions, 0)[positions].mean()


class PrecisionRecall(NamedTuple):
    """How precision falls while recall grows, from the surest detection of a class on.

    Attributes:
        recalls: Share of the objects that are found by each detection and those surer than it, `(detections,)`.
        precisions: Share of these detections that are right, `(detections,)`.
        scores: The probability of each detection, falling, `(detections,)`.
        object_count: How many objects of the class there are.
    """

    recalls: np.ndarray
    precisions: np.ndarray
    scores: np.ndarray
    object_count: int


def precision_recall(
    detections: Sequence[np.ndarray],
    targets: Sequence[np.ndarray] | np.ndarray,
    class_index: int,
    iou: float = 0.5,
) -> PrecisionRecall:
    """Returns precision and recall of the detections of one class, of which `average_precision` is the area.

    Args:
        detections, targets: As for `average_precision`.
        class_index: The class.
        iou: Intersection over union from which a detection is right: 0.5 (default), 0.55, ... or 0.95.

    Raises:
        ValueError: For another number of images with detections than with targets, and another `iou`.

    Example:
    >>> found = np.array([[0, 0, 10, 10, 0, 0.9], [50, 50, 60, 60, 0, 0.8]])
    >>> curve = precision_recall([found], [np.array([[0, 0, 10, 10, 0], [0, 20, 10, 30, 0]])], class_index=0)
    >>> curve.recalls.tolist(), curve.precisions.tolist()
    ([0.5, 0.5], [1.0, 0.5])
    """
    _require_same_count(detections, targets)
    matches = np.flatnonzero(np.isclose(_THRESHOLDS, iou))
    if not len(matches):
        raise ValueError(f"`iou` is one of COCO's thresholds, 0.5, 0.55, ..., 0.95. Received: iou={iou!r}.")
    true_boxes, found_boxes = [], []
    for found, target in zip(detections, targets, strict=True):
        found, true = np.asarray(found, "float64").reshape(-1, 6), as_boxes(target).astype("float64")
        found_boxes.append(found[found[:, 4] == class_index])
        true_boxes.append(true[true[:, 4] == class_index])
    scores, is_hit = _match_all(found_boxes, true_boxes)
    object_count = sum(map(len, true_boxes))
    hit_counts = np.cumsum(is_hit[matches[0]])
    precisions = hit_counts / np.arange(1, len(scores) + 1)
    return PrecisionRecall(hit_counts / max(object_count, 1), precisions, scores, object_count)
