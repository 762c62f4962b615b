"""What is refused before training: texts with ids that a network has no embedding for."""

import dataclasses

import numpy as np
import pytest
from objectives import tiny_text_classification as tiny
from presets import save_bert
from texts import tokenizer

import ftlib as ft
from ftlib.training.model_checks import check_vocabulary

pytestmark = pytest.mark.backends


def test_ids_without_a_row_of_the_embedding_are_refused_before_training(monkeypatch):
    task = tiny.task()
    inputs = np.array(task.test.inputs)
    inputs[3, 0] = tiny.VOCABULARY
    changed = dataclasses.replace(task, test=dataclasses.replace(task.test, inputs=inputs))
    model = ft.with_head(tiny.backbone(), task)
    with pytest.raises(ValueError, match="ids 0 to 12. Received: a model whose embedding has 12 rows"):
        ft.fit(model, changed, "lp_ft", updates=4, verbose=False)


def test_a_vocabulary_larger_than_the_embedding_is_named():
    task = dataclasses.replace(tiny.task(), tokenizer=tokenizer())
    with pytest.raises(ValueError, match="of the vocabulary 'words'.*12 rows.*for 23 ids"):
        check_vocabulary(ft.with_head(tiny.backbone(), task), task)


def test_positions_are_no_vocabulary():
    check_vocabulary(ft.with_head(tiny.backbone(), tiny.task()), tiny.task())
    longer = ft.token_network(vocabulary_size=50, length=tiny.LENGTH, width=8, blocks=1, heads=2)
    check_vocabulary(ft.with_head(longer, tiny.task()), dataclasses.replace(tiny.task(), tokenizer=tokenizer()))


def test_the_segments_of_a_bert_are_no_vocabulary(tmp_path):
    save_bert(tmp_path, longest=tiny.LENGTH)
    tiny_task = tiny.task()
    ids = {part: np.minimum(split.inputs, 10) for part, split in tiny_task.splits.items()}
    splits = {part: dataclasses.replace(split, inputs=ids[part]) for part, split in tiny_task.splits.items()}
    task = dataclasses.replace(tiny_task, **splits, tokenizer=None)
    model = ft.with_head(ft.load_backbone(f"hub:{tmp_path}"), task)
    check_vocabulary(model, task)

    too_high = dataclasses.replace(task, test=dataclasses.replace(task.test, inputs=ids["test"] + 1))
    with pytest.raises(ValueError, match="ids 0 to 11. Received: a model whose embedding has 11 rows"):
        check_vocabulary(model, too_high)
