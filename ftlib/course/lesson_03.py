"""Checks of the exercises of lesson 03."""

import keras
import numpy as np

from ftlib.course.answers import Mistake, call, describe, number
from ftlib.models.backbones import classifier
from ftlib.models.initialization import reinitialize

# Patches of three by three pixels with an edge between above and below.
_LOWER_BRIGHT = [np.array([[0, 0, 0], [0, 0, 0], [1, 1, 1.0]]), np.array([[0, 0, 0], [1, 1, 1], [1, 1, 1.0]])]


def _check_edge_filter(answer):
    weights = np.asarray(answer, "float64")
    if weights.shape != (3, 3):
        return Mistake("expected_rows", kind=describe(answer))
    if not np.isfinite(weights).all():
        return Mistake("not_finite")
    largest_weight = np.abs(weights).max()
    if largest_weight == 0:
        return Mistake("all_zero")

    relative_weights = weights / largest_weight
    if abs(relative_weights.sum()) > 1e-6:
        return Mistake("answers_to_even", value=weights.sum())

    lower_responses = [(relative_weights * patch).sum() for patch in _LOWER_BRIGHT]
    right_responses = [(relative_weights * patch.T).sum() for patch in _LOWER_BRIGHT]
    is_blind = max(map(abs, lower_responses)) < 1e-6
    sees_left_and_right = max(map(abs, right_responses)) > 1e-6
    if is_blind and sees_left_and_right:
        return Mistake("quarter_turn")
    if sees_left_and_right:
        return Mistake("sees_both_edges")
    if is_blind:
        return Mistake("blind_to_edge")
    if max(lower_responses) < 1e-6:
        return Mistake("upside_down")
    if min(lower_responses) < 1e-6:
        return Mistake("thin_lines")
    return None


def _check_headless(answer):
    model = _build_classifier()
    images = np.random.default_rng(0).uniform(0, 1, (5, 8, 8, 1)).astype("float32")
    headless = call(answer, model)
    if isinstance(headless, keras.KerasTensor):
        return Mistake("output_of_layer")
    if not isinstance(headless, keras.Model):
        return Mistake("expected_model", kind=describe(headless))

    feature_maps = np.asarray(model.get_layer("backbone")(images))
    features = np.asarray(headless(images))
    if features.shape == (5, 6):
        return Mistake("still_classes")
    if features.shape == feature_maps.shape:
        return Mistake("feature_maps", height=feature_maps.shape[1], width=feature_maps.shape[2])
    if features.shape == (5, feature_maps[0].size):
        return Mistake("flattened_maps")
    if features.shape != (5, 4):
        return Mistake("other_shape", shape=features.shape)
    if np.allclose(features, feature_maps.max(axis=(1, 2)), atol=1e-5):
        return Mistake("largest_value")
    if not np.allclose(features, feature_maps.mean(axis=(1, 2)), atol=1e-5):
        return Mistake("other_weights")
    return None


def _build_classifier():
    """Returns a tiny classifier with four features, six classes and random weights."""
    image = keras.Input((8, 8, 1))
    backbone = keras.Model(image, keras.layers.Conv2D(4, 3, strides=2, activation="relu")(image))
    return reinitialize(classifier(backbone, 6), "he_normal", seed=0)


def _check_pays_from(answer):
    # Cost of pre-training, of a run from scratch, of what each user still pays, the smallest number of users.
    for pretraining, alone, on_top, wanted in (
        (900, 60, 20, 23),
        (100, 30, 5, 5),
        (10, 60, 5, 1),
        (1e6, 3, 1, 500_001),
    ):
        returned = call(answer, pretraining, alone, on_top)
        users = number(returned)
        if users is None:
            return Mistake("expected_users", kind=describe(returned))
        if users != wanted:
            return _explain_users(users, pretraining, alone, on_top, wanted)
    return None


def _explain_users(users, pretraining, alone, on_top, wanted):
    asked = f"pays_from({pretraining:g}, {alone}, {on_top})"
    equal_cost = pretraining / (alone - on_top)
    if users != round(users):
        return Mistake("parts_of_users", call=asked, value=users)
    if users == equal_cost:
        return Mistake("equal_cost", call=asked, value=users)
    if users == int(equal_cost):
        return Mistake("still_dearer", call=asked, value=users)
    if abs(users - pretraining / alone) <= 1:
        return Mistake("head_forgotten", call=asked, value=users, on_top=on_top)
    return Mistake("other_count", call=asked, wanted=wanted, value=users)


CHECKS = {
    "03.1": _check_edge_filter,
    "03.2": _check_headless,
    "03.3": _check_pays_from,
}
