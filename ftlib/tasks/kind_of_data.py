"""What lies at a path: pictures with classes, pictures with boxes, texts or sounds."""

import pathlib
from typing import Any, Literal

from ftlib.tasks.box_files.listing import holds_boxes
from ftlib.tasks.folder.targets import BoxTarget
from ftlib.tasks.sound_files.listing import holds_sounds
from ftlib.tasks.text_files.listing import holds_texts

DataKind = Literal["pictures", "boxes", "texts", "sounds"]


def kind_of_data(path: pathlib.Path, target: Any = None) -> DataKind:
    """Returns what lies at a path.

    Args:
        path: A folder or a CSV file.
        target: What is to be predicted, if that was said: `"boxes"` asks for these, anything else for none.

    Raises:
        ValueError: For a table that cannot be read.

    Example:
    >>> kind_of_data(pathlib.Path("photos"))  # doctest: +SKIP
    'pictures'
    """
    if holds_sounds(path):
        return "sounds"
    if holds_texts(path):
        return "texts"
    if target is None:
        return "boxes" if holds_boxes(path) else "pictures"
    name = target.name if hasattr(target, "name") else str(target)
    return "boxes" if name.casefold() == BoxTarget.name else "pictures"
