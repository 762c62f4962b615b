"""What the check of any data says, be they pictures or texts: counts, copies, and which of them are used."""

import pathlib
from collections.abc import Iterable, Sequence
from typing import ClassVar, Generic, NamedTuple, TypeVar

from ftlib.tasks.folder.picture_file import UNDIVIDED, LabelledExample, Skipped, group_by_id
from ftlib.tasks.folder.remark import Remark
from ftlib.tasks.folder.targets import Target
from ftlib.tasks.task import PARTS
from ftlib.text import format_list

_MOST_COPIES = 20  # of one picture that are named
_LATER_PARTS_FIRST = ("test", "validation", "train", UNDIVIDED)

Example = TypeVar("Example", bound=LabelledExample)


class DataReport:
    """What the reports on pictures and on texts share; see `FolderReport`.

    Attributes:
        noun: What messages call one of them: "picture", "text".
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
