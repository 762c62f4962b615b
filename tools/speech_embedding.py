"""Google's speech embedding for measurements: what a frozen network that heard millions of clips makes of a sound.

It was trained by Google (Lin et al., 2020: "Training keyword spotters with limited and synthesized speech data",
Apache-2.0) and is inside the package `pyopen-wakeword` as two files for LiteRT: a log-mel spectrogram of 32 bands, and
a network that gives 96 numbers for each 760 ms of it. ftlib does not depend on it.
"""

from __future__ import annotations

import importlib.util
import pathlib

import numpy as np

PACKAGES = {"pyopen_wakeword": "pyopen-wakeword", "ai_edge_litert": "ai-edge-litert"}
_WINDOW, _STEP = 76, 8  # rows of the spectrogram that the network takes, and from one window to the next
_SILENCE = 4000  # samples before and after a sound, so that a word at its edge is seen whole


def missing_packages() -> list[str]:
    """Returns what has to be installed, by the names that pip takes."""
    return [name for module, name in PACKAGES.items() if importlib.util.find_spec(module) is None]


class SpeechEmbedding:
    """The two networks in one; it runs on a processor.

    Raises:
        ImportError: Where a package is missing.
    """

    def __init__(self):
        missing = missing_packages()
        if missing:
            raise ImportError(f"Google's embedding needs packages that are missing: pip install {' '.join(missing)}")
        from ai_edge_litert.interpreter import Interpreter

        # The package itself would load a library of its own; only its files are wanted.
        specification = importlib.util.find_spec("pyopen_wakeword")
        assert specification is not None and specification.origin is not None
        folder = pathlib.Path(specification.origin).parent / "models"
        self._spectrogram = Interpreter(str(folder / "melspectrogram.tflite"), num_threads=1)
        self._network = Interpreter(str(folder / "embedding_model.tflite"), num_threads=1)

    def of(self, sounds: np.ndarray) -> np.ndarray:
        """Returns features `(n, 192)` of sounds `(n, samples)` at 16 kHz: mean and maximum over the windows."""
        return np.stack([self._embed(sound) for sound in sounds])

    def _embed(self, sound):
        padded = np.pad(sound, _SILENCE) * 32767  # it was trained on the numbers of 16-bit sound
        spectrogram = _run(self._spectrogram, padded[None].astype("float32")).reshape(-1, 32) / 10 + 2
        starts = range(0, len(spectrogram) - _WINDOW + 1, _STEP)
        windows = np.stack([spectrogram[start : start + _WINDOW] for start in starts])[..., None]
        vectors = _run(self._network, windows).reshape(len(windows), -1)
        return np.concatenate([vectors.mean(axis=0), vectors.max(axis=0)])


def _run(interpreter, inputs):
    index = interpreter.get_input_details()[0]["index"]
    if tuple(interpreter.get_input_details()[0]["shape"]) != inputs.shape:
        interpreter.resize_tensor_input(index, inputs.shape)
    interpreter.allocate_tensors()
    interpreter.set_tensor(index, np.ascontiguousarray(inputs, "float32"))
    interpreter.invoke()
    return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
