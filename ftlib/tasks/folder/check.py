"""The contents of a folder of class folders: every file opened once, every finding named."""

import collections
import dataclasses
import hashlib
import os
import pathlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ftlib.files import find_path, sha256_of_file
from ftlib.tasks.folder.class_names import remarks_on_class_names
from ftlib.tasks.folder.data_report import FileReport, format_ids, sort_out_copies
from ftlib.tasks.folder.decode import CONVERSIONS, EXTENSIONS, LOSSES, map_in_threads, read_picture
from ftlib.tasks.folder.picture_file import Listing, LostPictures, PictureFile, Skipped
from ftlib.tasks.folder.remark import Remark
from ftlib.tasks.folder.table import list_pictures
from ftlib.tasks.folder.targets import CLASS_TARGET, Target, make_target

THUMBNAIL_SIDE = 32  # pixels
_GREY_TOLERANCE = 8  # steps of 255 between the channels of a picture without colours: JPEG leaves a few
_known_reports = {}  # by folder: (state of its files, their report), so that loading a task twice reads the files once


class Look(NamedTuple):
    """What a picture looks like from afar.

    Attributes:
        size: `(width, height)` in pixels, upright.
        grey: Whether it has no colours, however it is stored.
        thumbnail: `(32, 32)`, `uint8`: the whole picture in grey, squeezed.
    """

    size: tuple[int, int]
    grey: bool
    thumbnail: np.ndarray


@dataclasses.dataclass(frozen=True, repr=False)
class FolderReport(FileReport):
    """The result of `check_folder`. Files are named by their path inside the folder, their id.

    Args:
        path: The folder, or the CSV file.
        class_names: The classes, sorted.
        files: The `PictureFile`s that can be used, sorted by id, with the checksum of each.
        unreadable: `{id: reason}` of pictures left out because they cannot be decoded.
        conflicts: Groups of ids with the same pixels under different classes. All of them are left out.
        duplicates: Groups of ids with the same pixels in one class. The first is kept, the others are left
            out.
        misnamed: `{id: format}` of pictures whose bytes are of another format than their name says. They are
            used.
        converted: `{conversion: ids}` of pictures that were converted to plain 8-bit pixels; see
            `ftlib.tasks.folder.decode.CONVERSIONS`. They are used.
        skipped: `{id: Skipped}` of everything else in the folder that was not opened as a picture.
        leaks: Those groups of copies, of one class or of several, that were in more than one part.
        looks: `{id: Look}` of the pictures that can be used.
        lost: `{id: LostPictures}` of files and folders that are not used although they hold pictures, since they
            are not in a class folder.
        respelled: `{name: number}` of names that several folders or files have, with accents in one letter or apart.
            Folders of one name are one class.
        target: What is predicted: one class each, several labels, or numbers.
    """

    noun = "picture"

    path: pathlib.Path
    class_names: tuple[str, ...]
    files: tuple[PictureFile, ...]
    unreadable: dict[str, str]
    conflicts: tuple[tuple[str, ...], ...]
    duplicates: tuple[tuple[str, ...], ...]
    misnamed: dict[str, str]
    converted: dict[str, tuple[str, ...]]
    skipped: dict[str, Skipped]
    leaks: tuple[tuple[str, ...], ...] = ()
    looks: dict[str, Look] = dataclasses.field(default_factory=dict, compare=False)
    lost: dict[str, LostPictures] = dataclasses.field(default_factory=dict)
    respelled: dict[str, int] = dataclasses.field(default_factory=dict)
    target: Target = CLASS_TARGET

    def remarks(self, limit: int = 3) -> list[Remark]:
        """Returns a `Remark` for each finding, naming at most `limit` files; none where all is well."""
        return [
            *self.unreadable_remarks(limit),
            *self.copy_remarks(limit),
            *self._usage_remarks(limit),
            *self.lost_remarks(limit),
            *self.skipped_remarks(limit),
            *remarks_on_class_names(self.class_names),
        ]

    def _usage_remarks(self, limit: int) -> list[Remark]:
        remarks = []
        if self.misnamed:
            formats = {file_id: f"is {format_name}" for file_id, format_name in self.misnamed.items()}
            remarks.append(Remark("misnamed", f"Used, but misnamed: {format_ids(formats, limit)}"))
        for conversion, ids in self.converted.items():
            line = f"Used, {CONVERSIONS[conversion]}: {format_ids(ids, limit)}"
            remarks.append(Remark("loss" if conversion in LOSSES else "converted", line))
        return remarks

    def __repr__(self):
        names_text = f"{len(self.class_names)} {self.target.nouns}"
        lines = [f"Folder {str(self.path)!r}: {names_text}, {len(self.files)} usable pictures"]
        lines += self.count_lines()
        findings = self.lines(limit=20) or ["Nothing to remark: every file is a plain picture and none occurs twice."]
        return "\n".join(lines + ["  " + line for line in findings])


def check_folder(
    path: str | os.PathLike,
    training: bool = True,
    target: str | Target | None = None,
    label_columns: Sequence[str] = (),
) -> FolderReport:
    """Opens every file of a folder of class folders, or of a CSV file, and says what can be used and what cannot.

    Every picture is decoded once (500 photos of 256 px take about a second), so that training meets no
    surprise.

    Args:
        path: The folder: `FOLDER/CLASS/picture`, or `FOLDER/train/CLASS/picture` with `val`, `valid` or
            `validation` and `test` beside it. Hidden files are ignored; links that lead out of the folder are
            not followed. Or a `.csv` or `.tsv` file with a header line and the columns `path` (relative to the
            folder of the file, below which all pictures lie) and `label`; optionally `split` and `group`.
        training: Whether a model is to be trained on the pictures. False asks for less: any classes, one is enough,
            in any parts, as for pictures to measure a model on.
        target: What the labels of a CSV file say: `"class"` (default), one class each; `"multilabel"`, several classes
            each, separated by `|`, and none in an empty cell; `"regression"`, numbers.
        label_columns: The columns that they are in; several for several numbers. Default: the one that is called label,
            class, target, ... A unit stands in brackets in the title of a column: `weight (g)`.

    Returns:
        A `FolderReport`; print it.

    Raises:
        FileNotFoundError: If there is no such folder.
        NotADirectoryError: If it is a file.
        ValueError: If it is not a folder of at least two class folders with pictures.

    Example:
    >>> report = check_folder("photos")  # doctest: +SKIP
    >>> report.unreadable  # doctest: +SKIP
    {'roses/broken.jpg': 'image file is truncated (41 bytes not processed)'}
    """
    path = find_path(path)
    known_target = make_target(target, label_columns)
    listing = list_pictures(path, training, known_target)
    state = _file_state(listing)
    place = str(path.resolve()), training, known_target
    if place in _known_reports and _known_reports[place][0] == state:
        return _known_reports[place][1]

    contents = FolderContents(listing)
    copies = sort_out_copies(contents.files_by_pixels.values())
    report = FolderReport(
        path=path,
        class_names=listing.class_names,
        files=copies.usable,
        unreadable=contents.unreadable,
        conflicts=copies.conflicts,
        duplicates=copies.duplicates,
        misnamed=contents.misnamed,
        converted={kind: tuple(contents.converted[kind]) for kind in CONVERSIONS if kind in contents.converted},
        skipped=contents.skipped,
        leaks=copies.leaks,
        looks={file.id: contents.looks[file.id] for file in copies.usable},
        lost=listing.lost,
        respelled=listing.respelled,
        target=known_target,
    )
    _known_reports[place] = state, report
    return report


def _file_state(listing: Listing) -> tuple:
    """Returns what a change of any file, or of what the listing says of it, would change."""
    file_stats = [(file, file.path.stat()) for file in listing.files]
    file_states = [
        (file.id, file.part, file.class_name, file.group, stat.st_size, stat.st_mtime_ns) for file, stat in file_stats
    ]
    return file_states, listing.skipped, listing.lost


class FolderContents:
    """What the files of a listing turn out to be when they are opened.

    Attributes:
        unreadable, misnamed, skipped, looks: As in a `FolderReport`, `looks` also of copies.
        converted: `{conversion: list of ids}`.
        files_by_pixels: `{digest of the pixels: pictures}`, the files with their checksums.
    """

    def __init__(self, listing: Listing):
        self.unreadable: dict[str, str] = {}
        self.misnamed: dict[str, str] = {}
        self.skipped = dict(listing.skipped)
        self.converted = collections.defaultdict(list)
        self.looks: dict[str, Look] = {}
        self.files_by_pixels = collections.defaultdict(list)
        inspections = map_in_threads(_inspect_file, [file.path for file in listing.files])
        for file, inspection in zip(listing.files, inspections, strict=True):
            self._add(file, inspection)

    def _add(self, file: PictureFile, inspection: "_Inspection | str") -> None:
        extension_format = EXTENSIONS.get(file.path.suffix.lower())
        if isinstance(inspection, str):
            # Without the name of a picture, a file that is not one (notes, a table) is not worth a warning.
            if extension_format:
                self.unreadable[file.id] = inspection
            else:
                self.skipped[file.id] = Skipped("other", inspection)
            return
        self.looks[file.id] = inspection.look
        if inspection.format != extension_format:
            self.misnamed[file.id] = inspection.format
        for conversion in inspection.conversions:
            self.converted[conversion].append(file.id)
        self.files_by_pixels[inspection.pixel_digest].append(file._replace(sha256=inspection.sha256))


class _Inspection(NamedTuple):
    """What one picture file turned out to be.

    Attributes:
        format: Its format, by its bytes.
        conversions: The keys of `CONVERSIONS` that it needs.
        pixel_digest: SHA-256 of its size and pixels: the same for the same picture in another file.
        sha256: SHA-256 of its bytes, in hexadecimal digits.
        look: Its `Look`.
    """

    format: str
    conversions: tuple[str, ...]
    pixel_digest: bytes
    sha256: str
    look: Look


def _inspect_file(path: pathlib.Path) -> _Inspection | str:
    """Returns what a picture file is, or why it is unreadable."""
    try:
        picture = read_picture(path, at_least=512)
        sha256 = sha256_of_file(path)
    except ValueError as error:
        return str(error)
    except OSError as error:  # it went away, or may not be read any more
        return error.strerror or str(error)
    colour_image = picture.image.convert("RGB")
    pixel_digest = hashlib.sha256(repr(picture.size).encode())
    pixel_digest.update(np.ascontiguousarray(colour_image).data)
    thumbnail = np.asarray(colour_image.resize((THUMBNAIL_SIDE, THUMBNAIL_SIDE), reducing_gap=2), "int16")
    look = Look(
        size=picture.size,
        grey=int(np.ptp(thumbnail, axis=2).max()) <= _GREY_TOLERANCE,
        thumbnail=np.rint(thumbnail @ np.array([0.299, 0.587, 0.114])).astype("uint8"),
    )
    return _Inspection(picture.format, picture.conversions, pixel_digest.digest(), sha256, look)
