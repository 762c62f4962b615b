"""The task that a backbone comes from, and the head that tells how much of it is left."""

import hashlib
import warnings
from dataclasses import dataclass

import keras
import numpy as np

from ftlib.models.backbones import SHIPPED, classifier, load_backbone, source_model
from ftlib.models.inference import predict
from ftlib.models.staged_model import StagedModel

_PER_CLASS, _EXAMPLES = 50, 2000  # of the source task that a probe is fitted on, at most


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


def source_head(body, task):
    """Returns the head under which a backbone reads its source task.

    Where ftlib ships the backbone with the head of its pre-training (and the task is `"glyphs"`), it is that head.
    Elsewhere a linear probe (Alain and Bengio, 2017) is fitted on the pooled features of the source task's training
    images.

    Args:
        body: A backbone, untuned.
        task: A `Task` at the backbone's size.

    Returns:
        A `SourceHead`.
    """
    shipped = _shipped_name(body) if task.name == "glyphs" else None
    if shipped:
        model, classes = source_model(shipped)
        if classes == tuple(task.class_names):
            return SourceHead(_frozen(_above(model)), "pre-trained head")
    head = _above(classifier(body, task.num_classes))
    pool = keras.Sequential([keras.Input(head.input_shape[1:]), *head.layers[:-1]])
    few = few_per_class(task.train, task.num_classes)
    head.layers[-1].set_weights(linear_probe(predict(chain_models(body, pool), few.images), few.labels))
    return SourceHead(_frozen(head), "linear probe")


def backbone_of(staged: StagedModel) -> keras.Model:
    """Returns all of a classifier that lies before its head, as a model that shares its weights.

    Raises:
        ValueError: For a model of which it is not known where the head begins.
    """
    *backbone_stages, last = staged.stages
    if last.name != "head":
        raise ValueError(
            'Where does the head begin? Received: a model without a layer named "backbone", and no `head`. Name the '
            "head's first layer: fit(..., head=...)."
        )
    return staged.cut([backbone_stages[-1]])[0]


def chain_models(*parts):
    """Returns models one after the other as one, so that what is between them is never kept for all images."""
    image = keras.Input(parts[0].input_shape[1:])
    x = image
    for part in parts:
        x = part(x)
    return keras.Model(image, x)


def _shipped_name(body):
    def digests(model):  # sorted: a part of a model may list its weights in another order
        return sorted(hashlib.sha256(np.ascontiguousarray(w).tobytes()).hexdigest() for w in model.get_weights())

    return next((name for name in SHIPPED if digests(body) == digests(load_backbone(name))), None)


def _above(model):
    """Returns what a classifier of ftlib puts on its backbone."""
    return keras.Sequential([keras.Input(model.get_layer("backbone").output_shape[1:]), *model.layers[2:]])


def _frozen(head):
    head.trainable = False
    return head


def few_per_class(split, classes):
    """Returns at most 50 images of each class, and fewer where there are more than 40 classes.

    Raises:
        ValueError: If a class has none.
    """
    missing = sorted(set(range(classes)) - set(np.unique(split.labels).tolist()))
    if missing:
        raise ValueError(f"A probe needs training images of every class. There are none of {missing[:5]}.")
    most = max(1, min(_PER_CLASS, _EXAMPLES // classes))
    order = np.random.default_rng(0).permutation(len(split))
    chosen = [order[split.labels[order] == c][:most] for c in range(classes)]
    return split.take(np.sort(np.concatenate(chosen)))


def linear_probe(features, labels):
    """Returns kernel `(features, classes)` and bias of a multinomial logistic regression.

    Args:
        features: `(n, features)`.
        labels: Class indices, `(n,)`, of which every class has at least one.
    """
    from sklearn.linear_model import LogisticRegression

    scale = features.std() or 1.0  # one number for all, so that the penalty means the same with every backbone
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The number of unique classes")  # one image of each is what there may be
        fitted = LogisticRegression(max_iter=1000).fit(features / scale, labels)
    kernel, bias = fitted.coef_.T / scale, fitted.intercept_
    if kernel.shape[1] == 1:  # of two classes, scikit-learn gives the second alone
        kernel, bias = np.column_stack([np.zeros(len(kernel)), kernel]), np.array([0.0, *bias])
    return kernel.astype("float32"), bias.astype("float32")
