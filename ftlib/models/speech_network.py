"""A small network for spoken words that takes a waveform and makes its log-mel spectrogram itself."""

from __future__ import annotations

import math
from typing import Any

import keras

from ftlib.models.available_files import existing_file
from ftlib.models.backbone_files import load_into
from ftlib.models.shipped_files import shipped_file
from ftlib.models.sound_input import SAMPLE_RATE, SAMPLES

_BLOCK = 80  # samples: frames are put together from blocks of 5 ms
_BLOCKS_PER_FRAME, _BLOCKS_PER_STEP = 5, 2  # frames of 25 ms, one every 10 ms
_FRAMES = 96  # of a sound; two more would fit in, and would not be halved three times
_FRAME = _BLOCK * _BLOCKS_PER_FRAME
_FREQUENCIES = 190  # multiples of 40 Hz, up to 7.6 kHz
_MEL_BANDS = 40
_LOWEST, _HIGHEST = 60.0, 7600.0  # hertz of the mel bands
_FLOOR = 1e-3  # of a band's power, in that of a sound of mean loudness: what lies below is silence
_ops: Any = keras.ops  # their types leave open what comes of symbolic tensors
_MOMENTUM = (
    0.9  # of BatchNormalization, as in glyphnet: its statistics have to keep up with runs of a few hundred updates
)


def load_sound_backbone(name: str, weights: Any) -> keras.Model:
    """Returns a network for sounds that ships with ftlib, without its head; arguments as for `load_backbone`."""
    if weights == "imagenet":
        raise ValueError(f'{name} is pre-trained on spoken words: weights="default". Received: weights="imagenet".')
    network = speech_network()
    if weights is not None:
        load_into(network, shipped_file(name, "backbone") if weights == "default" else existing_file(weights), name)
    return network


def speech_network() -> keras.Model:
    """Returns the architecture of `minispeech` with random weights: a residual network of about 0.2 million parameters.

    The first layers make a spectrogram of the waveform: its power in 40 mel bands every 10 ms, as a logarithm, of the
    sound at mean loudness, with mean 0 and deviation 1 over the whole sound. They are plain operations without weights,
    so that a saved model takes what a microphone gives, learns nothing there, and converts to all formats. Then follow
    convolutions over time and frequency, and convolutions over time alone.

    Returns:
        A functional `keras.Model` from sounds `(None, 16000)` at 16 kHz, floats from -1 to 1, to features
        `(None, 12, 128)`: a vector for every 80 ms.

    Example:
    >>> speech_network().output_shape
    (None, 12, 128)
    """
    sound = keras.Input((SAMPLES,), name="sound")
    features = log_mel_spectrogram(sound)
    features = _activated(_convolve(features, 24, 5, 2, "stem"), "stem_relu")

    features = _activated(_convolve(features, 40, 3, 2, "patterns"), "patterns_relu")

    _, frames, bands, filters = features.shape
    features = keras.layers.Reshape((frames, bands * filters), name="bands_joined")(features)
    features = _activated(_convolve(features, 96, 1, 1, "sounds"), "sounds_relu")
    features = _residual_block(features, 96, 1, "sounds_block")
    features = _residual_block(features, 128, 2, "syllables_block")
    return keras.Model(sound, features, name="speech_network")


def log_mel_spectrogram(sound: Any) -> Any:
    """Returns the normalised log-mel spectrogram of sounds, `(n, 96, 40, 1)`, of symbolic sounds `(n, 16000)`."""
    power = _ops.mean(_ops.square(sound), axis=1, keepdims=True)
    at_mean_loudness = sound / _ops.sqrt(power + 1e-8)

    blocks = _ops.reshape(at_mean_loudness, (-1, SAMPLES // _BLOCK, _BLOCK))
    last = _BLOCKS_PER_STEP * (_FRAMES - 1) + 1
    parts = [blocks[:, first : first + last : _BLOCKS_PER_STEP] for first in range(_BLOCKS_PER_FRAME)]
    frames = _ops.concatenate(parts, axis=2)

    # The tables are computed from ones inside the graph. As weights of a layer they would train along.
    one = _ops.ones_like(_ops.sum(sound, axis=0, keepdims=True))
    cosines, sines = _fourier_tables(one)
    power = _ops.square(_ops.matmul(frames, cosines)) + _ops.square(_ops.matmul(frames, sines))
    mel_power = _ops.matmul(power, _mel_table(one))
    logarithms = _ops.log(mel_power + _FLOOR)
    normalised = keras.layers.LayerNormalization(
        axis=(1, 2),  # pyright: ignore[reportArgumentType]  (Keras takes several, and its stubs do not say so)
        center=False,
        scale=False,
        name="log_mel",
    )(logarithms)
    return _ops.expand_dims(normalised, -1)


def _fourier_tables(one):
    """Returns cosines and sines of a windowed frame, each `(400, 190)`; scaled so that white noise has power 1."""
    samples = _ops.cumsum(one[:, :_FRAME], axis=1) - 1
    frequencies = _ops.cumsum(one[:, :_FREQUENCIES], axis=1)
    turns = _ops.matmul(_ops.transpose(samples), frequencies)
    angles = (2 * math.pi / _FRAME) * _ops.mod(turns, _FRAME)
    window = 0.5 - 0.5 * _ops.cos((2 * math.pi / _FRAME) * _ops.transpose(samples))
    window = window * math.sqrt(8 / (3 * _FRAME))
    return window * _ops.cos(angles), window * _ops.sin(angles)


def _mel_table(one):
    """Returns how much of each frequency a mel band takes, `(190, 40)`: triangles that overlap by half."""
    hertz = _ops.transpose(_ops.cumsum(one[:, :_FREQUENCIES], axis=1)) * (SAMPLE_RATE / _FRAME)
    mels = 1127 * _ops.log(1 + hertz / 700)
    lowest, highest = (1127 * math.log(1 + edge / 700) for edge in (_LOWEST, _HIGHEST))
    distance = (highest - lowest) / (_MEL_BANDS + 1)
    middles = lowest + distance * _ops.cumsum(one[:, :_MEL_BANDS], axis=1)
    triangles = _ops.relu(1 - _ops.abs(mels - middles) / distance)
    return triangles / _ops.sum(triangles, axis=0, keepdims=True)


def _residual_block(features, filters, strides, name):
    branch = _activated(_convolve(features, filters, 3, strides, name + "_1"), name + "_relu1")
    branch = _convolve(branch, filters, 3, 1, name + "_2")
    shortcut = features
    if features.shape != branch.shape:
        shortcut = _convolve(features, filters, 1, strides, name + "_shortcut")
    return _activated(keras.layers.Add(name=name + "_add")([shortcut, branch]), name + "_relu2")


def _convolve(features, filters, kernel_size, strides, name):
    """Returns features after a convolution over time, or time and frequency, and BatchNormalization."""
    layer = keras.layers.Conv2D if len(features.shape) == 4 else keras.layers.Conv1D
    convolution = layer(
        filters, kernel_size, strides, padding="same", use_bias=False, kernel_initializer="he_normal",
        name=name + "_conv",
    )  # fmt: skip
    return keras.layers.BatchNormalization(momentum=_MOMENTUM, name=name + "_bn")(convolution(features))


def _activated(features, name):
    return keras.layers.ReLU(name=name)(features)
