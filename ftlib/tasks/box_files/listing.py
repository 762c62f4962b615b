"""In which format a folder has its boxes, and what its annotation files say."""

import pathlib
from collections.abc import Callable

from ftlib.errors import find_name
from ftlib.tasks.box_files.annotation import BoxListing
from ftlib.tasks.box_files.coco import find_coco_files, list_coco
from ftlib.tasks.box_files.folder_index import FolderIndex
from ftlib.tasks.box_files.voc import find_voc_files, list_voc
from ftlib.tasks.box_files.yolo import find_yolo_files, list_yolo

_FINDERS: dict[str, Callable[[FolderIndex], list[str]]] = {
    "coco": find_coco_files,
    "voc": find_voc_files,
    "yolo": find_yolo_files,
}
_READERS: dict[str, Callable[[FolderIndex], BoxListing]] = {"coco": list_coco, "voc": list_voc, "yolo": list_yolo}
BOX_FORMATS = tuple(_READERS)
FORMAT_TITLES = {"coco": "COCO json", "voc": "Pascal VOC xml", "yolo": "YOLO txt"}


def holds_boxes(path: pathlib.Path) -> bool:
    """Returns whether a path is a folder of pictures with boxes in a known format."""
    if not path.is_dir():
        return False
    index = FolderIndex(path)
    return bool(index.pictures) and any(find(index) for find in _FINDERS.values())


def list_boxes(path: pathlib.Path, box_format: str | None = None) -> BoxListing:
    """Returns the pictures of a folder with what its annotation files say of them.

    Args:
        path: The folder.
        box_format: `"coco"`, `"voc"` or `"yolo"`. Default None: the one that is there.

    Raises:
        FileNotFoundError: If there is no such folder.
        NotADirectoryError: If it is a file.
        ValueError: For a folder without pictures or without boxes in that format, or with boxes in several.
    """
    known_format = None if box_format is None else find_name("format of boxes", box_format, BOX_FORMATS)
    if not path.exists():
        raise FileNotFoundError(f"There is no folder {str(path)!r}. Check the spelling, and that the disk is mounted.")
    if not path.is_dir():
        raise NotADirectoryError(f"A folder of pictures with boxes is needed. Received: the file {str(path)!r}.")
    index = FolderIndex(path)
    if not index.pictures:
        raise ValueError(f"{str(path)!r} holds no pictures, at any depth.")
    listing = _READERS[known_format or _find_format(path, index)](index)
    if not listing.pictures:
        raise ValueError(_explain_nothing(path, listing))
    listing.merge_repeated()
    return listing


def _find_format(path: pathlib.Path, index: FolderIndex) -> str:
    file_counts = {name: len(find(index)) for name, find in _FINDERS.items()}
    found_formats = [name for name, count in file_counts.items() if count]
    if len(found_formats) == 1:
        return found_formats[0]
    if found_formats:
        texts = [f"{name} ({file_counts[name]:,} files)" for name in found_formats]
        raise ValueError(
            f"{str(path)!r} has boxes in several formats: {', '.join(texts)}. Name one: box_format=... (--box-format)."
        )
    raise ValueError(
        f"{str(path)!r} has pictures but no boxes that can be read: COCO json with the lists images, annotations and "
        "categories; Pascal VOC xml, one for each picture; or YOLO txt, one for each picture, beside it or in labels/ "
        "for images/."
    )


def _explain_nothing(path: pathlib.Path, listing: BoxListing) -> str:
    if listing.missing:
        name, source = next(iter(listing.missing.items()))
        return (
            f"None of the {len(listing.missing):,} pictures that the {FORMAT_TITLES[listing.format]} of {str(path)!r} "
            f"speaks of is there, such as {name} ({source}). Put the pictures into the same folder."
        )
    place, reason = next(iter(listing.faults.items()), ("", "there is none"))
    return f"{str(path)!r} has no picture with boxes in {FORMAT_TITLES[listing.format]}: {place} {reason}."
