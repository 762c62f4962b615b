"""What the names of classes reveal: two spellings of one class, labels that are missing, a left and a right."""

import collections
import math
import re
import unicodedata
from collections.abc import Sequence

from ftlib.tasks.folder.remark import Remark

# How programs write that a value is missing.
MISSING_LABELS = {"nan", "none", "null", "na", "n/a", "#n/a", "<na>", "nil", "missing", "?", "-"}
_SIDE_WORDS = (("l", "r"), ("lt", "rt"), ("cw", "ccw"))  # that count as whole words alone
_SIDES = (
    ("left", "right"), ("links", "rechts"), ("gauche", "droite"), ("izquierda", "derecha"), ("izquierdo", "derecho"),
    ("왼", "오른"), ("좌", "우"), ("左", "右"),
)  # fmt: skip
_COUNTER_PREFIXES = ("counter", "anti")  # before "clockwise"


def remarks_on_class_names(class_names: Sequence[str], noun: str = "picture") -> list[Remark]:
    """Returns a `Remark` for each thing that the names of the classes reveal.

    Args:
        class_names: The classes.
        noun: What messages call one of their examples. Default: "picture"; anything else is never mirrored.
    """
    remarks = []
    names_by_spelling = collections.defaultdict(list)
    for class_name in class_names:
        names_by_spelling[_fold_spelling(class_name)].append(class_name)
    for same_names in names_by_spelling.values():
        if len(same_names) > 1:
            quoted = " and ".join(repr(name) for name in same_names)
            line = f"Classes that differ in their spelling alone (is it one class?): {quoted}"
            remarks.append(Remark("class spelling", line))

    missing_labels = [name for name in class_names if name.strip().lower() in MISSING_LABELS]
    if missing_labels:
        quoted = " and one ".join(repr(name) for name in missing_labels)
        remarks.append(Remark("missing label", f"A class is called {quoted}: is the label of these {noun}s missing?"))

    mirror_pairs = find_mirror_pairs(class_names) if noun == "picture" else []
    if mirror_pairs:
        pair_texts = ", ".join(f"{name} and {mirrored_name}" for name, mirrored_name in mirror_pairs[:3])
        line = (
            f"{pair_texts}: where one class is the mirror image of another, training must not mirror pictures "
            "(--no-mirror, mirror=False). It does not, unless you say so (--mirror, mirror=True)."
        )
        remarks.append(Remark("mirror", line))
    return remarks


def find_mirror_pairs(class_names: Sequence[str]) -> list[tuple[str, str]]:
    """Returns pairs of classes whose names differ in a left and a right alone.

    Example:
    >>> find_mirror_pairs(["stop", "turn_left", "turn_right", "왼손", "오른손"])
    [('turn_left', 'turn_right'), ('왼손', '오른손')]
    """
    name_by_words = {_split_words(name): name for name in class_names}
    name_by_letters = {"".join(words): name for words, name in name_by_words.items()}
    pairs = []
    for words, name in name_by_words.items():
        for left, right in _SIDE_WORDS:
            mirrored_words = tuple(right if word == left else word for word in words)
            if mirrored_words != words and mirrored_words in name_by_words:
                pairs.append((name, name_by_words[mirrored_words]))
    for letters, name in name_by_letters.items():
        mirrored_spellings = {_swap_sides(letters, left, right) for left, right in _SIDES}
        for prefix in _COUNTER_PREFIXES:
            mirrored_spellings.add(letters.replace("clockwise", f"{prefix}clockwise"))
        for spelling in sorted(mirrored_spellings - {letters}):
            if spelling in name_by_letters:
                pairs.append((name, name_by_letters[spelling]))
    return [pair for i, pair in enumerate(pairs) if pair[::-1] not in pairs[:i]]


def _swap_sides(text: str, left: str, right: str) -> str:
    return re.sub(f"{left}|{right}", lambda match: right if match[0] == left else left, text)


def _split_words(name: str) -> tuple[str, ...]:
    """Returns the words of a name in small letters: split at blanks and the like, and before a capital in a word."""
    spaced_name = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return tuple(word.lower() for word in re.findall(r"[^\W\d_]+|\d+", spaced_name))


def _fold_spelling(name: str) -> str | float:
    """Returns what two spellings of one name share, without capitals, blanks, hyphens and the writing of numbers."""
    try:
        number = float(name)
    except ValueError:
        number = math.nan
    if not math.isnan(number):
        return number
    compatible_name = unicodedata.normalize("NFKC", name)
    visible_letters = "".join(letter for letter in compatible_name if unicodedata.category(letter) != "Cf")
    return re.sub(r"[\s_-]+", " ", visible_letters).strip().casefold()
