"""Figures of deck 3."""

import numpy as np

import ftlib as ft
from decks import draw
from decks.figures.common import EVERY, LABELS, MAIN, STAGES, TOLD, TOLD_STYLES, figure, labels_text, some_of
from ftlib.evidence.comparison import interval


@figure
def six(names):
    """All strategies with ten labels per class and as many updates."""
    cells = {}
    for name in ("scratch", "feature_extraction_long", "top", "full", "lp_ft", "hybrid"):
        cells[name] = names["digits" if name in MAIN else "digits_others"].values(name, 10)
    return draw.dots(cells, "Test accuracy on digits: every seed, mean and 95 % interval", least=0.9)


@figure
def textures_seen(names):
    one = some_of(ft.load_task("textures", 10, 0), 1, columns=20)[:, 0]
    return draw.images(np.concatenate([one[::2], one[1::2]]))


@figure
def far(names):
    cells = {TOLD[name]: names["textures"].values(name) for name in ("feature_extraction_long", "lp_ft", "scratch")}
    return draw.dots(
        cells, "Test accuracy on textures: every seed, mean and 95 % interval", least=0.4, styles=TOLD_STYLES
    )


@figure
def lead_by_labels(names):
    """How far fine-tuning is ahead of scratch, seed by seed, each pair on the same labels."""
    values = {}
    for n in LABELS:
        pair = [names["digits"].values(name, n) for name in ("lp_ft", "scratch")]
        values[labels_text(n)] = [100 * end for end in interval(np.subtract(*pair), bounds=(-1, 1))]
    x_label = "Points ahead of scratch: mean and 95 % interval, 10 seeds"
    return draw.bars(values, x_label, percent=False)


@figure
def one_seed(names):
    cells = {
        "scratch, 50 updates": names["digits_updates"].values("scratch", 10, 50),
        "scratch, 300 updates": names["digits"].values("scratch", 10, 300),
        "fine-tuned, 50 updates": names["digits_updates"].values("lp_ft", 10, 50),
    }
    return draw.dots(cells, EVERY, least=0.5)


@figure
def hybrid(names):
    rows = {
        "from scratch": [("drawn anew", "random")] * 4,
        "hybrid": [("kept", "pre-trained")] * 2 + [("drawn anew", "random")] * 2,
        "fine-tuning": [("kept", "pre-trained")] * 3 + [("drawn anew", "new")],
    }
    return draw.blocks(rows, STAGES)
