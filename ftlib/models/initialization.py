"""Copies of models, and weights drawn anew."""

import contextlib
import os
import random
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import keras
import numpy as np

from ftlib.errors import find_name
from ftlib.models.arrays import to_numpy
from ftlib.models.keras_internals import flatten_layers, set_trainable_flag, state_variables, trainable_flag

_PIXEL_FACTS = (keras.layers.Normalization, keras.layers.Rescaling)  # they hold facts about pixels, nothing learnt
_INITIALIZERS = (
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "lecun_normal",
    "random_normal",
    "random_uniform",
    "zeros",
)
_SHORT_RUN_MOMENTUM = 0.9  # of BatchNormalization; Keras's 0.99 needs thousands of updates to forget where it began


def is_kernel(weight: keras.Variable) -> bool:
    """Returns whether a weight is a kernel: what decay and penalties shrink. Biases, scales and tokens are not.

    The number of dimensions does not tell: the biases of attention heads have two.
    """
    return len(weight.shape) > 1 and "kernel" in _last_name(weight)


def _last_name(weight):
    return weight.path.rsplit("/", 1)[-1]


def state_layers(model: keras.Model) -> dict[int, keras.layers.Layer]:
    """Returns `{id of weight: layer}` of the weights that layers keep by rules of their own and no gradient moves.

    Whatever its name: the moving statistics of BatchNormalization, the vector of SpectralNormalization.
    """
    return {id(weight): layer for layer in flatten_layers(model) for weight in state_variables(layer)}


def assign_weights(weights: Iterable[keras.Variable], values: Iterable) -> None:
    """Gives each of some weights its value, in order."""
    for weight, value in zip(weights, values, strict=True):
        weight.assign(value)


@contextlib.contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Makes Keras layers that are built inside draw their weights from `seed`, and leaves Python's `random` as it was.

    An initializer without a seed of its own takes one from Python's `random` (keras.random.SeedGenerator does, too).
    """
    random_state = random.getstate()
    random.seed(int(seed))
    try:
        yield
    finally:
        random.setstate(random_state)


def copy_model(model: keras.Model, dropout: Mapping[str, float] | None = None) -> keras.Model:
    """Returns a model with the same layers, weights and `trainable` flags, which shares nothing with the first.

    A model that its own config cannot rebuild goes through a temporary `.keras` file.

    Args:
        model: A functional Keras model.
        dropout: Optional dict from the name of a Dropout layer to its rate in the copy. A rate has to be known when
            the layer is made: Keras gives a Dropout with rate 0 no random state, and allows none later.

    Raises:
        ValueError: If neither works, because a layer of one's own says too little about itself.
    """
    try:
        with seeded(0):  # the weights it draws are overwritten, but Python's `random` should not notice
            copy = _rebuild(model, dropout or {})
        copy.set_weights(model.get_weights())
    except Exception:  # whatever a config can fail with; the file is the more patient road
        copy = _copy_through_a_file(model)
    for copied_layer, layer in zip(flatten_layers(copy), flatten_layers(model), strict=True):
        if trainable_flag(copied_layer) != trainable_flag(layer):
            set_trainable_flag(copied_layer, trainable_flag(layer))
    return copy


def _copy_through_a_file(model) -> keras.Model:
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model.keras")
        try:
            model.save(path)
            return keras.models.load_model(path, compile=False)  # pyright: ignore[reportReturnType]  (it is a model)
        except Exception as error:  # whatever a layer of one's own can fail with
            raise ValueError(
                f"The model cannot be copied, as ftlib does before it trains: {error} A layer of your own needs a "
                "`get_config` and the decorator @keras.saving.register_keras_serializable()."
            ) from error


def _rebuild(model, dropout_rates) -> keras.Model:
    """Returns a model from the config of another, with fresh weights."""
    config = model.get_config()
    for layer in config["layers"]:
        if layer["class_name"] == "Dropout" and layer["config"]["name"] in dropout_rates:
            layer["config"]["rate"] = float(dropout_rates[layer["config"]["name"]])
    return model.__class__.from_config(config)


def reinitialize_layers(model: keras.Model, layers: Iterable[keras.layers.Layer], seed: int) -> list[str]:
    """Draws the weights of some layers anew, in place, each with its layer's own initializers.

    Normalization and Rescaling keep what they know about pixels, and layers of one's own the state that no gradient
    moves. BatchNormalization starts over with mean 0 and variance 1, and its momentum is lowered to 0.9 where it was
    higher: with Keras's 0.99 the statistics need thousands of updates to forget where they started, and a run from
    scratch of a few hundred would fail for that reason alone.

    Args:
        model: A functional Keras model.
        layers: The layers to draw anew, as in `Stage.layers`.
        seed: Integer: the same seed draws the same weights.

    Returns:
        Notes in words on what else was changed, a list of strings.
    """
    layers = list(layers)
    with seeded(seed):
        fresh_model = _rebuild(model, {})
    chosen_ids = {id(weight) for layer in layers for weight in layer.weights}
    redrawn_ids = chosen_ids - _facts(model)
    for weight, fresh_weight in zip(model.weights, fresh_model.weights, strict=True):
        if id(weight) in redrawn_ids:
            weight.assign(fresh_weight)

    notes = []
    for layer in layers:
        for inner_layer in flatten_layers(layer):
            is_norm = isinstance(inner_layer, keras.layers.BatchNormalization)
            if is_norm and inner_layer.momentum > _SHORT_RUN_MOMENTUM:
                inner_layer.momentum = _SHORT_RUN_MOMENTUM
                notes = ["BatchNorm momentum lowered to 0.9 in stages drawn anew, so that it keeps up with short runs."]
    return notes


def _facts(model):
    """Returns the ids of the weights that hold no learning: what layers know about pixels, and state of their own."""
    state_ids = {
        key for key, layer in state_layers(model).items() if not isinstance(layer, keras.layers.BatchNormalization)
    }
    fact_layers = [layer for layer in flatten_layers(model) if isinstance(layer, _PIXEL_FACTS)]
    return state_ids | {id(weight) for layer in fact_layers for weight in layer.weights}


def reinitialize(model: keras.Model, initializer: str | keras.initializers.Initializer, seed: int = 0) -> keras.Model:
    """Draws all kernels of a model anew with one initializer, in place; biases become 0 and BatchNorm starts over.

    What else a layer of one's own learns, such as a scale, gets the value that its layer starts with; state that no
    gradient moves, such as the mean of a data set, stays.

    Args:
        model: A built Keras model.
        initializer: `"he_normal"` (He et al., 2015), `"glorot_uniform"` (Xavier; Glorot and Bengio, 2010),
            `"random_normal"`, `"zeros"` or another of Keras's by name, or a `keras.initializers.Initializer`, whose
            own seed is not used.
        seed: Integer: the same seed draws the same weights.

    Returns:
        The model.

    Raises:
        ValueError: For an unknown initializer, one that cannot draw a weight of the model, a model that has not been
            built, or layers that do not tell with what they start. The model is then as it was.

    Example:
    >>> model = ft.reinitialize(ft.classifier(ft.load_backbone("glyphnet"), 10), "he_normal", seed=1)
    """
    if isinstance(initializer, str):
        initializer = find_name("initializer", initializer, _INITIALIZERS)
    if not model.built or not model.weights:
        raise ValueError("The model has no weights to draw. Build it first, or pass an input shape.")
    for weight, value in _draw_weights(model, keras.initializers.get(initializer), seed):
        weight.assign(value)
    return model


def _draw_weights(model, initializer, seed) -> list[tuple[keras.Variable, Any]]:
    """Returns the weights of a model that are drawn anew, each with its value, and assigns nothing yet."""
    facts, draws = _facts(model), np.random.default_rng(seed)
    starting_values = None  # computed for the first weight that asks for it
    drawn_values = []
    for index, weight in enumerate(model.weights):
        weight_seed = int(draws.integers(2**31))
        if id(weight) in facts or not keras.backend.is_float_dtype(weight.dtype):
            continue
        value = _constant_start(weight)
        if value is None and not is_kernel(weight):
            if starting_values is None:
                starting_values = _starting_values(model, seed)
            value = starting_values[index]
        if value is None or _is_drawn_by_its_layer(weight, value):
            value = _draw_weight(initializer, weight, weight_seed)
        drawn_values.append((weight, value))
    return drawn_values


def _is_drawn_by_its_layer(weight, starting_value):
    """Returns whether a layer starts a weight of several dimensions with other than one number."""
    return len(weight.shape) > 1 and starting_value.min() < starting_value.max()


def _constant_start(weight):
    """Returns ones for scales and variances and zeros for biases and means, None for other weights."""
    weight_name = _last_name(weight)
    if weight_name in ("gamma", "moving_variance"):
        return np.ones(tuple(weight.shape), "float32")
    if weight_name in ("beta", "moving_mean") or "bias" in weight_name:
        return np.zeros(tuple(weight.shape), "float32")
    return None


def _starting_values(model, seed) -> list[np.ndarray]:
    """Returns what the weights of a model are before they learn anything, as arrays in its order."""
    try:
        with seeded(seed):
            return [to_numpy(weight) for weight in _rebuild(model, {}).weights]
    except Exception as error:  # whatever a layer of one's own can fail with
        raise ValueError(
            f"With what the layers of {model.name!r} start cannot be told: {error} Make it a functional model; a layer "
            "of your own needs a `get_config`. Nothing was changed."
        ) from error


def _draw_weight(initializer, weight, seed):
    """Returns a value for a weight from a copy of an initializer whose own seed is not used."""
    config = {key: value for key, value in initializer.get_config().items() if key != "seed"}
    try:
        with seeded(seed):
            return initializer.__class__.from_config(config)(weight.shape, dtype=weight.dtype)
    except Exception as error:  # of any initializer, also one of the user's own
        raise ValueError(
            f"{type(initializer).__name__} cannot draw {weight.path!r}, which has the shape {tuple(weight.shape)}: "
            f"{error} Nothing was changed."
        ) from error
