"""Rendered textures, far from letters and digits: what matters is the pattern, and it may lie anywhere."""

import functools

import numpy as np

from ftlib.tasks.task import Split, Task, draw_labels

SIZE = 32
POOL, VALIDATION, TEST = 100, 20, 50  # images per class
SOURCE = "Rendered by ftlib: gratings, noises, tilings and blobs, 32 px, grey."
LICENCE = "MIT, as ftlib itself."


def _grid():
    """Returns the pixel coordinates y and x, each `(1, 32, 32)`, with the origin in the middle."""
    axis = np.arange(SIZE, dtype="float32") - (SIZE - 1) / 2
    return axis[None, :, None], axis[None, None, :]


def _column(values):
    return np.asarray(values, "float32")[:, None, None]


def _turned(rng, n, degrees=None, spread=0.0):
    """Returns the coordinates y and x turned and shifted at random per image, each `(n, 32, 32)`.

    With `degrees=None` every direction is as likely.
    """
    angle = rng.uniform(0, 360, n) if degrees is None else degrees + rng.uniform(-spread, spread, n)
    cos, sin = _column(np.cos(np.deg2rad(angle))), _column(np.sin(np.deg2rad(angle)))
    y, x = _grid()
    return y * cos + x * sin + _column(rng.uniform(0, 64, n)), x * cos - y * sin + _column(rng.uniform(0, 64, n))


def _grating(rng, n, degrees, period):
    y, _ = _turned(rng, n, degrees, spread=14)
    return np.sin(2 * np.pi * y / _column(period * rng.uniform(0.8, 1.2, n)))


def _spectrum_noise(rng, n, weight):
    """Filters white noise by `weight(frequency)`; frequency is in cycles per pixel, `(1, 32, 17)`."""
    frequency = np.hypot(np.fft.fftfreq(SIZE)[:, None], np.fft.rfftfreq(SIZE)[None])[None]
    spectrum = np.fft.rfft2(rng.standard_normal((n, SIZE, SIZE)))
    return np.fft.irfft2(spectrum * weight(frequency), s=(SIZE, SIZE))


def _power_noise(rng, n, slope):
    """Noise whose amplitude falls as frequency to the power -slope, as in clouds and landscapes."""
    slopes = _column(slope + rng.uniform(-0.2, 0.2, n))
    return _spectrum_noise(rng, n, lambda f: np.maximum(f, 1 / SIZE) ** -slopes)


def _band_noise(rng, n, frequency):
    """Noise of one scale and no direction, like leather or sand ripples."""
    centre = _column(frequency * rng.uniform(0.85, 1.15, n))
    return _spectrum_noise(rng, n, lambda f: np.exp(-(((f - centre) / 0.03) ** 2)))


def _lattice(rng, n, directions):
    """Sums gratings of evenly spread directions: 2 give squares, 3 hexagons, 5 never repeat."""
    y, x = _turned(rng, n)
    wave = _column(2 * np.pi / rng.uniform(6, 9, n))
    angles = np.pi * np.arange(directions) / directions
    return sum(np.cos(wave * (np.cos(a) * y + np.sin(a) * x)) for a in angles) * _column(rng.choice([-1, 1], n))


def _bricks(rng, n):
    y, x = _turned(rng, n)
    height = _column(rng.uniform(5, 7, n))
    row = np.floor(y / height)
    across = x / (2 * height) + 0.5 * (row % 2)
    to_joint = np.minimum(_to_edge(y / height) * height, _to_edge(across) * 2 * height)
    return -np.exp(-(to_joint**2)) * _column(rng.choice([-1, 1], n))


def _to_edge(cells):
    """Returns the distance to the nearest whole number."""
    return np.abs(cells - np.round(cells))


def _distances(rng, n, points):
    """Returns the distance of every pixel to `points` random points, sorted: `(n, points, 32, 32)`."""
    y, x = _grid()
    at = rng.uniform(-SIZE / 2 - 3, SIZE / 2 + 3, (2, n, points, 1, 1)).astype("float32")
    return np.sqrt((y[None] - at[0]) ** 2 + (x[None] - at[1]) ** 2)


def _blobs(rng, n, radius, points):
    reach = _column(radius * rng.uniform(0.85, 1.15, n))[:, None]
    return np.exp(-((_distances(rng, n, points) / reach) ** 2)).sum(1) * _column(rng.choice([-1, 1], n))


def _rings(rng, n):
    radius = rng.uniform(3.5, 5.5, (n, 1, 1, 1))
    return np.exp(-((_distances(rng, n, 8) - radius) ** 2) / 1.2).max(1) * _column(rng.choice([-1, 1], n))


def _cells(rng, n):
    """The borders between the regions nearest to random points, like dried mud."""
    nearest = np.partition(_distances(rng, n, 14), 1, axis=1)
    return -np.exp(-((nearest[:, 1] - nearest[:, 0]) ** 2) / 2) * _column(rng.choice([-1, 1], n))


FAMILIES = {
    **{
        f"grating {degrees} {name}": (_grating, dict(degrees=degrees, period=period))
        for name, period in (("fine", 3.5), ("coarse", 6.0))
        for degrees in (0, 45, 90, 135)
    },
    "noise flat": (_power_noise, dict(slope=0.3)),
    "noise rough": (_power_noise, dict(slope=1.0)),
    "noise cloudy": (_power_noise, dict(slope=1.8)),
    "noise band fine": (_band_noise, dict(frequency=0.24)),
    "noise band coarse": (_band_noise, dict(frequency=0.14)),
    "lattice square": (_lattice, dict(directions=2)),
    "lattice hexagonal": (_lattice, dict(directions=3)),
    "lattice fivefold": (_lattice, dict(directions=5)),
    "bricks": (_bricks, {}),
    "cells": (_cells, {}),
    "blobs small": (_blobs, dict(radius=2.2, points=22)),
    "blobs large": (_blobs, dict(radius=4.5, points=9)),
    "rings": (_rings, {}),
}
GRAIN = 0.3, 0.9  # white noise added to every image, in standard deviations of its pattern: from, to
GREYS = np.linspace(30, 225, SIZE * SIZE).round().astype("uint8")


def _same_greys(pictures):
    """Gives every picture the very same set of grey values, in the order of its own.

    Mean, standard deviation and the whole histogram are then equal for all, so that only the pattern tells a
    class.
    """
    flat = pictures.reshape(len(pictures), -1)
    result = np.empty(flat.shape, "uint8")
    np.put_along_axis(result, flat.argsort(axis=1), GREYS[None], axis=1)
    return result.reshape(len(pictures), SIZE, SIZE, 1)


@functools.cache
def _render():
    """Returns all images, sorted by class, and their labels; the same on every call."""
    each = POOL + VALIDATION + TEST
    rng = np.random.default_rng(20240501)
    pictures = []
    for paint, settings in FAMILIES.values():
        picture = paint(rng, each, **settings)
        picture = picture - picture.mean(axis=(1, 2), keepdims=True)
        picture = picture / picture.std(axis=(1, 2), keepdims=True)
        grain = _column(rng.uniform(*GRAIN, each))
        pictures.append(picture + grain * rng.standard_normal(picture.shape))
    return _same_greys(np.concatenate(pictures)), np.repeat(np.arange(len(FAMILIES)), each)


def load(labels_per_class=None, seed=0):
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
    rank = np.arange(len(labels)) % (POOL + VALIDATION + TEST)
    everything = Split(images, labels.astype("int64"), ids)
    pool = everything.take(np.flatnonzero(rank < POOL))
    return Task(
        name="textures",
        train=pool.take(draw_labels(pool.labels, labels_per_class, seed)),
        validation=everything.take(np.flatnonzero((rank >= POOL) & (rank < POOL + VALIDATION))),
        test=everything.take(np.flatnonzero(rank >= POOL + VALIDATION)),
        class_names=tuple(FAMILIES),
        source=SOURCE,
        licence=LICENCE,
        mirror=False,
    )
