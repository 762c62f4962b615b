"""Public sets that Keras downloads once and keeps: Fashion-MNIST, CIFAR-10, flowers, cats and dogs."""

import dataclasses
import os
import pathlib

import keras
import numpy as np

from ftlib.tasks.folder.load import load_folder
from ftlib.tasks.task import Split, Task, draw_labels

VALIDATION, TEST = 1000, 2000  # images of the sets that come as arrays
OFFLINE = "digits, faces, glyphs, textures"
FASHION = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
CIFAR = "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz"
FLOWERS = "https://storage.googleapis.com/download.tensorflow.org/example_images/flower_photos.tgz"
CATS = "https://storage.googleapis.com/mledu-datasets/cats_and_dogs_filtered.zip"
FLOWER_PHOTOS, CATS_PHOTOS = 3670, 3000  # in the archives; fewer on disk means a broken download


def fashion_mnist(labels_per_class=None, seed=0):
    """Returns the task "fashion_mnist": 10 kinds of clothing, 28 x 28 pixels, grey (about 30 MB to download).

    Validation is 1,000 images of the given training set, 100 of each class, always the same ones; test is the
    first 2,000 of the given test set, to keep evaluation short on a laptop. The other training images are the
    pool that labels are drawn from, less those whose pixels are in validation or test as well.

    Args:
        labels_per_class: Training images per class; None takes the whole pool (about 59,000).
        seed: Which training images are drawn.

    Returns:
        A `Task` with `uint8` pixels.

    Raises:
        ConnectionError: If the set is neither on this machine nor could be downloaded; it says what to do.

    Example:
    >>> from ftlib.tasks import online
    >>> online.fashion_mnist(labels_per_class=10).train.images.shape  # doctest: +SKIP
    (100, 28, 28, 1)
    """
    names = "T-shirt/top Trouser Pullover Dress Coat Sandal Shirt Sneaker Bag".split() + ["Ankle boot"]
    files = [f"{part}-{kind}-ubyte.gz" for part in ("train", "t10k") for kind in ("images-idx3", "labels-idx1")]
    data = _fetch("fashion_mnist", keras.datasets.fashion_mnist.load_data, FASHION, "datasets/fashion-mnist", files)
    return _from_arrays("fashion_mnist", data, names, labels_per_class, seed)


def cifar10(labels_per_class=None, seed=0):
    """Returns the task "cifar10": 10 kinds of animals and vehicles, 32 x 32 pixels, colour (170 MB to
    download).

    Splits, arguments and errors are those of `fashion_mnist`.

    Example:
    >>> from ftlib.tasks import online
    >>> online.cifar10(labels_per_class=10).train.images.shape  # doctest: +SKIP
    (100, 32, 32, 3)
    """
    names = "airplane automobile bird cat deer dog frog horse ship truck".split()
    data = _fetch(
        "cifar10", keras.datasets.cifar10.load_data, CIFAR, "datasets", ["cifar-10-batches-py-target_archive"]
    )
    return _from_arrays("cifar10", data, names, labels_per_class, seed)


def flowers(labels_per_class=None, seed=0, **options):
    """Returns the task "flowers": 3,670 photos of 5 kinds of flowers (218 MB to download).

    Args:
        labels_per_class: Training photos per class; None takes all.
        seed: Which training photos are drawn.
        **options: `image_size`, `cache_bytes` and `cache_dir` of `load_folder`, which also makes the
            splits.

    Returns:
        A `Task` whose images are `FolderImages`.

    Raises:
        ConnectionError: If the set is neither on this machine nor could be downloaded; it says what to do.

    Example:
    >>> from ftlib.tasks import online
    >>> online.flowers(labels_per_class=10, image_size=96).class_names  # doctest: +SKIP
    ('daisy', 'dandelion', 'roses', 'sunflowers', 'tulips')
    """
    return _from_archive("flowers", FLOWERS, FLOWER_PHOTOS, labels_per_class, seed, options)


def cats_vs_dogs(labels_per_class=None, seed=0, **options):
    """Returns the task "cats_vs_dogs": 3,000 photos of cats and of dogs (65 MB to download).

    The archive's 1,000 validation photos are the validation split; the test split is 20 % of its training
    photos. Arguments and errors are those of `flowers`.

    Example:
    >>> from ftlib.tasks import online
    >>> online.cats_vs_dogs(labels_per_class=10).class_names  # doctest: +SKIP
    ('cats', 'dogs')
    """
    return _from_archive("cats_vs_dogs", CATS, CATS_PHOTOS, labels_per_class, seed, options)


fashion_mnist.source = "Fashion-MNIST (Xiao, Rasul and Vollgraf 2017), through keras.datasets."
fashion_mnist.licence = "MIT"
cifar10.source = "CIFAR-10 (Krizhevsky 2009), through keras.datasets."
cifar10.licence = "No formal licence: its authors ask to be cited."
flowers.source = "flower_photos (The TensorFlow Team 2019)."
flowers.licence = "CC BY 2.0, per photo: see LICENSE.txt in the archive."
cats_vs_dogs.source = (
    "A 3,000-photo part of Kaggle's Dogs vs. Cats (Asirra; Elson et al. 2007), as Google's courses use it."
)
cats_vs_dogs.licence = "No formal licence: the photos are Petfinder's and Microsoft's, published for research."
ONLINE = {task.__name__: task for task in (fashion_mnist, cifar10, flowers, cats_vs_dogs)}


def _fetch(name, download, address, place, files):
    """Returns what `download()` returns; says what to do where it fails."""
    try:
        return download()
    # Keras raises a bare Exception when the network fails, and anything at all over a damaged file.
    except Exception as error:
        raise ConnectionError(
            f"The task {name!r} could not be read or downloaded from {address} ({error}). "
            f"Try again with a network, or put {', '.join(files)} into {_keras_home() / place} "
            f"(and delete a damaged file there). Tasks that need no network: {OFFLINE}."
        ) from error


def _from_arrays(name, data, class_names, labels_per_class, seed):
    (images, labels), (test_images, test_labels) = data
    images, test_images = (x.reshape(*x.shape[:3], -1) for x in (images, test_images))
    labels, test_labels = (y.reshape(-1).astype("int64") for y in (labels, test_labels))
    test_images, test_labels = test_images[:TEST], test_labels[:TEST]
    ids = np.array([f"train/{i:05d}" for i in range(len(labels))])
    test_ids = np.array([f"test/{i:05d}" for i in range(len(test_labels))])

    validation = draw_labels(labels, VALIDATION // len(class_names), seed=20240503)
    reserved = {image.tobytes() for held in (images[validation], test_images) for image in held}
    pool = np.array([i for i, image in enumerate(images) if image.tobytes() not in reserved])
    train = pool[draw_labels(labels[pool], labels_per_class, seed)]
    # Of a picture that is in both given sets, the copy in validation goes, so that the test set stays what it
    # was.
    tested = {image.tobytes() for image in test_images}
    validation = np.array([i for i in validation if images[i].tobytes() not in tested])
    task = ONLINE[name]
    return Task(
        name=name,
        train=Split(images[train], labels[train], ids[train]),
        validation=Split(images[validation], labels[validation], ids[validation]),
        test=Split(test_images, test_labels, test_ids),
        class_names=tuple(class_names),
        source=task.source,
        licence=task.licence,
        mirror=True,
    )


def _from_archive(name, address, number, labels_per_class, seed, options):
    """Downloads and unpacks an archive of `number` JPEG photos, and loads its folder of class folders."""
    unpacked = _keras_home() / "datasets" / name

    def find():
        # Kept from an earlier time if whole; get_file would unpack the archive again at every call.
        if len(list(unpacked.rglob("*.jpg"))) < number:
            place = pathlib.Path(keras.utils.get_file(name, origin=address, extract=True))
        else:
            place = unpacked
        if len(list(place.rglob("*.jpg"))) < number:
            raise OSError(f"{place} holds fewer than {number} photos")
        return next(p for p in sorted(place.iterdir()) if p.is_dir() and not p.name.startswith((".", "__")))

    path = _fetch(name, find, address, "datasets", [f"the archive, named {name}_archive,"])
    task = load_folder(path, labels_per_class, seed, **options)
    return dataclasses.replace(task, name=name, source=ONLINE[name].source, licence=ONLINE[name].licence)


def _keras_home():
    return pathlib.Path(os.environ.get("KERAS_HOME") or "~/.keras").expanduser()
