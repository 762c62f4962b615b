"""A CSV file as cells: its separator, its encoding, and quotes that never close."""

import codecs
import csv
import io
import pathlib
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

TABLE_SUFFIXES = (".csv", ".tsv")
_SEPARATORS = ",;\t"
_QUOTED_CELL = re.compile(r'"((?:[^"]|"")*)"')
_END = "ftlib reads to here"  # after the last line: a quote that never closes swallows it
_HANGUL = re.compile("[가-힣]")


class TableLine(NamedTuple):
    """One row of a table: the number of the line in which it begins, from 1, and its cells."""

    number: int
    cells: list[str]


class Table(NamedTuple):
    """A CSV file as it is written.

    Attributes:
        titles: The cells of its first line, without blanks around them.
        lines: The other lines with something in them.
    """

    titles: list[str]
    lines: list[TableLine]


def read_cells(path: pathlib.Path) -> Table:
    """Returns the cells of a CSV file, whose columns are parted by commas, semicolons or tabs.

    Where tabs part them and each line has its columns, a quote inside a cell is a letter like any other, as in many
    public sets; a cell that is quoted as a whole is read without its quotes.

    Raises:
        ValueError: If it is not text in UTF-8 (or UTF-16 with its mark, as Excel writes), or a quote never closes.
    """
    text = read_text_file(path, "a CSV file")
    raw_lines = list(io.StringIO(text, newline=""))
    first_line = raw_lines[0] if raw_lines else ""
    separator = max(_SEPARATORS, key=first_line.count)

    lines = list(_lines_without_quoting(raw_lines) if separator == "\t" else _parse_lines(path, raw_lines, separator))
    if separator == "\t" and any(len(line.cells) != len(lines[0].cells) for line in lines if any(line.cells)):
        lines = list(_parse_lines(path, raw_lines, separator))
    if not lines:
        return Table([], [])
    filled_lines = [line for line in lines[1:] if any(cell.strip() for cell in line.cells)]
    return Table([cell.strip() for cell in lines[0].cells], filled_lines)


def _lines_without_quoting(raw_lines: Sequence[str]) -> Iterator[TableLine]:
    for number, raw_line in enumerate(raw_lines, start=1):
        cells = [_unquote(cell) for cell in raw_line.rstrip("\r\n").split("\t")]
        yield TableLine(number, cells if cells != [""] else [])


def _unquote(cell: str) -> str:
    match = _QUOTED_CELL.fullmatch(cell)
    return match[1].replace('""', '"') if match else cell


def _parse_lines(path: pathlib.Path, raw_lines: Sequence[str], separator: str) -> Iterator[TableLine]:
    """Yields the rows of a table, each of which may go over several lines inside quotes."""
    reader = csv.reader([*raw_lines, _END], delimiter=separator)
    last_begin, cells = 1, []
    while True:
        begin = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            break
        except csv.Error as error:  # a cell that goes on and on
            raise _unclosed_quote(path, begin) from error
        last_begin = begin
        if reader.line_num <= len(raw_lines):
            yield TableLine(begin, cells)
    if cells != [_END]:
        raise _unclosed_quote(path, last_begin)


def _unclosed_quote(path: pathlib.Path, line: int) -> ValueError:
    return ValueError(
        f"{str(path)!r} is not a CSV file: a quote that opens in line {line} never closes. Close it, or write a quote "
        "inside a cell twice."
    )


def read_text_file(path: pathlib.Path, what: str = "a text file") -> str:
    """Returns the text of a file in UTF-8, or in UTF-16 where its first bytes say so.

    Args:
        path: The file.
        what: What messages say that it should be.

    Raises:
        ValueError: For another encoding, or a file that is not text; it names the line.
    """
    content = path.read_bytes()
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding, name = "utf-16", "UTF-16"
    else:
        encoding, name = "utf-8-sig", "UTF-8"
        if b"\0" in content:
            line = content[: content.index(b"\0")].count(b"\n") + 1
            raise ValueError(
                f"{str(path)!r} is not {what} in UTF-8: line {line} has a NUL byte, as binary files have and UTF-16 "
                "without its mark. Save it as text in UTF-8."
            )
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        guess = " It looks like CP949, as Korean Windows writes." if _looks_like_cp949(content) else ""
        raise ValueError(
            f"{str(path)!r} is not {what} in {name} (line {line}: {error.reason}).{guess} Save it in UTF-8."
        ) from error


def _looks_like_cp949(content: bytes) -> bool:
    try:
        return bool(_HANGUL.search(content.decode("cp949")))
    except UnicodeDecodeError:
        return False
