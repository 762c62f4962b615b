"""Small vocabularies, texts and corpora that the tests of texts share."""

import numpy as np

from ftlib.models.tokenizer import SPECIAL_PIECES, Tokenizer
from ftlib.tasks.texts import Corpus

WORDS = ("the", "cat", "sat", "on", "a", "mat", "and", "saw", "one", "hat")
LETTERS = "abcdefghijklmnopqrstuvwxyz.,!"


def tokenizer(*more_pieces):
    """Returns a vocabulary of letters at the beginning of a word and within, the words, and what is given."""
    letters = [mark + letter for mark in ("▁", "") for letter in LETTERS]
    return Tokenizer([*SPECIAL_PIECES, *letters, *(f"▁{word}" for word in WORDS if len(word) > 1), *more_pieces])


def sentences(count, seed):
    """Returns sentences of random words."""
    rng = np.random.default_rng(seed)
    return [" ".join(rng.choice(WORDS, 8)) + "." for _ in range(count)]


def corpus(train=60, others=12, **options):
    """Returns a `Corpus` of sentences, none of them twice."""
    counts = {"train": train, "validation": others, "test": others}
    texts = {part: sentences(count, seed) for seed, (part, count) in enumerate(counts.items())}
    return Corpus("cats", "drawn", "none", texts, **options)
