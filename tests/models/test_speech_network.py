"""The network for spoken words: what its spectrogram shows, and where it can be cut."""

import keras
import numpy as np
import pytest
import scipy.signal

import ftlib as ft
from ftlib.models.shipped_files import shipped_file
from ftlib.models.sound_input import SAMPLE_RATE, SAMPLES
from ftlib.models.speech_network import speech_network


def tones(*hertz):
    seconds = np.arange(SAMPLES) / SAMPLE_RATE
    return np.stack([0.3 * np.sin(2 * np.pi * frequency * seconds) for frequency in hertz]).astype("float32")


def noises(count=3):
    rng = np.random.default_rng(0)
    envelope = np.interp(np.arange(SAMPLES), [0, 4000, 8000, SAMPLES], [0.01, 0.1, 1, 0.01])
    return (0.2 * envelope * rng.standard_normal((count, SAMPLES))).astype("float32")


@pytest.fixture(scope="module")
def network():
    keras.utils.set_random_seed(1)
    return speech_network()


def run(model, sounds):
    return keras.ops.convert_to_numpy(model(sounds, training=False))


def spectrograms(network, sounds):
    return run(keras.Model(network.inputs[0], network.get_layer("log_mel").output), sounds)


@pytest.mark.backends
def test_a_higher_tone_is_in_a_higher_band(network):
    bands = spectrograms(network, tones(100, 440, 1000, 3000, 7000)).mean(axis=1).argmax(axis=1)
    assert bands.tolist() == [0, 6, 13, 26, 39]


@pytest.mark.backends
def test_loudness_hardly_matters(network):
    sounds = noises()
    shown = spectrograms(network, sounds)
    np.testing.assert_allclose(spectrograms(network, 0.02 * sounds), shown, atol=0.01)
    np.testing.assert_allclose(shown.mean(axis=(1, 2)), 0, atol=1e-4)
    np.testing.assert_allclose(shown.std(axis=(1, 2)), 1, atol=1e-2)


@pytest.mark.backends
def test_the_spectrogram_is_that_of_scipy(network):
    sounds = noises(1)
    at_mean_loudness = sounds[0] / np.sqrt(np.mean(sounds[0] ** 2))
    frames = np.lib.stride_tricks.sliding_window_view(at_mean_loudness, 400)[:-1:160][:96]
    window = scipy.signal.get_window("hann", 400)
    power = np.abs(np.fft.rfft(frames * window)[:, 1:191]) ** 2 / np.sum(window**2)
    mels = 1127 * np.log(1 + 40 * np.arange(1, 191) / 700)
    edges = np.linspace(*(1127 * np.log(1 + np.array([60, 7600]) / 700)), 42)
    triangles = np.stack([np.interp(mels, edges[band : band + 3], [0, 1, 0]) for band in range(40)], axis=1)
    wanted = np.log(power @ (triangles / triangles.sum(axis=0)) + 1e-3)
    shown = spectrograms(network, sounds)[0]
    np.testing.assert_allclose(shown, (wanted - wanted.mean()) / wanted.std(), atol=5e-3)


def test_silence_is_finite(network):
    assert np.isfinite(run(network, np.zeros((2, SAMPLES), "float32"))).all()


def test_what_halves_the_time_is_a_stage_of_its_own(network):
    stages = ft.stages(network)
    assert [stage.output_shape for stage in stages] == [(48, 20, 24), (24, 400), (24, 96), (12, 128)]
    assert [stage.can_split for stage in stages] == [True, True, True, False]
    assert network.count_params() < 250_000
    for name in ("stage1", "stage3"):
        first, second = ft.split_model(network, name)
        np.testing.assert_allclose(run(second, first(noises())), run(network, noises()), atol=1e-5)


def test_nothing_of_the_spectrogram_trains(network):
    names = {weight.path.split("/")[0] for weight in network.weights}
    assert not any("mel" in name for name in names)


def test_it_is_saved_as_layers_of_keras_alone(network, tmp_path):
    model = ft.classifier(network, 3)
    assert model.inputs[0].name == "sound"
    assert {type(operation).__module__.split(".")[0] for operation in model.operations} == {"keras"}
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(run(loaded, noises()), run(model, noises()))
    opened = ft.load_backbone(tmp_path / "model.keras")
    np.testing.assert_array_equal(run(opened, noises()), run(network, noises()))


def test_random_weights_need_no_file():
    network = ft.load_backbone("MiniSpeech", weights=None)
    assert network.input_shape == (None, SAMPLES)
    with pytest.raises(ValueError, match="takes sounds, and no images"):
        ft.load_backbone("minispeech", image_size=32)
    with pytest.raises(ValueError, match="spoken words"):
        ft.load_backbone("minispeech", weights="imagenet")
    assert [info.name for info in ft.list_backbones("text")] == ["minibert", "minigpt"]


def test_the_weights_that_ship_tell_words_apart_that_they_never_heard():
    assert shipped_file("minispeech", "backbone").stat().st_size < 1_000_000
    task = ft.load_task("korean_commands")
    accuracy = {}
    for weights in ("default", None):
        backbone = ft.load_backbone("minispeech", weights)
        train, test = (run(backbone, split.inputs).mean(axis=1) for split in (task.train, task.test))
        middles = np.stack([train[task.train.targets == label].mean(axis=0) for label in range(8)])
        nearest = np.linalg.norm(test[:, None] - middles, axis=2).argmin(axis=1)
        accuracy[weights] = (nearest == task.test.targets).mean()
    assert accuracy["default"] > 0.6 and accuracy["default"] > accuracy[None] + 0.15


def test_the_head_of_the_pre_training_names_its_words():
    model, words = ft.source_model("minispeech")
    assert model.output_shape == (None, len(words)) and {"window", "하늘"} < set(words)
    assert not {"stop", "zero", "왼쪽"} & set(words)
