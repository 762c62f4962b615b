"""A tiny task and backbone of `Span`: the answer begins at the id 12 and ends at the id 13."""

import numpy as np
from objectives import tiny_tokens

from ftlib.objectives.span import AnswerSpan, Span
from ftlib.tasks.split import Split
from ftlib.tasks.task import Task

WORDS = [f"word{i}" for i in range(tiny_tokens.VOCABULARY_SIZE)]
QUESTION_TOKENS = 2


def _row(rng):
    """Returns the ids of a question and a passage, and the target."""
    ids = rng.integers(3, 12, tiny_tokens.LENGTH)
    start = int(rng.integers(QUESTION_TOKENS, tiny_tokens.LENGTH - 2))
    end = int(rng.integers(start + 1, tiny_tokens.LENGTH))
    ids[start], ids[end] = 12, 13
    words = [WORDS[token_id] for token_id in ids[QUESTION_TOKENS:]]
    stops = np.cumsum([len(word) + 1 for word in words]) - 1
    begins = stops - [len(word) for word in words]
    offsets = [(0, 0)] * QUESTION_TOKENS + list(zip(begins.tolist(), stops.tolist(), strict=True))
    answer = " ".join(words[start - QUESTION_TOKENS : end + 1 - QUESTION_TOKENS])
    return ids, AnswerSpan.from_text(" ".join(words), offsets, [answer], offsets[start][0])


def task(count=24, seed=0):
    parts = {}
    for i, part in enumerate(("train", "validation", "test")):
        rng = np.random.default_rng(3 * seed + i)
        ids, targets = zip(*(_row(rng) for _ in range(count)), strict=True)
        parts[part] = Split(np.array(ids), targets, tiny_tokens.names(count, part))
    return Task("marks", **parts, class_names=(), source="drawn", licence="none", objective=Span(), kind="text")


def backbone():
    return tiny_tokens.network(causal=False)
