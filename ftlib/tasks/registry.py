"""Tasks: registered ones by name, and pictures, texts and sounds of one's own by path."""

import os
import pathlib
from collections.abc import Callable
from typing import Any

import numpy as np

from ftlib.errors import find_name
from ftlib.files import find_path
from ftlib.tasks import (
    digits,
    docstring_questions,
    docstrings,
    faces,
    glyphs,
    korean_commands,
    licences,
    online,
    online_boxes,
    online_sounds,
    online_texts,
    streets,
    textures,
)
from ftlib.tasks.box_files.load import load_boxes
from ftlib.tasks.folder.load import load_folder
from ftlib.tasks.kind_of_data import kind_of_data
from ftlib.tasks.sound_files.load import load_sounds
from ftlib.tasks.task import Task
from ftlib.tasks.text_files.listing import TEXT_COLUMNS
from ftlib.tasks.text_files.load import load_texts

# A new task is a module with a function `load(labels_per_class, seed)`, and a line here.
_OFFLINE_TASKS: dict[str, Callable[..., Task]] = {
    "digits": digits.load,
    "faces": faces.load,
    "glyphs": glyphs.load,
    "textures": textures.load,
    "streets": streets.load,
    "docstrings": docstrings.load,
    "docstring_pages": docstrings.load_pages,
    "docstring_questions": docstring_questions.load,
    "licences": licences.load,
    "korean_commands": korean_commands.load,
}
_OPTIONS_OF_KIND = {
    "pictures": {"image_size", "cache_bytes", "cache_dir", "mirror", "target", "label_columns"},
    "boxes": {
        "image_size", "cache_bytes", "cache_dir", "mirror", "box_format", "group_pattern", "near", "stride", "pictures",
    },
    "texts": {"tokenizer", "length", "label_columns"},
    "sounds": {"seconds", "sample_rate", "by_speaker", "label_columns"},
}  # fmt: skip
_LOADER_OF_KIND: dict[str, Callable[..., Task]] = {"pictures": load_folder, "texts": load_texts, "sounds": load_sounds}
DOWNLOADED_TASKS: dict[str, Callable[..., Task]] = {
    **online.ONLINE,
    **online_texts.ONLINE_TEXTS,
    **online_boxes.ONLINE_BOXES,
    **online_sounds.ONLINE_SOUNDS,
}
COPIED_TASKS: dict[str, Callable[..., Task]] = {**online_boxes.COPIED_BOXES}
_LOADERS: dict[str, Callable[..., Task]] = {**_OFFLINE_TASKS, **DOWNLOADED_TASKS, **COPIED_TASKS}


def list_tasks() -> list[str]:
    """Returns the names that `load_task` knows, those that need no network first.

    Example:
    >>> list_tasks()[:4]
    ['digits', 'faces', 'glyphs', 'textures']
    """
    return list(_LOADERS)


def load_task(name: str | pathlib.PurePath, labels_per_class: int | None = None, seed: int = 0, **options: Any) -> Task:
    """Returns a task: images with labels in three disjoint splits.

    Validation and test never depend on the arguments; `labels_per_class` and `seed` choose training examples only.

    Args:
        name: A registered name (see `list_tasks`), or the path of a folder with one folder of pictures per class: a
            `pathlib.Path`, or a string with a slash, such as `"./flowers"`; or of a CSV file that lists them, such as
            `"./labels.csv"` (see `check_folder`). Or of texts: a CSV file with a column of them, or a folder of class
            folders of .txt files (see `check_texts`). Or of pictures with boxes: a folder with COCO json, Pascal VOC
            xml or YOLO txt (see `check_boxes`). Or of sounds: a folder of class folders of .wav files, or a CSV file
            that lists them (see `check_sounds`).
        labels_per_class: Training examples per class. Default None: all there are.
        seed: Integer that draws them. For one seed, fewer labels are a part of more labels.
        **options: For folders: `image_size`, `mirror`, `cache_bytes` and `cache_dir`; for CSV files also `target`
            (`"multilabel"` or `"regression"`, where a picture has several labels, or numbers) and `label_columns`. For
            texts: `tokenizer` (default `"minibert"`), `length` in tokens, and `label_columns`. For boxes: `image_size`,
            `pictures` (how many to train on), `box_format`, `group_pattern`, `near`, `stride`, `mirror`, and where a
            folder of class folders also has annotations, `target` (`"class"` or `"boxes"`). For sounds: `seconds`
            (default 1), `sample_rate` (default 16,000), `by_speaker` and `label_columns`.

    Returns:
        A `Task`.

    Raises:
        ValueError: For an unknown name, a folder that is not laid out as expected, or a class with fewer examples
            than asked for.
        FileNotFoundError: For a folder that does not exist.

    Example:
    >>> load_task("digits", labels_per_class=10)
    <Task 'digits': 10 classes, 8x8x1 pixels, 100 train / 200 validation / 500 test>
    """
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
        raise ValueError(f"`seed` is a whole number of at least 0. Received: seed={seed!r}.")
    if _is_path(name):
        return _load_own(find_path(name), labels_per_class, seed, options)
    try:
        known_name = find_name("task", name, _LOADERS)
    except ValueError:
        if isinstance(name, str) and os.path.isdir(name):
            raise ValueError(f"{name!r} is a folder here: write './{name}' to load it as a task.") from None
        raise
    return _LOADERS[known_name](labels_per_class, seed, **options)


def _load_own(path: pathlib.Path, labels_per_class: int | None, seed: int, options: dict[str, Any]) -> Task:
    """Returns the task of pictures with classes or boxes, texts or sounds of one's own, whichever lie at a path."""
    kind = kind_of_data(path, options.get("target"))
    if kind == "boxes":
        options = {name: value for name, value in options.items() if name != "target"}
    known_options = set().union(*_OPTIONS_OF_KIND.values())
    misplaced = sorted(options.keys() & known_options - _OPTIONS_OF_KIND[kind])
    if misplaced and path.exists():
        what = {"boxes": "pictures with boxes"}.get(kind, kind)
        if kind == "pictures":
            what += f": a table of texts has a column {' or '.join(TEXT_COLUMNS)}"
        raise ValueError(f"{str(path)!r} is read as {what}. Received: {', '.join(misplaced)}, which is not for these.")
    if kind == "boxes":
        if labels_per_class is not None:
            raise ValueError(
                f"A picture has any number of boxes. Received: labels_per_class={labels_per_class!r}. Say how many "
                "pictures to train on: pictures=60."
            )
        return load_boxes(path, seed=seed, **options)
    return _LOADER_OF_KIND[kind](path, labels_per_class, seed, **options)


def _is_path(name: Any) -> bool:
    """Returns whether what stands for a task is the path of a folder or file, and not a registered name."""
    if isinstance(name, str):
        return "/" in name or os.sep in name
    return isinstance(name, pathlib.PurePath)
