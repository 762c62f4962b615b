"""Every strategy on tasks near and far, with few and many labels, beside evidence from features alone.

`python tools/transfer_study.py` records results/transfer.json, cell by cell: stopped, it goes on where it was. `--only`
measures some pairs of backbone and task. Flowers come from FTLIB_REAL, MobileNetV2's weights and Fashion-MNIST through
Keras. Every row tells the code that it was measured with; `--fresh` measures again what was measured with another.
"""

import argparse
import json
import os
import pathlib
import time

import digest
import keras
from study_record import study_workers

import ftlib as ft
from ftlib.app.grid import run_cells
from ftlib.evidence.similarity import measure_similarity
from ftlib.files import written_whole

ROOT = pathlib.Path(__file__).resolve().parent.parent
PATH = ROOT / "results" / "transfer.json"
ALL = ("scratch", "feature_extraction_long", "top", "lp_ft", "full")
MAIN = ("scratch", "feature_extraction_long", "lp_ft", "full")
UPDATES = {"glyphnet": 300, "MobileNetV2": 120}
# Labels per class, strategies and seeds of every pair of backbone and task.
GRID = {
    "glyphnet/digits": ((1, 3, 10, 50), ALL, 5),
    "glyphnet/textures": ((1, 3, 10, 50), ALL, 5),
    "glyphnet/fashion_mnist": ((1, 3, 10, 50), ALL, 5),
    "glyphnet/faces": ((3, 10, 20, 40), ALL, 5),
    "MobileNetV2/flowers": ((3, 10, 30, 80), ALL, 5),
    "MobileNetV2/fashion_mnist": ((10, 50), MAIN, 5),
    "MobileNetV2/digits": ((10, 50), MAIN, 5),
    "MobileNetV2/textures": ((10, 50), MAIN, 5),
    "MobileNetV2/faces": ((10, 40), MAIN, 5),
}


def stamp():
    """Returns the version of Keras and a checksum of the modules that a row depends on."""
    library_folder = ROOT / "ftlib"
    module_names = [*digest.training_modules(library_folder), "evidence/similarity"]
    return f"{keras.__version__} {digest.code(library_folder, module_names)[:16]}"


def load(backbone, task, labels, seed):
    """Returns the backbone and the task at its size."""
    image_size = 96 if backbone == "MobileNetV2" else None
    network = ft.load_backbone(backbone, image_size=image_size)
    if task == "flowers":
        folder = pathlib.Path(os.environ["FTLIB_REAL"]) / "flowers"
        return network, ft.load_task(folder, labels, seed, image_size=image_size)
    return network, ft.load_task(task, labels, seed).for_backbone(network)


def run_cell(cell):
    """Returns one row: the evidence, and accuracy and seconds of every strategy."""
    pair_name, label_count, seed = cell
    backbone, task_name = pair_name.split("/")
    network, task = load(backbone, task_name, label_count, seed)
    start_time = time.perf_counter()
    similarity = measure_similarity(network, task)
    row = {
        "backbone": backbone,
        "task": task_name,
        "labels_per_class": label_count,
        "seed": seed,
        "updates": UPDATES[backbone],
        "code": stamp(),
        "seconds": time.perf_counter() - start_time,
        "classes": similarity.classes,
        "probes": similarity.probes,
        "untrained": similarity.untrained,
        "pixels": similarity.pixels,
        "validation": similarity.validation,
        "runs": {},
    }
    for strategy in GRID[pair_name][1]:
        keras.backend.clear_session()
        model, start_time = ft.classifier(network, task.num_classes), time.perf_counter()
        run = ft.fit(model, task, strategy, seed=seed, updates=UPDATES[backbone], verbose=False)
        seconds = time.perf_counter() - start_time
        row["runs"][strategy] = {"seconds": seconds, "validation": run.val_accuracy, "test": run.test_accuracy}
    printed_scores = "  ".join(f"{k} {r['test']:.3f}" for k, r in row["runs"].items())
    printed_probes = f"probe {similarity.probe:.3f} untrained {similarity.untrained:.3f}"
    print(f"{pair_name} {label_count} seed {seed}  {printed_probes}  {printed_scores}", flush=True)
    return row


def turn(cell):
    """Returns when a cell is measured: three seeds of the wide grid, then of ten labels elsewhere, then the rest."""
    pair_name, label_count, seed = cell
    if seed > 2:
        return 2, 0
    return (0, 0) if GRID[pair_name][1] is ALL else (1, seed) if label_count == 10 else (2, 0)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=GRID, default=list(GRID))
    parser.add_argument("--fresh", action="store_true", help="measure again what was measured with other code")
    parser.add_argument("--jobs", type=int, default=2, help="processes; one core each (2)")
    args = parser.parse_args()
    rows = json.loads(PATH.read_text())["rows"] if PATH.exists() else []
    outdated_rows = [r for r in rows if r["code"] != stamp()]
    if args.fresh:
        rows = [r for r in rows if r["code"] == stamp()]
    elif outdated_rows:
        print(
            f"{len(outdated_rows)} of {len(rows)} rows were measured with other code and are kept: see --fresh",
            flush=True,
        )
    measured_cells = {(f"{r['backbone']}/{r['task']}", r["labels_per_class"], r["seed"]) for r in rows}
    missing_cells = [(pair, n, s) for pair in args.only for n in GRID[pair][0] for s in range(GRID[pair][2])]
    missing_cells.sort(key=turn)
    missing_cells = [cell for cell in missing_cells if cell not in measured_cells]
    if "FTLIB_REAL" not in os.environ and any(cell[0].endswith("/flowers") for cell in missing_cells):
        print("Flowers are left out: FTLIB_REAL does not name the folder that holds them.", flush=True)
        missing_cells = [cell for cell in missing_cells if not cell[0].endswith("/flowers")]
    settings = {"regularization": "light", "backend": keras.backend.backend()}
    pair_order = list(GRID)
    if not missing_cells:
        return
    with study_workers(args.jobs) as pool:
        for _, row in run_cells(missing_cells, run_cell, pool):
            rows.append(row)
            rows.sort(
                key=lambda r: (pair_order.index(f"{r['backbone']}/{r['task']}"), r["labels_per_class"], r["seed"])
            )
            with written_whole(PATH) as part:
                part.write_text(json.dumps({"settings": settings, "rows": rows}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
