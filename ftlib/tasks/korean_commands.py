"""Eight Korean commands that a synthesizer speaks in many voices: a task of sounds that needs no network."""

from __future__ import annotations

import pathlib

import numpy as np

from ftlib.models.sound_input import SAMPLE_RATE, SAMPLES
from ftlib.tasks.sound_files.read import Sound, fit_sound
from ftlib.tasks.spoken import SpokenWords, split_by_speaker
from ftlib.tasks.task import Task

KOREAN_COMMANDS = {
    "start": "시작", "stop": "멈춰", "left": "왼쪽", "right": "오른쪽", "up": "위로", "down": "아래로",
    "on": "켜", "off": "꺼",
}  # fmt: skip
PATH = pathlib.Path(__file__).with_name("korean_commands.npz")
STORED_RATE = 8000  # samples a second in the file, as over a telephone
PART_OF_VOICE = {
    **dict.fromkeys(("m5", "f4", "Alicia", "Diogo", "Lee", "Nguyen", "belinda", "pedro"), "train"),
    **dict.fromkeys(("m7", "Annie", "Henrique", "marcelo"), "validation"),
    **dict.fromkeys(("m8", "f5", "Mario", "Reed", "boris", "shelby"), "test"),
}
_MU = 255  # of the mu-law (ITU-T G.711): 8 bits a sample, finer where it is soft


def load(labels_per_class: int | None = None, seed: int = 0) -> Task:
    """Returns the task "korean_commands": eight Korean commands in 18 voices, each of which says every word twice.

    The words are those of `KOREAN_COMMANDS`, and the classes are called by what they mean. No person was recorded:
    espeak-ng speaks, in rooms with some noise, over a telephone. Eight voices are to learn from, four are for
    validation and six for the test. In its pre-training `minispeech` has heard none of the voices and of the words.

    Args:
        labels_per_class: Training recordings of each word, at most 16; None takes all.
        seed: Which of them are drawn.

    Returns:
        A `Task` of kind `"audio"`, one second at 16 kHz, whose groups are the voices.

    Example:
    >>> load(labels_per_class=4)
    <Task 'korean_commands': 8 classes, 16000 samples, 32 train / 64 validation / 96 test>
    """
    return split_by_speaker(read_recordings(PATH), PART_OF_VOICE, labels_per_class, seed)


def read_recordings(path: pathlib.Path) -> SpokenWords:
    """Returns all recordings in the file that ships, at 16 kHz."""
    with np.load(path, allow_pickle=False) as file:
        stored = {name: file[name] for name in ("samples", "starts", "labels", "voices")}
    waves = decode_mu_law(stored["samples"])
    ends = stored["starts"][1:]
    recordings = [waves[start:end] for start, end in zip(stored["starts"], ends, strict=False)]
    labels = stored["labels"].astype("int64")
    names = tuple(KOREAN_COMMANDS)
    ids = [
        f"{names[label]}/{voice}_{number:03d}"
        for number, (label, voice) in enumerate(zip(labels, stored["voices"], strict=True))
    ]
    return SpokenWords(
        name="korean_commands",
        source="Spoken by espeak-ng 1.52 with its Korean voice, in rooms and noise that a script drew.",
        licence="free: the sound of a GPL program is not under its licence",
        class_names=names,
        sounds=np.stack([fit_sound(Sound(wave, STORED_RATE), SAMPLE_RATE, SAMPLES) for wave in recordings]),
        labels=labels,
        speakers=stored["voices"],
        ids=np.array(ids),
    )


def encode_mu_law(samples: np.ndarray) -> np.ndarray:
    """Returns samples from -1 to 1 as bytes, finer where they are soft.

    Example:
    >>> encode_mu_law(np.array([-1.0, 0.0, 1.0]))
    array([  0, 128, 255], dtype=uint8)
    """
    bent = np.sign(samples) * np.log1p(_MU * np.abs(samples)) / np.log1p(_MU)
    return np.floor((np.clip(bent, -1, 1) + 1) / 2 * _MU + 0.5).astype("uint8")


def decode_mu_law(values: np.ndarray) -> np.ndarray:
    """Returns the samples, float32 from -1 to 1, of the bytes that `encode_mu_law` makes."""
    bent = 2 * values.astype("float32") / _MU - 1
    return (np.sign(bent) * np.expm1(np.abs(bent) * np.log1p(_MU)) / _MU).astype("float32")
