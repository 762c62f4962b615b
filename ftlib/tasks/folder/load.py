"""A task from your own pictures: a folder with one folder per class, or a CSV file that lists them."""

import os
import pathlib
from collections.abc import Mapping, Sequence

import numpy as np

from ftlib.files import find_path
from ftlib.tasks.folder.check import FolderReport, check_folder
from ftlib.tasks.folder.class_names import find_mirror_pairs
from ftlib.tasks.folder.data_report import DataReport
from ftlib.tasks.folder.decode import DEFAULT_CACHE_BYTES, FolderImages
from ftlib.tasks.folder.picture_file import PictureFile, group_by_id
from ftlib.tasks.folder.splitting import DRAWN_SHARE, describe_gaps, split_files
from ftlib.tasks.folder.table import list_pictures
from ftlib.tasks.folder.target_objectives import make_objective
from ftlib.tasks.folder.targets import CLASS_TARGET, Target, make_target, suggest_target
from ftlib.tasks.folder.whole_images import WholeImages
from ftlib.tasks.inputs import require_image_size
from ftlib.tasks.split import Split
from ftlib.tasks.task import Task, draw_labels
from ftlib.text import format_count

LICENCE = "Not known to ftlib: whoever collected the pictures can say."


def load_folder(  # noqa: PLR0913 - options with defaults
    path: str | os.PathLike,
    labels_per_class: int | None = None,
    seed: int = 0,
    image_size: int | tuple[int, int] = (224, 224),
    cache_bytes: int = DEFAULT_CACHE_BYTES,
    cache_dir: str | os.PathLike | None = None,
    mirror: bool | None = None,
    target: str | Target | None = None,
    label_columns: Sequence[str] = (),
) -> Task:
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
        cache_dir: Folder for that file, where the next process finds the decoded pictures. Default None: it is removed
            when this process ends.
        mirror: Whether a mirrored picture keeps its label, so that augmentation may flip it. Default None: yes, as for
            most photos, unless two classes are called left and right; use False for writing or road signs.
        target, label_columns: What the labels of a CSV file say, and in which columns; see `check_folder`. With
            `"multilabel"` the task has the objective `MultiLabel`, with `"regression"` `Regression`.

    Returns:
        A `Task` whose images are `FolderImages`, and ids that are paths inside the
        folder.

    Raises:
        FileNotFoundError, NotADirectoryError: If `path` is not a folder.
        ValueError: If the folder is not arranged by class, has a class with too few usable pictures, a class
            for test or validation that is not trained, or an argument makes no sense.

    Example:
    >>> task = load_folder("photos", labels_per_class=20, image_size=96)  # doctest: +SKIP
    >>> task.train.images[:8].shape  # doctest: +SKIP
    (8, 96, 96, 3)
    """
    height_and_width = require_image_size(image_size)
    path = find_path(path)
    known_target = make_target(target, label_columns)
    _refuse_early(path, labels_per_class, seed, known_target)

    report = check_folder(path, target=known_target)
    part_files, drawn_parts = split_files(
        path, report.files, report.class_names, report.groups, _describe_left_out(report), known_target
    )
    part_files["train"] = _draw_files(part_files["train"], report.class_names, labels_per_class, seed, known_target)
    return make_task(report, part_files, drawn_parts, height_and_width, cache_bytes, mirror, cache_dir)


def _refuse_early(path: pathlib.Path, labels_per_class: int | None, seed: int, target: Target) -> None:
    """Raises whatever can be known from the names alone, since decoding may take minutes."""
    listing = list_pictures(path, target=target)
    groups = group_by_id(listing.files)
    try:
        part_files, _ = split_files(path, listing.files, listing.class_names, groups, target=target)
    except ValueError as error:
        is_table = target == CLASS_TARGET and path.is_file()
        hint = suggest_target([file.class_name for file in listing.files]) if is_table else ""
        if not hint:
            raise
        raise ValueError(f"{error} {hint}") from error
    _draw_files(part_files["train"], listing.class_names, labels_per_class, seed, target)


def _draw_files(
    files: list[PictureFile], class_names: Sequence[str], labels_per_class: int | None, seed: int, target: Target
) -> list[PictureFile]:
    """Returns the training pictures that are drawn, or all of them."""
    if labels_per_class is None:
        return files
    if target.noun != "class":
        raise ValueError(
            f"`labels_per_class` is for pictures with one class each. Received: labels_per_class={labels_per_class!r} "
            f"for the target {target.name}. Leave it out."
        )
    return [files[i] for i in draw_labels(target.encode(_labels_of(files), class_names), labels_per_class, seed)]


def _labels_of(files: Sequence[PictureFile]) -> list[str]:
    return [file.class_name for file in files]


def make_task(
    report: FolderReport,
    part_files: Mapping[str, Sequence[PictureFile]],
    drawn_parts: Sequence[str],
    size: tuple[int, int],
    cache_bytes: int,
    mirror: bool | None,
    cache_dir: str | os.PathLike | None,
) -> Task:
    """Returns the task of checked pictures that are divided into parts.

    Args:
        report: The `FolderReport` of all pictures.
        part_files, drawn_parts: As from `split_files`.
        size: `(height, width)` in pixels.
        cache_bytes, mirror, cache_dir: As for `load_folder`.
    """
    target = report.target
    with_groups = bool(report.groups)
    splits = make_splits(part_files, report.class_names, size, cache_bytes, cache_dir, with_groups, target)
    return Task(
        name=name_of_data(report),
        train=splits["train"],
        validation=splits["validation"],
        test=splits["test"],
        class_names=target.class_names(report.class_names),
        source=describe_source(report, drawn_parts),
        licence=LICENCE,
        mirror=not find_mirror_pairs(report.class_names) if mirror is None else mirror,
        notes=tuple(report.lines() + describe_gaps(part_files, report.class_names, target)),
        objective=make_objective(target, report.class_names),
    )


def name_of_data(report: DataReport) -> str:
    """Returns what a task of checked data is called: as its folder, or as its CSV file without the ending."""
    location = report.path.resolve()
    return location.stem if report.path.is_file() else location.name


def describe_source(report: DataReport, drawn_parts: Sequence[str]) -> str:
    """Returns a sentence on where checked data come from, and which parts were drawn here."""
    kind = "CSV file" if report.path.is_file() else "folder"
    drawn_text = ""
    if drawn_parts:
        drawn_text = f"; {DRAWN_SHARE:.0%} of each {report.target.noun} drawn for {' and for '.join(drawn_parts)}"
    return f"The {kind} {report.path.resolve().name!r}: {len(report.files)} usable {report.noun}s{drawn_text}."


def make_splits(
    part_files: Mapping[str, Sequence[PictureFile]],
    class_names: Sequence[str],
    size: tuple[int, int],
    cache_bytes: int = DEFAULT_CACHE_BYTES,
    cache_dir: str | os.PathLike | None = None,
    with_groups: bool | None = None,
    target: Target = CLASS_TARGET,
) -> dict[str, Split]:
    """Returns the `Split`s of pictures that are divided into parts.

    Args:
        part_files: `{part: picture files}`.
        class_names: The classes, in the order of the label indices.
        size: `(height, width)` of the images in pixels.
        cache_bytes, cache_dir: As for `load_folder`.
        with_groups: Whether the splits have `groups`. Default None: if any of the pictures has one.
        target: What the labels say.
    """
    file_count = sum(len(files) for files in part_files.values())
    if with_groups is None:
        with_groups = any(file.group for files in part_files.values() for file in files)
    splits = {}
    for part, files in part_files.items():
        cache_share = cache_bytes * len(files) // max(file_count, 1)
        targets = target.encode(_labels_of(files), class_names)
        splits[part] = make_split(
            files, targets, size, cache_share, cache_dir, with_groups, keeps_whole=target.keeps_whole
        )
    return splits


def make_split(  # noqa: PLR0913 - options with defaults
    files: Sequence[PictureFile],
    targets: np.ndarray,
    size: tuple[int, int],
    cache_bytes: int = DEFAULT_CACHE_BYTES,
    cache_dir: str | os.PathLike | None = None,
    with_groups: bool = False,
    channels: int = 3,
    keeps_whole: bool = False,
) -> Split:
    """Returns the `Split` of some pictures.

    Args:
        files: The pictures.
        targets: What the objective reads, a row for each: class indices `(n,)`.
        size: `(height, width)` of the images in pixels.
        cache_bytes, cache_dir: As for `FolderImages`.
        with_groups: Whether the split has `groups`.
        channels: 3, or 1 for grey.
        keeps_whole: Whether pictures are shown whole between bars, and targets are boxes in pixels of the files, which
            are moved with them. Default False: the middle of each picture.
    """
    make_images = WholeImages if keeps_whole else FolderImages
    images = make_images(
        [file.path for file in files], size, channels, cache_bytes, cache_dir, [file.sha256 for file in files]
    )
    return Split(
        images=images,
        labels=images.place_boxes(targets) if isinstance(images, WholeImages) else targets,
        ids=np.array([file.id for file in files]),
        groups=np.array([file.group for file in files]) if with_groups else None,
    )


def _describe_left_out(report: FolderReport) -> str:
    """Returns a sentence on the pictures that cannot be used; empty if there are none."""
    conflicting = sum(len(group) for group in report.conflicts)
    repeated = sum(len(group) - 1 for group in report.duplicates)
    left_out = len(report.unreadable) + conflicting + repeated
    if not left_out:
        return ""
    return f" {format_count(left_out, 'file')} left out: see check_folder({str(report.path)!r})."
