"""What a cheap classifier of sounds reaches on the same splits: statistics of spectrograms and logistic regression."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ftlib.evidence.linear_baseline import LinearBaseline, draw_examples, fit_linear_baseline
from ftlib.objectives.classification import require_classes
from ftlib.sound import log_mel

if TYPE_CHECKING:
    from ftlib.tasks.task import Task

_BANDS = 40
_PARTS = 4  # of a sound, one after the other
_STRENGTHS = (0.003, 0.03, 0.3)  # of logistic regression, scikit-learn's C, of which validation chooses
_DEFAULT_RATE = 16_000  # of a task that does not say
_AT_ONCE = 512  # sounds


def measure_sound_baseline(task: Task) -> LinearBaseline:
    """Trains logistic regression on statistics of spectrograms on a task of sounds, and scores it.

    Of each of 40 bands on the mel scale: how loud it is on average in each quarter of the sound, and how much it
    changes over all of it. The loudness of the whole sound is taken off first. The strength of the regularization is
    the best of three on validation; beyond 20,000 training sounds some are drawn.

    Args:
        task: A `Task` of sounds with one class each.

    Returns:
        A `LinearBaseline`.

    Raises:
        ValueError: For another task.

    Example:
    >>> task = ft.load_task("sounds/")  # doctest: +SKIP
    >>> ft.measure_sound_baseline(task).test_accuracy  # doctest: +SKIP
    0.41
    """
    require_classes(task.objective, "measure_sound_baseline", "Compare with `run.baseline(part)`.")
    if task.kind != "audio":
        raise ValueError(f"A spectrogram is made of sounds. Received: {task!r}.")
    chosen = draw_examples(task)
    rows_of_part = {part: np.arange(len(split)) for part, split in task.splits.items()} | {"train": chosen}
    features = {part: _describe_sounds(task, part, rows) for part, rows in rows_of_part.items()}
    mean, deviation = features["train"].mean(0), features["train"].std(0) + 1e-6
    features = {part: (values - mean) / deviation for part, values in features.items()}
    return fit_linear_baseline(task, features, chosen, _STRENGTHS)


def _describe_sounds(task, part, rows):
    """Returns the features of some sounds, `(n, bands * (parts + 1))`."""
    inputs = task.splits[part].inputs
    described = []
    for start in range(0, len(rows), _AT_ONCE):
        sounds = np.asarray(inputs[rows[start : start + _AT_ONCE]])
        spectrograms = log_mel(sounds, task.sample_rate or _DEFAULT_RATE, _BANDS)
        spectrograms = spectrograms - spectrograms.max((1, 2), keepdims=True)
        parts = [piece.mean(2) for piece in np.array_split(spectrograms, _PARTS, axis=2) if piece.shape[2]]
        described.append(np.concatenate([*parts, spectrograms.std(2)], axis=1))
    return np.concatenate(described)
