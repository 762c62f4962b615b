"""Tokenizers: texts as ids of pieces of words, and back."""

from __future__ import annotations

import functools
import importlib.util
import os
import pathlib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

PADDING, UNKNOWN, START, END, MASK = SPECIAL_PIECES = ("[PAD]", "[UNK]", "[START]", "[END]", "[MASK]")
SPACE = "▁"  # begins a piece that begins a word (as in SentencePiece: Kudo and Richardson, 2018)
# A line break, a word, or the same sign once or several times; a word or sign that follows white space is marked so.
_WORDS = re.compile(r"\n|(?P<space>(?<!\S))?(?:\w+|([^\w\s])\2*)")


class Piece(NamedTuple):
    """A piece of a text: its id, and the characters `begin` to `stop` of the text that it stands for."""

    id: int
    begin: int
    stop: int


class Tokenizer:
    """A vocabulary of pieces of words, and how texts become ids: of each word, the longest piece that it begins with,
    then the longest that goes on, as BERT's WordPiece does (Devlin et al., 2019). Signs are words of their own.

    The first five pieces are marks: 0 for padding, then unknown characters, start, end and mask. A line break is a
    piece if the vocabulary has it; runs of other white space count as one space.

    Args:
        pieces: The vocabulary; the id of a piece is its place. `"▁"` at the beginning of a piece stands for a space.
        name: What messages call it.

    Attributes:
        length: Tokens of a text that its network takes; None where it belongs to none.

    Raises:
        ValueError: For a vocabulary that does not begin with the marks, or has a piece twice.

    Example:
    >>> tokenizer = ft.Tokenizer(["[PAD]", "[UNK]", "[START]", "[END]", "[MASK]", "▁fine", "-", "tun", "ing", "▁a"])
    >>> tokenizer.split("fine-tuning a cat")
    ['▁fine', '-', 'tun', 'ing', '▁a', '[UNK]']
    >>> tokenizer.encode(["fine-tuning"], length=8)
    array([[2, 5, 6, 7, 8, 3, 0, 0]], dtype=int32)
    """

    def __init__(self, pieces: Iterable[str], name: str = "vocabulary"):
        self.pieces = tuple(pieces)
        self.name = name
        self.length: int | None = None
        if self.pieces[: len(SPECIAL_PIECES)] != SPECIAL_PIECES:
            raise ValueError(
                f"A vocabulary begins with the marks {', '.join(SPECIAL_PIECES)}. Received: "
                f"{', '.join(map(repr, self.pieces[:5])) or 'nothing'}."
            )
        self._id_of_piece = {piece: index for index, piece in enumerate(self.pieces)}
        if len(self._id_of_piece) < len(self.pieces):
            twice = next(piece for index, piece in enumerate(self.pieces) if self._id_of_piece[piece] != index)
            raise ValueError(f"Each piece of a vocabulary stands there once. Received: {twice!r} twice.")
        self._longest = max(map(len, self.pieces))
        self._split_word = functools.lru_cache(maxsize=200_000)(self._split_word_anew)

    def __repr__(self):
        return f"<Tokenizer {self.name!r}: {len(self)} pieces>"

    def __len__(self):
        return len(self.pieces)

    @property
    def vocabulary_size(self) -> int:
        """How many pieces there are, with the marks."""
        return len(self.pieces)

    @property
    def unknown_id(self) -> int:
        """The id of characters that no piece holds."""
        return 1

    @property
    def start_id(self) -> int:
        """The id that a text begins with."""
        return 2

    @property
    def end_id(self) -> int:
        """The id that a text ends with."""
        return 3

    @property
    def mask_id(self) -> int:
        """The id that stands for a hidden token."""
        return 4

    def split(self, text: str) -> list[str]:
        """Returns the pieces of a text, without marks; `"[UNK]"` for a character that no piece holds."""
        return [self.pieces[piece.id] for piece in self.split_with_places(text)]

    def split_with_places(self, text: str) -> list[Piece]:
        """Returns the pieces of a text with the characters that each stands for.

        Characters are counted in the text as it is given, if it is in Unicode's normal form C.
        """
        found = []
        for match in _WORDS.finditer(unicodedata.normalize("NFC", text)):
            word, begin = match.group(), match.start()
            if word == "\n":
                if "\n" in self._id_of_piece:
                    found.append(Piece(self._id_of_piece["\n"], begin, begin + 1))
                continue
            marked = word if match["space"] is None else SPACE + word
            before = begin - (len(marked) - len(word))  # the space stands before the word, or nowhere
            for id, first, last in self._split_word(marked):
                found.append(Piece(id, max(begin, before + first), before + last))
        return found

    def _split_word_anew(self, word: str) -> tuple[Piece, ...]:
        """Returns the pieces of a word, which begins with `"▁"` where a space stands before it."""
        pieces, at = [], 0
        while at < len(word):
            for stop in range(min(len(word), at + self._longest), at, -1):
                id = self._id_of_piece.get(word[at:stop])
                if id is not None:
                    pieces.append(Piece(id, at, stop))
                    at = stop
                    break
            else:
                if word[at] != SPACE:  # a space that is no piece of its own is left out
                    pieces.append(Piece(self.unknown_id, at, at + 1))
                at += 1
        return tuple(pieces)

    def encode(self, texts: Sequence[str], length: int, marks: bool = True) -> np.ndarray:
        """Returns the ids of texts, cut at their end to a length or filled up there with 0.

        Args:
            texts: Strings.
            length: Tokens of each row.
            marks: Whether each text stands between the marks of start and end. Default True. A text that is too long
                has no end.

        Returns:
            `(n, length)` in int32.

        Raises:
            TypeError: For something else than strings.
        """
        if isinstance(texts, str):
            raise TypeError(f"`texts` is a list of strings. Received: one string, {texts[:40]!r}.")
        ids = np.zeros((len(texts), length), "int32")
        for row, text in enumerate(texts):
            if not isinstance(text, str):
                raise TypeError(f"`texts` is a list of strings. Received: {type(text).__name__} at place {row}.")
            found = [piece.id for piece in self.split_with_places(text)]
            if marks:
                found = [self.start_id, *found, self.end_id]
            ids[row, : len(found)] = found[:length]
        return ids

    def encode_pairs(
        self, questions: Sequence[str], passages: Sequence[str], length: int
    ) -> tuple[np.ndarray, list[list[tuple[int, int]]]]:
        """Returns questions and passages as one row of ids each, and which characters of the passage a token is.

        A row is start, question, end, passage, end, cut to a length or filled up with 0.

        Args:
            questions, passages: Strings, as many of one as of the other.
            length: Tokens of each row.

        Returns:
            Ids `(n, length)` in int32, and for each row `length` pairs of characters, `(0, 0)` for what is not in the
            passage: the `offsets` of an `AnswerSpan`.
        """
        ids = np.zeros((len(questions), length), "int32")
        offsets = []
        for row, (question, passage) in enumerate(zip(questions, passages, strict=True)):
            before = [self.start_id, *(piece.id for piece in self.split_with_places(question)), self.end_id]
            pieces = self.split_with_places(passage)
            found = [*before, *(piece.id for piece in pieces), self.end_id]
            ids[row, : len(found)] = found[:length]
            places = [(0, 0)] * len(before) + [(piece.begin, piece.stop) for piece in pieces] + [(0, 0)] * length
            offsets.append(places[:length])
        return ids, offsets

    def decode(self, ids: Sequence[int] | np.ndarray) -> str:
        """Returns the text of some ids. Marks are left out, but for unknown characters, which are `"�"`."""
        pieces = []
        for id in np.asarray(ids).tolist():
            if id == self.unknown_id:
                pieces.append("�")
            elif id >= len(SPECIAL_PIECES):
                pieces.append(self.pieces[id])
        return re.sub(r"\n ", "\n", "".join(pieces).replace(SPACE, " ")).strip(" ")

    def save(self, path: str | os.PathLike) -> None:
        """Writes the vocabulary as a text file, a piece a line; a line break is written as `\\n`."""
        lines = ("\\n" if piece == "\n" else piece for piece in self.pieces)
        pathlib.Path(path).write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")

    @classmethod
    def load(cls, path: str | os.PathLike) -> Tokenizer:
        """Returns the tokenizer of a file that `save` wrote.

        Raises:
            FileNotFoundError: For a file that is not there.
            ValueError: For a file that is no vocabulary.
        """
        file_path = pathlib.Path(path)
        if not file_path.is_file():
            raise FileNotFoundError(f"No vocabulary at {file_path}. Expected a text file with a piece a line.")
        try:
            lines = file_path.read_text(encoding="utf-8").split("\n")[:-1]
        except UnicodeDecodeError as error:
            raise ValueError(f"{file_path.name} is no vocabulary: it is not UTF-8 ({error}).") from error
        return cls(("\n" if line == "\\n" else line for line in lines), file_path.stem.removesuffix("-vocabulary"))


class HubTokenizer:
    """The tokenizer of a KerasHub preset, with the methods of `Tokenizer`.

    Args:
        tokenizer: A `keras_hub.tokenizers.Tokenizer` whose padding is the id 0.
        name: What messages call it.

    Raises:
        ValueError: For a tokenizer that pads with another id.
    """

    def __init__(self, tokenizer: Any, name: str):
        self.tokenizer = tokenizer
        self.name = name
        self.length: int | None = None
        padding = getattr(tokenizer, "pad_token_id", 0)
        if padding != 0:
            raise ValueError(f"ftlib takes the id 0 for padding. Received: {name} pads with {padding}.")

    @classmethod
    def from_preset(cls, preset: str) -> HubTokenizer:
        """Returns the tokenizer of a preset, by name or local folder.

        Raises:
            ImportError: Without `keras-hub` and `tensorflow-text`.
        """
        for package in ("keras_hub", "tensorflow_text"):
            if importlib.util.find_spec(package) is None:
                raise ImportError(
                    f'The tokenizer "hub:{preset}" needs {package}: pip install "ftlib[hub]" tensorflow-text.'
                )
        import keras_hub

        return cls(keras_hub.models.Tokenizer.from_preset(preset), f"hub:{preset}")

    def __repr__(self):
        return f"<HubTokenizer {self.name!r}: {len(self)} pieces>"

    def __len__(self):
        return self.vocabulary_size

    @property
    def vocabulary_size(self) -> int:
        """How many pieces there are, with the marks."""
        return int(self.tokenizer.vocabulary_size())

    def _id_of(self, *names):
        return next((int(id) for name in names if (id := getattr(self.tokenizer, name, None)) is not None), 0)

    @property
    def unknown_id(self) -> int:
        """The id of an unknown token; 0 where there is none."""
        return self._id_of("unk_token_id", "mask_token_id")

    @property
    def mask_id(self) -> int:
        """The id that stands for a hidden token; 0 where there is none."""
        return self._id_of("mask_token_id")

    @property
    def start_id(self) -> int:
        """The id that a text begins with; 0 where there is none."""
        return self._id_of("cls_token_id", "start_token_id")

    @property
    def end_id(self) -> int:
        """The id that a text ends with; 0 where there is none."""
        return self._id_of("sep_token_id", "end_token_id")

    def _ids_of(self, text: str) -> list[int]:
        return [int(id) for id in np.asarray(self.tokenizer.tokenize(text))]

    def split(self, text: str) -> list[str]:
        """Returns the pieces of a text, without marks."""
        return [self.tokenizer.id_to_token(id) for id in self._ids_of(text)]

    def encode(self, texts: Sequence[str], length: int, marks: bool = True) -> np.ndarray:
        """Returns the ids of texts, `(n, length)` in int32; see `Tokenizer.encode`."""
        ids = np.zeros((len(texts), length), "int32")
        for row, text in enumerate(texts):
            found = self._ids_of(text)
            if marks:
                found = [id for id in (self.start_id, *found, self.end_id) if id]
            ids[row, : len(found)] = found[:length]
        return ids

    def decode(self, ids: Sequence[int] | np.ndarray) -> str:
        """Returns the text of some ids, without padding and marks of start and end."""
        kept = [int(id) for id in np.asarray(ids) if id not in (0, self.start_id, self.end_id)]
        text = self.tokenizer.detokenize(np.asarray(kept, "int32"))
        return str(text)
