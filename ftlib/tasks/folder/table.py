"""Pictures listed in a CSV file: one row per picture, with its path and its label."""

import codecs
import collections
import csv
import functools
import os
import pathlib

from ftlib.files import FileFinder, distinct_names, plain_name
from ftlib.tasks.folder.layout import PARTS, Listing, list_folder, require_trained

# The names that a column may have, whatever their case.
COLUMNS = {
    "path": ("path", "file", "filename", "file_name", "filepath", "file_path", "image", "image_path", "picture"),
    "label": ("label", "class", "class_name", "category", "target"),
    "split": ("split", "part", "set", "subset"),
    "group": ("group", "group_id", "patient", "patient_id", "subject", "subject_id"),
}
TABLES = (".csv", ".tsv")


def list_pictures(path, training=True):
    """Lists a folder of class folders, or the rows of a CSV file.

    Args:
        path: `pathlib.Path` of the folder, or of a `.csv` or `.tsv` file with a header line: a column `path` (relative
            to the folder of the file, below which all pictures lie), a column `label`, and, where they are known,
            `split` (train, validation or test) and `group` (what pictures belong to together, such as a patient).
        training: As for `list_folder`.

    Returns:
        A `Listing`.

    Raises:
        FileNotFoundError: If there is nothing at `path`.
        ValueError: If it is not arranged as above.
    """
    if path.suffix.lower() in TABLES and path.is_file():
        return _list_table(path, training)
    return list_folder(path, training)


def _list_table(path, training):
    rows, columns = _rows(path)
    root, resolved = pathlib.Path(os.path.abspath(path.parent)), functools.cache(pathlib.Path.resolve)
    finder = FileFinder(root)
    listed, skipped = {}, {}
    for number, row in rows:
        file, why = _place(root, finder, resolved, row["path"])
        label, part = plain_name(row["label"]), _part(path, number, row, "split" in columns)
        if why or not label:
            name = plain_name(row["path"] if why else file.relative_to(root).as_posix()) or f"line {number}"
            skipped.setdefault(name, why or "no label")
            continue
        listed.setdefault(file, []).append((part, label, plain_name(row.get("group", ""))))
    names = dict(zip(listed, distinct_names([file.relative_to(root).as_posix() for file in listed]), strict=True))
    files, groups = [], {}
    for file, same in listed.items():
        name, (part, label, group) = names[file], same[0]
        if len(set(same)) > 1:  # which row is right, nobody here can know
            skipped[name] = f"listed as {' and as '.join(_said(same, columns))}"
            continue
        files.append((name, part, label, file))
        if group:
            groups[name] = group
    _check_rows(path, files, len(rows), skipped, training)
    alike = collections.Counter(plain_name(file.relative_to(root).as_posix()) for file in listed)
    respelled = {name: number for name, number in alike.items() if number > 1}
    return Listing(sorted(files), tuple(sorted({file[2] for file in files})), skipped, groups, {}, respelled)


def _said(rows, columns):
    """Returns what several rows say of one picture, each in words."""
    told = []
    for part, label, group in sorted(set(rows)):
        more = [part] * ("split" in columns) + [f"group {group or 'none'}"] * (len({row[2] for row in rows}) > 1)
        told.append(f"{label} ({', '.join(more)})" if more else label)
    return told


def _rows(path):
    """Returns the rows as `(line number, {column: value})`, and the columns that the file has."""
    try:
        with open(path, encoding=_encoding(path), newline="") as file:
            head = file.readline()
            separator = max(",;\t", key=head.count)
            names = [name.strip().lower() for name in next(csv.reader([head], delimiter=separator), [])]
            reader = csv.reader(file, delimiter=separator)
            lines = [(reader.line_num + 1, line) for line in reader if any(cell.strip() for cell in line)]
    except (UnicodeError, csv.Error) as error:
        raise ValueError(f"{str(path)!r} is not a CSV file in UTF-8 ({error}). Save it as such.") from error
    columns = {}
    for column, known in COLUMNS.items():
        found = [i for i, name in enumerate(names) if name in known]
        if len(found) > 1:
            raise ValueError(f"{str(path)!r} has {len(found)} columns that could be the {column}. Name one {column!r}.")
        if found:
            columns[column] = found[0]
    missing = [name for name in ("path", "label") if name not in columns]
    if missing:
        raise ValueError(
            f"{str(path)!r} needs a header line with the columns path and label (also: split, group). Missing: "
            f"{' and '.join(missing)}. Received: {', '.join(names)[:200] or 'an empty line'}."
        )
    rows = [
        (number, {name: line[i].strip() if i < len(line) else "" for name, i in columns.items()})
        for number, line in lines
    ]
    return rows, columns


def _encoding(path):
    """Returns the encoding of a table: UTF-16 where its first bytes say so, as Excel's "Unicode text"; else UTF-8."""
    with open(path, "rb") as file:
        return "utf-16" if file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "utf-8-sig"


def _place(root, finder, resolved, text):
    """Returns `(file, "")`, or `(None, why it is no picture below the folder)`.

    `resolved` is a remembering `Path.resolve`: a table names the same few folders again and again.
    """
    if not text:
        return None, "no path"
    if "://" in text:
        return None, "an address and not a file"
    try:
        whole = pathlib.Path(text)
        if whole.is_absolute() and not whole.is_relative_to(root):  # unless one of the two is behind a link
            place = resolved(whole.parent) / whole.name
            text = str(place.relative_to(resolved(root))) if place.is_relative_to(resolved(root)) else text
        file = finder.find(text)
        if not file.is_relative_to(root):
            return None, "a path that leads out of the folder of the table"
        if not file.exists():
            return None, "a link to nothing" if file.is_symlink() else "no such file"
        target = file.resolve() if file.is_symlink() else resolved(file.parent) / file.name
        if not target.is_relative_to(resolved(root)):
            return None, "a link that leads out of the folder"
        if not file.is_file():
            return None, "a folder" if file.is_dir() else "neither a file nor a folder"
    except (OSError, ValueError, RuntimeError) as error:  # too long, a NUL, links in a circle, no permission
        return None, getattr(error, "strerror", None) or "no name of a file"
    return file, ""


def _part(path, number, row, wanted):
    if not wanted:
        return "all"
    part = PARTS.get(row["split"].lower())
    if part is None:
        raise ValueError(
            f"The column split of {str(path)!r} says train, validation or test in every row, or is not there. "
            f"Received: {row['split']!r} in line {number}."
        )
    return part


def _check_rows(path, files, total, skipped, training):
    """Raises a ValueError unless a task can be made of the files; without `training`, unless there are any."""
    if not files:
        first = next(iter(skipped.items()), ("", "it has no rows"))
        raise ValueError(
            f"No row of {str(path)!r} names a picture that can be used; paths are relative to the folder of the file. "
            f"Received: {total} rows, such as {first[0]!r}: {first[1]}."
        )
    if not training:
        return
    classes = collections.defaultdict(set)
    for _, part, label, _ in files:
        classes[part].add(label)
    trained = classes.get("train") or classes.get("all")
    if not trained:
        raise ValueError(f"{str(path)!r} has no rows to train on: its column split says {', '.join(sorted(classes))}.")
    if len(trained) == 1:
        raise ValueError(f"{str(path)!r} has the single class {next(iter(trained))!r}; telling apart needs two.")
    require_trained(classes, trained, lambda part: f"The split {part} of {str(path)!r}")
