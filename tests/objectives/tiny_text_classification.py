"""Texts in which one of two words occurs, one class each: a task of token ids with padding."""

import numpy as np

import ftlib as ft

LENGTH, VOCABULARY = 10, 12


def _split(count, seed, part):
    rng = np.random.default_rng(seed)
    ids = rng.integers(3, VOCABULARY, (count, LENGTH))
    classes = np.arange(count) % 2
    ids[np.arange(count), rng.integers(0, 5, count)] = 1 + classes
    ids[np.arange(LENGTH) >= rng.integers(5, LENGTH + 1, (count, 1))] = 0
    return ft.Split(ids, classes, [f"{part}-{i}" for i in range(count)])


def task(count=24, seed=0):
    """Returns a task of short texts."""
    splits = (_split(count, 10 * seed + i, part) for i, part in enumerate(("train", "validation", "test")))
    return ft.Task("words", *splits, ("one", "two"), "drawn", "none", kind="text")


def backbone():
    """Returns a small transformer."""
    return ft.token_network(vocabulary_size=VOCABULARY, length=LENGTH, width=8, blocks=2, heads=2)
