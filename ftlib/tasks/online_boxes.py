"""Photos with boxes: blood cells (BCCD), which are downloaded once and kept, and licence plates on cars."""

from __future__ import annotations

import dataclasses
import functools
import io
import json
import os
import pathlib
import re
import xml.etree.ElementTree as ElementTree
import zipfile
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import keras
import numpy as np

from ftlib.errors import find_name, is_whole_number
from ftlib.models.arrays import size_pair
from ftlib.objectives.boxes import resize_boxes, stack_targets
from ftlib.objectives.detection import Detection
from ftlib.objectives.placement import middle_crop
from ftlib.tasks.online import fetch, keras_home
from ftlib.tasks.parts import PARTS
from ftlib.tasks.split import Split
from ftlib.tasks.task import Task

SPLITS = ("video", "random")
_CELL_NAMES = {"RBC": 0, "WBC": 1, "Platelets": 2}
_CELLS_ADDRESS = "https://github.com/Shenggan/BCCD_Dataset/archive/refs/heads/master.zip"
_CELL_PHOTOS = 364
_CELL_SIZE = (240, 320)  # half of the photos': a platelet is still 20 pixels wide
_SMALLEST_CELL = 8  # pixels of a side, in photos of 640 by 480: what is smaller is a slip of the annotator's hand
_CELL_COUNTS = {"validation": 60, "test": 120}
_PLATE_ARCHIVE = "plates.zip"
_LEARNT_VIDEO = "dayride_type1_001"
_PLATE_COUNTS = {"train": 100, "validation": 21}
_MIN_VISIBILITY = 0.25  # of a box at the edge of a photo that is cropped
_SPLIT_SEED = 2026


@dataclasses.dataclass(frozen=True)
class BoxedSet:
    """A public set of photos with boxes: `name` as a task, and what a `Task` says of its classes and terms."""

    name: str
    class_names: tuple[str, ...]
    source: str
    licence: str


BLOOD_CELLS = BoxedSet(
    name="blood_cells",
    class_names=("red cell", "white cell", "platelet"),
    source="BCCD, Blood Cell Count and Detection (github.com/Shenggan/BCCD_Dataset).",
    licence="MIT",
)
LICENCE_PLATES = BoxedSet(
    name="licence_plates",
    class_names=("plate",),
    source="A part of RobertLucian/license-plate-dataset (github.com), frames of drives, made smaller.",
    licence="MIT",
)


class BoxedPhoto(NamedTuple):
    """A photo as its file has it, `(height, width, 3)` after decoding, and its boxes `(k, 5)` with class indices."""

    name: str
    content: bytes
    boxes: np.ndarray


def blood_cells(
    labels_per_class: int | None = None,
    seed: int = 0,
    image_size: int | Sequence[int] = _CELL_SIZE,
    archive: str | os.PathLike | None = None,
) -> Task:
    """Returns the task "blood_cells": red cells, white cells and platelets in 364 photos of blood (BCCD, 9 MB).

    Validation is 60 photos and test is 120, always the same ones; training photos are drawn from the other 184.
    Boxes with less than 8 pixels on a side are left out.

    Args:
        labels_per_class: How many photos of training, whatever is in them; None takes all.
        seed: Which photos are drawn.
        image_size: Height and width in pixels, an integer or a pair; default half of the photos' own.
        archive: A zip file of photos and annotations. Default None: `bccd.zip` in the folder that the environment
            variable FTLIB_REAL names, else what is downloaded.

    Returns:
        A `Task` with the objective `Detection`.

    Raises:
        ConnectionError: If the set is neither on this machine nor could be downloaded; it says what to do.

    Example:
    >>> ft.load_task("blood_cells", 20)  # doctest: +SKIP
    <Task 'blood_cells': detection, 240x320x3 pixels, 20 train / 60 validation / 120 test>
    """
    path = pathlib.Path(archive) if archive is not None else _real_file("bccd.zip") or _download_cells()
    photos, left_out = read_cells(path)
    order = np.random.default_rng(_SPLIT_SEED).permutation(len(photos))
    validation_end = _CELL_COUNTS["validation"]
    test_end = validation_end + _CELL_COUNTS["test"]
    rows = {"train": order[test_end:], "validation": order[:validation_end], "test": order[validation_end:test_end]}
    notes = (f"{left_out} boxes of less than {_SMALLEST_CELL} pixels on a side were left out.",) if left_out else ()
    task = _detection_task(BLOOD_CELLS, photos, rows, labels_per_class, seed, size_pair(image_size))
    return dataclasses.replace(task, notes=notes)


def licence_plates(
    labels_per_class: int | None = None,
    seed: int = 0,
    split: str = "video",
    image_size: int | Sequence[int] = (270, 480),
    archive: str | os.PathLike | None = None,
) -> Task:
    """Returns the task "licence_plates": the plates of cars in 160 photos out of four videos of drives.

    The photos of a video are much alike: the same car a second later is no new example. So the test is the 39 photos of
    three videos, by day and by night, that nothing is learnt from; training photos are drawn from 100 of the fourth,
    and the 21 that come last in it are the validation. `split="random"` deals out the same 160 photos without looking
    at the videos, as many to each part: its test promises what no other drive will keep. `groups` names the video.

    Args:
        labels_per_class: How many photos of training; None takes all 100.
        seed: Which photos are drawn.
        split: `"video"` (default) or `"random"`.
        image_size: Height and width in pixels, an integer or a pair; default the photos' own.
        archive: A zip file with pictures and, beside each, a `.json` file with its `boxes`. Default None: `plates.zip`
            in the folder that the environment variable FTLIB_REAL names, else in `datasets` where Keras keeps data.

    Returns:
        A `Task` with the objective `Detection`.

    Raises:
        FileNotFoundError: If the archive is not on this machine; it says where the photos come from.

    Example:
    >>> ft.load_task("licence_plates", 20)  # doctest: +SKIP
    <Task 'licence_plates': detection, 270x480x3 pixels, 20 train / 21 validation / 39 test>
    """
    photos = read_plates(_plates_path(archive))
    rows = _split_plates(photos, find_name("split", split, SPLITS))
    return _detection_task(LICENCE_PLATES, photos, rows, labels_per_class, seed, size_pair(image_size), video_of)


ONLINE_BOXES: dict[str, Callable[..., Task]] = {"blood_cells": blood_cells}
# Whose photos have no address of their own: a copy has to be put into place.
COPIED_BOXES: dict[str, Callable[..., Task]] = {"licence_plates": licence_plates}


def read_voc_boxes(text: str | bytes) -> Iterator[tuple[str, tuple[int, int, int, int]]]:
    """Yields `(class name, (left, top, right, bottom))` of an annotation in the format of Pascal VOC."""
    for item in ElementTree.fromstring(text).iter("object"):
        box = item.find("bndbox")
        if box is None:
            raise ValueError("An <object> of a VOC annotation has a <bndbox>. Received: one without.")
        left, top, right, bottom = (round(float(box.findtext(side, ""))) for side in ("xmin", "ymin", "xmax", "ymax"))
        yield item.findtext("name", ""), (left, top, right, bottom)


@functools.lru_cache(maxsize=1)
def read_cells(path: pathlib.Path) -> tuple[list[BoxedPhoto], int]:
    """Returns the photos of BCCD in the order of their names, and how many boxes were too small."""
    photos, left_out = [], 0
    with zipfile.ZipFile(path) as file:
        pictures = {pathlib.PurePosixPath(name).stem: name for name in file.namelist() if name.endswith(".jpg")}
        for annotation in sorted(name for name in file.namelist() if name.endswith(".xml")):
            stem = pathlib.PurePosixPath(annotation).stem
            boxes = []
            for class_name, box in read_voc_boxes(file.read(annotation)):
                if min(box[2] - box[0], box[3] - box[1]) < _SMALLEST_CELL:
                    left_out += 1
                else:
                    boxes.append((*box, _CELL_NAMES[class_name]))
            photos.append(BoxedPhoto(stem, file.read(pictures[stem]), np.array(boxes, "float32").reshape(-1, 5)))
    return photos, left_out


@functools.lru_cache(maxsize=1)
def read_plates(path: pathlib.Path) -> list[BoxedPhoto]:
    """Returns the photos of an archive with their plates, in the order of videos and seconds."""
    photos = []
    with zipfile.ZipFile(path) as file:
        for name in file.namelist():
            if not name.endswith(".json"):
                continue
            boxes = np.array(json.loads(file.read(name))["boxes"], "float32").reshape(-1, 4)
            stem = name.removesuffix(".json")
            labelled = np.column_stack([boxes, np.zeros(len(boxes), "float32")])
            photos.append(BoxedPhoto(pathlib.PurePosixPath(stem).name, file.read(f"{stem}.jpg"), labelled))
    return sorted(photos, key=lambda photo: (video_of(photo.name), second_of(photo.name)))


def video_of(name: str) -> str:
    """Returns the video that a photo is a frame of.

    Example:
    >>> video_of("dayride_type1_001.mp4#t=1055")
    'dayride_type1_001'
    """
    return name.partition("#")[0].removesuffix(".mp4")


def second_of(name: str) -> int:
    """Returns the second of its video at which a photo was taken."""
    time_in_name = re.search(r"t=(\d+)", name)
    return int(time_in_name.group(1)) if time_in_name else 0


def _split_plates(photos: Sequence[BoxedPhoto], split: str) -> dict[str, np.ndarray]:
    """Returns the indices of the photos of each part."""
    is_learnt = np.array([video_of(photo.name) == _LEARNT_VIDEO for photo in photos])
    train_count = _PLATE_COUNTS["train"]
    validation_end = train_count + _PLATE_COUNTS["validation"]
    if split == "random":
        order = np.random.default_rng(_SPLIT_SEED).permutation(len(photos))
    else:
        order = np.concatenate([np.flatnonzero(is_learnt), np.flatnonzero(~is_learnt)])
        validation_end = int(is_learnt.sum())
        train_count = validation_end - _PLATE_COUNTS["validation"]
    return {
        "train": order[:train_count],
        "validation": order[train_count:validation_end],
        "test": order[validation_end:],
    }


def _detection_task(
    boxed_set: BoxedSet,
    photos: Sequence[BoxedPhoto],
    rows: dict[str, np.ndarray],
    photo_count: int | None,
    seed: int,
    size: tuple[int, int],
    name_group: Callable[[str], str] | None = None,
) -> Task:
    """Returns a task of photos.

    Args:
        boxed_set: What they are.
        photos: All of them.
        rows: Which of them each part has; for training the pool that is drawn from.
        photo_count: How many are drawn; None takes the pool.
        seed: Draws them. For one seed, few photos are a part of many.
        size: `(height, width)` in pixels.
        name_group: Returns the group of a photo from its name. Default None: there are no groups.
    """
    pool = rows["train"]
    if photo_count is not None:
        if not is_whole_number(photo_count) or not 1 <= photo_count <= len(pool):
            raise ValueError(f"There are {len(pool)} photos to learn from. Received: labels_per_class={photo_count!r}.")
        rows = {**rows, "train": np.sort(np.random.default_rng(seed).permutation(pool)[:photo_count])}
    splits = {}
    for part in PARTS:
        part_photos = [photos[row] for row in rows[part]]
        images, targets = zip(*(_decode(photo, size) for photo in part_photos), strict=True)
        names = [photo.name for photo in part_photos]
        groups = None if name_group is None else [name_group(name) for name in names]
        splits[part] = Split(np.stack(images), stack_targets(targets), names, groups)
    return Task(
        boxed_set.name,
        **splits,
        class_names=boxed_set.class_names,
        source=boxed_set.source,
        licence=boxed_set.licence,
        mirror=True,
        objective=Detection(),
    )


def _decode(photo, size):
    """Returns the middle of a photo at a size, `uint8`, and its boxes there."""
    from PIL import Image

    with Image.open(io.BytesIO(photo.content)) as picture:
        own_size = picture.height, picture.width
        crop = middle_crop(own_size, size)
        part = (crop.left, crop.top, crop.left + crop.width, crop.top + crop.height)
        image = picture.convert("RGB").resize((size[1], size[0]), Image.Resampling.BILINEAR, box=part)
    return np.asarray(image), resize_boxes(photo.boxes, own_size, size, _MIN_VISIBILITY)


def _real_file(name: str) -> pathlib.Path | None:
    """Returns a file in the folder that FTLIB_REAL names, None where it is not there."""
    folder = os.environ.get("FTLIB_REAL")
    path = pathlib.Path(folder, name) if folder else None
    return path if path is not None and path.is_file() else None


def _download_cells() -> pathlib.Path:
    name = "bccd.zip"

    def download() -> pathlib.Path:
        path = keras_home() / "datasets" / name
        if not path.is_file():
            archive_path = keras.utils.get_file(name, origin=_CELLS_ADDRESS, cache_dir=str(keras_home()))
            path = pathlib.Path(archive_path)
        with zipfile.ZipFile(path) as file:
            count = sum(entry.endswith(".xml") for entry in file.namelist())
        if count != _CELL_PHOTOS:
            raise OSError(f"{path} holds {count} annotated photos in place of {_CELL_PHOTOS}")
        return path

    return fetch("blood_cells", download, _CELLS_ADDRESS, "datasets", [name])


def _plates_path(archive):
    path = _real_file(_PLATE_ARCHIVE) or keras_home() / "datasets" / _PLATE_ARCHIVE
    if archive is not None:
        path = pathlib.Path(archive)
    if not path.is_file():
        raise FileNotFoundError(
            f"No photos of plates at {path}. They are a part of github.com/RobertLucian/license-plate-dataset (MIT), "
            f"made smaller: put {_PLATE_ARCHIVE}, with pictures and a .json file of boxes beside each, there, or into "
            'the folder that FTLIB_REAL names. Drawn plates need no file: ft.load_task("streets").'
        )
    return path
