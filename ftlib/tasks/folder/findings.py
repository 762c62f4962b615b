"""Findings about pictures, one function for each kind of trouble; `ftlib.tasks.folder.inspection` gathers them."""

import collections
import dataclasses
import statistics

from ftlib.tasks.folder.load import too_few

LEVELS = ("error", "warning", "note")
_UNEVEN = 3  # times as many pictures in the largest class as in the smallest
_LONG = 2  # times as long as wide: the square in the middle then shows half or less
_SMALL = 32  # pixels
_MANY_CLASSES = 1000
_FEW_TESTED = 100


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
    ids: tuple = ()


def of_files(report):
    """Returns what `check_folder` remarked on single files: unreadable, misnamed, converted, not looked at, copies."""
    ids = {
        "unreadable": report.unreadable,
        "conflict": [i for group in report.conflicts for i in group],
        "duplicate": [i for group in report.duplicates for i in group[1:]],
        "misnamed": report.misnamed,
        "skipped": report.skipped,
        "lost": report.lost,
        "respelled": report.respelled,
    }
    grave = {"unreadable", "conflict", "lost", "loss", "class spelling", "missing label"}
    # In a CSV file every row was meant. In a folder a link that leads out of it may be an attempt to read elsewhere,
    # and a link to nothing was a picture once.
    if report.path.is_file() or any("link" in why for why in report.skipped.values()):
        grave.add("skipped")
    findings = []
    for kind, line in report.remarks():
        about = ids.pop(kind, ())  # with the first line of its kind
        findings.append(Finding("warning" if kind in grave else "note", kind, line, tuple(about)))
    return findings


def of_copies(report):
    """Returns the finding that the same picture was in several of the splits that came with the pictures."""
    if not report.leaks:
        return []
    text = (
        f"Leak: {_few(len(report.leaks), 'picture')} in several splits, the same to the last pixel; used in the test "
        f"or validation split alone: {_some([' = '.join(group[:4]) for group in report.leaks])}"
    )
    return [Finding("warning", "leak", text, tuple(i for group in report.leaks for i in group))]


def of_near(report, groups, left_out):
    """Returns the findings on pictures that are nearly the same.

    Args:
        report: The `FolderReport`.
        groups: Groups of their ids.
        left_out: Those that are not used.
    """
    label = {file[0]: file[2] for file in report.files}
    findings = []
    if left_out:
        text = (
            f"Leak: {_few(len(left_out), 'picture')} nearly the same as one of a later split (validation, test); left "
            f"out: {_some(sorted(left_out))}"
        )
        findings.append(Finding("warning", "near leak", text, tuple(sorted(left_out))))
    doubtful = [group for group in groups if len({label[i] for i in group}) > 1]
    if doubtful:
        text = (
            f"{_few(len(doubtful), 'group')} of pictures that are nearly the same but in different classes (is a label "
            f"wrong?): {_some([' = '.join(group[:4]) for group in doubtful])}"
        )
        findings.append(Finding("warning", "near conflict", text, tuple(i for group in doubtful for i in group)))
    known = set(doubtful)
    within = [group for group in groups if group not in known and not left_out.intersection(group)]
    if within:
        text = (
            f"{sum(map(len, within)):,} pictures in {_few(len(within), 'group')} are nearly the same; each group is in "
            f"one split: {_some([' = '.join(group[:4]) for group in within])}"
        )
        findings.append(Finding("note", "near duplicate", text, tuple(i for group in within for i in group)))
    return findings


def of_series(report, series):
    """Returns the findings on pictures of several classes that are nearly the same but for a detail."""
    label = {file[0]: file[2] for file in report.files}
    findings = []
    for group in series:
        names = sorted({label[i] for i in group})
        text = (
            f"{len(group):,} pictures of {_some(names)} are nearly the same, as under a fixed camera. They are taken "
            "for different pictures, and not for copies of one; what tells the classes apart must still show at the "
            "size of the network's images (--image-size)."
        )
        findings.append(Finding("note", "series", text, group))
    return findings


def of_groups(report):
    """Returns the finding that the column `group` of a CSV file contradicts its column `split`."""
    parts = collections.defaultdict(set)
    for file in report.files:
        if file[0] in report.groups and file[1] != "all":
            parts[report.groups[file[0]]].add(file[1])
    divided = sorted(group for group, found in parts.items() if len(found) > 1)
    if not divided:
        return []
    text = (
        f"Leak: {_few(len(divided), 'group')} of the CSV file in several splits, so that the test is easier than life. "
        f"Leave the column split out, and ftlib divides by group: {_some(divided)}"
    )
    return [Finding("warning", "group leak", text)]


def of_failure(report, files, error, near=()):
    """Returns the finding that pictures cannot be divided: every class that is too small, and where its pictures went.

    Args:
        report: The `FolderReport`.
        files: The pictures that could be divided.
        error: What `divide` raised.
        near: Groups of ids of pictures that are nearly the same, which it had to keep together.
    """
    short = too_few(files, report.class_names, 3 if {file[1] for file in files} == {"all"} else 1)
    text = str(error)
    if len(short) > 1:
        listed = ", ".join(f"{name} {number}" for name, number in list(short.items())[:5])
        text = (
            f"{len(short):,} of {len(report.class_names):,} classes have too few usable pictures for training, "
            f"validation and test: {listed}{', ...' * (len(short) > 5)}. Add pictures, or remove these classes."
        )
    if short:
        text += _where_they_went(report, len(report.files) - len(files))
    elif near:
        text += (
            f" {sum(map(len, near)):,} pictures in {_few(len(near), 'group')} were taken for nearly the same. Where "
            "pictures are meant to look alike, say --no-near."
        )
    return Finding("error", "too few", text)


def _where_they_went(report, near):
    """Returns a sentence on the pictures that were left out, with the first reason of each kind; empty if none were."""
    told = []
    for number, why, example in (
        (len(report.unreadable), "unreadable", next(iter(report.unreadable.items()), None)),
        (sum(map(len, report.conflicts)), "the same in several classes", next(iter(report.conflicts), None)),
        (sum(len(group) - 1 for group in report.duplicates), "copies", next(iter(report.duplicates), None)),
        (sum(number for _, number in report.lost.values()), "not in a class folder", next(iter(report.lost), None)),
        (near, "nearly the same as one of a later split", None),
        (len(report.skipped), "not looked at", next(iter(report.skipped.items()), None)),
    ):
        if number:
            shown = example if isinstance(example, str) or example is None else ": ".join(example[:2])
            told.append(f"{number:,} {why}{f' ({shown})' if shown else ''}")
    return f" Left out: {'; '.join(told)}." if told else ""


def of_balance(report, parts):
    """Returns the findings on how many pictures of each class there are, and how many to test on."""
    findings, counts = [], per_class(parts["train"], report.class_names)
    most, least = max(counts, key=counts.get), min(counts, key=counts.get)
    if counts[most] >= _UNEVEN * counts[least]:
        text = (
            f"Uneven classes: {counts[most]:,} training pictures of {most}, {counts[least]:,} of {least}. Look at the "
            "accuracy of each class, and try --class-weight balanced."
        )
        findings.append(Finding("warning", "imbalance", text))
    tested = len(parts["test"])
    if tested < _FEW_TESTED:
        half = 196 * (0.9 * 0.1 / tested) ** 0.5
        text = f"{_few(tested, 'test picture')}: an accuracy near 90 % is then known to about {half:.0f} points."
        findings.append(Finding("note", "small test", text))
    if len(counts) > _MANY_CLASSES:
        size = 8 * len(counts) ** 2 / 2**30
        text = f"{len(counts):,} classes: a table of all pairs of them takes {size:.1f} GiB of memory."
        findings.append(Finding("warning", "many classes", text))
    return findings


def of_sizes(report):
    """Returns the findings on how large the pictures are, and on those that hardly show anything."""
    looks = report.looks
    if not looks:
        return []
    middle = [round(statistics.median(look.size[k] for look in looks.values())) for k in (0, 1)]
    sides = [side for look in looks.values() for side in look.size]
    grey = sum(look.grey for look in looks.values())
    colours = "all grey" if grey == len(looks) else f"{grey:,} of them grey" if grey else "in colour"
    text = f"Sizes: {middle[0]} x {middle[1]} pixels (median), sides of {min(sides)} to {max(sides)}; {colours}."
    findings = [Finding("note", "sizes", text)]
    small = tuple(i for i, look in looks.items() if min(look.size) < _SMALL)
    if 0 < len(small) < len(looks):
        text = f"{_few(len(small), 'picture')} with a side under {_SMALL} pixels, others are larger: {_some(small)}"
        findings.append(Finding("warning", "small", text, small))
    long = tuple(i for i, look in looks.items() if max(look.size) >= _LONG * min(look.size))
    if long:
        text = (
            f"{_few(len(long), 'picture')} at least {_LONG} times as long as wide; only the square in the middle is "
            f"used: {_some(long)}"
        )
        findings.append(Finding("warning" if len(long) > len(looks) / 10 else "note", "long", text, long))
    plain = tuple(i for i, look in looks.items() if look.thumbnail.std() < 1)
    if plain:
        text = f"{_few(len(plain), 'picture')} of a single colour: {_some(plain)}"
        findings.append(Finding("warning", "plain", text, plain))
    return findings


def per_class(files, class_names):
    """Returns `{class name: number}` of some files."""
    counts = collections.Counter(file[2] for file in files)
    return {name: counts[name] for name in class_names}


def _few(number, noun):
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _some(names, most=3):
    return ", ".join(names[:most]) + (f" and {len(names) - most:,} more" if len(names) > most else "")
