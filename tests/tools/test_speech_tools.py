"""What is spoken for the pre-training, how it is distorted, and what the study of it measures."""

import sys

import numpy as np
import pytest


@pytest.fixture
def tools(root, monkeypatch):
    """The folder of the scripts, from which they import each other."""
    monkeypatch.setattr(sys, "path", [str(root / "tools"), *sys.path])


def test_no_word_of_a_task_is_in_the_source(tools):
    import source_words

    from ftlib.tasks.korean_commands import KOREAN_COMMANDS
    from ftlib.tasks.online_sounds import SPEECH_COMMANDS, SPOKEN_DIGITS

    words = source_words.source_words()
    asked = {*SPEECH_COMMANDS.class_names, *SPOKEN_DIGITS.class_names, *KOREAN_COMMANDS.values()}
    assert not {word.casefold() for _, word in words} & asked and len(words) == len(set(words)) > 500
    assert asked <= {*source_words.COMMANDS, *source_words.DIGITS, *source_words.KOREAN_COMMANDS}


def few_takes(module):
    rng = np.random.default_rng(0)
    takes = [(8000 * rng.standard_normal(length)).clip(-32767, 32767).astype("int16") for length in (3000, 17_000, 900)]
    return module.SpokenWords(np.concatenate(takes), np.cumsum([0, *map(len, takes)]), np.array([0, 1, 2], "int32"))


def test_a_distorted_word_is_a_sound_of_one_second(tools, monkeypatch):
    import pretrain_minispeech

    for name in ("ROOMS", "CURVES", "NOISES"):
        monkeypatch.setattr(pretrain_minispeech, name, 4)
    words = few_takes(pretrain_minispeech)
    distortion = pretrain_minispeech.Distortion(words, seed=0)
    indices = np.array([0, 1, 2, 0])
    sounds = distortion(indices, np.random.default_rng(1))
    assert sounds.shape == (4, 16_000) and sounds.dtype == "float32" and np.abs(sounds).max() <= 1
    assert (np.abs(sounds).max(axis=1) > 0.3).all() and np.abs(sounds[0] - sounds[3]).max() > 0.1
    np.testing.assert_array_equal(sounds, distortion(indices, np.random.default_rng(1)))
    masks = pretrain_minispeech.draw_masks(50, np.random.default_rng(0))
    assert masks.shape == (50, 96, 40) and set(np.unique(masks)) == {0, 1} and 0.6 < masks.mean() < 0.9


def test_segments_of_a_word_do_not_hang_on_where_it_is_nor_on_how_loud(tools):
    import speech_study

    rng = np.random.default_rng(0)
    word = np.sin(np.arange(8000) * np.linspace(0.1, 0.6, 8000)) * np.hanning(8000)
    sounds = 1e-4 * rng.standard_normal((3, 16_000))
    for row, (start, factor) in enumerate(((1600, 0.5), (4800, 0.5), (1600, 0.05))):
        sounds[row, start : start + 8000] += factor * word
    means = speech_study.segment_means(sounds.astype("float32"))
    assert means.shape == (3, 240)
    assert np.abs(means[1:] - means[0]).mean() < 2 < means[0].std()


def test_the_study_compares_the_same_draws(tools):
    import speech_study

    cells = speech_study.all_cells()
    assert len(cells) == len(set(cells)) == 2 * 3 * speech_study.SEEDS * 8
    first_trained = next(place for place, cell in enumerate(cells) if cell[3] in speech_study.TRAINED)
    assert all(cell[3] in speech_study.TRAINED for cell in cells[first_trained:])
    assert [cell[2] for cell in cells[first_trained:]] == sorted(cell[2] for cell in cells[first_trained:])
    assert speech_study.stamp_of("frozen") != speech_study.stamp_of("google")
