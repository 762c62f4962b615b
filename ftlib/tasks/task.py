"""What a task is: three disjoint splits of images with labels, and where they come from."""

import dataclasses
import hashlib

import keras
import numpy as np

_AT_ONCE = 2**30  # bytes of converted images kept in memory


@dataclasses.dataclass(frozen=True, repr=False)
class Split:
    """Images, labels and identities of one part of a task.

    Whatever it is given, it holds arrays that are counted from 0: a list, a tensor or a column of a data frame, whose
    rows may bear numbers of their own, becomes an array in the order in which it is seen.

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

    images: object
    labels: np.ndarray
    ids: np.ndarray
    groups: np.ndarray | None = None

    def __post_init__(self):
        labels = _class_indices(_as_row(self.labels, "labels"))
        values = {"images": _as_images(self.images), "labels": labels, "ids": _as_row(self.ids, "ids")}
        if self.groups is not None:
            values["groups"] = _as_row(self.groups, "groups")
        numbers = {name: len(value) for name, value in values.items()}
        if len(set(numbers.values())) > 1:
            told = ", ".join(f"{number} {name}" for name, number in numbers.items())
            raise ValueError(f"A split needs as many labels, ids and groups as images. Received: {told}.")
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def __len__(self):
        return len(self.labels)

    def __repr__(self):
        return f"<Split of {len(self)} images {tuple(self.images.shape[1:])}>"

    def digest(self, index):
        """Returns a checksum of one image, the same for the same pixels (of a folder: for the same file)."""
        if hasattr(self.images, "digest"):
            return self.images.digest(index)
        return hashlib.sha256(np.ascontiguousarray(self.images[index]).tobytes()).hexdigest()

    def take(self, indices):
        """Returns the split with only the examples at `indices`, in that order."""
        indices = np.asarray(indices)
        groups = None if self.groups is None else self.groups[indices]
        return Split(self.images[indices], self.labels[indices], self.ids[indices], groups)


def _as_row(values, name):
    """Returns values as an array `(n,)`, in the order in which they are seen."""
    row = _as_array(values)
    if row.ndim != 1:
        more = ", not one-hot" if name == "labels" else ""
        raise ValueError(f"`{name}` have the shape (n,), one for each image{more}. Received: shape {row.shape}.")
    # A group that is missing is no group called nan.
    if np.ma.is_masked(values) or (row.dtype.kind in "fO" and any(one is None or one != one for one in row.tolist())):
        raise ValueError(f"`{name}` are missing for some of the {len(row)} images. Fill them in, or leave these out.")
    return row


def _as_images(images):
    """Returns images as what an array of integers can index: themselves, or an array of them."""
    if isinstance(images, np.ndarray) or type(images).__module__.startswith("ftlib."):
        return images  # ours make images when they are asked for, which nobody has done yet
    if isinstance(images, (list, tuple)) or hasattr(images, "iloc"):
        rows = [np.asarray(one) for one in images]
        shapes = sorted({row.shape for row in rows})
        if len(shapes) > 1:
            told = ", ".join(map(str, shapes[:3]))
            raise ValueError(f"Images have one shape, (height, width, channels). Received: {told}. Resize them first.")
        return np.asarray(rows)
    if not (hasattr(images, "__getitem__") and hasattr(images, "__len__") and hasattr(images, "shape")):
        raise TypeError(
            "`images` are an array (n, height, width, channels), or what can be indexed like one. Received: "
            f"{type(images).__name__}."
        )
    return images if _takes_any_order(images) else _as_array(images)


def _takes_any_order(images):
    """Returns whether an array of integers in any order can index images: tensors and HDF5 files, for two, refuse."""
    order = np.arange(len(images))[1::-1]
    try:
        return isinstance(images[order], np.ndarray) and images[order].shape == (len(order), *images.shape[1:])
    except Exception:  # whatever a library raises for an index that it does not take
        return False


def _as_array(values):
    return np.asarray(keras.ops.convert_to_numpy(values) if keras.ops.is_tensor(values) else values)


def _class_indices(labels):
    """Returns labels as an array of int64, in which counting pairs of classes does not overflow."""
    if labels.dtype == object and all(isinstance(x, (int, np.integer)) and not isinstance(x, bool) for x in labels):
        labels = labels.astype("int64")
    if labels.dtype.kind not in "iu" and len(labels):
        raise TypeError(f"Labels are class indices (integers). Received: labels of dtype {labels.dtype}.")
    return labels.astype("int64", copy=False)


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
    class_names: tuple
    source: str
    licence: str
    mirror: bool = False
    notes: tuple = ()

    def __post_init__(self):
        object.__setattr__(self, "class_names", tuple(str(name) for name in self.class_names))
        object.__setattr__(self, "notes", tuple(self.notes))
        for part in ("train", "validation", "test"):
            split = getattr(self, part)
            if not isinstance(split, Split):
                raise TypeError(f"`{part}` is a Split(images, labels, ids). Received: {type(split).__name__}.")
            if len(split) == 0:
                raise ValueError(f"The {part} split of task {self.name!r} is empty; every split needs examples.")
            low, high = split.labels.min(), split.labels.max()
            if low < 0 or high >= len(self.class_names):
                raise ValueError(
                    f"Labels must lie in 0..{len(self.class_names) - 1} ({len(self.class_names)} class names). "
                    f"Received: {part} labels from {low} to {high}."
                )

    @property
    def num_classes(self):
        return len(self.class_names)

    @property
    def image_shape(self):
        return tuple(self.train.images.shape[1:])

    def __repr__(self):
        size = "x".join(str(s) for s in self.image_shape)
        return (
            f"<Task {self.name!r}: {self.num_classes} classes, {size} pixels, "
            f"{len(self.train)} train / {len(self.validation)} validation / {len(self.test)} test>"
        )

    def for_backbone(self, backbone):
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
        shape = backbone.input_shape
        if not isinstance(shape, tuple) or len(shape) != 4 or shape[-1] not in (1, 3):
            raise ValueError(
                "A task fits a backbone with one image input of shape (None, height, width, 1 or 3). "
                f"Received: a model with input shape {shape}."
            )
        return self.with_images(tuple(want or have for want, have in zip(shape[1:], self.image_shape, strict=True)))

    def with_images(self, shape):
        """Returns the task with its images of a shape `(height, width, channels)`; see `for_backbone`."""
        height, width, channels = shape
        shapes = {tuple(split.images.shape[1:]) for split in (self.train, self.validation, self.test)}
        if shapes == {(height, width, channels)}:
            return self
        parts = {
            part: dataclasses.replace(
                getattr(self, part), images=fit_images(getattr(self, part).images, (height, width), channels)
            )
            for part in ("train", "validation", "test")
        }
        return dataclasses.replace(self, **parts)


def fit_images(images, size, channels):
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
    if hasattr(images, "fit_images"):
        return images.fit_images(size, channels)
    if len(images) * 4 * size[0] * size[1] * channels > _AT_ONCE:
        return _Fitted(images, tuple(size), channels)
    images = np.asarray(images)
    if images.shape[-1] == 3 and channels == 1:
        images = images.astype("float32") @ np.array([[0.299], [0.587], [0.114]], "float32")
    if tuple(images.shape[1:3]) != tuple(size):
        height, width = images.shape[1:3]
        scale = min(height / size[0], width / size[1])
        keep_h, keep_w = round(size[0] * scale), round(size[1] * scale)
        top, left = (height - keep_h) // 2, (width - keep_w) // 2
        images = images[:, top : top + keep_h, left : left + keep_w]
        shrinks = scale > 1
        with keras.device("cpu"):
            chunks = [
                np.asarray(
                    keras.ops.convert_to_numpy(
                        keras.ops.image.resize(
                            images[i : i + 1024].astype("float32"),
                            size,
                            interpolation="bilinear",
                            antialias=shrinks,
                            data_format="channels_last",
                        )
                    )
                )
                for i in range(0, len(images), 1024)
            ]
        images = np.clip(np.concatenate(chunks), 0, 255)
    if images.shape[-1] == 1 and channels == 3:
        images = np.repeat(images, 3, axis=-1)
    return images.astype("float32")


class _Fitted:
    """Images that are fitted when they are asked for."""

    def __init__(self, images, size, channels):
        self.images, self.size, self.channels = images, size, channels
        self.shape = (len(images), *size, channels)

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        return fit_images(np.asarray(self.images[index]), self.size, self.channels)


def draw_labels(labels, labels_per_class, seed):
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
    whole = isinstance(labels_per_class, (int, np.integer)) and not isinstance(labels_per_class, bool)
    if not whole or labels_per_class < 1:
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
    chosen = [order[labels[order] == c][: int(labels_per_class)] for c in classes]
    return np.sort(np.concatenate(chosen))


def check_pixels(images, what="images"):
    """Raises a ValueError or TypeError unless images are numbers that can be pixels from 0 to 255.

    Of a folder only the first images are looked at, since it decodes to pixels by itself.
    """
    if not hasattr(images, "shape"):
        raise TypeError(f"{what} are one array (n, height, width, channels). Received: {type(images).__name__}.")
    sample = images if isinstance(images, np.ndarray) else np.asarray(images[np.arange(min(8, len(images)))])
    if sample.ndim != 4 or sample.shape[3] not in (1, 3):
        raise ValueError(
            f"{what} have the shape (n, height, width, channels), 1 or 3 channels. Received: shape {sample.shape}."
        )
    if not len(sample):
        raise ValueError(f"{what} are at least one. Received: an empty array, shape {sample.shape}.")
    if sample.dtype.kind not in "uif":
        raise TypeError(f"{what} are numbers, uint8 or float32. Received: dtype {sample.dtype}.")
    low, high = float(sample.min()), float(sample.max())
    if not (np.isfinite(low) and np.isfinite(high)):
        raise ValueError(f"{what} contain NaN or infinity. Mend or leave out these images.")
    if sample.dtype.kind == "f" and high <= 1:
        raise ValueError(
            f"{what} have pixels from 0 to 255; the backbone scales them itself. Received: floats from {low:g} to "
            f"{high:g}. {'Add 1 and multiply by 127.5' if low < 0 else 'Multiply by 255'}."
        )
    if low < 0 or high > 255:
        raise ValueError(f"{what} have pixels from 0 to 255. Received: values from {low:g} to {high:g}.")
