"""Copies of models, and weights drawn anew."""

import contextlib
import os
import random
import tempfile

import keras
import numpy as np

from ftlib.errors import find_name

_KEPT = (keras.layers.Normalization, keras.layers.Rescaling)  # they hold facts about pixels, nothing learnt
_INITIALIZERS = ("glorot_normal", "glorot_uniform", "he_normal", "he_uniform", "lecun_normal", "random_normal",
                 "random_uniform", "zeros")  # fmt: skip


def is_kernel(weight):
    """Returns whether a weight is a kernel: what decay and penalties shrink. Biases, scales and tokens are not.

    The number of dimensions does not tell: the biases of attention heads have two.
    """
    return len(weight.shape) > 1 and "kernel" in weight.path.rsplit("/", 1)[-1]


def state_layers(model):
    """Returns `{id of weight: layer}` of the weights that layers keep by rules of their own and no gradient moves.

    Whatever its name: the moving statistics of BatchNormalization, the vector of SpectralNormalization.
    """
    return {id(w): layer for layer in model._flatten_layers() for w in layer._non_trainable_variables}


def assign_weights(weights, values):
    """Gives each of some weights its value, in order."""
    for weight, value in zip(weights, values, strict=True):
        weight.assign(value)


@contextlib.contextmanager
def seeded(seed):
    """Makes Keras layers that are built inside draw their weights from `seed`, and leaves Python's `random` as it was.

    An initializer without a seed of its own takes one from Python's `random` (keras.random.SeedGenerator does, too).
    """
    state = random.getstate()
    random.seed(int(seed))
    try:
        yield
    finally:
        random.setstate(state)


def copy_model(model, dropout=None):
    """Returns a model with the same layers, weights and `trainable` flags, which shares nothing with the first.

    A model that its own config cannot rebuild goes through a temporary `.keras` file.

    Args:
        model: A functional Keras model.
        dropout: Optional dict from the name of a Dropout layer to its rate in the copy. A rate has to be known when
            the layer is made: Keras gives a Dropout with rate 0 no random state, and allows none later.
    """
    try:
        with seeded(0):  # the weights it draws are overwritten, but Python's `random` should not notice
            copy = _rebuild(model, dropout or {})
        copy.set_weights(model.get_weights())
    except Exception:  # whatever a config can fail with; the file is the more patient road
        copy = _through_a_file(model)
    for ours, theirs in zip(copy._flatten_layers(), model._flatten_layers(), strict=True):
        if ours._trainable != theirs._trainable:
            ours._trainable = theirs._trainable
    return copy


def _through_a_file(model):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model.keras")
        try:
            model.save(path)
            return keras.models.load_model(path, compile=False)
        except Exception as error:  # whatever a layer of one's own can fail with
            raise ValueError(
                f"The model cannot be copied, as ftlib does before it trains: {error} A layer of your own needs a "
                "`get_config` and the decorator @keras.saving.register_keras_serializable()."
            ) from error


def _rebuild(model, dropout):
    config = model.get_config()
    for layer in config["layers"]:
        if layer["class_name"] == "Dropout" and layer["config"]["name"] in dropout:
            layer["config"]["rate"] = float(dropout[layer["config"]["name"]])
    return model.__class__.from_config(config)


def reinitialize_layers(model, layers, seed):
    """Draws the weights of some layers anew, in place, each with its layer's own initializers.

    Normalization and Rescaling keep what they know about pixels, and layers of one's own the state that no gradient
    moves; BatchNormalization starts over with mean 0 and
    variance 1, and its momentum is lowered to 0.9 where it was higher: with Keras's 0.99 the statistics need
    thousands of updates to forget where they started, and a run from scratch of a few hundred would fail for that
    reason alone.

    Args:
        model: A functional Keras model.
        layers: The layers to redraw, as in `Stage.layers`.
        seed: Integer: the same seed draws the same weights.

    Returns:
        Notes in words on what else was changed, a list of strings.
    """
    with seeded(seed):
        fresh = _rebuild(model, {})
    chosen = {id(w) for layer in layers for w in layer.weights}
    kept = _facts(model)
    for old, new in zip(model.weights, fresh.weights, strict=True):
        if id(old) in chosen - kept:
            old.assign(new)
    notes = []
    for layer in layers:
        for inner in layer._flatten_layers():
            if isinstance(inner, keras.layers.BatchNormalization) and inner.momentum > 0.9:
                inner.momentum = 0.9
                notes = ["BatchNorm momentum lowered to 0.9 in stages drawn anew, so that it keeps up with short runs."]
    return notes


def _facts(model):
    """Returns the ids of the weights that hold no learning: what layers know about pixels, and state of their own."""
    norm = keras.layers.BatchNormalization
    state = {key for key, layer in state_layers(model).items() if not isinstance(layer, norm)}
    return state | {id(w) for layer in model._flatten_layers() if isinstance(layer, _KEPT) for w in layer.weights}


def reinitialize(model, initializer, seed=0):
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
    maker = keras.initializers.get(initializer)
    config = {key: value for key, value in maker.get_config().items() if key != "seed"}
    kept, draws, starts = _facts(model), np.random.default_rng(seed), None
    drawn = []
    for i, weight in enumerate(model.weights):
        kind, shape = weight.path.rsplit("/", 1)[-1], tuple(weight.shape)
        own = int(draws.integers(2**31))
        if id(weight) in kept or not keras.backend.is_float_dtype(weight.dtype):
            continue
        if kind in ("gamma", "moving_variance"):
            value = np.ones(shape, "float32")
        elif kind in ("beta", "moving_mean") or "bias" in kind:
            value = np.zeros(shape, "float32")
        else:
            value = None
            if not is_kernel(weight):
                starts = _starting_values(model, seed) if starts is None else starts
                value = starts[i]
            if value is None or (len(shape) > 1 and value.min() < value.max()):  # its own layer draws it, too
                value = _draw(maker, config, weight, own)
        drawn.append((weight, value))
    for weight, value in drawn:
        weight.assign(value)
    return model


def _starting_values(model, seed):
    """Returns what the weights of a model are before they learn anything, as arrays in its order."""
    try:
        with seeded(seed):
            return [keras.ops.convert_to_numpy(w) for w in _rebuild(model, {}).weights]
    except Exception as error:  # whatever a layer of one's own can fail with
        raise ValueError(
            f"With what the layers of {model.name!r} start cannot be told: {error} Make it a functional model; a layer "
            "of your own needs a `get_config`. Nothing was changed."
        ) from error


def _draw(maker, config, weight, seed):
    try:
        with seeded(seed):
            return maker.__class__.from_config(config)(weight.shape, dtype=weight.dtype)
    except Exception as error:  # of any initializer, also one of the user's own
        raise ValueError(
            f"{type(maker).__name__} cannot draw {weight.path!r}, which has the shape {tuple(weight.shape)}: {error} "
            "Nothing was changed."
        ) from error
