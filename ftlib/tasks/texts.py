"""Tasks of texts: classes of texts, and texts whose next token is predicted."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Mapping, Sequence

import numpy as np

from ftlib.models.token_network import PADDING_ID
from ftlib.models.tokenizer import TextTokenizer, most_tokens, require_strings
from ftlib.models.vocabularies import require_tokenizer
from ftlib.objectives.classification import Classification
from ftlib.objectives.next_token import NextToken
from ftlib.tasks.parts import PARTS
from ftlib.tasks.split import Split
from ftlib.tasks.task import Task, draw_labels


@dataclasses.dataclass(frozen=True)
class Corpus:
    """Texts in three parts, and where they come from.

    Attributes:
        name, source, licence, class_names, notes: As in `Task`.
        texts: The texts of `"train"`, `"validation"` and `"test"`.
        labels: Their class indices, by part; empty where there are no classes.
        ids: Their identities, by part. Empty: part and number.
        groups: What each belongs to besides its class, by part, as in `Split`. Empty: nothing is known.
    """

    name: str
    source: str
    licence: str
    texts: Mapping[str, Sequence[str]]
    labels: Mapping[str, Sequence[int]] = dataclasses.field(default_factory=dict)
    class_names: Sequence[str] = ()
    ids: Mapping[str, Sequence[str]] = dataclasses.field(default_factory=dict)
    groups: Mapping[str, Sequence[str]] = dataclasses.field(default_factory=dict)
    notes: Sequence[str] = ()


def text_task(
    corpus: Corpus,
    labels_per_class: int | None = None,
    seed: int = 0,
    length: int | None = None,
    tokenizer: str | TextTokenizer = "minibert",
) -> Task:
    """Returns a task of texts of one class each.

    Args:
        corpus: The texts with their labels.
        labels_per_class: Training texts per class; None takes all.
        seed: Which training texts are drawn.
        length: Tokens of a text, cut at its end. Default None: as many as the tokenizer's network takes, else 128.
        tokenizer: What makes ids of texts, or its name for `load_tokenizer`.

    Returns:
        A `Task` of kind `"text"`, which holds its tokenizer.
    """
    tokenizer, length = require_tokenizer(tokenizer, length)
    splits = {}
    texts_by_id: dict[str, str] = {}
    for part in PARTS:
        labels = np.asarray(corpus.labels[part], "int64")
        drawn = draw_labels(labels, labels_per_class if part == "train" else None, seed)
        drawn_texts = [corpus.texts[part][int(row)] for row in drawn]
        names = corpus.ids.get(part) or [f"{part}/{row:06d}" for row in range(len(labels))]
        drawn_names = np.asarray(names)[drawn]
        groups = np.asarray(corpus.groups[part])[drawn] if corpus.groups else None
        splits[part] = Split(tokenizer.encode(drawn_texts, length), labels[drawn], drawn_names, groups)
        texts_by_id.update(zip(drawn_names.tolist(), drawn_texts, strict=True))
    task = _make_task(corpus, splits, tokenizer, Classification(), tokenizer.mask_id or tokenizer.unknown_id)
    return dataclasses.replace(task, texts=texts_by_id)


def next_token_task(
    corpus: Corpus,
    rows: int | None = None,
    seed: int = 0,
    length: int | None = None,
    tokenizer: str | TextTokenizer = "minigpt",
    most_test_rows: int | None = None,
) -> Task:
    """Returns a task of texts whose next token is predicted, one after the other in rows of one length.

    Args:
        corpus: The texts.
        rows: How many rows of training; None takes all.
        seed: Which rows are drawn.
        length: Tokens of a row. Default None: as many as the tokenizer's network takes, else 128.
        tokenizer: What makes ids of texts, or its name for `load_tokenizer`.
        most_test_rows: The most rows of validation, and of test. Default None: all.

    Returns:
        A `Task` of kind `"text"` with the objective `NextToken`, which knows how many bytes a token stands for.

    Raises:
        ValueError: For fewer rows than are asked for.
    """
    tokenizer, length = require_tokenizer(tokenizer, length)
    ids_by_part = {
        part: pack_texts(corpus.texts[part], tokenizer, length, None if part == "train" else most_test_rows)
        for part in PARTS
    }
    drawn = draw_labels(np.zeros(len(ids_by_part["train"]), int), rows, seed)
    ids_by_part["train"] = ids_by_part["train"][drawn]
    splits = {
        part: Split(ids, ids, [f"{part}/{row:06d}" for row in range(len(ids))]) for part, ids in ids_by_part.items()
    }
    test_ids = ids_by_part["test"]
    byte_count = sum(len(tokenizer.decode(row).encode()) for row in test_ids[:, 1:])  # the first has nothing before it
    objective = NextToken(tokenizer.vocabulary_size, byte_count / test_ids[:, 1:].size)
    return _make_task(corpus, splits, tokenizer, objective, tokenizer.unknown_id)


def _make_task(corpus, splits, tokenizer, objective, unknown_id):
    return Task(
        corpus.name,
        splits["train"],
        splits["validation"],
        splits["test"],
        class_names=tuple(corpus.class_names),
        source=corpus.source,
        licence=corpus.licence,
        notes=tuple(corpus.notes),
        objective=objective,
        kind="text",
        unknown_id=unknown_id,
        tokenizer=tokenizer,
    )


def pack_texts(texts: Sequence[str], tokenizer: TextTokenizer, length: int, most_rows: int | None = None) -> np.ndarray:
    """Returns texts one after the other in rows `(n, length)` of ids, at most `most_rows` of them.

    Each row has a start, and each text an end, where the tokenizer has such marks. What is left over at the end, less
    than a row, is dropped.

    Raises:
        TypeError: For something else than strings.
        ValueError: For texts that fill no row.
    """
    require_strings(texts)
    begin, end = ([id] if id else [] for id in (tokenizer.start_id, tokenizer.end_id))
    encoded = (tokenizer.encode([text], most_tokens(text), marks=False)[0] for text in texts)
    tokens = itertools.chain.from_iterable((*ids[ids != PADDING_ID].tolist(), *end) for ids in encoded)
    per_row = length - len(begin)
    stream = list(tokens if most_rows is None else itertools.islice(tokens, most_rows * per_row))
    count = len(stream) // per_row
    if not count:
        raise ValueError(f"The texts have {len(stream)} tokens together. Expected at least a row of {per_row}.")
    rows = np.array(stream[: count * per_row], "int32").reshape(count, per_row)
    return np.concatenate([np.full((count, len(begin)), tokenizer.start_id, "int32"), rows], axis=1)
