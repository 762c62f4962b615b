"""Figures of deck 1."""

import numpy as np

import ftlib as ft
from decks import draw, live
from decks.figures.common import EVERY, LABELS, PRESETS, figure, labels_text, some_of, worst_to_best
from ftlib.plots.look import STYLES, new_figure, styled


@figure
def digits_seen(names):
    two = some_of(ft.load_task("digits", 10, 0), 2)
    return draw.images(np.concatenate([two[:, 0], two[:, 1]]))


@figure
@styled
def surprise(names):
    fig = new_figure(draw.WIDTH, draw.HEIGHT)
    ax = fig.subplots()
    p = np.linspace(0.01, 1, 100)
    ax.plot(p, -np.log(p), color=STYLES["full"].colour, linewidth=1.8)
    told = {  # text, its alignment, and how far it stands from its point
        1.0: ("sure and right", "right", (0, 15)), 0.5: ("half sure", "left", (8, 8)),
        0.1: ("a guess among ten", "left", (8, 8)), 0.01: ("sure of something else", "left", (10, -3)),
    }  # fmt: skip
    for at, (text, alignment, step) in told.items():
        loss = abs(np.log(at))
        ax.plot(at, loss, "o", color=STYLES["scratch"].colour, markersize=6.5)
        ax.annotate(f"{text}: {loss:.2f}", (at, loss), step, textcoords="offset points", ha=alignment, fontsize=9)
    ax.set(xlim=(-0.02, 1.04), ylim=(-0.2, 5.1), xlabel="Probability given to the right class", ylabel="Loss")
    return fig


@figure
def chain_rule(names):
    boxes = [("image", "64 pixels"), ("hidden", "32 units"), ("scores", "10 numbers"), ("loss", "1 number")]
    return draw.chain(boxes, "slope")


@figure
def rates(names):
    curves = live.names("01")["curves"]
    labels = {name: name.replace(": ", "\n") for name in curves}
    return draw.curves(curves, "Update", "Training loss", labels=labels)


@figure
def signal(names):
    forwards = live.names("01b")["forwards"]
    return draw.curves(forwards, "Hidden layer", "Typical output (log scale)", log_y=True)


@figure
def starts(names):
    learnt = live.names("01b")["learnt"]
    values = {name: worst_to_best(scores) for name, scores in learnt.items()}
    return draw.bars(values, "Accuracy after 100 updates: mean, worst and best of 3 seeds")


@figure
def optimizers(names):
    series = live.names("01b")["series"]
    ticks = {rate: f"{rate:g}" for rate in (0.001, 0.01, 0.1, 1.0)}
    return draw.curves(
        series, "Learning rate (log scale)", "Validation accuracy", log_x=True, percent=True, x_ticks=ticks
    )


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
    return draw.curves(series, "Update", "Loss")


@figure
def cures(names):
    values = {name: worst_to_best(scores) for name, scores in live.names("02")["scores"].items()}
    return draw.bars(values, "Validation accuracy: mean, worst and best of 5 seeds")


@figure
def presets(names):
    rows = {p: [names["presets"].interval(f"{p}, {n} updates") for n in (100, 300)] for p in PRESETS}
    x_label = "Test accuracy: mean and 95 % interval, 5 seeds"
    return draw.pairs(rows, ("100 updates", "300 updates"), x_label, least=0.5)
