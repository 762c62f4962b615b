"""Draws the README's picture of each domain from its record: results/domain-NN.png.

`python tools/domain_pictures.py` draws reviews (11), a language model (12), plates (13) and commands (14) as the decks
do, and for lesson 15 a film strip by `minigenerator` as it ships. No photo, text or sound of anybody is in them.
"""

from __future__ import annotations

import pathlib

from decks.figures.domains import (
    COMMANDS,
    LETTERS,
    LICENCES,
    PLATES,
    REVIEWS,
    language_bars,
    letter_path,
    mean_curves,
    plate_bars,
)

from ftlib import plots
from ftlib.files import written_whole

RESULTS = pathlib.Path(__file__).resolve().parent.parent / "results"
SIZE = {"width": 6.4, "height": 3.0}  # inches


def draw_curves(domain, x_label, title):
    """Returns test accuracies of a domain against the number of labels."""
    curves, ticks = mean_curves(domain)
    return plots.lines(curves, x_label, "Test accuracy", title, log_x=True, percent=True, x_ticks=ticks, **SIZE)


def draw_pictures():
    """Returns a dict from the number of a lesson to its figure."""
    return {
        11: draw_curves(REVIEWS, "Labels", "Reviews: a small BERT, and what counting letters gives"),
        12: plots.bars(language_bars(LICENCES), "A GPT of documentation learns licences", "Bits per byte", **SIZE),
        13: plots.bars(plate_bars(PLATES), "Licence plates after COCO, 60 photos", "mAP at 0.5", percent=True, **SIZE),
        14: draw_curves(COMMANDS, "Recordings of each word", "Commands: taught by a synthesizer, tested on people"),
        15: letter_path().plot(row_names=list(LETTERS)),
    }


def main():
    for lesson, figure in draw_pictures().items():
        path = RESULTS / f"domain-{lesson}.png"
        with written_whole(path) as part:
            part.write_bytes(plots.png(figure))
        print(f"-> results/{path.name}")


if __name__ == "__main__":
    main()
