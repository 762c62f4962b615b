"""Fills the tables of benchmarks/README.md with what stands in benchmarks/results: `python benchmarks/readme.py`."""

import json
import pathlib
import re

HERE = pathlib.Path(__file__).resolve().parent


def span(found, scale=1.0, digits=1, sign=""):
    """Returns `mean (low–high)` of a mean with its interval."""
    bounds = (found[k] for k in ("mean", "low", "high"))
    mean, low, high = (None if value is None else f"{scale * value:{sign}.{digits}f}" for value in bounds)
    return mean if low is None else f"{mean} ({low} to {high})"


def mean(runs, name, scale=1.0, digits=1):
    values = [run[name] for run in runs if name in run]  # a time is left out where the machine had other work
    return f"{scale * sum(values) / len(values):.{digits}f}"


def guide_extraction(data):
    yield "views", "epochs", "guide, s", "ours, s", "times faster", "guide, %", "ours, %", "difference, points"
    for r in data["rows"]:
        seconds = (mean(r[side], "seconds") for side in ("guide", "ours"))
        tests = (mean(r[side], "test", 100) for side in ("guide", "ours"))
        yield r["views"], r["epochs"], *seconds, span(r["ratio"]), *tests, span(r["difference"], 100, sign="+")


def guide_tuning(data):
    yield (
        "photos per class",
        "seeds",
        "guide, %",
        "probe, %",
        "ours, %",
        "ours over probe, points",
        "ours over guide, points",
        "guide, s",
        "ours, times faster",
        "probe, times faster",
    )
    for r in data["rows"]:
        tests = (mean(r[side], "test", 100) for side in ("guide", "probe", "ours"))
        over = (span(r[k], 100, sign="+") for k in ("over_probe", "over_guide"))
        faster = (span(r[k]) for k in ("faster_than_guide", "probe_faster_than_guide"))
        yield r["labels_per_class"], len(r["guide"]), *tests, *over, mean(r["guide"], "seconds"), *faster


def partial(data):
    yield "what trains", "updates", "Keras, s", "ours, s", "times the speed of Keras"
    for r in data["rows"]:
        seconds = (mean(r[side], "seconds") for side in ("keras", "ours"))
        yield r["case"], r["updates"], *seconds, span(r["ratio"], digits=2)


def updates(data):
    yield "model", "`train_on_batch`, ms", "`fit`, ms", "`fit`, times `train_on_batch`"
    for r in data["rows"]:
        medians = (f"{1000 * r['median'][side]:.1f}" for side in ("train_on_batch", "fit"))
        yield r["model"], *medians, span(r["ratio"], digits=3)


def rates(data):
    yield "model", "plain step, ms", "`layerwise`, times the plain step", "`MultiOptimizer`, times the plain step"
    for r in data["rows"]:
        others = (span(r[name], digits=3) if name in r else "" for name in ("layerwise", "MultiOptimizer"))
        yield r["model"], f"{1000 * r['median']['plain']:.0f}", *others


def fastai_fine_tune(data):
    yield (
        "photos per class",
        "updates",
        "fine_tune, %",
        "with a plain head, %",
        "ours, %",
        "ours over fine_tune, points",
        "over the plain head, points",
        "times faster",
    )
    for r in data["rows"]:
        tests = (mean(r[side], "test", 100) for side in ("fine_tune", "fine_tune, plain head", "ours"))
        over = (span(r[f"over {k}"], 100, sign="+") for k in ("fine_tune", "fine_tune, plain head"))
        yield r["labels_per_class"], r["updates"], *tests, *over, span(r["faster than fine_tune"])


def kills(data):
    yield "killed runs", "killed while training", "ended bit-equal"
    yield data["kills"], sum(row["was_running"] for row in data["rows"]), data["bit_equal"]


def own_images(data):
    yield (
        "photos per class",
        "guide, %",
        "`ftlib fit`, %",
        "difference, points",
        "guide, s",
        "times faster",
        "times less processor time",
    )
    tests = (mean(data[side], "test", 100) for side in ("guide", "ours"))
    faster = (span(data[k]) for k in ("ratio", "cpu_ratio"))
    difference = span(data["difference"], 100, sign="+")
    yield data["labels_per_class"], *tests, difference, mean(data["guide"], "seconds"), *faster


def large_memory(data):
    yield "pictures", "pixels", "anonymous memory at most, GiB", "decoded pictures on the disk, GiB", "minutes"
    gib = (f"{data[k]:.1f}" for k in ("anonymous_gib", "disk_gib"))
    yield f"{data['pictures']:,}", f"{data['side']} x {data['side']}", *gib, f"{data['seconds'] / 60:.0f}"


def large_waiting(data):
    yield "way of reading", "times the seconds of the same training from memory"
    for name, found in data["ratios"].items():
        yield name, span(found, digits=2)


def hardware_cpu(data):
    yield "precision", "XLA", "batch", "an image, ms", "images a second", "first update, s"
    for r in data["rows"]:
        if "failed" in r:
            yield r["precision"], "yes" if r["jit"] else "no", r["batch"], r["failed"], "", ""
        else:
            speeds = f"{1000 * r['per_image']:.3g}", f"{1 / r['per_image']:.3g}", f"{r['first']:.2g}"
            yield r["precision"], "yes" if r["jit"] else "no", r["batch"], *speeds


def hardware_gpu(data):
    return hardware_cpu(data)


TABLES = (
    guide_extraction, guide_tuning, own_images, partial, rates, updates, fastai_fine_tune, kills, large_memory,
    large_waiting, hardware_cpu, hardware_gpu,
)  # fmt: skip


def table(make):
    """Returns the table of one file of results in Markdown, with the versions it was measured with."""
    path = HERE / "results" / f"{make.__name__}.json"
    if not path.exists():
        return "Not measured yet."
    data = json.loads(path.read_text())
    head, *rows = ([str(cell) for cell in row] for row in make(data))
    lines = [head, ["---"] * len(head), *rows]
    text = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    seeds = f"; {len(data['seeds'])} seeds" if "seeds" in data else ""
    labels = f"; {data['labels_per_class']} photos per class" if "labels_per_class" in data else ""
    used = ", ".join(f"{k} {v}" for k, v in data["versions"].items() if k not in ("ftlib", "numpy"))
    cores, device, backend = (data["machine"][name] for name in ("cores", "device", "backend"))
    return f"{text}\n\n{cores} cores, {device}{labels}{seeds}; {used}; backend {backend}."


def main():
    path = HERE / "README.md"
    text = path.read_text(encoding="utf-8")
    for make in TABLES:
        begin, end = f"<!-- {make.__name__} -->", f"<!-- /{make.__name__} -->"
        filled = f"{begin}\n{table(make)}\n{end}"
        text = re.sub(f"{begin}.*?{end}", lambda _, filled=filled: filled, text, flags=re.S)
    path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
