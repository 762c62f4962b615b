"""No text of any picture leaves its canvas or lies on another, whatever the names and numbers are, in any size."""

import re
import warnings

import numpy as np
import pytest
from canvas import assert_texts_have_room
from rows import history, row

from ftlib import plots

# Everything of `plots` that is no picture. A new name is either here or among the pictures below.
WORDS = {
    "by_strategy",
    "confused_pairs",
    "count",
    "labels_text",
    "main_cell",
    "percent",
    "png",
    "seed_text",
    "show",
    "svg",
}

STRATEGY = "a_strategy_of_my_own_that_trains_the_head_first_and_then_all"
KOREAN = "가을에 처음으로 피어나는 아주 작은 노란 들국화 꽃"
SENTENCE = "A text that says all there is to see in its picture, and does not stop before it has said it."
SENTENCES = f"{SENTENCE} {SENTENCE} {SENTENCE}"
MINE = {1: ["full"], 2: ["scratch", STRATEGY], 3: ["scratch", "feature_extraction_long", "lp_ft"]}
MINE[9] = [f"{i}_{STRATEGY}" for i in range(6)] + MINE[3]
LONG_NAMES = (STRATEGY, KOREAN)
NAMES = (*LONG_NAMES, "a")


def alone(rows):
    return [{**r, "n": 1, "test_low": float("nan"), "test_high": float("nan")} for r in rows]


def grid(names, labels=(1, 10, None)):
    return [row(name, k, mean=float(k != 1), n=20 - i) for i, name in enumerate(names) for k in labels]


def accuracy_curves():
    for names in MINE.values():
        yield plots.accuracy_curves(grid(names))
    yield plots.accuracy_curves(alone(grid(MINE[9], labels=(10,))), x="updates")


def headline():
    for number, stacked in ((1, False), (2, True), (3, False), (9, False), (9, True)):
        rows = grid(MINE[number])
        yield plots.headline(rows, rows, source="results/a-rather-long-name.json", stacked=stacked)
    yield plots.headline(alone(grid(MINE[9])), stacked=True)
    yield plots.headline(alone(grid(MINE[3])), grid(MINE[3]), stacked=True)


def learning_curves():
    gradual = [history([(f"stage{i}", 1) for i in range(12)])]
    for names in MINE.values():
        yield plots.learning_curves({name: [history(), history(shift=0.1)] for name in names})
    yield plots.learning_curves({name: [history((("all", 2),))] for name in MINE[3]}, "val_loss")
    yield plots.learning_curves({STRATEGY: gradual})


def stage_picture():
    for name in NAMES:
        one = {"stage": name, "output_shape": (1024, 1024, 2048), "layers": 1000, "state": "partly", "rate": 1.23e-5}
        yield plots.stage_picture([{**one, "params": 10**9 * i} for i in range(12)])
        yield plots.stage_picture([{**one, "params": 0}], title=f"{SENTENCE} {name}")


def confusion_matrix():
    for name, classes in zip(NAMES * 2, (2, 3, 12, 13, 31, 50), strict=True):
        names = [f"{i} {name}" for i in range(classes)]
        yield plots.confusion_matrix(999 * np.eye(classes, dtype=int), names)
        yield plots.confusion_matrix(np.full((classes, classes), 99), names)


def mistakes():
    for name, count in zip((*NAMES, "a"), (1, 2, 12, 0), strict=True):
        said = (np.arange(50) < count).astype(int)
        yield plots.mistakes(np.zeros((50, 8, 8, 1)), [0] * 50, said, [1.0] * 50, [name, f"{name} too"])


def image_grid():
    for name, columns in zip((*NAMES, KOREAN), (1, 3, 10, 20), strict=True):
        yield plots.image_grid(np.zeros((20, 8, 8)), [name] * 20, columns, SENTENCES)
    for name in NAMES:
        yield plots.image_grid(np.zeros((1, 8, 8)), title=f"{name} " * 9)
        yield plots.image_grid(
            np.zeros((9, 8, 8)), columns=3, row_names=[name, f"{name}\ntwo", ""], frames=True, width=5
        )


def lines():
    for name in NAMES:
        series = {f"{i} {name}": ([1, 2, 3000], [0, 0.5, 1]) for i in range(9)}
        yield plots.lines(series, SENTENCE, SENTENCE, SENTENCES, percent=True)
    for name in LONG_NAMES:
        series = {f"{i} {name}": ([1, 2, 3000], [0, 0.5, 1]) for i in range(9)}
        yield plots.lines(series, "x", "y", KOREAN * 4, log_x=True, log_y=True)
        labels = {label: f"{label}\nin two lines" for label in list(series)[:4]}
        few_series = {label: series[label] for label in labels}
        yield plots.lines(few_series, "x", "y", labels=labels, x_ticks={1: "start", 3000: "end"}, width=6, height=2.5)


def bars():
    for name in NAMES:
        for count, width in ((1, None), (25, 4.7)):  # 4.7: a column of the report
            values = {f"{i} {name}": (i / count, 0, 1) for i in range(count)}
            yield plots.bars(values, SENTENCES, "Images found (lines: 95 % intervals)", percent=True, width=width)
    for name in LONG_NAMES:
        yield plots.bars({name: 138_357_544, "b": -138_357_544}, KOREAN * 4, SENTENCE)
        yield plots.bars({f"{i} {name}": 0.5 for i in range(4)}, None, SENTENCE, percent=True, width=5.7, height=2.5)
        for guess in (0, 0.02, 0.5, 1.0):
            yield plots.bars({f"{i} {name}": 0.5 for i in range(2)}, SENTENCE, "x", percent=True, guess=guess)


def boxes():
    for name, count in zip(NAMES, (1, 30, 9), strict=True):
        found = [[[i % 4, 1, 7, 7 - i % 3, i] for i in range(count)]] * 3
        names = [f"{i} {name}" for i in range(count)]
        yield plots.boxes(np.zeros((3, 8, 8)), found, names, truth=found, title=SENTENCES)
        yield plots.boxes(np.zeros((3, 8, 16)), found, names, columns=1, title=KOREAN * 4, width=3)
    yield plots.boxes(np.zeros((1, 8, 8)), [[]], [])


def precision_recall():
    for name, count in zip(NAMES, (1, 8, 3), strict=True):
        curves = {f"{i} {name}": (np.linspace(0.1, 0.9, 5), np.linspace(1, 0.2 + 0.1 * i, 5)) for i in range(count)}
        marked = {class_name: (0.5, 0.6) for class_name in curves}
        yield plots.precision_recall(curves, marked, SENTENCES)
        yield plots.precision_recall(curves, None, KOREAN * 4, width=4.5)


def scatter():
    for name, classes in zip((*NAMES, ""), (2, 50, 9, 50), strict=True):
        names = [f"{i}{name}" for i in range(classes)]
        places = np.stack([np.arange(classes), np.arange(classes) % 7], 1)
        yield plots.scatter(places, np.arange(classes), names, SENTENCES)
        if name in LONG_NAMES:
            yield plots.scatter({f"{i} {name}": places for i in range(3)}, np.arange(classes), names, KOREAN * 4)


def reliability():
    bins = [{"confidence": share, "accuracy": share, "n": 1 + 10**5 * share} for share in (0.0, 0.5, 1.0)]
    for name in NAMES:
        yield plots.reliability({f"{i} {name}": bins for i in range(9)}, SENTENCES)
    yield plots.reliability({KOREAN: bins}, KOREAN * 4)


def trade_off():
    for name in NAMES:
        paths = {f"{i} {name}": [{"x": [i / 9] * 3, "y": [y] * 3, "label": "0.01"} for y in (0, 1)] for i in range(9)}
        yield plots.trade_off(paths, SENTENCE, SENTENCE, SENTENCES)
        yield plots.trade_off(dict(list(paths.items())[:5]), SENTENCE, SENTENCE, SENTENCES, height=6, panels=True)
        if name in LONG_NAMES:
            yield plots.trade_off(paths, "x", "y", width=5.7, height=2.5, faint_intervals=True)


def effect_grid():
    cells = [(1.0, -1.0, 1.0), None, (-1.0, -1.0, -1.0)]
    for name in NAMES:
        rows = {f"{i} {name}": cells for i in range(9)}
        yield plots.effect_grid(rows, [f"{i} {name}" for i in range(3)], SENTENCE, SENTENCES)
    yield plots.effect_grid({KOREAN: cells[:1]}, ["1"], "Labels per class", KOREAN * 4)


def filter_grid():
    for panels, name in enumerate(NAMES, start=1):
        kernels = {f"{i} {name}": np.ones((3, 3, 1, 8)) for i in range(panels)}
        yield plots.filter_grid(kernels, SENTENCES)
    yield plots.filter_grid(np.ones((3, 3, 1, 1)), SENTENCES, columns=1)


def feature_maps():
    for name in LONG_NAMES:
        yield plots.feature_maps({f"{i} {name}": np.ones((4, 4, 4096)) for i in range(4)}, np.eye(8), SENTENCES)
    yield plots.feature_maps({"a": np.ones((4, 4, 1))}, title=KOREAN * 4, columns=1)


def share_maps():
    for name, count in zip(NAMES, (1, 4, 2), strict=True):
        yield plots.share_maps({f"{i} {name}": np.eye(8) for i in range(count)}, SENTENCE, SENTENCES)
    yield plots.share_maps({KOREAN: np.ones((1, 1))}, KOREAN * 2, KOREAN * 4)


def stage_shares():
    stage = {"output_shape": (1024, 1024, 2048), "params": 9**9}
    for name, count in zip(NAMES, (1, 9, 2), strict=True):
        yield plots.stage_shares({f"{i} {name}": [stage] * count for i in range(count)}, unit=name, title=SENTENCES)


def predicted_against_true():
    for name in NAMES:
        yield plots.predicted_against_true([1, 2e6], [1.5, -3e6], name, SENTENCES)
        yield plots.predicted_against_true(np.ones(999), np.ones(999), SENTENCE, KOREAN * 4, width=3)


def residual_histogram():
    for name in NAMES:
        yield plots.residual_histogram(np.random.default_rng(0).normal(0, 1e6, 500), name, SENTENCES)
        yield plots.residual_histogram([0.0], SENTENCE, KOREAN * 4, width=3)


def _sounds(count):
    return [np.sin(np.arange(800 + 400 * (i % 2)) / (3 + i)) for i in range(count)]


def waveforms():
    for name, columns in zip(NAMES, (1, 3, 4), strict=True):
        yield plots.waveforms(_sounds(7), [name] * 7, 16_000, columns, SENTENCES)
    yield plots.waveforms(_sounds(1), rate=8000, width=3)


def spectrograms():
    for name, with_waveforms in zip(NAMES, (True, False, True), strict=True):
        yield plots.spectrograms(_sounds(4), [name] * 4, 16_000, 3, SENTENCES, with_waveforms=with_waveforms)
    yield plots.spectrograms(_sounds(1), rate=4000, width=3.3, with_waveforms=True)


PICTURES = [
    accuracy_curves, bars, boxes, confusion_matrix, effect_grid, feature_maps, filter_grid, headline, image_grid,
    learning_curves, lines, mistakes, precision_recall, predicted_against_true, reliability, residual_histogram,
    scatter, share_maps, spectrograms, stage_picture, stage_shares, trade_off, waveforms,
]  # fmt: skip


def test_every_picture_is_held_to_its_canvas():
    assert {draw.__name__ for draw in PICTURES} == set(plots.__all__) - WORDS


@pytest.mark.slow
@pytest.mark.parametrize("draws", PICTURES, ids=lambda draws: draws.__name__)
def test_no_text_leaves_its_canvas_or_lies_on_another(draws):
    with warnings.catch_warnings():
        warnings.filterwarnings("error", "constrained_layout not applied")
        warnings.filterwarnings("ignore", "Glyph")  # where no Korean font is installed
        for fig in draws():
            assert_texts_have_room(fig)


@pytest.mark.slow
def test_a_long_title_takes_more_lines_and_no_wider_canvas():
    runs = [history(), history(shift=0.1)]
    short, long = (plots.learning_curves({name: runs}) for name in ("full", "feature_extraction_long"))
    both = plots.learning_curves({"feature_extraction_long": runs, "scratch": runs})
    assert short.get_figwidth() == long.get_figwidth() == both.get_figwidth() == 7
    assert "\n" in both.axes[0].get_title(loc="left") and "\n" not in short.axes[0].get_title(loc="left")


def svg_size(text):
    """Returns width and height in points, and those of the box that all is drawn in."""
    root = re.search(r'<svg [^>]*width="([\d.]+)pt" height="([\d.]+)pt" viewBox="0 0 ([\d.]+) ([\d.]+)"', text)
    return tuple(map(float, root.groups()))


def test_an_svg_is_the_same_for_the_same_picture_and_larger_only_as_a_whole():
    fig = plots.bars({"frozen": 0.97}, None, "Accuracy", percent=True, width=5, height=1)
    page, slide = plots.svg(fig), plots.svg(fig, scale=2.5)
    assert svg_size(page) == (360, 72, 360, 72)
    assert svg_size(slide) == (900, 180, 360, 72)
    assert slide.split("viewBox")[1] == page.split("viewBox")[1]
    assert plots.svg(fig) == page


@pytest.mark.parametrize("scale", [0, -1, float("nan"), float("inf"), True, "2"])
def test_a_scale_is_a_number_above_0(scale):
    fig = plots.bars({"frozen": 0.97}, None, "Accuracy")
    for draw in (lambda: plots.svg(fig, scale), lambda: plots.show(fig, "One bar.", scale)):
        with pytest.raises(ValueError, match="`scale` is a number above 0.*Received: scale="):
            draw()
