"""The little of YAML that a data.yaml of YOLO is written in: names, and where the pictures of each part lie."""

import pathlib
import re
from typing import NamedTuple

from ftlib.tasks.box_files.annotation import clean_class_name

_PART_KEYS = ("train", "val", "valid", "validation", "test")
_ENTRY = re.compile(r"""^(\s*)(?:"([^"]+)"|'([^']+)'|([^\s:#'"\-][^:]*?|-?\d+))\s*:(?:\s+(.*)|)$""")


class DataYaml(NamedTuple):
    """What a data.yaml says.

    Attributes:
        names: The class names, by their number.
        parts: `{"train", "val" or "test": the folders, or lists of pictures, as they are written}`.
        root: What `path` says, which the places are relative to; `"."` without it.
    """

    names: list[str]
    parts: dict[str, list[str]]
    root: str


def read_data_yaml(path: pathlib.Path, name: str) -> DataYaml:
    """Returns the names and the parts of a data.yaml; what else stands in it is left alone.

    Args:
        path: The file.
        name: What messages call it.

    Raises:
        ValueError: If its names cannot be read.
    """
    text = path.read_text(encoding="utf-8-sig", errors="replace")
    blocks = _read_blocks(text)
    names = _read_items(blocks.get("names", ""))
    if isinstance(names, dict):
        names = _in_order(names, name)
    parts = {}
    for key in _PART_KEYS:
        places = _read_items(blocks.get(key, ""))
        if isinstance(places, list) and places:
            parts[key] = places
    root = _read_items(blocks.get("path", ""))
    return DataYaml(
        [clean_class_name(class_name) for class_name in names],
        parts,
        root[0] if isinstance(root, list) and root else ".",
    )


def _read_blocks(text: str) -> dict[str, str]:
    """Returns `{key: what stands behind it and below}` of the top level."""
    blocks: dict[str, list[str]] = {}
    key = ""
    for line in map(_without_comment, text.splitlines()):
        match = _ENTRY.match(line) if line[:1].strip() else None
        if match is not None:
            key = match[2] or match[3] or match[4]
            blocks[key] = [match[5] or ""]
        elif key:
            blocks[key].append(line)
    return {key: "\n".join(lines) for key, lines in blocks.items()}


def _without_comment(line: str) -> str:
    """Returns a line without what stands behind a `#` that no quotes hold."""
    quote = ""
    for position, letter in enumerate(line):
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"":
            quote = letter
        elif letter == "#" and (position == 0 or line[position - 1].isspace()):
            return line[:position]
    return line


def _read_items(block: str) -> list[str] | dict[str, str]:
    """Returns the items of a block: a list, a table of numbers and names, or a list of the one value that it is."""
    flat = " ".join(block.split())
    if flat.startswith("[") and flat.endswith("]"):
        return [_unquote(item) for item in _split_at_commas(flat[1:-1])]
    if flat.startswith("{") and flat.endswith("}"):
        pairs = [item.partition(":") for item in _split_at_commas(flat[1:-1])]
        return {_unquote(key): _unquote(value) for key, _, value in pairs}
    lines = [line for line in block.splitlines() if line.strip()]
    if lines and all(line.strip().startswith("-") for line in lines):
        return [_unquote(line.strip()[1:]) for line in lines]
    matches = [_ENTRY.match(line) for line in lines]
    if lines and all(match is not None for match in matches):
        return {(match[2] or match[3] or match[4]).strip(): _unquote(match[5] or "") for match in matches if match}
    return [_unquote(flat)] if flat else []


def _split_at_commas(text: str) -> list[str]:
    """Returns what commas part that no quotes hold; an empty end does not count."""
    items, quote, current = [], "", ""
    for letter in text:
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"":
            quote = letter
        elif letter == ",":
            items.append(current)
            current = ""
            continue
        current += letter
    return [*items, current] if current.strip() else items


def _unquote(text: str) -> str:
    text = text.strip()
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "'\"":
        return text[1:-1]
    return text


def _in_order(names: dict[str, str], file_name: str) -> list[str]:
    """Returns names by their number."""
    if not all(key.isdecimal() for key in names) or sorted(map(int, names)) != list(range(len(names))):
        raise ValueError(
            f"The names in {file_name} are a list, or numbered from 0 without gaps. Received: {', '.join(names)[:100]}."
        )
    return [names[key] for key in sorted(names, key=int)]
