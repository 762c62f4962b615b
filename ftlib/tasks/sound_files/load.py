"""A task from sounds of one's own: waveforms of one length and rate, in three splits."""

import os
import pathlib
import tempfile
import weakref
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ftlib.tasks.folder.decode import map_in_threads
from ftlib.tasks.folder.inspection import divide
from ftlib.tasks.folder.load import describe_source, name_of_data
from ftlib.tasks.folder.picture_file import PictureFile
from ftlib.tasks.folder.splitting import describe_gaps
from ftlib.tasks.folder.targets import ClassTarget
from ftlib.tasks.parts import PARTS
from ftlib.tasks.sound_files.check import DEFAULT_RATE, DEFAULT_SECONDS, check_sounds, require_form
from ftlib.tasks.sound_files.read import fit_sound, read_sound
from ftlib.tasks.split import Split
from ftlib.tasks.task import Task, draw_labels

LICENCE = "Not known to ftlib: whoever recorded the sounds can say."
_MOST_BYTES = 2**30  # of waveforms in memory; more lie in a file that is mapped into memory


def load_sounds(
    path: str | os.PathLike,
    labels_per_class: int | None = None,
    seed: int = 0,
    seconds: float = DEFAULT_SECONDS,
    sample_rate: int = DEFAULT_RATE,
    label_columns: Sequence[str] = (),
    by_speaker: bool = False,
) -> Task:
    """Returns a task from a folder of class folders of sounds, or from a CSV file that lists them.

    The splits are those of folders called train, validation and test, or of the column `split`. What is missing of them
    is drawn: 20 % of every class for test and for validation, by a hash of the names, the same on every machine and for
    every `seed`; sounds of one group, such as a speaker, stay together. No sound is in two splits, nor twice in one,
    and one under two classes is left out: `task.notes` names them, and says how many were cut or filled up.

    Args:
        path: The folder or file; see `check_sounds`.
        labels_per_class: Training sounds per class; None takes all. Validation and test never change.
        seed: Which training sounds are drawn.
        seconds: How much of each sound is used. Default 1: longer ones are cut at their end, shorter ones filled up.
        sample_rate: Samples per second that they are resampled to. Default 16,000, as for `minispeech`.
        label_columns: The column of labels, if it is not called label.
        by_speaker: Whether the names of files say who speaks, and all sounds of one speaker go to one split.

    Returns:
        A `Task` of kind `"audio"` with the objective `Classification`, whose inputs are waveforms from -1 to 1,
        `float32`, `(n, seconds * sample_rate)`.

    Raises:
        FileNotFoundError, NotADirectoryError, ImportError: As `check_sounds`.
        ValueError: As `check_sounds`, and for a class with too few sounds.

    Example:
    >>> task = load_sounds("sounds", labels_per_class=20)  # doctest: +SKIP
    >>> task.train.inputs.shape  # doctest: +SKIP
    (40, 16000)
    """
    length = require_form(seconds, sample_rate)
    report = check_sounds(path, True, label_columns, seconds, sample_rate, by_speaker)
    part_files, drawn_parts = divide(report, report.files)
    labels = ClassTarget().encode([file.class_name for file in part_files["train"]], report.class_names)
    part_files["train"] = [part_files["train"][row] for row in draw_labels(labels, labels_per_class, seed)]
    return make_task(
        part_files,
        report.class_names,
        length,
        report.sample_rate,
        name=name_of_data(report),
        source=describe_source(report, drawn_parts),
        notes=(*report.lines(), *describe_gaps(part_files, report.class_names, noun=report.noun)),
    )


def make_task(
    part_files: Mapping[str, Sequence[PictureFile]],
    class_names: Sequence[str],
    length: int,
    sample_rate: int,
    **details: Any,
) -> Task:
    """Returns the task of sounds that are divided into parts.

    Args:
        part_files: `{part: files}`.
        class_names: The classes, in the order of the label indices.
        length: How many samples of each sound are used.
        sample_rate: Samples per second.
        **details: `name`, `source` and `notes`, as for `Task`.
    """
    with_groups = any(file.group for files in part_files.values() for file in files)
    splits = {part: make_split(part_files[part], class_names, length, sample_rate, with_groups) for part in PARTS}
    return Task(
        **details,
        train=splits["train"],
        validation=splits["validation"],
        test=splits["test"],
        class_names=tuple(class_names),
        licence=LICENCE,
        kind="audio",
        sample_rate=sample_rate,
    )


def make_split(
    files: Sequence[PictureFile],
    class_names: Sequence[str],
    length: int,
    sample_rate: int,
    with_groups: bool = False,
) -> Split:
    """Returns the `Split` of some sounds; the arguments are as for `make_task`."""
    labels = ClassTarget().encode([file.class_name for file in files], class_names)
    groups = np.array([file.group for file in files]) if with_groups else None
    waveforms = decode_sounds([file.path for file in files], length, sample_rate)
    return Split(waveforms, labels, np.array([file.id for file in files]), groups)


def decode_sounds(paths: Sequence[pathlib.Path], length: int, sample_rate: int) -> np.ndarray:
    """Returns the sounds of files as waveforms of one length and rate, `float32`, `(n, length)`.

    Beyond 1 GiB they lie in a file that is mapped into memory, and goes with the array.

    Args:
        paths: The files.
        length: How many samples of each: longer sounds are cut at their end, shorter ones filled up with silence.
        sample_rate: Samples per second.

    Raises:
        ValueError, ImportError, OSError: For a file that cannot be read, with its name.
    """
    waveforms = _empty_waveforms(len(paths), length)

    def decode(row: int) -> None:
        try:
            waveforms[row] = fit_sound(read_sound(paths[row]), sample_rate, length)
        except (ValueError, ImportError) as error:
            raise type(error)(f"{paths[row]}: {error}") from error

    map_in_threads(decode, range(len(paths)))
    return waveforms


def _empty_waveforms(count: int, length: int) -> np.ndarray:
    if 4 * count * length <= _MOST_BYTES:
        return np.zeros((count, length), "float32")
    folder = tempfile.TemporaryDirectory(prefix="ftlib-sounds-", ignore_cleanup_errors=True)
    waveforms = np.lib.format.open_memmap(pathlib.Path(folder.name, "waveforms.npy"), "w+", "float32", (count, length))
    weakref.finalize(waveforms, folder.cleanup)
    return waveforms
