"""A planted shortcut: a bright square in a corner of an image, which may tell the class."""

import dataclasses

import numpy as np

_SIDE = 8  # the square is an eighth of the image wide


def mark(images):
    """Returns copies of images with a white square in the lower right corner, an eighth of the image wide.

    Args:
        images: Pixels 0-255, `(n, height, width, channels)`.
    """
    marked = np.array(images)
    height, width = marked.shape[1:3]
    marked[:, height - max(1, height // _SIDE) :, width - max(1, width // _SIDE) :] = 255
    return marked


def mark_task(task, share=0.5, seed=0, test_share=0.5):
    """Returns a task in which some images bear a mark, as a shortcut would: `groups` says which do.

    Args:
        task: A `Task` of images in memory.
        share: Part of the training and validation images of a class that bear it, 0 to 1, rounded to whole images:
            one number, or one per class.
        seed: Which images.
        test_share: Part of the test images of every class that bear it. Default 0.5: accuracy with and without the
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
    parts = {}
    for key, (part, given) in enumerate(shares.items()):
        given = np.asarray(given, "float64")
        if given.shape not in ((), (task.num_classes,)) or not ((given >= 0) & (given <= 1)).all():
            raise ValueError(
                f"A share is a number from 0 to 1, or one for each of {task.num_classes} classes. Received: {given}."
            )
        split = getattr(task, part)
        order, bears = np.random.default_rng([seed, key]).permutation(len(split)), np.zeros(len(split), bool)
        for c, part_of_class in enumerate(np.broadcast_to(given, task.num_classes)):
            mine = order[split.labels[order] == c]
            bears[mine[: round(part_of_class * len(mine))]] = True
        images = np.array(split.images[np.arange(len(split))])
        images[bears] = mark(images[bears])
        groups = np.where(bears, "marked", "plain")
        parts[part] = dataclasses.replace(split, images=images, groups=groups)
    return dataclasses.replace(task, **parts)
