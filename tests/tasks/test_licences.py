"""Licences as a task: paragraphs that are prose, none of them twice, nor nearly."""

import re

import pytest
import written

import ftlib as ft
from ftlib.tasks import licences

pytestmark = pytest.mark.slow  # the licences of all installed packages are read


def test_no_paragraph_is_read_twice_nor_nearly():
    parts = licences.read_paragraphs()
    paragraphs = [paragraph for part in parts.values() for paragraph in part]
    assert set(parts) == {"train", "validation", "test"} and all(len(part) > 20 for part in parts.values())
    assert sum('THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND' in one for one in paragraphs) <= 1
    seen = {part: set().union(*map(shingles, texts)) for part, texts in parts.items()}
    for paragraph in parts["test"]:
        own = shingles(paragraph)
        assert len(own & seen["train"]) <= 0.9 * len(own)


def shingles(paragraph):
    words = re.sub(r"[^a-z ]", "", paragraph.lower()).split()
    return {tuple(words[at : at + 8]) for at in range(len(words) - 7)}


def test_paragraphs_are_prose():
    for part in licences.read_paragraphs().values():
        for paragraph in part:
            assert "\n" not in paragraph and len(paragraph.split()) > 10
            assert sum(not (character.isalpha() or character in " ,.;") for character in paragraph) < 0.1 * len(
                paragraph
            )


def test_the_task_is_of_next_tokens():
    task = ft.load_task("licences", 10, seed=2, length=32, tokenizer=written.tokenizer())
    assert len(task.train) == 10 and len(task.test) <= 120 and isinstance(task.objective, ft.NextToken)
    again = ft.load_task("licences", 5, seed=2, length=32, tokenizer=written.tokenizer())
    assert set(again.train.ids) < set(task.train.ids)
