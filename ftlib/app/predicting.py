"""What the model of a run says of pictures (their classes, all their labels, or their numbers), texts and sounds."""

from __future__ import annotations

import csv
import dataclasses
import functools
import io
import json
import os
import pathlib
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ftlib.app.box_answers import BOX_COLUMNS, box_rows
from ftlib.app.run_folder import RunFolder
from ftlib.app.text_runs import load_run_tokenizer, read_texts_to_predict
from ftlib.files import PICTURE, SOUND, FileKind, walk_files
from ftlib.text import format_table

if TYPE_CHECKING:
    import keras

    from ftlib.objectives.objective import AnswerColumn

ANSWER_FORMATS = ("table", "csv", "json")
THRESHOLD = 0.3  # probability of a box that is shown, as for `decode`
_ANSWER_SUFFIXES = (".csv", ".tsv", ".json", ".txt")
_AT_ONCE = 512  # pictures that are decoded and predicted together, so that a folder of any size fits into memory


@dataclasses.dataclass(frozen=True)
class Answer:
    """What a model says of one picture, text or sound.

    Attributes:
        picture: Its path; of a text the text itself.
        cells: A word or a number for each column of the answers; empty if the picture could not be read.
        record: The same as plain data.
        error: Why it could not be read; empty if it could.
    """

    picture: str
    cells: tuple[Any, ...] = ()
    record: dict[str, Any] = dataclasses.field(default_factory=dict)
    error: str = ""

    def to_dict(self, noun: str = "picture") -> dict[str, Any]:
        """Returns the answer as plain data: with `classes`, or what else is predicted, or with `error`."""
        if self.error:
            return {noun: self.picture, "error": self.error}
        return {noun: self.picture, **self.record}


class Predictions(NamedTuple):
    """What a model says of some inputs: one `Answer` for each, the columns of their cells, and what one of them is
    called: "picture", "text" or "sound".
    """

    columns: tuple[AnswerColumn, ...]
    answers: list[Answer]
    noun: str = "picture"


def predict(
    run_dir: str | os.PathLike,
    paths: Iterable[pathlib.Path],
    top: int = 1,
    say: Callable[[str], object] = print,
    threshold: float | None = None,
) -> Predictions:
    """Says what the model of a run answers to picture files.

    Args:
        run_dir: The folder of a finished run.
        paths: Files, and folders that are searched for pictures at any depth. For a run on texts: CSV files with a
            column of texts, and text files with a text in each line; for one on sounds, sound files and folders.
        top: How many classes to name for each picture, at least 1; more than one only where each has one class.
        say: Takes a line of progress.
        threshold: For boxes: the probability that one has at least. Default None: 0.3.

    Returns:
        `Predictions`, with one `Answer` per picture in the order of `paths`.

    Raises:
        FileNotFoundError: For a path where nothing is.
        ValueError: For a folder without pictures, a run that is not finished, `top` below 1, or a `threshold` for
            what has no boxes.
    """
    if top < 1:
        raise ValueError(f"--top is a whole number of at least 1. Received: --top {top}.")
    folder = RunFolder(run_dir)
    folder.require_finished()
    if top > 1 and (folder.target.noun != "class" or has_boxes(folder)):
        raise ValueError(
            f"--top is for one class each, and this model answers with {folder.target.nouns}. Received: --top {top}. "
            "Leave it out."
        )
    _require_threshold(folder, threshold)
    files = find_input_files(folder, paths)
    inputs: list[Any] = read_texts_to_predict(files) if folder.noun == "text" else files
    predict_some = {"text": _predict_texts, "sound": _predict_sounds}.get(folder.noun, _predict_pictures)
    if has_boxes(folder):
        predict_some = functools.partial(_predict_boxes, threshold=THRESHOLD if threshold is None else threshold)

    import keras

    model: Any = keras.models.load_model(folder.path / "model.keras", compile=False)
    answers = []
    for start in range(0, len(inputs), _AT_ONCE):
        answers += predict_some(model, folder, inputs[start : start + _AT_ONCE], top)
        if len(inputs) > _AT_ONCE:
            say(f"{len(answers):,} of {len(inputs):,} {folder.noun}s")
    return Predictions(folder.objective.answer_columns(folder.class_names, top), answers, folder.noun)


def _predict_texts(model: keras.Model, folder: RunFolder, texts: list[str], top: int) -> list[Answer]:
    """Returns an answer for each text; none for an empty one."""
    from ftlib.models.inference import predict as predict_ids

    tokenizer = load_run_tokenizer(folder)
    filled_texts = [text for text in texts if text]
    outputs = []
    if filled_texts:
        outputs = predict_ids(model, tokenizer.encode(filled_texts, folder.image_shape[0]))
    errors = ["" if text else "an empty text" for text in texts]
    return _make_answers(folder, texts, errors, outputs, top)


def _predict_sounds(model: keras.Model, folder: RunFolder, files: list[pathlib.Path], top: int) -> list[Answer]:
    from ftlib.app.sound_runs import read_sounds_to_predict
    from ftlib.models.inference import predict as predict_waveforms

    waveforms, errors = read_sounds_to_predict(folder, files)
    outputs = predict_waveforms(model, waveforms) if len(waveforms) else []
    return _make_answers(folder, files, errors, outputs, top)


def has_boxes(folder: RunFolder) -> bool:
    """Returns whether the model of a run finds boxes."""
    return folder.config.data.target == "boxes"


def _require_threshold(folder: RunFolder, threshold: float | None) -> None:
    if threshold is None:
        return
    if not has_boxes(folder):
        raise ValueError(f"--threshold is for boxes, and this model answers with {folder.target.nouns}. Leave it out.")
    if not 0 < threshold <= 1:
        raise ValueError(f"--threshold lies above 0 and is at most 1. Received: --threshold {threshold:g}.")


def _predict_boxes(
    model: keras.Model, folder: RunFolder, files: list[pathlib.Path], top: int, threshold: float
) -> list[Answer]:
    """Returns for each picture the boxes that the model finds, in pixels of the file."""
    from ftlib.app.box_answers import box_answer, find_boxes
    from ftlib.tasks.folder.decode import map_in_threads

    errors = map_in_threads(_reading_error, files)
    readable_files = [file for file, error in zip(files, errors, strict=True) if not error]
    detections_and_sizes = iter(())
    if readable_files:
        detections_and_sizes = zip(*find_boxes(model, readable_files, folder.image_shape, threshold), strict=True)
    answers = []
    for file, error in zip(files, errors, strict=True):
        if error:
            answers.append(Answer(str(file), error=error))
        else:
            answers.append(Answer(str(file), *box_answer(*next(detections_and_sizes), folder.class_names)))
    return answers


def _predict_pictures(model: keras.Model, folder: RunFolder, files: list[pathlib.Path], top: int) -> list[Answer]:
    from ftlib.models.inference import predict as predict_images
    from ftlib.tasks.folder.decode import FolderImages, map_in_threads

    errors = map_in_threads(_reading_error, files)
    readable_files = [file for file, error in zip(files, errors, strict=True) if not error]
    outputs = []
    if readable_files:
        height, width, channels = folder.image_shape
        outputs = predict_images(model, FolderImages(readable_files, (height, width), channels))
    return _make_answers(folder, files, errors, outputs, top)


def _make_answers(
    folder: RunFolder, inputs: Sequence[Any], errors: Sequence[str], outputs: Iterable[Any], top: int
) -> list[Answer]:
    """Returns an `Answer` for each input; the model's outputs are those of the inputs without an error."""
    objective, names = folder.objective, folder.class_names
    next_outputs = iter(outputs)
    answers = []
    for one_input, error in zip(inputs, errors, strict=True):
        if error:
            answers.append(Answer(str(one_input), error=error))
            continue
        output = next(next_outputs)
        cells = objective.answer_cells(output, names, top)
        answers.append(Answer(str(one_input), cells, objective.answer_record(output, names, top)))
    return answers


def find_input_files(folder: RunFolder, paths: Iterable[pathlib.Path]) -> list[pathlib.Path]:
    """Returns the files whose pictures, texts or sounds a run is to answer, in the order of `paths`.

    Raises:
        FileNotFoundError: For a path where nothing is.
        ValueError: For a folder without pictures, or for any where texts are expected.
    """
    if folder.noun != "text":
        return find_files(paths, SOUND if folder.noun == "sound" else PICTURE)
    files = list(paths)
    for file in files:
        if file.is_dir():
            raise ValueError(f"The run answers texts, of CSV files or of text files. Received: the folder {file}.")
        if not file.exists():
            raise FileNotFoundError(f"There is no file {str(file)!r} of texts.")
    return files


def find_files(paths: Iterable[pathlib.Path], kind: FileKind) -> list[pathlib.Path]:
    """Returns the files that are named, and those of a kind below the folders that are named, in the order of `paths`.

    Raises:
        FileNotFoundError: For a path where nothing is.
        ValueError: For a folder without pictures, or sounds.
    """
    files = []
    for path in paths:
        if not path.exists():
            raise FileNotFoundError(f"There is no {kind.noun} or folder {str(path)!r}.")
        if not path.is_file() and not path.is_dir():
            raise ValueError(f"{str(path)!r} is neither a {kind.noun} nor a folder.")
        files_here = [path] if path.is_file() else list(walk_files(path, kind, links=True))
        if not files_here:
            raise ValueError(f"The folder {str(path)!r} has no {kind.noun}s, at any depth.")
        files += files_here
    return files


def find_picture_files(paths: Iterable[pathlib.Path]) -> list[pathlib.Path]:
    """Returns the files that are named, and the pictures below the folders that are named; see `find_files`."""
    return find_files(paths, PICTURE)


def require_writable(out: pathlib.Path | None, pictures: Iterable[pathlib.Path]) -> None:
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
    if out.exists() and any(out.samefile(picture) for picture in pictures):
        raise ValueError(f"--out would write over {out}, which is to be read. Name another file.")
    if out.is_file() and out.suffix.lower() not in _ANSWER_SUFFIXES:
        suffixes = ", ".join(_ANSWER_SUFFIXES)
        raise ValueError(f"--out would write over {out}, which is not a file of answers ({suffixes}).")


def _reading_error(file: pathlib.Path) -> str:
    """Returns why a file is not a picture; empty if it is one."""
    from ftlib.tasks.folder.decode import read_picture

    if file.is_dir():
        return "a folder that cannot be read"
    try:
        read_picture(file, at_least=64)
    except ValueError as error:
        return str(error)
    return ""


def format_answers(predictions: Predictions, answer_format: str) -> str:
    """Returns answers as text.

    Args:
        predictions: As from `predict`.
        answer_format: One of `ANSWER_FORMATS`.
    """
    columns, answers, noun = predictions
    if answer_format == "csv" and any("boxes" in answer.record for answer in answers):
        return _format_csv([[noun, *BOX_COLUMNS, "error"], *box_rows(answers)])
    if answer_format == "json":
        return json.dumps([answer.to_dict(noun) for answer in answers], indent=1, ensure_ascii=False)

    header = [noun, *(column.title for column in columns)]
    rows = [_cells(answer, columns, answer_format) for answer in answers]
    if answer_format == "csv" or any(answer.error for answer in answers):
        header.append("error")
        rows = [[*row, answer.error] for row, answer in zip(rows, answers, strict=True)]

    if answer_format == "csv":
        return _format_csv([header, *rows])
    number_columns = [i for i, column in enumerate(columns, start=1) if column.is_number]
    return format_table([header, *rows], right=number_columns)


def _format_csv(rows: Sequence[Sequence[Any]]) -> str:
    csv_text = io.StringIO()
    csv.writer(csv_text, lineterminator="\n").writerows(rows)
    return csv_text.getvalue().rstrip("\n")


def _cells(answer: Answer, columns: tuple[AnswerColumn, ...], answer_format: str) -> list[str]:
    """Returns the picture and the cells of its answer as texts; empty ones for a picture that could not be read."""
    if not answer.cells:
        return [answer.picture, *[""] * len(columns)]
    return [answer.picture, *(_format_cell(*pair, answer_format) for pair in zip(answer.cells, columns, strict=True))]


def _format_cell(value: Any, column: AnswerColumn, answer_format: str) -> str:
    if not column.is_number:
        return str(value)
    if column.decimals is None:
        return f"{value:.6g}"
    return f"{value:.{column.decimals[answer_format == 'csv']}f}"
