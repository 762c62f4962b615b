"""The files that ship with ftlib: weights, vocabularies, and the cards that say what they are."""

import hashlib
import json
import pathlib
from typing import Any

from ftlib.models.available_files import existing_file

_FOLDER = pathlib.Path(__file__).parent.parent / "weights"
_ENDINGS = {"backbone": ".weights.h5", "head": "-head.weights.h5", "vocabulary": "-vocabulary.txt"}


def read_card(name: str) -> dict[str, Any]:
    """Returns the card of a network that ships with ftlib: what it learnt from, how, under which licence."""
    return json.loads((_FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def is_shipped(name: str) -> bool:
    """Returns whether the weights of a network are among the shipped files."""
    return (_FOLDER / f"{name}.json").is_file()


def shipped_file(name: str, part: str) -> pathlib.Path:
    """Returns the path of a shipped file after comparing it with the checksum on its card.

    Args:
        name: Of the network.
        part: `"backbone"` or `"head"`; of networks for texts also `"vocabulary"`.

    Raises:
        ValueError: If the file is another one.
    """
    path = existing_file(_FOLDER / f"{name}{_ENDINGS[part]}")
    checksum = hashlib.sha256(path.read_bytes()).hexdigest()
    expected_checksum = read_card(name)["sha256"][part]
    if checksum != expected_checksum:
        raise ValueError(
            f"{path.name} is not the file that ftlib ships: its SHA-256 is {checksum[:12]}..., the card says "
            f"{expected_checksum[:12]}.... Install ftlib again, or make the weights with `make weights`."
        )
    return path
