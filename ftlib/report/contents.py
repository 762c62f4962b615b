"""What a report says about a run or a comparison."""

import time

import numpy as np

from ftlib import plots
from ftlib.report import plain
from ftlib.report.page import (
    bullets,
    code,
    folded,
    heading,
    keep,
    known,
    paragraph,
    percent,
    picture,
    span,
    table,
    wilson,
)


def of_comparison(result, recorded, recorded_in):
    """Returns title and parts of the report of a `Comparison`."""
    rows = result.table()
    main, labels, updates = plots.main_cell(rows)
    ranked = sorted(main, key=_on_validation, reverse=True)  # chosen on validation, told on test
    best, others = ranked[0], ranked[1:]
    against = [r for r in others if r["strategy"] == "scratch"] or others[:1]
    task = task_name(result.settings.get("task"))
    title = f"{best['strategy']} on {task}"
    if others:
        title = f"{best['strategy']} does best on {task}"
        if not plain.apart(best, others[0]):
            title = f"No strategy is clearly ahead on {task}"
    classes = next((len(run.class_names) for run in result.runs), None)
    recipes = {run.strategy: str(run.settings.get("strategy")) for run in result.runs}
    pair = [best, *against][:2]
    if against and not plain.apart(*pair):
        pair.sort(key=lambda row: row["strategy"] == "scratch")  # with no winner, what one compares with comes second
    lead = plain.compared(pair[0], pair[1] if against else None, classes, result.settings, recipes)
    exact = f"With {plots.labels_text(labels)}, {best['strategy']} gets {_told(best)} of the test images right"
    exact += "".join(f"; {r['strategy']} gets {_told(r)}" for r in against) + "."
    parts = [
        *opening(title, lead),
        paragraph(exact),
        paragraph("In brackets: 95 % intervals of the mean over seeds. Strategies were ranked on validation images."),
        _overview(rows, main, recorded, recorded_in),
        _main_table(main, best, labels, updates),
        *_grids(rows, "Test accuracy"),
    ]
    if recorded is not None:
        grid = recorded.table()
        first = [heading("Recorded earlier"), paragraph(f"From {recorded_in}; not measured for this report.")]
        if len({r["updates"] for r in grid}) > 1:
            alt = "Recorded test accuracy against updates, one line per strategy; the table has the numbers."
            first.append(picture(plots.accuracy_curves(grid, x="updates"), alt))
        parts.append(keep(*first))
        parts += _grids(grid, "Recorded test accuracy")
    histories = result.histories(labels, updates)
    if histories:
        parts.append(keep(heading("How they learn"), curves(histories)))
    # One run per strategy, of this many updates if there are such.
    runs = {run.strategy: run for run in result.runs}
    runs |= {run.strategy: run for run in result.runs if run.settings.get("updates") == updates}
    if runs:
        shown = runs.get(best["strategy"], next(iter(runs.values())))
        parts += evidence(list(runs.values())) + model_stages(shown) + _mistakes(shown)
    parts += _advice_on_comparison(best, others)
    parts += settings_table(result.settings, "Settings and versions")
    if recorded is not None and recorded.settings:
        parts += settings_table(recorded.settings, "Settings of the recorded grid")
    return title, parts


def of_run(run, task):
    """Returns title and parts of the report of a `Run`."""
    if task is not None and run.task is None:
        run = run.with_task(task)
    sizes = run.settings.get("task")
    sizes = sizes if isinstance(sizes, dict) else {}
    if run.task is not None or "test" in run.scores:
        right, part, words = run.test_accuracy, "test", "test images"
    else:  # loaded without its data, and nobody had looked
        right, part, words = run.val_accuracy, "validation", "validation images"
    count = sizes.get(part) if run.task is None else len(getattr(run.task, part).labels)
    interval = f" (95 % interval {span(*wilson(right, count))})" if count else ""
    title = f"{run.strategy} on {task_name(run.settings.get('task'))}, seed {run.seed}"
    words = f"{count} {words}" if count else words
    exact = f"{run.strategy} gets {plots.percent(right)}{interval} of the {words} right."
    lead = plain.alone(right, count, part, sizes.get("train"), run.settings)
    accuracy, f1 = plots.percent(run.val_accuracy), plots.percent(run.val_macro_f1)
    caution = (
        "This is one run: the interval covers the choice of images, not the luck of the seed. Compare "
        f"several seeds before you conclude. On validation: accuracy {accuracy}, mean F1 of the classes {f1}."
    )
    if part == "validation":
        caution += " The test images were not looked at: the run was loaded without its data."
    notes = [f"Note: {note}" for note in run.notes]
    parts = [*opening(title, lead), *map(paragraph, [exact, caution, *notes])]
    parts.append(keep(heading("How it learns"), curves({run.strategy: [run.history]})))
    parts += evidence([run]) + model_stages(run) + _mistakes(run) + _advice_on_run(run)
    return title, parts + settings_table(run.settings, "Settings and versions")


def opening(title, lead):
    """Returns the date, the title, and the sentence for those who read no other."""
    date = paragraph(f"Report of ftlib, {time.strftime('%Y-%m-%d')}", "small")
    return [date, heading(title, 1), paragraph(lead, "lead")]


def task_name(task):
    """Returns the name of a task out of the settings of a run."""
    return str((task.get("name") if isinstance(task, dict) else task) or "this task")


def _on_validation(row):
    """Returns what strategies are ranked by: accuracy on validation, and where that is equal, macro-F1."""
    value = row.get("val_mean")
    return (value, row.get("val_macro_f1") or 0) if known(value) else (row["test_mean"], 0)


def _told(row):
    seeds = plots.seed_text([row["n"]])
    if not known(row.get("test_low")):
        return f"{plots.percent(row['test_mean'])} ({seeds}, so no interval)"
    return f"{plots.percent(row['test_mean'])} ({span(row['test_low'], row['test_high'])}, {seeds})"


def _overview(rows, main, recorded, recorded_in):
    told = ", ".join(f"{r['strategy']} {_told(r)}" for r in main)
    if recorded is not None:
        wide, narrow = (
            plots.headline(rows, recorded.table(), source=recorded_in, stacked=stacked) for stacked in (False, True)
        )
        return picture(wide, f"Live test accuracy beside the recorded grid of {recorded_in}. Live: {told}.", narrow)
    for x in ("labels_per_class", "updates"):
        if len({r[x] for r in rows}) > 1:
            fig = plots.accuracy_curves(rows, x=x)
            return picture(fig, f"Test accuracy against {x.replace('_', ' ')}, one line per strategy. {told}.")
    return picture(plots.headline(rows), f"Test accuracy of each strategy: {told}.")


def _main_table(rows, best, labels, updates):
    head = ["Strategy", "Test accuracy", "95 % interval", "Validation", "Rate factor", "Seeds"]
    cells = [
        [
            r["strategy"],
            plots.percent(r["test_mean"]),
            span(r.get("test_low"), r.get("test_high")),
            percent(r.get("val_mean")),
            r.get("rate_factor", ""),
            r["n"],
        ]
        for r in rows
    ]
    setting = f"{plots.labels_text(labels)}, {plots.count(updates, 'update')}"
    caption = f"{setting}. The best on validation is marked. Rate factor: what tuning multiplied the rates by."
    return table(head, cells, caption, numbers=range(1, 6), best=rows.index(best))


def _grids(rows, what):
    """Returns a table for each axis with more than one value: strategies in rows, the values in columns."""
    parts = []
    for x, noun in (("labels_per_class", "label"), ("updates", "update")):
        lines, fixed = plots.by_strategy(rows, x, "test")
        values = {r[x] for line in lines.values() for r in line}
        values = sorted(values - {None}) + [None] * (None in values)
        if len(values) < 2:
            continue
        cells = []
        for name, line in lines.items():
            at = {r[x]: f"{plots.percent(r['test_mean'])} ({_ends(r)})" for r in line}
            cells.append([name, *(at.get(value, "") for value in values)])
        held = plots.count(fixed, "update") if noun == "label" else plots.labels_text(fixed)
        seeds = plots.seed_text([r["n"] for line in lines.values() for r in line])
        caption = f"{what} by {noun}s{' per class' * (noun == 'label')}, {held}, {seeds}; in brackets the interval."
        head = [
            "Strategy",
            *("all labels" if value is None else plots.count(value, noun) for value in values),
        ]
        parts.append(table(head, cells, caption, numbers=range(1, len(head))))
    return parts


def _ends(row):
    if not known(row.get("test_low")):
        return "one seed"
    return f"{100 * row['test_low']:.1f}–{100 * row['test_high']:.1f}"


def evidence(runs):
    """Returns the phases of some runs as a table, and their proofs in a line for each, under one heading."""
    phases, proofs = [], []
    for run in runs:
        for p in run.phases:
            done = f"{p['updates_done']:,} of {p['updates']:,}" + (", stopped early" if p["stopped"] else "")
            stages = p["stages"] if len(p["stages"]) < 3 else [f"{p['stages'][0]} to {p['stages'][-1]}"]
            best = f"{p['best_epoch']} of {p['epochs']}" if p.get("epochs") else p["best_epoch"]
            decay = f", times {p['decay']:g} per stage" if p.get("decay") not in (None, 1) else ""
            row = [p["name"], ", ".join(stages), f"{p['trainable']:,}", done, f"{p['rate']:g}{decay}", best]
            phases.append([run.strategy, *row])
        proofs += run.proofs
    told = "The phases of training. The optimizer's moments start fresh in each phase, whose best epoch is kept."
    more = [f"{p['name']}: {p['cache']}." for run in runs for p in run.phases if p.get("cache")]
    more += [f"{step['said']}." for run in runs for step in getattr(run, "closing", ())]
    told = " ".join([told, *dict.fromkeys(more)])
    head = ["Phase", "Trains", "Weights", "Updates", "Rate", "Best epoch"]
    if len(runs) > 1:
        done = table(["Strategy", *head], phases, told, numbers=(3, 4, 5, 6))
    else:
        done = table(head, [row[1:] for row in phases], told, numbers=(2, 3, 4, 5))
    parts = [heading("What was done, and what holds"), done]
    if proofs:
        parts.append(paragraph(plain.checked(proofs), "caption"))
    return parts + [_proofs(run) for run in runs if run.proofs]


def _proofs(run):
    rows = [[p.name, "holds" if p.holds else "BROKEN", p.detail] for p in run.proofs]
    inside = table(["Claim", "", "What was checked"], rows, f"The claims of {run.strategy}, one by one.")
    return folded(*plain.proven(run.strategy, run.proofs), inside, broken=not all(p.holds for p in run.proofs))


def curves(histories):
    """Returns the picture of how some strategies learned; `histories` as for `plots.learning_curves`."""
    ends = [f"{n} {plots.percent(np.mean([h[-1]['val_accuracy'] for h in runs]))}" for n, runs in histories.items()]
    alt = f"Validation accuracy over the updates. At the end: {', '.join(ends)}."
    return picture(plots.learning_curves(histories), alt)


def model_stages(run):
    """Returns the stage picture of a run under its heading."""
    rows = run.stage_rows()
    states = ", ".join(f"{r['stage']} {r['state']}" for r in rows)
    alt = f"The stages of the model from input to output, in the last phase: {states}."
    text = paragraph(f"In the last phase of {run.strategy}, from input to output.")
    return [keep(heading("The model"), text, picture(plots.stage_picture(rows), alt))]


def _mistakes(run):
    if run.task is None:
        return [
            heading("Mistakes"),
            paragraph("Left out: the run was loaded without its data. Give the report its task."),
        ]
    split, chances, names = run.task.test, run.predictions("test"), list(run.class_names)
    true, said = np.asarray(split.labels), chances.argmax(1)
    matrix = np.zeros((len(names), len(names)), int)
    np.add.at(matrix, (true, said), 1)
    train = getattr(run.task, "train", None)
    size = "" if train is None else f", trained on {plots.count(len(train.labels), 'image')}"
    worst = "; ".join(f"true {a}, said {b}, {n}" for a, b, n, _ in plots.confused_pairs(matrix, names, limit=3))
    surest = plots.mistakes(split.images, true, said, chances.max(1), names)
    alt = "The mistakes on the test images that the model was surest of, with true and predicted class."
    return [
        keep(
            heading("Mistakes"),
            paragraph(f"On the test images: {run.strategy}, seed {run.seed}{size}."),
            picture(plots.confusion_matrix(matrix, names), f"Confusion matrix. Most confused: {worst or 'none'}."),
        ),
        picture(surest, alt),
    ]


def _advice_on_comparison(best, others):
    lines = []
    for other in others[:1]:
        names = f"{best['strategy']} and {other['strategy']}"
        if plain.apart(best, other):
            lines.append(f"The intervals of {names} do not overlap: the seeds hardly explain their order.")
        else:
            lines.append(f"The intervals of {names} overlap: more seeds are needed to tell them apart.")
    lines.append("Train on your own pictures, one folder per class. Another task can have another winner:")
    example = (
        'import ftlib as ft\n\ntask = ft.load_task("./my_pictures")\n'
        'model = ft.classifier(ft.load_backbone("glyphnet"), task.num_classes)\n'
        f'run = ft.fit(model, task, "{best["strategy"]}")'
    )
    return [heading("How to go on"), bullets(lines), code(example)]


def _advice_on_run(run):
    lines, last = ["Compare it with other strategies, over several seeds: ft.compare."], run.history[-1]
    if last["val_loss"] <= min(row["val_loss"] for row in run.history):
        lines.append("The last epoch was the best: more updates may help.")
    if last["accuracy"] - last["val_accuracy"] > 0.05:
        lines.append("Training is far ahead of validation: try a stronger regularization, or more labels.")
    example = 'run.predict(images)  # pixels 0-255, of the size of the model\nrun.save("my_run")'
    return [heading("How to go on"), bullets(lines), code(example)]


def settings_table(settings, title):
    """Returns all settings, nested ones too, as a table under a heading."""
    rows = list(_flat(settings))
    return [heading(title), table(["Setting", "Value"], rows, "What it takes to repeat it.") if rows else ""]


def _flat(settings, prefix=""):
    for key, value in settings.items():
        if isinstance(value, dict) and value:
            yield from _flat(value, f"{prefix}{key}: ")
        elif isinstance(value, list) and value and all(isinstance(one, dict) for one in value):  # such as phases
            for i, one in enumerate(value, start=1):
                told = (f"{k} {v:.3g}" if isinstance(v, float) else f"{k} {v}" for k, v in one.items() if v is not None)
                yield [f"{prefix}{key}: {i}", ", ".join(told)]
        else:
            yield [f"{prefix}{key}", value]
