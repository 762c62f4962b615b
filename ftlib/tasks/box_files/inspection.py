"""Every finding on pictures with boxes before a run: in words and as data."""

import os

from ftlib.tasks.box_files.check import DEFAULT_SIZE, BoxReport, check_boxes
from ftlib.tasks.folder.findings import Finding, grade_remarks
from ftlib.tasks.folder.inspection import DataFindings, inspect_report

_SERIOUS_REMARKS = {
    "missing", "listed twice", "clipped", "flat", "repeated", "unreadable", "conflict", "loss", "skipped",
    "class spelling",
}  # fmt: skip
_MANY_TINY = 0.1  # of the boxes
_MANY_UNMARKED = 0.1  # of the pictures


def inspect_boxes(
    path: str | os.PathLike,
    near: bool = True,
    box_format: str | None = None,
    image_size: int | tuple[int, int] = DEFAULT_SIZE,
    group_pattern: str | None = None,
) -> DataFindings:
    """Reads every box, opens every picture, divides them, and says what one should know before a run on them.

    Args:
        path, box_format, image_size, group_pattern: As for `check_boxes`.
        near: Whether to look for pictures that are nearly the same, such as frames of one film. They go to one split;
            of splits that came with the pictures, those in an earlier one are left out. Default True.

    Returns:
        `DataFindings`, as for pictures with classes.

    Raises:
        FileNotFoundError, NotADirectoryError, ValueError: As `check_boxes`.

    Example:
    >>> inspect_boxes("cars").files_by_split["test"]  # doctest: +SKIP
    """
    report = check_boxes(path, True, box_format, image_size, group_pattern)
    described = Finding("note", "boxes", report.describe_boxes())
    return inspect_report(report, [*_inspect_remarks(report), described], near)


def _inspect_remarks(report: BoxReport) -> list[Finding]:
    serious_kinds = set(_SERIOUS_REMARKS)
    if report.tiny_share > _MANY_TINY:
        serious_kinds.add("tiny")
    if len(report.unmarked) > _MANY_UNMARKED * len(report.files):
        serious_kinds.add("unmarked")
    ids_by_kind = {
        "empty": report.empty,
        "unmarked": report.unmarked,
        "listed twice": tuple(report.in_several_parts),
        "clipped": tuple(report.defects.clipped),
        "flat": tuple(report.defects.flat),
        "repeated": tuple(report.defects.repeated),
        "tiny": tuple(report.defects.tiny),
        "boxes": tuple(report.defects.outside),
        "unreadable": tuple(report.unreadable),
        "conflict": tuple(file_id for group in report.conflicts for file_id in group),
        "duplicate": tuple(file_id for group in report.duplicates for file_id in group[1:]),
        "skipped": tuple(report.skipped),
    }
    return grade_remarks(report, serious_kinds, ids_by_kind)
