"""Numbers, lists and tables are said in words that are easy to take in, and fit the terminal."""

import os
import sys

import pytest

from ftlib import text


@pytest.mark.parametrize(
    "said, expected",
    [
        (text.format_percent(0.9649), "96.5 %"),
        (text.format_percent(0.9649, digits=0), "96 %"),
        (text.format_percent(None), ""),
        (text.format_percent(float("nan")), ""),
        (text.format_interval(0.0, 1.0), "0.0 to 100.0 %"),
        (text.format_confidence(0.994), "99 %"),
        (text.format_confidence(0.995), "over 99 %"),
        (text.format_confidence(0.0), "under 1 %"),
        (text.format_count(0, "image"), "0 images"),
        (text.format_count(1, "image"), "1 image"),
        (text.format_labels(1), "1 label per class"),
        (text.format_labels(None), "all labels"),
        (text.format_seeds(iter([3, 3])), "3 seeds"),
        (text.format_list(["a", "b", "a", "c"]), "a, b, c"),
        (text.format_list(range(2000), most=2), "0, 1 and 1,998 more"),
        (text.format_list([]), ""),
        (text.format_span(["stem"]), "stem"),
        (text.format_duration(0.2), "1 s"),
        (text.format_duration(99.5), "2 min"),
        (text.format_memory(2**30), "1.0 GiB"),
        (text.format_file_size(999_600_000), "1.0 GB"),
    ],
)
def test_a_number_is_said_in_words(said, expected):
    assert said == expected


def test_long_lines_are_wrapped_behind_their_first_words():
    lines = text.wrap_text("word " * 40, first="note  ", width=40).split("\n")
    assert lines[0].startswith("note  word") and all(line.startswith("      word") for line in lines[1:])
    assert max(map(len, lines)) <= 40 and " ".join(lines).split().count("word") == 40


def test_korean_letters_take_two_columns_and_accents_none():
    assert text.display_width("고양이") == 6 and text.display_width("e\u0301") == 1
    head, cat, dog = text.format_table([("class", "n"), ("고양이", "8"), ("dog", "12")], right=[1]).split("\n")
    assert text.display_width(cat) == text.display_width(dog) == text.display_width(head)


def test_a_table_escapes_what_would_break_its_lines():
    assert text.format_table([("name",), ("two\nlines",)]).split("\n") == ["name", "two\\nlines"]


def test_a_table_that_is_wider_than_the_terminal_loses_the_middle_of_its_longest_texts(monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "40")
    long_name = "a-picture-with-a-very-long-name-of-its-own.jpg"
    lines = text.format_table([("picture", "class", "number"), (long_name, "daisy", "123456")], right=[2]).split("\n")
    assert max(map(len, lines)) == 40
    assert "..." in lines[1] and lines[1].startswith("a-picture") and "123456" in lines[1] and ".jpg" in lines[1]


def test_a_command_is_quoted_for_the_shell_and_found_where_it_is(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "argv", ["pytest"])
    assert text.format_command("predict", "my run") == (
        'ftlib predict "my run"' if os.name == "nt" else "ftlib predict 'my run'"
    )
    program = tmp_path / "bin" / "ftlib"
    program.parent.mkdir()
    program.write_text("")
    monkeypatch.setattr(sys, "argv", [str(program)])
    monkeypatch.setenv("PATH", "")
    monkeypatch.chdir(tmp_path)
    assert text.format_command("runs").split()[0] == os.path.join("bin", "ftlib")
