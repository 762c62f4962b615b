"""Rates per stage: each stage trains as with an optimizer of its own, and whatever Keras does with one still works."""

import importlib.util
import inspect
import subprocess
import sys
import warnings

import keras
import numpy as np
import pytest
import tiny

import ftlib as ft
from ftlib.training.layerwise import Layerwise, layerwise

JAX = keras.backend.backend() == "jax"
TORCH = keras.backend.backend() == "torch"
HALVES = {"stage1": 0.125, "stage2": 0.25, "stage3": 0.5, "head": 1.0}  # powers of two: products with them are exact
WRAPPERS = ("Optimizer", "LossScaleOptimizer", "MultiOptimizer")
KINDS = sorted(
    name
    for name, kind in vars(keras.optimizers).items()
    if inspect.isclass(kind) and issubclass(kind, keras.optimizers.Optimizer) and name not in WRAPPERS
)


def make(name, rate=0.25, **options):
    options = {"weight_decay": 0.125, **({"momentum": 0.5, "nesterov": True} if name == "SGD" else {}), **options}
    return getattr(keras.optimizers, name)(rate, **options)


def adamw(model, rate=0.25, **options):
    """AdamW that spares biases by list and the head by pattern: both are left out of Keras's configs."""
    optimizer = keras.optimizers.AdamW(rate, weight_decay=0.125, **options)
    optimizer.exclude_from_weight_decay([v for v in model.trainable_variables if len(v.shape) == 1], ["scores"])
    return optimizer


def network():
    """A classifier with four stages and as few weights as that takes: JAX compiles it in a second."""
    keras.utils.set_random_seed(3)
    layers = keras.layers
    image = keras.Input((2, 2, 1))
    x = layers.Conv2D(2, 2, padding="same", activation="tanh", name="conv1")(image)
    x = layers.BatchNormalization(name="norm2")(layers.Dense(3, name="dense2")(x))
    x = layers.GlobalAveragePooling2D(name="pool")(layers.Dense(3, activation="relu", name="dense3")(x))
    return keras.Model(image, layers.Dense(3, activation="softmax", name="scores")(x))


def layered(optimizer, model, **options):
    return layerwise(optimizer, model, head="pool", **options)


def weights(model):
    return [keras.ops.convert_to_numpy(w).copy() for w in model.weights]


def same(first, second):
    return all(np.array_equal(a, b) for a, b in zip(weights(first), weights(second), strict=True))


def of_stage(model, name):
    stage = next(s for s in ft.stages(model, head="pool") if s.name == name)
    return [w for layer in stage.layers for w in layer.trainable_weights]


def gradients(variables, step):
    draws = np.random.default_rng(step)
    return [keras.ops.convert_to_tensor(draws.normal(size=v.shape).astype("float32")) for v in variables]


def apply(optimizer, variables, steps=2):
    for step in range(steps):
        optimizer.apply(gradients(variables, step), variables)


def train(model, epochs=1, **options):
    images = np.random.default_rng(0).normal(size=(24, *model.input_shape[1:])).astype("float32")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        model.fit(images, np.arange(24) % 3, batch_size=8, shuffle=False, epochs=epochs, verbose=0, **options)
    return model


def compiled(model, optimizer, **options):
    # On TensorFlow most of the time of three updates would go into a graph; `test_compiled_graphs` has graphs.
    model.compile(optimizer, "sparse_categorical_crossentropy", **{"run_eagerly": not JAX, **options})
    return model


@pytest.fixture
def float16():
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    yield
    keras.config.set_dtype_policy(before)


# --- what a stage learns ----------------------------------------------------------------------------------


@pytest.mark.backends
@pytest.mark.parametrize("name", KINDS)
@pytest.mark.slow
def test_a_stage_trains_as_with_an_optimizer_of_its_own(name):
    ours, theirs = network(), network()
    optimizer = layered(make(name), ours, decay=0.5)
    assert isinstance(optimizer, getattr(keras.optimizers, name)) and optimizer.stage_factors == HALVES
    apply(optimizer, ours.trainable_variables)
    draws = dict(zip([v.path for v in theirs.trainable_variables], range(100), strict=False))
    for stage, factor in HALVES.items():
        own = make(name, 0.25 * factor)
        for step in range(2):
            drawn = gradients(theirs.trainable_variables, step)
            mine = of_stage(theirs, stage)
            own.apply([drawn[draws[v.path]] for v in mine], mine)
    assert not same(ours, network())
    # The same sums in the same order; torch's own Nadam, the plain one, rounds otherwise.
    tolerance = 1e-4 if TORCH and name == "Nadam" else 0
    for a, b in zip(weights(ours), weights(theirs), strict=True):
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)


@pytest.mark.backends
@pytest.mark.parametrize("name", ["AdamW", "Muon", "Nadam", "SGD"])
def test_equal_rates_train_as_without_to_the_last_bit(name):
    ours, theirs = network(), network()
    optimizer = layered(make(name), ours, decay=1)
    apply(optimizer, ours.trainable_variables)
    apply(make(name), theirs.trainable_variables)
    assert same(ours, theirs)
    assert optimizer.get_config()["layerwise"]["kind"]["module"] == "keras.optimizers"  # not one of torch's alone


SETTINGS = {
    "weight decay": lambda model, rate: adamw(model, rate),
    "clipnorm": lambda model, rate: keras.optimizers.SGD(rate, 0.5, clipnorm=0.1),
    "average": lambda model, rate: adamw(model, rate, use_ema=True, ema_momentum=0.5, ema_overwrite_frequency=2),
    "accumulation": lambda model, rate: adamw(model, rate, gradient_accumulation_steps=2),
    "schedule": lambda model, rate: keras.optimizers.Adam(
        keras.optimizers.schedules.CosineDecay(rate / 4, 4, warmup_target=rate, warmup_steps=2)
    ),
}


def halved(setting):
    """Two models: the rate halved in every stage, and halved in a plain optimizer."""
    ours, theirs = network(), network()
    rates = dict.fromkeys(HALVES, 0.125)
    compiled(ours, layered(SETTINGS[setting](ours, 0.25), ours, rates=rates))
    compiled(theirs, SETTINGS[setting](theirs, 0.125))
    return train(ours), train(theirs)


@pytest.mark.backends
@pytest.mark.parametrize("setting", SETTINGS)
def test_settings_of_the_optimizer_work_on(setting):
    ours, theirs = halved(setting)
    assert same(ours, theirs)


@pytest.mark.backends
def test_mixed_precision(float16):
    ours, theirs = halved("accumulation")
    assert isinstance(ours.optimizer, keras.optimizers.LossScaleOptimizer)
    assert same(ours, theirs)


@pytest.mark.parametrize("jit", [False, True])
def test_compiled_graphs(jit):
    ours, theirs = network(), network()
    options = {"run_eagerly": False, "jit_compile": jit}
    train(compiled(ours, layered(adamw(ours), ours, rates=dict.fromkeys(HALVES, 0.125)), **options))
    train(compiled(theirs, adamw(theirs, 0.125), **options))
    assert ours.jit_compile == jit
    assert same(ours, theirs) and not same(ours, network())


@pytest.mark.backends
def test_global_clipping_looks_at_all_stages_together():
    model = network()
    before = [np.array(w) for w in map(keras.ops.convert_to_numpy, model.trainable_variables)]
    apply(layered(keras.optimizers.SGD(0.25, global_clipnorm=0.5), model, decay=0.5), model.trainable_variables, 1)
    drawn = [keras.ops.convert_to_numpy(g) for g in gradients(model.trainable_variables, 0)]
    norm = np.sqrt(sum((g**2).sum() for g in drawn))
    factor_of = {id(w): f for name, f in HALVES.items() for w in of_stage(model, name)}
    for variable, old, g in zip(model.trainable_variables, before, drawn, strict=True):
        expected = old - 0.25 * factor_of[id(variable)] * g * 0.5 / norm
        np.testing.assert_allclose(keras.ops.convert_to_numpy(variable), expected, rtol=1e-5, atol=1e-7)


@pytest.mark.backends
def test_a_stage_with_the_factor_1_is_given_the_rate_untouched():
    seen = []

    class Watching(keras.optimizers.SGD):  # not registered with Keras, and its rate is no number
        def update_step(self, gradient, variable, learning_rate):
            seen.append(learning_rate)
            super().update_step(gradient, variable, learning_rate)

    model = network()
    plain = Watching(lambda: RATE)
    optimizer = layered(plain, model, decay=0.5)
    assert isinstance(optimizer, Watching)
    apply(optimizer, model.trainable_variables, 1)
    assert sum(rate is RATE for rate in seen) == len(of_stage(model, "head")) == 2
    assert sorted({float(rate) for rate in seen}) == [0.03125, 0.0625, 0.125, 0.25]


RATE = 0.25


# --- rates ------------------------------------------------------------------------------------------------


@pytest.mark.backends
def test_rates_can_be_read():
    model = network()
    optimizer = layered(keras.optimizers.Adam(0.001), model)
    assert optimizer.stage_rates == {"stage1": 0.000421875, "stage2": 0.0005625, "stage3": 0.00075, "head": 0.001}
    optimizer = layered("sgd", model, rates={"stage2": 1e-5, "head": 0.1, "stage3": 0.01})
    assert optimizer.stage_rates == {"stage1": 0.01, "stage2": 1e-5, "stage3": 0.01, "head": 0.1}
    assert optimizer.stage_factors["stage3"] == 1
    optimizer.learning_rate = 0.02
    assert optimizer.stage_rates == {"stage1": 0.02, "stage2": 2e-5, "stage3": 0.02, "head": 0.2}
    assert layered(keras.optimizers.Adam(lambda: 0.5), model, decay=0.5).stage_rates["stage1"] == 0.0625
    headless = layerwise("adam", tiny.backbone(), decay=0.5)  # the last stage has the full rate
    assert headless.stage_factors == {"stage1": 0.25, "stage2": 0.5, "stage3": 1.0}


@pytest.mark.backends
@pytest.mark.parametrize(
    "schedule, peak_step, peak",
    [
        (keras.optimizers.schedules.CosineDecay(0.125, 4, warmup_target=0.5, warmup_steps=2), 2, 0.5),
        (keras.optimizers.schedules.PiecewiseConstantDecay([2], [0.1, 0.4]), 3, 0.4),
        (keras.optimizers.schedules.PolynomialDecay(0.1, 5, 0.01), 0, 0.1),
    ],
    ids=["warmup", "steps", "falling"],
)
def test_under_a_schedule_rates_are_meant_at_its_peak(schedule, peak_step, peak):
    optimizer = layered(keras.optimizers.SGD(schedule), network(), rates={"stage1": peak / 8, "head": 2 * peak})
    optimizer.iterations.assign(peak_step)
    rates = optimizer.stage_rates
    assert [rates["stage1"], rates["stage2"], rates["head"]] == pytest.approx([peak / 8, peak, 2 * peak], rel=1e-5)


@pytest.mark.backends
def test_callbacks_set_the_rate_of_the_head(float16):
    model = network()
    compiled(model, layered(keras.optimizers.SGD(0.25), model, decay=0.5))
    train(model, callbacks=[keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2)])
    assert model.optimizer.inner_optimizer.stage_rates == {k: 0.125 * f for k, f in HALVES.items()}
    plateau = keras.callbacks.ReduceLROnPlateau("loss", factor=0.5, patience=0, min_delta=1e9)
    train(model, epochs=2, callbacks=[plateau])
    assert model.optimizer.inner_optimizer.stage_rates["stage1"] == 0.0625 / 8


# --- rate 0 -----------------------------------------------------------------------------------------------


@pytest.mark.backends
def test_a_rate_of_0_freezes_to_the_last_bit():
    model = tiny.model(dropout=0.0)
    model.get_layer("backbone").get_layer("norm2").trainable = False  # what a user froze stays frozen
    before = tiny.weights(model)
    optimizer = layerwise(adamw(model), model, rates={"stage1": 0.0, "stage3": 0, "head": 0.125})
    train(compiled(model, optimizer))
    assert tiny.moved(before, tiny.weights(model)) == {
        "conv2/kernel",
        "conv2/bias",
        "predictions/kernel",
        "predictions/bias",
    }
    assert optimizer.stage_rates["stage1"] == 0
    assert [row["state"] for row in ft.freeze_report(model).rows] == ["frozen", "partly", "frozen", "trainable"]


@pytest.mark.backends
def test_a_stale_compile_is_not_trained():
    model = train(compiled(network(), "sgd"))
    layered("sgd", model, rates={"stage1": 0.01})
    assert model.compiled  # nothing was frozen
    optimizer = layered("sgd", model, rates={"stage2": 0.0})
    with pytest.raises(ValueError, match="compile"):
        train(model)
    before = tiny.weights(model)
    train(compiled(model, optimizer))
    assert tiny.moved(before, tiny.weights(model)) == {
        f"{name}/{kind}" for name in ("conv1", "dense3", "scores") for kind in ("kernel", "bias")
    }
    layered("sgd", model, rates={"stage2": 0.0})
    assert model.compiled  # it was frozen before


@pytest.mark.backends
def test_a_frozen_stage_that_is_thawed_raises():
    model = network()
    compiled(model, layered("sgd", model, rates={"stage1": 0.0}))
    ft.unfreeze(model, head="pool")
    with pytest.raises(ValueError, match="'stage1' has the rate 0, but it was made trainable again"):
        train(model)


# --- freezing, saving -------------------------------------------------------------------------------------


@pytest.mark.backends
@pytest.mark.parametrize("policy", ["float32", "mixed_float16"])
def test_freezing_a_compiled_model_keeps_its_rates(policy):
    keras.config.set_dtype_policy(policy)
    try:
        model = network()
        train(compiled(model, layered(adamw(model), model, decay=0.5)))
        ft.freeze(model, "stage2", head="pool")
        ft.unfreeze(model, last=2, batch_norm="train", head="pool")
        train(model)
        optimizer = getattr(model.optimizer, "inner_optimizer", model.optimizer)
    finally:
        keras.config.set_dtype_policy("float32")
    assert type(optimizer).__name__ == "LayerwiseAdamW" and optimizer.stage_factors == HALVES
    factors = {v.path: optimizer.factor_of(v) for v in model.trainable_variables}
    assert factors["norm2/gamma"] == 0.25 and factors["dense3/kernel"] == 0.5 and factors["scores/kernel"] == 1
    assert "conv1/kernel" not in factors
    tensorflow = keras.backend.backend() == "tensorflow"  # asks for the raw variable, whose name is longer
    decayed = {v.path for v in model.trainable_variables if optimizer._use_weight_decay(v.value if tensorflow else v)}
    assert decayed - {"scores/kernel"} == {"dense2/kernel", "dense3/kernel"}


@pytest.mark.backends
@pytest.mark.filterwarnings("ignore:Skipping variable loading for optimizer")  # Keras: a fresh one has no variables
@pytest.mark.parametrize("trained", [True, False], ids=["trained", "fresh"])
def test_training_goes_on_after_loading_as_if_it_had_not_been_saved(trained, tmp_path):
    model = network()
    model.get_layer("norm2").trainable = False
    compiled(model, layered(adamw(model), model, decay=0.5))
    if trained:
        train(model)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert isinstance(loaded.optimizer, Layerwise) and isinstance(loaded.optimizer, keras.optimizers.AdamW)
    assert loaded.optimizer.stage_rates == {name: 0.25 * factor for name, factor in HALVES.items()}
    loaded.save(tmp_path / "again.keras")
    again = keras.models.load_model(tmp_path / "again.keras")
    assert same(train(model), train(again)) and not same(model, loaded)


@pytest.mark.backends
def test_a_config_for_another_model_raises():
    model, other = network(), tiny.model()
    optimizer = layered("adam", model)
    copy = type(optimizer).from_config(optimizer.get_config())
    with pytest.raises(ValueError, match="does not know the weight 'conv1/kernel'.*Call `ft.layerwise` again"):
        copy.build(other.trainable_variables[:4])
    copy.build(model.trainable_variables)
    assert {copy.factor_of(v) for v in model.trainable_variables} == {0.421875, 0.5625, 0.75, 1.0}


AFTERWARDS = """
import sys
import keras
import ftlib.training.layerwise
print(keras.models.load_model(sys.argv[1]).optimizer.stage_rates)
"""


@pytest.mark.slow
def test_a_new_process_loads_it_once_keras_knows_it(tmp_path, root, monkeypatch):
    model = network()
    compiled(model, layered(adamw(model), model, decay=0.5)).save(tmp_path / "model.keras")
    if importlib.util.find_spec("jax"):
        monkeypatch.setenv("KERAS_BACKEND", "numpy")  # quicker to import than TensorFlow; it uses a part of JAX
    command = [sys.executable, "-c", AFTERWARDS, str(tmp_path / "model.keras")]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True)
    assert done.stdout.strip() == str({name: 0.25 * factor for name, factor in HALVES.items()}), done.stderr


@pytest.mark.backends
def test_the_optimizer_given_stays_as_it_is():
    model, other = network(), network()
    plain = adamw(model, use_ema=True)
    before, spared = plain.get_config(), set(plain._exclude_from_weight_decay)
    optimizer = layered(plain, model, decay=0.5)
    optimizer.learning_rate = 0.5
    optimizer.exclude_from_weight_decay(model.trainable_variables)
    apply(optimizer, model.trainable_variables)
    assert plain.get_config() == before and not plain.built and plain._exclude_from_weight_decay == spared
    apply(plain, other.trainable_variables)
    apply(layered(plain, other), other.trainable_variables)  # of a trained one the settings are taken
    assert int(keras.ops.convert_to_numpy(plain.iterations)) == 2


@pytest.mark.backends
def test_another_model_of_the_same_weights_may_train():
    model = network()
    optimizer = layered(keras.optimizers.SGD(0.25), model, decay=0.5)
    other = keras.Sequential([keras.Model(model.input, model.layers[3].output), *model.layers[4:]])
    before = tiny.weights(model)
    train(compiled(other, optimizer))
    assert "conv1/kernel" in tiny.moved(before, tiny.weights(model))


# --- errors -----------------------------------------------------------------------------------------------


def built_for_another():
    optimizer = keras.optimizers.Adam()
    optimizer.build(tiny.backbone().trainable_variables)
    return optimizer


ERRORS = {
    "stage": (dict(rates={"stage9": 0.1}), "Unknown stage 'stage9'.*Known: head, stage1"),
    "head": (dict(head="pol"), "Unknown layer 'pol'. Did you mean 'pool'"),
    "decay 0": (dict(decay=0), "above 0 and at most 1. Received: decay=0"),
    "decay 2": (dict(decay=1.5), "Received: decay=1.5"),
    "decay true": (dict(decay=True), "Received: decay=True"),
    "negative": (dict(rates={"head": -0.1}), "at least 0. Received: head=-0.1"),
    "nan": (dict(rates={"head": float("nan")}), "Received: head=nan"),
    "text": (dict(rates={"head": "0.1"}), "Received: head='0.1'"),
    "list": (dict(rates=[0.1]), "dict from stage names to rates"),
    "all 0": (dict(rates=dict.fromkeys(HALVES, 0.0)), "At least one stage"),
    "both": (dict(decay=0.5, rates={}), "not both"),
    "own rate 0": (dict(optimizer=keras.optimizers.SGD(0.0), rates={"head": 0.1}), "whose own rate is above 0"),
    "function": (dict(optimizer=keras.optimizers.SGD(lambda: 0.1), rates={"head": 0.1}), "Use `decay`"),
    "name": (dict(optimizer="adm"), "adm"),
    "class": (dict(optimizer=keras.optimizers.Adam), "Expected a keras.optimizers.Optimizer"),
    "wrapped": (
        dict(optimizer=keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD())),
        "Expected a plain optimizer",
    ),
    "built": (dict(optimizer=built_for_another()), "built for another model"),
    "model": (dict(model=keras.Sequential([keras.layers.Dense(2)]), head=None), "functional keras.Model"),
}


@pytest.mark.backends
def test_an_error_says_what_to_do_and_changes_nothing():
    model = network()
    for case, (options, message) in ERRORS.items():
        arguments = {"optimizer": "adam", "model": model, "head": "pool", **options}
        with pytest.raises(ValueError, match=message):
            layerwise(**arguments)
        assert len(model.trainable_variables) == 10, case


@pytest.mark.backends
def test_rates_are_given_once():
    model = network()
    with pytest.raises(ValueError, match="rates per stage already"):
        layered(layered("adam", model), model)


@pytest.mark.backends
def test_weights_that_came_later_raise():
    model = network()
    optimizer = layered("adam", model)
    longer = keras.Model(model.input, keras.layers.Dense(3, name="late")(model.output))
    with pytest.raises(ValueError, match="does not know the weight 'late/kernel'"):
        train(compiled(longer, optimizer))
    assert not optimizer.built
