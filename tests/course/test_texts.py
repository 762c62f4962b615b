"""Texts in two languages: which one is read, how values are filled in, how lines are broken."""

import dataclasses

import pytest

from ftlib.course.checking import Verdict
from ftlib.course.lessons import Choice, Question
from ftlib.course.texts import Text, fill, wrap


def test_a_message_fits_the_cell():
    english, korean = "word " * 60, "한국어로 쓴 긴 문장은 " * 20
    assert max(map(len, wrap(english).splitlines())) <= 88
    assert max(map(len, repr(Verdict(False, korean)).splitlines())) <= 58  # syllables are two columns wide
    for text in (english, korean):
        assert wrap(text).split() == text.split()
    assert wrap("one\n  two\n\nthree") == "one\n  two\n\nthree"
    assert wrap("x" * 100) == "x" * 100 and "self-made" in wrap("a" * 82 + " self-made")


def test_values_are_filled_in_with_the_particle_that_suits_them():
    template = "{name}{을/를} {rate:.1g}{으로/로} 바꾸고 {name}{은/는} 그대로 둡니다."
    assert fill(template, {"name": "`decay`", "rate": 0.03}) == "`decay`를 0.03으로 바꾸고 `decay`는 그대로 둡니다."
    assert fill(template, {"name": "학습률", "rate": 1e-4}) == "학습률을 0.0001로 바꾸고 학습률은 그대로 둡니다."
    assert fill("{{}} {count}", {"count": 3}) == "{} 3"
    assert fill("no values", {}) == "no values"


def test_a_value_is_never_read_as_a_template():
    assert fill("{name}{이/가}", {"name": "{rate}{은/는}"}) == "{rate}{은/는}이"


def test_texts_cannot_be_changed_by_accident():
    nothing = Text("", "")
    for thing in (nothing, Verdict(True, ""), Choice(nothing, nothing, right=False), Question(nothing, {})):
        with pytest.raises(dataclasses.FrozenInstanceError):
            thing.text = thing.right = thing.en = None
