"""Networks of Darknet, the program of YOLO: its `.cfg` and `.weights` files become functional Keras models.

A cfg file lists the layers as sections, `[convolutional]` and so on, with options below each (Redmon, 2013-2016). A
weights file is a header, and then the numbers of all convolutions in this order, as float32. What YOLO-Fastest,
yolov3-tiny and yolov4-tiny are made of is read; anything else is an error, and nothing is passed over that would change
what the network computes.
"""

from __future__ import annotations

import dataclasses
import os
import pathlib
from collections.abc import Sequence
from typing import Any, NamedTuple

import keras
import numpy as np

from ftlib.models.arrays import size_pair
from ftlib.models.available_files import existing_file
from ftlib.models.backbone_files import load_into

CFG_ENDING, WEIGHTS_ENDING = ".cfg", ".weights"
COCO_CLASSES = (
    "person", "bicycle", "car", "motorbike", "aeroplane", "bus", "train", "truck", "boat", "traffic light",
    "fire hydrant", "stop sign", "parking meter", "bench", "bird", "cat", "dog", "horse", "sheep", "cow", "elephant",
    "bear", "zebra", "giraffe", "backpack", "umbrella", "handbag", "tie", "suitcase", "frisbee", "skis", "snowboard",
    "sports ball", "kite", "baseball bat", "baseball glove", "skateboard", "surfboard", "tennis racket", "bottle",
    "wine glass", "cup", "fork", "knife", "spoon", "bowl", "banana", "apple", "sandwich", "orange", "broccoli",
    "carrot", "hot dog", "pizza", "donut", "cake", "chair", "sofa", "pottedplant", "bed", "diningtable", "toilet",
    "tvmonitor", "laptop", "mouse", "remote", "keyboard", "cell phone", "microwave", "oven", "toaster", "sink",
    "refrigerator", "book", "clock", "vase", "scissors", "teddy bear", "hair drier", "toothbrush",
)  # fmt: skip
_EPSILON = 1e-6  # added to a variance, as OpenCV's reader of Darknet does
_MOMENTUM = 0.9  # of BatchNorm, as Darknet has it
_LEAKY_SLOPE = 0.1
_ACTIVATIONS = {
    "relu": "relu", "relu6": "relu6", "mish": "mish", "swish": "silu", "logistic": "sigmoid", "tanh": "tanh",
}  # fmt: skip
# Options that would change what a layer computes, and the value at which they do nothing.
_IDLE_VALUES = {
    "antialiasing": "0", "assisted_excitation": "0", "binary": "0", "coordconv": "0", "deform": "0", "dilation": "1",
    "dontload": "0", "flipped": "0", "maxpool_depth": "0", "new_coords": "0", "reverse": "0", "rotate": "0",
    "stretch": "0", "sway": "0", "weights_type": "none", "xnor": "0",
}  # fmt: skip
_LARGEST_EXPONENT = 6.0  # of the size of a box in anchors


class Section(NamedTuple):
    """A section of a cfg file: `kind` in brackets, its `options`, and the `line` where it begins."""

    kind: str
    options: dict[str, str]
    line: int

    def number(self, name: str, default: int) -> int:
        """Returns an option that is a whole number."""
        return int(self._convert(name, float, "a number", str(default)))

    def real(self, name: str, default: float) -> float:
        """Returns an option that is any number."""
        return self._convert(name, float, "a number", str(default))

    def numbers(self, name: str) -> list[int]:
        """Returns an option that is whole numbers with commas between them; none where it is missing."""
        return [int(number) for number in self.reals(name)]

    def reals(self, name: str) -> list[float]:
        """Returns an option that is numbers with commas between them; none where it is missing."""

        def split(text):
            return [float(part) for part in text.split(",") if part.strip()]

        return self._convert(name, split, "numbers with commas between them", "")

    def _convert(self, name, convert, what, default):
        text = self.options.get(name, default)
        try:
            return convert(text)
        except ValueError:
            raise ValueError(f"{self}: `{name}` is {what}. Received: {name}={text}.") from None

    def __str__(self):
        return f"[{self.kind}] in line {self.line} of the cfg file"


@dataclasses.dataclass(frozen=True)
class _Convolution:
    """A convolution whose weights are in the weights file, and its normalization, None where it has a bias."""

    layer: Any
    norm: Any


@dataclasses.dataclass
class _Network:
    """A network while it is built: its input, and what each section after `[net]` gave."""

    image: Any
    outputs: list[Any]
    convolutions: list[_Convolution]

    def before(self, section: Section, index: int) -> Any:
        """Returns what the section with a number gave, counted from the start, or back from here where negative."""
        position = index + len(self.outputs) if index < 0 else index
        if not 0 <= position < len(self.outputs):
            raise ValueError(
                f"{section} names layer {index}, and there are the layers 0 to {len(self.outputs) - 1} before it."
            )
        return self.outputs[position]


def is_darknet(name: Any) -> bool:
    """Returns whether what names a backbone is a cfg file of Darknet."""
    return isinstance(name, (str, pathlib.PurePath)) and str(name).lower().endswith(CFG_ENDING)


def load_darknet_backbone(
    cfg: str | os.PathLike, weights: str | os.PathLike | None = "default", image_size: int | Sequence[int] | None = None
) -> keras.Model:
    """Returns a network of Darknet without its heads; the arguments are as for `load_backbone`.

    A detector such as YOLO-Fastest looks for small objects on fine features and for large ones on coarse features, with
    a head on each. What the finest head sees is the output here: the features of a stride of 16 pixels, onto which the
    network has already laid the enlarged ones of a stride of 32. So one map holds what both know, and the head of
    `Detection` needs no more than one. The layers that belong to a coarser head alone are left out. A network without
    `[yolo]` sections, such as a classifier, ends before its global pooling.
    """
    network, sections = _read_network(cfg, weights, image_size)
    heads = [index for index, section in enumerate(sections) if section.kind == "yolo"]
    if heads:
        # Before the `[yolo]` section comes the convolution that gives boxes and classes, and before that its features.
        finest = max(heads, key=lambda index: network.outputs[index].shape[1] or 0)
        if finest < 2 or sections[finest - 1].kind != "convolutional":
            raise ValueError(f"{sections[finest]} has no convolution before it whose features could be used.")
        features = network.outputs[finest - 2]
    else:
        ends = [index for index, section in enumerate(sections) if section.kind in ("avgpool", "softmax", "cost")]
        if ends and ends[0] == 0:
            raise ValueError(f"{sections[0]} is the first layer. Expected convolutions before it.")
        features = network.outputs[ends[0] - 1 if ends else -1]
    model = keras.Model(network.image, features, name=_model_name(cfg))
    _load_keras_weights(model, weights)
    return model


def load_detector(
    cfg: str | os.PathLike,
    weights: str | os.PathLike | None = "default",
    image_size: int | Sequence[int] | None = None,
    class_names: Sequence[str] | None = None,
) -> tuple[keras.Model, tuple[str, ...]]:
    """Returns a whole detector of Darknet, such as YOLO-Fastest, as it was trained, and the names of its classes.

    The model takes pixels 0-255 in RGB and gives the same kind of outputs as a model with the head of `Detection`:
    `(n, cells, 4 + classes)`, boxes x0, y0, x1, y1 in pixels of the model's images, and the probability of each class,
    which is that of an object times that of the class. So `ft.decode(outputs)` makes detections of them; Darknet itself
    suppresses with `iou=0.45`.

    Args:
        cfg: Path of the `.cfg` file, with `[yolo]` sections.
        weights: `"default"`: the file beside it with the ending `.weights`. A path: another one. None: random ones.
        image_size: Height and width in pixels, an integer or a pair, whole multiples of the coarsest stride (32 for
            most). Default None: what the cfg file says.
        class_names: One name for each class. Default None: COCO's for 80 classes, else numbers.

    Returns:
        A functional `keras.Model`, and its class names.

    Raises:
        ValueError: For sections or options that are not read, weights that do not fit, and a network without `[yolo]`.
        FileNotFoundError: For a file that is not there.

    Example:
    >>> detector, names = ft.load_detector("yolo-fastest-1.1.cfg")  # doctest: +SKIP
    >>> found = ft.decode(detector.predict(photos), threshold=0.3, iou=0.45)  # doctest: +SKIP
    """
    network, sections = _read_network(cfg, weights, image_size)
    answers: list[Any] = [
        _read_boxes(sections[index], network.outputs[index], network.image.shape)
        for index in range(len(sections))
        if sections[index].kind == "yolo"
    ]
    if not answers:
        raise ValueError(
            f"A detector has [yolo] sections, and {pathlib.Path(cfg).name} has none. ft.load_backbone opens it."
        )
    class_count = answers[0].shape[-1] - 4
    names = _class_names(class_names, class_count)
    outputs: Any = answers[0]
    if len(answers) > 1:
        outputs = keras.layers.Concatenate(axis=1, dtype="float32", name="predictions")(answers)
    model = keras.Model(network.image, outputs, name=_model_name(cfg))
    _load_keras_weights(model, weights)
    return model, names


def _class_names(class_names, class_count):
    if class_names is None:
        return COCO_CLASSES if class_count == len(COCO_CLASSES) else tuple(map(str, range(class_count)))
    names = tuple(str(name) for name in class_names)
    if len(names) != class_count:
        raise ValueError(f"`class_names` are {class_count}, one for each class. Received: {len(names)}.")
    return names


def _model_name(cfg):
    return pathlib.Path(cfg).stem.replace(".", "_")


def read_cfg(path: str | os.PathLike) -> list[Section]:
    """Returns the sections of a cfg file, `[net]` first.

    Raises:
        ValueError: For a line that is neither a section nor an option, and a file that does not begin with `[net]`.
        FileNotFoundError: If it is not there.
    """
    sections: list[Section] = []
    text = existing_file(path).read_text(encoding="utf-8", errors="replace")
    for line_number, line in enumerate(text.splitlines(), start=1):
        content = line.split("#")[0].split(";")[0].strip()
        if not content:
            continue
        if content.startswith("[") and content.endswith("]"):
            sections.append(Section(content[1:-1].strip().lower(), {}, line_number))
        elif "=" in content and sections:
            name, _, value = content.partition("=")
            sections[-1].options[name.strip()] = value.strip()
        else:
            raise ValueError(
                f"A cfg file of Darknet has sections [name] and options name=value. Received: line {line_number} of "
                f"{pathlib.Path(path).name}, {content[:60]!r}."
            )
    if not sections or sections[0].kind not in ("net", "network"):
        received = f"[{sections[0].kind}]" if sections else "no section"
        raise ValueError(f"A cfg file of Darknet begins with [net]. Received: {received} in {pathlib.Path(path).name}.")
    return sections


def read_weights(path: str | os.PathLike) -> np.ndarray:
    """Returns the numbers of a weights file of Darknet, `float32` `(n,)`, without its header.

    The header is three int32, the version; and how many images were trained on, an int64, in versions before 0.2 an
    int32.
    """
    content = existing_file(path).read_bytes()
    name = pathlib.Path(path).name
    if len(content) < 12:
        raise ValueError(f"A weights file of Darknet has a header of 16 bytes or more. Received: {name}, too short.")
    major, minor, _ = np.frombuffer(content, "<i4", 3).tolist()
    counts_in_64_bits = major * 10 + minor >= 2 and major < 1000 and minor < 1000
    header = 20 if counts_in_64_bits else 16
    if len(content) < header or (len(content) - header) % 4:
        raise ValueError(
            f"A weights file of Darknet is a header and float32 numbers. Received: {name} of {len(content):,} bytes. "
            "It may be a broken download, or another kind of file."
        )
    return np.frombuffer(content, "<f4", offset=header)


def _read_network(cfg, weights, image_size):
    """Returns the network of a cfg file with all its sections, and these, less `[net]`."""
    net, *sections = read_cfg(cfg)
    if not sections:
        raise ValueError(f"{pathlib.Path(cfg).name} has no layers after [net].")
    size = _input_size(net, image_size)
    weights_path = _weights_path(cfg, weights)
    image = keras.Input((*size, net.number("channels", 3)), name="image")
    pixels = keras.layers.Rescaling(1 / 255, name="preprocess")(image)
    network = _Network(image, [], [])
    for index, section in enumerate(sections):
        if section.kind not in _LAYERS:
            known = ", ".join(f"[{kind}]" for kind in _LAYERS)
            raise ValueError(f"{section} is a kind of layer that is not read. Those that are: {known}.")
        _check_options(section)
        before = network.outputs[-1] if network.outputs else pixels
        network.outputs.append(_LAYERS[section.kind](section, before, network, f"{section.kind}{index}"))
    if weights_path is not None:
        _fill_weights(network.convolutions, read_weights(weights_path), weights_path.name, pathlib.Path(cfg).name)
    return network, sections


def _input_size(net, image_size):
    if image_size is not None:
        return size_pair(image_size)
    size = net.number("height", 0), net.number("width", 0)
    if min(size) < 1:
        raise ValueError(f"{net} says no width and height. Give `image_size`.")
    return size


def _weights_path(cfg, weights):
    """Returns the path of the weights file of Darknet, None for random weights or those that Keras saved."""
    if weights is None:
        return None
    if isinstance(weights, str) and weights.casefold() == "imagenet":
        raise ValueError(
            'A network of Darknet has the weights beside its cfg file: weights="default", or the path of a .weights '
            'file. Received: weights="imagenet".'
        )
    if isinstance(weights, str) and weights.casefold() == "default":
        path = pathlib.Path(cfg).expanduser().with_suffix(WEIGHTS_ENDING)
        if not path.is_file():
            raise FileNotFoundError(
                f"No weights at {path}. Put the .weights file beside the cfg file, name it (weights=path), or take "
                "random weights (weights=None)."
            )
        return path
    path = existing_file(pathlib.Path(weights).expanduser())
    return None if path.suffix == ".h5" else path


def _load_keras_weights(model, weights):
    """Loads weights that Keras saved of this very model, where the path is that of such a file."""
    if weights is not None and str(weights).endswith(".h5"):
        load_into(model, existing_file(pathlib.Path(weights).expanduser()), model.name)


def _check_options(section):
    for name, idle_value in _IDLE_VALUES.items():
        value = section.options.get(name, idle_value)
        if value != idle_value:
            raise ValueError(f"{section} has an option that is not read. Received: {name}={value}.")


def _convolve(section, features, network, name):
    """Returns features after a convolution, its normalization or bias, and its activation."""
    filters, size = section.number("filters", 1), section.number("size", 1)
    strides, groups = section.number("stride", 1), section.number("groups", 1)
    channels = features.shape[-1]
    if channels % groups or filters % groups:
        raise ValueError(f"{section}: {groups} groups divide neither {channels} channels nor {filters} filters evenly.")
    margin = size // 2 if section.number("pad", 0) else section.number("padding", 0)
    padding = "valid"
    if margin and strides == 1 and size == 2 * margin + 1:
        padding = "same"
    elif margin:
        # On both sides alike, as Darknet does, and not more at the end, as Keras does with strides.
        features = keras.layers.ZeroPadding2D(margin, name=name + "_pad")(features)

    is_normalized = bool(section.number("batch_normalize", 0))
    options: dict[str, Any] = {"padding": padding, "use_bias": not is_normalized, "name": name}
    if groups == channels and groups > 1:
        layer = keras.layers.DepthwiseConv2D(size, strides, depth_multiplier=filters // groups, **options)
    else:
        layer = keras.layers.Conv2D(filters, size, strides, groups=groups, **options)
    features = layer(features)
    norm = None
    if is_normalized:
        norm = keras.layers.BatchNormalization(momentum=_MOMENTUM, epsilon=_EPSILON, name=name + "_norm")
        features = norm(features)
    network.convolutions.append(_Convolution(layer, norm))
    return _activate(section, features, name, default="logistic")


def _activate(section, features, name, default="linear"):
    activation = section.options.get("activation", default)
    if activation == "linear":
        return features
    if activation == "leaky":
        return keras.layers.LeakyReLU(_LEAKY_SLOPE, name=name + "_leaky")(features)
    if activation not in _ACTIVATIONS:
        known = ", ".join(["linear", "leaky", *_ACTIVATIONS])
        raise ValueError(f"{section} has an activation that is not read: {activation}. Those that are: {known}.")
    return keras.layers.Activation(_ACTIVATIONS[activation], name=f"{name}_{activation}")(features)


def _pool(section, features, network, name):
    """Returns the largest of each window. Darknet lays a window of an odd stride over both edges, as "same" does."""
    strides = section.number("stride", 1)
    size = section.number("size", strides)
    padding = section.number("padding", size - 1)
    is_same = padding == size - 1 and (strides == 1 or size <= strides)
    if not is_same and padding:
        raise ValueError(
            f"{section}: windows of {size} with a stride of {strides} and a padding of {padding} are not read. "
            "Windows with a stride of 1, and those that do not overlap, are."
        )
    return keras.layers.MaxPooling2D(size, strides, padding="same" if padding else "valid", name=name)(features)


def _pool_all(section, features, network, name):
    return keras.layers.GlobalAveragePooling2D(keepdims=True, name=name)(features)


def _upsample(section, features, network, name):
    if section.real("scale", 1.0) != 1:
        raise ValueError(f"{section} scales its values, which is not read. Received: scale={section.options['scale']}.")
    return keras.layers.UpSampling2D(section.number("stride", 2), name=name)(features)


def _route(section, features, network, name):
    """Returns what earlier sections gave, behind one another: all channels, or one of several groups of each."""
    parts = [network.before(section, index) for index in section.numbers("layers")]
    if not parts:
        raise ValueError(f"{section} names no layers. Expected layers=-1, 8 or the like.")
    groups, group = section.number("groups", 1), section.number("group_id", 0)
    if groups > 1:
        widths = [part.shape[-1] // groups for part in parts]
        parts = [part[..., group * width : (group + 1) * width] for part, width in zip(parts, widths, strict=True)]
    if len(parts) == 1:
        return parts[0]
    sizes = {tuple(part.shape[1:3]) for part in parts}
    if len(sizes) > 1:
        received = " and ".join(f"{height} by {width}" for height, width in sorted(sizes))
        height, width = network.image.shape[1:3]
        raise ValueError(
            f"{section} joins features of one size. Received: {received} places, of images of {height} by {width} "
            "pixels. Give an `image_size` of whole multiples of 32."
        )
    return keras.layers.Concatenate(name=name)(parts)


def _add(section, features, network, name):
    others = [network.before(section, index) for index in section.numbers("from")]
    shapes = {tuple(part.shape[1:]) for part in (features, *others)}
    if not others or len(shapes) > 1:
        raise ValueError(f"{section} adds features of one shape. Received: {', '.join(map(str, sorted(shapes)))}.")
    return _activate(section, keras.layers.Add(name=name)([features, *others]), name)


def _drop(section, features, network, name):
    return keras.layers.Dropout(section.real("probability", 0.5), name=name)(features)


def _pass(section, features, network, name):
    return features


def _softmax(section, features, network, name):
    return keras.layers.Softmax(name=name)(features)


_LAYERS = {
    "convolutional": _convolve, "maxpool": _pool, "avgpool": _pool_all, "upsample": _upsample, "route": _route,
    "shortcut": _add, "dropout": _drop, "yolo": _pass, "softmax": _softmax, "cost": _pass,
}  # fmt: skip


def _fill_weights(convolutions, numbers, weights_name, cfg_name):
    """Gives the numbers of a weights file to the convolutions, in their order."""
    expected = sum(_count(convolution) for convolution in convolutions)
    if len(numbers) != expected:
        lack = (
            "too short: a broken download, or weights of a part of the network"
            if len(numbers) < expected
            else ("too long: it belongs to another network")
        )
        raise ValueError(
            f"The network in {cfg_name} has {expected:,} weights. Received: {len(numbers):,} in {weights_name}, which "
            f"is {lack}."
        )
    position = 0

    def take(*shape):
        nonlocal position
        values = numbers[position : position + int(np.prod(shape))].reshape(shape)
        position += values.size
        return values

    for convolution in convolutions:
        layer, norm = convolution.layer, convolution.norm
        kernel_shape = tuple(layer.kernel.shape)
        filters = _filters_of(layer)
        bias = take(filters)
        if norm is not None:
            gamma, mean, variance = take(filters), take(filters), take(filters)
            norm.set_weights([gamma, bias, mean, variance])
        kernel = _to_keras(take(filters, int(np.prod(kernel_shape)) // filters), layer)
        layer.set_weights([kernel] if norm is not None else [kernel, bias])


def _filters_of(layer):
    is_depthwise = isinstance(layer, keras.layers.DepthwiseConv2D)
    return int(np.prod(layer.kernel.shape[2:])) if is_depthwise else int(layer.kernel.shape[-1])


def _count(convolution):
    per_filter = 1 if convolution.norm is None else 4  # bias; or the scale and shift, mean and variance
    return int(np.prod(convolution.layer.kernel.shape)) + per_filter * _filters_of(convolution.layer)


def _to_keras(rows, layer):
    """Returns a kernel as Keras has it, of the rows of Darknet, `(filters, channels * height * width)`."""
    height, width, channels, last = layer.kernel.shape
    if isinstance(layer, keras.layers.DepthwiseConv2D):
        return rows.reshape(channels, last, height, width).transpose(2, 3, 0, 1)
    return rows.reshape(last, channels, height, width).transpose(2, 3, 1, 0)


def _read_boxes(section, features, image_shape):
    """Returns the boxes and probabilities that a `[yolo]` section makes of features, `(None, cells, 4 + classes)`."""
    class_count = section.number("classes", 20)
    anchors = np.reshape(section.reals("anchors"), (-1, 2))
    chosen = section.numbers("mask") or list(range(len(anchors)))
    anchors = anchors[chosen].astype("float32")
    rows, columns, channels = features.shape[1:]
    if channels != len(chosen) * (5 + class_count):
        raise ValueError(
            f"{section} reads {len(chosen)} boxes of 5 + {class_count} numbers. Received: {channels} channels."
        )
    scale = section.real("scale_x_y", 1.0)
    strides = np.array([image_shape[2] / columns, image_shape[1] / rows], "float32")
    ops = keras.ops
    numbers: Any = ops.reshape(ops.cast(features, "float32"), (-1, rows, columns, len(chosen), 5 + class_count))

    # Counted in the graph, so that a saved model holds no table of places.
    ones: Any = ops.ones_like(numbers[..., :1])
    cells: Any = ops.concatenate([ops.cumsum(ones, axis=2), ops.cumsum(ones, axis=1)], axis=-1)
    offsets: Any = ops.sigmoid(numbers[..., :2])
    middles: Any = (cells - 1 + scale * offsets - (scale - 1) / 2) * strides
    sizes: Any = ops.exp(ops.clip(numbers[..., 2:4], -_LARGEST_EXPONENT, _LARGEST_EXPONENT))
    halves: Any = sizes * (anchors / 2)
    has_object: Any = ops.sigmoid(numbers[..., 4:5])
    class_shares: Any = ops.sigmoid(numbers[..., 5:])
    probabilities: Any = has_object * class_shares
    boxes: Any = ops.concatenate([middles - halves, middles + halves, probabilities], axis=-1)
    return ops.reshape(boxes, (-1, rows * columns * len(chosen), 4 + class_count))
