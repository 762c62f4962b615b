"""What lies at a path: pictures, texts or sounds."""

import pathlib

from ftlib.tasks.sound_files.listing import holds_sounds
from ftlib.tasks.text_files.listing import holds_texts


def find_kind(path: pathlib.Path) -> str:
    """Returns the kind of what a folder or a CSV file holds, as in `Task.kind`: `"audio"`, `"text"`, else `"image"`.

    Raises:
        ValueError: For a table that cannot be read.
    """
    if holds_sounds(path):
        return "audio"
    return "text" if holds_texts(path) else "image"
