"""The pictures, or sounds, of a folder or a CSV file, as records: what each is called, where it lies, what it shows."""

import pathlib
from collections.abc import Iterable
from typing import Literal, NamedTuple, Protocol

UNDIVIDED = "all"  # the part of pictures that are not divided into training, validation and test


class LabelledExample(Protocol):
    """A picture, a text or a sound with a label, as it is divided between the splits; see `PictureFile`."""

    @property
    def id(self) -> str: ...

    @property
    def part(self) -> str: ...

    @property
    def class_name(self) -> str: ...

    @property
    def group(self) -> str: ...

    @property
    def sha256(self) -> str: ...


class PictureFile(NamedTuple):
    """One picture, or sound, of a folder of class folders, or of a CSV file.

    Attributes:
        id: Its path inside the folder with slashes, unique and spelled the same way on every system.
        part: `"train"`, `"validation"`, `"test"`, or `"all"` where the pictures are not divided.
        class_name: The class it shows.
        path: Where the file is.
        group: What it must not be divided from, such as a patient; empty where nothing is known.
        sha256: Checksum of the file's bytes, in hexadecimal digits; empty until the file has been read.
    """

    id: str
    part: str
    class_name: str
    path: pathlib.Path
    group: str = ""
    sha256: str = ""


def group_by_id(files: Iterable[LabelledExample]) -> dict[str, str]:
    """Returns `{id: group}` of the pictures, or texts, that have a group."""
    return {file.id: file.group for file in files if file.group}


class LostPictures(NamedTuple):
    """Pictures that are not used because of where they lie.

    Attributes:
        place: Where that is, in words, such as "outside of class folders".
        count: How many there are.
    """

    place: str
    count: int


SkippedKind = Literal["outward link", "link", "unreadable folder", "other"]


class Skipped(str):
    """Why a file or folder is not used, in words such as "a link to nothing".

    Attributes:
        kind: `"outward link"` leads out of the folder, any other `"link"` leads to nothing or to a folder;
            `"unreadable folder"`; or `"other"`. What is decided is decided by it, not by the words.
    """

    kind: SkippedKind

    def __new__(cls, kind: SkippedKind, reason: str) -> "Skipped":
        skipped = super().__new__(cls, reason)
        skipped.kind = kind
        return skipped


class Listing(NamedTuple):
    """The contents of a folder, or of a CSV file, before any picture is opened.

    Attributes:
        files: The `PictureFile`s, sorted by id.
        class_names: The classes, sorted.
        skipped: `{id: Skipped}` of files and folders that are not pictures, or cannot be used.
        lost: `{id: LostPictures}` of files and folders that are not used although they hold pictures.
        respelled: `{name: number}` of names that several folders or files have, spelled in several ways.
    """

    files: list[PictureFile]
    class_names: tuple[str, ...]
    skipped: dict[str, Skipped]
    lost: dict[str, LostPictures]
    respelled: dict[str, int]
