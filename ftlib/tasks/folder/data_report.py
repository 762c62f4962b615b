"""What the check of any data says, be they pictures, texts or sounds: counts, copies, and which of them are used."""

import collections
import pathlib
from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar, Generic, NamedTuple, TypeVar

from ftlib.tasks.folder.picture_file import UNDIVIDED, LabelledExample, LostPictures, Skipped, group_by_id
from ftlib.tasks.folder.remark import Remark
from ftlib.tasks.folder.targets import Target
from ftlib.tasks.parts import PARTS
from ftlib.text import format_count, format_list

_MOST_CLASSES = 50  # that are named in print
_MOST_COPIES = 20  # of one picture that are named
_LATER_PARTS_FIRST = ("test", "validation", "train", UNDIVIDED)

Example = TypeVar("Example", bound=LabelledExample)


class DataReport:
    """What the reports on pictures, texts and sounds share; see `FolderReport`.

    Attributes:
        noun: What messages call one of them: "picture", "text", "sound".
        error_kinds: The kinds of remark that nothing should be trained with. Default: none.
    """

    noun: str
    error_kinds: ClassVar[tuple[str, ...]] = ()
    path: pathlib.Path
    class_names: tuple[str, ...]
    files: Sequence[LabelledExample]
    conflicts: tuple[tuple[str, ...], ...]
    duplicates: tuple[tuple[str, ...], ...]
    skipped: dict[str, Skipped]
    leaks: tuple[tuple[str, ...], ...]
    target: Target

    @property
    def counts(self) -> dict[str, dict[str, int]]:
        """Usable examples, as `{part: {class name: number}}`; of several labels one counts for each of them."""
        counts_by_part = {part: dict.fromkeys(self.class_names, 0) for part in (UNDIVIDED, *PARTS)}
        for file in self.files:
            for name in self.target.names_in(file.class_name, self.class_names):
                counts_by_part[file.part][name] += 1
        return {part: counts for part, counts in counts_by_part.items() if any(counts.values())}

    @property
    def groups(self) -> dict[str, str]:
        """`{id: group}` of the usable examples for which a CSV file says one."""
        return group_by_id(self.files)

    @property
    def class_by_id(self) -> dict[str, str]:
        """`{id: class name}` of the usable examples; of numbers, one class for all."""
        return {file.id: self.target.kind_of(file.class_name) for file in self.files}

    def remarks(self, limit: int = 3) -> list[Remark]:
        """Returns a `Remark` for each finding, naming at most `limit` ids; none where all is well."""
        raise NotImplementedError

    def list_left_out(self) -> list[tuple[int, str, str]]:
        """Returns what was left out: how many, why, and the first of them."""
        return [
            (sum(len(group) for group in self.conflicts), "the same in several classes", first_ids(self.conflicts)),
            (sum(len(group) - 1 for group in self.duplicates), "copies", first_ids(self.duplicates)),
        ]

    def lines(self, limit: int = 3) -> list[str]:
        """Returns the findings as short lines, naming at most `limit` ids each; none where all is well."""
        return [remark.line for remark in self.remarks(limit)]

    def count_lines(self) -> list[str]:
        """Returns how many examples each part has, and of which classes, in a line for each part."""
        part_sizes = collections.Counter(file.part for file in self.files)
        lines = []
        for part, counts in self.counts.items():
            shown_counts = list(counts.items())[:_MOST_CLASSES]
            class_texts = ", ".join(f"{class_name} {count}" for class_name, count in shown_counts)
            if len(counts) > _MOST_CLASSES:
                class_texts += f" and {len(counts) - _MOST_CLASSES} more classes"
            lines.append(f"  {part}: {part_sizes[part]} ({class_texts})")
        return lines

    def copy_remarks(self, limit: int) -> list[Remark]:
        """Returns the remarks on what is there twice, in one class or in several."""
        remarks = []
        for group in self.conflicts[:limit]:
            line = f"Left out, same {self.noun} {self.target.conflict}: {format_list(group, _MOST_COPIES)}"
            remarks.append(Remark("conflict", line))
        if len(self.conflicts) > limit:
            line = f"... and {len(self.conflicts) - limit} more {self.noun}s that are {self.target.conflict}."
            remarks.append(Remark("conflict", line))
        for first_id, *copy_ids in self.duplicates[:limit]:
            line = f"Left out, same {self.noun} as {first_id}: {format_list(copy_ids, _MOST_COPIES)}"
            remarks.append(Remark("duplicate", line))
        if len(self.duplicates) > limit:
            line = f"... and {len(self.duplicates) - limit} more {self.noun}s that occur again."
            remarks.append(Remark("duplicate", line))
        return remarks


class FileReport(DataReport):
    """What the reports on pictures and on sounds share, each of which is a file.

    Attributes:
        unreadable: `{id: reason}` of files left out because they cannot be decoded.
        lost: `{id: LostPictures}` of files and folders that are not used, since they are not in a class folder.
        respelled: `{name: number}` of names that several folders or files have, spelled in several ways.
    """

    unreadable: dict[str, str]
    lost: dict[str, LostPictures]
    respelled: dict[str, int]

    def unreadable_remarks(self, limit: int) -> list[Remark]:
        """Returns the remark on files that cannot be decoded."""
        if not self.unreadable:
            return []
        return [Remark("unreadable", f"Left out, unreadable: {format_ids(self.unreadable, limit)}")]

    def lost_remarks(self, limit: int) -> list[Remark]:
        """Returns the remarks on files that do not lie in a class folder."""
        remarks = []
        for place in dict.fromkeys(lost.place for lost in self.lost.values()):
            counts = {file_id: lost.count for file_id, lost in self.lost.items() if lost.place == place}
            if set(counts.values()) == {1}:
                names = format_ids(list(counts), limit)
            else:
                names = format_ids({file_id: f"{count:,} {self.noun}s" for file_id, count in counts.items()}, limit)
            total_text = format_count(sum(counts.values()), self.noun)
            remarks.append(Remark("lost", f"Left out, {total_text} {place}: {names}"))
        return remarks

    def skipped_remarks(self, limit: int) -> list[Remark]:
        """Returns the remarks on names in several spellings, and on everything that was not looked at."""
        remarks = []
        if self.respelled:
            times = {name: f"{count} times" for name, count in self.respelled.items()}
            line = f"Used, one name spelled in several ways: {format_ids(times, limit)}"
            remarks.append(Remark("respelled", line))
        if self.skipped:
            remarks.append(Remark("skipped", f"Not looked at: {format_ids(self.skipped, limit)}"))
        return remarks

    def list_left_out(self) -> list[tuple[int, str, str]]:
        """Returns what was left out: how many, why, and the first of them."""
        lost_count = sum(lost.count for lost in self.lost.values())
        return [
            (len(self.unreadable), "unreadable", next(map(": ".join, self.unreadable.items()), "")),
            *super().list_left_out(),
            (lost_count, "not in a class folder", next(iter(self.lost), "")),
        ]


def format_ids(ids: Mapping[str, str] | Sequence[str], limit: int) -> str:
    """Returns the first ids, each with what a mapping says of it, and how many more there are."""
    texts = [f"{file_id} ({remark})" for file_id, remark in ids.items()] if isinstance(ids, Mapping) else ids
    return format_list(texts, limit)


def first_ids(groups: Sequence[Sequence[str]]) -> str:
    """Returns the first two ids of the first group; empty where there is none."""
    return ": ".join(next(iter(groups), ())[:2])


class Copies(NamedTuple, Generic[Example]):
    """The examples of some data, each once, and what was left out for that; see `FolderReport`."""

    usable: tuple[Example, ...]
    conflicts: tuple[tuple[str, ...], ...]
    duplicates: tuple[tuple[str, ...], ...]
    leaks: tuple[tuple[str, ...], ...]


def sort_out_copies(same_examples: Iterable[Sequence[Example]]) -> Copies[Example]:
    """Keeps one of each set of examples that are the same, and none of a set that is in several classes."""
    usable: list[Example] = []
    conflicts, duplicates, leaks = [], [], []
    for unsorted_files in same_examples:
        # What is in the test split must not be trained on: of several copies, that of the test split is kept.
        files = sorted(unsorted_files, key=lambda file: (_LATER_PARTS_FIRST.index(file.part), file.id))
        ids = tuple(file.id for file in files)
        if len({file.part for file in files}) > 1:
            leaks.append(ids)
        if len({file.class_name for file in files}) > 1:
            conflicts.append(ids)
            continue
        usable.append(files[0])
        if len(files) > 1:
            duplicates.append(ids)
    return Copies(
        usable=tuple(sorted(usable, key=lambda file: file.id)),
        conflicts=tuple(sorted(conflicts)),
        duplicates=tuple(sorted(duplicates)),
        leaks=tuple(sorted(leaks)),
    )
