"""Tasks: registered ones by name, and pictures and texts of one's own by path."""

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
    licences,
    online,
    online_boxes,
    online_texts,
    streets,
    textures,
)
from ftlib.tasks.folder.check import FolderReport, check_folder
from ftlib.tasks.folder.load import load_folder
from ftlib.tasks.marks import mark_task
from ftlib.tasks.split import Split
from ftlib.tasks.task import Task, with_head
from ftlib.tasks.text_files.check import TextReport, check_texts
from ftlib.tasks.text_files.listing import TEXT_COLUMNS, holds_texts
from ftlib.tasks.text_files.load import load_texts

__all__ = [
    "FolderReport", "Split", "Task", "TextReport", "check_folder", "check_texts", "list_tasks", "load_task",
    "mark_task", "with_head",
]  # fmt: skip

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
}
_TEXT_OPTIONS = {"tokenizer", "length", "label_columns"}
_PICTURE_OPTIONS = {"image_size", "cache_bytes", "cache_dir", "mirror", "target", "label_columns"}
DOWNLOADED_TASKS: dict[str, Callable[..., Task]] = {
    **online.ONLINE,
    **online_texts.ONLINE_TEXTS,
    **online_boxes.ONLINE_BOXES,
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
            folders of .txt files (see `check_texts`).
        labels_per_class: Training examples per class. Default None: all there are.
        seed: Integer that draws them. For one seed, fewer labels are a part of more labels.
        **options: For folders: `image_size`, `mirror`, `cache_bytes` and `cache_dir`; for CSV files also `target`
            (`"multilabel"` or `"regression"`, where a picture has several labels, or numbers) and `label_columns`. For
            texts: `tokenizer` (default `"minibert"`), `length` in tokens, and `label_columns`.

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
    """Returns the task of texts or of pictures of one's own, whichever lie at a path."""
    is_of_texts = holds_texts(path)
    known_options = _TEXT_OPTIONS if is_of_texts else _PICTURE_OPTIONS
    misplaced = sorted(options.keys() & (_TEXT_OPTIONS ^ _PICTURE_OPTIONS) - known_options)
    if misplaced and path.exists():
        what = "texts" if is_of_texts else f"pictures: a table of texts has a column {' or '.join(TEXT_COLUMNS)}"
        raise ValueError(f"{str(path)!r} is read as {what}. Received: {', '.join(misplaced)}, which is not for these.")
    load = load_texts if is_of_texts else load_folder
    return load(path, labels_per_class, seed, **options)


def _is_path(name: Any) -> bool:
    """Returns whether what stands for a task is the path of a folder or file, and not a registered name."""
    if isinstance(name, str):
        return "/" in name or os.sep in name
    return isinstance(name, pathlib.PurePath)
