"""Checks of the exercises of lesson 01b."""

import numpy as np

from ftlib.course.answers import Blank, Mistake, call, is_blank, near, no_number, number, recognize
from ftlib.tasks.registry import load_task

_GOAL = 0.85  # mean accuracy after twenty updates


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
    "01b.1": _check_deviation,
    "01b.2": _check_hurry,
}
