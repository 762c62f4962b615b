"""Every strategy on tasks near and far, with few and many labels, beside evidence from features alone.

`python tools/transfer_study.py` records results/transfer.json, cell by cell: stopped, it goes on where it was. `--only`
measures some pairs of backbone and task. Flowers (its folder `flowers`), blood cells (`bccd.zip`) and spoken words
(`speech_commands.zip`, `fsdd.zip`) come from FTLIB_REAL, MobileNetV2's weights and Fashion-MNIST through Keras. The
record holds numbers only. Every row tells the code that it was measured with; `--fresh` measures again what was
measured with another.

A second family of far tasks was wanted for `glyphnet`. Probes alone chose it, before anything was trained: blood cells,
which an early stage reads clearly better than the last, by more than the two standard errors that `ft.advise` asks for.
Flowers in grey, and spoken words as pictures of their sound, are not far by that: their evidence is recorded as
`probed`, and nothing was trained on them. Of the red cells one of each photo is taken, so that the three kinds are
about equally frequent, and photos are split, not cells.
"""

import argparse
import dataclasses
import functools
import json
import os
import pathlib
import tempfile
import time

import blood_cells
import digest
import keras
import numpy as np
from study_record import study_workers

import ftlib as ft
from ftlib.app.grid import run_cells
from ftlib.evidence.similarity import measure_similarity
from ftlib.files import written_whole
from ftlib.models.sound_input import SAMPLE_RATE
from ftlib.sound import log_mel
from ftlib.tasks.online_sounds import SPEECH_COMMANDS, SPOKEN_DIGITS, load_spoken_archive

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
    "glyphnet/blood_cells": ((3, 10, 50), ALL, 5),
    "MobileNetV2/flowers": ((3, 10, 30, 80), ALL, 5),
    "MobileNetV2/fashion_mnist": ((10, 50), MAIN, 5),
    "MobileNetV2/digits": ((10, 50), MAIN, 5),
    "MobileNetV2/textures": ((10, 50), MAIN, 5),
    "MobileNetV2/faces": ((10, 40), MAIN, 5),
}
# Evidence alone, as in GRID: labels per class and seeds.
PROBED = {
    "glyphnet/flowers": ((10, 50), 5),
    "glyphnet/spoken_digits": ((10, 50), 5),
    "glyphnet/speech_commands": ((10, 30), 5),
}
REAL = pathlib.Path(os.environ.get("FTLIB_REAL", ""))
REAL_TASKS = ("flowers", "blood_cells")
SPOKEN = {
    "speech_commands": (SPEECH_COMMANDS, "speech_commands.zip"),
    "spoken_digits": (SPOKEN_DIGITS, "fsdd.zip"),
}
SILENCE = 80  # dB below full scale that are drawn black


def stamp():
    """Returns the version of Keras and a checksum of the modules that a row depends on."""
    library_folder = ROOT / "ftlib"
    module_names = [*digest.training_modules(library_folder), "evidence/similarity"]
    return f"{keras.__version__} {digest.code(library_folder, module_names)[:16]}"


@functools.cache
def cut_blood_cells():
    """Returns a folder that is deleted at the end, and in it the table of blood cells, one red cell of each photo."""
    folder = tempfile.TemporaryDirectory()
    cells = pathlib.Path(folder.name) / "cells"
    blood_cells.cut(REAL / "bccd.zip", cells, red=1)
    return folder, cells / "cells.csv"


def to_pictures(task, side):
    """Returns a task of sounds as square grey pictures: time from left to right, low tones below, loud ones white."""

    def draw(split):
        decibels = log_mel(np.asarray(split.inputs), SAMPLE_RATE)[:, ::-1, :, None]
        pixels = 255 * np.clip(1 + decibels / SILENCE, 0, 1)
        pictures = keras.ops.image.resize(pixels, (side, side), antialias=True, data_format="channels_last")
        return dataclasses.replace(split, inputs=np.clip(keras.ops.convert_to_numpy(pictures), 0, 255))

    return dataclasses.replace(
        task, kind="image", sample_rate=0, **{part: draw(split) for part, split in task.splits.items()}
    )


def load(backbone, task, labels, seed):
    """Returns the backbone and the task at its size."""
    image_size = 96 if backbone == "MobileNetV2" else None
    network = ft.load_backbone(backbone, image_size=image_size)
    if task in SPOKEN:
        spoken_set, archive = SPOKEN[task]
        sounds = load_spoken_archive(spoken_set, REAL / archive, labels, seed)
        return network, to_pictures(sounds, network.input_shape[1])
    if task in REAL_TASKS:
        place = REAL / "flowers" if task == "flowers" else cut_blood_cells()[1]
        return network, ft.load_task(place, labels, seed, image_size=network.input_shape[1]).for_backbone(network)
    return network, ft.load_task(task, labels, seed).for_backbone(network)


def measure_evidence(cell):
    """Returns what a row holds before any training, and the network and task that it was measured with."""
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
    }
    return row, network, task


def probe_cell(cell):
    """Returns the row of a task that nothing was trained on: the evidence alone."""
    row, _, _ = measure_evidence(cell)
    print(*cell, {stage: round(accuracy, 3) for stage, accuracy in row["probes"].items()}, flush=True)
    return row


def run_cell(cell):
    """Returns one row: the evidence, and accuracy and seconds of every strategy."""
    pair_name, label_count, seed = cell
    row, network, task = measure_evidence(cell)
    row["runs"] = {}
    for strategy in GRID[pair_name][1]:
        keras.backend.clear_session()
        model, start_time = ft.classifier(network, task.num_classes), time.perf_counter()
        run = ft.fit(model, task, strategy, seed=seed, updates=row["updates"], verbose=False)
        seconds = time.perf_counter() - start_time
        row["runs"][strategy] = {"seconds": seconds, "validation": run.val_accuracy, "test": run.test_accuracy}
    printed_scores = "  ".join(f"{k} {r['test']:.3f}" for k, r in row["runs"].items())
    printed_probes = f"probe {list(row['probes'].values())[-1]:.3f} untrained {row['untrained']:.3f}"
    print(f"{pair_name} {label_count} seed {seed}  {printed_probes}  {printed_scores}", flush=True)
    return row


def turn(cell):
    """Returns when a cell is measured: three seeds of the wide grid, then of ten labels elsewhere, then the rest."""
    pair_name, label_count, seed = cell
    if seed > 2:
        return 2, 0
    return (0, 0) if GRID[pair_name][1] is ALL else (1, seed) if label_count == 10 else (2, 0)


def find_missing(cells, rows):
    """Returns the cells that no row is of, without those whose data are not on this machine."""
    measured_cells = {(f"{r['backbone']}/{r['task']}", r["labels_per_class"], r["seed"]) for r in rows}
    missing_cells = [cell for cell in cells if cell not in measured_cells]
    real_cells = [cell for cell in missing_cells if cell[0].split("/")[1] in (*REAL_TASKS, *SPOKEN)]
    if "FTLIB_REAL" in os.environ or not real_cells:
        return missing_cells
    left_out = ", ".join(sorted({cell[0] for cell in real_cells}))
    print(f"Left out, since FTLIB_REAL does not name the folder of their data: {left_out}.", flush=True)
    return [cell for cell in missing_cells if cell not in real_cells]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=GRID, default=list(GRID))
    parser.add_argument("--fresh", action="store_true", help="measure again what was measured with other code")
    parser.add_argument("--jobs", type=int, default=2, help="processes; one core each (2)")
    args = parser.parse_args()
    record = json.loads(PATH.read_text(encoding="utf-8")) if PATH.exists() else {}
    rows, probed_rows = record.get("rows", []), record.get("probed", [])
    outdated_rows = [r for r in (*rows, *probed_rows) if r["code"] != stamp()]
    if args.fresh:
        rows, probed_rows = ([r for r in kept if r["code"] == stamp()] for kept in (rows, probed_rows))
    elif outdated_rows:
        print(f"{len(outdated_rows)} rows were measured with other code and are kept: see --fresh", flush=True)
    missing_cells = [(pair, n, s) for pair in args.only for n in GRID[pair][0] for s in range(GRID[pair][2])]
    missing_cells = find_missing(sorted(missing_cells, key=turn), rows)
    probed_cells = [(pair, n, s) for pair, (labels, seeds) in PROBED.items() for n in labels for s in range(seeds)]
    missing_probes = find_missing(probed_cells, probed_rows) if args.only == list(GRID) else []
    settings = {"regularization": "light", "backend": keras.backend.backend()}

    def save():
        for kept, order in ((rows, list(GRID)), (probed_rows, list(PROBED))):
            kept.sort(key=lambda r: (order.index(f"{r['backbone']}/{r['task']}"), r["labels_per_class"], r["seed"]))
        content = {"settings": settings, "rows": rows, "probed": probed_rows}
        with written_whole(PATH) as part:
            part.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")

    if not missing_cells and not missing_probes:
        return
    with study_workers(args.jobs) as pool:
        for cells, function, kept in ((missing_probes, probe_cell, probed_rows), (missing_cells, run_cell, rows)):
            for _, row in run_cells(cells, function, pool):
                kept.append(row)
                save()


if __name__ == "__main__":
    main()
