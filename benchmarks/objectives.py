"""Several labels and numbers on real photos: which blood cells are in a photo, and how many red ones.

`python benchmarks/objectives.py` trains on 80 photos of BCCD for each of five seeds, by `ft.fit` and by plain Keras as
the transfer-learning guide writes it (10 epochs of a new head on a frozen MobileNetV2, then 10 of everything at 1e-5),
with the head and the loss of the task: sigmoid and binary cross-entropy, or one number and the squared error. To the
favour of plain Keras it learns the number in standard deviations, which the guide does not do. Both sides begin with
decoded photos and a loaded backbone, and see the same 60 photos of validation; the scores are those of the same 120 of
test.
"""

import argparse
import io
import pathlib
import zipfile

import common  # noqa: F401  (first: it tells Keras where the weights are)
import keras
import numpy as np
from common import clock, forget, paired, ratio, real, show, write
from guide import TUNED

import ftlib as ft
from ftlib.tasks.online_boxes import read_voc_boxes

SIDE, BATCH, TRAIN, VALIDATION, TEST, UPDATES = 160, 32, 80, 60, 120, 120
KINDS = ("RBC", "WBC", "Platelets")


def photos():
    """Returns all photos at `SIDE`, `(n, side, side, 3)`, and how many cells of each kind are in them, `(n, 3)`."""
    from PIL import Image

    images, counts = [], []
    with zipfile.ZipFile(next(real().rglob("bccd*.zip"))) as file:
        names = {pathlib.PurePosixPath(name).stem: name for name in file.namelist() if name.endswith(".jpg")}
        for note in sorted(name for name in file.namelist() if name.endswith(".xml")):
            photo = Image.open(io.BytesIO(file.read(names[pathlib.PurePosixPath(note).stem]))).convert("RGB")
            images.append(np.asarray(photo.resize((SIDE, SIDE), Image.Resampling.BILINEAR), "float32"))
            kinds = [kind for kind, _ in read_voc_boxes(file.read(note))]
            counts.append([kinds.count(kind) for kind in KINDS])
    return np.stack(images), np.array(counts)


def make_task(name, images, counts, seed):
    """Returns a task: validation and test are the same for all seeds, a seed draws the photos of training."""
    order = np.random.default_rng(2026).permutation(len(images))
    pool = order[VALIDATION + TEST :]
    chosen = np.random.default_rng(seed).permutation(pool)[:TRAIN]
    parts = {"train": chosen, "validation": order[:VALIDATION], "test": order[VALIDATION : VALIDATION + TEST]}
    if name == "which cells":
        targets, objective, names = (counts > 0).astype("int64"), ft.MultiLabel(), KINDS
    else:
        targets, objective, names = counts[:, 0].astype("float32"), ft.Regression(("red cells",), ("cells",)), ()
    splits = {part: ft.Split(images[rows], targets[rows], rows) for part, rows in parts.items()}
    return ft.Task(name, **splits, class_names=names, source="BCCD", licence="MIT", mirror=True, objective=objective)


def by_ftlib(task, seed, times):
    """Returns the scores of our run on test."""
    model = ft.with_head(ft.load_backbone("MobileNetV2", image_size=SIDE), task)
    with clock(times, "ftlib"):
        run = ft.fit(model, task, TUNED, seed=seed, updates=UPDATES, batch_size=BATCH, verbose=False)
    return run.score("test")


def by_keras(task, seed, times):
    """Returns the scores on test of what the guide does."""
    keras.utils.set_random_seed(seed)
    base = keras.applications.MobileNetV2(input_shape=(SIDE, SIDE, 3), include_top=False)
    is_number = task.name == "how many red cells"
    mean, deviation = (task.train.targets.mean(), task.train.targets.std()) if is_number else (0.0, 1.0)
    with clock(times, "keras"):
        base.trainable = False
        inputs = keras.Input((SIDE, SIDE, 3))
        x = keras.layers.RandomRotation(0.1)(keras.layers.RandomFlip("horizontal")(inputs))
        x = base(keras.layers.Rescaling(1 / 127.5, -1)(x), training=False)
        x = keras.layers.Dropout(0.2)(keras.layers.GlobalAveragePooling2D()(x))
        head = keras.layers.Dense(1) if is_number else keras.layers.Dense(len(KINDS), activation="sigmoid")
        model = keras.Model(inputs, head(x))
        targets = {part: (split.targets - mean) / deviation for part, split in task.splits.items()}
        for rate in (1e-3, 1e-5):
            model.compile(keras.optimizers.Adam(rate), "mse" if is_number else "binary_crossentropy")
            model.fit(
                task.train.inputs, targets["train"], batch_size=BATCH, epochs=10, verbose=0,
                validation_data=(task.validation.inputs, targets["validation"]),
            )  # fmt: skip
            base.trainable = True
    outputs = model.predict(task.test.inputs, verbose=0) * deviation + mean
    return task.objective.score(outputs.astype("float32"), task.test.targets.reshape(len(outputs), -1).squeeze())


def main(seeds):
    images, counts = photos()
    rows = []
    for name in ("which cells", "how many red cells"):
        scores, times, baselines = {"ftlib": [], "keras": []}, {}, []
        for seed in range(seeds):
            task = make_task(name, images, counts, seed)
            for side, train in (("keras", by_keras), ("ftlib", by_ftlib)):
                forget()
                scores[side].append(train(task, seed, times))
                print(f"{name}, seed {seed}, {side}: {scores[side][-1]}, {times[side][-1]:.0f} s", flush=True)
            baselines.append(task.objective.baseline(task.train, task.test))
        headline = task.objective.headline
        values = {side: [score[headline.name] for score in side_scores] for side, side_scores in scores.items()}
        row = {
            "task": name,
            "score": headline.title,
            "seeds": seeds,
            "scores": scores,
            "mean": {side: float(np.mean(side_values)) for side, side_values in values.items()},
            "baseline": float(np.mean([baseline[headline.name] for baseline in baselines])),
            "difference": paired(values["ftlib"], values["keras"]),
            "seconds": times,
            "ratio": ratio(times["keras"], times["ftlib"]),
        }
        gain, speed = show(row["difference"], digits=3), show(row["ratio"])
        print(f"{name}: {headline.title} {gain} above plain Keras, {speed} times as fast")
        rows.append(row)
    write("objectives", {"train": TRAIN, "validation": VALIDATION, "test": TEST, "updates": UPDATES, "rows": rows})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5, help="how many (5)")
    main(parser.parse_args().seeds)
