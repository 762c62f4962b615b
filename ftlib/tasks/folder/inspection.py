"""Every finding on a folder of pictures, or on a CSV file that lists them, before a run: in words and as data."""

import collections
import dataclasses
import os
import pathlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ftlib.tasks.folder import findings as finding_rules
from ftlib.tasks.folder.check import FolderReport, check_folder
from ftlib.tasks.folder.data_report import DataReport, Example
from ftlib.tasks.folder.findings import LEVELS, Finding, IdGroup
from ftlib.tasks.folder.near_duplicates import near_duplicates
from ftlib.tasks.folder.picture_file import UNDIVIDED, LabelledExample
from ftlib.tasks.folder.splitting import count_per_class, describe_gaps, split_files
from ftlib.tasks.folder.targets import Target
from ftlib.tasks.parts import PARTS
from ftlib.text import wrap_text

_LEAST_SERIES = 8  # pictures under one background
_LEVEL_WIDTH = 9  # columns of the level before a finding


@dataclasses.dataclass(frozen=True, repr=False)
class DataFindings:
    """The result of `inspect_data`; it prints as a list, the most serious finding first.

    Attributes:
        report: The `FolderReport` of every file; of texts the `TextReport`, of sounds the `SoundReport`.
        findings: Tuple of `Finding`.
        near: Groups of ids of pictures that are nearly the same.
        series: Groups of ids of pictures that are nearly the same only because they share a background.
        files_by_split: `{split: PictureFiles}`, or texts, as they will be used; empty if they cannot be divided.
        drawn: The splits that the folder did not have.
    """

    report: DataReport
    findings: tuple[Finding, ...]
    near: tuple[IdGroup, ...]
    series: tuple[IdGroup, ...]
    files_by_split: dict[str, tuple[LabelledExample, ...]]
    drawn: tuple[str, ...]

    @property
    def usable(self) -> bool:
        """Whether a model can be trained on the pictures."""
        return not any(finding.level == "error" for finding in self.findings)

    @property
    def counts(self) -> dict[str, dict[str, int]]:
        """Pictures as they will be used: `{split: {class name: number}}`."""
        return {
            split: count_per_class(files, self.report.class_names, self.report.target)
            for split, files in self.files_by_split.items()
        }

    def _most_serious_first(self) -> list[Finding]:
        return sorted(self.findings, key=lambda finding: LEVELS.index(finding.level))

    def require(self) -> None:
        """Raises a ValueError with the errors, if there are any."""
        error_texts = [finding.text for finding in self.findings if finding.level == "error"]
        if error_texts:
            raise ValueError(" ".join(error_texts))

    def to_dict(self) -> dict[str, Any]:
        """Returns everything as plain data."""
        return {
            "path": str(self.report.path),
            "usable": self.usable,
            f"{self.report.noun}s": len(self.report.files),
            "target": self.report.target.name,
            "class_names": list(self.report.class_names),
            "splits": self.counts,
            "drawn": list(self.drawn),
            "findings": [{**dataclasses.asdict(finding), "ids": list(finding.ids)} for finding in self.findings],
        }

    def __repr__(self):
        file_count = len(self.report.files)
        target = self.report.target
        contents = target.describe_contents(len(self.report.class_names))
        lines = [f"{self.report.path}: {file_count:,} usable {self.report.noun}s {contents}"]
        for part, counts in self.counts.items():
            part_files = self.files_by_split[part]
            spread = target.describe_spread(part_files, counts)
            origin = ", set aside by ftlib" if part in self.drawn else ""
            lines.append(f"  {part:<12}{len(part_files):>7,}  ({spread}{origin})")
        for finding in self._most_serious_first():
            lines.append(wrap_text(finding.text, f"  {finding.level:<{_LEVEL_WIDTH}}"))
        return "\n".join(lines)


def inspect_data(
    path: str | os.PathLike,
    near: bool = True,
    target: str | Target | None = None,
    label_columns: Sequence[str] = (),
) -> DataFindings:
    """Opens every picture once, and says what one should know before a run on them.

    Pictures that are in a split already stay there, but for training pictures with a copy, or nearly one, in
    validation or test: a network that has seen them is not tested by them. Where ftlib draws the splits, near copies,
    and what a CSV file says to be of one group, go to the same split.

    Args:
        path: A folder of class folders or a CSV file, as for `check_folder`.
        near: Whether to look for pictures that are nearly the same. Default True; use False where pictures are meant
            to look alike, such as technical drawings.
        target, label_columns: As for `check_folder`.

    Returns:
        `DataFindings`.

    Raises:
        FileNotFoundError, NotADirectoryError, ValueError: As `check_folder`.

    Example:
    >>> inspect_data("photos").counts["test"]  # doctest: +SKIP
    {'daisy': 28, 'roses': 28}
    """
    report = check_folder(pathlib.Path(path), target=target, label_columns=label_columns)
    return inspect_report(report, finding_rules.inspect_files(report), near)


def inspect_report(report: FolderReport, file_findings: Sequence[Finding], near: bool = True) -> DataFindings:
    """Returns what a check of pictures and a comparison of them say, and the splits.

    Args:
        report: The `FolderReport`.
        file_findings: Its remarks, as findings.
        near: As for `inspect_data`.
    """
    near_groups, series = _find_near_groups(report) if near else ((), ())
    left_out = _find_leaking(report, near_groups)
    files = [file for file in report.files if file.id not in left_out]
    findings = [
        *file_findings,
        *finding_rules.inspect_exact_copies(report),
        *finding_rules.inspect_near_copies(report, near_groups, left_out),
        *finding_rules.inspect_series(report, series),
        *finding_rules.inspect_groups(report),
        *finding_rules.inspect_labels(report),
    ]
    findings_by_place = DividedFindings(tuple(findings), tuple(finding_rules.inspect_sizes(report)))
    return divide_and_judge(report, findings_by_place, files, near_groups, series)


class DividedFindings(NamedTuple):
    """Findings on data, before and after what is found on their division into splits."""

    before: tuple[Finding, ...]
    after: tuple[Finding, ...] = ()


def divide_and_judge(
    report: DataReport,
    findings: DividedFindings,
    files: Sequence[LabelledExample] | None = None,
    near: tuple[IdGroup, ...] = (),
    series: tuple[IdGroup, ...] = (),
) -> DataFindings:
    """Divides checked data between the splits, and adds what is found there: gaps, uneven classes, few to test on.

    Args:
        report: The report of any data.
        findings: What was found before.
        files: Those of its examples that are used. Default None: all of them.
        near, series: As in `DataFindings`.
    """
    used_files = report.files if files is None else files
    before = list(findings.before)
    part_files, drawn_parts = {}, []
    try:
        part_files, drawn_parts = divide(report, used_files, near)
    except ValueError as error:
        before = [finding for finding in before if finding.kind != "target"]  # the error says it, too
        before.append(finding_rules.explain_failed_division(report, used_files, error, near))
    else:
        gaps = describe_gaps(part_files, report.class_names, report.target, report.noun)
        before += [Finding("warning", "gap", line) for line in gaps]
        before += finding_rules.inspect_balance(report, part_files)
    return DataFindings(
        report=report,
        findings=(*before, *findings.after),
        near=near,
        series=series,
        files_by_split={part: tuple(part_files[part]) for part in PARTS if part in part_files},
        drawn=tuple(drawn_parts),
    )


def divide(
    report: DataReport, files: Iterable[Example], near: Sequence[IdGroup] = ()
) -> tuple[dict[str, list[Example]], list[str]]:
    """Returns `({part: examples}, the parts that were drawn here)` of checked data; see `split_files`.

    Args:
        report: The report of any data.
        files: Those of its examples that are used.
        near: Groups of ids that are nearly the same, each of which goes to one split.

    Raises:
        ValueError: If a class has too few examples, or groups, to be in every split.
    """
    unit_keys = join_units(report.groups, near)
    return split_files(report.path, files, report.class_names, unit_keys, target=report.target, noun=report.noun)


def _find_near_groups(report: FolderReport) -> tuple[tuple[IdGroup, ...], tuple[IdGroup, ...]]:
    """Returns groups of ids of pictures that are nearly the same: `(copies, series under one background)`."""
    ids = [file.id for file in report.files]
    if not ids:
        return (), ()
    index_groups = near_duplicates(np.stack([report.looks[file_id].thumbnail for file_id in ids]))
    class_by_id = report.class_by_id
    class_counts = collections.Counter(class_by_id.values())
    copies, series = [], []
    for index_group in index_groups:
        group = tuple(ids[i] for i in index_group)
        group_counts = collections.Counter(class_by_id[file_id] for file_id in group)
        if _is_series(group_counts, class_counts):
            series.append(group)
        else:
            copies.append(group)
    return tuple(copies), tuple(series)


def _is_series(group_counts: Mapping[str, int], class_counts: Mapping[str, int]) -> bool:
    """Returns whether pictures that are nearly the same are not copies, given how many of each class are among them.

    What is half of one class and half of another cannot be what tells the two apart: it is the background that they
    share, as under a fixed camera. A few copies with a wrong label are fewer.
    """
    if sum(group_counts.values()) < _LEAST_SERIES:
        return False
    half_classes = [name for name, count in group_counts.items() if 2 * count >= class_counts[name]]
    return len(half_classes) > 1


def _find_leaking(report: FolderReport, near_groups: Iterable[IdGroup]) -> frozenset[str]:
    """Returns which near copies are left out: those in an earlier split than the last one of their group."""
    rank_by_id = {file.id: PARTS.index(file.part) for file in report.files if file.part != UNDIVIDED}
    if not rank_by_id:
        return frozenset()
    leaking_ids = set()
    for group in near_groups:
        last_rank = max(rank_by_id[file_id] for file_id in group)
        leaking_ids.update(file_id for file_id in group if rank_by_id[file_id] < last_rank)
    return frozenset(leaking_ids)


def join_units(groups: Mapping[str, str], near_groups: Sequence[IdGroup]) -> dict[str, str]:
    """Returns `{id: key}` that is the same for what must not be divided: one group, near copies, or a chain of both."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    members_by_group = collections.defaultdict(list)
    for file_id, group in groups.items():
        members_by_group[group].append(file_id)
    units = [unit for unit in (*members_by_group.values(), *near_groups) if len(unit) > 1]
    index_by_id: dict[str, int] = {}
    for unit in units:
        for file_id in unit:
            index_by_id.setdefault(file_id, len(index_by_id))
    if not index_by_id:
        return {}
    edges = np.array([(index_by_id[unit[0]], index_by_id[file_id]) for unit in units for file_id in unit]).T
    graph_shape = (len(index_by_id), len(index_by_id))
    graph = coo_array((np.ones(edges.shape[1], "int8"), tuple(edges)), shape=graph_shape)
    _, unit_labels = connected_components(graph, directed=False)
    return {file_id: f"group {unit_labels[index]}" for file_id, index in index_by_id.items()}
