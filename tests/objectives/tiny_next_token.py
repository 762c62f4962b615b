"""A tiny task and backbone of `NextToken`: ids go up by a step that the first two tell."""

from objectives import tiny_tokens

from ftlib.objectives.next_token import NextToken
from ftlib.tasks.split import Split
from ftlib.tasks.task import Task


def task(count=24, seed=0):
    parts = {
        part: Split(ids, ids, tiny_tokens.names(count, part)) for part, ids in tiny_tokens.texts(count, seed).items()
    }
    objective = NextToken(tiny_tokens.VOCABULARY_SIZE, bytes_per_token=2.0)
    return Task("counting", **parts, class_names=(), source="drawn", licence="none", objective=objective, kind="text")


def backbone():
    return tiny_tokens.network(causal=True)
