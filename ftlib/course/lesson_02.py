"""Checks of the exercises of lesson 02."""

import numpy as np

from ftlib.course.answers import Blank, Mistake, as_number, call, describe, is_blank, near, number, recognize
from ftlib.strategies.regularization import Regularization


def _check_best_epoch(answer):
    # Losses, patience, the epoch whose weights are kept.
    for losses, patience, wanted in (
        ([3.0, 2.0, 2.5, 2.4, 2.3, 1.0], 3, 1),
        ([3.0, 2.0, 2.5, 1.5, 1.6, 1.7, 0.1], 2, 3),
        ([3.0, 2.0, 1.0], 2, 2),
    ):
        returned = call(answer, list(losses), patience)
        epoch = number(returned)
        if epoch is None:
            return Mistake("expected_epoch", kind=describe(returned))
        if epoch != wanted:
            return _explain_epoch(epoch, losses, patience, wanted)
    return None


def _explain_epoch(epoch, losses, patience, wanted):
    stopping_epoch = min(wanted + patience, len(losses) - 1)
    lowest_epoch = int(np.argmin(losses))
    if epoch == wanted + 1:
        return Mistake("counted_from_one", losses=losses, patience=patience, wanted=wanted, value=epoch)
    if epoch == stopping_epoch:
        return Mistake("stopping_epoch", losses=losses, patience=patience, value=epoch)
    if epoch == lowest_epoch:
        return Mistake("beyond_patience", losses=losses, patience=patience, value=epoch)
    return Mistake("other_epoch", losses=losses, patience=patience, wanted=wanted, value=epoch)


def _check_penalty(answer):
    kernel = np.random.default_rng(3).normal(size=(4, 3))
    returned = call(answer, kernel, 0.1)
    if not isinstance(returned, (tuple, list)) or len(returned) != 2:
        return Mistake("expected_pair", kind=describe(returned))
    if any(is_blank(part) for part in returned):
        raise Blank

    penalty = as_number(returned[0])
    squares = (kernel**2).sum()
    mistakes = [
        (0.1 * np.sqrt(squares), Mistake("square_root")),
        (0.1 * (kernel**2).mean(), Mistake("mean_of_squares")),
        (squares, Mistake("factor_missing")),
        (0.05 * squares, Mistake("half_penalty")),
    ]
    known_mistake = recognize(penalty, mistakes)
    if known_mistake:
        return known_mistake
    if not near(penalty, 0.1 * squares):
        return Mistake("other_penalty", wanted=0.1 * squares, value=penalty)
    return _check_slope(returned[1], kernel)


def _check_slope(returned, kernel):
    slope = np.asarray(returned)
    if slope.shape != kernel.shape:
        return Mistake("slope_shape", shape=kernel.shape, kind=describe(returned))
    if np.allclose(slope, 0.1 * kernel):
        return Mistake("slope_factor_missing")
    if np.allclose(slope, -0.2 * kernel):
        return Mistake("slope_sign")
    if not np.allclose(slope, 0.2 * kernel):
        return Mistake("other_slope")
    return None


def _check_dropout(answer):
    hidden = np.ones((200, 50))
    dropped = np.asarray(call(answer, hidden, 0.3, np.random.default_rng(0)))
    if dropped.shape != hidden.shape:
        return Mistake("expected_shape", shape=hidden.shape, kind=describe(dropped))

    is_zero = dropped == 0
    zero_share = float(is_zero.mean())
    if zero_share == 0:
        return Mistake("nothing_dropped")
    if _has_both(is_zero.all(axis=0)) or _has_both(is_zero.all(axis=1)):
        return Mistake("whole_rows")
    if abs(zero_share - 0.7) < 0.03:
        return Mistake("share_reversed", percent=100 * zero_share)
    if abs(zero_share - 0.3) > 0.03:
        return Mistake("other_share", percent=100 * zero_share)

    mean_value = float(dropped.mean())
    if abs(mean_value - 0.7) < 0.03:
        return Mistake("mean_sank", mean=mean_value)
    if abs(mean_value - 1) > 0.03:
        return Mistake("other_mean", mean=mean_value)

    dropped_again = np.asarray(call(answer, hidden, 0.3, np.random.default_rng(1)))
    if np.array_equal(is_zero, dropped_again == 0):
        return Mistake("generator_ignored")
    return None


def _has_both(flags):
    return flags.any() and not flags.all()


def _check_settings(answer):
    if not isinstance(answer, Regularization):
        return Mistake("expected_regularization", kind=describe(answer))

    light = Regularization.preset("light")
    if answer == light:
        return Mistake("light_unchanged")
    if answer.dropout != 0.5:
        return Mistake("other_dropout", dropout=answer.dropout)
    if answer.label_smoothing != 0.1:
        return Mistake("other_smoothing", smoothing=answer.label_smoothing)

    for name in ("weight_decay", "augmentation", "patience", "l1", "l2", "mixup", "cutmix", "anchor"):
        given_value = getattr(answer, name)
        light_value = getattr(light, name)
        if given_value != light_value:
            return Mistake("other_setting", name=name, mine=given_value, theirs=light_value)
    return None


CHECKS = {
    "02.1": _check_best_epoch,
    "02.2": _check_penalty,
    "02.3": _check_dropout,
    "02.4": _check_settings,
}
