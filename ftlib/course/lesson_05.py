"""Checks of the exercises of lesson 05."""

import keras
import numpy as np

from ftlib.course.answers import Mistake, as_number, describe, near
from ftlib.course.tracks import track
from ftlib.models.freezing import FreezeReport

_GOAL = {"glyph": 0.97, "photo": 0.5}  # between what pixels and what features give


def _check_count(answer):
    value = as_number(answer)
    kernel_size = 1280 * 5
    if value == kernel_size + 5:
        return None
    if value == kernel_size:
        return Mistake("bias_missing")
    if value == kernel_size + 1280:
        return Mistake("too_many_biases")
    if near(value, 1280 + 5):
        return Mistake("added")
    return Mistake("other_count")


def _check_three_classes(answer):
    if isinstance(answer, FreezeReport):
        return Mistake("report_for_model", kind=describe(answer))
    if not isinstance(answer, keras.Model):
        return Mistake("expected_model", kind=describe(answer))
    if not answer.built:
        return Mistake("no_input")
    if not isinstance(answer.output_shape, tuple) or answer.output_shape[1:] != (3,):
        return Mistake("other_output_shape", shape=answer.output_shape)

    gray_image = np.full((1, *answer.input_shape[1:]), 128.0, "float32")
    probabilities = np.asarray(answer(gray_image))
    if not np.allclose(probabilities.sum(), 1, atol=1e-3) or probabilities.min() < 0:
        return Mistake("no_probabilities")
    return _check_trained_weights(answer)


def _check_trained_weights(model):
    if not model.trainable_weights:
        return Mistake("head_frozen")

    body_weights = [weight for weight in model.trainable_weights if not _is_of_head(weight)]
    if body_weights:
        size = sum(int(np.prod(weight.shape)) for weight in body_weights)
        return Mistake("backbone_open", size=size, path=body_weights[0].path)
    if model.count_params() < 10_000:
        return Mistake("no_backbone")
    return None


def _is_of_head(weight):
    return weight.shape[-1] == 3 and len(weight.shape) <= 2


def _check_classes(answer):
    current_track = track()
    task = current_track.task(labels_per_class=10, seed=0)
    labels = task.validation.labels
    classes = task.num_classes
    indices = np.asarray(answer)
    if indices.shape == (len(labels), classes):
        return Mistake("scores_per_class", classes=classes)
    if indices.shape == (len(task.train),):
        return Mistake("training_answers", count=len(task.train))
    if indices.shape != (len(labels),):
        return Mistake("expected_classes", count=len(labels), kind=describe(answer))
    if indices.dtype.kind not in "iuf" or (indices != np.round(indices)).any():
        return Mistake("no_indices", last=classes - 1, first=indices[0].item())

    goal = _GOAL[current_track.name]
    accuracy = np.mean(indices == labels)
    if accuracy >= goal:
        return None
    if accuracy < 2 / classes:
        return Mistake("like_guessing", percent=100 * accuracy)
    return Mistake("below_goal", percent=100 * accuracy, goal=100 * goal)


CHECKS = {
    "05.1": _check_count,
    "05.2": _check_three_classes,
    "05.3": _check_classes,
}
