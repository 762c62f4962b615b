"""What placeholders can ask for: recorded results, stored lessons, and the card of the backbone.

In `{{...}}` a name is a file of results/, with `_` for `-`, or of benchmarks/results/; everything else of Python works
as in the lessons:

    {{100 * digits("scratch", 1):.1f}}           mean test accuracy, with one label per class
    {{digits.span("scratch", 1)}}                its 95 % interval, in percent
    {{anchors("EWC 1", of="source_accuracy")}}   the mean of another column
    {{transfer("glyphnet/faces lp_ft", 10)}}     of the grid of backbones and tasks
    {{own_images["ratio"]["mean"]:.1f}}          of a benchmark, as it is in its file
    {{len(card["classes"])}}                     ftlib/weights/glyphnet.json
    {{lesson 01b: 100 * means["He"]:.0f}}        what this very placeholder became in the notebook of lesson 01b
    {{printed 06: (\\d+) of 65 arrays}}           what a cell of lesson 06 printed; the brackets are what is taken
"""

import functools
import json
import pathlib
import re

from decks.source import PLACEHOLDER, DeckError
from ftlib.evidence.comparison import interval

ROOT = pathlib.Path(__file__).resolve().parents[2]
RESULTS, BENCHMARKS = ROOT / "results", ROOT / "benchmarks" / "results"
BOOKS = ROOT / "notebooks" / "en"


class Record:
    """A recorded comparison, asked for one cell at a time."""

    def __init__(self, path):
        rows = json.loads(path.read_text(encoding="utf-8"))["rows"]
        self.runs = [run for row in rows for run in _runs(row)]

    def rows(self, strategy, labels=None, updates=None):
        """Returns the runs of one cell, one per seed; `labels` and `updates` may be left out where there is one cell.

        Raises:
            ValueError: For no such run, and for more than one cell.
        """
        wanted_values = {"strategy": strategy, "labels_per_class": labels, "updates": updates}
        matching_runs = [run for run in self.runs if _has_values(run, wanted_values)]
        cells = sorted({(run["labels_per_class"], run["updates"]) for run in matching_runs})
        if len(cells) != 1:
            raise ValueError(
                f"expected one cell of the record, (labels, updates). Received: {cells} for {wanted_values}"
            )
        return matching_runs

    def values(self, strategy, labels=None, updates=None, of="test_accuracy"):
        return [r[of] for r in self.rows(strategy, labels, updates)]

    def interval(self, strategy, labels=None, updates=None, of="test_accuracy"):
        """Returns mean, lower and upper end of the 95 % interval over seeds."""
        return interval(self.values(strategy, labels, updates, of))

    def __call__(self, strategy, labels=None, updates=None, of="test_accuracy"):
        """Returns the mean over seeds."""
        return self.interval(strategy, labels, updates, of)[0]

    def span(self, strategy, labels=None, updates=None, of="test_accuracy"):
        """Returns the interval as text, such as "66.1–74.7"."""
        _, low, high = self.interval(strategy, labels, updates, of)
        return f"{100 * low:.1f}–{100 * high:.1f}"


def _has_values(run, wanted_values):
    return all(value is None or run[key] == value for key, value in wanted_values.items())


def _runs(row):
    """Returns the runs of a row; those of the transfer grid are named "backbone/task strategy"."""
    if "runs" not in row:
        return [row]
    same = {key: row[key] for key in ("labels_per_class", "updates", "seed")}
    return [
        {**same, "strategy": f"{row['backbone']}/{row['task']} {name}", "test_accuracy": run["test"]}
        for name, run in row["runs"].items()
    ]


class Names(dict):
    """The names that an expression may use; records are loaded at first use, and `used` tells which."""

    def __init__(self):
        super().__init__(lesson=lesson, printed=printed)
        self.used = set()

    def __missing__(self, name):
        if name == "card":
            self[name] = json.loads((ROOT / "ftlib/weights/glyphnet.json").read_text(encoding="utf-8"))
        elif (BENCHMARKS / f"{name}.json").exists():
            self[name] = json.loads((BENCHMARKS / f"{name}.json").read_text(encoding="utf-8"))
        else:
            path = RESULTS / f"{name.replace('_', '-')}.json"
            if not path.exists():
                raise KeyError(name)  # perhaps a built-in function
            self[name] = Record(path)
            self.used.add(path.stem)
        return self[name]


@functools.cache
def _book(number):
    notebook_paths = sorted(BOOKS.glob(f"{number}_*.ipynb"))
    if len(notebook_paths) != 1:
        raise ValueError(f"there is no notebook of lesson {number}")
    return json.loads(notebook_paths[0].read_text(encoding="utf-8"))["cells"]


def lesson(number, expression):
    """Returns what a placeholder of a lesson became, as its stored notebook shows it."""
    stored_values = [cell["metadata"].get("ftlib", {}).get("values", {}) for cell in _book(number)]
    matching_values = {values[expression] for values in stored_values if expression in values}
    if len(matching_values) != 1:
        raise ValueError(
            f"expected one value in lesson {number}. Received: {sorted(matching_values) or 'no such placeholder'}"
        )
    return matching_values.pop()


def printed(number, pattern):
    """Returns what the brackets of a pattern match in the text that the cells of a lesson printed."""
    code_cells = [cell for cell in _book(number) if cell["cell_type"] == "code"]
    printed_text = "".join("".join(output.get("text", ())) for cell in code_cells for output in cell["outputs"])
    matches = set(re.findall(pattern, printed_text))
    if len(matches) != 1:
        raise ValueError(f"expected one match in what lesson {number} printed. Received: {sorted(matches) or 'none'}")
    return matches.pop()


def value(expression, names):
    """Returns what a placeholder becomes.

    Raises:
        Exception: Whatever the expression raises.
    """
    asked_lesson = re.fullmatch(r"(lesson|printed) (\d\d[a-z]?): (.+)", expression)
    if asked_lesson:
        kind, number, wanted_text = asked_lesson.groups()
        return lesson(number, wanted_text) if kind == "lesson" else printed(number, wanted_text)
    return eval("f'''{" + expression + "}'''", {}, names)  # our own sources, as trusted as code


def fill(text, names, where):
    """Returns a text with all placeholders filled.

    Raises:
        DeckError: For one that cannot be filled.
    """

    def answer(match):
        try:
            return value(match[1], names)
        except Exception as error:
            raise DeckError(f"{where}: {match[0]} cannot be filled: {type(error).__name__}: {error}") from None

    return PLACEHOLDER.sub(answer, text)


def check_claims(slide, names):
    """Raises a DeckError if a claim of the slide does not hold in the records."""
    for claim in slide.holds:
        try:
            claim_holds = bool(eval(claim, {}, names))
        except Exception as error:
            raise DeckError(f"{slide.where}: {claim} cannot be checked: {type(error).__name__}: {error}") from None
        if not claim_holds:
            raise DeckError(f"{slide.where}: {slide.title['en']!r} is no longer true: {claim}")
