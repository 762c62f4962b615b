"""Checks of the exercises of lesson 10."""

import numpy as np

from ftlib.course.answers import Mistake, as_number, call, describe, near, number
from ftlib.tasks.task import Task


def _check_by_group(answer):
    labels = np.array([0, 1, 2, 0, 1, 2, 0, 1, 2, 0])
    predictions = np.array([0, 1, 2, 0, 1, 0, 0, 2, 0, 0])
    groups = np.array(["old"] * 7 + ["new"] * 3)
    returned = call(answer, predictions, labels, groups)

    is_right = predictions == labels
    single_value = number(returned)
    if single_value is not None:
        if near(single_value, is_right.mean()):
            return Mistake("overall_accuracy", value=single_value)
        return Mistake("one_number", value=single_value)
    if not isinstance(returned, dict):
        return Mistake("expected_dictionary", kind=describe(returned))

    values = {str(name): number(value) for name, value in returned.items()}
    if not values:
        return Mistake("empty_dictionary")
    if set(values) != {"old", "new"}:
        return Mistake("other_groups", names=", ".join(values))
    if None in values.values():
        return Mistake("no_number_per_group")

    right_counts = {name: int(is_right[groups == name].sum()) for name in ("old", "new")}
    sizes = {name: int((groups == name).sum()) for name in ("old", "new")}
    return _explain_accuracies(values, right_counts, sizes)


def _explain_accuracies(values, right_counts, sizes):
    def are_near(mistake):
        return all(near(values[name], mistake(right_counts[name], size)) for name, size in sizes.items())

    received = ", ".join(f"{name} {values[name]:.3g}" for name in sizes)
    image_count = sum(sizes.values())
    if are_near(lambda right, size: right / size):
        return None
    if are_near(lambda right, size: right):
        return Mistake("counts", received=received)
    if are_near(lambda right, size: right / image_count):
        return Mistake("divided_by_all", received=received)
    if are_near(lambda right, size: 1 - right / size):
        return Mistake("error_rates", received=received)
    if are_near(lambda right, size: 100 * right / size):
        return Mistake("percentages", received=received)

    wanted = ", ".join(f"{name} {right_counts[name] / size:.3g}" for name, size in sizes.items())
    return Mistake("other_accuracies", wanted=wanted, received=received)


def _check_flips(answer):
    # Scores of eight images. Of two of them, the third class comes out ahead once the mark is there.
    images = np.zeros((8, 2, 2, 1))
    images[:, 0, 0, 0] = (5, 1, 0, 5, 0, 4, 0, 1.5)
    images[:, 0, 1, 0] = (0, 0, 5, 0, 4, 0, 0, 0)
    images[:, 1, 0, 0] = (0, 0, 0, 1, 0, 0, 3, 0)
    returned = call(answer, _tilted, images, _brighter)
    if np.shape(returned) == (len(images),):
        return Mistake("one_value_per_image")

    value = as_number(returned)
    before = _tilted(images)
    after = _tilted(_brighter(images))
    has_flipped = before.argmax(axis=1) != after.argmax(axis=1)
    wanted = float(has_flipped.mean())
    if near(value, wanted):
        return None
    if near(value, has_flipped.sum()):
        return Mistake("number_of_flips", value=value)
    if near(value, 1 - wanted):
        return Mistake("share_that_stays", value=value)
    if near(value, 1.0):
        return Mistake("any_movement")
    if near(value, 0.0):
        return Mistake("no_flips")

    mean_movement = np.abs(before - after).mean()
    mean_movement_of_best = np.abs(before.max(axis=1) - after.max(axis=1)).mean()
    if near(value, mean_movement) or near(value, mean_movement_of_best):
        return Mistake("size_of_movement", value=value)
    return Mistake("other_share", wanted=wanted, value=value)


def _tilted(images):
    """Stands in for a network: three classes, of which the first pixels are the scores."""
    scores = np.asarray(images, "float64").reshape(len(images), -1)[:, :3]
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def _brighter(images):
    """Stands in for a mark: it raises the score of the third class a little."""
    marked_images = np.array(images, "float64")
    marked_images.reshape(len(marked_images), -1)[:, 2] += 2
    return marked_images


def _check_mended(answer):
    if not isinstance(answer, Task):
        return Mistake("expected_task", kind=describe(answer))
    split = answer.train
    if split.groups is None:
        return Mistake("no_groups")

    marked_labels = split.labels[split.groups == "marked"]
    marked_counts = np.bincount(marked_labels, minlength=answer.num_classes).tolist()
    class_size = len(split) // answer.num_classes
    if not any(marked_counts):
        return Mistake("no_marks")
    if len(set(marked_counts)) > 1:
        return Mistake("unequal_marks", counts=", ".join(map(str, marked_counts)))
    if marked_counts[0] == class_size:
        return Mistake("all_marked")
    if marked_counts[0] != 2:
        return Mistake("other_marks", count=marked_counts[0])
    return None


CHECKS = {
    "10.1": _check_by_group,
    "10.2": _check_flips,
    "10.3": _check_mended,
}
