"""What a report says to someone who knows no machine learning: its first sentence, and what was proven."""

import re

from ftlib.report.page import known
from ftlib.strategies.strategy import get_strategy, list_strategies

_THINGS = {"digits": "handwritten digits", "glyphs": "letters", "textures": "textures"}
_SOURCES = {"glyphnet": "letters"}
_CLAIMS = {
    "no leak between splits": "that no image is in two splits",
    "frozen weights": "that frozen weights stay the same to the bit",
    "BatchNorm statistics": "that statistics of BatchNorm do, too",
    "stages that train": "that every stage learns that should",
    "compiled after freezing": "that the optimizer holds nothing else",
    "more trains": "that each phase which opens stages trains more",
}


def compared(best, other, classes, settings, recipes):
    """Returns a comparison in a sentence: what was shown, and how many of 100 the networks get right.

    Args:
        best, other: Rows of `Comparison.table()`; `other` is None for one that is alone.
        classes: How many there are, or None where it is not known.
        settings: Of the comparison.
        recipes: Dict from the name of a strategy to how it prints, for those that are not ftlib's own.
    """
    things, labels = _THINGS.get(settings.get("task"), "images"), best["labels_per_class"]
    if labels is None:
        shown = f"Shown all {things} that there are to learn from"
    else:
        shown = f"Shown {labels * classes:,} {things}" if classes else f"Shown {labels} of each class of {things}"
    start, per = _start(best["strategy"], recipes), _per(best, other)
    said = f"{shown}, the network {_began(start, settings.get('backbone'))} gets {_of(best['test_mean'], per)} of "
    said += f"{per:,} new ones right"
    if other is None:
        return said + (" in a single try." if best["n"] == 1 else ".")
    count, begun = _of(other["test_mean"], per), _start(other["strategy"], recipes)
    told = "as many" if count == _of(best["test_mean"], per) else count
    if start == begun:
        said += f" when trained by {best['strategy']}, and {told} by {other['strategy']}."
    else:
        said += f"; the same network, {_began(begun, settings.get('backbone'), again=True)}, gets {told}."
    if apart(best, other) or apart(other, best) or told == "as many":
        return said
    tries = min(best["n"], other["n"])
    tried = "With one try each" if tries == 1 else f"After {tries} tries each"
    return f"{said} {tried}, the difference can be chance."


def alone(share, count, part, shown, settings, backbone=None):
    """Returns a run in a sentence.

    Args:
        share: What it gets right, of `count` images (None where that is not known) of the part `"test"` or
            `"validation"`.
        shown: Number of training images, or None.
        settings: Of the run.
        backbone: Its name, if that is known.
    """
    task = settings.get("task")
    things = _THINGS.get(task.get("name") if isinstance(task, dict) else task, "images")
    start = _start(None, {None: str(settings.get("strategy"))})
    said = f"Shown {shown:,} {things}, the network {_began(start, backbone)}" if shown else "The network"
    per = count if count and count < 100 else 100 if share == 1 or round(100 * share) < 100 else 1000
    new = "new ones" if shown else f"new {things}"
    said += f" gets {_of(share, per)} of {per:,} {new} right"
    return said + ("." if part == "test" else ", of those that its best epoch was chosen by.")


def apart(one, other):
    """Returns whether the interval of a row lies above that of another."""
    low, high = one.get("test_low"), other.get("test_high")
    return known(low) and known(high) and low > high


def checked(proofs):
    """Returns in a sentence what some proofs are about."""
    kinds = dict.fromkeys(p.name.rpartition(": ")[2] for p in proofs)
    *most, last = [_CLAIMS.get(kind, kind) for kind in kinds]
    return f"Checked during training: {', '.join(most)}{' and ' * bool(most)}{last}. A line opens to its details."


def proven(strategy, proofs):
    """Returns in a line whether the proofs of a run hold, and the names of those that do not."""
    broken = [p.name for p in proofs if not p.holds]
    if not broken:
        return f"{strategy}: all {len(proofs)} claims hold", ""
    return f"{strategy}: {len(broken)} of {len(proofs)} claims BROKEN", ", ".join(broken)


def _start(name, recipes):
    """Returns where a strategy starts: "pretrained", "kept" (in part), "random", or None if that is not known."""
    if name in list_strategies():
        recipe = get_strategy(name)
        return "kept" if recipe.keep is not None else recipe.start
    found = re.search(r"starts (pretrained|random)(, keeps)?", recipes.get(name, ""))
    return found and ("kept" if found[2] else found[1])


def _began(start, backbone, again=False):
    source = _SOURCES.get(backbone, "other images")
    words = {
        "pretrained": ("that had practised on {}", "having practised on {}"),
        "kept": ("that kept part of what it knew of {}", "keeping part of what it knew of {}"),
        "random": ("that started from nothing", "starting from nothing"),
        None: ("that learned in another way", "learning in another way"),
    }
    return words[start][again].format(source)


def _per(*rows):
    """Returns 100, or 1,000 where hundredths would hide a difference or make all of nearly all."""
    means = [row["test_mean"] for row in rows if row is not None]
    hidden = len(means) == 2 and _of(means[0], 100) == _of(means[1], 100) and (apart(*rows) or apart(*rows[::-1]))
    full = any(mean < 1 and round(100 * mean) == 100 for mean in means)
    return 1000 if hidden or full else 100


def _of(share, per):
    return round(per * share)
