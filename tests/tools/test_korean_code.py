"""The code of the Korean edition: its words are Korean, everything else is as in English."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from lessons.korean import (  # noqa: E402
    Table,
    find_untranslated,
    find_words,
    read_table,
    skeleton,
    translate_cells,
    translate_code,
)
from lessons.source import Cell, LessonError  # noqa: E402


def translate(code, korean, common=None):
    return translate_code(code, Table(korean, common or {}, set()), "99_tiny")


def test_a_text_has_one_name_however_the_source_breaks_it():
    text = "Two rows of {n} images."
    for code in (
        'f(f"Two rows of {n} images.")',
        'f(f"Two rows "\n  f"of {n} images.")',
        "f('Two rows of ' f'{n} images.')",
    ):
        assert [words.text for words in find_words(code)] == [text]
        korean = translate(code, {text: "이미지 {n}장씩 두 줄."})
        assert korean.replace("'", '"') == 'f(f"이미지 {n}장씩 두 줄.")'


def test_comments_over_several_lines_are_one_and_keep_their_place():
    code = "if x:\n    # The first\n    # of two.\n    y = 1  # why\n"
    assert [words.text for words in find_words(code)] == ["The first of two.", "why"]
    korean = translate(code, {"The first of two.": "둘 중 첫째.", "why": "이유"})
    assert korean == "if x:\n    # 둘 중 첫째.\n    y = 1  # 이유\n"


def test_docstrings_are_translated_and_stay_docstrings():
    code = 'def f():\n    """What it\n    gives."""\n    return 1'
    assert translate(code, {"What it gives.": "돌려주는 값."}) == 'def f():\n    """돌려주는 값."""\n    return 1'


def test_words_that_name_something_are_translated_wherever_they_stand():
    code = "d = {'small one': 1}\nprint(f\"{d['small one']:>5}\", d['small one'])"
    korean = translate(code, {"small one": "작은 것"})
    assert korean == "d = {'작은 것': 1}\nprint(f\"{d['작은 것']:>5}\", d['작은 것'])"
    assert skeleton(korean) == skeleton(code)


def test_placeholders_may_change_places_and_columns_of_words_their_width():
    code = "print(f\"{a} of {b:.1f} {'start':<14}|\")"
    key = "{a} of {b:.1f} {'start':<14}|"
    assert translate(code, {key: "{b:.1f} 중 {a} {'출발':<12}|"}) == "print(f\"{b:.1f} 중 {a} {'출발':<12}|\")"


@pytest.mark.parametrize("korean", ["{b} 중 {a}", "{b:.2f} 중 {a}", "{b:.1f} 중", "{b:.1f} 중 {a + 1}"])
def test_code_that_would_differ_in_more_than_words_is_refused(korean):
    with pytest.raises(LessonError, match="more than its words"):
        translate('print(f"{a} of {b:.1f}")', {"{a} of {b:.1f}": korean})


def test_long_texts_are_broken_into_lines_of_88_columns():
    english = "Words " * 20
    code = f'ft.show(fig, alt="{english}")'
    korean = translate(code, {english: "낱말이 " * 30})
    lines = korean.splitlines()
    assert len(lines) > 1 and all(line.startswith('        "낱말이') for line in lines[1:])
    assert max(len(line.encode("euc-kr")) for line in lines) <= 88
    assert skeleton(korean) == skeleton(code)


def test_the_number_of_an_exercise_fits_any_exercise():
    common = {'Stuck? ft.hint("NN.N")': '막혔나요? ft.hint("NN.N")'}
    assert translate('x = 1\n# Stuck? ft.hint("04.2")', {}, common) == 'x = 1\n# 막혔나요? ft.hint("04.2")'


def test_a_text_that_no_longer_occurs_is_refused():
    with pytest.raises(LessonError, match="does not say .any more.: 'gone'"):
        translate_cells([Cell(code="x = 1")], Table({"gone": "사라짐"}, {}, set()), "99_tiny")


def test_a_number_that_the_korean_lacks_is_refused(tmp_path):
    (tmp_path / "ko").mkdir()
    (tmp_path / "ko" / "99.toml").write_text('[korean]\n"after 20 updates" = "업데이트 뒤"\n', encoding="utf-8")
    with pytest.raises(LessonError, match="lacks a number"):
        read_table(tmp_path / "99_tiny.py")


def test_what_a_reader_sees_is_listed_until_it_has_its_korean_or_stays():
    code = "model = load('glyphnet')\nprint('small', rows['key'])\nplots.bars({f'{n} updates': 1}, 'Title')  # ReLU"
    cells = [Cell(code=code)]
    table = Table({"small": "작음", "{n} updates": "업데이트 {n}번"}, {"Title": "제목"}, set())
    assert find_untranslated(cells, table) == ["ReLU"]
    assert find_untranslated(cells, Table({}, {}, {"ReLU"})) == ["small", "{n} updates", "Title"]
