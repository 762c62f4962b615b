"""Reports from the field about the library itself: each with the right answer, and a relative of it."""

import keras
import numpy as np
import pytest
import tiny

import ftlib as ft
from ftlib.initialization import redraw

# --- optimizers of one's own ---------------------------------------------------------------------------------------


class Forgetful(keras.optimizers.SGD):
    """Its `get_config` leaves an argument out, which an attribute holds."""

    def __init__(this, strength=1.0, learning_rate=0.01, **options):  # noqa: N805
        super().__init__(learning_rate, **options)
        this.strength = strength


class Turned(keras.optimizers.SGD):
    """The attribute that bears the name of an argument holds something else."""

    def __init__(self, keep=0.5, learning_rate=0.01, **options):
        super().__init__(learning_rate, **options)
        self.keep = 1 - keep


class TurnedBack(Turned):
    """The same, but its `get_config` says so, and rounds."""

    def get_config(self):
        return {**super().get_config(), "keep": 1 - self.keep}


class Silent(keras.optimizers.SGD):
    """It keeps an argument to itself."""

    def __init__(self, strength, learning_rate=0.01, **options):
        super().__init__(learning_rate, **options)


def trained(optimizer, model=None):
    model, task = tiny.model() if model is None else model, tiny.task()
    model.compile(optimizer, "sparse_categorical_crossentropy")
    model.fit(task.train.images[:4].astype("float32"), task.train.labels[:4], verbose=0)
    return model


def test_layerwise_keeps_what_a_config_leaves_out(eager):
    model = tiny.model()
    optimizer = ft.layerwise(Forgetful(strength=0.25), model)
    assert optimizer.strength == 0.25 and isinstance(optimizer, Forgetful)
    ft.freeze(trained(optimizer, model))  # which makes it again, with its rates per stage
    assert model.optimizer is not optimizer and model.optimizer.strength == 0.25
    assert model.optimizer.stage_rates == optimizer.stage_rates


@pytest.mark.parametrize("optimizer, said", [(Silent(0.5), "leaves out 'strength'"), (Turned(0.1), "'keep' was 0.9")])
def test_an_optimizer_that_does_not_tell_its_settings_is_refused(optimizer, said, eager):
    with pytest.raises(ValueError, match=f"{said}.* Give it a `get_config`"):
        ft.layerwise(optimizer, tiny.model())
    model = trained(optimizer)
    before = [layer.trainable for layer in model._flatten_layers()]
    with pytest.raises(ValueError, match=f"{said}.* Nothing was changed"):
        ft.freeze(model)
    assert model.optimizer is optimizer and [layer.trainable for layer in model._flatten_layers()] == before


def test_an_optimizer_that_tells_them_is_made_again(eager):
    model = trained(TurnedBack(0.1))
    ft.freeze(model)
    assert model.optimizer.keep == pytest.approx(0.9) and model.optimizer.built is False
    assert ft.layerwise(TurnedBack(0.1), model).keep == pytest.approx(0.9)


# --- weights drawn anew --------------------------------------------------------------------------------------------


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
    "draw", [lambda m: ft.reinitialize(m, "he_normal"), lambda m: redraw(m, m.layers, seed=1)], ids=["one", "own"]
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


# --- the classes of an earlier task --------------------------------------------------------------------------------


def body(classes=None, **options):
    """Returns a small network; with classes, one that ends in a Dense layer."""
    image = keras.Input((12, 12, 3))
    x = keras.layers.Conv2D(6, 3, strides=2, activation="relu")(keras.layers.Rescaling(1 / 255)(image))
    if classes:
        x = keras.layers.Dense(classes, name="labels", **options)(keras.layers.GlobalAveragePooling2D(name="pool")(x))
    return keras.Model(image, x)


def ended(end, **options):
    network = body(5, **options)
    return keras.Model(network.input, end(network.output))


def around(network):
    image = keras.Input((12, 12, 3))
    return keras.Model(image, network(keras.layers.Rescaling(1.0)(image)))


def with_head_model():
    image = keras.Input((12, 12, 3))
    head = keras.Sequential([keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(5, "softmax", name="labels")])
    return keras.Model(image, head(body()(image)))


def fully_convolutional():
    network = body()
    x = keras.layers.Conv2D(5, 1, name="labels")(keras.layers.GlobalAveragePooling2D(keepdims=True)(network.output))
    return keras.Model(network.input, keras.layers.Flatten()(keras.layers.Softmax()(x)))


linear = keras.layers.Activation("linear", dtype="float32")
WHOLE = {
    "softmax operation": lambda: ended(keras.ops.softmax),
    "log of it": lambda: ended(keras.ops.log_softmax),
    "linear after it": lambda: ended(linear, activation="softmax"),
    "log-softmax": lambda: body(5, activation="log_softmax"),
    "log of a sigmoid": lambda: ended(lambda x: keras.ops.log(keras.ops.sigmoid(x) + 1e-6)),
    "nested": lambda: around(body(5, activation="softmax")),
    "nested twice": lambda: around(around(ended(keras.ops.softmax))),
    "nested head": with_head_model,
    "convolution": fully_convolutional,
}


@pytest.mark.parametrize("kind", WHOLE)
def test_a_file_is_cut_where_its_classes_begin(kind, tmp_path):
    whole = WHOLE[kind]()
    whole.save(tmp_path / "whole.keras")
    with pytest.warns(UserWarning, match=r"is a classifier of 5 classes: its last layers \(.*labels.*\) were cut off"):
        taken = ft.load_backbone(tmp_path / "whole.keras")
    assert taken.output_shape[-1] == 6
    kernels = [w for w in taken.weights if w.path.endswith("kernel")]
    assert len(kernels) == 1  # the convolution's: what it has learnt
    source = next(w for w in whole.weights if w.shape == kernels[0].shape)
    np.testing.assert_array_equal(*map(keras.ops.convert_to_numpy, (source, kernels[0])))
    run_model = ft.classifier(taken, 3)
    assert run_model.output_shape == (None, 3) and [s.name for s in ft.stages(run_model)][-1] == "head"


def averaged():
    network = body(5, activation="softmax")
    other = keras.layers.Dense(5, "softmax")(network.get_layer("pool").output)
    return keras.Model(network.input, keras.layers.Average()([network.output, other]))


@pytest.mark.parametrize(
    "make, said",
    [
        (lambda: body(5), "gives 5 numbers for each image. If these are the classes of an earlier task, cut off"),
        (lambda: around(ended(linear)), "gives 5 numbers for each image"),
        (averaged, "gives 5 probabilities for each image"),
    ],
    ids=["logits", "nested logits", "two heads"],
)
def test_what_may_be_classes_is_said_and_stays(make, said, tmp_path):
    make().save(tmp_path / "whole.keras")
    with pytest.warns(UserWarning, match=f"whole.keras {said}"):
        assert ft.load_backbone(tmp_path / "whole.keras").output_shape == (None, 5)


@pytest.mark.filterwarnings("error::UserWarning")
def test_features_are_taken_without_a_word(tmp_path):
    gated = body()
    gate = keras.layers.Dense(6, "sigmoid")(keras.layers.GlobalAveragePooling2D()(gated.output))
    pooled = keras.layers.GlobalAveragePooling2D()(gated.output * keras.layers.Reshape((1, 1, 6))(gate))
    for network in (body(), body(16), body(5, activation="relu"), keras.Model(gated.input, pooled)):
        network.save(tmp_path / "body.keras")
        assert ft.classifier(ft.load_backbone(tmp_path / "body.keras"), 3).output_shape == (None, 3)


def test_in_code_a_whole_classifier_is_said():
    for make in (WHOLE["softmax operation"], WHOLE["nested"], averaged):
        with pytest.warns(UserWarning, match="The backbone gives 5 probabilities for each image"):
            assert ft.classifier(make(), 3).output_shape == (None, 3)
