"""Logistic regression on one thread, as ftlib fits it, beside scikit-learn with the threads that NumPy takes by itself.

Its steps are so small that several threads mostly wait for each other. Seconds are those of the clock, both sides in
turn; do not set OMP_NUM_THREADS or OPENBLAS_NUM_THREADS.
"""

import argparse
import time

import common  # noqa: F401  (first: it tells Keras where the weights are)
import numpy as np
from common import ratio, show, write
from sklearn.linear_model import LogisticRegression

from ftlib.evidence.logistic_regression import fit_logistic_regression

CASES = ((400, 5), (2_000, 40), (10_000, 10))  # examples and classes
FEATURES = 1280
SIDES = {
    "default": lambda features, labels: LogisticRegression(C=1.0, max_iter=1000).fit(features, labels),
    "ftlib": lambda features, labels: fit_logistic_regression(features, labels, 1.0),
}


def draw(count, classes):
    """Returns features as a network gives them, at least about 0, with a shift for each class, and labels."""
    rng = np.random.default_rng(0)
    labels = np.arange(count) % classes
    features = np.abs(rng.normal(size=(count, FEATURES))) + 0.3 * rng.normal(size=(classes, FEATURES))[labels]
    return features.astype("float32"), labels


def main(rounds):
    rows = []
    for count, classes in CASES:
        features, labels = draw(count, classes)
        seconds = {side: [] for side in SIDES}
        for index in range(rounds + 1):
            for side, fit in SIDES.items():
                start = time.perf_counter()
                fit(features, labels)
                if index:  # the first round warms up
                    seconds[side].append(time.perf_counter() - start)
        row = {"examples": count, "classes": classes, "seconds": seconds}
        row["ratio"] = ratio(seconds["default"], seconds["ftlib"])
        print(f"{count} examples of {classes} classes: one thread {show(row['ratio'])} times as fast", flush=True)
        rows.append(row)
    write("probe_threads", {"features": FEATURES, "rounds": rounds, "rows": rows})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="(default: 5)")
    main(parser.parse_args().rounds)
