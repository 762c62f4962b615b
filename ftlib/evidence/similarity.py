"""How near a task is to what a backbone knows: evidence for the choice of a strategy, measured without training."""

from dataclasses import dataclass

import keras
import numpy as np

from ftlib.evidence.probes import few_per_class, linear_probe
from ftlib.models.inference import predict
from ftlib.models.initialization import copy_model, reinitialize_layers
from ftlib.models.staged_model import StagedModel


@dataclass(frozen=True)
class Evidence:
    """What `measure_similarity` returns: numbers that bear on the choice of a strategy.

    Attributes:
        classes: Number of classes.
        labels_per_class: Training images divided by classes. The probes see at most 50 of a class.
        probes: Dict from the name of each stage to the validation accuracy of a linear probe on its pooled features.
        untrained: The same accuracy for the last stage of the same backbone with random weights.
        pixels: The same for the mean colours of an 8 x 8 grid.
        validation: Number of validation images behind these accuracies.
    """

    classes: int
    labels_per_class: float
    probes: dict
    untrained: float
    pixels: float
    validation: int

    @property
    def probe(self):
        """Accuracy on the features of the last stage: what a frozen backbone is good for."""
        return list(self.probes.values())[-1]

    @property
    def gain(self):
        """How much of what random features get wrong the pre-trained ones get right, below 0 where they are worse."""
        return (self.probe - self.untrained) / max(1 - self.untrained, 1 / self.validation)


def measure_similarity(body, task):
    """Returns the `Evidence` for a backbone and a `Task`, in one pass over the images for each kind of weights."""
    task = task.for_backbone(body)
    train, validation = few_per_class(task.train, task.num_classes), task.validation
    copy = copy_model(body)
    stages_of = _reader(copy, min(64, len(train), len(validation)))  # full batches: compiled once

    def read(features):
        known, new = (features(split.images) for split in (train, validation))
        return {name: _accuracy(known[name], new[name], train, validation) for name in known}

    probes = read(stages_of)
    reinitialize_layers(copy, copy.layers, seed=0)
    (untrained,) = read(lambda images: dict([stages_of(images).popitem()])).values()  # of the last stage alone
    (pixels,) = read(lambda images: {"pixels": _grid(images)}).values()
    labels = len(task.train) / task.num_classes
    return Evidence(task.num_classes, labels, probes, untrained, pixels, len(validation))


def _accuracy(known, new, train, validation):
    kernel, bias = linear_probe(known, train.labels)
    return float(((new @ kernel + bias).argmax(1) == validation.labels).mean())


def _reader(body, batch_size):
    """Returns a function from images to the pooled features `{stage: (n, channels)}` of the stages and of the last."""
    staged = StagedModel(body)
    *first, last = staged.stages
    names = [stage.name for stage in first if stage.can_split]
    image = keras.Input(body.input_shape[1:])
    x, pooled = image, []
    for part in staged.cut(names):
        x = part(x)
        pooled.append(keras.ops.mean(x, axis=tuple(range(1, len(x.shape) - 1))) if len(x.shape) > 2 else x)
    model = keras.Model(image, keras.ops.concatenate(pooled, axis=-1) if len(pooled) > 1 else pooled[0])
    ends = np.cumsum([p.shape[-1] for p in pooled])[:-1]
    names.append(last.name)
    return lambda images: dict(zip(names, np.split(predict(model, images, batch_size), ends, axis=1), strict=True))


def _grid(images, side=8):
    """Returns the mean colours of a grid over each image, `(n, side * side * channels)`."""
    rows, columns = (np.linspace(0, size, side + 1).astype(int) for size in images.shape[1:3])
    area, found = np.diff(rows)[:, None, None] * np.diff(columns)[:, None], []
    for i in range(0, len(images), 256):
        batch = np.asarray(images[np.arange(i, min(i + 256, len(images)))], "float32")
        sums = np.add.reduceat(np.add.reduceat(batch, rows[:-1], axis=1), columns[:-1], axis=2)
        found.append((sums / area).reshape(len(batch), -1))
    return np.concatenate(found)
