"""Where a network looks: Grad-CAM, or occlusion for a network without feature maps, and a test of either."""

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from ftlib.errors import unknown
from ftlib.models.arrays import to_numpy
from ftlib.models.inference import predict
from ftlib.models.layer_graph import LayerGraph
from ftlib.models.staged_model import split_model, stages
from ftlib.tasks.inputs import check_pixels

_PATCHES_PER_SIDE = 8  # along each side of an image, for occlusion
_GRADIENT_BATCH_SIZE = 32  # images whose gradients are taken at once
_METHODS = ("auto", "grad_cam", "occlusion")
_LINE_COLOUR = (213, 94, 0)  # vermilion of Okabe and Ito (2008): told from grey by all eyes


@dataclass(frozen=True, repr=False)
class Explanation:
    """What `explain` returns.

    Attributes:
        heat: `(n, height, width)` `float32` at the size of the images: 0 where nothing speaks for the class, 1 at the
            strongest place of each image; 0 everywhere where no place does.
        classes: `(n,)`: the class index that each map explains.
        method: `"grad_cam"` or `"occlusion"`.
        stage: Name of the stage whose feature maps were used; None for occlusion.
        note: How the maps were made, and why so, in a sentence.
    """

    heat: np.ndarray
    classes: np.ndarray
    method: str
    stage: str | None
    note: str

    def __repr__(self):
        return f"<Explanation of {len(self.heat)} images, {self.method}: {self.note}>"

    def check(self, model: keras.Model, images: Any, share: float = 0.2) -> dict[str, float]:
        """Tests the maps: covers the hottest part of each image, and as large a part at the cold end.

        A map that shows what the network uses makes it lose its confidence in the first case and not in the second
        (Petsiuk et al., 2018, https://arxiv.org/abs/1806.07421). What is covered gets the median of its image,
        channel by channel: where the background is plain, that is the background.

        Args:
            model: The network that was explained.
            images: The images that were explained.
            share: Part of each image that is covered. Default 0.2: enough to hide what matters in a photo, too little
                to leave nothing.

        Returns:
            A dict of mean probabilities of the explained class: `whole`, `hot_covered` and `cold_covered`.

        Raises:
            ValueError: For other images than those explained, or a share outside 0 to 1.
        """
        if not 0 < share < 1:
            raise ValueError(f"`share` lies between 0 and 1. Received: share={share!r}.")
        pixels = _as_pixels(images)
        if pixels.shape[:3] != self.heat.shape:
            raise ValueError(f"Expected the images explained, {self.heat.shape}. Received: shape {pixels.shape[:3]}.")
        # Places without any heat are many and equal: chance decides among them, not their order.
        tie_breakers = np.random.default_rng(0).random(self.heat.shape) * 1e-6
        heat_rows = (self.heat + tie_breakers).reshape(len(pixels), -1)
        ranks = heat_rows.argsort(1).argsort(1).reshape(self.heat.shape)
        covered_count = round(share * ranks[0].size)
        covers = {
            "whole": ranks < 0,
            "hot_covered": ranks >= ranks[0].size - covered_count,
            "cold_covered": ranks < covered_count,
        }
        image_indices = np.arange(len(pixels))
        return {
            name: float(predict(model, _cover(pixels, cover))[image_indices, self.classes].mean())
            for name, cover in covers.items()
        }


def explain(
    model: keras.Model,
    images: Any,
    classes: Any = None,
    method: str = "auto",
    stage: str | None = None,
    head: str | None = None,
) -> Explanation:
    """Says for each image which places speak for a class.

    Grad-CAM (Selvaraju et al., 2017, https://arxiv.org/abs/1610.02391) weights the feature maps of a stage by the mean
    gradient of the class's score, before the softmax and less the mean of all scores, since a softmax does not see what
    is common to all (a model of several labels, which ends in a sigmoid, has a score for each class by itself). It
    needs feature maps; a transformer or a network that gives vectors has none. There, occlusion (Zeiler and Fergus,
    2014, https://arxiv.org/abs/1311.2901) covers the image patch by patch and notes how much confidence each costs: no
    gradient, no attention weights, so it works for any network, but 64 times the work.

    Args:
        model: A classifier that gives probabilities, such as `run.model`.
        images: `(n, height, width, channels)` of the model's size, pixels 0-255. All are held in memory: a few dozen.
        classes: The class index to explain for each image, `(n,)`. Default None: what the network says.
        method: `"auto"` (default): Grad-CAM where the network has feature maps, else occlusion. Or `"grad_cam"` or
            `"occlusion"`.
        stage: Name of the stage whose feature maps are used. Default None: the last one, which knows the classes best.
        head: As in `stages`, for a model without a layer `"backbone"`.

    Returns:
        An `Explanation`: `.heat`, and `.check(model, images)`, which tests the maps.

    Raises:
        ValueError: For an unknown method, a class that the model does not have, a stage without feature maps, or
            `method="grad_cam"` for a network without them.

    Example:
    >>> task = ft.load_task("digits", labels_per_class=10)
    >>> model = ft.classifier(ft.load_backbone("glyphnet"), task.num_classes)
    >>> images = task.for_backbone(model).test.images[:3]
    >>> explain(model, images, classes=[2, 2, 2]).heat.shape
    (3, 32, 32)
    """
    if method not in _METHODS:
        raise unknown("method", method, _METHODS)
    check_pixels(images)
    pixels = _as_pixels(images)
    probabilities = predict(model, pixels)
    if probabilities.min() < 0 or probabilities.max() > 1.001:
        raise ValueError(
            "`explain` is for models that give probabilities of classes. Received: outputs from "
            f"{probabilities.min():g} to {probabilities.max():g}, which no part of an image speaks for."
        )
    class_indices = probabilities.argmax(1) if classes is None else np.asarray(classes)
    _check_class_indices(class_indices, probabilities.shape)
    stage_name, obstacle = (None, "") if method == "occlusion" else stage_with_maps(model, stage, head)
    if method == "grad_cam" and stage_name is None:
        raise ValueError(f'{obstacle} Use method="occlusion", which needs none.')

    if stage_name is not None:
        maps = _grad_cam(model, stage_name, head, pixels, class_indices)
        note = f"Grad-CAM on the feature maps of {stage_name}, {maps.shape[1]} x {maps.shape[2]} places."
        method = "grad_cam"
    else:
        maps = _occlusion(model, pixels, class_indices, probabilities)
        patches = f"{_PATCHES_PER_SIDE} x {_PATCHES_PER_SIDE} patches"
        note = f"{obstacle} Occlusion instead" if obstacle else "Occlusion"
        note += f": the confidence that each of {patches} costs, when covered."
        method = "occlusion"
    heat = np.stack([_enlarge(coarse_map, pixels.shape[1:3]) for coarse_map in maps])
    return Explanation(heat, class_indices, method, stage_name, note)


def _check_class_indices(class_indices, probabilities_shape):
    image_count, class_count = probabilities_shape
    if class_indices.shape != (image_count,) or class_indices.dtype.kind not in "iu":
        raise ValueError(
            f"`classes` has one class index for each of {image_count} images. Received: {class_indices.dtype} of shape "
            f"{class_indices.shape}."
        )
    low, high = class_indices.min(), class_indices.max()
    if low < 0 or high >= class_count:
        raise ValueError(f"The model has the classes 0 to {class_count - 1}. Received: {low} to {high}.")


def highlight(image: np.ndarray, heat: np.ndarray, share: float = 0.5, side: int = 224) -> np.ndarray:
    """Returns an image of which only the hottest part keeps its colours, for `plots` or a page.

    Shades for all of the heat would tint most of an image, since the maps are coarse. A share says where the weight
    lies, and means the same in each image.

    Args:
        image: Pixels 0-255, `(height, width, 1 or 3)`.
        heat: `(height, width)`, 0 to 1, of this size or another.
        share: The smallest area that holds this part of all heat is kept, with a line around it; the rest fades.
            Default 0.5.
        side: A smaller image is enlarged to about as many pixels, so that the line is thin beside it.

    Returns:
        `uint8` pixels `(height, width, 3)`.

    Example:
    >>> highlight(np.zeros((32, 32, 1)), np.eye(32)).shape
    (224, 224, 3)
    """
    image = np.asarray(image, "float32")
    factor = max(1, side // max(image.shape))
    colours = np.broadcast_to(image, (*image.shape[:2], 3)).repeat(factor, 0).repeat(factor, 1)
    if heat.shape != colours.shape[:2]:
        heat = _enlarge(heat, colours.shape[:2])

    descending_heat = np.sort(heat, axis=None)[::-1]
    summed_heat = np.cumsum(descending_heat, dtype="float64")
    lowest_heat = descending_heat[np.searchsorted(summed_heat, share * summed_heat[-1])]
    is_hot = (heat >= lowest_heat) & (heat > 0)

    grey = colours @ np.array([0.299, 0.587, 0.114], "float32")
    faded = 0.4 * grey[..., None] + 0.6 * 190
    highlighted = np.where(is_hot[..., None], colours, faded)
    highlighted[_edge_of(is_hot)] = _LINE_COLOUR
    return np.clip(np.rint(highlighted), 0, 255).astype("uint8")


def _edge_of(is_hot):
    """Returns where a mask differs from a neighbour, on both sides of the line."""
    edge = np.zeros_like(is_hot)
    for pixels, neighbours in ((np.s_[1:], np.s_[:-1]), (np.s_[:, 1:], np.s_[:, :-1])):
        differs = is_hot[pixels] != is_hot[neighbours]
        edge[pixels] |= differs
        edge[neighbours] |= differs
    return edge


def _as_pixels(images):
    return np.asarray(images[np.arange(len(images))], "float32")


def stage_with_maps(model: keras.Model, stage: str | None = None, head: str | None = None) -> tuple[str | None, str]:
    """Returns `(name of the stage whose feature maps Grad-CAM takes, "")`, or `(None, why there is none)`.

    Args:
        model, stage, head: As for `explain`.
    """
    try:
        all_stages = stages(model, head=head)
    except ValueError as error:  # no layer graph to look into
        if stage is not None:
            raise
        return None, f"The network cannot be cut into stages: {error}"
    stages_with_maps = [
        candidate.name for candidate in all_stages if candidate.can_split and len(candidate.output_shape or ()) == 3
    ]
    if stage is not None and stage not in stages_with_maps:
        raise unknown("stage with feature maps", stage, stages_with_maps)
    if stages_with_maps:
        return stage or stages_with_maps[-1], ""
    return None, "The network gives no feature maps at the end of any stage, as Grad-CAM needs them."


def _grad_cam(model, stage, head, pixels, class_indices):
    """Returns the maps `(n, h, w)` at the size of the stage."""
    model_before, model_after = split_model(model, stage, head=head)
    score = _score_function(model_after)
    # Scores before a softmax say something only against the others; before a sigmoid each stands for itself.
    common_share = 0.0 if _ends_in(model_after, "sigmoid") else 1 / model.output_shape[-1]
    feature_maps = predict(model_before, pixels)

    def class_evidence(features, one_hot):
        scores: Any = keras.ops.cast(score(features), "float32")
        return keras.ops.sum((one_hot - common_share) * scores)

    weighted_maps = []
    for start in range(0, len(feature_maps), _GRADIENT_BATCH_SIZE):
        batch = slice(start, start + _GRADIENT_BATCH_SIZE)
        one_hot = np.eye(model.output_shape[-1], dtype="float32")[class_indices[batch]]
        gradients = _gradient(class_evidence, feature_maps[batch], one_hot)
        maps, channel_weights = feature_maps[batch].astype("float32"), gradients.mean((1, 2))
        weighted_maps.append(np.einsum("nhwc,nc->nhw", maps, channel_weights))
    return np.maximum(np.concatenate(weighted_maps), 0)


def _score_function(model):
    """Returns a function from what a model takes to the scores that its final softmax or sigmoid takes."""
    last_call = LayerGraph(model).top[-1]
    last_layer = last_call.op
    if isinstance(last_layer, keras.layers.Dense) and _activation_name(last_layer) in ("softmax", "sigmoid"):
        before_last = keras.Model(model.input, last_call.node.input_tensors[0])
        bias = 0.0 if last_layer.bias is None else last_layer.bias

        def score(features):
            kernel: Any = last_layer.kernel
            inputs = keras.ops.cast(before_last(features, training=False), kernel.dtype)
            scores: Any = keras.ops.matmul(inputs, kernel)
            return scores + bias

        return score
    if isinstance(last_layer, keras.layers.Softmax):
        before_last = keras.Model(model.input, last_call.node.input_tensors[0])
        return lambda features: before_last(features, training=False)
    # Logarithms of probabilities differ from the scores by what is common to all classes.
    return lambda features: keras.ops.log(keras.ops.maximum(model(features, training=False), 1e-12))


def _ends_in(model, activation_name):
    last_layer = LayerGraph(model).top[-1].op
    return isinstance(last_layer, keras.layers.Dense) and _activation_name(last_layer) == activation_name


def _activation_name(layer):
    return getattr(layer.activation, "__name__", "")


def _gradient(function, features, one_hot):
    """Returns the gradient of `function(features, one_hot)` with respect to the features, as an array."""
    feature_tensor: Any = keras.ops.convert_to_tensor(features)
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape() as tape:
            tape.watch(feature_tensor)
            value = function(feature_tensor, one_hot)
        gradients = tape.gradient(value, feature_tensor)
    elif backend == "jax":
        import jax

        gradients = jax.grad(function)(feature_tensor, one_hot)
    elif backend == "torch":
        import torch

        feature_tensor = feature_tensor.detach().requires_grad_(True)
        one_hot = keras.ops.convert_to_tensor(one_hot)
        (gradients,) = torch.autograd.grad(function(feature_tensor, one_hot), feature_tensor)
    else:
        raise ValueError(
            f"Grad-CAM takes its gradients from TensorFlow, JAX or torch. Received: the backend {backend!r}. Use "
            'method="occlusion".'
        )
    return to_numpy(gradients).astype("float32")


def _occlusion(model, pixels, class_indices, probabilities):
    """Returns the maps `(n, 8, 8)`: by how much the probability falls with each patch covered."""
    height, width = pixels.shape[1:3]
    patch_rows, patch_columns = (np.arange(size) * _PATCHES_PER_SIDE // size for size in (height, width))
    patch_of_pixel = patch_rows[:, None] * _PATCHES_PER_SIDE + patch_columns[None]
    covers = patch_of_pixel[None] == np.arange(_PATCHES_PER_SIDE**2)[:, None, None]

    maps = []
    for image, class_index, whole_probabilities in zip(pixels, class_indices, probabilities, strict=True):
        covered_probabilities = predict(model, _cover(image[None], covers))[:, class_index]
        losses = whole_probabilities[class_index] - covered_probabilities
        maps.append(losses.reshape(_PATCHES_PER_SIDE, _PATCHES_PER_SIDE))
    return np.maximum(np.stack(maps), 0)


def _cover(pixels, covers):
    """Returns the images, or one as often as there are covers `(n, height, width)`, with its median where they are."""
    medians = np.median(pixels, (1, 2), keepdims=True)
    return np.where(covers[..., None], medians, pixels).astype("float32")


def _enlarge(heat, size):
    """Returns a map at `size` `(height, width)`, its strongest place 1."""
    from PIL import Image

    coarse = Image.fromarray(np.asarray(heat, "float32"))
    enlarged = np.asarray(coarse.resize(size[::-1], Image.Resampling.BILINEAR))
    strongest = enlarged.max()
    return enlarged / strongest if strongest > 0 else enlarged
