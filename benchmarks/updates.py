"""What an update of `ft.fit` costs beside one by Keras's `train_on_batch`, which resets and reads metrics each time.

Two copies take the same steps in turn, so that whatever else the machine does hits both alike: of classes, two copies
of the trainer of `fit`; of boxes and tokens, that trainer and a plain Keras model compiled with the same loss.
"""

import argparse
import time

import common  # noqa: F401  (first: it tells Keras where the weights are)
import numpy as np
from common import batches_to_step_on, ratio, show, write

import ftlib as ft
from ftlib.models.inference import take_inputs
from ftlib.models.initialization import copy_model
from ftlib.models.staged_model import StagedModel
from ftlib.objectives.classification import one_hot
from ftlib.strategies.regularization import Regularization
from ftlib.training.trainer import Trainer, make_optimizer, split_into_segments

BATCH = 32
SIDES = ("train_on_batch", "fit")
LIGHT = Regularization.preset("light")


def trainer(model, objective):
    """Returns what a phase trains everything with."""
    staged = StagedModel(model)
    made = Trainer(split_into_segments(staged, staged.stage_names), LIGHT)
    compile_for(made, staged, objective)
    return made


def plain(model, objective):
    """Returns the model itself, compiled as one would without ftlib."""
    compile_for(model, StagedModel(model), objective)
    return model


def compile_for(model, staged, objective):
    optimizer = make_optimizer(ft.Phase("all", "all", rate=1e-4), 300, LIGHT.weight_decay, staged)
    model.compile(optimizer, objective.make_loss(Regularization()), metrics=objective.make_metrics())


def by_keras(made, x, y):
    return float(made.train_on_batch(x, y, return_dict=True)["loss"])


def by_ftlib(made, x, y):
    return made.engine.step(made, x, y)


def boxes():
    """Returns drawn squares on noise, 64 x 64 pixels, as a task, and glyphnet for a backbone."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 120, (BATCH, 64, 64, 1)).astype("uint8")
    targets = []
    for image in images:
        x, y, side = *rng.integers(4, 40, 2), rng.integers(10, 20)
        image[y : y + side, x : x + side] += 120
        targets.append(np.array([[x, y, x + side, y + side, 0]], "float32"))
    splits = (ft.Split(images, targets, [f"{part}{i}" for i in range(BATCH)]) for part in "abc")
    task = ft.Task("squares", *splits, ("square",), "drawn", "none", objective=ft.Detection(stride=4))
    return task, ft.load_backbone("glyphnet")


def tokens():
    """Returns random texts of 128 tokens as a task, and a small causal transformer."""
    ids = np.random.default_rng(0).integers(1, 512, (BATCH, 128))
    splits = (ft.Split(ids, ids, [f"{part}{i}" for i in range(BATCH)]) for part in "abc")
    task = ft.Task("texts", *splits, (), "drawn", "none", objective=ft.NextToken(512), kind="text")
    return task, ft.token_network(512, 128, width=128, blocks=4, heads=4, causal=True)


def measure(make_sides, x, y, steps):
    """Returns the seconds of every step, by who makes it."""
    sides = dict(zip(SIDES, (by_keras, by_ftlib), strict=True))
    trainers = make_sides()
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


def cases(steps):
    """Yields `(name, function that makes both sides, x, y, steps)`."""
    classes = ft.Classification()
    for name, build, x, labels, count in batches_to_step_on(steps, BATCH):
        y = one_hot(labels, build().output_shape[1])
        yield name, lambda build=build: {side: trainer(build(), classes) for side in SIDES}, x, y, count
    for name, make in (("boxes on glyphnet", boxes), ("next token of a transformer", tokens)):
        task, backbone = make()
        fitted = task.for_backbone(backbone)
        objective, split = fitted.objective, fitted.train
        inputs = take_inputs(split.inputs, np.arange(BATCH))
        x, y = objective.make_batch(inputs, split.targets, fitted, Regularization(), np.random.default_rng(0))

        def both_sides(task=fitted, backbone=backbone):
            makers = {"train_on_batch": plain, "fit": trainer}
            return {
                side: maker(ft.with_head(copy_model(backbone), task), task.objective) for side, maker in makers.items()
            }

        yield name, both_sides, x, y, 2 * steps


def main(steps):
    result_rows = []
    for name, make_sides, x, y, count in cases(steps):
        seconds = measure(make_sides, x, y, count)
        row = {"model": name, "steps": count, "median": {k: float(np.median(v)) for k, v in seconds.items()}}
        row["ratio"] = ratio(seconds["fit"], seconds["train_on_batch"])
        print(f"{name}: an update of fit takes {show(row['ratio'], digits=3)} times one of train_on_batch")
        result_rows.append(row)
    write("updates", {"optimizer": "AdamW", "batch": BATCH, "rows": result_rows})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=40, help="of MobileNetV2; glyphnet takes 5 times as many (40)")
    main(parser.parse_args().steps)
