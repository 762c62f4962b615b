"""What a million pictures would cost: each step of `ftlib` by itself, on more and more of them.

`python benchmarks/scale.py` renders small JPEG files and takes each step (listing the folder, opening every picture,
finding near copies, ...) in a process of its own. It measures time on the processor, the anonymous memory that the step
adds (files that are mapped do not count) and what it leaves on the disk.

Memory and disk are extrapolated with what each picture adds between the two largest sizes; seconds so as well, or with
the slope of the measured points on logarithmic axes, whichever is more: the first forgets squares, and the second takes
what is done once for a part of every picture. The search for near copies needs no files and is taken to a million.
"""

import argparse
import dataclasses
import json
import os
import pathlib
import pickle
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
MILLION = 1_000_000
FILE_SIZE = (128, 96)  # pixels of a rendered picture, width and height
SIDE = 96  # pixels of a decoded one
PICTURES = (1_000, 5_000, 20_000)
THUMBNAILS = (100_000, MILLION)  # for near copies, which need no files
MOST_FEATURES = 3_000  # pictures of which features are computed; the seconds of more are that many times as long
BATCH = 256


class Work(pathlib.PosixPath):
    """The folder of one number of pictures, and what the steps hand on to each other in it."""

    @property
    def pictures(self):
        return self / "pictures"

    def keep(self, name, value):
        (self / f"{name}.pickle").write_bytes(pickle.dumps(value))

    def kept(self, name):
        return pickle.loads((self / f"{name}.pickle").read_bytes())

    def splits(self, side=SIDE):
        from ftlib.tasks.folder.load import make_splits

        findings = self.kept("findings")
        return make_splits(findings.files_by_split, findings.report.class_names, (side, side), 0, self / "pixels")


# Each step prepares what it needs, and yields once: from there on, the clock runs to its end.


def list_folder(work, count):
    from ftlib.tasks.folder.table import list_pictures

    yield
    list_pictures(work.pictures)


def open_pictures(work, count):
    import PIL.JpegImagePlugin  # noqa: F401 - imports are no part of a step

    from ftlib.tasks.folder.check import check_folder

    yield
    report = check_folder(work.pictures)
    work.keep("report", report)


def find_near_copies(work, count):
    from ftlib.tasks.folder.near_duplicates import near_duplicates

    near_duplicates(draw_thumbnails(200))  # imports
    thumbnails = draw_thumbnails(count)
    yield
    groups = near_duplicates(thumbnails)
    assert len(groups) == count // 100, f"every hundredth picture has a copy, and {len(groups)} were found"


def draw_thumbnails(count):
    """Returns thumbnails as those of the rendered pictures; every hundredth is a copy of the one before, and noisy."""
    from PIL import Image

    rng = np.random.default_rng(0)
    thumbnails = np.empty((count, 32, 32), "uint8")
    for index in range(count):
        if index % 100 == 99:
            noise = rng.integers(-6, 7, (32, 32))
            thumbnails[index] = np.clip(thumbnails[index - 1] + noise, 0, 255)
        else:
            thumbnails[index] = Image.fromarray(rng.integers(0, 256, (12, 16), "uint8")).resize((32, 32))
    return thumbnails


def divide_and_judge(work, count):
    import scipy.sparse.csgraph  # noqa: F401

    from ftlib.tasks.folder.findings import inspect_files
    from ftlib.tasks.folder.inspection import inspect_report

    report = work.kept("report")
    yield
    findings = inspect_report(report, inspect_files(report), near=False)
    work.keep("findings", findings)


def write_and_read_list(work, count):
    import ftlib.tasks.task  # noqa: F401
    from ftlib.app.project import create_run_folder

    findings = work.kept("findings")
    shutil.rmtree(work / "run", ignore_errors=True)
    (work / "run").mkdir()
    yield
    folder = create_run_folder(work / "run", work.pictures, findings)
    folder.make_task((SIDE, SIDE, 3), mirror=True)


def decode(work, count):
    shutil.rmtree(work / "pixels", ignore_errors=True)
    splits = work.splits()
    yield
    for split in splits.values():
        for begin in range(0, len(split), BATCH):
            split.images[begin : begin + BATCH]


def compute_features(work, count):
    import common  # noqa: F401 - points Keras to the weights
    import keras

    import ftlib as ft
    from ftlib.models.inference import predict

    train = work.splits()["train"]
    train = train.take(np.arange(0, len(train), max(1, len(train) // MOST_FEATURES))[:MOST_FEATURES])
    model = ft.classifier(ft.load_backbone("MobileNetV2", image_size=SIDE), 4)
    feature_model = keras.Model(model.input, model.layers[-1].input)
    predict(feature_model, train.images[:BATCH])  # compiles
    yield count / len(train)
    features = predict(feature_model, train.images)
    work.keep("features", (features, train.labels))


def fit_probe(work, count):
    import common  # noqa: F401

    from ftlib.training.probe_step import MOST_EXAMPLES, fit_linear_heads

    features, labels = work.kept("features")
    # As many as a run would fit on: beyond the computed ones these again, with noise.
    train_count = min(MOST_EXAMPLES, len(work.splits()["train"]))
    rows = np.arange(train_count) % len(features)
    noise = np.random.default_rng(0).normal(0, 0.1 * features.std(), (train_count, features.shape[1]))
    examples = (features[rows] + noise).astype("float32")
    yield
    fit_linear_heads(examples, labels[rows], 4)


def measure_and_report(work, count):
    import common  # noqa: F401

    import ftlib as ft
    from ftlib.evidence.metrics import measure
    from ftlib.report import write_model_report

    few = ft.load_task(work.pictures, labels_per_class=20, image_size=32)
    few = few.for_backbone(ft.load_backbone("glyphnet"))
    model = ft.classifier(ft.load_backbone("glyphnet"), few.num_classes)
    tiny = dataclasses.replace(few, validation=few.validation.take(np.arange(100)))
    run = ft.fit(model, tiny, "feature_extraction", updates=20, verbose=False)
    run = dataclasses.replace(run, task=few)
    for part in ("validation", "test"):
        chances = np.random.default_rng(0).dirichlet(np.full(4, 0.3), len(getattr(few, part)))
        run.set_predictions(part, chances.astype("float32"))
    yield
    measure(run)
    write_model_report(run, work / "report.html")


def write_answers(work, count):
    from ftlib.app.predicting import Answer, Predictions, format_answers
    from ftlib.objectives.classification import Classification

    files, names = work.kept("report").files, tuple("abcd")
    objective = Classification()
    chances = np.random.default_rng(0).dirichlet(np.ones(4), len(files)).astype("float32")
    yield
    answers = [
        Answer(str(file.path), objective.answer_cells(row, names, 1), objective.answer_record(row, names, 1))
        for file, row in zip(files, chances, strict=True)
    ]
    text = format_answers(Predictions(objective.answer_columns(names, 1), answers), "json")
    (work / "answers.json").write_text(text)


STEPS = {
    "list the folder": list_folder,
    "open every picture": open_pictures,
    "find near copies": find_near_copies,
    "divide and judge": divide_and_judge,
    "write and read the list": write_and_read_list,
    "decode": decode,
    "features": compute_features,
    "linear probe": fit_probe,
    "measure and report": measure_and_report,
    "write the answers": write_answers,
}
# What a step leaves on the disk.
LEFT = {"write and read the list": "run", "decode": "pixels", "write the answers": "answers.json"}
# From how many pictures on a step costs no more: a probe is fitted on 20,000 training pictures at most.
FULL_AT = {"linear probe": 20_000 / 0.64}


def anonymous_bytes():
    lines = pathlib.Path("/proc/self/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("RssAnon"))


def processor_seconds():
    """Returns seconds on the processor of this process, its threads and its children."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def take_step(name, work, count):
    """Takes one step in this process, and returns what it cost."""
    step = STEPS[name](work, count)
    times_as_long = next(step) or 1.0
    peak_bytes, has_ended = [0], threading.Event()

    def watch():
        while not has_ended.wait(0.02):
            peak_bytes[0] = max(peak_bytes[0], anonymous_bytes())

    watcher = threading.Thread(target=watch)
    bytes_before = anonymous_bytes()
    watcher.start()
    start_time, start_seconds = time.perf_counter(), processor_seconds()
    next(step, None)
    seconds, wall = processor_seconds() - start_seconds, time.perf_counter() - start_time
    peak_bytes[0] = max(peak_bytes[0], anonymous_bytes())
    has_ended.set()
    watcher.join()
    return {
        "step": name,
        "pictures": count,
        "seconds": seconds * times_as_long,
        "wall": wall * times_as_long,
        "memory": peak_bytes[0] - bytes_before,
        "disk": disk_bytes(work / LEFT[name]) if name in LEFT else 0,
    }


def disk_bytes(place):
    files = [place] if place.is_file() else [file for file in place.rglob("*") if file.is_file()]
    return sum(512 * file.stat().st_blocks for file in files)


def take_step_alone(name, work, count):
    """Takes one step in a process of its own."""
    command = [sys.executable, __file__, "--step", name, "--work", str(work), "--pictures", str(count)]
    paths = os.pathsep.join([str(HERE.parent), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": paths})
    if done.returncode:
        sys.exit(f"The step {name!r} on {count:,} pictures ended with exit code {done.returncode}.")
    row = json.loads(done.stdout.splitlines()[-1])
    print(f"{count:>9,}  {name:<24}{row['seconds']:9.2f} s{row['memory'] / 2**20:9.1f} MiB", flush=True)
    return row


def extrapolate(rows):
    """Returns for each step the exponent with which its seconds grow, and what a million pictures would take."""
    by_step = {}
    for row in rows:
        by_step.setdefault(row["step"], []).append(row)
    summaries = []
    for name, step_rows in by_step.items():
        # The largest three: a step that compares pairs shows its square only where pairs outweigh all else.
        *_, before, last = largest = sorted(step_rows, key=lambda row: row["pictures"])[-3:]
        counts, seconds = (np.array([row[key] for row in largest], float) for key in ("pictures", "seconds"))
        exponent = float(np.polyfit(np.log(counts), np.log(seconds), 1)[0])
        reached = min(MILLION, FULL_AT.get(name, MILLION))
        more = max(0.0, reached - last["pictures"])
        growth = {
            key: max(0.0, (last[key] - before[key]) / (last["pictures"] - before["pictures"]))
            for key in ("seconds", "memory", "disk")
        }
        summaries.append(
            {
                "step": name,
                "measured_to": last["pictures"],
                "exponent": exponent,
                "seconds": max(
                    last["seconds"] * max(1.0, reached / last["pictures"]) ** exponent,
                    last["seconds"] + growth["seconds"] * more,
                ),
                "memory": last["memory"] + growth["memory"] * more,
                "disk": last["disk"] + growth["disk"] * more,
            }
        )
    return summaries


def draw(rows, summaries, path):
    """Draws the seconds of every step against the pictures, with the point at a million."""
    from ftlib import plots

    series = {}
    for summary in summaries:
        points = sorted((row["pictures"], row["seconds"]) for row in rows if row["step"] == summary["step"])
        if points[-1][0] < MILLION:
            points.append((MILLION, summary["seconds"]))
        series[summary["step"]] = tuple(zip(*points, strict=True))
    ticks = {count: f"{count:,}" for count in (1_000, 10_000, 100_000, MILLION)}
    figure = plots.lines(
        series, "Pictures", "Seconds on the processor", "What a million pictures would take",
        log_x=True, log_y=True, x_ticks=ticks, width=8.5, height=5.5,
    )  # fmt: skip
    largest = max(PICTURES)
    figure.axes[0].axvspan(largest, MILLION, color="0.5", alpha=0.08, lw=0)
    figure.axes[0].text(1.15 * largest, 1.2 * figure.axes[0].get_ylim()[0], "mostly extrapolated", color="0.4", size=9)
    path.write_bytes(plots.png(figure))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, nargs="+", default=PICTURES, help="how many, in several sizes")
    parser.add_argument("--thumbnails", type=int, nargs="*", default=THUMBNAILS, help="sizes for near copies alone")
    parser.add_argument(
        "--only", choices=STEPS, nargs="+", help="measure these steps again; the others stay as written"
    )
    parser.add_argument("--work", type=Work, help="a folder whose pictures stay for the next time")
    parser.add_argument("--step", choices=STEPS, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.step:
        print(json.dumps(take_step(args.step, args.work, args.pictures[0])))
        return

    from common import write
    from large import make_pictures

    names = args.only or list(STEPS)
    rows = []
    if args.only:
        written = json.loads((HERE / "results" / "scale.json").read_text())["rows"]
        sizes = {*args.pictures, *args.thumbnails}
        rows = [row for row in written if row["step"] not in names or row["pictures"] not in sizes]
    with tempfile.TemporaryDirectory(prefix="ftlib-scale-") as temporary_folder:
        folder = args.work or Work(temporary_folder)
        for count in args.pictures:
            work = folder / str(count)
            if not work.pictures.exists():
                make_pictures(work.pictures, count, FILE_SIZE)
            rows += [take_step_alone(name, work, count) for name in names]
        if "find near copies" in names:
            rows += [take_step_alone("find near copies", folder, count) for count in args.thumbnails]
    rows.sort(key=lambda row: (list(STEPS).index(row["step"]), row["pictures"]))
    summaries = extrapolate(rows)
    write("scale", {"sizes": [FILE_SIZE, SIDE], "rows": rows, "at_a_million": summaries})
    draw(rows, summaries, HERE / "results" / "scale.png")


if __name__ == "__main__":
    main()
