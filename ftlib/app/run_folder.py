"""The folder of a run: what was asked and chosen, which picture is in which split, and what came of it.

| file | what |
|---|---|
| `config.json` | everything that repeats the run: `ftlib fit --config RUN/config.json` |
| `data.csv` | every picture with its label, split and checksum |
| `findings.json` | what the check of the data found |
| `model.keras` | the trained model, which opens without ftlib: `keras.models.load_model` |
| `class_names.json` | the names of its outputs, in order |
| `run.json` | the record of the training: `ftlib.load_run` |
| `metrics.json` | how good it is, with intervals |
| `report.html` | the report |
| `start.keras`, `checkpoint*.npz`, `cache/`, `pixels/` | while it trains: from where it goes on |
"""

import contextlib
import csv
import dataclasses
import os
import pathlib
import re
import shutil

from ftlib.app.run_files import COLUMNS, digests_of, is_locked, read_json, write_json
from ftlib.files import LOCK
from ftlib.text import format_command

FORMAT = 1
# Names that Windows keeps for devices: a run has to be able to move there.
_RESERVED = {"CON", "PRN", "AUX", "NUL", *(f"{port}{i}" for port in ("COM", "LPT") for i in range(1, 10))}
_WHILE_TRAINING = ("start.keras", "checkpoint.npz", "checkpoint-before.npz")


@dataclasses.dataclass(frozen=True)
class Row:
    """One picture of a run, a line of `data.csv`; its path is relative to the folder of the pictures, with slashes."""

    path: str
    label: str
    split: str
    group: str
    sha256: str


class RunFolder:
    """A folder that `ftlib fit` wrote.

    Args:
        path: The folder.
        config: The configuration of a run that is just being made. Default None: that of `config.json`.

    Attributes:
        path: `pathlib.Path`.
        config: The content of `config.json`.

    Raises:
        FileNotFoundError: If it is no such folder.
        ValueError: If its configuration cannot be read.
    """

    def __init__(self, path, config=None):
        self.path, self.config = pathlib.Path(path), config
        if config is not None:
            return
        if not self.path.is_dir():
            raise FileNotFoundError(f"There is no run {str(path)!r}. `ftlib runs` lists those that there are.")
        if not (self.path / "config.json").is_file():
            raise FileNotFoundError(
                f"{str(path)!r} is no folder of `ftlib fit`: config.json is missing. `ftlib runs` lists those that are."
            )
        self.config = read_config(self.path / "config.json")

    @property
    def finished(self):
        """Whether the training has ended."""
        return (self.path / "run.json").is_file() and (self.path / "model.keras").is_file()

    @property
    def status(self):
        """`"finished"`, `"running"` in some process, or `"stopped"`."""
        return "finished" if self.finished else "running" if is_locked(self.path) else "stopped"

    @property
    def repeat(self):
        """The command that does the run again, from wherever its folder is now."""
        return format_command("fit", "--config", self.path / "config.json")

    def unfinished(self):
        """Returns a sentence on a run that is not finished, and how it will be."""
        if self.status == "running":
            return f"The run in {self.path} is being trained. Wait until it has ended."
        return f"The run in {self.path} was stopped. Finish it: {format_command('fit', '--resume', self.path)}"

    @property
    def image_shape(self):
        """`(height, width, channels)` of the images that the model takes."""
        return tuple(self.config["model"]["image_shape"])

    @property
    def class_names(self):
        """The classes, in the order of the model's outputs."""
        return tuple(self.config["data"]["class_names"])

    def rows(self):
        """Returns the pictures of the run, a list of `Row`."""
        with open(self.path / "data.csv", encoding="utf-8", errors="surrogateescape", newline="") as file:
            reader = csv.reader(file)
            if tuple(next(reader, ())) != COLUMNS:
                raise ValueError(f"{self.path / 'data.csv'} has other columns than {', '.join(COLUMNS)}.")
            return [Row(*line) for line in reader]

    def root(self):
        """Returns the folder below which the pictures lie."""
        text = self.config["data"]["path"]
        place = pathlib.Path(text)
        if os.name != "nt" and re.match(r"[A-Za-z]:[\\/]|\\\\", text):  # written on Windows
            place = pathlib.PureWindowsPath(text)
        return pathlib.Path(str(place.parent if self.config["data"]["table"] else place))

    def move(self, data):
        """Writes down that the pictures are elsewhere now, after comparing all with their checksums.

        Args:
            data: The folder, or the CSV file, where they are now.

        Raises:
            FileNotFoundError, ValueError: If they are not the pictures of the run.
        """
        from ftlib.files import find_path

        before, data = dict(self.config["data"]), pathlib.Path(os.path.abspath(find_path(data)))
        self.config["data"] |= {"path": str(data), "table": data.is_file()}
        try:
            self.task(check=True)
        except (OSError, ValueError):
            self.config["data"] = before
            raise
        with contextlib.suppress(PermissionError):  # the answer does not depend on whether the next one is told
            self.save_config()

    def task(self, check=False):
        """Returns the `Task` of the run, each picture in the split where it was.

        Args:
            check: Whether to read every file and compare it with its checksum.

        Raises:
            FileNotFoundError: If pictures are missing.
            ValueError: If pictures have changed.
        """
        from ftlib.files import FileFinder, distinct_names
        from ftlib.tasks.folder.load import LICENCE, PARTS, make_splits
        from ftlib.tasks.task import Task

        root, rows, known = self.root(), self.rows(), self.config["data"]
        finder = FileFinder(root)
        files = [finder.find(row.path) for row in rows]
        missing = [row.path for row, file in zip(rows, files, strict=True) if not file.is_file()]
        if missing:
            where = ("evaluate", self.path, "--data", "FOLDER")
            if not self.finished:
                where = ("fit", "FOLDER", "--resume", self.path)
            raise FileNotFoundError(
                f"{len(missing)} of the {len(rows)} pictures of {self.path} are not in {root}, such as {missing[0]}. "
                f"Put them back; or, if they have moved: {format_command(*where)}"
            )
        if check:
            digests = digests_of(files)
            changed = [row.path for row, digest in zip(rows, digests, strict=True) if row.sha256 != digest]
            if changed:
                raise ValueError(
                    f"{len(changed)} of the {len(rows)} pictures of {self.path} have changed since, such as "
                    f"{changed[0]}. Put them back, or begin a new run."
                )
        parts, groups = {part: [] for part in PARTS}, {}
        names = distinct_names([file.relative_to(root).as_posix() for file in files])
        for row, file, name in zip(rows, files, names, strict=True):
            parts[row.split].append((name, row.split, row.label, file))
            if row.group:
                groups[name] = row.group
        size = tuple(self.config["model"]["image_shape"][:2])
        keep = None if self.finished else self.path / "pixels"
        splits = make_splits(parts, self.class_names, groups, size, cache_dir=keep)
        return Task(
            name=known["name"],
            **splits,
            class_names=self.class_names,
            source=known["source"],
            licence=LICENCE,
            mirror=self.config["training"]["mirror"],
            notes=tuple(self.config["notes"]),
        )

    def run(self):
        """Returns the finished `Run`, with its task."""
        from ftlib.evidence.run import load_run

        if not self.finished:
            raise ValueError(self.unfinished())
        return load_run(self.path).with_task(self.task())  # its pictures by their checksums, if anybody asks

    def save_config(self):
        write_json(self.path / "config.json", self.config)

    def clear(self):
        """Removes what was needed while the run trained."""
        for name in (
            *_WHILE_TRAINING,
            "part-checkpoint.npz",
            "part-model.keras",
            "part-run.json",
            "part-start.keras",
            "damaged-checkpoint.npz",
            "damaged-checkpoint-before.npz",
        ):
            (self.path / name).unlink(missing_ok=True)
        for name in ("cache", "pixels"):
            shutil.rmtree(self.path / name, ignore_errors=True)

    def begin_anew(self):
        """Removes the checkpoints, so that the training starts from the beginning."""
        for name in _WHILE_TRAINING[1:]:
            (self.path / name).unlink(missing_ok=True)


def read_config(path):
    """Returns a configuration as `fit` wrote it.

    Raises:
        FileNotFoundError: If there is none.
        ValueError: If it is none.
    """
    try:
        config = read_json(pathlib.Path(path))
        if config["format"] != FORMAT:
            raise ValueError(f"it has format {config['format']}, this ftlib reads {FORMAT}")
        for part in ("data", "model", "training", "notes"):
            config[part]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"Cannot read {path} as a configuration of `ftlib fit`: {error}.") from error
    return config


def new_folder(out, name):
    """Makes the folder of a new run and returns it: `out`, or the first free one of `runs/NAME`, `runs/NAME-2`, ...

    From the first moment it holds a file by which ftlib knows that no pictures of a class lie there.

    Raises:
        ValueError: If `out` is a file or a folder with something in it.
        OSError: If it cannot be made or written to.
    """
    if out is None:
        plain = "".join(c if c.isalnum() or c in "-_." else "-" for c in name).strip(".-") or "run"
        if plain.partition(".")[0].upper() in _RESERVED:
            plain = f"run-{plain}"
        number = 1
        while True:
            out = pathlib.Path("runs") / (plain if number == 1 else f"{plain}-{number}")
            try:
                out.mkdir(parents=True)
                (out / LOCK).touch()
                return out
            except FileExistsError:
                number += 1
            except PermissionError as error:
                raise PermissionError(13, "No permission to write here; name a folder with --out", str(out)) from error
    out = pathlib.Path(out).expanduser()
    if out.exists() and (not out.is_dir() or any(entry.name != LOCK for entry in out.iterdir())):
        what = "a run: go on with --resume" if (out / "config.json").exists() else "something else"
        raise ValueError(f"--out is a new or an empty folder. Received: {out}, which holds {what}.")
    out.mkdir(parents=True, exist_ok=True)
    if not os.access(out, os.W_OK):
        raise PermissionError(13, "No permission to write into the folder of the run", str(out))
    (out / LOCK).touch()
    return out
