"""Figures of deck 6, and what the README's pictures of the domains are made of."""

import json
from typing import NamedTuple

import numpy as np

import ftlib as ft
from decks import draw
from decks.figures.common import figure
from decks.records import RESULTS
from ftlib.evidence.comparison import interval
from ftlib.models.minigenerator import FREE_CLASSES
from ftlib.models.shipped_files import read_card

SEEDS = 5


class Domain(NamedTuple):
    """Where the scores of a domain are: the record, the task in it, the methods by the names that are shown."""

    record: str
    task: str
    methods: dict[str, str]
    axis: str = "labels"
    score: str = "test_accuracy"


REVIEWS = Domain(
    "texts", "nsmc",
    {"lp_ft": "fine-tuned", "frozen": "frozen", "tfidf": "letters counted", "scratch": "from scratch"},
)  # fmt: skip
LICENCES = Domain(
    "language", "minigpt: licences",
    {"scratch": "from scratch", "LoRA 16": "LoRA, rank 16", "last stage": "last stage", "everything": "everything"},
)  # fmt: skip
PLATES = Domain(
    "detection", "plates", {"scratch": "from scratch", "frozen": "frozen", "lp_ft": "fine-tuned"}, score="test_map50"
)
COMMANDS = Domain(
    "speech", "speech_commands",
    {
        "google": "Google's, heard people", "lp_ft": "minispeech, fine-tuned", "segments": "without network",
        "scratch": "from scratch",
    },
    axis="labels_per_class",
)  # fmt: skip
PLATE_PHOTOS = 60
LETTERS, WALK_SEED = "AERX", 7


def read_record(name):
    return json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))


def scores_at(domain, method):
    """Returns what all seeds of a method scored, for each value of the axis where all are measured."""
    found = {}
    for row in read_record(domain.record)["rows"]:
        if (row["task"], row["method"]) == (domain.task, method):
            found.setdefault(row[domain.axis], []).append(row[domain.score])
    return {place: values for place, values in sorted(found.items()) if len(values) == SEEDS}


def mean_curves(domain):
    """Returns the mean scores of each method against what is on the axis, and the ticks of the axis."""
    found = {shown_name: scores_at(domain, method) for method, shown_name in domain.methods.items()}
    curves = {name: (list(at), [float(np.mean(values)) for values in at.values()]) for name, at in found.items()}
    ticks = {place: f"{place:,}" for place in sorted({place for at in found.values() for place in at})}
    return curves, ticks


def language_bars(domain):
    """Returns the bits per byte of a pair with 95 % intervals, and those before."""
    record = read_record(domain.record)
    bars = {"before": record["before"][domain.task]["test_bits"]}
    for method, shown_name in domain.methods.items():
        rows = [row for row in record["rows"] if (row["pair"], row["method"]) == (domain.task, method)]
        bars[shown_name] = interval([row["test_bits"] for row in rows], bounds=(0, np.inf))
    return bars


def plate_bars(domain):
    """Returns the average precision of each method at one number of photos, with 95 % intervals."""
    return {name: interval(scores_at(domain, method)[PLATE_PHOTOS]) for method, name in domain.methods.items()}


def letter_path():
    """Returns the way of a few letters out of noise, as `ft.sampling_path` gives it."""
    classes = [FREE_CLASSES + read_card("minigenerator")["classes"].index(letter) for letter in LETTERS]
    return ft.sampling_path(ft.denoiser("minigenerator"), len(LETTERS), seed=WALK_SEED, classes=classes, frames=8)


def _curves(domain, x_label):
    curves, ticks = mean_curves(domain)
    return draw.curves(curves, x_label, "Test accuracy", "", log_x=True, percent=True, x_ticks=ticks)


@figure
def reviews_by_labels(names):
    return _curves(REVIEWS, "Labels")


@figure
def plates_by_method(names):
    return draw.bars(plate_bars(PLATES), "mAP at 0.5, 60 photos: mean and 95 % interval, 5 seeds")


@figure
def commands_by_recordings(names):
    return _curves(COMMANDS, "Recordings of each word")


@figure
def letters_out_of_noise(names):
    path, rows = letter_path(), [0, 2]  # two of them: what a slide has room for
    frames = path.pixels[rows, ..., 0].reshape(-1, *path.pixels.shape[2:4])
    return draw.images(frames, columns=len(path.times), row_names=[LETTERS[row] for row in rows])
