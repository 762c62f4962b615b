"""Boxes overlap, move with their images, and are kept or not: numbers that can be checked by hand."""

import numpy as np
import pytest

from ftlib.objectives.augmentation import distort, draw_distortions
from ftlib.objectives.boxes import (
    as_boxes,
    clip_boxes,
    decode,
    pairwise_iou,
    resize_boxes,
    stack_targets,
    suppress_overlaps,
    transform_boxes,
)
from ftlib.tasks.resizing import fit_images

BOX = as_boxes([[4, 6, 12, 10, 1]])


def test_the_overlap_of_boxes_is_their_common_share():
    boxes = np.array([[0, 0, 4, 4], [0, 0, 0, 0]], "float32")
    others = np.array([[0, 0, 4, 4], [2, 2, 6, 6], [4, 0, 8, 4], [1, 1, 3, 3]], "float32")
    np.testing.assert_allclose(pairwise_iou(boxes, others), [[1, 4 / 28, 0, 4 / 16], [0, 0, 0, 0]], atol=1e-6)
    assert pairwise_iou(boxes[:0], others).shape == (0, 4)


def test_of_boxes_that_overlap_the_surest_of_each_class_is_kept():
    boxes = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [0, 0, 10, 10], [30, 0, 40, 10], [2, 0, 12, 10]], "float32")
    scores = np.array([0.5, 0.9, 0.3, 0.6, 0.4])
    classes = np.array([0, 0, 1, 0, 0])
    assert suppress_overlaps(boxes, scores, classes, iou=0.6).tolist() == [1, 3, 2]
    assert suppress_overlaps(boxes, scores, classes, iou=0.95).tolist() == [1, 3, 0, 4, 2]


def test_a_suppressed_box_suppresses_none():
    boxes = np.array([[0, 0, 10, 10], [3, 0, 13, 10], [6, 0, 16, 10]], "float32")
    scores, classes = np.array([0.9, 0.8, 0.7]), np.zeros(3)
    assert suppress_overlaps(boxes, scores, classes, iou=0.5).tolist() == [0, 2]


def test_boxes_are_cut_at_the_border_and_dropped_where_too_little_is_left():
    boxes = as_boxes([[-2, 0, 2, 4, 0], [-3, 0, 1, 4, 1], [9, 9, 12, 12, 2], [20, 20, 30, 30, 3]])
    assert clip_boxes(boxes, (10, 10), 0.5).tolist() == [[0, 0, 2, 4, 0]]
    assert clip_boxes(boxes, (10, 10), 0.25)[:, 4].tolist() == [0, 1]
    assert clip_boxes(boxes, (10, 10), 0)[:, 4].tolist() == [0, 1, 2]
    assert len(clip_boxes(as_boxes([]), (10, 10), 0.5)) == 0


def draw(boxes, height, width):
    """Returns an image `(1, height, width, 1)` that is white in its boxes."""
    image = np.zeros((1, height, width, 1), "float32")
    for x0, y0, x1, y1, _ in boxes.astype(int):
        image[0, y0:y1, x0:x1] = 255
    return image


def found_box(image):
    """Returns the box around what is bright in an image, to about half a pixel."""
    rows, columns = np.nonzero(image[0, ..., 0] > 127)
    return columns.min(), rows.min(), columns.max() + 1, rows.max() + 1


@pytest.mark.parametrize("size", [(32, 32), (60, 40), (90, 180), (17, 23)])
def test_boxes_are_resized_as_the_images_are(size):
    boxes = as_boxes([[40, 15, 55, 35, 0]])
    resized_image = fit_images(draw(boxes, 60, 90), size, 1)
    resized_boxes = resize_boxes(boxes, (60, 90), size, 0.25)
    np.testing.assert_allclose(resized_boxes[0, :4], found_box(np.asarray(resized_image)), atol=0.75)


def test_a_box_outside_of_the_middle_is_lost():
    boxes = as_boxes([[0, 0, 10, 10, 0], [20, 0, 40, 10, 1], [40, 5, 50, 15, 2]])
    assert resize_boxes(boxes, (40, 100), (40, 40), 0.25).tolist() == [[0, 0, 10, 10, 1], [10, 5, 20, 15, 2]]


@pytest.mark.parametrize("seed", range(6))
def test_boxes_move_with_distorted_images(seed):
    boxes = as_boxes([[40, 30, 70, 50, 1]])
    distortions = draw_distortions(1, (96, 120), "standard", True, np.random.default_rng(seed))
    moved_image = distort(draw(boxes, 96, 120), distortions.transforms, distortions.contrast, distortions.brightness)
    lowest, highest = moved_image.min(), moved_image.max()
    moved_image = (moved_image - lowest) / (highest - lowest) * 255
    moved_boxes = transform_boxes(boxes, distortions.transforms[0], (96, 120), 0.25)
    np.testing.assert_allclose(moved_boxes[0, :4], found_box(moved_image), atol=1.5)


def test_a_mirrored_box_is_mirrored():
    mirror = np.array([-1, 0, 19, 0, 1, 0, 0, 0], "float32")
    moved = transform_boxes(BOX, mirror, (12, 20), 0.25)
    assert moved.tolist() == [[8, 6, 16, 10, 1]]


def test_targets_are_stacked_one_by_one_whatever_their_number():
    targets = stack_targets([BOX, BOX, as_boxes([])])
    assert targets.shape == (3,) and targets[0] is BOX
    assert stack_targets([BOX, BOX]).shape == (2,)


def outputs(*rows):
    return np.array([rows], "float32")


def test_detections_are_decoded_surest_first():
    given = outputs([0, 0, 8, 8, 0.4, 0.2], [0, 0, 8, 8, 0.9, 0.05], [10, 0, 12, 9, 0.1, 0.6])
    found = decode(given, threshold=0.2)[0]
    np.testing.assert_allclose(found, [[0, 0, 8, 8, 0, 0.9], [10, 0, 12, 9, 1, 0.6], [0, 0, 8, 8, 1, 0.2]])
    assert decode(given, threshold=0.95)[0].shape == (0, 6)
    assert len(decode(given, threshold=0, most=2)[0]) == 2


@pytest.mark.parametrize(
    "options, message",
    [
        ({"threshold": 1.5}, "`threshold` lies between 0 and 1. Received: threshold=1.5"),
        ({"iou": -1}, "`iou` lies between 0 and 1. Received: iou=-1"),
        ({"most": 0}, "`most` is a whole number of at least 1. Received: most=0"),
    ],
)
def test_decoding_refuses_numbers_out_of_range(options, message):
    with pytest.raises(ValueError, match=message):
        decode(outputs([0, 0, 1, 1, 0.5]), **options)


def test_decoding_refuses_what_no_detector_gives():
    with pytest.raises(ValueError, match=r"\(n, cells, 4 \+ classes\).*Received: shape \(3, 4\)"):
        decode(np.zeros((3, 4)))
