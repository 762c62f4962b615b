"""Measures the recorded grids in results/ again: `make results`, one to two hours on two cores. What is there is kept.

Where the code has changed since, one seed of every cell runs again first (two minutes): if all come out as recorded, to
the last digit, the record stays, else all of it is measured again. Another processor rounds differently; there it is
enough that each lies where the recorded seeds of its cell lie, or no further outside than they are apart.

`python tools/results.py --only digits` measures one of them; `--figures` only draws the pictures and fills the tables
of the READMEs from what is recorded.
"""

import argparse
import dataclasses
import pathlib
import platform
import re

import anchor_study
import bias_study
import digest
import gradual_study
import keras
import preset_study
import tuning_study

import ftlib as ft
from ftlib import plots
from ftlib.app.grid import quiet_stderr, run_cells

ROOT = pathlib.Path(__file__).resolve().parent.parent
STRATEGIES = ("scratch", "hybrid", "feature_extraction", "feature_extraction_long", "top", "full", "lp_ft")
MAIN = ("scratch", "feature_extraction_long", "lp_ft")
FACTORS = (1.0, 3.0)
# The baseline gets more than the rest: a firmer regularization to choose from as well, and five seeds to choose with.
LIGHT = ft.Regularization.preset("light")
FIRM = dataclasses.replace(LIGHT, augmentation="strong", label_smoothing=0.1, dropout=0.5)
STUDIES = {
    "fine-tuning": tuning_study, "presets": preset_study, "anchors": anchor_study, "bias": bias_study,
    "gradual": gradual_study,
}  # fmt: skip
ROOM = 0.01  # of accuracy: at least so far beyond the recorded seeds of a cell may lie what another processor gives
SCORES = ("updates_done", "val_accuracy", "val_macro_f1", "test_accuracy", "test_macro_f1")
PRESETS = {name: [LIGHT] for name in STRATEGIES} | {"scratch": [LIGHT, FIRM]}


def seeds(name):
    """Returns seeds 0 to 19 where a run takes seconds, and fewer where it takes longer; no others are tried."""
    return list(range(20 if name.startswith("feature_extraction") else 10 if name in MAIN else 5))


def grids():
    """Returns the cells of every recorded file: arguments of `compare`."""
    common = dict(backbone="glyphnet", task="digits", rate_factors=FACTORS, tuning_seeds=5, regularization=PRESETS)
    digits = [
        dict(common, strategies=[name], labels_per_class=(labels,), updates=300, seeds=seeds(name))
        for labels in (10, 3, 1, 50)
        for name in MAIN
    ]
    others = [
        dict(common, strategies=[name], labels_per_class=(10,), updates=300, seeds=seeds(name))
        for name in STRATEGIES
        if name not in MAIN
    ]
    updates = [
        dict(common, strategies=[name], labels_per_class=(10,), updates=count, seeds=seeds(name))
        for count in (100, 50)
        for name in MAIN
    ]
    far = [
        dict(common, task="textures", strategies=[name], labels_per_class=(10,), updates=300, seeds=list(range(5)))
        for name in MAIN
    ]
    return {"digits": digits, "digits-updates": updates, "digits-others": others, "textures": far}


def code_hash(task, *more, weights=("glyphnet",)):
    """Returns a checksum of what a result depends on: the shipped weights and the modules that a run goes through.

    Args:
        task: Name of the task's module.
        more: Further modules, as their paths in `ftlib` without the ending.
        weights: The shipped backbones.

    Comments and docstrings do not count, so that mending a sentence leaves the record valid.
    """
    folder = ROOT / "ftlib"
    modules = sorted({*digest.training_modules(folder), f"tasks/{task}", *more})
    data = b"".join((ROOT / f"ftlib/weights/{name}.weights.h5").read_bytes() for name in weights)
    return digest.code(folder, modules, data)


def key(cell):
    return cell["strategies"][0], cell["labels_per_class"][0], cell["updates"]


def measure(name, cells, jobs, fresh):
    path = ROOT / "results" / f"{name}.json"
    stamp = code_hash(cells[0]["task"])
    wanted = {
        "code": stamp,
        "keras": keras.__version__,
        "tuning_seeds": cells[0]["tuning_seeds"],
        "regularization": {k: [repr(one) for one in listed] for k, listed in PRESETS.items()},
    }
    parts = []
    if path.exists() and not fresh:
        recorded = ft.load_comparison(path)
        changed = [key for key, value in wanted.items() if recorded.settings.get(key) != value]
        if changed == ["code"] and comes_out_again(recorded, cells, jobs):
            keep(recorded, path, stamp, "seed 0 of every cell")
            parts = [recorded]
        elif changed:
            print(f"{path.name} was measured with another {' and '.join(changed)}: measuring it again", flush=True)
        else:
            parts = [recorded]
    have = {(r["strategy"], r["labels_per_class"], r["updates"]) for part in parts for r in part.rows}
    missing = [cell for cell in cells if key(cell) not in have]
    with quiet_stderr():
        for _, result in run_cells(missing, jobs) if missing else ():
            result.settings.update(code=stamp, machine=processor())
            parts.append(result)
            whole = ft.Comparison.merge(parts)
            order = [key(cell) for cell in cells]
            for rows in (whole.rows, whole.tuning):
                rows.sort(key=lambda r: order.index((r["strategy"], r["labels_per_class"], r["updates"])))
            whole.save(path)  # after every cell, so that a stopped measurement goes on there
            print(f"\n{result}\n", flush=True)


def comes_out_again(recorded, cells, jobs):
    """Returns whether the first seed of every recorded cell, with what validation chose, gives the same scores."""
    first = {key(c): c for c in cells}
    rows = [r for r in recorded.rows if r["seed"] == 0]
    again = []
    for row in rows:
        chosen = next(p for p in PRESETS[row["strategy"]] if repr(p) == row["regularization"])
        cell = first[row["strategy"], row["labels_per_class"], row["updates"]]
        fixed = dict(rate_factors=(row["rate_factor"],), regularization=chosen, seeds=[0])
        again.append({**cell, **fixed})
    with quiet_stderr():
        for index, result in run_cells(again, jobs):
            (new,), old = result.rows, rows[index]
            cell = [r for r in recorded.rows if key_of(r) == key_of(old)]
            if not agrees(new, old, cell, SCORES, recorded.settings["machine"] == processor()):
                print(f"{old['strategy']}, {old['labels_per_class']} labels: another result than recorded", flush=True)
                return False
    return True


def key_of(row):
    return row["strategy"], row["labels_per_class"], row["updates"]


def agrees(new, old, cell, names, exact):
    """Returns whether a row has the scores of the recorded one.

    Args:
        new, old: The rows.
        cell: The recorded rows of all seeds of the cell.
        names: The scores.
        exact: Whether nothing else will do. If not, the new one may lie among the recorded seeds, or as far outside
            as these are apart: after hundreds of updates a last digit can have become points.
    """
    if exact or all(new[name] == old[name] for name in names):
        return all(new[name] == old[name] for name in names)
    values = {name: [row[name] for row in cell] for name in names}
    room = {name: max(ROOM, max(v) - min(v)) for name, v in values.items()}
    return all(min(v) - room[name] <= new[name] <= max(v) + room[name] for name, v in values.items())


def processor():
    """Returns the name of the processor; sums come out alike, to the last digit, on the same one."""
    info = pathlib.Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    named = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or platform.machine())


def keep(recorded, path, stamp, what):
    """Writes a record with the checksum of the code that was found to give it."""
    other = "" if recorded.settings["machine"] == processor() else ", up to the rounding of another processor"
    recorded.settings.update(code=stamp, checked=f"with this code, {what} came out as recorded{other}")
    recorded.save(path)
    print(f"{path.name}: {what} came out as recorded{other}; it is kept", flush=True)


def measure_study(name, study, jobs, fresh):
    """Measures one of the studies, seed by seed."""
    path = ROOT / "results" / f"{name}.json"
    more = ("evidence/forgetting", "evidence/groups", "tasks/glyphs", "tasks/marks", *getattr(study, "MODULES", ()))
    more += (f"../tools/{study.__name__}",)
    stamp = code_hash("digits", *more, weights=getattr(study, "WEIGHTS", ("glyphnet",)))
    settings = {
        "task": "digits",
        "backbone": "glyphnet",
        "code": stamp,
        "keras": keras.__version__,
        "backend": keras.backend.backend(),
        "machine": processor(),
    }
    rows = []
    if path.exists() and not fresh:
        recorded = ft.load_comparison(path)
        same = all(recorded.settings[key] == settings[key] for key in ("code", "keras"))
        if not same and study_comes_out_again(recorded, study):
            keep(recorded, path, stamp, "the first seed")
            same = True
        if same:
            rows, settings = recorded.rows, {**settings, **recorded.settings}
        else:
            print(f"{path.name}: another result than recorded: measuring it again", flush=True)
    missing = sorted(set(study.SEEDS) - {r["seed"] for r in rows})
    with quiet_stderr():
        for _, part in run_cells(missing, jobs, study.run_study) if missing else ():
            order = list(dict.fromkeys(row["strategy"] for row in part))
            rows = sorted([*rows, *part], key=lambda r: (order.index(r["strategy"]), r["seed"]))
            ft.Comparison(settings, rows).save(path)  # after every seed, so that a stopped measurement goes on there


def study_comes_out_again(recorded, study):
    """Returns whether the first recorded seed of a study gives the same scores again."""
    seed = recorded.rows[0]["seed"]
    with quiet_stderr():
        ((_, rows),) = run_cells([seed], 2, study.run_study)  # one thread, as when it was recorded: sums depend on it
    old = {r["strategy"]: r for r in recorded.rows if r["seed"] == seed}
    scores = [name for name in (*SCORES, "source_accuracy", "marked") if name in rows[0]]
    exact = recorded.settings["machine"] == processor()
    cells = {name: [r for r in recorded.rows if r["strategy"] == name] for name in old}
    return len(rows) == len(old) and all(
        r["strategy"] in old and agrees(r, old[r["strategy"]], cells[r["strategy"]], scores, exact) for r in rows
    )


def figures():
    tables = {
        name: ft.load_comparison(ROOT / "results" / f"{name}.json").table()
        for name in grids()
        if (ROOT / "results" / f"{name}.json").exists()
    }
    if not {"digits", "digits-updates"} <= set(tables):
        print("pictures and tables are drawn once digits and digits-updates are measured")
        return
    path = ROOT / "results" / "anchors.json"
    if path.exists():
        fig = plots.trade_off(
            anchor_study.curves(ft.load_comparison(path).rows),
            "Digits (test accuracy)",
            "Letters still read",
            "What holds the backbone near its start, and what that costs: means of 5 seeds, 95 % intervals",
        )
        (ROOT / "results" / "anchors.png").write_bytes(plots.png(fig))
    main = tables["digits"]
    at_ten = [r for r in main if r["labels_per_class"] == 10]
    pictures = {
        "headline.png": plots.accuracy_curves(main, x="labels_per_class"),
        "updates.png": plots.accuracy_curves(tables["digits-updates"] + at_ten, x="updates"),
    }
    for name, figure in pictures.items():
        (ROOT / "results" / name).write_bytes(plots.png(figure))
    table = readme_table(main + tables.get("digits-others", []))
    for readme in ("README.md", "README.ko.md"):
        path = ROOT / readme
        text = path.read_text(encoding="utf-8")
        filled = re.sub(
            r"(<!-- results -->\n).*?(<!-- /results -->)", lambda m: m[1] + table + m[2], text, flags=re.DOTALL
        )
        path.write_text(filled, encoding="utf-8")


def readme_table(rows):
    """Returns the Markdown table of test accuracies that the READMEs show."""
    labels = sorted({r["labels_per_class"] for r in rows})
    lines = ["| strategy | " + " | ".join(str(n) for n in labels) + " | seeds |", "|---" * (len(labels) + 2) + "|"]
    for name in STRATEGIES:
        mine = {r["labels_per_class"]: r for r in rows if r["strategy"] == name}
        if not mine:
            continue
        cells = [cell_text(mine[n]) if n in mine else "" for n in labels]
        lines.append(f"| `{name}` | " + " | ".join(cells) + f" | {next(iter(mine.values()))['n']} |")
    return "\n".join(lines) + "\n"


def cell_text(row):
    return f"{100 * row['test_mean']:.1f} ({100 * row['test_low']:.1f}–{100 * row['test_high']:.1f})"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    files = [*grids(), *STUDIES]
    parser.add_argument("--only", nargs="+", choices=files, default=files)
    parser.add_argument("--jobs", type=int, default=2, help="processes; one core each (2)")
    parser.add_argument("--fresh", action="store_true", help="measure again what is there")
    parser.add_argument("--figures", action="store_true", help="only draw and fill in")
    args = parser.parse_args()
    if not args.figures:
        for name in args.only:
            if name in STUDIES:
                measure_study(name, STUDIES[name], args.jobs, args.fresh)
            else:
                measure(name, grids()[name], args.jobs, args.fresh)
    figures()


if __name__ == "__main__":
    main()
