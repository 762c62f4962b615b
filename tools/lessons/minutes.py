"""How long a lesson takes: the minutes that stand under its title, `{{minutes}}` in the source."""

import ast
import re

import digest

WORDS_PER_MINUTE = 180
MINUTES_PER_STATEMENT = 0.15  # a statement and not a line, so that how code is broken into lines does not count
MINUTES_PER_FIGURE = 0.75
MINUTES_PER_PREDICTION = 0.75
MINUTES_PER_EXERCISE = 7
MINUTES_PER_QUESTION = 1


def estimate_minutes(cells):
    """Returns the minutes that a lesson takes with all its exercises, to the next five; folded checks are not read."""
    english_text = "\n".join(cell.text["en"] for cell in cells if cell.text is not None)
    code_cells = [cell for cell in cells if cell.code is not None]
    exercises = [cell for cell in code_cells if re.search(r'ft\.check\("\d\d[a-z]?\.\d', cell.code)]
    questions = [cell for cell in code_cells if re.search(r'ft\.check\("\d\d[a-z]?\.q', cell.code)]
    code_to_read = [cell.code for cell in code_cells if not cell.is_check and cell not in questions]
    statements = sum(isinstance(node, ast.stmt) for code in code_to_read for node in ast.walk(digest.parse_code(code)))
    figures = sum(len(re.findall(r"ft\.(?:show|explore|paint)\(", code)) for code in code_to_read)
    minutes = (
        len(english_text.split()) / WORDS_PER_MINUTE
        + MINUTES_PER_STATEMENT * statements
        + MINUTES_PER_FIGURE * figures
        + MINUTES_PER_PREDICTION * english_text.count("**Predict.**")
        + MINUTES_PER_EXERCISE * len(exercises)
        + MINUTES_PER_QUESTION * len(questions)
    )
    return max(5, 5 * round(minutes / 5))
