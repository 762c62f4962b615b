"""What spares a backbone while it is tuned: recorded in results/gradual.json by `make results`.

One rate for the whole network, rates that fall toward the input, and stages opened one by one: each at several rates,
on digits, which are near the letters of the pre-training, and on textures, which are far. How many letters the backbone
still reads is measured by `ft.forgetting`; how far the kernels of each stage went is written down, too.
"""

import dataclasses

import keras
import numpy as np
from run_rows import row_of_run

import ftlib as ft

LABELS, SEEDS, UPDATES, LETTERS = 10, range(5), 300, 1172
TASKS = ("digits", "textures")
RATES = (3e-4, 1e-3, 3e-3, 1e-2)
MODULES = ("tasks/textures",)  # what a row depends on, beyond what every study does


def methods():
    """Returns the strategy of every method; all have the same updates, and all but `full` train the head first."""
    lp_ft = ft.strategy("lp_ft")
    head, body = lp_ft.phases
    falling = dataclasses.replace(lp_ft, phases=(head, dataclasses.replace(body, decay=0.5)))
    return {"full": ft.strategy("full"), "lp_ft": lp_ft, "gradual": ft.strategy("gradual"), "decay 0.5": falling}


def at_rate(recipe, rate):
    """Returns a strategy with another rate where the backbone trains; a phase of the head alone keeps its own."""
    phases = [p if p.train == "head" else dataclasses.replace(p, rate=rate) for p in recipe.phases]
    return dataclasses.replace(recipe, phases=tuple(phases))


def moved(run):
    """Returns how far the kernels of every stage of the backbone went from their start, as a root mean square."""
    ways = []
    for pair in zip(ft.stages(run.start), ft.stages(run.model), strict=True):
        if pair[0].name != "head":
            a, b = (np.concatenate([np.ravel(w) for x in s.layers for w in x.weights if w.ndim > 1]) for s in pair)
            ways.append(round(float(np.sqrt(np.mean((b - a) ** 2))), 6))
    return ways


def run_study(seed):
    """Returns one row per task, method and rate, as in a `Comparison`, with `source_accuracy` beside."""
    letters, rows = ft.load_task("glyphs"), []
    for name in TASKS:
        task = ft.load_task(name, labels_per_class=LABELS, seed=seed)
        cells = [("frozen", 0.0, ft.strategy("feature_extraction_long"))]
        cells += [(method, rate, at_rate(recipe, rate)) for method, recipe in methods().items() for rate in RATES]
        for method, rate, recipe in cells:
            keras.backend.clear_session()
            model = ft.classifier(ft.load_backbone("glyphnet"), task.num_classes)
            run = ft.fit(model, task, recipe, seed=seed, updates=UPDATES, verbose=False)
            rows.append(row(run, letters, name, method, rate))
    return rows


def row(run, letters, task, method, rate):
    found = ft.forgetting(run, letters, examples=LETTERS)
    name = f"{task}: {method}" + f", rate {rate:g}" * bool(rate)
    print(f"{name} seed {run.seed}  validation {run.val_accuracy:.3f}  letters {found.after:.3f}", flush=True)
    scores = {
        "source_accuracy": found.after,
        "source_before": found.before,
        "moved": moved(run),
        "drift": [round(float(r["drift"]), 4) for r in found.drift],
    }
    return row_of_run(run, name, LABELS, {"task": task, "method": method, "rate": rate}, scores)
