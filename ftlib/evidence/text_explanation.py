"""Which words of a text speak for a class: each is hidden in turn, and the fall of the probability is its weight."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import keras
import numpy as np

from ftlib.models.inference import predict
from ftlib.models.tokenizer import HubTokenizer, Tokenizer

_WORD = re.compile(r"\S+")


class WordWeight(NamedTuple):
    """How much a word speaks for a class.

    Attributes:
        begin, stop: The characters of the text that it stands at.
        weight: By how much the probability of the class falls when the word is hidden; below 0 where it rises. 0 for a
            word behind the end of what the network reads.
    """

    begin: int
    stop: int
    weight: float


@dataclass(frozen=True, repr=False)
class TextExplanation:
    """What `explain_text` returns.

    Attributes:
        texts: The texts, in Unicode's normal form C.
        words: For each text a `WordWeight` for each of its words.
        classes: `(n,)`: the class index that is explained.
        confidences: `(n,)`: the probability of that class for the whole text.
    """

    texts: tuple[str, ...]
    words: tuple[tuple[WordWeight, ...], ...]
    classes: np.ndarray
    confidences: np.ndarray

    def __repr__(self):
        return f"<TextExplanation of {len(self.texts)} texts>"

    def strongest(self, index: int, most: int = 3) -> list[tuple[str, float]]:
        """Returns the words of a text that speak most for its class, each with its weight."""
        text = self.texts[index]
        ordered = sorted(self.words[index], key=lambda word: -word.weight)[:most]
        return [(text[word.begin : word.stop], word.weight) for word in ordered]

    def pieces(self, index: int) -> list[tuple[str, float]]:
        """Returns a text in pieces, words and what stands between them, each with its weight."""
        text, pieces, at = self.texts[index], [], 0
        for word in self.words[index]:
            pieces.append((text[at : word.begin], 0.0))
            pieces.append((text[word.begin : word.stop], word.weight))
            at = word.stop
        return [piece for piece in [*pieces, (text[at:], 0.0)] if piece[0]]


def explain_text(
    model: keras.Model,
    tokenizer: Tokenizer | HubTokenizer,
    texts: Sequence[str],
    classes: Sequence[int] | np.ndarray | None = None,
) -> TextExplanation:
    """Says for each text which words speak for a class, by occlusion (Zeiler and Fergus, 2014; for words Li, Monroe and
    Jurafsky, 2016, https://arxiv.org/abs/1612.08220).

    Each word is hidden in turn, its pieces in the place of the mark for masked ones, and the fall of the probability is
    its weight. It needs no gradient and no attention weights, so it works for any network. It does not see what words
    mean together: of two that say the same, each alone may be spared.

    Args:
        model: A classifier of texts that gives probabilities, such as `run.model`.
        tokenizer: What makes ids of its texts, such as `run.task.tokenizer`.
        texts: Strings, a few dozen: a text of 30 words takes 31 answers.
        classes: The class index to explain for each text, `(n,)`. Default None: what the network says.

    Returns:
        A `TextExplanation`: `.words`, `.strongest(index)`.

    Raises:
        TypeError: For something else than a list of strings.
        ValueError: For a model that takes no token ids or gives no probabilities, and a class that it does not have.

    Example:
    >>> words = ["[PAD]", "[UNK]", "[START]", "[END]", "[MASK]", "▁a", "▁fine", "▁film"]
    >>> tokenizer = ft.Tokenizer(words)
    >>> network = ft.token_network(vocabulary_size=8, length=6, width=8, blocks=1, heads=2)
    >>> explanation = explain_text(ft.classifier(network, 2), tokenizer, ["a fine film"])
    >>> [word for word, _ in explanation.pieces(0)]
    ['a', ' ', 'fine', ' ', 'film']
    """
    if len(model.input_shape) != 2 or "int" not in str(model.inputs[0].dtype):
        raise ValueError(f"`explain_text` is for models of token ids (None, length). Received: {model.input_shape}.")
    if isinstance(texts, str) or not all(isinstance(text, str) for text in texts):
        raise TypeError("`texts` is a list of strings. Received: something else.")
    plain_texts = tuple(unicodedata.normalize("NFC", text) for text in texts)
    length = model.input_shape[1] or max(len(tokenizer.split(text)) for text in plain_texts) + 2
    spans = [[match.span() for match in _WORD.finditer(text)] for text in plain_texts]
    rows = [_hide_words(tokenizer, text, words, length) for text, words in zip(plain_texts, spans, strict=True)]
    probabilities = predict(model, np.concatenate(rows))
    if probabilities.ndim != 2 or probabilities.min() < 0 or probabilities.max() > 1.001:
        raise ValueError("`explain_text` is for models that give probabilities of classes. Received: other outputs.")

    starts = np.cumsum([0, *(len(row) for row in rows)])[:-1]
    class_indices = probabilities[starts].argmax(1) if classes is None else np.asarray(classes)
    if class_indices.shape != (len(plain_texts),) or not set(class_indices) <= set(range(probabilities.shape[1])):
        raise ValueError(
            f"`classes` has for each of {len(plain_texts)} texts a class from 0 to {probabilities.shape[1] - 1}. "
            f"Received: {class_indices.tolist()}."
        )
    weighted_words = []
    for start, class_index, words in zip(starts, class_indices, spans, strict=True):
        whole, *hidden = probabilities[start : start + len(words) + 1, class_index]
        weights = [float(whole - chance) for chance in hidden]
        weighted_words.append(
            tuple(WordWeight(begin, stop, weight) for (begin, stop), weight in zip(words, weights, strict=True))
        )
    return TextExplanation(
        plain_texts, tuple(weighted_words), class_indices, probabilities[starts, class_indices].astype("float64")
    )


def _hide_words(tokenizer, text, words, length):
    """Returns ids `(1 + words, length)`: of the whole text, and with each word hidden."""
    if not isinstance(tokenizer, Tokenizer):
        texts = [text, *(text[:begin] + text[stop:] for begin, stop in words)]
        return tokenizer.encode(texts, length)

    rows = tokenizer.encode([text], length).repeat(1 + len(words), axis=0)
    pieces = tokenizer.split_with_places(text)[: length - 1]
    for row, (begin, stop) in zip(rows[1:], words, strict=True):
        for place, piece in enumerate(pieces, start=1):
            if piece.begin < stop and piece.stop > begin:
                row[place] = tokenizer.mask_id
    return rows
