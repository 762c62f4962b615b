"""What the checks share: how to look at an answer, and how to say what was found in it."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np


class Mistake:
    """What a check has found wrong with an answer.

    Args:
        key: Names the sentence in the lesson's data file, under `wrong` of the exercise; else one in `common.toml`.
        values: What the sentence is filled with.
    """

    def __init__(self, key: str, /, **values: Any):
        self.key = key
        self.values = values


class Blank(Exception):
    """The answer is still to be written; `mistake`, if any, says it in other words than all exercises do."""

    def __init__(self, mistake: Mistake | None = None):
        super().__init__()
        self.mistake = mistake


class Failed(Exception):
    """The answer cannot be checked any further; `mistake` says why."""

    def __init__(self, mistake: Mistake):
        super().__init__(mistake.key, mistake.values)
        self.mistake = mistake


def is_blank(answer: Any) -> bool:
    """Whether an answer, or a part of it, is still the placeholder of the exercise."""
    if isinstance(answer, (tuple, list)):  # in these, None may be meant: a shape is (None, 32, 32, 1)
        return any(part is Ellipsis for part in answer)
    if isinstance(answer, dict):
        return any(part is Ellipsis for part in answer.values())
    return answer is None or answer is Ellipsis


def stumbled_on_blank(error: Exception) -> bool:
    """Whether an error comes from a `...` that is left in the code, such as `2 * ...`."""
    return "ellipsis" in str(error).lower()


def call(function: Callable, *args: Any) -> Any:
    """Calls a learner's function and returns what it returned.

    It gets copies of the arrays among `args`, so that it cannot change what the check goes on to compare with.

    Raises:
        Blank: If it returns nothing yet.
        Failed: If it is no function, or raises an error.
    """
    if not callable(function):
        raise Failed(Mistake("expected_function", kind=describe(function)))

    copied_args = [arg.copy() if isinstance(arg, np.ndarray) else arg for arg in args]
    try:
        answer = function(*copied_args)
    except Exception as error:
        if stumbled_on_blank(error):
            raise Blank from error
        name = getattr(function, "__name__", type(function).__name__)
        call_as_written = f"{name}({', '.join(map(_shorten, args))})"
        raise Failed(Mistake("raised_error", call=call_as_written, error=first_line(error))) from error

    if is_blank(answer):
        raise Blank
    return answer


def number(answer: Any) -> float | None:
    """Returns an answer as a float, or None if it is no single finite number."""
    if isinstance(answer, (bool, np.bool_, str, bytes)):
        return None
    try:
        value = np.asarray(answer, dtype="float64")
    except Exception:  # a tensor without a value, a model: each has an error of its own
        return None
    return float(value.reshape(-1)[0]) if value.size == 1 and np.isfinite(value).all() else None


def as_number(answer: Any) -> float:
    """Returns an answer as a float.

    Raises:
        Failed: If it is no single finite number; `check` then says what came instead.
    """
    value = number(answer)
    if value is None:
        raise Failed(no_number(answer))
    return value


def near(value: float, wanted: float, relative: float = 1e-3) -> bool:
    """Whether a number equals another up to a relative difference."""
    return bool(abs(value - wanted) <= relative * max(abs(wanted), 1e-12))


def recognize(value: float, mistakes: list[tuple[float, Mistake]], relative: float = 1e-3) -> Mistake | None:
    """Returns what to say of a wrong number that is known, or None if it is not.

    Args:
        value: The learner's number.
        mistakes: The numbers that known mistakes lead to, each with its `Mistake`. The first that is near counts.
        relative: As in `near`.
    """
    for mistaken_value, mistake in mistakes:
        if near(value, mistaken_value, relative):
            return mistake
    return None


def no_number(answer: Any) -> Mistake:
    """Returns what to say of an answer that should have been a number."""
    return Mistake("expected_number", kind=describe(answer))


def describe(answer: Any) -> str:
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


def first_line(error: Exception) -> str:
    """Returns the kind of an error and the first line of what it says."""
    text = f"{type(error).__name__}: {error}".strip().splitlines()[0].removesuffix(":")
    return text if len(text) <= 200 else text[:199] + "…"


def _shorten(argument):
    """Returns an argument as it stands in a message about a call."""
    if isinstance(argument, (bool, int, float, str, type(None), tuple)) and len(repr(argument)) <= 24:
        return repr(argument)
    return describe(argument)
