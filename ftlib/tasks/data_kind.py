"""What lies at a path: pictures with classes, pictures with boxes, texts or sounds."""

import pathlib
from typing import Any, Literal

from ftlib.tasks.box_files.listing import holds_boxes
from ftlib.tasks.folder.targets import BoxTarget
from ftlib.tasks.sound_files.listing import holds_sounds
from ftlib.tasks.text_files.listing import holds_texts

DataKind = Literal["image", "boxes", "text", "audio"]


def find_kind(path: pathlib.Path, target: Any = None) -> DataKind:
    """Returns what a folder or a CSV file holds: the kind of its inputs as in `Task.kind`, and `"boxes"` for pictures
    with boxes.

    Args:
        path: A folder or a CSV file.
        target: What is to be predicted, if that was said: `"boxes"` asks for these, anything else for none.

    Raises:
        ValueError: For a table that cannot be read.

    Example:
    >>> find_kind(pathlib.Path("photos"))  # doctest: +SKIP
    'image'
    """
    if holds_sounds(path):
        return "audio"
    if holds_texts(path):
        return "text"
    if target is None:
        return "boxes" if holds_boxes(path) else "image"
    name = target.name if hasattr(target, "name") else str(target)
    return "boxes" if name.casefold() == BoxTarget.name else "image"
