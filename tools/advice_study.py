"""Every strategy on tasks near and far, with few and many labels, beside the evidence that `ft.advise` reads.

`python tools/advice_study.py` records results/advice.json; `--tasks` measures some of its tasks. A task of photos is
measured where FTLIB_REAL is set.
"""

import argparse
import json
import os
import pathlib
import time

import keras

import ftlib as ft
from ftlib.advisor import measure
from ftlib.app.grid import quiet_stderr, run_cells

ROOT = pathlib.Path(__file__).resolve().parent.parent
STRATEGIES = ("scratch", "feature_extraction_long", "top", "lp_ft", "full")
SEEDS = range(5)
LABELS = {
    "digits": (1, 3, 10, 50), "textures": (1, 3, 10, 50), "fashion_mnist": (1, 3, 10, 50), "faces": (3, 10, 20, 40),
    "flowers": (3, 10, 30, 80),
}  # fmt: skip
UPDATES = {"flowers": 120}


def place(name):
    """Returns the task's data for `load_task`, the backbone, its size, and the updates of a run."""
    if name == "flowers":
        folder = pathlib.Path(os.environ["FTLIB_REAL"]) / "flowers"
        return (folder, {"image_size": 96}), ("MobileNetV2", {"image_size": 96}), 120
    return (name, {}), ("glyphnet", {}), 300


def run_cell(cell):
    """Returns one row: the evidence, and accuracy and seconds of every strategy."""
    name, labels, seed = cell
    (source, options), (backbone, given), updates = place(name)
    task = ft.load_task(source, labels, seed, **options)
    body = ft.load_backbone(backbone, **given)
    task = task.for_backbone(body)
    begin = time.perf_counter()
    found = measure(body, task)
    row = {
        "task": name, "labels_per_class": labels, "seed": seed, "backbone": backbone, "updates": updates,
        "seconds": time.perf_counter() - begin, "classes": found.classes, "probes": found.probes,
        "untrained": found.untrained, "pixels": found.pixels, "validation": found.validation, "runs": {},
    }  # fmt: skip
    for strategy in STRATEGIES:
        keras.backend.clear_session()
        begin = time.perf_counter()
        run = ft.fit(ft.classifier(body, task.num_classes), task, strategy, seed=seed, updates=updates, verbose=False)
        row["runs"][strategy] = {
            "seconds": time.perf_counter() - begin, "validation": run.val_accuracy, "test": run.test_accuracy,
        }  # fmt: skip
    told = "  ".join(f"{k} {r['test']:.3f}" for k, r in row["runs"].items())
    print(f"{name} {labels} seed {seed}  probe {found.probe:.3f} untrained {found.untrained:.3f}  {told}", flush=True)
    return row


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", nargs="+", choices=LABELS, default=list(LABELS))
    parser.add_argument("--jobs", type=int, default=2, help="processes; one core each (2)")
    args = parser.parse_args()
    path = ROOT / "results" / "advice.json"
    rows = json.loads(path.read_text())["rows"] if path.exists() else []
    have = {(r["task"], r["labels_per_class"], r["seed"]) for r in rows}
    cells = [(t, n, s) for t in args.tasks for n in LABELS[t] for s in SEEDS if (t, n, s) not in have]
    settings = {"regularization": "light", "keras": keras.__version__, "backend": keras.backend.backend()}
    with quiet_stderr():
        for _, row in run_cells(cells, args.jobs, run_cell):
            rows.append(row)
            rows.sort(key=lambda r: (list(LABELS).index(r["task"]), r["labels_per_class"], r["seed"]))
            part = path.with_suffix(".part")
            part.write_text(json.dumps({"settings": settings, "rows": rows}, indent=1) + "\n")
            os.replace(part, path)


if __name__ == "__main__":
    main()
