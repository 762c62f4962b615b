"""Faces: 200 small real photographs, half of them of a face. A far task, and a tiny one."""

import numpy as np

from ftlib.tasks.split import Split
from ftlib.tasks.task import Task, draw_labels

VALIDATION_PER_CLASS, TEST_PER_CLASS = 20, 40  # images
_IMAGES_PER_CLASS = 100
SOURCE = (
    "Labeled Faces in the Wild (Huang et al. 2007), the 200 cut-outs of 25 px that scikit-image ships: "
    "100 faces, 100 pieces of background."
)
LICENCE = "No formal licence: published for research, redistributed in scikit-image's wheel."


def load(labels_per_class: int | None = None, seed: int = 0) -> Task:
    """Returns the task "faces": is this cut-out a face? 25 x 25 pixels, grey, 2 classes.

    It is small: 80 images to train on, 40 for validation and 80 for test, so one test image is 1.25
    percentage points. Average several seeds before believing a difference. It needs scikit-image (not the
    network).

    Args:
        labels_per_class: Training images per class, 1 to 40; None takes all 40. Validation (20 per class) and
            test (40 per class) never change.
        seed: Which training images are drawn.

    Returns:
        A `Task` with `uint8` pixels.

    Raises:
        ImportError: If scikit-image is not installed.
        ValueError: If `labels_per_class` is not a whole number from 1 to 40.

    Example:
    >>> from ftlib.tasks import faces
    >>> len(faces.load(labels_per_class=10).train)
    20
    """
    try:
        from skimage import data
    except ImportError as error:
        raise ImportError("The task 'faces' comes with scikit-image: pip install scikit-image.") from error

    pixels = np.asarray(data.lfw_subset(), "float64")[..., None]  # 0..1, the 100 faces first
    images = np.rint(pixels * 255).astype("uint8")
    everything = Split(
        images=images,
        labels=np.repeat(np.array([1, 0]), _IMAGES_PER_CLASS),
        ids=np.array([f"faces/{i:03d}" for i in range(2 * _IMAGES_PER_CLASS)]),
    )
    # Any fixed order serves; a shuffled one, so that no order hidden in the file favours a split.
    class_order = np.random.default_rng(20240502).permutation(_IMAGES_PER_CLASS)
    order = np.stack([class_order, _IMAGES_PER_CLASS + class_order])
    split_ends = [TEST_PER_CLASS, TEST_PER_CLASS + VALIDATION_PER_CLASS]
    test_indices, validation_indices, pool_indices = np.split(order, split_ends, axis=1)
    pool = everything.take(np.sort(pool_indices, axis=None))
    return Task(
        name="faces",
        train=pool.take(draw_labels(pool.labels, labels_per_class, seed)),
        validation=everything.take(np.sort(validation_indices, axis=None)),
        test=everything.take(np.sort(test_indices, axis=None)),
        class_names=("background", "face"),
        source=SOURCE,
        licence=LICENCE,
        mirror=True,
        notes=("A small task: 80 test images, so one of them is 1.25 percentage points.",),
    )
