"""Which class is a text of, with few labels? `minibert` beside what counts characters: results/texts.json.

`python tools/text_study.py` measures the cells that are missing, one after the other: stopped, it goes on where it was.
The reviews (NSMC, Korean) and sentences (SST-2, English) come from FTLIB_REAL; the task `docstrings` needs nothing.

- `tfidf`: TF-IDF of one to three characters, and a logistic regression whose C cross-validation on the training labels
  chooses. `tfidf_validation`: the same, but the validation labels choose C, as they choose a tuned network's epoch.
- `frozen`: mean features of minibert, standardized, and a logistic regression with C by cross-validation. A head that
  gradient descent trains stops before it is done, and so would be a weaker opponent of TF-IDF.
- `scratch`, `lp_ft`, `gradual`, `full`: `ft.fit` with the same number of updates. Regularization and rate of a strategy
  are chosen on validation, with one seed and one number of labels a task, and hold for all its rows.
- `minilm`: as `frozen`, of a real BERT (see minilm.py), if its packages are installed.

Validation and test are the same for all methods; the test is scored once a row. A seed draws the labels.
"""

from __future__ import annotations

import argparse
import csv
import functools
import importlib.metadata
import os
import pathlib
import re
import time
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import keras
import minilm
import numpy as np
from study_record import StudyRecord, code_stamp, study_workers, weights_stamp

import ftlib as ft
from ftlib.models.inference import predict
from ftlib.tasks import docstrings
from ftlib.tasks.parts import PARTS
from ftlib.tasks.task import draw_labels
from ftlib.tasks.texts import Corpus, text_task

SEEDS, UPDATES = 5, 200
VALIDATION_TEXTS, TEST_TEXTS = 1000, 2000
SPLIT_SEED = 0
CLASSES = {"nsmc": 2, "sst2": 2, "docstrings": 6}
COUNTING, NETWORKS = ("tfidf", "tfidf_validation"), ("frozen", "lp_ft", "scratch")
TRAINED = ("scratch", "lp_ft", "gradual", "full")
WITHOUT_MINIBERT = (*COUNTING, "minilm")
# What is measured, in the order of its weight: task, labels in all, methods.
GRID = (
    ("nsmc", (100, 300), (*COUNTING, *NETWORKS)),
    ("nsmc", (20, 1000), (*COUNTING, *NETWORKS)),
    ("docstrings", (30, 120, 300), (*COUNTING, *NETWORKS)),
    ("sst2", (20, 100, 300, 1000), (*COUNTING, "minilm", "frozen")),
    ("nsmc", (100,), ("gradual", "full")),
    ("sst2", (100, 300), ("scratch", "lp_ft")),
)
TUNING_LABELS = {"nsmc": 100, "sst2": 100, "docstrings": 120}
RATE_FACTORS, REGULARIZATIONS = (1.0, 3.0), ("none", "light")
TFIDF_C, FEATURE_C = (1.0, 10.0, 100.0), (0.001, 0.01, 0.1, 1.0)
FOLDS = 5


def real_folder() -> pathlib.Path | None:
    """Returns the folder of the real data, None where FTLIB_REAL does not name one."""
    named = os.environ.get("FTLIB_REAL")
    return pathlib.Path(named) if named and pathlib.Path(named).is_dir() else None


def read_table(path: pathlib.Path, text_column: str) -> list[tuple[str, int]]:
    """Returns texts and labels of a table whose columns tabs part, in its order."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [(row[text_column].strip(), int(row["label"])) for row in rows]


def read_sentiments(name: str, train_file: str, test_file: str, text_column: str) -> Corpus:
    """Returns a corpus of bad and good: what is validated on is drawn from the training file, and not trained on.

    Texts that differ in signs and spaces alone count as one; it stays in test, else in validation.
    """
    folder = real_folder()
    assert folder is not None
    rows = read_table(folder / name / train_file, text_column)
    order = np.random.default_rng(SPLIT_SEED).permutation(len(rows))
    parts = {
        "test": read_table(folder / name / test_file, text_column)[:TEST_TEXTS],
        "validation": [rows[index] for index in order[:VALIDATION_TEXTS]],
        "train": [rows[index] for index in order[VALIDATION_TEXTS:]],
    }
    seen: set[str] = set()
    for part, part_rows in parts.items():
        parts[part] = []
        for text, label in part_rows:
            letters = "".join(re.findall(r"\w", text.lower()))
            if letters not in seen:
                seen.add(letters)
                parts[part].append((text, label))
    return Corpus(
        name,
        {"nsmc": "NSMC's raw film reviews, a part", "sst2": "SST-2, a part"}[name],
        {"nsmc": "CC0", "sst2": "no formal licence"}[name],
        texts={part: [text for text, _ in part_rows] for part, part_rows in parts.items()},
        labels={part: [label for _, label in part_rows] for part, part_rows in parts.items()},
        class_names=("bad", "good"),
    )


@functools.cache
def read_corpus(task: str) -> Corpus:
    """Returns the texts of a task."""
    if task == "nsmc":
        return read_sentiments("nsmc", "train_30k.tsv", "test_5k.tsv", "document")
    if task == "sst2":
        return read_sentiments("sst2", "train.tsv", "test.tsv", "sentence")
    return docstrings.read_corpus()


def drawn_texts(task: str, label_count: int, seed: int) -> dict[str, tuple[list[str], np.ndarray]]:
    """Returns texts and labels by part; the training texts are those that `text_task` draws."""
    corpus = read_corpus(task)
    found = {}
    for part in PARTS:
        labels = np.asarray(corpus.labels[part], "int64")
        per_class = label_count // CLASSES[task] if part == "train" else None
        drawn = draw_labels(labels, per_class, seed)
        found[part] = [corpus.texts[part][row] for row in drawn], labels[drawn]
    return found


def fit_by_cross_validation(classifier: Any, choices: tuple[float, ...], inputs: Any, labels: np.ndarray) -> Any:
    """Returns a classifier that ends with a logistic regression, with the C that does best on parts of the training."""
    from sklearn.model_selection import GridSearchCV, StratifiedKFold

    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    return GridSearchCV(classifier, {"regression__C": choices}, cv=folds).fit(inputs, labels)


def count_characters(task: str, label_count: int, seed: int, by_validation: bool) -> dict[str, Any]:
    """Returns the scores of TF-IDF with a logistic regression."""
    from sklearn.base import clone
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import Pipeline

    texts = drawn_texts(task, label_count, seed)
    counts = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), sublinear_tf=True)
    classifier = Pipeline([("counts", counts), ("regression", LogisticRegression(max_iter=2000))])
    if by_validation:
        candidates = [clone(classifier).set_params(regression__C=c).fit(*texts["train"]) for c in TFIDF_C]
        chosen = max(candidates, key=lambda candidate: candidate.score(*texts["validation"]))
        best = chosen.get_params()["regression__C"]
    else:
        chosen = fit_by_cross_validation(classifier, TFIDF_C, *texts["train"])
        best = chosen.best_params_["regression__C"]
    return {
        "C": best, "val_accuracy": float(chosen.score(*texts["validation"])),
        "test_accuracy": float(chosen.score(*texts["test"])),
    }  # fmt: skip


@functools.cache
def minibert_features() -> keras.Model:
    """Returns the network up to the features that a head sees."""
    model = ft.classifier(ft.load_backbone("minibert"), 2)
    return keras.Model(model.inputs[0], model.get_layer("head_pool").output)


@functools.cache
def features_of(task: str, part: str) -> np.ndarray:
    """Returns minibert's features of validation or test."""
    tokenizer = ft.load_tokenizer("minibert")
    return predict(minibert_features(), tokenizer.encode(list(read_corpus(task).texts[part]), tokenizer.length))


@functools.cache
def minilm_vectors() -> minilm.SentenceVectors:
    """Returns MiniLM, after a look whether it is what it should be."""
    sentence_vectors = minilm.SentenceVectors(*minilm.load())
    minilm.check(sentence_vectors)
    return sentence_vectors


def classify_features(task: str, label_count: int, seed: int, method: str) -> dict[str, Any]:
    """Returns the scores of a logistic regression on the features of a frozen network."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import StandardScaler

    texts = drawn_texts(task, label_count, seed)
    features = {}
    for part, (part_texts, _) in texts.items():
        if method == "minilm":
            features[part] = minilm_vectors().of(part_texts)
        elif part == "train":
            tokenizer = ft.load_tokenizer("minibert")
            features[part] = predict(minibert_features(), tokenizer.encode(part_texts, tokenizer.length))
        else:
            features[part] = features_of(task, part)
    classifier = Pipeline([("scaler", StandardScaler()), ("regression", LogisticRegression(max_iter=2000))])
    chosen = fit_by_cross_validation(classifier, FEATURE_C, features["train"], texts["train"][1])
    return {
        "C": chosen.best_params_["regression__C"],
        "val_accuracy": float(chosen.score(features["validation"], texts["validation"][1])),
        "test_accuracy": float(chosen.score(features["test"], texts["test"][1])),
    }


def tune_network(cell: tuple, tests: bool) -> dict[str, Any]:
    """Returns the scores of `ft.fit`."""
    task_name, label_count, seed, method, regularization, rate_factor, updates = cell
    task = text_task(read_corpus(task_name), label_count // CLASSES[task_name], seed)
    keras.backend.clear_session()
    model = ft.with_head(ft.load_backbone("minibert"), task)
    strategy = ft.strategy(method).scaled(rate_factor)
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
    task, label_count, seed, method, *_ = cell
    if method in COUNTING:
        return _row(cell, lambda: count_characters(task, label_count, seed, method == "tfidf_validation"))
    if method in ("frozen", "minilm"):
        return _row(cell, lambda: classify_features(task, label_count, seed, method))
    return _row(cell, lambda: tune_network(cell, tests=True))


def _row(cell, measure):
    task, label_count, seed, method, *_ = cell
    start_time = time.process_time()
    scores = measure()
    uses_minibert = method not in WITHOUT_MINIBERT
    seconds = round(time.process_time() - start_time, 1)
    shown = "  ".join(f"{name} {value:.3f}" for name, value in scores.items() if name.endswith("accuracy"))
    chosen = "  ".join(f"{name} {scores[name]}" for name in ("C", "regularization", "rate_factor") if name in scores)
    print(f"{task} {label_count} seed {seed}  {method:<17} {shown}  {chosen}  {seconds} s", flush=True)
    return {
        "task": task, "labels": label_count, "labels_per_class": label_count // CLASSES[task], "seed": seed,
        "method": method, **scores, "seconds": seconds, "code": code_stamp(trains=uses_minibert),
        "weights": weights_stamp() if uses_minibert else None,
    }  # fmt: skip


def all_cells() -> list[tuple]:
    """Returns task, labels, seed and method of every row."""
    return [
        (task, label_count, seed, method)
        for task, label_counts, methods in GRID
        for label_count in label_counts
        for method in methods
        for seed in range(SEEDS)
    ]


def measurable(cells: list[tuple]) -> list[tuple]:
    """Returns the cells for which all is there, and says what the others need."""
    if real_folder() is None:
        print("Reviews and sentences are left out: FTLIB_REAL does not name the folder that holds them.", flush=True)
        cells = [cell for cell in cells if cell[0] == "docstrings"]
    missing = minilm.missing_packages()
    if missing and any(cell[3] == "minilm" for cell in cells):
        print(f"MiniLM is left out: pip install {' '.join(missing)}", flush=True)
        cells = [cell for cell in cells if cell[3] != "minilm"]
    return cells


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", nargs="+", choices=CLASSES, default=list(CLASSES))
    parser.add_argument("--methods", nargs="+", default=[*COUNTING, "frozen", "minilm", *TRAINED])
    parser.add_argument("--labels", nargs="+", type=int, help="numbers of labels (all of the grid)")
    parser.add_argument("--seeds", type=int, default=SEEDS, help=f"the first so many ({SEEDS})")
    parser.add_argument("--jobs", type=int, default=2, help="processes; one core each (2)")
    parser.add_argument("--fresh", action="store_true", help="measure again what was measured with other code")
    args = parser.parse_args()

    references = ("tfidf", "tfidf_validation", "frozen", "scratch")
    record = StudyRecord("texts", ("test_accuracy", "val_accuracy"), references)
    record.drop_outdated(args.fresh)
    wanted = [
        cell
        for cell in measurable(all_cells())
        if cell[0] in args.tasks
        and cell[3] in args.methods
        and cell[2] < args.seeds
        and (args.labels is None or cell[1] in args.labels)
    ]
    record.settings = {
        "backbone": "minibert", "updates": UPDATES, "seeds": SEEDS, "backend": keras.backend.backend(),
        "validation_texts": VALIDATION_TEXTS, "test_texts": TEST_TEXTS, "tfidf_C": TFIDF_C, "feature_C": FEATURE_C,
        "folds": FOLDS, "libraries": {
            package: importlib.metadata.version(package)
            for package in ("numpy", "scipy", "scikit-learn", "keras", "matplotlib", "scikit-image")
        },
    }  # fmt: skip
    groups = dict.fromkeys((task, label_count, method) for task, label_count, _, method in wanted)
    with study_workers(args.jobs) as pool:
        for task, label_count, method in groups:
            mine = [cell for cell in wanted if (cell[0], cell[1], cell[3]) == (task, label_count, method)]
            if method in TRAINED:
                tune(record, task, method, pool)
            record.measure(mine, run_cell, lambda cell: with_choice(record, cell), pool)
    record.save()
    record.print_summary()


def tune(record: StudyRecord, task: str, method: str, pool: ProcessPoolExecutor) -> None:
    """Tries every regularization and rate for a strategy on a task, with one seed and one number of labels."""
    choices = [
        (task, TUNING_LABELS[task], 0, method, regularization, factor, UPDATES)
        for regularization in REGULARIZATIONS
        for factor in RATE_FACTORS
    ]
    record.tune(choices, run_choice, pool)


def with_choice(record: StudyRecord, cell: tuple) -> tuple:
    """Returns a cell with the regularization and rate that validation chose, and the number of updates."""
    choice = record.choice_for(cell[0], cell[3], "val_accuracy")
    return cell if choice is None else (*cell, choice["regularization"], choice["rate_factor"], UPDATES)


if __name__ == "__main__":
    main()
