"""The sections of a report on texts: mistakes as sentences, which words matter, and what a cheap classifier reaches."""

import numpy as np

from ftlib.evidence.text_baseline import measure_text_baseline
from ftlib.evidence.text_explanation import explain_text
from ftlib.report.answers import Answers
from ftlib.report.page import data_table, heading, keep_together, paragraph, shaded_text
from ftlib.report.sections_answers import MOST_ROWS, cut_remark, names_of
from ftlib.report.sections_baseline import BaselineWords, compare_with_baseline
from ftlib.text import format_confidence

_MOST_LETTERS = 400  # of a text that is shown
_MOST_EXPLAINED = 6  # right answers, and mistakes
_FULL_SHADE = 0.5  # fall of the probability that gets the deepest shade


def against_baseline(answers: Answers) -> list[str]:
    """Returns what TF-IDF of characters with logistic regression reaches on the same splits, and which is better."""
    assert answers.run.task is not None, "answers come with their task"
    baseline = measure_text_baseline(answers.run.task)
    method = "Character counts: TF-IDF of 1 to 3 characters and logistic regression (scikit-learn)"
    return compare_with_baseline(answers, baseline, BaselineWords("character counts", "counting characters", method))


def mistaken_texts(answers: Answers) -> list[str]:
    """Returns the mistakes as texts, with truth, answer and probability, those first that the model was surest of."""
    mistake_count, text_count = len(answers.mistake_indices), len(answers.labels)
    if mistake_count == 0:
        return [heading("Mistakes"), paragraph(f"None among {text_count:,} test texts.")]
    indices = answers.mistake_indices[:MOST_ROWS]
    texts = _read_texts(answers, indices)
    rows = []
    for number, (index, text) in enumerate(zip(indices, texts, strict=True), start=1):
        sure = format_confidence(float(answers.confidences[index]))
        rows.append([number, *names_of(answers, index), sure, text, str(answers.split.ids[index])])
    text = (
        f"{mistake_count:,} of {text_count:,} test texts. What a model is sure of and wrong about is often a label to "
        "fix, a text that says two things, or a way of writing that it never saw."
    )
    caption = f"The surest first.{cut_remark(len(rows), mistake_count, 'mistakes')}"
    table = data_table(["No.", "Is", "Said", "Sure", "Text", "Id"], rows, caption, numbers=(0, 3))
    return [heading("Mistakes"), paragraph(text), table]


def _read_texts(answers, indices):
    """Returns test texts for the page; of long ones the beginning."""
    assert answers.run.task is not None, "answers come with their task"
    texts = answers.run.task.read_texts("test", [int(index) for index in indices])
    return [text if len(text) <= _MOST_LETTERS else f"{text[:_MOST_LETTERS]} ..." for text in texts]


def words_that_matter(answers: Answers) -> list[str]:
    """Returns which words speak for the answer, in texts named correctly and in the surest mistakes."""
    task = answers.run.task
    if task is None or task.tokenizer is None:
        return []
    right = np.flatnonzero(answers.is_right)
    # Spread over the confidences: neither the surest alone nor the doubtful.
    ordered = right[np.argsort(answers.confidences[right], kind="stable")]
    chosen = (
        ordered[np.unique(np.linspace(0, len(ordered) - 1, _MOST_EXPLAINED).astype(int))] if len(ordered) else right
    )
    wrong = answers.mistake_indices[:_MOST_EXPLAINED]
    parts = [
        heading("Which words matter"),
        paragraph(
            "Each word is hidden in turn. Blue: the probability of the answer falls without it, the deeper the shade "
            f"the further (full at {100 * _FULL_SHADE:.0f} points). Orange: it rises. Words that say the same cover "
            "for each other, and stay pale."
        ),
    ]
    for caption, indices in (("Named correctly:", chosen), ("Mistakes:", wrong)):
        if len(indices):
            parts.append(paragraph(caption, "caption"))
            parts += _shaded_answers(answers, indices)
    return parts


def _shaded_answers(answers, indices):
    tokenizer = answers.run.task.tokenizer
    texts = _read_texts(answers, indices)
    explanation = explain_text(answers.run.model, tokenizer, texts, answers.predicted_classes[indices])
    parts = []
    for place, index in enumerate(indices):
        true_name, predicted_name = names_of(answers, index)
        truth = "" if true_name == predicted_name else f", is {true_name}"
        line = f"Said {predicted_name}, {format_confidence(float(answers.confidences[index]))} sure{truth}"
        pieces = [(piece, weight / _FULL_SHADE) for piece, weight in explanation.pieces(place)]
        parts.append(keep_together(paragraph(line, "small"), shaded_text(pieces)))
    return parts
