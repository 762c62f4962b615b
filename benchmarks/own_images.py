"""`ftlib fit FOLDER` with no option beside the recipe of Keras's transfer-learning guide, on the same photos.

`python benchmarks/own_images.py` starts both as processes of their own, one after the other, seed by seed, and clocks
each from its start to its end: imports, decoding, and on our side also the check of the pictures, the choice of a
strategy, the figures and the report. `--seeds 0 1` measures some seeds.

The guide trains on the photos that `ftlib fit` trains on, and is tested on the same.
"""

import argparse
import json
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

import common
from common import flowers, paired, ratio, write

SEEDS = (0, 1, 2, 3, 4)


def guide(seed):
    """Trains the whole recipe of the guide and prints its test accuracy."""
    from guide import Guide

    made = Guide(flowers(None, seed), seed).fit(10)
    made.unfreeze()
    print(json.dumps(made.fit(10).measured()["test"]))


def measured(command):
    """Returns what a process prints last, as JSON, with its seconds by the clock and on the processors."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    seconds, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return json.loads(done.stdout), {"seconds": seconds, "cpu_seconds": cpu}


def pair(seed):
    """Returns both sides of a seed."""
    said, theirs = measured([sys.executable, __file__, "--guide", str(seed)])
    theirs["test"] = said
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "ftlib.app.cli", "fit", str(common.real() / "flowers"), "--seed", str(seed)]
        said, ours = measured([*command, "--json", "--out", str(pathlib.Path(folder) / "run")])
    ours["test"] = said["metrics"]["accuracy"]["value"]
    return theirs, ours


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS)
    parser.add_argument("--guide", type=int, metavar="SEED", help="the guide's side alone")
    args = parser.parse_args()
    if args.guide is not None:
        return guide(args.guide)
    os.chdir(common.HERE.parent)
    theirs, mine = [], []
    for seed in args.seeds:
        one, other = pair(seed)
        theirs.append(one)
        mine.append(other)
        print(
            f"seed {seed}: guide {one['test']:.1%} in {one['seconds']:.0f} s, ftlib fit {other['test']:.1%} in "
            f"{other['seconds']:.0f} s",
            flush=True,
        )
    columns = {key: ([row[key] for row in theirs], [row[key] for row in mine]) for key in theirs[0]}
    write(
        "own_images",
        {
            "labels_per_class": 80,
            "seeds": list(args.seeds),
            "guide": theirs,
            "ours": mine,
            "difference": paired(columns["test"][1], columns["test"][0]),
            "ratio": ratio(*columns["seconds"]),
            "cpu_ratio": ratio(*columns["cpu_seconds"]),
        },
    )


if __name__ == "__main__":
    main()
