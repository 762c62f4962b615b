"""Boxes in COCO's JSON: the lists images, annotations and categories in one file, or in one for each part."""

import json
import math
import pathlib
from typing import Any

from ftlib.tasks.box_files.annotation import BoxListing, MarkedPicture, clean_class_name
from ftlib.tasks.box_files.folder_index import FolderIndex, part_of_path
from ftlib.tasks.folder.picture_file import UNDIVIDED
from ftlib.tasks.folder.targets import Box

_LISTS = ("images", "annotations", "categories")
_INSTANCES = "instances"  # the first word of COCO's own files of boxes; those beside them are of other things


def find_coco_files(index: FolderIndex) -> list[str]:
    """Returns the paths of the JSON files of a folder that hold boxes in COCO's form."""
    names = [name for name in index.with_suffix(".json") if _mentions_lists(index.others[name])]
    instances = [name for name in names if name.rpartition("/")[2].lower().startswith(_INSTANCES)]
    return instances or names


def _mentions_lists(path: pathlib.Path) -> bool:
    try:
        content = path.read_bytes()
    except OSError:
        return False
    return all(f'"{name}"'.encode() in content for name in _LISTS)


def list_coco(index: FolderIndex) -> BoxListing:
    """Returns the pictures and boxes of a folder's COCO files.

    Raises:
        ValueError: For a file that is no JSON, or whose lists lack something.
    """
    listing = BoxListing("coco")
    declared_classes: dict[str, None] = {}
    named_pictures: set[str] = set()
    for name in find_coco_files(index):
        reader = _CocoFile(index, name, listing)
        reader.read()
        declared_classes.update(dict.fromkeys(reader.class_names.values()))
        named_pictures |= reader.named_pictures
    listing.declared_classes = tuple(declared_classes)
    listing.unmarked = [index.ids[name] for name in index.pictures if name not in named_pictures]
    return listing


class _CocoFile:
    """One JSON file.

    Args:
        index: The files of the folder.
        name: The path of the file inside the folder.
        listing: What is read is added to it.

    Attributes:
        class_names: `{id of the category: its name}`.
        named_pictures: The paths of the pictures that it names.
    """

    def __init__(self, index: FolderIndex, name: str, listing: BoxListing):
        self.index = index
        self.name = name
        self.listing = listing
        self.part = part_of_path(name)
        self.class_names: dict[Any, str] = {}
        self.named_pictures: set[str] = set()

    def read(self) -> None:
        """Adds the pictures of the file, those without boxes too."""
        content = self._load()
        self.class_names = {
            self._entry(category, "categories", "id"): clean_class_name(self._entry(category, "categories", "name"))
            for category in content["categories"]
        }
        boxes_by_image: dict[Any, list[Box]] = {self._entry(image, "images", "id"): [] for image in content["images"]}
        for number, annotation in enumerate(content["annotations"], start=1):
            self._add_box(annotation, f"{self.name}: annotation {number}", boxes_by_image)
        for image in content["images"]:
            self._add_picture(image, tuple(boxes_by_image[image["id"]]))

    def _load(self) -> dict[str, list]:
        path = self.index.others[self.name]
        try:
            content = json.loads(path.read_bytes())
        except (ValueError, RecursionError) as error:
            raise ValueError(f"{self.name} is to be COCO's JSON, and cannot be read as JSON: {error}.") from error
        is_complete = isinstance(content, dict) and all(isinstance(content.get(name), list) for name in _LISTS)
        if not is_complete:
            raise ValueError(f"{self.name} is to be COCO's JSON, with the lists {', '.join(_LISTS)} at its top level.")
        return content

    def _entry(self, record: Any, list_name: str, key: str) -> Any:
        value = record.get(key) if isinstance(record, dict) else None
        if value is None or isinstance(value, (dict, list)):
            raise ValueError(
                f"Each entry of {list_name!r} in {self.name} needs {key!r}. Received: {str(record)[:100]}."
            )
        return value

    def _add_box(self, annotation: Any, place: str, boxes_by_image: dict[Any, list[Box]]) -> None:
        image_id = self._entry(annotation, "annotations", "image_id")
        category_id = self._entry(annotation, "annotations", "category_id")
        if image_id not in boxes_by_image:
            self.listing.fault(place, f"of the image {image_id}, which 'images' does not list")
            return
        if annotation.get("iscrowd") == 1:
            self.listing.fault(place, "a crowd, which is no single object")
            return
        if category_id not in self.class_names:
            self.listing.unknown_classes[f"category {category_id}"] += 1
            return
        numbers = annotation.get("bbox")
        if not is_four_numbers(numbers):
            self.listing.fault(place, f"its bbox is to be four numbers, x, y, width, height, and is {numbers!r:.60}")
            return
        x, y, width, height = map(float, numbers)
        boxes_by_image[image_id].append(Box(self.class_names[category_id], (x, y, x + width, y + height)))

    def _add_picture(self, image: dict[str, Any], boxes: tuple[Box, ...]) -> None:
        written_name = str(self._entry(image, "images", "file_name"))
        name = self.index.find(written_name, self.name, self.part)
        if name is None:
            self.listing.missing[written_name] = self.name
            return
        self.named_pictures.add(name)
        size = (image.get("width"), image.get("height"))
        known_size = (float(size[0]), float(size[1])) if all(map(_is_length, size)) else None  # pyright: ignore
        part = part_of_path(name) if self.part == UNDIVIDED else self.part
        picture = MarkedPicture(self.index.ids[name], self.index.pictures[name], part, boxes, known_size)
        self.listing.pictures.append(picture)


def _is_length(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value) and value > 0


def is_four_numbers(values: Any) -> bool:
    """Returns whether values are a list of four finite numbers."""
    if not isinstance(values, list) or len(values) != 4:
        return False
    return all(isinstance(x, (int, float)) and not isinstance(x, bool) and math.isfinite(x) for x in values)
