"""What the label of a picture says: one class, several classes, numbers, or boxes; a class for each."""

from __future__ import annotations

import collections
import dataclasses
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar, NamedTuple

import numpy as np

from ftlib.errors import find_name
from ftlib.files import normalize_name
from ftlib.objectives.boxes import as_boxes, stack_targets
from ftlib.tasks.folder.class_names import MISSING_LABELS
from ftlib.tasks.folder.picture_file import LabelledExample, Skipped
from ftlib.text import LABEL_SEPARATOR, format_count

_MOST_STRATA = 5  # ranges of numbers that every split gets its share of
_LEAST_IN_STRATUM = 10  # pictures
_FEWEST_FOR_HINT = 0.1  # of the labels that have a separator
_FEWEST_EMPTY = 10  # pictures without boxes that are a stratum of their own
_MOST_CLASSES_NAMED = 8  # with the number of their boxes
_MOST_REPEATS = 0.5  # distinct numbers as a share of the pictures, from which they are hardly classes


@dataclasses.dataclass(frozen=True)
class Target:
    """What is predicted for a picture, and how its label is written.

    A label is kept as one text: `PictureFile.class_name`, the column `label` of `data.csv`. `names` are what a model
    tells: the classes, or the numbers with their units.

    Args:
        columns: Columns of the CSV file that hold it. Default: the one that is called label, class, target, ...
    """

    name: ClassVar[str]
    noun: ClassVar[str]  # of one of `names`
    conflict: ClassVar[str]  # how messages call two labels of one picture
    keeps_whole: ClassVar[bool] = False  # whether pictures are shown whole, between bars, and not cut to their middle
    most_columns: ClassVar[int | None] = 1

    columns: tuple[str, ...] = ()

    def __post_init__(self):
        given_columns = (self.columns,) if isinstance(self.columns, str) else self.columns
        object.__setattr__(self, "columns", tuple(given_columns))
        if self.most_columns == 0 and self.columns:
            raise ValueError(
                f"Boxes are read from the files beside the pictures. Received: the columns {', '.join(self.columns)}. "
                "Leave them out."
            )
        if self.most_columns is not None and len(self.columns) > self.most_columns:
            raise ValueError(
                f"The target {self.name} is read from one column. Received: {', '.join(self.columns)}. Several columns "
                "of numbers are read with --target regression."
            )

    @property
    def nouns(self) -> str:
        """How messages call several of `names`."""
        return "classes" if self.noun == "class" else f"{self.noun}s"

    def read(self, cells: Sequence[str]) -> str | Skipped:
        """Returns the label that the cells of a row say, spelled in one way, or why there is none."""
        raise NotImplementedError

    def list_names(self, labels: Sequence[str], titles: Sequence[str]) -> tuple[str, ...]:
        """Returns `names`, given all labels and the titles of their columns."""
        return tuple(sorted({name for label in labels for name in self.names_in(label, ())}))

    def names_in(self, label: str, names: Sequence[str]) -> tuple[str, ...]:
        """Returns those of `names` that a label speaks of: what the picture counts as."""
        raise NotImplementedError

    def kind_of(self, label: str) -> str:
        """Returns what is the same for pictures that show the same."""
        return label

    def strata(self, files: Sequence[LabelledExample], names: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """Returns `{id: strata}` of pictures; every split gets its share of each stratum."""
        return {file.id: self.names_in(file.class_name, names) for file in files}

    def encode(self, labels: Sequence[str], names: Sequence[str]) -> np.ndarray:
        """Returns labels as the targets of the objective, one row for each."""
        raise NotImplementedError

    def rename(self, label: str, matches: Mapping[str, str]) -> str:
        """Returns a label in which every name is replaced by the one that it matches."""
        return label

    def class_names(self, names: Sequence[str]) -> tuple[str, ...]:
        """Returns the class names of the task."""
        return tuple(names)

    def describe_contents(self, name_count: int) -> str:
        """Returns how pictures are labelled: "in 5 classes"."""
        if self.noun == "class":
            return f"in {name_count:,} classes"
        return f"with {name_count:,} {self.noun if name_count == 1 else self.nouns}"

    def describe_spread(self, files: Sequence[LabelledExample], counts: Mapping[str, int]) -> str:
        """Returns in a few words how pictures are spread over what is predicted."""
        least, most = min(counts.values()), max(counts.values())
        return f"{least:,} of each {self.noun}" if least == most else f"{least:,} to {most:,} of each {self.noun}"

    def require_trainable(self, labels: Sequence[str], where: str) -> None:
        """Raises a ValueError unless labels to train on differ in what is predicted."""


@dataclasses.dataclass(frozen=True)
class ClassTarget(Target):
    """One class for each picture."""

    name: ClassVar[str] = "class"
    noun: ClassVar[str] = "class"
    conflict: ClassVar[str] = "in different classes"

    def read(self, cells: Sequence[str]) -> str | Skipped:
        """Returns the name of the class."""
        return normalize_name(cells[0]) or Skipped("other", "no label")

    def names_in(self, label: str, names: Sequence[str]) -> tuple[str, ...]:
        """Returns the class."""
        return (label,)

    def encode(self, labels: Sequence[str], names: Sequence[str]) -> np.ndarray:
        """Returns class indices, `(n,)`."""
        index_by_name = {name: i for i, name in enumerate(names)}
        return np.array([index_by_name[label] for label in labels], "int64")

    def rename(self, label: str, matches: Mapping[str, str]) -> str:
        """Returns the class that a class matches."""
        return matches[label]

    def require_trainable(self, labels: Sequence[str], where: str) -> None:
        """Raises a ValueError for a single class."""
        if len(set(labels)) == 1:
            raise ValueError(f"{where} has the single class {labels[0]!r}; telling apart needs two.")


@dataclasses.dataclass(frozen=True)
class MultiLabelTarget(Target):
    """Several classes for each picture, separated by `|`; an empty cell stands for none."""

    name: ClassVar[str] = "multilabel"
    noun: ClassVar[str] = "label"
    conflict: ClassVar[str] = "with different labels"

    def read(self, cells: Sequence[str]) -> str | Skipped:
        """Returns the names in alphabetical order, each once; an empty text for none."""
        names = {normalize_name(name.strip()) for name in cells[0].split(LABEL_SEPARATOR)}
        return LABEL_SEPARATOR.join(sorted(names - {""}))

    def names_in(self, label: str, names: Sequence[str]) -> tuple[str, ...]:
        """Returns the classes of a picture."""
        return tuple(label.split(LABEL_SEPARATOR)) if label else ()

    def strata(self, files: Sequence[LabelledExample], names: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """Returns the classes of each picture; pictures without any are a stratum of their own."""
        return {file.id: self.names_in(file.class_name, names) or ("none of them",) for file in files}

    def encode(self, labels: Sequence[str], names: Sequence[str]) -> np.ndarray:
        """Returns 0 or 1 for each class, `(n, classes)`."""
        index_by_name = {name: i for i, name in enumerate(names)}
        targets = np.zeros((len(labels), len(names)), "int64")
        for row, label in zip(targets, labels, strict=True):
            for name in self.names_in(label, names):
                row[index_by_name[name]] = 1
        return targets

    def rename(self, label: str, matches: Mapping[str, str]) -> str:
        """Returns the label with the classes that its classes match."""
        return LABEL_SEPARATOR.join(sorted(matches[name] for name in self.names_in(label, ())))

    def require_trainable(self, labels: Sequence[str], where: str) -> None:
        """Raises a ValueError where all pictures have the same labels."""
        if len(set(labels)) == 1:
            only_labels = repr(labels[0]) if labels[0] else "no labels at all"
            raise ValueError(f"{where} has {only_labels} for every picture; telling apart needs two.")


@dataclasses.dataclass(frozen=True)
class RegressionTarget(Target):
    """One or several numbers for each picture, each from a column of its own; its title may name a unit in brackets."""

    name: ClassVar[str] = "regression"
    noun: ClassVar[str] = "number"
    conflict: ClassVar[str] = "with different numbers"
    most_columns: ClassVar[int | None] = None

    def read(self, cells: Sequence[str]) -> str | Skipped:
        """Returns the numbers, each as Python writes it, separated by `|`."""
        numbers = []
        for cell in cells:
            text = normalize_name(cell)
            if not text or text.lower() in MISSING_LABELS:
                return Skipped("other", "no number")
            number = read_number(text)
            if number is None:
                return Skipped("other", f"not a number: {text[:40]!r}")
            if not math.isfinite(number):
                return Skipped("other", f"not a finite number: {text[:40]!r}")
            numbers.append(repr(number))
        return LABEL_SEPARATOR.join(numbers)

    def list_names(self, labels: Sequence[str], titles: Sequence[str]) -> tuple[str, ...]:
        """Returns the titles of the columns, with the units in round brackets."""
        return tuple(f"{name} ({unit})" if unit else name for name, unit in map(split_unit, titles))

    def names_in(self, label: str, names: Sequence[str]) -> tuple[str, ...]:
        """Returns all names: every picture has every number."""
        return tuple(names)

    def kind_of(self, label: str) -> str:
        """Returns nothing: pictures that are nearly the same may differ in a number."""
        return ""

    def strata(self, files: Sequence[LabelledExample], names: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """Returns the range of the first number that each picture lies in; every range has as many pictures."""
        range_count = max(1, min(_MOST_STRATA, len(files) // _LEAST_IN_STRATUM))
        if range_count == 1:
            return {file.id: ("all numbers",) for file in files}
        first_numbers = self.encode([file.class_name for file in files], names)[:, 0]
        ends = np.quantile(first_numbers, np.linspace(0, 1, range_count + 1)[1:-1])
        ranges = np.searchsorted(ends, first_numbers, side="right")
        return {file.id: (f"range {place + 1}",) for file, place in zip(files, ranges.tolist(), strict=True)}

    def encode(self, labels: Sequence[str], names: Sequence[str]) -> np.ndarray:
        """Returns the numbers, `(n, numbers)`."""
        rows = [[float(text) for text in label.split(LABEL_SEPARATOR)] for label in labels]
        return np.array(rows).reshape(len(labels), -1)

    def class_names(self, names: Sequence[str]) -> tuple[str, ...]:
        """Returns none."""
        return ()

    def describe_spread(self, files: Sequence[LabelledExample], counts: Mapping[str, int]) -> str:
        """Returns the range and the mean of each number."""
        columns = self.encode([file.class_name for file in files], tuple(counts)).T
        texts = [
            f"{name} {column.min():g} to {column.max():g}, mean {column.mean():.3g}"
            for name, column in zip(counts, columns, strict=True)
        ]
        return "; ".join(texts)

    def require_trainable(self, labels: Sequence[str], where: str) -> None:
        """Raises a ValueError for a number that is the same for all pictures."""
        for column in self.encode(labels, ()).T:
            if np.ptp(column) == 0:
                raise ValueError(f"{where} has the number {column[0]:g} for every picture: there is nothing to learn.")


@dataclasses.dataclass(frozen=True)
class BoxTarget(Target):
    """Boxes around the objects of a picture, each with its class; see `format_boxes` for how they are written."""

    name: ClassVar[str] = "boxes"
    noun: ClassVar[str] = "class"
    conflict: ClassVar[str] = "with different boxes"
    most_columns: ClassVar[int | None] = 0
    keeps_whole: ClassVar[bool] = True

    def names_in(self, label: str, names: Sequence[str]) -> tuple[str, ...]:
        """Returns the classes of the objects of a picture, each once."""
        return tuple(sorted({box.class_name for box in parse_boxes(label)}))

    def kind_of(self, label: str) -> str:
        """Returns nothing: pictures that are nearly the same, such as frames of a film, may differ in their boxes."""
        return ""

    def strata(self, files: Sequence[LabelledExample], names: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """Returns the classes in each picture. Pictures without boxes are a stratum of their own, if there are ten."""
        strata = {file.id: self.names_in(file.class_name, names) for file in files}
        empty_ids = [file_id for file_id, classes in strata.items() if not classes]
        if len(empty_ids) >= _FEWEST_EMPTY:
            stand_in = ("no boxes",)
        else:
            counts = collections.Counter(name for classes in strata.values() for name in classes)
            stand_in = tuple(name for name, _ in counts.most_common(1))
        return {**strata, **dict.fromkeys(empty_ids, stand_in)}

    def encode(self, labels: Sequence[str], names: Sequence[str]) -> np.ndarray:
        """Returns the boxes of each picture, `(n,)` arrays `(k, 5)`, in pixels of the picture as it is stored."""
        index_by_name = {name: i for i, name in enumerate(names)}
        return stack_targets(
            [
                as_boxes([[*box.corners, index_by_name[box.class_name]] for box in parse_boxes(label)])
                for label in labels
            ]
        )

    def rename(self, label: str, matches: Mapping[str, str]) -> str:
        """Returns the boxes with the classes that their classes match."""
        return format_boxes([box._replace(class_name=matches[box.class_name]) for box in parse_boxes(label)])

    def describe_contents(self, name_count: int) -> str:
        """Returns "with boxes of 3 classes"."""
        return f"with boxes of {format_count(name_count, 'class')}"

    def describe_spread(self, files: Sequence[LabelledExample], counts: Mapping[str, int]) -> str:
        """Returns how many boxes of each class there are, or the range of that where there are many classes."""
        box_counts = count_boxes(files, counts)
        if len(box_counts) > _MOST_CLASSES_NAMED:
            return f"{min(box_counts.values()):,} to {max(box_counts.values()):,} boxes of each class"
        return "boxes: " + ", ".join(f"{name} {count:,}" for name, count in sorted(box_counts.items()))


class Box(NamedTuple):
    """A box around an object of a picture.

    Attributes:
        class_name: Its class.
        corners: `(x0, y0, x1, y1)` in pixels.
    """

    class_name: str
    corners: tuple[float, float, float, float]


def format_boxes(boxes: Sequence[Box]) -> str:
    """Returns boxes as one text, in an order that does not depend on how they came: `"10 20 55.5 80 dog|..."`."""
    lines = []
    for class_name, corners in sorted(boxes):
        numbers = " ".join(f"{round(number, 2):.2f}".rstrip("0").rstrip(".") for number in corners)
        lines.append(f"{numbers} {class_name}")
    return LABEL_SEPARATOR.join(lines)


def parse_boxes(label: str) -> list[Box]:
    """Returns the boxes that `format_boxes` wrote.

    Example:
    >>> parse_boxes("10 20 55.5 80 guide dog")
    [Box(class_name='guide dog', corners=(10.0, 20.0, 55.5, 80.0))]
    """
    boxes = []
    for line in label.split(LABEL_SEPARATOR) if label else ():
        x0, y0, x1, y1, class_name = line.split(" ", 4)
        boxes.append(Box(class_name, (float(x0), float(y0), float(x1), float(y1))))
    return boxes


def count_boxes(files: Iterable[LabelledExample], class_names: Iterable[str]) -> dict[str, int]:
    """Returns `{class name: number of boxes}` of some pictures, for every class."""
    counts = collections.Counter(dict.fromkeys(class_names, 0))
    for file in files:
        counts.update(box.class_name for box in parse_boxes(file.class_name))
    return dict(counts)


TARGETS: dict[str, type[Target]] = {
    target.name: target for target in (ClassTarget, MultiLabelTarget, RegressionTarget, BoxTarget)
}
CLASS_TARGET = ClassTarget()


def make_target(name: str | Target | None = None, columns: Sequence[str] = ()) -> Target:
    """Returns the `Target` of a name, `"class"` (default), `"multilabel"`, `"regression"` or `"boxes"`; or itself.

    Raises:
        ValueError: For another name, and for several columns where one is read.

    Example:
    >>> make_target("regression", ["weight"]).noun
    'number'
    """
    if isinstance(name, Target):
        return name
    known_name = ClassTarget.name if name is None else find_name("target", name, TARGETS)
    return TARGETS[known_name](tuple(columns))


def read_number(text: str) -> float | None:
    """Returns the number that a text writes, also with a comma for the decimal point; None for no number.

    A comma before three digits may part thousands, and is taken for no number.

    Example:
    >>> read_number("3.5"), read_number("3,5"), read_number("1,200"), read_number("red")
    (3.5, 3.5, None, None)
    """
    if re.fullmatch(r"[+-]?\d+,\d+", text) and not re.fullmatch(r"[+-]?\d{1,3},\d{3}", text):
        text = text.replace(",", ".")
    try:
        return float(text) if "_" not in text else None
    except ValueError:
        return None


def split_unit(title: str) -> tuple[str, str]:
    """Returns the name and the unit of a column's title.

    Example:
    >>> split_unit("weight (g)"), split_unit("age [years]"), split_unit("count")
    (('weight', 'g'), ('age', 'years'), ('count', ''))
    """
    match = re.fullmatch(r"(.*?\S)\s*[(\[]([^()\[\]]+)[)\]]", title.strip())
    return (match[1], match[2].strip()) if match else (title.strip(), "")


def suggest_target(labels: Sequence[str]) -> str:
    """Returns a sentence on what labels that are read as classes look like; empty where they look like classes."""
    if not labels:
        return ""
    joined = [label for label in labels if LABEL_SEPARATOR in label]
    if len(joined) >= _FEWEST_FOR_HINT * len(labels):
        return (
            f"{len(joined):,} of {len(labels):,} labels have a {LABEL_SEPARATOR!r}, such as {joined[0]!r}: if these "
            'are several classes of one picture, use --target multilabel (target="multilabel").'
        )
    what_they_are = describe_numbers(labels)
    if not what_they_are:
        return ""
    return f'{what_they_are}: if they are to be predicted as numbers, use --target regression (target="regression").'


def describe_numbers(labels: Sequence[str]) -> str:
    """Returns in words how many labels are numbers that hardly name classes; empty where they may be classes.

    Example:
    >>> describe_numbers(["1.5", "2.25", "3.0"]), describe_numbers(["0", "1", "1"])
    ("3 of 3 labels are numbers, such as '1.5'", '')
    """
    numbers = [label for label in labels if read_number(label) is not None]
    if not numbers or len(numbers) < 0.9 * len(labels):
        return ""
    decimals = [label for label in numbers if re.search(r"\d[.,]\d", label)]
    has_many = len(labels) >= 20 and len(set(numbers)) >= _MOST_REPEATS * len(labels)
    if 2 * len(decimals) < len(labels) and not has_many:
        return ""
    example = decimals[0] if decimals else numbers[0]
    return f"{len(numbers):,} of {len(labels):,} labels are numbers, such as {example!r}"
