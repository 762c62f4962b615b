"""How near a task is to what a backbone knows: evidence for the choice of a strategy, measured without training."""

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from ftlib.evidence.probes import few_per_class, linear_probe
from ftlib.models.inference import predict
from ftlib.models.initialization import copy_model, reinitialize_layers
from ftlib.models.staged_model import StagedModel
from ftlib.tasks.split import Split
from ftlib.tasks.task import Task

_PROBE_BATCH_SIZE = 64  # at most; every batch but the last is full, so that TensorFlow compiles once
_GRID_SIDE = 8  # cells of the coarse picture, along each side
_GRID_BATCH_SIZE = 256  # images that are averaged at once


@dataclass(frozen=True)
class Evidence:
    """Numbers that bear on the choice of a strategy, as in `advise(...).evidence`.

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
    probes: dict[str, float]
    untrained: float
    pixels: float
    validation: int

    @property
    def probe(self) -> float:
        """Accuracy on the features of the last stage: what a frozen backbone is good for."""
        return list(self.probes.values())[-1]

    @property
    def gain(self) -> float:
        """How much of what random features get wrong the pre-trained ones get right, below 0 where they are worse."""
        return (self.probe - self.untrained) / max(1 - self.untrained, 1 / self.validation)


def measure_similarity(backbone: keras.Model, task: Task) -> Evidence:
    """Returns the `Evidence` for a backbone and a `Task`, in one pass over the images for each kind of weights."""
    task = task.for_backbone(backbone)
    train, validation = few_per_class(task.train, task.num_classes), task.validation
    backbone_copy = copy_model(backbone)
    batch_size = min(_PROBE_BATCH_SIZE, len(train), len(validation))
    features_of = _StageFeatures(backbone_copy, batch_size)

    train_features, validation_features = features_of(train.images), features_of(validation.images)
    probe_accuracies = {
        stage_name: _probe_accuracy(train_features[stage_name], validation_features[stage_name], train, validation)
        for stage_name in features_of.stage_names
    }

    reinitialize_layers(backbone_copy, backbone_copy.layers, seed=0)
    last_stage = features_of.stage_names[-1]
    random_train, random_validation = (features_of(split.images)[last_stage] for split in (train, validation))
    untrained_accuracy = _probe_accuracy(random_train, random_validation, train, validation)
    pixel_accuracy = _probe_accuracy(coarse_pixels(train.images), coarse_pixels(validation.images), train, validation)

    labels_per_class = len(task.train) / task.num_classes
    return Evidence(
        task.num_classes, labels_per_class, probe_accuracies, untrained_accuracy, pixel_accuracy, len(validation)
    )


def _probe_accuracy(train_features: np.ndarray, validation_features: np.ndarray, train: Split, validation: Split):
    kernel, bias = linear_probe(train_features, train.labels)
    predicted_classes = (validation_features @ kernel + bias).argmax(1)
    return float((predicted_classes == validation.labels).mean())


class _StageFeatures:
    """Reads the pooled features `{stage: (n, channels)}` of the stages of a backbone, all in one pass."""

    def __init__(self, backbone, batch_size):
        staged = StagedModel(backbone)
        *earlier_stages, last_stage = staged.stages
        cut_names = [stage.name for stage in earlier_stages if stage.can_split]
        image = keras.Input(backbone.input_shape[1:])
        activation, pooled = image, []
        for part in staged.cut(cut_names):
            activation = part(activation)
            pooled.append(_mean_over_places(activation))
        self.stage_names = [*cut_names, last_stage.name]
        self.batch_size = batch_size
        self._model = keras.Model(image, keras.ops.concatenate(pooled, axis=-1) if len(pooled) > 1 else pooled[0])
        self._ends = np.cumsum([features.shape[-1] for features in pooled])[:-1]

    def __call__(self, images):
        stage_features = np.split(predict(self._model, images, self.batch_size), self._ends, axis=1)
        return dict(zip(self.stage_names, stage_features, strict=True))


def _mean_over_places(activation):
    place_axes = tuple(range(1, len(activation.shape) - 1))
    return keras.ops.mean(activation, axis=place_axes) if place_axes else activation


def coarse_pixels(images: Any) -> np.ndarray:
    """Returns the mean colours of an 8 x 8 grid over each image, `(n, 8 * 8 * channels)`."""
    rows, columns = (np.linspace(0, size, _GRID_SIDE + 1).astype(int) for size in images.shape[1:3])
    cell_areas = np.diff(rows)[:, None, None] * np.diff(columns)[:, None]
    cell_means = []
    for start in range(0, len(images), _GRID_BATCH_SIZE):
        indices = np.arange(start, min(start + _GRID_BATCH_SIZE, len(images)))
        batch = np.asarray(images[indices], "float32")
        row_sums = np.add.reduceat(batch, rows[:-1], axis=1)
        cell_sums = np.add.reduceat(row_sums, columns[:-1], axis=2)
        cell_means.append((cell_sums / cell_areas).reshape(len(batch), -1))
    return np.concatenate(cell_means)
