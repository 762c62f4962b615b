"""The state of a run on disk: a killed run goes on at its last finished epoch.

A checkpoint is one file of arrays and one JSON record in it (NumPy's zipped format, read without pickle; the zip's
checksums tell damage). It is written beside the last one and renamed, so it is complete or not there; the one before
it is kept until the next.
"""

import json
import os
import pathlib
import zipfile

import keras
import numpy as np

from ftlib.errors import DamagedFileError

_LAST, _BEFORE = "checkpoint.npz", "checkpoint-before.npz"


class CheckpointStore:
    """The checkpoints of one run in its folder.

    Args:
        run_dir: The folder, which need not exist.
        identity: Dict in plain data of all that makes the run what it is; a run of another identity is refused.

    Raises:
        ValueError: If the folder holds a checkpoint of another run.
        DamagedFileError: If it holds a damaged one.
    """

    def __init__(self, run_dir, identity):
        self.folder, self.identity = pathlib.Path(run_dir), json.loads(json.dumps(identity))
        self.found = self._read()

    def _read(self):
        """Returns `(record, arrays)` of the last checkpoint, or None."""
        path = next((self.folder / name for name in (_LAST, _BEFORE) if (self.folder / name).exists()), None)
        if path is None:
            return None
        try:
            with np.load(path, allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
            record = json.loads(arrays.pop("record").tobytes().decode())
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            if isinstance(error, OSError) and error.errno is not None:  # no permission, a disk that fails: not damaged
                raise
            older = path.name == _LAST and (self.folder / _BEFORE).exists()
            then = "the one before it is then used" if older else "the run then starts anew"
            raise DamagedFileError(f"The checkpoint {path} is damaged ({error}). Delete this file; {then}.") from error
        self.refuse_another(record["identity"], "an unfinished run")
        return record, arrays

    def refuse_another(self, identity, what):
        """Raises a ValueError that names a difference, if what is in the folder has another identity."""
        for key, now in self.identity.items():
            was = identity.get(key)
            if was != now:
                raise ValueError(
                    f"{self.folder} holds {what} with another {key}. Recorded: {_short(was)}. Received: {_short(now)}. "
                    "Choose another folder, or delete this one to begin anew."
                )

    def write(self, record, arrays):
        """Writes a checkpoint, at once or not at all.

        Args:
            record: Dict of plain data.
            arrays: Dict from name to array.

        Raises:
            OSError: If it cannot be written; the last one is still there.
        """
        text = json.dumps({**record, "identity": self.identity}).encode()
        part = self.folder / ("part-" + _LAST)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with open(part, "wb") as file:
                np.savez(file, record=np.frombuffer(text, "uint8"), **arrays)
                file.flush()
                os.fsync(file.fileno())
            if (self.folder / _LAST).exists():
                os.replace(self.folder / _LAST, self.folder / _BEFORE)
            os.replace(part, self.folder / _LAST)
        except OSError as error:
            _remove(part)
            size = sum(array.nbytes for array in arrays.values()) / 2**20
            raise OSError(
                error.errno,
                f"Cannot write a checkpoint of {size:,.0f} MB into {self.folder}: {error.strerror}. The last one is "
                "intact: make room and run the same again, which goes on there",
            ) from error

    def clear(self):
        """Removes the checkpoints of a finished run."""
        for name in (_LAST, _BEFORE, "part-" + _LAST):
            _remove(self.folder / name)


def pack_arrays(prefix, values):
    """Returns weights or arrays as a dict of arrays named `prefix/0`, `prefix/1`, ..."""
    arrays = [np.asarray(keras.ops.convert_to_numpy(value)) for value in values]
    plain = [a if a.dtype.kind in "fiub" else a.astype("float32") for a in arrays]  # NumPy cannot name a bfloat16
    return {f"{prefix}/{i}": array for i, array in enumerate(plain)}


def unpack_arrays(prefix, arrays):
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
