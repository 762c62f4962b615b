"""The downloaded sets of spoken words, without a download."""

import dataclasses
import io
import tarfile
import zipfile

import keras
import numpy as np
import pytest
from leaks import assert_no_leak

from ftlib.sound import to_wav_bytes
from ftlib.tasks.online_sounds import SPEECH_COMMANDS, SPOKEN_DIGITS, load_spoken_archive, load_spoken_set


def wav(number, rate, seconds=0.5):
    rng = np.random.default_rng(number)
    return to_wav_bytes(rng.uniform(-0.5, 0.5, int(rate * seconds)), rate)


def command_files(speakers=40):
    """Returns paths and contents as in the archive: two words, and what is no word."""
    files = {"_silence_/0a_nohash_0.wav": wav(0, 16000), "README.md": b"about"}
    for number in range(speakers):
        for label, word in enumerate(SPEECH_COMMANDS.class_names):
            files[f"{word}/{number:08x}_nohash_0.wav"] = wav(10 * number + label + 1, 16000)
    return files


def test_an_archive_of_commands_is_split_by_the_start_of_the_names(tmp_path, monkeypatch):
    place = tmp_path / "datasets" / "speech_commands"
    place.mkdir(parents=True)
    with tarfile.open(place / "speech_commands_test_set_v0.02.tar.gz", "w:gz") as archive:
        for name, content in command_files().items():
            member = tarfile.TarInfo(f"./{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(keras.utils, "get_file", lambda *args, **kwargs: pytest.fail("downloaded"))
    task = load_spoken_set(dataclasses.replace(SPEECH_COMMANDS, least_count=400), labels_per_class=3)
    assert task.class_names[0] == "yes" and task.input_shape == (16000,) and len(task.train) == 30
    assert not set(task.train.groups) & (set(task.test.groups) | set(task.validation.groups))
    assert len(task.validation) + len(task.test) > 150 and "yes/" in str(task.test.ids[-1])
    with pytest.raises(ConnectionError, match="has 400 of 4,000 recordings"):
        load_spoken_set(SPEECH_COMMANDS)


def test_digits_are_resampled(tmp_path):
    tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(4000) / 8000)
    with zipfile.ZipFile(tmp_path / "digits.zip", "w") as archive:
        for speaker in ("jackson", "yweweler", "george"):
            for digit in range(10):
                archive.writestr(f"set/recordings/{digit}_{speaker}_0.wav", to_wav_bytes(tone, 8000))
        archive.writestr("set/other.wav", b"none")
    task = load_spoken_archive(SPOKEN_DIGITS, tmp_path / "digits.zip")
    assert {part: set(split.groups) for part, split in task.splits.items()} == {
        "train": {"jackson"}, "validation": {"yweweler"}, "test": {"george"}
    }  # fmt: skip
    sound = task.test.inputs[7]
    assert task.test.targets[7] == 7 and not sound[8100:].any()
    loudest = np.abs(np.fft.rfft(sound[1000:7000])).argmax() * 16000 / 6000
    assert loudest == pytest.approx(440, abs=5)
    with pytest.raises(ValueError, match="WAV files of the words yes, no.*digits.zip"):
        load_spoken_archive(SPEECH_COMMANDS, tmp_path / "digits.zip")


@pytest.mark.real
def test_real_recordings(real):
    task = load_spoken_archive(SPEECH_COMMANDS, real / "speech_commands.zip", labels_per_class=30)
    assert (len(task.train), len(task.validation), len(task.test)) == (300, 159, 536)
    assert_no_leak(task)
    assert not set(task.train.groups) & set(task.test.groups)
    digits = load_spoken_archive(SPOKEN_DIGITS, real / "fsdd.zip", labels_per_class=10)
    assert (len(digits.train), len(digits.validation), len(digits.test)) == (100, 200, 400)
