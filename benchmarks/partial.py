"""Some stages trained: plain Keras beside `ft.fit`, whose frozen first stages are computed once.

Both sides train the same layers of the same model with the same Adam on the same photos, without augmentation, 20
updates an epoch, and validate after each. Plain Keras freezes with `trainable=False`, BatchNorm everywhere except from
scratch.
"""

import argparse
import math

import common  # noqa: F401  (first: it tells Keras where the weights are)
import keras
import tensorflow as tf
from common import SEEDS, accuracy, classifier, clock, flowers, forget, paired, ratio, show, write

import ftlib as ft

BATCH, EPOCH = 32, 20  # images an update, updates an epoch
# What trains, passes over 400 photos, rate, start.
CASES = {
    "last stage": (1, 30, 3e-4, "pretrained"),
    "last 2 stages": (2, 5, 3e-4, "pretrained"),
    "last 3 stages": (3, 5, 3e-4, "pretrained"),
    "last 4 stages": (4, 5, 3e-4, "pretrained"),
    "all stages": ("all", 5, 3e-4, "pretrained"),
    "from scratch": ("all", 5, 1e-3, "random"),
}


def plain(task, trains, updates, rate, start, seed):
    """Returns seconds and accuracy of what one writes in plain Keras."""
    keras.utils.set_random_seed(seed)
    model, times = classifier(task.num_classes), {}
    if start == "random":
        model = keras.models.clone_model(model)
    with clock(times, "fit"):
        if start == "pretrained":
            names = [stage.name for stage in ft.stages(model)]
            chosen = names if trains == "all" else names[-trains - 1 :]
            for stage in ft.stages(model):
                for layer in stage.layers:
                    norm = isinstance(layer, keras.layers.BatchNormalization)
                    layer.trainable = stage.name in chosen and not norm
        data = tf.data.Dataset.from_tensor_slices((task.train.images, task.train.labels))
        data = data.shuffle(len(task.train), seed=seed).repeat().batch(BATCH).prefetch(tf.data.AUTOTUNE)
        validation = tf.data.Dataset.from_tensor_slices((task.validation.images, task.validation.labels)).batch(BATCH)
        model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
        model.fit(data, steps_per_epoch=EPOCH, epochs=updates // EPOCH, validation_data=validation, verbose=0)
    return {"seconds": times["fit"][0], "test": accuracy(model, task.test)}


def ours(task, trains, updates, rate, start, seed):
    """Returns seconds and accuracy of the same through `ft.fit`."""
    strategy = ft.Strategy("partial", start, (ft.Phase("part", trains, rate=rate, schedule="constant", views=1),))
    model, times = classifier(task.num_classes), {}
    with clock(times, "fit"):
        run = ft.fit(model, task, strategy, "none", seed, updates=updates, batch_size=BATCH, verbose=False)
    cache = run.phases[0]["cache"]
    return {"seconds": times["fit"][0], "test": accuracy(run.model, task.test), "cache": cache}


def main(labels, seeds, chosen):
    result_rows = []
    for name in chosen:
        trains, epochs, rate, start = CASES[name]
        task = flowers(labels)
        epoch_count = math.ceil(epochs * len(task.train) / BATCH / EPOCH)
        updates = epoch_count * EPOCH
        measured = {"keras": [], "ours": []}
        for seed in seeds:
            side_functions = [("keras", plain), ("ours", ours)]
            for side, run in side_functions if seed % 2 == 0 else side_functions[::-1]:
                forget()
                measured[side].append(run(task, trains, updates, rate, start, seed))
        seconds, test = ({k: [r[what] for r in v] for k, v in measured.items()} for what in ("seconds", "test"))
        result_rows.append(
            {
                "case": name,
                "updates": updates,
                **measured,
                "ratio": ratio(seconds["keras"], seconds["ours"]),
                "difference": paired(test["ours"], test["keras"]),
            }
        )
        speed_ratio = show(result_rows[-1]["ratio"], digits=2)
        print(f"{name}, {updates} updates: {speed_ratio} times the speed of plain Keras", flush=True)
        write("partial", {"labels_per_class": labels, "seeds": list(seeds), "rows": result_rows})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--labels", type=int, default=80, help="photos per class (default: 80)")
    parser.add_argument("--seeds", type=int, default=3, help="number of seeds (default: 3)")
    args = parser.parse_args()
    main(args.labels, SEEDS[: args.seeds], args.cases)
