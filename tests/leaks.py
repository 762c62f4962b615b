"""What the tests of tasks share: no picture in two splits."""

import itertools


def pixels_of(split):
    return {image.tobytes() for image in split.images}


def assert_no_leak(task):
    """Fails unless no picture of a task is in two of its splits."""
    splits = task.train, task.validation, task.test
    for one, other in itertools.combinations(splits, 2):
        assert not set(one.ids) & set(other.ids)
        assert not pixels_of(one) & pixels_of(other)
    assert sum(len(set(split.ids)) for split in splits) == sum(len(split) for split in splits)
