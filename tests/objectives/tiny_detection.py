"""A tiny task of boxes, and a tiny backbone: a run with them takes a second."""

import keras
import numpy as np

from ftlib.objectives.detection import Detection
from ftlib.tasks.split import Split
from ftlib.tasks.task import Task

PIXELS = 32
CLASSES = ("disc", "square")


def draw_shapes(count, pixels, seed, sides=(10, 20), most=2):
    """Returns images `(count, pixels, pixels, 1)` of bright discs and squares on noise, and their boxes.

    The first image has no shape; shapes do not touch.
    """
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 100, (count, pixels, pixels, 1)).astype("uint8")
    rows, columns = np.mgrid[:pixels, :pixels] + 0.5
    targets = []
    for index, image in enumerate(images):
        boxes, is_taken = [], np.zeros((pixels, pixels), bool)
        for _ in range(rng.integers(1, most + 1) if index else 0):
            side, shape = int(rng.integers(*sides)), int(rng.integers(2))
            x, y = rng.integers(0, pixels - side + 1, 2)
            place = slice(y, y + side), slice(x, x + side)
            if is_taken[place].any():
                continue
            is_taken[place] = True
            distance = np.hypot(columns - x - side / 2, rows - y - side / 2)
            is_inside = (
                distance <= side / 2 if shape == 0 else np.maximum(*_apart(rows, columns, x, y, side)) < side / 2
            )
            image[is_inside] = rng.integers(150, 255)
            boxes.append([x, y, x + side, y + side, shape])
        targets.append(np.array(boxes, "float32").reshape(-1, 5))
    return images, targets


def _apart(rows, columns, x, y, side):
    return np.abs(rows - y - side / 2), np.abs(columns - x - side / 2)


def shapes(train, other, pixels, seed=0, stride=4, **options):
    """Returns a task of discs and squares."""
    splits = []
    for part, count in (("train", train), ("validation", other), ("test", other)):
        images, targets = draw_shapes(count, pixels, [seed, len(splits)], **options)
        splits.append(Split(images, targets, [f"{part}-{index}" for index in range(count)]))
    return Task("shapes", *splits, CLASSES, "drawn", "none", mirror=True, objective=Detection(stride=stride))


def task(count=24, seed=0):
    """Returns a task with `count` training images."""
    return shapes(count, max(count // 2, 2), PIXELS, seed)


def backbone():
    """Returns a network of three stages."""
    keras.utils.set_random_seed(1000)
    image = keras.Input((PIXELS, PIXELS, 1), name="image")
    features = keras.layers.Rescaling(1 / 255, name="scale")(image)
    for number, filters in enumerate((8, 12, 16), start=1):
        features = keras.layers.Conv2D(filters, 3, 2, padding="same", use_bias=False, name=f"conv{number}")(features)
        features = keras.layers.BatchNormalization(momentum=0.9, name=f"norm{number}")(features)
        features = keras.layers.ReLU(name=f"relu{number}")(features)
    return keras.Model(image, features, name="tiny")
