"""Measures the recorded grids in results/ again: `make results`, one to two hours on two cores. What is there is kept.

A measurement that was stopped goes on where it was: the runs of a grid are kept in `.results/` until all of it is
measured, a study is recorded seed by seed. A run of a grid whose process dies is done again.

Where the code has changed since, one seed of every cell runs again first (two minutes): if all come out as recorded, to
the last digit, the record stays, else all of it is measured again. Another processor rounds differently; there it is
enough that each lies where the recorded seeds of its cell lie, or no further outside than they are apart.

`python tools/results.py --only digits` measures one of them; `--figures` only draws the pictures and fills the tables
of the READMEs from what is recorded.
"""

import argparse
import contextlib
import dataclasses
import pathlib
import platform
import re
import sys

import anchor_study
import bias_study
import digest
import gradual_study
import keras
import preset_study
import tuning_study
from kept_runs import KeptRuns
from study_record import study_workers

import ftlib as ft
from ftlib import plots
from ftlib.app.console import quiet_stderr
from ftlib.app.grid import run_cells
from ftlib.training.compare_jobs import JobQueue, TrainingJob

ROOT = pathlib.Path(__file__).resolve().parent.parent
RESULTS = ROOT / "results"
UNFINISHED = ROOT / ".results"  # runs of grids that are half measured
STRATEGIES = ("scratch", "hybrid", "feature_extraction", "feature_extraction_long", "top", "full", "lp_ft")
MAIN = ("scratch", "feature_extraction_long", "lp_ft")
FACTORS = (1.0, 3.0)
# The baseline gets more than the rest: a firmer regularization to choose from as well, and five seeds to choose with.
LIGHT = ft.Regularization.preset("light")
FIRM = dataclasses.replace(LIGHT, augmentation="strong", label_smoothing=0.1, dropout=0.5)
# A study makes the rows of one seed; its module says which seeds (SEEDS) and what else they depend on.
STUDIES = {
    "fine-tuning": tuning_study.run_study, "presets": preset_study.run_study,
    "presets-rate": preset_study.run_rate_study, "anchors": anchor_study.run_study, "bias": bias_study.run_study,
    "gradual": gradual_study.run_study,
}  # fmt: skip
ROOM = 0.01  # of accuracy: at least so far beyond the recorded seeds of a cell may lie what another processor gives
SCORES = ("updates_done", "val_accuracy", "val_macro_f1", "test_accuracy", "test_macro_f1")
PRESETS = {name: [LIGHT] for name in STRATEGIES} | {"scratch": [LIGHT, FIRM]}


def seeds_of(name):
    """Returns seeds 0 to 19 where a run takes seconds, and fewer where it takes longer; no others are tried."""
    return list(range(20 if name.startswith("feature_extraction") else 10 if name in MAIN else 5))


def grids():
    """Returns the cells of every recorded file: arguments of `compare`."""
    shared_arguments = dict(
        backbone="glyphnet", task="digits", rate_factors=FACTORS, tuning_seeds=5, regularization=PRESETS
    )
    digits = [
        dict(shared_arguments, strategies=[name], labels_per_class=(labels,), updates=300, seeds=seeds_of(name))
        for labels in (10, 3, 1, 50)
        for name in MAIN
    ]
    other_strategies = [
        dict(shared_arguments, strategies=[name], labels_per_class=(10,), updates=300, seeds=seeds_of(name))
        for name in STRATEGIES
        if name not in MAIN
    ]
    by_updates = [
        dict(shared_arguments, strategies=[name], labels_per_class=(10,), updates=count, seeds=seeds_of(name))
        for count in (100, 50)
        for name in MAIN
    ]
    far_task = [
        dict(
            shared_arguments,
            task="textures",
            strategies=[name],
            labels_per_class=(10,),
            updates=300,
            seeds=list(range(5)),
        )
        for name in MAIN
    ]
    return {"digits": digits, "digits-updates": by_updates, "digits-others": other_strategies, "textures": far_task}


def code_checksum_of(task, *more, weights=("glyphnet",)):
    """Returns a checksum of what a result depends on: the shipped weights and the modules that a run goes through.

    Args:
        task: Name of the task's module.
        more: Further modules, as their paths in `ftlib` without the ending.
        weights: The shipped backbones.

    Comments and docstrings do not count, so that mending a sentence leaves the record valid.
    """
    library_folder = ROOT / "ftlib"
    module_names = sorted({*digest.training_modules(library_folder), f"tasks/{task}", *more})
    weight_bytes = b"".join((ROOT / f"ftlib/weights/{name}.weights.h5").read_bytes() for name in weights)
    return digest.code(library_folder, module_names, weight_bytes)


def cell_key(cell):
    return cell["strategies"][0], cell["labels_per_class"][0], cell["updates"]


def row_key(row):
    return row["strategy"], row["labels_per_class"], row["updates"]


def measure_grid(name, cells, start_workers, fresh):
    """Measures the cells of a grid of which there is no record, or none of this code that comes out again.

    Args:
        name: That of the record.
        cells: Arguments of `compare`, each for one strategy, number of labels and number of updates.
        start_workers: Starts the executor that runs are done on, if there is something to do.
        fresh: Whether what is recorded does not count.
    """
    record_path = RESULTS / f"{name}.json"
    code_checksum = code_checksum_of(cells[0]["task"])
    run_settings = {"code": code_checksum, "keras": keras.__version__, "machine": processor_name()}
    runs = KeptRuns(UNFINISHED / f"{name}.json", run_settings, start_workers)
    wanted_settings = {
        "code": code_checksum,
        "keras": keras.__version__,
        "tuning_seeds": cells[0]["tuning_seeds"],
        "regularization": {k: [repr(one) for one in listed] for k, listed in PRESETS.items()},
    }
    parts, is_current = [], False
    if record_path.exists() and not fresh:
        recorded = ft.load_comparison(record_path)
        changed_settings = [key for key, value in wanted_settings.items() if recorded.settings.get(key) != value]
        if changed_settings == ["code"] and grid_comes_out_again(recorded, cells, runs):
            keep_record(recorded, record_path, code_checksum, "seed 0 of every cell")
            parts = [recorded]
        elif changed_settings:
            print(
                f"{record_path.name} was measured with another {' and '.join(changed_settings)}: measuring it again",
                flush=True,
            )
        else:
            parts = [recorded]
            is_current = True
    measured_cells = {row_key(row) for part in parts for row in part.rows}
    missing_cells = [cell for cell in cells if cell_key(cell) not in measured_cells]
    if is_current and not missing_cells:
        return  # and what a stopped --fresh has measured stays
    for cell in missing_cells:
        result = ft.compare(**cell, executor=runs)
        result.settings.update(code=code_checksum, machine=processor_name())
        parts.append(result)
        print(f"\n{result}\n", flush=True)
    if missing_cells:
        save_grid(parts, cells, record_path)
    runs.forget()


def save_grid(parts, cells, record_path):
    """Writes comparisons as one, in the order of the cells."""
    merged_record = ft.Comparison.merge(parts)
    cell_order = [cell_key(cell) for cell in cells]
    for rows in (merged_record.rows, merged_record.tuning):
        rows.sort(key=lambda row: cell_order.index(row_key(row)))
    merged_record.save(record_path)


def grid_comes_out_again(recorded, cells, runs):
    """Returns whether the first seed of every recorded cell, with what validation chose, gives the same scores."""
    cells_by_key = {cell_key(cell): cell for cell in cells}
    first_rows = [row for row in recorded.rows if row["seed"] == 0]
    jobs = [job_of_row(row, cells_by_key[row_key(row)]) for row in first_rows]
    same_processor = recorded.settings["machine"] == processor_name()
    queue = JobQueue(runs)
    for job in jobs:
        queue.submit(job)
    try:
        for job, old_row in zip(jobs, first_rows, strict=True):
            new_row = scores_of(queue.result(job))
            cell_rows = [row for row in recorded.rows if row_key(row) == row_key(old_row)]
            if not scores_agree(new_row, old_row, cell_rows, SCORES, same_processor):
                print(
                    f"{old_row['strategy']}, {old_row['labels_per_class']} labels: another result than recorded",
                    flush=True,
                )
                return False
        return True
    finally:
        queue.cancel()


def job_of_row(row, cell):
    """Returns the job that gave a recorded row; with seed 0, one of those that `compare` would do."""
    regularization = next(one for one in PRESETS[row["strategy"]] if repr(one) == row["regularization"])
    return TrainingJob(
        cell["backbone"], cell["task"], row["labels_per_class"], row["seed"], row["updates"],
        ft.strategy(row["strategy"]).scaled(row["rate_factor"]), regularization, scores_test=True,
    )  # fmt: skip


def scores_of(result):
    """Returns the scores of a run as a row has them; of one that diverged, 0 each."""
    scores = {"updates_done": result.updates_done}
    for prefix, part in {"val": result.validation, "test": result.test}.items():
        scores |= {f"{prefix}_{name}": value for name, value in part.items()}
    return dict.fromkeys(SCORES, 0) | scores


def scores_agree(new_row, old_row, cell_rows, score_names, exact):
    """Returns whether a row has the scores of the recorded one.

    Args:
        new, old: The rows.
        cell_rows: The recorded rows of all seeds of the cell.
        score_names: The scores.
        exact: Whether nothing else will do. If not, the new one may lie among the recorded seeds, or as far outside
            as these are apart: after hundreds of updates a last digit can have become points.
    """
    if exact or all(new_row[name] == old_row[name] for name in score_names):
        return all(new_row[name] == old_row[name] for name in score_names)
    recorded_scores = {name: [row[name] for row in cell_rows] for name in score_names}
    allowed_distance = {name: max(ROOM, max(scores) - min(scores)) for name, scores in recorded_scores.items()}
    return all(
        min(scores) - allowed_distance[name] <= new_row[name] <= max(scores) + allowed_distance[name]
        for name, scores in recorded_scores.items()
    )


def processor_name():
    """Returns the name of the processor; sums come out alike, to the last digit, on the same one."""
    cpu_info = pathlib.Path("/proc/cpuinfo")
    lines = cpu_info.read_text(encoding="utf-8").splitlines() if cpu_info.exists() else []
    model_names = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(model_names, platform.processor() or platform.machine())


def keep_record(recorded, path, code_checksum, repeated_part):
    """Writes a record with the checksum of the code that was found to give it."""
    rounding_note = (
        "" if recorded.settings["machine"] == processor_name() else ", up to the rounding of another processor"
    )
    recorded.settings.update(
        code=code_checksum, checked=f"with this code, {repeated_part} came out as recorded{rounding_note}"
    )
    recorded.save(path)
    print(f"{path.name}: {repeated_part} came out as recorded{rounding_note}; it is kept", flush=True)


def measure_study(name, run_study, start_workers, fresh):
    """Measures the seeds of a study of which there are no rows, or none of this code that come out again.

    Args:
        name: That of the record.
        run_study: Makes the rows of a seed.
        start_workers: Starts the executor that seeds are measured on, if there is something to do.
        fresh: Whether what is recorded does not count.
    """
    study = sys.modules[run_study.__module__]
    record_path = RESULTS / f"{name}.json"
    extra_modules = (
        "evidence/forgetting",
        "evidence/groups",
        "tasks/glyphs",
        "tasks/marks",
        *getattr(study, "MODULES", ()),
        "../tools/run_rows",
        f"../tools/{study.__name__}",
    )
    code_checksum = code_checksum_of("digits", *extra_modules, weights=getattr(study, "WEIGHTS", ("glyphnet",)))
    record_settings = {
        "task": "digits",
        "backbone": "glyphnet",
        "code": code_checksum,
        "keras": keras.__version__,
        "backend": keras.backend.backend(),
        "machine": processor_name(),
    }
    recorded = ft.load_comparison(record_path) if record_path.exists() and not fresh else None
    is_current = recorded is not None and all(recorded.settings[k] == record_settings[k] for k in ("code", "keras"))
    if is_current and {row["seed"] for row in recorded.rows} >= set(study.SEEDS):
        return

    executor = start_workers()
    rows = []
    if recorded is not None:
        if not is_current and study_comes_out_again(recorded, run_study, executor):
            keep_record(recorded, record_path, code_checksum, "the first seed")
            is_current = True
        if is_current:
            rows, record_settings = recorded.rows, {**record_settings, **recorded.settings}
        else:
            print(f"{record_path.name}: another result than recorded: measuring it again", flush=True)
    missing_seeds = sorted(set(study.SEEDS) - {row["seed"] for row in rows})
    for _, seed_rows in run_cells(missing_seeds, run_study, executor):
        strategy_order = list(dict.fromkeys(row["strategy"] for row in seed_rows))
        rows = sorted([*rows, *seed_rows], key=lambda row: (strategy_order.index(row["strategy"]), row["seed"]))
        ft.Comparison(record_settings, rows).save(record_path)  # a stopped measurement goes on there


def study_comes_out_again(recorded, run_study, executor):
    """Returns whether the first recorded seed of a study gives the same scores again."""
    first_seed = recorded.rows[0]["seed"]
    ((_, new_rows),) = run_cells([first_seed], run_study, executor)
    recorded_rows = {r["strategy"]: r for r in recorded.rows if r["seed"] == first_seed}
    score_names = [name for name in (*SCORES, "source_accuracy", "marked") if name in new_rows[0]]
    same_processor = recorded.settings["machine"] == processor_name()
    rows_by_strategy = {name: [r for r in recorded.rows if r["strategy"] == name] for name in recorded_rows}
    return len(new_rows) == len(recorded_rows) and all(
        r["strategy"] in recorded_rows
        and scores_agree(r, recorded_rows[r["strategy"]], rows_by_strategy[r["strategy"]], score_names, same_processor)
        for r in new_rows
    )


@contextlib.contextmanager
def worker_starter(jobs):
    """Gives a function that starts processes; they end with the block."""
    with quiet_stderr(), contextlib.ExitStack() as started:
        yield lambda: started.enter_context(study_workers(jobs))


def draw_figures():
    record_tables = {
        name: ft.load_comparison(RESULTS / f"{name}.json").table()
        for name in grids()
        if (RESULTS / f"{name}.json").exists()
    }
    if not {"digits", "digits-updates"} <= set(record_tables):
        print("pictures and tables are drawn once digits and digits-updates are measured")
        return
    path = RESULTS / "anchors.json"
    if path.exists():
        trade_off_figure = plots.trade_off(
            anchor_study.curves(ft.load_comparison(path).rows),
            "Digits (test accuracy)",
            "Letters still read",
            "What holds the backbone near its start, and what that costs: means of 5 seeds, 95 % intervals",
        )
        (RESULTS / "anchors.png").write_bytes(plots.png(trade_off_figure))
    main_table = record_tables["digits"]
    rows_at_ten = [r for r in main_table if r["labels_per_class"] == 10]
    figures_by_name = {
        "headline.png": plots.accuracy_curves(main_table, x="labels_per_class"),
        "updates.png": plots.accuracy_curves(record_tables["digits-updates"] + rows_at_ten, x="updates"),
    }
    for name, figure in figures_by_name.items():
        (RESULTS / name).write_bytes(plots.png(figure))
    markdown_table = readme_table(main_table + record_tables.get("digits-others", []))
    for readme in ("README.md", "README.ko.md"):
        path = ROOT / readme
        text = path.read_text(encoding="utf-8")
        filled_text = re.sub(
            r"(<!-- results -->\n).*?(<!-- /results -->)", lambda m: m[1] + markdown_table + m[2], text, flags=re.DOTALL
        )
        path.write_text(filled_text, encoding="utf-8")


def readme_table(rows):
    """Returns the Markdown table of test accuracies that the READMEs show."""
    label_counts = sorted({r["labels_per_class"] for r in rows})
    lines = [
        "| strategy | " + " | ".join(str(n) for n in label_counts) + " | seeds |",
        "|---" * (len(label_counts) + 2) + "|",
    ]
    for name in STRATEGIES:
        rows_by_labels = {r["labels_per_class"]: r for r in rows if r["strategy"] == name}
        if not rows_by_labels:
            continue
        cell_texts = [cell_text(rows_by_labels[n]) if n in rows_by_labels else "" for n in label_counts]
        lines.append(f"| `{name}` | " + " | ".join(cell_texts) + f" | {next(iter(rows_by_labels.values()))['n']} |")
    return "\n".join(lines) + "\n"


def cell_text(row):
    return f"{100 * row['test_mean']:.1f} ({100 * row['test_low']:.1f}–{100 * row['test_high']:.1f})"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    record_names = [*grids(), *STUDIES]
    parser.add_argument("--only", nargs="+", choices=record_names, default=record_names)
    parser.add_argument("--jobs", type=int, default=2, help="processes; one core each (2)")
    parser.add_argument("--fresh", action="store_true", help="measure again what is recorded; what was stopped goes on")
    parser.add_argument("--figures", action="store_true", help="only draw and fill in")
    args = parser.parse_args()
    if not args.figures:
        for name in args.only:
            with worker_starter(args.jobs) as start_workers:
                if name in STUDIES:
                    measure_study(name, STUDIES[name], start_workers, args.fresh)
                else:
                    measure_grid(name, grids()[name], start_workers, args.fresh)
    draw_figures()


if __name__ == "__main__":
    main()
