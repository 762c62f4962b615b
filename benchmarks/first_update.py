"""What the first update of a phase costs, with Keras's AdamW under a schedule and with the one of `ft.fit`.

Both take the same steps, to the last bit. Keras asks the schedule for the rate once for each kernel that decays, so
that TensorFlow builds it as often, and computes it as often at every update; `ft.fit` asks once. Each round builds both
anew, in turn; seconds are those of the processor, which depend less on what else the machine does.
"""

import argparse
import time

import common
import keras
import numpy as np
from common import batches_to_step_on, ratio, show, write

import ftlib as ft
from ftlib.models.staged_model import StagedModel
from ftlib.objectives.classification import one_hot
from ftlib.strategies.regularization import Regularization
from ftlib.training import trainer
from ftlib.training.trainer import AdamWWithOneScheduleCall, Trainer, make_optimizer, split_into_segments

BATCH = 8
LIGHT = Regularization.preset("light")
SIDES = {"keras": keras.optimizers.AdamW, "ftlib": AdamWWithOneScheduleCall}


def compiled(model, optimizer_class):
    """Returns what a phase trains everything with, under an optimizer of that class."""
    staged, objective = StagedModel(model), ft.Classification()
    made = Trainer(split_into_segments(staged, staged.stage_names), LIGHT)
    trainer.AdamWWithOneScheduleCall = optimizer_class
    optimizer = make_optimizer(ft.Phase("all", "all", rate=1e-4), 300, LIGHT.weight_decay, staged)
    made.compile(optimizer, objective.make_loss(Regularization()), metrics=objective.make_metrics())
    return made


def measure(build, x, y, steps, rounds):
    """Returns processor seconds of the first update, and the median of the next ones, by side: one for each round."""
    first, later = ({side: [] for side in SIDES} for _ in range(2))
    executor = ft.Hardware().make_executor()
    for index in range(rounds + 1):
        for side in list(SIDES)[:: 1 if index % 2 else -1]:
            common.forget()
            made, seconds = compiled(build(), SIDES[side]), []
            for _ in range(steps):
                start = time.process_time()
                executor.step(made, x, y)
                seconds.append(time.process_time() - start)
            if index:  # in the first round Python and TensorFlow warm up
                first[side].append(seconds[0])
                later[side].append(float(np.median(seconds[1:])))
    return first, later


def main(rounds):
    rows = []
    for name, build, x, labels, steps in batches_to_step_on(8, BATCH):
        first, later = measure(build, x, one_hot(labels, build().output_shape[1]), steps, rounds)
        ratios = {kind: ratio(times["keras"], times["ftlib"]) for kind, times in (("first", first), ("later", later))}
        rows.append(
            {"model": name, "first": first, "later": later, **{f"{kind}_ratio": ratios[kind] for kind in ratios}}
        )
        first_text, later_text = (show(ratios[kind], digits=2) for kind in ("first", "later"))
        print(f"{name}: first update {first_text} times sooner, later ones {later_text}", flush=True)
    write("first_update", {"batch": BATCH, "rounds": rounds, "rows": rows})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="(default: 5)")
    main(parser.parse_args().rounds)
