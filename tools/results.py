"""Measures the recorded grids in results/ again: `make results`. Takes hours; cells that are there are kept.

`python tools/results.py --only digits` measures one of them; `--figures` only draws the pictures and fills the tables
of the READMEs from what is recorded.
"""

import argparse
import hashlib
import pathlib
import platform
import re

import ftlib as ft
from ftlib import plots
from ftlib.app.grid import quiet_stderr, run_cells

ROOT = pathlib.Path(__file__).resolve().parent.parent
STRATEGIES = ("scratch", "hybrid", "feature_extraction", "feature_extraction_long", "top", "full", "lp_ft")
MAIN = ("scratch", "feature_extraction_long", "lp_ft")
FACTORS = (1 / 3, 1.0, 3.0)


def grids():
    """Returns the cells of every recorded file: arguments of `compare`, the longest first."""
    common = dict(backbone="glyphnet", task="digits", rate_factors=FACTORS, tuning_seeds=3, regularization="light")
    digits = [
        dict(common, strategies=[name], labels_per_class=(labels,), updates=300,
             seeds=list(range(20 if name in MAIN else 5)))
        for labels in (50, 10, 3, 1) for name in STRATEGIES
    ]  # fmt: skip
    updates = [
        dict(common, strategies=[name], labels_per_class=(10,), updates=count, seeds=list(range(20)))
        for count in (100, 50) for name in MAIN
    ]  # fmt: skip
    return {"digits": digits, "digits-updates": updates}


def code_hash():
    """Returns a checksum of what a result depends on: the library's code and the shipped weights."""
    digest = hashlib.sha256()
    for path in sorted((ROOT / "ftlib").rglob("*")):
        skipped = "app" in path.parts or "report" in path.parts or "plots" in path.parts
        if path.suffix in (".py", ".h5") and not skipped:
            digest.update(path.relative_to(ROOT).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()


def key(cell):
    return cell["strategies"][0], cell["labels_per_class"][0], cell["updates"]


def measure(name, cells, jobs, fresh):
    path = ROOT / "results" / f"{name}.json"
    stamp = code_hash()
    done = None
    if path.exists() and not fresh:
        recorded = ft.load_comparison(path)
        if recorded.settings.get("code") == stamp:
            done = recorded
        else:
            print(f"{path.name} was measured with other code: measuring it again", flush=True)
    for start in range(0, len(cells), jobs):
        have = {(r["strategy"], r["labels_per_class"], r["updates"]) for r in done.rows} if done else set()
        batch = [cell for cell in cells[start : start + jobs] if key(cell) not in have]
        if not batch:
            continue
        with quiet_stderr():
            result = run_cells(batch, min(jobs, len(batch)))
        result.settings.update(code=stamp, machine=platform.machine())
        done = result if done is None else ft.Comparison.merge([done, result])
        done.save(path)  # after every batch, so that a stopped measurement goes on here
        print(result, flush=True)


def figures():
    digits = ft.load_comparison(ROOT / "results" / "digits.json")
    by_updates = ft.load_comparison(ROOT / "results" / "digits-updates.json")
    main = [dict(r) for r in digits.table() if r["strategy"] in MAIN]
    at_ten = [r for r in main if r["labels_per_class"] == 10]
    pictures = {
        "headline.png": plots.accuracy_curves(main, x="labels_per_class"),
        "updates.png": plots.accuracy_curves(by_updates.table() + at_ten, x="updates"),
    }
    for name, figure in pictures.items():
        (ROOT / "results" / name).write_bytes(plots.png(figure))
    table = readme_table(digits.table())
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
        cells = [
            f"{100 * r['test_mean']:.1f} ({100 * r['test_low']:.1f}–{100 * r['test_high']:.1f})"
            for r in (mine[n] for n in labels)
        ]
        lines.append(f"| `{name}` | " + " | ".join(cells) + f" | {mine[labels[0]]['n']} |")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=list(grids()), default=list(grids()))
    parser.add_argument("--jobs", type=int, default=2, help="processes; one core each (2)")
    parser.add_argument("--fresh", action="store_true", help="measure again what is there")
    parser.add_argument("--figures", action="store_true", help="only draw and fill in")
    args = parser.parse_args()
    if not args.figures:
        for name in args.only:
            measure(name, grids()[name], args.jobs, args.fresh)
    figures()


if __name__ == "__main__":
    main()
