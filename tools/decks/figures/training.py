"""Figures of deck 1."""

import numpy as np

import ftlib as ft
from decks import draw, live
from decks.figures.common import EVERY, LABELS, PRESETS, figure, labels_text, some_of, worst_to_best
from ftlib.plots.look import STYLES


@figure
def digits_seen(names):
    two = some_of(ft.load_task("digits", 10, 0), 2)
    return draw.images({"": two[:, 0], " ": two[:, 1]}, height=2.5)


@figure
def surprise(names):
    p = np.linspace(0.01, 1, 100)
    looks = {"loss": (STYLES["full"][0], "None", "-")}
    fig = draw.curves(
        {"loss": (p, -np.log(p))}, "Probability given to the right class", "Loss", percent=False, looks=looks, ends={}
    )
    ax = fig.axes[0]
    told = {1.0: "sure and right", 0.5: "half sure", 0.1: "a guess among ten", 0.01: "sure of something else"}
    for at, text in told.items():
        ax.plot(at, -np.log(at), "o", color=STYLES["scratch"][0], markersize=13)
        (side, up), aligned = ((0, 30), "right") if at == 1 else ((16, 16), "left")
        ax.annotate(
            f"{text}: {abs(np.log(at)):.2f}",
            (at, -np.log(at)),
            (side, up),
            textcoords="offset points",
            ha=aligned,
            fontsize=draw.SIZE,
        )
    ax.set(xlim=(-0.02, 1.04), ylim=(-0.2, 5.1))
    return fig


@figure
def chain_rule(names):
    boxes = [("image", "64 pixels"), ("hidden", "32 units"), ("scores", "10 numbers"), ("loss", "1 number")]
    return draw.chain(boxes, "slope")


@figure
def rates(names):
    curves = live.names("01")["curves"]
    ends = {name: name.replace(": ", "\n") for name in curves}
    return draw.curves(curves, "Update", "Training loss", percent=False, ends=ends)


@figure
def signal(names):
    forwards = live.names("01")["forwards"]
    return draw.curves(forwards, "Hidden layer", "Typical output (log scale)", percent=False, log_axes="y")


@figure
def starts(names):
    learnt = live.names("01")["learnt"]
    values = {name: worst_to_best(scores) for name, scores in learnt.items()}
    return draw.bars(values, "Validation accuracy after 100 updates: mean, worst and best of 3 seeds", axis_end=1)


@figure
def optimizers(names):
    series = live.names("01")["series"]
    ticks = {rate: f"{rate:g}" for rate in (0.001, 0.01, 0.1, 1.0)}
    ends = {name: name for name in series}
    return draw.curves(series, "Learning rate (log scale)", "Validation accuracy", log_axes="x", ticks=ticks, ends=ends)


@figure
def scratch_by_updates(names):
    cells = {f"{n} updates": names["digits_updates"].values("scratch", 10, n) for n in (50, 100)}
    cells["300 updates"] = names["digits"].values("scratch", 10, 300)
    return draw.dots(cells, EVERY, least=0.5)


@figure
def scratch_by_labels(names):
    return draw.dots({labels_text(n): names["digits"].values("scratch", n) for n in LABELS}, EVERY, least=0.5)


@figure
def gap(names):
    path = live.names("02")["path"]
    series = {"training": (path[:, 0], path[:, 1]), "validation": (path[:, 0], path[:, 3])}
    return draw.curves(series, "Update", "Loss", percent=False)


@figure
def cures(names):
    values = {name: worst_to_best(scores) for name, scores in live.names("02")["scores"].items()}
    return draw.bars(values, "Validation accuracy: mean, worst and best of 5 seeds", axis_end=1)


@figure
def presets(names):
    rows = {p: [names["presets"].interval(f"{p}, {n} updates") for n in (100, 300)] for p in PRESETS}
    x_label = "Test accuracy: mean and 95 % interval, 5 seeds"
    return draw.pairs(rows, ("100 updates", "300 updates"), x_label, least=0.5)
