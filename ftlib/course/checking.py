"""Exercises and quizzes of the lessons: `check` an answer, ask for a `hint`, look at the `solution`."""

import importlib
import pkgutil

import ftlib.course
from ftlib.course.exercise import (
    LANGUAGES,
    Blank,
    Code,
    Failed,
    Message,
    Question,
    Text,
    Verdict,
    describe,
    first_line,
    is_blank,
    stumbled_on_blank,
)
from ftlib.errors import unknown

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
    "The choices are {letters}, as a letter in quotes. Received: {answer}.",
    "{letters} 가운데 하나를 따옴표로 감싸 쓰세요. 받은 답: {answer}.",
)
_UNFORESEEN = Text(
    "The answer could not be checked. Received {kind}; checking it raised {error} Is it of the kind and shape that the "
    "exercise asks for?",
    "답을 확인할 수 없었습니다. 받은 것은 {kind}이고, 확인하다가 오류가 났습니다. {error} 문제에서 묻는 종류와 모양이 "
    "맞는지 살펴보세요.",
)


def check(name, answer):
    """Checks an answer to an exercise or a quiz.

    No answer raises an error, so that a lesson runs from top to bottom whatever stands in it.

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
    try:
        wrong = Blank if is_blank(answer) else task.check(answer)
    except Blank:
        wrong = Blank
    except Failed as failed:
        wrong = failed.text
    except Exception as error:  # an answer of a kind that the check did not foresee is the learner's, not a crash
        wrong = Blank if stumbled_on_blank(error) else _unforeseen(answer, error)
    if wrong is Blank:
        return Verdict(None, str(_BLANK))
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
    >>> ft.hint("06.3")
    Two phases: ...
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
    return Code(_exercise(name).solution)


def names():
    """Returns the names of all exercises and questions, lesson by lesson."""
    found = []
    for module in sorted(m.name for m in pkgutil.iter_modules(ftlib.course.__path__) if m.name.startswith("lesson_")):
        lesson = importlib.import_module(f"ftlib.course.{module}")
        found += [*lesson.EXERCISES, *lesson.QUIZ]
    return found


def quiz_text(name, language):
    """Returns a question with its choices as Markdown, for the builder of the lessons.

    Args:
        name: Name of the question, such as `"05.q1"`.
        language: `"en"` or `"ko"`.

    Raises:
        ValueError: For an unknown name or language, or the name of an exercise.
    """
    question = _find(name)
    if not isinstance(question, Question):
        raise ValueError(f"{name} is an exercise: it stands in the lesson itself. Expected a question.")
    if language not in LANGUAGES:
        raise unknown("language", language, LANGUAGES)
    lines = [f"**{getattr(question.text, language)}**", ""]
    lines += [f"- **{letter}.** {getattr(choice.text, language)}" for letter, choice in question.choices.items()]
    return "\n".join(lines)


def _unforeseen(answer, error):
    words = {"kind": describe(answer), "error": first_line(error).rstrip(".") + "."}
    return Text(_UNFORESEEN.en.format(**words), _UNFORESEEN.ko.format(**words))


def _choose(question, answer):
    letters = ", ".join(question.choices)
    letter = answer.strip(" .()'\"\n").lower() if isinstance(answer, str) else None
    if is_blank(answer) or letter == "":
        return Verdict(None, str(_BLANK_CHOICE).format(letters=letters))
    if letter not in question.choices:
        return Verdict(False, str(_NO_CHOICE).format(letters=letters, answer=describe(answer)))
    choice = question.choices[letter]
    return Verdict(choice.right, f"{_RIGHT if choice.right else _NOT_YET} {choice.why}")


def _find(name):
    if not isinstance(name, str):
        raise TypeError(f"The name of an exercise is a string, such as '05.1'. Received: {describe(name)}.")
    lesson = name.partition(".")[0]
    modules = [m.name for m in pkgutil.iter_modules(ftlib.course.__path__)]
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
