"""Recorded words: nobody is in two parts, unless one asks for what that promises."""

import numpy as np
import pytest
from leaks import assert_no_leak

import ftlib as ft
from ftlib.tasks import korean_commands
from ftlib.tasks.spoken import SpokenWords, part_of_name, split_by_recording, split_by_speaker

SPEAKERS = ("ann", "bo", "cy", "di")
PARTS = {"ann": "train", "bo": "train", "cy": "validation", "di": "test"}


def few_words():
    rng = np.random.default_rng(0)
    labels = np.tile([0, 0, 0, 1, 1, 1], len(SPEAKERS))
    return SpokenWords(
        "few", "drawn", "none", ("yes", "no"), rng.uniform(-1, 1, (24, 50)).astype("float32"), labels,
        np.repeat(SPEAKERS, 6), np.array([f"{number}" for number in range(24)]),
    )  # fmt: skip


def test_a_speaker_is_in_one_part():
    task = split_by_speaker(few_words(), PARTS)
    assert task.kind == "audio" and (len(task.train), len(task.validation), len(task.test)) == (12, 6, 6)
    assert {part: set(split.groups) for part, split in task.splits.items()} == {
        "train": {"ann", "bo"}, "validation": {"cy"}, "test": {"di"}
    }  # fmt: skip
    assert_no_leak(task)
    drawn, more = (split_by_speaker(few_words(), PARTS, count, seed=1) for count in (1, 3))
    assert np.bincount(drawn.train.targets).tolist() == [1, 1] and set(drawn.train.ids) < set(more.train.ids)
    np.testing.assert_array_equal(drawn.test.ids, task.test.ids)


def test_a_split_by_recording_has_the_same_sizes_and_the_same_speakers():
    task = split_by_speaker(few_words(), PARTS, 4)
    shuffled = split_by_recording(task, seed=3)
    for part, split in task.splits.items():
        np.testing.assert_array_equal(np.bincount(shuffled.splits[part].targets), np.bincount(split.targets))
    assert_no_leak(shuffled)
    assert set(shuffled.train.groups) & set(shuffled.test.groups)
    again = split_by_recording(task, seed=3)
    np.testing.assert_array_equal(again.test.inputs, shuffled.test.inputs)


def test_the_part_of_a_speaker_hangs_on_the_name_alone():
    shares = {"train": 0.4, "validation": 0.2, "test": 0.4}
    parts = [part_of_name(f"speaker {number}", shares) for number in range(2000)]
    assert [parts.count(part) / 2000 for part in shares] == pytest.approx([0.4, 0.2, 0.4], abs=0.04)
    assert part_of_name("speaker 7", shares) == parts[7]


def test_korean_commands_come_in_voices_that_are_not_shared():
    task = ft.load_task("korean_commands")
    assert task.kind == "audio" and task.input_shape == (16000,)
    assert (len(task.train), len(task.validation), len(task.test)) == (128, 64, 96)
    assert_no_leak(task)
    for part, split in task.splits.items():
        assert {korean_commands.PART_OF_VOICE[voice] for voice in split.groups} == {part}
        assert len(set(np.bincount(split.targets))) == 1
        assert 0.5 < np.abs(split.inputs).max() <= 1 and (np.abs(split.inputs).max(axis=1) > 0.3).all()
    assert len(korean_commands.load(3).train) == 24
    assert korean_commands.PATH.stat().st_size < 1_500_000


def test_eight_bits_keep_soft_sounds():
    samples = np.linspace(-1, 1, 2001)
    kept = korean_commands.decode_mu_law(korean_commands.encode_mu_law(samples))
    assert np.abs(kept - samples).max() < 0.025 and np.abs(kept - samples)[np.abs(samples) < 0.01].max() < 0.001
