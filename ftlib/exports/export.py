"""A tuned model in the format that its next home takes, each proved in its own runtime on real images."""

import dataclasses
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, NotRequired, TypedDict

import keras
import numpy as np

from ftlib.exports.formats import FORMATS, check_formats
from ftlib.files import is_picture, visible_entries
from ftlib.models.inference import fingerprint_model, take_inputs
from ftlib.models.keras_internals import flatten_layers
from ftlib.objectives.classification import Classification
from ftlib.objectives.detection import Detection
from ftlib.objectives.regression import Regression
from ftlib.tasks.inputs import INPUT_NOUNS, check_inputs
from ftlib.text import format_file_size

if TYPE_CHECKING:
    from ftlib.evidence.run import Run

TOLERANCE = 0.01  # of a probability. Other kernels sum in another order (1e-6); a wrong conversion is off by far more
DEFAULT_IMAGE_COUNT = 32  # that the formats are compared on
_SCRIPT = pathlib.Path(__file__).with_name("runtimes.py")
_BOXES_ALONE = pathlib.Path(__file__).with_name("boxes_alone.py")
_BOXES_FILE = "boxes.py"  # beside an exported detector: from pictures to numbers, and from numbers to boxes
_LAST_ERROR_LINES = 12  # that are shown of a process that failed


class ExportRow(TypedDict):
    """What is recorded of an exported file.

    Attributes:
        format: Name of the format.
        path: Of the file, or folder, in the folder of the export.
        bytes: Its size.
        runtime: The runtime that it was loaded in, with its version.
        images: How many images it answered.
        same: How many of them got the same answer from the trained model: the same class, the same labels, numbers that
            differ by no more than a hundredth of their deviation.
        difference: The largest difference between two probabilities; of numbers, in their deviations.
        load_s, first_s: Seconds to load, with the runtime itself, and to the first answer.
        median_ms, slow_ms: Milliseconds of one image, and of the slowest of 20.
        cores: Of the machine.
        checksum: Of the model; in `export.json` only.
    """

    format: str
    path: str
    bytes: int
    runtime: str
    images: int
    same: int
    difference: float
    load_s: float
    first_s: float
    median_ms: float
    slow_ms: float
    cores: int
    checksum: NotRequired[str]


class _ReferenceAnswers(NamedTuple):
    """What every format has to answer: the images `(n, height, width, channels)`, and the trained model's answers."""

    images: np.ndarray
    outputs: np.ndarray


@dataclasses.dataclass(frozen=True, repr=False)
class Export:
    """What `export` returns; it prints as a table.

    Attributes:
        folder: Where the files are, with `export.json`, which tells a program what goes in and what comes out.
        rows: One dict per format, with the keys of `ExportRow`.
    """

    folder: pathlib.Path
    rows: list[ExportRow]

    @property
    def cores(self) -> int:
        """Of the machine that the times were measured on."""
        return self.rows[0]["cores"]

    def __repr__(self):
        head = f"{'format':<12}{'size':>10}{'load':>9}{'one example':>12}{'slow (1 in 20)':>16}  same answers"
        lines = [
            f"{row['format']:<12}{format_file_size(row['bytes']):>10}{row['load_s']:>7.1f} s{row['median_ms']:>9.1f} ms"
            f"{row['slow_ms']:>13.1f} ms  {row['same']} of {row['images']}, to {row['difference']:.0e}; "
            f"{row['runtime']}"
            for row in self.rows
        ]
        note = f"Load: with the import of its runtime. One example at a time on the processor, {self.cores} cores."
        return "\n".join([head, *lines, note, f"In {self.folder}"])


def export(
    run: "Run",
    folder: str | os.PathLike,
    formats: str | Sequence[str] = ("keras",),
    images: Any = None,
    say: Callable[[str], Any] | None = None,
) -> Export:
    """Writes a tuned model in other formats, and proves each on real images in the runtime that it is meant for.

    Each file is loaded in a process of its own, which imports the runtime and nothing of `ftlib`, and answers the
    images one by one on the processor. It is put in its place only if its answers are those of the trained model; a
    file that is there stays until then.

    Beside a detector lies `boxes.py`: how a picture becomes what goes in, and what comes out becomes boxes in its
    pixels, with NumPy and Pillow alone.

    Args:
        run: A `Run`.
        folder: Where to write. It is made if it is missing.
        formats: Of `"keras"`, `"savedmodel"`, `"onnx"` and `"litert"`; a name or several. Default: Keras alone, which
            needs nothing more.
        images: Pixels 0-255, `(n, height, width, channels)` of the model's size, to compare on; for a run on texts
            token ids `(n, length)`, for one on sounds waveforms `(n, samples)`. Default None: 32 test examples of the
            run's task.
        say: Function that is told what happens, such as `print`. Default None: nobody.

    Returns:
        An `Export`.

    Raises:
        ValueError: For an unknown format, a folder that is a file, images of another size, or none to compare on.
        ImportError: For a format whose converter or runtime is not installed, before anything is written.
        RuntimeError: If a conversion fails, or its answers are not those of the trained model.

    Example:
    >>> task = ft.load_task("digits", labels_per_class=10)
    >>> model = ft.classifier(ft.load_backbone("glyphnet"), task.num_classes)
    >>> run = ft.fit(model, task, "feature_extraction", updates=60, verbose=False)
    >>> export(run, "exported", "savedmodel").rows[0]["same"]  # doctest: +SKIP
    32
    """
    formats = check_formats(formats)
    folder = _check_folder(folder)
    say = say or _say_nothing
    objective = _objective_of(run)
    compared_images = _compared_images(run, images)
    reference = _ReferenceAnswers(compared_images, run.predict(compared_images))
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".part-") as work_path:
        work_folder = pathlib.Path(work_path)
        modules = _modules_of(run.model)
        np.save(work_folder / "images.npy", reference.images)
        _write_formats(run.model, formats, work_folder, modules, say)
        rows = []
        for name in formats:
            say(f"{name}: answering {len(reference.images)} {INPUT_NOUNS[run.kind]} in its own runtime")
            rows.append(_prove_format(name, work_folder, reference.outputs, modules, objective))
        for row in rows:
            _move_into_place(work_folder / row["path"], folder / row["path"])
        if isinstance(objective, Detection):
            shutil.copyfile(_BOXES_ALONE, work_folder / _BOXES_FILE)
            _move_into_place(work_folder / _BOXES_FILE, folder / _BOXES_FILE)
        _move_into_place(_write_description(run, rows, work_folder, folder, objective), folder / "export.json")
    return Export(folder, rows)


def _objective_of(run):
    """Returns what a run predicts; a ValueError where its task alone could say that."""
    if run.task is None and run.headline.name == Classification().headline.name:
        return Classification()
    return run.objective


def _say_nothing(line):
    pass


def load_exports(folder: str | os.PathLike) -> list[ExportRow]:
    """Returns the rows of `export.json` in a folder, as in `Export.rows`, or an empty list where there is none.

    Args:
        folder: The folder that `export` wrote to.
    """
    path = pathlib.Path(folder) / "export.json"
    try:
        return json.loads(path.read_text(encoding="utf-8"))["files"]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _check_folder(folder):
    """Returns the path of a folder that can be written to and holds no pictures."""
    folder = pathlib.Path(folder)
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"`folder` is a folder to write to. Received: the file {folder}.")
    if folder.is_dir() and any(map(is_picture, filter(pathlib.Path.is_file, visible_entries(folder)))):
        raise ValueError(f"`folder` is a folder of its own, and {folder} holds pictures. Name another one.")
    return folder


def _compared_images(run, images):
    """Returns the images (`float32`) or texts (ids) to compare the formats on: those given, else some of the test."""
    if images is None:
        if run.task is None:
            raise ValueError(
                "An export is compared on real examples, and this run was loaded without its data. Use "
                "ft.load_run(run_dir, task=...), or give `images`."
            )
        test_images = run.task.test.images
        # Spread over the whole split, which may be sorted by class.
        images = test_images[np.unique(np.linspace(0, len(test_images) - 1, DEFAULT_IMAGE_COUNT).astype(int))]
    check_inputs(images, run.kind, "")
    inputs = take_inputs(images, np.arange(len(images)))
    if inputs.shape[1:] != run.image_shape:
        raise ValueError(
            f"Expected {INPUT_NOUNS[run.kind]} of the model's size, {run.image_shape}. Received: {inputs.shape[1:]}."
        )
    return inputs


def _modules_of(model):
    """Returns the packages besides Keras that a process must import before it can load the model, with commas."""
    packages = {type(layer).__module__.partition(".")[0] for layer in flatten_layers(model)}
    return ",".join(sorted(packages - {"keras", "ftlib"}))


def _write_formats(model, formats, work_folder, modules, say):
    """Writes a model as `.keras`, which every format is converted from, and in the formats."""
    source_path = work_folder / FORMATS["keras"].file
    model.save(source_path)
    path_of_format = {name: str(work_folder / FORMATS[name].file) for name in formats if name != "keras"}
    if path_of_format:
        say(f"converting to {', '.join(path_of_format)}")
        arguments = ["convert", str(source_path), json.dumps(path_of_format), modules]
        # A .keras file opens with any backend, and only TensorFlow's writes every format.
        _run_script("The conversion", arguments, backend="tensorflow")


def _run_script(what, arguments, backend):
    """Runs the script of the runtimes on the processor alone.

    Raises:
        RuntimeError: If it fails, with the last lines that it wrote.
    """
    # On the processor, so that formats are compared on equal terms and leave the memory of a GPU alone.
    environment = {
        **os.environ,
        "KERAS_BACKEND": backend,
        "CUDA_VISIBLE_DEVICES": "-1",
        "JAX_PLATFORMS": "cpu",
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    process = subprocess.run(
        [sys.executable, "-P", str(_SCRIPT), *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
    )
    if process.returncode:
        reason = "the last it said was"
        if process.returncode < 0:
            reason = f"it was ended by signal {-process.returncode}; out of memory?"
        last_lines = "\n".join(process.stderr.strip().splitlines()[-_LAST_ERROR_LINES:])
        raise RuntimeError(f"{what} failed: {reason}\n{last_lines}")


def _prove_format(name, work_folder, expected, modules, objective):
    """Returns the row of a format after comparing its outputs with those of the trained model, `(n, ...)`."""
    file_name = FORMATS[name].file
    model_path, answers_path = work_folder / file_name, work_folder / "answers.npz"
    needed_modules = modules if name == "keras" else ""
    arguments = ["run", name, str(model_path), str(work_folder / "images.npy"), str(answers_path), needed_modules]
    _run_script(f"Loading and running {file_name}", arguments, keras.backend.backend())
    with np.load(answers_path) as stored:
        answers, facts = stored["answers"], json.loads(str(stored["facts"]))
    if answers.shape != expected.shape:
        raise RuntimeError(f"{name} gives answers {answers.shape}, the trained model {expected.shape}.")
    difference = objective.output_difference(answers, expected)
    same_count = int(objective.same_answers(answers, expected).sum())
    if not difference <= TOLERANCE:  # a NaN is no agreement
        what = "numbers, in their deviations," if isinstance(objective, Regression) else "probabilities"
        raise RuntimeError(
            f"{name} was converted but does not give the answers of the trained model: {what} differ by "
            f"{difference:.2g} (allowed: {TOLERANCE}), {same_count} of {len(expected)} examples get the same answer. "
            "Nothing was written. Export to another format."
        )
    return ExportRow(
        format=name,
        bytes=_size_in_bytes(model_path),
        runtime=facts["runtime"],
        load_s=facts["load_s"],
        first_s=facts["first_s"],
        median_ms=float(np.median(facts["calls_ms"])),
        slow_ms=float(np.percentile(facts["calls_ms"], 95)),
        cores=os.cpu_count() or 1,
        images=len(expected),
        same=same_count,
        difference=difference,
        path=file_name,
    )


def _size_in_bytes(path):
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    return sum(file.stat().st_size for file in files)


def _write_description(run, rows, work_folder, folder, objective):
    """Writes what a program must know to use the files in a folder, and returns the path."""
    checksum = fingerprint_model(run.model)
    exported_formats = {row["format"] for row in rows}
    # What was exported before stays listed while it is the same model.
    earlier_rows = [
        row
        for row in load_exports(folder)
        if row.get("checksum") == checksum and row["format"] not in exported_formats and (folder / row["path"]).exists()
    ]
    description = {
        "predicts": objective.name,
        "classes": list(run.class_names),
        "input": _describe_input(run),
        "output": {
            "shape": list(run.model.output_shape),
            "names": list(objective.output_names(run.class_names)),
            "meaning": objective.describe_outputs(run.class_names),
            **({"decoded_by": f"{_BOXES_FILE}, find"} if isinstance(objective, Detection) else {}),
        },
        "files": [*earlier_rows, *({**row, "checksum": checksum} for row in rows)],
    }
    path = work_folder / "export.json"
    path.write_text(json.dumps(description, indent=1, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n")
    return path


def _describe_input(run):
    """Returns what goes into a model, as plain data."""
    if run.kind == "text":
        tokenizer = None if run.task is None else run.task.tokenizer
        marks = "" if tokenizer is None else f"; they begin with {tokenizer.start_id} and end with {tokenizer.end_id}"
        return {
            "shape": [None, *run.image_shape],
            "dtype": "int32",
            "order": "batch, tokens",
            "tokens": f"ids of pieces, the lines of vocabulary.txt counted from 0{marks}; filled up with 0, or cut",
        }
    if run.kind == "audio":
        rate = 0 if run.task is None else run.task.sample_rate
        sound = f"one channel{f' at {rate:,} samples per second' if rate else ''}, floats from -1 to 1"
        return {
            "shape": [None, *run.image_shape],
            "dtype": "float32",
            "order": "batch, samples",
            "sound": f"{sound}; cut at its end or filled up with zeros; the model makes the spectrogram itself",
        }
    height, width, channels = run.image_shape
    return {
        "shape": [None, height, width, channels],
        "dtype": "float32",
        "order": "batch, height, width, channels",
        "pixels": f"{'grey' if channels == 1 else 'RGB'}, 0 to 255; the model scales them itself",
        **({"made_by": f"{_BOXES_FILE}, prepare"} if isinstance(_objective_of(run), Detection) else {}),
    }


def _move_into_place(new_path, final_path):
    """Puts a file or a folder in its place; what stood there goes only once the new one is complete."""
    if final_path.is_dir():  # a folder that holds files cannot be replaced at once
        old_path = new_path.with_name(f"old-{final_path.name}")
        os.replace(final_path, old_path)
        os.replace(new_path, final_path)
        shutil.rmtree(old_path)
    else:
        os.replace(new_path, final_path)
