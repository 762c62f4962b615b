"""The report of a run that one would hand to a customer: what the model can do, where it fails, and what it is."""

import numpy as np

from ftlib import __version__, plots
from ftlib.exports.export import FORMATS, size_text
from ftlib.report import plain
from ftlib.report.contents import curves, evidence, model_stages, opening, settings_table, task_name
from ftlib.report.page import (
    bullets,
    code,
    file_to_write,
    gallery,
    heading,
    keep,
    page,
    paragraph,
    percent,
    sections,
    span,
    table,
    tiles,
    wilson,
    write_page,
)
from ftlib.report.results import Answers, by_class, by_group, confidence, looks, mistakes, shown

_CLASSES = 40  # rows of a table of classes
_PASS_ON = 0.8  # confidence below which an answer might be passed on to a person


def write(run, path, findings=None, groups=None, advice=None, exports=None, card=None, command=None):
    """Writes the report of a run: one HTML file that needs no network, no scripts and no other file.

    It is made for reading on a screen, on a phone and on paper. For a run whose test accuracy was not looked at yet,
    this is the look. The file appears whole or not at all; one that is there stays until then.

    Args:
        run: A `Run`. With its task it can tell all; loaded without, it tells the recorded numbers, and says so.
        path: The file to write, such as `"report.html"`. Its folder is made if it is missing.
        findings: What the check of the data found: sentences, or dicts with `"text"` and `"level"`, of which "note"
            is the lowest, as from `inspect_data(...).to_dict()`. Default None: the notes of the task.
        groups: Dict from the name of a grouping (`"camera"`) to one group per test image, in their order. Default
            None: the task's own groups, if it has any, and dark and bright images.
        advice: Why this strategy: an `Advice`, or sentences. Default None: nothing is said about it.
        exports: Rows of `export(...)`, or of `load_exports(folder)`, for a table of sizes and latencies.
        card: Dict of more rows of the model card, or of other texts for its rows, such as
            `{"Backbone": "MobileNetV2", "Intended use": "...", "Contact": "..."}`.
        command: The command that repeats the run.

    Returns:
        The `pathlib.Path` of the file.

    Raises:
        ValueError: For a path that is a folder, or another number of groups than of test images.

    Example:
    >>> task = ft.load_task("digits", labels_per_class=10)
    >>> model = ft.classifier(ft.load_backbone("glyphnet"), task.num_classes)
    >>> run = ft.fit(model, task, "feature_extraction", updates=60, verbose=False)
    >>> write(run, "report.html", card={"Contact": "the mail room"}).name
    'report.html'
    """
    path = file_to_write(path)
    findings = _graded((run.task or run).notes if findings is None else findings)
    answers = Answers.of(run)
    sizes, name = run.settings.get("task") or {}, task_name(run.settings.get("task"))
    title = f"{name}: a model that tells {len(run.class_names):,} classes apart"
    with_data = answers is not None
    listed = [
        ("glance", "At a glance", _glance(answers, findings) if with_data else [_without_data()]),
        ("data", "Data", _data(run, findings)),
        ("classes", "Class by class", by_class(answers) if with_data else []),
        ("groups", "Group by group", by_group(answers, groups) if with_data else []),
        ("confidence", "Confidence", confidence(answers) if with_data else []),
        ("mistakes", "Mistakes", mistakes(answers) if with_data else []),
        ("looks", "Where it looks", looks(answers) if with_data else []),
        ("card", "Model card", _card(run, answers, card or {})),
        ("use", "How to use it", _use(run, exports)),
        ("training", "How it learned", _training(run, _lines(advice))),
        ("repeat", "How to repeat it", _repeat(run, command)),
    ]
    lead = plain.alone(*_score(run, answers), sizes.get("train"), run.settings, (card or {}).get("Backbone"))
    parts = [*opening(title, lead), paragraph(_exact(run, answers)), tiles(_facts(run, answers)), *sections(listed)]
    return write_page(page(title, parts), path)


def _graded(given):
    """Returns findings as `(level, sentence)`, the gravest first."""
    graded = [("note", one) if isinstance(one, str) else (one["level"], one["text"]) for one in given]
    return sorted(graded, key=lambda pair: pair[0] == "note")


def _lines(given):
    """Returns sentences: those of an `Advice`, or as they come."""
    given = getattr(given, "said", given) or []
    return [given] if isinstance(given, str) else list(given)


def _score(run, answers):
    """Returns `(accuracy, number of images or None, "test" or "validation")`: what is known of the run."""
    sizes = run.settings.get("task") or {}
    if answers is not None:
        return answers.accuracy, len(answers.labels), "test"
    if "test" in run.scores:
        return run.test_accuracy, sizes.get("test"), "test"
    return run.val_accuracy, sizes.get("validation"), "validation"


def _exact(run, answers):
    share, count, part = _score(run, answers)
    if not count:
        return f"It names {plots.percent(share)} of the {part} images correctly."
    told = f"It names {round(share * count):,} of {count:,} {part} images correctly: {plots.percent(share)}"
    told += f" (95 % interval {span(*wilson(share, count))})."
    unseen = " None of them was used to train it or to choose its best epoch." if part == "test" else ""
    return told + unseen


def _facts(run, answers):
    share, count, part = _score(run, answers)
    sizes, model = run.settings.get("task") or {}, run.model
    interval = f"95 % interval {span(*wilson(share, count))}" if count else ""
    f1 = run.test_macro_f1 if part == "test" else run.val_macro_f1
    facts = [
        (f"Correct on {part} images", plots.percent(share), interval),
        ("Mean F1 of the classes", f"{f1:.3f}", "1 is perfect; each class counts the same"),
    ]
    if answers is not None:
        largest = max(answers.by_class, key=lambda row: row["n"])
        facts.append(("Without a model", plots.percent(largest["n"] / count), f"by always saying {largest['name']}"))
        off = f"{100 * answers.calibration.ece:.1f} points"
        facts.append(("Its confidence is off by", off, "on average (expected calibration error)"))
    if "train" in sizes:
        others = f"{sizes['validation']:,} more to choose by, {sizes['test']:,} to test on"
        facts.append(("Learned from", plots.count(sizes["train"], "image"), others))
    side = " x ".join(map(str, run.image_shape[:2]))
    facts.append(("Model", f"{_count_text(model.count_params())} weights", f"for images of {side} pixels"))
    return facts


def _count_text(count):
    return f"{count / 1e6:.1f} million" if count >= 1e6 else f"{count:,}"


def _without_data():
    return paragraph(
        "The run was loaded without its data, so what needs images is left out: figures by class, mistakes, where the "
        "model looks. Load it with its data to have them."
    )


def _glance(answers, findings):
    """Returns what someone who reads nothing else should know."""
    n, rows = len(answers.labels), answers.by_class
    worst, best = rows[0], rows[-1]
    lines = []
    if worst["high"] < best["low"]:
        lines.append(
            f"Weakest at {worst['name']}: {worst['right']} of {worst['n']} found ({plots.percent(worst['recall'])}); "
            f"best at {best['name']}: {plots.percent(best['recall'])}."
        )
    else:
        lines.append("No class stands out as worse than the others by more than chance explains.")
    if min(r["n"] for r in rows) < 30:
        few = min(rows, key=lambda r: r["n"])
        lines.append(f"Few test images: {few['name']} has {few['n']}. Figures by class are rough until there are more.")
    for true, said, count, share in answers.pairs(1):
        told = f"{plots.count(count, 'time')} ({plots.percent(share)} of its images)"
        lines.append(f"Most frequent mistake: {true} taken for {said}, {told}.")
    count, right = answers.answered(_PASS_ON)
    if 0 < count < n:
        lines.append(
            f"If answers of less than {100 * _PASS_ON:.0f} % confidence go to a person ({plots.percent(1 - count / n)} "
            f"of the images), the model is right in {plots.percent(right / count)} of the rest."
        )
    lines.append("It always answers with one of its classes, also for an image that shows none of them.")
    grave = sum(level != "note" for level, _ in findings)
    if grave:
        lines.append(f"The check of the data warns of {plots.count(grave, 'thing')}: see Data.")
    return [heading("At a glance"), bullets(lines)]


def _data(run, findings):
    parts, task = [heading("Data")], run.task
    sizes = run.settings.get("task") or {}
    if sizes.get("source"):
        source = sizes["source"].rstrip(".") + "."
        parts.append(paragraph(f"{source} Licence: {task.licence}" if task else source))
    if task is not None:
        counts = {
            part: np.bincount(getattr(task, part).labels, minlength=len(run.class_names))
            for part in ("train", "validation", "test")
        }
        rows = [[n, *(int(counts[part][i]) for part in counts)] for i, n in enumerate(run.class_names)]
        total = ["all", *(int(c.sum()) for c in counts.values())]
        more = f" Shown: {_CLASSES} of {len(rows):,} classes." if len(rows) > _CLASSES else ""
        caption = f"Images of each class. No image is in two columns.{more}"
        parts.append(table(["Class", "Train", "Validation", "Test"], [*rows[:_CLASSES], total], caption, (1, 2, 3)))
        least, most = counts["train"].min(), counts["train"].max()
        if most >= 3 * max(least, 1):
            few, many = (run.class_names[int(at)] for at in (counts["train"].argmin(), counts["train"].argmax()))
            told = f"The classes are uneven: {most:,} images of {many} to learn from, {least:,} of {few}."
            parts.append(paragraph(told))
        parts += [paragraph("One training image of each class:", "caption"), gallery(_examples(run))]
    told = [text if level == "note" else f"{level.capitalize()}: {text}" for level, text in findings]
    told = told or ["Nothing to remark."]
    return [*parts, keep(paragraph("What the check of the data found:", "caption"), bullets(told))]


def _examples(run, limit=10):
    train = run.task.train
    labels = np.asarray(train.labels)
    present = [label for label in range(len(run.class_names)) if (labels == label).any()][:limit]
    chosen = np.array([np.flatnonzero(labels == label)[0] for label in present])
    pairs = zip(present, shown(train.images, chosen), strict=True)
    return [([(image, "")], [run.class_names[label]]) for label, image in pairs]


def _training(run, advice):
    parts = [keep(heading("How it learned"), curves({run.strategy: [run.history]}))]
    if advice:
        parts.append(keep(paragraph("Why this strategy:", "caption"), bullets(advice)))
    parts += evidence([run]) + model_stages(run)
    notes = [note for note in run.notes if run.task is None or note not in run.task.notes]
    return parts + [bullets([f"Note: {note}" for note in notes])] * bool(notes)


def _card(run, answers, more):
    """Returns the model card (Mitchell et al., 2019, https://arxiv.org/abs/1810.03993) as a table."""
    share, count, part = _score(run, answers)
    sizes = run.settings.get("task") or {}
    height, width, channels = run.image_shape
    measured = f"{plots.percent(share)} of {count or 'the'} {part} images"
    if count:
        measured += f" (95 % interval {span(*wilson(share, count))})"
    limits = [
        "It was tested on images like those it learned from. On others (another camera, season, place) it can be worse;"
        " test it there first.",
        "It cannot say that an image shows none of its classes.",
        "One run: the interval covers the choice of test images, not the luck of its random numbers.",
    ]
    if answers is not None and abs(excess := answers.calibration.confidence - answers.accuracy) > 0.02:
        limits.append(f"Its confidence is {percent(abs(excess))} {'above' if excess > 0 else 'below'} its accuracy.")
    rows = {
        "Task": f"One of {len(run.class_names)} classes for each image: {_some(run.class_names)}",
        "Input": f"{height} x {width} pixels, {'grey' if channels == 1 else 'RGB'}, values 0 to 255; scaled inside",
        "Output": "A probability for each class",
        "Backbone": None,
        "Learned from": f"{sizes.get('train', 'unknown')} images. {sizes.get('source', '')}".strip(),
        "Licence of the data": run.task.licence if run.task else "not recorded",
        "Method": f"{run.strategy}, seed {run.seed}; see How it learned",
        "Size": f"{run.model.count_params():,} weights",
        "Measured": measured,
        "Limits": " ".join(limits),
        "Intended use": "Not stated by whoever trained it.",
        "Not for": "Not stated. Decisions about persons need a check by group, with data that name the groups.",
        "Made with": f"ftlib {__version__}, Keras {run.settings.get('keras', '')} on {run.settings.get('backend', '')}",
        **more,
    }
    known = [row for row in rows.items() if row[1] is not None]
    return [heading("Model card"), keep(table(["", "What is known"], known, "The model in brief."))]


def _some(names, limit=12):
    more = f" and {len(names) - limit:,} more" if len(names) > limit else ""
    return ", ".join(map(str, names[:limit])) + more


def _use(run, exports):
    height, width, channels = run.image_shape
    example = (
        'import keras\n\nmodel = keras.models.load_model("model.keras")  # needs Keras alone\n'
        f"chances = model.predict(images)  # images: (n, {height}, {width}, {channels}), pixels 0 to 255"
    )
    parts = [heading("How to use it"), code(example)]
    if exports:
        rows = [
            [
                r["path"],
                FORMATS[r["format"]].use,
                size_text(r["bytes"]),
                f"{r['load_s']:.1f} s",
                f"{r['median_ms']:.1f} ms",
                f"{r['slow_ms']:.1f} ms",
                r["runtime"],
            ]
            for r in exports
        ]
        images, same = (min(r[key] for r in exports) for key in ("images", "same"))
        caption = (
            f"The same model in other formats, each loaded in its own runtime: on {images} real images "
            f"{'all' if same == images else f'at least {same}'} answers are those of the trained model, and no "
            f"probability differs by more than {max(r['difference'] for r in exports):.1g}. Times are for one image at "
            f"a time on the processor, {plots.count(exports[0]['cores'], 'core')}; one in 20 takes longer than "
            '"slow". To load includes the runtime itself.'
        )
        head = ["File", "For", "Size", "To load", "One image", "Slow", "Runtime"]
        parts.append(table(head, rows, caption, numbers=range(2, 6)))
    return parts


def _repeat(run, command):
    first = [code(command)] if command else []
    head, *rest = settings_table(run.settings, "How to repeat it")
    return [head, *first, *rest]
