"""Speaks the Korean commands of the task `korean_commands` and writes the file that ships: `make weights`.

espeak-ng speaks them, from the package that `pretrain_minispeech.py` names too, with variants of its Korean voice which
that script does not use. Rooms and noises are of another kind than there: a few echoes off walls, and the hum and hiss
of a fan. The file holds 8 bits a sample at 8 kHz.
"""

from __future__ import annotations

import argparse
import pathlib

import numpy as np
import scipy.signal
from pretrain_minispeech import VARIANTS
from source_words import KOREAN_COMMANDS as LEFT_OUT
from speech_synthesizer import SAMPLE_RATE, Synthesizer

from ftlib.files import written_whole
from ftlib.tasks.korean_commands import KOREAN_COMMANDS, PART_OF_VOICE, PATH, STORED_RATE, encode_mu_law

TAKES = 2  # of each word in each voice
RATES, PITCHES = (120, 215), (20, 80)
LEAD, TAIL = (0.02, 0.12), 0.06  # seconds of noise before and after a word
LONGEST = 0.98  # seconds


def record(word: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Returns a word as a cheap microphone in a room hears it, with peak 1, at the rate of the file."""
    echoes = np.zeros(int(0.12 * SAMPLE_RATE))
    echoes[0] = 1
    for _ in range(rng.integers(3, 9)):
        delay = rng.uniform(0.002, 0.11)
        echoes[int(delay * SAMPLE_RATE)] += rng.choice([-1, 1]) * rng.uniform(0.1, 0.6) * np.exp(-delay / 0.05)
    before = np.zeros(int(rng.uniform(*LEAD) * SAMPLE_RATE))
    sound = np.concatenate([before, scipy.signal.fftconvolve(word, echoes)])
    sound = sound[: int((len(before) + len(word)) + TAIL * SAMPLE_RATE)][: int(LONGEST * SAMPLE_RATE)]
    sound /= np.sqrt(np.mean(sound**2))

    seconds = np.arange(len(sound)) / SAMPLE_RATE
    hum = np.sin(2 * np.pi * rng.choice([60, 120, 180]) * seconds + rng.uniform(0, 6))
    hiss = scipy.signal.lfilter([1], [1, -rng.uniform(0, 0.95)], rng.standard_normal(len(sound)))
    noise = rng.uniform(0, 0.5) * hum + hiss / np.std(hiss)
    sound = sound + 10 ** (-rng.uniform(12, 30) / 20) * noise
    sound = scipy.signal.resample_poly(sound, STORED_RATE, SAMPLE_RATE)
    return sound / np.abs(sound).max()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=pathlib.Path, default=PATH, help="the file")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    assert not set(PART_OF_VOICE) & set(VARIANTS), "a voice of the pre-training is in the task"
    assert set(KOREAN_COMMANDS.values()) <= set(LEFT_OUT), "a word of the task may be in the pre-training"

    synthesizer = Synthesizer()
    rng = np.random.default_rng([args.seed, 7])
    recordings, labels, voices = [], [], []
    for voice in PART_OF_VOICE:
        for label, word in enumerate(KOREAN_COMMANDS.values()):
            for _ in range(TAKES):
                rate, pitch = int(rng.integers(*RATES)), int(rng.integers(*PITCHES))
                spoken = synthesizer.speak(word, f"ko+{voice}", rate, pitch, int(rng.integers(30, 80)))
                recordings.append(encode_mu_law(record(spoken, rng)))
                labels.append(label)
                voices.append(voice)
    with written_whole(args.out) as part, open(part, "wb") as file:
        np.savez_compressed(
            file, samples=np.concatenate(recordings), starts=np.cumsum([0, *map(len, recordings)]).astype("int32"),
            labels=np.array(labels, "uint8"), voices=np.array(voices),
        )  # fmt: skip
    print(f"{len(labels)} recordings, {args.out.stat().st_size:,} bytes in {args.out.name}")


if __name__ == "__main__":
    main()
