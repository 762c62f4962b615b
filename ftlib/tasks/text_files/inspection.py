"""Every finding on texts of one's own before a run: in words and as data."""

import os
from collections.abc import Sequence

from ftlib.models.tokenizer import TextTokenizer
from ftlib.tasks.folder import findings as finding_rules
from ftlib.tasks.folder.findings import Finding
from ftlib.tasks.folder.inspection import DataFindings, DividedFindings, divide_and_judge
from ftlib.tasks.text_files.check import TextReport, check_texts, describe_lengths

_SERIOUS_REMARKS = {"empty", "unlabelled", "skipped", "conflict", "class spelling", "missing label"}
_MANY_CUT = 0.1  # of the texts
_MANY_UNKNOWN = 0.02  # of the pieces


def inspect_texts(
    path: str | os.PathLike,
    label_columns: Sequence[str] = (),
    tokenizer: str | TextTokenizer = "minibert",
    length: int | None = None,
) -> DataFindings:
    """Reads every text, divides them between the splits, and says what one should know before a run on them.

    Args:
        path, label_columns, tokenizer, length: As for `check_texts`.

    Returns:
        `DataFindings`, as for pictures.

    Raises:
        FileNotFoundError, ValueError: As `check_texts`.

    Example:
    >>> inspect_texts("reviews.csv").counts["test"]  # doctest: +SKIP
    {'bad': 28, 'good': 28}
    """
    report = check_texts(path, label_columns=label_columns, tokenizer=tokenizer, length=length)
    findings = (
        *_inspect_remarks(report),
        *finding_rules.inspect_exact_copies(report),
        *finding_rules.inspect_groups(report),
    )
    lengths = Finding("note", "lengths", describe_lengths(report.coverage))
    return divide_and_judge(report, DividedFindings(findings, (lengths,)))


def _inspect_remarks(report: TextReport) -> list[Finding]:
    serious_kinds = set(_SERIOUS_REMARKS)
    if len(report.coverage.cut) > _MANY_CUT * len(report.files):
        serious_kinds.add("cut")
    if report.coverage.unknown_share > _MANY_UNKNOWN:
        serious_kinds.add("unknown")
    ids_by_kind = {
        "cut": report.coverage.cut,
        "conflict": tuple(text_id for group in report.conflicts for text_id in group),
        "duplicate": tuple(text_id for group in report.duplicates for text_id in group[1:]),
    }
    return finding_rules.grade_remarks(report, serious_kinds, ids_by_kind)
