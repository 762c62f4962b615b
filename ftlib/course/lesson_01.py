"""Checks of the exercises of lesson 01."""

import numpy as np

from ftlib.course.answers import Blank, Mistake, call, is_blank, near, no_number, number, recognize


def _check_cross_entropy(answer):
    if not callable(answer):
        return Mistake("function_itself", kind=type(answer).__name__)

    labels = np.array([2, 0, 1, 3, 3])
    draws = np.random.default_rng(1).uniform(0.1, 1, (5, 4))
    probabilities = draws / draws.sum(axis=1, keepdims=True)
    image_losses = -np.log(probabilities[np.arange(5), labels])

    with np.errstate(all="ignore"):
        returned = call(answer, probabilities, labels)
    value = number(returned)
    if value is None:
        return _explain_no_loss(returned)
    if not near(value, image_losses.mean()):
        return _explain_loss(value, image_losses, probabilities)
    return _check_zero_probability(answer)


def _explain_no_loss(returned):
    if np.shape(returned) == (5,):
        return Mistake("one_loss_per_image")
    if isinstance(returned, (float, np.floating)):
        return Mistake("not_a_number", returned=returned)
    return no_number(returned)


def _explain_loss(value, image_losses, probabilities):
    mean_loss = image_losses.mean()
    if near(value, -mean_loss):
        return Mistake("wrong_sign", value=value)

    classes = probabilities.shape[1]
    mistakes = [
        (image_losses.sum(), Mistake("sum_of_losses", count=len(image_losses))),
        (mean_loss / classes, Mistake("mean_over_classes", classes=classes)),
        (mean_loss / np.log(10), Mistake("other_base", base=10)),
        (mean_loss / np.log(2), Mistake("other_base", base=2)),
        (np.abs(np.log(probabilities).mean()), Mistake("all_probabilities")),
        (-np.log(np.exp(-image_losses).mean()), Mistake("mean_before_logarithm")),
    ]
    known_mistake = recognize(abs(value), mistakes)
    if known_mistake:
        return known_mistake
    return Mistake("other_loss", wanted=mean_loss, value=value)


def _check_zero_probability(answer):
    certain = np.array([[1.0, 0.0], [1.0, 0.0]])
    with np.errstate(all="ignore"):
        value = number(call(answer, certain, np.array([0, 1])))

    if value is None:
        return Mistake("infinite_loss")
    if not near(value, -np.log(1e-12) / 2, 0.02):
        return Mistake("zero_probability", value=value)
    return None


def _check_step(answer):
    if not callable(answer):
        return Mistake("function_itself", kind=type(answer).__name__)

    draws = np.random.default_rng(2)
    weights = {"w1": draws.normal(size=(3, 2)), "b1": draws.normal(size=2), "w2": draws.normal(size=(2, 4))}
    slopes = {name: draws.normal(size=array.shape) for name, array in weights.items()}
    given_weights = _copy(weights)
    new_weights = call(answer, given_weights, _copy(slopes), 0.1)

    wanted_names = ", ".join(weights)
    if not isinstance(new_weights, dict):
        return Mistake("expected_dictionary", wanted=wanted_names, kind=type(new_weights).__name__)
    if not new_weights:
        return Mistake("empty_dictionary", wanted=wanted_names)
    if set(new_weights) != set(weights):
        return Mistake("other_names", wanted=wanted_names, names=", ".join(map(str, new_weights)))
    if any(is_blank(array) for array in new_weights.values()):
        raise Blank

    changed_names = [name for name in weights if not np.array_equal(given_weights[name], weights[name])]
    if changed_names:
        return Mistake("weights_changed", names=", ".join(changed_names))
    return _explain_step(new_weights, weights, slopes)


def _explain_step(new_weights, weights, slopes):
    def list_moved(rule):
        """Returns the names of the weights that moved by a rule."""
        wanted = {name: rule(array, slopes[name]) for name, array in weights.items()}
        return [name for name in weights if _is_close(new_weights[name], wanted[name])]

    rightly_moved = list_moved(lambda w, g: w - 0.1 * g)
    if len(rightly_moved) == len(weights):
        return None

    mistakes = [
        (lambda w, g: w + 0.1 * g, Mistake("uphill")),
        (lambda w, g: w - g, Mistake("rate_missing")),
        (lambda w, g: -0.1 * g, Mistake("step_alone")),
        (lambda w, g: w - w * g * 0.1, Mistake("times_weights")),
    ]
    for mistaken_rule, mistake in mistakes:
        if len(list_moved(mistaken_rule)) == len(weights):
            return mistake

    if rightly_moved:
        return Mistake("some_moved", names=", ".join(rightly_moved))
    return Mistake("other_weights")


def _copy(arrays):
    return {name: array.copy() for name, array in arrays.items()}


def _is_close(array, wanted):
    return np.shape(array) == wanted.shape and np.allclose(array, wanted)


CHECKS = {
    "01.1": _check_cross_entropy,
    "01.2": _check_step,
}
