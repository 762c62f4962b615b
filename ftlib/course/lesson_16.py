"""Checks of the exercises of lesson 16."""

import math

import numpy as np

from ftlib.course.answers import Mistake, as_number, call, describe, near


def _check_small_card(answer):
    from ftlib.training.devices import Hardware  # loads Keras, which the other exercises do without

    if not isinstance(answer, Hardware):
        return Mistake("expected_hardware", kind=describe(answer))

    parts = answer.accumulate
    if parts == 1:
        return Mistake("one_part")
    if parts == 64:
        return Mistake("pictures_for_parts")
    if parts != 4:
        return Mistake("other_parts", parts=parts, size=256 / parts)
    if answer.precision in (None, "float32"):
        return Mistake("float32")
    if answer.precision == "mixed_bfloat16":
        return Mistake("bfloat16")
    if answer.devices != 1 or answer.jit != "auto":
        return Mistake("other_settings")
    return None


def _check_guard(answer):
    scaled = [np.array([6e-8, -0.5], "float16"), np.array([[2.0]], "float16")]
    returned = call(answer, [gradient.copy() for gradient in scaled], 1024.0)
    if not _is_pair(returned):
        return Mistake("expected_pair", kind=describe(returned))
    gradients, next_scale = returned
    if gradients is None:
        return Mistake("skipped_update")

    mistake = _check_gradients(gradients, scaled)
    if mistake is not None:
        return mistake
    if not near(as_number(next_scale), 1024):
        return Mistake("scale_changed", value=as_number(next_scale))
    return _check_overflow(answer)


def _check_gradients(returned, scaled):
    try:
        gradients = [np.asarray(gradient) for gradient in returned]
    except Exception:  # no list, or tensors without a value
        return Mistake("expected_gradients", kind=describe(returned))
    if [gradient.shape for gradient in gradients] != [gradient.shape for gradient in scaled]:
        return Mistake("expected_gradients", kind=describe(gradients))

    vector, matrix = gradients
    if vector.dtype == np.float16 or vector[0] == 0:
        return Mistake("gradient_lost")
    for gradient, scaled_gradient in zip(gradients, scaled, strict=True):
        if not np.allclose(gradient, scaled_gradient.astype("float32") / 1024, rtol=1e-4, atol=0):
            return Mistake("scale_left", scaled=float(scaled[1].item(0)), value=float(matrix.item(0)))
    return None


def _check_overflow(answer):
    for overflow in (np.inf, np.nan):
        returned = call(answer, [np.array([1.0], "float16"), np.array([0.5, overflow], "float16")], 1024.0)
        if not _is_pair(returned) or returned[0] is not None:
            return Mistake("overflow_missed", overflow=overflow)
        next_scale = as_number(returned[1])
        if not near(next_scale, 512):
            return Mistake("scale_not_halved", value=next_scale)
    return None


def _is_pair(returned):
    return isinstance(returned, tuple) and len(returned) == 2


def _check_new_rate(answer):
    for kind, rate, old, new in (("sgd", 0.1, 256, 8192), ("sgd", 0.02, 64, 16), ("adam", 3e-4, 32, 512)):
        value = as_number(call(answer, rate, old, new, kind))
        mistake = _explain_rate(value, kind, rate, old, new)
        if mistake is not None:
            return mistake
    return None


def _explain_rate(value, kind, rate, old, new):
    linear_rate = rate * new / old
    root_rate = rate * math.sqrt(new / old)
    wanted = linear_rate if kind == "sgd" else root_rate
    if near(value, wanted):
        return None
    if near(value, rate):
        return Mistake("same_rate", kind=kind, rate=rate, old=old, new=new)
    if near(value * wanted, rate * rate):
        return Mistake("reversed_ratio", kind=kind, rate=rate, old=old, new=new, value=value)
    if near(value, linear_rate) or near(value, root_rate):
        return Mistake("other_rule", kind=kind, rate=rate, old=old, new=new, value=value, wanted=wanted)
    return Mistake("other_rate", kind=kind, rate=rate, old=old, new=new, value=value, wanted=wanted)


CHECKS = {
    "16.1": _check_small_card,
    "16.2": _check_guard,
    "16.3": _check_new_rate,
}
