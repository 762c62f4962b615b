"""Kills runs of every strategy with SIGKILL at moments spread over the whole run, and runs them again to the end.

A killed run must end with the weights and the record, to the last bit, of a run that was left alone. Each run is a
process of its own; the moments are drawn in equal slices of the time from the call of `fit` to its return.
"""

import argparse
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

import common  # noqa: F401  (first: it tells Keras where the weights are)
import keras
import numpy as np
from common import write

import ftlib as ft

BEGINS, ENDS = "fit begins", "fit ends"
# One thread sums in the same order every time.
ALONE = dict.fromkeys(("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS"), "1")


def strategies():
    """Returns all strategies of `ftlib`, and one with several views and all closing steps."""
    full_strategy = ft.Strategy(
        "views_and_closing",
        "pretrained",
        (ft.Phase("top", 1, share=0.4, rate=1e-3, views=3), ft.Phase("all", "all", share=0.6, rate=3e-4, decay=0.5)),
        closing=("soup", "interpolate"),
    )
    return {**{name: ft.strategy(name) for name in ft.list_strategies()}, full_strategy.name: full_strategy}


def train(name, folder):
    """Runs one strategy in `folder`: glyphnet on digits, and for LoRA a small transformer with random weights."""
    task = ft.load_task("digits", 10)
    network = ft.load_backbone("glyphnet")
    if name == "lora":
        import keras_hub

        keras.utils.set_random_seed(0)
        network = keras_hub.models.ViTBackbone(
            image_shape=(32, 32, 3), patch_size=8, num_layers=3, num_heads=2, hidden_dim=32, mlp_dim=64
        )
    model = ft.classifier(network, task.num_classes)
    print(BEGINS, flush=True)
    run = ft.fit(model, task, strategies()[name], "standard", seed=1, run_dir=folder, updates=400, verbose=False)
    print(ENDS, flush=True)
    record_bytes = np.frombuffer(repr([run.history, run.phases, run.scores["validation"]]).encode(), "uint8")
    np.savez(pathlib.Path(folder) / "end.npz", record_bytes, *run.model.get_weights())


def start(name, folder):
    log = open(f"{folder}.log", "a")  # noqa: SIM115  (the process writes there until it ends)
    command = [sys.executable, __file__, "--train", name, str(folder)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env={**os.environ, **ALONE})


def finish(name, folder):
    """Runs to the end; returns the seconds inside `fit`."""
    process = start(name, folder)
    begin_time = end_time = None
    for line in process.stdout:
        begin_time = time.perf_counter() if line.strip() == BEGINS else begin_time
        end_time = time.perf_counter() if line.strip() == ENDS else end_time
    if process.wait():
        log_end = pathlib.Path(f"{folder}.log").read_text()[-2000:]
        raise RuntimeError(f"A run of {name} ended with {process.returncode}:\n{log_end}")
    return end_time - begin_time


def kill(name, folder, share, seconds):
    """Starts a run and kills it after a share of its time; returns whether it was still running."""
    process = start(name, folder)
    for line in process.stdout:
        if line.strip() == BEGINS:
            break
    time.sleep(share * seconds)
    was_running = process.poll() is None
    if was_running:
        process.send_signal(signal.SIGKILL)
    process.communicate()
    return was_running


def same(folder, other_folder):
    end_files = [np.load(pathlib.Path(f) / "end.npz") for f in (folder, other_folder)]
    return end_files[0].files == end_files[1].files and all(
        end_files[0][k].dtype == end_files[1][k].dtype and end_files[0][k].tobytes() == end_files[1][k].tobytes()
        for k in end_files[0].files
    )


def main(count, seed):
    moment_rng, strategy_names, result_rows, left_alone = np.random.default_rng(seed), list(strategies()), [], {}
    time_shares = moment_rng.permutation((np.arange(count) + moment_rng.random(count)) / count)
    with tempfile.TemporaryDirectory(prefix="ftlib-kills-") as temporary_folder:
        for run_number, share in enumerate(time_shares):
            name, folder = (
                strategy_names[run_number % len(strategy_names)],
                pathlib.Path(temporary_folder) / f"killed-{run_number}",
            )
            undisturbed_folder = pathlib.Path(temporary_folder) / f"alone-{name}"
            if name not in left_alone:
                left_alone[name] = finish(name, undisturbed_folder)
            was_running = kill(name, folder, share, left_alone[name])
            file_names = sorted(path.name for path in folder.glob("*")) if folder.is_dir() else []
            finish(name, folder)
            kill_facts = {
                "strategy": name,
                "share": float(share),
                "was_running": was_running and "run.json" not in file_names,
            }
            result_rows.append({**kill_facts, "left": file_names, "bit_equal": same(folder, undisturbed_folder)})
            print(run_number + 1, result_rows[-1], flush=True)
    equal_count = sum(row["bit_equal"] for row in result_rows)
    killed_count = sum(row["was_running"] for row in result_rows)
    print(f"{equal_count} of {count} end bit-equal; {killed_count} were killed while training")
    write("kills", {"seed": seed, "kills": count, "bit_equal": equal_count, "rows": result_rows})
    return equal_count == count


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    parser.add_argument("--train", nargs=2, metavar=("STRATEGY", "FOLDER"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.train:
        train(*args.train)
    elif not main(args.kills, args.seed):
        sys.exit(1)
