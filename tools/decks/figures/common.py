"""What the figures of several decks share: the registry, the names of things, and cells of the records."""

import numpy as np

from ftlib.plots.look import STYLES

FIGURES = {}
MAIN = ("scratch", "feature_extraction_long", "lp_ft")
TOLD = {
    "scratch": "from scratch", "feature_extraction_long": "frozen, trained as long", "lp_ft": "fine-tuned (LP-FT)",
}  # fmt: skip
TOLD_STYLES = {TOLD[name]: STYLES[name] for name in MAIN}  # a strategy looks the same in every picture
LABELS = (1, 3, 10, 50)
STAGES = ("stage1", "stage2", "stage3", "head")
PRESETS = ("none", "light", "standard", "strong")
DIGITS, LETTERS = "digits (new task)", "letters (old task)"
EVERY = "Test accuracy: every seed, mean and 95 % interval"


def figure(draws):
    """Registers a figure under the name of its function, which takes the `Names` of records.py."""
    FIGURES[draws.__name__] = draws
    return draws


def labels_text(n):
    return f"{n} label per class" if n == 1 else f"{n} labels per class"


def worst_to_best(values):
    """Returns mean, lowest and highest, as the lessons show their few seeds."""
    return np.mean(values), min(values), max(values)


def some_of(task, count, columns=10):
    """Returns `count` training images of each of the first classes of a task, class by class."""
    split = task.train
    chosen = [np.flatnonzero(split.labels == c)[:count] for c in range(columns)]
    return np.array([split.images[mine][..., 0] for mine in chosen])


def both(record, name):
    """Returns the intervals of the new and of the old task."""
    return [record.interval(name, of=column) for column in ("test_accuracy", "source_accuracy")]
