"""Numbers, lists and tables in words, lines that fit a terminal, and calls of the command as they are typed."""

import math
import os
import pathlib
import shlex
import shutil
import subprocess
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any, TypeGuard

from rich.cells import cell_len, set_cell_size

NARROWEST_LINE, WIDEST_LINE = 30, 100  # columns that text is wrapped to, at least and at most
_WHOLE_CELL = 12  # columns of a table's cell that are never cut off
_ELLIPSIS = "..."
LABEL_SEPARATOR = "|"  # between the labels of one input, where they stand in one text


def is_known(number: float | None) -> TypeGuard[float]:
    """Returns whether a number is there: neither None nor NaN."""
    return number is not None and not math.isnan(number)


def format_percent(share: float | None, digits: int = 1) -> str:
    """Returns a share in percent, or an empty text for one that is not known (None or NaN).

    Example:
    >>> format_percent(0.964), format_percent(0.964, digits=0), format_percent(None)
    ('96.4 %', '96 %', '')
    """
    return f"{100 * share:.{digits}f} %" if is_known(share) else ""


def format_interval(low: float, high: float) -> str:
    """Returns the ends of an interval of shares in percent.

    Example:
    >>> format_interval(0.952, 0.971)
    '95.2 to 97.1 %'
    """
    return f"{100 * low:.1f} to {format_percent(high)}"


def format_confidence(probability: float) -> str:
    """Returns a probability in whole percent, and never as 0 or 100 %, which a model's answer hardly ever is.

    Example:
    >>> format_confidence(0.832), format_confidence(0.9999), format_confidence(0.0001)
    ('83 %', 'over 99 %', 'under 1 %')
    """
    if probability >= 0.995:
        return "over 99 %"
    return "under 1 %" if probability < 0.005 else format_percent(probability, digits=0)


def format_count(number: int, noun: str) -> str:
    """Returns a number of things.

    Example:
    >>> format_count(1, "label"), format_count(3000, "label"), format_count(2, "box")
    ('1 label', '3,000 labels', '2 boxes')
    """
    plural = f"{noun}es" if noun.endswith(("s", "x")) else f"{noun}s"
    return f"{number:,} {noun if number == 1 else plural}"


def format_labels(labels_per_class: int | None) -> str:
    """Returns how many labels per class there are; None stands for all of them.

    Example:
    >>> format_labels(10), format_labels(None)
    ('10 labels per class', 'all labels')
    """
    return "all labels" if labels_per_class is None else f"{format_count(labels_per_class, 'label')} per class"


def format_seeds(seed_counts: Iterable[int]) -> str:
    """Returns how many seeds are behind some means, from the fewest to the most.

    Example:
    >>> format_seeds([5, 20, 20]), format_seeds([1])
    ('5 to 20 seeds', '1 seed')
    """
    seed_counts = list(seed_counts)
    fewest, most = min(seed_counts), max(seed_counts)
    return f"{fewest} to {most} seeds" if fewest < most else format_count(fewest, "seed")


def format_list(names: Iterable[Any], most: int = 3) -> str:
    """Returns the first `most` of some names, each once, and how many more there are.

    Example:
    >>> format_list(["cat", "dog", "cow", "hen", "bee"])
    'cat, dog, cow and 2 more'
    """
    distinct_names = list(dict.fromkeys(map(str, names)))
    hidden_count = len(distinct_names) - most
    listed = ", ".join(distinct_names[:most])
    return f"{listed} and {hidden_count:,} more" if hidden_count > 0 else listed


def format_span(names: Sequence[str], most_listed: int = 1) -> str:
    """Returns names that stand in order, such as stages: each of them, or of many the first and the last.

    Example:
    >>> format_span(["stem", "body", "head"]), format_span(["stem", "head"], most_listed=2)
    ('stem to head', 'stem, head')
    """
    return ", ".join(names) if len(names) <= most_listed else f"{names[0]} to {names[-1]}"


def format_duration(seconds: float) -> str:
    """Returns a time in words that are easy to take in.

    Example:
    >>> format_duration(42), format_duration(600), format_duration(10000)
    ('42 s', '10 min', '2.8 h')
    """
    if seconds < 99.5:
        return f"{max(1, seconds):.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5970 else f"{seconds / 3600:.1f} h"


def format_memory(byte_count: float) -> str:
    """Returns bytes of memory in powers of 1024, as memory is sold.

    Example:
    >>> format_memory(3_000_000), format_memory(5_000_000_000)
    ('3 MiB', '4.7 GiB')
    """
    return f"{byte_count / 2**20:,.0f} MiB" if byte_count < 2**30 else f"{byte_count / 2**30:,.1f} GiB"


def format_file_size(byte_count: float) -> str:
    """Returns the bytes of a file in powers of 1000, as file managers show them.

    Example:
    >>> format_file_size(2_517_000), format_file_size(8_000)
    ('2.5 MB', '8 kB')
    """
    for unit, unit_size in (("GB", 1e9), ("MB", 1e6)):
        if byte_count >= 0.95 * unit_size:
            return f"{byte_count / unit_size:.1f} {unit}"
    return f"{byte_count / 1e3:.0f} kB"


def wrap_text(text: Any, first: str = "", width: int | None = None) -> str:
    """Returns a text in lines of at most `width` columns, all indented by what stands before the first.

    Args:
        text: The text; its own line breaks are not kept.
        first: What comes before the first line.
        width: Columns of a line. Default None: those of the terminal, up to 100.

    Example:
    >>> print(wrap_text("one line becomes two", "note  ", 20))
    note  one line
          becomes two
    """
    width = width or max(NARROWEST_LINE, min(WIDEST_LINE, terminal_columns()))
    line_width = max(NARROWEST_LINE // 2, width - display_width(first))
    lines = [""]
    for word in str(text).split():
        if lines[-1] and display_width(lines[-1]) + 1 + display_width(word) > line_width:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()

    indent = " " * display_width(first)
    return "\n".join([first + lines[0], *(indent + line for line in lines[1:])])


def format_table(rows: Iterable[Sequence[Any]], right: Iterable[int] = ()) -> str:
    """Returns rows as an aligned table that fits the terminal, if there is one: long texts lose their middle.

    Args:
        rows: Rows of as many values each, the head first.
        right: The columns that are numbers: they are aligned at the right and never cut.

    Example:
    >>> print(format_table([("class", "n"), ("cat", "8"), ("dog", "12")], right=[1]))
    class   n
    cat     8
    dog    12
    """
    number_columns = set(right)
    cell_rows = [[_escape_control_letters(str(value)) for value in row] for row in rows]
    column_widths = [max(map(display_width, column)) for column in zip(*cell_rows, strict=True)]
    if sys.stdout.isatty():
        _narrow_columns(column_widths, number_columns, terminal_columns())

    # rich has tables, too, but takes ten times as long for the answers on a few thousand pictures.
    lines = []
    for row in cell_rows:
        padded_cells = []
        for column, (cell, width) in enumerate(zip(row, column_widths, strict=True)):
            cell = _cut_middle(cell, width)
            padding = " " * (width - display_width(cell))
            padded_cells.append(padding + cell if column in number_columns else cell + padding)
        lines.append("  ".join(padded_cells).rstrip())
    return "\n".join(lines)


def _narrow_columns(column_widths, number_columns, line_width):
    """Takes columns of text narrower, the widest first, until a line fits or all are as narrow as they may be."""
    text_columns = [column for column in range(len(column_widths)) if column not in number_columns]
    gap_width = 2 * (len(column_widths) - 1)
    while text_columns and sum(column_widths) + gap_width > line_width:
        widest_column = max(text_columns, key=column_widths.__getitem__)
        if column_widths[widest_column] <= _WHOLE_CELL:
            return
        column_widths[widest_column] -= 1


def _escape_control_letters(text):
    """Returns a text whose line breaks and other control letters, which a file name may have, are escaped."""
    return "".join(
        letter.encode("unicode_escape").decode() if unicodedata.category(letter) == "Cc" else letter for letter in text
    )


def _cut_middle(text, width):
    """Returns a text with its middle left out where it is wider than `width` columns."""
    if display_width(text) <= width:
        return text
    letters_width = width - len(_ELLIPSIS)
    end_width = letters_width // 2
    begin = set_cell_size(text, letters_width - end_width)
    end = set_cell_size(text[::-1], end_width)[::-1]
    return f"{begin}{_ELLIPSIS}{end}"


def display_width(text: str) -> int:
    """Returns how many columns of a terminal a text takes: Chinese, Japanese and Korean letters take two.

    Example:
    >>> display_width("cat"), display_width("고양이")
    (3, 6)
    """
    return cell_len(text)


def terminal_columns() -> int:
    """Returns how many columns the terminal has; 100 where there is none."""
    return shutil.get_terminal_size((WIDEST_LINE, 24)).columns


def format_command(*arguments: Any) -> str:
    """Returns a call of `ftlib` as it is typed at the prompt of this system, in the folder where it runs now.

    Example:
    >>> format_command("predict", "runs/my flowers")
    "ftlib predict 'runs/my flowers'"
    """
    words = [_program_name(), *map(str, arguments)]
    return subprocess.list2cmdline(words) if os.name == "nt" else shlex.join(words)


def _program_name():
    """Returns how `ftlib` is called: by its path where no search path leads to it, as in a `.venv` of its own."""
    called_path = pathlib.Path(sys.argv[0])
    if called_path.stem != "ftlib":
        return "ftlib"
    path_on_search_path = shutil.which("ftlib")
    if path_on_search_path and os.path.samefile(path_on_search_path, called_path):
        return "ftlib"
    absolute_path = pathlib.Path(os.path.abspath(called_path))
    here = pathlib.Path.cwd()
    return str(absolute_path.relative_to(here) if absolute_path.is_relative_to(here) else absolute_path)
