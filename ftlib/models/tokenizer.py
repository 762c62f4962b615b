"""Tokenizers: texts as ids of pieces of words, and back."""

from __future__ import annotations

import functools
import importlib.util
import os
import pathlib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np

PADDING, UNKNOWN, START, END, MASK = SPECIAL_PIECES = ("[PAD]", "[UNK]", "[START]", "[END]", "[MASK]")
SPACE = "▁"  # begins a piece that begins a word (as in SentencePiece: Kudo and Richardson, 2018)
# A line break, a word, or the same sign once or several times; a word or sign that follows white space is marked so.
_WORDS = re.compile(r"\n|(?P<space>(?<!\S))?(?:\w+|([^\w\s])\2*)")
_LINE_BREAK = re.compile(r"\\+n")  # in a file of a vocabulary: a line break, or a piece that looks like one


@runtime_checkable
class TextTokenizer(Protocol):
    """What tasks and `generate_text` ask of a tokenizer: `Tokenizer` and `HubTokenizer` have it, and yours may.

    Attributes:
        name: What messages call it.
        length: Tokens of a text that its network takes; None where it belongs to none.
        vocabulary_size: How many ids there are. The id 0 is padding: no text has it.
        start_id, end_id, unknown_id, mask_id: The ids of its marks; 0 for what it does not have.
    """

    name: str
    length: int | None

    @property
    def vocabulary_size(self) -> int:
        """How many ids there are, with 0."""
        ...

    @property
    def start_id(self) -> int:
        """The id that a text begins with; 0 where there is none."""
        ...

    @property
    def end_id(self) -> int:
        """The id that a text ends with; 0 where there is none."""
        ...

    @property
    def unknown_id(self) -> int:
        """The id of what it does not know; 0 where there is none."""
        ...

    @property
    def mask_id(self) -> int:
        """The id that stands for a hidden token; 0 where there is none."""
        ...

    def encode(self, texts: Sequence[str], length: int, marks: bool = True) -> np.ndarray:
        """Returns the ids of texts, `(n, length)` in int32; see `Tokenizer.encode`."""
        ...

    def decode(self, ids: Sequence[int] | np.ndarray) -> str:
        """Returns the text of some ids, without marks."""
        ...


def require_text_tokenizer(tokenizer: Any) -> None:
    """Raises a TypeError that says what an object lacks to be a `TextTokenizer`."""
    if not isinstance(tokenizer, TextTokenizer):
        wanted = (
            "name",
            "length",
            "vocabulary_size",
            "start_id",
            "end_id",
            "unknown_id",
            "mask_id",
            "encode",
            "decode",
        )
        missing = ", ".join(name for name in wanted if not hasattr(tokenizer, name))
        raise TypeError(
            "`tokenizer` is what makes ids of texts: a name or object as from ft.load_tokenizer(name), or one of your "
            f"own with what these have. Received: {type(tokenizer).__name__}, without {missing}."
        )


def most_tokens(text: str) -> int:
    """Returns how many tokens a text has at most, with its marks, where a character may be a token for each byte."""
    return 10 * len(text) + 4


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
    ['▁fine', '-', 'tun', 'ing', '▁a', '[UNK]', '[UNK]', '[UNK]']
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
        """Returns the pieces of a text with the characters of it that each stands for.

        Letters and the marks on them are looked up as Unicode composes them (normal form C), so that `"é"` is one piece
        whether it is written with one character or with two; the characters are counted in the text as it is given.
        """
        composed = unicodedata.normalize("NFC", text)
        found = []
        for match in _WORDS.finditer(composed):
            word, begin = match.group(), match.start()
            if word == "\n":
                if "\n" in self._id_of_piece:
                    found.append(Piece(self._id_of_piece["\n"], begin, begin + 1))
                continue
            marked = word if match["space"] is None else SPACE + word
            before = begin - (len(marked) - len(word))  # the space stands before the word, or nowhere
            for id, first, last in self._split_word(marked):
                found.append(Piece(id, max(begin, before + first), before + last))
        if composed == text:
            return found
        places = _places_before_composing(text)
        return [Piece(id, places[begin], places[stop]) for id, begin, stop in found]

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
        require_strings(texts)
        rows = [[piece.id for piece in self.split_with_places(text)] for text in texts]
        return _rows_of_ids([[self.start_id, *row, self.end_id] if marks else row for row in rows], length)

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

        Raises:
            TypeError: For something else than strings.
            ValueError: For another number of questions than of passages.
        """
        require_strings(questions, "questions")
        require_strings(passages, "passages")
        if len(questions) != len(passages):
            raise ValueError(
                f"Each question has its passage. Received: {len(questions)} questions and {len(passages)} passages."
            )
        rows, offsets = [], []
        for question, passage in zip(questions, passages, strict=True):
            before = [self.start_id, *(piece.id for piece in self.split_with_places(question)), self.end_id]
            pieces = self.split_with_places(passage)
            rows.append([*before, *(piece.id for piece in pieces), self.end_id])
            places = [(0, 0)] * len(before) + [(piece.begin, piece.stop) for piece in pieces] + [(0, 0)] * length
            offsets.append(places[:length])
        return _rows_of_ids(rows, length), offsets

    def decode(self, ids: Sequence[int] | np.ndarray) -> str:
        """Returns the text of some ids. Marks are left out, but for unknown characters, which are `"�"`.

        Raises:
            ValueError: For an id that the vocabulary does not have.
        """
        pieces = []
        for id in np.asarray(ids).tolist():
            if id == self.unknown_id:
                pieces.append("�")
            elif not 0 <= id < len(self.pieces):
                raise ValueError(f"The ids of {self.name!r} are 0 to {len(self.pieces) - 1}. Received: {id}.")
            elif id >= len(SPECIAL_PIECES):
                pieces.append(self.pieces[id])
        return re.sub(r"\n ", "\n", "".join(pieces).replace(SPACE, " ")).strip(" ")

    def save(self, path: str | os.PathLike) -> None:
        """Writes the vocabulary as a text file, a piece a line; a line break is written as `\\n`."""
        lines = map(_line_of_piece, self.pieces)
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
        return cls(map(_piece_of_line, lines), file_path.stem.removesuffix("-vocabulary"))


def require_strings(texts: Sequence[str], name: str = "texts") -> None:
    """Raises a TypeError unless texts are a list of strings, and not one string."""
    if isinstance(texts, str):
        raise TypeError(f"`{name}` is a list of strings. Received: one string, {texts[:40]!r}.")
    for row, text in enumerate(texts):
        if not isinstance(text, str):
            raise TypeError(f"`{name}` is a list of strings. Received: {type(text).__name__} at place {row}.")


def _rows_of_ids(rows, length):
    """Returns lists of ids as an array `(n, length)`, cut at their end or filled up there with 0."""
    ids = np.zeros((len(rows), length), "int32")
    for index, row in enumerate(rows):
        kept = row[:length]
        ids[index, : len(kept)] = kept
    return ids


def _places_before_composing(text: str) -> list[int]:
    """Returns for each character of a text in normal form C, and for its end, where it begins in the text as given."""
    places, composed, begin = [], "", 0
    for place, character in enumerate(text):
        longer, alone = unicodedata.normalize("NFC", text[begin : place + 1]), unicodedata.normalize("NFC", character)
        if place > begin and longer == composed + alone and not unicodedata.combining(character):
            places += [begin] * len(composed)
            begin, composed = place, alone
        else:
            composed = longer
    return [*places, *[begin] * len(composed), len(text)]


def _line_of_piece(piece: str) -> str:
    """Returns a piece as a line of a file: a line break as `\\n`, a piece that reads so with one more backslash."""
    if piece == "\n":
        return "\\n"
    return "\\" + piece if _LINE_BREAK.fullmatch(piece) else piece


def _piece_of_line(line: str) -> str:
    if line == "\\n":
        return "\n"
    return line[1:] if _LINE_BREAK.fullmatch(line) else line


class HubTokenizer:
    """The tokenizer of a KerasHub preset, as a `TextTokenizer`.

    A piece whose id is 0 cannot be told from padding: GPT-2 has `"!"` there, which its texts lose.

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
        """The id of an unknown token, else of a hidden one; 0 where there is neither."""
        unknown_piece = getattr(self.tokenizer, "oov_token", None)  # of BERT and its like, which have no `unk_token_id`
        if unknown_piece is not None:
            return int(self.tokenizer.token_to_id(unknown_piece))
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
        require_strings(texts)
        rows = [[id for id in self._ids_of(text) if id] for text in texts]
        begin, end = ([id] if marks and id else [] for id in (self.start_id, self.end_id))
        return _rows_of_ids([[*begin, *row, *end] for row in rows], length)

    def decode(self, ids: Sequence[int] | np.ndarray) -> str:
        """Returns the text of some ids, without padding and marks of start and end."""
        kept = [int(id) for id in np.asarray(ids) if id not in (0, self.start_id, self.end_id)]
        text = self.tokenizer.detokenize(np.asarray(kept, "int32"))
        return str(text)
