"""What an exercise is made of, and what a learner gets to read."""

import os
import pathlib
import re
import textwrap
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ftlib.errors import unknown

LANGUAGES = ("en", "ko")
_WIDTH = 88  # columns of a message


class Message(str):
    """A text that a notebook shows as it is, without quotes."""

    def __repr__(self):
        return str(self)


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
        return "\n".join(textwrap.fill(line, _WIDTH) for line in self.message.splitlines())


@dataclass(frozen=True)
class Exercise:
    """Something to write.

    Args:
        check: Takes the answer; returns None if it is right, else a `Text`: what is wrong with it.
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
    """The learner's function raised an error; the message says which, in both languages."""

    def __init__(self, text):
        super().__init__(text.en)
        self.text = text


def language():
    """Returns `"en"` or `"ko"`: FTLIB_LANG, else the folder that the notebook lies in, else English."""
    wanted = os.environ.get("FTLIB_LANG")
    if wanted:
        if wanted not in LANGUAGES:
            raise unknown("language in FTLIB_LANG", wanted, LANGUAGES)
        return wanted
    # JupyterLab names the notebook; elsewhere a kernel starts in the folder of its notebook.
    place = pathlib.PurePath(os.environ.get("JPY_SESSION_NAME", "")).parts[:-1] or pathlib.Path.cwd().parts
    return "ko" if place and place[-1] == "ko" else "en"


def is_blank(answer):
    """Whether an answer is still the placeholder of the exercise."""
    return answer is None or answer is Ellipsis


def call(function, *args):
    """Calls a learner's function.

    Raises:
        Blank: If it returns nothing yet.
        Failed: If it raises an error.
    """
    try:
        answer = function(*args)
    except Exception as error:
        name = getattr(function, "__name__", "the function")
        said = f"{type(error).__name__}: {error}"
        raise Failed(
            Text(
                f"Calling `{name}` raised an error. {said}",
                f"`{name}`을(를) 부르자 오류가 났습니다. {said}",
            )
        ) from error
    if is_blank(answer):
        raise Blank
    return answer


def number(answer):
    """Returns an answer as a float, or None if it is no single finite number."""
    if isinstance(answer, (bool, str, bytes)):
        return None
    try:
        value = np.asarray(answer, dtype="float64")
    except (TypeError, ValueError):
        return None
    return float(value.reshape(-1)[0]) if value.size == 1 and np.isfinite(value).all() else None


def near(value, wanted, relative=1e-3):
    """Whether a number equals another up to a relative difference."""
    return abs(value - wanted) <= relative * max(abs(wanted), 1e-12)


def no_number(answer):
    """Returns what to say of an answer that should have been a number."""
    kind = re.sub(r"^(numpy|keras)\.", "", type(answer).__name__)
    return Text(
        f"Expected one number, received {kind}.",
        f"숫자 하나가 와야 하는데 {kind}이(가) 왔습니다.",
    )
