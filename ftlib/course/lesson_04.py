"""Checks of the exercises of lesson 04."""

import keras

from ftlib.course.answers import Mistake, as_number, call, describe, number

# Made up, so that an answer cannot be a name from the lesson.
_SHELF = {
    "old": {"top1": 71.3, "work": 15.3},
    "tiny": {"top1": 71.9, "work": 0.3},
    "middle": {"top1": 77.0, "work": 0.5},
    "large": {"top1": 81.0, "work": 4.5},
    "slow": {"top1": 79.0, "work": 6.0},
}


def _check_three_by_three(answer):
    value = number(answer)
    if value is not None:
        return Mistake("number_alone", value=value)
    if not isinstance(answer, keras.Model):
        return Mistake("expected_model", kind=describe(answer))

    output_shape = answer.output_shape
    if not isinstance(output_shape, tuple) or len(output_shape) != 4:
        return Mistake("no_feature_maps", shape=output_shape)

    image_side = answer.input_shape[1]
    _, height, width, channels = output_shape
    if channels != 1280:
        return Mistake("other_network", channels=channels)
    if (height, width) == (7, 7):
        return Mistake("default_size", side=image_side)
    if (height, width) != (3, 3):
        return Mistake("other_size", side=image_side, height=height, width=width)
    return None


def _check_separable(answer):
    value = as_number(answer)
    depthwise = 3 * 3 * 128
    pointwise = 128 * 128
    right_count = depthwise + pointwise
    mistakes: dict[float, Mistake | None] = {
        right_count: None,
        depthwise * 128: Mistake("ordinary_convolution"),
        depthwise: Mistake("first_half"),
        pointwise: Mistake("second_half"),
        3 * 3 + pointwise: Mistake("one_shared_filter"),
        right_count + 128: Mistake("biases_counted"),
        right_count + 256: Mistake("biases_counted"),
    }
    return mistakes.get(value, Mistake("other_count"))


def _check_choose(answer):
    for most, wanted in ((1.0, "middle"), (4.5, "large"), (0.3, "tiny"), (100.0, "large")):
        chosen = call(answer, {name: dict(row) for name, row in _SHELF.items()}, most)
        if not isinstance(chosen, str):
            return Mistake("expected_name", most=most, kind=describe(chosen))
        if chosen != wanted:
            return _explain_choice(chosen, most, wanted)
    return None


def _explain_choice(chosen, most, wanted):
    if chosen not in _SHELF:
        return Mistake("unknown_network", most=most, chosen=chosen, known=", ".join(_SHELF))

    chosen_row = _SHELF[chosen]
    best_row = _SHELF[wanted]
    if chosen_row["work"] > most:
        return Mistake("too_slow", most=most, chosen=chosen, work=chosen_row["work"])
    if best_row["work"] == most:
        return Mistake("limit_is_allowed", most=most, chosen=chosen, wanted=wanted)
    return Mistake(
        "better_fits",
        most=most,
        chosen=chosen,
        accuracy=chosen_row["top1"],
        wanted=wanted,
        best_accuracy=best_row["top1"],
    )


CHECKS = {
    "04.1": _check_three_by_three,
    "04.2": _check_separable,
    "04.3": _check_choose,
}
