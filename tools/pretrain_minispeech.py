"""Pre-trains `minispeech`, a small network for spoken words, and writes what `ftlib` ships: `make weights`.

It learns to name words that a synthesizer speaks in many voices, through noise, rooms and bad microphones. No person
was recorded. The words are spoken by espeak-ng, a program under the GPL that this script alone needs, from the package
`espeakng-loader`: `pip install espeakng-loader==0.2.4`. What it says is free.

None of the words is one that a task of ftlib asks for (see source_words.py), so that what the network knows of these it
knows from other words.
"""

from __future__ import annotations

import hashlib
import json
import pathlib
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import keras
import numpy as np
import pretraining
import scipy.fft
from source_words import source_words
from speech_synthesizer import Synthesizer

from ftlib.files import written_whole
from ftlib.models.backbones import classifier, head_of
from ftlib.models.sound_input import SAMPLE_RATE, SAMPLES
from ftlib.models.speech_network import speech_network

NAME = "minispeech"
BATCH, TAKES = 64, 20  # sounds of an update, and how often each word is spoken
EPOCHS_KEPT = 4  # a take is distorted anew so often; its spectrogram is masked anew each time
VOICES = {
    "en": ("en-us", "en", "en-gb-scotland", "en-029", "en-gb-x-rp", "en-us-nyc", "en-gb-x-gbclan", "en-gb-x-gbcwmd"),
    "ko": ("ko",),
    "de": ("de",),
    "es": ("es", "es-419"),
}
VARIANTS = (
    "", "m1", "m2", "m3", "m4", "f1", "f2", "f3", "klatt", "klatt2", "klatt4", "Alex", "Andrea", "Andy", "Denis",
    "Gene", "Hugo", "Jacky", "Marco", "Michael", "Mike", "adam", "aunty", "benjamin", "caleb", "david", "edward",
    "grandma", "grandpa", "ian", "iven", "john", "linda", "max", "paul", "robert", "steph", "travis", "victor", "zac",
)  # fmt: skip
RATES, PITCHES, RANGES = (110, 240), (15, 85), (20, 90)  # of the synthesizer
SPECTRUM = 20_480  # samples of a transform: a sound and the echo of its room
ROOMS, CURVES, NOISES = 256, 256, 96  # how many of each are drawn once
LONGEST = 1.1  # seconds of a word; what is longer is cut


class SpokenWords(NamedTuple):
    """Every take of every word, one behind the other.

    Attributes:
        samples: All samples, int16.
        starts: Where each take begins, and where the last one ends, `(takes + 1,)`.
        labels: Which word each take is, `(takes,)`.
    """

    samples: np.ndarray
    starts: np.ndarray
    labels: np.ndarray

    def take(self, index: int) -> np.ndarray:
        """Returns a take as floats from -1 to 1."""
        return self.samples[self.starts[index] : self.starts[index + 1]].astype("float32") / 32768


def speak_words(path: pathlib.Path, seed: int) -> SpokenWords:
    """Returns all takes, from a file if they were spoken before."""
    if path.is_file():
        with np.load(path, allow_pickle=False) as saved:
            return SpokenWords(saved["samples"], saved["starts"], saved["labels"])
    rng = np.random.default_rng([seed, 1])
    synthesizer = Synthesizer()
    takes, labels = [], []
    for label, (language, word) in enumerate(source_words()):
        for _ in range(TAKES):
            voice = rng.choice(VOICES[language])
            variant = rng.choice(VARIANTS)
            rate, pitch, pitch_range = (int(rng.integers(*limits)) for limits in (RATES, PITCHES, RANGES))
            sound = synthesizer.speak(word, f"{voice}+{variant}" if variant else str(voice), rate, pitch, pitch_range)
            takes.append((sound[: int(LONGEST * SAMPLE_RATE)] * 32767).astype("int16"))
            labels.append(label)
    starts = np.cumsum([0, *map(len, takes)])
    words = SpokenWords(np.concatenate(takes), starts, np.asarray(labels, "int32"))
    with written_whole(path) as part, open(part, "wb") as file:
        np.savez(file, **words._asdict())
    return words


class Distortion:
    """What happens to a word on its way into a microphone: speed, place, room, colour, noise, clipping."""

    def __init__(self, words: SpokenWords, seed: int):
        self.words = words
        rng = np.random.default_rng([seed, 2])
        self.rooms = np.stack([_draw_room(rng) for _ in range(ROOMS)])
        self.curves = np.stack([_draw_curve(rng) for _ in range(CURVES)])
        self.noises = np.stack([self._draw_noise(rng) for _ in range(NOISES)])

    def _draw_noise(self, rng):
        """Returns two seconds of noise with mean power 1: coloured and swelling, or other voices at once."""
        length = 2 * SAMPLES
        if rng.random() < 0.35:
            noise = np.zeros(length, "float32")
            for index in rng.integers(len(self.words.labels), size=rng.integers(3, 20)):
                voice = self.words.take(index)[:length]
                start = rng.integers(length - len(voice) + 1)
                noise[start : start + len(voice)] += rng.uniform(0.3, 1) * voice
        else:
            spectrum = scipy.fft.rfft(rng.standard_normal(length, "float32"))
            octaves = np.log2(np.maximum(np.arange(len(spectrum)), 20) / 1000)
            spectrum *= 2 ** (rng.uniform(-1.5, 0.3) * octaves)
            noise = scipy.fft.irfft(spectrum, length)
            swells = np.interp(np.arange(length), np.linspace(0, length, 9), rng.uniform(0.3, 1, 9))
            noise = noise * swells ** rng.uniform(0, 2)
        return (noise / np.sqrt(np.mean(noise**2) + 1e-9)).astype("float32")

    def __call__(self, indices: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Returns takes as they might be recorded, `(n, 16000)` float32 from -1 to 1."""
        sounds = np.zeros((len(indices), SAMPLES), "float32")
        for row, index in enumerate(indices):
            _place(sounds[row], _stretch(self.words.take(index), np.exp(rng.uniform(-0.25, 0.25))), rng)
        is_roomy = rng.random((len(indices), 1)) < 0.7
        room = np.where(is_roomy, self.rooms[rng.integers(ROOMS, size=len(indices))], 1)
        transfer = room * self.curves[rng.integers(CURVES, size=len(indices))]
        sounds = scipy.fft.irfft(scipy.fft.rfft(sounds, SPECTRUM) * transfer, SPECTRUM)[:, :SAMPLES]

        loudness = np.sqrt(np.mean(sounds**2, axis=1, keepdims=True)) + 1e-6
        ratio = 10 ** (-rng.uniform(-3, 35, (len(indices), 1)) / 20)  # of noise to sound
        for row, (which, start) in enumerate(rng.integers((NOISES, SAMPLES), size=(len(indices), 2))):
            sounds[row] += ratio[row] * loudness[row] * self.noises[which, start : start + SAMPLES]
        drive = np.where(rng.random((len(indices), 1)) < 0.15, rng.uniform(1, 6, (len(indices), 1)), 0.5)
        peak = np.abs(sounds).max(axis=1, keepdims=True) + 1e-6
        return np.tanh(drive * sounds / peak).astype("float32")


def _stretch(sound, factor):
    """Returns a sound played faster or slower, and so higher or lower."""
    places = np.arange(0, len(sound) - 1, factor)
    return np.interp(places, np.arange(len(sound)), sound).astype("float32")


def _place(row, sound, rng):
    """Puts a sound somewhere into a second of silence; a little of it may be cut off."""
    spare = len(row) - len(sound)
    slack = int(0.03 * SAMPLES)
    start = int(rng.integers(min(spare, 0) - slack, max(spare, 0) + slack + 1))
    first, last = max(start, 0), min(start + len(sound), len(row))
    row[first:last] = sound[first - start : last - start]


def _draw_room(rng):
    """Returns the transfer of a room: the direct sound, then echoes that die away."""
    length = SPECTRUM - SAMPLES  # 0.28 s
    seconds = np.arange(length) / SAMPLE_RATE
    decay = rng.uniform(0.08, 0.7)  # seconds to 60 decibels less
    echoes = rng.standard_normal(length) * 10 ** (-3 * seconds / decay)
    echoes[: int(rng.uniform(0.001, 0.01) * SAMPLE_RATE)] = 0
    echoes *= 10 ** (-rng.uniform(0, 18) / 20) / np.sqrt(np.sum(echoes**2))
    echoes[0] = 1
    return scipy.fft.rfft(echoes, SPECTRUM).astype("complex64")


def _draw_curve(rng):
    """Returns the frequency response of a microphone: uneven, and sometimes as narrow as that of a telephone."""
    hertz = np.fft.rfftfreq(SPECTRUM, 1 / SAMPLE_RATE)
    knots = np.geomspace(60, 8000, 9)
    decibels = np.interp(np.log(np.maximum(hertz, 30)), np.log(knots), rng.normal(0, rng.uniform(1, 7), len(knots)))
    if rng.random() < 0.4:
        highest = rng.uniform(3000, 7500)
        decibels -= 60 * np.clip(np.log2(np.maximum(hertz, 1) / highest) * 4, 0, 1)
    if rng.random() < 0.5:
        lowest = rng.uniform(80, 400)
        decibels -= 40 * np.clip(np.log2(lowest / np.maximum(hertz, 1)), 0, 1)
    return (10 ** (decibels / 20)).astype("float32")


def draw_masks(count: int, rng: np.random.Generator, shape: tuple[int, int] = (96, 40)) -> np.ndarray:
    """Returns which part of each spectrogram stays, `(count, 96, 40)`: without two bands and two moments.

    SpecAugment (Park et al., 2019), without its warping.
    """
    masks = np.ones((count, *shape), "float32")
    for mask in masks:
        for widest, side in ((6, 1), (6, 1), (10, 0), (10, 0)):
            width = int(rng.integers(widest + 1))
            start = int(rng.integers(shape[side] - width + 1))
            mask[(slice(None),) * side + (slice(start, start + width),)] = 0
    return masks


class Spectrograms:
    """Spectrograms of distorted takes, each kept for a few epochs: to make one costs more than to learn from it.

    Args:
        words: The takes.
        distortion: What distorts them.
        network: Whose spectrogram it is.
        seed: Integer.
    """

    def __init__(self, words: SpokenWords, distortion: Distortion, network: keras.Model, seed: int):
        self.words, self.distortion, self.seed = words, distortion, seed
        self.front = keras.Model(network.inputs[0], network.get_layer("log_mel").output)
        self.kept = np.zeros((len(words.labels), *self.front.output_shape[1:]), "float16")
        self.kept_round = -1

    def of(self, indices: np.ndarray, epoch: int) -> np.ndarray:
        """Returns the spectrograms of takes in an epoch, `(n, 96, 40)` float32."""
        if epoch // EPOCHS_KEPT != self.kept_round:
            self._draw(epoch // EPOCHS_KEPT)
        return self.kept[indices].astype("float32")

    def _draw(self, number):
        rng = np.random.default_rng([self.seed, 3, number])
        for start in range(0, len(self.kept), BATCH):
            rows = np.arange(start, min(start + BATCH, len(self.kept)))
            self.kept[rows] = keras.ops.convert_to_numpy(self.front.predict_on_batch(self.distortion(rows, rng)))
        self.kept_round = number


def draw_batches(spectrograms: Spectrograms, seed: int) -> Callable[[int], tuple]:
    """Returns a function from the number of an update to spectrograms, masks for them, and labels."""
    labels = spectrograms.words.labels
    per_epoch = len(labels) // BATCH

    def draw(update: int) -> tuple:
        epoch, step = divmod(update, per_epoch)
        order = np.random.default_rng([seed, 4, epoch]).permutation(len(labels))
        indices = order[step * BATCH : (step + 1) * BATCH]
        masks = draw_masks(BATCH, np.random.default_rng([seed, 4, epoch, step]))
        return spectrograms.of(indices, epoch), masks, labels[indices]

    return draw


def word_predictor(network: keras.Model, word_count: int) -> keras.Model:
    """Returns a model from spectrograms and masks to logits of words; it trains what follows the spectrogram."""
    log_mel = network.get_layer("log_mel").output
    rest: Any = keras.Model(log_mel, network.outputs[0], name="rest")
    spectrogram, mask = (keras.Input(log_mel.shape[1:]) for _ in range(2))
    pooled = keras.layers.GlobalAveragePooling1D()(rest(spectrogram * mask))
    dropped = keras.layers.Dropout(0.1)(pooled)
    return keras.Model([spectrogram, mask], keras.layers.Dense(word_count, name="words")(dropped))


def ship(network: keras.Model, predictor: keras.Model, card: dict[str, Any], folder: pathlib.Path) -> None:
    """Writes the network and the head of its pre-training in half precision, and their card."""
    model = classifier(network, len(card["classes"]))
    model.get_layer("predictions").set_weights(predictor.get_layer("words").get_weights())
    files = {"backbone": folder / f"{NAME}.weights.h5", "head": folder / f"{NAME}-head.weights.h5"}
    for part_of_model, path in ((network, files["backbone"]), (head_of(model), files["head"])):
        with written_whole(path) as part:
            pretraining.save_half(part_of_model, part)
    checksums = {part: hashlib.sha256(path.read_bytes()).hexdigest() for part, path in files.items()}
    text = json.dumps({**card, "sha256": checksums}, indent=1, ensure_ascii=False) + "\n"
    with written_whole(folder / f"{NAME}.json") as part:
        part.write_text(text, encoding="utf-8")


def main() -> None:
    args = pretraining.parse_arguments(__doc__, updates=1872, peak=3e-3)

    began = time.time()
    words = speak_words(args.work / f"{NAME}-words-seed{args.seed}x{TAKES}.npz", args.seed)
    word_names = [word for _, word in source_words()]
    print(f"{len(word_names)} words, {len(words.labels)} takes, {time.time() - began:.0f} s", flush=True)

    keras.utils.set_random_seed(args.seed)
    network = speech_network()
    predictor = word_predictor(network, len(word_names))
    draw = draw_batches(Spectrograms(words, Distortion(words, args.seed), network, args.seed), args.seed)
    work = args.work / f"{NAME}-seed{args.seed}-{args.updates}x{BATCH}-rate{args.peak:g}.npz"
    pretraining.train(predictor, draw, work, updates=args.updates, peak=args.peak)

    card = {
        "name": NAME,
        "parameters": network.count_params(),
        "source_task": f"{len(word_names)} words of English, Korean, German and Spanish, spoken by a synthesizer",
        "training": {
            "command": "make weights", "seed": args.seed, "updates": args.updates, "batch": BATCH, "takes": TAKES,
            "optimizer": "AdamW, cosine", "peak_rate": args.peak, "keras": keras.__version__,
            "backend": keras.backend.backend(),
        },
        "learned_from": [
            {"what": "words that espeak-ng 1.52 spoke (a GPL program; its sound is free)", "licence": "free"},
        ],
        "licence": "MIT",
        "limits": "One second at 16 kHz. Has heard a synthesizer alone, and no person. None of its words is one of "
        "Speech Commands' ten, a digit, or a command of the task korean_commands.",
        "classes": word_names,
    }  # fmt: skip
    ship(network, predictor, card, args.out)


if __name__ == "__main__":
    main()
