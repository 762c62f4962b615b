"""The check of pictures with boxes: which boxes are used, which are mended, and what a network cannot see of them."""

import collections
import dataclasses
import math
import os
import re
import statistics
from collections.abc import Iterable, Mapping
from typing import ClassVar, NamedTuple

import numpy as np

from ftlib.files import find_path
from ftlib.objectives.boxes import as_boxes, box_areas
from ftlib.tasks.box_files.annotation import BoxListing, MarkedPicture
from ftlib.tasks.box_files.listing import FORMAT_TITLES, list_boxes
from ftlib.tasks.folder.check import FolderContents, FolderReport, Look
from ftlib.tasks.folder.data_report import sort_out_copies
from ftlib.tasks.folder.picture_file import UNDIVIDED, Listing, PictureFile, Skipped
from ftlib.tasks.folder.remark import Remark
from ftlib.tasks.folder.targets import Box, BoxTarget, count_boxes, format_boxes, parse_boxes
from ftlib.tasks.inputs import require_image_size
from ftlib.text import format_count, format_list, format_percent

DEFAULT_SIZE = 224  # pixels of a side, as of `load_task`
BOX_TARGET = BoxTarget()
_OVERHANG = 1.0  # pixels beyond the picture that are rounding
_SAME_SHAPE = 0.02  # by which two aspect ratios may differ
_TINY = 8  # pixels of a side, at the size of the network's images: the distance of two cells of `Detection()`
_FEW_TINY = 0.1  # of the boxes
_SIDE_STEP = 32  # pixels: what most backbones divide their images by
_MOST_CLASSES = 50  # that are named in print
_AUGMENTED_COPY = re.compile(r"(.+)\.rf\.[0-9a-f]+$", re.IGNORECASE)  # of one photo, as Roboflow names them


class BoxDefects(NamedTuple):
    """What is wrong with the boxes of a folder: for each kind `{id of the picture: number of boxes}`.

    Attributes:
        clipped: Reached beyond the picture; the part inside is used.
        outside: Lie wholly outside, which is an error: the boxes may be those of another picture.
        flat: Have no area; left out.
        repeated: Are there twice, of one class; the first is used.
        tiny: Are smaller than 8 pixels along a side at the size of the network's images; used.
    """

    clipped: dict[str, int]
    outside: dict[str, int]
    flat: dict[str, int]
    repeated: dict[str, int]
    tiny: dict[str, int]


@dataclasses.dataclass(frozen=True, repr=False)
class BoxReport(FolderReport):
    """The result of `check_boxes`; it prints as text. What a `FolderReport` has, it has as well.

    The label of a picture (`files[0].class_name`) is the text of all its boxes, in pixels of the picture.

    Args:
        path, class_names, files, unreadable, conflicts, duplicates, misnamed, converted, skipped, leaks, looks, lost,
            respelled, target: As in a `FolderReport`.
        box_format: `"coco"`, `"voc"` or `"yolo"`.
        group_pattern: The expression that groups were found by, or None.
        image_size: `(height, width)` of the network's images, which tiny boxes are measured by.
        box_counts: `{class: number of boxes that are used}`.
        empty: The ids of pictures without boxes. They are used: nothing is to be found in them.
        defects: The `BoxDefects`.
        missing: `{name: annotation file}` of annotated pictures that are not there.
        unmarked: The ids of pictures that no annotation speaks of. They are not used.
        unused_classes: Classes that are listed and have no box. They are left out.
        unknown_classes: `{class: number of boxes}` of classes that the list of names lacks, which is an error.
        in_several_parts: `{id: parts}` of pictures that are annotated in several parts; used in the last.
        notes: Sentences on how the annotations were read.
    """

    error_kinds: ClassVar[tuple[str, ...]] = ("boxes",)

    box_format: str = ""
    group_pattern: str | None = None
    image_size: tuple[int, int] = (DEFAULT_SIZE, DEFAULT_SIZE)
    box_counts: dict[str, int] = dataclasses.field(default_factory=dict)
    empty: tuple[str, ...] = ()
    defects: BoxDefects = BoxDefects({}, {}, {}, {}, {})
    missing: dict[str, str] = dataclasses.field(default_factory=dict)
    unmarked: tuple[str, ...] = ()
    unused_classes: tuple[str, ...] = ()
    unknown_classes: dict[str, int] = dataclasses.field(default_factory=dict)
    in_several_parts: dict[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def errors(self, limit: int = 3) -> list[str]:
        """Returns sentences on what nothing should be trained with; none where all is well."""
        lines = []
        if self.defects.outside:
            lines.append(
                f"{format_count(sum(self.defects.outside.values()), 'box')} wholly outside of their pictures, as if "
                f"they were those of others: {_count_by_id(self.defects.outside, limit)}. Mend or remove them."
            )
        if self.unknown_classes:
            counts = [f"{name} ({format_count(count, 'box')})" for name, count in self.unknown_classes.items()]
            lines.append(
                f"Boxes of classes that the list of names does not have: {format_list(counts, limit)}. It has "
                f"{format_list([*self.class_names, *self.unused_classes], 20) or 'none'}."
            )
        return lines

    def remarks(self, limit: int = 3) -> list[Remark]:
        """Returns a `Remark` for each finding, naming at most `limit` pictures; none where all is well."""
        return [
            *(Remark("format", note) for note in self.notes),
            *(Remark("boxes", line) for line in self.errors(limit)),
            *self._picture_remarks(limit),
            *self._box_remarks(limit),
            *(self._renamed(remark, limit) for remark in super().remarks(limit)),
        ]

    def _renamed(self, remark: Remark, limit: int) -> Remark:
        """Returns a remark as it is, but for files that are not used: of boxes, each has its reason."""
        if remark.kind != "skipped":
            return remark
        left_out = [f"{place} ({reason})" for place, reason in self.skipped.items()]
        return Remark("skipped", f"Left out: {format_list(left_out, limit)}")

    def _picture_remarks(self, limit: int) -> list[Remark]:
        remarks = []
        if self.missing:
            examples = [f"{name} ({source})" for name, source in self.missing.items()]
            line = f"Not there, {format_count(len(self.missing), 'picture')} that have boxes: "
            remarks.append(Remark("missing", line + format_list(examples, limit)))
        if self.unmarked:
            line = f"Left out, {format_count(len(self.unmarked), 'picture')} that no annotation speaks of: "
            remarks.append(Remark("unmarked", line + format_list(self.unmarked, limit)))
        if self.in_several_parts:
            examples = [f"{file_id} ({', '.join(parts)})" for file_id, parts in self.in_several_parts.items()]
            line = f"Leak: {format_count(len(examples), 'picture')} listed in several splits, used in the last alone: "
            remarks.append(Remark("listed twice", line + format_list(examples, limit)))
        if self.empty:
            line = (
                f"Without boxes, {len(self.empty):,} of {format_count(len(self.files), 'picture')}, used as they are: "
            )
            remarks.append(Remark("empty", line + format_list(self.empty, limit)))
        return remarks

    def _box_remarks(self, limit: int) -> list[Remark]:
        remarks = []
        for kind, counts, words in (
            ("clipped", self.defects.clipped, "Cut at the edge of their picture"),
            ("flat", self.defects.flat, "Left out, without any area"),
            ("repeated", self.defects.repeated, "Left out, there twice in one class"),
        ):
            if counts:
                line = f"{words}, {format_count(sum(counts.values()), 'box')}: {_count_by_id(counts, limit)}"
                remarks.append(Remark(kind, line))
        if self.defects.tiny:
            remarks.append(Remark("tiny", self._describe_tiny(limit)))
        if self.unused_classes:
            line = f"Left out, classes without any box: {format_list(self.unused_classes, max(limit, 10))}"
            remarks.append(Remark("unused class", line))
        return remarks

    @property
    def tiny_share(self) -> float:
        """Share of all boxes that are tiny at the size of the network's images."""
        return sum(self.defects.tiny.values()) / max(1, sum(self.box_counts.values()))

    @property
    def side_for_most(self) -> int:
        """Side of square images in pixels, a multiple of 32, at which nine boxes in ten are not tiny."""
        shares = [min(x1 - x0, y1 - y0) / longest for longest, (x0, y0, x1, y1) in self._measured_boxes()]
        return _SIDE_STEP * math.ceil(_TINY / np.quantile(shares, _FEW_TINY) / _SIDE_STEP)

    def _describe_tiny(self, limit: int) -> str:
        height, width = self.image_size
        count = sum(self.defects.tiny.values())
        remedy = "larger images (image_size, --image-size) show them"
        if self.tiny_share > _FEW_TINY:
            remedy += f", at {self.side_for_most} pixels nine in ten"
        return (
            f"Tiny, {count:,} of {format_count(sum(self.box_counts.values()), 'box')} "
            f"({format_percent(self.tiny_share)}): under {_TINY} pixels along a side in images of {width} x {height}, "
            f"where they are hard to find; {remedy}: {_count_by_id(self.defects.tiny, limit)}"
        )

    def _measured_boxes(self) -> list[tuple[int, tuple[float, float, float, float]]]:
        """Returns for each box the longer side of its picture, and its corners."""
        return [
            (max(self.looks[file.id].size), box.corners) for file in self.files for box in parse_boxes(file.class_name)
        ]

    def describe_boxes(self) -> str:
        """Returns in a sentence how the boxes were read, how many there are, and how large they are."""
        sides = [max(x1 - x0, y1 - y0) / longest for longest, (x0, y0, x1, y1) in self._measured_boxes()]
        size = f", {100 * statistics.median(sides):.0f} % of the picture's longer side (median)" if sides else ""
        return (
            f"Boxes: read as {FORMAT_TITLES[self.box_format]}; {format_count(sum(self.box_counts.values()), 'box')}"
            f"{size}. Pictures are shown whole, between grey bars where their shape is another."
        )

    def __repr__(self):
        classes = format_count(len(self.class_names), "class")
        lines = [f"Folder {str(self.path)!r}: {classes}, {len(self.files)} usable pictures"]
        part_files = {}
        for file in self.files:
            part_files.setdefault(file.part, []).append(file)
        for part in (UNDIVIDED, "train", "validation", "test"):
            if part in part_files:
                spread = BOX_TARGET.describe_spread(
                    part_files[part], dict.fromkeys(self.class_names[:_MOST_CLASSES], 0)
                )
                lines.append(f"  {part}: {len(part_files[part])} ({spread})")
        lines.append(f"  {self.describe_boxes()}")
        findings = self.lines(limit=20) or [
            "Nothing to remark: every box lies in its picture, and none is there twice."
        ]
        return "\n".join(lines + ["  " + line for line in findings])


def _count_by_id(counts: Mapping[str, int], limit: int) -> str:
    return format_list([f"{file_id} ({count})" if count > 1 else file_id for file_id, count in counts.items()], limit)


def check_boxes(
    path: str | os.PathLike,
    training: bool = True,
    box_format: str | None = None,
    image_size: int | tuple[int, int] = DEFAULT_SIZE,
    group_pattern: str | None = None,
) -> BoxReport:
    """Reads the boxes of a folder of pictures, opens every picture, and says what can be used and what cannot.

    Args:
        path: The folder, with pictures and annotations in one of three formats, wherever they lie in it.
            COCO json: a file with the lists `images`, `annotations` and `categories`, or one for each part.
            Pascal VOC xml: a file for each picture; its lists `ImageSets/Main/train.txt` (val, test) are obeyed.
            YOLO txt: a file for each picture, in `labels/` for `images/` or beside it, with `data.yaml` or
            `classes.txt`. Folders called train, valid (val, validation) and test, or a COCO file called so, are the
            splits.
        training: Whether a model is to be trained on the pictures. False asks for less: any classes in any parts.
        box_format: `"coco"`, `"voc"` or `"yolo"`. Default None: the one that is there.
        image_size: `(height, width)` of the network's images in pixels, or one number for both: boxes that are tiny
            there are named. Default 224, as of `load_task`.
        group_pattern: A regular expression that finds in the path of a picture what it must not be divided from, such
            as the film that it is a frame of: `"([^/]+)_frame"`. Its first group counts, or all that it matches.
            Default None: copies of one photo that Roboflow made are a group.

    Returns:
        A `BoxReport`; print it.

    Raises:
        FileNotFoundError, NotADirectoryError: If `path` is not a folder.
        ValueError: If it has no boxes that can be read, boxes in several formats, none at all to train on, or a class
            for test or validation that is not trained.

    Example:
    >>> report = ft.check_boxes("cars", image_size=320)  # doctest: +SKIP
    >>> report.box_counts  # doctest: +SKIP
    {'plate': 160}
    """
    size = require_image_size(image_size)
    find_group = make_group_finder(group_pattern)
    path = find_path(path)
    listing = list_boxes(path, box_format)
    files = [
        PictureFile(picture.id, picture.part, "", picture.path, find_group(picture.id)) for picture in listing.pictures
    ]
    contents = FolderContents(Listing(sorted(files), (), dict(listing.faults), {}, {}))
    settled = _SettledBoxes(listing, contents.looks, size)
    labelled = [
        [file._replace(class_name=settled.labels[file.id]) for file in same_files if file.id in settled.labels]
        for same_files in contents.files_by_pixels.values()
    ]
    copies = sort_out_copies([same_files for same_files in labelled if same_files])
    class_names = _require_classes(path, copies.usable, training)
    repeats = tuple((file_id,) for file_id in listing.conflicts)
    return BoxReport(
        path=path,
        class_names=class_names,
        files=copies.usable,
        unreadable=contents.unreadable,
        conflicts=tuple(sorted((*copies.conflicts, *repeats))),
        duplicates=copies.duplicates,
        misnamed=contents.misnamed,
        converted={kind: tuple(ids) for kind, ids in contents.converted.items()},
        skipped={**contents.skipped, **settled.skipped},
        leaks=copies.leaks,
        looks={file.id: contents.looks[file.id] for file in copies.usable},
        target=BOX_TARGET,
        box_format=listing.format,
        group_pattern=group_pattern,
        image_size=size,
        box_counts=count_boxes(copies.usable, class_names),
        empty=tuple(file.id for file in copies.usable if not file.class_name),
        defects=settled.defects,
        missing=listing.missing,
        unmarked=tuple(listing.unmarked),
        unused_classes=tuple(name for name in listing.declared_classes if name and name not in class_names),
        unknown_classes=dict(listing.unknown_classes),
        in_several_parts=listing.in_several_parts,
        notes=(*listing.notes, *settled.notes),
    )


def make_group_finder(pattern: str | None):
    """Returns a function that finds in the path of a picture the group that it belongs to; an empty text for none.

    Raises:
        ValueError: For what is no regular expression.

    Example:
    >>> make_group_finder(r"(\\w+)\\.mp4")("cars/day1.mp4#t=7.jpg"), make_group_finder(None)("a_png.rf.0f3e.jpg")
    ('day1', 'a_png')
    """
    if pattern is None:
        return _group_of_copies
    try:
        expression = re.compile(pattern)
    except (re.error, TypeError) as error:
        raise ValueError(
            f"`group_pattern` is a regular expression, such as '([^/]+)_frame'. Received: {pattern!r} ({error})."
        ) from error

    def find_group(picture_id: str) -> str:
        match = expression.search(picture_id)
        if match is None:
            return ""
        return (match[1] if expression.groups else match[0]) or ""

    return find_group


def _group_of_copies(picture_id: str) -> str:
    match = _AUGMENTED_COPY.match(picture_id.rpartition("/")[2].rpartition(".")[0])
    return match[1] if match else ""


def _require_classes(path: os.PathLike, files: Iterable[PictureFile], training: bool) -> tuple[str, ...]:
    """Returns the classes that boxes are of, sorted.

    Raises:
        ValueError: If there are none to train on, or some that are not trained.
    """
    classes_by_part: dict[str, set[str]] = collections.defaultdict(set)
    for file in files:
        classes_by_part[file.part].update(BOX_TARGET.names_in(file.class_name, ()))
    all_classes = set().union(*classes_by_part.values())
    if not all_classes:
        raise ValueError(f"None of the pictures of {str(path)!r} has a box that can be used.")
    if not training:
        return tuple(sorted(all_classes))
    trained_classes = classes_by_part["train"] | classes_by_part[UNDIVIDED]
    if not trained_classes:
        parts = ", ".join(part for part, classes in classes_by_part.items() if classes)
        raise ValueError(f"{str(path)!r} has boxes in {parts} but none to train on. Add a folder train.")
    for part, classes in classes_by_part.items():
        untrained = sorted(classes - trained_classes)
        if untrained:
            raise ValueError(
                f"The {part} pictures of {str(path)!r} have boxes of classes that training does not have: "
                f"{format_list(untrained, 10)}. Training has: {format_list(sorted(trained_classes), 20)}."
            )
    return tuple(sorted(trained_classes))


class _SettledBoxes:
    """The boxes of pictures in pixels of the files, once their sizes are known.

    Args:
        listing: What the annotation files say.
        looks: `{id: Look}` of the pictures that can be read.
        size: `(height, width)` of the network's images.

    Attributes:
        labels: `{id: text of all boxes}`.
        defects: The `BoxDefects`.
        skipped: `{id: reason}` of pictures whose boxes cannot be those of the file.
        notes: A sentence on pictures that have another size than their annotation says.
    """

    def __init__(self, listing: BoxListing, looks: Mapping[str, Look], size: tuple[int, int]):
        self.labels: dict[str, str] = {}
        self.defects = BoxDefects({}, {}, {}, {}, {})
        self.skipped: dict[str, Skipped] = {}
        self.notes: list[str] = []
        self._size = size
        self._resized_ids: list[str] = []
        for picture in listing.pictures:
            if picture.id in looks:
                self._settle(picture, looks[picture.id].size)
        if self._resized_ids:
            self.notes.append(
                f"{format_count(len(self._resized_ids), 'picture')} of another size than the annotation says; boxes "
                f"were resized with them: {format_list(self._resized_ids)}"
            )

    def _settle(self, picture: MarkedPicture, file_size: tuple[int, int]) -> None:
        scale = self._scale_to_pixels(picture, file_size)
        if scale is None:
            return
        usable_boxes: list[Box] = []
        for box in picture.boxes:
            x0, y0, x1, y1 = (number * factor for number, factor in zip(box.corners, (*scale, *scale), strict=True))
            settled = self._settle_box(picture.id, Box(box.class_name, (x0, y0, x1, y1)), file_size)
            if settled is None:
                continue
            if settled in usable_boxes:
                _count_one(self.defects.repeated, picture.id)
            else:
                usable_boxes.append(settled)
        shrinkage = min(self._size[1] / file_size[0], self._size[0] / file_size[1])
        tiny_count = sum(min(x1 - x0, y1 - y0) * shrinkage < _TINY for _, (x0, y0, x1, y1) in usable_boxes)
        if tiny_count:
            self.defects.tiny[picture.id] = tiny_count
        self.labels[picture.id] = format_boxes(usable_boxes)

    def _scale_to_pixels(self, picture: MarkedPicture, file_size: tuple[int, int]) -> tuple[float, float] | None:
        """Returns what to multiply x and y with, or None where the boxes cannot be those of the file."""
        width, height = file_size
        if picture.in_shares:
            return float(width), float(height)
        if picture.size is None or picture.size == (width, height):
            return 1.0, 1.0
        said_width, said_height = picture.size
        if abs(said_width / said_height / (width / height) - 1) > _SAME_SHAPE:
            turned = ", which its EXIF data turn" if (said_height, said_width) == (width, height) else ""
            self.skipped[picture.id] = Skipped(
                "other",
                f"its boxes are for {said_width:g} x {said_height:g} pixels, and the picture has {width} x {height}"
                f"{turned}",
            )
            return None
        if picture.boxes:
            self._resized_ids.append(picture.id)
        return width / said_width, height / said_height

    def _settle_box(self, picture_id: str, box: Box, file_size: tuple[int, int]) -> Box | None:
        """Returns the part of a box that lies in its picture, or None where nothing does."""
        width, height = file_size
        x0, y0, x1, y1 = box.corners
        if not (x1 > x0 and y1 > y0):
            _count_one(self.defects.flat, picture_id)
            return None
        if x1 <= 0 or y1 <= 0 or x0 >= width or y0 >= height:
            _count_one(self.defects.outside, picture_id)
            return None
        if min(x0, y0) < -_OVERHANG or x1 > width + _OVERHANG or y1 > height + _OVERHANG:
            _count_one(self.defects.clipped, picture_id)
        corners = max(x0, 0.0), max(y0, 0.0), min(x1, float(width)), min(y1, float(height))
        rounded = tuple(round(number, 2) for number in corners)
        if not box_areas(as_boxes([[*rounded, 0]]))[0]:
            _count_one(self.defects.flat, picture_id)
            return None
        return Box(box.class_name, rounded)  # pyright: ignore[reportArgumentType]  (four numbers)


def _count_one(counts: dict[str, int], picture_id: str) -> None:
    counts[picture_id] = counts.get(picture_id, 0) + 1
