"""Findings about pictures, one function for each kind of trouble; `ftlib.tasks.folder.inspection` gathers them."""

import collections
import dataclasses
import statistics
from collections.abc import Collection, Iterable, Mapping, Sequence

import numpy as np

from ftlib.tasks.folder.check import FolderReport
from ftlib.tasks.folder.data_report import DataReport
from ftlib.tasks.folder.picture_file import UNDIVIDED, LabelledExample
from ftlib.tasks.folder.splitting import count_per_class, find_small_classes
from ftlib.tasks.folder.targets import (
    CLASS_TARGET,
    BoxTarget,
    MultiLabelTarget,
    RegressionTarget,
    count_boxes,
    suggest_target,
)
from ftlib.text import format_count, format_list

LEVELS = ("error", "warning", "note")
# The kinds of remark of `check_folder` that are worth a warning.
_SERIOUS_REMARKS = {"unreadable", "conflict", "lost", "loss", "class spelling", "missing label"}
_LINKS = ("link", "outward link")  # kinds of `Skipped`
_UNEVEN_RATIO = 3  # times as many pictures in the largest class as in the smallest
_LONG_RATIO = 2  # times as long as wide: the square in the middle then shows half or less
_SMALL_SIDE = 32  # pixels
_MANY_CLASSES = 1000
_FEW_TEST_PICTURES = 100
_FEW_TEST_LABELS = 10  # test pictures of one label
_FEW_TEST_BOXES = 20  # of one class
_USUAL_SHARE = 0.95  # of all pictures
_FAR_RANGES = 5  # interquartile ranges from the median
_MOST_IN_GROUP = 4  # pictures of a group that are named

_SAMENESS = {"picture": "the same to the last pixel", "text": "word for word", "sound": "the same to the last sample"}

IdGroup = tuple[str, ...]
DividedExamples = Mapping[str, Sequence[LabelledExample]]


@dataclasses.dataclass(frozen=True)
class Finding:
    """One thing to know about the pictures.

    Attributes:
        level: `"error"`: nothing can be trained; `"warning"`: results suffer; `"note"`.
        kind: A word for programs, such as `"unreadable"`.
        text: A sentence.
        ids: The pictures that it is about, where it is about some.
    """

    level: str
    kind: str
    text: str
    ids: tuple[str, ...] = ()


def inspect_files(report: FolderReport) -> list[Finding]:
    """Returns the remarks of `check_folder` on single files: unreadable, misnamed, converted, not opened, copies."""
    ids_by_kind = {
        "unreadable": report.unreadable,
        "conflict": [file_id for group in report.conflicts for file_id in group],
        "duplicate": [file_id for group in report.duplicates for file_id in group[1:]],
        "misnamed": report.misnamed,
        "skipped": report.skipped,
        "lost": report.lost,
        "respelled": report.respelled,
    }
    serious_kinds = set(_SERIOUS_REMARKS)
    # In a CSV file every row was meant. In a folder a link that leads out of it may be an attempt to read elsewhere,
    # and a link to nothing was a picture once.
    if report.path.is_file() or any(skipped.kind in _LINKS for skipped in report.skipped.values()):
        serious_kinds.add("skipped")
    return grade_remarks(report, serious_kinds, ids_by_kind)


def grade_remarks(
    report: DataReport, serious_kinds: Collection[str], ids_by_kind: Mapping[str, Iterable[str]]
) -> list[Finding]:
    """Returns the remarks of a report as findings.

    Args:
        report: The report of any data.
        serious_kinds: The kinds of remark that are worth a warning; what its `error_kinds` names is an error.
        ids_by_kind: Which examples a kind of remark is about, where it is about some.
    """
    spare_ids = dict(ids_by_kind)
    findings = []
    for remark in report.remarks():
        ids = tuple(spare_ids.pop(remark.kind, ()))  # with the first line of its kind
        level = "warning" if remark.kind in serious_kinds else "note"
        if remark.kind in report.error_kinds:
            level = "error"
        findings.append(Finding(level, remark.kind, remark.line, ids))
    return findings


def inspect_exact_copies(report: DataReport) -> list[Finding]:
    """Returns the finding that the same picture was in several of the splits that came with the pictures."""
    if not report.leaks:
        return []
    sameness = _SAMENESS[report.noun]
    text = (
        f"Leak: {format_count(len(report.leaks), report.noun)} in several splits, {sameness}; used in "
        f"the test or validation split alone: {_name_groups(report.leaks)}"
    )
    return [Finding("warning", "leak", text, tuple(file_id for group in report.leaks for file_id in group))]


def inspect_near_copies(report: FolderReport, groups: Sequence[IdGroup], left_out: Collection[str]) -> list[Finding]:
    """Returns the findings on pictures that are nearly the same.

    Args:
        report: The `FolderReport`.
        groups: Groups of their ids.
        left_out: Those that are not used.
    """
    findings = []
    if left_out:
        left_out_ids = tuple(sorted(left_out))
        text = (
            f"Leak: {format_count(len(left_out), 'picture')} nearly the same as one of a later split (validation, "
            f"test); left out: {format_list(left_out_ids)}"
        )
        findings.append(Finding("warning", "near leak", text, left_out_ids))

    class_by_id = report.class_by_id
    mixed_groups = [group for group in groups if len({class_by_id[file_id] for file_id in group}) > 1]
    if mixed_groups:
        text = (
            f"{format_count(len(mixed_groups), 'group')} of pictures that are nearly the same but "
            f"{report.target.conflict} (is a label wrong?): {_name_groups(mixed_groups)}"
        )
        ids = tuple(file_id for group in mixed_groups for file_id in group)
        findings.append(Finding("warning", "near conflict", text, ids))

    reported_groups = set(mixed_groups)
    harmless_groups = [
        group for group in groups if group not in reported_groups and not any(file_id in left_out for file_id in group)
    ]
    if harmless_groups:
        picture_count = sum(len(group) for group in harmless_groups)
        text = (
            f"{picture_count:,} pictures in {format_count(len(harmless_groups), 'group')} are nearly the same; each "
            f"group is in one split: {_name_groups(harmless_groups)}"
        )
        ids = tuple(file_id for group in harmless_groups for file_id in group)
        findings.append(Finding("note", "near duplicate", text, ids))
    return findings


def inspect_series(report: FolderReport, series: Sequence[IdGroup]) -> list[Finding]:
    """Returns the findings on pictures of several classes that are nearly the same but for a detail."""
    class_by_id = report.class_by_id
    findings = []
    for group in series:
        class_names = sorted({class_by_id[file_id] for file_id in group})
        text = (
            f"{len(group):,} pictures of {format_list(class_names)} are nearly the same, as under a fixed camera. They "
            "are taken for different pictures, and not for copies of one; what tells the classes apart must still show "
            "at the size of the network's images (--image-size)."
        )
        findings.append(Finding("note", "series", text, group))
    return findings


def inspect_groups(report: DataReport) -> list[Finding]:
    """Returns the finding that the column `group` of a CSV file contradicts its column `split`."""
    parts_by_group = collections.defaultdict(set)
    for file in report.files:
        if file.group and file.part != UNDIVIDED:
            parts_by_group[file.group].add(file.part)
    divided_groups = sorted(group for group, parts in parts_by_group.items() if len(parts) > 1)
    if not divided_groups:
        return []
    origin, remedy = "of the CSV file", "Leave the column split out"
    if not report.path.is_file():
        origin, remedy = f"of {report.noun}s", "Put all into one folder"
    text = (
        f"Leak: {format_count(len(divided_groups), 'group')} {origin} in several splits, so test scores would be too "
        f"optimistic. {remedy}, and ftlib divides by group: {format_list(divided_groups)}"
    )
    return [Finding("warning", "group leak", text)]


def explain_failed_division(
    report: DataReport, files: Sequence[LabelledExample], error: ValueError, near: Sequence[IdGroup] = ()
) -> Finding:
    """Returns the finding that pictures cannot be divided: every class that is too small, and where its pictures went.

    Args:
        report: The `FolderReport`, or that of texts.
        files: The pictures, or texts, that could be divided.
        error: What `split_files` raised.
        near: Groups of ids of pictures that are nearly the same, which it had to keep together.
    """
    is_undivided = {file.part for file in files} == {UNDIVIDED}
    small_classes = find_small_classes(files, report.class_names, 3 if is_undivided else 1, report.target)
    text = str(error)
    if len(small_classes) > 1:
        counts = ", ".join(f"{class_name} {count}" for class_name, count in list(small_classes.items())[:5])
        more = ", ..." if len(small_classes) > 5 else ""
        nouns = report.target.nouns
        text = (
            f"{len(small_classes):,} of {len(report.class_names):,} {nouns} have too few usable {report.noun}s for "
            f"training, validation and test: {counts}{more}. Add {report.noun}s, or remove these {nouns}."
        )
        hint = _suggest_target(report)
        text += f" {hint}" if hint else ""
    if small_classes:
        text += _list_left_out(report, len(report.files) - len(files))
    elif near:
        near_count = sum(len(group) for group in near)
        text += (
            f" {near_count:,} pictures in {format_count(len(near), 'group')} were taken for nearly the same. Where "
            "pictures are meant to look alike, use --no-near."
        )
    return Finding("error", "too few", text)


def _list_left_out(report: DataReport, near_count: int) -> str:
    """Returns a sentence on what was left out, with the first of each kind; empty if none were."""
    counts_and_reasons = (
        *report.list_left_out(),
        (near_count, "nearly the same as one of a later split", ""),
        (len(report.skipped), "not looked at", _first_with_reason(report.skipped)),
    )
    texts = []
    for count, reason, example in counts_and_reasons:
        if count:
            texts.append(f"{count:,} {reason} ({example})" if example else f"{count:,} {reason}")
    return f" Left out: {'; '.join(texts)}." if texts else ""


def _first_with_reason(reasons: Mapping[str, str]) -> str:
    for file_id, reason in reasons.items():
        return f"{file_id}: {reason}"
    return ""


def inspect_labels(report: DataReport) -> list[Finding]:
    """Returns the findings on what the labels of a CSV file say, but for how many there are of each."""
    hint = _suggest_target(report)
    if hint:
        return [Finding("warning", "target", hint[:1].upper() + hint[1:])]
    if report.target.name == RegressionTarget.name:
        return _inspect_outliers(report)
    if report.target.name == MultiLabelTarget.name:
        return _inspect_label_lists(report)
    return []


def _suggest_target(report: DataReport) -> str:
    """Returns a sentence on labels that look like more than classes; empty for those that do not."""
    if report.target.name != CLASS_TARGET.name or not report.path.is_file():
        return ""
    return suggest_target([file.class_name for file in report.files])


def _inspect_outliers(report: DataReport) -> list[Finding]:
    """Returns the finding on numbers that lie far from all others."""
    findings = []
    labels = [file.class_name for file in report.files]
    for name, column in zip(report.class_names, report.target.encode(labels, report.class_names).T, strict=True):
        low, median, high = np.quantile(column, [0.25, 0.5, 0.75])
        is_far = np.abs(column - median) > _FAR_RANGES * (high - low)
        if high == low or not is_far.any():
            continue
        far_files = [(file, number) for file, number, far in zip(report.files, column, is_far, strict=True) if far]
        examples = format_list([f"{number:g} ({file.id})" for file, number in far_files])
        text = (
            f"{format_count(len(far_files), 'number')} of {name} far from the others, half of which lie from {low:g} "
            f"to {high:g} (is a decimal point missing?): {examples}"
        )
        findings.append(Finding("warning", "outlier", text, tuple(file.id for file, _ in far_files)))
    return findings


def _inspect_label_lists(report: DataReport) -> list[Finding]:
    """Returns the findings on pictures without labels, and on labels that nearly all pictures have."""
    findings = []
    picture_count = len(report.files)
    empty_ids = tuple(file.id for file in report.files if not file.class_name)
    if empty_ids:
        text = f"{format_count(len(empty_ids), 'picture')} with none of the labels: {format_list(empty_ids)}"
        findings.append(Finding("note", "no labels", text, empty_ids))
    counts = count_per_class(report.files, report.class_names, report.target)
    usual_labels = [name for name, count in counts.items() if count >= _USUAL_SHARE * picture_count]
    if usual_labels:
        text = (
            f"Nearly every picture has {format_list(usual_labels)}: how well that is told says little, since always "
            "saying so is right as often."
        )
        findings.append(Finding("warning", "usual label", text))
    return findings


def inspect_balance(report: DataReport, part_files: DividedExamples) -> list[Finding]:
    """Returns the findings on how many pictures of each class there are, and how many to test on."""
    if report.target.name == RegressionTarget.name:
        return _inspect_number_test(len(part_files["test"]))
    if report.target.name == MultiLabelTarget.name:
        return _inspect_rare_labels(report, part_files)
    if report.target.name == BoxTarget.name:
        return _inspect_rare_boxes(report, part_files)
    return _inspect_class_balance(report, part_files)


def _inspect_class_balance(report, part_files):
    findings = []
    counts = count_per_class(part_files["train"], report.class_names)
    largest_class = max(counts, key=lambda class_name: counts[class_name])
    smallest_class = min(counts, key=lambda class_name: counts[class_name])
    if counts[largest_class] >= _UNEVEN_RATIO * counts[smallest_class]:
        text = (
            f"Uneven classes: {counts[largest_class]:,} training {report.noun}s of {largest_class}, "
            f"{counts[smallest_class]:,} of {smallest_class}. Look at the accuracy of each class, and try "
            "--class-weight balanced."
        )
        findings.append(Finding("warning", "imbalance", text))

    test_count = len(part_files["test"])
    if test_count < _FEW_TEST_PICTURES:
        half_width = 196 * (0.9 * 0.1 / test_count) ** 0.5  # of a 95 % interval, in percentage points
        text = (
            f"{format_count(test_count, f'test {report.noun}')}: an accuracy near 90 % is then known to within about "
            f"{half_width:.0f} percentage points."
        )
        findings.append(Finding("note", "small test", text))

    if len(counts) > _MANY_CLASSES:
        table_gib = 8 * len(counts) ** 2 / 2**30
        text = f"{len(counts):,} classes: a table of all pairs of them takes {table_gib:.1f} GiB of memory."
        findings.append(Finding("warning", "many classes", text))
    return findings


def _inspect_number_test(test_count: int) -> list[Finding]:
    if test_count >= _FEW_TEST_PICTURES:
        return []
    text = f"{format_count(test_count, 'test picture')}: a few large errors then decide the R2. Look at its interval."
    return [Finding("note", "small test", text)]


def _inspect_rare_labels(report: DataReport, part_files: DividedExamples) -> list[Finding]:
    counts = count_per_class(part_files["test"], report.class_names, report.target)
    rare_labels = [f"{name} {count}" for name, count in counts.items() if count < _FEW_TEST_LABELS]
    if not rare_labels:
        return []
    text = (
        f"{format_count(len(rare_labels), 'label')} with fewer than {_FEW_TEST_LABELS} test pictures: "
        f"{format_list(rare_labels)}. How well these are told is then known only roughly."
    )
    return [Finding("note", "small test", text)]


def _inspect_rare_boxes(report: DataReport, part_files: DividedExamples) -> list[Finding]:
    counts = count_boxes(part_files["test"], report.class_names)
    rare_classes = [f"{name} {count}" for name, count in counts.items() if count < _FEW_TEST_BOXES]
    if not rare_classes:
        return []
    text = (
        f"{format_count(len(rare_classes), 'class')} with fewer than {_FEW_TEST_BOXES} boxes to test on: "
        f"{format_list(rare_classes)}. How well these are found is then known only roughly."
    )
    return [Finding("note", "small test", text)]


def inspect_sizes(report: FolderReport) -> list[Finding]:
    """Returns the findings on how large the pictures are, and on those that hardly show anything."""
    looks = report.looks
    if not looks:
        return []
    findings = [Finding("note", "sizes", _describe_sizes(report))]

    small_ids = tuple(file_id for file_id, look in looks.items() if min(look.size) < _SMALL_SIDE)
    if 0 < len(small_ids) < len(looks):
        text = (
            f"{format_count(len(small_ids), 'picture')} with a side under {_SMALL_SIDE} pixels, others are larger: "
            f"{format_list(small_ids)}"
        )
        findings.append(Finding("warning", "small", text, small_ids))

    is_cut = not report.target.keeps_whole
    long_ids = tuple(
        file_id for file_id, look in looks.items() if is_cut and max(look.size) >= _LONG_RATIO * min(look.size)
    )
    if long_ids:
        text = (
            f"{format_count(len(long_ids), 'picture')} at least {_LONG_RATIO} times as long as wide; only the square "
            f"in the middle is used: {format_list(long_ids)}"
        )
        level = "warning" if len(long_ids) > len(looks) / 10 else "note"
        findings.append(Finding(level, "long", text, long_ids))

    plain_ids = tuple(file_id for file_id, look in looks.items() if look.thumbnail.std() < 1)
    if plain_ids:
        text = f"{format_count(len(plain_ids), 'picture')} of a single colour: {format_list(plain_ids)}"
        findings.append(Finding("warning", "plain", text, plain_ids))
    return findings


def _describe_sizes(report: FolderReport) -> str:
    looks = report.looks.values()
    median_width = round(statistics.median(look.size[0] for look in looks))
    median_height = round(statistics.median(look.size[1] for look in looks))
    sides = [side for look in looks for side in look.size]
    grey_count = sum(look.grey for look in looks)
    if grey_count == len(looks):
        colours = "all grey"
    elif grey_count:
        colours = f"{grey_count:,} of them grey"
    else:
        colours = "in colour"
    return f"Sizes: {median_width} x {median_height} pixels (median), sides of {min(sides)} to {max(sides)}; {colours}."


def _name_groups(groups: Sequence[IdGroup]) -> str:
    return format_list([" = ".join(group[:_MOST_IN_GROUP]) for group in groups])
