"""No regularization, in few updates at three times the rate: recorded in results/presets-rate.json by `make results`.

After 100 updates `none` leads in results/presets.json, and `light` at three times the rate, which validation chose for
it in results/digits-updates.json, is ahead of that. Whether the rate did it or the preset, `none` at that rate tells.
"""

import ftlib as ft

LABELS, SEEDS, UPDATES, FACTOR = 10, range(5), 100, 3.0
PRESETS = ("none",)


def run_study(seed):
    """Returns one row per preset, as in a `Comparison`."""
    task = ft.load_task("digits", labels_per_class=LABELS, seed=seed)
    rows = []
    for name in PRESETS:
        model = ft.classifier(ft.load_backbone("glyphnet"), task.num_classes)
        recipe = ft.strategy("scratch").scaled(FACTOR)
        run = ft.fit(model, task, recipe, name, seed, updates=UPDATES, verbose=False)
        rows.append(
            {
                "strategy": f"{name}, {UPDATES} updates",
                "preset": name,
                "labels_per_class": LABELS,
                "updates": UPDATES,
                "seed": seed,
                "rate_factor": FACTOR,
                "regularization": run.settings["regularization"],
                "updates_done": sum(p["updates_done"] for p in run.phases),
                "val_accuracy": run.val_accuracy,
                "val_macro_f1": run.val_macro_f1,
                "test_accuracy": run.test_accuracy,
                "test_macro_f1": run.test_macro_f1,
            }
        )
        print(f"{rows[-1]['strategy']:<24} seed {seed}  validation {run.val_accuracy:.3f}", flush=True)
    return rows
