"""A task from pictures of one's own with boxes around objects."""

import dataclasses
import os
from collections.abc import Sequence
from typing import cast

import numpy as np

from ftlib.errors import is_whole_number
from ftlib.files import find_path
from ftlib.objectives.detection import Detection
from ftlib.tasks.box_files.check import DEFAULT_SIZE, BoxReport
from ftlib.tasks.box_files.inspection import inspect_boxes
from ftlib.tasks.folder.decode import DEFAULT_CACHE_BYTES
from ftlib.tasks.folder.load import make_task
from ftlib.tasks.folder.picture_file import PictureFile
from ftlib.tasks.inputs import require_image_size
from ftlib.tasks.task import Task


def load_boxes(  # noqa: PLR0913 - options with defaults
    path: str | os.PathLike,
    pictures: int | None = None,
    seed: int = 0,
    image_size: int | tuple[int, int] = DEFAULT_SIZE,
    box_format: str | None = None,
    group_pattern: str | None = None,
    near: bool = True,
    stride: int = 8,
    mirror: bool | None = None,
    cache_bytes: int = DEFAULT_CACHE_BYTES,
    cache_dir: str | os.PathLike | None = None,
) -> Task:
    """Returns a task of boxes from a folder of pictures with annotations: COCO json, Pascal VOC xml or YOLO txt.

    The splits are those of the folder. What is missing of them is drawn: 20 % of the pictures with each class for test
    and for validation, by a hash of the paths, the same on every machine and for every `seed`. What is of one group, or
    nearly the same, goes to one split. Pictures are shown whole: where their shape is not that of the images, grey bars
    fill the rest, and no box is cut off.

    Args:
        path: The folder; see `check_boxes` for how it is arranged.
        pictures: How many training pictures are drawn; for one seed, fewer are a part of more. Default None: all.
        seed: Which training pictures are drawn.
        image_size: `(height, width)` in pixels, or one number for both. Default 224; see `load_folder`.
        box_format, group_pattern: As for `check_boxes`.
        near: Whether pictures that are nearly the same, such as frames of one film, are kept in one split.
        stride: As for `Detection`.
        mirror: Whether a mirrored picture keeps its classes. Default None: yes, unless two are called left and right.
        cache_bytes, cache_dir: As for `load_folder`.

    Returns:
        A `Task` with the objective `Detection`, whose targets are boxes in pixels of its images.

    Raises:
        FileNotFoundError, NotADirectoryError: If `path` is not a folder.
        ValueError: As `check_boxes`; for boxes outside of their pictures or of unknown classes; for a class in too few
            pictures; for more pictures than there are.

    Example:
    >>> task = load_boxes("cars", pictures=60, image_size=224)  # doctest: +SKIP
    >>> task.train.targets[0]  # doctest: +SKIP
    array([[ 94.1,  96.2, 120.4, 104.9,   0. ]], dtype=float32)
    """
    size = require_image_size(image_size)
    Detection(stride=stride)  # raises for another stride, before any picture is opened
    _require_count(pictures)
    findings = inspect_boxes(find_path(path), near, box_format, size, group_pattern)
    findings.require()
    report = cast(BoxReport, findings.report)
    part_files = cast("dict[str, Sequence[PictureFile]]", dict(findings.files_by_split))
    part_files["train"] = _draw_pictures(part_files["train"], pictures, seed)
    task = make_task(report, part_files, findings.drawn, size, cache_bytes, mirror, cache_dir)
    return dataclasses.replace(task, objective=Detection(stride=stride))


def _require_count(pictures: int | None) -> None:
    if pictures is not None and (not is_whole_number(pictures) or pictures < 1):
        raise ValueError(
            f"`pictures` is a whole number of at least 1, or None for all. Received: pictures={pictures!r}."
        )


def _draw_pictures(files: Sequence[PictureFile], pictures: int | None, seed: int) -> list[PictureFile]:
    """Returns the training pictures that are drawn, in their order, or all of them."""
    if pictures is None:
        return list(files)
    if pictures > len(files):
        raise ValueError(f"pictures={pictures} asks for more than the {len(files)} that there are to train on.")
    order = np.random.default_rng(seed).permutation(len(files))
    return [files[index] for index in sorted(order[:pictures].tolist())]
