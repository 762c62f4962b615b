"""Guesses before a result: `guess` notes what a learner expects, `reveal` lays beside it what came."""

import math
from dataclasses import dataclass
from typing import Any

from ftlib.course.answers import describe, is_blank, number
from ftlib.course.lessons import Prediction, list_lessons, load_guess_texts, load_predictions
from ftlib.course.texts import fill, wrap
from ftlib.errors import unknown
from ftlib.language import language

# Of this Python process, which in a notebook is its kernel: nothing is written down anywhere.
_noted_guesses: dict[str, float | str] = {}
_is_near: dict[str, bool] = {}  # of the guesses whose outcome has been revealed


@dataclass(frozen=True, repr=False)
class Guess:
    """What `guess` and `reveal` return; a notebook shows the message as text.

    Attributes:
        value: The learner's guess as it is kept: a share of 1 where the prediction is asked for in percent or points,
            another number, or a name. None where there is none.
        message: What to say about it, in the learner's language.
        is_near: Whether it was near, or the right name; None before the outcome, and without a guess.
    """

    value: float | str | None
    message: str
    is_near: bool | None = None

    @property
    def number(self) -> float | None:
        """The guess where it is a number, to be drawn into a figure: `plots.bars(..., guess=came.number)`."""
        return None if isinstance(self.value, str) else self.value

    def __repr__(self):
        return wrap(self.message)


def guess(name: str, answer: Any) -> Guess:
    """Notes what a learner expects of the next result.

    No guess raises an error, and none is needed, so that a lesson runs from top to bottom whatever stands in it. It is
    kept in this Python process only.

    Args:
        name: Name of the prediction, such as `"00.p1"`.
        answer: A number or a name, as the lesson asks; percentages as 50 or "50 %", and also as a share between 0 and
            1. `...` and None count as no guess.

    Returns:
        A `Guess`, which a notebook shows as text.

    Raises:
        ValueError: For an unknown name.

    Example:
    >>> ft.guess("00.p1", 50)
    Noted. Validation accuracy of the guide's recipe: you guess 50 %.
    """
    prediction = _find_prediction(name)
    _noted_guesses.pop(name, None)
    _is_near.pop(name, None)
    if is_blank(answer) or answer == "":
        return Guess(None, _say("blank"))

    value = _read_name(prediction, answer) if prediction.names else _read_number(prediction, answer)
    if value is None:
        return Guess(None, _refuse(prediction, answer))
    _noted_guesses[name] = value
    return Guess(value, _say("noted", asked=str(prediction.asked), guess=_write(prediction, value)))


def reveal(name: str, outcome: float | str | None) -> Guess:
    """Lays what came beside what was guessed, and counts how many guesses were near so far.

    Args:
        name: As in `guess`.
        outcome: What came: a share of 1 where the prediction is asked for in percent or points, another number, or one
            of its names. None or NaN where nothing was measured.

    Returns:
        A `Guess`: its `number` is what a figure can draw, and a notebook shows the comparison as text.

    Raises:
        ValueError: For an unknown name, or an outcome that is none of the names to choose from.

    Example:
    >>> noted = ft.guess("00.p1", 50)
    >>> ft.reveal("00.p1", 0.72)
    Validation accuracy of the guide's recipe: 72 %. You guessed 50 %, 22 points too low. Near so
    far: 0 of 1.
    """
    prediction = _find_prediction(name)
    if prediction.names and outcome is not None and outcome not in prediction.names:
        raise unknown(f"outcome of {name}", outcome, prediction.names)

    asked = str(prediction.asked)
    noted = _noted_guesses.get(name)
    if outcome is None or (not isinstance(outcome, str) and not math.isfinite(outcome)):
        return Guess(noted, _say("unmeasured", asked=asked))
    if noted is None:
        return Guess(None, _say("outcome", asked=asked, outcome=_write(prediction, outcome)))

    is_near, message = _compare(prediction, noted, outcome)
    _is_near[name] = is_near
    score = _say("score", near=sum(_is_near.values()), count=len(_is_near))
    return Guess(noted, f"{message} {score}", is_near)


def prediction_names() -> list[str]:
    """Returns the names of all predictions, lesson by lesson."""
    return [name for number in list_lessons() for name in load_predictions(number)]


def _find_prediction(name) -> Prediction:
    if not isinstance(name, str):
        raise TypeError(f"The name of a prediction is a string, such as '00.p1'. Received: {describe(name)}.")

    lesson = name.partition(".")[0]
    predictions = load_predictions(lesson) if lesson in list_lessons() else {}
    if name not in predictions:
        raise unknown("prediction", name, list(predictions) or prediction_names())
    return predictions[name]


def _read_number(prediction, answer):
    """Returns a guess as it is kept, or None for what is no number, or no percentage."""
    written = answer.replace("%p", "").replace("%", "").replace(",", "").strip() if isinstance(answer, str) else answer
    try:
        value = number(float(written) if isinstance(written, str) else written)
    except ValueError:  # words
        return None
    if value is None or prediction.unit == "":
        return value
    if prediction.unit == "percent" and not 0 <= value <= 100:
        return None
    is_share = prediction.unit == "percent" and 0 < value < 1 and not isinstance(answer, str)
    return value if is_share else value / 100


def _read_name(prediction, answer):
    folded = answer.strip().casefold() if isinstance(answer, str) else None
    return next((name for name in prediction.names if name.casefold() == folded), None)


def _refuse(prediction, answer):
    """Returns what to say of an answer that is not of the kind that is asked for."""
    kind = describe(answer)
    if prediction.names:
        return _say("expected_name", names=", ".join(prediction.names), kind=kind)
    if prediction.unit == "percent":
        return _say("expected_percentage", kind=kind)
    return _say("expected_number", kind=kind)


def _compare(prediction, noted, outcome):
    """Returns whether a guess was near the outcome, and the sentence that says so."""
    asked, guess_text, outcome_text = str(prediction.asked), _write(prediction, noted), _write(prediction, outcome)
    if prediction.names:
        if noted == outcome:
            return True, _say("same_name", asked=asked, outcome=outcome_text)
        return False, _say("other_name", asked=asked, outcome=outcome_text, guess=guess_text)

    distance = noted - outcome
    tolerance = prediction.near / (100 if prediction.unit else 1)
    if abs(distance) <= tolerance + 1e-9:
        return True, _say("near", asked=asked, outcome=outcome_text, guess=guess_text)
    distance_text = _write(prediction, abs(distance), is_difference=True)
    if distance > 0:
        return False, _say("too_high", asked=asked, outcome=outcome_text, guess=guess_text, distance=distance_text)
    return False, _say("too_low", asked=asked, outcome=outcome_text, guess=guess_text, distance=distance_text)


def _write(prediction, value, is_difference=False):
    """Returns a value with its unit, in the learner's language."""
    if isinstance(value, str):
        return value
    shown = 100 * value if prediction.unit else value
    whole = round(shown)
    digits = f"{whole:,}" if abs(shown - whole) < 0.05 and (prediction.unit or shown == whole) else f"{shown:,.3g}"
    in_korean = language() == "ko"
    if prediction.unit == "":
        return digits
    if prediction.unit == "points" or is_difference:
        return f"{digits}%p" if in_korean else f"{digits} points"
    return f"{digits}%" if in_korean else f"{digits} %"


def _say(key, /, **values):
    return fill(getattr(load_guess_texts()[key], language()), values)
