"""What a folder of pictures, or a CSV file that lists them, holds: every finding before a run, in words and as data."""

import collections
import dataclasses
import pathlib

from ftlib.tasks.folder import findings as finding_rules
from ftlib.tasks.folder.check import FolderReport, check_folder
from ftlib.tasks.folder.findings import LEVELS, Finding
from ftlib.tasks.folder.load import PARTS, divide, gaps
from ftlib.text import wrap_text

_SERIES = 8  # pictures, at least, under one background


@dataclasses.dataclass(frozen=True, repr=False)
class DataFindings:
    """What `inspect_data` returns; it prints as a list, the gravest first.

    Attributes:
        report: The `FolderReport` of every file.
        findings: Tuple of `Finding`.
        near: Groups of ids of pictures that are nearly the same.
        series: Groups of ids of pictures that are nearly the same only since they share a background.
        left_out: Ids of usable pictures that are not used, since a near copy is in a later split.
        parts: `{part: files}` as they will be used; empty where an error keeps them from being divided.
        drawn: The parts that the folder did not have.
    """

    report: FolderReport
    findings: tuple
    near: tuple
    series: tuple
    left_out: frozenset
    parts: dict
    drawn: tuple

    @property
    def usable(self):
        """Whether a model can be trained on the pictures."""
        return not any(finding.level == "error" for finding in self.findings)

    @property
    def counts(self):
        """Pictures as they will be used: `{part: {class name: number}}`."""
        return {part: finding_rules.per_class(files, self.report.class_names) for part, files in self.parts.items()}

    @property
    def lines(self):
        """The findings as strings, the gravest first."""
        ordered = sorted(self.findings, key=lambda finding: LEVELS.index(finding.level))
        return [f"{finding.level:<9}{finding.text}" for finding in ordered]

    def require(self):
        """Raises a ValueError with the errors, if there are any."""
        errors = [finding.text for finding in self.findings if finding.level == "error"]
        if errors:
            raise ValueError(" ".join(errors))

    def to_dict(self):
        """Returns everything as plain data."""
        return {
            "path": str(self.report.path),
            "usable": self.usable,
            "pictures": len(self.report.files),
            "class_names": list(self.report.class_names),
            "splits": self.counts,
            "drawn": list(self.drawn),
            "findings": [{**dataclasses.asdict(f), "ids": list(f.ids)} for f in self.findings],
        }

    def __repr__(self):
        names, files = self.report.class_names, self.report.files
        lines = [f"{self.report.path}: {len(files):,} usable pictures in {len(names):,} classes"]
        for part, numbers in self.counts.items():
            low, high = min(numbers.values()), max(numbers.values())
            each = f"{low:,} of each class" if low == high else f"{low:,} to {high:,} of each class"
            how = ", set aside by ftlib" if part in self.drawn else ""
            lines.append(f"  {part:<12}{sum(numbers.values()):>7,}  ({each}{how})")
        return "\n".join(lines + [wrap_text(line[9:], f"  {line[:9]}") for line in self.lines])


def inspect_data(path, near=True):
    """Looks at every picture once, and says what a run on them should know.

    Pictures that are in a split already stay there, but for training pictures with a copy, or nearly one, in
    validation or test: a network that has seen them is not tested by them. Where ftlib draws the splits, near copies,
    and what a CSV file says to be of one group, go to the same split.

    Args:
        path: A folder of class folders or a CSV file, as for `check_folder`.
        near: Whether to look for pictures that are nearly the same. Default True; say False where pictures are meant
            to look alike, such as technical drawings.

    Returns:
        `DataFindings`.

    Raises:
        FileNotFoundError, NotADirectoryError, ValueError: As `check_folder`.

    Example:
    >>> inspect_data("photos").counts["test"]  # doctest: +SKIP
    {'daisy': 28, 'roses': 28}
    """
    report = check_folder(pathlib.Path(path))
    groups, series = _near_groups(report) if near else ((), ())
    left_out = _leaking(report, groups)
    files = [file for file in report.files if file[0] not in left_out]
    findings = [
        *finding_rules.of_files(report),
        *finding_rules.of_copies(report),
        *finding_rules.of_near(report, groups, left_out),
        *finding_rules.of_series(report, series),
        *finding_rules.of_groups(report),
    ]
    parts, drawn = {}, ()
    try:
        parts, drawn = divide(report.path, files, report.class_names, _together(report.groups, groups))
    except ValueError as error:
        findings.append(finding_rules.of_failure(report, files, error, groups))
    else:
        findings += [Finding("warning", "gap", line) for line in gaps(parts, report.class_names)]
        findings += finding_rules.of_balance(report, parts)
    findings += finding_rules.of_sizes(report)
    parts = {part: tuple(parts[part]) for part in PARTS} if parts else {}
    return DataFindings(report, tuple(findings), groups, series, left_out, parts, tuple(drawn))


def _near_groups(report):
    """Returns groups of ids of pictures that are nearly the same: `(copies, series under one background)`."""
    import numpy as np

    from ftlib.tasks.folder.near_duplicates import near_duplicates

    ids = [file[0] for file in report.files]
    if not ids:
        return (), ()
    indices_of_copies = near_duplicates(np.stack([report.looks[i].thumbnail for i in ids]))
    groups = [tuple(ids[i] for i in group) for group in indices_of_copies]
    label = {file[0]: file[2] for file in report.files}
    total = collections.Counter(label.values())
    series = [group for group in groups if _is_series(collections.Counter(label[i] for i in group), total)]
    return tuple(group for group in groups if group not in series), tuple(series)


def _is_series(counts, total):
    """Returns whether pictures that are nearly the same are no copies, given how many of each class are among them.

    What is half of one class and half of another cannot be what tells the two apart: it is the background that they
    share, as under a fixed camera. A few copies with a wrong label are fewer.
    """
    return sum(counts.values()) >= _SERIES and sum(2 * n >= total[name] for name, n in counts.items()) > 1


def _leaking(report, groups):
    """Returns which near copies are left out: those in an earlier split than the last one of their group."""
    rank = {file[0]: PARTS.index(file[1]) for file in report.files if file[1] != "all"}
    if not rank:
        return frozenset()
    last = [max(rank[i] for i in group) for group in groups]
    return frozenset(i for group, latest in zip(groups, last, strict=True) for i in group if rank[i] < latest)


def _together(groups, near):
    """Returns `{id: key}` that is the same for what must not be divided: one group, near copies, or a chain of both."""
    import numpy as np
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    members = collections.defaultdict(list)
    for i, group in groups.items():
        members[group].append(i)
    bound = [group for group in (*members.values(), *near) if len(group) > 1]
    index = {i: k for k, i in enumerate(dict.fromkeys(i for group in bound for i in group))}
    if not index:
        return {}
    ends = np.array([(index[group[0]], index[i]) for group in bound for i in group]).T
    graph = coo_array((np.ones(ends.shape[1], "int8"), tuple(ends)), shape=(len(index), len(index)))
    _, labels = connected_components(graph, directed=False)
    return {i: f"group {labels[k]}" for i, k in index.items()}
