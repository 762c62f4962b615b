"""What lies in a folder of class folders: every file looked at once, every finding named."""

import dataclasses
import hashlib
import pathlib
from typing import NamedTuple

import numpy as np

from ftlib.files import find_path
from ftlib.tasks.folder.class_names import of_class_names
from ftlib.tasks.folder.decode import CONVERSIONS, EXTENSIONS, LOSSES, in_threads, open_picture
from ftlib.tasks.folder.table import list_pictures

THUMBNAIL = 32  # pixels on a side
_CLASSES = 50  # that are named in print
_GREY = 8  # steps of 255 between the channels of a picture without colours: JPEG leaves a few
_known = {}  # folder -> (what its files looked like, their report): loading a task twice reads the files once


class Look(NamedTuple):
    """What a picture looks like from afar.

    Attributes:
        size: `(width, height)` in pixels, upright.
        grey: Whether it has no colours, however it is stored.
        thumbnail: `(32, 32)`, `uint8`: the whole picture in grey, squeezed.
    """

    size: tuple
    grey: bool
    thumbnail: np.ndarray


@dataclasses.dataclass(frozen=True, repr=False)
class FolderReport:
    """What `check_folder` found. Files are named by their path inside the folder.

    Args:
        path: The folder, or the CSV file.
        class_names: The classes, sorted.
        files: The pictures that can be used, as `(id, part, class name, path)`, sorted by id; the part is
            `"train"`, `"validation"`, `"test"`, or `"all"` where the folder has no such division.
        unreadable: `{id: reason}` of pictures left out because they cannot be decoded.
        conflicts: Groups of ids with the same pixels under different classes. All of them are left out.
        duplicates: Groups of ids with the same pixels in one class. The first is kept, the others are left
            out.
        misnamed: `{id: format}` of pictures whose bytes are of another format than their name says. They are
            used.
        converted: `{conversion: ids}` of pictures that were made into plain 8-bit pixels; see
            `ftlib.tasks.folder.decode.CONVERSIONS`. They are used.
        skipped: `{id: reason}` of everything else in the folder that was not looked at as a picture.
        leaks: Those groups of copies, of one class or of several, that were in more than one part.
        looks: `{id: Look}` of the pictures that can be used.
        groups: `{id: group}` from the column of that name in a CSV file; empty elsewhere.
        lost: `{id: (where, number)}` of files and folders that are not used although they hold pictures, since they
            are not in a class folder.
        respelled: `{name: number}` of names that several folders or files bear, with accents in one letter or parted.
            Folders of one name are one class.
    """

    path: pathlib.Path
    class_names: tuple
    files: tuple
    unreadable: dict
    conflicts: tuple
    duplicates: tuple
    misnamed: dict
    converted: dict
    skipped: dict
    leaks: tuple = ()
    looks: dict = dataclasses.field(default_factory=dict, compare=False)
    groups: dict = dataclasses.field(default_factory=dict)
    lost: dict = dataclasses.field(default_factory=dict)
    respelled: dict = dataclasses.field(default_factory=dict)

    @property
    def counts(self):
        """Usable pictures, as `{part: {class name: number}}`."""
        parts = {part: dict.fromkeys(self.class_names, 0) for part in ("all", "train", "validation", "test")}
        for _, part, name, _ in self.files:
            parts[part][name] += 1
        return {part: numbers for part, numbers in parts.items() if any(numbers.values())}

    def remarks(self, limit=3):
        """Returns the findings as `(kind, line)`, each line naming at most `limit` files; none where all is well."""
        found = []
        if self.unreadable:
            found.append(("unreadable", f"Left out, unreadable: {_names(self.unreadable, limit)}"))
        for group in self.conflicts[:limit]:
            found.append(("conflict", f"Left out, same picture in different classes: {_listed(group)}"))
        if len(self.conflicts) > limit:
            more = f"... and {len(self.conflicts) - limit} more pictures that are in different classes."
            found.append(("conflict", more))
        for group in self.duplicates[:limit]:
            found.append(("duplicate", f"Left out, same picture as {group[0]}: {_listed(group[1:])}"))
        if len(self.duplicates) > limit:
            found.append(("duplicate", f"... and {len(self.duplicates) - limit} more pictures that occur again."))
        if self.misnamed:
            formats = {i: f"is {form}" for i, form in self.misnamed.items()}
            found.append(("misnamed", f"Used, but misnamed: {_names(formats, limit)}"))
        for kind, ids in self.converted.items():
            line = f"Used, {CONVERSIONS[kind]}: {_names(ids, limit)}"
            found.append(("loss" if kind in LOSSES else "converted", line))
        for place in dict.fromkeys(where for where, _ in self.lost.values()):
            numbers = {i: number for i, (where, number) in self.lost.items() if where == place}
            total = sum(numbers.values())
            what = f"Left out, {total:,} picture{'s' * (total > 1)} {place}"
            shown = {i: f"{number:,} pictures" for i, number in numbers.items()}
            listed = list(shown) if set(numbers.values()) == {1} else shown
            found.append(("lost", f"{what}: {_names(listed, limit)}"))
        if self.respelled:
            twice = {name: f"{number} times" for name, number in self.respelled.items()}
            found.append(("respelled", f"Used, one name spelled in several ways: {_names(twice, limit)}"))
        if self.skipped:
            found.append(("skipped", f"Not looked at: {_names(self.skipped, limit)}"))
        return found + of_class_names(self.class_names)

    def lines(self, limit=3):
        """Returns the findings as short lines, naming at most `limit` files each; none where all is well."""
        return [line for _, line in self.remarks(limit)]

    def __repr__(self):
        head = [f"Folder {str(self.path)!r}: {len(self.class_names)} classes, {len(self.files)} usable pictures"]
        for part, numbers in self.counts.items():
            shown = list(numbers.items())[:_CLASSES]
            listed = ", ".join(f"{name} {number}" for name, number in shown)
            listed += f" and {len(numbers) - _CLASSES} more classes" * (len(numbers) > _CLASSES)
            head.append(f"  {part}: {sum(numbers.values())} ({listed})")
        findings = self.lines(limit=20) or ["Nothing to remark: every file is a plain picture and none occurs twice."]
        return "\n".join(head + ["  " + line for line in findings])


def _listed(ids, most=20):
    return ", ".join(ids[:most]) + f" and {len(ids) - most} more" * (len(ids) > most)


def _names(ids, limit):
    shown = [f"{i} ({ids[i]})" if isinstance(ids, dict) else i for i in list(ids)[:limit]]
    return ", ".join(shown) + (f" and {len(ids) - limit} more" if len(ids) > limit else "")


def check_folder(path, training=True):
    """Looks at every file of a folder of class folders, or of a CSV file, and says what can be used and what not.

    Every picture is decoded once (500 photos of 256 px take about a second), so that training meets no
    surprise.

    Args:
        path: The folder: `FOLDER/CLASS/picture`, or `FOLDER/train/CLASS/picture` with `val`, `valid` or
            `validation` and `test` beside it. Hidden files are ignored; links that lead out of the folder are
            not followed. Or a `.csv` or `.tsv` file with a header line and the columns `path` (relative to the
            folder of the file, below which all pictures lie) and `label`; optionally `split` and `group`.
        training: Whether a model is to be trained on the pictures. False asks for less: any classes, one is enough,
            in any parts, as for pictures to measure a model on.

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
    files, class_names, skipped, groups, lost, respelled = list_pictures(path, training)
    stats = [file[3].stat() for file in files]
    state = (
        [(file[:3], stat.st_size, stat.st_mtime_ns) for file, stat in zip(files, stats, strict=True)],
        skipped,
        groups,
        lost,
    )
    place = str(path.resolve()), training
    if place in _known and _known[place][0] == state:
        return _known[place][1]

    unreadable, skipped, misnamed, converted, same, looks = {}, dict(skipped), {}, {}, {}, {}
    for file, finding in zip(files, in_threads(_look, [file[3] for file in files]), strict=True):
        extension = EXTENSIONS.get(file[3].suffix.lower())
        if isinstance(finding, str):
            # Without the name of a picture, a file that is none (notes, a table) is no loss worth a warning.
            (unreadable if extension else skipped)[file[0]] = finding
            continue
        form, conversions, digest, looks[file[0]] = finding
        if form != extension:
            misnamed[file[0]] = form
        for kind in conversions:
            converted.setdefault(kind, []).append(file[0])
        same.setdefault(digest, []).append(file)

    usable, conflicts, duplicates, leaks = [], [], [], []
    for group in same.values():
        # A picture that is in the test split must not be trained on: of several copies, the test split's
        # stays.
        group.sort(key=lambda file: (("test", "validation", "train", "all").index(file[1]), file[0]))
        if len({file[1] for file in group}) > 1:
            leaks.append(tuple(file[0] for file in group))
        if len({file[2] for file in group}) > 1:
            conflicts.append(tuple(file[0] for file in group))
            continue
        usable.append(group[0])
        if len(group) > 1:
            duplicates.append(tuple(file[0] for file in group))
    usable.sort()
    report = FolderReport(
        path=path,
        class_names=class_names,
        files=tuple(usable),
        unreadable=unreadable,
        conflicts=tuple(sorted(conflicts)),
        duplicates=tuple(sorted(duplicates)),
        misnamed=misnamed,
        converted={kind: tuple(converted[kind]) for kind in CONVERSIONS if kind in converted},
        skipped=skipped,
        leaks=tuple(sorted(leaks)),
        looks={file[0]: looks[file[0]] for file in usable},
        groups={file[0]: groups[file[0]] for file in usable if file[0] in groups},
        lost=lost,
        respelled=respelled,
    )
    _known[place] = state, report
    return report


def _look(path):
    """Returns `(format, conversions, digest of the pixels, Look)` of a picture, or why it is unreadable."""
    try:
        image, form, size, conversions = open_picture(path, at_least=512)
    except ValueError as error:
        return str(error)
    colour = image.convert("RGB")
    digest = hashlib.sha256(repr(size).encode())
    digest.update(np.asarray(colour))
    small = np.asarray(colour.resize((THUMBNAIL, THUMBNAIL), reducing_gap=2), "int16")
    grey = int(np.ptp(small, axis=2).max()) <= _GREY
    thumbnail = np.rint(small @ np.array([0.299, 0.587, 0.114])).astype("uint8")
    return form, conversions, digest.digest(), Look(size, grey, thumbnail)
