"""Public sets of spoken words that are downloaded once and kept: Google's Speech Commands, and spoken digits."""

from __future__ import annotations

import dataclasses
import os
import pathlib
import tarfile
import zipfile
from collections.abc import Callable, Iterator, Mapping

import keras
import numpy as np

from ftlib.models.sound_input import SAMPLE_RATE, SAMPLES
from ftlib.tasks.online import fetch, keras_home
from ftlib.tasks.sound_files.read import Sound, decode_recording, fit_sound
from ftlib.tasks.spoken import SpokenWords, part_of_name, split_by_speaker
from ftlib.tasks.task import Task

DIGIT_NAMES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


@dataclasses.dataclass(frozen=True)
class SpokenSet:
    """A public set of spoken words in one archive of WAV files.

    Attributes:
        name: Its name as a task.
        address: Where the archive is downloaded from.
        least_count: How many recordings it has at least; fewer mean a broken download.
        class_names: Its words, in the order of the labels.
        read_name: Returns word and speaker of a file by its path in the archive; None for what is left out.
        part_of_speaker: Returns the part that a speaker is in.
        source, licence: As in a `Task`.
    """

    name: str
    address: str
    least_count: int
    class_names: tuple[str, ...]
    read_name: Callable[[str], tuple[str, str] | None]
    part_of_speaker: Callable[[str], str]
    source: str
    licence: str


def _read_command_name(path: str) -> tuple[str, str] | None:
    """Returns word and speaker of `.../yes/1b4c9b89_nohash_0.wav`."""
    *_, word, file_name = path.rsplit("/", 2)
    return None if word.startswith("_") else (word, file_name.partition("_")[0])


def _read_digit_name(path: str) -> tuple[str, str] | None:
    """Returns word and speaker of `.../7_jackson_32.wav`."""
    digit, _, rest = path.rpartition("/")[2].partition("_")
    return (DIGIT_NAMES[int(digit)], rest.partition("_")[0]) if digit.isdecimal() and len(digit) == 1 else None


_SHARES_OF_SPEAKERS = {"train": 0.4, "validation": 0.15, "test": 0.45}
_PART_OF_DIGIT_SPEAKER = {"yweweler": "validation", "george": "test", "lucas": "test"}  # the others: training
SPEECH_COMMANDS = SpokenSet(
    name="speech_commands",
    address="http://download.tensorflow.org/data/speech_commands_test_set_v0.02.tar.gz",
    least_count=4000,
    class_names=("yes", "no", "up", "down", "left", "right", "on", "off", "stop", "go"),
    read_name=_read_command_name,
    part_of_speaker=lambda speaker: part_of_name(speaker, _SHARES_OF_SPEAKERS),
    source="Google Speech Commands v0.02 (Warden 2018): ten words of its test set.",
    licence="CC BY 4.0",
)
SPOKEN_DIGITS = SpokenSet(
    name="spoken_digits",
    address="https://github.com/Jakobovski/free-spoken-digit-dataset/archive/refs/tags/v1.0.10.zip",
    least_count=3000,
    class_names=DIGIT_NAMES,
    read_name=_read_digit_name,
    part_of_speaker=lambda speaker: _PART_OF_DIGIT_SPEAKER.get(speaker, "train"),
    source="Free Spoken Digit Dataset (Jackson et al.).",
    licence="CC BY-SA 4.0",
)


def speech_commands(labels_per_class: int | None = None, seed: int = 0) -> Task:
    """Returns the task "speech_commands": ten English words, each spoken by hundreds of people (112 MB to download).

    Its recordings are those of the set's own test, which all have one second at 16 kHz. They are split anew by speaker:
    about 40 % of the speakers to learn from, 15 % for validation, and 45 % for the test. No speaker is in two parts.

    Args:
        labels_per_class: Training recordings of each word; None takes all.
        seed: Which of them are drawn.

    Returns:
        A `Task` of kind `"audio"`, whose groups are the speakers.

    Raises:
        ConnectionError: If the set is neither on this machine nor could be downloaded; it says what to do.

    Example:
    >>> ft.load_task("speech_commands", labels_per_class=10).train.inputs.shape  # doctest: +SKIP
    (100, 16000)
    """
    return load_spoken_set(SPEECH_COMMANDS, labels_per_class, seed)


def spoken_digits(labels_per_class: int | None = None, seed: int = 0) -> Task:
    """Returns the task "spoken_digits": zero to nine in English, spoken by six people (16 MB to download).

    Recorded at 8 kHz, as over a telephone, and resampled to 16 kHz. Three speakers are learnt from, one is for
    validation, and two are in the test. The rest is as for `speech_commands`.

    Example:
    >>> ft.load_task("spoken_digits", labels_per_class=3).train.inputs.shape  # doctest: +SKIP
    (30, 16000)
    """
    return load_spoken_set(SPOKEN_DIGITS, labels_per_class, seed)


ONLINE_SOUNDS: dict[str, Callable[..., Task]] = {"speech_commands": speech_commands, "spoken_digits": spoken_digits}


def load_spoken_set(spoken_set: SpokenSet, labels_per_class: int | None = None, seed: int = 0) -> Task:
    """Returns the task of a set that is downloaded if it is not there yet."""
    place = f"datasets/{spoken_set.name}"
    file_name = spoken_set.address.rpartition("/")[2]

    def read_all() -> SpokenWords:
        path = keras_home() / place / file_name
        if not path.is_file():
            found = keras.utils.get_file(
                file_name, origin=spoken_set.address, cache_dir=str(keras_home()), cache_subdir=place
            )
            path = pathlib.Path(found)
        words = read_archive(spoken_set, path)
        if len(words.labels) < spoken_set.least_count:
            raise OSError(f"{file_name} in {place} has {len(words.labels):,} of {spoken_set.least_count:,} recordings")
        return words

    words = fetch(spoken_set.name, read_all, spoken_set.address, place, [file_name])
    return _split(spoken_set, words, labels_per_class, seed)


def load_spoken_archive(
    spoken_set: SpokenSet, path: str | os.PathLike, labels_per_class: int | None = None, seed: int = 0
) -> Task:
    """Returns a task from an archive like that of a public set, with any number of recordings: a part of it.

    Args:
        spoken_set: `SPEECH_COMMANDS` or `SPOKEN_DIGITS`, for the names, the split and the terms.
        path: Of a `.zip` or `.tar.gz`.
        labels_per_class, seed: As for `speech_commands`.

    Raises:
        ValueError: For an archive without recordings of the set's words.
        FileNotFoundError: For a file that is not there.

    Example:
    >>> task = load_spoken_archive(SPEECH_COMMANDS, "speech_commands.zip", labels_per_class=10)  # doctest: +SKIP
    """
    return _split(spoken_set, read_archive(spoken_set, pathlib.Path(path)), labels_per_class, seed)


def _split(spoken_set: SpokenSet, words: SpokenWords, labels_per_class: int | None, seed: int) -> Task:
    part_of_speaker: Mapping[str, str] = {
        speaker: spoken_set.part_of_speaker(speaker) for speaker in np.unique(words.speakers).tolist()
    }
    return split_by_speaker(words, part_of_speaker, labels_per_class, seed)


def read_archive(spoken_set: SpokenSet, path: pathlib.Path) -> SpokenWords:
    """Returns all recordings of a set's words in an archive, in the order of their paths."""
    found = []
    for name, content in _read_sounds(path):
        word_and_speaker = spoken_set.read_name(name)
        if word_and_speaker is None or word_and_speaker[0] not in spoken_set.class_names:
            continue
        recording = decode_recording(content)
        sound = fit_sound(Sound(recording.mixed(), recording.rate), SAMPLE_RATE, SAMPLES)
        found.append(("/".join(name.split("/")[-2:]), *word_and_speaker, sound))
    if not found:
        raise ValueError(
            f"Expected WAV files of the words {', '.join(spoken_set.class_names)} in {path.name}. Received: none."
        )
    found.sort(key=lambda recording: recording[0])
    ids, words, speakers, sounds = zip(*found, strict=True)
    return SpokenWords(
        spoken_set.name,
        spoken_set.source,
        spoken_set.licence,
        spoken_set.class_names,
        np.stack(sounds),
        np.array([spoken_set.class_names.index(word) for word in words], "int64"),
        np.array(speakers),
        np.array(ids),
    )


def _read_sounds(path: pathlib.Path) -> Iterator[tuple[str, bytes]]:
    """Yields path and content of the WAV files in an archive."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                if name.endswith(".wav"):
                    yield name, archive.read(name)
        return
    with tarfile.open(path) as archive:
        for member in archive:
            file = archive.extractfile(member) if member.name.endswith(".wav") else None
            if file is not None:
                yield member.name, file.read()
