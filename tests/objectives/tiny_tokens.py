"""Texts of few ids, and networks of a few thousand weights, for the objectives of tokens."""

import keras
import numpy as np

from ftlib.models.token_network import token_network

LENGTH = 10
VOCABULARY_SIZE = 14


def texts(count, seed=0):
    """Returns the texts of three parts: ids that go up or round by 1 to 5 at a time, padded at their end, all other."""
    choices = [(start, step, length) for start in range(11) for step in range(1, 6) for length in range(5, LENGTH + 1)]
    order = np.random.default_rng(seed).permutation(len(choices))[: 3 * count]
    starts, steps, lengths = np.array(choices)[order].T[..., None]
    places = np.arange(LENGTH)
    ids = np.where(places < lengths, 3 + (starts + steps * places) % (VOCABULARY_SIZE - 3), 0)
    return dict(zip(("train", "validation", "test"), np.split(ids, 3), strict=True))


def names(count, part):
    return np.array([f"{part}-{i}" for i in range(count)])


def network(causal):
    keras.utils.set_random_seed(0)
    return token_network(VOCABULARY_SIZE, LENGTH, width=16, blocks=2, heads=2, causal=causal)
