"""Short sounds of two classes, low and high tones, and files of them, for the tests of sounds."""

import struct

import keras
import numpy as np

RATE = 2000  # samples per second
LENGTH = 256  # of a sound, in samples
SECONDS = LENGTH / RATE
CLASSES = ("high", "low")


def tone(class_name, seed, samples=LENGTH, rate=RATE):
    """Returns a tone in noise, low or high, `float32` from -1 to 1."""
    rng = np.random.default_rng([seed, *class_name.encode()])
    hertz = rng.uniform(100, 160) if class_name == "low" else rng.uniform(500, 640)
    wave = np.sin(2 * np.pi * (hertz * np.arange(samples) / rate + rng.uniform()))
    return (0.4 * wave + rng.normal(0, 0.05, samples)).clip(-1, 1).astype("float32")


def write_wav(path, samples, rate=RATE, bits=16, code=1, extensible=False, claimed=None):
    """Writes a WAV file by hand, in every form that recorders write.

    Args:
        path: The file.
        samples: From -1 to 1, `(n,)` or `(n, channels)`.
        rate: Samples per second.
        bits, code: Of a sample: code 1 for integers, 3 for floats.
        extensible: Whether the header is of the newer kind.
        claimed: How many bytes of sound the header says that there are. Default None: those there are.
    """
    samples = np.asarray(samples, "float64")
    channels = 1 if samples.ndim == 1 else samples.shape[1]
    flat = samples.ravel()
    if code == 3:
        data = flat.astype(f"<f{bits // 8}").tobytes()
    elif bits == 8:
        data = np.rint(128 + 127 * flat).astype("u1").tobytes()
    else:
        steps = np.rint((2 ** (bits - 1) - 1) * flat).astype("<i4")
        data = steps.view("u1").reshape(-1, 4)[:, : bits // 8].tobytes()
    frame = channels * bits // 8
    head = struct.pack("<HHIIHH", 0xFFFE if extensible else code, channels, rate, rate * frame, frame, bits)
    if extensible:
        head += struct.pack("<HHIH14s", 22, bits, 0, code, b"\0" * 14)
    chunks = b"LIST" + struct.pack("<I", 3) + b"abc\0" + b"fmt " + struct.pack("<I", len(head)) + head
    chunks += b"data" + struct.pack("<I", len(data) if claimed is None else claimed) + data
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks)
    return path


def write_sounds(place, each=8, seed=0, classes=CLASSES, **options):
    """Writes so many different tones of each class into class folders."""
    for class_name in classes:
        for i in range(each):
            write_wav(place / class_name / f"{i:03d}.wav", tone(class_name, 1000 * seed + i), **options)
    return place


def backbone(length=LENGTH):
    """Returns a network of three stages that takes such sounds, whose spectrogram is a part of it."""
    layers = keras.layers
    keras.utils.set_random_seed(0)
    waveform = keras.Input((length,), name="waveform")
    x = layers.Reshape((length, 1))(waveform)
    x = layers.STFTSpectrogram(mode="log", frame_length=32, frame_step=16, fft_length=32, trainable=False)(x)
    for i, filters in enumerate((4, 6, 8), start=1):
        x = layers.Conv1D(filters, 3, strides=2, padding="same", activation="relu", name=f"conv{i}")(x)
    return keras.Model(waveform, x, name="small_sounds")
