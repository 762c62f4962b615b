"""Texts that fit a terminal: lines, tables, amounts in words, and calls of the command as they are typed."""

import os
import pathlib
import shlex
import shutil
import subprocess
import sys
import unicodedata

NARROW, WIDE = 30, 100  # columns that text is wrapped to, at least and at most
_CELL = 12  # columns of a table that are never cut off


def duration(seconds):
    """Returns a time in words that are easy to take in.

    Example:
    >>> duration(42), duration(600), duration(10000)
    ('42 s', '10 min', '2.8 h')
    """
    if seconds < 99.5:
        return f"{max(1, seconds):.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5970 else f"{seconds / 3600:.1f} h"


def size(number):
    """Returns a number of bytes in words.

    Example:
    >>> size(3_000_000), size(5_000_000_000)
    ('3 MiB', '4.7 GiB')
    """
    return f"{number / 2**20:,.0f} MiB" if number < 2**30 else f"{number / 2**30:,.1f} GiB"


def wrapped(text, first="", width=None):
    """Returns a text in lines of at most `width` characters (those of the terminal, up to 100), after what comes first.

    Example:
    >>> print(wrapped("one line becomes two", "note  ", 20))
    note  one line
          becomes two
    """
    width = width or max(NARROW, min(WIDE, terminal_columns()))
    room, lines = max(NARROW // 2, width - _columns(first)), [""]
    for word in str(text).split():
        if lines[-1] and _columns(lines[-1]) + 1 + _columns(word) > room:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return "\n".join(f"{' ' * _columns(first) if i else first}{line}" for i, line in enumerate(lines))


def table(rows, right=()):
    """Returns rows of texts as an aligned table; `right` are the columns that are numbers.

    Example:
    >>> print(table([("class", "n"), ("cat", "8"), ("dog", "12")], right=[1]))
    class   n
    cat     8
    dog    12
    """
    rows = [[_one_line(str(cell)) for cell in row] for row in rows]
    widths = [max(_columns(row[k]) for row in rows) for k in range(len(rows[0]))]
    room = terminal_columns() if sys.stdout.isatty() else sum(widths) + 2 * len(widths)
    while sum(widths) + 2 * (len(widths) - 1) > room:
        widest = max(set(range(len(widths))) - set(right), key=widths.__getitem__, default=None)
        if widest is None or widths[widest] <= _CELL:
            break
        widths[widest] -= 1
    rows = [[_cut(cell, width) for cell, width in zip(row, widths, strict=True)] for row in rows]
    lines = []
    for row in rows:
        blanks = [" " * (width - _columns(cell)) for cell, width in zip(row, widths, strict=True)]
        cells = [blanks[k] + cell if k in right else cell + blanks[k] for k, cell in enumerate(row)]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def _one_line(text):
    """Returns a text whose line breaks and other control letters, which a file name may have, are escaped."""
    return "".join(c.encode("unicode_escape").decode() if unicodedata.category(c) == "Cc" else c for c in text)


def _cut(text, width):
    """Returns a text with its middle left out where it is wider than so many columns."""
    if _columns(text) <= width:
        return text
    begin, end = "", ""
    while _columns(begin) + _columns(end) + 3 < width:
        begin, end = (begin + text[len(begin)], end) if len(begin) <= len(end) else (begin, text[-len(end) - 1] + end)
    if _columns(begin) + _columns(end) + 3 > width:  # a wide letter too many
        begin, end = (begin[:-1], end) if len(begin) > len(end) else (begin, end[1:])
    return f"{begin}...{end}"


def _columns(text):
    """Returns how wide a text is in a terminal, where Chinese, Japanese and Korean letters take two columns."""
    letters = (c for c in text if not unicodedata.combining(c))
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in letters)


def terminal_columns():
    """Returns how many columns the terminal has; 100 where there is none."""
    return shutil.get_terminal_size((WIDE, 24)).columns


def command_line(*words):
    """Returns a call of `ftlib` with some words as it is typed at the prompt of this system, here and now.

    Example:
    >>> command_line("predict", "runs/my flowers")
    "ftlib predict 'runs/my flowers'"
    """
    words = [_program(), *map(str, words)]
    return subprocess.list2cmdline(words) if os.name == "nt" else shlex.join(words)


def _program():
    """Returns how `ftlib` is called: by its path where no search path leads to it, as in a `.venv` of its own."""
    called = pathlib.Path(sys.argv[0])
    if called.stem != "ftlib" or (found := shutil.which("ftlib")) and os.path.samefile(found, called):
        return "ftlib"
    place = pathlib.Path(os.path.abspath(called))
    return str(place.relative_to(pathlib.Path.cwd()) if place.is_relative_to(pathlib.Path.cwd()) else place)
