"""The recipe of Keras's transfer-learning guide, as the guide writes it, beside `ftlib`.

`python benchmarks/guide.py` measures both parts; `--only extraction` or `--only tuning` one of them.

The guide (https://keras.io/guides/transfer_learning): photos are flipped and rotated once, in the data pipeline, before
its cache; the backbone is called with `training=False`; 10 epochs of a new head, then 10 with everything unfrozen.
Both sides begin with decoded photos and a backbone that is loaded, and validate on the same 100 photos.
"""

import argparse
import dataclasses

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
            shuffled = task.train.take(np.random.default_rng(seed).permutation(len(task.train)))
            augmentation = [keras.layers.RandomFlip("horizontal"), keras.layers.RandomRotation(0.1)]
            self.train, self.validation = pipeline(shuffled, augmentation), pipeline(task.validation)
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


def ours(task, strategy, updates, seed, regularization=SMOOTHED):
    """Returns seconds and accuracy of `ft.fit`, from a model that is loaded to the run."""
    model, times = classifier(task.num_classes), {}
    with clock(times, "fit"):
        run = ft.fit(model, task, strategy, regularization, seed, updates=updates, batch_size=BATCH, verbose=False)
    return {"seconds": times["fit"][0], "test": accuracy(run.model, task.test), "val": run.val_accuracy}


def passes(task, epochs):
    """Returns as many updates as the guide makes in some epochs."""
    return epochs * -(-len(task.train) // BATCH)


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


def extraction(labels, seeds):
    """Frozen backbone, 10 and 30 epochs: the guide's loop beside ours with 1, 2 and 4 views."""
    runs = {}
    for seed in seeds:
        task = flowers(labels, seed)
        forget()
        guide = Guide(task, seed)
        runs.setdefault("guide 10", []).append(guide.fit(10).measured())
        runs.setdefault("guide 30", []).append(guide.fit(20).measured())
        for views in (1, 2, 4):
            for epochs in (10, 30):
                forget()
                one = ours(task, head_only(views), passes(task, epochs), seed)
                runs.setdefault(f"{views} views {epochs}", []).append(one)
    rows = []
    for views in (1, 2, 4):
        for epochs in (10, 30):
            found = compare(runs[f"guide {epochs}"], runs[f"{views} views {epochs}"])
            rows.append({"views": views, "epochs": epochs, **found})
            print(
                f"{views} views, {epochs} epochs: {show(found['ratio'])} times faster, "
                f"accuracy {show(found['difference'], 100, ' points')}"
            )
    write("guide_extraction", {"labels_per_class": labels, "seeds": list(seeds), "rows": rows})


def tuning(counts):
    """Fine-tuning: the guide's 20 epochs, our frozen probe and our fine-tuning, with few and more photos."""
    rows = []
    for labels, seeds in counts.items():
        runs = {"guide frozen": [], "guide": [], "probe": [], "ours": []}
        for seed in seeds:
            task = flowers(labels, seed)
            forget()
            guide = Guide(task, seed)
            runs["guide frozen"].append(guide.fit(10).measured())
            guide.unfreeze()
            runs["guide"].append(guide.fit(10).measured())
            forget()
            runs["probe"].append(ours(task, head_only(), UPDATES[labels], seed))
            forget()
            runs["ours"].append(ours(task, TUNED, UPDATES[labels], seed))
            print(labels, seed, {name: found[-1] for name, found in runs.items()}, flush=True)
        row = {
            "labels_per_class": labels,
            "seeds": list(seeds),
            "updates": UPDATES[labels],
            **runs,
            "over_probe": paired(column(runs["ours"], "test"), column(runs["probe"], "test")),
            "over_probe_first_five": paired(column(runs["ours"], "test")[:5], column(runs["probe"], "test")[:5]),
            "over_guide": paired(column(runs["ours"], "test"), column(runs["guide"], "test")),
            "probe_over_guide": paired(column(runs["probe"], "test"), column(runs["guide"], "test")),
            "faster_than_guide": ratio(column(runs["guide"], "seconds"), column(runs["ours"], "seconds")),
            "probe_faster_than_guide": ratio(column(runs["guide"], "seconds"), column(runs["probe"], "seconds")),
        }
        rows.append(row)
        for name in ("over_probe", "over_guide", "probe_over_guide"):
            print(f"{labels} per class, {name}: {show(row[name], 100, ' points')}")
        for name in ("faster_than_guide", "probe_faster_than_guide"):
            print(f"{labels} per class, {name}: {show(row[name])}")
        given = {"strategy": repr(TUNED), "regularization": repr(SMOOTHED)}
        write("guide_tuning", {**given, "rows": rows})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=("extraction", "tuning"))
    parser.add_argument("--labels", type=int, nargs="+", help="photos per class (default: 80; tuning 5, 20, 80)")
    parser.add_argument("--seeds", type=int, help="number of seeds (default: 3; tuning 5, 10, 5)")
    given = parser.parse_args()
    if given.only != "tuning":
        extraction((given.labels or [80])[0], SEEDS[: given.seeds or 3])
    if given.only != "extraction":
        tuning({n: SEEDS[: given.seeds or COUNTS[n]] for n in given.labels or COUNTS})
