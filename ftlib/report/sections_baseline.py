"""The section of a report on what a cheap classifier reaches on the same splits."""

from typing import NamedTuple

import numpy as np

from ftlib.evidence.linear_baseline import LinearBaseline
from ftlib.objectives.scores import wilson_interval
from ftlib.report.answers import Answers
from ftlib.report.page import data_table, heading, paragraph
from ftlib.text import format_interval, format_percent


class BaselineWords(NamedTuple):
    """What a page calls a cheap classifier.

    Attributes:
        name: As a thing: "character counts".
        doing: As something that one does: "counting characters".
        method: What it is, at the beginning of a sentence.
    """

    name: str
    doing: str
    method: str


def compare_with_baseline(answers: Answers, baseline: LinearBaseline, words: BaselineWords) -> list[str]:
    """Returns what a model and a cheap classifier reach on the same splits, and which is better."""
    count = len(answers.labels)
    rows = []
    for name, validation, right in (
        ("this model", answers.run.val_accuracy, answers.is_right),
        (words.name, baseline.validation_accuracy, baseline.test_right),
    ):
        interval = format_interval(*wilson_interval(int(right.sum()), count))
        rows.append([name, format_percent(validation), format_percent(right.mean()), interval])
    caption = f"{words.method}, trained on {baseline.train_count:,} of the same training {answers.nouns} in seconds."
    table = data_table(["", "Validation", "Test", "95 % interval"], rows, caption, numbers=(1, 2, 3))
    judgement = _judge_baseline(answers.is_right, baseline.test_right, answers.nouns, words)
    return [heading(f"Against {words.name}"), paragraph(judgement), table]


def _judge_baseline(model_right: np.ndarray, baseline_right: np.ndarray, nouns: str, words: BaselineWords) -> str:
    """Returns in words which of two is better on the same examples: the sign test, on those that they differ in."""
    only_model = int((model_right & ~baseline_right).sum())
    only_baseline = int((baseline_right & ~model_right).sum())
    distance = abs(only_model - only_baseline)
    points = 100 * distance / len(model_right)
    doing = words.doing[:1].upper() + words.doing[1:]
    details = f"{only_model:,} test {nouns} only this model gets right, {only_baseline:,} only {words.name}."
    if distance <= 1.96 * (only_model + only_baseline) ** 0.5:
        ahead = "The model is" if only_model > only_baseline else f"{doing} is"
        if only_model == only_baseline:
            return f"{doing} does as well as this model: {details}"
        return f"{ahead} ahead by {points:.1f} points, no more than chance explains: {details}"
    if only_model > only_baseline:
        return f"The model is better than {words.doing}, by {points:.1f} points: {details}"
    return (
        f"{doing} is better than this model, by {points:.1f} points, and costs next to nothing: {details} Use it, or "
        f"train longer, on more {nouns}, or from a larger backbone."
    )
