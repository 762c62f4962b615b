"""What a GPU gives, in under ten minutes: `make gpu`, or `KERAS_BACKEND=jax python benchmarks/gpu.py`.

Four parts, each written to `results/hardware_gpu.json` as soon as it is measured, and printed:

- `rows`: an update of MobileNetV2 at 160 pixels by precision and batch, as `hardware.py` measures it, with the peak of
  memory and the share of what a large matrix product reaches on the same device in the same precision.
- `guide`: `ft.fit` beside the recipe of Keras's transfer-learning guide, on the same photos with as many updates.
- `cache`: `ft.fit` beside plain Keras where the last stage alone trains, which computes the frozen stages once.
- `matrix`: what such a product reaches, in operations a second.

Pixels and weights are drawn at random: they take as long as others, and nothing has to be fetched. A part that would
begin after `--minutes` is left out, and the record says so. On a CPU the cases are few and small, to try the script.
"""

import argparse
import os
import time

# Nothing of FTLIB_REAL is used here, so that a rented machine can run this alone.
os.environ.setdefault("FTLIB_BENCH_HOME", os.environ.get("KERAS_HOME") or os.path.expanduser("~/.keras"))
from common import SIDE, clock, device, forget, paired, ratio, show, write  # noqa: E402  (before Keras)

import keras  # noqa: E402  # isort: skip
import numpy as np  # noqa: E402  # isort: skip
from hardware import CLASSES, measure  # noqa: E402  # isort: skip

import ftlib as ft

BATCH = 32
# Forward, the gradient by the outputs and that by the weights: three products of the same size.
PRODUCTS_OF_AN_UPDATE = 3
GPU_CASES = [
    (precision, batch) for precision in ("mixed_bfloat16", "float32") for batch in (8, 32, 128, 512)
] + [("mixed_float16", 128)]  # fmt: skip
CPU_CASES = [("float32", 4), ("mixed_bfloat16", 4)]


class Clock:
    """Says whether the time that is allowed is over."""

    def __init__(self, minutes):
        self.end = time.monotonic() + 60 * minutes

    def is_over(self):
        return time.monotonic() > self.end


def peak_bytes():
    """Returns the most bytes that this process has held on the device; None where the backend does not say."""
    backend = keras.backend.backend()
    if backend == "jax":
        import jax

        return (jax.devices()[0].memory_stats() or {}).get("peak_bytes_in_use")
    if backend == "torch":
        import torch

        return torch.cuda.max_memory_allocated() if torch.cuda.is_available() else None
    import tensorflow as tf

    return tf.config.experimental.get_memory_info("GPU:0")["peak"] if tf.config.list_physical_devices("GPU") else None


def matrix_speed(precision, size, repeats=20):
    """Returns the operations a second of a product of two square matrices, multiplications and additions counted."""
    dtype = precision.removeprefix("mixed_")
    rng = np.random.default_rng(0)
    left, right = (
        keras.ops.cast(keras.ops.convert_to_tensor(rng.standard_normal((size, size)).astype("float32")), dtype)
        for _ in range(2)
    )

    def seconds(count):
        start_time = time.perf_counter()
        product = left
        for _ in range(count):
            product = keras.ops.matmul(product, right) * (1 / size)
        float(keras.ops.sum(keras.ops.cast(product[:1, :1], "float32")))  # a number on this side: it is over
        return time.perf_counter() - start_time

    seconds(2)
    return 2 * size**3 * repeats / min(seconds(repeats) for _ in range(3))


def forward_operations():
    """Returns the operations of MobileNetV2 for one image, counted from its convolutions and its matrices."""
    network = keras.applications.MobileNetV2((SIDE, SIDE, 3), include_top=False, weights=None)
    total = 0
    for layer in network.layers:
        if isinstance(layer, (keras.layers.Conv2D, keras.layers.DepthwiseConv2D)):
            _, height, width, _ = layer.output.shape
            total += 2 * height * width * int(np.prod(layer.kernel.shape))
    return total


def measure_updates(cases, steps, timer):
    """Returns a row for each precision and batch, and the speed of a matrix product in each precision."""
    operations, on_cpu = forward_operations(), device() == "CPU"
    matrix = {p: matrix_speed(p, 512 if on_cpu else 8192) for p in dict.fromkeys(precision for precision, _ in cases)}
    rows = []
    for precision, batch in cases:
        row = {"precision": precision, "jit": True, "batch": batch}
        if timer.is_over():
            rows.append({**row, "failed": "no time left"})
            continue
        row |= measure(precision, keras.backend.backend() != "torch", batch, steps)
        if "per_image" in row:
            speed = PRODUCTS_OF_AN_UPDATE * operations / row["per_image"]
            row |= {
                "operations_a_second": speed,
                "share_of_matrix": speed / matrix[precision],
                "peak_bytes_so_far": peak_bytes(),
            }
            print(
                f"{precision}, batch {batch}: {1 / row['per_image']:,.0f} images a second, "
                f"{100 * row['share_of_matrix']:.1f} % of a matrix product",
                flush=True,
            )
        else:
            print(f"{precision}, batch {batch}: {row['failed']}", flush=True)
        rows.append(row)
    return rows, matrix


def noise_task(per_class, seed):
    """Returns a task of noise with a tint for each class, so that there is something to learn."""
    rng = np.random.default_rng(seed)
    tints, splits = rng.uniform(60, 200, (CLASSES, 1, 1, 3)), {}
    for part, count in {"train": per_class, "validation": 10, "test": 10}.items():
        labels = np.repeat(np.arange(CLASSES), count)
        pixels = np.clip(tints[labels] + rng.normal(0, 40, (len(labels), SIDE, SIDE, 3)), 0, 255).astype("float32")
        splits[part] = ft.Split(pixels, labels, [f"{part}-{row}" for row in range(len(labels))])
    return ft.Task(
        "noise", splits["train"], splits["validation"], splits["test"], tuple(map(str, range(CLASSES))), "drawn", "none"
    )


def backbone():
    """Returns MobileNetV2 with random weights, as a backbone that takes pixels from 0 to 255."""
    return ft.load_backbone("MobileNetV2", image_size=SIDE, weights=None)


def run_guide(task, epochs, seed):
    """Returns the seconds of the guide's recipe: a new head, then everything at a rate of 1e-5."""
    keras.utils.set_random_seed(seed)
    base, times = backbone(), {}
    with clock(times, "fit"):
        base.trainable = False
        inputs = keras.Input((SIDE, SIDE, 3))
        augmented = keras.layers.RandomRotation(0.1)(keras.layers.RandomFlip("horizontal")(inputs))
        features = keras.layers.GlobalAveragePooling2D()(base(augmented, training=False))
        model = keras.Model(inputs, keras.layers.Dense(CLASSES)(keras.layers.Dropout(0.2)(features)))
        for trainable, rate in ((False, 1e-3), (True, 1e-5)):
            base.trainable = trainable
            loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
            model.compile(keras.optimizers.Adam(rate), loss, metrics=["accuracy"])
            model.fit(
                task.train.inputs, task.train.targets, batch_size=BATCH, epochs=epochs, verbose=0,
                validation_data=(task.validation.inputs, task.validation.targets),
            )  # fmt: skip
    return times["fit"][0]


def run_fit(task, strategy, updates, seed, regularization="light"):
    """Returns the seconds of `ft.fit`, from a backbone that is loaded to the run."""
    model, times = ft.classifier(backbone(), CLASSES), {}
    with clock(times, "fit"):
        ft.fit(model, task, strategy, regularization, seed, updates=updates, batch_size=BATCH, verbose=False)
    return times["fit"][0]


def run_frozen(task, updates, seed):
    """Returns the seconds of plain Keras where all stages but the last are frozen."""
    keras.utils.set_random_seed(seed)
    model, times = ft.classifier(backbone(), CLASSES), {}
    with clock(times, "fit"):
        stages = ft.stages(model)
        for stage in stages:
            for layer in stage.layers:
                is_norm = isinstance(layer, keras.layers.BatchNormalization)
                layer.trainable = stage.name in (stages[-2].name, stages[-1].name) and not is_norm
        model.compile(keras.optimizers.Adam(3e-4), "sparse_categorical_crossentropy", metrics=["accuracy"])
        model.fit(
            task.train.inputs, task.train.targets, batch_size=BATCH, verbose=0,
            epochs=round(updates * BATCH / len(task.train)),
            validation_data=(task.validation.inputs, task.validation.targets),
        )  # fmt: skip
    return times["fit"][0]


def compare(theirs, ours, seeds, timer):
    """Returns the seconds of both sides, seed by seed and in turns, and how many times faster ours is."""
    seconds = {"theirs": [], "ours": []}
    for seed in range(seeds):
        if timer.is_over():
            break
        sides = [("theirs", theirs), ("ours", ours)]
        for side, run in sides if seed % 2 == 0 else sides[::-1]:
            forget()
            seconds[side].append(run(seed))
    if not seconds["ours"]:
        return {"failed": "no time left"}
    return {**seconds, "ratio": ratio(seconds["theirs"], seconds["ours"]), "difference": paired(*seconds.values())}


def main(args):
    timer, on_cpu = Clock(args.minutes), device() == "CPU"
    per_class, epochs, steps = (4, 2, 2) if on_cpu else (100, 10, 20)
    result = {"model": "MobileNetV2", "pixels": SIDE, "steps": steps, "photos": per_class * CLASSES, "epochs": epochs}
    name = "hardware_gpu" if not on_cpu else "gpu_tried_on_cpu"

    result["rows"], result["matrix"] = measure_updates(CPU_CASES if on_cpu else GPU_CASES, steps, timer)
    write(name, result)

    task = noise_task(per_class, 0)
    passes = epochs * -(-len(task.train) // BATCH)
    last_stage = ft.Strategy(
        "last stage", "pretrained", (ft.Phase("part", 1, rate=3e-4, schedule="constant", views=1),)
    )
    parts = {
        "guide": (lambda seed: run_guide(task, epochs, seed), lambda seed: run_fit(task, "lp_ft", 2 * passes, seed)),
        "cache": (
            lambda seed: run_frozen(task, 3 * passes, seed),
            lambda seed: run_fit(task, last_stage, 3 * passes, seed, "none"),
        ),
    }
    for part, (theirs, ours) in parts.items():
        result[part] = compare(theirs, ours, args.seeds, timer)
        told = result[part].get("failed") or f"{show(result[part]['ratio'], digits=2)} times the speed of plain Keras"
        print(f"{part}: {told}", flush=True)
        write(name, result)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=8.0, help="no part begins after them (8)")
    parser.add_argument("--seeds", type=int, default=3, help="runs of each side where two are compared (3)")
    main(parser.parse_args())
