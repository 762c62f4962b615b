"""Copies share nothing; weights are drawn anew by seed, and facts about pixels stay."""

import random

import keras
import numpy as np
import pytest
import tiny

import ftlib as ft
from ftlib.models.freezing import freeze
from ftlib.models.initialization import copy_model, is_kernel, reinitialize, reinitialize_layers, seeded, state_layers
from ftlib.models.keras_internals import flatten_layers


def drawn(draw, network):
    draw(network)
    return tiny.weights(network)


def test_redraw_uses_the_seed_and_keeps_facts_about_pixels():
    image = keras.Input((12, 12, 1))
    norm = keras.layers.Normalization(mean=3.0, variance=4.0, name="facts")
    adapted = keras.layers.Normalization(name="adapted")
    adapted.adapt(np.arange(144.0).reshape(1, 12, 12, 1))
    x = keras.layers.Conv2D(4, 3, name="conv")(adapted(norm(image)))
    network = keras.Model(image, keras.layers.BatchNormalization(name="norm")(x))
    for w in network.weights:
        if "norm/" in w.path:
            w.assign(np.full(w.shape, 0.5))
    start = tiny.weights(network)
    notes = reinitialize_layers(network, network.layers, seed=1)
    assert "momentum lowered to 0.9" in notes[0] and network.get_layer("norm").momentum == 0.9
    first = tiny.weights(network)
    changed = {f"norm/{x}" for x in ("gamma", "beta", "moving_mean", "moving_variance")} | {"conv/kernel"}
    assert tiny.moved(start, first) == changed
    assert [float(first[f"norm/{x}"][0]) for x in ("gamma", "beta", "moving_mean", "moving_variance")] == [1, 0, 0, 1]
    reinitialize_layers(network, network.layers, seed=2)
    assert tiny.moved(first, tiny.weights(network)) == {"conv/kernel"}
    reinitialize_layers(network, network.layers, seed=1)
    assert tiny.moved(first, tiny.weights(network)) == set()


@pytest.mark.backends
def test_reinitialize_draws_what_its_name_says():
    image = keras.Input((400,))
    x = keras.layers.Dense(300, name="wide", bias_initializer="ones")(keras.layers.Rescaling(0.5)(image))
    network = keras.Model(image, keras.layers.Dense(200, name="last")(keras.layers.BatchNormalization(name="norm")(x)))
    network.get_layer("norm").moving_mean.assign(np.full(300, 7.0))
    spread = {
        "he_normal": np.sqrt(2 / 400),
        "glorot_uniform": np.sqrt(2 / 700),
        "random_normal": 0.05,
        "zeros": 0.0,
    }
    for name, std in spread.items():
        assert reinitialize(network, name, seed=1) is network
        weights = tiny.weights(network)
        assert weights["wide/kernel"].std() == pytest.approx(std, rel=0.02)
        assert not weights["wide/bias"].any() and not weights["norm/moving_mean"].any()
        assert (weights["norm/gamma"] == 1).all() and (weights["norm/moving_variance"] == 1).all()
    first = drawn(lambda m: reinitialize(m, "he_normal", seed=1), network)
    assert tiny.moved(first, drawn(lambda m: reinitialize(m, keras.initializers.HeNormal(), seed=1), network)) == set()
    assert "last/kernel" in tiny.moved(first, drawn(lambda m: reinitialize(m, "he_normal", seed=2), network))
    unlike = first["wide/kernel"].ravel()[:1000] / first["wide/kernel"].std()
    assert abs(np.corrcoef(unlike, first["last/kernel"].ravel()[:1000])[0, 1]) < 0.2  # each kernel has its own draw


@keras.saving.register_keras_serializable("field_library")
class Scaled(keras.layers.Layer):
    """Takes a known mean off, and multiplies by scales that are learnt."""

    def build(self, shape):
        self.dataset_mean = self.add_weight(name="dataset_mean", shape=(1,), initializer="zeros", trainable=False)
        self.scale = self.add_weight(name="scale", shape=(shape[-1],), initializer="ones")
        self.map = self.add_weight(name="map", shape=(1, 1, shape[-1]), initializer="ones")
        self.slope = self.add_weight(name="slope", shape=(), initializer=keras.initializers.Constant(0.3))

    def call(self, x):
        return (x - self.dataset_mean) * self.scale * self.map + self.slope


def scaled_network():
    image = keras.Input((8, 8, 1))
    scaled = Scaled(name="scaled")
    x = keras.layers.Conv2D(4, 3, name="conv")(scaled(image))
    x = keras.layers.RMSNormalization(name="norm")(keras.layers.BatchNormalization(name="batch_norm")(x))
    model = keras.Model(image, keras.layers.Dense(3, name="last")(keras.layers.GlobalAveragePooling2D()(x)))
    for weight in model.weights:
        weight.assign(np.full(weight.shape, 7.0))
    scaled.dataset_mean.assign([128.0])
    return model


@pytest.mark.parametrize(
    "draw",
    [lambda m: ft.reinitialize(m, "he_normal"), lambda m: reinitialize_layers(m, m.layers, seed=1)],
    ids=["one", "own"],
)
def test_scales_start_where_their_layer_does_and_facts_stay(draw):
    model = scaled_network()
    draw(model)
    values = {"/".join(path.split("/")[-2:]): value for path, value in tiny.weights(model).items()}
    for name in ("scaled/scale", "scaled/map", "norm/scale", "batch_norm/moving_variance"):
        assert (values[name] == 1).all(), name
    assert values["scaled/slope"] == np.float32(0.3) and (values["batch_norm/moving_mean"] == 0).all()
    assert values["scaled/dataset_mean"] == 128
    assert 0 < np.abs(values["conv/kernel"]).max() < 7 and np.ptp(values["conv/kernel"]) > 0
    images = np.random.default_rng(0).uniform(0, 255, (2, 8, 8, 1)).astype("float32")
    assert np.abs(keras.ops.convert_to_numpy(model(images))).max() > 1e-3


def test_a_run_from_scratch_keeps_facts(eager):
    image = keras.Input((12, 12, 1))
    scaled = Scaled()
    x = keras.layers.Conv2D(4, 3, strides=2, activation="relu")(scaled(image))
    scaled.dataset_mean.assign([128.0])
    run = ft.fit(ft.classifier(keras.Model(image, x), 3), tiny.task(), "scratch", "none", updates=3, verbose=False)
    (kept,) = [value for path, value in tiny.weights(run.model).items() if path.endswith("dataset_mean")]
    assert kept == 128


def test_an_initializer_that_does_not_fit_changes_nothing():
    model = scaled_network()
    before = tiny.weights(model)
    with pytest.raises(ValueError, match=r"cannot draw 'conv/kernel', which has the shape \(3, 3, 1, 4\).*Nothing was"):
        ft.reinitialize(model, keras.initializers.Identity())
    assert tiny.moved(before, tiny.weights(model)) == set()


def test_a_copy_shares_nothing_with_its_original():
    model = tiny.model()
    freeze(model, through="stage2")
    copy = copy_model(model, {"head_dropout": 0.3})
    assert copy.get_layer("head_dropout").rate == 0.3 and model.get_layer("head_dropout").rate == 0.0
    assert [x.trainable for x in flatten_layers(copy)] == [x.trainable for x in flatten_layers(model)]
    copy.set_weights([w + 1 for w in copy.get_weights()])
    assert len(tiny.moved(tiny.weights(model), tiny.weights(copy))) == len(model.weights)


def test_a_seed_is_for_what_is_inside_alone():
    random.seed(7)
    expected = random.random()
    random.seed(7)
    with seeded(1):
        first = keras.layers.Dense(4)
        first.build((None, 3))
    with seeded(1):
        second = keras.layers.Dense(4)
        second.build((None, 3))
    np.testing.assert_array_equal(*map(keras.ops.convert_to_numpy, (first.kernel, second.kernel)))
    assert random.random() == expected


def test_kernels_and_state_are_told_apart_from_other_weights():
    model = tiny.model()
    kernels = {weight.path for weight in model.weights if is_kernel(weight)}
    assert kernels == {"conv1/kernel", "conv2/kernel", "conv3/kernel", "predictions/kernel"}
    state = state_layers(model)
    state_paths = {weight.path for weight in model.weights if id(weight) in state}
    assert state_paths == {f"norm{i}/moving_{name}" for i in (1, 2, 3) for name in ("mean", "variance")}
    assert {layer.name for layer in state.values()} >= {"norm1", "norm2", "norm3"}
