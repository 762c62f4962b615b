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

    @property
    def sha256(self):
        return digest.text(self.code)


def read(path):
    """Returns the cells of a source file, checked.

    Raises:
        LessonError: For a cell without its twin, a magic, a cell that is too long, an unknown tag.
    """
    fmt = {"extension": ".py", "format_name": "percent", "comment_magics": False}
    raw = jupytext.reads(path.read_text(encoding="utf-8"), fmt).cells
    cells, i = [], 0
    while i < len(raw):
        one, where = raw[i], f"{path.name}, cell {i + 1}"
        if one.cell_type == "code":
            cells.append(_code(one, where))
            i += 1
            continue
        twin = raw[i + 1] if i + 1 < len(raw) else None
        languages = [c.metadata.get("lang") for c in (one, twin) if c is not None and c.cell_type == "markdown"]
        if languages != list(LANGUAGES):
            raise LessonError(
                f'{where}: a Markdown cell with lang="en" is directly followed by its twin with lang="ko". '
                f"Received: {_first_line(one)!r} with {' then '.join(map(str, languages))}."
            )
        cells.append(Cell(text={"en": one.source, "ko": twin.source}))
        i += 2
    title = cells[0].text["en"] if cells and cells[0].text else ""
    if not title.startswith("# "):
        raise LessonError(f"{path.name}: the first cell is the title, '# ...' in both languages.")
    _collect(cells, path.name)
    return cells


def _code(cell, where):
    lines = cell.source.splitlines()
    tags = cell.metadata.get("tags", [])
    if not lines:
        raise LessonError(f"{where} is empty.")
    if len(lines) > LONGEST:
        raise LessonError(f"{where}: {len(lines)} lines, at most {LONGEST}. Longer code belongs in ftlib.")
    magic = next((line for line in lines if re.match(r"\s*[!%]", line)), None)
    if magic:
        raise LessonError(f"{where}: {magic.strip()!r} is for IPython only, and nbval would let its failure pass.")
    if set(tags) - TAGS or set(cell.metadata) - {"tags", "lines_to_next_cell"}:
        raise LessonError(f"{where}: a code cell has tags out of {sorted(TAGS)}. Received: {dict(cell.metadata)}.")
    return Cell(code=cell.source, tags=list(tags))


def _collect(cells, name):
    """Notes at each code cell which expressions the prose below it asks for."""
    last = None
    for cell in cells:
        if cell.code is not None:
            last = cell
            continue
        for language in LANGUAGES:
            for expression in _expressions(cell.text[language]):
                if last is None:
                    raise LessonError(f"{name}: {{{{{expression}}}}} stands before any code that could answer it.")
                if expression not in last.wanted:
                    last.wanted.append(expression)


def _expressions(text):
    return [e for e in PLACEHOLDER.findall(text) if not e.startswith("quiz ")]


def _first_line(cell):
    return cell.source.partition("\n")[0]
