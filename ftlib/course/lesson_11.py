"""Checks of the exercises of lesson 11."""

import numpy as np

from ftlib.course.answers import Mistake, call, describe

_MASK = 4


def _check_hiding(answer):
    rng = np.random.default_rng(0)
    ids = rng.integers(5, 90, (40, 50))
    ids[:, 30:] = 0
    hidden_masks = []
    for seed, share in ((1, 0.15), (2, 0.15), (3, 0.5)):
        returned = call(answer, ids.copy(), share, _MASK, np.random.default_rng(seed))
        if not isinstance(returned, (tuple, list)) or len(returned) != 2:
            return Mistake("expected_pair", kind=describe(returned))
        shown, targets = (np.asarray(part) for part in returned)
        if shown.shape != ids.shape or targets.shape != ids.shape or "f" in shown.dtype.kind + targets.dtype.kind:
            return Mistake("expected_ids", shown=describe(returned[0]), targets=describe(returned[1]))
        mistake = _check_hidden(ids, shown, targets, share)
        if mistake is not None:
            return mistake
        hidden_masks.append(targets != -1)
    if np.array_equal(hidden_masks[0], hidden_masks[1]):
        return Mistake("generator_ignored")
    return None


def _check_hidden(ids, shown, targets, share):
    """Returns the mistake in one call of `hide`, if there is one."""
    is_hidden = shown == _MASK
    is_padding = ids == 0
    if (is_hidden & is_padding).any():
        return Mistake("padding_hidden")
    if not is_hidden.any():
        return Mistake("nothing_hidden")
    if (shown[~is_hidden] != ids[~is_hidden]).any():
        return Mistake("others_changed")
    if (targets[is_hidden] == _MASK).all():
        return Mistake("targets_hidden")
    if (targets[~is_hidden] != -1).any():
        return Mistake("targets_everywhere")
    if (targets[is_hidden] != ids[is_hidden]).any():
        return Mistake("other_targets")
    rate = float(is_hidden.sum() / (~is_padding).sum())
    if not 0.75 * share < rate < 1.25 * share:
        return Mistake("other_share", share=share, rate=rate)
    return None


def _check_mean(answer):
    rng = np.random.default_rng(0)
    features = rng.normal(size=(3, 6, 4))
    ids = np.array([[7, 8, 9, 0, 0, 0], [7, 8, 9, 5, 6, 2], [7, 0, 0, 0, 0, 0]])
    returned = np.asarray(call(answer, features.copy(), ids.copy()))
    counts = (ids > 0)[..., None]
    if returned.shape != (3, 4) or returned.dtype.kind != "f":
        return Mistake("expected_means", kind=describe(returned))
    wanted = (features * counts).sum(1) / counts.sum(1)
    if np.allclose(returned, wanted):
        return None
    if np.allclose(returned, features.mean(1)):
        return Mistake("padding_counted")
    if np.allclose(returned, (features * counts).mean(1)):
        return Mistake("divided_by_length")
    if np.allclose(returned, (features * counts).sum(1)):
        return Mistake("sum")
    if np.allclose(returned, (features * ~counts).sum(1) / np.maximum((~counts).sum(1), 1)):
        return Mistake("padding_alone")
    return Mistake("other")


CHECKS = {"11.1": _check_hiding, "11.2": _check_mean}
