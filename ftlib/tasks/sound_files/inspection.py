"""Every finding on sounds of one's own before a run: in words and as data."""

import dataclasses
import os
from collections.abc import Sequence

import numpy as np

from ftlib.tasks.folder import findings as finding_rules
from ftlib.tasks.folder.findings import Finding
from ftlib.tasks.folder.inspection import DataFindings, DividedFindings, divide_and_judge
from ftlib.tasks.sound_files.check import (
    DEFAULT_RATE,
    DEFAULT_SECONDS,
    SoundReport,
    check_sounds,
    describe_lengths,
    find_speakers,
)
from ftlib.text import format_list

_SERIOUS_REMARKS = {
    "unreadable", "conflict", "silent", "lost", "rate tells class", "speaker classes", "speakers",
    "class spelling", "missing label",
}  # fmt: skip
_MANY = 0.1  # of the sounds, that are cut or clipped
_FAR_APART = 4  # times as long are the longest tenth as the shortest
_FEW_CLIPS = 10  # of a class to learn from


def inspect_sounds(
    path: str | os.PathLike,
    label_columns: Sequence[str] = (),
    seconds: float = DEFAULT_SECONDS,
    sample_rate: int = DEFAULT_RATE,
    by_speaker: bool = False,
) -> DataFindings:
    """Opens every sound, divides them between the splits, and says what one should know before a run on them.

    Args:
        path, label_columns, seconds, sample_rate, by_speaker: As for `check_sounds`.

    Returns:
        `DataFindings`, as for pictures.

    Raises:
        FileNotFoundError, NotADirectoryError, ValueError, ImportError: As `check_sounds`.

    Example:
    >>> inspect_sounds("sounds").counts["test"]  # doctest: +SKIP
    {'no': 22, 'yes': 22}
    """
    report = check_sounds(path, True, label_columns, seconds, sample_rate, by_speaker)
    before = (
        *_inspect_remarks(report),
        *finding_rules.inspect_exact_copies(report),
        *finding_rules.inspect_groups(report),
    )
    findings = divide_and_judge(report, DividedFindings(before, (_inspect_lengths(report),)))
    return dataclasses.replace(findings, findings=(*findings.findings, *_inspect_few_clips(findings)))


def _inspect_remarks(report: SoundReport) -> list[Finding]:
    serious_kinds = set(_SERIOUS_REMARKS)
    for kind, ids in (("cut", report.cut), ("clipped", report.clipped)):
        if len(ids) > _MANY * len(report.files):
            serious_kinds.add(kind)
    if report.path.is_file():  # in a CSV file every row was meant
        serious_kinds.add("skipped")
    ids_by_kind = {
        "unreadable": report.unreadable,
        "conflict": [sound_id for group in report.conflicts for sound_id in group],
        "duplicate": [sound_id for group in report.duplicates for sound_id in group[1:]],
        "silent": report.silent,
        "clipped": report.clipped,
        "cut": report.cut,
        "padded": report.padded,
        "lost": report.lost,
        "skipped": report.skipped,
        "speakers": find_speakers(report.files),
    }
    return finding_rules.grade_remarks(report, serious_kinds, ids_by_kind)


def _inspect_lengths(report: SoundReport) -> Finding:
    """Returns the finding on how long sounds are; a warning where they are far apart."""
    seconds = [look.seconds for look in report.looks.values()]
    short, long = np.quantile(seconds, [0.1, 0.9]) if seconds else (0.0, 0.0)
    text = describe_lengths(report)
    if long < _FAR_APART * max(short, 1e-3):
        return Finding("note", "lengths", text)
    text += f" They are far apart: a tenth is shorter than {short:.2g} s, a tenth longer than {long:.2g} s."
    return Finding("warning", "lengths", text)


def _inspect_few_clips(findings: DataFindings) -> list[Finding]:
    """Returns the finding on classes with few sounds to learn from."""
    counts = findings.counts.get("train", {})
    few = [f"{class_name} {count}" for class_name, count in counts.items() if count < _FEW_CLIPS]
    if not few:
        return []
    classes = "1 class" if len(few) == 1 else f"{len(few):,} classes"
    text = (
        f"{classes} with fewer than {_FEW_CLIPS} training sounds: {format_list(few)}. Which voices and rooms these are "
        "then decides what is learned."
    )
    return [Finding("note", "few", text)]
