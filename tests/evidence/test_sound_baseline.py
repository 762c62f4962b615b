"""Loudness of bands with logistic regression on sounds: right where pitches tell, whatever the loudness."""

import dataclasses

import pytest
import tiny
from sound_folders import RATE, SECONDS, write_sounds

import ftlib as ft


def test_the_loudness_of_bands_tells_pitches_apart_however_loud_they_are(tmp_path):
    task = ft.load_task(write_sounds(tmp_path, each=20), seconds=SECONDS, sample_rate=RATE)
    baseline = ft.measure_sound_baseline(task)
    assert baseline.test_accuracy == baseline.test_right.mean() >= 0.9
    assert baseline.train_count == len(task.train) and len(baseline.test_right) == len(task.test)
    soft_test = dataclasses.replace(task.test, inputs=task.test.inputs / 10)
    soft = ft.measure_sound_baseline(dataclasses.replace(task, test=soft_test))
    assert soft.test_right.tolist() == baseline.test_right.tolist()


def test_pictures_have_no_spectrogram():
    with pytest.raises(ValueError, match="A spectrogram is made of sounds. Received: <Task"):
        ft.measure_sound_baseline(tiny.task())
