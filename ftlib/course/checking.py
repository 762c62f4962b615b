"""Exercises and quizzes of the lessons: `check` an answer, ask for a `hint`, look at the `solution`."""

from dataclasses import dataclass
from typing import Any

from ftlib.course.answers import Blank, Failed, Mistake, describe, first_line, is_blank, stumbled_on_blank
from ftlib.course.lessons import Exercise, Question, list_lessons, load_common_texts, load_lesson
from ftlib.course.texts import Code, Message, fill, wrap
from ftlib.errors import unknown
from ftlib.language import LANGUAGES, language

__all__ = ["Verdict", "check", "hint", "names", "quiz_text", "solution"]


@dataclass(frozen=True, repr=False)
class Verdict:
    """What `check` returns: whether the answer is `right` (None: still blank), and a `message` that says why."""

    right: bool | None
    message: str

    def __repr__(self):
        return wrap(self.message)


def check(name: str, answer: Any) -> Verdict:
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
    task = _find_task(name)
    if isinstance(task, Question):
        return _check_choice(task, answer)

    try:
        mistake = _examine(task, answer)
    except Blank as blank:
        return Verdict(None, _say(blank.mistake or Mistake("blank"), task))
    if mistake is None:
        return Verdict(True, str(task.right))
    return Verdict(False, f"{_say(Mistake('not_yet'))} {_say(mistake, task)}")


def hint(name: str) -> Message:
    """Returns what to think of in an exercise, as text.

    Args:
        name: As in `check`.

    Raises:
        ValueError: For an unknown name, or a question, which has none.

    Example:
    >>> ft.hint("06.3")
    Two phases: ...
    """
    return Message(_find_exercise(name).hint)


def solution(name: str) -> Code:
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
    return Code(_find_exercise(name).solution)


def names() -> list[str]:
    """Returns the names of all exercises and questions, lesson by lesson."""
    return [name for number in list_lessons() for name in load_lesson(number)]


def quiz_text(name: str, language: str) -> str:
    """Returns a question with its choices as Markdown, for the builder of the lessons.

    Args:
        name: Name of the question, such as `"05.q1"`.
        language: `"en"` or `"ko"`.

    Raises:
        ValueError: For an unknown name or language, or the name of an exercise.
    """
    question = _find_task(name)
    if not isinstance(question, Question):
        raise ValueError(f"{name} is an exercise: it stands in the lesson itself. Expected a question.")
    if language not in LANGUAGES:
        raise unknown("language", language, LANGUAGES)

    lines = [f"**{getattr(question.text, language)}**", ""]
    lines += [f"- **{letter}.** {getattr(choice.text, language)}" for letter, choice in question.choices.items()]
    return "\n".join(lines)


def _examine(exercise, answer):
    """Returns the `Mistake` about an answer, None if it is right.

    Raises:
        Blank: If it is still to be written.
    """
    if is_blank(answer):
        raise Blank
    try:
        return exercise.check(answer)
    except Blank:
        raise
    except Failed as failed:
        return failed.mistake
    except Exception as error:  # an answer of a kind that the check did not foresee is the learner's, not a crash
        if stumbled_on_blank(error):
            raise Blank from error
        error_sentence = first_line(error).rstrip(".") + "."
        return Mistake("unforeseen", kind=describe(answer), error=error_sentence)


def _check_choice(question, answer):
    letters = ", ".join(question.choices)
    letter = answer.strip(" .()'\"\n").lower() if isinstance(answer, str) else None
    if is_blank(answer) or letter == "":
        return Verdict(None, _say(Mistake("blank_choice", letters=letters)))
    if letter not in question.choices:
        return Verdict(False, _say(Mistake("no_choice", letters=letters, answer=describe(answer))))

    choice = question.choices[letter]
    opening = Mistake("right") if choice.right else Mistake("not_yet")
    return Verdict(choice.right, f"{_say(opening)} {choice.why}")


def _say(mistake, exercise=None):
    """Returns the sentence for a mistake: the exercise's own, else the one that all exercises share."""
    own_texts = exercise.wrong if exercise else {}
    text = own_texts[mistake.key] if mistake.key in own_texts else load_common_texts()[mistake.key]
    return fill(getattr(text, language()), mistake.values)


def _find_task(name):
    if not isinstance(name, str):
        raise TypeError(f"The name of an exercise is a string, such as '05.1'. Received: {describe(name)}.")

    number = name.partition(".")[0]
    tasks = load_lesson(number) if number in list_lessons() else {}  # no other lesson is loaded
    if name not in tasks:
        raise unknown("exercise", name, list(tasks) or names())
    return tasks[name]


def _find_exercise(name):
    task = _find_task(name)
    if not isinstance(task, Exercise):
        raise ValueError(f"{name} is a question: each of its choices explains itself. Expected an exercise.")
    return task
