"""The documentation that lies on every learner's machine: the docstrings of the libraries that ftlib stands on."""

from __future__ import annotations

import collections
import functools
import importlib.util
import inspect
import math
import pathlib
import re
import zlib
from typing import NamedTuple

import numpy as np

from ftlib.models.tokenizer import TextTokenizer
from ftlib.tasks.task import Task
from ftlib.tasks.texts import Corpus, next_token_task, text_task

LIBRARIES = {
    "NumPy": "numpy", "SciPy": "scipy", "scikit-learn": "sklearn", "Keras": "keras", "Matplotlib": "matplotlib",
    "scikit-image": "skimage",
}  # fmt: skip
_DOCSTRING = re.compile(r'^[ \t]*[rRuU]?"""(.*?)"""', re.DOTALL | re.MULTILINE)
_LEFT_OUT = {"tests", "testing", "_vendor", "externals", "_externals", "__pycache__"}  # folders
_NAMES = re.compile(
    r"numpy|scipy|scikit|sklearn|keras|tensorflow|matplotlib|pyplot|skimage|\b(?:np|plt|mpl|tf|ski|axes)\b",
    re.IGNORECASE,
)
_PARTS = 20  # of the modules: one is tested, one validated
_SHORTEST, _LONGEST = 40, 240  # characters of a sentence
_VALIDATION_PER_CLASS, _TEST_PER_CLASS = 60, 120
_MOST_TRAIN_PAGES, _MOST_TEST_ROWS = 2000, 200  # of those that are cut into rows
DOCSTRING_SOURCE = (
    "Docstrings of NumPy, SciPy, scikit-learn, Keras, Matplotlib and scikit-image, as they are installed here"
)
DOCSTRING_LICENCE = "BSD-3-Clause, Apache-2.0 (Keras) and the Matplotlib licence"


class Docstring(NamedTuple):
    """A docstring: its library, the path of its module in the library, and its text."""

    library: str
    module: str
    text: str


@functools.lru_cache(maxsize=1)
def read_docstrings() -> tuple[Docstring, ...]:
    """Returns the docstrings of the `LIBRARIES` in their order, each text once, without importing the libraries.

    What they are depends on the versions that are installed.
    """
    found: dict[str, Docstring] = {}
    for library, package in LIBRARIES.items():
        spec = importlib.util.find_spec(package)
        for folder in (spec.submodule_search_locations or []) if spec else []:
            root = pathlib.Path(folder)
            for path in sorted(root.rglob("*.py")):
                module = path.relative_to(root)
                if _LEFT_OUT.isdisjoint(module.parts) and not module.name.startswith(("test_", "conftest")):
                    for text in _DOCSTRING.findall(path.read_text(encoding="utf-8", errors="replace")):
                        cleaned = inspect.cleandoc(text)
                        if cleaned:
                            found.setdefault(cleaned, Docstring(library, module.as_posix(), cleaned))
    return tuple(found.values())


def part_of_module(library: str, module: str) -> str:
    """Returns which split all docstrings of a module belong to, by a checksum of its path."""
    part = zlib.crc32(f"{library}/{module}".encode()) % _PARTS
    return {0: "test", 1: "validation"}.get(part, "train")


def load(
    labels_per_class: int | None = None,
    seed: int = 0,
    length: int | None = None,
    tokenizer: str | TextTokenizer = "minibert",
) -> Task:
    """Loads the task `docstrings`: which of six libraries a sentence of documentation was written for.

    The first sentence of each docstring, if it names none of the libraries. Validation and test are of modules that
    nothing is trained on.

    Args:
        labels_per_class: Training sentences per class; None takes all.
        seed: Which training sentences are drawn.
        length: Tokens of a text. Default None: as many as the tokenizer's network takes.
        tokenizer: A `Tokenizer`, or the name of one.

    Returns:
        A `Task` of kind `"text"`.

    Raises:
        ValueError: If `labels_per_class` is no whole number, or more than a class has.
    """
    return text_task(read_corpus(), labels_per_class, seed, length, tokenizer)


def read_corpus() -> Corpus:
    """Returns the sentences of the task `docstrings` with their libraries, in three parts."""
    rows: dict[str, list[tuple[str, int]]] = {"train": [], "validation": [], "test": []}
    counts: collections.Counter[tuple[str, int]] = collections.Counter()
    most = {"validation": _VALIDATION_PER_CLASS, "test": _TEST_PER_CLASS}
    names = list(LIBRARIES)
    seen = set()
    for library, module, text in _shuffled(read_docstrings()):
        sentence, label = first_sentence(text), names.index(library)
        part = part_of_module(library, module)
        is_wanted = _SHORTEST <= len(sentence) <= _LONGEST and not _NAMES.search(sentence) and sentence not in seen
        if is_wanted and counts[part, label] < most.get(part, math.inf):
            seen.add(sentence)
            counts[part, label] += 1
            rows[part].append((sentence, label))
    return Corpus(
        "docstrings",
        DOCSTRING_SOURCE,
        DOCSTRING_LICENCE,
        texts={part: [sentence for sentence, _ in part_rows] for part, part_rows in rows.items()},
        labels={part: [label for _, label in part_rows] for part, part_rows in rows.items()},
        class_names=names,
    )


def load_pages(
    labels_per_class: int | None = None,
    seed: int = 0,
    length: int | None = None,
    tokenizer: str | TextTokenizer = "minigpt",
) -> Task:
    """Loads the task `docstring_pages`: the next token of documentation, what `minigpt` was pre-trained on.

    Args:
        labels_per_class: How many rows of training, as there are no classes; None takes all.
        seed: Which rows are drawn.
        length: Tokens of a row. Default None: as many as the tokenizer's network takes.
        tokenizer: A `Tokenizer`, or the name of one.

    Returns:
        A `Task` of kind `"text"` with the objective `NextToken`. Validation and test are of modules that nothing is
        trained on.
    """
    texts: dict[str, list[str]] = {"train": [], "validation": [], "test": []}
    for library, module, text in _shuffled(read_docstrings()):
        texts[part_of_module(library, module)].append(text)
    texts["train"] = texts["train"][:_MOST_TRAIN_PAGES]
    corpus = Corpus("docstring_pages", DOCSTRING_SOURCE, DOCSTRING_LICENCE, texts)
    return next_token_task(corpus, labels_per_class, seed, length, tokenizer, most_test_rows=_MOST_TEST_ROWS)


def first_sentence(text: str) -> str:
    """Returns the first sentence of a docstring on one line.

    Example:
    >>> first_sentence("Return the sine.\\n\\nOf an angle.")
    'Return the sine.'
    """
    paragraph = " ".join(re.split(r"\n\s*\n", text)[0].split())
    return re.split(r"(?<=[.!?])\s", paragraph)[0]


def _shuffled(docstrings):
    order = np.random.default_rng(0).permutation(len(docstrings))
    return [docstrings[index] for index in order]
