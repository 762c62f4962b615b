"""Which picture, or text, goes to which split: as the folder says, or drawn by a hash of the names."""

import collections
import hashlib
import pathlib
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from ftlib.tasks.folder.picture_file import UNDIVIDED, LabelledExample
from ftlib.tasks.folder.targets import CLASS_TARGET, Target
from ftlib.tasks.parts import PARTS
from ftlib.text import format_list

DRAWN_SHARE = 0.2  # of every class, for a validation or test split that the folder does not have
_MOST_NAMES = 20  # classes that are named in one line

Example = TypeVar("Example", bound=LabelledExample)


def split_files(  # noqa: PLR0913 - options with defaults
    path: pathlib.Path | str,
    files: Iterable[Example],
    class_names: Sequence[str],
    unit_keys: Mapping[str, str] | None = None,
    left_out: str = "",
    target: Target = CLASS_TARGET,
    noun: str = "picture",
) -> tuple[dict[str, list[Example]], list[str]]:
    """Divides pictures between the splits, and draws those that the folder does not have.

    Args:
        path: The folder, for messages.
        files: The pictures.
        class_names: The classes.
        unit_keys: `{id: key}`: pictures with the same key go to the same split. Default None: each by itself.
        left_out: What messages say of pictures that are not among `files`.
        target: What their labels say. Every split gets its share of what it counts: of each class, of each range of
            numbers.
        noun: What messages call one of them. Default: "picture".

    Returns:
        `({"train": files, "validation": files, "test": files}, the parts that were drawn here)`.

    Raises:
        ValueError: If a class has too few pictures, or too few keys, to be in every split.
    """
    part_files: dict[str, list[Example]] = {part: [] for part in PARTS}
    for file in files:
        part_files["train" if file.part == UNDIVIDED else file.part].append(file)
    drawn_parts = [part for part in ("test", "validation") if not part_files[part]]
    strata = target.strata(part_files["train"], class_names)
    _require_enough(path, strata, target, class_names, drawn_parts, left_out, noun)
    if drawn_parts:
        counter = _StratumCounter(strata, target.noun, noun)
        part_files.update(_draw_parts(path, part_files["train"], drawn_parts, unit_keys or {}, counter))
    in_order = {part: sorted(chosen, key=lambda file: file.id) for part, chosen in part_files.items()}
    return in_order, drawn_parts


class _StratumCounter:
    """Counts pictures by stratum: by class, for one class each.

    Args:
        strata: `{id: strata}` of each picture.
        noun: How messages call a stratum.
        example_noun: How they call a picture.
    """

    def __init__(self, strata: Mapping[str, tuple[str, ...]], noun: str, example_noun: str):
        self.strata = strata
        self.noun = noun
        self.example_noun = example_noun

    def __call__(self, files: Iterable[LabelledExample]) -> collections.Counter[str]:
        return collections.Counter(stratum for file in files for stratum in self.strata[file.id])


def _require_enough(
    path: pathlib.Path | str,
    strata: Mapping[str, tuple[str, ...]],
    target: Target,
    class_names: Sequence[str],
    drawn_parts: list[str],
    left_out: str,
    noun: str,
) -> None:
    """Raises unless every class has a picture to train on and one for each part that is drawn."""
    least = len(drawn_parts) + 1
    counts = collections.Counter(stratum for names in strata.values() for stratum in names)
    wanted_names = class_names if target.class_names(class_names) else tuple(counts) or ("all numbers",)
    small_classes = {name: counts[name] for name in wanted_names if counts[name] < least}
    if not small_classes:
        return
    purposes = "".join(f", one for {part}" for part in drawn_parts)
    class_name, count = next(iter(small_classes.items()))
    other_count = len(small_classes) - 1
    more_classes = ""
    if other_count == 1:
        more_classes = f" 1 other {target.noun} is too small as well."
    elif other_count > 1:
        more_classes = f" {other_count:,} other {target.nouns} are too small as well."
    raise ValueError(
        f"{target.noun.capitalize()} {class_name!r} of {str(path)!r} needs at least {least} {noun}s "
        f"(one to train on{purposes}). Received: {count} usable.{more_classes}{left_out}"
    )


def count_per_class(
    files: Iterable[LabelledExample], class_names: Sequence[str], target: Target = CLASS_TARGET
) -> dict[str, int]:
    """Returns `{class name: number}` of some pictures, for every class."""
    counts = collections.Counter(name for file in files for name in target.names_in(file.class_name, class_names))
    return {class_name: counts[class_name] for class_name in class_names}


def find_small_classes(
    files: Iterable[LabelledExample], class_names: Sequence[str], least: int, target: Target = CLASS_TARGET
) -> dict[str, int]:
    """Returns `{class name: number}` of the classes with fewer than `least` pictures among `files`."""
    counts = count_per_class(files, class_names, target)
    return {class_name: count for class_name, count in counts.items() if count < least}


def describe_gaps(
    part_files: Mapping[str, Iterable[LabelledExample]],
    class_names: Sequence[str],
    target: Target = CLASS_TARGET,
    noun: str = "picture",
) -> list[str]:
    """Says which classes a split that came with the folder does not cover, in a line for each split."""
    lines = []
    for part in ("validation", "test"):
        missing_classes = list(find_small_classes(part_files[part], class_names, 1, target))
        if missing_classes:
            lines.append(f"No {part} {noun}s of: {format_list(missing_classes, _MOST_NAMES)}")
    return lines


def _draw_parts(
    path: pathlib.Path | str,
    files: list[Example],
    drawn_parts: list[str],
    unit_keys: Mapping[str, str],
    count_classes: _StratumCounter,
) -> dict[str, list[Example]]:
    """Returns a share of every class for each part to draw, and the rest for training.

    What belongs together is a unit, and goes where at least half of it is wanted.
    """
    units = collections.defaultdict(list)
    for file in files:
        units[unit_keys.get(file.id, file.id)].append(file)
    # A hash, and not the sorted names: names often number the scenes in which the pictures were taken.
    hashes = {key: hashlib.sha256(unit[0].id.encode()).digest() for key, unit in units.items()}

    class_counts = count_classes(files)
    open_places = {
        part: {class_name: max(1, round(DRAWN_SHARE * count)) for class_name, count in class_counts.items()}
        for part in drawn_parts
    }
    part_files: dict[str, list[Example]] = {part: [] for part in drawn_parts}
    training_units = []
    for key in sorted(units, key=lambda key: hashes[key]):
        unit = units[key]
        unit_counts = count_classes(unit)
        part = _find_part(unit_counts, open_places)
        if part is None:
            training_units.append(unit)
            continue
        part_files[part] += unit
        for class_name, count in unit_counts.items():
            open_places[part][class_name] -= count
    _fill_gaps(path, part_files, training_units, class_counts, count_classes)
    return {**part_files, "train": [file for unit in training_units for file in unit]}


def _find_part(unit_counts: Mapping[str, int], open_places: Mapping[str, Mapping[str, int]]) -> str | None:
    """Returns the first part that has places for at least half of the pictures of a unit, or None."""
    unit_size = sum(unit_counts.values())
    for part, places in open_places.items():
        wanted = sum(min(count, max(0, places[class_name])) for class_name, count in unit_counts.items())
        if 2 * wanted >= unit_size:
            return part
    return None


def _fill_gaps(
    path: pathlib.Path | str,
    part_files: dict[str, list[Example]],
    training_units: list[list[Example]],
    class_counts: Mapping[str, int],
    count_classes: _StratumCounter,
) -> None:
    """Gives a part that has no picture of a class the smallest unit that training can spare."""
    training_counts = count_classes(file for unit in training_units for file in unit)

    def can_spare(unit: list[Example]) -> bool:
        return all(training_counts[class_name] > count for class_name, count in count_classes(unit).items())

    for part, files in part_files.items():
        for class_name in sorted(class_counts.keys() - count_classes(files).keys()):
            spare_units = [unit for unit in training_units if count_classes(unit)[class_name] and can_spare(unit)]
            if not spare_units:
                raise ValueError(_describe_bound_class(path, class_name, part, count_classes))
            smallest_unit = min(spare_units, key=len)
            training_units.remove(smallest_unit)
            files += smallest_unit
            training_counts.subtract(count_classes(smallest_unit))
    for class_name in sorted(class_counts):
        if not training_counts[class_name]:
            raise ValueError(_describe_bound_class(path, class_name, "training", count_classes))


def _describe_bound_class(path: pathlib.Path | str, class_name: str, part: str, counter: _StratumCounter) -> str:
    noun = counter.example_noun
    return (
        f"{counter.noun.capitalize()} {class_name!r} of {str(path)!r} leaves no {noun} for {part}: too many of its "
        f"{noun}s belong together (one group of the CSV file, or nearly the same {noun}), and what belongs together is "
        f"in one split. Add {noun}s of other groups, or say the split yourself."
    )
