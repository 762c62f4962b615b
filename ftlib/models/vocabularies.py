"""The vocabularies of networks for texts: those that ship with ftlib, of presets of KerasHub, and in files."""

from __future__ import annotations

import pathlib

from ftlib.errors import unknown
from ftlib.models.available_files import HUB_PREFIX, check_preset
from ftlib.models.shipped_files import read_card, shipped_file
from ftlib.models.tokenizer import HubTokenizer, TextTokenizer, Tokenizer, require_text_tokenizer

TOKEN_BACKBONES = ("minibert", "minigpt")  # ship with ftlib
DEFAULT_LENGTH = 128  # tokens, where neither the caller nor the tokenizer says


def load_tokenizer(name: str) -> Tokenizer | HubTokenizer:
    """Returns the vocabulary that belongs to a network for texts.

    Args:
        name: `"minibert"` or `"minigpt"`, which ship with ftlib; `"hub:PRESET"`, a preset of KerasHub by name or local
            folder; or the path of a vocabulary file, one piece a line, ending in `.txt`.

    Raises:
        ValueError: For an unknown name, and a vocabulary whose checksum is wrong.
        FileNotFoundError: For a file that is not there.
        ImportError: For `"hub:..."` without `keras-hub` and `tensorflow-text`.

    Example:
    >>> ft.load_tokenizer("minibert").split("이 영화는 재미있다")
    ['▁이', '▁영화는', '▁재미있다']
    """
    if name in TOKEN_BACKBONES:
        tokenizer = Tokenizer.load(shipped_file(name, "vocabulary"))
        tokenizer.length = read_card(name)["network"]["length"]
        return tokenizer
    if isinstance(name, str) and name.casefold().startswith(HUB_PREFIX):
        check_preset(name[len(HUB_PREFIX) :], "load_tokenizer")
        return HubTokenizer.from_preset(name[len(HUB_PREFIX) :])
    if isinstance(name, pathlib.PurePath) or str(name).endswith(".txt"):
        return Tokenizer.load(name)
    raise unknown("tokenizer", name, (*TOKEN_BACKBONES, "hub:PRESET"))


def require_tokenizer(tokenizer: str | TextTokenizer, length: int | None) -> tuple[TextTokenizer, int]:
    """Returns a tokenizer, loaded if it was named, and the tokens of a text.

    Raises:
        TypeError: For an object that is no tokenizer.
        ValueError: For an unknown name, and a length below 2.
    """
    if isinstance(tokenizer, (str, pathlib.PurePath)):
        tokenizer = load_tokenizer(tokenizer)
    require_text_tokenizer(tokenizer)
    chosen = tokenizer.length or DEFAULT_LENGTH if length is None else length
    if isinstance(chosen, bool) or not isinstance(chosen, int) or chosen < 2:
        raise ValueError(f"`length` is a whole number of at least 2. Received: length={length!r}.")
    return tokenizer, chosen
