"""What the names of classes give away: two spellings of one class, labels that are missing, a left and a right."""

import collections
import math
import re
import unicodedata

_MISSING = {"nan", "none", "null", "na", "n/a", "#n/a", "<na>", "nil", "missing", "?", "-"}  # as programs write it
_SIDE_WORDS = (("l", "r"), ("lt", "rt"), ("cw", "ccw"))  # that count as whole words alone
_SIDES = (
    ("left", "right"), ("links", "rechts"), ("gauche", "droite"), ("izquierda", "derecha"), ("izquierdo", "derecho"),
    ("왼", "오른"), ("좌", "우"), ("左", "右"),
)  # fmt: skip
_AGAINST = ("counter", "anti")  # before "clockwise"


def of_class_names(class_names):
    """Returns remarks on the names of classes as `(kind, line)`, in the way of `FolderReport.remarks`."""
    remarks = []
    alike = collections.defaultdict(list)
    for name in class_names:
        alike[_folded(name)].append(name)
    for names in alike.values():
        if len(names) > 1:
            line = f"Classes that differ in their spelling alone (is it one class?): {' and '.join(map(repr, names))}"
            remarks.append(("class spelling", line))
    missing = [name for name in class_names if name.strip().lower() in _MISSING]
    if missing:
        line = f"A class is called {' and one '.join(map(repr, missing))}: is the label of these pictures missing?"
        remarks.append(("missing label", line))
    pairs = mirror_pairs(class_names)
    if pairs:
        listed = ", ".join(f"{one} and {other}" for one, other in pairs[:3])
        line = (
            f"{listed}: where one class is the mirror image of another, training must not mirror pictures "
            "(--no-mirror, mirror=False). It does not, unless you say so (--mirror, mirror=True)."
        )
        remarks.append(("mirror", line))
    return remarks


def mirror_pairs(class_names):
    """Returns pairs of classes whose names differ in a left and a right alone.

    Example:
    >>> mirror_pairs(["stop", "turn_left", "turn_right", "왼손", "오른손"])
    [('turn_left', 'turn_right'), ('왼손', '오른손')]
    """
    by_words, pairs = {_words(name): name for name in class_names}, []
    by_letters = {"".join(words): name for words, name in by_words.items()}
    for words, name in by_words.items():
        twins = [tuple({one: other}.get(word, word) for word in words) for one, other in _SIDE_WORDS]
        pairs += [(name, by_words[twin]) for twin in twins if twin != words and twin in by_words]
    for letters, name in by_letters.items():
        twins = {_swapped(letters, *sides) for sides in _SIDES}
        twins |= {letters.replace("clockwise", f"{against}clockwise") for against in _AGAINST}
        pairs += [(name, by_letters[twin]) for twin in sorted(twins - {letters}) if twin in by_letters]
    return [pair for i, pair in enumerate(pairs) if pair[::-1] not in pairs[:i]]


def _swapped(text, one, other):
    return re.sub(f"{one}|{other}", lambda found: other if found[0] == one else one, text)


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
    seen = "".join(letter for letter in unicodedata.normalize("NFKC", name) if unicodedata.category(letter) != "Cf")
    return re.sub(r"[\s_-]+", " ", seen).strip().casefold() if math.isnan(number) else number
