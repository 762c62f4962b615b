"""What pictures say of their own accord: English as ever, and Korean where that is the reader's language."""

import ast
import pathlib
import re
import string

import numpy as np
import pytest
from canvas import assert_texts_have_room, drawn_texts
from rows import GRID, STAGES, history, row

import ftlib as ft
from ftlib import plots
from ftlib.plots import words
from ftlib.plots.words import confidence_text, count_text, labels_text, name_word, say, score_label, seeds_text
from ftlib.score import ACCURACY, LOSS, Score

LIBRARY = pathlib.Path(words.__file__).parent.parent
LATIN = re.compile("[A-Za-z]{2,}")
BINS = [{"confidence": 0.9, "accuracy": 0.7, "n": 20}]
COUNTS = [[8, 2], [1, 9]]
MANY = np.eye(31, dtype=int) + np.diag(np.ones(30, int), 1)


@pytest.fixture
def in_korean(monkeypatch):
    monkeypatch.setenv("FTLIB_LANG", "ko")


def placeholders(template):
    return {(name, spec) for _, name, spec, _ in string.Formatter().parse(template) if name is not None}


def said_literally():
    """Returns the texts that `say` is called with in the library, but for those put together of parts."""
    texts = set()
    for path in [*(LIBRARY / "plots").glob("*.py"), *(LIBRARY / "evidence").glob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "say":
                first = node.args[0]
                choices = [first.body, first.orelse] if isinstance(first, ast.IfExp) else [first]
                texts |= {choice.value for choice in choices if isinstance(choice, ast.Constant)}
    return texts


def test_every_text_of_a_picture_has_korean_with_the_same_placeholders():
    assert said_literally() <= set(words._KOREAN)
    for english, korean in words._KOREAN.items():
        assert placeholders(english) == placeholders(korean), english
        assert re.search("[가-힣]|Hz|~|%", korean), english


def draw_all():
    """Yields the pictures that add words of their own; all names in them are without Latin letters."""
    digits = [str(number) for number in range(31)]
    rows = [{**cell, "strategy": {"scratch": "1", "full": "2"}[cell["strategy"]]} for cell in GRID]
    phases = (("1", 3), ("2", 4))
    curves = [history(phases), history(phases, shift=0.1)]
    stages = [{**stage, "stage": str(place)} for place, stage in enumerate(STAGES)]
    pixels = np.zeros((3, 8, 8, 1), "uint8")
    box, tone = np.array([[2, 2, 6, 7, 0]]), np.sin(np.arange(800) / 5)
    yield plots.accuracy_curves(rows)
    yield plots.accuracy_curves([row("1", labels=None)], x="updates", metric="val", score=LOSS)
    yield plots.headline(rows, rows, source="1", stacked=True)
    yield plots.learning_curves({"1": curves})
    yield plots.learning_curves({"1": curves, "2": [history(phases, shift=-0.1)]}, "val_loss")
    yield plots.learning_curves({name: curves[:1] for name in "123"})
    yield plots.stage_picture(stages)
    yield plots.stage_picture([{**stage, "state": "trainable"} for stage in stages])
    yield plots.confusion_matrix(COUNTS, ["1", "2"])
    yield plots.confusion_matrix(MANY, digits)
    for count in (1, 2):
        yield plots.mistakes(pixels, [3, 1, 2], [8, 1, 3], [0.97, 0.99, 0.999], digits, count=count)
    yield plots.mistakes(pixels, [1, 1, 1], [1, 1, 1], [1, 1, 1], digits)
    yield plots.bars({"1": 0.4, "2": 0.6}, None, "", percent=True, guess=0.3)
    yield plots.effect_grid({"1": [(0.3, 0.2, 0.4), (0.1, -0.2, 0.4)]}, ["1", "50"], "2", "1")
    yield plots.reliability({"1": BINS}, "1")
    yield plots.feature_maps({"1": np.random.default_rng(0).random((8, 8, 4))}, image=np.zeros((8, 8, 1)))
    yield plots.boxes(pixels[:1], [box], ["1"], truth=[box])
    yield plots.precision_recall({"1": (np.array([0.0, 0.5]), np.array([1.0, 0.5]))})
    yield plots.stage_shares({"1": [{"output_shape": (4, 4, 8), "params": 48}]})
    yield plots.predicted_against_true([1, 2, 3], [1, 2, 4], name="1")
    yield plots.residual_histogram([-0.4, 0.1], name="1")
    yield plots.waveforms([tone])
    yield plots.spectrograms([tone])


@pytest.mark.slow
def test_no_english_word_is_left_in_a_korean_picture_and_every_text_has_room(in_korean):
    for fig in draw_all():
        texts = [text.get_text() for text in drawn_texts(fig)[0]]
        assert not [text for text in texts if LATIN.search(re.sub("Hz|ECE|mAP|IoU", "", text))], texts
        assert_texts_have_room(fig)


def test_counts_are_as_in_english_without_a_korean_reader(monkeypatch):
    monkeypatch.setenv("FTLIB_LANG", "en")
    assert (count_text(1, "layer"), count_text(3000, "update")) == ("1 layer", "3,000 updates")
    assert (labels_text(10), labels_text(None)) == ("10 labels per class", "all labels")
    assert (seeds_text([5, 20]), seeds_text([1])) == ("5 to 20 seeds", "1 seed")
    assert (confidence_text(0.999), score_label(ACCURACY)) == ("over 99 %", "accuracy")
    assert say("Test {score}", score="accuracy") == "Test accuracy"


def test_counts_in_korean(in_korean):
    assert (count_text(1, "layer"), count_text(3000, "update")) == ("층 1개", "업데이트 3,000번")
    assert (labels_text(10), labels_text(None)) == ("클래스당 레이블 10개", "레이블 전부")
    assert (seeds_text([5, 20]), seeds_text([1])) == ("시드 5~20개", "시드 1개")
    assert (confidence_text(0.999), confidence_text(0.832)) == ("99 % 초과", "83 %")


def test_what_has_no_korean_stays_as_it_is(in_korean):
    assert (name_word("{odd}"), say("nothing like it")) == ("{odd}", "nothing like it")
    assert score_label(Score("bleu", "BLEU")) == "BLEU"
    figure = plots.learning_curves({"{a}": [[{"update": 20, "val_{b}": 1.0}]]}, metric="val_{b}")
    assert "{a}" in figure.axes[0].get_title(loc="left")


def test_a_report_is_english_for_all_readers(monkeypatch, tmp_path):
    scores = {f"{part}_{score}": 0.96 for part in ("test", "val") for score in ("accuracy", "macro_f1")}
    cell = {"strategy": "full", "labels_per_class": 10, "updates": 300, "rate_factor": 1, **scores}
    result = ft.Comparison({}, [{**cell, "seed": seed} for seed in range(3)])
    pages = []
    for language in ("en", "ko"):
        monkeypatch.setenv("FTLIB_LANG", language)
        pages.append(ft.write_report(result, tmp_path / f"{language}.html").read_text(encoding="utf-8"))
    assert pages[0] == pages[1]
