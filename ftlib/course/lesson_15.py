"""Checks of the exercises of lesson 15."""

import numpy as np

from ftlib.course.answers import Mistake, as_number, call, describe


def _velocity(image, time):
    return np.cos(3 * image) + 2 * time


def _euler(noise, steps, at_time=lambda step, steps: step / steps, length=None, moves=True):
    """Returns where Euler steps lead; the options are those of mistakes."""
    image = noise
    for step in range(steps):
        velocity = _velocity(image if moves else noise, at_time(step, steps))
        image = image + velocity * (1 / steps if length is None else length)
    return image


def _check_steps(answer):
    rng = np.random.default_rng(0)
    for steps in (4, 7):
        noise = rng.normal(size=(2, 3))
        returned = np.asarray(call(answer, _velocity, noise.copy(), steps))
        if returned.shape != noise.shape or returned.dtype.kind != "f":
            return Mistake("expected_image", kind=describe(returned))
        mistake = _compare_steps(returned, noise, steps)
        if mistake is not None:
            return mistake
    return None


def _compare_steps(returned, noise, steps):
    """Returns the mistake in one way from noise to an image, if there is one."""
    if np.allclose(returned, _euler(noise, steps)):
        return None
    if np.allclose(returned, noise):
        return Mistake("not_moved")
    if np.allclose(returned, _euler(noise, 1)):
        return Mistake("one_step", steps=steps)
    if np.allclose(returned, _euler(noise, steps, length=1)):
        return Mistake("too_far", steps=steps)
    if np.allclose(returned, _euler(noise, steps, at_time=lambda step, steps: step)):
        return Mistake("counted")
    if np.allclose(returned, _euler(noise, steps, at_time=lambda step, steps: (step + 1) / steps)):
        return Mistake("late")
    if np.allclose(returned, _euler(noise, steps, at_time=lambda step, steps: 0)):
        return Mistake("no_time")
    if np.allclose(returned, _euler(noise, steps, length=-1 / steps)):
        return Mistake("backwards")
    if np.allclose(returned, _euler(noise, steps, moves=False)):
        return Mistake("from_noise")
    return Mistake("other_image")


def _check_frechet(answer):
    rng = np.random.default_rng(4)
    first = rng.normal([0, 1, 5], [1, 2, 0.5], (40, 3))
    second = rng.normal([1, 1, 3], [2, 1, 1.5], (60, 3))
    returned = as_number(call(answer, first.copy(), second.copy()))
    between_means = (first.mean(0) - second.mean(0)) ** 2
    between_deviations = (first.std(0) - second.std(0)) ** 2
    if np.isclose(returned, (between_means + between_deviations).sum(), rtol=1e-6):
        return None
    sample_deviations = (first.std(0, ddof=1) - second.std(0, ddof=1)) ** 2
    if np.isclose(returned, (between_means + sample_deviations).sum(), rtol=1e-6):
        return None
    if np.isclose(returned, between_means.sum()):
        return Mistake("means_alone")
    if np.isclose(returned, between_deviations.sum()):
        return Mistake("deviations_alone")
    if np.isclose(returned, (between_means + between_deviations).mean()):
        return Mistake("averaged")
    if np.isclose(returned, (between_means + (first.var(0) - second.var(0)) ** 2).sum()):
        return Mistake("variances")
    if np.isclose(returned, (first.mean() - second.mean()) ** 2 + (first.std() - second.std()) ** 2):
        return Mistake("all_at_once")
    return Mistake("other_distance", value=returned)


def _check_nearest(answer):
    rng = np.random.default_rng(2)
    train = rng.integers(0, 256, (5, 4, 4, 1)).astype("uint8")
    images = np.concatenate([rng.integers(0, 256, (2, 4, 4, 1)).astype("uint8"), train[3:4]])
    returned = np.asarray(call(answer, images.copy(), train.copy()))
    if returned.shape != (len(images),) or returned.dtype.kind not in "fiu":
        return Mistake("expected_distances", count=len(images), kind=describe(returned))
    differences = images.astype("float64")[:, None] - train[None]
    squares = (differences**2).mean(axis=(2, 3, 4))
    wrapped = ((images[:, None] - train[None]).astype("float64") ** 2).mean(axis=(2, 3, 4))
    wrapped_twice = ((images[:, None] - train[None]) ** 2).mean(axis=(2, 3, 4))
    if np.allclose(returned, np.sqrt(squares.min(axis=1))):
        return None
    if np.allclose(returned, squares.argmin(axis=1)):
        return Mistake("which")
    if any(np.allclose(returned, np.sqrt(wrong.min(axis=1))) for wrong in (wrapped, wrapped_twice)):
        return Mistake("wrapped")
    if np.allclose(returned, squares.min(axis=1)):
        return Mistake("no_root")
    if np.allclose(returned, np.sqrt(squares.min(axis=1) * images[0].size)):
        return Mistake("sum", count=images[0].size)
    if np.allclose(returned, np.sqrt(squares).mean(axis=1)):
        return Mistake("mean_of_all")
    if np.allclose(returned, np.sqrt(squares.max(axis=1))):
        return Mistake("farthest")
    return Mistake("other_distances")


CHECKS = {"15.1": _check_steps, "15.2": _check_frechet, "15.3": _check_nearest}
