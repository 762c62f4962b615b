"""Pre-trained networks without their heads, and the classifier that is put on top."""

import hashlib
import importlib.util
import json
import pathlib
import warnings
from dataclasses import dataclass

import keras
import numpy as np

from ftlib.errors import DownloadError, find_name, unknown
from ftlib.models.backbone_files import (
    existing,
    gives_probabilities,
    load_file,
    load_into,
    load_preset,
    remark_on_output,
)
from ftlib.models.glyphnet import glyphnet

# How each family of keras.applications wants its pixels (see each family's `preprocess_input`): "tf" -1..1, "caffe"
# BGR less the mean of ImageNet, "torch" standardised per channel; "inside" does it itself.
_FAMILIES = {
    "ConvNeXt": "inside", "DenseNet": "torch", "EfficientNetB": "inside", "EfficientNetV2": "inside", "Inception": "tf",
    "MobileNetV3": "inside", "MobileNet": "tf", "NASNet": "tf", "ResNet": "caffe", "VGG": "caffe", "Xception": "tf",
}  # fmt: skip
_SIDES = {"Inception": 299, "Xception": 299, "NASNetLarge": 331}  # the side of the pre-training; 224 elsewhere
_HUB = "hub:"
_WEIGHTS = pathlib.Path(__file__).parent.parent / "weights"
SHIPPED = ("glyphnet", "glyphnet-marked")  # with ftlib, each with the head of its pre-training


@dataclass(frozen=True)
class BackboneInfo:
    """What `load_backbone` will give: `name`, default image `side` in pixels, `channels`, and its `preprocessing`."""

    name: str
    side: int
    channels: int
    preprocessing: str


def list_backbones():
    """Returns `BackboneInfo` for every name that `load_backbone` knows; KerasHub presets and files come on top.

    Example:
    >>> [b.name for b in list_backbones()][:2]
    ['glyphnet', 'glyphnet-marked']
    """
    found = [BackboneInfo(name, 32, 1, "0..1") for name in SHIPPED]
    for name in sorted(dir(keras.applications)):
        family = next((f for f in _FAMILIES if name.startswith(f)), None)
        if family and callable(getattr(keras.applications, name)):
            mode = "tf" if name.startswith("ResNet") and name.endswith("V2") else _FAMILIES[family]
            side = next((s for prefix, s in _SIDES.items() if name.startswith(prefix)), 224)
            found.append(BackboneInfo(name, side, 3, mode))
    return found


def load_backbone(name, weights="default", image_size=None):
    """Returns a network without its head, which takes pixels 0-255 and does its own preprocessing.

    Args:
        name: `"glyphnet"` (ships with ftlib) or `"glyphnet-marked"` (with a planted bias); a class of
            `keras.applications`, such as `"MobileNetV2"`; `"hub:PRESET"`, an image preset of KerasHub by name or local
            folder; or the path of a `.keras` or `.h5` file, of which the layer named `"backbone"` is taken if any.
        weights: `"default"`: those it is known for (letters for `glyphnet`, ImageNet for `keras.applications`, the
            preset's own). `"imagenet"`: the same, for `keras.applications` only. None: random. A path: a `.weights.h5`
            or `.h5` file that fits.
        image_size: Height and width in pixels, an integer or a pair. Default None: 224 for most, 299 or 331 for the
            Inception family and NASNetLarge (see `list_backbones`). `glyphnet` has a size of its own, and so have
            files, but for those whose model takes any.

    Returns:
        A functional `keras.Model` with one `float32` input `(None, height, width, channels)`. Of a file that holds a
        whole classifier, the layers that name its classes are cut off, with a warning.

    Raises:
        ValueError: For an unknown name, weights that do not fit, or whose checksum is wrong.
        FileNotFoundError: For a file that is not there.
        ImportError: For `"hub:..."` without `keras-hub`.

    Example:
    >>> ft.load_backbone("glyphnet").output_shape
    (None, 4, 4, 128)
    """
    require_channels_last()
    name = check_backbone(name, image_size)
    if isinstance(name, pathlib.Path):
        return load_file(name, weights, image_size)
    if isinstance(weights, str) and weights.casefold() in ("default", "imagenet"):
        weights = weights.casefold()
    elif isinstance(weights, (str, pathlib.PurePath)):
        weights = existing(weights)
    elif weights is not None:
        raise ValueError(f'`weights` is "default", "imagenet", None or a path. Received: weights={weights!r}.')
    if name.startswith(_HUB):
        return load_preset(name.removeprefix(_HUB), weights, image_size)
    if name in SHIPPED:
        return _shipped(name, weights)
    return _from_applications(next(b for b in list_backbones() if b.name == name), weights, image_size)


def check_backbone(name, image_size=None):
    """Returns the name of a backbone as the tables spell it, or the `pathlib.Path` of a file, without loading it.

    Args:
        name, image_size: As for `load_backbone`.

    Raises:
        ValueError, FileNotFoundError, ImportError: As `load_backbone`, for what can be seen before it is loaded.

    Example:
    >>> check_backbone("mobilenetv2", 96)
    'MobileNetV2'
    """
    sides = image_size if isinstance(image_size, (tuple, list)) else 2 * [32 if image_size is None else image_size]
    if len(sides) != 2 or any(isinstance(s, bool) or not isinstance(s, int) or s < 1 for s in sides):
        raise ValueError(f"`image_size` is a number of pixels, or a pair of them. Received: image_size={image_size!r}.")
    if isinstance(name, pathlib.PurePath) or str(name).lower().endswith((".keras", ".h5")):
        return existing(pathlib.Path(name).expanduser())
    if isinstance(name, str) and name.casefold().startswith(_HUB):
        preset = name[len(_HUB) :]
        if importlib.util.find_spec("keras_hub") is None:
            raise ImportError(f'load_backbone("hub:{preset}") needs KerasHub: pip install "ftlib[hub]".')
        if ("/" in preset or preset.startswith(".")) and "://" not in preset and not pathlib.Path(preset).is_dir():
            raise FileNotFoundError(f"No preset folder at {preset}. Received: 'hub:{preset}'.")
        return _HUB + preset
    name = find_name("backbone", name, [b.name for b in list_backbones()])
    if name in SHIPPED and image_size not in (None, 32, (32, 32), [32, 32]):
        raise ValueError(f"{name} takes images of 32 by 32 pixels. Received: image_size={image_size!r}.")
    return name


def require_channels_last():
    """Raises a ValueError where Keras is set to take the channels of an image first, as no part of ftlib does."""
    if keras.config.image_data_format() != "channels_last":
        raise ValueError(
            "ftlib takes images as (height, width, channels), and Keras is set to take the channels first. Write "
            '"image_data_format": "channels_last" into keras.json (in ~/.keras, or where KERAS_HOME is), or call '
            'keras.config.set_image_data_format("channels_last") before a model is made.'
        )


def classifier(backbone, num_classes, dropout=0.0):
    """Returns a backbone with a fresh head: average pooling, Dropout, and a Dense layer with softmax.

    The model shares its weights with `backbone`. It is a plain functional Keras model whose backbone is one layer
    named `"backbone"`; its output is `float32` with any precision policy. The Dense layer starts at zero: a random
    start would stay, as noise, in all directions of the features that a few examples do not reach. A backbone that ends
    in probabilities, as a whole classifier does, is taken as it is, with a warning.

    Args:
        backbone: A functional Keras model that gives feature maps `(None, h, w, c)`, tokens `(None, t, c)` (the mean
            over tokens is taken) or vectors `(None, c)`.
        num_classes: Number of classes, at least 2.
        dropout: Rate of the Dropout layer. Default 0: `fit` sets it from the regularization of the run.

    Returns:
        A `keras.Model` from pixels to probabilities `(None, num_classes)`.

    Raises:
        ValueError: For a backbone with another kind of output, or fewer than two classes.

    Example:
    >>> ft.classifier(ft.load_backbone("glyphnet"), num_classes=10).output_shape
    (None, 10)
    """
    require_channels_last()
    if isinstance(num_classes, bool) or not isinstance(num_classes, (int, np.integer)) or num_classes < 2:
        raise ValueError(f"`num_classes` is a whole number of at least 2. Received: num_classes={num_classes!r}.")
    shape = getattr(backbone, "output_shape", None)
    if not isinstance(shape, tuple) or len(shape) not in (2, 3, 4) or any(isinstance(s, (tuple, list)) for s in shape):
        raise ValueError(
            "A classifier needs a built backbone with one output: feature maps (None, h, w, c), tokens (None, t, c) or "
            f"vectors (None, c). Received: {backbone!r} with output shape {shape}."
        )
    if gives_probabilities(backbone):
        warnings.warn(f"The backbone {remark_on_output(backbone)}", stacklevel=2)
    layers = keras.layers
    # A new model over the same layers, so that the caller's backbone keeps its name. A subclass of Functional, such as
    # KerasHub's, stays whole: only its class knows how to load it again.
    image = keras.Input(backbone.input_shape[1:], name="image")
    plain = type(backbone).__name__ in ("Functional", "Sequential")
    ends = (backbone.inputs[0], backbone.outputs[0]) if plain else (image, backbone(image))
    body = keras.Model(*ends, name="backbone")
    image = keras.Input(backbone.input_shape[1:], name="image")
    x = body(image)
    if len(shape) == 4:
        x = layers.GlobalAveragePooling2D(data_format="channels_last", name="head_pool")(x)
    elif len(shape) == 3:
        x = layers.GlobalAveragePooling1D(data_format="channels_last", name="head_pool")(x)
    x = layers.Dropout(dropout, name="head_dropout")(x)
    outputs = layers.Dense(
        int(num_classes), activation="softmax", kernel_initializer="zeros", dtype="float32", name="predictions"
    )(x)
    return keras.Model(image, outputs, name="classifier")


def source_model(name="glyphnet"):
    """Returns a backbone that ships with ftlib under the head of its pre-training: a classifier of letters.

    Args:
        name: `"glyphnet"`, or `"glyphnet-marked"`: here a fifth of the letters bore a mark and were called round ones.

    Returns:
        The model, and the letters that name its classes.

    Raises:
        ValueError: For another name, or weights whose checksum is wrong.

    Example:
    >>> len(ft.source_model()[1])
    879
    """
    if name not in SHIPPED:
        raise unknown("backbone with a source head", name, SHIPPED)
    classes = tuple(_card(name)["classes"])
    model = classifier(load_backbone(name), len(classes))
    head = keras.Sequential([keras.Input(model.get_layer("backbone").output_shape[1:]), *model.layers[2:]])
    load_into(head, _checked(name, "head"), f"the head of {name}")
    return model, classes


def _shipped(name, weights):
    if weights == "imagenet":
        raise ValueError(f'{name} is pre-trained on letters: weights="default". Received: weights="imagenet".')
    model = glyphnet()
    if weights is not None:
        load_into(model, _checked(name, "backbone") if weights == "default" else weights, name)
    return model


def _card(name):
    return json.loads((_WEIGHTS / f"{name}.json").read_text(encoding="utf-8"))


def _checked(name, part):
    """Returns the path of a shipped weight file after comparing it with the checksum on its card."""
    path = _WEIGHTS / {"backbone": f"{name}.weights.h5", "head": f"{name}-head.weights.h5"}[part]
    have = hashlib.sha256(existing(path).read_bytes()).hexdigest()
    want = _card(name)["sha256"][part]
    if have != want:
        raise ValueError(
            f"{path.name} is not the file that ftlib ships: its SHA-256 is {have[:12]}..., the card says "
            f"{want[:12]}.... Install ftlib again, or make the weights with `make weights`."
        )
    return path


def _from_applications(info, weights, image_size):
    side = image_size or info.side
    size = (side, side) if isinstance(side, int) else tuple(side)
    image = keras.Input((*size, 3), name="image")
    x = image
    if info.preprocessing == "tf":
        x = keras.layers.Rescaling(1 / 127.5, -1.0, name="preprocess")(x)
    elif info.preprocessing == "torch":
        mean, std = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
        scale, offset = [1 / (255 * s) for s in std], [-m / s for m, s in zip(mean, std, strict=True)]
        x = keras.layers.Rescaling(scale, offset, name="preprocess")(x)
    elif info.preprocessing == "caffe":
        x = keras.layers.Rescaling(1.0, [-123.68, -116.779, -103.939], name="preprocess")(x)
        x = keras.ops.flip(x, axis=-1)
    path = weights if isinstance(weights, pathlib.Path) else None
    make = getattr(keras.applications, info.name)
    where = "imagenet" if weights == "default" else weights
    try:
        model = make(include_top=False, weights=None if path else where, input_tensor=x, input_shape=(*size, 3))
    except Exception as error:
        # Keras raises a plain Exception for a download that failed, with what the network said inside it.
        if where is not None and not path and (type(error) is Exception or isinstance(error, OSError)):
            raise DownloadError(
                f"The ImageNet weights of {info.name} are not in Keras's cache and could not be downloaded: {error}. "
                "Connect to the network once, or point KERAS_HOME at a folder that has them in models/."
            ) from error
        raise
    if path:
        load_into(model, path, info.name)
    return model
