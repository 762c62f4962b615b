"""A tiny task and backbone of `MaskedToken`: ids go up by one step, so each tells its neighbours."""

from objectives import tiny_tokens

from ftlib.objectives.masked_token import MaskedToken
from ftlib.tasks.split import Split
from ftlib.tasks.task import Task


def task(count=24, seed=0):
    parts = {
        part: Split(ids, ids, tiny_tokens.names(count, part)) for part, ids in tiny_tokens.texts(count, seed).items()
    }
    objective = MaskedToken(tiny_tokens.VOCABULARY_SIZE, mask_id=1)
    return Task("counting", **parts, class_names=(), source="drawn", licence="none", objective=objective, kind="text")


def backbone():
    return tiny_tokens.network(causal=False)
