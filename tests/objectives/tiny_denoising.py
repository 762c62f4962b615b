"""A tiny task and backbone for `Denoising`: a run with them takes about a second."""

import keras
import numpy as np

from ftlib.models.denoising_network import denoising_network
from ftlib.objectives.denoising import Denoising
from ftlib.tasks.split import Split
from ftlib.tasks.task import Task

SIDE = 4
CLASSES = 2


def split(count, seed, prefix):
    """Returns images whose left half is bright in class 0, and whose right half is in class 1."""
    labels = np.arange(count) % CLASSES
    images = np.random.default_rng(seed).integers(0, 60, (count, SIDE, SIDE, 1))
    for image, label in zip(images, labels, strict=True):
        image[:, label * SIDE // 2 : (label + 1) * SIDE // 2] += 180
    return Split(images.astype("uint8"), labels, np.array([f"{prefix}-{i}" for i in range(count)]))


def task(count=24, seed=0, objective=None):
    """Returns a task of images that are bright on the left or on the right, told by their class."""
    parts = {name: split(count, 10 * seed + i, name) for i, name in enumerate(("train", "validation", "test"))}
    objective = Denoising(conditional=True) if objective is None else objective
    return Task("halves", **parts, class_names=("left", "right"), source="drawn", licence="none", objective=objective)


def backbone(classes=CLASSES):
    """Returns a network of three stages: a convolution and two blocks."""
    keras.utils.set_random_seed(7)
    return denoising_network((SIDE, SIDE, 1), classes=classes, width=4, levels=2, blocks=2)
