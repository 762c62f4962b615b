"""What the presets of regularization do to training from scratch: results/presets.json, by `make results`.

After 100 updates `none` leads there, and `light` at three times the rate, which validation chose for it in
results/digits-updates.json, is ahead of that. Whether the rate did it or the preset, `none` at that rate tells:
results/presets-rate.json.
"""

from run_rows import row_of_run

import ftlib as ft

LABELS, SEEDS, UPDATES = 10, range(5), (100, 300)
PRESETS = ("none", "light", "standard", "strong")
HIGHER_RATE = 3.0  # times the rate of `scratch`


def run_study(seed):
    """Returns one row per preset and number of updates, as in a `Comparison`."""
    return [run_preset(name, updates, seed, with_training=True) for updates in UPDATES for name in PRESETS]


def run_rate_study(seed):
    """Returns the row of no regularization, in few updates at the higher rate."""
    return [run_preset("none", UPDATES[0], seed, HIGHER_RATE)]


def run_preset(preset, updates, seed, rate_factor=1.0, with_training=False):
    """Returns the row of a preset."""
    task = ft.load_task("digits", labels_per_class=LABELS, seed=seed)
    model = ft.classifier(ft.load_backbone("glyphnet"), task.num_classes)
    recipe = ft.strategy("scratch").scaled(rate_factor)
    run = ft.fit(model, task, recipe, preset, seed, updates=updates, verbose=False)
    name = f"{preset}, {updates} updates"
    print(f"{name:<24} seed {seed}  validation {run.val_accuracy:.3f}", flush=True)
    return row_of_run(run, name, LABELS, {"preset": preset}, rate_factor=rate_factor, with_training=with_training)
