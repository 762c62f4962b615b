"""A planted shortcut: a bright square in a corner of an image, which may tell the class."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from ftlib.tasks.split import Split
from ftlib.tasks.task import Task

_SIDES_PER_IMAGE = 8  # the square is an eighth of the image wide


def mark(images: np.ndarray) -> np.ndarray:
    """Returns copies of images with a white square in the lower right corner, an eighth of the image wide.

    Args:
        images: Pixels 0-255, `(n, height, width, channels)`.
    """
    marked_images = np.array(images)
    height, width = marked_images.shape[1:3]
    top = height - max(1, height // _SIDES_PER_IMAGE)
    left = width - max(1, width // _SIDES_PER_IMAGE)
    marked_images[:, top:, left:] = 255
    return marked_images


def mark_task(
    task: Task, share: float | Sequence[float] = 0.5, seed: int = 0, test_share: float | Sequence[float] = 0.5
) -> Task:
    """Returns a task in which some images have a mark, as a shortcut would: `groups` says which do.

    Args:
        task: A `Task` of images in memory.
        share: Part of the training and validation images of a class that have it, 0 to 1, rounded to whole images:
            one number, or one per class.
        seed: Which images.
        test_share: Part of the test images of every class that have it. Default 0.5: accuracy with and without the
            mark is measured on equally many images.

    Returns:
        A `Task` whose splits have the groups `"marked"` and `"plain"`.

    Raises:
        ValueError: For a share outside 0 to 1, or another number of them than of classes.

    Example:
    >>> task = ft.mark_task(ft.load_task("digits", labels_per_class=10), share=0.2)
    >>> sorted(set(task.test.groups.tolist()))
    ['marked', 'plain']
    """
    shares = {"train": share, "validation": share, "test": test_share}
    marked_splits = {}
    for part_index, (part, split) in enumerate(task.splits.items()):
        class_shares = _require_shares(shares[part], task.num_classes)
        order = np.random.default_rng([seed, part_index]).permutation(len(split))
        marked_splits[part] = _mark_split(split, class_shares, order)
    return dataclasses.replace(task, **marked_splits)


def _require_shares(share: float | Sequence[float], num_classes: int) -> np.ndarray:
    """Returns a share for each class, `(num_classes,)`."""
    shares = np.asarray(share, "float64")
    is_one_or_all = shares.shape in ((), (num_classes,))
    if not is_one_or_all or not ((shares >= 0) & (shares <= 1)).all():
        raise ValueError(
            f"A share is a number from 0 to 1, or one for each of {num_classes} classes. Received: {shares}."
        )
    return np.broadcast_to(shares, num_classes)


def _mark_split(split: Split, class_shares: np.ndarray, order: np.ndarray) -> Split:
    """Returns a split in which the first images of each class, in a random order, have a mark."""
    is_marked = np.zeros(len(split), bool)
    for label, class_share in enumerate(class_shares):
        class_indices = order[split.labels[order] == label]
        is_marked[class_indices[: round(class_share * len(class_indices))]] = True
    images = np.array(split.images[np.arange(len(split))])
    images[is_marked] = mark(images[is_marked])
    return dataclasses.replace(split, images=images, groups=np.where(is_marked, "marked", "plain"))
