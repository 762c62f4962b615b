"""Boxes in YOLO's text files: one for each picture, a line for each box, with a list of class names beside them."""

import math
import os
import pathlib
from collections.abc import Sequence
from typing import Any

from ftlib.tasks.box_files.annotation import BoxListing, MarkedPicture, clean_class_name, read_names
from ftlib.tasks.box_files.data_yaml import read_data_yaml
from ftlib.tasks.box_files.folder_index import FolderIndex, part_of_path
from ftlib.tasks.folder.picture_file import UNDIVIDED
from ftlib.tasks.folder.targets import Box

_NAME_LISTS = ("classes.txt", "obj.names", "_darknet.labels", "names.txt", "labels.txt")
_YAML_SUFFIXES = (".yaml", ".yml")
_NO_LABELS = {*_NAME_LISTS, "train.txt", "val.txt", "valid.txt", "test.txt", "requirements.txt"}
_MOST_TRIED = 20  # text files that are looked into, to tell labels from other texts
_IMAGES, _LABELS = "images", "labels"  # folders beside each other, as Ultralytics has them
_YAML_PARTS = {"train": "train", "val": "validation", "valid": "validation", "validation": "validation", "test": "test"}


def find_yolo_files(index: FolderIndex) -> list[str]:
    """Returns the paths of the label files of a folder; none where its text files hold something else."""
    names = [name for name in index.with_suffix(".txt") if _may_be_labels(name)]
    stems = {pathlib.PurePosixPath(name).stem for name in index.pictures}
    names = [name for name in names if _LABELS in name.lower().split("/") or pathlib.PurePosixPath(name).stem in stems]
    filled = (lines for name in names if (lines := _read_lines(index.others[name])))
    tried = [lines for lines, _ in zip(filled, range(_MOST_TRIED), strict=False)]
    box_count = sum(_reads_as_box(lines[0]) for lines in tried)
    return names if tried and 2 * box_count >= len(tried) else []


def _may_be_labels(name: str) -> bool:
    file_name = name.rpartition("/")[2].lower()
    return file_name not in _NO_LABELS and not file_name.startswith("readme")


def _read_lines(path: pathlib.Path) -> list[str]:
    try:
        text = path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError:
        return []
    return [line for line in text.splitlines() if line.strip()]


def _reads_as_box(line: str) -> bool:
    numbers = [_number(word) for word in line.split()]
    return len(numbers) >= 5 and None not in numbers


def _number(word: str) -> float | None:
    try:
        number = float(word)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def list_yolo(index: FolderIndex) -> BoxListing:
    """Returns the pictures and boxes of a folder's YOLO files.

    A picture without a label file has no objects, as Ultralytics has it. A line with more numbers than five is the
    outline of an object, of which the box around it is taken.

    Raises:
        ValueError: For lists of names that contradict each other, and a data.yaml that cannot be read.
    """
    listing = BoxListing("yolo")
    label_names = find_yolo_files(index)
    names = _find_class_names(index, listing)
    listing.declared_classes = tuple(dict.fromkeys(name for name in names if name))
    yaml_parts = _read_yaml_parts(index)
    label_by_picture = _match_labels(index, label_names, listing)
    without_file = 0
    for name, path in index.pictures.items():
        label_name = label_by_picture.get(name)
        without_file += label_name is None
        boxes = () if label_name is None else tuple(_read_boxes(index, label_name, names, listing))
        part = part_of_path(name)
        part = yaml_parts.get(name, part) if part == UNDIVIDED else part
        listing.pictures.append(MarkedPicture(index.ids[name], path, part, boxes, in_shares=True))
    if without_file:
        listing.notes.append(
            f"{without_file:,} of {len(index.pictures):,} pictures have no label file: they count as without objects."
        )
    return listing


def _find_class_names(index: FolderIndex, listing: BoxListing) -> list[str]:
    """Returns the class names by their number; none where no file lists them."""
    names_by_file: dict[str, list[str]] = {}
    for name, path in index.others.items():
        file_name = name.rpartition("/")[2].lower()
        if file_name.endswith(_YAML_SUFFIXES):
            names = read_data_yaml(path, name).names
        elif file_name in _NAME_LISTS:
            names = read_names(path.read_text(encoding="utf-8-sig", errors="replace").splitlines())
        else:
            continue
        if names:
            names_by_file[name] = names
    if not names_by_file:
        listing.notes.append("No file lists class names (data.yaml or classes.txt), so classes are called by numbers.")
        return []
    (first_file, first_names), *others = names_by_file.items()
    for other_file, other_names in others:
        if other_names != first_names:
            raise ValueError(
                f"{first_file} and {other_file} list different class names: {', '.join(first_names)[:100]}, and "
                f"{', '.join(other_names)[:100]}. Keep the right one."
            )
    return first_names


def _read_yaml_parts(index: FolderIndex) -> dict[str, str]:
    """Returns `{path of a picture: part}` as data.yaml says: by folders, or by lists of pictures."""
    parts: dict[str, str] = {}
    for yaml_name in (name for name in index.others if name.lower().endswith(_YAML_SUFFIXES)):
        content = read_data_yaml(index.others[yaml_name], yaml_name)
        for key, places in content.parts.items():
            for place in places:
                for picture in _pictures_at(index, place, content.root, yaml_name):
                    parts[picture] = _YAML_PARTS[key]
    return parts


def _pictures_at(index: FolderIndex, place: str, root: str, yaml_name: str) -> Sequence[str]:
    """Returns the pictures that a place of data.yaml means: a folder, or a text file with a path in each line."""
    beside = yaml_name.rpartition("/")[0]
    for base in dict.fromkeys((f"{root}/{place}", place, place.lstrip("./"))):
        name = os.path.normpath(f"{beside}/{base}" if beside else base).replace("\\", "/")
        if name in index.others and name.lower().endswith(".txt"):
            lines = _read_lines(index.others[name])
            return [found for line in lines if (found := index.find(line, name)) is not None]
        below = [picture for picture in index.pictures if picture.startswith(f"{name}/")]
        if below:
            return below
    return ()


def _match_labels(index: FolderIndex, label_names: Sequence[str], listing: BoxListing) -> dict[str, str]:
    """Returns `{path of a picture: path of its label file}`; label files without a picture are written down."""
    name_by_key = {_without_suffix(name): name for name in label_names}
    label_by_picture: dict[str, str] = {}
    for picture in index.pictures:
        for key in _label_keys(picture):
            if key in name_by_key:
                label_by_picture[picture] = name_by_key[key]
                break
    matched = set(label_by_picture.values())
    for name in label_names:
        if name in matched:
            continue
        # Some programs put pictures and labels into folders of other names.
        picture = index.find_stem(pathlib.PurePosixPath(name).stem, name, part_of_path(name))
        if picture is None or picture in label_by_picture:
            listing.missing[pathlib.PurePosixPath(name).stem] = name
        else:
            label_by_picture[picture] = name
    return label_by_picture


def _without_suffix(name: str) -> str:
    return name.rpartition(".")[0]


def _label_keys(picture: str) -> list[str]:
    """Returns where the label file of a picture can be, without its ending: in labels/ for images/, or beside it."""
    *folders, file_name = picture.split("/")
    stem = _without_suffix(file_name)
    keys = []
    for position in reversed(range(len(folders))):
        if folders[position].lower() == _IMAGES:
            keys.append("/".join([*folders[:position], _LABELS, *folders[position + 1 :], stem]))
            break
    return [*keys, "/".join([*folders, _LABELS, stem]), "/".join([*folders, stem])]


def _read_boxes(index: FolderIndex, label_name: str, names: Sequence[str], listing: BoxListing):
    for number, line in enumerate(_read_lines(index.others[label_name]), start=1):
        place = f"{label_name}: line {number}"
        values: list[Any] = [_number(word) for word in line.split()]
        if len(values) < 5 or None in values or values[0] != int(values[0]) or values[0] < 0:
            listing.fault(place, f"a class number and four numbers are expected, and there is {line[:40]!r}")
            continue
        corners = _corners_of(values[1:])
        if corners is None:
            listing.fault(place, f"{len(values)} numbers, which are neither a box (5) nor an outline (7, 9, ...)")
            continue
        class_index = int(values[0])
        if names and class_index >= len(names):
            listing.unknown_classes[f"number {class_index}"] += 1
            continue
        yield Box(names[class_index] if names else clean_class_name(class_index), corners)


def _corners_of(values: Sequence[float]) -> tuple[float, float, float, float] | None:
    """Returns the corners of a box x, y (of its middle), width, height, or of an outline x, y, x, y, ..."""
    if len(values) == 4:
        x, y, width, height = values
        return x - width / 2, y - height / 2, x + width / 2, y + height / 2
    if len(values) < 6 or len(values) % 2:
        return None
    return min(values[::2]), min(values[1::2]), max(values[::2]), max(values[1::2])
