"""The sections of a report on sounds: mistakes to look at and to hear, examples, and a cheap classifier beside."""

import numpy as np

from ftlib import plots
from ftlib.evidence.sound_baseline import measure_sound_baseline
from ftlib.report.answers import Answers
from ftlib.report.page import audio_player, data_table, figure_image, heading, paragraph, sound_cards
from ftlib.report.sections_answers import MOST_ROWS, cut_remark, names_of
from ftlib.report.sections_baseline import BaselineWords, compare_with_baseline
from ftlib.sound import to_wav_bytes
from ftlib.tasks.task import Task
from ftlib.text import format_confidence

DEFAULT_RATE = 16_000  # samples per second of a task that does not say
_MOST_SHOWN = 8  # mistakes as pictures
_MOST_SECONDS = 3.0  # of a sound that can be played on the page: about 100 kB
_MOST_EXAMPLES = 9  # classes of which a sound is drawn
_CARD_WIDTH = 3.3  # inches


def against_baseline(answers: Answers) -> list[str]:
    """Returns what statistics of spectrograms with logistic regression reach on the same splits, and who is better."""
    assert answers.run.task is not None, "answers come with their task"
    baseline = measure_sound_baseline(answers.run.task)
    method = (
        "Loudness of bands: how loud 40 bands of pitches are in each quarter of a sound, and logistic regression "
        "(scikit-learn)"
    )
    return compare_with_baseline(answers, baseline, BaselineWords("loudness of bands", "measuring bands", method))


def mistaken_sounds(answers: Answers, players: bool) -> list[str]:
    """Returns the mistakes that the model was surest of as pictures, and a table of their files.

    Args:
        answers: The answers.
        players: Whether they can be played.
    """
    mistake_count, sound_count = len(answers.mistake_indices), len(answers.labels)
    if mistake_count == 0:
        return [heading("Mistakes"), paragraph(f"None among {sound_count:,} test sounds.")]
    shown_count = min(mistake_count, _MOST_SHOWN)
    shown = "all" if shown_count == mistake_count else f"the {shown_count} surest"
    text = (
        f"{mistake_count:,} of {sound_count:,} test sounds; here {shown}. What a model is sure of and wrong about is "
        "often a label to fix, a word cut off, noise, or a voice like none that it heard. Up are high pitches; the "
        "darker, the louder; above it the waveform."
    )
    rows = _mistake_rows(answers)
    caption = (
        "The same with their files: what each is, what the model said and how sure it was, and what probability it "
        f"gave to the truth.{cut_remark(len(rows), mistake_count, 'mistakes')}"
    )
    return [
        heading("Mistakes"),
        paragraph(text),
        sound_cards(_mistake_card(answers, number, players) for number in range(shown_count)),
        data_table(["No.", "Is", "Said", "Sure", "Truth", "Sound"], rows, caption, numbers=(0, 3, 4)),
    ]


def _mistake_card(answers, number, players):
    """Returns what a card of a mistake shows, as HTML: a picture, a player if wanted, and words."""
    index = int(answers.mistake_indices[number])
    sound, rate = np.asarray(answers.split.inputs[[index]])[0], _rate_of(answers.run.task)
    true_name, predicted_name = names_of(answers, index)
    sure = format_confidence(float(answers.confidences[index]))
    words = [f"No. {number + 1}: {true_name}", f"said {predicted_name}, {sure} sure"]
    figure = plots.spectrograms([sound], rate=rate, columns=1, width=_CARD_WIDTH, with_waveforms=True)
    picture = figure_image(figure, f"Spectrogram of {answers.split.ids[index]}: {', '.join(words)}.")
    player = ""
    if players:
        player = audio_player(to_wav_bytes(sound[: int(_MOST_SECONDS * rate)], rate), f"{words[0]}, {words[1]}")
    return picture, player, words


def _mistake_rows(answers):
    probabilities = answers.run.predictions("test")
    rows = []
    for number, index in enumerate(answers.mistake_indices[:MOST_ROWS], start=1):
        sure = format_confidence(float(answers.confidences[index]))
        truth = format_confidence(float(probabilities[index, answers.labels[index]]))
        rows.append([number, *names_of(answers, index), sure, truth, str(answers.split.ids[index])])
    return rows


def example_sounds(task: Task) -> str:
    """Returns the first training sound of each of the first classes as a figure."""
    labels = np.asarray(task.train.labels)
    present = [index for index in range(len(task.class_names)) if (labels == index).any()][:_MOST_EXAMPLES]
    rows = np.array([np.flatnonzero(labels == index)[0] for index in present])
    names = [task.class_names[index] for index in present]
    sounds = np.asarray(task.train.inputs[rows])
    figure = plots.spectrograms(sounds, names, _rate_of(task), columns=3, with_waveforms=True)
    return figure_image(figure, f"Waveform and spectrogram of a training sound of {', '.join(names)}.")


def _rate_of(task):
    return task.sample_rate or DEFAULT_RATE
