"""The sections of a run folder whose task is not one class for each image; what differs is asked of a kind."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ftlib import __version__
from ftlib.report.answers import task_settings
from ftlib.report.page import (
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
from ftlib.report.report_kind import ReportKind
from ftlib.report.scored_answers import ScoredAnswers, interval_text, score_text
from ftlib.report.sections_boxes import DetectionReport
from ftlib.report.sections_multi_label import MultiLabelReport
from ftlib.report.sections_regression import RegressionReport
from ftlib.report.sections_run_folder import GradedFinding, export_table
from ftlib.text import format_count

if TYPE_CHECKING:
    from ftlib.evidence.run import Run

_KINDS: dict[str, type[ReportKind]] = {
    "mean_average_precision": MultiLabelReport,
    "r2": RegressionReport,
    "map50": DetectionReport,
}  # by the headline score, which a run has also without its task


def kind_of_report(run: "Run") -> ReportKind:
    """Returns what a report says of this kind of task; little, for a kind that has no sections of its own."""
    return _KINDS.get(run.headline.name, ReportKind)()


def key_facts(run: "Run", answers: ScoredAnswers | None) -> str:
    """Returns the few numbers that matter most."""
    facts = []
    if answers is None:
        headline = run.headline
        part = "test" if "test" in run.scores else "validation"
        value = headline.format(run.score(part)[headline.name])
        facts.append(Fact(f"{headline.title} on {part} images", value, "as recorded"))
    else:
        for score in answers.figures["scores"]:
            facts.append(Fact(f"{score['title']} on test images", score_text(score), interval_text(score)))
        headline = answers.figures["scores"][0]
        remark = f"{headline['title']} of the best answer without a look at the image"
        facts.append(Fact("Without a model", score_text(headline, "baseline"), remark))
    sizes = task_settings(run)
    if "train" in sizes:
        remark = f"{sizes['validation']:,} more to choose by, {sizes['test']:,} to test on"
        facts.append(Fact("Learned from", format_count(sizes["train"], "image"), remark))
    side = " x ".join(map(str, run.image_shape[:2]))
    facts.append(Fact("Model", f"{run.model.count_params():,} weights", f"for images of {side} pixels"))
    return fact_tiles(facts)


def at_a_glance(kind: ReportKind, answers: ScoredAnswers | None, findings: Sequence[GradedFinding]) -> list[str]:
    """Returns what someone who reads nothing else should know."""
    if answers is None:
        text = (
            "The run was loaded without its data, so what needs images is left out. Load it with its data to have it."
        )
        return [paragraph(text)]
    warning_count = sum(finding.level != "note" for finding in findings)
    lines = kind.remarks(answers)
    if warning_count:
        lines.append(f"The check of the data warns of {format_count(warning_count, 'thing')}: see Data.")
    return [heading("At a glance"), bullet_list(lines)]


def training_data(kind: ReportKind, run: "Run", findings: Sequence[GradedFinding]) -> list[str]:
    """Returns what the model learned from: source, what there is of it, examples, and what the check found."""
    parts = [heading("Data")]
    source = task_settings(run).get("source")
    if source:
        sentence = source.rstrip(".") + "."
        parts.append(paragraph(f"{sentence} Licence: {run.task.licence}" if run.task else sentence))
    if run.task is not None:
        parts.append(kind.count_table(run.task))
        caption, cards = kind.examples(run.task)
        parts += [paragraph(caption, "caption"), image_gallery(cards)]
    lines = [
        finding.text if finding.level == "note" else f"{finding.level.capitalize()}: {finding.text}"
        for finding in findings
    ]
    caption = paragraph("What the check of the data found:", "caption")
    return [*parts, keep_together(caption, bullet_list(lines or ["Nothing to remark."]))]


def model_card(kind: ReportKind, run: "Run", answers: ScoredAnswers | None, more_rows: Mapping[str, str]) -> list[str]:
    """Returns the model card (Mitchell et al., 2019, https://arxiv.org/abs/1810.03993) as a table.

    Args:
        kind: The kind of task.
        run: The run.
        answers: Its answers, or None for a run without its data.
        more_rows: More rows, or other texts for those that are there.
    """
    height, width, channels = run.image_shape
    sizes = task_settings(run)
    headline = None if answers is None else answers.figures["scores"][0]
    measured = "Not measured on test images."
    if headline is not None and answers is not None:
        image_count = answers.figures["images"]
        measured = (
            f"{headline['title']} {score_text(headline)} on {image_count} test images ({interval_text(headline)})"
        )
    rows = {
        "Task": kind.purpose(run)[:1].upper() + kind.purpose(run)[1:],
        "Input": f"{height} x {width} pixels, {'grey' if channels == 1 else 'RGB'}, values 0 to 255; scaled inside",
        "Output": kind.output(run),
        "Backbone": None,
        "Learned from": f"{sizes.get('train', 'unknown')} images. {sizes.get('source', '')}".strip(),
        "Licence of the data": run.task.licence if run.task else "not recorded",
        "Method": f"{run.strategy}, seed {run.seed}; see How it learned",
        "Size": f"{run.model.count_params():,} weights",
        "Measured": measured,
        "Limits": " ".join([*kind.limits(answers), *_LIMITS]),
        "Intended use": "Not stated by whoever trained it.",
        "Not for": "Not stated. Decisions about persons need a check by group, with data that name the groups.",
        "Made with": f"ftlib {__version__}, Keras {run.settings.get('keras', '')} on {run.settings.get('backend', '')}",
        **more_rows,
    }
    known_rows = [[name, text] for name, text in rows.items() if text is not None]
    table = data_table(["", "What is known"], known_rows, "The model in brief.")
    return [heading("Model card"), keep_together(table)]


_LIMITS = (
    "It was tested on images like those it learned from. On others (another camera, season, place) it can be worse; "
    "test it there first.",
    "One run: the interval covers the choice of test images, not the luck of its random numbers.",
)


def usage(kind: ReportKind, run: "Run", exports: Sequence[Mapping[str, Any]] | None) -> list[str]:
    """Returns how the model is called from Python, and a table of the other formats it was exported to."""
    shape = ", ".join(map(str, run.image_shape))
    example = (
        'import keras\n\nmodel = keras.models.load_model("model.keras")  # needs Keras alone\n'
        f"answers = model.predict(images)  # images: (n, {shape}), pixels 0 to 255"
    )
    parts = [heading("How to use it"), code_block(example), paragraph(f"The answers: {kind.output(run)}.")]
    return [*parts, export_table(exports)] if exports else parts
