"""Exercises and quizzes of the lessons: `check` an answer, ask for a `hint`, look at the `solution`."""

import importlib
import pkgutil

from ftlib.errors import unknown
from ftlib.exercises.base import Blank, Failed, Message, Question, Text, Verdict, is_blank

__all__ = ["check", "hint", "names", "quiz_text", "solution"]

_BLANK = Text(
    "Still blank: replace the `...` by your answer, then run the cell again.",
    "아직 비어 있습니다. `...` 자리에 답을 쓰고 셀을 다시 실행하세요.",
)
_BLANK_CHOICE = Text(
    "Still blank: replace the `...` by a letter in quotes, one of {letters}.",
    "아직 비어 있습니다. `...` 자리에 {letters} 가운데 하나를 따옴표로 감싸 쓰세요.",
)
_NOT_YET = Text("Not yet.", "아직 아닙니다.")
_RIGHT = Text("Right.", "맞았습니다.")
_NO_CHOICE = Text(
    "The choices are {letters}, as a letter in quotes. Received: {answer!r}.",
    "{letters} 가운데 하나를 따옴표로 감싸 쓰세요. 받은 답: {answer!r}.",
)
_UNFORESEEN = Text(
    "The answer is of another kind than asked for ({kind}), so that it could not be checked. {said}",
    "답의 종류({kind})가 문제에서 말한 것과 달라 확인할 수 없었습니다. {said}",
)


def check(name, answer):
    """Checks an answer to an exercise or a quiz.

    A wrong answer raises nothing, so that a lesson runs from top to bottom whatever stands in it.

    Args:
        name: Name of the exercise, such as `"05.1"`, or of the question, such as `"05.q1"`.
        answer: What the exercise asks for; for a question a letter. `...` or None count as blank.

    Returns:
        A `Verdict`, which a notebook shows as text: in Korean in the Korean edition, or with FTLIB_LANG=ko.

    Raises:
        ValueError: For an unknown name.

    Example:
    >>> ft.check("06.q1", ...)
    Still blank: replace the `...` by a letter in quotes, one of a, b, c.
    """
    task = _find(name)
    if isinstance(task, Question):
        return _choose(task, answer)
    if is_blank(answer):
        return Verdict(None, str(_BLANK))
    try:
        wrong = task.check(answer)
    except Blank:
        return Verdict(None, str(_BLANK))
    except Failed as failed:
        wrong = failed.text
    except Exception as error:  # an answer of a kind that the check did not foresee is the learner's, not a crash
        kind, said = type(answer).__name__, f"{type(error).__name__}: {error}"
        wrong = Text(*(text.format(kind=kind, said=said) for text in (_UNFORESEEN.en, _UNFORESEEN.ko)))
    if wrong is None:
        return Verdict(True, str(task.right))
    return Verdict(False, f"{_NOT_YET} {wrong}")


def hint(name):
    """Returns what to think of in an exercise, as text.

    Args:
        name: As in `check`.

    Raises:
        ValueError: For an unknown name, or a question, which has none.

    Example:
    >>> ft.hint("06.3")[:11]
    Two phases:
    """
    return Message(_exercise(name).hint)


def solution(name):
    """Returns the code of a right answer, ready to be pasted into the cell.

    Args:
        name: As in `check`.

    Raises:
        ValueError: For an unknown name, or a question: its choices explain themselves.

    Example:
    >>> ft.solution("06.1")
    ft.unfreeze(mine, last=2)
    ft.check("06.1", mine)
    """
    return Message(_exercise(name).solution)


def names():
    """Returns the names of all exercises and questions, lesson by lesson."""
    found = []
    for module in sorted(m.name for m in pkgutil.iter_modules(__path__) if m.name.startswith("lesson_")):
        lesson = importlib.import_module(f"{__name__}.{module}")
        found += [*lesson.EXERCISES, *lesson.QUIZ]
    return found


def quiz_text(name, language):
    """Returns a question with its choices as Markdown, for the builder of the lessons."""
    question = _find(name)
    lines = [f"**{getattr(question.text, language)}**", ""]
    lines += [f"- **{letter}.** {getattr(choice.text, language)}" for letter, choice in question.choices.items()]
    return "\n".join(lines)


def _choose(question, answer):
    letters = ", ".join(question.choices)
    if is_blank(answer):
        return Verdict(None, str(_BLANK_CHOICE).format(letters=letters))
    letter = answer.strip().strip(".)").lower() if isinstance(answer, str) else answer
    if not isinstance(letter, str) or letter not in question.choices:
        return Verdict(False, str(_NO_CHOICE).format(letters=letters, answer=answer))
    choice = question.choices[letter]
    return Verdict(choice.right, f"{_RIGHT if choice.right else _NOT_YET} {choice.why}")


def _find(name):
    lesson = str(name).partition(".")[0]
    modules = [m.name for m in pkgutil.iter_modules(__path__)]
    known = {}
    if f"lesson_{lesson}" in modules:  # no other lesson is loaded
        found = importlib.import_module(f"{__name__}.lesson_{lesson}")
        known = {**found.EXERCISES, **found.QUIZ}
    if name not in known:
        raise unknown("exercise", name, known or names())
    return known[name]


def _exercise(name):
    task = _find(name)
    if isinstance(task, Question):
        raise ValueError(f"{name} is a question: each of its choices explains itself. Expected an exercise.")
    return task
