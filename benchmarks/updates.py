"""What an update of `ft.fit` costs beside one by Keras's `train_on_batch`, which resets and reads metrics each time.

Two copies of the same trainer take the same steps in turn, so that whatever else the machine does hits both alike.
"""

import argparse
import time

import common  # noqa: F401  (first: it tells Keras where the weights are)
import keras
import numpy as np
from common import batches_to_step_on, ratio, show, write

import ftlib as ft
from ftlib.models.staged_model import StagedModel
from ftlib.objectives.classification import one_hot
from ftlib.strategies.regularization import Regularization
from ftlib.training.trainer import Trainer, make_optimizer, split_into_segments

BATCH = 32


def trainer(model):
    """Returns what a phase trains everything with."""
    staged, regularization = StagedModel(model), Regularization.preset("light")
    made = Trainer(split_into_segments(staged, staged.stage_names), regularization)
    made.compile(
        make_optimizer(ft.Phase("all", "all", rate=1e-4), 300, regularization.weight_decay, staged),
        keras.losses.CategoricalCrossentropy(),
        metrics=[keras.metrics.CategoricalAccuracy("accuracy")],
    )
    return made


def by_keras(made, x, y):
    return float(made.train_on_batch(x, y, return_dict=True)["loss"])


def by_ftlib(made, x, y):
    return made.engine.step(made, x, y)


def measure(build, x, y, steps):
    """Returns the seconds of every step, by who makes it."""
    sides = {"train_on_batch": by_keras, "fit": by_ftlib}
    trainers = {name: trainer(build()) for name in sides}
    for update_function in trainers.values():
        update_function.engine = ft.Hardware().make_executor()
    seconds = {name: [] for name in sides}
    for i in range(steps + 3):
        for name in list(sides)[:: 1 if i % 2 else -1]:
            start_time = time.perf_counter()
            sides[name](trainers[name], x, y)
            if i > 2:  # the first ones compile and warm up
                seconds[name].append(time.perf_counter() - start_time)
    return seconds


def main(steps):
    result_rows = []
    for name, build, x, labels, count in batches_to_step_on(steps, BATCH):
        y = one_hot(labels, build().output_shape[1])
        seconds = measure(build, x, y, count)
        row = {"model": name, "steps": count, "median": {k: float(np.median(v)) for k, v in seconds.items()}}
        row["ratio"] = ratio(seconds["fit"], seconds["train_on_batch"])
        print(f"{name}: an update of fit takes {show(row['ratio'], digits=3)} times one of train_on_batch")
        result_rows.append(row)
    write("updates", {"optimizer": "AdamW", "batch": BATCH, "rows": result_rows})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=40, help="of MobileNetV2; glyphnet takes 5 times as many (40)")
    main(parser.parse_args().steps)
