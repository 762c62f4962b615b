"""How good a finished run is, on its own test pictures or on others."""

import dataclasses

from ftlib.app.run_files import digests_of
from ftlib.app.run_folder import RunFolder
from ftlib.errors import find_name
from ftlib.files import find_path


def evaluate(run, on=None, data=None, say=print):
    """Measures a run.

    Args:
        run: The folder of a finished run.
        on: Other pictures, all of them used: a folder of class folders or a CSV file with classes of the run, be it
            only one, in parts or not. Those that the run was trained or chosen on, byte for byte, are left out.
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
    from ftlib.evidence.metrics import measure
    from ftlib.tasks.folder.table import list_pictures

    folder = RunFolder(run)
    if not folder.finished:
        raise ValueError(folder.unfinished())
    if on is not None:
        list_pictures(find_path(on), training=False)  # how they are arranged shows before any model is loaded
    if data is not None:
        folder.move(data)
    found = folder.run()
    if on is None:
        return measure(found)
    say(f"checking {on} ...")
    split = _others(folder, found, on, say)
    return measure(dataclasses.replace(found, task=dataclasses.replace(found.task, test=split), scores=_kept(found)))


def _kept(run):
    return {part: score for part, score in run.scores.items() if part != "test"}


def _meant(on, names, known, say):
    """Returns which class of the run each class of other pictures is; capitals, hyphens and blanks do not matter."""
    meant, strange = {}, []
    for name in names:
        try:
            meant[name] = find_name("class", name, known)
        except ValueError:
            strange.append(name)
            continue
        if meant[name] != name:
            say(f"{name} is taken for the class {meant[name]} of the run.")
    if strange:
        raise ValueError(
            f"{on} has classes that the run does not know: {', '.join(strange[:10])}. It knows {', '.join(known[:20])}."
        )
    return meant


def _others(folder, run, on, say):
    """Returns other pictures as a `Split` at the size of the run."""
    import numpy as np

    from ftlib.tasks.folder.check import check_folder
    from ftlib.tasks.folder.decode import FolderImages
    from ftlib.tasks.task import Split

    report = check_folder(on, training=False)
    meant = _meant(on, report.class_names, run.class_names, say)
    seen = {row.sha256 for row in folder.rows() if row.split != "test"}
    digests = digests_of([file[3] for file in report.files])
    files = [file for file, digest in zip(report.files, digests, strict=True) if digest not in seen]
    if len(files) < len(report.files):
        say(f"{len(report.files) - len(files)} pictures are left out, since the run was trained or chosen on them.")
    for line in report.lines():
        say(line)
    if not files:
        why = f" Left out: {'; '.join(report.lines())}." if not report.files else ""
        raise ValueError(f"{on} has no pictures but those that the run was trained or chosen on.{why}")
    height, width, channels = run.task.image_shape
    index = {name: i for i, name in enumerate(run.class_names)}
    return Split(
        FolderImages([file[3] for file in files], (height, width), channels),
        np.array([index[meant[file[2]]] for file in files], "int64"),
        np.array([file[0] for file in files]),
        np.array([report.groups.get(file[0], "") for file in files]) if report.groups else None,
    )
