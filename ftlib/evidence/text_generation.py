"""Texts that a language model writes, a token at a time."""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np

from ftlib.evidence.run import Run
from ftlib.models.inference import predict
from ftlib.models.token_network import PADDING_ID, longest_text
from ftlib.models.tokenizer import TextTokenizer, most_tokens
from ftlib.objectives.next_token import require_causal

_STREAM = 0x7E87  # of random numbers, apart from all others


def generate_text(
    model: Run | keras.Model,
    prompt: str = "",
    count: int = 1,
    tokens: int = 60,
    temperature: float = 0.8,
    seed: int = 0,
    tokenizer: TextTokenizer | None = None,
) -> list[str]:
    """Returns texts that a language model writes: each token is drawn by the probabilities that the model gives it.

    Args:
        model: A `Run` with the objective `NextToken`, or its model.
        prompt: How each text begins. Default: with nothing, which a tokenizer without a mark of start cannot do.
        count: How many texts.
        tokens: The most tokens that are written. A text that ends itself is shorter.
        temperature: Logits are divided by it. Default 0.8: a little surer than the model is. 0: always the likeliest
            token. Above 1: wilder.
        seed: Integer: seed of the draws, which NumPy makes, so that they are the same with every backend. Each text
            has a stream of its own: the first of five is the one that `count=1` writes.
        tokenizer: What made the ids that the model learnt. Default None: that of the run's task.

    Returns:
        `count` strings, which go on where the prompt ends: `prompt + text` is the whole. One that begins with a new
        word begins with a space.

    Raises:
        ValueError: For a model that gives no logits for each token or sees those that follow, numbers out of range, and
            no prompt where the tokenizer has no mark of start.
        TypeError: Without a tokenizer, and for a prompt that is no string.

    Example:
    >>> model, tokenizer = ft.language_model("minigpt"), ft.load_tokenizer("minigpt")
    >>> len(generate_text(model, "Returns the", count=2, tokens=8, tokenizer=tokenizer))
    2
    """
    network, tokenizer = _require_writer(model, tokenizer)
    for name, number, least in (("count", count, 1), ("tokens", tokens, 1), ("seed", seed, 0)):
        if isinstance(number, bool) or not isinstance(number, (int, np.integer)) or number < least:
            raise ValueError(f"`{name}` is a whole number of at least {least}. Received: {name}={number!r}.")
    if isinstance(temperature, bool) or not isinstance(temperature, (int, float)) or not 0 <= temperature < np.inf:
        raise ValueError(f"`temperature` is a number of at least 0. Received: temperature={temperature!r}.")

    require_causal(network, tokenizer.vocabulary_size)

    begin = _prompt_ids(prompt, tokenizer)
    never_written = [PADDING_ID, *({tokenizer.unknown_id, tokenizer.start_id, tokenizer.mask_id} - {tokenizer.end_id})]
    streams = [np.random.default_rng([_STREAM, int(seed), row]) for row in range(count)]
    ids = np.tile(begin, (count, 1))
    is_open = np.ones(count, bool)
    for _ in range(tokens):
        logits = _next_logits(network, ids)
        logits[:, never_written] = -np.inf
        chosen = _draw(logits, temperature, streams)
        ids = np.concatenate([ids, np.where(is_open, chosen, tokenizer.end_id)[:, None]], axis=1)
        is_open &= chosen != tokenizer.end_id
        if not is_open.any():
            break
    texts = [_written(row, len(begin), tokenizer) for row in ids]
    return [text.removeprefix(" ") for text in texts] if prompt[-1:].isspace() else texts


def _prompt_ids(prompt, tokenizer):
    """Returns the ids that each text begins with: the mark of start, where there is one, and the prompt."""
    if not isinstance(prompt, str):
        raise TypeError(f"`prompt` is a string. Received: {type(prompt).__name__}.")
    ids = tokenizer.encode([prompt], most_tokens(prompt), marks=False)[0]
    marks = [tokenizer.start_id] if tokenizer.start_id else []
    found = np.array([*marks, *ids[ids != PADDING_ID]], "int32")
    if not len(found):
        raise ValueError(
            f"A text begins with something where the tokenizer has no mark of start. Received: prompt={prompt!r}."
        )
    return found


def _require_writer(model, tokenizer):
    """Returns the network of a run, or the model itself, and the tokenizer."""
    network: Any = model.model if isinstance(model, Run) else model
    if tokenizer is None and isinstance(model, Run) and model.task is not None:
        tokenizer = model.task.tokenizer
    if not isinstance(tokenizer, TextTokenizer):
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
    longest = longest_text(network)
    length = network.input_shape[1]
    if length is None:
        length = 32 * math.ceil(ids.shape[1] / 32)  # a compiled function for each multiple of 32, not for each length
        length = length if longest is None else min(length, longest)
    seen = ids[:, -length:]
    if ids.shape[1] > length:  # the row goes on: it keeps its first mark, as all rows of the training have one
        seen = np.concatenate([ids[:, :1], ids[:, -(length - 1) :]], axis=1)
    padded = np.pad(seen, [(0, 0), (0, length - seen.shape[1])])
    return predict(network, padded)[:, seen.shape[1] - 1].astype("float64")


def _draw(logits, temperature, streams):
    """Returns a token for each row of logits."""
    if temperature == 0:
        return logits.argmax(axis=1)
    scaled = (logits - logits.max(axis=1, keepdims=True)) / temperature
    shares = np.exp(scaled)
    sums = np.cumsum(shares / shares.sum(axis=1, keepdims=True), axis=1)
    draws = np.array([[stream.random()] for stream in streams]) * sums[:, -1:]
    return (sums <= draws).sum(axis=1).clip(max=logits.shape[1] - 1)


def _written(ids, begin, tokenizer):
    """Returns what the ids from a place on add to the text of those before it, up to the first mark of an end."""
    ends = np.flatnonzero(ids[begin:] == tokenizer.end_id) if tokenizer.end_id else []
    whole_ids = ids[: begin + ends[0]] if len(ends) else ids
    prompt, whole = tokenizer.decode(ids[:begin]), tokenizer.decode(whole_ids)
    # A tokenizer may write the prompt in another way once more follows it, such as half a letter.
    return whole[len(prompt) :] if whole.startswith(prompt) else tokenizer.decode(whole_ids[begin:])
