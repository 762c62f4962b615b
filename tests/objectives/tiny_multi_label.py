"""A task of several labels in small pictures: which thirds are bright."""

import numpy as np
import tiny

from ftlib.objectives.multi_label import MultiLabel
from ftlib.tasks.split import Split
from ftlib.tasks.task import Task

NAMES = ("top", "middle", "bottom")


def split(count, seed, prefix):
    rng = np.random.default_rng(seed)
    targets = rng.integers(0, 2, (count, 3))
    images = rng.integers(0, 120, (count, tiny.PIXELS, tiny.PIXELS, 1))
    band = tiny.PIXELS // 3
    for image, row in zip(images, targets, strict=True):
        for third in np.flatnonzero(row):
            image[band * third : band * (third + 1)] += 120
    return Split(images.astype("uint8"), targets, np.array([f"{prefix}-{i}" for i in range(count)]))


def task(count=24, seed=0):
    parts = [split(count, 10 * seed + i, part) for i, part in enumerate(("train", "validation", "test"))]
    return Task("bands", *parts, NAMES, "drawn", "none", objective=MultiLabel())


def backbone():
    return tiny.backbone()
