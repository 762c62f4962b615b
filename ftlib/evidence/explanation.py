"""Where a network looks: Grad-CAM, or occlusion for a network without feature maps, and a test of either."""

from dataclasses import dataclass

import keras
import numpy as np

from ftlib.errors import unknown
from ftlib.models.inference import predict
from ftlib.models.layer_graph import LayerGraph
from ftlib.models.staged_model import split_model, stages
from ftlib.tasks.task import check_pixels

_PATCHES = 8  # along each side of an image, for occlusion
_METHODS = ("auto", "grad_cam", "occlusion")
_LINE = (213, 94, 0)  # vermilion of Okabe and Ito (2008): told from grey by all eyes


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

    def check(self, model, images, share=0.2):
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
        images = _pixels(images)
        if images.shape[:3] != self.heat.shape:
            raise ValueError(f"Expected the images explained, {self.heat.shape}. Received: shape {images.shape[:3]}.")
        # Places without any heat are many and equal: chance decides among them, not their order.
        ties = np.random.default_rng(0).random(self.heat.shape) * 1e-6
        ranks = (self.heat + ties).reshape(len(images), -1).argsort(1).argsort(1).reshape(self.heat.shape)
        count = round(share * ranks[0].size)
        covers = {"whole": ranks < 0, "hot_covered": ranks >= ranks[0].size - count, "cold_covered": ranks < count}
        rows = np.arange(len(images))
        return {
            name: float(predict(model, _covered(images, cover))[rows, self.classes].mean())
            for name, cover in covers.items()
        }


def explain(model, images, classes=None, method="auto", stage=None, head=None):
    """Says for each image which places speak for a class.

    Grad-CAM (Selvaraju et al., 2017, https://arxiv.org/abs/1610.02391) weights the feature maps of a stage by the mean
    gradient of the class's score, before the softmax and less the mean of all scores, since a softmax does not see
    what is common to all. It needs feature maps; a transformer or a network that gives vectors has none. There,
    occlusion (Zeiler and Fergus, 2014, https://arxiv.org/abs/1311.2901) covers the image patch by patch and notes how
    much confidence each costs: no gradient, no attention weights, so it works for any network, but 64 times the work.

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
    images = _pixels(images)
    chances = predict(model, images)
    classes = chances.argmax(1) if classes is None else np.asarray(classes)
    if classes.shape != (len(images),) or classes.dtype.kind not in "iu":
        raise ValueError(
            f"`classes` has one class index for each of {len(images)} images. Received: {classes.dtype} of shape "
            f"{classes.shape}."
        )
    if classes.min() < 0 or classes.max() >= chances.shape[1]:
        raise ValueError(
            f"The model has the classes 0 to {chances.shape[1] - 1}. Received: {classes.min()} to {classes.max()}."
        )
    name, why = (None, "") if method == "occlusion" else stage_with_maps(model, stage, head)
    if method == "grad_cam" and name is None:
        raise ValueError(f'{why} Use method="occlusion", which needs none.')
    if name is not None:
        maps = _grad_cam(model, name, head, images, classes)
        note = f"Grad-CAM on the feature maps of {name}, {maps.shape[1]} x {maps.shape[2]} places."
        method = "grad_cam"
    else:
        maps = _occlusion(model, images, classes, chances)
        note = f"{why} Occlusion instead" if why else "Occlusion"
        note += f": the confidence that each of {_PATCHES} x {_PATCHES} patches costs, when covered."
        method = "occlusion"
    heat = np.stack([_enlarged(one, images.shape[1:3]) for one in maps])
    return Explanation(heat, classes, method, name, note)


def highlight(image, heat, share=0.5, side=224):
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
    times = max(1, side // max(image.shape))
    colours = np.broadcast_to(image, (*image.shape[:2], 3)).repeat(times, 0).repeat(times, 1)
    heat = heat if heat.shape == colours.shape[:2] else _enlarged(heat, colours.shape[:2])
    ordered = np.sort(heat, axis=None)[::-1]
    summed = np.cumsum(ordered, dtype="float64")
    kept = (heat >= ordered[np.searchsorted(summed, share * summed[-1])]) & (heat > 0)
    grey = colours @ np.array([0.299, 0.587, 0.114], "float32")
    pixels = np.where(kept[..., None], colours, 0.4 * grey[..., None] + 0.6 * 190)
    edge = np.zeros_like(kept)  # where neighbours differ
    for here, there in ((np.s_[1:], np.s_[:-1]), (np.s_[:, 1:], np.s_[:, :-1])):
        differs = kept[here] != kept[there]
        edge[here] |= differs
        edge[there] |= differs
    pixels[edge] = _LINE
    return np.clip(np.rint(pixels), 0, 255).astype("uint8")


def _pixels(images):
    return np.asarray(images[np.arange(len(images))], "float32")


def stage_with_maps(model, stage=None, head=None):
    """Returns `(name of the stage whose feature maps Grad-CAM takes, "")`, or `(None, why there is none)`.

    Args:
        model, stage, head: As for `explain`.
    """
    try:
        found = stages(model, head=head)
    except ValueError as error:  # no layer graph to look into
        if stage is not None:
            raise
        return None, f"The network cannot be cut into stages: {error}"
    having = [s.name for s in found if s.can_split and s.output_shape is not None and len(s.output_shape) == 3]
    if stage is not None and stage not in having:
        raise unknown("stage with feature maps", stage, having)
    if having:
        return stage or having[-1], ""
    return None, "The network gives no feature maps at the end of any stage, as Grad-CAM needs them."


def _grad_cam(model, stage, head, images, classes):
    """Returns the maps `(n, h, w)` at the size of the stage."""
    before, after = split_model(model, stage, head=head)
    score = _scores(after)
    maps = predict(before, images)

    def evidence(features, chosen):
        scores = keras.ops.cast(score(features), "float32")
        return keras.ops.sum((chosen - 1 / scores.shape[-1]) * scores)

    parts = []
    for i in range(0, len(maps), 32):
        chosen = np.eye(model.output_shape[-1], dtype="float32")[classes[i : i + 32]]
        slopes = _gradient(evidence, maps[i : i + 32], chosen)
        parts.append(np.einsum("nhwc,nc->nhw", maps[i : i + 32].astype("float32"), slopes.mean((1, 2))))
    return np.maximum(np.concatenate(parts), 0)


def _scores(model):
    """Returns a function from what a model takes to the scores that its final softmax takes."""
    call = LayerGraph(model).top[-1]
    last = call.op
    if getattr(getattr(last, "activation", None), "__name__", "") == "softmax" and isinstance(last, keras.layers.Dense):
        before = keras.Model(model.input, call.node.input_tensors[0])
        bias = 0.0 if last.bias is None else last.bias

        def score(x):
            return keras.ops.matmul(keras.ops.cast(before(x, training=False), last.kernel.dtype), last.kernel) + bias

        return score
    if isinstance(last, keras.layers.Softmax):
        before = keras.Model(model.input, call.node.input_tensors[0])
        return lambda x: before(x, training=False)
    # Logarithms of probabilities differ from the scores by what is common to all classes.
    return lambda x: keras.ops.log(keras.ops.maximum(model(x, training=False), 1e-12))


def _gradient(function, features, chosen):
    """Returns the gradient of `function(features, chosen)` with respect to the features, as an array."""
    features = keras.ops.convert_to_tensor(features)
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape() as tape:
            tape.watch(features)
            value = function(features, chosen)
        slopes = tape.gradient(value, features)
    elif backend == "jax":
        import jax

        slopes = jax.grad(function)(features, chosen)
    elif backend == "torch":
        import torch

        features = features.detach().requires_grad_(True)
        chosen = keras.ops.convert_to_tensor(chosen)
        (slopes,) = torch.autograd.grad(function(features, chosen), features)
    else:
        raise ValueError(
            f"Grad-CAM takes its gradients from TensorFlow, JAX or torch. Received: the backend {backend!r}. Use "
            'method="occlusion".'
        )
    return keras.ops.convert_to_numpy(slopes).astype("float32")


def _occlusion(model, images, classes, chances):
    """Returns the maps `(n, _PATCHES, _PATCHES)`: by how much the probability falls with each patch covered."""
    height, width = images.shape[1:3]
    rows, columns = (np.arange(size) * _PATCHES // size for size in (height, width))
    place = rows[:, None] * _PATCHES + columns[None]  # of each pixel
    maps = []
    for image, chosen, chance in zip(images, classes, chances, strict=True):
        covers = place[None] == np.arange(_PATCHES**2)[:, None, None]
        covered = predict(model, _covered(image[None], covers))
        maps.append((chance[chosen] - covered[:, chosen]).reshape(_PATCHES, _PATCHES))
    return np.maximum(np.stack(maps), 0)


def _covered(images, covers):
    """Returns the images, or one as often as there are covers `(n, height, width)`, with its median where they are."""
    return np.where(covers[..., None], np.median(images, (1, 2), keepdims=True), images).astype("float32")


def _enlarged(heat, size):
    """Returns a map at `size` `(height, width)`, its strongest place 1."""
    from PIL import Image

    image = Image.fromarray(np.asarray(heat, "float32")).resize(size[::-1], Image.Resampling.BILINEAR)
    enlarged = np.asarray(image)
    top = enlarged.max()
    return enlarged / top if top > 0 else enlarged
