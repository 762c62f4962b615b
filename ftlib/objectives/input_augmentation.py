"""What changes a batch of inputs of any kind while a model trains: distorted images, dropped tokens, moved sounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ftlib.models.token_network import PADDING_ID
from ftlib.objectives.augmentation import augment

if TYPE_CHECKING:
    from ftlib.strategies.regularization import Regularization
    from ftlib.tasks.task import Task

TOKEN_DROPOUT = {"light": 0.05, "standard": 0.1, "strong": 0.2}  # share of a text's tokens
_MEL_BEND = 8000 / 700  # highest frequency of speech at 16 kHz, over where the mel scale bends


class _SoundLimits(NamedTuple):
    """The largest changes of a sound that are drawn.

    Attributes:
        shift: Either way, as a fraction of the length.
        decibels: Louder or softer.
        noise: Standard deviation of white noise, as a fraction of the sound's root mean square.
        gap: Length of a moment that is silent, and width of a band of frequencies that is missing, as fractions of the
            length and of all frequencies on the mel scale.
    """

    shift: float
    decibels: float
    noise: float
    gap: float


_SOUND_LIMITS = {
    "light": _SoundLimits(0.05, 3, 0.05, 0.03),
    "standard": _SoundLimits(0.1, 6, 0.1, 0.06),
    "strong": _SoundLimits(0.2, 10, 0.2, 0.1),
}


def augment_inputs(inputs: np.ndarray, task: Task, strength: str, rng: np.random.Generator) -> np.ndarray:
    """Returns randomly changed copies of the inputs of a task, as its kind asks for.

    Args:
        inputs: As a model takes them: images, token ids or waveforms, `(n, ...)`.
        task: The `Task`, whose `kind`, `mirror` and `unknown_id` are obeyed.
        strength: One of `AUGMENTATION`.
        rng: `numpy.random.Generator`.

    Returns:
        An array of the same shape and dtype; for `"none"`, `inputs` itself.
    """
    if strength == "none":
        return inputs
    if task.kind == "text":
        return drop_tokens(inputs, strength, task.unknown_id, rng)
    if task.kind == "audio":
        return distort_sounds(inputs, strength, rng)
    return augment(inputs, strength, task.mirror, rng)


def drop_tokens(ids: np.ndarray, strength: str, unknown_id: int, rng: np.random.Generator) -> np.ndarray:
    """Returns texts in which another id stands for a random share of the tokens (word dropout: Iyyer et al., 2015).

    Args:
        ids: Token ids, `(n, length)`, where 0 is padding, which stays.
        strength: `"light"`, `"standard"` or `"strong"`: 5, 10 or 20 % of the tokens.
        unknown_id: What stands for them: the id of an unknown or masked token, or 0 for none. Every text keeps a token.
        rng: `numpy.random.Generator`.
    """
    is_token = ids != PADDING_ID
    draws = np.where(is_token, rng.random(ids.shape), -1)
    is_dropped = is_token & (draws < TOKEN_DROPOUT[strength])
    is_dropped &= draws < draws.max(axis=1, keepdims=True)  # the last to be dropped stays
    return np.where(is_dropped, unknown_id, ids).astype(ids.dtype)


def distort_sounds(waveforms: np.ndarray, strength: str, rng: np.random.Generator) -> np.ndarray:
    """Returns sounds that begin a little earlier or later, louder or softer, with small gaps, and in white noise.

    The gaps are a moment and a band of frequencies that are missing, as SpecAugment (Park et al., 2019) hides them in a
    spectrogram; here in the waveform, since the spectrogram is a part of the model.

    Args:
        waveforms: `(n, samples)`, floats from -1 to 1. What a shift leaves empty is silent.
        strength: `"light"`, `"standard"` or `"strong"`.
        rng: `numpy.random.Generator`.
    """
    limits = _SOUND_LIMITS[strength]
    count, length = waveforms.shape
    most_samples = int(limits.shift * length)
    shifts = rng.integers(-most_samples, most_samples + 1, (count, 1))
    places = np.arange(length) - shifts
    is_inside = (places >= 0) & (places < length)
    moved = np.where(is_inside, np.take_along_axis(waveforms, np.clip(places, 0, length - 1), axis=1), 0)

    moved = _without_band(_without_moment(moved, limits.gap, rng), limits.gap, rng)
    gains = 10 ** (rng.uniform(-limits.decibels, limits.decibels, (count, 1)) / 20)
    noise_levels = rng.uniform(0, limits.noise, (count, 1)) * np.sqrt(np.mean(moved**2, axis=1, keepdims=True))
    noise = noise_levels * rng.standard_normal(moved.shape, "float32")
    return np.clip(gains * (moved + noise), -1, 1).astype(waveforms.dtype)


def _without_moment(waveforms, longest, rng):
    """Returns sounds of which a moment is silent, at most a fraction `longest` of their length."""
    count, length = waveforms.shape
    lengths = rng.uniform(0, longest, (count, 1)) * length
    starts = rng.uniform(0, 1, (count, 1)) * (length - lengths)
    places = np.arange(length)
    return np.where((places >= starts) & (places < starts + lengths), 0, waveforms)


def _without_band(waveforms, widest, rng):
    """Returns sounds without a band of frequencies, at most a fraction `widest` of all on the mel scale."""
    count, length = waveforms.shape
    widths = rng.uniform(0, widest, (count, 1))
    starts = rng.uniform(0, 1, (count, 1)) * (1 - widths)
    spectra = np.fft.rfft(waveforms, axis=1)
    frequencies = np.linspace(0, 1, spectra.shape[1])  # of the highest, which is about 8 kHz in speech
    mels = np.log1p(_MEL_BEND * frequencies) / np.log1p(_MEL_BEND)
    spectra[(mels >= starts) & (mels < starts + widths)] = 0
    return np.fft.irfft(spectra, length, axis=1).astype(waveforms.dtype)


def check_kind(regularization: Regularization, kind: str) -> None:
    """Raises a ValueError for a part of the regularization that makes no sense for a kind of inputs.

    Example:
    >>> check_kind(ft.Regularization(mixup=0.2), "text")
    Traceback (most recent call last):
    ValueError: `mixup` cannot blend texts, which are token ids. Received: Regularization(mixup=0.2). Leave it out.
    """
    reasons: dict[str, Any] = {
        "image": {},
        "text": dict.fromkeys(("mixup", "cutmix"), "cannot blend texts, which are token ids"),
        "audio": {"cutmix": "pastes patches of images, and sounds have none"},
    }[kind]
    for name, reason in reasons.items():
        if getattr(regularization, name):
            raise ValueError(f"`{name}` {reason}. Received: {regularization!r}. Leave it out.")
