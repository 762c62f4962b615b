"""Sound files as waveforms: decoded, mixed to one channel, at another rate, and of one length."""

import importlib.util
import io
import math
import pathlib
import struct
from typing import Any, NamedTuple

import numpy as np

from ftlib.files import SOUND_EXTENSIONS, sound_format

_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE  # formats of samples in a WAV file
_FORMAT_NAMES = {2: "ADPCM", 6: "A-law", 7: "mu-law", 17: "ADPCM", 85: "MP3"}  # that are not read
_SOUNDFILE_FORMATS = ("FLAC", "OGG", "MP3", "AIFF")
_UNKNOWN_SIZES = (0, 0x7FFFFFFF, 0xFFFFFFFF)  # that recorders write which do not know yet how long the sound will be
_LOUDEST_FLOAT = 1.5  # a little above 1 comes from mixing and resampling
_RATES = (1000, 768_000)  # samples per second that a recording may have
_FILTER_REACH = 10  # periods of the lower rate that `resample` looks ahead


class Sound(NamedTuple):
    """One sound.

    Attributes:
        samples: The waveform, `float32` from -1 to 1, `(n,)`.
        rate: Samples per second.
    """

    samples: np.ndarray
    rate: int


class Recording(NamedTuple):
    """A sound as its file holds it.

    Attributes:
        channels: `float32`, `(n, channels)`.
        rate: Samples per second.
    """

    channels: np.ndarray
    rate: int

    def mixed(self) -> np.ndarray:
        """Returns the mean of the channels, from -1 to 1, `(n,)`."""
        is_mono = self.channels.shape[1] == 1
        samples = self.channels[:, 0] if is_mono else self.channels.mean(axis=1)
        return np.clip(samples, -1, 1)


def read_sound(path: str | pathlib.Path) -> Sound:
    """Returns the sound of a file, its channels mixed to one.

    Args:
        path: A WAV file of 8, 16, 24 or 32 bits, or of floats; or FLAC, OGG and others, with the package `soundfile`.

    Raises:
        ValueError: If it cannot be read as sound; it says why, and names no file.
        ImportError: For another format than WAV without `soundfile`.
        OSError: If it is not there, or may not be read.

    Example:
    >>> samples, rate = read_sound("sounds/yes/001.wav")  # doctest: +SKIP
    >>> samples.shape, rate  # doctest: +SKIP
    ((16000,), 16000)
    """
    recording = decode_recording(pathlib.Path(path).read_bytes(), pathlib.Path(path).suffix)
    return Sound(recording.mixed(), recording.rate)


def decode_recording(content: bytes, suffix: str = ".wav") -> Recording:
    """Returns the sound in the bytes of a file.

    Args:
        content: The bytes.
        suffix: How the name of the file ends, for messages.

    Raises:
        ValueError, ImportError: As `read_sound`.
    """
    if not content:
        raise ValueError("an empty file")
    if sound_format(content[:12]) == "WAV":
        recording = _decode_wav(content)
    else:
        recording = _decode_with_soundfile(content, suffix)
    if not len(recording.channels):
        raise ValueError("no samples")
    if not _RATES[0] <= recording.rate <= _RATES[1]:
        raise ValueError(f"{recording.rate:,} samples per second, where {_RATES[0]:,} to {_RATES[1]:,} make sense")
    return recording


def needs_soundfile(path: pathlib.Path) -> bool:
    """Returns whether a file, by its name, is one that only the package `soundfile` reads, and that is missing."""
    named_format = SOUND_EXTENSIONS.get(path.suffix.lower())
    return named_format in _SOUNDFILE_FORMATS and importlib.util.find_spec("soundfile") is None


def _decode_with_soundfile(content: bytes, suffix: str) -> Recording:
    named_format = SOUND_EXTENSIONS.get(suffix.lower())
    if named_format == "WAV" and sound_format(content[:12]) is None:
        raise ValueError("not a WAV file")
    if named_format == "M4A":
        raise ValueError("a format that is not read: convert it to WAV")
    try:
        import soundfile
    except ImportError as error:
        raise ImportError('FLAC, OGG, MP3 and AIFF need soundfile: pip install "ftlib[sounds]"') from error
    try:
        samples, rate = soundfile.read(io.BytesIO(content), dtype="float32", always_2d=True)
    except Exception as error:  # whatever libsndfile makes of a damaged file
        raise ValueError(f"cannot be decoded ({error})") from error
    return Recording(samples, int(rate))


class _WavFormat(NamedTuple):
    """What the header of a WAV file says of its samples."""

    code: int
    channels: int
    rate: int
    bits: int


def _decode_wav(content: bytes) -> Recording:
    order = ">" if content.startswith(b"RIFX") else "<"
    wav_format = None
    place = 12  # behind RIFF, a size and WAVE
    while place + 8 <= len(content):
        name, size = struct.unpack_from(f"{order}4sI", content, place)
        place += 8
        if name == b"fmt ":
            wav_format = _read_format(content[place : place + size], order)
        elif name == b"data":
            if wav_format is None:
                raise ValueError("a damaged WAV file: its sound comes before the format of it")
            data = _take_data(content, place, size)
            return Recording(_decode_samples(data, wav_format, order), wav_format.rate)
        place += size + size % 2
    raise ValueError("a WAV file without sound")


def _read_format(chunk: bytes, order: str) -> _WavFormat:
    if len(chunk) < 16:
        raise ValueError("a damaged WAV file: its header ends early")
    code, channels, rate, _, _, bits = struct.unpack_from(f"{order}HHIIHH", chunk)
    if code == _EXTENSIBLE and len(chunk) >= 26:
        (code,) = struct.unpack_from(f"{order}H", chunk, 24)
    if not channels:
        raise ValueError("a damaged WAV file: it has no channels")
    return _WavFormat(code, channels, rate, bits)


def _take_data(content: bytes, place: int, size: int) -> bytes:
    """Returns the bytes of the samples: to the end of the file where the header does not know how many there are."""
    present = len(content) - place
    is_unknown = size in _UNKNOWN_SIZES or content.startswith(b"RF64")
    if size > present and not is_unknown:
        raise ValueError(f"the file ends early: {present:,} of {size:,} bytes of sound are there")
    return content[place:] if is_unknown else content[place : place + size]


def _decode_samples(data: bytes, wav_format: _WavFormat, order: str) -> np.ndarray:
    """Returns samples as `float32` from -1 to 1, `(n, channels)`."""
    code, channels, _, bits = wav_format
    sample_bytes = bits // 8
    if code not in (_PCM, _FLOAT) or (code, bits) not in _SAMPLE_TYPES:
        name = _FORMAT_NAMES.get(code, f"format {code}") if code not in (_PCM, _FLOAT) else f"{bits} bits a sample"
        raise ValueError(f"a WAV file of {name}, which is not read: convert it to 16-bit PCM")
    frame_count = len(data) // (sample_bytes * channels)
    whole = data[: frame_count * sample_bytes * channels]  # a recorder that is switched off leaves half a frame
    if (code, bits) == (_PCM, 24):
        samples = _widen_24_bits(whole, order)
    else:
        samples = np.frombuffer(whole, f"{order}{_SAMPLE_TYPES[code, bits]}")
    if code == _FLOAT:
        return _require_range(samples.astype("float32")).reshape(-1, channels)
    if bits == 8:  # the only one without a sign
        return ((samples.astype("float32") - 128) / 128).reshape(-1, channels)
    full_scale = 2.0 ** (31 if bits == 24 else bits - 1)
    return (samples / full_scale).astype("float32").reshape(-1, channels)


# How NumPy calls the samples of a format and a number of bits.
_SAMPLE_TYPES: dict[tuple[int, int], str] = {
    (_PCM, 8): "u1", (_PCM, 16): "i2", (_PCM, 24): "", (_PCM, 32): "i4", (_FLOAT, 32): "f4", (_FLOAT, 64): "f8",
}  # fmt: skip


def _widen_24_bits(data: bytes, order: str) -> np.ndarray:
    """Returns integers of 24 bits as the upper three bytes of integers of 32."""
    triplets = np.frombuffer(data, "u1").reshape(-1, 3)
    if order == ">":
        triplets = triplets[:, ::-1]
    words = np.zeros((len(triplets), 4), "u1")
    words[:, 1:] = triplets
    return words.view("<i4").ravel()


def _require_range(samples: np.ndarray) -> np.ndarray:
    """Returns samples that are floats after looking whether they are sound."""
    if len(samples) and not np.isfinite(samples).all():
        raise ValueError("samples that are no numbers (NaN or infinity)")
    loudest = float(np.abs(samples).max(initial=0))
    if loudest > _LOUDEST_FLOAT:
        raise ValueError(f"floats up to {loudest:,.4g}, where sound goes from -1 to 1: divide by the peak")
    return samples


def resample(samples: np.ndarray, rate: int, wanted_rate: int) -> np.ndarray:
    """Returns a sound at another rate, with a low-pass filter before samples are left out.

    Args:
        samples: Waveforms `(..., n)`, floats from -1 to 1.
        rate, wanted_rate: Samples per second, before and after.

    Returns:
        `float32`, `(..., n * wanted_rate / rate)`, from -1 to 1; the samples themselves where the rates are the same.

    Example:
    >>> resample(np.zeros(8000), 8000, 16000).shape
    (16000,)
    """
    if rate == wanted_rate:
        return np.asarray(samples, "float32")
    from scipy.signal import resample_poly

    divisor = math.gcd(rate, wanted_rate)
    resampled: Any = resample_poly(np.asarray(samples, "float32"), wanted_rate // divisor, rate // divisor, axis=-1)
    return np.clip(resampled, -1, 1).astype("float32")


def fit_sound(sound: Sound, sample_rate: int, length: int) -> np.ndarray:
    """Returns a sound at a rate and of a length: cut at its end, or filled up there with silence.

    Args:
        sound: The sound.
        sample_rate: Samples per second.
        length: How many samples.

    Returns:
        `float32`, `(length,)`.
    """
    # Of a long recording only the beginning is resampled, and what the filter sees behind it.
    needed = math.ceil(length * sound.rate / sample_rate)
    reach = _FILTER_REACH * max(1, math.ceil(sound.rate / sample_rate)) + 1
    samples = resample(sound.samples[: needed + reach], sound.rate, sample_rate)[:length]
    return np.pad(samples, (0, length - len(samples)))
