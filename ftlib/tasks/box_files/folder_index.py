"""The files of a folder of pictures with boxes, by path and by name, and the part that a path speaks of."""

import collections
import os
import pathlib
import re
from collections.abc import Iterable, Iterator

from ftlib.files import EXTENSIONS, distinct_names, is_output, normalize_name, visible_entries
from ftlib.tasks.folder.layout import PART_OF_FOLDER
from ftlib.tasks.folder.picture_file import UNDIVIDED

_DEEPEST = 8  # folders inside each other that are searched


class FolderIndex:
    """The pictures and the other files of a folder, at any depth; links to folders are not followed.

    Args:
        root: The folder.

    Attributes:
        pictures: `{path inside the folder, with slashes: path}` of the pictures, sorted.
        others: The same of all other files.
        ids: `{path inside the folder: id}`: the same path spelled in one way, unique.
    """

    def __init__(self, root: pathlib.Path):
        self.root = root
        files = {file.relative_to(root).as_posix(): file for file in _walk(root, _DEEPEST)}
        self.pictures = {name: file for name, file in files.items() if file.suffix.lower() in EXTENSIONS}
        self.others = {name: file for name, file in files.items() if name not in self.pictures}
        self.ids = dict(zip(self.pictures, distinct_names(list(self.pictures)), strict=True))
        self._names_by_file_name: dict[str, list[str]] = collections.defaultdict(list)
        self._names_by_stem: dict[str, list[str]] = collections.defaultdict(list)
        for name in self.pictures:
            file_name = normalize_name(name.rpartition("/")[2]).casefold()
            self._names_by_file_name[file_name].append(name)
            self._names_by_stem[file_name.rpartition(".")[0]].append(name)

    def with_suffix(self, suffix: str) -> list[str]:
        """Returns the paths of the other files that end with a suffix, whatever its case."""
        return [name for name in self.others if name.lower().endswith(suffix)]

    def find(self, written_name: str, beside: str, part: str = UNDIVIDED) -> str | None:
        """Returns the path of the picture that an annotation file names, or None where none or several fit.

        First beside the annotation file, then from the folder itself, then anywhere by the end of its path, and last by
        its file name alone, since many programs write the path on the machine that they ran on.

        Args:
            written_name: As it is written.
            beside: Path of the annotation file inside the folder.
            part: The part that the annotation is for: of several pictures of one name, the one of that part is meant.
        """
        wanted_name = written_name.strip().replace("\\", "/")
        if not wanted_name:
            return None
        for place in dict.fromkeys((beside.rpartition("/")[0], "")):
            name = os.path.normpath(f"{place}/{wanted_name}" if place else wanted_name)
            if name in self.pictures:
                return name
        file_name = normalize_name(wanted_name.rpartition("/")[2]).casefold()
        return self._choose(self._names_by_file_name.get(file_name, ()), wanted_name, part)

    def find_stem(self, stem: str, beside: str, part: str = UNDIVIDED) -> str | None:
        """Returns the path of the picture whose name without its ending is `stem`; see `find`."""
        names = self._names_by_stem.get(normalize_name(stem).casefold(), ())
        place = beside.rpartition("/")[0]
        neighbours = [name for name in names if name.rpartition("/")[0] == place]
        return neighbours[0] if len(neighbours) == 1 else self._choose(names, stem, part)

    def _choose(self, names: Iterable[str], wanted_name: str, part: str) -> str | None:
        names = list(names)
        if len(names) > 1:
            names = [name for name in names if f"/{name}".endswith(f"/{wanted_name}")] or names
        if len(names) > 1:
            names = [name for name in names if part_of_path(name) == part] or names
        return names[0] if len(names) == 1 else None


def _walk(folder: pathlib.Path, depth: int) -> Iterator[pathlib.Path]:
    try:
        entries = visible_entries(folder)
    except OSError:  # what lies there is missed where an annotation names it
        return
    for entry in entries:
        if entry.is_file():
            yield entry
        elif depth > 1 and entry.is_dir() and not entry.is_symlink() and not is_output(entry):
            yield from _walk(entry, depth - 1)


def part_of_path(name: str) -> str:
    """Returns the part that the folders of a path, or the words of its file name, speak of; `"all"` for none.

    Example:
    >>> [part_of_path(name) for name in ("valid/a.jpg", "annotations/instances_train2017.json", "cars/a.jpg")]
    ['validation', 'train', 'all']
    """
    *folders, file_name = name.lower().split("/")
    for word in reversed(folders):
        part = PART_OF_FOLDER.get(word.rstrip("0123456789"))
        if part:
            return part
    if "." in file_name and not any(file_name.endswith(ending) for ending in EXTENSIONS):
        parts = {PART_OF_FOLDER[word] for word in re.split(r"[^a-z]+", file_name) if word in PART_OF_FOLDER}
        if len(parts) == 1:
            return parts.pop()
    return UNDIVIDED
