"""Bands of brightness, one class each."""

import tiny


def task(count=24, seed=0):
    """Returns a task of small pictures."""
    return tiny.task(train=count)


def backbone():
    """Returns a network of three stages."""
    return tiny.backbone(dropout=0.2)
