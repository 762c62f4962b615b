"""Sound as plain numbers: its spectrogram on the mel scale, and its bytes as a WAV file."""

import io
import wave

import numpy as np

_WINDOW_SECONDS = 0.025  # of one spectrum
_STEP_SECONDS = 0.010  # from one to the next
_LOWEST_HERTZ = 20.0
_QUIETEST = 1e-10  # power that stands for silence: -100 dB
_AT_ONCE = 256  # sounds whose spectra are in memory together


def log_mel(sounds: np.ndarray, rate: int, bands: int = 64) -> np.ndarray:
    """Returns how loud each band of frequencies is, from moment to moment: a spectrogram on the mel scale, in decibels.

    Spectra of 25 ms, each 10 ms after the last, under a Hann window; the bands are triangles that are equally wide on
    the mel scale (Stevens et al., 1937, in the formula of O'Shaughnessy, 1987), as the ear tells pitches apart.

    Args:
        sounds: Waveforms `(..., samples)`, floats from -1 to 1.
        rate: Samples per second.
        bands: How many bands. Default 64.

    Returns:
        `float32`, `(..., bands, moments)`, the lowest band first. A full-scale tone is near 0 dB, silence at -100.

    Example:
    >>> log_mel(np.zeros(16000), rate=16000).shape
    (64, 98)
    """
    waveforms = np.asarray(sounds, "float32")
    window_length, step = max(2, round(_WINDOW_SECONDS * rate)), max(1, round(_STEP_SECONDS * rate))
    missing = window_length - waveforms.shape[-1]
    if missing > 0:
        waveforms = np.pad(waveforms, [(0, 0)] * (waveforms.ndim - 1) + [(0, missing)])
    window = np.hanning(window_length).astype("float32")
    filters = _mel_filters(rate, window_length, bands)

    rows = waveforms.reshape(-1, waveforms.shape[-1])
    spectrograms = []
    for start in range(0, len(rows), _AT_ONCE):
        frames = np.lib.stride_tricks.sliding_window_view(rows[start : start + _AT_ONCE], window_length, axis=1)
        spectra = np.abs(np.fft.rfft(frames[:, ::step] * window, axis=-1)) / (window.sum() / 2)
        powers = (spectra.astype("float32") ** 2) @ filters
        spectrograms.append(10 * np.log10(np.maximum(powers, _QUIETEST)).swapaxes(1, 2))
    return np.concatenate(spectrograms).reshape(*waveforms.shape[:-1], bands, -1).astype("float32")


def mel_edges(rate: int, bands: int) -> np.ndarray:
    """Returns the frequencies in hertz between which the bands of `log_mel` lie, `(bands + 2,)`.

    Band `i` begins at edge `i`, is most sensitive at `i + 1` and ends at `i + 2`.
    """
    lowest, highest = (2595 * np.log10(1 + hertz / 700) for hertz in (_LOWEST_HERTZ, rate / 2))
    return 700 * (10 ** (np.linspace(lowest, highest, bands + 2) / 2595) - 1)


def _mel_filters(rate, window_length, bands):
    """Returns the weights of each frequency in each band, `(frequencies, bands)`."""
    frequencies = np.fft.rfftfreq(window_length, 1 / rate)[:, None]
    edges = mel_edges(rate, bands)
    begins, peaks, ends = edges[:-2], edges[1:-1], edges[2:]
    rising, falling = (frequencies - begins) / (peaks - begins), (ends - frequencies) / (ends - peaks)
    weights = np.clip(np.minimum(rising, falling), 0, None)
    # Low bands are narrower than the distance of two frequencies: each takes at least the nearest one.
    nearest = np.abs(frequencies - peaks).argmin(0)
    is_empty = weights.sum(0) == 0
    weights[nearest[is_empty], np.flatnonzero(is_empty)] = 1
    return weights.astype("float32")


def to_wav_bytes(sound: np.ndarray, rate: int) -> bytes:
    """Returns one sound as the bytes of a WAV file with 16 bits a sample.

    Args:
        sound: A waveform `(samples,)`, floats from -1 to 1.
        rate: Samples per second.

    Example:
    >>> to_wav_bytes(np.zeros(8), rate=16000)[:4]
    b'RIFF'
    """
    steps = np.rint(32767 * np.clip(np.asarray(sound, "float64"), -1, 1)).astype("<i2")
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(rate)
        writer.writeframes(steps.tobytes())
    return file.getvalue()
