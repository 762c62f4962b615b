"""Small models and tasks that the tests share: a run with them takes about a second."""

import dataclasses
import warnings

import keras
import numpy as np

from ftlib.models.backbones import classifier
from ftlib.strategies.strategy import Phase, Strategy
from ftlib.tasks.split import Split
from ftlib.tasks.task import Task

PIXELS = 12
CLASSES = 3


def backbone(channels=1, dropout=0.5, name="small", seed=0):
    """Returns a network of three stages, each with a convolution, BatchNorm and Dropout."""
    keras.utils.set_random_seed(1000 + seed)  # apart from the seeds of runs
    layers = keras.layers
    image = keras.Input((PIXELS, PIXELS, channels), name="pixels")
    x = layers.Rescaling(1 / 255, name="scale")(image)
    for i, filters in enumerate((4, 6, 8), start=1):
        x = layers.Conv2D(filters, 3, strides=2, padding="same", name=f"conv{i}")(x)
        x = layers.BatchNormalization(momentum=0.9, name=f"norm{i}")(x)
        x = layers.ReLU(name=f"relu{i}")(x)
        x = layers.Dropout(dropout, name=f"drop{i}")(x)
    model = keras.Model(image, x, name=name)
    # Statistics and shifts as a pre-training would leave them, so that a test can tell them from fresh ones.
    draws = np.random.default_rng(seed)
    for layer in model.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.beta.assign(draws.uniform(0, 0.5, layer.beta.shape))
            layer.moving_mean.assign(draws.uniform(-0.1, 0.1, layer.beta.shape))
            layer.moving_variance.assign(draws.uniform(0.5, 1.5, layer.beta.shape))
    return model


def model(**options):
    """Returns a classifier over `backbone(**options)`."""
    return with_head(backbone(**options))


def with_head(body):
    """Returns a classifier whose head is drawn, whatever `classifier` starts with, so that its features matter."""
    network = classifier(body, CLASSES)
    kernel = network.get_layer("predictions").kernel
    kernel.assign(np.random.default_rng(0).normal(0, 0.5, kernel.shape))
    return network


def foreign_model():
    """Returns a classifier that ftlib did not make: no layer is named "backbone"; its head starts at "pool"."""
    body = backbone(dropout=0.0)
    x = keras.layers.GlobalAveragePooling2D(name="pool")(body.output)
    outputs = keras.layers.Dense(CLASSES, activation="softmax", name="scores")(x)
    return keras.Model(body.input, outputs, name="foreign")


def pictures(labels, seed=0, channels=1):
    """Returns noisy images of which the third that is bright tells the label, `(n, 12, 12, channels)` `uint8`."""
    images = np.random.default_rng(seed).integers(0, 120, (len(labels), PIXELS, PIXELS, channels))
    band = PIXELS // CLASSES
    for image, label in zip(images, labels, strict=True):
        image[band * label : band * (label + 1)] += 120
    return images.astype("uint8")


def split(count, seed=0, channels=1, prefix="train"):
    """Returns a `Split` with the labels 0, 1, 2, 0, 1, 2, ..."""
    labels = np.arange(count) % CLASSES
    return Split(pictures(labels, seed, channels), labels, np.array([f"{prefix}-{i}" for i in range(count)]))


def task(train=24, validation=15, test=12, channels=1, **changes):
    """Returns a task of three classes whose splits share nothing."""
    parts = {
        "train": split(train, 1, channels, "train"),
        "validation": split(validation, 2, channels, "validation"),
        "test": split(test, 3, channels, "test"),
    }
    names = ("top", "middle", "bottom")
    return Task(**{"name": "bands", **parts, "class_names": names, "source": "drawn", "licence": "none", **changes})


def weights(network):
    """Returns copies of a model's weights by path."""
    return {w.path: np.array(keras.ops.convert_to_numpy(w)) for w in network.weights}


def moved(before, after):
    """Returns the last two parts of the paths of the weights that differ by at least one bit."""
    return {"/".join(k.split("/")[-2:]) for k in before if not np.array_equal(before[k], after[k])}


def source_task():
    """A task on other pictures: the bright third is darkened."""
    given = task(train=30, validation=30, name="bands before")

    def turned(split, seed):
        noise = np.random.default_rng(seed).integers(0, 60, split.images.shape)
        ids = np.array([f"before-{name}" for name in split.ids])
        return dataclasses.replace(split, images=(200 - split.images // 2 - noise).astype("uint8"), ids=ids)

    parts = {name: turned(getattr(given, name), i) for i, name in enumerate(("train", "validation", "test"))}
    return dataclasses.replace(given, **parts)


def one_phase(train, closing=(), **options):
    """Returns a strategy of one phase with a constant rate of 0.01, or with other options of `Phase`."""
    phase = Phase("only", train, **{"rate": 1e-2, "schedule": "constant", **options})
    return Strategy("mine", "pretrained", (phase,), closing=closing)


def compiled(network, rate=0.1):
    """Returns a network, compiled as plain Keras does it."""
    network.compile(keras.optimizers.SGD(rate, momentum=0.5), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return network


def train(network):
    """Trains a compiled network for one epoch with plain Keras."""
    examples = split(24)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Keras warns of some stale compiles, but not of those that hurt
        network.fit(examples.images.astype("float32"), examples.labels, batch_size=8, epochs=1, verbose=0)
