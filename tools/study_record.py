"""Records of studies that are measured cell by cell: rows in results/NAME.json, which a stopped study goes on from."""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
import pathlib
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import digest
import keras

from ftlib.app.console import quiet_stderr
from ftlib.app.grid import run_cells, workers
from ftlib.evidence.comparison import interval
from ftlib.files import written_whole

ROOT = pathlib.Path(__file__).resolve().parent.parent
TEXT_MODULES = (
    "models/language_models", "models/token_network", "models/tokenizer", "objectives/span", "objectives/tokens",
    "tasks/docstring_questions", "tasks/docstrings", "tasks/texts",
)  # fmt: skip


READING_MODULES = ("tasks/docstrings", "tasks/texts")


def code_stamp(
    trains: bool = True, modules: Sequence[str] = TEXT_MODULES, reading_modules: Sequence[str] = READING_MODULES
) -> str:
    """Returns the version of Keras and a checksum of the modules that a row depends on.

    Args:
        trains: Whether a network of ftlib is trained for the row. Without one, the modules that read the data count
            alone.
        modules: Those of the study, besides what every training goes through. Default: of studies of texts.
        reading_modules: Those that read its data.
    """
    folder = ROOT / "ftlib"
    names = {*modules, *digest.training_modules(folder)} if trains else set(reading_modules)
    return f"{keras.__version__} {digest.code(folder, sorted(names))[:16]}"


def weights_stamp(name: str = "minibert") -> str:
    """Returns a checksum of a shipped network, and of its vocabulary where it has one."""
    folder = ROOT / "ftlib" / "weights"
    paths = (folder / f"{name}.weights.h5", folder / f"{name}-vocabulary.txt")
    content = b"".join(path.read_bytes() for path in paths if path.is_file())
    return hashlib.sha256(content).hexdigest()[:16]


def measured_row(cell: Sequence[Any], measure: Callable[[], dict[str, Any]], weights: str | None) -> dict[str, Any]:
    """Measures a cell of a study of texts, prints a line, and returns its row.

    Args:
        cell: `(task, labels, seed, method)`, and more.
        measure: Gives the scores, and what else is a column.
        weights: The stamp of the shipped network that was used; None for none.
    """
    task, labels, seed, method, *_ = cell
    start_time = time.process_time()
    scores = measure()
    seconds = round(time.process_time() - start_time, 1)
    texts = [f"{name} {value:.3f}" for name, value in scores.items() if name.startswith(("val_", "test_"))]
    texts += [f"x{scores['rate_factor']:g}"] if "rate_factor" in scores else []
    print("  ".join([f"{task} {labels} seed {seed}", f"{method:<9}", *texts, f"{seconds} s"]), flush=True)
    return {
        "task": task, "labels": labels, "seed": seed, "method": method, **scores, "seconds": seconds,
        "code": code_stamp(), "weights": weights,
    }  # fmt: skip


@contextlib.contextmanager
def study_workers(jobs: int) -> Iterator[ProcessPoolExecutor]:
    """Starts processes for a whole study, with one thread each however many they are: sums depend on it."""
    os.environ |= {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1", "OMP_NUM_THREADS": "1"}
    with quiet_stderr(), workers(jobs) as pool:
        yield pool


class StudyRecord:
    """The rows of a study, in the order of its cells.

    Args:
        name: That of the file in `results/`.
        scores: The fields of a row that are summarised over seeds, as `"test_accuracy"`, where its cell has them.
        references: Methods that all others are compared with, seed by seed.

    Attributes:
        modules: The modules that rows depend on besides those of all training.
        keys: The fields of a row that tell its cell.
        choice_keys: Those of a row of `tuning`.
        settings: What holds for all rows.
        tuning: A row for each choice that was tried on validation.
        rows: A row for each cell that was measured.
    """

    modules: Sequence[str] = TEXT_MODULES
    keys = ("task", "labels", "seed", "method")
    choice_keys = (*keys, "regularization", "rate_factor")

    def __init__(self, name: str, scores: Sequence[str], references: Sequence[str]):
        self.path = ROOT / "results" / f"{name}.json"
        self.scores, self.references = tuple(scores), tuple(references)
        content = json.loads(self.path.read_text(encoding="utf-8")) if self.path.exists() else {}
        self.settings: dict[str, Any] = content.get("settings", {})
        self.tuning: list[dict[str, Any]] = content.get("tuning", [])
        self.rows: list[dict[str, Any]] = content.get("rows", [])

    def drop_outdated(self, fresh: bool, weights: str | None = None, codes: Collection[str] | None = None) -> None:
        """Leaves out rows of other weights, and with `fresh` those of other code, which are kept otherwise.

        Args:
            fresh: Whether rows of other code go as well.
            weights, codes: The stamps of the weights and of the code as they are. Default None: those of studies of
                texts, with the modules of this study.
        """
        weights = weights_stamp() if weights is None else weights
        codes = {code_stamp(True, self.modules), code_stamp(False)} if codes is None else codes
        for rows in (self.tuning, self.rows):
            outdated = [row for row in rows if row["weights"] not in (None, weights)]
            if outdated:
                print(f"{len(outdated)} rows were measured with other weights: they are measured again", flush=True)
            rows[:] = [row for row in rows if row not in outdated]
            other_code = [row for row in rows if row["code"] not in codes]
            if fresh:
                rows[:] = [row for row in rows if row not in other_code]
            elif other_code:
                print(f"{len(other_code)} of {len(rows)} rows were measured with other code: see --fresh", flush=True)

    def choice_for(self, task: str, method: str, score: str) -> dict[str, Any] | None:
        """Returns the row of `tuning` that validation chose for a method on a task; None where nothing was tried."""
        tried = [row for row in self.tuning if (row["task"], row["method"]) == (task, method)]
        return max(tried, key=lambda row: row[score], default=None)

    def measure(
        self,
        cells: Sequence[tuple],
        function: Callable[[tuple], dict[str, Any]],
        make_work: Callable[[tuple], tuple],
        pool: ProcessPoolExecutor,
    ) -> None:
        """Measures the cells of which there is no row, and writes the record after each.

        Args:
            cells: Those wanted.
            function: Makes the row of a cell, from what `make_work` gives.
            make_work: Adds to a cell what the function has to know.
            pool: What `study_workers` gives.
        """
        self._fill(self.rows, self.keys, cells, function, make_work, pool)

    def tune(
        self, cells: Sequence[tuple], function: Callable[[tuple], dict[str, Any]], pool: ProcessPoolExecutor
    ) -> None:
        """Tries the choices of which there is no row in `tuning`; a cell has the values of `choice_keys`, and more."""
        self._fill(self.tuning, self.choice_keys, cells, function, lambda cell: cell, pool)

    def _fill(self, rows, keys, cells, function, make_work, pool):
        measured = {tuple(row[key] for key in keys) for row in rows}
        missing = [make_work(cell) for cell in cells if cell[: len(keys)] not in measured]
        for _, row in run_cells(missing, function, pool):
            rows.append(row)
            rows[:] = self._sorted(rows)
            self.save()

    def _sorted(self, rows):
        """Returns rows by task and method in the order in which these came, then by labels and seed."""
        groups = list(dict.fromkeys((row["task"], row["method"]) for row in (*self.tuning, *self.rows)))
        return sorted(rows, key=lambda row: (groups.index((row["task"], row["method"])), row["labels"], row["seed"]))

    def save(self) -> None:
        """Writes the record whole, with a summary of its rows."""
        content = {
            "settings": self.settings, "summary": self.summary(), "tuning": self.tuning, "rows": self.rows,
        }  # fmt: skip
        with written_whole(self.path) as part:
            part.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")

    def rows_by_seed(self) -> dict[tuple, dict[int, dict]]:
        """Returns the rows of each cell, `(task, labels, method)`, by their seeds."""
        cells: dict[tuple, dict[int, dict]] = {}
        for row in self.rows:
            cells.setdefault((row["task"], row["labels"], row["method"]), {})[row["seed"]] = row
        return cells

    def summary(self) -> list[dict[str, Any]]:
        """Returns mean and 95 % interval of every cell over its seeds, and of the differences to the references.

        A difference is taken seed by seed, where the same labels were drawn, and given as mean, lower and upper end.
        """
        cells, lines = self.rows_by_seed(), []
        for (task, labels, method), by_seed in cells.items():
            line: dict[str, Any] = {"task": task, "labels": labels, "method": method, "n": len(by_seed)}
            shared_scores = [score for score in self.scores if all(score in row for row in by_seed.values())]
            for score in shared_scores:
                line[score] = rounded(interval([row[score] for row in by_seed.values()]))
            score = self.scores[0]
            for reference in self.references:
                others = cells.get((task, labels, reference), {})
                shared = sorted(set(by_seed) & set(others))
                if reference != method and shared:
                    differences = [by_seed[seed][score] - others[seed][score] for seed in shared]
                    line[f"over_{reference}"] = rounded(interval(differences, bounds=(-1.0, 1.0)))
            lines.append(line)
        return lines

    def print_summary(self) -> None:
        """Prints the summary as a table."""
        for line in self.summary():
            mean, low, high = line[self.scores[0]]
            texts = [f"{line['task']:<20}{line['labels']:>5}  {line['method']:<18}{line['n']:>3} seeds  {mean:.3f}"]
            texts += [f"({low:.3f} to {high:.3f})"] if low is not None else []
            for reference in self.references:
                difference = line.get(f"over_{reference}")
                if difference and difference[1] is not None:
                    texts.append(
                        f"over {reference} {difference[0]:+.3f} ({difference[1]:+.3f} to {difference[2]:+.3f})"
                    )
            print("  ".join(texts), flush=True)


def rounded(values: Sequence[float]) -> list[float | None]:
    """Returns numbers as a record keeps them; None for those that JSON does not know."""
    return [None if math.isnan(value) else round(value, 5) for value in values]
