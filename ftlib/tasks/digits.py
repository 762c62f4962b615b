"""Scanned handwritten digits: the target task of the course."""

from typing import Any

import numpy as np

from ftlib.tasks.split import Split
from ftlib.tasks.task import Task, draw_labels

_POOL_END, _VALIDATION_END = 1097, 1297  # in the order of the file


def load(labels_per_class: int | None = None, seed: int = 0) -> Task:
    """Loads the task `digits`: 1,797 digits of 8 by 8 pixels that scikit-learn ships (see `load_task`).

    The file's order follows the writers, so the last 500 images are the test split and the 200 before them the
    validation split: most test writers are in neither of the others. Labels are drawn from the first 1,097. Most
    validation images (140 of 200), too, are by writers from whom there is no training image.

    Args:
        labels_per_class: Training images per class; None takes all.
        seed: Which training images are drawn.

    Returns:
        A `Task` with `uint8` pixels.

    Raises:
        ValueError: If `labels_per_class` is no whole number, or more than a class has.
    """
    from sklearn.datasets import load_digits

    data: Any = load_digits()
    images = np.round(data.images * (255 / 16)).astype("uint8")[..., None]
    everything = Split(images, data.target.astype("int64"), np.arange(len(images)))
    pool = everything.take(np.arange(_POOL_END))
    return Task(
        "digits",
        train=pool.take(draw_labels(pool.labels, labels_per_class, seed)),
        validation=everything.take(np.arange(_POOL_END, _VALIDATION_END)),
        test=everything.take(np.arange(_VALIDATION_END, len(images))),
        class_names=tuple("0123456789"),
        source="Alpaydin and Kaynak, Optical Recognition of Handwritten Digits (UCI, 1998), as scikit-learn ships it",
        licence="CC BY 4.0",
    )
