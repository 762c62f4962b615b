"""Other data than those of a run, to measure it on: without what the run was trained or chosen on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ftlib.app.run_folder import RunFolder
    from ftlib.tasks.folder.data_report import DataReport, Example


def leave_out_seen(
    folder: RunFolder, report: DataReport, examples: Sequence[Example], say: Callable[[str], object]
) -> list[Example]:
    """Returns the examples that a run was not trained or chosen on, and says how many others there are.

    Args:
        folder: The run.
        report: The check of other pictures, texts or sounds.
        examples: Those that can be used.
        say: Takes a line of progress.

    Raises:
        ValueError: If none is left.
    """
    seen_checksums = {row.sha256 for row in folder.rows() if row.split != "test"}
    unseen = [example for example in examples if example.sha256 not in seen_checksums]
    seen_count = len(examples) - len(unseen)
    if seen_count:
        say(f"{seen_count} {report.noun}s are left out, since the run was trained or chosen on them.")
    for line in report.lines():
        say(line)
    if not unseen:
        left_out = "" if report.files else f" Left out: {'; '.join(report.lines())}."
        raise ValueError(
            f"{report.path} has no {report.noun}s but those that the run was trained or chosen on.{left_out}"
        )
    return unseen
