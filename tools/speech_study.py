"""Which word is said, with few recordings of it? `minispeech` beside what knows nothing: results/speech.json.

`python tools/speech_study.py` measures the cells that are missing, one after the other: stopped, it goes on where it
was. Speech Commands (real people, ten English words) and FSDD (spoken digits) come from FTLIB_REAL. Both are split by
speaker.

- `segments`: what needs no network. The loudest 0.6 seconds of the log-mel spectrogram in six parts, the mean of each
  band in each, and a logistic regression whose C cross-validation on the training recordings chooses. Where the word
  begins matters: the same without looking for the loud part does far worse.
- `frozen`: mean features of minispeech, standardized, and a logistic regression in the same way.
- `google`: the same, of Google's speech embedding (see speech_embedding.py), if its packages are installed.
- `frozen_by_recording`, `segments_by_recording`: `frozen` and `segments`, had the recordings been split without a
  look at who speaks: what that promises.
- `scratch`, `full`, `lp_ft`: `ft.fit` with the same number of updates. The rate of a strategy is chosen on validation,
  with one seed and one number of recordings a task, and holds for all its rows.

Validation and test are the same for all methods but those by recording; the test is scored once a row. A seed draws the
training recordings.
"""

from __future__ import annotations

import argparse
import functools
import os
import pathlib
import time
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import keras
import numpy as np
import speech_embedding
from study_record import StudyRecord, code_stamp, study_workers, weights_stamp

import ftlib as ft
from ftlib.models.inference import predict
from ftlib.sound import log_mel
from ftlib.tasks.online_sounds import SPEECH_COMMANDS, SPOKEN_DIGITS, load_spoken_archive
from ftlib.tasks.parts import PARTS
from ftlib.tasks.spoken import split_by_recording
from ftlib.tasks.task import Task, draw_labels

BACKBONE = "minispeech"
SEEDS, UPDATES = 5, 200
CLASSES = 10
ARCHIVES = {"speech_commands": (SPEECH_COMMANDS, "speech_commands.zip"), "spoken_digits": (SPOKEN_DIGITS, "fsdd.zip")}
PER_WORD = {"speech_commands": (3, 10, 30), "spoken_digits": (1, 3, 10)}
ON_FEATURES = ("segments", "google", "frozen", "segments_by_recording", "frozen_by_recording")
TRAINED = ("scratch", "full", "lp_ft")
WITHOUT_MINISPEECH = ("segments", "segments_by_recording", "google", "scratch")
RATE_FACTORS, REGULARIZATION, TUNED_ON = (1.0, 3.0), "light", 10  # recordings a word
FEATURE_C, FOLDS = (0.001, 0.01, 0.1, 1.0), 5
WORD_MOMENTS, WORD_PARTS = 60, 6  # of 10 ms each, and how many means are taken of them
SPLIT_SEED = 0  # of a split by recording
MODULES = (
    "models/speech_network", "sound", "tasks/online_sounds", "tasks/sound_files/read", "tasks/spoken",
)  # fmt: skip


def real_folder() -> pathlib.Path | None:
    """Returns the folder of the real data, None where FTLIB_REAL does not name one."""
    named = os.environ.get("FTLIB_REAL")
    return pathlib.Path(named) if named and pathlib.Path(named).is_dir() else None


@functools.cache
def read_task(name: str, by_recording: bool = False) -> Task:
    """Returns a task with all its training recordings."""
    if by_recording:
        return split_by_recording(read_task(name), SPLIT_SEED)
    folder = real_folder()
    assert folder is not None
    spoken_set, file_name = ARCHIVES[name]
    return load_spoken_archive(spoken_set, folder / file_name)


def with_few(task: Task, per_word: int, seed: int) -> tuple[Task, np.ndarray]:
    """Returns a task with so many training recordings of each word, and which of all these are."""
    drawn = draw_labels(task.train.targets, per_word, seed)
    few = Task(
        task.name, task.train.take(drawn), task.validation, task.test, task.class_names, task.source, task.licence,
        kind="audio",
    )  # fmt: skip
    return few, drawn


@functools.cache
def features_of(name: str, part: str, method: str) -> np.ndarray:
    """Returns what a method makes of all recordings of a part, `(n, features)`."""
    kind, _, by_recording = method.partition("_")
    sounds = np.asarray(read_task(name, bool(by_recording)).splits[part].inputs)
    if kind == "segments":
        return segment_means(sounds)
    if kind == "google":
        return google_embedding().of(sounds)
    model = ft.classifier(ft.load_backbone(BACKBONE), 2)
    return predict(keras.Model(model.inputs[0], model.get_layer("head_pool").output), sounds)


def segment_means(sounds: np.ndarray) -> np.ndarray:
    """Returns the mean of each mel band in six parts of the loudest 0.6 seconds, `(n, 240)`, without loudness."""
    decibels = log_mel(sounds, rate=16_000, bands=40)
    decibels = np.maximum(decibels, decibels.max(axis=(1, 2), keepdims=True) - 50)
    decibels -= decibels.mean(axis=(1, 2), keepdims=True)
    loudness = decibels.mean(axis=1)
    loudness -= loudness.min(axis=1, keepdims=True)
    middles = (loudness * np.arange(loudness.shape[1])).sum(axis=1) / (loudness.sum(axis=1) + 1e-9)
    starts = np.clip(middles.astype(int) - WORD_MOMENTS // 2, 0, loudness.shape[1] - WORD_MOMENTS)
    words = np.stack([sound[:, start : start + WORD_MOMENTS] for sound, start in zip(decibels, starts, strict=True)])
    parts = words.reshape(len(words), words.shape[1], WORD_PARTS, -1).mean(axis=3)
    return parts.reshape(len(words), -1)


@functools.cache
def google_embedding() -> speech_embedding.SpeechEmbedding:
    """Returns Google's network, loaded once."""
    return speech_embedding.SpeechEmbedding()


def classify_features(name: str, per_word: int, seed: int, method: str) -> dict[str, Any]:
    """Returns the scores of a logistic regression on features."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV, StratifiedKFold
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import StandardScaler

    task = read_task(name, method.endswith("by_recording"))
    drawn = draw_labels(task.train.targets, per_word, seed)
    inputs, labels = features_of(name, "train", method)[drawn], task.train.targets[drawn]
    classifier: Any = Pipeline([("scaler", StandardScaler()), ("regression", LogisticRegression(max_iter=2000))])
    if per_word == 1:  # of one recording there are no parts
        chosen, best = classifier.set_params(regression__C=FEATURE_C[1]).fit(inputs, labels), FEATURE_C[1]
    else:
        folds = StratifiedKFold(min(FOLDS, per_word), shuffle=True, random_state=0)
        chosen = GridSearchCV(classifier, {"regression__C": FEATURE_C}, cv=folds).fit(inputs, labels)
        best = chosen.best_params_["regression__C"]
    scores = {
        part: float(chosen.score(features_of(name, part, method), task.splits[part].targets)) for part in PARTS[1:]
    }
    return {"C": best, "val_accuracy": scores["validation"], "test_accuracy": scores["test"]}


def tune_network(cell: tuple, tests: bool) -> dict[str, Any]:
    """Returns the scores of `ft.fit`."""
    name, count, seed, method, regularization, rate_factor, updates = cell
    task, _ = with_few(read_task(name), count // CLASSES, seed)
    keras.backend.clear_session()
    backbone = ft.load_backbone(BACKBONE, weights=None if method == "scratch" else "default")
    strategy = ft.strategy(method).scaled(rate_factor)
    model = ft.with_head(backbone, task)
    run = ft.fit(model, task, strategy, regularization, seed, updates=updates, verbose=False)
    scores = {
        "regularization": regularization, "rate_factor": rate_factor, "updates": updates,
        "updates_done": sum(phase["updates_done"] for phase in run.phases),
        "val_accuracy": run.val_accuracy, "val_loss": run.score("validation")["loss"],
    }  # fmt: skip
    return scores | ({"test_accuracy": run.test_accuracy} if tests else {})


def run_choice(cell: tuple) -> dict[str, Any]:
    """Returns the row of a choice that is tried; the test is not looked at."""
    return _row(cell, lambda: tune_network(cell, tests=False))


def run_cell(cell: tuple) -> dict[str, Any]:
    """Returns the row of a cell."""
    name, count, seed, method, *_ = cell
    if method in ON_FEATURES:
        return _row(cell, lambda: classify_features(name, count // CLASSES, seed, method))
    return _row(cell, lambda: tune_network(cell, tests=True))


def stamp_of(method: str) -> str:
    """Returns the stamp of the code that a row of a method depends on."""
    return code_stamp(method not in WITHOUT_MINISPEECH or method == "scratch", MODULES, MODULES)


def _row(cell, measure):
    name, count, seed, method, *_ = cell
    start_time = time.process_time()
    scores = measure()
    seconds = round(time.process_time() - start_time, 1)
    shown = "  ".join(f"{score} {value:.3f}" for score, value in scores.items() if score.endswith("accuracy"))
    chosen = "  ".join(f"{choice} {scores[choice]}" for choice in ("C", "rate_factor") if choice in scores)
    print(f"{name} {count} seed {seed}  {method:<24} {shown}  {chosen}  {seconds} s", flush=True)
    return {
        "task": name, "labels": count, "labels_per_class": count // CLASSES, "seed": seed, "method": method, **scores,
        "seconds": seconds, "code": stamp_of(method),
        "weights": None if method in WITHOUT_MINISPEECH else weights_stamp(BACKBONE),
    }  # fmt: skip


def all_cells() -> list[tuple]:
    """Returns task, recordings in all, seed and method of every row; those that cost little first, then by seeds."""
    cells = [
        (name, CLASSES * per_word, seed, method)
        for name, counts in PER_WORD.items()
        for per_word in counts
        for seed in range(SEEDS)
        for method in (*ON_FEATURES, *TRAINED)
    ]
    return sorted(cells, key=lambda cell: (cell[3] in TRAINED, cell[2] if cell[3] in TRAINED else 0))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", nargs="+", choices=ARCHIVES, default=list(ARCHIVES))
    parser.add_argument("--methods", nargs="+", choices=(*ON_FEATURES, *TRAINED), default=[*ON_FEATURES, *TRAINED])
    parser.add_argument("--seeds", type=int, default=SEEDS, help=f"the first so many ({SEEDS})")
    parser.add_argument("--jobs", type=int, default=2, help="processes; one core each (2)")
    parser.add_argument("--fresh", action="store_true", help="measure again what was measured with other code")
    args = parser.parse_args()
    if real_folder() is None:
        parser.exit(1, "The recordings come from FTLIB_REAL, which does not name the folder that holds them.\n")
    if "google" in args.methods and speech_embedding.missing_packages():
        print(f"Google's embedding is left out: pip install {' '.join(speech_embedding.missing_packages())}")
        args.methods.remove("google")

    record = StudyRecord("speech", ("test_accuracy", "val_accuracy"), ("segments", "google", "frozen", "scratch"))
    record.drop_outdated(args.fresh, weights_stamp(BACKBONE), {stamp_of(method) for method in (*ON_FEATURES, *TRAINED)})
    record.settings = {
        "backbone": BACKBONE, "updates": UPDATES, "seeds": SEEDS, "backend": keras.backend.backend(),
        "regularization": REGULARIZATION, "feature_C": FEATURE_C, "folds": FOLDS,
        "recordings": {
            name: {part: len(split) for part, split in read_task(name).splits.items()} for name in args.tasks
        },
        "speakers": {
            name: {part: len(np.unique(split.groups)) for part, split in read_task(name).splits.items()}
            for name in args.tasks
        },
    }  # fmt: skip
    wanted = [
        cell for cell in all_cells() if cell[0] in args.tasks and cell[3] in args.methods and cell[2] < args.seeds
    ]
    with study_workers(args.jobs) as pool:
        record.measure([cell for cell in wanted if cell[3] in ON_FEATURES], run_cell, lambda cell: cell, pool)
        for name in args.tasks:
            for method in (method for method in TRAINED if method in args.methods):
                tune(record, name, method, pool)
        record.measure(
            [cell for cell in wanted if cell[3] in TRAINED], run_cell, lambda cell: with_choice(record, cell), pool
        )
    record.save()
    record.print_summary()


def tune(record: StudyRecord, name: str, method: str, pool: ProcessPoolExecutor) -> None:
    """Tries every rate for a strategy on a task, with one seed and one number of recordings."""
    choices = [
        (name, CLASSES * TUNED_ON, 0, method, REGULARIZATION, rate_factor, UPDATES) for rate_factor in RATE_FACTORS
    ]
    record.tune(choices, run_choice, pool)


def with_choice(record: StudyRecord, cell: tuple) -> tuple:
    """Returns a cell with the regularization and rate that validation chose, and the number of updates."""
    choice = record.choice_for(cell[0], cell[3], "val_accuracy")
    assert choice is not None, "rates are tried before they are used"
    return (*cell, choice["regularization"], choice["rate_factor"], UPDATES)


if __name__ == "__main__":
    main()
