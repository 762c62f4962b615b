"""What a learner reads: right, wrong, blank and odd answers, hints, solutions, the quiz."""

import re
import shutil
import sys

import keras
import numpy as np
import pytest

import ftlib as ft
import ftlib.course
from ftlib.course import checking, lessons

HANGUL = re.compile("[가-힣]")
CHECKS = """
from ftlib.course.answers import Mistake, as_number, call, near


def _half(answer):
    value = as_number(answer)
    if near(value, 50):
        return Mistake("in_percent")
    return None if near(value, 0.5) else Mistake("other_number", value=value)


def _double(function):
    return None if call(function, 4) == 8 else Mistake("not_double")


def _careless(answer):
    return None if answer.mean(axis=1)[0] > 0 else Mistake("too_small")


CHECKS = {"99.1": _half, "99.2": _double, "99.3": _careless}
"""
TEXTS = """
setup = "import ftlib as ft"

["99.1"]
solution = 'ft.check("99.1", 0.5)'
right = {en = "A half.", ko = "반입니다."}
hint = {en = "Half of one.", ko = "1의 절반."}
wrong.in_percent = {en = "That is in percent.", ko = "퍼센트 값입니다."}
wrong.other_number = {en = "It is not {value:g}.", ko = "{value:g}{은/는} 아닙니다."}

["99.2"]
solution = 'ft.check("99.2", lambda x: 2 * x)'
right = {en = "Yes.", ko = "네."}
hint = {en = "Twice.", ko = "두 배."}
wrong.not_double = {en = "For 4 expected 8.", ko = "4이면 8이어야 합니다."}

["99.3"]
solution = 'ft.check("99.3", ...)'
right = {en = "Yes.", ko = "네."}
hint = {en = "Rows.", ko = "행."}
wrong.too_small = {en = "Too small.", ko = "너무 작습니다."}

["99.q1"]
right = "b"
question = {en = "Which?", ko = "어느 것?"}
choice.a = {en = "This.", ko = "이것."}
why.a = {en = "It is not.", ko = "아닙니다."}
choice.b = {en = "That.", ko = "저것."}
why.b = {en = "It is.", ko = "그렇습니다."}
"""


@pytest.fixture(autouse=True)
def english(monkeypatch):
    monkeypatch.setenv("FTLIB_LANG", "en")


@pytest.fixture
def lesson(tmp_path, monkeypatch):
    """A lesson 99, the only one there is."""
    shutil.copy(lessons._FOLDER / "common.toml", tmp_path)
    (tmp_path / "lesson_99.py").write_text(CHECKS, encoding="utf-8")
    (tmp_path / "lesson_99.toml").write_text(TEXTS, encoding="utf-8")
    monkeypatch.setattr(lessons, "_FOLDER", tmp_path)
    monkeypatch.setattr(ftlib.course, "__path__", [*ftlib.course.__path__, str(tmp_path)])
    lessons.load_lesson.cache_clear()
    yield
    lessons.load_lesson.cache_clear()
    sys.modules.pop("ftlib.course.lesson_99", None)
    vars(ftlib.course).pop("lesson_99", None)


# --- check ------------------------------------------------------------------------------------------------


def test_a_right_answer_says_why(lesson):
    verdict = ft.check("99.1", 0.5)
    assert verdict.right is True and repr(verdict) == "A half."
    assert ft.check("99.1", np.float32(0.5)).right and ft.check("99.1", keras.ops.ones((1, 1)) / 2).right


def test_a_wrong_answer_says_what_is_wrong_with_it(lesson):
    verdict = ft.check("99.1", 50)
    assert verdict.right is False and repr(verdict) == "Not yet. That is in percent."
    assert repr(ft.check("99.1", 7)) == "Not yet. It is not 7."
    assert repr(ft.check("99.2", lambda x: x)) == "Not yet. For 4 expected 8."


def double(x):
    return ...


def unfinished(x):
    return x * ...


def nothing(x):
    pass


def unfinished_keras(x):
    return keras.ops.add(x, ...)


@pytest.mark.parametrize(
    "name, answer",
    [
        ("99.1", ...),
        ("99.1", None),
        ("99.1", (3, ...)),
        ("99.1", {"rate": ...}),
        ("99.2", double),
        ("99.2", nothing),
        ("99.2", unfinished),
        ("99.2", unfinished_keras),
    ],
)
def test_a_blank_is_not_wrong(lesson, name, answer):
    verdict = ft.check(name, answer)
    assert verdict.right is None and "Still blank" in verdict.message


@pytest.mark.parametrize(
    "answer, said",
    [
        ("0.5", "received '0.5' (str)"),
        (True, "received True"),
        (float("nan"), "received nan"),
        (np.zeros(3), "received ndarray (3,)"),
        ([1, 2], "received list (2)"),
        ((None, 3), "received tuple (2)"),
        (len, "received `len` (function)"),
        (keras.Sequential, "received `Sequential` (class)"),
        (keras.Input((3,)), "received KerasTensor (None, 3)"),
    ],
)
def test_what_is_no_number_is_named(lesson, answer, said):
    verdict = ft.check("99.1", answer)
    assert verdict.right is False and said in verdict.message


def test_a_model_for_a_number_is_named(lesson):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    assert "received Sequential" in ft.check("99.1", model).message


def test_an_error_of_the_learners_function_is_named_with_the_call(lesson):
    def broken(x):
        return x / 0

    verdict = ft.check("99.2", broken)
    assert verdict.right is False
    assert verdict.message == "Not yet. Calling `broken(4)` raised an error. ZeroDivisionError: division by zero"
    assert "takes 0 positional arguments" in ft.check("99.2", lambda: 8).message
    assert "Expected a function, received 8" in ft.check("99.2", 8).message


@pytest.mark.parametrize("answer", ["text", 3, np.zeros(3), object(), [], len, np.zeros((0, 3))])
def test_what_a_check_did_not_foresee_is_no_traceback(lesson, answer):
    verdict = ft.check("99.3", answer)
    assert verdict.right is False and verdict.message.startswith("Not yet. ")


def test_the_unforeseen_is_named(lesson):
    message = ft.check("99.3", "text").message
    assert "Received 'text' (str)" in message and "AttributeError" in message and "kind and shape" in message


# --- names ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("function", [lambda name: ft.check(name, 1), ft.hint, ft.solution])
def test_an_unknown_name_gets_the_nearest(lesson, function):
    with pytest.raises(ValueError, match=r"Unknown exercise '99.11'. Did you mean '99.1'\? Known: 99.1, 99.2"):
        function("99.11")
    with pytest.raises(ValueError, match="Unknown exercise 'nonsense'. Known: .*99.q1"):
        function("nonsense")
    with pytest.raises(TypeError, match="'05.1'. Received: 5.1"):
        function(5.1)


def test_names_are_those_of_all_lessons_in_order(lesson, tmp_path):
    (tmp_path / "lesson_98.toml").write_text('setup = ""', encoding="utf-8")
    (tmp_path / "lesson_98.py").write_text("CHECKS = {}", encoding="utf-8")
    assert lessons.list_lessons() == ["98", "99"]
    assert checking.names() == ["99.1", "99.2", "99.3", "99.q1"]


def test_only_the_lesson_that_is_asked_for_is_loaded(lesson, tmp_path):
    (tmp_path / "lesson_98.toml").write_text("not a data file", encoding="utf-8")
    assert ft.check("99.1", 0.5).right


# --- hint, solution, quiz ---------------------------------------------------------------------------------


def test_hint_and_solution_show_as_plain_text(lesson):
    assert repr(ft.hint("99.1")) == "Half of one." == ft.hint("99.1")
    assert repr(ft.solution("99.1")) == 'ft.check("99.1", 0.5)' == ft.solution("99.1")
    for function in (ft.hint, ft.solution):
        with pytest.raises(ValueError, match="99.q1 is a question"):
            function("99.q1")


@pytest.mark.parametrize("letter", ["b", "B", " b ", "b)", "(b)", "b.", "'b'", "b\n"])
def test_a_letter_is_taken_as_it_comes(lesson, letter):
    assert repr(ft.check("99.q1", letter)) == "Right. It is."


def test_a_wrong_choice_gets_its_own_explanation(lesson):
    verdict = ft.check("99.q1", "a")
    assert verdict.right is False and verdict.message == "Not yet. It is not."


@pytest.mark.parametrize("answer", [..., None, "...", ""])
def test_a_blank_choice_says_what_to_write(lesson, answer):
    verdict = ft.check("99.q1", answer)
    assert verdict.right is None and "a letter in quotes, one of a, b." in verdict.message


@pytest.mark.parametrize("answer", ["c", "ab", "That.", 2, True, ["b"], len, np.zeros(2)])
def test_no_choice_names_the_choices(lesson, answer):
    verdict = ft.check("99.q1", answer)
    assert verdict.right is False and "The choices are a, b" in verdict.message


def test_the_quiz_as_markdown(lesson):
    assert checking.quiz_text("99.q1", "en") == "**Which?**\n\n- **a.** This.\n- **b.** That."
    assert checking.quiz_text("99.q1", "ko") == "**어느 것?**\n\n- **a.** 이것.\n- **b.** 저것."
    with pytest.raises(ValueError, match="Unknown language 'fr'"):
        checking.quiz_text("99.q1", "fr")
    with pytest.raises(ValueError, match="99.1 is an exercise"):
        checking.quiz_text("99.1", "en")


# --- language ---------------------------------------------------------------------------------------------


def test_a_wrong_language_is_one_clear_error(lesson, monkeypatch):
    monkeypatch.setenv("FTLIB_LANG", "kor")
    with pytest.raises(ValueError, match="language in FTLIB_LANG 'kor'. Did you mean 'ko'"):
        ft.check("99.1", 1)


def test_everything_is_said_in_korean_too(lesson, monkeypatch):
    monkeypatch.setenv("FTLIB_LANG", "ko")
    answers = [("99.1", x) for x in (0.5, 50, ..., "0.5")] + [("99.2", 8), ("99.2", lambda: 8), ("99.3", "text")]
    answers += [("99.q1", x) for x in ("a", "b", "c", ...)]
    for name, answer in answers:
        assert HANGUL.search(repr(ft.check(name, answer))), (name, answer)
    assert repr(ft.check("99.1", 50)) == "아직 정답이 아닙니다. 퍼센트 값입니다."
    assert repr(ft.hint("99.1")) == "1의 절반."
    assert repr(ft.check("99.1", 7)) == "아직 정답이 아닙니다. 7은 아닙니다."
    assert repr(ft.check("99.1", 0.2)) == "아직 정답이 아닙니다. 0.2는 아닙니다."
