"""A task of a number in small pictures: how bright they are, in a unit of its own."""

import numpy as np
import tiny

from ftlib.objectives.regression import Regression
from ftlib.tasks.split import Split
from ftlib.tasks.task import Task


def split(count, seed, prefix, numbers=1):
    rng = np.random.default_rng(seed)
    levels = rng.integers(0, 100, (count, numbers))
    images = rng.integers(0, 60, (count, tiny.PIXELS, tiny.PIXELS, 1))
    band = tiny.PIXELS // numbers
    for image, row in zip(images, levels, strict=True):
        for place, level in enumerate(row):
            image[band * place : band * (place + 1)] += level
    targets = 300 + levels.astype("float64")
    ids = np.array([f"{prefix}-{i}" for i in range(count)])
    return Split(images.astype("uint8"), targets[:, 0] if numbers == 1 else targets, ids)


def task(count=24, seed=0, numbers=1):
    parts = [split(count, 10 * seed + i, part, numbers) for i, part in enumerate(("train", "validation", "test"))]
    names = ("brightness",) if numbers == 1 else tuple(f"level {i}" for i in range(numbers))
    return Task("levels", *parts, (), "drawn", "none", objective=Regression(names, ("lux",) * numbers))


def backbone():
    return tiny.backbone()
