"""The next token: what is scored, what is refused, and that a network that sees the answer is found out."""

import dataclasses
import math

import keras
import numpy as np
import pytest
from objectives import tiny_masked_token, tiny_next_token

import ftlib as ft
from ftlib.objectives.next_token import NextToken, next_ids
from ftlib.training.activation_cache import ActivationCache

IDS = np.array([[5, 6, 7, 0], [6, 5, 0, 0]])


def split(ids, part="train"):
    return ft.Split(ids, ids, [f"{part}-{i}" for i in range(len(ids))])


def test_each_position_predicts_the_one_after_it():
    assert next_ids(IDS).tolist() == [[6, 7, -1, -1], [5, -1, -1, -1]]


def test_scores_by_hand():
    probabilities = np.full((2, 4, 8), 1e-9)
    probabilities[0, 0, [6, 1]] = [0.5, 0.4]
    probabilities[0, 1, [7, 1]] = [0.25, 0.7]
    probabilities[1, 0, [5, 1]] = [0.125, 0.1]
    probabilities[1, 0, 2:4] = 0.05
    objective = NextToken(8, bytes_per_token=2)
    outputs = objective.reduce_outputs(np.log(probabilities / probabilities.sum(-1, keepdims=True)), IDS)
    scores = objective.score(outputs, IDS)
    parts = (0.5 / 0.9, 0.25 / 0.95, 0.125 / 0.325)
    loss = -sum(math.log(part) for part in parts) / 3
    assert list(scores) == ["perplexity", "bits_per_byte", "accuracy", "loss"] == [s.name for s in objective.scores]
    assert scores["loss"] == pytest.approx(loss, rel=1e-5)
    assert scores["perplexity"] == pytest.approx(math.exp(loss), rel=1e-5)
    assert scores["bits_per_byte"] == pytest.approx(loss / math.log(2) / 2, rel=1e-5)
    assert scores["accuracy"] == pytest.approx(2 / 3)
    assert "bits_per_byte" not in NextToken(8).score(outputs, IDS)


def test_the_baseline_is_the_share_of_each_token():
    # Next tokens of the training texts: 6, 7 and 5, once each; every one of the seven ids counts once more.
    scores = NextToken(8).baseline(split(IDS), split(np.array([[1, 6, 6, 2]]), "test"))
    assert scores["perplexity"] == pytest.approx((10 / 2 * 10 / 2 * 10 / 1) ** (1 / 3))
    assert "loss" not in scores


def test_a_loss_of_any_size_has_a_perplexity():
    assert np.isfinite(NextToken(8)._scores_of(1e5, 0.0)["perplexity"])


def test_a_batch_drops_tokens_and_keeps_its_targets():
    task = dataclasses.replace(tiny_next_token.task(), unknown_id=2)
    ids = task.train.inputs.astype("int32")
    plain, targets = task.objective.make_batch(ids, ids, task, ft.Regularization(), np.random.default_rng(0))
    assert plain is ids
    strong = ft.Regularization(augmentation="strong")
    dropped, same_targets = task.objective.make_batch(ids, ids, task, strong, np.random.default_rng(0))
    assert 0.1 < (dropped == 2).sum() / (ids > 0).sum() < 0.3
    np.testing.assert_array_equal(targets, same_targets)


def test_a_network_that_sees_the_answer_is_refused():
    task = tiny_next_token.task()
    with pytest.raises(ValueError, match="sees the tokens that it is to predict.*causal=True"):
        ft.fit(ft.with_head(tiny_masked_token.backbone(), task), task)
    task.objective.check_model(ft.with_head(tiny_next_token.backbone(), task), task)


def test_what_makes_no_sense_is_refused():
    task = tiny_next_token.task()
    model = ft.with_head(tiny_next_token.backbone(), task)
    with pytest.raises(ValueError, match="`mixup` does not fit next token"):
        ft.fit(model, task, regularization=ft.Regularization(mixup=0.2))
    with pytest.raises(ValueError, match="`class_weight` is for tasks with one class"):
        ft.fit(model, task, class_weight="balanced")
    with pytest.raises(ValueError, match="logits of the vocabulary"):
        ft.fit(ft.classifier(tiny_next_token.backbone(), 3), task)
    with pytest.raises(ValueError, match=r"0\.\.9 \(vocabulary_size=10\)"):
        dataclasses.replace(task, objective=NextToken(10))
    with pytest.raises(ValueError, match="none to predict"):
        NextToken(10).check_targets(np.array([[5, 0, 0]]), "train", ())
    with pytest.raises(ValueError, match="vocabulary_size=1"):
        NextToken(1)
    with pytest.raises(ValueError, match="bytes_per_token=0"):
        NextToken(10, bytes_per_token=0)
    with pytest.raises(ValueError, match="takes integer ids"):
        ft.with_head(ft.load_backbone("glyphnet", weights=None), task)


def test_texts_are_cut_or_filled_up_with_their_targets(capsys, eager):
    task = tiny_next_token.task()
    for length in (6, 13):
        fitted = task.for_backbone(ft.token_network(14, length, 8, 1, 2, causal=True))
        assert fitted.train.inputs.shape == fitted.train.targets.shape == (24, length)
        np.testing.assert_array_equal(fitted.train.inputs, fitted.train.targets)
    model = ft.with_head(ft.token_network(14, 6, 8, 1, 2, causal=True), task)
    ft.fit(model, task, "feature_extraction", "none", updates=3)
    assert "counting: texts 10 -> 6 for the backbone" in capsys.readouterr().out


def test_frozen_stages_are_computed_once_from_ids(tmp_path):
    backbone = tiny_next_token.backbone()
    ids = tiny_next_token.task().train.inputs
    expected = keras.ops.convert_to_numpy(backbone(ids.astype("int32")))
    cache = ActivationCache(backbone, ids, tmp_path)
    for location in ("memory", "disk"):
        np.testing.assert_allclose(cache.run(ids, location), expected, atol=1e-6)


def test_a_run_learns_resumes_and_records(tmp_path):
    task = tiny_next_token.task()
    model = ft.with_head(tiny_next_token.backbone(), task)
    run = ft.fit(model, task, "lp_ft", "light", updates=60, run_dir=tmp_path, verbose=False)
    assert "computed once for 24 training texts" in run.phases[0].cache
    assert run.val_score == run.score("validation")["perplexity"] < run.baseline("validation")["perplexity"]
    assert run.predictions("test").shape == (24, 10, 2)
    loaded = ft.load_run(tmp_path)
    assert loaded.val_score == run.val_score and loaded.headline.name == "perplexity"
