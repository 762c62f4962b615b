"""Tones of two pitches in noise, one class each: a task of waveforms."""

import keras
import numpy as np

import ftlib as ft

SAMPLES = 128


def _split(count, seed, part):
    rng = np.random.default_rng(seed)
    classes = np.arange(count) % 2
    phases = rng.uniform(0, 2 * np.pi, (count, 1))
    waves = np.sin(phases + np.arange(SAMPLES) * np.where(classes, 0.9, 0.2)[:, None])
    sounds = 0.5 * waves + rng.normal(0, 0.1, waves.shape)
    return ft.Split(np.clip(sounds, -1, 1).astype("float32"), classes, [f"{part}-{i}" for i in range(count)])


def task(count=24, seed=0):
    """Returns a task of short sounds."""
    splits = (_split(count, 10 * seed + i, part) for i, part in enumerate(("train", "validation", "test")))
    return ft.Task("tones", *splits, ("low", "high"), "drawn", "none", kind="audio")


def backbone():
    """Returns a network of three stages, whose spectrogram is a part of it."""
    layers = keras.layers
    waveform = keras.Input((SAMPLES,), name="waveform")
    x = layers.Reshape((SAMPLES, 1))(waveform)
    x = layers.STFTSpectrogram(mode="log", frame_length=16, frame_step=4, fft_length=16, trainable=False)(x)
    for i, filters in enumerate((4, 6, 8), start=1):
        x = layers.Conv1D(filters, 3, strides=2, padding="same", activation="relu", name=f"conv{i}")(x)
    return keras.Model(waveform, x, name="small_sounds")
