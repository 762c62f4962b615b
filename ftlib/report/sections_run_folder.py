"""The sections for whoever gets a model: what it can do, where it fails, what it learned from, and how to use it."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ftlib import __version__
from ftlib.evidence.advisor import Advice
from ftlib.exports.formats import FORMATS
from ftlib.report.answers import Answers, RunScore, task_settings
from ftlib.report.page import (
    CaptionedImage,
    Card,
    Fact,
    bullet_list,
    code_block,
    data_table,
    fact_tiles,
    heading,
    image_gallery,
    keep_together,
    paragraph,
)
from ftlib.report.sections_answers import MOST_ROWS, cut_remark, decode_photos, with_article
from ftlib.report.sections_sounds import example_sounds
from ftlib.report.sections_training import learning_curves, model_stages, phases_and_proofs, settings_table
from ftlib.tasks.inputs import INPUT_NOUNS
from ftlib.text import format_count, format_file_size, format_list, format_percent

if TYPE_CHECKING:
    from ftlib.evidence.run import Run

_SPLIT_NAMES = ("train", "validation", "test")
_PASS_ON_BELOW = 0.8  # confidence below which an answer might be passed on to a person
_FEW_TEST_IMAGES = 30  # of a class
_OTHER_CONDITIONS = {  # under which a model can be worse
    "image": "another camera, season, place",
    "text": "another subject, language, way of writing",
    "audio": "another voice, microphone, room",
}
_SHOWS = {"image": "shows", "text": "shows", "audio": "is"}
_ARTICLES = {"image": "an", "text": "a", "audio": "a"}
_UNEVEN = 3  # times as many images of one class as of another


class GradedFinding(NamedTuple):
    """What the check of the data found: its level, of which "note" is the lowest, and a sentence."""

    level: str
    text: str


def grade_findings(findings: Sequence[str | Mapping[str, str]]) -> list[GradedFinding]:
    """Returns findings, sentences or dicts with `"level"` and `"text"`, the most serious first."""
    graded_findings = [
        GradedFinding("note", finding) if isinstance(finding, str) else GradedFinding(finding["level"], finding["text"])
        for finding in findings
    ]
    return sorted(graded_findings, key=lambda finding: finding.level == "note")


def advice_sentences(advice: Advice | str | Sequence[str] | None) -> list[str]:
    """Returns the sentences of an `Advice`, or those that were given."""
    if isinstance(advice, Advice):
        return list(advice.reasons)
    if isinstance(advice, str):
        return [advice]
    return list(advice or [])


def exact_score(score: RunScore, nouns: str = "images") -> str:
    """Returns in words how many images, or texts, the model names correctly."""
    accuracy, split_name = format_percent(score.accuracy), score.split_name
    if not score.image_count:
        return f"It names {accuracy} of the {split_name} {nouns} correctly."
    sentence = (
        f"It names {score.right_count:,} of {score.image_count:,} {split_name} {nouns} correctly: {accuracy} "
        f"({score.interval_text})."
    )
    if split_name == "test":
        sentence += " None of them was used to train it or to choose its best epoch."
    return sentence


def key_facts(run: "Run", answers: Answers | None, score: RunScore) -> str:
    """Returns the few numbers that matter most."""
    macro_f1 = run.test_macro_f1 if score.split_name == "test" else run.val_macro_f1
    nouns = INPUT_NOUNS[run.kind]
    facts = [
        Fact(f"Correct on {score.split_name} {nouns}", format_percent(score.accuracy), score.interval_text),
        Fact("Mean F1 of the classes", f"{macro_f1:.3f}", "1 is perfect; each class counts the same"),
    ]
    if answers is not None:
        largest_class = max(answers.class_scores, key=lambda class_score: class_score.image_count)
        share = format_percent(largest_class.image_count / len(answers.labels))
        facts.append(Fact("Without a model", share, f"by always saying {largest_class.name}"))
        calibration_error = f"{100 * answers.calibration.ece:.1f} points"
        remark = "on average (expected calibration error)"
        facts.append(Fact("Its confidence is off by", calibration_error, remark))
    sizes = task_settings(run)
    if "train" in sizes:
        remark = f"{sizes['validation']:,} more to choose by, {sizes['test']:,} to test on"
        facts.append(Fact("Learned from", format_count(sizes["train"], nouns.removesuffix("s")), remark))
    weights = f"{_format_weights(run.model.count_params())} weights"
    facts.append(Fact("Model", weights, f"for {nouns} of {_describe_sides(run)}"))
    return fact_tiles(facts)


def _describe_sides(run):
    """Returns how large one input is, in words."""
    if run.kind == "audio":
        return _describe_length(run)
    return f"{' x '.join(map(str, run.image_shape[:2]))} {'tokens' if run.kind == 'text' else 'pixels'}"


def _describe_length(run):
    """Returns how long a sound is, in words."""
    samples = run.image_shape[0]
    rate = 0 if run.task is None else run.task.sample_rate
    return f"{samples / rate:g} s at {rate:,} Hz" if rate else f"{samples:,} samples"


def _format_weights(count):
    return f"{count / 1e6:.1f} million" if count >= 1e6 else f"{count:,}"


def at_a_glance(answers: Answers | None, findings: Sequence[GradedFinding]) -> list[str]:
    """Returns what someone who reads nothing else should know; for a run without its data, that it says less."""
    if answers is None:
        text = (
            "The run was loaded without its data, so what needs images is left out: figures by class, mistakes, where "
            "the model looks. Load it with its data to have them."
        )
        return [paragraph(text)]
    shows = _SHOWS[answers.run.kind]
    lines = [
        *_class_remarks(answers),
        *_probe_remarks(answers.run),
        *_confusion_remarks(answers),
        *_passing_on_remarks(answers),
        f"It always answers with one of its classes, also for {with_article(answers)} that {shows} none of them.",
        *_finding_remarks(findings),
    ]
    return [heading("At a glance"), bullet_list(lines)]


def _class_remarks(answers):
    scores = answers.class_scores
    worst, best = scores[0], scores[-1]
    remark = "No class stands out as worse than the others by more than chance explains."
    if worst.interval.high < best.interval.low:
        remark = (
            f"Weakest at {worst.name}: {worst.right_count} of {worst.image_count} found "
            f"({format_percent(worst.recall)}); best at {best.name}: {format_percent(best.recall)}."
        )
    smallest = min(scores, key=lambda class_score: class_score.image_count)
    if smallest.image_count >= _FEW_TEST_IMAGES:
        return [remark]
    few_images = f"Few test {answers.nouns}: {smallest.name} has {smallest.image_count}."
    return [remark, f"{few_images} Figures by class are rough until there are more."]


def _probe_remarks(run):
    descriptions = [record.description for record in run.closing if record.step == "linear_probe"]
    return [f"{description[:1].upper()}{description[1:]}." for description in descriptions]


def _confusion_remarks(answers):
    remarks = []
    for pair in answers.most_confused(1):
        how_often = f"{format_count(pair.image_count, 'time')} ({format_percent(pair.share)} of its {answers.nouns})"
        remarks.append(f"Most frequent mistake: {pair.true_name} taken for {pair.predicted_name}, {how_often}.")
    return remarks


def _passing_on_remarks(answers):
    part, image_count = answers.surer_than(_PASS_ON_BELOW), len(answers.labels)
    if not 0 < part.image_count < image_count:
        return []
    passed_on = format_percent(1 - part.image_count / image_count)
    right = format_percent(part.right_count / part.image_count)
    return [
        f"If answers of less than {100 * _PASS_ON_BELOW:.0f} % confidence go to a person ({passed_on} of the "
        f"{answers.nouns}), the model is right in {right} of the rest."
    ]


def _finding_remarks(findings):
    warning_count = sum(finding.level != "note" for finding in findings)
    if warning_count == 0:
        return []
    return [f"The check of the data warns of {format_count(warning_count, 'thing')}: see Data."]


def training_data(run: "Run", findings: Sequence[GradedFinding]) -> list[str]:
    """Returns what the model learned from: source, how many of each class, examples, and what the check found."""
    parts = [heading("Data")]
    source = task_settings(run).get("source")
    if source:
        sentence = source.rstrip(".") + "."
        parts.append(paragraph(f"{sentence} Licence: {run.task.licence}" if run.task else sentence))
    if run.task is not None:
        parts += _class_counts(run.task)
        parts.append(paragraph(f"One training {INPUT_NOUNS[run.kind].removesuffix('s')} of each class:", "caption"))
        parts.append(_examples(run.task))
    lines = [
        finding.text if finding.level == "note" else f"{finding.level.capitalize()}: {finding.text}"
        for finding in findings
    ]
    caption = paragraph("What the check of the data found:", "caption")
    return [*parts, keep_together(caption, bullet_list(lines or ["Nothing to remark."]))]


def _examples(task):
    """Returns a training example of each of the first classes."""
    if task.kind == "text":
        return _example_texts(task)
    return example_sounds(task) if task.kind == "audio" else image_gallery(_example_cards(task))


def _class_counts(task):
    """Returns the number of images of each class as a table, and a remark where they are uneven."""
    num_classes = len(task.class_names)
    counts_of_split = {
        split_name: np.bincount(getattr(task, split_name).labels, minlength=num_classes) for split_name in _SPLIT_NAMES
    }
    rows = [
        [name, *(int(counts[index]) for counts in counts_of_split.values())]
        for index, name in enumerate(task.class_names)
    ]
    total_row = ["all", *(int(counts.sum()) for counts in counts_of_split.values())]
    nouns = INPUT_NOUNS[task.kind]
    caption = (
        f"{nouns.capitalize()} of each class. None is in two columns.{cut_remark(MOST_ROWS, num_classes, 'classes')}"
    )
    column_names = ["Class", "Train", "Validation", "Test"]
    parts = [data_table(column_names, [*rows[:MOST_ROWS], total_row], caption, numbers=(1, 2, 3))]

    train_counts = counts_of_split["train"]
    fewest, most = train_counts.min(), train_counts.max()
    if most >= _UNEVEN * max(fewest, 1):
        rarest_name = task.class_names[int(train_counts.argmin())]
        commonest_name = task.class_names[int(train_counts.argmax())]
        counts = f"{most:,} {nouns} of {commonest_name} to learn from, {fewest:,} of {rarest_name}"
        parts.append(paragraph(f"The classes are uneven: {counts}."))
    return parts


def _example_texts(task, limit=10):
    """Returns a table of the first training text of each of the first classes."""
    labels = np.asarray(task.train.labels)
    present_classes = [index for index in range(len(task.class_names)) if (labels == index).any()][:limit]
    first_indices = [int(np.flatnonzero(labels == index)[0]) for index in present_classes]
    texts = task.read_texts("train", first_indices)
    rows = [[task.class_names[index], text] for index, text in zip(present_classes, texts, strict=True)]
    return data_table(["Class", "Text"], rows, "As it stands in the data.")


def _example_cards(task, limit=10):
    """Returns the first training image of each of the first classes."""
    train_images, labels = task.train.images, np.asarray(task.train.labels)
    present_classes = [index for index in range(len(task.class_names)) if (labels == index).any()][:limit]
    first_indices = np.array([np.flatnonzero(labels == index)[0] for index in present_classes])
    photos = decode_photos(train_images, first_indices)
    return [
        Card([CaptionedImage(pixels, "")], [task.class_names[index]])
        for index, pixels in zip(present_classes, photos, strict=True)
    ]


def how_it_learned(run: "Run", advice: Sequence[str]) -> list[str]:
    """Returns how the model learned, why so, and what is proven of it."""
    parts = [learning_curves({run.strategy: [run.history]}, "How it learned", run.headline)]
    if advice:
        parts.append(keep_together(paragraph("Why this strategy:", "caption"), bullet_list(advice)))
    parts += phases_and_proofs([run]) + model_stages(run)
    task_notes = () if run.task is None else run.task.notes  # they are given with the data
    notes = [f"Note: {note}" for note in run.notes if note not in task_notes]
    return [*parts, bullet_list(notes)] if notes else parts


def model_card(run: "Run", answers: Answers | None, score: RunScore, more_rows: Mapping[str, str]) -> list[str]:
    """Returns the model card (Mitchell et al., 2019, https://arxiv.org/abs/1810.03993) as a table.

    Args:
        run: The run.
        answers: Its answers, or None for a run without its data.
        score: Its score.
        more_rows: More rows, or other texts for those that are there.
    """
    nouns = INPUT_NOUNS[run.kind]
    noun = nouns.removesuffix("s")
    sizes = task_settings(run)
    rows = {
        "Task": f"One of {len(run.class_names)} classes for each {noun}: {format_list(run.class_names, most=12)}",
        "Input": _describe_input(run),
        "Output": "A probability for each class",
        "Backbone": None,
        "Learned from": f"{sizes.get('train', 'unknown')} {nouns}. {sizes.get('source', '')}".strip(),
        "Licence of the data": run.task.licence if run.task else "not recorded",
        "Method": f"{run.strategy}, seed {run.seed}; see How it learned",
        "Size": f"{run.model.count_params():,} weights",
        "Measured": _format_measurement(score, nouns),
        "Limits": " ".join(_limits(answers, run.kind)),
        "Intended use": "Not stated by whoever trained it.",
        "Not for": "Not stated. Decisions about persons need a check by group, with data that name the groups.",
        "Made with": f"ftlib {__version__}, Keras {run.settings.get('keras', '')} on {run.settings.get('backend', '')}",
        **more_rows,
    }
    known_rows = [[name, text] for name, text in rows.items() if text is not None]
    table = data_table(["", "What is known"], known_rows, "The model in brief.")
    return [heading("Model card"), keep_together(table)]


def _describe_input(run):
    if run.kind == "text":
        tokenizer = None if run.task is None else run.task.tokenizer
        vocabulary = "" if tokenizer is None else f" of the vocabulary {tokenizer.name} ({len(tokenizer):,} pieces)"
        return f"{run.image_shape[0]} token ids{vocabulary}; a longer text is cut at its end"
    if run.kind == "audio":
        return (
            f"A waveform of {_describe_length(run)} ({run.image_shape[0]:,} samples from -1 to 1, one channel); the "
            "spectrogram is made inside. A longer sound is cut at its end, a shorter one filled up with silence"
        )
    height, width, channels = run.image_shape
    return f"{height} x {width} pixels, {'grey' if channels == 1 else 'RGB'}, values 0 to 255; scaled inside"


def _format_measurement(score, nouns):
    images = f"{score.image_count or 'the'} {score.split_name} {nouns}"
    interval = f" ({score.interval_text})" if score.interval_text else ""
    return f"{format_percent(score.accuracy)} of {images}{interval}"


def _limits(answers, kind):
    nouns, others = INPUT_NOUNS[kind], _OTHER_CONDITIONS[kind]
    limits = [
        f"It was tested on {nouns} like those it learned from. On others ({others}) it can be worse; test it there "
        "first.",
        f"It cannot say that {_ARTICLES[kind]} {nouns.removesuffix('s')} {_SHOWS[kind]} none of its classes.",
        f"One run: the interval covers the choice of test {nouns}, not the luck of its random numbers.",
    ]
    if answers is not None and answers.is_confidence_off:
        direction = "above" if answers.confidence_excess > 0 else "below"
        distance = f"{abs(answers.confidence_excess):.1f} points"
        limits.append(f"Its confidence is on the whole {distance} {direction} its accuracy.")
    return limits


def usage(run: "Run", exports: Sequence[Mapping[str, Any]] | None) -> list[str]:
    """Returns how the model is called from Python, and a table of the other formats it was exported to."""
    if run.kind == "text":
        parts = [heading("How to use it"), code_block(_usage_of_texts(run))]
        return [*parts, export_table(exports)] if exports else parts
    shape = ", ".join(map(str, run.image_shape))
    if run.kind == "audio":
        parts = [heading("How to use it"), code_block(_usage_of_sounds(run))]
        return [*parts, export_table(exports)] if exports else parts
    example = (
        'import keras\n\nmodel = keras.models.load_model("model.keras")  # needs Keras alone\n'
        f"chances = model.predict(images)  # images: (n, {shape}), pixels 0 to 255"
    )
    parts = [heading("How to use it"), code_block(example)]
    return [*parts, export_table(exports)] if exports else parts


def _usage_of_texts(run):
    return (
        'import keras, ftlib as ft\n\nmodel = keras.models.load_model("model.keras")\n'
        'tokenizer = ft.load_tokenizer("./vocabulary.txt")\n'
        f'ids = tokenizer.encode(["a text", "another"], length={run.image_shape[0]})\n'
        "chances = model.predict(ids)  # one row for each text"
    )


def _usage_of_sounds(run):
    samples = run.image_shape[0]
    rate = f" at {run.task.sample_rate:,} samples per second" if run.task and run.task.sample_rate else ""
    return (
        'import keras\n\nmodel = keras.models.load_model("model.keras")  # needs Keras alone\n'
        f"chances = model.predict(sounds)  # sounds: (n, {samples}), floats from -1 to 1{rate}\n\n"
        "# from files, with ftlib: ftlib predict RUN recording.wav --json"
    )


def export_table(exports: Sequence[Mapping[str, Any]]) -> str:
    """Returns a table of the formats that a model was exported to."""
    rows = [
        [
            export["path"],
            FORMATS[export["format"]].use,
            format_file_size(export["bytes"]),
            f"{export['load_s']:.1f} s",
            f"{export['median_ms']:.1f} ms",
            f"{export['slow_ms']:.1f} ms",
            export["runtime"],
        ]
        for export in exports
    ]
    image_count = min(export["images"] for export in exports)
    same_count = min(export["same"] for export in exports)
    largest_difference = max(export["difference"] for export in exports)
    caption = (
        f"The same model in other formats, each loaded in its own runtime: on {image_count} real examples "
        f"{'all' if same_count == image_count else f'at least {same_count}'} answers are those of the trained model, "
        f"and no probability differs by more than {largest_difference:.1g}. Times are for one example at a time on the "
        f"processor, {format_count(exports[0]['cores'], 'core')}; one in 20 takes longer than "
        '"slow". To load includes the runtime itself.'
    )
    column_names = ["File", "For", "Size", "To load", "One example", "Slow", "Runtime"]
    return data_table(column_names, rows, caption, numbers=range(2, 6))


def repetition(run: "Run", command: str | None) -> list[str]:
    """Returns what it takes to repeat the run: the command, if there is one, and all settings."""
    title, table = settings_table(run.settings, "How to repeat it")
    return [title, code_block(command), table] if command else [title, table]
