"""What fine-tuning does to the backbone it starts from: recorded in results/fine-tuning.json by `make results`.

After each run, the tuned backbone is put back under the head that it was pre-trained with. How many letters that model
still reads says how much of the pre-training is left, which the accuracy on digits does not show.
"""

import dataclasses

import keras
import numpy as np
from run_rows import row_of_run

import ftlib as ft

LABELS, SEEDS = 10, range(5)
RATES = (1e-5, 1e-4, 1e-3, 1e-2, 1e-1)
BODY = 100  # updates in which the backbone trains, after 50 for the head where it comes first


def studies():
    """Returns `(name, strategy, whether the head starts random as in plain Keras, updates)` of every row."""
    lp_ft = ft.strategy("lp_ft")
    head, body = lp_ft.phases
    for rate in RATES:
        phases = (head, dataclasses.replace(body, rate=rate))
        yield f"rate {rate:g}", dataclasses.replace(lp_ft, name=f"rate {rate:g}", phases=phases), False, BODY * 3 // 2
    full = ft.strategy("full")
    for name, drawn in (("zero head", False), ("random head", True)):
        yield name, dataclasses.replace(full, name=name), drawn, BODY * 3 // 2
    yield "head first", dataclasses.replace(lp_ft, name="head first"), True, BODY * 3 // 2


def run_study(seed):
    """Returns one row per study, as in a `Comparison`, with `source_accuracy` beside."""
    letters = ft.load_task("glyphs").validation.take(np.arange(0, 3516, 3))
    source, _ = ft.source_model()
    task = ft.load_task("digits", labels_per_class=LABELS, seed=seed)
    rows = []
    for name, recipe, drawn, updates in studies():
        model = ft.classifier(ft.load_backbone("glyphnet"), task.num_classes)
        if drawn:
            kernel = model.get_layer("predictions").kernel
            kernel.assign(keras.initializers.GlorotUniform(seed)(kernel.shape))
        run = ft.fit(model, task, recipe, seed=seed, updates=updates, verbose=False)
        source.get_layer("backbone").set_weights(run.model.get_layer("backbone").get_weights())
        guesses = source.predict(letters.images, batch_size=256, verbose=0).argmax(1)
        read = float(np.mean(guesses == letters.labels))
        rows.append(row_of_run(run, name, LABELS, scores={"source_accuracy": read}))
        print(f"{name:<12} seed {seed}  validation {run.val_accuracy:.3f}  letters {read:.3f}", flush=True)
    return rows
