"""Pictures, or sounds, listed in a CSV file: one row each, with its path and its label."""

import collections
import functools
import os
import pathlib
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from ftlib.files import PICTURE, FileFinder, FileKind, distinct_names, normalize_name
from ftlib.tasks.folder.layout import PART_OF_FOLDER, list_folder, require_trained
from ftlib.tasks.folder.picture_file import UNDIVIDED, LabelledExample, Listing, PictureFile, Skipped
from ftlib.tasks.folder.table_file import TABLE_SUFFIXES, Table, TableLine, read_cells
from ftlib.tasks.folder.targets import CLASS_TARGET, RegressionTarget, Target, describe_numbers, split_unit

# The names that a column may have, whatever their case.
COLUMN_NAMES = {
    "path": (
        "path", "file", "filename", "file_name", "filepath", "file_path", "image", "image_path", "picture", "sound",
        "audio", "audio_path", "clip", "wav",
    ),
    "label": ("label", "class", "class_name", "category", "target"),
    "split": ("split", "part", "set", "subset"),
    "group": (
        "group", "group_id", "patient", "patient_id", "subject", "subject_id", "speaker", "speaker_id",
    ),
}  # fmt: skip
_MOST_PATHS_TRIED = 50  # rows whose path is looked at, to tell what a table lists


class TableRow(NamedTuple):
    """One row of a CSV file of pictures, as it is written there.

    Attributes:
        line: Number of its line in the file, from 1.
        path: Path of the picture, relative to the folder of the file.
        labels: What stands in each column of labels: the name of its class.
        split: Name of its split; None without such a column.
        group: Its group; empty without such a column.
    """

    line: int
    path: str
    labels: tuple[str, ...]
    split: str | None
    group: str


class PictureTable(NamedTuple):
    """A CSV file of pictures.

    Attributes:
        rows: Its rows.
        label_titles: The titles of its columns of labels, as they are written.
    """

    rows: list[TableRow]
    label_titles: tuple[str, ...]


class _Entry(NamedTuple):
    """What one row says of a picture."""

    part: str
    class_name: str
    group: str


def list_files(
    path: pathlib.Path, training: bool = True, target: Target = CLASS_TARGET, kind: FileKind = PICTURE
) -> Listing:
    """Lists a folder of class folders, or the rows of a CSV file.

    Args:
        path: The folder, or a `.csv` or `.tsv` file with a header line: a column `path` (relative to the folder of the
            file, below which all pictures lie), a column `label`, and, where they are known, `split` (train, validation
            or test) and `group` (what pictures belong to together, such as a patient).
        training: As for `list_folder`.
        target: What the labels say. Default: one class each; anything else takes a CSV file.
        kind: What is listed. Default: pictures.

    Returns:
        A `Listing`.

    Raises:
        FileNotFoundError: If there is nothing at `path`.
        ValueError: If it is not arranged as above.
    """
    if target.keeps_whole:
        raise ValueError(
            f"The target {target.name} is read from annotation files beside the pictures: use ft.check_boxes and "
            f"ft.load_task on their folder. Received: {str(path)!r}."
        )
    if path.suffix.lower() in TABLE_SUFFIXES and path.is_file():
        return _list_table(path, training, target, kind)
    if target != CLASS_TARGET:
        raise ValueError(
            f"The target {target.name} is read from a CSV file with the columns path and label. Received: "
            f"{str(path)!r}."
        )
    return list_folder(path, training, kind)


def list_pictures(path: pathlib.Path, training: bool = True, target: Target = CLASS_TARGET) -> Listing:
    """Lists the pictures of a folder of class folders, or of a CSV file; see `list_files`."""
    return list_files(path, training, target)


def _list_table(path: pathlib.Path, training: bool, target: Target, kind: FileKind) -> Listing:
    rows, label_titles = read_table(path, target)
    locator = _Locator(pathlib.Path(os.path.abspath(path.parent)))
    entries_by_path: dict[pathlib.Path, list[_Entry]] = {}
    skipped: dict[str, Skipped] = {}
    for row in rows:
        file = locator.locate(row.path)
        label = target.read(row.labels)
        part = part_of_row(path, row.split, row.line)
        if isinstance(file, Skipped):
            skipped.setdefault(normalize_name(row.path) or f"line {row.line}", file)
        elif isinstance(label, Skipped):
            name = normalize_name(locator.relative_name(file)) or f"line {row.line}"
            skipped.setdefault(name, label)
        else:
            entries_by_path.setdefault(file, []).append(_Entry(part, label, normalize_name(row.group)))

    relative_names = [locator.relative_name(file) for file in entries_by_path]
    files = []
    for file_id, (file, entries) in zip(distinct_names(relative_names), entries_by_path.items(), strict=True):
        if len(set(entries)) > 1:  # nothing says which row is right
            skipped[file_id] = Skipped("other", f"listed as {' and as '.join(_format_entries(entries))}")
        else:
            part, class_name, group = entries[0]
            files.append(PictureFile(file_id, part, class_name, file, group))
    names = target.list_names([file.class_name for file in files], label_titles)
    _check_rows(path, files, len(rows), skipped, training, target, kind.noun)

    name_counts = collections.Counter(normalize_name(name) for name in relative_names)
    return Listing(
        files=sorted(files),
        class_names=names,
        skipped=skipped,
        lost={},
        respelled={name: number for name, number in name_counts.items() if number > 1},
    )


def _format_entries(entries: list[_Entry]) -> list[str]:
    """Returns what several rows say of one picture, each in words."""
    has_several_groups = len({entry.group for entry in entries}) > 1
    texts = []
    for entry in sorted(set(entries)):
        details = []
        if entry.part != UNDIVIDED:
            details.append(entry.part)
        if has_several_groups:
            details.append(f"group {entry.group or 'none'}")
        label = entry.class_name or "none of the labels"
        texts.append(f"{label} ({', '.join(details)})" if details else label)
    return texts


def read_table(path: pathlib.Path, target: Target = CLASS_TARGET) -> PictureTable:
    """Returns the rows of a CSV file of pictures.

    Args:
        path: The file.
        target: Which columns the labels are in.

    Raises:
        ValueError: If it is not a CSV file in UTF-8, or lacks a column or has it twice.
    """
    titles, lines = read_cells(path)
    column_indices, label_indices = _find_columns(path, titles, target)

    rows = []
    for line, cells in lines:
        values = {
            column: cells[index].strip() if index < len(cells) else "" for column, index in column_indices.items()
        }
        labels = tuple(cells[index].strip() if index < len(cells) else "" for index in label_indices)
        rows.append(TableRow(line, values["path"], labels, values.get("split"), values.get("group", "")))
    return PictureTable(rows, tuple(titles[index] for index in label_indices))


def _find_columns(path: pathlib.Path, titles: list[str], target: Target) -> tuple[dict[str, int], list[int]]:
    """Returns `{column: index}` of the columns that a header has, and the indices of those of labels.

    Raises:
        ValueError: If `path` or `label` is missing, or a column is there twice.
    """
    header = [_plain_title(title, target) for title in titles]
    label_indices = [_find_named_column(path, titles, header, column, target) for column in target.columns]
    column_indices = {}
    for column, known_names in COLUMN_NAMES.items():
        if column == "label" and label_indices:
            column_indices[column] = label_indices[0]
            continue
        matching_indices = [i for i, name in enumerate(header) if name in known_names]
        if len(matching_indices) > 1:
            raise ValueError(
                f"{str(path)!r} has {len(matching_indices)} columns that could be the {column}. Name one {column!r}."
            )
        if matching_indices:
            column_indices[column] = matching_indices[0]
    missing_columns = [column for column in ("path", "label") if column not in column_indices]
    if missing_columns:
        raise ValueError(
            f"{str(path)!r} needs a header line with the columns path and label (also: split, group). Missing: "
            f"{' and '.join(missing_columns)}. Received: {', '.join(titles)[:200] or 'an empty line'}. "
            "A label column of another name is named with --label-column. Texts stand in a column called text."
        )
    return column_indices, label_indices or [column_indices["label"]]


def _plain_title(title: str, target: Target) -> str:
    """Returns the title of a column in small letters; of numbers without its unit."""
    name = split_unit(title)[0] if target.name == RegressionTarget.name else title
    return name.lower()


def _find_named_column(path: pathlib.Path, titles: list[str], header: list[str], column: str, target: Target) -> int:
    """Returns the index of a column of labels that was asked for by its title, with or without a unit."""
    wanted_names = {column.strip().lower(), _plain_title(column.strip(), target)}
    matches = [
        i for i, (title, plain) in enumerate(zip(titles, header, strict=True)) if {title.lower(), plain} & wanted_names
    ]
    if len(matches) != 1:
        problem = "has no column" if not matches else "has several columns"
        raise ValueError(f"{str(path)!r} {problem} {column!r}. Received: {', '.join(titles)[:200]}.")
    return matches[0]


class _Locator:
    """Finds the files that the rows of a table name, all of them below its folder.

    Args:
        root: The folder of the table, an absolute path.
    """

    def __init__(self, root: pathlib.Path):
        self.root = root
        self._finder = FileFinder(root)
        self._resolve = functools.cache(pathlib.Path.resolve)  # a table names the same few folders again and again

    def relative_name(self, file: pathlib.Path) -> str:
        """Returns the path of a file below the folder, with slashes."""
        return file.relative_to(self.root).as_posix()

    def locate(self, name: str) -> pathlib.Path | Skipped:
        """Returns the file that a row names, or why there is no picture of that name below the folder."""
        if not name:
            return Skipped("other", "no path")
        if "://" in name:
            return Skipped("other", "an address and not a file")
        try:
            file = self._finder.find(self._relative_to_root(name))
            return self._find_fault(file) or file
        except (OSError, ValueError, RuntimeError) as error:  # too long, a NUL, links in a circle, no permission
            return Skipped("other", getattr(error, "strerror", None) or "not the name of a file")

    def _relative_to_root(self, name: str) -> str:
        """Returns the name relative to the folder where only a link keeps an absolute path from lying below it."""
        path = pathlib.Path(name)
        if path.is_absolute() and not path.is_relative_to(self.root):
            resolved_path = self._resolve(path.parent) / path.name
            resolved_root = self._resolve(self.root)
            if resolved_path.is_relative_to(resolved_root):
                return str(resolved_path.relative_to(resolved_root))
        return name

    def _find_fault(self, file: pathlib.Path) -> Skipped | None:
        """Returns why a path is not that of a picture below the folder, or None if it may be."""
        if not file.is_relative_to(self.root):
            return Skipped("other", "a path that leads out of the folder of the table")
        if not file.exists():
            return Skipped("link", "a link to nothing") if file.is_symlink() else Skipped("other", "no such file")
        resolved_file = file.resolve() if file.is_symlink() else self._resolve(file.parent) / file.name
        if not resolved_file.is_relative_to(self._resolve(self.root)):
            return Skipped("outward link", "a link that leads out of the folder")
        if not file.is_file():
            return Skipped("other", "a folder" if file.is_dir() else "neither a file nor a folder")
        return None


def find_columns(titles: Sequence[str], names: Sequence[str]) -> list[int]:
    """Returns the indices of the columns with one of some titles, whatever their case."""
    return [index for index, title in enumerate(titles) if title.lower() in names]


def cell_of(line: TableLine, index: int) -> str:
    """Returns a cell of a row without blanks around it; empty where the row ends before."""
    return line.cells[index].strip() if index < len(line.cells) else ""


def lists_files(path: pathlib.Path, table: Table, extensions: Collection[str], existing: bool) -> bool:
    """Returns whether a table lists files whose names end in some way, by its first rows.

    Args:
        path: Where the table lies.
        table: Its cells.
        extensions: How the names end, in small letters with a dot.
        existing: Whether one of them has to be there.
    """
    finder = FileFinder(path.parent)
    for column in find_columns(table.titles, COLUMN_NAMES["path"]):
        for line in table.lines[:_MOST_PATHS_TRIED]:
            name = cell_of(line, column)
            if pathlib.PurePath(name).suffix.lower() not in extensions:
                continue
            if not existing or finder.find(name).is_file():
                return True
    return False


def require_class_names(path: pathlib.Path, files: Iterable[LabelledExample], noun: str) -> None:
    """Raises a ValueError for labels that are numbers and hardly name classes.

    Args:
        path: Where the examples are listed.
        files: The examples.
        noun: What messages call one of them.
    """
    numbers = describe_numbers([file.class_name for file in files])
    if numbers:
        raise ValueError(
            f"Each {noun} of {str(path)!r} needs the name of a class. Received: {numbers}. Name the column of classes "
            "with --label-column (label_columns=[...])."
        )


def part_of_row(path: pathlib.Path, split: str | None, line: int) -> str:
    """Returns the part that a row says a picture or a text is in.

    Args:
        path: The table.
        split: What its column `split` says; None without such a column.
        line: The number of the row's line.

    Raises:
        ValueError: If there is a column `split` and it says nothing that ftlib understands.
    """
    if split is None:
        return UNDIVIDED
    part = PART_OF_FOLDER.get(split.lower())
    if part is None:
        raise ValueError(
            f"The column split of {str(path)!r} says train, validation or test in every row, or is not there. "
            f"Received: {split!r} in line {line}."
        )
    return part


def _check_rows(
    path: pathlib.Path,
    files: list[PictureFile],
    row_count: int,
    skipped: dict[str, Skipped],
    training: bool,
    target: Target,
    noun: str,
) -> None:
    """Raises a ValueError unless a task can be made of the files; without `training`, unless there are any."""
    if not files:
        first_name, first_skipped = next(iter(skipped.items()), ("", Skipped("other", "it has no rows")))
        raise ValueError(
            f"No row of {str(path)!r} names a {noun} that can be used; paths are relative to the folder of the file. "
            f"Received: {row_count} rows, such as {first_name!r}: {first_skipped}."
        )
    if training:
        require_trainable(path, files, target)


def require_trainable(path: pathlib.Path, files: Sequence[LabelledExample], target: Target) -> None:
    """Raises a ValueError unless the rows of a table have something to train on, and its labels differ.

    Args:
        path: The table.
        files: What its rows name, or hold.
        target: What their labels say.
    """
    labels_by_part = collections.defaultdict(list)
    for file in files:
        labels_by_part[file.part].append(file.class_name)
    trained_labels = labels_by_part.get("train") or labels_by_part.get(UNDIVIDED)
    if not trained_labels:
        part_names = ", ".join(sorted(labels_by_part))
        raise ValueError(f"{str(path)!r} has no rows to train on: its column split says {part_names}.")
    target.require_trainable(trained_labels, repr(str(path)))
    classes_by_part = {
        part: {name for label in labels for name in target.names_in(label, ())}
        for part, labels in labels_by_part.items()
    }
    trained_classes = classes_by_part.get("train") or classes_by_part.get(UNDIVIDED) or set()
    require_trained(classes_by_part, trained_classes, lambda part: f"The split {part} of {str(path)!r}")
