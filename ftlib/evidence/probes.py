"""The task that a backbone comes from, and the head that tells how much of it is left."""

import hashlib
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from ftlib.evidence.logistic_regression import fit_logistic_regression
from ftlib.models.backbones import SHIPPED, classifier, head_of, load_backbone, source_model
from ftlib.models.inference import predict
from ftlib.models.staged_model import StagedModel
from ftlib.tasks.split import Split
from ftlib.tasks.task import Task

_PROBE_IMAGES_PER_CLASS = 50  # of the source task that a probe is fitted on, at most
_PROBE_IMAGES = 2000  # of all classes together, at most


@dataclass(frozen=True, repr=False)
class SourceHead:
    """A head that reads the source task from a backbone as it was before any tuning.

    Attributes:
        model: `keras.Model` from the backbone's output to probabilities of the source classes; nothing in it trains.
        kind: `"pre-trained head"`, the one that the backbone was trained with, or `"linear probe"`.
    """

    model: keras.Model
    kind: str

    def __repr__(self):
        return f"<SourceHead: {self.kind}, {self.model.output_shape[-1]} classes>"


def source_head(backbone: keras.Model, task: Task) -> SourceHead:
    """Returns the head under which a backbone reads its source task.

    Where ftlib ships the backbone with the head of its pre-training (and the task is `"glyphs"`), it is that head.
    Elsewhere a linear probe (Alain and Bengio, 2017) is fitted on the pooled features of the source task's training
    images.

    Args:
        backbone: A backbone, untuned.
        task: A `Task` at the backbone's size.

    Returns:
        A `SourceHead`.
    """
    shipped_name = _shipped_name(backbone) if task.name == "glyphs" else None
    if shipped_name is not None:
        model, source_classes = source_model(shipped_name)
        if source_classes == tuple(task.class_names):
            return SourceHead(_freeze(head_of(model)), "pre-trained head")

    head = head_of(classifier(backbone, task.num_classes))
    pooling = keras.Sequential([keras.Input(backbone.output_shape[1:]), *head.layers[:-1]])
    probe_images = few_per_class(task.train, task.num_classes)
    features = predict(chain_models(backbone, pooling), probe_images.images)
    head.layers[-1].set_weights(linear_probe(features, probe_images.labels))
    return SourceHead(_freeze(head), "linear probe")


def backbone_of(staged: StagedModel) -> keras.Model:
    """Returns all of a classifier that lies before its head, as a model that shares its weights.

    Raises:
        ValueError: For a model of which it is not known where the head begins.
    """
    *backbone_stages, last_stage = staged.stages
    if last_stage.name != "head":
        raise ValueError(
            'Where does the head begin? Received: a model without a layer named "backbone", and no `head`. Name the '
            "head's first layer: fit(..., head=...)."
        )
    backbone = staged.cut([backbone_stages[-1]])[0]
    if len(backbone.outputs) == 1:
        return backbone
    return keras.Model(backbone.inputs[0], backbone.outputs[0])  # without the inputs that the head needs besides


def chain_models(*parts: keras.Model) -> keras.Model:
    """Returns models one after the other as one, so that what is between them is never kept for all images."""
    first_input = keras.Input(parts[0].input_shape[1:], dtype=parts[0].inputs[0].dtype)
    activation = first_input
    for part in parts:
        activation = part(activation)
    return keras.Model(first_input, activation)


def _shipped_name(backbone):
    """Returns the name of the backbone of ftlib that has the very weights of a backbone, or None."""
    digests = _sorted_digests(backbone)
    return next((name for name in SHIPPED if digests == _sorted_digests(load_backbone(name))), None)


def _sorted_digests(model):  # sorted: a part of a model may list its weights in another order
    return sorted(hashlib.sha256(np.ascontiguousarray(weight).tobytes()).hexdigest() for weight in model.get_weights())


def _freeze(head):
    head.trainable = False
    return head


def few_per_class(split: Split, num_classes: int) -> Split:
    """Returns at most 50 images of each class, and fewer where there are more than 40 classes.

    Raises:
        ValueError: If a class has none.
    """
    missing_classes = sorted(set(range(num_classes)) - set(np.unique(split.labels).tolist()))
    if missing_classes:
        raise ValueError(f"A probe needs training images of every class. There are none of {missing_classes[:5]}.")
    images_per_class = max(1, min(_PROBE_IMAGES_PER_CLASS, _PROBE_IMAGES // num_classes))
    order = np.random.default_rng(0).permutation(len(split))
    chosen_indices = [order[split.labels[order] == index][:images_per_class] for index in range(num_classes)]
    return split.take(np.sort(np.concatenate(chosen_indices)))


def linear_probe(features: np.ndarray, labels: np.ndarray, strength: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Returns kernel `(features, classes)` and bias of a multinomial logistic regression, as `float32`.

    Args:
        features: `(n, features)`.
        labels: Class indices, `(n,)`, of which every class has at least one.
        strength: Inverse of the regularization, scikit-learn's `C`. Default 1, which is also scikit-learn's.
    """
    scale = features.std() or 1.0  # one number for all, so that the penalty means the same with every backbone
    regression: Any = fit_logistic_regression(features / scale, labels, strength)
    kernel, bias = regression.coef_.T / scale, regression.intercept_
    if kernel.shape[1] == 1:  # of two classes, scikit-learn gives the second alone
        kernel = np.column_stack([np.zeros(len(kernel)), kernel])
        bias = np.array([0.0, *bias])
    return kernel.astype("float32"), bias.astype("float32")
