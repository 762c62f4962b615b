"""The kinds of mistakes, by hand."""

import numpy as np
import pytest

import ftlib as ft


def judge(found, true, **options):
    detections = np.array([[*box, index, score] for box, index, score in found], "float64").reshape(-1, 6)
    return ft.box_mistakes([detections], [np.array(true, "float64").reshape(-1, 5)], 3, **options)


def test_every_kind_once():
    true = [[0, 0, 10, 10, 0], [20, 0, 30, 10, 1], [40, 0, 50, 10, 2], [60, 0, 70, 10, 0]]
    found = [
        ((0, 0, 10, 10), 0, 0.9),  # right
        ((0, 1, 10, 10), 0, 0.8),  # double
        ((20, 0, 30, 10), 2, 0.7),  # wrong class
        ((40, 6, 50, 16), 2, 0.6),  # poorly placed: 40 of 160
        ((80, 80, 90, 90), 1, 0.5),  # background
    ]
    judged = judge(found, true)
    assert judged.counts == dict.fromkeys(("missed", "wrong class", "poorly placed", "double", "background"), 1)
    assert [mistake.kind for mistake in judged.mistakes] == [
        "double", "wrong class", "poorly placed", "background", "missed",
    ]  # fmt: skip
    assert judged.right.tolist() == [1, 0, 0] and judged.said.tolist() == [2, 1, 2]
    assert judged.objects.tolist() == [2, 1, 1]
    wrong, poor, missed = judged.mistakes[1], judged.mistakes[2], judged.mistakes[4]
    assert (wrong.class_index, wrong.true_class, wrong.iou) == (2, 1, 1.0)
    assert poor.iou == pytest.approx(0.25) and missed.box == (60, 0, 70, 10) and missed.score == 0


def test_the_surest_box_takes_the_object():
    judged = judge([((0, 2, 10, 12), 0, 0.4), ((0, 0, 10, 10), 0, 0.3)], [[0, 0, 10, 10, 0]])
    assert judged.counts["double"] == 1 and judged.mistakes[0].score == pytest.approx(0.3)
    assert judge([((0, 2, 10, 12), 0, 0.4)], [[0, 0, 10, 10, 0]], iou=0.75).counts["poorly placed"] == 1


def test_images_without_objects_or_boxes():
    assert judge([], []).mistakes == () and judge([], [[0, 0, 9, 9, 1]]).counts["missed"] == 1
    assert judge([((0, 0, 9, 9), 1, 0.5)], []).counts["background"] == 1
    assert ft.box_mistakes([], []).counts["missed"] == 0


@pytest.mark.parametrize(("arguments", "message"), [(([], [np.zeros((0, 5))]), "Each image has detections"),
                                                    (([], [], 1, 0), "`iou` lies above 0")])  # fmt: skip
def test_what_makes_no_sense_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        ft.box_mistakes(*arguments)
