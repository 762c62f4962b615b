"""Whether a bias planted in pre-training is inherited, and what mends it: results/bias.json, by `make results`.

`glyphnet-marked` learned from letters of which a fifth bore a mark in the corner and were filed under round letters,
whatever they showed. Here both backbones, and a network without pre-training, learn digits, of which none (share 0),
some, or half bear the mark, in all classes alike: the target's own data are without bias. Test accuracy is measured
with and without the mark.
"""

from run_rows import row_of_run

import ftlib as ft

LABELS, SEEDS, UPDATES = 10, range(5), 300
WEIGHTS = ("glyphnet", "glyphnet-marked")
SHARES = (0.0, 0.1, 0.5)
STRATEGIES = ("feature_extraction_long", "lp_ft", "full")


def cells():
    """Returns `(backbone, strategy, share of marked training images)` of every run."""
    tuned = [(body, name, share) for body in WEIGHTS for name in STRATEGIES for share in SHARES]
    return tuned + [("random", "scratch", share) for share in SHARES]


def run_study(seed):
    """Returns one row per cell, as in a `Comparison`, with the accuracy of each group beside."""
    rows = []
    for name, strategy, share in cells():
        body = ft.load_backbone("glyphnet" if name == "random" else name)
        task = ft.mark_task(ft.load_task("digits", LABELS, seed).for_backbone(body), share, seed)
        model = ft.classifier(body, task.num_classes)
        run = ft.fit(model, task, strategy, seed=seed, updates=UPDATES, verbose=False)
        groups = {row["group"]: row["accuracy"] for row in ft.group_accuracy(run).rows}
        said = run.predictions("test")[task.test.groups == "marked"].argmax(1)
        title = f"{name} {strategy} {share:g}"
        print(f"{title} seed {seed}  plain {groups['plain']:.3f}  marked {groups['marked']:.3f}", flush=True)
        cell = {"backbone": name, "trained": strategy, "share": share}
        scores = {"plain": groups["plain"], "marked": groups["marked"], "read_as_0": float((said == 0).mean())}
        rows.append(row_of_run(run, title, LABELS, cell, scores))
    return rows
