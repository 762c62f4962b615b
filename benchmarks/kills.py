"""Twenty runs killed at random moments and started again: do they end as if nothing had happened?

Each run is its own process and is killed (SIGKILL) at a moment drawn evenly over the time that the run takes, in the
middle of whatever it does: reading, computing features, training, writing. Then it is started again, may be killed a
second time, and is let finish. Its model, history and record are compared with those of a run that nothing stopped, bit
by bit. `python benchmarks/kills.py 5` makes five kills in place of twenty.
"""

import json
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

from common import HERE, ft, np, record

STRATEGIES = ("scratch", "feature_extraction_long", "top", "full", "lp_ft", "gradual", "hybrid", "closing")
UPDATES = 120


def recipe(name):
    if name != "closing":
        return ft.strategy(name)
    head = ft.Phase("head", "head", share=0.3, rate=1e-2, views=3)
    rest = ft.Phase("all", "all", share=0.7, rate=3e-4, decay=0.7)
    return ft.Strategy("closing", "pretrained", (head, rest), closing=("soup", "interpolate"))


def work(name, folder):
    """Runs one strategy on the digits, in this process."""
    task = ft.load_task("digits", labels_per_class=10, seed=0)
    model = ft.classifier(ft.load_backbone("glyphnet"), task.num_classes)
    ft.fit(model, task, recipe(name), "standard", seed=1, run_dir=folder, updates=UPDATES, verbose=False)


def start(name, folder):
    command = [sys.executable, str(HERE / "kills.py"), "--work", name, str(folder)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def finish(name, folder):
    if start(name, folder).wait() != 0:
        sys.exit(f"The run {name!r} in {folder} failed.")


def result(folder):
    """Returns what a finished run left, as bytes of its weights and its record."""
    run = ft.load_run(folder)
    weights = b"".join(np.ascontiguousarray(w).tobytes() for w in run.model.get_weights())
    return weights, json.loads((pathlib.Path(folder) / "run.json").read_text(encoding="utf-8"))


def main(kills):
    rng, rows = np.random.default_rng(0), []
    with tempfile.TemporaryDirectory() as place:
        place, whole, seconds = pathlib.Path(place), {}, {}
        for name in STRATEGIES:
            before = time.perf_counter()
            finish(name, place / name)
            whole[name], seconds[name] = result(place / name), time.perf_counter() - before
        for i in range(kills):
            name = STRATEGIES[i % len(STRATEGIES)]
            folder, moments = place / f"{name}-{i}", []
            for _ in range(1 + i % 2):
                process, moment = start(name, folder), float(rng.uniform(0.2, 0.98) * seconds[name])
                time.sleep(moment)
                process.send_signal(signal.SIGKILL)
                moments.append(moment)
                process.wait()
            held = sorted(p.name for p in folder.iterdir()) if folder.exists() else []
            finish(name, folder)
            equal = result(folder) == whole[name]
            rows.append({"strategy": name, "killed_after_s": moments, "held": held, "bit_equal": equal})
            print(f"{i + 1:3} {name:24} killed after {', '.join(f'{m:.1f}' for m in moments)} s of "
                  f"{seconds[name]:.1f}: {'bit-equal' if equal else 'DIFFERENT'}", flush=True)  # fmt: skip
    equal = sum(row["bit_equal"] for row in rows)
    print(f"{equal} of {kills} ended bit-equal")
    record("kills", {"kills": kills, "bit_equal": equal, "rows": rows})
    return equal != kills


if __name__ == "__main__":
    if sys.argv[1:2] == ["--work"]:
        work(*sys.argv[2:])
    else:
        sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 20))
