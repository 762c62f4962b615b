"""The record of a study in `results/`, as the lessons read it."""

from typing import Any

import numpy as np


class RecordedStudy(dict[str, Any]):
    """What a file of `results/` holds: `"settings"`, `"rows"` (one for each seed of a cell) and more.

    A cell is what a row says of itself besides its seed: the task, the number of labels, the method.
    """

    def scores(self, score: str, **cell: Any) -> np.ndarray:
        """Returns a number of every recorded seed of a cell, in the order of the seeds.

        Args:
            score: Its name in the rows, such as `"test_accuracy"`.
            **cell: What the rows of the cell have in common, such as `method="frozen", labels=20`.

        Returns:
            Array `(seeds,)`; of a score that is a list, `(seeds, ...)`.

        Raises:
            ValueError: For a cell of which there is no row, one of which a seed has several, or a score that it lacks.

        Example:
        >>> study = ft.track().recorded("photos")
        >>> study.scores("test_accuracy", method="frozen", labels=20).shape
        (5,)
        """
        rows = [row for row in self["rows"] if all(row.get(name) == value for name, value in cell.items())]
        seeds = [row["seed"] for row in rows]
        if not rows or len(set(seeds)) < len(seeds):
            names = dict.fromkeys(name for row in self["rows"] for name in ("task", "labels", "method") if name in row)
            known_values = {name: list(dict.fromkeys(row.get(name) for row in self["rows"])) for name in names}
            raise ValueError(f"Expected a cell with one row for each seed, out of {known_values}. Received: {cell}.")
        if any(score not in row for row in rows):
            raise ValueError(f"Expected one of the scores {', '.join(rows[0])}. Received: {score!r}.")
        return np.array([row[score] for row in sorted(rows, key=lambda row: row["seed"])])
