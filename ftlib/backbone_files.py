"""Networks in files and presets of KerasHub: opened, freed of an earlier task's classes, and made for one size."""

import pathlib
import warnings

import keras
import numpy as np

from ftlib.initialization import redraw


def existing(path):
    """Returns the path of a file of weights, or raises a FileNotFoundError."""
    path = pathlib.Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"No weights at {path}. Expected an existing .weights.h5, .h5 or .keras file.")
    return path


def load_into(model, path, what):
    """Loads a file of weights into a model, or raises a ValueError that says what they do not fit."""
    try:
        model.load_weights(path)
    except Exception as error:
        raise ValueError(f"The weights in {pathlib.Path(path).name} do not fit {what}: {error}") from error


def load_preset(preset, weights, image_size):
    """Returns the backbone of a preset of KerasHub, which is installed; the arguments are as for `load_backbone`."""
    import keras_hub

    if weights == "imagenet":
        raise ValueError(f'A KerasHub preset names its weights: weights="default". Received: weights={weights!r}.')
    options = {} if image_size is None else {"image_shape": (*np.broadcast_to(image_size, 2).tolist(), 3)}
    body = keras_hub.models.Backbone.from_preset(preset, load_weights=weights == "default", **options)
    if not isinstance(body.input_shape, tuple) or len(body.input_shape) != 4:
        raise ValueError(f"'hub:{preset}' takes {body.input_shape} and not one image. Expected an image preset.")
    if isinstance(weights, pathlib.Path):
        load_into(body, weights, f"hub:{preset}")
    image = keras.Input(body.input_shape[1:], name="image")
    try:
        converter = keras_hub.layers.ImageConverter.from_preset(preset)
        scale, offset = converter.scale, converter.offset
    except (ValueError, FileNotFoundError):  # a folder that holds a backbone only
        scale, offset = None, None
    x = image
    if scale is not None or offset is not None:
        listed = [v if v is None or isinstance(v, (int, float)) else list(v) for v in (scale, offset)]
        scale, offset = (default if v is None else v for v, default in zip(listed, (1.0, 0.0), strict=True))
        x = keras.layers.Rescaling(scale, offset, name="preprocess")(x)
    return keras.Model(image, body(x), name=body.name)


def load_file(path, weights, image_size):
    """Returns the backbone in a `.keras` or `.h5` file; the arguments are those of `load_backbone`."""
    try:
        model = keras.models.load_model(path, compile=False)
    except ValueError as error:
        raise ValueError(
            f"{path} does not open as a Keras model: {error} It has to be a whole model (model.save), of Keras's own "
            "layers or of layers that were registered and imported."
        ) from error
    inner = [layer for layer in getattr(model, "layers", []) if layer.name == "backbone"]
    if inner:
        model = inner[0]
    shape = getattr(model, "input_shape", None)
    if not isinstance(shape, tuple) or len(shape) != 4:
        raise ValueError(
            f"Expected a model with one image input (None, height, width, channels) in {path}. Received: {shape}."
        )
    if isinstance(weights, (str, pathlib.PurePath)) and weights != "default":
        load_into(model, existing(weights), path.name)
    elif weights is None:
        redraw(model, model.layers, seed=0)
    model, cut = without_classes(model)
    if cut:
        warnings.warn(f"{path.name} {cut}", stacklevel=4)
    return model if image_size is None else of_size(model, image_size, path.name)


def without_classes(model):
    """Returns a model without the layers that name the classes of an earlier task, and what was cut off.

    Probabilities of other classes are no features: a few numbers that say of most images "none of these". A model is
    cut before the last layer with weights if it ends in a softmax or sigmoid.

    Args:
        model: A Keras model.

    Returns:
        `(model, "")` where there is nothing to cut; else the model up to there, which shares its weights, and a
        sentence without its subject.

    Example:
    >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(8), keras.layers.Dense(3, "softmax")])
    >>> without_classes(model)[1]
    'is a classifier of 3 classes: its last layers (dense_1) were cut off, and what it has learnt below them is used.'
    """
    layers, cut = [layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)], []
    shape = model.output_shape
    if not isinstance(shape, tuple) or len(shape) != 2 or not layers or not _gives_probabilities(layers[-1]):
        return model, ""
    while layers:
        cut.append(layers.pop())
        if cut[-1].weights:
            break
    if not layers or isinstance(cut[-1], keras.Model):
        return model, ""
    names = ", ".join(layer.name for layer in reversed(cut))
    told = (
        f"is a classifier of {shape[1]} classes: its last layers ({names}) were cut off, and what it has learnt below "
        "them is used."
    )
    return keras.Model(model.inputs[0], cut[-1].input, name=model.name), told


def _gives_probabilities(layer):
    named = getattr(getattr(layer, "activation", None), "__name__", "")
    return isinstance(layer, keras.layers.Softmax) or named in ("softmax", "sigmoid")


def of_size(model, image_size, what):
    """Returns a model for images of one size; itself, or one with the same weights where it takes any size.

    Args:
        model: A Keras model with one image input.
        image_size: Height and width in pixels, an integer or a pair.
        what: What an error calls it.

    Raises:
        ValueError: If it takes another size alone.
    """
    size = tuple(np.broadcast_to(image_size, 2).tolist())
    height, width, channels = model.input_shape[1:]
    if (height or size[0], width or size[1]) != size:
        raise ValueError(
            f"{what} takes images of {height} by {width} pixels alone. Received: image_size={image_size!r}."
        )
    if None not in (height, width):
        return model
    image = keras.Input((*size, channels), name="image")
    return keras.Model(image, model(image), name=model.name)
