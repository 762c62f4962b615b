"""Networks in files and presets of KerasHub: opened, freed of an earlier task's classes, and made for one size."""

import pathlib
import warnings

import keras
import numpy as np

from ftlib.models.initialization import reinitialize_layers
from ftlib.models.layer_graph import is_functional

_PROBABILITIES = ("softmax", "logsoftmax", "sigmoid", "logsigmoid", "hardsigmoid", "sparsemax")


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
        reinitialize_layers(model, model.layers, seed=0)
    model, cut = without_classes(model)
    remark = cut or remark_on_output(model)
    if remark:
        warnings.warn(f"{path.name} {remark}", stacklevel=4)
    return model if image_size is None else of_size(model, image_size, path.name)


def without_classes(model):
    """Returns a model without the layers that name the classes of an earlier task, and what was cut off.

    Probabilities of other classes are no features: a few numbers that say of most images "none of these". A model that
    ends in probabilities or their logarithms, be it within a model that it holds, is cut before its last layer with
    weights.

    Args:
        model: A Keras model.

    Returns:
        `(model, "")` where there is nothing to cut; else the model up to there, which shares its weights, and a
        sentence without its subject.

    Example:
    >>> layers = [keras.layers.Dense(8), keras.layers.Dense(3, "softmax", name="labels")]
    >>> without_classes(keras.Sequential([keras.Input((4,)), *layers]))[1]
    'is a classifier of 3 classes: its last layers (labels) were cut off, and what it has learnt below them is used.'
    """
    if not gives_probabilities(model):
        return model, ""
    features, cut = _before_classes(model.outputs[0])
    if features is None or features is model.inputs[0]:
        return model, ""
    told = (
        f"is a classifier of {model.output_shape[1]} classes: its last layers ({', '.join(reversed(cut))}) were cut "
        "off, and what it has learnt below them is used."
    )
    return keras.Model(model.inputs[0], features, name=model.name), told


def gives_probabilities(model):
    """Returns whether a model ends in probabilities, or their logarithms, one for each class and image."""
    shape = getattr(model, "output_shape", None)
    return isinstance(shape, tuple) and len(shape) == 2 and is_functional(model) and _is_probability(model.outputs[0])


def remark_on_output(model):
    """Returns a sentence, without its subject, on a model whose output may be the classes of an earlier task; or ""."""
    shape = getattr(model, "output_shape", None)
    if not isinstance(shape, tuple) or len(shape) != 2:
        return ""
    if gives_probabilities(model):
        kind = "probabilities"
    elif is_functional(model) and len(model.inputs[0].shape) == 4 and _is_narrow(model.outputs[0]):
        kind = "numbers"
    else:
        return ""
    return (
        f"gives {shape[1]} {kind} for each image. If these are the classes of an earlier task, cut off the layers that "
        "name them, as in keras.Model(model.inputs, model.layers[-2].output)."
    )


def _made_by(tensor):
    """Returns the layer or operation that makes a tensor of a model, and what goes into it."""
    history = tensor._keras_history
    return history.operation, history.operation._inbound_nodes[history.node_index].input_tensors


def _is_probability(tensor):
    operation, inputs = _made_by(tensor)
    if is_functional(operation):
        return len(operation.outputs) == 1 and _is_probability(operation.outputs[0])
    activation = getattr(operation, "activation", None)
    kinds = (type(operation).__name__, getattr(activation, "__name__", type(activation).__name__))
    if any(kind.replace("_", "").lower() in _PROBABILITIES for kind in kinds):
        return True
    # What has no weights and leaves a number for each class, such as a change of type, passes probabilities on.
    passes = not getattr(operation, "weights", ()) and all(_size(x) == _size(tensor) for x in inputs)
    return passes and bool(inputs) and all(map(_is_probability, inputs))


def _size(tensor):
    return tensor.shape[-1], np.prod([side or 0 for side in tensor.shape[1:]])


def _before_classes(tensor):
    """Returns what goes into the last layer with weights, and the names from the end to it; None if there is no way."""
    cut = []
    while True:
        operation, inputs = _made_by(tensor)
        if len(inputs) != 1:
            return None, cut
        if not getattr(operation, "weights", ()):
            cut.append(operation.name)
            tensor = inputs[0]
            continue
        if not is_functional(operation):
            return inputs[0], [*cut, operation.name]
        inner, names = _before_classes(operation.outputs[0])
        if inner is None or inner is operation.inputs[0]:  # all of it
            return (None if inner is None else inputs[0]), cut + names
        return keras.Model(operation.inputs[0], inner, name=operation.name)(inputs[0]), cut + names


def _is_narrow(tensor):
    """Returns whether a tensor is what a Dense layer without activation makes of more numbers than it gives."""
    operation, inputs = _made_by(tensor)
    if is_functional(operation):
        return _is_narrow(operation.outputs[0])
    if isinstance(operation, keras.layers.Dense):
        return operation.activation is keras.activations.linear and operation.units < (inputs[0].shape[-1] or 0)
    passes = not getattr(operation, "weights", ()) and len(inputs) == 1 and _size(inputs[0]) == _size(tensor)
    return passes and _is_narrow(inputs[0])


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
