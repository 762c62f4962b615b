"""The mean average precision is COCO's: by hand, and number for number against COCO's own code."""

import contextlib
import io

import numpy as np
import pytest

from ftlib.objectives.average_precision import average_precision, precision_recall


def coco_precision(detections, targets, num_classes):
    """Returns what pycocotools gives: mAP at 0.5, mAP at 0.5:0.95, and the latter of each class."""
    coco = pytest.importorskip("pycocotools.coco")
    from pycocotools.cocoeval import COCOeval

    truth, found = [], []
    for image, rows in enumerate(targets):
        for x0, y0, x1, y1, index in rows:
            area = (x1 - x0) * (y1 - y0)
            box = {"image_id": image, "category_id": int(index), "bbox": [x0, y0, x1 - x0, y1 - y0], "area": area}
            truth.append({**box, "id": len(truth) + 1, "iscrowd": 0})
    for image, rows in enumerate(detections):
        for x0, y0, x1, y1, index, score in rows:
            box = {"image_id": image, "category_id": int(index), "bbox": [x0, y0, x1 - x0, y1 - y0], "score": score}
            found.append(box)
    with contextlib.redirect_stdout(io.StringIO()):
        reference = coco.COCO()
        images, categories = [{"id": i} for i in range(len(targets))], [{"id": i} for i in range(num_classes)]
        reference.dataset = {"info": {}, "images": images, "annotations": truth, "categories": categories}
        reference.createIndex()
        evaluation = COCOeval(reference, reference.loadRes(found), "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    precision = evaluation.eval["precision"][:, :, :, 0, -1]  # (thresholds, recalls, classes)
    by_class = np.where(precision.mean(axis=(0, 1)) < 0, np.nan, precision.mean(axis=(0, 1)))
    return evaluation.stats[1], evaluation.stats[0], by_class


def draw_case(seed, images=12, num_classes=4, score_digits=2):
    """Returns detections near objects, some of them twice, of another class or of nothing, with tied scores."""
    rng = np.random.default_rng(seed)
    detections, targets = [], []
    for _ in range(images):
        count = rng.integers(0, 9)
        corners = rng.uniform(0, 80, (count, 2))
        boxes = np.concatenate([corners, corners + rng.uniform(4, 40, (count, 2))], axis=1)
        classes = rng.integers(0, num_classes - 1, count)  # the last class has no objects
        targets.append(np.c_[boxes, classes])

        chosen = rng.integers(0, count, rng.integers(1, 160)) if count else np.zeros(0, int)
        near = boxes[chosen] + rng.normal(0, 2.5, (len(chosen), 4))
        near[:, 2:] = np.maximum(near[:, 2:], near[:, :2] + 1)
        said = np.where(rng.random(len(chosen)) < 0.8, classes[chosen], rng.integers(0, num_classes, len(chosen)))
        detections.append(np.c_[near, said, rng.random(len(chosen)).round(score_digits)])
    return detections, targets


@pytest.mark.parametrize("seed", range(8))
def test_it_is_what_pycocotools_gives(seed):
    detections, targets = draw_case(seed)
    at_50, over_all, by_class = coco_precision(detections, targets, 4)
    # COCO reads boxes as corner and size, which rounds in the last digits.
    given = average_precision(detections, [np.asarray(rows, "float64") for rows in targets], 4)
    assert given.map50 == pytest.approx(at_50, abs=1e-6)
    assert given.map == pytest.approx(over_all, abs=1e-6)
    np.testing.assert_allclose(given.by_class, by_class, atol=1e-6)
    assert np.isnan(given.by_class[3]) and 0 < given.map < given.map50 < 1


def test_perfect_detections_are_worth_1_and_none_0():
    targets = [np.array([[0, 0, 9, 9, 0], [20, 0, 29, 9, 1]]), np.zeros((0, 5))]
    perfect = [np.c_[targets[0], [0.5, 0.4]], np.zeros((0, 6))]
    assert (average_precision(perfect, targets).map50, average_precision(perfect, targets).map) == (1, 1)
    nothing = [np.zeros((0, 6))] * 2
    assert (average_precision(nothing, targets).map50, average_precision(nothing, targets).map) == (0, 0)


def test_a_box_that_is_found_twice_counts_once():
    target = np.array([[0, 0, 10, 10, 0], [50, 0, 60, 10, 0]])
    found = np.array([[0, 0, 10, 10, 0, 0.9], [0, 0, 10, 10, 0, 0.8], [50, 0, 60, 10, 0, 0.7]])
    # Precision 1 up to a recall of 0.5 (51 of 101 recalls), and two thirds beyond.
    assert average_precision([found], [target]).map50 == pytest.approx((51 + 50 * 2 / 3) / 101)


def test_the_threshold_decides_what_is_right():
    target = np.array([[0, 0, 10, 10, 0]])
    found = np.array([[0, 0, 10, 7.2, 0, 0.9]])  # an overlap of 0.72: right at 0.5, 0.55, 0.6, 0.65 and 0.7
    given = average_precision([found], [target])
    assert (given.map50, given.map) == (1, pytest.approx(0.5))


def test_classes_without_objects_do_not_count():
    target = np.array([[0, 0, 10, 10, 1]])
    found = np.array([[0, 0, 10, 10, 1, 0.5], [0, 0, 10, 10, 0, 0.9]])
    given = average_precision([found], [target], num_classes=3)
    assert given.map == 1 and np.isnan(given.by_class[[0, 2]]).all()
    assert np.isnan(average_precision([found], [np.zeros((0, 5))]).map)


def test_every_image_has_its_detections():
    with pytest.raises(ValueError, match="detections of 1 images, targets of 2"):
        average_precision([np.zeros((0, 6))], [np.zeros((0, 5))] * 2)


def test_precision_and_recall_go_on_detection_by_detection():
    target = np.array([[0, 0, 10, 10, 0], [50, 0, 60, 10, 0], [0, 0, 10, 10, 1]])
    found = np.array(
        [[0, 0, 10, 10, 0, 0.9], [80, 0, 90, 10, 0, 0.8], [50, 0, 60, 10, 0, 0.7], [0, 0, 10, 10, 1, 0.95]]
    )
    curve = precision_recall([found, np.zeros((0, 6))], [target, np.zeros((0, 5))], class_index=0)
    assert curve.object_count == 2 and curve.scores.tolist() == [0.9, 0.8, 0.7]
    np.testing.assert_allclose(curve.recalls, [0.5, 0.5, 1])
    np.testing.assert_allclose(curve.precisions, [1, 0.5, 2 / 3])
    nothing = precision_recall([np.zeros((0, 6))], [target], class_index=0)
    assert len(nothing.recalls) == 0 and nothing.object_count == 2
    with pytest.raises(ValueError, match="one of COCO's thresholds"):
        precision_recall([found], [target], 0, iou=0.52)
