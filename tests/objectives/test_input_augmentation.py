"""Augmentation of texts and sounds: padding stays, a sound stays one, and what has no meaning is refused."""

import dataclasses

import numpy as np
import pytest
import tiny
from objectives import tiny_masked_token

import ftlib as ft
from ftlib.objectives.augmentation import augment
from ftlib.objectives.input_augmentation import (
    _without_band,
    _without_moment,
    augment_inputs,
    check_kind,
    distort_sounds,
    drop_tokens,
)
from ftlib.training.batches import EpochBatches, FixedAlterations


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.mark.parametrize(("strength", "share"), [("light", 0.05), ("standard", 0.1), ("strong", 0.2)])
def test_a_share_of_the_tokens_is_dropped(strength, share):
    ids = np.tile(np.arange(3, 53, dtype="int32"), (300, 1))
    ids[:, 40:] = 0
    dropped = drop_tokens(ids, strength, 1, rng())
    assert (dropped[:, :40] == 1).mean() == pytest.approx(share, rel=0.1)
    assert (dropped[:, 40:] == 0).all() and dropped.dtype == "int32"
    assert set(np.unique(dropped[dropped != ids])) == {1}
    np.testing.assert_array_equal(dropped, drop_tokens(ids, strength, 1, rng()))


def test_every_text_keeps_a_token():
    ids = np.tile([[5, 0, 0]], (500, 1))
    np.testing.assert_array_equal(drop_tokens(ids, "strong", 0, rng()), ids)
    pairs = np.tile([[5, 6]], (2000, 1))
    assert (drop_tokens(pairs, "strong", 0, rng()) > 0).any(axis=1).all()


@pytest.mark.parametrize("strength", ["light", "standard", "strong"])
def test_a_sound_moves_and_stays_a_sound(strength):
    time = np.arange(400) / 400
    sounds = np.tile(0.9 * np.sin(60 * time) * (time > 0.4) * (time < 0.6), (60, 1)).astype("float32")
    moved = distort_sounds(sounds, strength, rng())
    assert moved.shape == sounds.shape and moved.dtype == "float32" and np.abs(moved).max() <= 1
    assert (np.abs(moved - sounds).max(axis=1) > 0.01).all()
    middles = (moved**2 @ np.arange(400)) / (moved**2).sum(1)
    most = {"light": 20, "standard": 40, "strong": 80}[strength]
    assert 0.5 * most < np.ptp(middles) / 2 < 1.3 * most


def test_a_moment_and_a_band_are_missing():
    noise = rng(3).normal(0, 0.2, (200, 4000)).astype("float32")
    bare = _without_moment(noise, 0.1, rng())
    shares = (bare == 0).mean(axis=1)
    assert shares.max() <= 0.1 and shares.mean() == pytest.approx(0.05, rel=0.2)
    np.testing.assert_array_equal(bare[bare != 0], noise[bare != 0])
    powers = np.abs(np.fft.rfft(_without_band(noise, 0.1, rng()), axis=1))
    missing = (powers < 1e-3 * powers.mean()).mean(axis=1)
    assert missing.max() < 0.3 and (missing > 0).mean() > 0.8


def test_the_kind_decides():
    text_task = tiny_masked_token.task()
    ids = text_task.train.inputs
    assert augment_inputs(ids, text_task, "none", rng()) is ids
    np.testing.assert_array_equal(augment_inputs(ids, text_task, "strong", rng()), drop_tokens(ids, "strong", 0, rng()))
    picture_task = tiny.task()
    images = picture_task.train.images.astype("float32")
    expected = augment(images, "light", False, rng())
    np.testing.assert_array_equal(augment_inputs(images, picture_task, "light", rng()), expected)


def text_classes(**changes):
    """Returns a task of texts with three classes."""
    given = tiny_masked_token.task()
    parts = {part: ft.Split(split.inputs, split.inputs[:, 0] % 3, split.ids) for part, split in given.splits.items()}
    names = ("none", "one", "two")
    return ft.Task("starts", **parts, class_names=names, source="drawn", licence="none", kind="text", **changes)


def test_a_classification_of_texts_drops_tokens():
    task = text_classes(unknown_id=2)
    batches = EpochBatches(task, 24, 1, (0, 0, 0), ft.Regularization(augmentation="strong"))
    inputs, targets = batches[0]
    assert inputs.dtype == "int32" and (inputs == 2).any() and targets.shape == (24, 3)


def test_fixed_versions_of_a_text_are_the_same_whoever_asks():
    task = text_classes(unknown_id=2)
    views = FixedAlterations(task, 3, "strong", (0, 1))
    every = views[np.arange(72)]
    np.testing.assert_array_equal(every[:24], task.train.inputs)
    np.testing.assert_array_equal(views[np.array([70, 3, 30])], every[[70, 3, 30]])
    assert (every[24:48] == 2).any() and (every[24:48] != every[48:]).any() and every.dtype == "int32"
    assert views.fingerprint() != FixedAlterations(task, 3, "strong", (0, 2)).fingerprint()


def test_mixtures_are_for_what_can_be_mixed():
    task = text_classes()
    model = ft.with_head(tiny_masked_token.backbone(), task)
    with pytest.raises(ValueError, match="`cutmix` cannot blend texts"):
        ft.fit(model, task, regularization=ft.Regularization(cutmix=1.0))
    with pytest.raises(ValueError, match="`cutmix` pastes patches of images"):
        check_kind(ft.Regularization(cutmix=1.0), "audio")
    check_kind(ft.Regularization(mixup=1.0), "audio")
    with pytest.raises(ValueError, match="unknown_id=-1"):
        dataclasses.replace(task, unknown_id=-1)


def test_views_of_texts_train_a_head():
    task = text_classes(unknown_id=2)
    phase = ft.Phase("head", "head", rate=1e-2, views=3)
    strategy = ft.Strategy("views", "pretrained", (phase,))
    run = ft.fit(ft.with_head(tiny_masked_token.backbone(), task), task, strategy, updates=10, verbose=False)
    assert run.phases[0].views == 3 and "24 training texts in 3 views" in run.phases[0].cache
