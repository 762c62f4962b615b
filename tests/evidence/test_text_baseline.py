"""Character counts with logistic regression on texts: right where characters tell, and blind where nothing does."""

from texts import sentences, tokenizer, write_table

import ftlib as ft


def test_counts_of_characters_tell_words_apart(tmp_path):
    task = ft.load_task(write_table(tmp_path / "t.csv", sentences(40)), tokenizer=tokenizer())
    baseline = ft.measure_text_baseline(task)
    assert baseline.test_accuracy == baseline.test_right.mean() >= 0.9
    assert baseline.train_count == len(task.train) and len(baseline.test_right) == len(task.test)
