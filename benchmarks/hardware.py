"""What an image costs in training: seconds by precision, compilation and batch, of MobileNetV2 at 160 pixels.

Runs on whatever device Keras finds, with any backend, and needs neither photos nor weights: the network is drawn at
random and the pixels are noise, which take as long as others. A step is one update of all weights by SGD, with the way
of the pixels to the device. What the device or the backend cannot do is recorded with the reason.
"""

import argparse
import itertools
import os
import time

# Nothing of FTLIB_REAL is used here, so that a rented machine can run this alone.
os.environ.setdefault("FTLIB_BENCH_HOME", os.environ.get("KERAS_HOME") or os.path.expanduser("~/.keras"))
from common import SIDE, device, forget, write  # noqa: E402  (before Keras)

import keras  # noqa: E402  # isort: skip
import numpy as np  # noqa: E402  # isort: skip

from ftlib.app.resources import is_out_of_memory  # noqa: E402  # isort: skip
from ftlib.training.devices import PRECISIONS

CLASSES = 10
JIT = {"no": (False,), "yes": (True,), "both": (False, True)}


def classifier(precision):
    """Returns a classifier on a randomly drawn MobileNetV2 that computes in a precision; its answers are float32."""
    keras.config.set_dtype_policy(precision)
    try:
        body = keras.applications.MobileNetV2((SIDE, SIDE, 3), include_top=False, weights=None, pooling="avg")
        answers = keras.layers.Dense(CLASSES, activation="softmax", dtype="float32")(body.output)
        return keras.Model(body.input, answers)
    finally:
        keras.config.set_dtype_policy("float32")


def measure(precision, jit, batch, steps):
    """Returns the seconds of the first update, which compiles, and the median of those after it."""
    forget()
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (batch, SIDE, SIDE, 3)).astype("float32")
    y = rng.integers(0, CLASSES, batch)
    seconds = []
    try:
        model = classifier(precision)
        model.compile(keras.optimizers.SGD(1e-3), "sparse_categorical_crossentropy", jit_compile=jit)
        for _ in range(steps + 2):  # the second one warms up
            start_time = time.perf_counter()
            float(model.train_on_batch(x, y))  # a number on this side: the update is over
            seconds.append(time.perf_counter() - start_time)
    except Exception as error:  # out of memory, or not to be had: both are results
        return {"failed": "out of memory" if is_out_of_memory(error) else type(error).__name__}
    median_seconds = float(np.median(seconds[2:]))
    return {"first": seconds[0], "update": median_seconds, "per_image": median_seconds / batch}


def main(args):
    this_device, result_rows = device(), []
    batches = args.batches or ([1, 4, 16] if this_device == "CPU" else [1, 8, 32, 128, 512])
    precisions = args.precisions or [p for p in PRECISIONS if this_device != "CPU" or p != "mixed_float16"]
    steps = args.steps or (5 if this_device == "CPU" else 20)
    for precision, jit, batch in itertools.product(precisions, JIT[args.jit], batches):
        row = {"precision": precision, "jit": jit, "batch": batch, **measure(precision, jit, batch, steps)}
        printed_row = (
            row.get("failed") or f"{1000 * row['per_image']:.3g} ms an image, first update {row['first']:.3g} s"
        )
        print(f"{precision}, jit {jit}, batch {batch}: {printed_row}", flush=True)
        result_rows.append(row)
    device_kind = "cpu" if this_device == "CPU" else "gpu"
    write(f"hardware_{device_kind}", {"model": "MobileNetV2", "pixels": SIDE, "steps": steps, "rows": result_rows})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--precisions", nargs="+", choices=PRECISIONS, help="all; on a CPU without mixed_float16")
    parser.add_argument("--jit", choices=JIT, default="both", help="compiled by XLA (both)")
    parser.add_argument("--batches", nargs="+", type=int, help="images of an update (1 to 512, on a CPU to 16)")
    parser.add_argument("--steps", type=int, help="updates that are timed (20, on a CPU 5)")
    main(parser.parse_args())
