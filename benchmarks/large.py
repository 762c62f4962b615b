"""Pictures that memory does not hold: what they take of it, and whether training waits for them.

`python benchmarks/large.py` renders JPEG files (20,000 by default, `--pictures`) and measures two things.

Memory: `ftlib fit` on all of them, as a process of its own whose anonymous memory is read every 50 ms; files that
are mapped do not count, since the system gives their pages to whoever needs them.

Waiting: two epochs of a new head on a frozen MobileNetV2, whose updates are so quick that decoding could hold them up,
on a part of the pictures. Each way of reading is set beside the same training from decoded pixels in memory, which
never waits: `ftlib` while it decodes and once it has, and `image_dataset_from_directory` with `fit`.
"""

import argparse
import json
import math
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ProcessPoolExecutor

import common
import keras
import numpy as np
from common import clock, forget, ratio, write

import ftlib as ft

SIDE, BATCH, CLASSES = 224, 32, 4
REPEATS = 3


def render(job):
    """Writes one JPEG file: a blurred pattern whose stripes tell the class, and noise."""
    from PIL import Image

    path, label, seed, (width, height) = job
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    angle = np.pi * label / CLASSES + rng.normal(0, 0.15)
    stripes = np.sin((x * np.cos(angle) + y * np.sin(angle)) / rng.uniform(4, 12) + rng.uniform(0, 6))
    coarse_pixels = Image.fromarray(rng.integers(0, 256, (12, 16, 3), "uint8"))
    coarse_noise = np.asarray(coarse_pixels.resize((width, height)), "float32")
    pixels = 0.6 * coarse_noise + 50 * stripes[..., None] + 40 + rng.normal(0, 8, (height, width, 3))
    Image.fromarray(np.clip(pixels, 0, 255).astype("uint8")).save(path, quality=85)


def make_pictures(folder, count, size=(320, 240)):
    """Writes `count` pictures of `(width, height)` pixels in class folders."""
    render_jobs = []
    for label in range(CLASSES):
        (folder / f"class{label}").mkdir(parents=True)
        render_jobs += [
            (folder / f"class{label}" / f"{picture_number:05}.jpg", label, picture_number * CLASSES + label, size)
            for picture_number in range(count // CLASSES)
        ]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(render, render_jobs, chunksize=100))


def anonymous(pid):
    """Returns the bytes of anonymous memory of a process."""
    try:
        memory_lines = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:  # it has ended
        return 0
    return 1024 * next(int(line.split()[1]) for line in memory_lines if line.startswith("Anonymous:"))


def memory(folder, updates):
    """Returns what `ftlib fit` on a folder took at most, and how it ended."""
    with tempfile.TemporaryDirectory(dir=folder.parent) as output_folder:
        command = [
            sys.executable,
            "-m",
            "ftlib.app.cli",
            "fit",
            str(folder),
            "--out",
            str(pathlib.Path(output_folder) / "run"),
        ]
        command += ["--backbone", "MobileNetV2", "--image-size", str(SIDE), "--updates", str(updates), "--json"]
        command += ["--strategy", "feature_extraction"]
        start_time = time.perf_counter()
        fit_process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=common.HERE.parent)
        peak_bytes, disk_bytes = [0], [0]

        def watch():
            while fit_process.poll() is None:
                peak_bytes[0] = max(peak_bytes[0], anonymous(fit_process.pid))
                disk_bytes[0] = max(
                    disk_bytes[0], sum(512 * f.stat().st_blocks for f in pathlib.Path(output_folder).rglob("pixels/*"))
                )
                time.sleep(0.05)

        watcher = threading.Thread(target=watch)
        watcher.start()
        printed_json, _ = fit_process.communicate()
        watcher.join()
        if fit_process.returncode:
            sys.exit(f"ftlib fit ended with exit code {fit_process.returncode}.")
        fit_result = json.loads(printed_json)
        return {
            "anonymous_gib": peak_bytes[0] / 2**30,
            "disk_gib": disk_bytes[0] / 2**30,
            "seconds": time.perf_counter() - start_time,
            "accuracy": fit_result["metrics"]["accuracy"]["value"],
            "updates": updates,
        }


# Each update draws new distortions, so that nothing can be computed once.
HEAD = ft.Strategy("head", "pretrained", (ft.Phase("head", "head", rate=1e-2),))
EPOCHS = 2


def ours(task, times, name):
    """Trains with `ftlib`."""
    forget()
    model = ft.classifier(ft.load_backbone("MobileNetV2", image_size=SIDE), CLASSES)
    update_count = EPOCHS * math.ceil(len(task.train) / BATCH)
    with clock(times, name):
        ft.fit(model, task, HEAD, "light", updates=update_count, batch_size=BATCH, verbose=False)


def theirs(train, validation, times, name):
    """Trains with Keras alone."""
    forget()
    frozen_backbone = keras.applications.MobileNetV2(input_shape=(SIDE, SIDE, 3), include_top=False)
    frozen_backbone.trainable = False
    image_input = keras.Input((SIDE, SIDE, 3))
    x = frozen_backbone(keras.layers.Rescaling(1 / 127.5, -1)(image_input), training=False)
    x = keras.layers.Dense(CLASSES, activation="softmax")(keras.layers.GlobalAveragePooling2D()(x))
    model = keras.Model(image_input, x)
    model.compile(keras.optimizers.Adam(1e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
    with clock(times, name):
        model.fit(train, validation_data=validation, epochs=EPOCHS, verbose=0)


def waiting(folder, repeats):
    """Returns seconds of every way of reading, and their ratios to reading from memory."""
    import dataclasses

    import tensorflow as tf

    seconds_by_way = {}
    for _ in range(repeats):
        task = ft.load_task(folder, image_size=SIDE, cache_bytes=0)
        ours(task, seconds_by_way, "ours, decoding")
        ours(task, seconds_by_way, "ours, decoded")
        splits_by_name = {p: getattr(task, p) for p in ("train", "validation", "test")}
        splits_in_memory = {
            p: dataclasses.replace(split, images=split.images[:]) for p, split in splits_by_name.items()
        }
        ours(dataclasses.replace(task, **splits_in_memory), seconds_by_way, "ours, from memory")
        keras_datasets = [
            keras.utils.image_dataset_from_directory(
                folder,
                validation_split=0.2,
                subset=part,
                seed=0,
                image_size=(SIDE, SIDE),
                batch_size=BATCH,
                verbose=False,
            )
            for part in ("training", "validation")
        ]
        theirs(*keras_datasets, seconds_by_way, "Keras, decoding")
        datasets_in_memory = [
            tf.data.Dataset.from_tensor_slices(next(iter(one.unbatch().batch(10**6)))).batch(BATCH)
            for one in keras_datasets
        ]
        theirs(*datasets_in_memory, seconds_by_way, "Keras, from memory")
    return {
        "images": len(splits_by_name["train"]),
        "epochs": EPOCHS,
        "times": seconds_by_way,
        "ratios": {
            "ours, decoding": ratio(seconds_by_way["ours, decoding"], seconds_by_way["ours, from memory"]),
            "ours, decoded": ratio(seconds_by_way["ours, decoded"], seconds_by_way["ours, from memory"]),
            "Keras, decoding": ratio(seconds_by_way["Keras, decoding"], seconds_by_way["Keras, from memory"]),
        },
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=20_000)
    parser.add_argument("--updates", type=int, default=1000, help="of the run whose memory is read (1000)")
    parser.add_argument("--waiting", type=int, default=800, help="pictures of the part that is clocked (800)")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--only", choices=("memory", "waiting"))
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ftlib-large-") as temporary_folder:
        if args.only != "memory":
            make_pictures(pathlib.Path(temporary_folder) / "part", args.waiting)
            measured = waiting(pathlib.Path(temporary_folder) / "part", args.repeats)
            print({k: f"{r['mean']:.2f}" for k, r in measured["ratios"].items()})
            write("large_waiting", measured)
        if args.only != "waiting":
            make_pictures(pathlib.Path(temporary_folder) / "all", args.pictures)
            measured = memory(pathlib.Path(temporary_folder) / "all", args.updates)
            print(measured)
            write("large_memory", {"pictures": args.pictures, "side": SIDE, **measured})


if __name__ == "__main__":
    main()
