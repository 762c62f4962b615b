"""A task from your own pictures: a folder with one folder per class, or a CSV file that lists them."""

import collections
import hashlib
import operator

import numpy as np

from ftlib.files import find_path
from ftlib.tasks.folder.check import check_folder
from ftlib.tasks.folder.class_names import mirror_pairs
from ftlib.tasks.folder.decode import CACHE, FolderImages
from ftlib.tasks.folder.table import list_pictures
from ftlib.tasks.task import Split, Task, draw_labels

SHARE = 0.2  # of every class, for a validation or test split that the folder does not have
PARTS = ("train", "validation", "test")
LICENCE = "Not known to ftlib: whoever collected the pictures can say."


def load_folder(
    path, labels_per_class=None, seed=0, image_size=(224, 224), cache_bytes=CACHE, cache_dir=None, mirror=None
):
    """Returns a task from a folder of class folders, or from a CSV file that lists pictures.

    Where the folder has `train`, `validation` (or `val`, `valid`) and `test`, they are used as they are. A
    missing test split is 20 % of every class of the rest, and a missing validation split 20 % as well (both
    counted before either is taken, at least one picture). Which pictures go there follows from a hash of
    their paths inside the folder: it is the same on every machine and for every `seed`.

    Pictures are decoded when they are asked for, at `image_size` or at the size of the backbone once
    `task.for_backbone(backbone)` has been called, as `fit` does. Files that cannot be used are left out and
    named in `task.notes`; `check_folder(path)` tells more. No picture is in two splits, nor twice in one.

    Args:
        path: The folder or the `.csv` file, as `str` or `pathlib.Path`; see `check_folder`. What a CSV file
            says to be of one group is never divided between splits, and becomes the splits' `groups`.
        labels_per_class: Training pictures per class; None takes all. Validation and test never change.
        seed: Which training pictures are drawn.
        image_size: `(height, width)` in pixels, or one number for both. The default is what most ImageNet
            backbones take. Pictures keep their middle at that aspect ratio.
        cache_bytes: Memory for decoded pictures, for the three splits together. Default 512 MiB, 3,500 pictures of the
            default size. Where all together take more, each is decoded once into a file that is mapped into memory.
        cache_dir: Folder for that file, where the next process finds what is decoded. Default None: it goes away with
            this process.
        mirror: Whether a mirrored picture keeps its label, so that augmentation may flip it. Default None: yes, as for
            most photos, unless two classes are called left and right; say False for writing or road signs.

    Returns:
        A `Task` whose images are `FolderImages`, and ids that are paths inside the
        folder.

    Raises:
        FileNotFoundError, NotADirectoryError: If `path` is not a folder.
        ValueError: If the folder is not arranged by class, has a class with too few usable pictures, a class
            for test or validation that is not trained, or an argument makes no sense.

    Example:
    >>> from ftlib.tasks import folder
    >>> task = load_folder("photos", labels_per_class=20, image_size=96)  # doctest: +SKIP
    >>> task.train.images[:8].shape  # doctest: +SKIP
    (8, 96, 96, 3)
    """
    _image_size(image_size)
    path = find_path(path)
    files, class_names, _, groups, *_ = list_pictures(path)
    # Decoding may take minutes, so what can be known from the names alone is refused before it.
    early, _ = divide(path, files, class_names, groups)
    draw_labels(_labels(early["train"], class_names), labels_per_class, seed)

    report = check_folder(path)
    parts, drawn = divide(path, report.files, class_names, report.groups, _left_out(report))
    chosen = draw_labels(_labels(parts["train"], class_names), labels_per_class, seed)
    parts["train"] = [parts["train"][i] for i in chosen]
    return make_task(report, parts, drawn, image_size, cache_bytes, mirror, cache_dir)


def make_task(report, parts, drawn=(), image_size=(224, 224), cache_bytes=CACHE, mirror=None, cache_dir=None):
    """Returns the task of checked pictures that are divided into parts.

    Args:
        report: The `FolderReport` of all pictures.
        parts, drawn: As from `divide`.
        image_size, cache_bytes, mirror, cache_dir: As in `load`.
    """
    how = f"; {SHARE:.0%} of each class drawn for {' and for '.join(drawn)}" if drawn else ""
    place = report.path.resolve()
    table = report.path.is_file()
    source = f"The {'CSV file' if table else 'folder'} {place.name!r}: {len(report.files)} usable pictures{how}."
    mirror = not mirror_pairs(report.class_names) if mirror is None else mirror
    splits = make_splits(parts, report.class_names, report.groups, _image_size(image_size), cache_bytes, cache_dir)
    return Task(
        name=place.stem if table else place.name,
        **splits,
        class_names=report.class_names,
        source=source,
        licence=LICENCE,
        mirror=mirror,
        notes=tuple(report.lines() + gaps(parts, report.class_names)),
    )


def make_splits(parts, class_names, groups, size, cache_bytes=CACHE, cache_dir=None):
    """Returns `{part: Split}` of `{part: files}`."""
    total = sum(len(files) for files in parts.values())
    return {
        part: Split(
            images=FolderImages(
                [file[3] for file in files], size, 3, cache_bytes * len(files) // max(total, 1), cache_dir
            ),
            labels=_labels(files, class_names),
            ids=np.array([file[0] for file in files]),
            groups=np.array([groups.get(file[0], "") for file in files]) if groups else None,
        )
        for part, files in parts.items()
    }


def divide(path, files, class_names, together=None, left_out=""):
    """Divides pictures between the splits, and draws those that the folder does not have.

    Args:
        path: The folder, for messages.
        files: The pictures, as in `FolderReport.files`.
        class_names: The classes.
        together: `{id: key}`: pictures with the same key go to the same split. Default None: each by itself.
        left_out: What messages say of pictures that are not among `files`.

    Returns:
        `({"train": files, "validation": files, "test": files}, the parts that were drawn here)`.

    Raises:
        ValueError: If a class has too few pictures, or too few keys, to be in every split.
    """
    parts = {part: [] for part in PARTS}
    for file in files:
        parts["train" if file[1] == "all" else file[1]].append(file)
    drawn = [part for part in ("test", "validation") if not parts[part]]
    short = too_few(parts["train"], class_names, len(drawn) + 1)
    if short:
        why = "".join(f", one for {part}" for part in drawn)
        name, number = next(iter(short.items()))
        others = f" So have {len(short) - 1} other classes." if len(short) > 1 else ""
        raise ValueError(
            f"Class {name!r} of {str(path)!r} needs at least {len(drawn) + 1} pictures "
            f"(one to train on{why}). Received: {number} usable.{others}{left_out}"
        )
    if drawn:
        parts.update(_draw(path, parts["train"], drawn, together or {}))
    return {part: sorted(chosen) for part, chosen in parts.items()}, drawn


def too_few(files, class_names, least):
    """Returns `{class name: number}` of the classes with fewer than `least` pictures among `files`."""
    counts = collections.Counter(file[2] for file in files)
    return {name: counts[name] for name in class_names if counts[name] < least}


def _draw(path, files, drawn, together):
    """Returns `{part: files}` with a share of every class for each part to draw, the rest for training.

    What belongs together is a unit, and goes where at least half of it is wanted.
    """
    units, counts = collections.defaultdict(list), collections.Counter(file[2] for file in files)
    for file in files:
        units[together.get(file[0], file[0])].append(file)
    # A hash, and not the sorted names: names often number the scenes in which the pictures were taken.
    keys = {key: hashlib.sha256(unit[0][0].encode()).digest() for key, unit in units.items()}
    need = {part: {name: max(1, round(SHARE * n)) for name, n in counts.items()} for part in drawn}
    parts, rest = {part: [] for part in drawn}, []
    for key in sorted(units, key=keys.get):
        own = collections.Counter(file[2] for file in units[key])
        wanted = {part: sum(min(n, max(0, need[part][name])) for name, n in own.items()) for part in drawn}
        part = next((part for part in drawn if 2 * wanted[part] >= len(units[key])), None)
        if part is None:
            rest.append(units[key])
            continue
        parts[part] += units[key]
        for name, n in own.items():
            need[part][name] -= n
    _fill(path, parts, rest, counts)
    return {**parts, "train": [file for unit in rest for file in unit]}


def _fill(path, parts, rest, counts):
    """Gives a part that has no picture of a class the smallest unit that training can spare."""
    left = collections.Counter(file[2] for unit in rest for file in unit)
    for part, files in parts.items():
        for name in sorted(counts.keys() - {file[2] for file in files}):
            spare = [u for u in rest if any(f[2] == name for f in u) and all(left[n] > k for n, k in _numbers(u))]
            if not spare:
                raise ValueError(_bound(path, name, part))
            unit = min(spare, key=len)
            rest.remove(unit)
            files += unit
            left.subtract(dict(_numbers(unit)))
    for name in sorted(counts):
        if not left[name]:
            raise ValueError(_bound(path, name, "training"))


def _numbers(unit):
    return collections.Counter(file[2] for file in unit).items()


def _bound(path, name, part):
    return (
        f"Class {name!r} of {str(path)!r} leaves no picture for {part}: too many of its pictures belong together (one "
        "group of the CSV file, or nearly the same picture), and what belongs together is in one split. Add pictures "
        "of other groups, or say the split yourself."
    )


def _labels(files, class_names):
    index = {name: i for i, name in enumerate(class_names)}
    return np.array([index[file[2]] for file in files], "int64")


def gaps(parts, class_names):
    """Says which classes a split that came with the folder does not cover."""
    lines = []
    for part in ("validation", "test"):
        missing = list(too_few(parts[part], class_names, 1))
        if missing:
            more = f" and {len(missing) - 20} more" * (len(missing) > 20)
            lines.append(f"No {part} pictures of: {', '.join(missing[:20])}{more}")
    return lines


def _left_out(report):
    lost = len(report.unreadable) + sum(map(len, report.conflicts)) + sum(len(g) - 1 for g in report.duplicates)
    return f" {lost} files were left out: check_folder({str(report.path)!r}) names them." if lost else ""


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
