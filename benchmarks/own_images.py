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
    usage_before, start_time = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    finished_process = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    seconds, usage_after = time.perf_counter() - start_time, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_seconds = usage_after.ru_utime + usage_after.ru_stime - usage_before.ru_utime - usage_before.ru_stime
    return json.loads(finished_process.stdout), {"seconds": seconds, "cpu_seconds": cpu_seconds}


def pair(seed):
    """Returns both sides of a seed."""
    printed_json, theirs = measured([sys.executable, __file__, "--guide", str(seed)])
    theirs["test"] = printed_json
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "ftlib.app.cli", "fit", str(common.real() / "flowers"), "--seed", str(seed)]
        printed_json, ours = measured([*command, "--json", "--out", str(pathlib.Path(folder) / "run")])
    ours["test"] = printed_json["metrics"]["accuracy"]["value"]
    return theirs, ours


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS)
    parser.add_argument("--guide", type=int, metavar="SEED", help="the guide's side alone")
    args = parser.parse_args()
    if args.guide is not None:
        return guide(args.guide)
    os.chdir(common.HERE.parent)
    guide_runs, our_runs = [], []
    for seed in args.seeds:
        guide_run, our_run = pair(seed)
        guide_runs.append(guide_run)
        our_runs.append(our_run)
        guide_text = f"guide {guide_run['test']:.1%} in {guide_run['seconds']:.0f} s"
        our_text = f"ftlib fit {our_run['test']:.1%} in {our_run['seconds']:.0f} s"
        print(f"seed {seed}: {guide_text}, {our_text}", flush=True)
    column_names = {key: ([row[key] for row in guide_runs], [row[key] for row in our_runs]) for key in guide_runs[0]}
    write(
        "own_images",
        {
            "labels_per_class": 80,
            "seeds": list(args.seeds),
            "guide": guide_runs,
            "ours": our_runs,
            "difference": paired(column_names["test"][1], column_names["test"][0]),
            "ratio": ratio(*column_names["seconds"]),
            "cpu_ratio": ratio(*column_names["cpu_seconds"]),
        },
    )


if __name__ == "__main__":
    main()
