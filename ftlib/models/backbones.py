"""Pre-trained networks without their heads, and the classifier that is put on top."""

import os
import pathlib
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from ftlib.errors import DownloadError, find_name, unknown
from ftlib.models.arrays import size_pair
from ftlib.models.available_files import HUB_PREFIX, check_preset, existing_file
from ftlib.models.backbone_files import (
    gives_probabilities,
    load_file,
    load_into,
    load_preset,
    remark_on_output,
    rescaling,
)
from ftlib.models.darknet import is_darknet, load_darknet_backbone
from ftlib.models.glyphnet import glyphnet
from ftlib.models.language_models import load_token_backbone
from ftlib.models.minidetector import IMAGE_SIZE as DETECTOR_SIZE
from ftlib.models.minidetector import NAME as DETECTOR_NAME
from ftlib.models.minidetector import minidetector
from ftlib.models.shipped_files import read_card, shipped_file
from ftlib.models.sound_input import SAMPLES, SOUND_BACKBONES
from ftlib.models.speech_network import load_sound_backbone
from ftlib.models.token_network import token_mask
from ftlib.models.vocabularies import TOKEN_BACKBONES

# How each family of keras.applications wants its pixels (see each family's `preprocess_input`): "tf" -1..1, "caffe"
# BGR less the mean of ImageNet, "torch" standardised per channel; "inside" does it itself.
_PREPROCESSING_OF_FAMILY = {
    "ConvNeXt": "inside", "DenseNet": "torch", "EfficientNetB": "inside", "EfficientNetV2": "inside", "Inception": "tf",
    "MobileNetV3": "inside", "MobileNet": "tf", "NASNet": "tf", "ResNet": "caffe", "VGG": "caffe", "Xception": "tf",
}  # fmt: skip
_DEFAULT_SIDE = 224  # pixels of the pre-training
_OTHER_SIDES = {"Inception": 299, "Xception": 299, "NASNetLarge": 331}
SHIPPED = ("glyphnet", "glyphnet-marked")  # with ftlib, each with the head of its pre-training


@dataclass(frozen=True)
class BackboneInfo:
    """What `load_backbone` will give: `name`, default image `side` in pixels, `channels`, and its `preprocessing`.

    Of a network for texts, `side` is the length in tokens, of one for sounds the length in samples, with one channel.
    """

    name: str
    side: int
    channels: int
    preprocessing: str


def list_backbones(kind: str = "image") -> list[BackboneInfo]:
    """Returns `BackboneInfo` for every name that `load_backbone` knows; KerasHub presets and files are not listed.

    Args:
        kind: What the networks take: `"image"` (default), `"text"` or `"audio"`.

    Raises:
        ValueError: For another kind.

    Example:
    >>> [b.name for b in list_backbones()][:2]
    ['glyphnet', 'glyphnet-marked']
    >>> list_backbones("audio")
    [BackboneInfo(name='minispeech', side=16000, channels=1, preprocessing='spectrogram')]
    """
    kind = find_name("kind of inputs", kind, ("image", "text", "audio"))
    if kind == "text":
        return [BackboneInfo(name, read_card(name)["network"]["length"], 1, "tokens") for name in TOKEN_BACKBONES]
    if kind == "audio":
        return [BackboneInfo(name, SAMPLES, 1, "spectrogram") for name in SOUND_BACKBONES]
    backbones = [BackboneInfo(name, 32, 1, "0..1") for name in SHIPPED]
    backbones.append(BackboneInfo(DETECTOR_NAME, DETECTOR_SIZE[0], 3, "0..1"))
    for name in sorted(dir(keras.applications)):
        family = next((prefix for prefix in _PREPROCESSING_OF_FAMILY if name.startswith(prefix)), None)
        if family is not None and callable(getattr(keras.applications, name)):
            is_second_resnet = name.startswith("ResNet") and name.endswith("V2")
            preprocessing = "tf" if is_second_resnet else _PREPROCESSING_OF_FAMILY[family]
            sides = (side for prefix, side in _OTHER_SIDES.items() if name.startswith(prefix))
            backbones.append(BackboneInfo(name, next(sides, _DEFAULT_SIDE), 3, preprocessing))
    return backbones


def load_backbone(
    name: str | os.PathLike,
    weights: str | os.PathLike | None = "default",
    image_size: int | Sequence[int] | None = None,
) -> keras.Model:
    """Returns a network without its head, which takes pixels 0-255 and does its own preprocessing.

    Args:
        name: `"glyphnet"` (ships with ftlib) or `"glyphnet-marked"` (with a planted bias); `"minidetector"` for boxes;
            for texts `"minibert"`, or `"minigpt"` (causal), and for spoken words `"minispeech"`, which ship too; a
            class of `keras.applications`, such as `"MobileNetV2"`; `"hub:PRESET"`, an image or text preset of KerasHub
            by name or local folder; the path of a `.keras` or `.h5` file, of which the layer named `"backbone"` is
            taken if any; or that of a `.cfg` file of Darknet, such as YOLO-Fastest's, of whose finest head it gives the
            features.
        weights: `"default"`: those it is known for (letters for `glyphnet`, ImageNet for `keras.applications`, the
            preset's own, the `.weights` file beside a `.cfg` file). `"imagenet"`: the same, for `keras.applications`
            only. None: random. A path: a `.weights.h5` or `.h5` file that fits, or a `.weights` file of Darknet.
        image_size: Height and width in pixels, an integer or a pair. Default None: 224 for most, 299 or 331 for the
            Inception family and NASNetLarge (see `list_backbones`), what a `.cfg` file says, and 128 by 192 for
            `minidetector`. `glyphnet` has a size of its own, and so have `.keras` and `.h5` files, unless their model
            takes images of any size.

    Returns:
        A functional `keras.Model` with one `float32` input `(None, height, width, channels)`, one of token ids
        `(None, length)` for texts, or one of waveforms `(None, samples)` from -1 to 1 for sounds. Of a file that holds
        a whole classifier, the layers that name its classes are cut off, with a warning.

    Raises:
        ValueError: For an unknown name, weights that do not fit, or whose checksum is wrong.
        FileNotFoundError: For a file that is not there.
        ImportError: For `"hub:..."` without `keras-hub`.

    Example:
    >>> ft.load_backbone("glyphnet").output_shape
    (None, 4, 4, 128)
    """
    require_channels_last()
    checked_name = check_backbone(name, image_size)
    if is_darknet(checked_name):
        return load_darknet_backbone(checked_name, weights, image_size)
    if isinstance(checked_name, pathlib.Path):
        return load_file(checked_name, weights, image_size)
    checked_weights = _check_weights(weights)
    if checked_name.startswith(HUB_PREFIX):
        return load_preset(checked_name.removeprefix(HUB_PREFIX), checked_weights, image_size)
    if checked_name in TOKEN_BACKBONES:
        return load_token_backbone(checked_name, checked_weights)
    if checked_name in SOUND_BACKBONES:
        return load_sound_backbone(checked_name, checked_weights)
    if checked_name in (*SHIPPED, DETECTOR_NAME):
        return _load_shipped(checked_name, checked_weights, image_size)
    info = next(info for info in list_backbones() if info.name == checked_name)
    return _load_from_applications(info, checked_weights, image_size)


def _check_weights(weights) -> str | pathlib.Path | None:
    """Returns `"default"`, `"imagenet"`, None, or the path of a file that is there."""
    if isinstance(weights, str) and weights.casefold() in ("default", "imagenet"):
        return weights.casefold()
    if isinstance(weights, (str, pathlib.PurePath)):
        return existing_file(weights)
    if weights is not None:
        raise ValueError(f'`weights` is "default", "imagenet", None or a path. Received: weights={weights!r}.')
    return None


def check_backbone(name: str | os.PathLike, image_size: int | Sequence[int] | None = None) -> str | pathlib.Path:
    """Returns the name of a backbone as the tables spell it, or the `pathlib.Path` of a file, without loading it.

    Args:
        name, image_size: As for `load_backbone`.

    Raises:
        ValueError, FileNotFoundError, ImportError: As `load_backbone`, for what can be seen before it is loaded.

    Example:
    >>> check_backbone("mobilenetv2", 96)
    'MobileNetV2'
    """
    _check_image_size(image_size)
    if isinstance(name, pathlib.PurePath) or str(name).lower().endswith((".keras", ".h5", ".cfg")):
        return existing_file(pathlib.Path(name).expanduser())
    if isinstance(name, str) and name.casefold().startswith(HUB_PREFIX):
        check_preset(name[len(HUB_PREFIX) :], "load_backbone")
        return HUB_PREFIX + name[len(HUB_PREFIX) :]
    names_of_images = [info.name for info in list_backbones()]
    known_name = find_name("backbone", name, [*names_of_images, *TOKEN_BACKBONES, *SOUND_BACKBONES])
    if known_name not in names_of_images and image_size is not None:
        what = "texts" if known_name in TOKEN_BACKBONES else "sounds"
        raise ValueError(f"{known_name} takes {what}, and no images. Received: image_size={image_size!r}.")
    if known_name in SHIPPED and image_size not in (None, 32, (32, 32), [32, 32]):
        raise ValueError(f"{known_name} takes images of 32 by 32 pixels. Received: image_size={image_size!r}.")
    return known_name


def _check_image_size(image_size):
    if image_size is None:
        return
    sides = image_size if isinstance(image_size, (tuple, list)) else [image_size, image_size]
    if len(sides) != 2 or any(isinstance(side, bool) or not isinstance(side, int) or side < 1 for side in sides):
        raise ValueError(f"`image_size` is a number of pixels, or a pair of them. Received: image_size={image_size!r}.")


def require_channels_last() -> None:
    """Raises a ValueError where Keras is set to take the channels of an image first, as no part of ftlib does."""
    if keras.config.image_data_format() != "channels_last":
        raise ValueError(
            "ftlib takes images as (height, width, channels), and Keras is set to take the channels first. Write "
            '"image_data_format": "channels_last" into keras.json (in ~/.keras, or where KERAS_HOME is), or call '
            'keras.config.set_image_data_format("channels_last") before a model is made.'
        )


def classifier(backbone: keras.Model, num_classes: int, dropout: float = 0.0) -> keras.Model:
    """Returns a backbone with a fresh head: average pooling, Dropout, and a Dense layer with softmax.

    The model shares its weights with `backbone`. It is a plain functional Keras model whose backbone is one layer
    named `"backbone"`; its output is `float32` with any precision policy. The Dense layer starts at zero: a random
    start would stay, as noise, in all directions of the features that a few examples do not reach. A backbone that ends
    in probabilities, as a whole classifier does, is taken as it is, with a warning.

    Args:
        backbone: A functional Keras model that gives feature maps `(None, h, w, c)`, tokens `(None, t, c)` (the mean
            over tokens is taken; where they belong to token ids that go in, over those that are no padding) or vectors
            `(None, c)`.
        num_classes: Number of classes, at least 2.
        dropout: Rate of the Dropout layer. Default 0: `fit` sets it from the regularization of the run.

    Returns:
        A `keras.Model` from pixels, or what else the backbone takes, to probabilities `(None, num_classes)`.

    Raises:
        ValueError: For a backbone with another kind of output, or fewer than two classes.

    Example:
    >>> ft.classifier(ft.load_backbone("glyphnet"), num_classes=10).output_shape
    (None, 10)
    """
    require_channels_last()
    if isinstance(num_classes, bool) or not isinstance(num_classes, (int, np.integer)) or num_classes < 2:
        raise ValueError(f"`num_classes` is a whole number of at least 2. Received: num_classes={num_classes!r}.")
    image, features = pooled_features(backbone, dropout)
    predictions = keras.layers.Dense(
        int(num_classes), activation="softmax", kernel_initializer="zeros", dtype="float32", name="predictions"
    )
    return keras.Model(image, predictions(features), name="classifier")


def pooled_features(backbone: keras.Model, dropout: float = 0.0) -> tuple[Any, Any]:
    """Returns what every head on pooled features begins with: the input, and the features after pooling and Dropout.

    Args:
        backbone: As for `classifier`; in the layers that lead to the features it is one layer named `"backbone"`.
        dropout: Rate of the Dropout layer.

    Returns:
        Two Keras tensors: the input `(None, height, width, channels)`, and the features `(None, c)`.

    Raises:
        ValueError: For a backbone with another kind of output than maps, tokens or vectors.
    """
    output_shape = _check_output_shape(backbone)
    if gives_probabilities(backbone):
        warnings.warn(f"The backbone {remark_on_output(backbone)}", stacklevel=3)

    inputs = input_like(backbone)
    features = named_backbone(backbone)(inputs)
    if len(output_shape) == 4:
        features = keras.layers.GlobalAveragePooling2D(data_format="channels_last", name="head_pool")(features)
    elif len(output_shape) == 3:
        mask = token_mask(inputs) if gives_token_vectors(backbone) else None
        pooling = keras.layers.GlobalAveragePooling1D(data_format="channels_last", name="head_pool")
        features = pooling(features) if mask is None else pooling(features, mask=mask)
    return inputs, keras.layers.Dropout(dropout, name="head_dropout")(features)


def _check_output_shape(backbone):
    """Returns the output shape of a backbone, or raises a ValueError unless it is one that a head can be put on."""
    shape = getattr(backbone, "output_shape", None)
    has_several_outputs = isinstance(shape, tuple) and any(isinstance(part, (tuple, list)) for part in shape)
    if not isinstance(shape, tuple) or len(shape) not in (2, 3, 4) or has_several_outputs:
        raise ValueError(
            "A classifier needs a built backbone with one output: feature maps (None, h, w, c), tokens (None, t, c) or "
            f"vectors (None, c). Received: {backbone!r} with output shape {shape}."
        )
    return shape


def takes_tokens(backbone: keras.Model) -> bool:
    """Returns whether what goes into a backbone is one array of token ids `(None, length)`."""
    shape = backbone.input_shape
    return isinstance(shape, tuple) and len(shape) == 2 and "int" in str(backbone.inputs[0].dtype)


def takes_sounds(backbone: keras.Model) -> bool:
    """Returns whether what goes into a backbone is one array of waveforms `(None, samples)`."""
    shape = backbone.input_shape
    return isinstance(shape, tuple) and len(shape) == 2 and not takes_tokens(backbone)


def gives_token_vectors(backbone: keras.Model) -> bool:
    """Returns whether a backbone gives a vector `(None, length, c)` for each of the token ids that go in."""
    shape = backbone.output_shape
    if not takes_tokens(backbone) or not isinstance(shape, tuple) or len(shape) != 3:
        return False
    return shape[1] == backbone.input_shape[1]


def input_like(backbone: keras.Model) -> Any:
    """Returns a new symbolic input for what a backbone takes: token ids, or pixels and other floats."""
    if takes_tokens(backbone):
        return keras.Input(backbone.input_shape[1:], dtype="int32", name="tokens")
    return keras.Input(backbone.input_shape[1:], name="sound" if takes_sounds(backbone) else "image")


def named_backbone(backbone: keras.Model) -> keras.Model:
    """Returns a new model over the layers of a backbone, named "backbone", so that the caller's keeps its name.

    A subclass of Functional, such as KerasHub's, stays whole: only its class knows how to load it again.
    """
    if type(backbone).__name__ in ("Functional", "Sequential"):
        return keras.Model(backbone.inputs[0], backbone.outputs[0], name="backbone")
    inputs = input_like(backbone)
    return keras.Model(inputs, backbone(inputs), name="backbone")


def source_model(name: str = "glyphnet") -> tuple[keras.Model, tuple[str, ...]]:
    """Returns a backbone that ships with ftlib under the head of its pre-training: a classifier of letters or words.

    Args:
        name: `"glyphnet"`, or `"glyphnet-marked"`: here a fifth of the letters bore a mark and were called round ones.
            `"minispeech"`: spoken words.

    Returns:
        The model, and the letters or words that name its classes.

    Raises:
        ValueError: For another name, or weights whose checksum is wrong.

    Example:
    >>> len(ft.source_model()[1])
    879
    """
    if name not in (*SHIPPED, *SOUND_BACKBONES):
        raise unknown("backbone with a source head", name, (*SHIPPED, *SOUND_BACKBONES))
    class_names = tuple(read_card(name)["classes"])
    model = classifier(load_backbone(name), len(class_names))
    load_into(head_of(model), shipped_file(name, "head"), f"the head of {name}")
    return model, class_names


def head_of(model: keras.Model) -> keras.Model:
    """Returns what `classifier` put on a backbone, as a model of its own with the same weights."""
    return keras.Sequential([keras.Input(model.get_layer("backbone").output_shape[1:]), *model.layers[2:]])


def _load_shipped(name, weights, image_size):
    if weights == "imagenet":
        source = "drawn scenes" if name == DETECTOR_NAME else "letters"
        raise ValueError(f'{name} is pre-trained on {source}: weights="default". Received: weights="imagenet".')
    model = minidetector(image_size or DETECTOR_SIZE) if name == DETECTOR_NAME else glyphnet()
    if weights is not None:
        path = shipped_file(name, "backbone") if weights == "default" else weights
        load_into(model, path, name)
    return model


def _load_from_applications(info, weights, image_size):
    height, width = size_pair(image_size or info.side)
    image = keras.Input((height, width, 3), name="image")
    pixels = _preprocess(image, info.preprocessing)
    weights_path = weights if isinstance(weights, pathlib.Path) else None
    named_weights = None if weights is None or weights_path is not None else "imagenet"
    make = getattr(keras.applications, info.name)
    try:
        model = make(include_top=False, weights=named_weights, input_tensor=pixels, input_shape=(height, width, 3))
    except Exception as error:
        # Keras raises a plain Exception for a download that failed, with what the network said inside it.
        if named_weights is not None and (type(error) is Exception or isinstance(error, OSError)):
            raise DownloadError(
                f"The ImageNet weights of {info.name} are not in Keras's cache and could not be downloaded: {error}. "
                "Connect to the network once, or point KERAS_HOME at a folder that has them in models/."
            ) from error
        raise
    if weights_path is not None:
        load_into(model, weights_path, info.name)
    return model


def _preprocess(image, mode):
    """Returns pixels 0-255 as a family of keras.applications wants them; see `_PREPROCESSING_OF_FAMILY`."""
    if mode == "tf":
        return keras.layers.Rescaling(1 / 127.5, -1.0, name="preprocess")(image)
    if mode == "torch":
        means, deviations = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
        scales = [1 / (255 * deviation) for deviation in deviations]
        offsets = [-mean / deviation for mean, deviation in zip(means, deviations, strict=True)]
        return rescaling(scales, offsets)(image)
    if mode == "caffe":
        return keras.ops.flip(rescaling(1.0, [-123.68, -116.779, -103.939])(image), axis=-1)
    return image
