"""Boxes in Pascal VOC's XML: one file for each picture."""

import math
import pathlib
from xml.etree import ElementTree

from ftlib.tasks.box_files.annotation import BoxListing, MarkedPicture, clean_class_name
from ftlib.tasks.box_files.folder_index import FolderIndex, part_of_path
from ftlib.tasks.folder.layout import PART_OF_FOLDER
from ftlib.tasks.folder.picture_file import UNDIVIDED
from ftlib.tasks.folder.targets import Box

_ROOT = b"<annotation"
_BEGINNING = 4096  # bytes of a file in which its root is looked for
_LARGEST_FILE = 2**24  # bytes
_SETS = "ImageSets/Main/"  # the lists of the parts, as VOC has them
_CORNERS = ("xmin", "ymin", "xmax", "ymax")


class _PlainTreeBuilder(ElementTree.TreeBuilder):
    """Refuses a document type: entities can make a small file fill the memory, or read other files."""

    def doctype(self, name, pubid, system):
        raise ValueError("it declares a document type (DOCTYPE), which annotations do not need")


def is_voc_file(path: pathlib.Path) -> bool:
    """Returns whether an XML file is one of VOC's, by its first bytes."""
    try:
        with open(path, "rb") as file:
            return _ROOT in file.read(_BEGINNING)
    except OSError:
        return False


def find_voc_files(index: FolderIndex) -> list[str]:
    """Returns the paths of the XML files of a folder that hold boxes in VOC's form."""
    return [name for name in index.with_suffix(".xml") if is_voc_file(index.others[name])]


def list_voc(index: FolderIndex) -> BoxListing:
    """Returns the pictures and boxes of a folder's VOC files.

    Pixels count from 1 there, and the last one is in the box. Many programs count from 0 all the same: where any box of
    the folder begins at 0, all are taken so.
    """
    listing = BoxListing("voc")
    part_by_stem = _read_sets(index)
    named_pictures = set()
    for name in find_voc_files(index):
        try:
            root = read_xml(index.others[name])
        except (ValueError, ElementTree.ParseError, OSError) as error:
            listing.fault(name, f"not read: {error}")
            continue
        picture_name = _find_picture(index, root, name)
        if picture_name is None:
            listing.missing[_text(root, "filename") or pathlib.PurePosixPath(name).stem] = name
            continue
        named_pictures.add(picture_name)
        stem = pathlib.PurePosixPath(picture_name).stem
        part = part_by_stem.get(stem, UNDIVIDED) if part_by_stem else part_of_path(picture_name)
        if part_by_stem and stem not in part_by_stem:
            listing.fault(index.ids[picture_name], f"not listed in {_SETS}")
            continue
        boxes = tuple(_read_boxes(root, name, listing))
        size = _read_size(root)
        picture_id, path = index.ids[picture_name], index.pictures[picture_name]
        listing.pictures.append(MarkedPicture(picture_id, path, part, boxes, size))
    _count_from_zero(listing)
    listing.unmarked = [index.ids[name] for name in index.pictures if name not in named_pictures]
    return listing


def read_xml(path: pathlib.Path) -> ElementTree.Element:
    """Returns the root of an XML file.

    Raises:
        ValueError: For a file with a document type, and for a very large one.
        ElementTree.ParseError: For one that is no XML.
    """
    size = path.stat().st_size
    if size > _LARGEST_FILE:
        raise ValueError(f"{size:,} bytes are too many for the boxes of one picture")
    parser = ElementTree.XMLParser(target=_PlainTreeBuilder())
    parser.feed(path.read_bytes())
    return parser.close()


def _read_sets(index: FolderIndex) -> dict[str, str]:
    """Returns `{name of a picture without its ending: part}` of VOC's lists; empty where there are none."""
    part_by_stem: dict[str, str] = {}
    names = [name for name in index.with_suffix(".txt") if _SETS.lower() in f"/{name.lower()}"]
    # The list of training and validation together is read first, so that lists of each have the last word.
    for name in sorted(names, key=lambda name: pathlib.PurePosixPath(name).stem != "trainval"):
        stem = pathlib.PurePosixPath(name).stem.lower()
        part = "train" if stem == "trainval" else PART_OF_FOLDER.get(stem)
        if part:
            lines = index.others[name].read_text(encoding="utf-8", errors="replace").splitlines()
            part_by_stem.update({line.split()[0]: part for line in lines if line.strip()})
    return part_by_stem


def _find_picture(index: FolderIndex, root: ElementTree.Element, name: str) -> str | None:
    """Returns the path of the picture of a file: that of the same name, else the one that it names."""
    part = part_of_path(name)
    picture_name = index.find_stem(pathlib.PurePosixPath(name).stem, name, part)
    return picture_name or index.find(_text(root, "filename"), name, part)


def _text(element: ElementTree.Element, tag: str) -> str:
    return (element.findtext(tag) or "").strip()


def _read_size(root: ElementTree.Element) -> tuple[float, float] | None:
    sides = [_number(_text(root, f"size/{tag}")) for tag in ("width", "height")]
    width, height = (side if side is not None and side > 0 else None for side in sides)
    return None if width is None or height is None else (width, height)


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _read_boxes(root: ElementTree.Element, name: str, listing: BoxListing):
    for number, element in enumerate(root.iter("object"), start=1):
        place = f"{name}: object {number}"
        class_name = clean_class_name(_text(element, "name"))
        corners = [_number(_text(element, f"bndbox/{tag}")) for tag in _CORNERS]
        if not class_name:
            listing.fault(place, "without a name")
        elif None in corners:
            listing.fault(place, f"its bndbox is to have {', '.join(_CORNERS)}, all numbers")
        else:
            x0, y0, x1, y1 = (float(corner) for corner in corners if corner is not None)
            yield Box(class_name, (x0, y0, x1, y1))


def _count_from_zero(listing: BoxListing) -> None:
    """Turns corners into coordinates between pixels."""
    firsts = [min(box.corners[:2]) for picture in listing.pictures for box in picture.boxes]
    counts_from_zero = bool(firsts) and min(firsts) < 1
    if counts_from_zero:
        listing.notes.append("Some boxes begin at pixel 0, so pixels are counted from 0, not from 1 as VOC's own are.")
        return
    listing.pictures = [
        picture._replace(boxes=tuple(map(_from_one_to_zero, picture.boxes))) for picture in listing.pictures
    ]


def _from_one_to_zero(box: Box) -> Box:
    """Returns a box whose first pixel counts from 0; one that ends where it begins is a slip, and stays so."""
    x0, y0, x1, y1 = box.corners
    return box if x0 >= x1 or y0 >= y1 else Box(box.class_name, (x0 - 1, y0 - 1, x1, y1))
