"""Which sounds a folder or a CSV file lists, and whether a place holds sounds at all."""

import pathlib
from collections.abc import Sequence

from ftlib.files import EXTENSIONS, SOUND, SOUND_EXTENSIONS, files_below
from ftlib.tasks.folder.picture_file import Listing
from ftlib.tasks.folder.table import list_files, lists_files, require_class_names
from ftlib.tasks.folder.table_file import TABLE_SUFFIXES, read_cells
from ftlib.tasks.folder.targets import CLASS_TARGET
from ftlib.tasks.sound_files.read import needs_soundfile
from ftlib.tasks.text_files.listing import has_text_column
from ftlib.text import format_count

_DEEPEST = 3  # folders: of the parts, of the classes, of the sounds


def holds_sounds(path: pathlib.Path) -> bool:
    """Returns whether a folder or a CSV file is one of sounds, and not of pictures or texts.

    A folder is, if more sounds than pictures lie in it and in its class folders. A table is, if it lists sounds that
    are there; or sounds that are not, and no texts either.

    Raises:
        ValueError: For a table that cannot be read.
    """
    if path.is_dir():
        suffixes = [file.suffix.lower() for file in files_below(path, _DEEPEST)]
        sound_count = sum(suffix in SOUND_EXTENSIONS for suffix in suffixes)
        return sound_count > sum(suffix in EXTENSIONS for suffix in suffixes)
    if path.suffix.lower() not in TABLE_SUFFIXES or not path.is_file():
        return False
    table = read_cells(path)
    return lists_files(path, table, SOUND_EXTENSIONS, existing=has_text_column(table))


def list_sounds(path: pathlib.Path, training: bool = True, label_columns: Sequence[str] = ()) -> Listing:
    """Lists the sounds of a folder of class folders, or of a CSV file, without opening them.

    Args:
        path: As for `check_sounds`.
        training: Whether a model is to be trained on them. False asks for less: any classes in any parts.
        label_columns: The column of labels, if it is not called label, class, ...; one at most.

    Raises:
        FileNotFoundError, NotADirectoryError: If there is no such folder or file.
        ValueError: If it is not arranged so.
        ImportError: For files that only the package `soundfile` reads, where it is not installed.
    """
    if len(label_columns) > 1:
        raise ValueError(f"A sound has one label, from one column. Received: {', '.join(label_columns)}.")
    target = type(CLASS_TARGET)(tuple(label_columns))
    listing = list_files(path, training, target, SOUND)
    if training:
        require_class_names(path, listing.files, SOUND.noun)
    compressed_files = [file for file in listing.files if needs_soundfile(file.path)]
    if compressed_files:
        raise ImportError(
            f"{format_count(len(compressed_files), 'sound')} of {str(path)!r} can only be read with the package "
            f'soundfile, such as {compressed_files[0].id}: pip install "ftlib[sounds]". Or convert to WAV.'
        )
    return listing
