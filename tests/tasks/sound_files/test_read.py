"""Sound files: every usual form of WAV, other rates, and what is refused and why."""

import numpy as np
import pytest
from scipy.io import wavfile
from sound_folders import write_wav

from ftlib.tasks.sound_files.read import Sound, fit_sound, read_sound, resample

SAMPLES = np.sin(np.arange(300) / 7) * np.linspace(0, 1, 300)


@pytest.mark.parametrize(
    "bits, code, tolerance",
    [(8, 1, 0.013), (16, 1, 6e-5), (24, 1, 2e-7), (32, 1, 1e-7), (32, 3, 1e-7), (64, 3, 1e-7)],
)
@pytest.mark.parametrize("extensible", [False, True])
def test_every_usual_form_of_wav_gives_the_same_sound(tmp_path, bits, code, tolerance, extensible):
    sound = read_sound(write_wav(tmp_path / "a.wav", SAMPLES, 11025, bits, code, extensible))
    assert sound.rate == 11025 and sound.samples.dtype == np.float32
    np.testing.assert_allclose(sound.samples, SAMPLES, atol=tolerance)


@pytest.mark.parametrize("dtype", ["uint8", "int16", "int32", "float32", "float64"])
def test_files_of_scipy_are_read_as_scipy_reads_them(tmp_path, dtype):
    rng = np.random.default_rng(0)
    stereo = rng.uniform(-0.9, 0.9, (50, 2))
    if dtype == "uint8":
        stored = (128 + 127 * stereo).astype(dtype)
        expected = (stored.astype(float) - 128) / 128
    elif dtype.startswith("int"):
        stored = (stereo * np.iinfo(dtype).max).astype(dtype)
        expected = stored / -float(np.iinfo(dtype).min)
    else:
        stored = expected = stereo.astype(dtype)
    wavfile.write(tmp_path / "a.wav", 8000, stored)
    np.testing.assert_allclose(read_sound(tmp_path / "a.wav").samples, expected.mean(1), atol=1e-6)


def test_the_channels_are_mixed(tmp_path):
    channels = np.stack([SAMPLES, np.zeros(300), 0.5 * SAMPLES], 1)
    np.testing.assert_allclose(read_sound(write_wav(tmp_path / "a.wav", channels)).samples, 0.5 * SAMPLES, atol=1e-4)


def test_a_header_that_does_not_know_the_length_reads_to_the_end(tmp_path):
    for claimed in (0, 0xFFFFFFFF):
        assert len(read_sound(write_wav(tmp_path / "a.wav", SAMPLES, claimed=claimed)).samples) == 300


@pytest.mark.parametrize(
    "write, message",
    [
        (lambda path: path.write_bytes(b""), "an empty file"),
        (lambda path: write_wav(path, []), "no samples"),
        (lambda path: path.write_bytes(b"ID3 is a song of another format"), "not a WAV file"),
        (lambda path: write_wav(path, SAMPLES, claimed=1200), "600 of 1,200 bytes of sound are there"),
        (lambda path: write_wav(path, SAMPLES, code=7, bits=8), "of mu-law, which is not read"),
        (lambda path: write_wav(path, SAMPLES * 30_000, code=3, bits=32), "floats up to 2.9.*where sound goes"),
        (lambda path: write_wav(path, [0, np.nan], code=3, bits=32), "no numbers"),
        (lambda path: write_wav(path, SAMPLES, rate=0), "0 samples per second"),
        (lambda path: path.write_bytes(write_wav(path, SAMPLES).read_bytes()[:40]), "a damaged WAV file"),
        (lambda path: path.write_bytes(write_wav(path, SAMPLES).read_bytes()[:48]), "without sound"),
    ],
)
def test_what_is_no_sound_says_why(tmp_path, write, message):
    write(tmp_path / "a.wav")
    with pytest.raises(ValueError, match=message):
        read_sound(tmp_path / "a.wav")


def test_other_formats_ask_for_soundfile(tmp_path, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "soundfile", None)  # as if it were not installed
    (tmp_path / "a.flac").write_bytes(b"fLaC and more")
    with pytest.raises(ImportError, match=r'pip install "ftlib\[sounds\]"'):
        read_sound(tmp_path / "a.flac")
    (tmp_path / "a.m4a").write_bytes(b"....ftypM4A ")
    with pytest.raises(ValueError, match="convert it to WAV"):
        read_sound(tmp_path / "a.m4a")


def test_other_formats_are_read_with_soundfile(tmp_path):
    soundfile = pytest.importorskip("soundfile")
    for suffix in ("flac", "ogg"):
        soundfile.write(tmp_path / f"a.{suffix}", np.tile(SAMPLES, 20), 16000)
        samples, rate = read_sound(tmp_path / f"a.{suffix}")
        assert rate == 16000 and len(samples) == 6000
        np.testing.assert_allclose(samples, np.tile(SAMPLES, 20), atol=0.1)


@pytest.mark.parametrize("rate, wanted", [(8000, 16000), (44100, 16000), (48000, 16000), (11025, 16000)])
def test_a_tone_keeps_its_pitch_at_another_rate(rate, wanted):
    tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(rate) / rate)
    resampled = resample(tone, rate, wanted)
    assert resampled.shape == (wanted,) and resampled.dtype == np.float32
    expected = 0.5 * np.sin(2 * np.pi * 440 * np.arange(wanted) / wanted)
    inner = slice(wanted // 10, -wanted // 10)
    np.testing.assert_allclose(resampled[inner], expected[inner], atol=0.01)


def test_a_sound_is_cut_or_filled_up_and_of_a_long_one_only_the_beginning_is_resampled():
    long = np.random.default_rng(0).uniform(-0.5, 0.5, 44100 * 4).astype("float32")
    fitted = fit_sound(Sound(long, 44100), 16000, 16000)
    np.testing.assert_allclose(fitted, resample(long, 44100, 16000)[:16000], atol=1e-5)
    short = fit_sound(Sound(long[:4410], 44100), 16000, 16000)
    assert short.shape == (16000,) and not short[1601:].any() and short[:1500].any()
