"""Korean particles after numbers, signs, Latin words, Hangul and names in quotes."""

import pytest

from ftlib.course.korean import choose_particle, final_consonant


@pytest.mark.parametrize(
    "number, particle",
    [
        *(("0", "은"), ("1", "은"), ("2", "는"), ("3", "은"), ("4", "는"), ("5", "는"), ("6", "은"), ("7", "은")),
        *(("8", "은"), ("9", "는"), ("10", "은"), ("12", "는"), ("-3", "은"), ("-4", "는")),
        ("0.693", "은"),  # 영 점 육구삼
        ("0.5", "는"),
        ("1.0", "은"),  # 일 점 영
        ("0.25", "는"),
        ("1e-3", "은"),  # 일 이 마이너스 삼
        ("1e-4", "는"),
        ("1e-05", "는"),
        ("2.5E+10", "은"),  # 십
        ("1,280", "은"),  # 천이백팔십
        ("1,282", "는"),
        ("85 %", "는"),  # 퍼센트
        ("85%", "는"),
        ("3 %p", "는"),
    ],
)
def test_a_number_is_read_aloud(number, particle):
    assert choose_particle(number, "은", "는") == particle
    assert choose_particle(f"학습률 {number}", "은", "는") == particle


@pytest.mark.parametrize(
    "number, consonant",
    [
        *(("30", "ㅂ"), ("500", "ㄱ"), ("7000", "ㄴ"), ("20,000", "ㄴ"), ("100000", "ㄴ"), ("3,000,000", "ㄴ")),
        *(("100,000,000", "ㄱ"), ("5000000000", "ㄱ"), ("1000000000000", ""), ("1" + 16 * "0", "ㅇ")),
        *(("00", "ㅇ"), ("0.50", "ㅇ"), ("1e0", "ㅇ")),
    ],
)
def test_zeros_are_read_with_their_unit(number, consonant):
    assert final_consonant(number) == consonant


@pytest.mark.parametrize(
    "word, particle",
    [
        *(("서울", "로"), ("1", "로"), ("7", "로"), ("8", "로"), ("0.01", "로"), ("`model`", "로"), ("R", "로")),
        *(("책", "으로"), ("3", "으로"), ("0", "으로"), ("Adam", "으로"), ("100", "으로"), ("나무", "로"), ("2", "로")),
    ],
)
def test_after_rieul_ro_comes_without_eu(word, particle):
    assert choose_particle(word, "으로", "로") == particle


@pytest.mark.parametrize("letters, consonant", [("SGD", ""), ("GPU", ""), ("L", "ㄹ"), ("EWC", ""), ("LLM", "ㅁ")])
def test_abbreviations_are_read_by_their_letters(letters, consonant):
    assert final_consonant(letters) == consonant


@pytest.mark.parametrize(
    "word, consonant",
    [
        *(("adam", "ㅁ"), ("momentum", "ㅁ"), ("rmsprop", "ㅂ"), ("sgd", ""), ("lp_ft", ""), ("head", "")),
        *(("scratch", ""), ("feature_extraction_long", "ㅇ"), ("gradual", "ㄹ"), ("middle", "ㄹ"), ("tiny", "")),
        *(("stage3", "ㅁ"), ("stage2", ""), ("float16", "ㄱ"), ("MobileNetV2", ""), ("EfficientNetB0", "ㅇ")),
        *(("file", "ㄹ"), ("name", "ㅁ"), ("line", "ㄴ"), ("rate", ""), ("step", "ㅂ"), ("block", "ㄱ"), ("set", "ㅅ")),
        *(("dropout", "ㅅ"), ("light", ""), ("list", ""), ("network", ""), ("Regularization", "ㄴ"), ("nan", "ㄴ")),
    ],
)
def test_latin_words_are_read_as_they_are_transcribed(word, consonant):
    assert final_consonant(word) == consonant


@pytest.mark.parametrize(
    "text, particle",
    [
        ("`decay`", "를"),
        ("'tiny'", "를"),
        ('"학습률"', "을"),
        ("손실(0.3)", "을"),  # what stands in brackets is not read
        ("나무(3)", "를"),
        ("배열 (4, 3)", "을"),  # here it is the word itself
        ("배열 (4, 2)", "를"),
        ("값", "을"),
        ("자리", "를"),
        ("닭", "을"),
        ("", "를"),
        ("…", "를"),
    ],
)
def test_quotes_and_brackets_are_not_read(text, particle):
    assert choose_particle(text, "을", "를") == particle


def test_any_pair_of_forms_will_do():
    pairs = [("이", "가"), ("과", "와"), ("이어야", "여야"), ("이라고", "라고")]
    assert [choose_particle("삼", *pair) for pair in pairs] == ["이", "과", "이어야", "이라고"]
    assert [choose_particle("이", *pair) for pair in pairs] == ["가", "와", "여야", "라고"]
