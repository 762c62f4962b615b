"""Masked tokens: BERT's shares, the same masks for every score, and what is refused."""

import dataclasses

import numpy as np
import pytest
from objectives import tiny_masked_token

import ftlib as ft
from ftlib.objectives.masked_token import MaskedToken


def rng(seed=0):
    return np.random.default_rng(seed)


def test_fifteen_percent_are_chosen_of_which_most_are_masked():
    objective = MaskedToken(1000, mask_id=1, kept_ids=(2, 3))
    ids = rng().integers(4, 1000, (400, 60))
    ids[:, 0], ids[:, 50], ids[:, 51:] = 2, 3, 0
    hidden, answers = objective.hide(ids, ids, rng())
    is_chosen = answers != -1
    assert is_chosen.sum(1).tolist() == [7] * 400  # 15 % of the 49 that may be chosen
    assert not is_chosen[:, [0, *range(50, 60)]].any()
    np.testing.assert_array_equal(hidden[~is_chosen], ids[~is_chosen])
    np.testing.assert_array_equal(answers[is_chosen], ids[is_chosen])

    masked_share = (hidden[is_chosen] == 1).mean()
    kept_share = (hidden[is_chosen] == ids[is_chosen]).mean()
    assert masked_share == pytest.approx(0.8, abs=0.03) and kept_share == pytest.approx(0.1, abs=0.02)
    assert hidden.dtype == answers.dtype == "int32" and (hidden[:, :51] > 0).all()


def test_a_short_text_hides_one_token_and_an_empty_one_none():
    ids = np.array([[7, 8, 0], [0, 0, 0], [1, 0, 0]])
    assert (MaskedToken(10, 1).hide(ids, ids, rng())[1] != -1).sum(1).tolist() == [1, 0, 0]


def test_only_what_has_a_target_is_hidden():
    ids = np.tile(np.arange(4, 9), (200, 1))
    targets = np.where(ids > 6, ids, 0)
    hidden, answers = MaskedToken(10, 1).hide(ids, targets, rng())
    assert (hidden[:, :3] == ids[:, :3]).all() and (answers[:, :3] == -1).all()


def test_batches_draw_anew_and_scores_do_not():
    task = tiny_masked_token.task()
    ids = task.train.inputs
    batches = [task.objective.make_batch(ids, ids, task, ft.Regularization(), rng(seed))[0] for seed in (0, 0, 1)]
    assert (batches[0] == batches[1]).all() and (batches[0] != batches[2]).any()
    first, second = (task.objective.for_evaluation(task.validation) for _ in range(2))
    assert (first.inputs == second.inputs).all() and (first.targets == second.targets).all()
    assert (first.inputs != task.validation.inputs).any() and (first.ids == task.validation.ids).all()


def test_scores_by_hand():
    objective = MaskedToken(4, 1)
    targets = np.array([[2, -1, 3], [-1, 2, -1]])
    probabilities = np.full((2, 3, 4), 0.25)
    probabilities[0, 0], probabilities[0, 2], probabilities[1, 1] = [0.1, 0.1, 0.6, 0.2], [0.7, 0.1, 0.1, 0.1], 0.25
    probabilities[1, 1] = [0.2, 0.3, 0.4, 0.1]
    scores = objective.score(objective.reduce_outputs(np.log(probabilities), targets), targets)
    assert list(scores) == ["accuracy", "loss"]
    assert scores["accuracy"] == pytest.approx(2 / 3)
    assert scores["loss"] == pytest.approx(-np.log([0.6, 0.1, 0.4]).mean(), rel=1e-5)


def test_the_baseline_names_the_most_frequent_token():
    ids = np.array([[5, 5, 5, 6], [5, 5, 6, 6]])
    split = ft.Split(ids, ids, ["a", "b"])
    objective = MaskedToken(10, 1)
    hidden = objective.for_evaluation(split).targets
    assert objective.baseline(split, split) == {"accuracy": (hidden == 5).sum() / (hidden != -1).sum()}


def test_a_run_draws_its_masks_anew_and_gives_the_same_again():
    task = tiny_masked_token.task()
    model = ft.with_head(tiny_masked_token.backbone(), task)
    runs = [ft.fit(model, task, "feature_extraction", "light", updates=20, verbose=False) for _ in range(2)]
    assert runs[0].val_score == runs[1].val_score and runs[0].history[-1].loss == runs[1].history[-1].loss
    assert runs[0].phases[0].cache == ""  # nothing of drawn inputs is computed once
    assert runs[0].headline.title == "Accuracy on masked tokens"
    with pytest.raises(ValueError, match="`cutmix` does not fit masked token"):
        ft.fit(model, task, regularization=ft.Regularization(cutmix=1.0))


@pytest.mark.parametrize("arguments", [(10, 0), (10, 10), (10, 1.5), (1, 1), (10, 1, (0,))])
def test_ids_outside_the_vocabulary_are_refused(arguments):
    with pytest.raises(ValueError, match="Received"):
        MaskedToken(*arguments)


def test_a_split_without_a_token_to_hide_is_refused():
    task = tiny_masked_token.task()
    ids = np.full((2, 10), 1)
    with pytest.raises(ValueError, match="may be hidden"):
        dataclasses.replace(task, test=ft.Split(ids, ids, ["a", "b"]))
    pictures = dataclasses.replace(task, kind="audio")
    with pytest.raises(ValueError, match="kind='audio'"):
        ft.fit(ft.with_head(tiny_masked_token.backbone(), task), pictures)
