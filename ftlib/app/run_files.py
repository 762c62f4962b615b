"""Reading and writing what lies in the folder of a run: whole files or none, and a lock for one process at a time."""

import contextlib
import csv
import dataclasses
import json
import os

from ftlib.files import LOCK

# The columns of `data.csv`, the fields of a `Row`.
COLUMNS = ("path", "label", "split", "group", "sha256")


def write_rows(path, rows):
    """Writes `data.csv`, at once or not at all."""
    with _beside(path) as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(dataclasses.astuple(row) for row in rows)


def write_json(path, data):
    """Writes plain data as JSON, at once or not at all."""
    write_text(path, json.dumps(data, indent=1, ensure_ascii=False) + "\n")


def read_json(path):
    """Returns the content of a file that `write_json` wrote."""
    return json.loads(path.read_text(encoding="utf-8", errors="surrogateescape"))


def write_text(path, text):
    """Writes a text, at once or not at all."""
    with _beside(path) as file:
        file.write(text)


@contextlib.contextmanager
def _beside(path):
    """Opens a file beside `path`, which takes its place when it is complete."""
    if path.exists() and not path.is_file():  # a pipe or a terminal, which nothing can take the place of
        with open(path, "w", encoding="utf-8", errors="surrogateescape", newline="") as file:
            yield file
        return
    path = path.resolve()  # where a link leads
    part = path.with_name("part-" + path.name)
    try:
        with open(part, "w", encoding="utf-8", errors="surrogateescape", newline="") as file:
            yield file
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


@contextlib.contextmanager
def locked(path):
    """Holds a run for this process; the system lets go of it, however the process ends.

    Raises:
        ValueError: If another process has it.
    """
    if (lock := _lock(path)) is None:
        raise ValueError(f"Another process is training {path}. Wait for it, or stop it.")
    with lock:
        yield


def is_locked(path):
    """Returns whether a process is training a run."""
    lock = _lock(path) if (path / LOCK).exists() else contextlib.nullcontext()
    if lock is None:
        return True
    with lock:
        return False


def _lock(path):
    """Returns the locked file, or None if another process has locked it."""
    try:
        import fcntl
    except ImportError:  # Windows has no such locks
        return contextlib.nullcontext()
    try:
        file = open(path / LOCK, "w")  # noqa: SIM115
    except OSError:  # a folder that cannot be written to: nobody trains here
        return contextlib.nullcontext()
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return None
    return file
