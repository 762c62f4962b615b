"""Spectrograms and WAV bytes from plain numbers."""

import io
import wave

import numpy as np

from ftlib.sound import log_mel, mel_edges, to_wav_bytes


def test_a_tone_is_loudest_in_the_band_of_its_pitch():
    for hertz in (200, 1000, 4000):
        tone = np.sin(2 * np.pi * hertz * np.arange(16000) / 16000)
        spectrogram = log_mel(tone, 16000, bands=40)
        band = int(spectrogram.mean(1).argmax())
        edges = mel_edges(16000, 40)
        assert edges[band] < hertz < edges[band + 2]
        assert -3 < spectrogram[band].max() <= 3  # a full-scale tone is near 0 dB


def test_batches_and_single_sounds_agree_and_silence_is_the_floor():
    sounds = np.random.default_rng(0).uniform(-1, 1, (300, 800)).astype("float32")
    sounds[-1] = 0
    batch = log_mel(sounds, 8000, bands=20)
    assert batch.shape == (300, 20, 8) and batch.dtype == np.float32
    np.testing.assert_allclose(batch[7], log_mel(sounds[7], 8000, bands=20), atol=1e-4)
    np.testing.assert_allclose(batch[-1], -100)


def test_low_rates_and_very_short_sounds_have_a_spectrogram_too():
    assert log_mel(np.ones(5), 16000).shape == (64, 1)
    assert np.isfinite(log_mel(np.random.default_rng(0).uniform(-1, 1, 500), 1000)).all()


def test_wav_bytes_are_a_wav_file_of_16_bits():
    samples = np.array([0, 0.5, -1, 2])
    with wave.open(io.BytesIO(to_wav_bytes(samples, 8000))) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (8000, 1, 2)
        assert np.frombuffer(file.readframes(4), "<i2").tolist() == [0, 16384, -32767, 32767]
