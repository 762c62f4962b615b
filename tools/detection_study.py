"""From COCO to licence plates and blood cells with few photos: results/detection.json.

`python tools/detection_study.py` measures the cells that are missing, one after the other: stopped, it goes on where it
was. Photos and the network come from FTLIB_REAL: `plates.zip`, `bccd.zip`, `detectors/yolo-fastest-1.1.cfg`.

- `scratch`, `frozen`, `lp_ft`, `all`: YOLO-Fastest without its heads, under a new head, with equally many updates:
  everything drawn anew; the head alone; the head first, then everything; everything at once. BatchNormalization keeps
  COCO's statistics where weights are pre-trained. Where a method has several rates, that of its rows on a task is the
  one with the lowest loss on validation, with one seed and one number of photos. (The loss, since the average precision
  of a few dozen boxes jumps from epoch to epoch.)
- `plates_random`: the same photos of plates dealt out without looking at the videos, for one method.
- `coco`: of the rows that tune the network, how many of the persons, vehicles and traffic lights that COCO's own heads
  found before in photos of the drives they still find after, on top of the tuned layers.

Validation and test are the same for all methods; the test is scored once a row. A seed draws the photos.
"""

from __future__ import annotations

import argparse
import dataclasses
import functools
import os
import pathlib
import sys
import time
from typing import Any

import keras
import numpy as np
from study_record import StudyRecord, code_stamp, study_workers

import ftlib as ft
from ftlib.objectives.boxes import pairwise_iou
from ftlib.tasks.task import Task

SEEDS, BATCH = 5, 4
UPDATES = {"plates": 200, "plates_random": 200, "cells": 200}
# Plates nearly as large as the archive has them, and the band of the photo that they are in. At 192 by 352 half of them
# are less than 7 pixels high, and hardly any was found. Cells fill much of a photo, and are seen in a small one.
IMAGE_SIZES = {"plates": (160, 448), "plates_random": (160, 448), "cells": (160, 224)}
STRIDES = {"plates": 16, "plates_random": 16, "cells": 16}  # that of the features: the head makes none finer
HEAD_VIEWS = 8  # versions of each photo that a head alone sees; their features are computed once
METHODS = {"scratch": "scratch", "frozen": "feature_extraction_long", "lp_ft": "lp_ft", "all": "full"}
# What is measured, in the order of its weight: task, photos, methods. One method after the other, so that a study that
# is stopped has all seeds of some.
GRID = (
    ("plates", (60,), ("frozen", "lp_ft", "scratch")),
    ("cells", (20,), ("frozen", "scratch", "lp_ft")),
    ("plates_random", (60,), ("frozen",)),
    ("plates", (60,), ("all",)),
    ("cells", (20,), ("all",)),
    ("plates", (20, 100), ("frozen", "scratch", "lp_ft", "all")),
    ("cells", (60, 100), ("frozen", "scratch", "lp_ft", "all")),
)
TUNING_PHOTOS = {"plates": 60, "cells": 20}
# Of those that tune the network trials on plates, on validation, left one; it costs three times the frozen head to try.
RATE_FACTORS = {"scratch": (1.0, 3.0), "frozen": (1.0, 3.0), "lp_ft": (5.0,), "all": (5.0,)}
MODULES = ("models/darknet", "tasks/online_boxes")  # that rows depend on, besides those of all training
COCO_PHOTOS, COCO_SIZE = 30, (192, 352)  # of the drives, none of them in training of any seed: those of the test
COCO_THRESHOLD, COCO_IOU, SAME_OBJECT = 0.3, 0.45, 0.5
STREET_CLASSES = ("person", "bicycle", "car", "motorbike", "bus", "truck", "traffic light")


def measure_plate_heights() -> dict[str, dict[str, dict[str, float]]]:
    """Returns, by split and part, the median height of plates in pixels and the share that is at most half a cell."""
    sizes: dict[str, dict[str, dict[str, float]]] = {}
    for task_name in ("plates", "plates_random"):
        task = load_photos(task_name, TUNING_PHOTOS["plates"], 0)
        sizes[task_name] = {}
        for part, split in task.splits.items():
            boxes = np.concatenate(list(split.targets))
            heights = boxes[:, 3] - boxes[:, 1]
            is_small = heights <= STRIDES[task_name] / 2
            sizes[task_name][part] = {
                "median": round(float(np.median(heights)), 2),
                "small": round(float(is_small.mean()), 4),
            }
    return sizes


def detector_cfg() -> pathlib.Path:
    """Returns the path of YOLO-Fastest's cfg file."""
    return pathlib.Path(os.environ["FTLIB_REAL"]) / "detectors" / "yolo-fastest-1.1.cfg"


def load_photos(task: str, photo_count: int, seed: int) -> Task:
    """Returns a task with so many photos of training; of one seed, few are a part of many."""
    if task == "cells":
        loaded = ft.load_task("blood_cells", photo_count, seed, image_size=IMAGE_SIZES[task])
    else:
        split = "random" if task == "plates_random" else "video"
        loaded = ft.load_task("licence_plates", photo_count, seed, image_size=IMAGE_SIZES[task], split=split)
    return dataclasses.replace(loaded, objective=ft.Detection(stride=STRIDES[task]))


def strategy_of(method: str, rate_factor: float) -> ft.Strategy:
    """Returns the strategy of a method, with augmented photos also where the head learns alone."""
    strategy = ft.strategy(METHODS[method]).scaled(rate_factor)
    phases = [
        dataclasses.replace(phase, views=HEAD_VIEWS) if phase.train == "head" else phase for phase in strategy.phases
    ]
    return dataclasses.replace(strategy, phases=tuple(phases))


def train(cell: tuple) -> Any:
    """Returns the run of a cell with its rate."""
    task_name, photo_count, seed, method, rate_factor = cell
    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)  # a head of convolutions begins at random
    task = load_photos(task_name, photo_count, seed)
    backbone = ft.load_backbone(detector_cfg(), image_size=IMAGE_SIZES[task_name])
    model = ft.with_head(backbone, task)
    strategy = strategy_of(method, rate_factor)
    return ft.fit(model, task, strategy, "light", seed, updates=UPDATES[task_name], batch_size=BATCH, verbose=False)


@functools.cache
def coco_before() -> tuple[keras.Model, np.ndarray, list[np.ndarray], tuple[str, ...]]:
    """Returns YOLO-Fastest as it came, photos of drives, what it finds in them, and the names of its classes."""
    detector, names = ft.load_detector(detector_cfg(), image_size=COCO_SIZE)
    task = ft.load_task("licence_plates", 1, 0, image_size=COCO_SIZE)
    photos = task.test.inputs[:COCO_PHOTOS].astype("float32")
    return detector, photos, find_on_street(detector, photos, names), names


def find_on_street(detector: keras.Model, photos: np.ndarray, names: tuple[str, ...]) -> list[np.ndarray]:
    """Returns the detections of persons, vehicles and traffic lights in each photo."""
    wanted = [names.index(name) for name in STREET_CLASSES]
    outputs = detector.predict(photos, batch_size=BATCH, verbose=0)
    return [found[np.isin(found[:, 4], wanted)] for found in ft.decode(outputs, COCO_THRESHOLD, COCO_IOU)]


def measure_forgetting(model: keras.Model) -> dict[str, Any]:
    """Returns what share of its detections COCO's heads still make on the layers of a tuned model, and how many more.

    The heads come from the detector as it was; all layers below them that the tuned backbone has are the tuned ones.
    """
    detector, photos, before, names = coco_before()
    kept_weights = detector.get_weights()
    for layer in model.get_layer("backbone").layers:
        if layer.weights:
            detector.get_layer(layer.name).set_weights(layer.get_weights())
    after = find_on_street(detector, photos, names)
    detector.set_weights(kept_weights)

    kept = sum(_count_kept(first, second) for first, second in zip(before, after, strict=True))
    before_count, after_count = sum(map(len, before)), sum(map(len, after))
    return {"coco_before": before_count, "coco_after": after_count, "coco_kept": kept / max(before_count, 1)}


def _count_kept(before, after):
    """Returns how many detections have one of the same class in the same place among those of afterwards."""
    if not len(before) or not len(after):
        return 0
    overlaps = pairwise_iou(before, after) * (before[:, None, 4] == after[None, :, 4])
    return int((overlaps.max(axis=1) >= SAME_OBJECT).sum())


def run_choice(cell: tuple) -> dict[str, Any]:
    """Returns the row of a rate that is tried; the test is not looked at."""
    return _row(cell, tests=False)


def run_cell(cell: tuple) -> dict[str, Any]:
    """Returns the row of a cell."""
    return _row(cell, tests=True)


def _row(cell, tests):
    task, photo_count, seed, method, rate_factor = cell
    start_time = time.process_time()
    run = train(cell)
    validation = run.score("validation")
    scores: dict[str, Any] = {"val_map50": validation["map50"], "val_loss": validation["loss"]}
    if tests:
        tested = run.score("test")
        scores |= {"test_map50": tested["map50"], "test_map": tested["map"], "test_loss": tested["loss"]}
        if method in ("lp_ft", "all"):
            scores |= measure_forgetting(run.model)
    seconds = round(time.process_time() - start_time, 1)
    shown = "  ".join(f"{name} {value:.3f}" for name, value in scores.items() if name.endswith(("map50", "kept")))
    print(f"{task} {photo_count} seed {seed}  {method:<8} x{rate_factor:g}  {shown}  {seconds} s", flush=True)
    return {
        "task": task, "labels": photo_count, "seed": seed, "method": method, "rate_factor": rate_factor,
        "updates": UPDATES[task], **scores, "seconds": seconds, "code": code_stamp(modules=MODULES), "weights": None,
    }  # fmt: skip


class DetectionRecord(StudyRecord):
    """The rows of this study, whose choices differ in the rate alone."""

    modules = MODULES
    choice_keys = (*StudyRecord.keys, "rate_factor")


def with_choice(record: StudyRecord, cell: tuple) -> tuple:
    """Returns a cell with the rate that validation chose; a random split takes that of the split by video."""
    task = "plates" if cell[0] == "plates_random" else cell[0]
    if len(RATE_FACTORS[cell[3]]) == 1:
        return (*cell, *RATE_FACTORS[cell[3]])
    tried = [row for row in record.tuning if (row["task"], row["method"]) == (task, cell[3])]
    return (*cell, min(tried, key=lambda row: row["val_loss"])["rate_factor"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", nargs="+", choices=UPDATES, default=list(UPDATES))
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS))
    parser.add_argument("--photos", nargs="+", type=int, help="numbers of photos (all of the grid)")
    parser.add_argument("--seeds", type=int, default=SEEDS, help=f"the first so many ({SEEDS})")
    parser.add_argument("--jobs", type=int, default=2, help="processes; one core each (2)")
    parser.add_argument("--fresh", action="store_true", help="measure again what was measured with other code")
    args = parser.parse_args()
    if not os.environ.get("FTLIB_REAL") or not detector_cfg().is_file():
        sys.exit("Photos and YOLO-Fastest come from FTLIB_REAL, which does not name the folder that holds them.")

    record = DetectionRecord("detection", ("test_map50", "test_map", "coco_kept"), ("scratch", "frozen"))
    record.drop_outdated(args.fresh)
    record.settings |= {  # besides what the record says of an earlier measurement
        "backbone": "YOLO-Fastest 1.1", "updates": UPDATES, "batch": BATCH, "seeds": SEEDS, "image_sizes": IMAGE_SIZES,
        "strides": STRIDES, "head_views": HEAD_VIEWS, "backend": keras.backend.backend(), "coco_photos": COCO_PHOTOS,
        "coco_classes": STREET_CLASSES, "plate_heights": measure_plate_heights(),
    }  # fmt: skip
    with study_workers(args.jobs) as pool:
        for task, photo_counts, methods in GRID:
            wanted_counts = [count for count in photo_counts if args.photos is None or count in args.photos]
            wanted_methods = [method for method in methods if method in args.methods]
            if task not in args.tasks or not wanted_counts:
                continue
            tuned_task = "plates" if task == "plates_random" else task
            for method in wanted_methods:
                choices = [
                    (tuned_task, TUNING_PHOTOS[tuned_task], 0, method, factor) for factor in RATE_FACTORS[method]
                ]
                if len(choices) > 1:
                    record.tune(choices, run_choice, pool)
                cells = [(task, count, seed, method) for seed in range(args.seeds) for count in wanted_counts]
                record.measure(cells, run_cell, functools.partial(with_choice, record), pool)
    record.save()
    record.print_summary()


if __name__ == "__main__":
    main()
