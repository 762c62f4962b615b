"""The source of a lesson: one file, both languages."""

import ast
import re
from dataclasses import dataclass, field

import digest
import jupytext

LANGUAGES = ("en", "ko")
TAGS = {"exercise", "timing", "nbval-check-output", "folded"}
LONGEST = 25  # lines of a code cell
WIDEST = 88  # columns of its lines
SOURCE_FILES = "[0-9][0-9]*_*.py"  # 01_name.py; 01b_name.py is the second part of a lesson that has two
PLACEHOLDER = re.compile(r"\{\{\s*(.+?)\s*\}\}")


class LessonError(Exception):
    """What the author has to mend, with the place."""


def number_of(path):
    """Returns the number of a lesson by the name of its source, such as `"01"`, or `"01b"` for a second part."""
    return path.name.partition("_")[0]


@dataclass
class Cell:
    """A code cell (`text` is None) or a pair of Markdown cells (`code` is None)."""

    code: str | None = None
    text: dict | None = None
    tags: list = field(default_factory=list)
    is_check: bool = False  # the assert lines from the end of the cell above, in a folded cell of their own
    outputs: list = field(default_factory=list)
    values: dict = field(default_factory=dict)  # of the placeholders up to the next code cell
    wanted: list = field(default_factory=list)  # their expressions
    asked: list | None = None  # what is evaluated for them, where that is not the same

    @property
    def sha256(self):
        return digest.text(self.code)

    @property
    def is_folded(self):
        """Whether a reader has to unfold the code to see it. Its outputs are not folded."""
        return self.is_check or "folded" in self.tags


def read_lesson_source(path):
    """Returns the cells of a source file, checked.

    Raises:
        LessonError: For a cell without its twin, a magic, a cell or a line that is too long, an unknown tag.
    """
    jupytext_format = {"extension": ".py", "format_name": "percent", "comment_magics": False}
    raw_cells = jupytext.reads(path.read_text(encoding="utf-8"), jupytext_format).cells
    cells, position = [], 0
    while position < len(raw_cells):
        raw_cell, place = raw_cells[position], f"{path.name}, cell {position + 1}"
        if raw_cell.cell_type == "code":
            cells += _code(raw_cell, place)
            position += 1
            continue
        twin = raw_cells[position + 1] if position + 1 < len(raw_cells) else None
        cell_languages = [
            c.metadata.get("lang") for c in (raw_cell, twin) if c is not None and c.cell_type == "markdown"
        ]
        if cell_languages != list(LANGUAGES):
            raise LessonError(
                f'{place}: a Markdown cell with lang="en" is directly followed by its twin with lang="ko". '
                f"Received: {_first_line(raw_cell)!r} with {' then '.join(map(str, cell_languages))}."
            )
        cells.append(Cell(text={"en": raw_cell.source, "ko": twin.source}))
        position += 2
    english_title = cells[0].text["en"] if cells and cells[0].text else ""
    if not english_title.startswith("# "):
        raise LessonError(f"{path.name}: the first cell is the title, '# ...' in both languages.")
    _collect(cells, path.name)
    return cells


def _code(cell, place):
    code_lines = cell.source.splitlines()
    tags = cell.metadata.get("tags", [])
    if not code_lines:
        raise LessonError(f"{place} is empty.")
    shown_lines, check_lines = _without_closing_asserts(code_lines) if "exercise" not in tags else (code_lines, [])
    if len(shown_lines) > LONGEST:
        raise LessonError(f"{place}: {len(shown_lines)} lines, at most {LONGEST}. Longer code belongs in ftlib.")
    wide_line = next((line for line in code_lines if len(line) > WIDEST), None)
    if wide_line:
        raise LessonError(f"{place}: a line of {len(wide_line)} columns, at most {WIDEST}: {wide_line.strip()!r}.")
    magic_line = next((line for line in code_lines if re.match(r"\s*[!%]", line)), None)
    if magic_line:
        raise LessonError(f"{place}: {magic_line.strip()!r} is for IPython only, and nbval would let its failure pass.")
    if set(tags) - TAGS or set(cell.metadata) - {"tags", "lines_to_next_cell"}:
        raise LessonError(f"{place}: a code cell has tags out of {sorted(TAGS)}. Received: {dict(cell.metadata)}.")
    parts = [Cell(code="\n".join(shown_lines), tags=list(tags))] if shown_lines else []
    return parts + ([Cell(code="\n".join(check_lines), is_check=True)] if check_lines else [])


def _without_closing_asserts(code_lines):
    """Returns the lines up to the `assert` statements that a cell ends with, and the lines of these.

    A comment that stands directly above such an `assert` goes with it.
    """
    try:
        statements = digest.parse_code("\n".join(code_lines)).body
    except SyntaxError:  # the kernel says so with the place
        return code_lines, []
    start = len(code_lines)
    while statements and isinstance(statements[-1], ast.Assert):
        start = statements.pop().lineno - 1
        while start > 0 and code_lines[start - 1].startswith("#"):
            start -= 1
    shown_lines = code_lines[:start]
    while shown_lines and not shown_lines[-1].strip():
        shown_lines.pop()
    return shown_lines, code_lines[start:]


def _collect(cells, name):
    """Notes at each code cell which expressions the prose below it asks for."""
    last_code_cell = None
    for cell in cells:
        if cell.code is not None:
            last_code_cell = cell
            continue
        for language in LANGUAGES:
            for expression in _expressions(cell.text[language]):
                if last_code_cell is None:
                    raise LessonError(f"{name}: {{{{{expression}}}}} stands before any code that could answer it.")
                if expression not in last_code_cell.wanted:
                    last_code_cell.wanted.append(expression)


def _expressions(text):
    return [e for e in PLACEHOLDER.findall(text) if e not in ("minutes", "extra minutes") and not e.startswith("quiz ")]


def _first_line(cell):
    return cell.source.partition("\n")[0]
