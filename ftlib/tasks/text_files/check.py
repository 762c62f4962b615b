"""The check of texts of one's own: which are used, which are copies, and what the network does not see of them."""

import collections
import dataclasses
import os
import pathlib
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from ftlib.files import find_path
from ftlib.models.tokenizer import TextTokenizer, Tokenizer, most_tokens
from ftlib.models.vocabularies import require_tokenizer
from ftlib.tasks.folder.class_names import remarks_on_class_names
from ftlib.tasks.folder.data_report import DataReport, sort_out_copies
from ftlib.tasks.folder.picture_file import Skipped
from ftlib.tasks.folder.remark import Remark
from ftlib.tasks.folder.targets import CLASS_TARGET, Target
from ftlib.tasks.text_files.listing import EMPTY, UNLABELLED, TextRow, list_texts
from ftlib.text import format_count, format_list, format_percent


@dataclasses.dataclass(frozen=True)
class Coverage:
    """What a vocabulary and a length leave of some texts.

    Attributes:
        vocabulary: Name of the tokenizer.
        length: Tokens of a text that the network takes, with the mark at its beginning.
        median_pieces, most_pieces: Pieces of a text, without marks.
        cut: The ids of the texts that are longer, and are cut at their end.
        unknown_share: Share of all pieces that are characters which the vocabulary does not have.
        unknown_characters: The most frequent of these.
    """

    vocabulary: str
    length: int
    median_pieces: int
    most_pieces: int
    cut: tuple[str, ...]
    unknown_share: float
    unknown_characters: tuple[str, ...]


@dataclasses.dataclass(frozen=True, repr=False)
class TextReport(DataReport):
    """The result of `check_texts`; it prints as text. Texts are named by their id: `"line 12"`, or a path.

    Args:
        path: The CSV file or the folder.
        class_names: The classes, sorted.
        files: The `TextRow`s that can be used, sorted by id.
        conflicts: Groups of ids of one text under different classes. All of them are left out.
        duplicates: Groups of ids of one text in one class. The first is kept, the others are left out.
        skipped: `{id: Skipped}` of texts that cannot be used: empty, or without a label.
        coverage: What the network sees of them.
        leaks: Those groups of copies that were in more than one part.
        target: What the labels say: one class each.
    """

    noun = "text"

    path: pathlib.Path
    class_names: tuple[str, ...]
    files: tuple[TextRow, ...]
    conflicts: tuple[tuple[str, ...], ...]
    duplicates: tuple[tuple[str, ...], ...]
    skipped: dict[str, Skipped]
    coverage: Coverage
    leaks: tuple[tuple[str, ...], ...] = ()
    target: Target = CLASS_TARGET

    def ids_left_out(self, reason: str) -> tuple[str, ...]:
        """Returns the ids of the texts that are left out for a reason, such as `"no label"`."""
        return tuple(text_id for text_id, why in self.skipped.items() if why == reason)

    def remarks(self, limit: int = 3) -> list[Remark]:
        """Returns a `Remark` for each finding, naming at most `limit` texts; none where all is well."""
        return [
            *self._skipped_remarks(limit),
            *self.copy_remarks(limit),
            *self._coverage_remarks(limit),
            *remarks_on_class_names(self.class_names, "text"),
        ]

    def _skipped_remarks(self, limit: int) -> list[Remark]:
        remarks = []
        for kind, reason, words in (("empty", EMPTY, "empty"), ("unlabelled", UNLABELLED, "without a label")):
            ids = self.ids_left_out(reason)
            if ids:
                line = f"Left out, {format_count(len(ids), 'text')} {words}: {format_list(ids, limit)}"
                remarks.append(Remark(kind, line))
        other_reasons = {text_id: why for text_id, why in self.skipped.items() if why not in (EMPTY, UNLABELLED)}
        if other_reasons:
            listed = format_list([f"{text_id} ({why})" for text_id, why in other_reasons.items()], limit)
            remarks.append(Remark("skipped", f"Left out: {listed}"))
        return remarks

    def _coverage_remarks(self, limit: int) -> list[Remark]:
        remarks = []
        seen = self.coverage
        if seen.cut:
            line = (
                f"Cut at their end, {len(seen.cut):,} of {format_count(len(self.files), 'text')}: longer than the "
                f"{seen.length} tokens that are read: {format_list(seen.cut, limit)}"
            )
            remarks.append(Remark("cut", line))
        if seen.unknown_share:
            line = (
                f"Unknown to the vocabulary {seen.vocabulary}, {_format_share(seen.unknown_share)} of the pieces: "
                f"{' '.join(seen.unknown_characters)}"
            )
            remarks.append(Remark("unknown", line))
        return remarks

    def __repr__(self):
        kind = "Folder" if self.path.is_dir() else "Table"
        lines = [f"{kind} {str(self.path)!r}: {len(self.class_names)} classes, {len(self.files)} usable texts"]
        lines += self.count_lines()
        lines.append(f"  {describe_lengths(self.coverage)}")
        findings = self.lines(limit=20) or ["Nothing to remark: no text is empty, cut or there twice."]
        return "\n".join(lines + ["  " + line for line in findings])


def _format_share(share: float) -> str:
    return format_percent(share) if share >= 0.0005 else "under 0.1 %"


def describe_lengths(coverage: Coverage) -> str:
    """Returns in a sentence how long texts are, and how much of them is read."""
    return (
        f"Lengths: {coverage.median_pieces} pieces (median), up to {coverage.most_pieces}; {coverage.length} tokens "
        f"are read, with the vocabulary {coverage.vocabulary}."
    )


def check_texts(
    path: str | os.PathLike,
    training: bool = True,
    label_columns: Sequence[str] = (),
    tokenizer: str | TextTokenizer = "minibert",
    length: int | None = None,
) -> TextReport:
    """Reads the texts of a CSV file, or of a folder of class folders, and says which can be used and which cannot.

    The same text twice is used once, and in one split alone; under two labels it is not used at all. Words that are
    spaced differently make no other text.

    Args:
        path: A `.csv` or `.tsv` file in UTF-8 with a header line and the columns `text` (or sentence, document, review,
            comment, content) and `label`; optionally `split` (train, validation, test), `group` (what must not be
            divided, such as an author) and `id`. Or a folder: `FOLDER/CLASS/text.txt`, or `FOLDER/train/CLASS/text.txt`
            with validation and test beside it.
        training: Whether a model is to be trained on the texts. False asks for less: any classes, one is enough, in any
            parts.
        label_columns: The column of labels, if it is not called label, class, target, ...
        tokenizer: What makes ids of texts, or its name for `load_tokenizer`.
        length: Tokens of a text that are read. Default None: as many as the tokenizer's network takes, else 128.

    Returns:
        A `TextReport`; print it.

    Raises:
        FileNotFoundError: If there is nothing at `path`.
        ValueError: If it is not arranged so, is not UTF-8, or has fewer than two classes.

    Example:
    >>> report = check_texts("reviews.csv")  # doctest: +SKIP
    >>> report.duplicates  # doctest: +SKIP
    (('line 4', 'line 9'),)
    """
    tokenizer, length = require_tokenizer(tokenizer, length)
    text_path = find_path(path)
    listing = list_texts(text_path, training, label_columns)
    rows_by_text: Mapping[str, list[TextRow]] = collections.defaultdict(list)
    for row in listing.rows:
        rows_by_text[row.sha256].append(row)
    copies = sort_out_copies(rows_by_text.values())
    return TextReport(
        path=text_path,
        class_names=listing.class_names,
        files=copies.usable,
        conflicts=copies.conflicts,
        duplicates=copies.duplicates,
        skipped=listing.skipped,
        coverage=measure_coverage(copies.usable, tokenizer, length),
        leaks=copies.leaks,
        target=type(CLASS_TARGET)(tuple(label_columns)),
    )


def measure_coverage(rows: Iterable[TextRow], tokenizer: TextTokenizer, length: int) -> Coverage:
    """Returns what a vocabulary and a length leave of texts."""
    piece_counts: dict[str, int] = {}
    unknown_counts: collections.Counter[str] = collections.Counter()
    for row in rows:
        if isinstance(tokenizer, Tokenizer):
            pieces = tokenizer.split_with_places(row.text)
            unknown_counts.update(
                row.text[piece.begin : piece.stop] for piece in pieces if piece.id == tokenizer.unknown_id
            )
            piece_counts[row.id] = len(pieces)
        else:
            ids = tokenizer.encode([row.text], most_tokens(row.text), marks=False)
            piece_counts[row.id] = int(np.count_nonzero(ids))

    room = length - bool(tokenizer.start_id)
    counts = sorted(piece_counts.values()) or [0]
    return Coverage(
        vocabulary=tokenizer.name,
        length=length,
        median_pieces=counts[len(counts) // 2],
        most_pieces=counts[-1],
        cut=tuple(text_id for text_id, count in piece_counts.items() if count > room),
        unknown_share=unknown_counts.total() / max(1, sum(counts)),
        unknown_characters=tuple(character for character, _ in unknown_counts.most_common(10)),
    )
