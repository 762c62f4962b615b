"""A report to hand over: one HTML file with everything in it."""

import base64
import dataclasses
import math
import os
import pathlib
import time
from html import escape

import numpy as np

from ftlib import plots

_STYLE = """
:root { color-scheme: light; }
body { margin: 0 auto; max-width: 62rem; padding: 1.2rem; background: #fff; color: #222;
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Noto Sans KR", sans-serif; }
h1 { font-size: 1.9rem; line-height: 1.25; margin: .3rem 0 .6rem; overflow-wrap: anywhere; }
h2 { font-size: 1.3rem; margin: 2.4rem 0 .5rem; padding-top: .6rem; border-top: 1px solid #ddd; }
p, li { max-width: 46rem; }
.lead { font-size: 1.2rem; }
.small, caption, figcaption { font-size: .9rem; color: #555; }
.scroll { overflow-x: auto; }
.scroll:focus-visible { outline: 2px solid #0072B2; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding-bottom: .35rem; max-width: 46rem; }
th, td { padding: .3rem .9rem .3rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid #e3e3e3; }
th { border-bottom: 2px solid #888; white-space: nowrap; }
td.number, th.number { text-align: right; white-space: nowrap; }
td { overflow-wrap: break-word; white-space: pre-wrap; max-width: 34rem; }
tr.best td { font-weight: 600; background: #eef5fa; }
figure { margin: 1rem 0 1.4rem; }
img { display: block; width: var(--width); max-width: 100%; height: auto; }
pre { background: #f5f5f5; padding: .7rem .9rem; overflow-x: auto; font-size: .9rem; line-height: 1.45; }
.broken { color: #a00000; font-weight: 600; }
@media (max-width: 640px) {
  body { padding: .8rem; } h1 { font-size: 1.5rem; } .lead { font-size: 1.08rem; }
  .scroll img { max-width: none; width: min(var(--width), 560px); }
  .scroll picture img { width: 100%; }
}
@media print {
  body { max-width: none; padding: 0; font-size: 10pt; } .scroll { overflow: visible; }
  h2 { break-after: avoid; } figure, tr, pre { break-inside: avoid; } pre { white-space: pre-wrap; }
}
"""


def report(result, path, task=None, recorded=None, recorded_in="results/digits.json"):
    """Writes a report: one HTML file that needs no network, no scripts and no other file.

    It holds the headline with its interval, pictures, how each strategy trained, the proofs, the mistakes, and the
    settings to repeat it. The file appears whole or not at all; one that is there stays until then. For a `Run`
    whose test accuracy was not looked at yet, this is the look.

    Args:
        result: A `Run` or a `Comparison`.
        path: The file to write, such as `"report.html"`. Its folder is made if it is missing.
        task: The `Task` of a run that was loaded without its data. Default None: then the pictures that need images
            are left out, and the report says so.
        recorded: A `Comparison` measured earlier, shown beside a live one and marked as recorded.
        recorded_in: Where `recorded` comes from, for its mark.

    Returns:
        The `pathlib.Path` of the file.

    Raises:
        TypeError: For a result that is neither a `Run` nor a `Comparison`.
        ValueError: For a path that is a folder.

    Example:
    >>> from types import SimpleNamespace
    >>> row = {"strategy": "full", "labels_per_class": 10, "updates": 300, "n": 3, "rate_factor": 1}
    >>> row |= {f"{part}_{end}": 0.96 for part in ("test", "val") for end in ("mean", "low", "high")}
    >>> result = SimpleNamespace(settings={}, runs=[], table=lambda: [row], histories=lambda labels, updates: {})
    >>> report(result, "report.html").name
    'report.html'
    """
    path = pathlib.Path(path)
    if path.is_dir():
        raise ValueError(
            f"Expected a file to write, such as {path / 'report.html'}. Received: the folder {path}."
        )
    if hasattr(result, "table"):
        title, parts = _comparison(result, recorded, recorded_in)
    elif hasattr(result, "phases"):
        title, parts = _run(result, task)
    else:
        raise TypeError(f"Expected a Run or a Comparison. Received: {type(result).__name__}.")
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">\n'
    date = f'<p class="small">Report of ftlib, {time.strftime("%Y-%m-%d")}</p>'
    page = (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n{head}<title>{escape(title)}</title>\n'
        f"<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n{date}\n"
        + "\n".join(parts)
        + "\n</main>\n</body>\n</html>\n"
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_text(page, encoding="utf-8")
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
    return path


def _comparison(result, recorded, recorded_in):
    table = result.table()
    rows, labels, updates = plots.main_cell(table)
    ranked = sorted(
        rows, key=lambda r: _value(r, "val_mean"), reverse=True
    )  # chosen on validation, told on test
    best = ranked[0]
    others = [r for r in ranked[1:] if r["strategy"] == "scratch"] or ranked[1:2]
    lead = f"With {labels} training labels per class, {best['strategy']} gets {_told(best)} of the test images right"
    lead += "".join(f"; {r['strategy']} gets {_told(r)}" for r in others) + "."
    name = _name(result.settings.get("task"), "this task")
    title = f"{best['strategy']} does best on {name}" if len(rows) > 1 else f"{best['strategy']} on {name}"
    parts = [
        f"<h1>{escape(title)}</h1>",
        _text(lead, "lead"),
        _text(
            "Intervals are 95 % intervals of the mean over seeds. Strategies were ranked on the validation images."
        ),
        _overview(table, rows, recorded, recorded_in),
        _results(
            table, best, "Every strategy, by labels per class and updates. The best on validation is marked."
        ),
    ]
    if recorded is not None:
        grid = recorded.table()
        parts.append(
            f"<h2>Recorded earlier</h2>{_text(f'From {recorded_in}; not measured for this report.')}"
        )
        if len({r["updates"] for r in grid}) > 1:
            fig = plots.accuracy_curves(grid, x="updates")
            parts.append(_picture(fig, "Recorded test accuracy against updates, one line per strategy."))
        parts.append(_results(grid, None, f"The recorded grid ({recorded_in})."))
    histories = result.histories(labels, updates)
    if histories:
        parts += ["<h2>How they learn</h2>", _curves(histories)]
    if result.runs:
        shown = next((r for r in result.runs if r.strategy == best["strategy"]), result.runs[0])
        parts += _evidence(result.runs) + _model(shown) + _errors(shown, shown.task)
    advice = [
        "Your own pictures, in one folder per class: ft.load_task('./my_pictures'), then ft.fit with the strategy that "
        "did best here, or ft.compare once more: another task can have another winner."
    ]
    if len(ranked) > 1:
        advice.insert(0, _apart(best, ranked[1]))
    code = (
        'import ftlib as ft\n\ntask = ft.load_task("./my_pictures")\n'
        'model = ft.classifier(ft.load_backbone("glyphnet"), task.num_classes)\n'
        f"run = ft.fit(model, task, {best['strategy']!r})"
    )
    return title, [*parts, *_closing(result.settings, advice, code)]


def _run(run, task):
    if task is not None and run.task is None:
        run = dataclasses.replace(run, task=task.for_backbone(run.model))
    name = _name(run.settings.get("task"), "this task")
    title = f"{run.strategy} on {name}, seed {run.seed}"
    try:
        right, part, words = run.test_accuracy, "test", "test images"
    except ValueError:  # loaded without its data, and nobody had looked
        right, part, words = (
            run.val_accuracy,
            "validation",
            "validation images (the test images were not looked at)",
        )
    count = run.settings["task"].get(part) if isinstance(run.settings.get("task"), dict) else None
    count = len(getattr(run.task, part).labels) if run.task is not None else count
    interval = f" (95 % interval {_span(*_wilson(right, count))})" if count else ""
    lead = f"{run.strategy} gets {plots.percent(right)}{interval} of the {count or ''} {words} right."
    caution = (
        "This is one run: the interval covers the choice of test images, not the luck of the seed. Compare several seeds "
        f"before you conclude. On validation: accuracy {plots.percent(run.val_accuracy)}, macro-F1 (the mean F1 of the "
        f"classes) {plots.percent(run.val_macro_f1)}."
    )
    parts = [f"<h1>{escape(title)}</h1>", _text(lead.replace("  ", " "), "lead"), _text(caution)]
    parts += [_text(f"Note: {note}") for note in run.notes]
    parts += ["<h2>How it learns</h2>", _curves({run.strategy: [run.history]})]
    parts += _evidence([run]) + _model(run) + _errors(run, run.task)
    advice = [
        f"Several seeds and other strategies beside it: ft.compare(..., strategies=['scratch', {run.strategy!r}])."
    ]
    last = run.history[-1]
    if last["val_loss"] <= min(row["val_loss"] for row in run.history):
        advice.append("The last epoch was the best: more updates may help.")
    if last["accuracy"] - last["val_accuracy"] > 0.05:
        advice.append(
            "Training accuracy is far above validation accuracy: try regularization='strong', or more labels."
        )
    code = "probabilities = run.predict(images)      # pixels 0-255, at the model's size\nrun.save('my_run')"
    return title, [*parts, *_closing(run.settings, advice, code)]


def _overview(table, rows, recorded, recorded_in):
    words = ", ".join(f"{r['strategy']} {_told(r)}" for r in rows)
    if recorded is not None:
        grid = recorded.table()
        wide, narrow = (plots.headline(table, grid, source=recorded_in, stacked=s) for s in (False, True))
        alt = f"Live result beside the recorded grid of {recorded_in}. Live: {words}."
        return _picture(wide, alt, narrow)
    for x in ("labels_per_class", "updates"):
        if len({r[x] for r in table}) > 1:
            return _picture(
                plots.accuracy_curves(table, x=x), f"Test accuracy by {x}. At the headline's: {words}."
            )
    return _picture(plots.headline(table), f"Test accuracy of each strategy: {words}.")


def _results(rows, best, caption):
    head = [
        "Strategy",
        "Labels per class",
        "Updates",
        "Test accuracy",
        "95 % interval",
        "Validation",
        "Rate x",
        "Seeds",
    ]
    cells = [
        [r["strategy"], r["labels_per_class"], f"{r['updates']:,}", plots.percent(r["test_mean"]),
         _span(r.get("test_low"), r.get("test_high")), _percent(r.get("val_mean")),
         f"{r['rate_factor']:g}" if r.get("rate_factor") is not None else "", r["n"]]
        for r in rows
    ]  # fmt: skip
    return _table(head, cells, caption, numbers=range(1, 8), best=[r is best or r == best for r in rows])


def _evidence(runs):
    several = len(runs) > 1
    phases, proofs = [], []
    for run in runs:
        for p in run.phases:
            done = f"{p['updates_done']:,} of {p['updates']:,}" + (" (stopped early)" if p["stopped"] else "")
            trains = p["stages"] if len(p["stages"]) < 3 else [f"{p['stages'][0]} to {p['stages'][-1]}"]
            best = p["best_epoch"] if p.get("epochs") is None else f"{p['best_epoch']} of {p['epochs']}"
            phases.append(
                [
                    run.strategy,
                    p["name"],
                    ", ".join(trains),
                    f"{p['trainable']:,}",
                    done,
                    f"{p['rate']:g}",
                    best,
                ]
            )
        proofs += [[run.strategy, p.name, "holds" if p.holds else "BROKEN", p.detail] for p in run.proofs]
    head = ["Strategy", "Phase", "Trains", "Weights that train", "Updates", "Rate", "Best epoch"]
    said = "The phases of each strategy. The optimizer's moments start fresh in each phase."
    checked = f"{sum(p[2] == 'holds' for p in proofs)} of {len(proofs)} claims hold. What was checked:"
    title = "What was done, and what holds"
    tables = [
        (head, phases, said, (3, 4, 5, 6)),
        (["Strategy", "Claim", "", "What was checked"], proofs, checked, ()),
    ]
    if not several:
        tables = [(h[1:], [c[1:] for c in cells], text, [n - 1 for n in ns]) for h, cells, text, ns in tables]
    return [f"<h2>{title}</h2>", *(_table(h, cells, text, ns) for h, cells, text, ns in tables)]


def _curves(histories):
    ends = ", ".join(
        f"{n} {plots.percent(np.mean([h[-1]['val_accuracy'] for h in hs]))}" for n, hs in histories.items()
    )
    return _picture(
        plots.learning_curves(histories), f"Validation accuracy over the updates. At the end: {ends}."
    )


def _model(run):
    rows = run.stage_rows()
    states = ", ".join(f"{r['stage']} {r['state']}" for r in rows)
    alt = f"The model's stages from input to output, in the last phase: {states}."
    text = _text(f"The model in the last phase of {run.strategy}, from input to output.")
    return ["<h2>The model</h2>", text, _picture(plots.stage_picture(rows), alt)]


def _errors(run, task):
    if task is None:
        return [
            "<h2>Mistakes</h2>",
            _text("Left out: this run was loaded without its data. Pass task=... to show them."),
        ]
    split, said = task.test, run.predictions("test")
    true, most, names = np.asarray(split.labels), said.argmax(1), list(run.class_names)
    matrix = np.zeros((len(names), len(names)), int)
    np.add.at(matrix, (true, most), 1)
    pairs = plots.confused_pairs(matrix, names, limit=3)
    worst = "; ".join(f"true {a}, said {b}: {n} times" for a, b, n, _ in pairs) or "none"
    grid = plots.mistakes(split.images, true, most, said.max(1), names)
    wrong = int((true != most).sum())
    alt = f"The mistakes on the test images that the model was surest of, out of {wrong}, with true and predicted class."
    return [
        "<h2>Mistakes</h2>",
        _text(f"On the test images, {run.strategy}, seed {run.seed}."),
        _picture(plots.confusion_matrix(matrix, names), f"Confusion matrix. Most confused: {worst}."),
        _picture(grid, alt),
    ]


def _closing(settings, advice, code):
    cells = [[key, value] for key, value in _flat(settings)]
    return [
        "<h2>How to go on</h2>",
        "<ul>" + "".join(f"<li>{escape(line)}</li>" for line in advice) + "</ul>",
        f'<pre class="scroll" tabindex="0"><code>{escape(code)}</code></pre>',
        "<h2>Settings and versions</h2>",
        _table(["Setting", "Value"], cells, "All that is needed to repeat it.", ())
        if cells
        else _text("Not recorded."),
    ]


def _flat(settings, prefix=""):
    for key, value in settings.items():
        if isinstance(value, dict) and value:
            yield from _flat(value, f"{prefix}{key}: ")
        else:
            yield f"{prefix}{key}", value


def _text(text, style=None):
    return f"<p{f' class={style!r}' if style else ''}>{escape(text)}</p>"


def _table(head, rows, caption, numbers=(), best=None):
    """Returns a table that scrolls by itself; `numbers` are the columns to align at the right."""
    kind = [' class="number"' if i in numbers else "" for i in range(len(head))]
    lines = []
    for i, row in enumerate(rows):
        broken = [
            "<span class='broken'>BROKEN</span>" if cell == "BROKEN" else escape(str(cell)) for cell in row
        ]
        mark = ' class="best"' if best and best[i] else ""
        lines.append(
            f"<tr{mark}>" + "".join(f"<td{k}>{c}</td>" for k, c in zip(kind, broken, strict=True)) + "</tr>"
        )
    top = "".join(f'<th scope="col"{k}>{escape(h)}</th>' for k, h in zip(kind, head, strict=True))
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(caption)}"><table>'
        f"<caption>{escape(caption)}</caption>\n<thead><tr>{top}</tr></thead>\n<tbody>" + "\n".join(lines)
        + "</tbody></table></div>"
    )  # fmt: skip


def _picture(fig, alt, narrow=None):
    """Returns a figure as an image; `narrow` is the figure that a phone shows instead."""

    def source(figure):
        return "data:image/png;base64," + base64.b64encode(plots.png(figure)).decode("ascii")

    width = round(fig.get_figwidth() * 96)
    image = f'<img src="{source(fig)}" alt="{escape(alt)}" style="--width: {width}px">'
    if narrow is not None:
        image = f'<picture><source media="(max-width: 640px)" srcset="{source(narrow)}">{image}</picture>'
    return f'<figure class="scroll" tabindex="0">{image}</figure>'


def _name(task, default):
    return str(task.get("name", default) if isinstance(task, dict) else task or default)


def _value(row, key):
    value = row.get(key)
    return -math.inf if value is None or math.isnan(value) else value


def _percent(value):
    return "" if value is None or math.isnan(value) else plots.percent(value)


def _span(low, high):
    if low is None or high is None or math.isnan(low) or math.isnan(high):
        return "none: one seed"
    return f"{100 * low:.1f} to {plots.percent(high)}"


def _told(row):
    seeds = plots.seed_text([row["n"]])
    if row["n"] < 2 or math.isnan(_value(row, "test_low")):
        return f"{plots.percent(row['test_mean'])} ({seeds}, so no interval)"
    return f"{plots.percent(row['test_mean'])} ({_span(row['test_low'], row['test_high'])}, {seeds})"


def _apart(best, second):
    names = f"{best['strategy']} and {second['strategy']}"
    if _value(best, "test_low") > _value(second, "test_high") > -math.inf:
        return f"The intervals of {names} do not overlap: the order of the two is no accident of these seeds."
    return f"The intervals of {names} overlap: these seeds do not tell the two apart. More would: ft.compare(..., seeds=20)."


def _wilson(share, count, z=1.96):
    """Returns the 95 % interval of a share of `count` examples (Wilson, 1927)."""
    middle = (share + z**2 / (2 * count)) / (1 + z**2 / count)
    arm = z / (1 + z**2 / count) * math.sqrt(share * (1 - share) / count + z**2 / (4 * count**2))
    return middle - arm, middle + arm
