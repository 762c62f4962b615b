"""What lies in a folder of class folders: every file looked at once, every finding named."""

import dataclasses
import hashlib
import pathlib

import numpy as np

from ftlib.tasks.folder_layout import list_folder
from ftlib.tasks.photos import CONVERSIONS, EXTENSIONS, in_threads, open_picture

_known = {}  # folder -> (what its files looked like, their report): loading a task twice reads the files once


@dataclasses.dataclass(frozen=True, repr=False)
class FolderReport:
    """What `check_folder` found. Files are named by their path inside the folder.

    Args:
        path: The folder.
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
            `ftlib.tasks.photos.CONVERSIONS`. They are used.
        skipped: `{id: reason}` of everything else in the folder that was not looked at as a picture.
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

    @property
    def counts(self):
        """Usable pictures, as `{part: {class name: number}}`."""
        parts = {part: dict.fromkeys(self.class_names, 0) for part in ("all", "train", "validation", "test")}
        for _, part, name, _ in self.files:
            parts[part][name] += 1
        return {part: numbers for part, numbers in parts.items() if any(numbers.values())}

    def lines(self, limit=3):
        """Returns the findings as short lines, naming at most `limit` files each; none where all is well."""
        lines = [f"Left out, unreadable: {_names(self.unreadable, limit)}"] if self.unreadable else []
        for group in self.conflicts[:limit]:
            lines.append(f"Left out, same picture in different classes: {', '.join(group)}")
        if len(self.conflicts) > limit:
            lines.append(f"... and {len(self.conflicts) - limit} more pictures that are in different classes.")
        for group in self.duplicates[:limit]:
            lines.append(f"Left out, same picture as {group[0]}: {', '.join(group[1:])}")
        if len(self.duplicates) > limit:
            lines.append(f"... and {len(self.duplicates) - limit} more pictures that occur again.")
        if self.misnamed:
            found = {i: f"is {form}" for i, form in self.misnamed.items()}
            lines.append(f"Used, but misnamed: {_names(found, limit)}")
        for kind, ids in self.converted.items():
            lines.append(f"Used, {CONVERSIONS[kind]}: {_names(ids, limit)}")
        if self.skipped:
            lines.append(f"Not looked at: {_names(self.skipped, limit)}")
        return lines

    def __repr__(self):
        head = [f"Folder {str(self.path)!r}: {len(self.class_names)} classes, {len(self.files)} usable pictures"]
        for part, numbers in self.counts.items():
            listed = ", ".join(f"{name} {number}" for name, number in numbers.items())
            head.append(f"  {part}: {sum(numbers.values())} ({listed})")
        findings = self.lines(limit=20) or ["Nothing to remark: every file is a plain picture and none occurs twice."]
        return "\n".join(head + ["  " + line for line in findings])


def _names(ids, limit):
    shown = [f"{i} ({ids[i]})" if isinstance(ids, dict) else i for i in list(ids)[:limit]]
    return f"{len(ids)}: " + ", ".join(shown) + (f" and {len(ids) - limit} more" if len(ids) > limit else "")


def check_folder(path):
    """Looks at every file of a folder of class folders, and says what can be used and what not.

    Every picture is decoded once (500 photos of 256 px take about a second), so that training meets no
    surprise.

    Args:
        path: The folder: `FOLDER/CLASS/picture`, or `FOLDER/train/CLASS/picture` with `val`, `valid` or
            `validation` and `test` beside it. Hidden files are ignored; links that lead out of the folder are
            not followed.

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
    path = pathlib.Path(path).expanduser()
    files, class_names, skipped = list_folder(path)
    stats = [file[3].stat() for file in files]
    state = (
        [(file[:3], stat.st_size, stat.st_mtime_ns) for file, stat in zip(files, stats, strict=True)],
        skipped,
    )
    place = str(path.resolve())
    if place in _known and _known[place][0] == state:
        return _known[place][1]

    unreadable, skipped, misnamed, converted, same = {}, dict(skipped), {}, {}, {}
    for file, finding in zip(files, in_threads(_look, [file[3] for file in files]), strict=True):
        extension = EXTENSIONS.get(file[3].suffix.lower())
        if isinstance(finding, str):
            # Without the name of a picture, a file that is none (notes, a table) is no loss worth a warning.
            (unreadable if extension else skipped)[file[0]] = finding
            continue
        form, conversions, digest = finding
        if form != extension:
            misnamed[file[0]] = form
        for kind in conversions:
            converted.setdefault(kind, []).append(file[0])
        same.setdefault(digest, []).append(file)

    usable, conflicts, duplicates = [], [], []
    for group in same.values():
        # A picture that is in the test split must not be trained on: of several copies, the test split's
        # stays.
        group.sort(key=lambda file: (("test", "validation", "train", "all").index(file[1]), file[0]))
        if len({file[2] for file in group}) > 1:
            conflicts.append(tuple(file[0] for file in group))
            continue
        usable.append(group[0])
        if len(group) > 1:
            duplicates.append(tuple(file[0] for file in group))
    report = FolderReport(
        path=path,
        class_names=class_names,
        files=tuple(sorted(usable)),
        unreadable=unreadable,
        conflicts=tuple(sorted(conflicts)),
        duplicates=tuple(sorted(duplicates)),
        misnamed=misnamed,
        converted={kind: tuple(converted[kind]) for kind in CONVERSIONS if kind in converted},
        skipped=skipped,
    )
    _known[place] = state, report
    return report


def _look(path):
    """Returns `(format, conversions, digest of the pixels)` of a picture, or why it is unreadable."""
    try:
        image, form, size, conversions = open_picture(path, at_least=512)
    except ValueError as error:
        return str(error)
    digest = hashlib.sha256(repr(size).encode())
    digest.update(np.asarray(image.convert("RGB")))
    return form, conversions, digest.digest()
