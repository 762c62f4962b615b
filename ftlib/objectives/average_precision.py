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
    return MatchedDetections(detections, targets, num_classes).precision_of(np.arange(len(detections)))


class MatchedDetections:
    """Detections of some images, matched with their objects once, to be scored for any choice of these images.

    Args:
        detections, targets, num_classes: As for `average_precision`.
    """

    def __init__(
        self,
        detections: Sequence[np.ndarray],
        targets: Sequence[np.ndarray] | np.ndarray,
        num_classes: int | None = None,
    ):
        _require_same_count(detections, targets)
        true_boxes = [as_boxes(target).astype("float64") for target in targets]
        found_boxes = [np.asarray(found, "float64").reshape(-1, 6) for found in detections]
        if num_classes is None:
            num_classes = int(max((boxes[:, 4].max() for boxes in true_boxes if len(boxes)), default=-1)) + 1
        self._matches = [
            [
                _match_image(found[found[:, 4] == class_index], true[true[:, 4] == class_index])
                for found, true in zip(found_boxes, true_boxes, strict=True)
            ]
            for class_index in range(num_classes)
        ]

    def precision_of(self, image_indices: np.ndarray) -> AveragePrecision:
        """Returns the precision on some of the images, each as often as its index is there."""
        precisions = np.full((len(self._matches), len(_THRESHOLDS)), np.nan)
        for class_index, image_matches in enumerate(self._matches):
            chosen = [image_matches[index] for index in image_indices]
            object_count = sum(match.object_count for match in chosen)
            if object_count:
                _, is_hit = _merge(chosen)
                precisions[class_index] = [_interpolate(threshold_hits, object_count) for threshold_hits in is_hit]
        has_objects = ~np.isnan(precisions[:, 0])
        means = precisions[has_objects].mean(axis=0) if has_objects.any() else np.full(len(_THRESHOLDS), np.nan)
        return AveragePrecision(float(means[0]), float(means.mean()), precisions.mean(axis=1), precisions[:, 0])


class _ImageMatches(NamedTuple):
    """The detections of one class in one image: their scores, falling, and which find an object at each threshold."""

    scores: np.ndarray
    is_hit: np.ndarray
    object_count: int


def _require_same_count(detections, targets):
    if len(detections) != len(targets):
        raise ValueError(
            "Each image has detections and targets, though they may be empty. Received: detections of "
            f"{len(detections)} images, targets of {len(targets)}."
        )


def _match_image(found, true):
    order = np.argsort(-found[:, 5], kind="stable")[:MAX_DETECTIONS]
    return _ImageMatches(found[order, 5], _match(found[order], true), len(true))


def _merge(image_matches):
    """Returns the scores of the detections of several images, the surest first, and which of them find an object."""
    scores = np.concatenate([match.scores for match in image_matches])
    order = np.argsort(-scores, kind="stable")
    return scores[order], np.concatenate([match.is_hit for match in image_matches], axis=1)[:, order]


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
    image_matches = []
    for found, target in zip(detections, targets, strict=True):
        found, true = np.asarray(found, "float64").reshape(-1, 6), as_boxes(target).astype("float64")
        image_matches.append(_match_image(found[found[:, 4] == class_index], true[true[:, 4] == class_index]))
    scores, is_hit = _merge(image_matches)
    object_count = sum(match.object_count for match in image_matches)
    hit_counts = np.cumsum(is_hit[matches[0]])
    precisions = hit_counts / np.arange(1, len(scores) + 1)
    return PrecisionRecall(hit_counts / max(object_count, 1), precisions, scores, object_count)
