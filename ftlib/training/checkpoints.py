"""The state of a run on disk: a killed run goes on at its last finished epoch.

A checkpoint is one file of arrays and one JSON record in it (NumPy's zipped format, read without pickle; the zip's
checksums tell damage). It is written beside the last one and renamed, so it is complete or not there; the one before
it is kept until the next.
"""

import json
import os
import pathlib
import zipfile
from typing import Any, NamedTuple

import numpy as np

from ftlib.errors import DamagedFileError
from ftlib.files import written_whole
from ftlib.models.arrays import to_numpy

_LAST = "checkpoint.npz"
_BEFORE = "checkpoint-before.npz"


class Checkpoint(NamedTuple):
    """The state of a run after an epoch: plain data, and arrays by name."""

    record: dict[str, Any]
    arrays: dict[str, np.ndarray]


class CheckpointStore:
    """The checkpoints of one run in its folder.

    Args:
        run_dir: The folder, which need not exist.
        identity: Dict in plain data of all that makes the run what it is; a run of another identity is refused.

    Attributes:
        folder: The folder.
        checkpoint: The last `Checkpoint` that was there, or None.

    Raises:
        ValueError: If the folder holds a checkpoint of another run.
        DamagedFileError: If it holds a damaged one.
    """

    def __init__(self, run_dir: str | os.PathLike, identity: dict[str, Any]):
        self.folder = pathlib.Path(run_dir)
        self.identity = json.loads(json.dumps(identity))  # as it will be read back: tuples are lists
        self.checkpoint = self._read()

    def _read(self) -> Checkpoint | None:
        paths = [self.folder / name for name in (_LAST, _BEFORE)]
        path = next((path for path in paths if path.exists()), None)
        if path is None:
            return None

        try:
            with np.load(path, allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
            record = json.loads(arrays.pop("record").tobytes().decode())
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            if isinstance(error, OSError) and error.errno is not None:  # no permission, a disk that fails: not damaged
                raise
            has_older = path.name == _LAST and (self.folder / _BEFORE).exists()
            consequence = "the one before it is then used" if has_older else "the run then starts anew"
            raise DamagedFileError(
                f"The checkpoint {path} is damaged ({error}). Delete this file; {consequence}."
            ) from error

        self.require_same_run(record["identity"], "an unfinished run")
        return Checkpoint(record, arrays)

    def require_same_run(self, identity: dict[str, Any], what: str) -> None:
        """Raises a ValueError that names a difference, if what is in the folder has another identity."""
        for key, value in self.identity.items():
            recorded_value = identity.get(key)
            if recorded_value != value:
                raise ValueError(
                    f"{self.folder} holds {what} with another {key}. Recorded: {_short(recorded_value)}. Received: "
                    f"{_short(value)}. Choose another folder, or delete this one to begin anew."
                )

    def write(self, record: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        """Writes a checkpoint, at once or not at all.

        Args:
            record: Dict of plain data.
            arrays: Dict from name to array.

        Raises:
            OSError: If it cannot be written; the last one is still there.
        """
        text = json.dumps({**record, "identity": self.identity}).encode()
        try:
            with written_whole(self.folder / _LAST) as part_path:
                with open(part_path, "wb") as file:
                    np.savez(file, allow_pickle=False, record=np.frombuffer(text, "uint8"), **arrays)
                    file.flush()
                    os.fsync(file.fileno())
                if (self.folder / _LAST).exists():
                    os.replace(self.folder / _LAST, self.folder / _BEFORE)
        except OSError as error:
            size = sum(array.nbytes for array in arrays.values()) / 2**20
            raise OSError(
                error.errno,
                f"Cannot write a checkpoint of {size:,.0f} MB into {self.folder}: {error.strerror}. The last one is "
                "intact: make room and run the same again, which goes on there",
            ) from error

    def clear(self) -> None:
        """Removes the checkpoints of a finished run."""
        for name in (_LAST, _BEFORE, "part-" + _LAST):
            _remove(self.folder / name)


def pack_arrays(prefix: str, values) -> dict[str, np.ndarray]:
    """Returns weights or arrays as a dict of arrays named `prefix/0`, `prefix/1`, ..."""
    packed = {}
    for i, value in enumerate(values):
        array = to_numpy(value)
        if array.dtype.kind not in "fiub":  # NumPy cannot name a bfloat16
            array = array.astype("float32")
        packed[f"{prefix}/{i}"] = array
    return packed


def unpack_arrays(prefix: str, arrays: dict[str, np.ndarray]) -> list[np.ndarray]:
    """Returns the list that `pack_arrays` made into a dict of arrays."""
    count = sum(name.startswith(prefix + "/") for name in arrays)
    return [arrays[f"{prefix}/{i}"] for i in range(count)]


def _short(value):
    text = " ".join(str(value).split())
    return text if len(text) <= 120 else text[:117] + "..."


def _remove(path):
    try:
        path.unlink(missing_ok=True)
    except OSError:  # what matters is the error that led here
        pass
