"""How good a finished run is, on its own test pictures, texts or sounds, or on others."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ftlib.app.other_data import leave_out_seen
from ftlib.app.run_folder import RunFolder
from ftlib.app.sound_runs import load_other_sounds
from ftlib.app.text_runs import load_other_texts
from ftlib.errors import find_name
from ftlib.files import find_path

if TYPE_CHECKING:
    from ftlib.tasks.split import Split
    from ftlib.tasks.task import Task

Say = Callable[[str], object]


def evaluate(
    run_dir: str | os.PathLike,
    on: str | os.PathLike | None = None,
    data: str | os.PathLike | None = None,
    say: Say = print,
) -> dict[str, Any]:
    """Measures a run.

    Args:
        run_dir: The folder of a finished run.
        on: Other pictures, texts or sounds, all of them used: a folder of class folders or a CSV file with classes of
            the run, even only one, in parts or not. Those that the run was trained or chosen on are left out.
            Default None: the run's test split.
        data: Where the pictures of the run are now, if they have moved.
        say: Takes a line of progress.

    Returns:
        Figures as from `ftlib.evidence.metrics.measure`.

    Raises:
        FileNotFoundError: If there is no such run, or pictures of it are missing.
        ValueError: If the run is not finished, or the other pictures have a class that it does not know, or none that
            it has not seen.
    """
    from ftlib.tasks.box_files.listing import list_boxes
    from ftlib.tasks.folder.table import list_pictures
    from ftlib.tasks.sound_files.listing import list_sounds
    from ftlib.tasks.text_files.listing import list_texts

    folder = RunFolder(run_dir)
    folder.require_finished()
    if on is not None:  # how they are arranged shows before any model is loaded
        if folder.noun == "text":
            list_texts(find_path(on), training=False)
        elif folder.noun == "sound":
            list_sounds(find_path(on), training=False)
        elif folder.target.keeps_whole:
            list_boxes(find_path(on))
        else:
            list_pictures(find_path(on), training=False, target=folder.target)
    if data is not None:
        folder.record_pictures_root(data)

    from ftlib.evidence.metrics import measure

    run = folder.run()
    if on is None:
        return measure(run)

    say(f"checking {on} ...")
    assert run.task is not None, "the run of a folder comes with its task"
    other_task = dataclasses.replace(run.task, test=_load_other_pictures(folder, run.task, on, say))
    other_scores = {part: score for part, score in run.scores.items() if part != "test"}
    return measure(dataclasses.replace(run, task=other_task, scores=other_scores))


def _match_classes(
    on: str | os.PathLike, class_names: Sequence[str], known_names: Sequence[str], say: Say, nouns: str
) -> dict[str, str]:
    """Returns which class of the run each class of other pictures is; capitals, hyphens and blanks do not matter."""
    matches = {}
    unknown_names = []
    for class_name in class_names:
        try:
            matches[class_name] = find_name("class", class_name, known_names)
        except ValueError:
            unknown_names.append(class_name)
            continue
        if matches[class_name] != class_name:
            say(f"{class_name} is taken for the class {matches[class_name]} of the run.")
    if unknown_names:
        unknown_text = ", ".join(unknown_names[:10])
        raise ValueError(
            f"{on} has {nouns} that the run does not know: {unknown_text}. It knows {', '.join(known_names[:20])}."
        )
    return matches


def _load_other_pictures(folder: RunFolder, task: Task, on: str | os.PathLike, say: Say) -> Split:
    """Returns other pictures, texts or sounds as a `Split` at the size of the run."""
    if folder.noun != "picture":

        def match_classes(names: Sequence[str]) -> dict[str, str]:
            return _match_classes(on, names, folder.class_names, say, folder.target.nouns)

        load_others = load_other_texts if folder.noun == "text" else load_other_sounds
        return load_others(folder, find_path(on), say, match_classes)

    from ftlib.tasks.box_files.check import check_boxes
    from ftlib.tasks.folder.check import check_folder
    from ftlib.tasks.folder.load import make_split

    target = folder.target
    if target.keeps_whole:
        report = check_boxes(on, training=False, image_size=(task.image_shape[0], task.image_shape[1]))
        if report.errors():
            raise ValueError(" ".join(report.errors()))
    else:
        report = check_folder(on, training=False, target=target)
    matches = _match_classes(on, report.class_names, folder.class_names, say, target.nouns)
    unseen_files = leave_out_seen(folder, report, report.files, say)
    height, width, channels = task.image_shape
    targets = target.encode([target.rename(file.class_name, matches) for file in unseen_files], folder.class_names)
    return make_split(
        unseen_files,
        targets,
        (height, width),
        with_groups=bool(report.groups),
        channels=channels,
        keeps_whole=target.keeps_whole,
    )
