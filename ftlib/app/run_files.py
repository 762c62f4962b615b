"""Reading and writing what lies in the folder of a run: whole files or none, and a lock for one process at a time."""

import contextlib
import csv
import dataclasses
import json
import pathlib
from collections.abc import Iterable, Iterator
from typing import IO, Any

from ftlib.files import LOCK, written_whole


@dataclasses.dataclass(frozen=True)
class PictureRow:
    """One picture of a run, a line of `data.csv`.

    Attributes:
        path: Path relative to the folder of the pictures, with slashes.
        label: Name of its class.
        split: `"train"`, `"validation"` or `"test"`.
        group: What it must not be divided from; empty where the pictures have no groups.
        sha256: Checksum of the file.
    """

    path: str
    label: str
    split: str
    group: str
    sha256: str


PICTURE_COLUMNS = tuple(field.name for field in dataclasses.fields(PictureRow))


def write_picture_rows(path: pathlib.Path, rows: Iterable[PictureRow]) -> None:
    """Writes `data.csv`, at once or not at all."""
    with _open_beside(path) as file:
        writer = csv.writer(file)
        writer.writerow(PICTURE_COLUMNS)
        writer.writerows(dataclasses.astuple(row) for row in rows)


def read_picture_rows(path: pathlib.Path) -> list[PictureRow]:
    """Returns the pictures that `data.csv` lists.

    Raises:
        ValueError: If it has other columns.
    """
    with open(path, encoding="utf-8", errors="surrogateescape", newline="") as file:
        reader = csv.reader(file)
        if tuple(next(reader, ())) != PICTURE_COLUMNS:
            raise ValueError(f"{path} has other columns than {', '.join(PICTURE_COLUMNS)}.")
        return [PictureRow(*values) for values in reader]


def write_json(path: pathlib.Path, data: Any) -> None:
    """Writes plain data as JSON, at once or not at all."""
    write_text(path, json.dumps(data, indent=1, ensure_ascii=False) + "\n")


def read_json(path: pathlib.Path) -> Any:
    """Returns the content of a file that `write_json` wrote."""
    return json.loads(path.read_text(encoding="utf-8", errors="surrogateescape"))


def write_text(path: pathlib.Path, text: str) -> None:
    """Writes a text, at once or not at all."""
    with _open_beside(path) as file:
        file.write(text)


@contextlib.contextmanager
def _open_beside(path: pathlib.Path) -> Iterator[IO[str]]:
    """Opens a file beside `path`, which takes its place when it is complete."""
    if path.exists() and not path.is_file():  # a pipe or a terminal, which nothing can take the place of
        with open(path, "w", encoding="utf-8", errors="surrogateescape", newline="") as file:
            yield file
        return

    with (
        written_whole(path) as part_path,
        open(part_path, "w", encoding="utf-8", errors="surrogateescape", newline="") as file,
    ):
        yield file


@contextlib.contextmanager
def locked(run_dir: pathlib.Path) -> Iterator[None]:
    """Holds a run for this process; the system lets go of it, however the process ends.

    Raises:
        ValueError: If another process has it.
    """
    lock = _lock(run_dir)
    if lock is None:
        raise ValueError(f"Another process is training {run_dir}. Wait for it, or stop it.")
    with lock:
        yield


def is_locked(run_dir: pathlib.Path) -> bool:
    """Returns whether a process is training a run."""
    if not (run_dir / LOCK).exists():
        return False
    lock = _lock(run_dir)
    if lock is None:
        return True
    with lock:
        return False


def _lock(run_dir: pathlib.Path) -> contextlib.AbstractContextManager | None:
    """Returns the locked file, or None if another process has locked it."""
    try:
        import fcntl
    except ImportError:  # Windows has no such locks
        return contextlib.nullcontext()
    try:
        lock_file = open(run_dir / LOCK, "w")  # noqa: SIM115
    except OSError:  # a folder that cannot be written to: nobody trains here
        return contextlib.nullcontext()
    try:
        fcntl.flock(lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock_file.close()
        return None
    return lock_file
