"""What holds a backbone near its pre-training, and what that costs: recorded in results/anchors.json by `make results`.

Full fine-tuning of glyphnet on digits, with each anchor at several strengths, and on the way back to the pre-trained
weights in steps (interpolation). How many letters the backbone still reads is measured by `ft.forgetting`.
"""

import dataclasses

from run_rows import row_of_run

import ftlib as ft

LABELS, SEEDS, UPDATES = 10, range(5), 300
STRENGTHS = {"L2-SP": (0.01, 0.1, 1.0, 10.0), "EWC": (0.01, 0.1, 1.0, 10.0), "replay": (0.03, 0.1, 0.3, 1.0)}
ALPHAS = (0.75, 0.5, 0.25)  # parts of the way from the pre-trained to the tuned weights
LETTERS = 1172


def anchors(letters):
    """Returns `(method, strength, anchor)` of every run, the one without an anchor first."""
    make = {"L2-SP": ft.L2SP, "EWC": lambda s: ft.EWC(letters, s), "replay": lambda s: ft.Replay(letters, s)}
    return [("none", 0.0, None)] + [(name, s, make[name](s)) for name in STRENGTHS for s in STRENGTHS[name]]


def run_study(seed):
    """Returns one row per anchor and strength, as in a `Comparison`, with `source_accuracy` beside."""
    letters = ft.load_task("glyphs")
    task = ft.load_task("digits", labels_per_class=LABELS, seed=seed)
    rows = []
    for method, strength, anchor in anchors(letters):
        settings = dataclasses.replace(ft.Regularization.preset("light"), anchor=anchor)
        model = ft.classifier(ft.load_backbone("glyphnet"), task.num_classes)
        run = ft.fit(model, task, "full", settings, seed, updates=UPDATES, verbose=False)
        rows.append(row(run, letters, method, strength))
        if anchor is None:
            tuned = run.model.get_weights()
            start = model.get_weights()[:-2] + tuned[-2:]  # the pre-trained backbone under the tuned head
            for alpha in ALPHAS:
                mixed = [a + alpha * (b - a) for a, b in zip(start, tuned, strict=True)]
                rows.append(row(at(run, mixed), letters, "interpolation", alpha))
    return rows


def at(run, weights):
    """Returns the run as it would be with other weights."""
    model = ft.classifier(ft.load_backbone("glyphnet"), run.task.num_classes)
    model.set_weights(weights)
    return dataclasses.replace(run, model=model, scores={})


def row(run, letters, method, strength):
    found = ft.forgetting(run, letters, examples=LETTERS)
    name = f"{method} {strength:g}" if strength else method
    print(f"{name} seed {run.seed}  validation {run.val_accuracy:.3f}  letters {found.after:.3f}", flush=True)
    scores = {
        "source_accuracy": found.after,
        "source_before": found.before,
        "drift": [round(float(r["drift"]), 4) for r in found.drift],
    }
    return row_of_run(run, name, LABELS, {"method": method, "strength": strength}, scores)


def curves(rows):
    """Returns the points of every method for `plots.trade_off`, each from no anchor on: target and source accuracy."""
    from ftlib.evidence.comparison import interval

    def point(name, label):
        mine = [r for r in rows if r["strategy"] == name]
        if not mine:
            raise ValueError(f"No row of {name!r} is recorded: measure the study again, --only anchors --fresh.")
        x, y = (interval([r[k] for r in mine]) for k in ("test_accuracy", "source_accuracy"))
        return {"x": x, "y": y, "label": label}

    first = point("none", "")
    series = {}
    for method, strengths in {**STRENGTHS, "interpolation": ALPHAS}.items():
        series[method] = [first, *(point(f"{method} {s:g}", f"{s:g}") for s in strengths)]
    return series
