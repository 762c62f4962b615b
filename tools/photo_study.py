"""Lessons 05 to 07 on photos: MobileNetV2, pre-trained on ImageNet, and five kinds of flowers. results/photos.json.

`python tools/photo_study.py` measures what is missing, cell by cell: stopped, it goes on where it was. The flowers come
from FTLIB_REAL, where that is set, else from a download; the weights as Keras keeps them (`KERAS_HOME`).

- Lesson 05: frozen and from scratch, with 5, 20 and 80 photos of each kind.
- Lesson 06: LP-FT at four rates; everything at once under a random head, and a random head that trains first. (Under a
  head of zeros, everything at once is a row of lesson 07.)
- Lesson 07: everything at once, head first, stage by stage, and rates that fall by half from stage to stage, at two
  rates.

All have equally many updates. Images of ImageNet are not at hand, so that its classes cannot tell what is left of the
pre-training. `clothes_read` stands in for them: how many images of Fashion-MNIST a logistic regression on the features
of the tuned backbone names, taught with the same 100 of them each time. `moved` is how far the kernels of each stage
went. From scratch, `val_accuracy_by_batch` is the accuracy with the statistics of each batch in place of the running
ones, which follow slowly in MobileNetV2.
"""

import argparse
import dataclasses
import functools
import os
import pathlib
import time

import gradual_study
import keras
import numpy as np
from study_record import StudyRecord, code_stamp, study_workers

import ftlib as ft
from ftlib.models.inference import predict

MODULES = ("course/tracks", "tasks/online")
SEEDS, UPDATES, BATCH = 5, 120, 16
LABELS = (5, 20, 80)
RATES = (3e-4, 1e-3)
LESSON_06_RATES = (1e-5, 1e-4, 1e-3, 1e-2)
SCRATCH_FACTORS = (1.0, 3.0)  # of the rate of `scratch`: its better one on validation counts
CLOTHES_PER_CLASS, CLOTHES_TESTED = 10, 300


def strategies():
    """Returns the strategy of every method, by its name in the record, and whether its head starts random."""
    lp_ft, full = ft.strategy("lp_ft"), ft.strategy("full")
    recipes = {"frozen": (ft.strategy("feature_extraction_long"), False)}
    for factor in SCRATCH_FACTORS:
        recipes[f"scratch x{factor:g}"] = (ft.strategy("scratch").scaled(factor), False)
    for rate in LESSON_06_RATES:
        recipes[f"lp_ft {rate:g}"] = (gradual_study.at_rate(lp_ft, rate), False)
    recipes |= {"random head": (full, True), "head first": (lp_ft, True)}
    for method, recipe in gradual_study.methods().items():
        for rate in RATES:
            recipes[f"{method} {rate:g}"] = (gradual_study.at_rate(recipe, rate), False)
    return {name: (dataclasses.replace(recipe, name=name), is_random) for name, (recipe, is_random) in recipes.items()}


def find_cells():
    """Returns `(task, labels, seed, method)` of every row; all seeds of a method, then the next one."""
    by_labels = ["frozen", *(f"scratch x{factor:g}" for factor in SCRATCH_FACTORS)]
    groups = [(labels, by_labels) for labels in LABELS]
    groups += [(20, [method for method in strategies() if method not in by_labels])]
    return [
        ("flowers", labels, seed, method) for labels, methods in groups for method in methods for seed in range(SEEDS)
    ]


@functools.cache
def photo_track():
    """Returns the track of photos, with the flowers of FTLIB_REAL where that is set."""
    real = os.environ.get("FTLIB_REAL")
    return ft.track("photo", pathlib.Path(real) / "flowers" if real else None)


@functools.cache
def clothes():
    """Returns images of clothes in the size of the backbone: `(to learn, their labels, to test, their labels)`."""
    task = ft.load_task("fashion_mnist", CLOTHES_PER_CLASS, seed=0).for_backbone(photo_track().backbone)
    places = np.linspace(0, len(task.validation) - 1, CLOTHES_TESTED).round().astype(int)
    tested = task.validation.take(places)
    return task.train.images[:], task.train.labels, tested.images[:], tested.labels


def read_clothes(backbone):
    """Returns which part of the clothes a logistic regression on mean features of a backbone names."""
    from sklearn.linear_model import LogisticRegression

    images, labels, tested_images, tested_labels = clothes()
    known, tested = (predict(backbone, batch, 64).mean(axis=(1, 2)) for batch in (images, tested_images))
    spread = known.std() or 1.0
    head = LogisticRegression(max_iter=2000).fit(known / spread, labels)
    return float(head.score(tested / spread, tested_labels))


def read_by_batch(run):
    """Returns the accuracy on validation photos of a network whose BatchNormalization goes by each batch of 50."""
    split = run.task.validation
    batches = [np.arange(begin, min(begin + 50, len(split))) for begin in range(0, len(split), 50)]
    is_right = [
        np.argmax(run.model(split.images[batch].astype("float32"), training=True), axis=1) == split.labels[batch]
        for batch in batches
    ]
    return float(np.mean(np.concatenate(is_right)))


def run_cell(cell):
    """Returns the row of a cell."""
    _, labels, seed, method = cell
    keras.backend.clear_session()
    start_time = time.process_time()
    recipe, is_random = strategies()[method]
    task = photo_track().task(labels_per_class=labels, seed=seed)
    model = ft.classifier(photo_track().backbone, task.num_classes)
    if is_random:
        kernel = model.get_layer("predictions").kernel
        kernel.assign(keras.initializers.GlorotUniform(seed)(kernel.shape))

    run = ft.fit(model, task, recipe, seed=seed, updates=UPDATES, batch_size=BATCH, verbose=False)
    scores = {
        "val_accuracy": run.val_accuracy, "val_loss": run.scores["validation"]["loss"],
        "test_accuracy": run.test_accuracy,
    }  # fmt: skip
    if method.startswith("scratch"):
        scores["val_accuracy_by_batch"] = read_by_batch(run)  # the last: it moves the running statistics
    elif method != "frozen":
        scores |= {"clothes_read": read_clothes(run.model.get_layer("backbone")), "moved": gradual_study.moved(run)}

    seconds = round(time.process_time() - start_time, 1)
    shown = "  ".join(f"{name} {scores[name]:.3f}" for name in ("val_accuracy", "clothes_read") if name in scores)
    print(f"flowers {labels} seed {seed}  {method:<16}  {shown}  {seconds} s", flush=True)
    return {
        "task": "flowers", "labels": labels, "seed": seed, "method": method, **scores, "seconds": seconds,
        "code": code_stamp(True, MODULES), "weights": None,
    }  # fmt: skip


class PhotoRecord(StudyRecord):
    """The rows of this study."""

    modules = MODULES


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=2, help="processes; one core each (2)")
    parser.add_argument("--fresh", action="store_true", help="measure again what was measured with other code")
    args = parser.parse_args()

    record = PhotoRecord("photos", ("test_accuracy", "val_accuracy", "clothes_read"), ("frozen", "lp_ft 0.001"))
    record.drop_outdated(args.fresh)
    record.settings = {
        "backbone": "MobileNetV2", "image_size": 96, "seeds": SEEDS, "updates": UPDATES, "batch_size": BATCH,
        "regularization": "light", "backend": keras.backend.backend(),
        "clothes_untouched": read_clothes(photo_track().backbone),
    }  # fmt: skip
    with study_workers(args.jobs) as pool:
        record.measure(find_cells(), run_cell, lambda cell: cell, pool)
    record.save()
    record.print_summary()


if __name__ == "__main__":
    main()
