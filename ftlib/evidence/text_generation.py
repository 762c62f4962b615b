"""Texts that a language model writes, a token at a time."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from ftlib.evidence.run import Run
from ftlib.models.inference import predict
from ftlib.models.token_network import PADDING_ID
from ftlib.models.tokenizer import HubTokenizer, Tokenizer

_STREAM = 0x7E87  # of random numbers, apart from all others


def generate_text(
    model: Run | keras.Model,
    prompt: str = "",
    count: int = 1,
    tokens: int = 60,
    temperature: float = 0.8,
    seed: int = 0,
    tokenizer: Tokenizer | HubTokenizer | None = None,
) -> list[str]:
    """Returns texts that a language model writes: each token is drawn by the probabilities that the model gives it.

    Args:
        model: A `Run` with the objective `NextToken`, or its model.
        prompt: How each text begins. Default: with nothing.
        count: How many texts.
        tokens: The most tokens that are written. A text that ends itself is shorter.
        temperature: Logits are divided by it. Default 0.8: a little surer than the model is. 0: always the likeliest
            token. Above 1: wilder.
        seed: Integer: seed of the draws, which NumPy makes, so that they are the same with every backend.
        tokenizer: What made the ids that the model learnt. Default None: that of the run's task.

    Returns:
        `count` strings, without the prompt.

    Raises:
        ValueError: For a model that gives no logits for each token, and numbers out of range.
        TypeError: Without a tokenizer.

    Example:
    >>> model, tokenizer = ft.language_model("minigpt"), ft.load_tokenizer("minigpt")
    >>> len(generate_text(model, "Returns the", count=2, tokens=8, tokenizer=tokenizer))
    2
    """
    network, tokenizer = _require_writer(model, tokenizer)
    for name, number in (("count", count), ("tokens", tokens)):
        if isinstance(number, bool) or not isinstance(number, (int, np.integer)) or number < 1:
            raise ValueError(f"`{name}` is a whole number of at least 1. Received: {name}={number!r}.")
    if isinstance(temperature, bool) or not isinstance(temperature, (int, float)) or not 0 <= temperature < np.inf:
        raise ValueError(f"`temperature` is a number of at least 0. Received: temperature={temperature!r}.")

    begin = tokenizer.encode([prompt], 4 * len(prompt) + 2)[0]
    begin = begin[begin != PADDING_ID]
    if len(begin) and begin[-1] == tokenizer.end_id:
        begin = begin[:-1]
    rng = np.random.default_rng([_STREAM, seed])
    ids = np.tile(begin, (count, 1))
    is_open = np.ones(count, bool)
    for _ in range(tokens):
        logits = _next_logits(network, ids)
        logits[:, [PADDING_ID, tokenizer.unknown_id, tokenizer.start_id]] = -np.inf
        chosen = _draw(logits, temperature, rng)
        ids = np.concatenate([ids, np.where(is_open, chosen, tokenizer.end_id)[:, None]], axis=1)
        is_open &= chosen != tokenizer.end_id
        if not is_open.any():
            break
    return [_written(row[len(begin) :], tokenizer) for row in ids]


def _require_writer(model, tokenizer):
    """Returns the network of a run, or the model itself, and the tokenizer."""
    network: Any = model.model if isinstance(model, Run) else model
    if tokenizer is None and isinstance(model, Run) and model.task is not None:
        tokenizer = model.task.tokenizer
    if not isinstance(tokenizer, (Tokenizer, HubTokenizer)):
        raise TypeError(
            "`tokenizer` is what made the ids that the model learnt: ft.load_tokenizer(name). Received: "
            f"{type(tokenizer).__name__}."
        )
    shape = getattr(network, "output_shape", None)
    if not isinstance(shape, tuple) or len(shape) != 3 or shape[-1] != tokenizer.vocabulary_size:
        raise ValueError(
            f"A language model gives logits (None, length, {tokenizer.vocabulary_size}) of its tokenizer's pieces. "
            f"Received: output shape {shape}."
        )
    return network, tokenizer


def _next_logits(network, ids):
    """Returns the logits of the token after each row of ids, of which the network sees as many as it takes."""
    length = network.input_shape[1]
    if length is None:
        length = -(-(ids.shape[1] + 1) // 32) * 32  # a compiled function for each multiple of 32, not for each length
    seen = ids[:, -length:]
    if ids.shape[1] > length:  # the row goes on: it keeps its first mark, as all rows of the training have one
        seen = np.concatenate([ids[:, :1], ids[:, -(length - 1) :]], axis=1)
    padded = np.pad(seen, [(0, 0), (0, length - seen.shape[1])])
    return predict(network, padded)[:, seen.shape[1] - 1].astype("float64")


def _draw(logits, temperature, rng):
    """Returns a token for each row of logits."""
    if temperature == 0:
        return logits.argmax(axis=1)
    scaled = (logits - logits.max(axis=1, keepdims=True)) / temperature
    shares = np.exp(scaled)
    sums = np.cumsum(shares / shares.sum(axis=1, keepdims=True), axis=1)
    draws = rng.random((len(logits), 1)) * sums[:, -1:]
    return (sums <= draws).sum(axis=1).clip(max=logits.shape[1] - 1)


def _written(ids, tokenizer):
    ends = np.flatnonzero(ids == tokenizer.end_id)
    return tokenizer.decode(ids[: ends[0]] if len(ends) else ids)
