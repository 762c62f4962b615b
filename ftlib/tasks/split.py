"""A part of a task: inputs with targets and identities."""

import dataclasses
import hashlib
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from ftlib.errors import is_whole_number
from ftlib.tasks.inputs import InputArray, LazyImages


@dataclasses.dataclass(frozen=True, repr=False, init=False)
class Split:
    """Inputs, targets and identities of one part of a task.

    It converts what it is given to arrays that are indexed from 0, in the order of the rows: lists, tensors, and
    columns of a data frame, whose rows may have numbers of their own.

    Args:
        inputs: What goes into the model, `(n, ...)`: for a task of images pixels 0-255 of shape
            `(n, height, width, channels)`, `uint8` or `float32`; for one of text token ids `(n, length)`, integers; for
            one of sound waveforms `(n, samples)`, floats. Anything that an array of integers can index, so a NumPy
            array, a memory map or a folder that decodes when asked; also a list of arrays of one shape.
        targets: What the task's objective reads, `(n, ...)`: class indices `(n,)` for a classification.
        ids: One identity per example, `(n,)`, unique within the task. Two splits that share one are a leak.
        groups: Optional, `(n,)`: what an example belongs to besides its class (a writer, a camera).
        images, labels: Other names of `inputs` and `targets`, for images and their classes; where both are given, these
            count.

    Raises:
        ValueError: For targets, ids or groups that are not as many as the inputs, or are missing; for inputs of several
            shapes.
        TypeError: For inputs that cannot be indexed.

    Example:
    >>> Split(np.zeros((2, 8, 8, 1)), [0, 1], ["a", "b"]).targets
    array([0, 1])
    """

    inputs: InputArray
    targets: np.ndarray
    ids: np.ndarray
    groups: np.ndarray | None = None

    def __init__(
        self, inputs: Any = None, targets: Any = None, ids: Any = None, groups: Any = None, *, images: Any = None,
        labels: Any = None,
    ):  # fmt: skip
        inputs = inputs if images is None else images
        targets = targets if labels is None else labels
        for name, values in (("inputs", inputs), ("targets", targets), ("ids", ids)):
            if values is None:
                raise TypeError(f"A split needs its `{name}`: Split(inputs, targets, ids).")
        columns: dict[str, Any] = {
            "inputs": _require_indexable(inputs),
            "targets": _require_targets(targets),
            "ids": _require_row(ids, "ids"),
        }
        if groups is not None:
            columns["groups"] = _require_row(groups, "groups")
        lengths = {name: len(column) for name, column in columns.items()}
        if len(set(lengths.values())) > 1:
            received = ", ".join(f"{length} {name}" for name, length in lengths.items())
            raise ValueError(f"A split needs as many targets, ids and groups as inputs. Received: {received}.")
        for name, column in {"groups": None, **columns}.items():
            object.__setattr__(self, name, column)

    @property
    def images(self) -> Any:
        """Another name of `inputs`, for a task of images."""
        return self.inputs

    @property
    def labels(self) -> np.ndarray:
        """Another name of `targets`, for a task of classes."""
        return self.targets

    def __len__(self):
        return len(self.targets)

    def __repr__(self):
        return f"<Split of {len(self)} inputs {tuple(self.inputs.shape[1:])}>"

    def digest(self, index: int) -> str:
        """Returns a checksum of one input, the same for the same values (of a folder: for the same file)."""
        input_digest = getattr(self.inputs, "digest", None)
        if input_digest is not None:
            return input_digest(index)
        return hashlib.sha256(np.ascontiguousarray(self.inputs[index]).tobytes()).hexdigest()

    def take(self, indices: Sequence[int] | np.ndarray) -> "Split":
        """Returns the split with only the examples at `indices`, in that order."""
        indices = np.asarray(indices)
        groups = None if self.groups is None else self.groups[indices]
        return Split(self.inputs[indices], self.targets[indices], self.ids[indices], groups)


def _require_row(values: Any, name: str) -> np.ndarray:
    """Returns values as an array `(n,)`, in the order of their rows.

    Raises:
        ValueError: If they are not in one row, or some are missing.
    """
    row = _to_array(values)
    if row.ndim != 1:
        raise ValueError(f"`{name}` have the shape (n,), one for each input. Received: shape {row.shape}.")
    if np.ma.is_masked(values) or _has_missing(row):  # a missing group is no group called nan
        raise ValueError(f"`{name}` are missing for some of the {len(row)} inputs. Fill them in, or leave these out.")
    return row


def _has_missing(row: np.ndarray) -> bool:
    """Returns whether an array has values that stand for none: None, nan, or pandas's NaT."""
    if row.dtype.kind not in "fO":
        return False
    return any(value is None or (np.ndim(value) == 0 and value != value) for value in row.tolist())


def _require_indexable(images: Any) -> InputArray:
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
            "`inputs` are an array, (n, height, width, channels) of images, or what can be indexed like one. Received: "
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


def _require_targets(values: Any) -> np.ndarray:
    """Returns targets as an array `(n, ...)` in the order of their rows; whole numbers in one row as int64.

    Targets of several lengths, such as the boxes of images, are an array `(n,)` of objects.

    Raises:
        ValueError: If some are missing, or there is only one number.
    """
    if isinstance(values, (list, tuple)) and len({np.shape(value) for value in values}) > 1:
        targets = np.empty(len(values), object)
        targets[:] = [np.asarray(value) for value in values]
        return targets

    targets = _to_array(values)
    if targets.ndim == 0:
        raise ValueError(f"`targets` have a row for each input, (n, ...). Received: {values!r}.")
    if np.ma.is_masked(values) or (targets.ndim == 1 and _has_missing(targets)):
        raise ValueError(
            f"`targets` are missing for some of the {len(targets)} inputs. Fill them in, or leave these out."
        )
    if targets.dtype == object and targets.ndim == 1 and all(is_whole_number(target) for target in targets):
        targets = targets.astype("int64")
    if targets.dtype.kind in "iu" and targets.ndim == 1:  # counting pairs of classes in a uint8 would overflow
        return targets.astype("int64", copy=False)
    return targets
