"""A tuned model in the format that its next home takes, each proved in its own runtime on real images."""

import dataclasses
import importlib.util
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import keras
import numpy as np

from ftlib.errors import find_name
from ftlib.files import is_picture, visible_entries
from ftlib.models.inference import fingerprint_model
from ftlib.models.keras_internals import flatten_layers
from ftlib.tasks.task import check_pixels

TOLERANCE = 0.01  # of a probability. Other kernels sum in another order (1e-6); a wrong conversion is off by far more
IMAGES = 32
_SCRIPT = pathlib.Path(__file__).with_name("runtimes.py")


@dataclasses.dataclass(frozen=True)
class Format:
    """A format to export to.

    Attributes:
        file: Name of the file, or folder, that is written.
        needs: Modules that convert to it and run it.
        extra: The extra of `ftlib` that installs them; None for what comes with `ftlib`.
        use: Where it is meant to run.
    """

    file: str
    needs: tuple
    extra: str | None
    use: str


FORMATS = {
    "keras": Format("model.keras", (), None, "Python; can be trained further"),
    "savedmodel": Format("savedmodel", ("tensorflow",), None, "servers with TensorFlow"),
    "onnx": Format("model.onnx", ("tensorflow", "tf2onnx", "onnx", "onnxruntime"), "onnx", "servers, other languages"),
    "litert": Format("model.tflite", ("tensorflow",), None, "phones, small boards"),
}


@dataclasses.dataclass(frozen=True, repr=False)
class Export:
    """What `export` returns; it prints as a table.

    Attributes:
        folder: Where the files are, with `export.json`, which tells a program what goes in and what comes out.
        rows: One dict per format: `format`, `path`, `bytes`, `runtime`, `images` (compared), `same` (images with the
            same answer as the trained model), `difference` (the largest of a probability), `load_s` and `first_s`
            (seconds to load, with the runtime itself, and to the first answer), `median_ms` and `slow_ms` (of one
            image, and the slowest of 20), `cores` of the machine.
    """

    folder: pathlib.Path
    rows: list

    @property
    def cores(self):
        """Of the machine that the times were measured on."""
        return self.rows[0]["cores"]

    def __repr__(self):
        head = f"{'format':<12}{'size':>10}{'load':>9}{'one image':>12}{'slow (1 in 20)':>16}  same answers"
        lines = [
            f"{r['format']:<12}{size_text(r['bytes']):>10}{r['load_s']:>7.1f} s{r['median_ms']:>9.1f} ms"
            f"{r['slow_ms']:>13.1f} ms  {r['same']} of {r['images']}, to {r['difference']:.0e}; {r['runtime']}"
            for r in self.rows
        ]
        told = f"Load: with the import of its runtime. One image at a time on the processor, {self.cores} cores."
        return "\n".join([head, *lines, told, f"In {self.folder}"])


def export(run, folder, formats=("keras",), images=None, say=None):
    """Writes a tuned model in other formats, and proves each on real images in the runtime that it is meant for.

    Each file is loaded in a process of its own, which imports the runtime and nothing of `ftlib`, and answers the
    images one by one on the processor. It is put in its place only if its answers are those of the trained model; a
    file that is there stays until then.

    Args:
        run: A `Run`.
        folder: Where to write. It is made if it is missing.
        formats: Of `"keras"`, `"savedmodel"`, `"onnx"` and `"litert"`; a name or several. Default: Keras alone, which
            needs nothing more.
        images: Pixels 0-255, `(n, height, width, channels)` of the model's size, to compare on. Default None: 32 test
            images of the run's task.
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
    folder = pathlib.Path(folder)
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"`folder` is a folder to write to. Received: the file {folder}.")
    if folder.is_dir() and any(map(is_picture, filter(pathlib.Path.is_file, visible_entries(folder)))):
        raise ValueError(f"`folder` is a folder of its own, and {folder} holds pictures. Name another one.")
    say = say or (lambda line: None)
    images = _images(run, images)
    expected = run.predict(images)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".part-") as work:
        work = pathlib.Path(work)
        source = work / FORMATS["keras"].file
        run.model.save(source)
        np.save(work / "images.npy", images)
        modules = _modules_of(run.model)
        wanted = {name: str(work / FORMATS[name].file) for name in formats if name != "keras"}
        if wanted:
            say(f"converting to {', '.join(wanted)}")
            # A .keras file opens with any backend, and only TensorFlow's writes every format.
            _process("The conversion", ["convert", str(source), json.dumps(wanted), modules], "tensorflow")
        rows = []
        for name in formats:
            say(f"{name}: answering {len(images)} images in its own runtime")
            rows.append(_proved(name, work, expected, modules))
        for row in rows:
            final = folder / FORMATS[row["format"]].file
            _place(work / final.name, final)
            row["path"] = final.name
        _place(_described(run, rows, work, folder), folder / "export.json")
    return Export(folder, rows)


def check_formats(formats):
    """Returns the formats as a tuple of names, each once, after looking whether all of them can be written here.

    Raises:
        ValueError: For none, or an unknown one.
        ImportError: For one whose converter or runtime is not installed; it names what to install.

    Example:
    >>> check_formats("keras")
    ('keras',)
    """
    formats = [formats] if isinstance(formats, str) else formats
    formats = tuple(dict.fromkeys(find_name("format", name, FORMATS) for name in formats))
    if not formats:
        raise ValueError(f"Expected at least one format of {', '.join(FORMATS)}. Received: none.")
    for name in formats:
        missing = [module for module in FORMATS[name].needs if importlib.util.find_spec(module) is None]
        if missing:
            extra = FORMATS[name].extra
            way = f'pip install "ftlib[{extra}]"' if extra else f"pip install {' '.join(missing)}"
            raise ImportError(f"The format {name!r} needs {', '.join(missing)}, not installed here: {way}.")
    return formats


def size_text(count):
    """Returns bytes as people say them.

    Example:
    >>> size_text(2_517_000)
    '2.5 MB'
    """
    for unit, size in (("GB", 1e9), ("MB", 1e6)):
        if count >= 0.95 * size:
            return f"{count / size:.1f} {unit}"
    return f"{count / 1e3:.0f} kB"


def _images(run, images):
    if images is None:
        if run.task is None:
            raise ValueError(
                "An export is compared on real images, and this run was loaded without its data. Use "
                "ft.load_run(run_dir, task=...), or give `images`."
            )
        test = run.task.test.images
        # Spread over the whole split, which may be sorted by class.
        images = test[np.unique(np.linspace(0, len(test) - 1, IMAGES).astype(int))]
    check_pixels(images)
    images = np.asarray(images[np.arange(len(images))], "float32")
    if images.shape[1:] != run.image_shape:
        raise ValueError(f"Expected images of the model's size, {run.image_shape}. Received: {images.shape[1:]}.")
    return images


def _modules_of(model):
    """Returns the packages besides Keras that a process must import before it can load the model, with commas."""
    packages = {type(layer).__module__.partition(".")[0] for layer in flatten_layers(model)}
    return ",".join(sorted(packages - {"keras", "ftlib"}))


def _process(what, arguments, backend):
    """Runs the script of the runtimes on the processor alone; says why if it fails."""
    # On the processor, so that formats are compared on equal terms and leave the memory of a GPU alone.
    environment = {
        **os.environ,
        "KERAS_BACKEND": backend,
        "CUDA_VISIBLE_DEVICES": "-1",
        "JAX_PLATFORMS": "cpu",
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    done = subprocess.run(
        [sys.executable, "-P", str(_SCRIPT), *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
    )
    if done.returncode:
        killed = f"it was ended by signal {-done.returncode}; out of memory?" if done.returncode < 0 else ""
        told = "\n".join(done.stderr.strip().splitlines()[-12:])
        raise RuntimeError(f"{what} failed: {killed or 'the last it said was'}\n{told}")


def _proved(name, work, expected, modules):
    """Returns the row of a format after comparing its answers with those of the trained model."""
    path, out = work / FORMATS[name].file, work / "answers.npz"
    needed = modules if name == "keras" else ""
    arguments = ["run", name, str(path), str(work / "images.npy"), str(out), needed]
    _process(f"Loading and running {FORMATS[name].file}", arguments, keras.backend.backend())
    with np.load(out) as stored:
        answers, facts = stored["answers"], json.loads(str(stored["facts"]))
    if answers.shape != expected.shape:
        raise RuntimeError(f"{name} gives answers {answers.shape}, the trained model {expected.shape}.")
    difference = float(np.abs(answers - expected).max())
    same = int((answers.argmax(1) == expected.argmax(1)).sum())
    if not difference <= TOLERANCE:  # a NaN is no agreement
        raise RuntimeError(
            f"{name} was converted but does not give the answers of the trained model: probabilities differ by "
            f"{difference:.2g} (allowed: {TOLERANCE}), {same} of {len(expected)} images get the same class. Nothing "
            "was written. Export to another format."
        )
    calls = facts.pop("calls_ms")
    return {
        "format": name,
        "bytes": _bytes(path),
        **facts,
        "median_ms": float(np.median(calls)),
        "slow_ms": float(np.percentile(calls, 95)),
        "cores": os.cpu_count() or 1,
        "images": len(expected),
        "same": same,
        "difference": difference,
    }


def _bytes(path):
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    return sum(file.stat().st_size for file in files)


def load_exports(folder):
    """Returns the rows of `export.json` in a folder, as in `Export.rows`, or an empty list where there is none.

    Args:
        folder: The folder that `export` wrote to.
    """
    path = pathlib.Path(folder) / "export.json"
    try:
        return json.loads(path.read_text(encoding="utf-8"))["files"]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _described(run, rows, work, folder):
    """Writes what a program must know to use the files in a folder, and returns the path."""
    checksum, now = fingerprint_model(run.model), {row["format"] for row in rows}
    # What was exported before stays listed while it is the same model.
    earlier = [
        row
        for row in load_exports(folder)
        if row.get("checksum") == checksum and row["format"] not in now and (folder / row["path"]).exists()
    ]
    rows = [*earlier, *({**row, "checksum": checksum} for row in rows)]
    height, width, channels = run.image_shape
    path = work / "export.json"
    told = {
        "classes": list(run.class_names),
        "input": {
            "shape": [None, height, width, channels],
            "dtype": "float32",
            "order": "batch, height, width, channels",
            "pixels": f"{'grey' if channels == 1 else 'RGB'}, 0 to 255; the model scales them itself",
        },
        "output": {"shape": [None, len(run.class_names)], "meaning": "probability of each class, in their order"},
        "files": rows,
    }
    path.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n")
    return path


def _place(made, final):
    """Puts a file or a folder in its place; what stood there goes only once the new one is complete."""
    if final.is_dir():  # a folder that holds files cannot be replaced at once
        old = made.with_name(f"old-{final.name}")
        os.replace(final, old)
        os.replace(made, final)
        shutil.rmtree(old)
    else:
        os.replace(made, final)
