"""The recorded runs of `results/transfer.json`, as lessons 08 and 08b read them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ftlib.evidence.comparison import interval
from ftlib.evidence.similarity import Evidence

# The columns of a table of cells: the fewest and the most labels per class that belong into each.
_LABEL_RANGES = ((1, 1), (3, 3), (10, 10), (20, 30), (40, 80))

Pair = tuple[str, str]  # a backbone and a task


@dataclass(frozen=True, repr=False)
class TransferCell:
    """All recorded runs of one backbone on one task with one number of labels.

    Attributes:
        backbone: Name of the backbone.
        task: Name of the task.
        labels_per_class: Training images of each class.
        rows: One per seed, as they were recorded; within a row every strategy learned from the same images.
    """

    backbone: str
    task: str
    labels_per_class: int
    rows: tuple[dict[str, Any], ...]

    def __repr__(self):
        return f"{self.backbone} on {self.task}, {self.labels_per_class} labels per class, {len(self.rows)} seeds"

    @property
    def pair(self) -> Pair:
        """The backbone and the task."""
        return self.backbone, self.task

    @property
    def strategies(self) -> list[str]:
        """The strategies that were recorded here; none where nothing was trained."""
        return list(self.rows[0].get("runs", ()))

    @property
    def evidence(self) -> list[Evidence]:
        """What `ft.advise` measures before any training, one per seed."""
        return [evidence_of(row) for row in self.rows]

    @property
    def stage_probes(self) -> np.ndarray:
        """Validation accuracy of a linear probe on each stage: (seeds, stages)."""
        return np.array([list(row["probes"].values()) for row in self.rows])

    def scores(self, strategy: str, score: str = "test") -> np.ndarray:
        """Returns a recorded number of every seed: (seeds,).

        Args:
            strategy: Name of the strategy.
            score: `"test"` or `"validation"` for the accuracy, `"seconds"` for the time of the training.
        """
        return np.array([row["runs"][strategy][score] for row in self.rows])


class TransferRecord:
    """The record as cells, in the order in which they were recorded.

    Args:
        rows: Those of `ft.track("glyph").recorded("transfer")["rows"]`; or of `["probed"]`, tasks on which nothing was
            trained, whose cells have evidence and no scores.

    Attributes:
        cells: All cells, as a list of `TransferCell`.
        pairs: The pairs of backbone and task, each once.
        run_count: How many runs the cells hold.

    Example:
    >>> record = TransferRecord(ft.track("glyph").recorded("transfer")["rows"])
    >>> record.cell("glyphnet", "digits", 10)
    glyphnet on digits, 10 labels per class, 5 seeds
    """

    def __init__(self, rows: Sequence[Mapping[str, Any]]):
        rows_by_place = {}
        for row in rows:
            place = (row["backbone"], row["task"], row["labels_per_class"])
            rows_by_place.setdefault(place, []).append(row)

        recorded_cells = [
            TransferCell(backbone, task, labels, tuple(cell_rows))
            for (backbone, task, labels), cell_rows in rows_by_place.items()
        ]
        self.pairs: list[Pair] = list(dict.fromkeys(cell.pair for cell in recorded_cells))
        self.cells: list[TransferCell] = [cell for pair in self.pairs for cell in _of_pair(recorded_cells, pair)]
        self.run_count: int = sum(len(row.get("runs", ())) for row in rows)

    def cells_of(self, backbone: str, task: str) -> list[TransferCell]:
        """Returns the cells of a pair, the fewest labels first."""
        return _of_pair(self.cells, (backbone, task))

    def cell(self, backbone: str, task: str, labels_per_class: int) -> TransferCell:
        """Returns one cell.

        Raises:
            ValueError: For a cell that was not recorded.
        """
        pair_cells = self.cells_of(backbone, task)
        for cell in pair_cells:
            if cell.labels_per_class == labels_per_class:
                return cell
        recorded = ", ".join(str(cell.labels_per_class) for cell in pair_cells) or "none"
        raise ValueError(
            f"Expected a recorded number of labels per class for {backbone} on {task}: {recorded}. "
            f"Received: {labels_per_class}."
        )

    def tabulate(
        self, effect: Callable[[TransferCell], np.ndarray], pairs: Sequence[Pair]
    ) -> dict[str, list[tuple[float, float, float] | None]]:
        """Returns a table for `plots.effect_grid`: a row per pair, five columns from 1 label per class to 80.

        Args:
            effect: Takes a cell and returns a difference of accuracies for each of its seeds.
            pairs: The rows, in this order.

        Returns:
            Dict from `"backbone: task"` to a list of `(mean, low, high)`, the 95 % interval over seeds; None where
            nothing was recorded.
        """
        table = {}
        for backbone, task in pairs:
            table_row = []
            for fewest, most in _LABEL_RANGES:
                fitting = [cell for cell in self.cells_of(backbone, task) if fewest <= cell.labels_per_class <= most]
                table_row.append(interval(effect(fitting[0]).tolist(), bounds=(-1, 1)) if fitting else None)
            table[f"{backbone}: {task}"] = table_row
        return table

    def accuracy_table(self, backbone: str, task: str) -> list[dict[str, Any]]:
        """Returns the test accuracy of every recorded strategy of a pair, as `plots.accuracy_curves` takes it."""
        table = []
        for cell in self.cells_of(backbone, task):
            for name in cell.strategies:
                mean, low, high = interval(cell.scores(name).tolist())
                accuracies = {"test_mean": mean, "test_low": low, "test_high": high}
                counts = {"labels_per_class": cell.labels_per_class, "updates": cell.rows[0]["updates"]}
                table.append({"strategy": name, **counts, "n": len(cell.rows), **accuracies})
        return table


def evidence_of(row: Mapping[str, Any]) -> Evidence:
    """Returns what a recorded row holds of the evidence that `ft.advise` uses."""
    return Evidence(
        classes=row["classes"],
        labels_per_class=row["labels_per_class"],
        probes=row["probes"],
        untrained=row["untrained"],
        pixels=row["pixels"],
        validation=row["validation"],
    )


def _of_pair(cells, pair):
    own_cells = [cell for cell in cells if cell.pair == pair]
    return sorted(own_cells, key=lambda cell: cell.labels_per_class)
