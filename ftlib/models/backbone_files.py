"""Networks in files and presets of KerasHub: opened, freed of an earlier task's classes, and made for one size."""

import math
import os
import pathlib
import warnings
from collections.abc import Sequence
from typing import Any, NamedTuple

import keras

from ftlib.models.arrays import size_pair
from ftlib.models.available_files import existing_file
from ftlib.models.initialization import reinitialize_layers
from ftlib.models.keras_internals import node_of
from ftlib.models.layer_graph import is_functional
from ftlib.models.token_network import token_mask

_PROBABILITY_LAYERS = ("softmax", "logsoftmax", "sigmoid", "logsigmoid", "hardsigmoid", "sparsemax")


def load_into(model: keras.Model, path: str | os.PathLike, description: str) -> None:
    """Loads a file of weights into a model, or raises a ValueError that says what they do not fit."""
    try:
        model.load_weights(path)
    except Exception as error:
        raise ValueError(f"The weights in {pathlib.Path(path).name} do not fit {description}: {error}") from error


def load_preset(preset: str, weights: str | pathlib.Path | None, image_size: int | Sequence[int] | None) -> keras.Model:
    """Returns the backbone of a preset of KerasHub, which is installed; the arguments are as for `load_backbone`."""
    import keras_hub

    if weights == "imagenet":
        raise ValueError(f'A KerasHub preset names its weights: weights="default". Received: weights={weights!r}.')
    options = {} if image_size is None else {"image_shape": (*size_pair(image_size), 3)}
    backbone = keras_hub.models.Backbone.from_preset(preset, load_weights=weights == "default", **options)
    if isinstance(weights, pathlib.Path):
        load_into(backbone, weights, f"hub:{preset}")
    if isinstance(backbone.input, dict) and "token_ids" in backbone.input:
        return load_token_preset(preset, backbone)
    if not isinstance(backbone.input_shape, tuple) or len(backbone.input_shape) != 4:
        raise ValueError(f"'hub:{preset}' takes {backbone.input_shape}. Expected a preset for images or texts.")

    image = keras.Input(backbone.input_shape[1:], name="image")
    scale, offset = _preset_scaling(keras_hub, preset)
    if scale is None and offset is None:
        return keras.Model(image, backbone(image), name=backbone.name)
    pixels = rescaling(1.0 if scale is None else scale, 0.0 if offset is None else offset)(image)
    return keras.Model(image, backbone(pixels), name=backbone.name)


def load_token_preset(preset: str, backbone: Any) -> keras.Model:
    """Returns a text backbone of KerasHub as a network from token ids alone to a vector for each.

    The mask of padding, the id 0, is made inside the model; where the backbone tells segments apart, all is the first.
    """
    wanted = set(backbone.input) if isinstance(backbone.input, dict) else {"token_ids"}
    others = wanted - {"token_ids", "padding_mask", "segment_ids"}
    if others:
        raise ValueError(f"'hub:{preset}' takes {', '.join(sorted(others))} besides tokens. Expected a text preset.")
    if hasattr(backbone, "tie_word_embeddings") and "tie_word_embeddings" not in backbone.get_config():
        _mend_config(type(backbone))
    if isinstance(backbone.output, dict):  # without what BERT computes for a pair of sentences, which nobody would read
        features = backbone.output["sequence_output"]
        backbone = keras.Model(backbone.input, features, name=backbone.name)
    ids = keras.Input((None,), dtype="int32", name="tokens")
    given: dict[str, Any] = {"token_ids": ids}
    if "padding_mask" in wanted:
        given["padding_mask"] = keras.ops.cast(token_mask(ids), "int32")
    if "segment_ids" in wanted:
        given["segment_ids"] = keras.ops.zeros_like(ids)
    return keras.Model(ids, backbone(given if isinstance(backbone.input, dict) else ids), name=backbone.name)


def _mend_config(backbone_class):
    """Lets a class of backbones say in its config that its embedding is tied.

    KerasHub 0.32 leaves it out for Llama: a copy of a tied one, and one that was saved, would have a weight more.
    """
    told_config = backbone_class.get_config

    def get_config(self):
        return {**told_config(self), "tie_word_embeddings": self.tie_word_embeddings}

    backbone_class.get_config = get_config


def _preset_scaling(keras_hub, preset):
    """Returns the scale and offset of pixels that a preset asks for, numbers or lists; None for what it does not."""
    try:
        converter = keras_hub.layers.ImageConverter.from_preset(preset)
    except (ValueError, FileNotFoundError):  # a folder that holds a backbone only
        return None, None
    return _number_or_list(converter.scale), _number_or_list(converter.offset)


def _number_or_list(value):
    return value if value is None or isinstance(value, (int, float)) else list(value)


def rescaling(scale: float | list[float], offset: float | list[float]) -> keras.layers.Rescaling:
    """Returns the layer in front of a backbone that scales pixels; lists have one number per channel."""
    return keras.layers.Rescaling(
        scale,  # pyright: ignore[reportArgumentType]  (Keras takes lists, too, and its stubs do not say so)
        offset,  # pyright: ignore[reportArgumentType]
        name="preprocess",
    )


def load_file(path: pathlib.Path, weights: Any, image_size: int | Sequence[int] | None) -> keras.Model:
    """Returns the backbone in a `.keras` or `.h5` file; the arguments are those of `load_backbone`."""
    try:
        model: Any = keras.models.load_model(path, compile=False)
    except ValueError as error:
        raise ValueError(
            f"{path} does not open as a Keras model: {error} It has to be a whole model (model.save), of Keras's own "
            "layers or of layers that were registered and imported."
        ) from error
    model = next((layer for layer in getattr(model, "layers", []) if layer.name == "backbone"), model)
    shape = getattr(model, "input_shape", None)
    takes_sequences = isinstance(shape, tuple) and len(shape) == 2
    if not isinstance(shape, tuple) or len(shape) not in (2, 4):
        raise ValueError(
            "Expected a model with one input of images (None, height, width, channels), token ids (None, length) or "
            f"waveforms (None, samples), in {path}. Received: {shape}."
        )
    if takes_sequences and image_size is not None:
        raise ValueError(f"{path.name} takes texts or sounds, and no images. Received: image_size={image_size!r}.")
    if isinstance(weights, (str, pathlib.PurePath)) and weights != "default":
        load_into(model, existing_file(weights), path.name)
    elif weights is None:
        reinitialize_layers(model, model.layers, seed=0)

    if takes_sequences and "int" in str(model.inputs[0].dtype):
        return model

    model, cut_remark = without_classes(model)
    remark = cut_remark or remark_on_output(model)
    if remark:
        warnings.warn(f"{path.name} {remark}", stacklevel=3)
    return model if image_size is None else of_size(model, image_size, path.name)


def without_classes(model: keras.Model) -> tuple[keras.Model, str]:
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
    cut = _cut_before_classes(model.outputs[0])
    if cut.features is None or cut.features is model.inputs[0]:
        return model, ""
    removed_names = ", ".join(reversed(cut.removed_layers))
    remark = (
        f"is a classifier of {model.output_shape[1]} classes: its last layers ({removed_names}) were cut off, and what "
        "it has learnt below them is used."
    )
    return keras.Model(model.inputs[0], cut.features, name=model.name), remark


def gives_probabilities(model: Any) -> bool:
    """Returns whether a model ends in probabilities, or their logarithms, one for each class and image."""
    return _gives_vectors(model) and is_functional(model) and _is_probability(model.outputs[0])


def remark_on_output(model: Any) -> str:
    """Returns a sentence, without its subject, on a model whose output may be the classes of an earlier task; or ""."""
    if not _gives_vectors(model):
        return ""
    if gives_probabilities(model):
        kind = "probabilities"
    elif is_functional(model) and len(model.inputs[0].shape) == 4 and _is_narrow(model.outputs[0]):
        kind = "numbers"
    else:
        return ""
    return (
        f"gives {model.output_shape[1]} {kind} for each image. If these are the classes of an earlier task, cut off "
        "the layers that name them, as in keras.Model(model.inputs, model.layers[-2].output)."
    )


def _gives_vectors(model):
    shape = getattr(model, "output_shape", None)
    return isinstance(shape, tuple) and len(shape) == 2


def _is_probability(tensor):
    """Returns whether a tensor holds what a softmax or the like gives, unchanged in number."""
    node = node_of(tensor)
    operation, inputs = node.operation, node.input_tensors
    if is_functional(operation):
        return len(operation.outputs) == 1 and _is_probability(operation.outputs[0])
    activation = getattr(operation, "activation", None)
    activation_name = getattr(activation, "__name__", type(activation).__name__)
    if any(_plain_name(name) in _PROBABILITY_LAYERS for name in (type(operation).__name__, activation_name)):
        return True
    # What has no weights and leaves a number for each class, such as a change of type, passes probabilities on.
    return bool(inputs) and _keeps_numbers(operation, inputs, tensor) and all(map(_is_probability, inputs))


def _plain_name(name):
    return name.replace("_", "").lower()


def _keeps_numbers(operation, inputs, output):
    """Returns whether an operation has no weights and gives as many numbers, in as many channels, as it takes."""
    return not getattr(operation, "weights", ()) and all(_numbers(tensor) == _numbers(output) for tensor in inputs)


def _numbers(tensor):
    return tensor.shape[-1], math.prod(side or 0 for side in tensor.shape[1:])


class _CutClasses(NamedTuple):
    """The tensor that goes into the last layer with weights, None if there is no way to it; and what comes after."""

    features: Any
    removed_layers: list[str]  # names, from the end


def _cut_before_classes(tensor) -> _CutClasses:
    """Finds what goes into the last layer with weights, be it within a nested model, which is then cut, too."""
    removed_layers = []
    while True:
        node = node_of(tensor)
        operation, inputs = node.operation, node.input_tensors
        if len(inputs) != 1:
            return _CutClasses(None, removed_layers)
        if not getattr(operation, "weights", ()):
            removed_layers.append(operation.name)
            tensor = inputs[0]
            continue
        if not is_functional(operation):
            return _CutClasses(inputs[0], [*removed_layers, operation.name])

        inner_cut = _cut_before_classes(operation.outputs[0])
        removed_layers += inner_cut.removed_layers
        if inner_cut.features is None:
            return _CutClasses(None, removed_layers)
        if inner_cut.features is operation.inputs[0]:  # all of the nested model
            return _CutClasses(inputs[0], removed_layers)
        shortened = keras.Model(operation.inputs[0], inner_cut.features, name=operation.name)
        return _CutClasses(shortened(inputs[0]), removed_layers)


def _is_narrow(tensor):
    """Returns whether a tensor is what a Dense layer without activation computes from more numbers than it gives."""
    node = node_of(tensor)
    operation, inputs = node.operation, node.input_tensors
    if is_functional(operation):
        return _is_narrow(operation.outputs[0])
    if isinstance(operation, keras.layers.Dense):
        input_width = inputs[0].shape[-1] or 0
        return operation.activation is keras.activations.linear and operation.units < input_width
    return len(inputs) == 1 and _keeps_numbers(operation, inputs, tensor) and _is_narrow(inputs[0])


def of_size(model: keras.Model, image_size: int | Sequence[int], description: str) -> keras.Model:
    """Returns a model for images of one size; itself, or one with the same weights where it takes any size.

    Args:
        model: A Keras model with one image input.
        image_size: Height and width in pixels, an integer or a pair.
        description: What an error calls it.

    Raises:
        ValueError: If it takes another size alone.
    """
    size = size_pair(image_size)
    height, width, channels = model.input_shape[1:]
    if (height or size[0], width or size[1]) != size:
        raise ValueError(
            f"{description} takes images of {height} by {width} pixels alone. Received: image_size={image_size!r}."
        )
    if None not in (height, width):
        return model
    image = keras.Input((*size, channels), name="image")
    return keras.Model(image, model(image), name=model.name)
