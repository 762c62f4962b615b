"""A task from your own pictures: a folder with one folder per class."""

import hashlib
import operator
import pathlib

import numpy as np

from ftlib.tasks.base import Split, Task, draw_labels
from ftlib.tasks.folder_check import check_folder
from ftlib.tasks.folder_layout import list_folder
from ftlib.tasks.photos import FolderImages

SHARE = 0.2  # of every class, for a validation or test split that the folder does not have
LICENCE = "Not known to ftlib: whoever collected the pictures can say."


def load(path, labels_per_class=None, seed=0, image_size=(224, 224), cache_bytes=2**30, mirror=True):
    """Returns a task from a folder of class folders.

    Where the folder has `train`, `validation` (or `val`, `valid`) and `test`, they are used as they are. A
    missing test split is 20 % of every class of the rest, and a missing validation split 20 % as well (both
    counted before either is taken, at least one picture). Which pictures go there follows from a hash of
    their paths inside the folder: it is the same on every machine and for every `seed`.

    Pictures are decoded when they are asked for, at `image_size` or at the size of the backbone once
    `task.for_backbone(backbone)` has been called, as `fit` does. Files that cannot be used are left out and
    named in `task.notes`; `check_folder(path)` tells more. No picture is in two splits, nor twice in one.

    Args:
        path: The folder, as `str` or `pathlib.Path`.
        labels_per_class: Training pictures per class; None takes all. Validation and test never change.
        seed: Which training pictures are drawn.
        image_size: `(height, width)` in pixels, or one number for both. The default is what most ImageNet
            backbones take. Pictures keep their middle at that aspect ratio.
        cache_bytes: Memory for decoded pictures, for the three splits together. Default 1 GiB.
        mirror: Whether a mirrored picture keeps its label, so that augmentation may flip it. Default True, as for
            most photos; say False for writing, road signs or left and right hands.

    Returns:
        A `Task` whose images are `FolderImages`, and ids that are paths inside the
        folder.

    Raises:
        FileNotFoundError, NotADirectoryError: If `path` is not a folder.
        ValueError: If the folder is not arranged by class, has a class with too few usable pictures, a class
            for test or validation that is not trained, or an argument makes no sense.

    Example:
    >>> from ftlib.tasks import folder
    >>> task = folder.load("photos", labels_per_class=20, image_size=96)  # doctest: +SKIP
    >>> task.train.images[:8].shape  # doctest: +SKIP
    (8, 96, 96, 3)
    """
    size = _image_size(image_size)
    path = pathlib.Path(path).expanduser()
    files, class_names, _ = list_folder(path)
    # Decoding may take minutes, so what can be known from the names alone is refused before it.
    early, _ = _divide(path, files, class_names, "")
    draw_labels(_labels(early["train"], class_names), labels_per_class, seed)

    report = check_folder(path)
    lost = len(files) - len(report.files)
    left_out = f" {lost} files were left out: check_folder({str(path)!r}) names them." if lost else ""
    parts, drawn = _divide(path, report.files, class_names, left_out)
    chosen = draw_labels(_labels(parts["train"], class_names), labels_per_class, seed)
    parts["train"] = [parts["train"][i] for i in chosen]
    how = f"; {SHARE:.0%} of each class drawn for {' and for '.join(drawn)}" if drawn else ""
    total = sum(len(part) for part in parts.values())
    splits = {
        part: Split(
            images=FolderImages([file[3] for file in chosen], size, 3, cache_bytes * len(chosen) // total),
            labels=_labels(chosen, class_names),
            ids=np.array([file[0] for file in chosen]),
        )
        for part, chosen in parts.items()
    }
    return Task(
        name=path.resolve().name,
        **splits,
        class_names=class_names,
        source=f"The folder {path.resolve().name!r}: {len(report.files)} usable pictures{how}.",
        licence=LICENCE,
        mirror=mirror,
        notes=tuple(report.lines() + _gaps(splits, class_names)),
    )


def _divide(path, files, class_names, left_out):
    """Returns `({"train": files, "validation": files, "test": files}, the parts that were drawn here)`."""
    parts = {"train": [], "validation": [], "test": []}
    for file in files:
        parts["train" if file[1] == "all" else file[1]].append(file)
    wanted = [part for part in ("test", "validation") if not parts[part]]
    pool, parts["train"] = parts["train"], []
    for name in class_names:
        # A hash, and not the sorted names: names often number the scenes in which the pictures were taken.
        own = sorted((f for f in pool if f[2] == name), key=lambda file: hashlib.sha256(file[0].encode()).digest())
        if len(own) <= len(wanted):
            why = "".join(f", one for {part}" for part in wanted)
            raise ValueError(
                f"Class {name!r} of {str(path)!r} needs at least {len(wanted) + 1} pictures "
                f"(one to train on{why}). Received: {len(own)} usable.{left_out}"
            )
        each = max(1, round(SHARE * len(own)))
        for part in wanted:
            parts[part] += own[:each]
            own = own[each:]
        parts["train"] += own
    return {part: sorted(chosen) for part, chosen in parts.items()}, wanted


def _labels(files, class_names):
    return np.array([class_names.index(file[2]) for file in files], "int64")


def _gaps(splits, class_names):
    """Says which classes a split that came with the folder does not cover."""
    lines = []
    for part in ("validation", "test"):
        missing = [name for i, name in enumerate(class_names) if i not in splits[part].labels]
        if missing:
            lines.append(f"No {part} pictures of: {', '.join(missing)}")
    return lines


def _image_size(image_size):
    try:
        pair = image_size if isinstance(image_size, (tuple, list)) else (image_size, image_size)
        height, width = (operator.index(number) for number in pair)
        if isinstance(image_size, bool) or not (8 <= height <= 4096 and 8 <= width <= 4096):
            raise ValueError
    except (TypeError, ValueError):
        raise ValueError(
            "image_size is (height, width) in pixels, whole numbers from 8 to 4096, or one number for both. "
            f"Received: image_size={image_size!r}."
        ) from None
    return height, width
