"""The rules of the training loop's sizes, in one place: `fit` follows them, and an estimate of its cost knows them."""

import math

SHORTEST_EPOCH = 20  # updates, so that validation does not cost more than training on very few images
_FEWEST_UPDATES = 300
_PASSES = 10  # over the training images


def default_updates(train_count: int, batch_size: int) -> int:
    """Returns the updates of a run that asks for no number: ten passes over the training images, at least 300."""
    return max(_FEWEST_UPDATES, _PASSES * math.ceil(train_count / batch_size))


def updates_per_epoch(train_count: int, batch_size: int, phase_updates: int) -> int:
    """Returns the updates of an epoch: one pass over the training images, or `SHORTEST_EPOCH` if a pass is shorter.

    Args:
        train_count: Training images.
        batch_size: Images per update.
        phase_updates: Updates of the whole phase, which may be fewer.
    """
    return min(phase_updates, max(SHORTEST_EPOCH, math.ceil(train_count / batch_size)))
