"""Scanned handwritten digits: the target task of the course."""

import numpy as np

from ftlib.tasks.task import Split, Task, draw_labels


def load(labels_per_class=None, seed=0):
    """Loads the task `digits`: 1,797 digits of 8 by 8 pixels that scikit-learn ships (see `load_task`).

    The file's order follows the writers, so the last 500 images are the test split and the 200 before them the
    validation split: most test writers are in neither of the others. Labels are drawn from the first 1,097.
    """
    from sklearn.datasets import load_digits

    data = load_digits()
    images = np.round(data.images * (255 / 16)).astype("uint8")[..., None]
    everything = Split(images, data.target.astype("int64"), np.arange(len(images)))
    train = everything.take(np.arange(1097))
    return Task(
        "digits",
        train=train.take(draw_labels(train.labels, labels_per_class, seed)),
        validation=everything.take(np.arange(1097, 1297)),
        test=everything.take(np.arange(1297, 1797)),
        class_names=tuple("0123456789"),
        source="Alpaydin and Kaynak, Optical Recognition of Handwritten Digits (UCI, 1998), as scikit-learn ships it",
        licence="CC BY 4.0",
    )
