"""Boxes in images: how much two overlap, how they move with their image, and which of many are kept.

A box is a row `x0, y0, x1, y1` in pixels, then the index of its class. Pixel `i` covers the coordinates from `i` to
`i + 1`, so that a box around a whole image is `0, 0, width, height`.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ftlib.objectives.placement import middle_crop, whole_placement

CANDIDATES = 500  # of an image, the surest, among which overlapping boxes are suppressed
NMS_IOU = 0.6  # as FCOS has it
MAX_DETECTIONS = 100  # of an image, as COCO has it


def as_boxes(target: Any) -> np.ndarray:
    """Returns the boxes of one image as `float32` `(k, 5)`, also where there are none."""
    return np.asarray(target, "float32").reshape(-1, 5)


def stack_targets(boxes_of_image: Sequence[np.ndarray]) -> np.ndarray:
    """Returns the boxes of several images as one array `(n,)` of arrays `(k, 5)`, also where all have the same `k`."""
    targets = np.empty(len(boxes_of_image), object)
    for index, boxes in enumerate(boxes_of_image):
        targets[index] = boxes
    return targets


def box_areas(boxes: np.ndarray) -> np.ndarray:
    """Returns the areas of boxes `(..., 4 or more)`, in square pixels; 0 for one that is turned inside out."""
    widths = np.maximum(boxes[..., 2] - boxes[..., 0], 0)
    heights = np.maximum(boxes[..., 3] - boxes[..., 1], 0)
    return widths * heights


def pairwise_iou(boxes: np.ndarray, other_boxes: np.ndarray) -> np.ndarray:
    """Returns the intersection over union of each box with each other one.

    Args:
        boxes: `(n, 4 or more)`.
        other_boxes: `(m, 4 or more)`.

    Returns:
        Array `(n, m)`, 0 to 1.

    Example:
    >>> pairwise_iou(np.array([[0, 0, 2, 2]]), np.array([[0, 0, 2, 2], [1, 0, 3, 2], [5, 5, 6, 6]])).round(2).tolist()
    [[1.0, 0.33, 0.0]]
    """
    starts = np.maximum(boxes[:, None, :2], other_boxes[None, :, :2])
    ends = np.minimum(boxes[:, None, 2:4], other_boxes[None, :, 2:4])
    common_areas = np.prod(np.maximum(ends - starts, 0), axis=-1)
    total_areas = box_areas(boxes)[:, None] + box_areas(other_boxes)[None, :]
    return common_areas / np.maximum(total_areas - common_areas, 1e-9)


def suppress_overlaps(boxes: np.ndarray, scores: np.ndarray, classes: np.ndarray, iou: float) -> np.ndarray:
    """Returns the indices of the boxes that are kept by non-maximum suppression, the surest first.

    A box is left out where it overlaps a surer one of its class that is kept.

    Args:
        boxes: `(n, 4)`.
        scores, classes: `(n,)`.
        iou: Intersection over union above which two boxes are taken for the same object.
    """
    order = np.argsort(-scores, kind="stable")
    ordered_boxes = boxes[order]
    overlaps = pairwise_iou(ordered_boxes, ordered_boxes) > iou
    overlaps &= classes[order][:, None] == classes[order][None, :]

    is_kept = np.ones(len(order), bool)
    for position in range(len(order)):
        if is_kept[position]:
            is_kept[position + 1 :] &= ~overlaps[position, position + 1 :]
    return order[is_kept]


def decode(
    outputs: np.ndarray, threshold: float = 0.3, iou: float = NMS_IOU, most: int = MAX_DETECTIONS
) -> list[np.ndarray]:
    """Returns the objects that a detector found, from what its model gives.

    Boxes that overlap a surer box of their class are left out (non-maximum suppression).

    Args:
        outputs: `(n, cells, 4 + classes)`: boxes and the probability of each class, as `run.predict(images)` gives them
            and a saved model does, or what `run.predictions(part)` keeps of them.
        threshold: Probability that a detection has at least, 0 to 1. Default 0.3: few false alarms, for looking at.
            Scores are computed with all above 0.01.
        iou: Intersection over union above which two boxes are taken for the same object, 0 to 1. Default 0.6.
        most: Detections of an image at most, the surest. Default 100.

    Returns:
        For each image an array `(k, 6)`, the surest detection first: x0, y0, x1, y1 in pixels of the model's images,
        the index of the class, the probability.

    Raises:
        ValueError: For outputs of another shape, and numbers out of range.

    Example:
    >>> outputs = np.zeros((1, 3, 4 + 2))
    >>> outputs[0] = [[1, 1, 9, 9, 0.1, 0.8], [1, 1, 9, 8, 0.0, 0.7], [20, 20, 30, 30, 0.5, 0.2]]
    >>> ft.decode(outputs)[0].tolist()
    [[1.0, 1.0, 9.0, 9.0, 1.0, 0.8], [20.0, 20.0, 30.0, 30.0, 0.0, 0.5]]
    """
    outputs = np.asarray(outputs)
    if outputs.ndim != 3 or outputs.shape[-1] < 5:
        raise ValueError(
            "`outputs` are those of a detector, (n, cells, 4 + classes), as run.predict(images) gives them. Received: "
            f"shape {outputs.shape}."
        )
    for name, share in (("threshold", threshold), ("iou", iou)):
        if not 0 <= share <= 1:
            raise ValueError(f"`{name}` lies between 0 and 1. Received: {name}={share!r}.")
    if isinstance(most, bool) or not isinstance(most, (int, np.integer)) or most < 1:
        raise ValueError(f"`most` is a whole number of at least 1. Received: most={most!r}.")
    return [_decode_image(rows, threshold, iou, most) for rows in outputs]


def _decode_image(rows, threshold, iou, most):
    probabilities = rows[:, 4:]
    cells, classes = np.nonzero((probabilities >= threshold) & (probabilities > 0))
    scores = probabilities[cells, classes]
    if len(scores) > CANDIDATES:
        surest = np.sort(np.argsort(-scores, kind="stable")[:CANDIDATES])
        cells, classes, scores = cells[surest], classes[surest], scores[surest]
    boxes = rows[cells, :4]
    best_rows = suppress_overlaps(boxes, scores, classes, iou)[:most]
    return np.concatenate([boxes[best_rows], classes[best_rows, None], scores[best_rows, None]], axis=1)


def clip_boxes(boxes: np.ndarray, image_size: Sequence[int], min_visibility: float) -> np.ndarray:
    """Returns the parts of boxes `(k, 5)` that lie in an image; boxes of which too little is left are dropped.

    Args:
        boxes: `(k, 5)`.
        image_size: `(height, width)` in pixels.
        min_visibility: Share of a box's area that has to be left, 0 to 1.
    """
    height, width = image_size
    clipped_boxes = boxes.copy()
    clipped_boxes[:, 0:4:2] = np.clip(boxes[:, 0:4:2], 0, width)
    clipped_boxes[:, 1:4:2] = np.clip(boxes[:, 1:4:2], 0, height)
    visible_areas = box_areas(clipped_boxes)
    is_kept = (visible_areas > 0) & (visible_areas >= min_visibility * box_areas(boxes))
    return clipped_boxes[is_kept]


def resize_boxes(
    boxes: np.ndarray, image_size: Sequence[int], size: Sequence[int], min_visibility: float
) -> np.ndarray:
    """Returns boxes `(k, 5)` as they lie in the middle of their image, cropped and resized as `fit_images` does.

    Args:
        boxes: `(k, 5)`.
        image_size: `(height, width)` of the image that they lie in, in pixels.
        size: `(height, width)` of the result.
        min_visibility: As in `clip_boxes`.

    Example:
    >>> resize_boxes(as_boxes([[40, 10, 60, 30, 1]]), (40, 100), (20, 20), 0.25).tolist()
    [[5.0, 5.0, 15.0, 15.0, 1.0]]
    """
    crop = middle_crop(image_size, size)
    moved_boxes = boxes.copy()
    moved_boxes[:, 0:4:2] = (boxes[:, 0:4:2] - crop.left) * (size[1] / crop.width)
    moved_boxes[:, 1:4:2] = (boxes[:, 1:4:2] - crop.top) * (size[0] / crop.height)
    return clip_boxes(moved_boxes, size, min_visibility)


def place_boxes(boxes: np.ndarray, image_size: Sequence[int], size: Sequence[int]) -> np.ndarray:
    """Returns boxes of an image as they lie where the whole of it is put into another size; see `whole_placement`.

    Args:
        boxes: `(k, 4 or more)` in pixels of the image.
        image_size: `(height, width)` of the image in pixels.
        size: `(height, width)` of the result.

    Example:
    >>> place_boxes(as_boxes([[0, 0, 100, 40, 1]]), (40, 100), (50, 50)).tolist()
    [[0.0, 15.0, 50.0, 35.0, 1.0]]
    """
    placement = whole_placement(image_size, size)
    placed_boxes = np.array(boxes, "float32")
    placed_boxes[:, 0:4:2] = boxes[:, 0:4:2] * (placement.width / image_size[1]) + placement.left
    placed_boxes[:, 1:4:2] = boxes[:, 1:4:2] * (placement.height / image_size[0]) + placement.top
    return placed_boxes


def unplace_boxes(boxes: np.ndarray, image_size: Sequence[int], size: Sequence[int]) -> np.ndarray:
    """Returns boxes in pixels of the image itself, without what reaches beyond it: `place_boxes` backwards.

    Args:
        boxes: `(k, 4 or more)` in pixels of the whole image put into `size`.
        image_size, size: As for `place_boxes`.

    Example:
    >>> unplace_boxes(as_boxes([[0, 15, 50, 35, 1]]), (40, 100), (50, 50)).tolist()
    [[0.0, 0.0, 100.0, 40.0, 1.0]]
    """
    placement = whole_placement(image_size, size)
    own_boxes = np.array(boxes, "float32")
    own_boxes[:, 0:4:2] = (boxes[:, 0:4:2] - placement.left) * (image_size[1] / placement.width)
    own_boxes[:, 1:4:2] = (boxes[:, 1:4:2] - placement.top) * (image_size[0] / placement.height)
    own_boxes[:, 0:4:2] = np.clip(own_boxes[:, 0:4:2], 0, image_size[1])
    own_boxes[:, 1:4:2] = np.clip(own_boxes[:, 1:4:2], 0, image_size[0])
    return own_boxes


def transform_boxes(
    boxes: np.ndarray, transform: np.ndarray, image_size: Sequence[int], min_visibility: float
) -> np.ndarray:
    """Returns boxes `(k, 5)` moved with an image that `distort` distorts: the boxes around their moved corners.

    Args:
        boxes: `(k, 5)`.
        transform: `(8,)`: a row of `Distortions.transforms`, which leads from the pixels of the result to those of the
            image.
        image_size: `(height, width)` in pixels.
        min_visibility: As in `clip_boxes`.
    """
    x_from_x, x_from_y, x_offset, y_from_x, y_from_y, y_offset = transform[:6].astype("float64")
    to_image = np.array([[x_from_x, x_from_y], [y_from_x, y_from_y]])
    corners = boxes[:, [[0, 1], [2, 1], [0, 3], [2, 3]]].astype("float64")  # (k, 4, 2)
    # The transform counts from the middle of the first pixel.
    moved_corners = (corners - 0.5 - [x_offset, y_offset]) @ np.linalg.inv(to_image).T + 0.5

    moved_boxes = boxes.copy()
    moved_boxes[:, :2] = moved_corners.min(axis=1)
    moved_boxes[:, 2:4] = moved_corners.max(axis=1)
    return clip_boxes(moved_boxes, image_size, min_visibility)
