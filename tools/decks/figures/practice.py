"""Figures of deck 5, from what lessons 16 and 17 printed."""

from decks import draw, live
from decks.figures.common import figure
from decks.records import lesson, printed
from ftlib import plots

BATCHES = [2**n for n in range(11)]


def operations_per_byte(network, batch):
    """Returns what an update offers, from the counts that lesson 16 printed and by its rule.

    Weights make ten trips of four bytes for the whole batch; what layers hand on makes five for each image.
    """
    found = (printed("16", f"{network} +{'[0-9,]+ +' * place}([0-9,]+)(?: |\n)") for place in range(3))
    operations, weights, handed = (int(number.replace(",", "")) for number in found)
    return 3 * operations * batch / (10 * 4 * weights + 5 * 4 * handed * batch)


@figure
def intensity(names):
    series = {name: (BATCHES, [operations_per_byte(name, b) for b in BATCHES]) for name in ("MobileNetV2", "glyphnet")}
    for machine, kind in {"T4": "float32", "A100": "bfloat16"}.items():
        want = float(printed("16", f"{machine}, {kind} .* wants +([0-9]+) per byte"))
        series[f"{machine} wants\n({kind})"] = (BATCHES[:: len(BATCHES) - 1], [want] * 2)
    ticks = {b: str(b) for b in BATCHES[::2]}
    return draw.curves(series, "Images of a batch", "Operations per byte", log_x=True, log_y=True, x_ticks=ticks)


@figure
def donors(names):
    shown = live.names("17")["shown"]
    row_names = ("healthy", "healthy", "infected", "infected")
    width = 4.6  # low enough for the line below it
    return plots.image_grid(shown, columns=8, row_names=row_names, frames=True, width=width)


@figure
def by_donor(names):
    number, until = "([0-9.]+)", "[0-9.]+ % .95 % interval "  # a dot for each bracket
    parts = (f"{number} %", f"{until}{number}", f"{until}[0-9.]+ to {number}")
    first = [float(printed("17", f"test accuracy {part}.*\nmodel +runs/first")) for part in parts]
    honest, spread = (float(lesson("17", told)) for told in ("100 * honest:.0f", "200 * spread:.0f"))
    parts = (f"{number} %", f"[0-9.]+ % .{number} to", f"[0-9.]+ % .[0-9]+ to {number} %")
    strangers = [float(printed("17", f", strangers {part}")) for part in parts]
    values = {
        "test, divided by picture": first,
        "test, divided by donor": [honest, honest - spread, honest + spread],
        "new donors": strangers,
    }
    shares = {name: [one / 100 for one in value] for name, value in values.items()}
    return draw.bars(shares, "Accuracy and 95 % interval", digits=0)
