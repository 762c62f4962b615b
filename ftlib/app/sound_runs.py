"""The sounds of a run: made a task at its rate and length, read to be answered, and others to measure it on."""

from __future__ import annotations

import pathlib
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ftlib.app.other_data import leave_out_seen

if TYPE_CHECKING:
    from ftlib.app.run_folder import RunFolder
    from ftlib.tasks.folder.picture_file import PictureFile
    from ftlib.tasks.split import Split
    from ftlib.tasks.task import Task


def make_sound_task(folder: RunFolder, files_by_split: Mapping[str, Sequence[PictureFile]], length: int) -> Task:
    """Returns the `Task` of a run on sounds, each in the split where it was.

    Args:
        folder: The run.
        files_by_split: Its files.
        length: How many samples of each the model takes.
    """
    from ftlib.tasks.sound_files.load import make_task

    data = folder.config.data
    return make_task(
        files_by_split,
        folder.class_names,
        length,
        data.sample_rate,
        name=data.name,
        source=data.source,
        notes=tuple(folder.config.notes),
    )


def read_sounds_to_predict(folder: RunFolder, files: Sequence[pathlib.Path]) -> tuple[np.ndarray, list[str]]:
    """Returns the waveforms of the files that can be read, `(n, samples)`, and for each file why not, else ""."""
    from ftlib.tasks.folder.decode import map_in_threads
    from ftlib.tasks.sound_files.read import fit_sound, read_sound

    length, rate = folder.image_shape[0], folder.config.data.sample_rate

    def read(file: pathlib.Path) -> np.ndarray | str:
        if file.is_dir():
            return "a folder that cannot be read"
        try:
            return fit_sound(read_sound(file), rate, length)
        except (ValueError, ImportError) as error:
            return str(error)
        except OSError as error:
            return error.strerror or str(error)

    read_files = map_in_threads(read, list(files))
    waveforms = [sound for sound in read_files if not isinstance(sound, str)]
    errors = [sound if isinstance(sound, str) else "" for sound in read_files]
    return np.stack(waveforms) if waveforms else np.zeros((0, length), "float32"), errors


def load_other_sounds(
    folder: RunFolder,
    path: pathlib.Path,
    say: Callable[[str], object],
    match_classes: Callable[[Sequence[str]], Mapping[str, str]],
) -> Split:
    """Returns other sounds with labels as a `Split`, without those that the run was trained or chosen on.

    Args:
        folder: The run.
        path: A folder or a CSV file.
        say: Takes a line of progress.
        match_classes: Returns which class of the run each of their classes is, `{class: class of the run}`.

    Raises:
        FileNotFoundError, ValueError, ImportError: For sounds that cannot be used.
    """
    from ftlib.tasks.sound_files.check import check_sounds
    from ftlib.tasks.sound_files.load import make_split

    length, rate = folder.image_shape[0], folder.config.data.sample_rate
    report = check_sounds(path, training=False, seconds=length / rate, sample_rate=rate)
    matches = match_classes(report.class_names)
    unseen_files = [
        file._replace(class_name=matches[file.class_name]) for file in leave_out_seen(folder, report, report.files, say)
    ]
    return make_split(unseen_files, folder.class_names, length, rate, with_groups=bool(report.groups))
