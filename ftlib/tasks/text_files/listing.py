"""Which texts a CSV file or a folder of .txt files holds, with their labels, and what is left out."""

import collections
import hashlib
import pathlib
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from ftlib.files import EXTENSIONS, distinct_names, files_below, normalize_name, visible_entries
from ftlib.tasks.folder.layout import PART_OF_FOLDER
from ftlib.tasks.folder.picture_file import UNDIVIDED, Skipped
from ftlib.tasks.folder.table import (
    COLUMN_NAMES,
    cell_of,
    find_columns,
    lists_files,
    part_of_row,
    require_class_names,
    require_trainable,
)
from ftlib.tasks.folder.table_file import TABLE_SUFFIXES, Table, TableLine, read_cells, read_text_file
from ftlib.tasks.folder.targets import CLASS_TARGET

TEXT_COLUMNS = ("text", "sentence", "document", "review", "comment", "content")  # whatever their case
TEXT_SUFFIX = ".txt"
EMPTY, UNLABELLED = "an empty text", "no label"  # why a text is left out
_ARRANGE = "Arrange the texts as FOLDER/CLASS/text.txt, or as FOLDER/train/CLASS/text.txt (and validation, test)."


class TextRow(NamedTuple):
    """One text with its label.

    Attributes:
        id: What its column `id` says, else its line (`"line 12"`); of a folder its path, with slashes.
        part: `"train"`, `"validation"`, `"test"`, or `"all"` where the texts are not divided.
        class_name: Its class.
        text: The text, in Unicode's normal form C, without white space around it.
        group: What it must not be divided from, such as an author; empty where nothing is known.
        sha256: Checksum of the text, the same however its words are spaced.
    """

    id: str
    part: str
    class_name: str
    text: str
    group: str = ""
    sha256: str = ""


class TextListing(NamedTuple):
    """The texts of a CSV file or a folder.

    Attributes:
        rows: The `TextRow`s in the order in which they stand there.
        class_names: The classes, sorted.
        skipped: `{id: Skipped}` of what is left out, and why.
    """

    rows: list[TextRow]
    class_names: tuple[str, ...]
    skipped: dict[str, Skipped]


def holds_texts(path: pathlib.Path) -> bool:
    """Returns whether a CSV file or a folder is one of texts, and not of pictures.

    A table is one of texts if it has a column for them and none with the paths of pictures that exist; a folder, if
    there are .txt files in its class folders and no pictures.

    Raises:
        ValueError: For a table that cannot be read.
    """
    if path.is_dir():
        return _has_text_files(path)
    if path.suffix.lower() not in TABLE_SUFFIXES or not path.is_file():
        return False
    table = read_cells(path)
    return has_text_column(table) and not lists_files(path, table, EXTENSIONS, existing=True)


def has_text_column(table: Table) -> bool:
    """Returns whether a table has a column that may hold texts."""
    return bool(find_columns(table.titles, TEXT_COLUMNS))


def _has_text_files(folder: pathlib.Path) -> bool:
    has_texts = False
    for file in files_below(folder, depth=3):
        if file.suffix.lower() in EXTENSIONS:
            return False
        has_texts = has_texts or (file.suffix.lower() == TEXT_SUFFIX and file.parent != folder)
    return has_texts


def read_unlabelled_texts(path: pathlib.Path) -> list[tuple[str, str]]:
    """Returns `(id, text)` of the texts of a CSV file, with labels or without, or of the lines of a text file.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it cannot be read, or has no texts.
    """
    if not path.is_file():
        raise FileNotFoundError(f"There is no file {str(path)!r} of texts.")
    if path.suffix.lower() in TABLE_SUFFIXES:
        table = read_cells(path)
        column = _require_column(path, table.titles, "text", TEXT_COLUMNS)
        numbered_texts = [(f"line {line.number}", cell_of(line, column)) for line in table.lines]
    else:
        lines = read_text_file(path).splitlines()
        numbered_texts = [(f"line {number}", line) for number, line in enumerate(lines, start=1) if line.strip()]
    texts = [(text_id, normalize_text(text)) for text_id, text in numbered_texts]
    if not texts:
        raise ValueError(f"{str(path)!r} has no texts: a CSV file has one in each row, a text file one in each line.")
    return texts


def list_texts(path: pathlib.Path, training: bool = True, label_columns: Sequence[str] = ()) -> TextListing:
    """Lists the texts of a CSV file, or of a folder of class folders.

    Args:
        path: A `.csv` or `.tsv` file with a header line: a column `text` (or sentence, document, review, comment,
            content), a column `label`, and, where they are known, `split` (train, validation or test), `group` (what
            texts belong to together, such as an author) and `id`. Or a folder: `FOLDER/CLASS/text.txt`, or
            `FOLDER/train/CLASS/text.txt` with validation and test beside it.
        training: Whether a model is to be trained on the texts. False asks for less: any classes in any parts.
        label_columns: The column of labels, if it is not called label, class, ...; one at most.

    Raises:
        FileNotFoundError: If there is nothing at `path`.
        ValueError: If it is not arranged as above.
    """
    if not path.exists():
        raise FileNotFoundError(f"There is no file or folder {str(path)!r}. Check the spelling.")
    listing = _list_folder(path) if path.is_dir() else _list_table(path, label_columns)
    if not listing.rows:
        first_id, reason = next(iter(listing.skipped.items()), ("", "it has no rows"))
        raise ValueError(
            f"{str(path)!r} has no text with a label that can be used. Received: {len(listing.skipped)} left out"
            f"{f', such as {first_id}' if first_id else ''}: {reason}."
        )
    if training:
        require_class_names(path, listing.rows, "text")
        require_trainable(path, listing.rows, CLASS_TARGET)
    return listing


def _list_table(path: pathlib.Path, label_columns: Sequence[str]) -> TextListing:
    if path.suffix.lower() not in TABLE_SUFFIXES:
        raise ValueError(f"Texts with labels stand in a .csv or .tsv file, or in a folder. Received: {str(path)!r}.")
    table = read_cells(path)
    columns = _find_all_columns(path, table.titles, label_columns)
    rows, ids, skipped = [], [], {}
    for line in table.lines:
        values = {name: cell_of(line, index) for name, index in columns.items()}
        text_id = normalize_name(values.get("id", "")) or f"line {line.number}"
        row = TextRow(
            text_id,
            part_of_row(path, values.get("split"), line.number),
            normalize_name(values["label"]),
            normalize_text(values["text"]),
            normalize_name(values.get("group", "")),
        )
        reason = _find_fault(row, line, len(table.titles))
        if reason:
            skipped[f"line {line.number}"] = reason
        else:
            ids.append((text_id, line.number))
            rows.append(row._replace(sha256=checksum_of_text(row.text)))
    return _make_listing(_with_distinct_ids(rows, ids), skipped)


def _with_distinct_ids(rows: list[TextRow], ids: list[tuple[str, int]]) -> list[TextRow]:
    """Returns rows whose ids are all different: of an id that comes again, the line is added."""
    counts = collections.Counter(text_id for text_id, _ in ids)
    distinct = [f"{text_id} (line {line})" if counts[text_id] > 1 else text_id for text_id, line in ids]
    return [row._replace(id=text_id) for row, text_id in zip(rows, distinct, strict=True)]


def _find_fault(row: TextRow, line: TableLine, column_count: int) -> Skipped | None:
    if any(cell.strip() for cell in line.cells[column_count:]):
        return Skipped("other", "more cells than the header has: a text with a comma stands in quotes")
    if not row.text:
        return Skipped("other", EMPTY)
    return None if row.class_name else Skipped("other", UNLABELLED)


def _make_listing(rows: list[TextRow], skipped: dict[str, Skipped]) -> TextListing:
    return TextListing(rows, tuple(sorted({row.class_name for row in rows})), skipped)


def _find_all_columns(path: pathlib.Path, titles: list[str], label_columns: Sequence[str]) -> dict[str, int]:
    """Returns `{column: index}` of the columns that a header has.

    Raises:
        ValueError: If `text` or `label` is missing, or a column is there twice.
    """
    if len(label_columns) > 1:
        raise ValueError(f"A text has one label, from one column. Received: {', '.join(label_columns)}.")
    label_names = [name.strip().lower() for name in label_columns] or COLUMN_NAMES["label"]
    columns = {
        "text": _require_column(path, titles, "text", TEXT_COLUMNS),
        "label": _require_column(path, titles, "label", label_names),
    }
    for column, names in (("split", COLUMN_NAMES["split"]), ("group", COLUMN_NAMES["group"]), ("id", ("id",))):
        indices = find_columns(titles, names)
        if len(indices) > 1:
            raise _ambiguous(path, column, len(indices))
        if indices and indices[0] not in columns.values():
            columns[column] = indices[0]
    return columns


def _require_column(path: pathlib.Path, titles: Sequence[str], column: str, names: Sequence[str]) -> int:
    indices = find_columns(titles, names)
    if len(indices) > 1:
        raise _ambiguous(path, column, len(indices))
    if not indices:
        raise ValueError(
            f"{str(path)!r} needs a header line with a column {column} (it may be called {', '.join(names)}). Received "
            f"the columns: {', '.join(titles)[:200] or 'none'}."
        )
    return indices[0]


def _ambiguous(path: pathlib.Path, column: str, count: int) -> ValueError:
    return ValueError(f"{str(path)!r} has {count} columns that could be the {column}. Name one {column!r}.")


def _list_folder(path: pathlib.Path) -> TextListing:
    part_folders = _find_part_folders(path)
    rows, skipped = [], {}
    for part, part_folder in part_folders or [(UNDIVIDED, path)]:
        for class_folder in _folders_in(part_folder):
            for file in visible_entries(class_folder):
                name = file.relative_to(path).as_posix()
                row = _read_text_row(file, name, part)
                if isinstance(row, Skipped):
                    skipped[normalize_name(name)] = row
                else:
                    rows.append(row)
    if not rows and not skipped:
        raise ValueError(f"{str(path)!r} has no .txt files in class folders. {_ARRANGE}")
    ids = distinct_names([row.id for row in rows])
    return _make_listing([row._replace(id=text_id) for row, text_id in zip(rows, ids, strict=True)], skipped)


def _find_part_folders(path: pathlib.Path) -> list[tuple[str, pathlib.Path]]:
    """Returns the parts of a folder with their folders; none where class folders lie in the folder itself."""
    folders = _folders_in(path)
    parts = [(PART_OF_FOLDER.get(folder.name.lower(), ""), folder) for folder in folders]
    return parts if parts and all(part and _folders_in(folder) for part, folder in parts) else []


def _folders_in(folder: pathlib.Path) -> list[pathlib.Path]:
    return [entry for entry in visible_entries(folder) if entry.is_dir() and not entry.is_symlink()]


def _read_text_row(file: pathlib.Path, name: str, part: str) -> TextRow | Skipped:
    if file.is_symlink():
        return Skipped("link", "a link")
    if not file.is_file() or file.suffix.lower() != TEXT_SUFFIX:
        return Skipped("other", "not a .txt file")
    try:
        text = normalize_text(read_text_file(file))
    except ValueError as error:
        return Skipped("other", str(error))
    except OSError as error:
        return Skipped("other", error.strerror or str(error))
    if not text:
        return Skipped("other", EMPTY)
    return TextRow(name, part, normalize_name(file.parent.name), text, "", checksum_of_text(text))


def normalize_text(text: str) -> str:
    """Returns a text in Unicode's normal form C, without white space around it and with line breaks of one kind."""
    return unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n").strip()


def checksum_of_text(text: str) -> str:
    """Returns the SHA-256 of a text in hexadecimal digits, the same however its words are spaced."""
    return hashlib.sha256(" ".join(text.split()).encode()).hexdigest()
