"""The source of a lesson: one file, both languages."""

import re
from dataclasses import dataclass, field

import digest
import jupytext

LANGUAGES = ("en", "ko")
TAGS = {"exercise", "timing", "nbval-check-output"}
LONGEST = 25  # lines of a code cell
PLACEHOLDER = re.compile(r"\{\{\s*(.+?)\s*\}\}")


class LessonError(Exception):
    """What the author has to mend, with the place."""


@dataclass
class Cell:
    """A code cell (`text` is None) or a pair of Markdown cells (`code` is None)."""

    code: str | None = None
    text: dict | None = None
    tags: list = field(default_factory=list)
    outputs: list = field(default_factory=list)
    values: dict = field(default_factory=dict)  # of the placeholders up to the next code cell
    wanted: list = field(default_factory=list)  # their expressions
    asked: list | None = None  # what is evaluated for them, where that is not the same

    @property
    def sha256(self):
        return digest.text(self.code)


def read_lesson_source(path):
    """Returns the cells of a source file, checked.

    Raises:
        LessonError: For a cell without its twin, a magic, a cell that is too long, an unknown tag.
    """
    jupytext_format = {"extension": ".py", "format_name": "percent", "comment_magics": False}
    raw_cells = jupytext.reads(path.read_text(encoding="utf-8"), jupytext_format).cells
    cells, position = [], 0
    while position < len(raw_cells):
        raw_cell, place = raw_cells[position], f"{path.name}, cell {position + 1}"
        if raw_cell.cell_type == "code":
            cells.append(_code(raw_cell, place))
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
    if len(code_lines) > LONGEST:
        raise LessonError(f"{place}: {len(code_lines)} lines, at most {LONGEST}. Longer code belongs in ftlib.")
    magic_line = next((line for line in code_lines if re.match(r"\s*[!%]", line)), None)
    if magic_line:
        raise LessonError(f"{place}: {magic_line.strip()!r} is for IPython only, and nbval would let its failure pass.")
    if set(tags) - TAGS or set(cell.metadata) - {"tags", "lines_to_next_cell"}:
        raise LessonError(f"{place}: a code cell has tags out of {sorted(TAGS)}. Received: {dict(cell.metadata)}.")
    return Cell(code=cell.source, tags=list(tags))


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
    return [e for e in PLACEHOLDER.findall(text) if not e.startswith("quiz ")]


def _first_line(cell):
    return cell.source.partition("\n")[0]
