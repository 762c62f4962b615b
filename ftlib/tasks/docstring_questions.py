"""Questions that documentation answers: the default and the type of a parameter."""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np

from ftlib.models.tokenizer import Tokenizer
from ftlib.models.vocabularies import require_tokenizer
from ftlib.objectives.span import AnswerSpan, Span
from ftlib.tasks.docstrings import DOCSTRING_LICENCE, DOCSTRING_SOURCE, part_of_module, read_docstrings
from ftlib.tasks.parts import PARTS
from ftlib.tasks.split import Split
from ftlib.tasks.task import Task

_PARAMETER = re.compile(r"^(\w+) : ([^\n]{2,60}?), default(?:=|: ?| )\s*([^\n]{1,30}?)\.?$", re.MULTILINE)
_AT_ONCE = 3  # parameters in a passage
_QUESTIONS = {"default": "What is the default of {name}?", "type": "What is the type of {name}?"}
_MOST_EVALUATED = {"validation": 200, "test": 300}


class Question(NamedTuple):
    """A question with the passage that answers it.

    Attributes:
        text: The question.
        passage: The passage.
        answer: What is right.
        begin: The character of the passage at which the answer begins.
    """

    text: str
    passage: str
    answer: str
    begin: int


def read_questions() -> dict[str, list[Question]]:
    """Returns questions by split: of each docstring with three parameters in a row whose defaults it names.

    A passage is three parameters with type and default, one a line. Each is asked for once: by turns for its default
    and its type. Passages of validation and test are of modules that nothing is trained on, and none is twice.
    """
    questions: dict[str, list[Question]] = {part: [] for part in PARTS}
    seen = set()
    for docstring in read_docstrings():
        part = part_of_module(docstring.library, docstring.module)
        found = _PARAMETER.findall(docstring.text)
        for first in range(0, len(found) - _AT_ONCE + 1, _AT_ONCE):
            parameters = found[first : first + _AT_ONCE]
            passage = "\n".join(f"{name} : {kind}, default={default}" for name, kind, default in parameters)
            if passage in seen or len({name for name, _, _ in parameters}) < _AT_ONCE:
                continue
            seen.add(passage)
            at = 0
            for number, (name, kind, default) in enumerate(parameters):
                begins = {"type": at + len(name) + 3, "default": at + len(name) + 3 + len(kind) + len(", default=")}
                wanted = "default" if (number + first) % 2 == 0 else "type"
                answer = default if wanted == "default" else kind
                questions[part].append(Question(_QUESTIONS[wanted].format(name=name), passage, answer, begins[wanted]))
                at = begins["default"] + len(default) + 1
    return questions


def load(
    labels_per_class: int | None = None,
    seed: int = 0,
    length: int | None = None,
    tokenizer: str | Tokenizer = "minibert",
) -> Task:
    """Loads the task `docstring_questions`: where in three lines of documentation the answer to a question stands.

    Args:
        labels_per_class: How many questions of training, as there are no classes; None takes all.
        seed: Which questions are drawn.
        length: Tokens of question and passage. Default None: as many as the tokenizer's network takes. Questions whose
            passage does not fit are left out.
        tokenizer: A `Tokenizer`, or the name of one.

    Returns:
        A `Task` of kind `"text"` with the objective `Span`.

    Raises:
        ValueError: For more questions than there are.
        TypeError: For a tokenizer that does not say which characters a token is.
    """
    chosen, length = require_tokenizer(tokenizer, length)
    if not isinstance(chosen, Tokenizer):
        raise TypeError(f"Answers are found by their characters, which {chosen!r} does not give. Take a ft.Tokenizer.")
    splits = {part: _make_split(part, questions, chosen, length) for part, questions in read_questions().items()}
    train = splits["train"]
    if labels_per_class is not None:
        if not 1 <= labels_per_class <= len(train):
            raise ValueError(
                f"There are {len(train)} questions to learn from. Received: labels_per_class={labels_per_class}."
            )
        drawn = np.random.default_rng(seed).permutation(len(train))[:labels_per_class]
        splits["train"] = train.take(np.sort(drawn))
    return Task(
        "docstring_questions",
        splits["train"],
        splits["validation"],
        splits["test"],
        class_names=(),
        source=DOCSTRING_SOURCE,
        licence=DOCSTRING_LICENCE,
        objective=Span(),
        kind="text",
        unknown_id=chosen.mask_id,
        tokenizer=chosen,
    )


def _make_split(part, questions, tokenizer, length):
    ids, offsets = tokenizer.encode_pairs(
        [question.text for question in questions], [question.passage for question in questions], length
    )
    targets = np.empty(len(questions), object)
    for row, question in enumerate(questions):
        targets[row] = AnswerSpan.from_text(question.passage, offsets[row], [question.answer], question.begin)
    is_whole = ids[:, -1] == 0  # nothing was cut
    rows = np.flatnonzero(is_whole & np.array([target.start >= 0 for target in targets]))
    rows = np.random.default_rng(0).permutation(rows)[: _MOST_EVALUATED.get(part)]
    return Split(ids[rows], targets[rows], [f"{part}/{row:06d}" for row in rows])
