"""Evidence for the choice of a strategy: what a task looks like to a backbone, measured without training it."""

from dataclasses import dataclass

import numpy as np

from ftlib.graph import segments, stages
from ftlib.initialization import copy_model, redraw
from ftlib.sources import few_per_class, linear_probe


@dataclass(frozen=True)
class Evidence:
    """What `measure` returns: numbers that bear on the choice of a strategy.

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


def measure(body, task):
    """Returns the `Evidence` for a backbone and a `Task`, in one pass over the images for each kind of weights."""
    task = task.for_backbone(body)
    train, validation = few_per_class(task.train, task.num_classes), task.validation
    drawn = copy_model(body)
    redraw(drawn, drawn.layers, seed=0)
    names = [stage.name for stage in stages(body)]
    found = [_features(body, split.images) for split in (train, validation)]
    random = [_features(drawn, split.images)[-1] for split in (train, validation)]
    pixels = [_grid(split.images) for split in (train, validation)]

    def read(pair):
        kernel, bias = linear_probe(pair[0], train.labels)
        return float(((pair[1] @ kernel + bias).argmax(1) == validation.labels).mean())

    cut = [s.name for s in stages(body)[:-1] if s.can_split] + names[-1:]
    return Evidence(
        task.num_classes, len(task.train) / task.num_classes,
        {name: read(pair) for name, pair in zip(cut, zip(*found, strict=True), strict=True)},
        read(random), read(pixels), len(validation),
    )  # fmt: skip


def _features(body, images, batch_size=64):
    """Returns the pooled features `(n, channels)` after each stage at which the backbone can be cut, and the last."""
    parts = segments(body, [s for s in stages(body)[:-1] if s.can_split])
    pooled = [[] for _ in parts]
    for i in range(0, len(images), batch_size):
        x = np.asarray(images[np.arange(i, min(i + batch_size, len(images)))], "float32")
        n = len(x)
        if i and n < batch_size:  # one shape, one compiled function
            x = np.concatenate([x, np.zeros((batch_size - n, *x.shape[1:]), "float32")])
        for part, kept in zip(parts, pooled, strict=True):
            x = np.asarray(part.predict_on_batch(x))
            kept.append(x[:n].mean(axis=tuple(range(1, x.ndim - 1))))
    return [np.concatenate(kept) for kept in pooled]


def _grid(images, side=8):
    """Returns the mean colours of a grid over each image, `(n, side * side * channels)`."""
    rows, columns = (np.linspace(0, size, side + 1).astype(int) for size in images.shape[1:3])
    area, found = np.diff(rows)[:, None, None] * np.diff(columns)[:, None], []
    for i in range(0, len(images), 256):
        batch = np.asarray(images[np.arange(i, min(i + 256, len(images)))], "float32")
        sums = np.add.reduceat(np.add.reduceat(batch, rows[:-1], axis=1), columns[:-1], axis=2)
        found.append((sums / area).reshape(len(batch), -1))
    return np.concatenate(found)
