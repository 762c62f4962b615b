"""What annotation files say of pictures, before any picture is opened."""

import collections
import dataclasses
import pathlib
from collections.abc import Sequence
from typing import NamedTuple

from ftlib.files import normalize_name
from ftlib.tasks.folder.picture_file import UNDIVIDED, Skipped
from ftlib.tasks.folder.targets import Box
from ftlib.tasks.parts import PARTS
from ftlib.text import LABEL_SEPARATOR

_LATER_LAST = (UNDIVIDED, *PARTS)


class MarkedPicture(NamedTuple):
    """One picture with its boxes as they are written.

    Attributes:
        id: Its path inside the folder, with slashes.
        path: Where the file is.
        part: `"train"`, `"validation"`, `"test"`, or `"all"` where the pictures are not divided.
        boxes: Its boxes, in pixels, or in shares of its width and height.
        size: `(width, height)` that the annotation says the picture has; None where it does not say.
        in_shares: Whether the boxes are shares, 0 to 1, of the width and the height.
    """

    id: str
    path: pathlib.Path
    part: str
    boxes: tuple[Box, ...]
    size: tuple[float, float] | None = None
    in_shares: bool = False


@dataclasses.dataclass
class BoxListing:
    """The pictures of a folder with what its annotation files say of them.

    Attributes:
        format: `"coco"`, `"voc"` or `"yolo"`.
        pictures: The `MarkedPicture`s, in the order in which they were read.
        declared_classes: The classes that a list of names has, used or not; empty without such a list.
        missing: `{name: annotation file}` of annotated pictures that are not there.
        unmarked: The ids of pictures that no annotation speaks of, where that does not say that they are empty.
        faults: `{place: reason}` of boxes, or whole annotation files, that cannot be read.
        unknown_classes: How many boxes each class has that the list of names lacks.
        in_several_parts: `{id: parts}` of pictures that are annotated in several parts.
        conflicts: The ids of pictures that are annotated twice, differently.
        notes: Sentences on how the annotations were read.
    """

    format: str
    pictures: list[MarkedPicture] = dataclasses.field(default_factory=list)
    declared_classes: tuple[str, ...] = ()
    missing: dict[str, str] = dataclasses.field(default_factory=dict)
    unmarked: list[str] = dataclasses.field(default_factory=list)
    faults: dict[str, Skipped] = dataclasses.field(default_factory=dict)
    unknown_classes: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)
    in_several_parts: dict[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)
    conflicts: list[str] = dataclasses.field(default_factory=list)
    notes: list[str] = dataclasses.field(default_factory=list)

    def fault(self, place: str, reason: str) -> None:
        """Records what cannot be read, and why."""
        self.faults[normalize_name(place)] = Skipped("other", reason)

    def merge_repeated(self) -> None:
        """Keeps each picture once: of several parts in the last one, and of several annotations only if they agree."""
        pictures_by_id: dict[str, list[MarkedPicture]] = {}
        for picture in self.pictures:
            pictures_by_id.setdefault(picture.id, []).append(picture)
        merged = []
        for picture_id, pictures in pictures_by_id.items():
            parts = sorted({picture.part for picture in pictures}, key=_LATER_LAST.index)
            if len(parts) > 1:
                self.in_several_parts[picture_id] = tuple(parts)
            if len({tuple(sorted(picture.boxes)) for picture in pictures}) > 1:
                self.conflicts.append(picture_id)
                continue
            merged.append(next(picture for picture in pictures if picture.part == parts[-1]))
        self.pictures = merged


def clean_class_name(name: object) -> str:
    """Returns the name of a class without blanks around it, and without the mark that parts boxes in a label."""
    return normalize_name(str(name).strip()).replace(LABEL_SEPARATOR, "/")


def read_names(lines: Sequence[str]) -> list[str]:
    """Returns the class names of a list with one in each line; blank lines at its end do not count."""
    names = [clean_class_name(line) for line in lines]
    while names and not names[-1]:
        names.pop()
    return names
