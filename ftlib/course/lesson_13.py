"""Checks of the exercises of lesson 13."""

import numpy as np

from ftlib.course.answers import Mistake, as_number, call, describe, recognize
from ftlib.objectives.boxes import pairwise_iou

_PAIRS = (
    ((0.0, 0.0, 10.0, 10.0), (5.0, 0.0, 15.0, 10.0)),
    ((2.0, 3.0, 8.0, 12.0), (2.0, 3.0, 8.0, 12.0)),
    ((0.0, 0.0, 8.0, 4.0), (20.0, 30.0, 26.0, 39.0)),
    ((0.0, 0.0, 20.0, 20.0), (5.0, 5.0, 10.0, 9.0)),
)


def _check_overlap(answer):
    for box, other in _PAIRS:
        value = as_number(call(answer, np.array(box), np.array(other)))
        mistake = _compare_overlap(value, np.array(box), np.array(other))
        if mistake is not None:
            return mistake
    return None


def _compare_overlap(value, box, other):
    """Returns the mistake in one intersection over union, if there is one."""
    sides = np.minimum(box[2:], other[2:]) - np.maximum(box[:2], other[:2])
    common = float(np.prod(np.maximum(sides, 0)))
    areas = [float(np.prod(one[2:] - one[:2])) for one in (box, other)]
    true_value = common / (sum(areas) - common)
    if np.isclose(value, true_value, atol=1e-6):
        return None
    if (sides < 0).all():
        return Mistake("apart", value=value)
    mistakes = [
        (common / sum(areas), Mistake("counted_twice", value=value)),
        (common / min(areas), Mistake("smaller_box", value=value)),
        (common / max(areas), Mistake("larger_box", value=value)),
        (common, Mistake("no_division")),
    ]
    return recognize(value, mistakes) or Mistake("other_overlap", value=value, wanted=true_value)


# One object seen three times in a chain, another one twice, and a third once.
_FOUND_BOXES = np.array(
    [
        [0, 0, 10, 10], [2, 0, 12, 10], [30, 30, 40, 42], [4, 0, 14, 10], [30, 31, 40, 42], [60, 5, 80, 25],
    ],
    "float64",
)  # fmt: skip
_FOUND_SCORES = np.array([0.7, 0.6, 0.8, 0.5, 0.9, 0.3])
_LIMIT = 0.5


def _check_suppression(answer):
    returned = call(answer, _FOUND_BOXES.copy(), _FOUND_SCORES.copy(), _LIMIT)
    kept = np.asarray(returned)
    count = len(_FOUND_BOXES)
    if kept.dtype.kind not in "iu" or kept.ndim != 1 or (kept < 0).any() or (kept >= count).any():
        return Mistake("expected_indices", count=count, kind=describe(returned))
    return _compare_suppression(kept.tolist())


def _compare_suppression(kept):
    """Returns the mistake in the boxes that are kept, if there is one."""
    true_kept, chained = _suppress(by_kept_alone=True), _suppress(by_kept_alone=False)
    if kept == true_kept:
        return None
    if sorted(kept) == sorted(true_kept):
        return Mistake("other_order", kept=kept)
    if sorted(kept) == list(range(len(_FOUND_BOXES))):
        return Mistake("all_kept")
    if sorted(kept) == sorted(chained):
        return Mistake("left_out_decides")
    overlaps = pairwise_iou(_FOUND_BOXES[kept], _FOUND_BOXES[kept]) - np.eye(len(kept))
    if len(kept) and overlaps.max() > _LIMIT:
        first, second = sorted(kept[place] for place in np.unravel_index(overlaps.argmax(), overlaps.shape))
        return Mistake("twice", first=first, second=second, value=float(overlaps.max()), limit=_LIMIT)
    missing = [index for index in true_kept if index not in kept]
    return Mistake("lost", missing=missing)


def _suppress(by_kept_alone):
    """Returns the boxes that are kept where kept ones alone leave others out, or all surer ones do."""
    overlaps = pairwise_iou(_FOUND_BOXES, _FOUND_BOXES)
    order, kept, seen = np.argsort(-_FOUND_SCORES).tolist(), [], []
    for index in order:
        surer = kept if by_kept_alone else seen
        if all(overlaps[index, other] <= _LIMIT for other in surer):
            kept.append(index)
        seen.append(index)
    return kept


_HITS = (([True, False, True, True, False], 4), ([True, True, True], 3), ([False, True, False, False, True], 5))


def _check_average(answer):
    for hits, object_count in _HITS:
        value = as_number(call(answer, np.array(hits), object_count))
        mistake = _compare_average(value, np.array(hits), object_count)
        if mistake is not None:
            return mistake
    return None


def _compare_average(value, is_hit, object_count):
    """Returns the mistake in one average precision, if there is one."""
    precisions = np.cumsum(is_hit) / np.arange(1, len(is_hit) + 1)
    best = np.maximum.accumulate(precisions[::-1])[::-1]
    true_value = float(best[is_hit].sum() / object_count)
    if np.isclose(value, true_value, atol=1e-6):
        return None
    mistakes = [
        (float(precisions[is_hit].sum() / object_count), Mistake("no_envelope", value=value)),
        (float(best[is_hit].mean()), Mistake("missed_forgotten", value=value, objects=object_count)),
        (float(precisions[is_hit].mean()), Mistake("missed_forgotten", value=value, objects=object_count)),
        (float(is_hit.mean()), Mistake("one_precision", value=value)),
        (float(best.mean()), Mistake("every_box", value=value)),
        (float(precisions.mean()), Mistake("every_box", value=value)),
    ]
    return recognize(value, mistakes) or Mistake("other_average", value=value, wanted=true_value)


CHECKS = {"13.1": _check_overlap, "13.2": _check_suppression, "13.3": _check_average}
