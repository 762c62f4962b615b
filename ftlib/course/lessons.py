"""The exercises and quizzes of the lessons: their texts from `lesson_NN.toml`, their checks from `lesson_NN.py`."""

import functools
import importlib
import importlib.resources
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ftlib.course.answers import Mistake
from ftlib.course.texts import Text
from ftlib.errors import unknown

_FOLDER = importlib.resources.files("ftlib.course")
_UNITS = ("", "percent", "points")  # of a prediction


@dataclass(frozen=True)
class Exercise:
    """Something to write.

    Args:
        check: Takes the answer; returns None if it is right, else a `Mistake`: what is wrong with this one. It may
            use `call` and `as_number`, and need not foresee every kind of answer.
        right: Said of a right answer: why it is right, or what it is good for.
        hint: What to think of.
        wrong: Said of wrong answers, by the key of the mistake.
        solution: Code that runs after `setup`; its last line is the check.
        setup: What the lesson has defined by then, for the tests.
    """

    check: Callable[[Any], Mistake | None]
    right: Text
    hint: Text
    wrong: dict[str, Text]
    solution: str
    setup: str


@dataclass(frozen=True)
class Choice:
    """One answer to choose, and what to say to those who chose it."""

    text: Text
    why: Text
    right: bool


@dataclass(frozen=True)
class Question:
    """A question of a quiz with its choices by letter, one of them right."""

    text: Text
    choices: dict[str, Choice]


@dataclass(frozen=True)
class Prediction:
    """What a learner may predict before a cell runs.

    Args:
        asked: What the prediction is about, such as "Validation accuracy".
        unit: `"percent"`, `"points"` (of percentages), or `""` for another number.
        near: How far from the outcome a guess may lie to be called near, in the unit.
        names: The names to choose from, where no number is asked for.
    """

    asked: Text
    unit: str = ""
    near: float = 0.0
    names: tuple[str, ...] = ()


def list_lessons() -> list[str]:
    """Returns the numbers of the lessons that have exercises, such as `"05"` and `"01b"`, in order."""
    names = [file.name for file in _FOLDER.iterdir()]
    return sorted(name[len("lesson_") : -len(".toml")] for name in names if _is_lesson(name))


@functools.cache
def load_lesson(number: str) -> dict[str, Exercise | Question]:
    """Returns the exercises and questions of one lesson by name. No other lesson is loaded.

    Args:
        number: Number of the lesson, such as `"05"`.
    """
    checks = importlib.import_module(f"ftlib.course.lesson_{number}").CHECKS
    data = _read(f"lesson_{number}.toml")
    setup = data.pop("setup")

    tasks = {}
    for name, entry in data.items():
        if "asked" in entry:
            continue
        if "question" in entry:
            tasks[name] = _make_question(entry)
        else:
            tasks[name] = _make_exercise(entry, checks[name], setup)
    return tasks


@functools.cache
def load_predictions(number: str) -> dict[str, Prediction]:
    """Returns the predictions of one lesson by name.

    Args:
        number: Number of the lesson, such as `"05"`.
    """
    entries = _read(f"lesson_{number}.toml").items()
    return {name: _make_prediction(entry) for name, entry in entries if isinstance(entry, dict) and "asked" in entry}


@functools.cache
def load_guess_texts() -> dict[str, Text]:
    """Returns the sentences about guesses, by key."""
    return _make_texts(_read("guesses.toml"))


@functools.cache
def load_control_texts() -> dict[str, Text]:
    """Returns what stands on and beside the controls of figures to play with, by key."""
    return _make_texts(_read("controls.toml"))


@functools.cache
def load_common_texts() -> dict[str, Text]:
    """Returns the sentences that belong to no single exercise, by key."""
    return _make_texts(_read("common.toml"))


def _is_lesson(name):
    return name.startswith("lesson_") and name.endswith(".toml")


def _read(name):
    return tomllib.loads(_FOLDER.joinpath(name).read_text(encoding="utf-8"))


def _make_exercise(entry, check, setup):
    return Exercise(
        check=check,
        right=Text(**entry["right"]),
        hint=Text(**entry["hint"]),
        wrong=_make_texts(entry.get("wrong", {})),
        solution=entry["solution"],
        setup=entry.get("setup", setup),
    )


def _make_question(entry):
    choices = {}
    for letter, text in entry["choice"].items():
        why = Text(**entry["why"][letter])
        choices[letter] = Choice(Text(**text), why, right=letter == entry["right"])
    return Question(Text(**entry["question"]), choices)


def _make_prediction(entry):
    unit = entry.get("unit", "")
    if unit not in _UNITS:
        raise unknown("unit of a prediction", unit, _UNITS)
    return Prediction(Text(**entry["asked"]), unit, entry.get("near", 0.0), tuple(entry.get("names", ())))


def _make_texts(entries):
    return {key: Text(**languages) for key, languages in entries.items()}
