"""Short texts of two classes, files of them, and a vocabulary of a few pieces, for the tests of texts."""

import numpy as np

from ftlib.models.tokenizer import SPECIAL_PIECES, Tokenizer

GOOD = ("good", "fine", "great", "lovely")
BAD = ("bad", "dull", "poor", "awful")
THINGS = ("film", "story", "cast", "song", "scene", "joke", "plot", "end")
LENGTH = 8


def tokenizer(length=LENGTH):
    """Returns a vocabulary of the words above, for a network that takes `length` tokens."""
    words = [f"▁{word}" for word in (*GOOD, *BAD, *THINGS, "a", "the")]
    made = Tokenizer([*SPECIAL_PIECES, *words], "words")
    made.length = length
    return made


def sentences(each, seed=0):
    """Returns `[(text, label)]`: so many different texts of each class, in turn."""
    rng = np.random.default_rng(seed)
    rows, seen = [], set()
    while len(rows) < 2 * each:
        is_good = len(rows) % 2 == 0
        adjectives = rng.choice(GOOD if is_good else BAD, 2)
        things = rng.choice(THINGS, 2)
        text = f"the {adjectives[0]} {things[0]} a {adjectives[1]} {things[1]}"
        if text not in seen:
            seen.add(text)
            rows.append((text, "good" if is_good else "bad"))
    return rows


def write_table(path, rows, head="text,label", separator=","):
    """Writes rows of cells as a CSV file, as they are."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [head, *(separator.join(map(str, row)) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def write_folder(folder, rows):
    """Writes texts as .txt files in a folder for each class."""
    for number, (text, label) in enumerate(rows):
        (folder / label).mkdir(parents=True, exist_ok=True)
        (folder / label / f"{number:03d}.txt").write_text(text, encoding="utf-8")
    return folder
