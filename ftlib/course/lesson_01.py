"""Checks of the exercises of lesson 01."""

import numpy as np

from ftlib.course.answers import Blank, Mistake, call, is_blank, near, no_number, number, recognize
from ftlib.tasks.registry import load_task

_GOAL = 0.85  # mean accuracy after twenty updates


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


def _check_deviation(answer):
    value = number(answer)
    if value is None:
        return no_number(answer)

    inputs = 3 * 3 * 64
    outputs = 3 * 3 * 96
    right_value = np.sqrt(2 / inputs)
    if near(value, right_value, 5e-3):
        return None

    mistakes = [
        (inputs, Mistake("input_count")),
        (2 / inputs, Mistake("variance")),
        (np.sqrt(2 / 64), Mistake("channels_only")),
        (np.sqrt(2 / 9), Mistake("pixels_only")),
        (np.sqrt(2 / (3 * 64)), Mistake("window_of_three")),
        (np.sqrt(2 / outputs), Mistake("counts_outputs")),
        (np.sqrt(2 / 96), Mistake("counts_units")),
        (np.sqrt(2 / (inputs + outputs)), Mistake("xavier")),
        (np.sqrt(1 / inputs), Mistake("factor_missing")),
    ]
    known_mistake = recognize(value, mistakes, 5e-3)
    if known_mistake:
        return known_mistake
    if value > right_value:
        return Mistake("too_large", value=value)
    return Mistake("too_small", value=value)


def _check_hurry(answer):
    if not isinstance(answer, (tuple, list)) or len(answer) != 2:
        return Mistake("expected_pair")
    rule, rate = answer
    if is_blank(rule) or is_blank(rate):
        raise Blank
    if not callable(rule):
        return Mistake("expected_rule", rule=rule)

    rate_value = number(rate)
    if rate_value is None:
        return no_number(rate)
    if rate_value <= 0:
        return Mistake("rate_not_positive", value=rate_value)

    accuracy, losses = _train_briefly(rule, rate_value)
    if accuracy >= _GOAL:
        return None
    percent = 100 * accuracy
    first_loss = losses[0]
    last_loss = losses[-1]
    highest_loss = max(losses)
    if not np.isfinite(losses).all() or highest_loss > 1.1 * first_loss:
        return Mistake("loss_jumped", percent=percent, first=first_loss, highest=highest_loss)
    if last_loss > 0.7 * first_loss:
        return Mistake("loss_hardly_fell", percent=percent, first=first_loss, last=last_loss)
    return Mistake("not_there_yet", percent=percent, first=first_loss, last=last_loss)


def _train_briefly(rule, rate, updates=20, seeds=5):
    """Trains a small network with a learner's rule.

    Returns:
        Mean validation accuracy over the seeds, and mean training loss before each update and after the last.
    """
    task = load_task("digits", labels_per_class=10, seed=0)
    pixels = np.asarray(task.train.images).reshape(-1, 64) / 255
    validation_pixels = np.asarray(task.validation.images).reshape(-1, 64) / 255

    accuracies = []
    losses = []
    with np.errstate(all="ignore"):
        for seed in range(seeds):
            draws = np.random.default_rng(seed)
            first_kernel = draws.normal(0, np.sqrt(2 / 64), (64, 32))
            second_kernel = draws.normal(0, np.sqrt(2 / 32), (32, 10))
            weights = [first_kernel, np.zeros(32), second_kernel, np.zeros(10)]
            memories = [{} for _ in weights]

            for _ in range(updates):
                loss, slopes = _differentiate(weights, pixels, task.train.labels)
                losses.append(loss)
                steps = [call(rule, slope, memory, rate) for slope, memory in zip(slopes, memories, strict=True)]
                weights = [weight + step for weight, step in zip(weights, steps, strict=True)]
            losses.append(_differentiate(weights, pixels, task.train.labels)[0])

            _, scores = _predict(weights, validation_pixels)
            accuracies.append(np.mean(scores.argmax(axis=1) == task.validation.labels))

    mean_losses = np.reshape(losses, (seeds, updates + 1)).mean(axis=0)
    return float(np.mean(accuracies)), mean_losses.tolist()


def _predict(weights, pixels):
    """Returns the hidden values and the scores of a network with one hidden layer."""
    first_kernel, first_bias, second_kernel, second_bias = weights
    hidden = np.maximum(pixels @ first_kernel + first_bias, 0)
    return hidden, hidden @ second_kernel + second_bias


def _differentiate(weights, pixels, labels):
    """Returns the loss of the network, and its slope for each of the weights."""
    hidden, scores = _predict(weights, pixels)
    probabilities = np.exp(scores - scores.max(axis=1, keepdims=True))
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    rows = np.arange(len(labels))
    loss = -np.log(np.clip(probabilities[rows, labels], 1e-12, 1)).mean()

    score_slopes = probabilities
    score_slopes[rows, labels] -= 1
    score_slopes /= len(labels)
    hidden_slopes = (score_slopes @ weights[2].T) * (hidden > 0)
    slopes = [
        pixels.T @ hidden_slopes,
        hidden_slopes.sum(axis=0),
        hidden.T @ score_slopes,
        score_slopes.sum(axis=0),
    ]
    return loss, slopes


CHECKS = {
    "01.1": _check_cross_entropy,
    "01.2": _check_step,
    "01.3": _check_deviation,
    "01.4": _check_hurry,
}
