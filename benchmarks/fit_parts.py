"""Where the processor time of `ftlib fit` goes: what has to be (reading, features, updates) and what is around it.

`python benchmarks/fit_parts.py` runs `ftlib fit` on the flowers with no option, each time as a process of its own, with
clocks around its parts. Seconds are those of the processor, of all threads together, and each second counts for the
innermost part that was at work. What must be is what any training of this kind does: pictures are read, a network gives
features for them, weights are updated, and validation says which epoch is best.
"""

import argparse
import contextlib
import functools
import importlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import common
from common import interval, show, write

REPEATS = 3
# What is clocked: part, module, and the name in it. The innermost counts.
CLOCKED = (
    ("look at the folder", "ftlib.app.project", "inspect_own_data"),
    ("load the network", "ftlib.app.choices", "load_chosen"),
    ("advice: probes of the stages", "ftlib.app.plan", "_choose_strategy"),
    ("estimate of time and memory", "ftlib.app.plan", "time_images"),
    ("estimate of time and memory", "ftlib.app.plan", "estimate"),
    ("copies of the network", "ftlib.training.fit", "copy_model"),
    ("features", "ftlib.training.activation_cache", "ActivationCache.run"),
    ("features", "ftlib.evidence.similarity", "_StageFeatures.__call__"),
    ("features", "ftlib.evidence.run", "Run.predictions"),
    ("updates", "ftlib.training.devices", "_TensorFlowExecutor.train"),
    ("validation", "ftlib.training.phase", "PhaseLoop._score_validation"),
    ("checkpoints", "ftlib.training.phase", "PhaseLoop._write_checkpoint"),
    ("linear probe beside the result", "ftlib.training.fit", "try_linear_probe"),
    ("scores, figures and report", "ftlib.app.project", "write_results"),
)
MUST = ("reading", "features", "updates", "validation")
IMPORTS, REST = "import of Keras and its backend", "all else"


class ExclusiveClock:
    """Gives each second of the processor to the innermost part that is at work."""

    def __init__(self):
        self.seconds = {}
        self.open_parts = [REST]
        self.last = time.process_time()

    def note(self):
        now = time.process_time()
        part = self.open_parts[-1]
        self.seconds[part] = self.seconds.get(part, 0.0) + now - self.last
        self.last = now

    @contextlib.contextmanager
    def part(self, name):
        self.note()
        self.open_parts.append(name)
        try:
            yield
        finally:
            self.note()
            self.open_parts.pop()

    def around(self, part, function):
        @functools.wraps(function)
        def clocked(*args, **kwargs):
            with self.part(part):
                return function(*args, **kwargs)

        return clocked


def clock_first_step(clock, executor_class):
    """Counts the first step of each trainer, in which TensorFlow builds the update, for itself."""
    step, seen = executor_class.step, set()

    @functools.wraps(step)
    def clocked(self, trainer, *batch):
        if id(trainer) in seen:
            return step(self, trainer, *batch)
        seen.add(id(trainer))
        with clock.part("building the update (TensorFlow)"):
            return step(self, trainer, *batch)

    executor_class.step = clocked


def run_clocked(folder, out):
    """Runs `ftlib fit` in this process, and prints the seconds of its parts as the last line."""
    clock = ExclusiveClock()
    clock.seconds[IMPORTS] = clock.last  # `common` has imported Keras by now, and little else
    import ftlib.app.cli
    from ftlib.training import devices

    for part, module_name, name in CLOCKED:
        *owners, last_name = name.split(".")
        owner = functools.reduce(getattr, owners, importlib.import_module(module_name))
        setattr(owner, last_name, clock.around(part, getattr(owner, last_name)))
    clock_first_step(clock, devices._TensorFlowExecutor)

    # Pictures are decoded in threads while the parts above wait: what that took is taken from none of them.
    code = ftlib.app.cli.main(["fit", str(folder), "--out", str(out), "--quiet"])
    assert code in (0, None), code
    clock.note()
    print(json.dumps(clock.seconds))


def reading_seconds(folder):
    """Returns the processor seconds of decoding every picture of a folder once, in a process of its own."""
    code = (
        "import sys, time\nimport numpy as np\nimport ftlib as ft\n"
        "task = ft.load_task(sys.argv[1])\nstart = time.process_time()\n"
        "for split in (task.train, task.validation, task.test):\n"
        "    for index in range(len(split)):\n        split.images[np.array([index])]\n"
        "print(time.process_time() - start)"
    )
    return float(_last_line([sys.executable, "-c", code, str(folder)]))


def _last_line(command):
    environment = {**os.environ, "PYTHONPATH": str(common.HERE.parent)}
    done = subprocess.run(command, env=environment, check=True, text=True, stdout=subprocess.PIPE, stderr=2)
    return done.stdout.splitlines()[-1]


def main(repeats):
    photos, rows = common.real() / "flowers", []
    for repeat in range(repeats):
        with tempfile.TemporaryDirectory() as place:
            command = [sys.executable, __file__, "--child", str(photos), str(pathlib.Path(place, "run"))]
            seconds = json.loads(_last_line(command))
        seconds["reading"] = reading_seconds(photos)  # threads do it, within the parts
        must = sum(seconds.get(part, 0.0) for part in MUST)
        whole = sum(value for part, value in seconds.items() if part != "reading")
        rows.append({"seconds": seconds, "whole": whole, "must": must, "ratio": whole / must})
        print(f"round {repeat + 1} of {repeats}: {whole:.1f} s, {whole / must:.2f} times what must be", flush=True)
    parts = sorted(rows[0]["seconds"], key=lambda part: -rows[0]["seconds"][part])
    ratios = {name: interval([row[name] for row in rows]) for name in ("whole", "must", "ratio")}
    print(f"the whole takes {show(ratios['ratio'], digits=2)} times what must be")
    write("fit_parts", {"repeats": repeats, "must": list(MUST), "parts": parts, "rows": rows, **ratios})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=REPEATS, help=f"how often (default: {REPEATS})")
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        run_clocked(*args.child)
    else:
        main(args.repeats)
