"""Does a generator of letters help to draw digits, with few digits to learn from? results/generation.json.

`python tools/generation_study.py` measures the cells that are missing, one after the other: stopped, it goes on where
it was. The digits are scikit-learn's, enlarged to 16 by 16 pixels, 1 or 3 of each class, drawn by the seed.

- `scratch`: the same network from random weights.
- `full`: `minigenerator`, all of it.
- `condition`: `minigenerator` with everything frozen but what its blocks make of time and class, as an adapter would.
- `real`: no network: the digits of the training themselves, repeated, as one that copies perfectly would draw them.
- `others`: no network: real digits of the validation part, the best that can be hoped for.

All networks have equally many updates, and end with the weights of the best validation loss. The rate of a method is
chosen on validation, by the same loss, with one seed and one number of digits. Every generator draws 300 digits:

- `judge_accuracy`: the share that a judge, which learnt from all real training digits, reads as what was asked;
- `frechet_distance`: how far their features are from those of the 500 test digits, in mean and covariance;
- `nearest_ratio`: how far the nearest training digit is, as a part of what it is for test digits: 0 for a copy;
- `helped_accuracy`: of a classifier that learns from the real and the drawn digits together, and `alone_accuracy` of
  the same without the drawn ones;
- `letters_read`: of letters that the tuned generator still draws when it is asked for letters, the share that are read.
"""

from __future__ import annotations

import argparse
import functools
import time
from typing import Any

import keras
import numpy as np
from study_record import StudyRecord, code_stamp, rounded, study_workers, weights_stamp

import ftlib as ft
from ftlib.evidence.comparison import interval
from ftlib.models.inference import predict
from ftlib.models.minigenerator import CLASS_CHANNELS, FREE_CLASSES, IMAGE_SIZE, LETTERS
from ftlib.objectives.image_distances import frechet_distance, nearest_distances
from ftlib.tasks.resizing import fit_images
from ftlib.tasks.split import Split
from ftlib.tasks.task import Task, draw_labels
from ftlib.training.loop_rules import updates_per_epoch

BACKBONE = "minigenerator"
SEEDS, UPDATES, BATCH = 5, 200, 32
DRAWN, STEPS = 300, 10  # digits that are drawn, and steps from noise to each
CLASSES = 10
PER_CLASS = {"real": (1, 3), "others": (1, 3), "scratch": (1, 3), "full": (1, 3), "condition": (3,)}
TRAINED, OF_IMAGES = ("scratch", "full", "condition"), ("real", "others")
RATES = {"scratch": (1e-3, 3e-3, 1e-2), "full": (1e-3, 3e-3), "condition": (1e-2,)}
TUNED_ON = 3  # digits of a class
SCORES = ("judge_accuracy", "frechet_distance", "nearest_ratio", "helped_accuracy")
NO_BOUNDS = (-np.inf, np.inf)
CONDITION_LAYERS = ("_condition", "_scale", "_shift")  # endings of their names
MODULES = (
    "evidence/generation", "models/denoising_network", "models/minigenerator", "objectives/denoising",
    "objectives/image_distances", "tasks/digits",
)  # fmt: skip


@functools.cache
def all_digits() -> Task:
    """Returns the digits with all their training images, of 16 by 16 pixels."""
    return ft.load_task("digits").with_images((IMAGE_SIZE, IMAGE_SIZE, 1))


def few_digits(per_class: int, seed: int) -> Task:
    """Returns the task of drawing, with so many training digits of each class."""
    task = all_digits()
    train = task.train.take(draw_labels(task.train.targets, per_class, seed))
    objective = ft.Denoising(conditional=True, class_channels=CLASS_CHANNELS)
    return Task(
        "digits", train, task.validation, task.test, task.class_names, task.source, task.licence, objective=objective
    )


@functools.cache
def features() -> keras.Model:
    """Returns what describes an image: glyphnet, which learnt letters, its maps averaged."""
    backbone = ft.load_backbone("glyphnet")
    return keras.Model(backbone.inputs[0], keras.layers.GlobalAveragePooling2D()(backbone.outputs[0]))


def describe(images: np.ndarray) -> np.ndarray:
    """Returns the features of images, `(n, 128)`."""
    return predict(features(), fit_images(images, (32, 32), 1))


def make_reader(seen: np.ndarray, labels: np.ndarray) -> Any:
    """Returns a logistic regression on the features of images."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=2000)).fit(seen, labels)


@functools.cache
def judge() -> Any:
    """Returns the judge, which learnt from all real training digits."""
    return make_reader(describe(np.asarray(all_digits().train.images)), all_digits().train.labels)


@functools.cache
def letter_judge() -> keras.Model:
    """Returns glyphnet with the head of its pre-training, which reads letters."""
    return ft.source_model("glyphnet")[0]


def train_condition(model: keras.Model, task: Task, rate: float, updates: int, seed: int) -> keras.Model:
    """Returns a model of which only the layers that hear of time and class were trained, as `ft.fit` would.

    Its stages cannot tell these layers apart, since each block has some.
    """
    for layer in model.get_layer("backbone").layers:
        layer.trainable = layer.name.endswith(CONDITION_LAYERS)
    model.get_layer("velocity").trainable = False
    objective, unchanged = task.objective, ft.Regularization()
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0, updates - updates // 10, warmup_target=rate, warmup_steps=updates // 10
    )
    model.compile(keras.optimizers.Adam(schedule), objective.make_loss(unchanged))
    validation = objective.for_evaluation(task.validation)
    held_out = validation.inputs[np.arange(len(validation.inputs))]
    epoch = updates_per_epoch(len(task.train), BATCH, updates)
    rng = np.random.default_rng([seed, 5])
    images, labels = np.asarray(task.train.images), task.train.labels
    best, best_weights = np.inf, model.get_weights()
    for update in range(updates):
        rows = rng.permutation(np.resize(rng.permutation(len(labels)), BATCH))
        stack, velocities = objective.make_batch(images[rows], labels[rows], task, unchanged, rng)
        model.train_on_batch(stack, velocities)
        if (update + 1) % epoch == 0 or update + 1 == updates:
            loss = objective.reduce_outputs(predict(model, held_out), validation.targets).mean()
            if loss < best:
                best, best_weights = loss, model.get_weights()
    model.set_weights(best_weights)
    return model


def tune(method: str, task: Task, rate: float, updates: int, seed: int) -> keras.Model:
    """Returns a generator that was trained on a task."""
    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)
    model = ft.denoiser(BACKBONE)
    if method == "condition":
        return train_condition(model, task, rate, updates, seed)
    start = "random" if method == "scratch" else "pretrained"
    strategy = ft.Strategy(method, start, (ft.Phase("all", "all", rate=rate),))
    return ft.fit(model, task, strategy, "none", seed, updates=updates, batch_size=BATCH, verbose=False).model


def loss_of(model: keras.Model, task: Task, part: str) -> dict[str, float]:
    """Returns loss and explained variance of a generator on a part."""
    split: Split = task.objective.for_evaluation(task.splits[part])
    outputs = predict(model, split.inputs[np.arange(len(split.inputs))])
    return task.objective.score(task.objective.reduce_outputs(outputs, split.targets), split.targets)


@functools.cache
def seen_in_test() -> np.ndarray:
    """Returns the features of the test digits."""
    return describe(np.asarray(all_digits().test.images))


def scores_of(drawn: np.ndarray, asked: np.ndarray, task: Task) -> dict[str, float]:
    """Returns the scores of drawn digits; see the top."""
    train, labels, test = np.asarray(task.train.images), task.train.labels, task.test
    seen, seen_in_train = describe(drawn), describe(train)
    alone = make_reader(seen_in_train, labels)
    helped = make_reader(np.concatenate([seen_in_train, seen]), np.concatenate([labels, asked]))
    usual = np.median(nearest_distances(np.asarray(test.images), train))
    return {
        "judge_accuracy": float(judge().score(seen, asked)),
        "frechet_distance": frechet_distance(seen, seen_in_test()),
        "nearest_ratio": float(np.median(nearest_distances(drawn, train)) / usual),
        "helped_accuracy": float(helped.score(seen_in_test(), test.labels)),
        "alone_accuracy": float(alone.score(seen_in_test(), test.labels)),
    }


def letters_read(model: keras.Model, seed: int) -> float:
    """Returns how many of the letters that a generator is asked for are read as these."""
    asked = np.arange(3 * LETTERS) % LETTERS
    drawn = ft.generate(model, len(asked), seed, classes=FREE_CLASSES + asked, steps=STEPS)
    said = predict(letter_judge(), fit_images(drawn, (32, 32), 1)).argmax(1)
    return float((said == asked).mean())


def measure(cell: tuple, tests: bool) -> dict[str, Any]:
    """Returns the scores of a cell; without `tests` those of validation alone."""
    _, count, seed, method, rate, updates = cell
    task = few_digits(count // CLASSES, seed)
    asked = np.arange(DRAWN) % CLASSES
    if method in OF_IMAGES:
        source = task.train if method == "real" else task.validation
        rows = [np.resize(np.flatnonzero(source.labels == label), DRAWN // CLASSES) for label in range(CLASSES)]
        drawn = np.asarray(source.images)[np.stack(rows, axis=1).ravel()]
        return scores_of(drawn, asked, task)
    model = tune(method, task, rate, updates, seed)
    scores = {"rate": rate, "updates": updates, "val_loss": loss_of(model, task, "validation")["loss"]}
    if not tests:
        return scores
    drawn = ft.generate(model, DRAWN, seed, classes=asked, steps=STEPS)
    scores |= {"explained": loss_of(model, task, "test")["explained"], **scores_of(drawn, asked, task)}
    return scores | ({} if method == "scratch" else {"letters_read": letters_read(model, seed)})


def run_choice(cell: tuple) -> dict[str, Any]:
    """Returns the row of a choice that is tried; the test is not looked at."""
    return _row(cell, tests=False)


def run_cell(cell: tuple) -> dict[str, Any]:
    """Returns the row of a cell."""
    return _row(cell, tests=True)


def _row(cell, tests):
    name, count, seed, method, *_ = cell
    start_time = time.process_time()
    scores = measure(cell, tests)
    seconds = round(time.process_time() - start_time, 1)
    shown = "  ".join(f"{score} {value:.3f}" for score, value in scores.items() if isinstance(value, float))
    print(f"{name} {count} seed {seed}  {method:<10} {shown}  {seconds} s", flush=True)
    return {
        "task": name, "labels": count, "labels_per_class": count // CLASSES, "seed": seed, "method": method, **scores,
        "seconds": seconds, "code": code_stamp(True, MODULES),
        "weights": weights_stamp(BACKBONE) if method in ("full", "condition") else None,
    }  # fmt: skip


class GenerationRecord(StudyRecord):
    """The rows of this study; distances have no upper end, and every score is compared with scratch."""

    modules, choice_keys = MODULES, (*StudyRecord.keys, "rate")

    def summary(self) -> list[dict[str, Any]]:
        """Returns mean and 95 % interval of each score of every cell, and of its difference to scratch by seed."""
        cells, lines = self.rows_by_seed(), []
        for (task, labels, method), by_seed in cells.items():
            line: dict[str, Any] = {"task": task, "labels": labels, "method": method, "n": len(by_seed)}
            scratch = cells.get((task, labels, "scratch"), {})
            shared = sorted(set(by_seed) & set(scratch))
            for score in self.scores:
                line[score] = rounded(interval([row[score] for row in by_seed.values()], NO_BOUNDS))
                if method != "scratch" and shared:
                    gains = [by_seed[seed][score] - scratch[seed][score] for seed in shared]
                    line[f"{score}_over_scratch"] = rounded(interval(gains, NO_BOUNDS))
            lines.append(line)
        return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=SEEDS, help=f"the first so many ({SEEDS})")
    parser.add_argument("--jobs", type=int, default=2, help="processes; one core each (2)")
    parser.add_argument("--fresh", action="store_true", help="measure again what was measured with other code")
    args = parser.parse_args()

    record = GenerationRecord("generation", SCORES, ("scratch",))
    record.drop_outdated(args.fresh, weights_stamp(BACKBONE), {code_stamp(True, MODULES)})
    record.settings = {
        "backbone": BACKBONE, "updates": UPDATES, "batch": BATCH, "drawn": DRAWN, "steps": STEPS, "seeds": SEEDS,
        "backend": keras.backend.backend(),
        "judge_on_real_test": float(judge().score(seen_in_test(), all_digits().test.labels)),
        "letters_read_before": letters_read(ft.denoiser(BACKBONE), 0),
    }  # fmt: skip
    with study_workers(args.jobs) as pool:
        choices = [
            ("digits", CLASSES * TUNED_ON, 0, method, rate, UPDATES) for method in TRAINED for rate in RATES[method]
        ]
        record.tune(choices, run_choice, pool)
        cells = [
            ("digits", CLASSES * per_class, seed, method)
            for method in (*OF_IMAGES, *TRAINED)
            for seed in range(args.seeds)
            for per_class in PER_CLASS[method]
        ]
        cells.sort(key=lambda cell: (cell[3] == "condition", cell[2]))  # pairs of seeds first
        record.measure(cells, run_cell, functools.partial(with_choice, record), pool)
    record.save()
    for line in record.summary():
        print(line, flush=True)


def with_choice(record: StudyRecord, cell: tuple) -> tuple:
    """Returns a cell with the rate that validation chose, and the number of updates."""
    if cell[3] in OF_IMAGES:
        return (*cell, None, 0)
    tried = [row for row in record.tuning if row["method"] == cell[3]]
    return (*cell, min(tried, key=lambda row: row["val_loss"])["rate"], UPDATES)


if __name__ == "__main__":
    main()
