"""Decoded pictures in a file that is mapped into memory, so that each is decoded once however many there are."""

import contextlib
import errno
import hashlib
import json
import os
import pathlib
import shutil
import tempfile
import threading
import zlib
from collections.abc import Sequence
from typing import IO, Any

import numpy as np

_FORMAT = 2  # another number where a picture is decoded into other pixels
_SPARE_BYTES = 2**30  # that a file of pixels leaves free on the disk


def open_pixel_store(
    paths: Sequence[pathlib.Path],
    shape: tuple[int, ...],
    memory_bytes: int,
    folder: str | os.PathLike | None = None,
) -> "PixelMemory | PixelFile":
    """Returns where decoded pictures are kept: in memory where they fit, else in a file.

    Args:
        paths, shape, folder: As for `PixelFile`.
        memory_bytes: How much memory they may take.

    Returns:
        A `PixelMemory` or a `PixelFile`; where the disk has no room, a `PixelMemory` of as many as fit.
    """
    if int(np.prod(shape)) > memory_bytes:
        with contextlib.suppress(OSError):
            return PixelFile(paths, shape, folder)
    return PixelMemory(memory_bytes // int(np.prod(shape[1:])))


class PixelMemory:
    """Decoded pictures in memory, up to a number of them; the others read as missing.

    Args:
        capacity: How many pictures are kept at most.
    """

    place = "memory"

    def __init__(self, capacity: int):
        self.capacity = capacity
        self._pixels: dict[int, np.ndarray] = {}

    def __len__(self):
        return len(self._pixels)

    def has(self, index: int) -> bool:
        """Returns whether a picture is there."""
        return index in self._pixels

    def __getitem__(self, index: int) -> np.ndarray:
        return self._pixels[index]

    def write(self, index: int, pixels: np.ndarray) -> None:
        """Keeps one picture, unless there are too many."""
        if len(self._pixels) < self.capacity:
            self._pixels[index] = pixels


class PixelFile:
    """Pictures of one size in one file, each written when it has been decoded, and read through a map of the file.

    A second file holds a checksum of every picture that is there: what was half written when a process was killed, or
    was damaged later, reads as missing. A disk that fills up loses nothing either: what does not fit is missing.

    Args:
        paths: The picture files, as `pathlib.Path`s.
        shape: `(n, height, width, channels)` of all pictures, `uint8`.
        folder: Where the file lies, named after the pictures (their paths, sizes and times of change), the shape and
            the versions at work, so that no other is ever taken for it. None: a file without a name, which the system
            removes when the process ends, however it ends.


    Raises:
        OSError: If the disk has no room for it.

    Example:
    >>> import pathlib
    >>> pixel_file = PixelFile([pathlib.Path("a.png"), pathlib.Path("b.png")], (2, 4, 4, 3), None)
    >>> pixel_file.write(1, np.full((4, 4, 3), 7, "uint8"))
    >>> pixel_file.has(0), pixel_file.has(1), int(pixel_file[1].max())
    (False, True, 7)
    """

    place = "a file"

    def __init__(self, paths: Sequence[pathlib.Path], shape: tuple[int, ...], folder: str | os.PathLike | None):
        total_bytes = int(np.prod(shape))
        if folder is None:
            _require_room(total_bytes, tempfile.gettempdir())
            self._pixel_file: IO[bytes] = tempfile.TemporaryFile(buffering=0)
            self._checksum_file: IO[bytes] = tempfile.TemporaryFile(buffering=0)
        else:
            os.makedirs(folder, exist_ok=True)
            file_name = os.path.join(folder, _name_for(paths, shape))
            _require_room(total_bytes - _bytes_on_disk(file_name + ".pixels"), folder)
            self._pixel_file = _open_unbuffered(file_name + ".pixels")
            self._checksum_file = _open_unbuffered(file_name + ".sums")
        self._pixel_file.truncate(total_bytes)
        self._pixels = np.memmap(self._pixel_file, "uint8", "r", shape=tuple(shape))
        checksum_bytes = 4 * shape[0]
        recorded = self._checksum_file.read().ljust(checksum_bytes, b"\0")[:checksum_bytes]
        self._checksums = np.frombuffer(recorded, "<u4").copy()
        self._is_checked = np.zeros(shape[0], bool)
        self._write_lock = threading.Lock()
        self._is_full = False

    def __len__(self):
        return int(np.count_nonzero(self._checksums))

    def has(self, index: int) -> bool:
        """Returns whether a picture is there, undamaged."""
        if not self._is_checked[index] and self._checksums[index]:
            self._is_checked[index] = _checksum(self._pixels[index]) == self._checksums[index]
        return bool(self._is_checked[index])

    def __getitem__(self, index: int) -> np.ndarray:
        return self._pixels[index]

    def write(self, index: int, pixels: np.ndarray) -> None:
        """Writes one picture, unless the disk has become full."""
        data = np.ascontiguousarray(pixels, "uint8")
        with self._write_lock:
            if self._is_full:
                return
            try:  # written, not mapped: a map on a full disk would kill the process
                _write_at(self._pixel_file, index * data.nbytes, data.tobytes())
                self._checksums[index] = _checksum(data)
                _write_at(self._checksum_file, 4 * index, self._checksums[index : index + 1].tobytes())
                self._is_checked[index] = True
            except OSError:
                self._checksums[index] = 0
                self._is_full = True


def _require_room(new_bytes: int, folder: str | os.PathLike) -> None:
    """Raises an OSError unless the disk has room for so many bytes, and some to spare."""
    if new_bytes + _SPARE_BYTES > shutil.disk_usage(folder).free:
        raise OSError(errno.ENOSPC, f"No room for {new_bytes / 2**30:.1f} GiB of decoded pictures", str(folder))


def _bytes_on_disk(path: str) -> int:
    """Returns the bytes that a file takes on the disk, which are fewer than its size where it has holes."""
    return 512 * getattr(os.stat(path), "st_blocks", 0) if os.path.exists(path) else 0


def _open_unbuffered(path: str) -> IO[bytes]:
    """Opens a file for reading and writing without a buffer, and makes it if it is not there."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
    return open(descriptor, "r+b", buffering=0)


def _write_at(file: IO[bytes], offset: int, data: bytes) -> None:
    file.seek(offset)
    unwritten = memoryview(data)
    while unwritten:
        unwritten = unwritten[file.write(unwritten) :]


def _checksum(pixels: np.ndarray) -> int:
    return zlib.crc32(np.ascontiguousarray(pixels).data) or 1  # 0 stands for a picture that is not there


def _name_for(paths: Sequence[pathlib.Path], shape: tuple[int, ...]) -> str:
    """Returns a name that changes with the files, the shape, and the versions that decode them."""
    import PIL

    file_states = [(str(path), *_size_and_time(path)) for path in paths]
    description: list[Any] = [_FORMAT, PIL.__version__, list(shape), file_states]
    return hashlib.sha256(json.dumps(description).encode()).hexdigest()[:32]


def _size_and_time(path: pathlib.Path) -> tuple[int, int]:
    try:
        stat = path.stat()
    except OSError:  # reported when the picture is asked for
        return 0, 0
    return stat.st_size, stat.st_mtime_ns
