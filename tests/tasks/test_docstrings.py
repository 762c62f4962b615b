"""Documentation as tasks: what is read, in which split it stands, and that no sentence names its library."""

import collections

import numpy as np
import pytest
import written

import ftlib as ft
from ftlib.tasks import docstrings

pytestmark = pytest.mark.slow  # all the docstrings of six libraries are read


def test_each_docstring_is_read_once():
    found = docstrings.read_docstrings()
    assert {docstring.library for docstring in found} == set(docstrings.LIBRARIES)
    texts = [docstring.text for docstring in found]
    assert len(set(texts)) == len(texts) > 5000
    assert any(text.startswith("Compute the arithmetic mean along the specified axis") for text in texts)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("Return it.", "Return it."),
        ("Return\n    it. And more.\n\nParameters", "Return it."),
        ("No end\n\nParameters", "No end"),
        ("Is it? Yes.", "Is it?"),
        ("Version 1.2 of it. Yes.", "Version 1.2 of it."),
    ],
)
def test_the_first_sentence(text, sentence):
    assert docstrings.first_sentence(text) == sentence


def test_sentences_with_the_library_that_they_belong_to():
    task = ft.load_task("docstrings", 20, tokenizer=written.tokenizer())
    assert task.class_names == tuple(docstrings.LIBRARIES) and task.kind == "text" and task.input_shape == (128,)
    assert collections.Counter(task.train.labels.tolist()) == dict.fromkeys(range(6), 20)
    for part, most in (("validation", 60), ("test", 120)):
        counts = np.bincount(task.splits[part].labels, minlength=6)
        assert counts.max() <= most and counts.min() >= 20, (part, counts)


def test_no_sentence_names_its_library_and_none_is_in_two_splits():
    corpora = []

    def keep(corpus, *options):
        corpora.append(corpus)

    original, docstrings.text_task = docstrings.text_task, keep
    try:
        docstrings.load()
    finally:
        docstrings.text_task = original
    sentences = [sentence.lower() for part in corpora[0].texts.values() for sentence in part]
    assert len(set(sentences)) >= 0.99 * len(sentences)
    assert not [sentence for sentence in sentences if any(name in sentence for name in ("numpy", "keras", "scipy"))]


def test_pages_are_rows_of_modules_that_are_in_one_split():
    task = ft.load_task("docstring_pages", 30, tokenizer=written.tokenizer("\n"), length=64)
    assert len(task.train) == 30 and isinstance(task.objective, ft.NextToken) and len(task.test) <= 200
    assert docstrings.part_of_module("NumPy", "core/x.py") == docstrings.part_of_module("NumPy", "core/x.py")
    parts = collections.Counter(docstrings.part_of_module("NumPy", f"module{number}.py") for number in range(2000))
    assert parts["train"] > 1700 and 50 < parts["test"] < 150 and 50 < parts["validation"] < 150
