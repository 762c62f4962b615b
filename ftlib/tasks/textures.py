"""Rendered textures, far from letters and digits: what matters is the pattern, and it may lie anywhere."""

import functools
from collections.abc import Callable, Sequence

import numpy as np

from ftlib.tasks.split import Split
from ftlib.tasks.task import Task, draw_labels

SIZE = 32  # pixels, height and width of an image
POOL_PER_CLASS, VALIDATION_PER_CLASS, TEST_PER_CLASS = 100, 20, 50  # images
SOURCE = "Rendered by ftlib: gratings, noises, tilings and blobs, 32 px, grey."
LICENCE = "MIT, as ftlib itself."


def _grid() -> tuple[np.ndarray, np.ndarray]:
    """Returns the pixel coordinates y and x, each `(1, 32, 32)`, with the origin in the middle."""
    axis = np.arange(SIZE, dtype="float32") - (SIZE - 1) / 2
    return axis[None, :, None], axis[None, None, :]


def _per_image(values: Sequence[float] | np.ndarray) -> np.ndarray:
    """Returns one number for each image in a shape that goes with their pixels, `(n, 1, 1)`, `float32`."""
    return np.asarray(values, "float32")[:, None, None]


def _random_signs(rng: np.random.Generator, count: int) -> np.ndarray:
    return _per_image(rng.choice([-1, 1], count))


def _turned_grid(
    rng: np.random.Generator, count: int, degrees: float | None = None, spread: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """Returns the coordinates y and x turned and shifted at random per image, each `(n, 32, 32)`.

    With `degrees=None` every direction is as likely.
    """
    if degrees is None:
        angles = rng.uniform(0, 360, count)
    else:
        angles = degrees + rng.uniform(-spread, spread, count)
    cosines, sines = _per_image(np.cos(np.deg2rad(angles))), _per_image(np.sin(np.deg2rad(angles)))
    y, x = _grid()
    turned_y = y * cosines + x * sines + _per_image(rng.uniform(0, 64, count))
    turned_x = x * cosines - y * sines + _per_image(rng.uniform(0, 64, count))
    return turned_y, turned_x


def _draw_gratings(rng: np.random.Generator, count: int, degrees: float, period: float) -> np.ndarray:
    y, _ = _turned_grid(rng, count, degrees, spread=14)
    return np.sin(2 * np.pi * y / _per_image(period * rng.uniform(0.8, 1.2, count)))


def _filter_noise(
    rng: np.random.Generator, count: int, weigh_frequency: Callable[[np.ndarray], np.ndarray]
) -> np.ndarray:
    """Filters white noise by a function of the frequency in cycles per pixel, `(1, 32, 17)`."""
    frequencies = np.hypot(np.fft.fftfreq(SIZE)[:, None], np.fft.rfftfreq(SIZE)[None])[None]
    spectrum = np.fft.rfft2(rng.standard_normal((count, SIZE, SIZE)))
    return np.fft.irfft2(spectrum * weigh_frequency(frequencies), s=(SIZE, SIZE))


def _draw_power_noise(rng: np.random.Generator, count: int, slope: float) -> np.ndarray:
    """Noise whose amplitude falls as frequency to the power -slope, as in clouds and landscapes."""
    slopes = _per_image(slope + rng.uniform(-0.2, 0.2, count))
    return _filter_noise(rng, count, lambda frequencies: np.maximum(frequencies, 1 / SIZE) ** -slopes)


def _draw_band_noise(rng: np.random.Generator, count: int, frequency: float) -> np.ndarray:
    """Noise of one scale and no direction, like leather or sand ripples."""
    centres = _per_image(frequency * rng.uniform(0.85, 1.15, count))
    return _filter_noise(rng, count, lambda frequencies: np.exp(-(((frequencies - centres) / 0.03) ** 2)))


def _draw_lattices(rng: np.random.Generator, count: int, directions: int) -> np.ndarray:
    """Sums gratings of evenly spread directions: 2 give squares, 3 hexagons, 5 never repeat."""
    y, x = _turned_grid(rng, count)
    wave_numbers = _per_image(2 * np.pi / rng.uniform(6, 9, count))
    angles = np.pi * np.arange(directions) / directions
    waves = sum(np.cos(wave_numbers * (np.cos(angle) * y + np.sin(angle) * x)) for angle in angles)
    return waves * _random_signs(rng, count)


def _draw_bricks(rng: np.random.Generator, count: int) -> np.ndarray:
    y, x = _turned_grid(rng, count)
    heights = _per_image(rng.uniform(5, 7, count))
    rows = np.floor(y / heights)
    columns = x / (2 * heights) + 0.5 * (rows % 2)
    joint_distances = np.minimum(_distance_to_whole(y / heights) * heights, _distance_to_whole(columns) * 2 * heights)
    return -np.exp(-(joint_distances**2)) * _random_signs(rng, count)


def _distance_to_whole(numbers: np.ndarray) -> np.ndarray:
    """Returns the distance to the nearest whole number."""
    return np.abs(numbers - np.round(numbers))


def _point_distances(rng: np.random.Generator, count: int, points: int) -> np.ndarray:
    """Returns the distance of every pixel to `points` random points: `(n, points, 32, 32)`."""
    y, x = _grid()
    positions = rng.uniform(-SIZE / 2 - 3, SIZE / 2 + 3, (2, count, points, 1, 1)).astype("float32")
    return np.sqrt((y[None] - positions[0]) ** 2 + (x[None] - positions[1]) ** 2)


def _draw_blobs(rng: np.random.Generator, count: int, radius: float, points: int) -> np.ndarray:
    radii = _per_image(radius * rng.uniform(0.85, 1.15, count))[:, None]
    blobs = np.exp(-((_point_distances(rng, count, points) / radii) ** 2)).sum(1)
    return blobs * _random_signs(rng, count)


def _draw_rings(rng: np.random.Generator, count: int) -> np.ndarray:
    radii = rng.uniform(3.5, 5.5, (count, 1, 1, 1))
    rings = np.exp(-((_point_distances(rng, count, 8) - radii) ** 2) / 1.2).max(1)
    return rings * _random_signs(rng, count)


def _draw_cells(rng: np.random.Generator, count: int) -> np.ndarray:
    """The borders between the regions nearest to random points, like dried mud."""
    nearest_first = np.partition(_point_distances(rng, count, 14), 1, axis=1)
    borders = np.exp(-((nearest_first[:, 1] - nearest_first[:, 0]) ** 2) / 2)
    return -borders * _random_signs(rng, count)


FAMILIES: dict[str, tuple[Callable[..., np.ndarray], dict[str, float]]] = {
    **{
        f"grating {degrees} {name}": (_draw_gratings, dict(degrees=degrees, period=period))
        for name, period in (("fine", 3.5), ("coarse", 6.0))
        for degrees in (0, 45, 90, 135)
    },
    "noise flat": (_draw_power_noise, dict(slope=0.3)),
    "noise rough": (_draw_power_noise, dict(slope=1.0)),
    "noise cloudy": (_draw_power_noise, dict(slope=1.8)),
    "noise band fine": (_draw_band_noise, dict(frequency=0.24)),
    "noise band coarse": (_draw_band_noise, dict(frequency=0.14)),
    "lattice square": (_draw_lattices, dict(directions=2)),
    "lattice hexagonal": (_draw_lattices, dict(directions=3)),
    "lattice fivefold": (_draw_lattices, dict(directions=5)),
    "bricks": (_draw_bricks, {}),
    "cells": (_draw_cells, {}),
    "blobs small": (_draw_blobs, dict(radius=2.2, points=22)),
    "blobs large": (_draw_blobs, dict(radius=4.5, points=9)),
    "rings": (_draw_rings, {}),
}
GRAIN = 0.3, 0.9  # white noise added to every image, in standard deviations of its pattern: from, to
GREYS = np.linspace(30, 225, SIZE * SIZE).round().astype("uint8")


def _equalize_greys(pictures: np.ndarray) -> np.ndarray:
    """Gives every picture the very same set of grey values, in the order of its own.

    Mean, standard deviation and the whole histogram are then equal for all, so that only the pattern tells a
    class.
    """
    pixels = pictures.reshape(len(pictures), -1)
    equalized = np.empty(pixels.shape, "uint8")
    np.put_along_axis(equalized, pixels.argsort(axis=1), GREYS[None], axis=1)
    return equalized.reshape(len(pictures), SIZE, SIZE, 1)


@functools.cache
def _render() -> tuple[np.ndarray, np.ndarray]:
    """Returns all images, sorted by class, and their labels; the same on every call."""
    count_per_class = POOL_PER_CLASS + VALIDATION_PER_CLASS + TEST_PER_CLASS
    rng = np.random.default_rng(20240501)
    class_pictures = []
    for draw_pattern, options in FAMILIES.values():
        patterns = draw_pattern(rng, count_per_class, **options)
        patterns = patterns - patterns.mean(axis=(1, 2), keepdims=True)
        patterns = patterns / patterns.std(axis=(1, 2), keepdims=True)
        grain = _per_image(rng.uniform(*GRAIN, count_per_class))
        class_pictures.append(patterns + grain * rng.standard_normal(patterns.shape))
    labels = np.repeat(np.arange(len(FAMILIES)), count_per_class)
    return _equalize_greys(np.concatenate(class_pictures)), labels


def load(labels_per_class: int | None = None, seed: int = 0) -> Task:
    """Returns the task "textures": 21 classes of rendered patterns, 32 x 32 pixels, grey.

    A class is a pattern and its setting (a grating of one direction and period, a noise of one spectrum, a
    tiling); position, exact period, direction where it is not the class, sign and grain vary within it. All
    images have the same histogram. Directions are classes, so a mirrored image may belong to another class:
    `mirror` is False.

    Args:
        labels_per_class: Training images per class, 1 to 100; None takes all 100. Validation (20 per class)
            and test (50 per class) never change.
        seed: Which training images are drawn. The images themselves do not depend on it.

    Returns:
        A `Task` with `uint8` pixels.

    Raises:
        ValueError: If `labels_per_class` is not a whole number from 1 to 100.

    Example:
    >>> from ftlib.tasks import textures
    >>> textures.load(labels_per_class=10).train.images.shape
    (210, 32, 32, 1)
    """
    images, labels = _render()
    ids = np.array([f"textures/{i:05d}" for i in range(len(labels))])
    rank_in_class = np.arange(len(labels)) % (POOL_PER_CLASS + VALIDATION_PER_CLASS + TEST_PER_CLASS)
    in_pool = rank_in_class < POOL_PER_CLASS
    in_test = rank_in_class >= POOL_PER_CLASS + VALIDATION_PER_CLASS
    everything = Split(images, labels.astype("int64"), ids)
    pool = everything.take(np.flatnonzero(in_pool))
    return Task(
        name="textures",
        train=pool.take(draw_labels(pool.labels, labels_per_class, seed)),
        validation=everything.take(np.flatnonzero(~in_pool & ~in_test)),
        test=everything.take(np.flatnonzero(in_test)),
        class_names=tuple(FAMILIES),
        source=SOURCE,
        licence=LICENCE,
        mirror=False,
    )
