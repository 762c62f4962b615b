"""Words that espeak-ng speaks, through the package `espeakng-loader`, which only scripts of this folder need.

The program is under the GPL, and what it says is not a work derived from it: the sound is free.
"""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
import scipy.signal

SAMPLE_RATE = 16_000
_SYNCHRONOUS, _UTF8 = 2, 1  # constants of espeak-ng's speak_lib.h
_RATE, _PITCH, _RANGE = 1, 3, 4
_SILENCE = 0.01  # of the peak: what is softer at either end is cut off
_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


class Synthesizer:
    """espeak-ng in this process; there can be only one of it.

    Raises:
        ImportError: Without the package `espeakng-loader`.
        OSError: If espeak-ng does not start.
    """

    def __init__(self):
        try:
            import espeakng_loader  # pyright: ignore[reportMissingImports]
        except ImportError:
            raise ImportError("The words are spoken by espeak-ng: pip install espeakng-loader==0.2.4") from None
        self.library: Any = ctypes.CDLL(espeakng_loader.get_library_path())
        self.own_rate = self.library.espeak_Initialize(_SYNCHRONOUS, 0, espeakng_loader.get_data_path().encode(), 0)
        if self.own_rate <= 0:
            raise OSError(f"espeak-ng did not start: espeak_Initialize gave {self.own_rate}.")
        self._parts: list[np.ndarray] = []
        self._callback = _CALLBACK(self._keep)  # it must live as long as the library may call it
        self.library.espeak_SetSynthCallback(self._callback)

    def _keep(self, samples, count, events):
        if samples and count:
            self._parts.append(np.ctypeslib.as_array(samples, (count,)).copy())
        return 0

    def speak(self, text: str, voice: str, rate: int = 175, pitch: int = 50, pitch_range: int = 50) -> np.ndarray:
        """Returns a text as sound at 16 kHz, `(samples,)` float32 with peak 1, without the silence at its ends.

        Args:
            text: What is said.
            voice: A language and a variant, such as `"en-us+f2"` or `"ko+m3"`.
            rate: Words a minute.
            pitch, pitch_range: From 0 to 99.

        Raises:
            ValueError: For a voice that espeak-ng does not have, and a text that it is silent on.
        """
        if self.library.espeak_SetVoiceByName(voice.encode()):
            raise ValueError(f"espeak-ng has no such voice. Received: voice={voice!r}.")
        for parameter, value in ((_RATE, rate), (_PITCH, pitch), (_RANGE, pitch_range)):
            self.library.espeak_SetParameter(parameter, value, 0)

        self._parts = []
        content = text.encode()
        self.library.espeak_Synth(content, len(content) + 1, 0, 1, 0, _UTF8, None, None)
        sound = np.concatenate([np.zeros(1, "int16"), *self._parts]).astype("float32")
        is_loud = np.flatnonzero(np.abs(sound) > _SILENCE * np.abs(sound).max())
        if not len(is_loud):
            raise ValueError(f"espeak-ng says nothing. Received: text={text!r}, voice={voice!r}.")

        trimmed = sound[is_loud[0] : is_loud[-1] + 1]
        resampled = scipy.signal.resample_poly(trimmed, SAMPLE_RATE, self.own_rate)
        return (resampled / np.abs(resampled).max()).astype("float32")
