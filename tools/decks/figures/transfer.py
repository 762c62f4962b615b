"""Figures of deck 2."""

import numpy as np

import ftlib as ft
from decks import draw, live
from decks.figures.common import (
    DIGITS,
    LABELS,
    LETTERS,
    MAIN,
    STAGES,
    TOLD,
    TOLD_STYLES,
    both,
    figure,
    some_of,
    worst_to_best,
)
from decks.records import lesson, printed

RATES = (1e-5, 1e-4, 1e-3, 1e-2, 1e-1)


def _short(rate):
    """Returns "3.75e-5" for 0.0000375."""
    digits, power = f"{rate:e}".split("e")
    return f"{float(digits):g}e{int(power)}"


@figure
def letters_and_digits(names):
    letters = ft.load_task("glyphs").validation
    first = [np.flatnonzero(letters.labels == c)[:1] for c in range(0, 800, 80)]
    letters = np.array([letters.images[at][0, ..., 0] for at in first])
    digits = some_of(ft.load_task("digits", 10, 0), 1)[:, 0]
    digits = np.kron(digits, np.ones((4, 4)))  # from 8 x 8 pixels to the 32 x 32 of the letters
    return draw.images(np.concatenate([letters, digits]), row_names=("learnt\nfrom", "used\nfor"))


def _sizes():
    """Returns a row of blocks with the weights of the stages, as lesson 05 printed them."""
    body = [printed("05", rf"{name} +\d+ +([\d,]+) +0 +frozen") for name in STAGES[:-1]]
    return [("none", f"{size}\nweights") for size in (*body, lesson("05", "report.trainable:,"))]


@figure
def stages(names):
    seen = [("none", word) for word in ("edges", "strokes", "shapes", "classes")]
    return draw.blocks({"holds": _sizes(), "sees": seen}, STAGES)


@figure
def frozen(names):
    states = [("frozen", "frozen")] * 3 + [("trains", "trains")]
    return draw.blocks({"holds": _sizes(), "training": states}, STAGES)


@figure
def features_worth(names):
    values = {name: worst_to_best(scores) for name, scores in live.names("05")["scores"].items()}
    return draw.bars(values, "Nearest neighbour: mean, worst and best of 5 draws")


def _against(cells, fixed, x_label):
    """Draws the main strategies against labels or updates; `cells` is `{value: (record, name of the argument)}`."""
    series = {}
    for name, side_step in zip(MAIN, (0.98, 1, 1.02), strict=True):  # so that intervals stand side by side
        found = [record.interval(name, **fixed, **{argument: value}) for value, (record, argument) in cells.items()]
        series[name] = (side_step * np.array(list(cells)), *np.transpose(found))
    labels = {name: TOLD[name].replace(", ", "\n").replace(" (", "\n(") for name in MAIN}
    ticks = {value: str(value) for value in cells}
    return draw.curves(series, x_label, "Test accuracy", log_x=True, percent=True, x_ticks=ticks, labels=labels)


@figure
def by_labels(names):
    cells = {n: (names["digits"], "labels") for n in LABELS}
    return _against(cells, {}, "Labels per class (log scale)")


@figure
def by_updates(names):
    records = {50: names["digits_updates"], 100: names["digits_updates"], 300: names["digits"]}
    cells = {n: (record, "updates") for n, record in records.items()}
    return _against(cells, {"labels": 10}, "Updates (log scale)")


@figure
def opened(names):
    rows = {
        "only the head": [("frozen", "frozen")] * 3 + [("trains", "trains")],
        "last stage": [("frozen", "frozen")] * 2 + [("trains", "trains")] * 2,
        "everything": [("trains", "trains")] * 4,
    }
    return draw.blocks(rows, STAGES)


@figure
def rate_sweep(names):
    series = {}
    for at, name in enumerate((DIGITS, LETTERS)):
        found = [both(names["fine_tuning"], f"rate {rate:g}")[at] for rate in RATES]
        series[name] = (RATES, *np.transpose(found))
    return draw.curves(
        series,
        "Learning rate of the backbone (log scale)",
        "Accuracy, 5 seeds",
        log_x=True,
        percent=True,
        x_ticks={rate: _short(rate) for rate in RATES},
        labels={name: name.replace(" (", "\n(") for name in series},
    )


@figure
def heads(names):
    told = {"head of zeros": "zero head", "random head": "random head", "head trained first": "head first"}
    rows = {label: both(names["fine_tuning"], name) for label, name in told.items()}
    return draw.pairs(rows, (DIGITS, LETTERS), "Accuracy: mean and 95 % interval, 5 seeds")


@figure
def phases(names):
    """The phases of `gradual`, as the library unrolls them."""
    rows = {}
    for at, phase in enumerate(ft.strategy("gradual").unrolled(STAGES).phases, start=1):
        trains = phase.trained_stages(STAGES)
        rows[f"phase {at}"] = [("trains", "trains") if s in trains else ("frozen", "frozen") for s in STAGES]
    return draw.blocks(rows, STAGES)


@figure
def decays(names):
    rows = {}
    for decay, name in ((1.0, "one rate"), (0.5, "decay 0.5")):
        rows[name] = [("none", _short(3e-4 * decay**steps)) for steps in (3, 2, 1, 0)]
    return draw.blocks(rows, STAGES)


@figure
def control(names):
    cells = {TOLD[name]: names["digits"].values(name, 10) for name in MAIN}
    return draw.dots(
        cells, "Test accuracy on digits: every seed, mean and 95 % interval", least=0.9, styles=TOLD_STYLES
    )
