"""Checks of the exercises of lesson 09."""

import dataclasses
from typing import Any

import numpy as np

from ftlib.course.answers import Mistake, call, describe, near, number, recognize
from ftlib.strategies.anchors import EWC, L2SP, Replay
from ftlib.strategies.regularization import Regularization


def _check_settings(answer):
    if isinstance(answer, L2SP):
        return Mistake("anchor_alone")
    if not isinstance(answer, Regularization):
        return Mistake("expected_regularization", kind=describe(answer))

    light = Regularization.preset("light")
    if answer == light:
        return Mistake("light_unchanged")
    anchor: Any = answer.anchor
    if isinstance(anchor, (EWC, Replay)):
        return Mistake("other_anchor", kind=type(anchor).__name__)
    if anchor is not None and anchor.strength != 1:
        return Mistake("other_strength", strength=anchor.strength)

    for field in dataclasses.fields(light):
        given_value = getattr(answer, field.name)
        light_value = getattr(light, field.name)
        if field.name != "anchor" and given_value != light_value:
            return Mistake("other_setting", name=field.name, mine=given_value, theirs=light_value)
    return None


def _check_rubber_band(answer):
    weights, start = _draw_arrays()
    returned = call(answer, _copy(weights), _copy(start), 0.4)
    if not isinstance(returned, (tuple, list)) or len(returned) != 2:
        return Mistake("expected_pair", kind=describe(returned))
    penalty = number(returned[0])
    if penalty is None:
        return Mistake("expected_penalty", kind=describe(returned[0]))

    square_sums = [float(np.sum((w - s) ** 2)) for w, s in zip(weights, start, strict=True)]
    total = sum(square_sums)
    if near(penalty, 0.2 * total):
        return _check_band_slopes(returned[1], weights, start)

    sizes = [w.size for w in weights]
    sum_of_means = sum(squares / size for squares, size in zip(square_sums, sizes, strict=True))
    distance_to_zero = sum(float(np.sum(w**2)) for w in weights)
    mistakes = [
        (0.4 * total, Mistake("twice_too_much")),
        (0.2 * distance_to_zero, Mistake("distance_to_zero")),
        (total, Mistake("strength_missing")),
        (total / 2, Mistake("strength_missing")),
        *((0.2 * squares, Mistake("one_array")) for squares in square_sums),
        (0.2 * total / sum(sizes), Mistake("mean_of_squares")),
        (0.2 * sum_of_means, Mistake("mean_of_squares")),
        (0.2 * np.sqrt(total), Mistake("distance")),
    ]
    known_mistake = recognize(penalty, mistakes)
    if known_mistake:
        return known_mistake
    return Mistake("other_penalty", size=sum(sizes), wanted=0.2 * total, value=penalty)


def _check_band_slopes(returned, weights, start):
    slopes = _read_arrays(returned, weights)
    if slopes is None:
        return Mistake("expected_arrays", count=len(weights), kind=describe(returned))

    differences = [w - s for w, s in zip(weights, start, strict=True)]
    if _are_close(slopes, _scale(0.4, differences)):
        return None
    if _are_close(slopes, _scale(-0.4, differences)):
        return Mistake("slope_sign")
    if _are_close(slopes, _scale(0.8, differences)) or _are_close(slopes, _scale(0.2, differences)):
        return Mistake("slope_factor")
    if _are_close(slopes, differences) or _are_close(slopes, _scale(2, differences)):
        return Mistake("slope_strength_missing")
    if _are_close(slopes, _scale(0.4, weights)):
        return Mistake("slopes_to_zero")
    return Mistake("other_slopes")


def _check_mixed_batch(answer):
    batches = []
    for seed, share, wanted_old in ((0, 0.25, 8), (1, 0.25, 8), (2, 0.5, 16)):
        returned = call(answer, 100, 5000, 32, share, np.random.default_rng(seed))
        if not isinstance(returned, (tuple, list)) or len(returned) != 2:
            return Mistake("expected_pair", kind=describe(returned))
        new, old = (np.asarray(indices) for indices in returned)
        mistake = _check_batch(new, old, share, wanted_old)
        if mistake is not None:
            return mistake
        batches.append((new, old))

    first_batch, second_batch, _ = batches
    if all(np.array_equal(first, second) for first, second in zip(first_batch, second_batch, strict=True)):
        return Mistake("generator_ignored")

    rng = np.random.default_rng(3)
    many_batches = [call(answer, 100, 5000, 32, 0.25, rng) for _ in range(40)]
    new = np.concatenate([batch[0] for batch in many_batches])
    old = np.concatenate([batch[1] for batch in many_batches])
    if new.max() < 90 or old.max() < 4500 or new.min() > 9 or old.min() > 500:
        return Mistake("narrow_range", new_first=new.min(), new_last=new.max(), old_first=old.min(), old_last=old.max())
    return None


def _check_batch(new, old, share, wanted_old):
    for indices in (new, old):
        if indices.ndim != 1 or indices.dtype.kind not in "iu":
            return Mistake("expected_indices", kind=describe(indices))

    wanted_new = 32 - wanted_old
    if (len(new), len(old)) != (wanted_new, wanted_old):
        return _explain_sizes(len(new), len(old), share, wanted_new, wanted_old)

    if new.min() < 0 or new.max() >= 100:
        return Mistake("no_new_example", index=new.max())
    if old.min() < 0 or old.max() >= 5000:
        return Mistake("no_old_example", index=old.max())
    return None


def _explain_sizes(new, old, share, wanted_new, wanted_old):
    if (new, old) == (wanted_old, wanted_new):
        return Mistake("share_reversed", new=new, old=old, share=share)
    if (new, old) == (32, wanted_old):
        return Mistake("batch_too_large", new=new, old=old, total=new + old)
    return Mistake("other_sizes", share=share, wanted_new=wanted_new, wanted_old=wanted_old, new=new, old=old)


def _check_between(answer):
    start, tuned = _draw_arrays()
    given_start = _copy(start)
    given_tuned = _copy(tuned)
    returned = call(answer, given_start, given_tuned, 0.25)
    mixed = _read_arrays(returned, start)
    if mixed is None:
        return Mistake("expected_arrays", count=len(start), kind=describe(returned))

    mistakes = [
        (_mix(0.25, start, 0.75, tuned), Mistake("wrong_way_round")),
        (_mix(1, start, 0.25, tuned), Mistake("start_in_full")),
        (_mix(0.5, start, 0.5, tuned), Mistake("always_middle")),
        (_mix(-0.25, start, 0.25, tuned), Mistake("step_alone")),
    ]
    for mistaken_arrays, mistake in mistakes:
        if _are_close(mixed, mistaken_arrays):
            return mistake

    wanted = _mix(0.75, start, 0.25, tuned)
    if not _are_close(mixed, wanted):
        return Mistake(
            "other_weight",
            first=start[0].item(0),
            last=tuned[0].item(0),
            wanted=wanted[0].item(0),
            value=mixed[0].item(0),
        )
    if not (_are_close(given_start, start) and _are_close(given_tuned, tuned)):
        return Mistake("lists_changed")
    return None


def _draw_arrays():
    """Returns two lists of arrays as `get_weights` gives them: weights, and where they started."""
    rng = np.random.default_rng(0)
    shapes = [(3, 2, 4), (4,), (4, 5)]
    weights = [rng.normal(0, 1, shape) for shape in shapes]
    start = [rng.normal(1, 1, shape) for shape in shapes]
    return weights, start


def _copy(arrays):
    return [array.copy() for array in arrays]


def _scale(factor, arrays):
    return [factor * array for array in arrays]


def _mix(first_share, first_arrays, second_share, second_arrays):
    pairs = zip(first_arrays, second_arrays, strict=True)
    return [first_share * first + second_share * second for first, second in pairs]


def _read_arrays(answer, models):
    """Returns an answer as a list of arrays shaped as `models`, or None where it is none."""
    if not isinstance(answer, (list, tuple)) or len(answer) != len(models):
        return None
    try:
        arrays = [np.asarray(part) for part in answer]
    except ValueError:  # a list of arrays that differ in shape
        return None

    pairs = zip(arrays, models, strict=True)
    fits = all(array.shape == model.shape and array.dtype.kind in "fiu" for array, model in pairs)
    return arrays if fits else None


def _are_close(arrays, wanted):
    return all(np.allclose(array, other, atol=1e-6) for array, other in zip(arrays, wanted, strict=True))


CHECKS = {
    "09.1": _check_settings,
    "09.2": _check_rubber_band,
    "09.3": _check_mixed_batch,
    "09.4": _check_between,
}
