"""Predictions: what a learner may guess before a result, and what is said when it comes."""

import ast
import inspect
import re
import string

import numpy as np
import pytest

import ftlib as ft
from ftlib.course import guesses, lessons
from ftlib.course.lessons import list_lessons, load_guess_texts, load_predictions

HANGUL = re.compile("[가-힣]")
TEXTS = """
setup = ""

["99.p1"]
asked = {en = "Validation accuracy", ko = "검증 정확도"}
unit = "percent"
near = 5

["99.p2"]
asked = {en = "Weights that train", ko = "학습되는 가중치"}
near = 10

["99.p3"]
asked = {en = "Ahead", ko = "앞선 쪽"}
names = ["frozen", "scratch"]

["99.p4"]
asked = {en = "Lead", ko = "차이"}
unit = "points"
near = 2
"""


@pytest.fixture(autouse=True)
def english(monkeypatch):
    monkeypatch.setenv("FTLIB_LANG", "en")


@pytest.fixture(autouse=True)
def no_guesses(monkeypatch):
    monkeypatch.setattr(guesses, "_noted_guesses", {})
    monkeypatch.setattr(guesses, "_is_near", {})


@pytest.fixture
def lesson(tmp_path, monkeypatch):
    """A lesson 99, the only one there is."""
    (tmp_path / "lesson_99.toml").write_text(TEXTS, encoding="utf-8")
    load_guess_texts()  # from where it lies
    monkeypatch.setattr(lessons, "_FOLDER", tmp_path)
    lessons.load_predictions.cache_clear()
    yield
    lessons.load_predictions.cache_clear()


# --- a guess ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("blank", [..., None, "", (3, ...)])
def test_no_guess_is_one_calm_line_and_no_error(lesson, blank):
    noted = ft.guess("99.p1", blank)
    assert noted.value is None and repr(noted).startswith("No guess yet, and none is needed")
    assert "%" not in repr(ft.guess("99.p2", blank)) and "expected" not in repr(ft.guess("99.p3", blank)).lower()


@pytest.mark.parametrize("answer", [50, 50.0, 0.5, "50", "50 %", "50%", np.float32(50)])
def test_a_percentage_may_be_written_in_any_way(lesson, answer):
    noted = ft.guess("99.p1", answer)
    assert noted.value == noted.number == 0.5 and repr(noted) == "Noted. Validation accuracy: you guess 50 %."


def test_a_number_a_name_and_points_are_kept_as_what_they_are(lesson):
    assert ft.guess("99.p2", "1,290").value == 1290 and "1,290" in repr(ft.guess("99.p2", 1290))
    assert ft.guess("99.p3", " Frozen ").value == "frozen" and ft.guess("99.p3", "frozen").number is None
    assert ft.guess("99.p4", -3).value == -0.03 and ft.guess("99.p4", 0.5).value == 0.005
    assert ft.guess("99.p4", "4%p").value == 0.04


@pytest.mark.parametrize(
    "name, answer, said",
    [
        ("99.p1", 250, "from 0 to 100, such as 50. Received: 250"),
        ("99.p1", "half", "Received: 'half' (str)"),
        ("99.p1", float("nan"), "Received: nan"),
        ("99.p2", len, "Expected a number. Received: `len`"),
        ("99.p2", True, "Received: True"),
        ("99.p3", 3, "Expected one of frozen, scratch, in quotes. Received: 3"),
        ("99.p3", "both", "'both' (str)"),
    ],
)
def test_what_is_no_guess_is_said_and_not_noted(lesson, name, answer, said):
    refused = ft.guess(name, answer)
    assert refused.value is None and said in refused.message and "Nothing is noted" in refused.message
    assert ft.reveal(name, "frozen" if name == "99.p3" else 0.5).value is None


def test_an_unknown_name_gets_the_nearest(lesson):
    for function in (ft.guess, ft.reveal):
        with pytest.raises(ValueError, match=r"Unknown prediction '99.p11'. Did you mean '99.p1'"):
            function("99.p11", 1)
        with pytest.raises(TypeError, match="'00.p1'. Received: 5.1"):
            function(5.1, 1)


# --- what came --------------------------------------------------------------------------------------------


def test_without_a_guess_only_what_came_is_said(lesson):
    came = ft.reveal("99.p1", 0.715)
    assert repr(came) == "Validation accuracy: 71.5 %." and came.number is None and came.is_near is None


def test_a_number_is_compared_in_words(lesson):
    ft.guess("99.p1", 70)
    assert repr(ft.reveal("99.p1", 0.72)) == "Validation accuracy: 72 %. You guessed 70 %: near. Near so far: 1 of 1."
    ft.guess("99.p2", 1280)
    assert "1,290. You guessed 1,280: near. Near so far: 2 of 2." in ft.reveal("99.p2", 1290).message
    ft.guess("99.p2", 100)
    assert "You guessed 100, 1,190 too low. Near so far: 1 of 2." in ft.reveal("99.p2", 1290).message
    ft.guess("99.p4", 10)
    assert "Lead: 0.5 points. You guessed 10 points, 9.5 points too high." in ft.reveal("99.p4", 0.005).message


def test_the_edge_of_near_is_near(lesson):
    ft.guess("99.p1", 77)
    assert ft.reveal("99.p1", 0.72).is_near is True
    ft.guess("99.p1", 77.2)
    assert ft.reveal("99.p1", 0.72).is_near is False


def test_a_name_is_right_or_another(lesson):
    ft.guess("99.p3", "frozen")
    assert ft.reveal("99.p3", "frozen").message.startswith("Ahead: frozen, as you guessed.")
    ft.guess("99.p3", "scratch")
    assert ft.reveal("99.p3", "frozen").message == "Ahead: frozen. You guessed scratch. Near so far: 0 of 1."
    with pytest.raises(ValueError, match="outcome of 99.p3 'both'"):
        ft.reveal("99.p3", "both")


@pytest.mark.parametrize("outcome", [None, float("nan")])
def test_what_was_not_measured_does_not_count(lesson, outcome):
    ft.guess("99.p1", 50)
    assert ft.reveal("99.p1", outcome).message == "Validation accuracy: not measured here."
    assert guesses._is_near == {}


def test_a_guess_may_be_changed_and_taken_back_and_counts_once(lesson):
    for answer in (10, 90, 71):
        ft.guess("99.p1", answer)
        ft.reveal("99.p1", 0.72)
    assert "1 of 1" in ft.reveal("99.p1", 0.72).message
    ft.guess("99.p1", ...)
    assert ft.reveal("99.p1", 0.72).message == "Validation accuracy: 72 %."


def test_everything_is_said_in_korean_too(lesson, monkeypatch):
    monkeypatch.setenv("FTLIB_LANG", "ko")
    assert repr(ft.guess("99.p1", 50)) == "적어 두었습니다. 검증 정확도: 예측은 50%입니다."
    assert "22%p 낮았습니다" in ft.reveal("99.p1", 0.72).message
    assert "지금까지 가까웠던 예측: 1개 중 0개." in ft.reveal("99.p1", 0.72).message
    for name, answer in (("99.p1", ...), ("99.p1", "half"), ("99.p2", len), ("99.p3", 3), ("99.p3", "frozen")):
        assert HANGUL.search(repr(ft.guess(name, answer)))


# --- the tables -------------------------------------------------------------------------------------------

PREDICTIONS = {name: p for number in list_lessons() for name, p in load_predictions(number).items()}


@pytest.mark.parametrize("name", PREDICTIONS)
def test_a_prediction_says_what_is_asked_in_both_languages(name):
    prediction = PREDICTIONS[name]
    assert re.fullmatch(r"\d\d[a-z]?\.p\d+", name)
    assert not HANGUL.search(prediction.asked.en) and HANGUL.search(prediction.asked.ko)
    assert prediction.asked.en[0].isupper() and not prediction.asked.en.endswith(".")
    assert bool(prediction.names) != bool(prediction.near or prediction.unit), "a number has a unit or a nearness"
    assert len(prediction.names) != 1


def fields(template):
    return {name for _, name, _, _ in string.Formatter().parse(re.sub("{[가-힣]+/[가-힣]+}", "", template)) if name}


def test_every_sentence_is_used_and_agrees_with_its_values():
    said = {}
    for call in ast.walk(ast.parse(inspect.getsource(guesses))):
        if isinstance(call, ast.Call) and getattr(call.func, "id", None) == "_say":
            said.setdefault(call.args[0].value, []).append({keyword.arg for keyword in call.keywords})
    texts = load_guess_texts()
    assert set(said) == set(texts)
    for key, text in texts.items():
        assert fields(text.en) == fields(text.ko) and all(fields(text.en) == values for values in said[key]), key
        assert HANGUL.search(text.ko) or key == "outcome"
