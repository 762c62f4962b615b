"""What the names of classes give away: two spellings of one class, labels that are missing, a left and a right."""

import collections
import math
import re

_MISSING = {"nan", "none", "null", "na", "n/a", "#n/a", "<na>", "nil", "missing", "?", "-"}  # as programs write it
# By whole words, and, in scripts that do not part words, anywhere in a name.
_SIDE_WORDS = (
    ("left", "right"), ("l", "r"), ("lt", "rt"), ("cw", "ccw"), ("clockwise", "counterclockwise"),
    ("clockwise", "anticlockwise"), ("links", "rechts"), ("gauche", "droite"), ("izquierda", "derecha"),
)  # fmt: skip
_SIDE_LETTERS = (("왼", "오른"), ("좌", "우"), ("左", "右"))


def of_class_names(class_names):
    """Returns remarks on the names of classes as `(kind, line)`, in the way of `FolderReport.remarks`."""
    found = []
    alike = collections.defaultdict(list)
    for name in class_names:
        alike[_folded(name)].append(name)
    for names in alike.values():
        if len(names) > 1:
            line = f"Classes that differ in their spelling alone (is it one class?): {' and '.join(map(repr, names))}"
            found.append(("class spelling", line))
    missing = [name for name in class_names if name.strip().lower() in _MISSING]
    if missing:
        line = f"A class is called {' and one '.join(map(repr, missing))}: is the label of these pictures missing?"
        found.append(("missing label", line))
    pairs = mirror_pairs(class_names)
    if pairs:
        told = ", ".join(f"{one} and {other}" for one, other in pairs[:3])
        line = (
            f"{told}: where one class is the mirror image of another, training must not mirror pictures (--no-mirror, "
            "mirror=False). It does not, unless you say so (--mirror, mirror=True)."
        )
        found.append(("mirror", line))
    return found


def mirror_pairs(class_names):
    """Returns pairs of classes whose names differ in a left and a right alone.

    Example:
    >>> mirror_pairs(["stop", "turn_left", "turn_right", "왼손", "오른손"])
    [('turn_left', 'turn_right'), ('왼손', '오른손')]
    """
    by_words, pairs = {_words(name): name for name in class_names}, []
    for words, name in by_words.items():
        for one, other in _SIDE_WORDS:
            twins = [(*words[:i], other, *words[i + 1 :]) for i, word in enumerate(words) if word == one]
            pairs += [(name, by_words[twin]) for twin in twins if twin in by_words]
    for name in class_names:
        pairs += [(name, twin) for one, other in _SIDE_LETTERS if (twin := _swapped(name, one, other)) in class_names]
    return pairs


def _swapped(name, one, other):
    return name.replace(one, other) if one in name else None


def _words(name):
    """Returns a name as words in small letters: parted at blanks and the like, and before a capital within a word."""
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return tuple(word.lower() for word in re.findall(r"[^\W\d_]+|\d+", parted))


def _folded(name):
    """Returns what two spellings of one name share: capitals, blanks, hyphens and the writing of a number aside."""
    try:
        number = float(name)
    except ValueError:
        number = math.nan
    return re.sub(r"[\s_-]+", " ", name).strip().casefold() if math.isnan(number) else number
