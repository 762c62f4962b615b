"""What an exercise is made of, and what a learner gets to read."""

import os
import pathlib
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ftlib.errors import unknown

LANGUAGES = ("en", "ko")
_WIDTH = 88  # columns of a message


class Code(str):
    """Code that a notebook shows as it is, without quotes."""

    def __repr__(self):
        return str(self)


class Message(str):
    """A text that a notebook shows without quotes, in lines that fit a cell."""

    def __repr__(self):
        return wrap(self)


@dataclass(frozen=True)
class Text:
    """A text in both languages; `str(text)` is the one for this reader."""

    en: str
    ko: str

    def __str__(self):
        return getattr(self, language())


@dataclass(frozen=True, repr=False)
class Verdict:
    """What `check` returns: whether the answer is `right` (None: still blank), and a `message` that says why."""

    right: bool | None
    message: str

    def __repr__(self):
        return wrap(self.message)


@dataclass(frozen=True)
class Exercise:
    """Something to write.

    Args:
        check: Takes the answer; returns None if it is right, else a `Text`: what is wrong with this one. It may
            use `call` and `as_number`, and need not foresee every kind of answer.
        right: Said of a right answer: why it is right, or what it is good for.
        hint: What to think of.
        solution: Code that runs after `setup`; its last line is the check.
        setup: What the lesson has defined by then, for the tests.
    """

    check: Callable
    right: Text
    hint: Text
    solution: str
    setup: str = "import ftlib as ft"


@dataclass(frozen=True)
class Choice:
    """One answer to choose, and what to say to those who chose it."""

    text: Text
    why: Text
    right: bool = False


@dataclass(frozen=True)
class Question:
    """A question of a quiz with its choices by letter, one of them right."""

    text: Text
    choices: dict


class Blank(Exception):
    """The answer is still to be written."""


class Failed(Exception):
    """The answer cannot be checked any further; the message says why, in both languages."""

    def __init__(self, text):
        super().__init__(text.en)
        self.text = text


def language():
    """Returns `"en"` or `"ko"`: FTLIB_LANG, else the folder that the notebook lies in, else English.

    Raises:
        ValueError: For an FTLIB_LANG that is neither.
    """
    wanted = os.environ.get("FTLIB_LANG", "").strip().lower()
    if wanted:
        if wanted not in LANGUAGES:
            raise unknown("language in FTLIB_LANG", wanted, LANGUAGES)
        return wanted
    # JupyterLab names the notebook. The last folder counts: somebody's home may be called `ko`.
    notebook = re.split(r"[/\\]", os.environ.get("JPY_SESSION_NAME", ""))[:-1]
    named = [folder for folder in notebook if folder in LANGUAGES]
    if named:
        return named[-1]
    # Elsewhere a kernel starts in the folder of its notebook.
    return "ko" if pathlib.Path.cwd().name == "ko" else "en"


def wrap(text):
    """Returns a text in lines of at most 88 columns, of which a Hangul syllable takes two. Breaks at spaces only."""
    lines = []
    for paragraph in str(text).split("\n"):
        line = ""
        for word in re.findall(r"\s*\S+", paragraph):
            if line.strip() and _columns(line + word) > _WIDTH:
                lines.append(line)
                word = word.lstrip()
                line = ""
            line += word
        lines.append(line)
    return "\n".join(lines)


def _columns(text):
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def is_blank(answer):
    """Whether an answer, or a part of it, is still the placeholder of the exercise."""
    if isinstance(answer, (tuple, list)):  # in these, None may be meant: a shape is (None, 32, 32, 1)
        return any(part is Ellipsis for part in answer)
    if isinstance(answer, dict):
        return any(part is Ellipsis for part in answer.values())
    return answer is None or answer is Ellipsis


def stumbled_on_blank(error):
    """Whether an error comes from a `...` that is left in the code, such as `2 * ...`."""
    return "ellipsis" in str(error).lower()


def call(function, *args):
    """Calls a learner's function and returns what it returned.

    It gets copies of the arrays among `args`, so that it cannot change what the check goes on to compare with.

    Raises:
        Blank: If it returns nothing yet.
        Failed: If it is no function, or raises an error.
    """
    if not callable(function):
        raise Failed(expected(function, "a function", "함수가"))
    given = [arg.copy() if isinstance(arg, np.ndarray) else arg for arg in args]
    try:
        answer = function(*given)
    except Exception as error:
        if stumbled_on_blank(error):
            raise Blank from error
        name = getattr(function, "__name__", type(function).__name__)
        called, said = f"{name}({', '.join(map(_in_short, args))})", first_line(error)
        raise Failed(
            Text(
                f"Calling `{called}` raised an error. {said}",
                f"`{called}` 함수를 호출했더니 오류가 났습니다. {said}",
            )
        ) from error
    if is_blank(answer):
        raise Blank
    return answer


def number(answer):
    """Returns an answer as a float, or None if it is no single finite number."""
    if isinstance(answer, (bool, np.bool_, str, bytes)):
        return None
    try:
        value = np.asarray(answer, dtype="float64")
    except Exception:  # a tensor without a value, a model: each has an error of its own
        return None
    return float(value.reshape(-1)[0]) if value.size == 1 and np.isfinite(value).all() else None


def as_number(answer):
    """Returns an answer as a float.

    Raises:
        Failed: If it is no single finite number; `check` then says what came instead.
    """
    value = number(answer)
    if value is None:
        raise Failed(no_number(answer))
    return value


def near(value, wanted, relative=1e-3):
    """Whether a number equals another up to a relative difference."""
    return bool(abs(value - wanted) <= relative * max(abs(wanted), 1e-12))


def no_number(answer):
    """Returns what to say of an answer that should have been a number."""
    return expected(answer, "one number", "숫자 하나가")


def expected(answer, en, ko, more=None):
    """Returns what to say of an answer of another kind than the one that is asked for.

    Args:
        answer: What came.
        en: What should have come.
        ko: The same, with its particle.
        more: `Text` of what to do, if that is not plain.
    """
    kind, (en_more, ko_more) = describe(answer), (f" {more.en}", f" {more.ko}") if more else ("", "")
    return Text(f"Expected {en}, received {kind}.{en_more}", f"{ko} 와야 하는데, 받은 것은 {kind}입니다.{ko_more}")


def describe(answer):
    """Returns what an answer is, in terms of Python, which suit a message in either language.

    Example:
    >>> describe("97 %"), describe(np.zeros((2, 3))), describe(len), describe(float("nan"))
    ("'97 %' (str)", 'ndarray (2, 3)', '`len` (function)', 'nan')
    """
    kind = re.sub(r"^_+", "", type(answer).__name__)
    if isinstance(answer, str):
        return f"{answer[:40]!r} (str)"
    if isinstance(answer, (bool, int, float, complex, np.number, np.bool_)):
        return str(answer)[:40]
    if isinstance(answer, type):
        return f"`{answer.__name__}` (class)"
    if hasattr(answer, "__name__") and callable(answer):
        return f"`{answer.__name__}` (function)"
    if isinstance(answer, (tuple, list, dict, set)):
        return f"{kind} ({len(answer)})"
    try:
        return f"{kind} {tuple(answer.shape)}"
    except Exception:  # it has none, or none that is known
        return kind


def _in_short(argument):
    """Returns an argument as it stands in a message about a call."""
    if isinstance(argument, (bool, int, float, str, type(None), tuple)) and len(repr(argument)) <= 24:
        return repr(argument)
    return describe(argument)


def first_line(error):
    """Returns the kind of an error and the first line of what it says."""
    text = f"{type(error).__name__}: {error}".strip().splitlines()[0].removesuffix(":")
    return text if len(text) <= 200 else text[:199] + "…"
