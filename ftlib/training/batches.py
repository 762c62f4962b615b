"""The batches of an epoch, and all that is random in them."""

import math
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from ftlib.models.inference import fingerprint_images, take_inputs
from ftlib.models.keras_internals import flatten_layers, seed_generators
from ftlib.objectives.augmentation import distort, draw_distortions
from ftlib.objectives.input_augmentation import augment_inputs
from ftlib.strategies.regularization import Regularization
from ftlib.tasks.task import Task

# One stream of random numbers for each use.
_ORDER_STREAM = 1
_BATCH_STREAM = 2
_LAYER_STREAM = 3
_VIEW_STREAM = 4
_NO_REGULARIZATION = Regularization()


class FixedViews:
    """Each image and fixed distorted versions of it, as one long array: all images, then their second views, ...

    Args:
        images: `(n, height, width, channels)`, anything that an array of integers can index.
        count: Views of each image, at least 1; the first is the image itself.
        strength, mirror: As in `augment`.
        key: Sequence of integers: the seed of the distortions.

    Attributes:
        shape: `(count * n, height, width, channels)`.
    """

    def __init__(self, images: Any, count: int, strength: str, mirror: bool, key: Sequence[int]):
        self.images = images
        self.shape = (count * len(images), *images.shape[1:])
        self._settings = [count, strength, mirror, *key]
        self._distortions = None
        distorted_count = (count - 1) * len(images)
        if distorted_count:
            rng = np.random.default_rng([_VIEW_STREAM, *key])
            self._distortions = draw_distortions(distorted_count, images.shape[1:3], strength, mirror, rng)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, view_indices: np.ndarray) -> np.ndarray:
        image_count = len(self.images)
        views = np.array(self.images[view_indices % image_count], "float32")
        distortion_rows = view_indices - image_count
        is_distorted = distortion_rows >= 0
        if self._distortions is not None and is_distorted.any():
            distortions = (values[distortion_rows[is_distorted]] for values in self._distortions)
            views[is_distorted] = distort(views[is_distorted], *distortions)
        return views

    def fingerprint(self) -> str:
        """Returns a text that differs between views that differ."""
        return fingerprint_images(self.images) + repr(self._settings)


class FixedAlterations:
    """Each text or sound and fixed altered versions of it, as one long array in the order of `FixedViews`.

    Args:
        task: The `Task`, whose training inputs they are.
        count: Versions of each, at least 1; the first is the input itself.
        strength: As in `augment_inputs`.
        key: Sequence of integers: the seed of the alterations.

    Attributes:
        shape: `(count * n, length)`.
    """

    def __init__(self, task: Task, count: int, strength: str, key: Sequence[int]):
        self.task = task
        self.inputs = task.train.inputs
        self.shape = (count * len(self.inputs), *self.inputs.shape[1:])
        self._strength = strength
        self._key = tuple(key)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, view_indices: np.ndarray) -> np.ndarray:
        input_count = len(self.inputs)
        views = np.array(take_inputs(self.inputs, view_indices % input_count))
        for row, view_index in enumerate(view_indices):
            if view_index >= input_count:  # a stream for each version, whichever are asked for together
                rng = np.random.default_rng([_VIEW_STREAM, *self._key, int(view_index)])
                views[row] = augment_inputs(views[row : row + 1], self.task, self._strength, rng)[0]
        return views

    def fingerprint(self) -> str:
        """Returns a text that differs between versions that differ."""
        settings = [self.task.kind, self.task.unknown_id, self.shape, self._strength, *self._key]
        return fingerprint_images(self.inputs) + repr(settings)


class EpochBatches:
    """One epoch of augmented batches. Batch i depends on (seed, phase, epoch, i) alone, whoever asks for it when.

    Args:
        task: A `Task` at the backbone's size.
        batch_size, updates: Images per batch, batches of the epoch.
        epoch_key: `(seed, phase, epoch)`.
        regularization: A `Regularization`, of which augmentation, mixup and CutMix act here.
        class_weights: Weight of each class, `(classes,)`, or None.
        views: In place of the task's training images: fixed views of them (or what a frozen part of the model
            computed from them), one or several of each in the order of `FixedViews`, which are taken as they are. Each
            pass takes the next view of every image, and not the same number of all at once.

    Example:
    >>> task = ft.load_task("digits", labels_per_class=2)
    >>> batches = EpochBatches(task, batch_size=8, updates=3, epoch_key=(0, 0, 0), regularization=ft.Regularization())
    >>> images, targets = batches[0]
    >>> len(batches), len(images), targets.shape
    (3, 8, (8, 10))
    """

    def __init__(
        self,
        task: Task,
        batch_size: int,
        updates: int,
        epoch_key: tuple[int, int, int],
        regularization: Regularization,
        class_weights: np.ndarray | None = None,
        views: Any = None,
    ):
        self.task = task
        self.batch_size = batch_size
        self.updates = updates
        self.epoch_key = epoch_key
        self.regularization = regularization
        self.class_weights = class_weights
        self.views = views
        self.order = self._draw_order()

    def _draw_order(self):
        """Returns which image, or which view of it, comes when: `(batch_size * updates,)`."""
        rng = np.random.default_rng([_ORDER_STREAM, *self.epoch_key])
        image_count = len(self.task.train)
        needed_count = self.batch_size * self.updates
        pass_count = math.ceil(needed_count / image_count)
        passes = [rng.permutation(image_count) for _ in range(pass_count)]

        if self.views is not None and len(self.views) > image_count:
            views_per_image = len(self.views) // image_count
            passes_before = self.epoch_key[-1] * pass_count
            passes = [
                image_indices + image_count * ((image_indices + passes_before + i) % views_per_image)
                for i, image_indices in enumerate(passes)
            ]
        return np.concatenate(passes)[:needed_count]

    def __len__(self) -> int:
        return self.updates

    def __getitem__(self, i: int) -> tuple[np.ndarray, ...]:
        """Returns inputs (or features), targets, and, if classes have weights, the weights of the examples."""
        rng = np.random.default_rng([_BATCH_STREAM, *self.epoch_key, i])
        split = self.task.train
        indices = self.order[i * self.batch_size : (i + 1) * self.batch_size]
        source: Any = split.inputs if self.views is None else self.views
        inputs = take_inputs(source, indices)
        inputs, targets = self.task.objective.make_batch(
            inputs,
            split.targets[indices % len(split)],
            self.task,
            self.regularization if self.views is None else _NO_REGULARIZATION,
            rng,
        )
        if self.class_weights is None:
            return inputs, targets
        return inputs, targets, (targets @ self.class_weights).astype("float32")


def reseed_layers(model: keras.Model, key: Sequence[int]) -> None:
    """Sets the state of every random layer of a model from `key`, a sequence of integers."""
    rng = np.random.default_rng([_LAYER_STREAM, *key])
    if keras.backend.backend() == "torch":  # where a Dropout without a seed draws from torch's own generator
        import torch

        torch.manual_seed(int(np.random.default_rng([_LAYER_STREAM, *key]).integers(2**31)))
    for layer in flatten_layers(model):
        for generator in seed_generators(layer):
            seed_state = rng.integers(0, 2**31, size=generator.state.shape)
            generator.state.assign(seed_state.astype(keras.backend.standardize_dtype(generator.state.dtype)))


def weigh_classes(class_weight: str | dict[int, float] | None, task: Task) -> np.ndarray | None:
    """Returns the weight of each class, `(classes,)` in float32, for `fit`'s argument `class_weight`; None for None.

    `"balanced"` weighs a class by the inverse of its share of the training images, so that equal classes have the
    weight 1.

    Raises:
        ValueError: For anything but `"balanced"`, None, and a dict with a number of at least 0 for every class.
    """
    if class_weight is None:
        return None
    if not task.objective.takes_class_weights:
        raise ValueError(
            "`class_weight` is for tasks with one class each. Received: "
            f"class_weight={class_weight!r} for the objective {task.objective.name!r}. Leave it out."
        )
    if isinstance(class_weight, str) and class_weight == "balanced":
        class_counts = np.bincount(task.train.labels, minlength=task.num_classes)
        return (len(task.train) / (task.num_classes * np.maximum(class_counts, 1))).astype("float32")

    if not isinstance(class_weight, dict) or set(class_weight) != set(range(task.num_classes)):
        raise ValueError(
            f'`class_weight` is "balanced", None or a dict with a weight for each of the classes 0 to '
            f"{task.num_classes - 1}. Received: class_weight={class_weight!r}."
        )
    try:
        weights = np.array([class_weight[label] for label in range(task.num_classes)], "float32")
    except (TypeError, ValueError):  # no numbers: refused below
        weights = np.array([np.nan])
    if not np.isfinite(weights).all() or weights.min() < 0 or weights.max() <= 0:
        raise ValueError(
            f"Class weights are numbers of at least 0, not all 0. Received: class_weight={class_weight!r}."
        )
    return weights
