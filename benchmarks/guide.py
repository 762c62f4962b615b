"""The recipe of Keras's transfer-learning guide, as the guide writes it, beside `ftlib`.

`python benchmarks/guide.py` measures both parts; `--only extraction` or `--only tuning` one of them.

The guide (https://keras.io/guides/transfer_learning): photos are flipped and rotated once, in the data pipeline, before
its cache; the backbone is called with `training=False`; 10 epochs of a new head, then 10 with everything unfrozen.
Both sides begin with decoded photos and a backbone that is loaded, and validate on the same 100 photos.
"""

import argparse
import dataclasses
import math

import common  # noqa: F401  (first: it tells Keras where the weights are)
import keras
import numpy as np
from common import SEEDS, SIDE, accuracy, classifier, clock, flowers, forget, paired, ratio, show, write

import ftlib as ft

BATCH = 32
# Chosen on the validation photos, 20 per class.
TUNED = ft.Strategy(
    "head_then_top",
    "pretrained",
    (
        ft.Phase("head", "head", share=0.5, rate=1e-2, width=128, views=1),
        ft.Phase("top", 2, share=0.5, rate=3e-4, views=4),
    ),
)
# Without label smoothing the validation loss, by which the best epoch is chosen, rises while accuracy still does.
SMOOTHED = dataclasses.replace(ft.Regularization.preset("light"), label_smoothing=0.1)
UPDATES = {5: 120, 20: 120, 80: 200}
# At 20 per class the difference of five seeds is too wide to tell.
COUNTS = {5: 5, 20: 10, 80: 5}  # photos per class: seeds


def pipeline(split, augmentation=()):
    """Returns a split as the guide's `tf.data` pipeline: (augment), batch, prefetch, cache."""
    import tensorflow as tf  # here, so that our side also runs where TensorFlow is not installed

    data = tf.data.Dataset.from_tensor_slices((split.images, split.labels))
    if augmentation:
        data = data.map(lambda x, y: (_each(augmentation, x), y))
    return data.batch(BATCH).prefetch(tf.data.AUTOTUNE).cache()


def _each(layers, x):
    for layer in layers:
        x = layer(x)
    return x


class Guide:
    """The guide's model, step by step; `times` and `found` hold what was measured."""

    def __init__(self, task, seed):
        keras.utils.set_random_seed(seed)
        self.task, self.times = task, {}
        self.base = keras.applications.MobileNetV2(input_shape=(SIDE, SIDE, 3), include_top=False)
        with clock(self.times, "build"):
            shuffled_split = task.train.take(np.random.default_rng(seed).permutation(len(task.train)))
            augmentation_layers = [keras.layers.RandomFlip("horizontal"), keras.layers.RandomRotation(0.1)]
            self.train, self.validation = pipeline(shuffled_split, augmentation_layers), pipeline(task.validation)
            self.base.trainable = False
            inputs = keras.Input((SIDE, SIDE, 3))
            x = self.base(keras.layers.Rescaling(1 / 127.5, -1)(inputs), training=False)
            x = keras.layers.Dropout(0.2)(keras.layers.GlobalAveragePooling2D()(x))
            self.model = keras.Model(inputs, keras.layers.Dense(task.num_classes)(x))
            self._compile(1e-3)

    def _compile(self, rate):
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        self.model.compile(keras.optimizers.Adam(rate), loss, metrics=["accuracy"])

    def unfreeze(self):
        self.base.trainable = True
        self._compile(1e-5)

    def fit(self, epochs):
        with clock(self.times, "fit"):
            self.model.fit(self.train, epochs=epochs, validation_data=self.validation, verbose=0)
        return self

    def measured(self):
        """Returns the seconds so far and the accuracy on the test photos."""
        return {"seconds": sum(map(sum, self.times.values())), "test": accuracy(self.model, self.task.test)}


def ours(task, strategy, updates, seed, regularization=SMOOTHED, batch_size=BATCH):
    """Returns seconds and accuracy of `ft.fit`, from a model that is loaded to the run."""
    model, times = classifier(task.num_classes), {}
    with clock(times, "fit"):
        run = ft.fit(model, task, strategy, regularization, seed, updates=updates, batch_size=batch_size, verbose=False)
    return {"seconds": times["fit"][0], "test": accuracy(run.model, task.test), "val": run.val_accuracy}


def passes(task, epochs):
    """Returns as many updates as the guide makes in some epochs."""
    return epochs * math.ceil(len(task.train) / BATCH)


def head_only(views=1):
    phase = ft.Phase("head", "head", rate=1e-2, width=128, views=views)
    return ft.Strategy(f"extraction, {views} views", "pretrained", (phase,))


def column(rows, name):
    return [row[name] for row in rows]


def compare(theirs, mine):
    """Returns times, accuracies, and the paired ratio and difference of two lists of runs with the same seeds."""
    return {
        "guide": theirs,
        "ours": mine,
        "ratio": ratio(column(theirs, "seconds"), column(mine, "seconds")),
        "difference": paired(column(mine, "test"), column(theirs, "test")),
    }


def extraction(label_count, seeds):
    """Frozen backbone, 10 and 30 epochs: the guide's loop beside ours with 1, 2 and 4 views."""
    runs_by_side = {}
    for seed in seeds:
        task = flowers(label_count, seed)
        forget()
        guide = Guide(task, seed)
        runs_by_side.setdefault("guide 10", []).append(guide.fit(10).measured())
        runs_by_side.setdefault("guide 30", []).append(guide.fit(20).measured())
        for view_count in (1, 2, 4):
            for epoch_count in (10, 30):
                forget()
                our_run = ours(task, head_only(view_count), passes(task, epoch_count), seed)
                runs_by_side.setdefault(f"{view_count} views {epoch_count}", []).append(our_run)
    result_rows = []
    for view_count in (1, 2, 4):
        for epoch_count in (10, 30):
            measured = compare(runs_by_side[f"guide {epoch_count}"], runs_by_side[f"{view_count} views {epoch_count}"])
            result_rows.append({"views": view_count, "epochs": epoch_count, **measured})
            print(
                f"{view_count} views, {epoch_count} epochs: {show(measured['ratio'])} times faster, "
                f"accuracy {show(measured['difference'], 100, ' points')}"
            )
    write("guide_extraction", {"labels_per_class": label_count, "seeds": list(seeds), "rows": result_rows})


def tuning(counts):
    """Fine-tuning: the guide's 20 epochs, our frozen probe and our fine-tuning, with few and more photos."""
    result_rows = []
    for label_count, seeds in counts.items():
        runs_by_side = {"guide frozen": [], "guide": [], "probe": [], "ours": []}
        for seed in seeds:
            task = flowers(label_count, seed)
            forget()
            guide = Guide(task, seed)
            runs_by_side["guide frozen"].append(guide.fit(10).measured())
            guide.unfreeze()
            runs_by_side["guide"].append(guide.fit(10).measured())
            forget()
            runs_by_side["probe"].append(ours(task, head_only(), UPDATES[label_count], seed))
            forget()
            runs_by_side["ours"].append(ours(task, TUNED, UPDATES[label_count], seed))
            print(label_count, seed, {name: side_runs[-1] for name, side_runs in runs_by_side.items()}, flush=True)
        result_row = {
            "labels_per_class": label_count,
            "seeds": list(seeds),
            "updates": UPDATES[label_count],
            **runs_by_side,
            "over_probe": paired(column(runs_by_side["ours"], "test"), column(runs_by_side["probe"], "test")),
            "over_probe_first_five": paired(
                column(runs_by_side["ours"], "test")[:5], column(runs_by_side["probe"], "test")[:5]
            ),
            "over_guide": paired(column(runs_by_side["ours"], "test"), column(runs_by_side["guide"], "test")),
            "probe_over_guide": paired(column(runs_by_side["probe"], "test"), column(runs_by_side["guide"], "test")),
            "faster_than_guide": ratio(
                column(runs_by_side["guide"], "seconds"), column(runs_by_side["ours"], "seconds")
            ),
            "probe_faster_than_guide": ratio(
                column(runs_by_side["guide"], "seconds"), column(runs_by_side["probe"], "seconds")
            ),
        }
        result_rows.append(result_row)
        for name in ("over_probe", "over_guide", "probe_over_guide"):
            print(f"{label_count} per class, {name}: {show(result_row[name], 100, ' points')}")
        for name in ("faster_than_guide", "probe_faster_than_guide"):
            print(f"{label_count} per class, {name}: {show(result_row[name])}")
        run_settings = {"strategy": repr(TUNED), "regularization": repr(SMOOTHED)}
        write("guide_tuning", {**run_settings, "rows": result_rows})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=("extraction", "tuning"))
    parser.add_argument("--labels", type=int, nargs="+", help="photos per class (default: 80; tuning 5, 20, 80)")
    parser.add_argument("--seeds", type=int, help="number of seeds (default: 3; tuning 5, 10, 5)")
    args = parser.parse_args()
    if args.only != "tuning":
        extraction((args.labels or [80])[0], SEEDS[: args.seeds or 3])
    if args.only != "extraction":
        tuning({n: SEEDS[: args.seeds or COUNTS[n]] for n in args.labels or COUNTS})
