"""Tasks of recorded words that are split by speaker, so that nobody is both learnt from and tested on."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping, Sequence

import numpy as np

from ftlib.tasks.parts import PARTS
from ftlib.tasks.split import Split
from ftlib.tasks.task import Task, draw_labels


@dataclasses.dataclass(frozen=True)
class SpokenWords:
    """Recordings of one word each, and who speaks.

    Attributes:
        name, source, licence, class_names, notes: As in `Task`.
        sounds: Waveforms `(n, samples)`, float32 from -1 to 1.
        labels: Index of the word, `(n,)`.
        speakers: Who speaks, `(n,)` of strings.
        ids: One identity for each recording, `(n,)` of strings.
    """

    name: str
    source: str
    licence: str
    class_names: Sequence[str]
    sounds: np.ndarray
    labels: np.ndarray
    speakers: np.ndarray
    ids: np.ndarray
    notes: Sequence[str] = ()


def part_of_name(name: str, shares: Mapping[str, float]) -> str:
    """Returns the part that a speaker is in, drawn by the checksum of the name: it stays, whoever else is in the set.

    Args:
        name: Of the speaker.
        shares: How much of all speakers each part gets on average, together 1.

    Example:
    >>> part_of_name("1b4c9b89", {"train": 0.4, "validation": 0.15, "test": 0.45})
    'test'
    """
    place = int(hashlib.sha256(name.encode()).hexdigest()[:8], 16) / 2**32
    for part, share in shares.items():
        if place < share:
            return part
        place -= share
    return list(shares)[-1]


def split_by_speaker(
    words: SpokenWords, part_of_speaker: Mapping[str, str], labels_per_class: int | None = None, seed: int = 0
) -> Task:
    """Returns the task of recorded words; all of a speaker are in one part.

    Args:
        words: The recordings.
        part_of_speaker: `"train"`, `"validation"` or `"test"` for each speaker.
        labels_per_class: Training recordings of each word; None takes all.
        seed: Which of them are drawn.

    Returns:
        A `Task` of kind `"audio"` whose groups are the speakers.
    """
    parts = np.array([part_of_speaker[speaker] for speaker in words.speakers])
    return _make_task(words, parts, labels_per_class, seed)


def split_by_recording(task: Task, seed: int = 0) -> Task:
    """Returns a task of recordings shuffled over its three parts, of which each keeps its size for each class.

    The same speakers are then in all of them, as in a split that nobody thought about: what a model promises there, it
    does not keep with people whom it has not heard.

    Args:
        task: A `Task` of one class each.
        seed: Integer.

    Example:
    >>> task = split_by_recording(ft.load_task("korean_commands"))
    >>> bool(set(task.train.groups) & set(task.test.groups))
    True
    """
    splits = [task.splits[part] for part in PARTS]
    inputs, targets, ids = (
        np.concatenate([np.asarray(getattr(split, field)) for split in splits])
        for field in ("inputs", "targets", "ids")
    )
    groups = (
        None if splits[0].groups is None else np.concatenate([split.groups for split in splits])  # pyright: ignore[reportCallIssue, reportArgumentType]
    )
    everything = Split(inputs, targets, ids, groups)
    order = np.random.default_rng(seed).permutation(len(everything))
    rows_by_class = {label: order[targets[order] == label] for label in np.unique(targets)}
    shuffled = {}
    for part, split in task.splits.items():
        taken = []
        for label, rows in rows_by_class.items():
            count = int((split.targets == label).sum())
            taken.append(rows[:count])
            rows_by_class[label] = rows[count:]
        shuffled[part] = everything.take(np.sort(np.concatenate(taken)))
    return dataclasses.replace(task, **shuffled)


def _make_task(words, parts, labels_per_class, seed):
    splits = {}
    for part in PARTS:
        rows = np.flatnonzero(parts == part)
        drawn = rows[draw_labels(words.labels[rows], labels_per_class if part == "train" else None, seed)]
        splits[part] = Split(words.sounds[drawn], words.labels[drawn], words.ids[drawn], words.speakers[drawn])
    return Task(
        words.name,
        splits["train"],
        splits["validation"],
        splits["test"],
        class_names=tuple(words.class_names),
        source=words.source,
        licence=words.licence,
        notes=tuple(words.notes),
        kind="audio",
    )
