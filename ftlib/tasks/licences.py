"""Legal English: the licences of the packages that are installed here."""

from __future__ import annotations

import functools
import importlib.metadata
import pathlib
import re
import zlib

from ftlib.models.tokenizer import TextTokenizer
from ftlib.tasks.task import Task
from ftlib.tasks.texts import Corpus, next_token_task

_FILE_NAME = re.compile(r"(licen[cs]e|copying|copyright|notice)", re.IGNORECASE)
_OTHER_SUFFIXES = (".py", ".pyc", ".json", ".html", ".js")
_FEWEST_WORDS, _LONGEST = 15, 2500  # words and characters of a paragraph
_MOST_SIGNS = 0.06  # of its characters: lists of files, code and addresses have more that are no letters
_SHINGLE = 8  # words
_MOST_KNOWN = 0.5  # of the shingles of a new paragraph
_PARTS = 5  # of the paragraphs' families: one is tested, one validated
_MOST_TEST_ROWS = 120


@functools.lru_cache(maxsize=1)
def read_paragraphs() -> dict[str, tuple[str, ...]]:
    """Returns the paragraphs of licences by split, none twice, nor nearly: most licences are copies of a few.

    A paragraph of which more than half the runs of eight words have been seen is left out. What they are depends on
    the packages that are installed.
    """
    texts = set()
    for package in importlib.metadata.distributions():
        for file in package.files or []:
            if _FILE_NAME.search(file.name) and not file.name.endswith(_OTHER_SUFFIXES):
                try:
                    texts.add(pathlib.Path(str(file.locate())).read_text(encoding="utf-8"))
                except (OSError, UnicodeDecodeError):
                    continue

    parts: dict[str, list[str]] = {"train": [], "validation": [], "test": []}
    known: set[tuple[str, ...]] = set()
    # The longest last: they are collections of the licences of others.
    for text in sorted(texts, key=lambda text: (len(text), text)):
        for paragraph in re.split(r"\n\s*\n", text):
            cleaned = " ".join(paragraph.split())
            words = re.sub(r"[^a-z ]", "", cleaned.lower()).split()
            shingles = {tuple(words[at : at + _SHINGLE]) for at in range(len(words) - _SHINGLE + 1)}
            if not _is_prose(cleaned, words):
                continue
            if len(shingles & known) <= _MOST_KNOWN * len(shingles):
                part = zlib.crc32(" ".join(words).encode()) % _PARTS
                parts[{0: "test", 1: "validation"}.get(part, "train")].append(cleaned)
            known |= shingles
    return {part: tuple(paragraphs) for part, paragraphs in parts.items()}


def _is_prose(paragraph: str, words: list[str]) -> bool:
    signs = len(re.sub(r"[A-Za-z\s,.;]", "", paragraph))
    return len(words) >= _FEWEST_WORDS and len(paragraph) <= _LONGEST and signs <= _MOST_SIGNS * len(paragraph)


def load(
    labels_per_class: int | None = None,
    seed: int = 0,
    length: int | None = None,
    tokenizer: str | TextTokenizer = "minigpt",
) -> Task:
    """Loads the task `licences`: the next token of legal English, as licences are written.

    Args:
        labels_per_class: How many rows of training, as there are no classes; None takes all.
        seed: Which rows are drawn.
        length: Tokens of a row. Default None: as many as the tokenizer's network takes.
        tokenizer: A tokenizer, or the name of one.

    Returns:
        A `Task` of kind `"text"` with the objective `NextToken`.
    """
    corpus = Corpus(
        "licences",
        source="Licences of the Python packages that are installed here, no paragraph twice",
        licence="Their authors allow copies",
        texts=read_paragraphs(),
    )
    return next_token_task(corpus, labels_per_class, seed, length, tokenizer, most_test_rows=_MOST_TEST_ROWS)
