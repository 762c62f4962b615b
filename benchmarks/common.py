"""What the benchmarks share: flowers, MobileNetV2, clocks, paired intervals and the files of results.

Import this module before Keras: it points Keras to a copy of the weights in `FTLIB_REAL`.
"""

import contextlib
import dataclasses
import gc
import importlib.metadata
import importlib.util
import json
import math
import os
import pathlib
import platform
import shutil
import sys
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
SIDE = int(os.environ.get("FTLIB_BENCH_SIDE", "160"))  # pixels
SEEDS = tuple(range(10))
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))


def real():
    """Returns the folder of real photos and weights, or ends the script with a word on what is missing."""
    place = pathlib.Path(os.environ.get("FTLIB_REAL") or "not set")
    if not (place / "flowers").is_dir():
        sys.exit(f"The benchmarks need the photos and weights of FTLIB_REAL. Received: FTLIB_REAL={place}.")
    return place


def _fill_keras_home():
    home = pathlib.Path(tempfile.mkdtemp(prefix="ftlib-benchmarks-"))
    for path in sorted((real() / "keras_home" / "models").iterdir()):
        named = path.parent / path.read_bytes().decode(errors="replace").strip() if path.stat().st_size < 500 else path
        (home / "models").mkdir(exist_ok=True)
        shutil.copyfile(named, home / "models" / path.name)
    return home


if importlib.util.find_spec("tensorflow") is None:
    os.environ.setdefault("KERAS_BACKEND", "torch")
# Keras reads KERAS_HOME once, at import. A script that starts itself again hands its folder on.
_OWN = "FTLIB_BENCH_HOME" not in os.environ
os.environ["KERAS_HOME"] = os.environ.setdefault("FTLIB_BENCH_HOME", str(_fill_keras_home()) if _OWN else "")
if _OWN:
    import atexit

    atexit.register(shutil.rmtree, os.environ["KERAS_HOME"], True)

import keras  # noqa: E402
import numpy as np  # noqa: E402

import ftlib as ft  # noqa: E402
from tools.blood_cells import cut  # noqa: E402


def flowers(labels_per_class=None, seed=0):
    """Returns the flowers as a task of decoded pixels at `SIDE`, so that no clock counts the decoding.

    Validation is the 20 photos per class that `ftlib` sets aside; at most 80 per class are left for training.
    """
    return _decoded(ft.load_task(real() / "flowers", labels_per_class, seed, image_size=SIDE))


def blood_cells(labels_per_class=None, seed=0):
    """Returns the cells of BCCD's photos as such a task: red, white and platelets; those of a photo in one split.

    Two red cells of each photo, which holds a dozen; about 300 cells each for validation and test.
    """
    with tempfile.TemporaryDirectory() as folder:
        cell_folder = pathlib.Path(folder, "cells")
        cut(real() / "bccd.zip", cell_folder, red=2)
        return _decoded(ft.load_task(cell_folder / "cells.csv", labels_per_class, seed, image_size=SIDE))


def _decoded(task):
    splits_by_name = {}
    for name in ("train", "validation", "test"):
        split = getattr(task, name)
        pixels = np.asarray(split.images[np.arange(len(split))], "float32")
        splits_by_name[name] = dataclasses.replace(split, images=pixels)
    return dataclasses.replace(task, **splits_by_name)


def classifier(classes=5):
    """Returns `ftlib`'s classifier on MobileNetV2 with its ImageNet weights."""
    return ft.classifier(ft.load_backbone("MobileNetV2", image_size=SIDE), classes)


def glyphnet_classifier(classes=10):
    """Returns `ftlib`'s classifier on glyphnet, a network so small that what is around an update counts."""
    return ft.classifier(ft.load_backbone("glyphnet"), classes)


def batches_to_step_on(steps, batch_size):
    """Yields a large and a small network with a batch each: `(name, function that builds it, x, labels, steps)`.

    Args:
        steps: Of MobileNetV2; glyphnet takes 5 times as many.
        batch_size: Images.
    """
    digit_images = ft.load_task("digits", 10).for_backbone(glyphnet_classifier()).train
    benchmark_cases = (
        ("MobileNetV2", classifier, flowers(20).train, steps),
        ("glyphnet", glyphnet_classifier, digit_images, 5 * steps),
    )
    for name, build, split, count in benchmark_cases:
        forget()
        chosen_rows = np.random.default_rng(0).permutation(len(split))[:batch_size]
        yield name, build, np.asarray(split.images[chosen_rows], "float32"), split.labels[chosen_rows], count


def accuracy(model, split):
    """Returns the accuracy of a Keras model on a split."""
    probabilities = np.concatenate([np.asarray(model.predict_on_batch(x)) for x in np.array_split(split.images, 4)])
    return float((probabilities.argmax(1) == split.labels).mean())


@contextlib.contextmanager
def clock(times, name):
    """Adds the seconds that the block takes to the list `times[name]`."""
    start = time.perf_counter()
    yield
    times.setdefault(name, []).append(time.perf_counter() - start)


def forget():
    """Frees the models of the runs before, so that no run pays for another."""
    keras.backend.clear_session()
    gc.collect()


def interval(values):
    """Returns mean and 95 % interval (Student's t) of numbers, one per seed, as a dict."""
    from scipy.stats import t

    values = np.asarray(values, float)
    mean, value_count = float(values.mean()), len(values)
    half_width = (
        float(t.ppf(0.975, value_count - 1) * values.std(ddof=1) / math.sqrt(value_count))
        if value_count > 1
        else math.nan
    )
    bounds = (None, None) if value_count < 2 else (mean - half_width, mean + half_width)
    return {"mean": mean, "low": bounds[0], "high": bounds[1], "n": value_count}


def paired(ours, theirs):
    """Returns mean and 95 % interval of the differences of runs that share a seed."""
    return interval(np.asarray(ours) - np.asarray(theirs))


def ratio(theirs, ours):
    """Returns how many times faster `ours` is: the geometric mean of paired ratios, with its 95 % interval."""
    log_interval = interval(np.log(np.asarray(theirs) / np.asarray(ours)))
    return {k: v if k == "n" or v is None else math.exp(v) for k, v in log_interval.items()}


def show(interval_values, scale=1.0, unit="", digits=1):
    """Returns `mean (low to high)` of what `interval`, `paired` and `ratio` give."""
    scaled_values = [
        None if interval_values[k] is None else f"{scale * interval_values[k]:.{digits}f}"
        for k in ("mean", "low", "high")
    ]
    return scaled_values[0] + unit + (f" ({scaled_values[1]} to {scaled_values[2]})" if scaled_values[1] else "")


def device():
    """Returns the name of the first GPU that the backend computes on, as its maker calls it, or "CPU"."""
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        device_names = [
            tf.config.experimental.get_device_details(device_name)
            for device_name in tf.config.list_physical_devices("GPU")
        ]
        return device_names[0].get("device_name", "GPU") if device_names else "CPU"
    if backend == "jax":
        import jax

        first_device = jax.devices()[0]
        return "CPU" if first_device.platform == "cpu" else first_device.device_kind
    if backend == "torch":
        import torch

        return torch.cuda.get_device_name(0) if torch.cuda.is_available() else "CPU"
    return "CPU"


def write(name, result):
    """Writes `results/NAME.json`, with the versions and the kind of machine."""
    package_names = ["ftlib", "keras", "tensorflow", "torch", "fastai", "numpy"]
    package_names += ["jax"] if keras.backend.backend() == "jax" else []
    package_versions = {"python": platform.python_version()}
    for package in package_names:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            package_versions[package] = importlib.metadata.version(package)
    machine = {"cores": os.cpu_count(), "device": device(), "backend": keras.backend.backend()}
    record_path = HERE / "results" / f"{name}.json"
    record_path.parent.mkdir(exist_ok=True)
    partial_file = record_path.with_suffix(".part")
    partial_file.write_text(json.dumps({"versions": package_versions, "machine": machine, **result}, indent=1) + "\n")
    os.replace(partial_file, record_path)
    print(f"-> {record_path.relative_to(HERE.parent)}")
