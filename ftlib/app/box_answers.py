"""What the model of a run finds in pictures: boxes in pixels of the files, as data, as a table, and drawn."""

from __future__ import annotations

import pathlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ftlib.files import distinct_names

if TYPE_CHECKING:
    import keras
    import numpy as np

    from ftlib.app.predicting import Answer
    from ftlib.app.run_folder import RunFolder

BOX_COLUMNS = ("class", "score", "x0", "y0", "x1", "y1")  # of a table with a row for each box
_DRAWN_SIDE = 1600  # pixels of the longer side of a picture that is drawn


def find_boxes(
    model: keras.Model, files: Sequence[pathlib.Path], image_shape: Sequence[int], threshold: float
) -> tuple[list[np.ndarray], list[tuple[int, int]]]:
    """Returns the detections in picture files, `(k, 6)` in pixels of each file, and the size of each file.

    Args:
        model: The trained model.
        files: Pictures that can be read.
        image_shape: `(height, width, channels)` of the model's images.
        threshold: Probability that a detection has at least.
    """
    from ftlib.models.inference import predict
    from ftlib.objectives.boxes import decode
    from ftlib.tasks.folder.whole_images import WholeImages

    height, width, channels = image_shape
    images = WholeImages(files, (height, width), channels)
    detections = decode(predict(model, images), threshold)
    return images.unplace_boxes(detections), images.picture_sizes


def box_answer(detections: np.ndarray, size: tuple[int, int], class_names: Sequence[str]) -> tuple[tuple[str], dict]:
    """Returns the cells of one picture's answer, and the same as plain data: its size, and a dict for each box.

    Args:
        detections: Detections `(k, 6)` in pixels of the picture.
        size: `(height, width)` of the picture.
        class_names: The classes.
    """
    from ftlib.objectives.detection import box_records, count_in_words

    record = {"size": [size[1], size[0]], "boxes": box_records(detections, class_names)}
    return (count_in_words(detections, class_names),), record


def box_rows(answers: Sequence[Answer]) -> list[list[Any]]:
    """Returns a row for each box of each picture; one with empty cells for a picture without any, or with an error."""
    rows = []
    for answer in answers:
        boxes = answer.record.get("boxes", ())
        for box in boxes:
            rows.append([answer.picture, box["class"], box["score"], *box["box"], ""])
        if not boxes:
            rows.append([answer.picture, *[""] * len(BOX_COLUMNS), answer.error])
    return rows


def require_draw_folder(folder: pathlib.Path | None, run: RunFolder, pictures: Sequence[pathlib.Path]) -> None:
    """Raises a ValueError for a folder that pictures cannot, or must not, be drawn into, before there are answers."""
    if folder is None:
        return
    if run.config.data.target != "boxes":
        raise ValueError(f"--draw is for boxes, and this model answers with {run.target.nouns}. Leave it out.")
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"--draw is a folder to write to. Received: the file {folder}.")
    if any(folder.resolve() == picture.parent.resolve() for picture in pictures):
        raise ValueError(f"--draw would write among the pictures of {folder}. Name another folder.")


def draw_answers(answers: Sequence[Answer], class_names: Sequence[str], folder: pathlib.Path) -> list[pathlib.Path]:
    """Writes each picture with its boxes drawn on it as PNG, and returns the files.

    Args:
        answers: As from `predict`; those with an error are left out.
        class_names: The classes.
        folder: Where to write; it is made if it is missing.
    """
    import numpy as np

    from ftlib import plots
    from ftlib.files import written_whole
    from ftlib.tasks.folder.decode import read_picture

    index_by_name = {name: index for index, name in enumerate(class_names)}
    readable = [answer for answer in answers if not answer.error]
    stems = distinct_names([f"{number} {pathlib.Path(a.picture).stem}" for number, a in enumerate(readable)])
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for stem, answer in zip(stems, readable, strict=True):
        picture = read_picture(pathlib.Path(answer.picture)).image.convert("RGB")
        scale = min(1.0, _DRAWN_SIDE / max(picture.size))
        shown = picture.resize((max(1, round(picture.width * scale)), max(1, round(picture.height * scale))))
        boxes = np.array(
            [
                [*(corner * scale for corner in box["box"]), index_by_name[box["class"]], box["score"]]
                for box in answer.record["boxes"]
            ]
        ).reshape(-1, 6)
        figure = plots.boxes(np.asarray(shown)[None], [boxes], class_names, columns=1)
        path = folder / f"{stem.partition(' ')[2]}.png"
        if path in written:
            path = folder / f"{stem}.png"
        with written_whole(path) as part_path:
            figure.savefig(part_path, format="png")
        written.append(path)
    return written
