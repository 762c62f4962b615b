"""The batches of an epoch, and all that is random in them."""

import keras
import numpy as np

from ftlib.models.inference import fingerprint_images
from ftlib.training.augmentation import augment, distort, draw_distortions, mix

_ORDER, _BATCH, _LAYERS, _VIEWS = 1, 2, 3, 4  # a stream of random numbers for each use


class FixedViews:
    """Each image and fixed distorted versions of it, as one long array: all images, then their second views, ...

    Args:
        images: `(n, height, width, channels)`, anything that an array of integers can index.
        count: Views of each image, at least 1; the first is the image itself.
        strength, mirror: As in `augment`.
        key: Sequence of integers: the seed of the distortions.
    """

    def __init__(self, images, count, strength, mirror, key):
        self.images, self._given = images, [count, strength, mirror, *key]
        self.shape = (count * len(images), *images.shape[1:])
        rows = (count - 1) * len(images)
        rng = np.random.default_rng([_VIEWS, *key])
        self._drawn = draw_distortions(rows, images.shape[1:3], strength, mirror, rng) if rows else None

    def __len__(self):
        return self.shape[0]

    def __getitem__(self, at):
        n = len(self.images)
        taken = np.array(self.images[at % n], "float32")
        rows = at - n
        changed = rows >= 0
        if changed.any():
            taken[changed] = distort(taken[changed], *(values[rows[changed]] for values in self._drawn))
        return taken

    def fingerprint(self):
        return fingerprint_images(self.images) + repr(self._given)


class EpochBatches:
    """One epoch of augmented batches. Batch i depends on (seed, phase, epoch, i) alone, whoever asks for it when.

    Args:
        task: A `Task` at the backbone's size.
        batch_size, updates: Images per batch, batches of the epoch.
        epoch_key: `(seed, phase, epoch)`.
        regularization: A `Regularization`.
        class_weights: Weight of each class, `(classes,)`, or None.
        views: In place of the task's training images, to be augmented and mixed: fixed views of them (or what a
            frozen part of the model gave for them), one or several of each in the order of `FixedViews`. Each pass
            takes the next view of every image, and not the same number of all at once.
    """

    def __init__(self, task, batch_size, updates, epoch_key, regularization, class_weights=None, views=None):
        self.task, self.batch_size, self.updates, self.epoch_key = task, batch_size, updates, epoch_key
        self.regularization, self.class_weights, self.views = regularization, class_weights, views
        rng, n = np.random.default_rng([_ORDER, *epoch_key]), len(task.train)
        count = -(-batch_size * updates // n)
        passes = [rng.permutation(n) for _ in range(count)]
        if views is not None and len(views) > n:
            passes = [at + n * ((at + epoch_key[-1] * count + i) % (len(views) // n)) for i, at in enumerate(passes)]
        self.order = np.concatenate(passes)[: batch_size * updates]

    def __len__(self):
        return self.updates

    def __getitem__(self, i):
        rng, s, split = np.random.default_rng([_BATCH, *self.epoch_key, i]), self.regularization, self.task.train
        at = self.order[i * self.batch_size : (i + 1) * self.batch_size]
        images = np.asarray((split.images if self.views is None else self.views)[at], "float32")
        targets = one_hot(split.labels[at % len(split)], self.task.num_classes)
        if self.views is None:
            images = augment(images, s.augmentation, self.task.mirror, rng)
            images, targets = mix(images, targets, s.mixup, s.cutmix, rng)
        if self.class_weights is None:
            return images, targets
        return images, targets, (targets @ self.class_weights).astype("float32")


def one_hot(labels, classes):
    """Returns class indices `(n,)` as rows of zeros with a one, `(n, classes)` in float32."""
    rows = np.zeros((len(labels), classes), "float32")
    rows[np.arange(len(labels)), labels] = 1
    return rows


def reseed_layers(model, key):
    """Sets the state of every random layer of a model from `key`, a sequence of integers."""
    draws = np.random.default_rng([_LAYERS, *key])
    if keras.backend.backend() == "torch":  # where a Dropout without a seed draws from torch's own generator
        import torch

        torch.manual_seed(int(np.random.default_rng([_LAYERS, *key]).integers(2**31)))
    for layer in model._flatten_layers():
        for generator in getattr(layer, "_seed_generators", ()):
            state = draws.integers(0, 2**31, size=generator.state.shape)
            generator.state.assign(state.astype(keras.backend.standardize_dtype(generator.state.dtype)))


def weigh_classes(wanted, task):
    """Returns the weight of each class, `(classes,)`, for `fit`'s argument `class_weight`; None for None."""
    counts = np.bincount(task.train.labels, minlength=task.num_classes)
    if wanted is None:
        return None
    if isinstance(wanted, str) and wanted == "balanced":
        return (len(task.train) / (task.num_classes * np.maximum(counts, 1))).astype("float32")
    if not isinstance(wanted, dict) or set(wanted) != set(range(task.num_classes)):
        raise ValueError(
            f'`class_weight` is "balanced", None or a dict with a weight for each of the classes 0 to '
            f"{task.num_classes - 1}. Received: class_weight={wanted!r}."
        )
    try:
        values = np.array([wanted[c] for c in range(task.num_classes)], "float32")
    except (TypeError, ValueError):  # no numbers: refused below
        values = np.array([np.nan])
    if not np.isfinite(values).all() or values.min() < 0 or values.max() <= 0:
        raise ValueError(f"Class weights are numbers of at least 0, not all 0. Received: class_weight={wanted!r}.")
    return values
