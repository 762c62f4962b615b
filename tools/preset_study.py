"""What the presets of regularization do to training from scratch: results/presets.json, by `make results`."""

import ftlib as ft

LABELS, SEEDS, UPDATES = 10, range(5), (100, 300)
PRESETS = ("none", "light", "standard", "strong")


def run_study(seed):
    """Returns one row per preset and number of updates, as in a `Comparison`."""
    task = ft.load_task("digits", labels_per_class=LABELS, seed=seed)
    rows = []
    for updates in UPDATES:
        for name in PRESETS:
            model = ft.classifier(ft.load_backbone("glyphnet"), task.num_classes)
            run = ft.fit(model, task, "scratch", name, seed, updates=updates, verbose=False)
            rows.append(
                {
                    "strategy": f"{name}, {updates} updates",
                    "preset": name,
                    "labels_per_class": LABELS,
                    "updates": updates,
                    "seed": seed,
                    "rate_factor": 1.0,
                    "regularization": run.settings["regularization"],
                    "updates_done": sum(p["updates_done"] for p in run.phases),
                    "train_accuracy": float((run.predictions("train").argmax(1) == run.task.train.labels).mean()),
                    "val_accuracy": run.val_accuracy,
                    "val_macro_f1": run.val_macro_f1,
                    "test_accuracy": run.test_accuracy,
                    "test_macro_f1": run.test_macro_f1,
                }
            )
            print(f"{rows[-1]['strategy']:<24} seed {seed}  validation {run.val_accuracy:.3f}", flush=True)
    return rows
