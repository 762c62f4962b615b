"""What a task is: three disjoint splits of images with labels, and where they come from."""

import dataclasses
import hashlib
from collections.abc import Sequence
from typing import Any, Protocol

import keras
import numpy as np

PARTS = ("train", "validation", "test")
_MOST_BYTES_AT_ONCE = 2**30  # of converted images kept in memory
_RESIZED_AT_ONCE = 1024  # images


class ImageArray(Protocol):
    """Images that an array of integers can index: a NumPy array, a memory map, a folder that decodes when asked."""

    @property
    def shape(self) -> tuple[int, ...]: ...

    def __len__(self) -> int: ...

    def __getitem__(self, index: Any, /) -> Any: ...


class LazyImages:
    """Base of the images of ftlib that are decoded, drawn or resized when they are asked for.

    Attributes:
        shape: `(n, height, width, channels)`.
    """

    ndim = 4
    shape: tuple[int, ...]

    def __len__(self):
        return self.shape[0]

    def __getitem__(self, index: Any, /) -> Any:
        raise NotImplementedError


@dataclasses.dataclass(frozen=True, repr=False)
class Split:
    """Images, labels and identities of one part of a task.

    It converts what it is given to arrays that are indexed from 0, in the order of the rows: lists, tensors, and
    columns of a data frame, whose rows may have numbers of their own.

    Args:
        images: Pixels 0-255 of shape `(n, height, width, channels)`, `uint8` or `float32`: anything that an array of
            integers can index, so a NumPy array, a memory map or a folder that decodes when asked; also a list of
            arrays of one shape.
        labels: Class indices, `(n,)`, whole numbers.
        ids: One identity per example, `(n,)`, unique within the task. Two splits that share one are a leak.
        groups: Optional, `(n,)`: what an example belongs to besides its class (a writer, a camera).

    Raises:
        ValueError: For labels, ids or groups that are not as many as the images, are not in one row, or are missing;
            for images of several shapes.
        TypeError: For labels that are not whole numbers.

    Example:
    >>> Split(np.zeros((2, 8, 8, 1)), [0, 1], ["a", "b"]).labels
    array([0, 1])
    """

    images: ImageArray
    labels: np.ndarray
    ids: np.ndarray
    groups: np.ndarray | None = None

    def __post_init__(self):
        labels = _require_class_indices(_require_row(self.labels, "labels"))
        columns = {
            "images": _require_indexable(self.images),
            "labels": labels,
            "ids": _require_row(self.ids, "ids"),
        }
        if self.groups is not None:
            columns["groups"] = _require_row(self.groups, "groups")
        lengths = {name: len(column) for name, column in columns.items()}
        if len(set(lengths.values())) > 1:
            received = ", ".join(f"{length} {name}" for name, length in lengths.items())
            raise ValueError(f"A split needs as many labels, ids and groups as images. Received: {received}.")
        for name, column in columns.items():
            object.__setattr__(self, name, column)

    def __len__(self):
        return len(self.labels)

    def __repr__(self):
        return f"<Split of {len(self)} images {tuple(self.images.shape[1:])}>"

    def digest(self, index: int) -> str:
        """Returns a checksum of one image, the same for the same pixels (of a folder: for the same file)."""
        image_digest = getattr(self.images, "digest", None)
        if image_digest is not None:
            return image_digest(index)
        return hashlib.sha256(np.ascontiguousarray(self.images[index]).tobytes()).hexdigest()

    def take(self, indices: Sequence[int] | np.ndarray) -> "Split":
        """Returns the split with only the examples at `indices`, in that order."""
        indices = np.asarray(indices)
        groups = None if self.groups is None else self.groups[indices]
        return Split(self.images[indices], self.labels[indices], self.ids[indices], groups)


def _require_row(values: Any, name: str) -> np.ndarray:
    """Returns values as an array `(n,)`, in the order of their rows.

    Raises:
        ValueError: If they are not in one row, or some are missing.
    """
    row = _to_array(values)
    if row.ndim != 1:
        hint = ", not one-hot" if name == "labels" else ""
        raise ValueError(f"`{name}` have the shape (n,), one for each image{hint}. Received: shape {row.shape}.")
    if np.ma.is_masked(values) or _has_missing(row):  # a missing group is no group called nan
        raise ValueError(f"`{name}` are missing for some of the {len(row)} images. Fill them in, or leave these out.")
    return row


def _has_missing(row: np.ndarray) -> bool:
    """Returns whether an array has values that stand for none: None, nan, or pandas's NaT."""
    if row.dtype.kind not in "fO":
        return False
    return any(value is None or value != value for value in row.tolist())


def _require_indexable(images: Any) -> ImageArray:
    """Returns images that an array of integers can index: themselves, or an array of them.

    Raises:
        TypeError: If they are no images.
        ValueError: If they are of several shapes.
    """
    if isinstance(images, (np.ndarray, LazyImages)):
        return images  # lazy images stay as they are: to index them would decode or draw them now
    if isinstance(images, (list, tuple)) or hasattr(images, "iloc"):
        return _stack_images(images)
    if not (hasattr(images, "__getitem__") and hasattr(images, "__len__") and hasattr(images, "shape")):
        raise TypeError(
            "`images` are an array (n, height, width, channels), or what can be indexed like one. Received: "
            f"{type(images).__name__}."
        )
    return images if _takes_any_order(images) else _to_array(images)


def _stack_images(images: Any) -> np.ndarray:
    arrays = [np.asarray(image) for image in images]
    shapes = sorted({array.shape for array in arrays})
    if len(shapes) > 1:
        received = ", ".join(str(shape) for shape in shapes[:3])
        raise ValueError(f"Images have one shape, (height, width, channels). Received: {received}. Resize them first.")
    return np.asarray(arrays)


def _takes_any_order(images: Any) -> bool:
    """Returns whether an array of integers in any order can index images: tensors and HDF5 files, for two, refuse."""
    descending = np.arange(len(images))[1::-1]
    try:
        chosen_images = images[descending]
    except Exception:  # whatever a library raises for an index that it does not take
        return False
    return isinstance(chosen_images, np.ndarray) and chosen_images.shape == (len(descending), *images.shape[1:])


def _to_array(values: Any) -> np.ndarray:
    return np.asarray(keras.ops.convert_to_numpy(values) if keras.ops.is_tensor(values) else values)


def _require_class_indices(labels: np.ndarray) -> np.ndarray:
    """Returns labels as an array of int64, in which counting pairs of classes does not overflow.

    Raises:
        TypeError: If they are not whole numbers.
    """
    if labels.dtype == object and all(_is_whole_number(label) for label in labels):
        labels = labels.astype("int64")
    if labels.dtype.kind not in "iu" and len(labels):
        raise TypeError(f"Labels are class indices (integers). Received: labels of dtype {labels.dtype}.")
    return labels.astype("int64", copy=False)


def _is_whole_number(value: Any) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


@dataclasses.dataclass(frozen=True, repr=False)
class Task:
    """A single-label image classification problem, ready to train on.

    Args:
        name: Short name, as in `load_task(name)`.
        train, validation, test: Disjoint `Split`s. `labels_per_class` has been applied to `train` only.
        class_names: One string per class, in the order of the label indices.
        source: Where the images come from, in a sentence.
        licence: The terms they come under.
        mirror: Whether a mirrored image keeps its label. True for photos, False for writing; augmentation obeys it.
        notes: Findings worth printing, such as files that could not be read.
    """

    name: str
    train: Split
    validation: Split
    test: Split
    class_names: tuple[str, ...]
    source: str
    licence: str
    mirror: bool = False
    notes: tuple[str, ...] = ()

    def __post_init__(self):
        object.__setattr__(self, "class_names", tuple(str(name) for name in self.class_names))
        object.__setattr__(self, "notes", tuple(self.notes))
        for part in PARTS:
            self._require_split(part)

    def _require_split(self, part: str) -> None:
        """Raises unless a split has examples, and labels of the task's classes."""
        split = getattr(self, part)
        if not isinstance(split, Split):
            raise TypeError(f"`{part}` is a Split(images, labels, ids). Received: {type(split).__name__}.")
        if len(split) == 0:
            raise ValueError(f"The {part} split of task {self.name!r} is empty; every split needs examples.")
        lowest, highest = split.labels.min(), split.labels.max()
        if lowest < 0 or highest >= self.num_classes:
            raise ValueError(
                f"Labels must lie in 0..{self.num_classes - 1} ({self.num_classes} class names). "
                f"Received: {part} labels from {lowest} to {highest}."
            )

    @property
    def splits(self) -> dict[str, Split]:
        """`{"train": Split, "validation": Split, "test": Split}`."""
        return {"train": self.train, "validation": self.validation, "test": self.test}

    @property
    def num_classes(self) -> int:
        """How many classes there are."""
        return len(self.class_names)

    @property
    def image_shape(self) -> tuple[int, ...]:
        """`(height, width, channels)` of the training images."""
        return tuple(self.train.images.shape[1:])

    def __repr__(self):
        size = "x".join(str(side) for side in self.image_shape)
        return (
            f"<Task {self.name!r}: {self.num_classes} classes, {size} pixels, "
            f"{len(self.train)} train / {len(self.validation)} validation / {len(self.test)} test>"
        )

    def for_backbone(self, backbone: keras.Model) -> "Task":
        """Returns the task with its images at the size and channels that a backbone takes.

        Arrays are converted at once up to 1 GiB, larger ones and memory maps batch by batch when they are asked for; a
        folder decodes straight to the new size.

        Args:
            backbone: A Keras model with one image input of shape `(None, height, width, channels)`.

        Returns:
            A `Task`; this very object where nothing needs converting.

        Example:
        >>> task = ft.load_task("digits", labels_per_class=10)
        >>> task.for_backbone(ft.load_backbone("glyphnet")).image_shape
        (32, 32, 1)
        """
        input_shape = backbone.input_shape
        if not isinstance(input_shape, tuple) or len(input_shape) != 4 or input_shape[-1] not in (1, 3):
            raise ValueError(
                "A task fits a backbone with one image input of shape (None, height, width, 1 or 3). "
                f"Received: a model with input shape {input_shape}."
            )
        # A side that the backbone leaves open stays as it is.
        height, width, channels = (
            wanted or present for wanted, present in zip(input_shape[1:], self.image_shape, strict=True)
        )
        return self.with_images((height, width, channels))

    def with_images(self, shape: tuple[int, int, int]) -> "Task":
        """Returns the task with its images of a shape `(height, width, channels)`; see `for_backbone`."""
        height, width, channels = shape
        present_shapes = {tuple(split.images.shape[1:]) for split in self.splits.values()}
        if present_shapes == {(height, width, channels)}:
            return self
        fitted_splits = {
            part: dataclasses.replace(split, images=fit_images(split.images, (height, width), channels))
            for part, split in self.splits.items()
        }
        return dataclasses.replace(self, **fitted_splits)


def fit_images(images: ImageArray, size: tuple[int, int], channels: int) -> ImageArray:
    """Returns images at another size and number of channels.

    The middle of the image is kept at the new aspect ratio, as large as it fits, and resized with bilinear
    interpolation (averaging when it shrinks). Grey is repeated to colour; colour becomes luma (ITU-R BT.601).

    Args:
        images: Array `(n, height, width, 1 or 3)` of pixels 0-255, or an object with its own
            `fit_images(size, channels)` (a folder, which then decodes to that size).
        size: `(height, width)` in pixels.
        channels: 1 or 3.

    Returns:
        A `float32` array `(n, *size, channels)`, one that is converted when indexed if it would take over 1 GiB, or
        whatever the object's own method returns.
    """
    fit_itself = getattr(images, "fit_images", None)
    if fit_itself is not None:
        return fit_itself(size, channels)
    if len(images) * 4 * size[0] * size[1] * channels > _MOST_BYTES_AT_ONCE:
        return _FittedImages(images, (size[0], size[1]), channels)
    return _fit_array(np.asarray(images), (size[0], size[1]), channels)


def _fit_array(images: np.ndarray, size: tuple[int, int], channels: int) -> np.ndarray:
    """Returns an array of images at another size and number of channels; see `fit_images`."""
    if images.shape[-1] == 3 and channels == 1:
        images = images.astype("float32") @ np.array([[0.299], [0.587], [0.114]], "float32")
    if tuple(images.shape[1:3]) != size:
        images = _crop_and_resize(images, size)
    if images.shape[-1] == 1 and channels == 3:
        images = np.repeat(images, 3, axis=-1)
    return images.astype("float32")


def _crop_and_resize(images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Returns the middle of images, as large as it fits at the new aspect ratio, resized."""
    height, width = images.shape[1:3]
    scale = min(height / size[0], width / size[1])
    cropped_height, cropped_width = round(size[0] * scale), round(size[1] * scale)
    top, left = (height - cropped_height) // 2, (width - cropped_width) // 2
    images = images[:, top : top + cropped_height, left : left + cropped_width]

    resized_chunks = []
    with keras.device("cpu"):
        for begin in range(0, len(images), _RESIZED_AT_ONCE):
            resized = keras.ops.image.resize(
                images[begin : begin + _RESIZED_AT_ONCE].astype("float32"),
                size,
                interpolation="bilinear",
                antialias=scale > 1,
                data_format="channels_last",
            )
            resized_chunks.append(np.asarray(keras.ops.convert_to_numpy(resized)))
    return np.clip(np.concatenate(resized_chunks), 0, 255)


class _FittedImages(LazyImages):
    """Images that are converted by `fit_images` when they are asked for."""

    def __init__(self, images: ImageArray, size: tuple[int, int], channels: int):
        self.images = images
        self.size = size
        self.channels = channels
        self.shape = (len(images), *size, channels)

    def __getitem__(self, index):
        return fit_images(np.asarray(self.images[index]), self.size, self.channels)


def draw_labels(labels: np.ndarray, labels_per_class: int | None, seed: int) -> np.ndarray:
    """Returns the indices of `labels_per_class` examples of every class, drawn with `seed`.

    For one seed the draws are nested: the 3 examples of a class are among the 10, so a curve against the number of
    labels adds examples and never swaps them.

    Args:
        labels: Class indices of the pool, `(n,)`.
        labels_per_class: How many to draw of each class; None takes all of the pool.
        seed: Integer.

    Returns:
        Sorted indices, `int64`.

    Raises:
        ValueError: If a class has fewer examples than asked for.
    """
    if labels_per_class is None:
        return np.arange(len(labels))
    if not _is_whole_number(labels_per_class) or labels_per_class < 1:
        raise ValueError(
            f"labels_per_class is a whole number of at least 1, or None for all. Received: {labels_per_class!r}."
        )
    classes, counts = np.unique(labels, return_counts=True)
    if counts.min() < labels_per_class:
        raise ValueError(
            f"labels_per_class={labels_per_class} asks for more than class {classes[counts.argmin()]} has: "
            f"{counts.min()} training examples. Ask for at most that many."
        )
    order = np.random.default_rng(seed).permutation(len(labels))
    drawn_by_class = [order[labels[order] == label][: int(labels_per_class)] for label in classes]
    return np.sort(np.concatenate(drawn_by_class))


def check_pixels(images: Any, what: str = "images") -> None:
    """Raises an error unless images are numbers that can be pixels from 0 to 255.

    Of a folder only the first images are looked at, since decoding gives pixels in any case.

    Args:
        images: What somebody gave.
        what: What messages call it.

    Raises:
        TypeError: If they are no array, or not of numbers.
        ValueError: If their shape or their range is not that of images.
    """
    if not hasattr(images, "shape"):
        raise TypeError(f"{what} are one array (n, height, width, channels). Received: {type(images).__name__}.")
    sample = images if isinstance(images, np.ndarray) else np.asarray(images[np.arange(min(8, len(images)))])
    if sample.ndim != 4 or sample.shape[3] not in (1, 3):
        raise ValueError(
            f"{what} have the shape (n, height, width, channels), 1 or 3 channels. Received: shape {sample.shape}."
        )
    if not len(sample):
        raise ValueError(f"There must be at least one of the {what}. Received: an empty array, shape {sample.shape}.")
    if sample.dtype.kind not in "uif":
        raise TypeError(f"{what} are numbers, uint8 or float32. Received: dtype {sample.dtype}.")
    _check_pixel_range(sample, what)


def _check_pixel_range(images: np.ndarray, what: str) -> None:
    lowest, highest = float(images.min()), float(images.max())
    if not (np.isfinite(lowest) and np.isfinite(highest)):
        raise ValueError(f"{what} contain NaN or infinity. Fix these images, or leave them out.")
    if images.dtype.kind == "f" and highest <= 1:
        remedy = "Add 1 and multiply by 127.5" if lowest < 0 else "Multiply by 255"
        raise ValueError(
            f"{what} have pixels from 0 to 255; the backbone scales them itself. Received: floats from {lowest:g} to "
            f"{highest:g}. {remedy}."
        )
    if lowest < 0 or highest > 255:
        raise ValueError(f"{what} have pixels from 0 to 255. Received: values from {lowest:g} to {highest:g}.")
