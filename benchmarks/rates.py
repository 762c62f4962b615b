"""What rates per stage cost: `ft.layerwise` and `keras.optimizers.MultiOptimizer` beside the plain optimizer.

Three copies of a model take the same steps in turn, so that whatever else the machine does hits all three alike.
"""

import argparse
import time

import common  # noqa: F401  (first: it tells Keras where the weights are)
import keras
import numpy as np
from common import batches_to_step_on, ratio, show, write

import ftlib as ft

DECAY, BATCH, RATE = 0.75, 32, 1e-4


def plain(model):
    return keras.optimizers.AdamW(RATE)


def layerwise(model):
    return ft.layerwise(keras.optimizers.AdamW(RATE), model, decay=DECAY)


def multi(model):
    """One optimizer per stage, as MultiOptimizer wants it: by the paths of the variables, which are to be unique."""
    optimizer_of_stage = ft.stages(model)
    assert len({v.path for v in model.trainable_variables}) == len(model.trainable_variables)
    optimizers = keras.optimizers.OptimizerMap(keras.optimizers.AdamW(RATE))
    for i, stage in enumerate(reversed(optimizer_of_stage)):
        optimizer = keras.optimizers.AdamW(RATE * DECAY**i)
        for variable in (v for layer in stage.layers for v in layer.trainable_variables):
            optimizers[variable.path] = optimizer
    return keras.optimizers.MultiOptimizer(optimizers)


MAKERS = {"plain": plain, "layerwise": layerwise, "MultiOptimizer": multi}


def measure(build, x, y, steps):
    """Returns the seconds of every step, by optimizer, and those of the first step, which compiles."""
    models_by_name, first = {}, {}
    for name, make in MAKERS.items():
        if name == "MultiOptimizer" and not hasattr(keras.optimizers, name):
            continue
        model = build()
        model.compile(make(model), "sparse_categorical_crossentropy")
        start_time = time.perf_counter()
        model.train_on_batch(x, y)
        first[name] = time.perf_counter() - start_time
        models_by_name[name] = model
    seconds, names = {name: [] for name in models_by_name}, list(models_by_name)
    for i in range(steps + 2):
        for name in names[i % len(names) :] + names[: i % len(names)]:
            start_time = time.perf_counter()
            float(models_by_name[name].train_on_batch(x, y))
            if i > 1:  # the first ones warm up
                seconds[name].append(time.perf_counter() - start_time)
    return seconds, first


def main(steps):
    result_rows = []
    for name, build, x, labels, count in batches_to_step_on(steps, BATCH):
        seconds, first = measure(build, x, labels, count)
        median_seconds = {k: float(np.median(v)) for k, v in seconds.items()}
        row = {"model": name, "steps": count, "median": median_seconds, "first": first}
        for other in [k for k in seconds if k != "plain"]:
            row[other] = ratio(seconds[other], seconds["plain"])
            row[f"{other} median"] = row["median"][other] / row["median"]["plain"]
            print(
                f"{name}: a step with {other} takes {show(row[other], digits=3)} times the plain one; "
                f"by medians {row[f'{other} median']:.3f}"
            )
        result_rows.append(row)
    write("rates", {"decay": DECAY, "optimizer": "AdamW", "batch": BATCH, "rows": result_rows})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=40, help="of MobileNetV2; glyphnet takes 5 times as many (40)")
    main(parser.parse_args().steps)
