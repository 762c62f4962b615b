"""How long a lesson takes: the minutes that stand under its title, `{{minutes}}` in the source.

What its extra sections take is `{{extra minutes}}`.
"""

import ast
import re

import digest

WORDS_PER_MINUTE = 180
MINUTES_PER_STATEMENT = 0.15  # a statement and not a line, so that how code is broken into lines does not count
MINUTES_PER_FIGURE = 0.75
MINUTES_PER_PREDICTION = 0.75
MINUTES_PER_EXERCISE = 7
MINUTES_PER_QUESTION = 1


_HEADING = re.compile(r"## (.*)")
_EXTRA = " (extra)"  # ends the heading of a section that no later one needs


def estimate_minutes(cells):
    """Returns the minutes that a lesson takes with all its exercises, to the next five, but for its extra sections."""
    return _to_five(_minutes_of(_select(cells, is_extra=False)))


def estimate_extra_minutes(cells):
    """Returns what the sections marked as extra take beside that, to the next five."""
    return _to_five(_minutes_of(_select(cells, is_extra=True)))


def _select(cells, is_extra):
    """Returns the cells of the sections whose heading says "(extra)", or those of all others."""
    selected_cells, in_extra = [], False
    for cell in cells:
        heading = _HEADING.match(cell.text["en"]) if cell.text is not None else None
        if heading is not None:
            in_extra = heading[1].endswith(_EXTRA)
        if in_extra == is_extra:
            selected_cells.append(cell)
    return selected_cells


def _to_five(minutes):
    return max(5, 5 * round(minutes / 5))


def _minutes_of(cells):
    """Returns the minutes of cells; folded checks are not read."""
    english_text = "\n".join(cell.text["en"] for cell in cells if cell.text is not None)
    code_cells = [cell for cell in cells if cell.code is not None]
    exercises = [cell for cell in code_cells if re.search(r'ft\.check\("\d\d[a-z]?\.\d', cell.code)]
    questions = [cell for cell in code_cells if re.search(r'ft\.check\("\d\d[a-z]?\.q', cell.code)]
    code_to_read = [cell.code for cell in code_cells if not cell.is_check and cell not in questions]
    statements = sum(isinstance(node, ast.stmt) for code in code_to_read for node in ast.walk(digest.parse_code(code)))
    figures = sum(len(re.findall(r"ft\.(?:show|explore|paint)\(", code)) for code in code_to_read)
    return (
        len(english_text.split()) / WORDS_PER_MINUTE
        + MINUTES_PER_STATEMENT * statements
        + MINUTES_PER_FIGURE * figures
        + MINUTES_PER_PREDICTION * english_text.count("**Predict.**")
        + MINUTES_PER_EXERCISE * len(exercises)
        + MINUTES_PER_QUESTION * len(questions)
    )
