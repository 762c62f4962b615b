"""Tasks of texts of one's own: splits, draws, groups and options."""

import numpy as np
import pytest
from folders import photos
from leaks import assert_no_leak
from texts import LENGTH, sentences, tokenizer, write_folder, write_table

import ftlib as ft


def load(path, *given, **options):
    return ft.load_task(path, *given, tokenizer=tokenizer(), **options)


def test_a_table_and_a_folder_become_tasks(tmp_path):
    for path in (write_table(tmp_path / "t.csv", sentences(20)), write_folder(tmp_path / "texts", sentences(20))):
        task = load(path)
        assert task.kind == "text" and task.class_names == ("bad", "good") and task.input_shape == (LENGTH,)
        assert [len(split) for split in task.splits.values()] == [24, 8, 8]
        assert_no_leak(task)
        assert np.bincount(task.test.targets).tolist() == [4, 4]
        texts = {text for part in task.splits for text in task.read_texts(part)}
        assert texts == {text for text, _ in sentences(20)}
        assert load(path).test.ids.tolist() == task.test.ids.tolist()


def test_draws_are_nested_and_leave_the_other_splits_alone(tmp_path):
    path = write_table(tmp_path / "t.csv", sentences(30))
    few, more, other = load(path, 3), load(path, 6), load(path, 3, 1)
    assert set(few.train.ids) < set(more.train.ids) and set(few.train.ids) != set(other.train.ids)
    assert few.test.ids.tolist() == other.test.ids.tolist() == load(path).test.ids.tolist()


def test_given_splits_are_kept_and_groups_stay_together(tmp_path):
    parts = ["train", "train", "dev", "test"]
    rows = [(text, label, parts[i // 2 % 4].replace("dev", "valid")) for i, (text, label) in enumerate(sentences(16))]
    task = load(write_table(tmp_path / "t.csv", rows, "text,label,split"))
    assert [len(split) for split in task.splits.values()] == [16, 8, 8]

    rows = [(text, label, f"author {i // 4}") for i, (text, label) in enumerate(sentences(40))]
    task = load(write_table(tmp_path / "g.csv", rows, "text,label,group"))
    groups = [set(split.groups.tolist()) for split in task.splits.values()]
    assert sum(map(len, groups)) == len(set().union(*groups)) == 20


def test_the_words_of_the_vocabulary_and_the_length_are_options(tmp_path):
    path = write_table(tmp_path / "t.csv", sentences(10))
    assert load(str(path), length=4).input_shape == (4,)
    assert load(path).tokenizer.decode(load(path).train.inputs[0]) == load(path).read_texts("train", [0])[0]


def test_options_of_pictures_and_of_texts_are_told_apart(tmp_path):
    path = write_table(tmp_path / "t.csv", sentences(10))
    with pytest.raises(ValueError, match="is read as texts. Received: image_size"):
        ft.load_task(path, image_size=32)
    with pytest.raises(ValueError, match="is read as pictures.*Received: tokenizer"):
        ft.load_task(photos(tmp_path / "pets"), tokenizer="minibert")


def test_texts_of_the_task_are_read_back_from_ids_where_nothing_else_is_known():
    words = tokenizer()
    ids = words.encode(["the good film", "a dull plot"], LENGTH)
    splits = [ft.Split(ids, [0, 1], [f"{part}-0", f"{part}-1"]) for part in ("train", "validation", "test")]
    task = ft.Task("words", *splits, ("good", "bad"), "here", "none", kind="text", tokenizer=words)
    assert task.read_texts("test", [1]) == ["a dull plot"]
    with pytest.raises(ValueError, match="with a tokenizer"):
        ft.Task("words", *splits, ("good", "bad"), "here", "none", kind="text").read_texts("test")
