"""The classes of pictures, as the model of a run names them."""

import csv
import io
import json
import os

from ftlib.app.run_folder import RunFolder
from ftlib.text import format_table

_ANSWERS = (".csv", ".tsv", ".json", ".txt")
_AT_ONCE = 512  # pictures that are decoded and predicted together, so that a folder of any size fits into memory


def predict(run, places, top=1, say=print):
    """Names the class of picture files.

    Args:
        run: The folder of a finished run.
        places: Paths of files, and of folders that are searched for pictures at any depth.
        top: How many classes to name for each picture, at least 1.
        say: Takes a line of progress.

    Returns:
        One dict per picture: `picture`, its path; and `classes`, a list of dicts with `name` and `probability`, the
        likeliest first; or `error`, why it could not be read.

    Raises:
        FileNotFoundError: For a path where nothing is.
        ValueError: For a folder without pictures, a run that is not finished, or `top` below 1.
    """
    import keras
    import numpy as np

    from ftlib.models.inference import predict as outputs
    from ftlib.tasks.folder.decode import FolderImages, in_threads

    if top < 1:
        raise ValueError(f"--top is a whole number of at least 1. Received: --top {top}.")
    folder = RunFolder(run)
    if not folder.finished:
        raise ValueError(folder.unfinished())
    files = list_pictures(places)
    model = keras.models.load_model(folder.path / "model.keras", compile=False)
    height, width, channels = folder.image_shape
    answers = []
    for begin in range(0, len(files), _AT_ONCE):
        part = files[begin : begin + _AT_ONCE]
        why = in_threads(_unreadable, part)
        good = [file for file, reason in zip(part, why, strict=True) if not reason]
        said = iter(outputs(model, FolderImages(good, (height, width), channels)) if good else ())
        for file, reason in zip(part, why, strict=True):
            if reason:
                answers.append({"picture": str(file), "error": reason})
                continue
            chances = next(said)
            best = np.argsort(-chances, kind="stable")[:top]
            named = [{"name": folder.class_names[i], "probability": float(chances[i])} for i in best]
            answers.append({"picture": str(file), "classes": named})
        if len(files) > _AT_ONCE:
            say(f"{len(answers):,} of {len(files):,} pictures")
    return answers


def list_pictures(places):
    """Returns the files that are named, and the pictures below the folders that are named, in the order of `places`.

    Raises:
        FileNotFoundError: For a path where nothing is.
        ValueError: For a folder without pictures.
    """
    from ftlib.files import walk_pictures

    files = []
    for place in places:
        if not place.exists():
            raise FileNotFoundError(f"There is no picture or folder {str(place)!r}.")
        if not place.is_file() and not place.is_dir():
            raise ValueError(f"{str(place)!r} is neither a picture nor a folder.")
        found = [place] if place.is_file() else list(walk_pictures(place, links=True))
        if not found:
            raise ValueError(f"The folder {str(place)!r} has no pictures, at any depth.")
        files += found
    return files


def check_out(out, pictures):
    """Raises an error for a file that answers cannot, or must not, be written to, before there are any.

    Raises:
        ValueError: If it is a folder, one of the pictures, or a file that answers are never written to.
        FileNotFoundError, PermissionError: If its folder is not there, or may not be written to.
    """
    if out is None:
        return
    if out.is_dir():
        raise ValueError(f"--out is a file to write to. Received: the folder {out}.")
    if not out.parent.is_dir():
        raise FileNotFoundError(f"--out {out}: there is no folder {str(out.parent)!r} to write to.")
    if not os.access(out if out.exists() else out.parent, os.W_OK):
        raise PermissionError(f"--out {out}: no permission to write there. Name another file.")
    if out.exists() and any(out.samefile(file) for file in pictures):
        raise ValueError(f"--out would write over the picture {out}. Name another file.")
    if out.is_file() and out.suffix.lower() not in _ANSWERS:
        raise ValueError(f"--out would write over {out}, which is no file of answers ({', '.join(_ANSWERS)}).")


def _unreadable(file):
    """Returns why a file is no picture, or None."""
    from ftlib.tasks.folder.decode import open_picture

    if file.is_dir():
        return "a folder that cannot be read"
    try:
        open_picture(file, at_least=64)
    except ValueError as error:
        return str(error)
    return None


def written(answers, form):
    """Returns answers as text.

    Args:
        answers: As from `predict`.
        form: `"table"`, `"csv"` or `"json"`.
    """
    if form == "json":
        return json.dumps(answers, indent=1, ensure_ascii=False)
    most = max((len(answer.get("classes", ())) for answer in answers), default=1) or 1
    head = ["picture"] + [f"{what}{k + 1 if k else ''}" for k in range(most) for what in ("class", "probability")]
    rows = []
    for answer in answers:
        cells = [answer["picture"]]
        for said in answer.get("classes", ()):
            cells += [said["name"], f"{said['probability']:.4f}" if form == "csv" else f"{said['probability']:.3f}"]
        cells += [""] * (len(head) - len(cells))
        rows.append(cells + [answer.get("error", "")])
    if any(row[-1] for row in rows) or form == "csv":
        head.append("error")
    else:
        rows = [row[:-1] for row in rows]
    if form == "csv":
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([head, *rows])
        return text.getvalue().rstrip("\n")
    return format_table([head, *rows], right=[k for k, name in enumerate(head) if name.startswith("probability")])
