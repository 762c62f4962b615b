"""Texts as tasks: which rows they make, what is drawn, and what is refused."""

import dataclasses
import math

import numpy as np
import pytest
import written

import ftlib as ft
from ftlib.tasks.texts import Corpus, next_token_task, pack_texts, text_task


class Bytes:
    """A tokenizer of a user's own: the bytes of a text, and one more for 0; without any mark."""

    length = None
    vocabulary_size = 257
    start_id = end_id = unknown_id = mask_id = 0

    def encode(self, texts, length, marks=True):
        ids = np.zeros((len(texts), length), "int32")
        for row, text in enumerate(texts):
            found = [1 + byte for byte in text.encode()][:length]
            ids[row, : len(found)] = found
        return ids

    def decode(self, ids):
        return bytes(id - 1 for id in np.asarray(ids).tolist() if id).decode("utf-8", "replace")


def classes(train=20, others=8):
    counts = {"train": train, "validation": others, "test": others}
    labels = {part: [row % 2 for row in range(count)] for part, count in counts.items()}
    return written.corpus(train, others, labels=labels, class_names=("even", "odd"))


def test_texts_with_classes():
    tokenizer = written.tokenizer()
    task = text_task(classes(), length=12, tokenizer=tokenizer)
    assert task.kind == "text" and task.tokenizer is tokenizer and task.class_names == ("even", "odd")
    assert task.input_shape == (12,) and len(task.train) == 20 and task.unknown_id == tokenizer.mask_id
    assert tokenizer.decode(task.train.inputs[3]) == classes().texts["train"][3]
    assert task.train.labels.tolist()[:4] == [0, 1, 0, 1]
    assert text_task(classes(), tokenizer=tokenizer).input_shape == (128,)


def test_draws_are_nested_and_leave_the_other_parts_alone():
    few, more, whole = (text_task(classes(), count, 1, 12, written.tokenizer()) for count in (2, 5, None))
    assert set(few.train.ids) < set(more.train.ids) < set(whole.train.ids) and len(few.train) == 4
    for part in ("validation", "test"):
        np.testing.assert_array_equal(few.splits[part].inputs, whole.splits[part].inputs)
    assert set(text_task(classes(), 5, 2, 12, written.tokenizer()).train.ids) != set(more.train.ids)


def test_texts_stand_one_after_the_other():
    tokenizer = written.tokenizer()
    rows = pack_texts(["the cat sat", "a hat"], tokenizer, 4)
    assert rows.dtype == np.int32 and rows.shape == (2, 4)  # six tokens in rows of three beside the start; one is left
    assert (rows[:, 0] == tokenizer.start_id).all()
    assert tokenizer.decode(rows[0]) == "the cat sat" and tokenizer.decode(rows[1]) == "a hat"
    assert rows[1, 1] == tokenizer.end_id
    with pytest.raises(ValueError, match="have 3 tokens together. Expected at least a row of 9"):
        pack_texts(["the cat"], tokenizer, 10)


def test_without_marks_nothing_stands_between_texts():
    rows = pack_texts(["abc", "안녕"], Bytes(), 3)
    assert rows.shape == (3, 3) and (rows > 0).all()
    assert bytes((rows - 1).astype("uint8").ravel()).decode() == "abc안녕"


def test_next_tokens_know_how_many_bytes_they_stand_for():
    task = next_token_task(written.corpus(), length=16, tokenizer=written.tokenizer())
    assert isinstance(task.objective, ft.NextToken) and task.train.inputs is task.train.targets
    lengths = [len(task.tokenizer.decode(row).encode()) for row in task.test.inputs]
    assert task.objective.bytes_per_token == pytest.approx(sum(lengths) / (15 * len(task.test)))

    # Each token has a byte, and a uniform guess among 256 takes eight bits for each.
    task = next_token_task(written.corpus(), length=16, tokenizer=Bytes())
    assert task.objective.bytes_per_token == 1
    outputs = task.objective.reduce_outputs(np.zeros((2, 16, 256)), task.test.targets[:2])
    assert task.objective.score(outputs, task.test.targets[:2])["bits_per_byte"] == pytest.approx(8)


def test_rows_are_drawn_and_tests_are_limited():
    tokenizer = written.tokenizer()
    options = {"length": 16, "tokenizer": tokenizer, "most_test_rows": 3}
    few, more = (next_token_task(written.corpus(), rows, 1, **options) for rows in (4, 9))
    assert len(few.train) == 4 and set(few.train.ids) < set(more.train.ids)
    assert len(few.validation) == len(few.test) == 3
    np.testing.assert_array_equal(few.test.inputs, more.test.inputs)
    with pytest.raises(ValueError, match="asks for more"):
        next_token_task(written.corpus(), 10_000, **options)


def test_what_makes_no_task_is_refused():
    for length in (0, 1, 2.5, True):
        with pytest.raises(ValueError, match="`length` is a whole number of at least 2"):
            text_task(classes(), length=length, tokenizer=written.tokenizer())
    with pytest.raises(ValueError, match="minibird"):
        text_task(classes(), tokenizer="minibird")
    with pytest.raises(TypeError, match="list of strings. Received: float"):
        next_token_task(
            dataclasses.replace(written.corpus(), texts={"train": [math.nan]}), tokenizer=written.tokenizer()
        )


def test_a_corpus_may_name_its_texts():
    ids = {part: [f"{part}-{row}" for row in range(20)] for part in ("train", "validation", "test")}
    task = text_task(dataclasses.replace(classes(20, 20), ids=ids), length=8, tokenizer=written.tokenizer())
    assert task.train.ids[2] == "train-2"
    assert isinstance(written.corpus(), Corpus)
