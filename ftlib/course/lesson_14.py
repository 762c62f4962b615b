"""Checks of the exercises of lesson 14."""

import numpy as np

from ftlib.course.answers import Mistake, call, describe


def _check_spectrogram(answer):
    rng = np.random.default_rng(0)
    for samples, length, step in ((92, 20, 8), (131, 16, 16)):
        sound = rng.normal(size=samples)
        returned = np.asarray(call(answer, sound.copy(), length, step))
        mistake = _compare_spectrogram(returned, sound, length, step)
        if mistake is not None:
            return mistake
    return None


def _compare_spectrogram(returned, sound, length, step):
    """Returns the mistake in one spectrogram, if there is one."""
    starts = range(0, len(sound) - length + 1, step)
    frames = np.stack([sound[start : start + length] for start in starts])
    spectra = np.fft.rfft(frames * np.hanning(length))
    power = np.abs(spectra) ** 2
    if returned.dtype.kind == "c":
        return Mistake("complex")
    if returned.ndim == 2 and returned.shape == power.T.shape and returned.shape != power.shape:
        return Mistake("turned")
    if returned.shape != power.shape or returned.dtype.kind not in "fiu":
        return Mistake("expected_spectrogram", frames=len(power), frequencies=power.shape[1], kind=describe(returned))
    if np.allclose(returned, power):
        return None
    if np.allclose(returned, np.abs(spectra)):
        return Mistake("not_squared")
    if np.allclose(returned, np.abs(np.fft.rfft(frames)) ** 2):
        return Mistake("no_window")
    if np.allclose(returned, np.log(power + 1e-12), atol=1e-2):
        return Mistake("logarithm")
    return Mistake("other_spectrogram")


_SPEAKERS = np.repeat(["ann", "bo", "cy", "di", "ed", "flo", "gil", "hal", "ida", "jo"], [9, 1, 4, 7, 2, 8, 3, 6, 5, 5])


def _check_speakers(answer):
    rng = np.random.default_rng(3)
    speakers = rng.permutation(_SPEAKERS)
    chosen = []
    for seed, share in ((1, 0.3), (2, 0.3), (3, 0.3), (4, 0.01)):
        returned = np.asarray(call(answer, speakers.copy(), share, np.random.default_rng(seed)))
        if returned.shape != speakers.shape or returned.dtype.kind != "b":
            return Mistake("expected_rows", count=len(speakers), kind=describe(returned))
        mistake = _compare_speakers(speakers, returned, share)
        if mistake is not None:
            return mistake
        chosen.append(tuple(sorted(set(speakers[returned]))))
    if len(set(chosen[:3])) == 1:
        return Mistake("generator_ignored")
    return None


def _compare_speakers(speakers, in_test, share):
    """Returns the mistake in one draw of speakers, if there is one."""
    if not in_test.any():
        return Mistake("nobody")
    on_both_sides = sorted(set(speakers[in_test]) & set(speakers[~in_test]))
    if on_both_sides:
        return Mistake("on_both_sides", count=len(on_both_sides))
    wanted = max(1, round(share * len(set(_SPEAKERS))))
    count = len(set(speakers[in_test]))
    return None if count == wanted else Mistake("other_count", wanted=wanted, count=count, share=share)


def _check_noise(answer):
    rng = np.random.default_rng(5)
    sound, noise = 0.3 * rng.normal(size=4000), 2.0 * rng.normal(size=4000)
    for decibels in (10.0, 3.0):
        returned = np.asarray(call(answer, sound.copy(), noise.copy(), decibels))
        if returned.shape != sound.shape or returned.dtype.kind != "f":
            return Mistake("expected_sound", kind=describe(returned))
        mistake = _compare_noise(returned, sound, noise, decibels)
        if mistake is not None:
            return mistake
    return None


def _compare_noise(returned, sound, noise, decibels):
    """Returns the mistake in one mixture, if there is one."""
    if np.allclose(returned, sound):
        return Mistake("no_noise")
    added = returned - sound
    factor = float(added @ noise / (noise @ noise))
    if not np.allclose(added, factor * noise, atol=1e-8):
        return Mistake("sound_changed")
    ratio = 10 * np.log10(np.mean(sound**2) / np.mean(added**2))
    if np.isclose(ratio, decibels, atol=0.01):
        return None
    if np.isclose(ratio, 2 * decibels, atol=0.01):
        return Mistake("twice", decibels=decibels, ratio=ratio)
    if np.isclose(ratio, -decibels, atol=0.01):
        return Mistake("upside_down", decibels=decibels)
    return Mistake("other_ratio", decibels=decibels, ratio=ratio)


CHECKS = {"14.1": _check_spectrogram, "14.2": _check_noise, "14.3": _check_speakers}
