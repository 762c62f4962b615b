"""Checks of the exercises of lesson 12."""

import math

import numpy as np

from ftlib.course.answers import Mistake, as_number, call, describe, near, number, recognize


def _check_bits(answer):
    for loss, size in ((2.0, 3.0), (4.1, 2.6)):
        value = as_number(call(answer, loss, size))
        wanted = loss / math.log(2) / size
        if near(value, wanted):
            continue
        mistakes = [
            (loss / math.log(2), Mistake("per_token", value=value)),
            (loss / size, Mistake("still_nats", value=value)),
            (loss * math.log(2) / size, Mistake("wrong_way")),
            (loss / math.log(2) * size, Mistake("times_bytes")),
            (math.exp(loss) / size, Mistake("perplexity")),
            (math.log2(loss) / size, Mistake("logarithm_of_loss")),
        ]
        return recognize(value, mistakes) or Mistake("other", loss=loss, size=size, wanted=wanted, value=value)
    return None


def _check_lora(answer):
    rng = np.random.default_rng(0)
    x, kernel = rng.normal(size=(5, 12)), rng.normal(size=(12, 9))
    first, second = rng.normal(size=(12, 2)), rng.normal(size=(2, 9))
    returned = call(answer, x.copy(), kernel.copy(), first.copy(), second.copy())
    if not isinstance(returned, (tuple, list)) or len(returned) != 2:
        return Mistake("expected_pair", kind=describe(returned))
    outputs = np.asarray(returned[0])
    if outputs.shape != (5, 9) or outputs.dtype.kind != "f":
        return Mistake("expected_outputs", kind=describe(returned[0]))
    addition = x @ first @ second
    if np.allclose(outputs, x @ kernel):
        return Mistake("addition_missing")
    if np.allclose(outputs, addition):
        return Mistake("kernel_missing")
    if not np.allclose(outputs, x @ kernel + addition):
        return Mistake("other_outputs")
    count = number(returned[1])
    if count is None:
        return Mistake("expected_count", kind=describe(returned[1]))
    mistakes: list[tuple[float, Mistake]] = [
        (kernel.size, Mistake("kernel_counted", value=count)),
        (kernel.size + first.size + second.size, Mistake("kernel_counted", value=count)),
        (first.size, Mistake("one_matrix", value=count)),
        (second.size, Mistake("one_matrix", value=count)),
    ]
    if near(count, first.size + second.size):
        return None
    return recognize(count, mistakes) or Mistake("other_count", wanted=first.size + second.size, value=count)


def _check_temperature(answer):
    logits = np.array([2.0, 1.0, -1.0, 0.5])
    for temperature in (1.0, 0.5, 2.0):
        returned = np.asarray(call(answer, logits.copy(), temperature))
        if returned.shape != logits.shape or returned.dtype.kind != "f":
            return Mistake("expected_probabilities", kind=describe(returned))
        wanted = _softmax(logits / temperature)
        if np.allclose(returned, wanted, atol=1e-6):
            continue
        if np.allclose(returned, _softmax(logits * temperature), atol=1e-6):
            return Mistake("times_temperature")
        if np.allclose(returned, _softmax(logits), atol=1e-6):
            return Mistake("temperature_ignored")
        if np.allclose(returned, _softmax(logits) / temperature, atol=1e-6):
            return Mistake("divided_after")
        if not np.isclose(returned.sum(), 1):
            return Mistake("no_sum", value=float(returned.sum()))
        return Mistake("other")

    with np.errstate(over="ignore", invalid="ignore"):
        large = np.asarray(call(answer, np.array([4000.0, 3999.0]), 0.5))
    if not np.allclose(large, _softmax(np.array([2.0, 0.0]))):
        return Mistake("overflow")
    return None


def _softmax(logits):
    shares = np.exp(logits - logits.max())
    return shares / shares.sum()


CHECKS = {"12.1": _check_bits, "12.2": _check_lora, "12.3": _check_temperature}
