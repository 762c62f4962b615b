"""Figures of deck 4."""

import numpy as np

import ftlib as ft
from decks import draw
from decks.figures.common import DIGITS, LETTERS, MAIN, PRESETS, TOLD, both, figure
from ftlib.tasks.marks import mark

_SEEDS = "Accuracy: mean and 95 % interval, 5 seeds"
_STRENGTHS = {
    "L2-SP": ("0.01", "0.1", "1", "10"), "EWC": ("0.01", "0.1", "1", "10"), "replay": ("0.03", "0.1", "0.3", "1"),
    "interpolation": ("0.75", "0.5", "0.25"),
}  # fmt: skip


@figure
def forgotten(names):
    digits, letters = both(names["anchors"], "none")
    before = names["anchors"]("none", of="source_before")
    values = {"letters, before": before, "letters, after": letters, "digits, after": digits}
    return draw.bars(values, _SEEDS)


@figure
def prices(names):
    series = {}
    for method, strengths in _STRENGTHS.items():
        cells = [both(names["anchors"], name) for name in ("none", *(f"{method} {s}" for s in strengths))]
        series[method] = [{"x": x, "y": y} for x, y in cells]
    return draw.plane(series, "Digits (test accuracy)", "Letters still read")


@figure
def held(names):
    told = {
        "no cure": "none",
        "interpolation, 0.5": "interpolation 0.5",
        "replay, 0.1": "replay 0.1",
        "EWC, 1": "EWC 1",
        "L2-SP, 1": "L2-SP 1",
    }
    rows = {label: both(names["anchors"], name) for label, name in told.items()}
    return draw.pairs(rows, (DIGITS, LETTERS), _SEEDS)


@figure
def memorized(names):
    record, rows = names["presets"], {}
    for preset in PRESETS:
        parts = [record.interval(f"{preset}, 300 updates", of=f"{part}_accuracy") for part in ("test", "train")]
        rows[preset] = parts
    return draw.pairs(rows, ("test images", "training images"), f"After 300 updates. {_SEEDS}", least=0.8)


@figure
def flatters(names):
    rows = {}
    for name in MAIN:
        rows[TOLD[name]] = [names["digits"].interval(name, 10, of=f"{part}_accuracy") for part in ("test", "val")]
    return draw.pairs(rows, ("test images", "validation images"), "Accuracy: mean and 95 % interval", least=0.9)


@figure
def marked(names):
    """Drawings as in the pre-training of glyphnet-marked, where some letters bore a mark."""
    letters = ft.load_task("glyphs").validation
    first = [np.flatnonzero(letters.labels == c)[0] for c in range(0, 12, 2)]
    shown = letters.images[np.array(first)]
    shown = np.where(np.isin(np.arange(6), (1, 4))[:, None, None, None], mark(shown), shown)
    return draw.images(shown, columns=6)


@figure
def inherited(names):
    rows = {}
    for strategy, told in {"feature_extraction_long": "frozen", "lp_ft": "head first", "full": "all at once"}.items():
        for body, kind in {"glyphnet": "ordinary", "glyphnet-marked": "biased"}.items():
            cell = f"{body} {strategy} 0"
            rows[f"{told}, {kind}"] = [names["bias"].interval(cell, of=group) for group in ("plain", "marked")]
    return draw.pairs(rows, ("without the mark", "with the mark"), _SEEDS)
