"""Fills the tables of benchmarks/README.md with what stands in benchmarks/results: `python benchmarks/readme.py`."""

import json
import pathlib
import re

HERE = pathlib.Path(__file__).resolve().parent


def span(interval_values, scale=1.0, digits=1, sign=""):
    """Returns `mean (low–high)` of a mean with its interval."""
    interval_bounds = (interval_values[k] for k in ("mean", "low", "high"))
    mean, low, high = (None if value is None else f"{scale * value:{sign}.{digits}f}" for value in interval_bounds)
    return mean if low is None else f"{mean} ({low} to {high})"


def mean(runs, name, scale=1.0, digits=1):
    run_values = [run[name] for run in runs if name in run]  # a time is left out where the machine had other work
    return f"{scale * sum(run_values) / len(run_values):.{digits}f}"


def guide_extraction(data):
    yield "views", "epochs", "guide, s", "ours, s", "times faster", "guide, %", "ours, %", "difference, points"
    for row in data["rows"]:
        mean_seconds = (mean(row[side], "seconds") for side in ("guide", "ours"))
        mean_accuracies = (mean(row[side], "test", 100) for side in ("guide", "ours"))
        yield (
            row["views"],
            row["epochs"],
            *mean_seconds,
            span(row["ratio"]),
            *mean_accuracies,
            span(row["difference"], 100, sign="+"),
        )


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
    for row in data["rows"]:
        mean_accuracies = (mean(row[side], "test", 100) for side in ("guide", "probe", "ours"))
        differences = (span(row[k], 100, sign="+") for k in ("over_probe", "over_guide"))
        speed_ratios = (span(row[k]) for k in ("faster_than_guide", "probe_faster_than_guide"))
        yield (
            row["labels_per_class"],
            len(row["guide"]),
            *mean_accuracies,
            *differences,
            mean(row["guide"], "seconds"),
            *speed_ratios,
        )


def partial(data):
    yield "what trains", "updates", "Keras, s", "ours, s", "times the speed of Keras"
    for row in data["rows"]:
        mean_seconds = (mean(row[side], "seconds") for side in ("keras", "ours"))
        yield row["case"], row["updates"], *mean_seconds, span(row["ratio"], digits=2)


def probe_threads(data):
    yield "examples", "classes", "scikit-learn as it is, s", "on one thread, s", "times as fast"
    for row in data["rows"]:
        seconds = (f"{sum(values) / len(values):.2f}" for values in row["seconds"].values())
        yield f"{row['examples']:,}", row["classes"], *seconds, span(row["ratio"])


def first_update(data):
    yield "model", "with Keras's AdamW, s", "with ours, s", "first update, times sooner", "later ones, times faster"
    for row in data["rows"]:
        seconds = (f"{sum(row['first'][side]) / len(row['first'][side]):.1f}" for side in ("keras", "ftlib"))
        yield row["model"], *seconds, *(span(row[f"{kind}_ratio"], digits=2) for kind in ("first", "later"))


def updates(data):
    yield "model", "`train_on_batch`, ms", "`fit`, ms", "`fit`, times `train_on_batch`"
    for row in data["rows"]:
        median_times = (f"{1000 * row['median'][side]:.1f}" for side in ("train_on_batch", "fit"))
        yield row["model"], *median_times, span(row["ratio"], digits=3)


def objectives(data):
    yield "task", "score", "without a model", "plain Keras", "ours", "difference", "plain Keras, s", "times faster"
    for row in data["rows"]:
        means = (f"{value:.3f}" for value in (row["baseline"], row["mean"]["keras"], row["mean"]["ftlib"]))
        seconds = sum(row["seconds"]["keras"]) / len(row["seconds"]["keras"])
        difference = span(row["difference"], digits=3)
        yield row["task"], row["score"], *means, difference, f"{seconds:.1f}", span(row["ratio"])


def rates(data):
    yield "model", "plain step, ms", "`layerwise`, times the plain step", "`MultiOptimizer`, times the plain step"
    for row in data["rows"]:
        ratio_texts = (span(row[name], digits=3) if name in row else "" for name in ("layerwise", "MultiOptimizer"))
        yield row["model"], f"{1000 * row['median']['plain']:.0f}", *ratio_texts


def fastai_fine_tune(data):
    yield (
        "photos",
        "pixels",
        "per class",
        "updates",
        "batch",
        "seeds",
        "fine_tune, %",
        "with a plain head, %",
        "ours, %",
        "ours over fine_tune, points",
        "over the plain head, points",
        "times faster",
    )
    for row in data["rows"]:
        sides = ("fine_tune", "fine_tune, plain head")
        accuracies = (mean(row[side], "test", 100) if side in row else "" for side in (*sides, "ours"))
        differences = (span(row[f"over {side}"], 100, sign="+") if side in row else "" for side in sides)
        yield (
            *(row[name] for name in ("data", "side", "labels_per_class", "updates", "batch_size")),
            len(row["ours"]),
            *accuracies,
            *differences,
            span(row["faster than fine_tune"]),
        )


def fit_parts(data):
    yield "part", "processor seconds", "share, %"
    rounds = [row["seconds"] for row in data["rows"]]
    whole = data["whole"]["mean"]
    for part in data["parts"]:
        seconds = sum(row[part] for row in rounds) / len(rounds)
        share = "in the parts" if part == "reading" else f"{100 * seconds / whole:.0f}"
        yield part, f"{seconds:.1f}", share
    yield "all of it", f"{whole:.1f}", "100"
    yield "reading, features, updates and validation", f"{data['must']['mean']:.1f}", ""
    yield "all of it, times these", span(data["ratio"], digits=2), ""


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
    mean_accuracies = (mean(data[side], "test", 100) for side in ("guide", "ours"))
    speed_ratios = (span(data[k]) for k in ("ratio", "cpu_ratio"))
    difference_text = span(data["difference"], 100, sign="+")
    yield data["labels_per_class"], *mean_accuracies, difference_text, mean(data["guide"], "seconds"), *speed_ratios


def first_minute(data):
    yield "command", "processor seconds", "of `import keras`", "times less"
    for row in data["rows"]:
        seconds = (f"{sum(values) / len(values):.1f}" for values in (row["seconds"], data["keras"]))
        yield row["command"], *seconds, span(row["ratio"])


def large_memory(data):
    yield "pictures", "pixels", "anonymous memory at most, GiB", "decoded pictures on the disk, GiB", "minutes"
    gib_texts = (f"{data[k]:.1f}" for k in ("anonymous_gib", "disk_gib"))
    yield f"{data['pictures']:,}", f"{data['side']} x {data['side']}", *gib_texts, f"{data['seconds'] / 60:.0f}"


def large_waiting(data):
    yield "way of reading", "times the seconds of the same training from memory"
    for name, ratio_interval in data["ratios"].items():
        yield name, span(ratio_interval, digits=2)


def scale(data):
    yield "step", "1,000, s", "5,000, s", "20,000, s", "slope", "a million, minutes", "memory, GiB", "disk, GiB"
    for summary in data["at_a_million"]:
        seconds = {row["pictures"]: row["seconds"] for row in data["rows"] if row["step"] == summary["step"]}
        second_texts = (f"{seconds[count]:.2f}" for count in (1_000, 5_000, 20_000))
        minutes, disk_gib = summary["seconds"] / 60, summary["disk"] / 2**30
        minutes_text = f"{minutes:.0f}" if minutes > 10 else f"{minutes:.1f}"
        disk_text = f"{disk_gib:.1f}" if disk_gib else ""
        slope_text = f"{summary['exponent']:.2f}"
        yield summary["step"], *second_texts, slope_text, minutes_text, f"{summary['memory'] / 2**30:.1f}", disk_text


def hardware_cpu(data):
    yield "precision", "XLA", "batch", "an image, ms", "images a second", "first update, s"
    for row in data["rows"]:
        if "failed" in row:
            yield row["precision"], "yes" if row["jit"] else "no", row["batch"], row["failed"], "", ""
        else:
            speed_texts = f"{1000 * row['per_image']:.3g}", f"{1 / row['per_image']:.3g}", f"{row['first']:.2g}"
            yield row["precision"], "yes" if row["jit"] else "no", row["batch"], *speed_texts


def hardware_gpu(data):
    return hardware_cpu(data)


TABLES = (
    guide_extraction, guide_tuning, own_images, fit_parts, probe_threads, partial, rates, first_update,
    updates, objectives,
    fastai_fine_tune, kills, first_minute, large_memory, large_waiting, scale, hardware_cpu, hardware_gpu,
)  # fmt: skip


def table(make_rows):
    """Returns the table of one file of results in Markdown, with the versions it was measured with."""
    result_path = HERE / "results" / f"{make_rows.__name__}.json"
    if not result_path.exists():
        return "Not measured yet."
    data = json.loads(result_path.read_text())
    head_row, *text_rows = ([str(cell) for cell in row] for row in make_rows(data))
    table_lines = [head_row, ["---"] * len(head_row), *text_rows]
    table_text = "\n".join(f"| {' | '.join(line)} |" for line in table_lines)
    seed_text = f"; {len(data['seeds'])} seeds" if "seeds" in data else ""
    label_text = f"; {data['labels_per_class']} photos per class" if "labels_per_class" in data else ""
    version_text = ", ".join(f"{k} {v}" for k, v in data["versions"].items() if k not in ("ftlib", "numpy"))
    cores, device, backend = (data["machine"][name] for name in ("cores", "device", "backend"))
    return f"{table_text}\n\n{cores} cores, {device}{label_text}{seed_text}; {version_text}; backend {backend}."


def main():
    readme_path = HERE / "README.md"
    readme_text = readme_path.read_text(encoding="utf-8")
    for make_rows in TABLES:
        start_mark, end_mark = f"<!-- {make_rows.__name__} -->", f"<!-- /{make_rows.__name__} -->"
        filled_text = f"{start_mark}\n{table(make_rows)}\n{end_mark}"
        readme_text = re.sub(
            f"{start_mark}.*?{end_mark}", lambda _, filled_text=filled_text: filled_text, readme_text, flags=re.S
        )
    readme_path.write_text(readme_text, encoding="utf-8")


if __name__ == "__main__":
    main()
