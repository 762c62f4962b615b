"""Public sets that Keras downloads once and keeps: Fashion-MNIST, CIFAR-10, flowers, cats and dogs."""

import dataclasses
import os
import pathlib
import urllib.request
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any, TypeVar

import keras
import numpy as np

from ftlib.tasks.folder.load import load_folder
from ftlib.tasks.split import Split
from ftlib.tasks.task import Task, draw_labels

VALIDATION_COUNT, TEST_COUNT = 1000, 2000  # images of the sets that come as arrays
_VALIDATION_SEED = 20240503
OFFLINE_NAMES = "digits, faces, glyphs, textures"

Contents = TypeVar("Contents")


@dataclasses.dataclass(frozen=True)
class ArraySet:
    """A set that comes as arrays of images.

    Attributes:
        name: Its name as a task.
        class_names: Its classes, in the order of the labels.
        module: The module of `keras.datasets` that loads it.
        address: Where Keras downloads it from.
        place: The folder below Keras's own where it is kept.
        file_names: The files that lie there.
        source, licence: As in a `Task`.
    """

    name: str
    class_names: tuple[str, ...]
    module: ModuleType
    address: str
    place: str
    file_names: tuple[str, ...]
    source: str
    licence: str


@dataclasses.dataclass(frozen=True)
class PhotoArchive:
    """A set that comes as an archive of JPEG photos, with a folder for each class.

    Attributes:
        name: Its name as a task.
        address: Where it is downloaded from.
        photo_count: How many photos it holds; fewer on disk means a broken download.
        source, licence: As in a `Task`.
    """

    name: str
    address: str
    photo_count: int
    source: str
    licence: str


FASHION_MNIST = ArraySet(
    name="fashion_mnist",
    class_names=(
        "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
    ),
    module=keras.datasets.fashion_mnist,
    address="https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
    place="datasets/fashion-mnist",
    file_names=(
        "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz", "t10k-images-idx3-ubyte.gz",
        "t10k-labels-idx1-ubyte.gz",
    ),
    source="Fashion-MNIST (Xiao, Rasul and Vollgraf 2017), through keras.datasets.",
    licence="MIT",
)  # fmt: skip
CIFAR10 = ArraySet(
    name="cifar10",
    class_names=("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
    module=keras.datasets.cifar10,
    address="https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",
    place="datasets",
    file_names=("cifar-10-batches-py-target_archive",),
    source="CIFAR-10 (Krizhevsky 2009), through keras.datasets.",
    licence="No formal licence: its authors ask to be cited.",
)
FLOWERS = PhotoArchive(
    name="flowers",
    address="https://storage.googleapis.com/download.tensorflow.org/example_images/flower_photos.tgz",
    photo_count=3670,
    source="flower_photos (The TensorFlow Team 2019).",
    licence="CC BY 2.0, per photo: see LICENSE.txt in the archive.",
)
CATS_VS_DOGS = PhotoArchive(
    name="cats_vs_dogs",
    address="https://storage.googleapis.com/mledu-datasets/cats_and_dogs_filtered.zip",
    photo_count=3000,
    source="A 3,000-photo part of Kaggle's Dogs vs. Cats (Asirra; Elson et al. 2007), as Google's courses use it.",
    licence="No formal licence: the photos are Petfinder's and Microsoft's, published for research.",
)
PHOTO_ARCHIVES: dict[str, PhotoArchive] = {archive.name: archive for archive in (FLOWERS, CATS_VS_DOGS)}


def fashion_mnist(labels_per_class: int | None = None, seed: int = 0) -> Task:
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
    return load_arrays(FASHION_MNIST, labels_per_class, seed)


def cifar10(labels_per_class: int | None = None, seed: int = 0) -> Task:
    """Returns the task "cifar10": 10 kinds of animals and vehicles, 32 x 32 pixels, colour (170 MB to
    download).

    Splits, arguments and errors are those of `fashion_mnist`.

    Example:
    >>> from ftlib.tasks import online
    >>> online.cifar10(labels_per_class=10).train.images.shape  # doctest: +SKIP
    (100, 32, 32, 3)
    """
    return load_arrays(CIFAR10, labels_per_class, seed)


def flowers(labels_per_class: int | None = None, seed: int = 0, **options: Any) -> Task:
    """Returns the task "flowers": 3,670 photos of 5 kinds of flowers (218 MB to download).

    Args:
        labels_per_class: Training photos per class; None takes all.
        seed: Which training photos are drawn.
        **options: `image_size`, `cache_bytes` and `cache_dir` of `load_folder`, which also divides the photos between
            the splits.

    Returns:
        A `Task` whose images are `FolderImages`.

    Raises:
        ConnectionError: If the set is neither on this machine nor could be downloaded; it says what to do.

    Example:
    >>> from ftlib.tasks import online
    >>> online.flowers(labels_per_class=10, image_size=96).class_names  # doctest: +SKIP
    ('daisy', 'dandelion', 'roses', 'sunflowers', 'tulips')
    """
    return load_archive(FLOWERS, labels_per_class, seed, **options)


def cats_vs_dogs(labels_per_class: int | None = None, seed: int = 0, **options: Any) -> Task:
    """Returns the task "cats_vs_dogs": 3,000 photos of cats and of dogs (65 MB to download).

    The archive's 1,000 validation photos are the validation split; the test split is 20 % of its training
    photos. Arguments and errors are those of `flowers`.

    Example:
    >>> from ftlib.tasks import online
    >>> online.cats_vs_dogs(labels_per_class=10).class_names  # doctest: +SKIP
    ('cats', 'dogs')
    """
    return load_archive(CATS_VS_DOGS, labels_per_class, seed, **options)


ONLINE: dict[str, Callable[..., Task]] = {
    "fashion_mnist": fashion_mnist,
    "cifar10": cifar10,
    "flowers": flowers,
    "cats_vs_dogs": cats_vs_dogs,
}


def load_arrays(array_set: ArraySet, labels_per_class: int | None, seed: int) -> Task:
    """Returns the task of a set that comes as arrays; see `fashion_mnist` for its splits."""
    (images, labels), (test_images, test_labels) = fetch(
        array_set.name, array_set.module.load_data, array_set.address, array_set.place, array_set.file_names
    )
    images, labels = _with_channels(images), labels.reshape(-1).astype("int64")
    test_images = _with_channels(test_images)[:TEST_COUNT]
    test_labels = test_labels.reshape(-1).astype("int64")[:TEST_COUNT]
    ids = np.array([f"train/{i:05d}" for i in range(len(labels))])
    test_ids = np.array([f"test/{i:05d}" for i in range(len(test_labels))])

    validation_per_class = VALIDATION_COUNT // len(array_set.class_names)
    validation_indices = draw_labels(labels, validation_per_class, seed=_VALIDATION_SEED)
    validation_pixels = _pixel_bytes(images[validation_indices])
    test_pixels = _pixel_bytes(test_images)
    pool = _indices_without(images, range(len(images)), validation_pixels | test_pixels)
    train_indices = pool[draw_labels(labels[pool], labels_per_class, seed)]
    # Of a picture that is in both given sets, the copy in validation goes, so that the test set stays what it
    # was.
    validation_indices = _indices_without(images, validation_indices, test_pixels)
    return Task(
        name=array_set.name,
        train=Split(images[train_indices], labels[train_indices], ids[train_indices]),
        validation=Split(images[validation_indices], labels[validation_indices], ids[validation_indices]),
        test=Split(test_images, test_labels, test_ids),
        class_names=array_set.class_names,
        source=array_set.source,
        licence=array_set.licence,
        mirror=True,
    )


def _with_channels(images: np.ndarray) -> np.ndarray:
    return images.reshape(*images.shape[:3], -1)


def _pixel_bytes(images: np.ndarray) -> set[bytes]:
    return {image.tobytes() for image in images}


def _indices_without(images: np.ndarray, indices: Sequence[int] | np.ndarray, excluded: set[bytes]) -> np.ndarray:
    """Returns the indices of the images whose pixels are not among the excluded ones."""
    return np.array([i for i in indices if images[i].tobytes() not in excluded])


def load_archive(archive: PhotoArchive, labels_per_class: int | None = None, seed: int = 0, **options: Any) -> Task:
    """Returns the task of an archive of photos, which is downloaded and unpacked if it is not there yet."""

    def find_folder() -> pathlib.Path:
        place = keras_home() / "datasets" / archive.name
        # Kept from an earlier time if whole; get_file would unpack the archive again at every call.
        if _count_photos(place) < archive.photo_count:
            place = pathlib.Path(keras.utils.get_file(archive.name, origin=archive.address, extract=True))
        if _count_photos(place) < archive.photo_count:
            raise OSError(f"{place} holds fewer than {archive.photo_count} photos")
        return next(
            entry for entry in sorted(place.iterdir()) if entry.is_dir() and not entry.name.startswith((".", "__"))
        )

    file_names = [f"the archive, named {archive.name}_archive,"]
    path = fetch(archive.name, find_folder, archive.address, "datasets", file_names)
    task = load_folder(path, labels_per_class, seed, **options)
    return dataclasses.replace(task, name=archive.name, source=archive.source, licence=archive.licence)


def is_at_hand(archive: PhotoArchive) -> bool:
    """Returns whether an archive of photos lies whole on this machine, so that nothing will be downloaded."""
    return _count_photos(keras_home() / "datasets" / archive.name) >= archive.photo_count


def is_reachable(address: str, seconds: float = 3.0) -> bool:
    """Returns whether a server answers for an address, without downloading what lies there.

    Args:
        address: Of something to download.
        seconds: How long to wait for an answer.
    """
    request = urllib.request.Request(address, method="HEAD")
    try:
        with urllib.request.urlopen(request, timeout=seconds):
            return True
    except OSError:  # no network, no such name, or the server refuses
        return False


def _count_photos(place: pathlib.Path) -> int:
    return sum(1 for _ in place.rglob("*.jpg"))


def fetch(name: str, download: Callable[[], Contents], address: str, place: str, file_names: Sequence[str]) -> Contents:
    """Returns the result of `download()`; says what to do where it fails."""
    try:
        return download()
    # Keras raises a bare Exception when the network fails, and anything at all over a damaged file.
    except Exception as error:
        raise ConnectionError(
            f"The task {name!r} could not be read or downloaded from {address} ({error}). "
            f"Try again with a network, or put {', '.join(file_names)} into {keras_home() / place} "
            f"(and delete a damaged file there). Tasks that need no network: {OFFLINE_NAMES}."
        ) from error


def keras_home() -> pathlib.Path:
    """Returns the folder in which Keras keeps what it downloads."""
    return pathlib.Path(os.environ.get("KERAS_HOME") or "~/.keras").expanduser()
