"""The folder of a run: what was asked and chosen, which picture is in which split, and the results.

| file | what |
|---|---|
| `config.json` | everything that repeats the run: `ftlib fit --config RUN/config.json` |
| `data.csv` | every picture, text or sound, with its label, split and checksum |
| `findings.json` | what the check of the data found |
| `model.keras` | the trained model, which opens without ftlib: `keras.models.load_model` |
| `class_names.json` | the names of its outputs, in order |
| `vocabulary.txt` | for texts: the pieces that its inputs number, one a line |
| `run.json` | the record of the training: `ftlib.load_run` |
| `metrics.json` | how good it is, with intervals |
| `report.html` | the report |
| `start.keras`, `checkpoint*.npz`, `cache/`, `pixels/` | while it trains: from where it goes on |
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import pathlib
import re
import shutil
from typing import TYPE_CHECKING, NamedTuple

from ftlib.app.run_config import RunConfig, read_config
from ftlib.app.run_files import PictureRow, is_locked, read_picture_rows, write_json
from ftlib.files import LOCK
from ftlib.text import format_command

if TYPE_CHECKING:
    from ftlib.evidence.run import Run
    from ftlib.objectives.objective import Objective
    from ftlib.tasks.folder.picture_file import PictureFile
    from ftlib.tasks.folder.targets import Target
    from ftlib.tasks.task import Task

# Names that Windows keeps for devices: a run has to be able to move there.
_RESERVED = {"CON", "PRN", "AUX", "NUL", *(f"{port}{i}" for port in ("COM", "LPT") for i in range(1, 10))}
_START = "start.keras"
_CHECKPOINTS = ("checkpoint.npz", "checkpoint-before.npz")
_LEFT_BY_TRAINING = (
    _START,
    *_CHECKPOINTS,
    "part-checkpoint.npz",
    "part-model.keras",
    "part-run.json",
    "part-start.keras",
    *(f"damaged-{name}" for name in _CHECKPOINTS),
)


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

    path: pathlib.Path
    config: RunConfig

    def __init__(self, path: str | os.PathLike, config: RunConfig | None = None):
        self.path = pathlib.Path(path)
        self.config = _read_existing(self.path) if config is None else config

    @property
    def is_trained(self) -> bool:
        """Whether the training has ended."""
        return (self.path / "run.json").is_file() and (self.path / "model.keras").is_file()

    @property
    def status(self) -> str:
        """`"finished"`, `"running"` in some process, or `"stopped"`."""
        if self.is_trained:
            return "finished"
        return "running" if is_locked(self.path) else "stopped"

    @property
    def repeat_command(self) -> str:
        """The command that does the run again, from wherever its folder is now."""
        return format_command("fit", "--config", self.path / "config.json")

    def require_finished(self) -> None:
        """Raises a ValueError that says how the run will be finished, if it is not."""
        status = self.status
        if status == "running":
            raise ValueError(f"The run in {self.path} is being trained. Wait until it has ended.")
        if status == "stopped":
            resume_command = format_command("fit", "--resume", self.path)
            raise ValueError(f"The run in {self.path} was stopped. Finish it: {resume_command}")

    @property
    def image_shape(self) -> tuple[int, ...]:
        """`(height, width, channels)` of the images that the model takes; `(tokens,)` or `(samples,)` of others."""
        return tuple(self.config.chosen_model.image_shape)

    @property
    def noun(self) -> str:
        """What one of its inputs is called: "picture", "text" or "sound"."""
        return {"text": "text", "audio": "sound"}.get(self.config.data.kind, "picture")

    @property
    def class_names(self) -> tuple[str, ...]:
        """The classes, or the names of the numbers, in the order of the model's outputs."""
        return tuple(self.config.data.class_names)

    @property
    def target(self) -> Target:
        """What the labels of the pictures say."""
        from ftlib.tasks.folder.targets import make_target

        return make_target(self.config.data.target, self.config.data.label_columns)

    @property
    def objective(self) -> Objective:
        """What the model predicts, without what only the training pictures tell, such as their mean."""
        from ftlib.tasks.folder.target_objectives import make_objective

        return make_objective(self.target, self.class_names)

    def rows(self) -> list[PictureRow]:
        """Returns the pictures of the run, with the split of each."""
        return read_picture_rows(self.path / "data.csv")

    def data_path(self) -> pathlib.Path:
        """Returns the folder or the CSV file that the run was given."""
        return pathlib.Path(str(self._place_of_data()))

    def _place_of_data(self) -> pathlib.PurePath:
        text = self.config.data.path
        is_windows_path = os.name != "nt" and re.match(r"[A-Za-z]:[\\/]|\\\\", text)
        return pathlib.PureWindowsPath(text) if is_windows_path else pathlib.Path(text)

    def pictures_root(self) -> pathlib.Path:
        """Returns the folder below which the pictures lie."""
        place = self._place_of_data()
        return pathlib.Path(str(place.parent if self.config.data.table else place))

    def record_pictures_root(self, data: str | os.PathLike) -> None:
        """Records that the pictures are elsewhere now, after comparing all of them with their checksums.

        Args:
            data: The folder, or the CSV file, where they are now.

        Raises:
            FileNotFoundError, ValueError: If they are not the pictures of the run.
        """
        from ftlib.files import find_path

        new_path = pathlib.Path(os.path.abspath(find_path(data)))
        previous_data = self.config.data
        self.config.data = dataclasses.replace(previous_data, path=str(new_path), table=new_path.is_file())
        try:
            self.load_task(check=True)
        except (OSError, ValueError):
            self.config.data = previous_data
            raise
        with contextlib.suppress(PermissionError):  # a folder that cannot be written to does not stop the run
            self.save_config()

    def load_task(self, check: bool = False) -> Task:
        """Returns the `Task` of the run, each picture in the split where it was.

        Args:
            check: Whether to read every file and compare it with its checksum.

        Raises:
            FileNotFoundError: If pictures are missing.
            ValueError: If pictures have changed.
        """
        return self.make_task(self.image_shape, self.config.chosen_training.mirror, check)

    def make_task(self, image_shape: tuple[int, ...], mirror: bool, check: bool = False) -> Task:
        """Returns the `Task` of the run, as `load_task`, before the configuration is complete.

        Args:
            image_shape: `(height, width, channels)` of the images.
            mirror: Whether a mirrored picture keeps its label.
            check: As for `load_task`; texts are compared in any case.
        """
        if self.config.data.kind == "text":
            from ftlib.app.text_runs import make_text_task

            return make_text_task(self, image_shape[0])
        files_by_split = self._list_files(check)
        if self.config.data.kind == "audio":
            from ftlib.app.sound_runs import make_sound_task

            return make_sound_task(self, files_by_split, image_shape[0])
        from ftlib.tasks.folder.load import LICENCE, make_splits
        from ftlib.tasks.task import Task

        # While a run trains, decoded pictures are kept for the process that goes on with it.
        cache_dir = None if self.is_trained else self.path / "pixels"
        image_size = (image_shape[0], image_shape[1])
        target = self.target
        splits = make_splits(files_by_split, self.class_names, image_size, cache_dir=cache_dir, target=target)
        return Task(
            name=self.config.data.name,
            train=splits["train"],
            validation=splits["validation"],
            test=splits["test"],
            class_names=target.class_names(self.class_names),
            source=self.config.data.source,
            licence=LICENCE,
            mirror=mirror,
            notes=tuple(self.config.notes),
            objective=self.objective,
        )

    def _list_files(self, check: bool) -> dict[str, list[PictureFile]]:
        """Returns `{split: files}` of the pictures, or sounds, of the run, where they are now.

        Args:
            check: Whether to read every file and compare it with its checksum.
        """
        from ftlib.files import distinct_names
        from ftlib.tasks.folder.picture_file import PictureFile
        from ftlib.tasks.parts import PARTS

        root = self.pictures_root()
        rows = self.rows()
        files = self._find_pictures(rows, root)
        if check:
            self._require_unchanged(rows, files)

        # A finished run is compared with its pictures as they are now, unless they have just been compared.
        digests_are_current = check or not self.is_trained
        files_by_split = {split: [] for split in PARTS}
        names = distinct_names([file.relative_to(root).as_posix() for file in files])
        for row, file, name in zip(rows, files, names, strict=True):
            digest = row.sha256 if digests_are_current else ""
            files_by_split[row.split].append(PictureFile(name, row.split, row.label, file, row.group, digest))
        return files_by_split

    def _find_pictures(self, rows: list[PictureRow], root: pathlib.Path) -> list[pathlib.Path]:
        from ftlib.files import FileFinder

        finder = FileFinder(root)
        files = [finder.find(row.path) for row in rows]
        missing_paths = [row.path for row, file in zip(rows, files, strict=True) if not file.is_file()]
        if missing_paths:
            if self.is_trained:
                move_command = format_command("evaluate", self.path, "--data", "FOLDER")
            else:
                move_command = format_command("fit", "FOLDER", "--resume", self.path)
            raise FileNotFoundError(
                f"{len(missing_paths)} of the {len(rows)} {self.noun}s of {self.path} are not in {root}, such as "
                f"{missing_paths[0]}. Put them back; or, if they have moved: {move_command}"
            )
        return files

    def _require_unchanged(self, rows: list[PictureRow], files: list[pathlib.Path]) -> None:
        from ftlib.tasks.folder.decode import sha256_of_files

        digests = sha256_of_files(files)
        changed_paths = [row.path for row, digest in zip(rows, digests, strict=True) if row.sha256 != digest]
        if changed_paths:
            raise ValueError(
                f"{len(changed_paths)} of the {len(rows)} {self.noun}s of {self.path} have changed since, such as "
                f"{changed_paths[0]}. Put them back, or begin a new run."
            )

    def run(self) -> Run:
        """Returns the finished `Run`, with its task."""
        from ftlib.evidence.run import load_run

        self.require_finished()
        return load_run(self.path).with_task(self.load_task())

    def save_config(self) -> None:
        """Writes `config.json`."""
        write_json(self.path / "config.json", self.config.to_dict())

    def remove_training_files(self) -> None:
        """Removes what was needed while the run trained."""
        for name in _LEFT_BY_TRAINING:
            (self.path / name).unlink(missing_ok=True)
        for name in ("cache", "pixels"):
            shutil.rmtree(self.path / name, ignore_errors=True)

    def remove_checkpoints(self) -> None:
        """Removes the checkpoints, so that the training starts from the beginning."""
        for name in _CHECKPOINTS:
            (self.path / name).unlink(missing_ok=True)

    def put_aside_checkpoint(self) -> None:
        """Renames the newest checkpoint, which is damaged; the one before it is read next."""
        for name in _CHECKPOINTS:
            if (self.path / name).exists():
                (self.path / name).replace(self.path / f"damaged-{name}")
                return


def _read_existing(path: pathlib.Path) -> RunConfig:
    if not path.is_dir():
        raise FileNotFoundError(f"There is no run {str(path)!r}. `ftlib runs` lists the existing ones.")
    if not (path / "config.json").is_file():
        raise FileNotFoundError(
            f"{str(path)!r} is not a folder of `ftlib fit`: config.json is missing. `ftlib runs` lists those that are."
        )
    return read_config(path / "config.json")


class NewRunFolder(NamedTuple):
    """The folder of a new run.

    Attributes:
        path: The folder.
        created: The folders that were created for it, the innermost first; without `path` if that was there.
    """

    path: pathlib.Path
    created: tuple[pathlib.Path, ...]


def make_run_folder(out: str | os.PathLike | None, name: str) -> NewRunFolder:
    """Makes the folder of a new run: `out`, or the first free one of `runs/NAME`, `runs/NAME-2`, ...

    From the first moment it holds a file by which ftlib knows that no pictures of a class lie there.

    Raises:
        ValueError: If `out` is a file or a folder with something in it.
        OSError: If it cannot be made or written to.
    """
    wanted_folder = pathlib.Path("runs") if out is None else pathlib.Path(out).expanduser()
    created = [folder for folder in (wanted_folder, *wanted_folder.parents) if not folder.exists()]
    if out is None:
        run_dir = _make_free_folder(name)
        created.insert(0, run_dir)
    else:
        run_dir = _make_named_folder(wanted_folder)
    (run_dir / LOCK).touch()
    return NewRunFolder(run_dir, tuple(created))


def _make_free_folder(name: str) -> pathlib.Path:
    safe_name = "".join(c if c.isalnum() or c in "-_." else "-" for c in name).strip(".-") or "run"
    if safe_name.partition(".")[0].upper() in _RESERVED:
        safe_name = f"run-{safe_name}"
    number = 1
    while True:
        run_dir = pathlib.Path("runs") / (safe_name if number == 1 else f"{safe_name}-{number}")
        try:
            run_dir.mkdir(parents=True)
            return run_dir
        except FileExistsError:
            number += 1
        except PermissionError as error:
            message = "No permission to write here; name a folder with --out"
            raise PermissionError(13, message, str(run_dir)) from error


def _make_named_folder(run_dir: pathlib.Path) -> pathlib.Path:
    if run_dir.exists() and (not run_dir.is_dir() or any(entry.name != LOCK for entry in run_dir.iterdir())):
        content = "a run: go on with --resume" if (run_dir / "config.json").exists() else "something else"
        raise ValueError(f"--out is a new or an empty folder. Received: {run_dir}, which holds {content}.")
    run_dir.mkdir(parents=True, exist_ok=True)
    if not os.access(run_dir, os.W_OK):
        raise PermissionError(13, "No permission to write into the folder of the run", str(run_dir))
    return run_dir
