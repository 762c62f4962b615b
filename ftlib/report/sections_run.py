"""The sections of a single run: its score, its mistakes in figures, and how to go on."""

from typing import TYPE_CHECKING

from ftlib import plots
from ftlib.report.answers import Answers, RunScore
from ftlib.report.page import bullet_list, code_block, data_table, figure_image, heading, keep_together, paragraph
from ftlib.report.sections_answers import confusion_figure
from ftlib.tasks.inputs import INPUT_NOUNS
from ftlib.text import format_count, format_percent

if TYPE_CHECKING:
    from ftlib.evidence.run import Run

_FAR_AHEAD = 0.05  # of training accuracy over validation accuracy


def score_paragraphs(run: "Run", score: RunScore) -> list[str]:
    """Returns what a run gets right with its interval, what that does not tell, and the notes of the run."""
    images = f"{score.split_name} images"
    if score.image_count:
        images = f"{score.image_count} {images}"
    interval = f" ({score.interval_text})" if score.interval_text else ""
    exact = f"{run.strategy} gets {format_percent(score.accuracy)}{interval} of the {images} right."
    caution = (
        "This is one run: the interval covers the choice of images, not the luck of the seed. Compare several seeds "
        f"before you conclude. On validation: accuracy {format_percent(run.val_accuracy)}, mean F1 of the classes "
        f"{format_percent(run.val_macro_f1)}."
    )
    if score.split_name == "validation":
        caution += " The test images were not evaluated: the run was loaded without its data."
    return [paragraph(exact), paragraph(caution), *(paragraph(f"Note: {note}") for note in run.notes)]


def score_table(run: "Run") -> list[str]:
    """Returns all scores of a run beside those of the best answer that knows nothing of the inputs, and its notes."""
    has_test = run.task is not None or "test" in run.scores
    test_scores = run.score("test") if has_test else {}
    baseline = {} if run.task is None else run.baseline("test")
    rows = [
        [
            score.title,
            score.format(test_scores[score.name]) if has_test else "not evaluated",
            score.format(run.score("validation")[score.name]),
            score.format(baseline[score.name]) if score.name in baseline else "",
        ]
        for score in run.score_kinds
    ]
    caption = (
        "Without a model: the best answer that knows nothing of the inputs, on test. This is one run: compare several "
        "seeds before you conclude."
    )
    table = data_table(["Score", "Test", "Validation", "Without a model"], rows, caption, numbers=(1, 2, 3))
    return [table, *(paragraph(f"Note: {note}") for note in run.notes)]


def mistake_figures(run: "Run") -> list[str]:
    """Returns the confusion matrix of the test images, and the mistakes that the model was surest of."""
    answers = Answers.of(run)
    if answers is None:
        reason = "Left out: the run was loaded without its data. Give the report its task."
        return [heading("Mistakes"), paragraph(reason)]
    train_split = getattr(run.task, "train", None)
    trained_on = "" if train_split is None else f", trained on {format_count(len(train_split.labels), 'image')}"
    surest_mistakes = plots.mistakes(
        answers.images, answers.labels, answers.predicted_classes, answers.confidences, answers.class_names
    )
    alt = "The mistakes on the test images that the model was surest of, with true and predicted class."
    return [
        keep_together(
            heading("Mistakes"),
            paragraph(f"On the test images: {run.strategy}, seed {run.seed}{trained_on}."),
            confusion_figure(answers),
        ),
        figure_image(surest_mistakes, alt),
    ]


def next_steps(run: "Run") -> list[str]:
    """Returns how to go on after a run."""
    lines = ["Compare it with other strategies, over several seeds: ft.compare."]
    last_epoch = run.history[-1]
    if last_epoch["val_loss"] <= min(epoch["val_loss"] for epoch in run.history):
        lines.append("The last epoch was the best: more updates may help.")
    if last_epoch.get("accuracy", 0) - last_epoch.get("val_accuracy", 0) > _FAR_AHEAD:
        lines.append("Training is far ahead of validation: try a stronger regularization, or more labels.")
    noun = INPUT_NOUNS[run.kind]
    remark = "pixels 0-255, of the size of the model" if noun == "images" else "as the task has them"
    example = f'run.predict({noun})  # {remark}\nrun.save("my_run")'
    return [heading("How to go on"), bullet_list(lines), code_block(example)]
