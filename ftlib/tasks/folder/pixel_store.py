"""Decoded pictures in a file that is mapped into memory, so that each is decoded once however many there are."""

import contextlib
import errno
import hashlib
import json
import os
import shutil
import tempfile
import threading
import zlib

import numpy as np

_FORMAT = 2  # another number where a picture is decoded into other pixels
_SPARE = 2**30  # bytes that the file leaves free on the disk


def keep_pixels(paths, shape, memory, folder=None):
    """Returns where decoded pictures are kept: in memory where they fit, else in a file.

    Args:
        paths, shape, folder: As for `PixelFile`.
        memory: Bytes that they may take in memory.

    Returns:
        A `PixelMemory` or a `PixelFile`; where the disk has no room, a `PixelMemory` of as many as fit.
    """
    if int(np.prod(shape)) > memory:
        with contextlib.suppress(OSError):
            return PixelFile(paths, shape, folder)
    return PixelMemory(memory // int(np.prod(shape[1:])))


class PixelMemory:
    """Decoded pictures in memory, up to a number of them; the others read as missing."""

    place = "memory"

    def __init__(self, most):
        self.most, self._kept = most, {}

    def __len__(self):
        return len(self._kept)

    def has(self, i):
        return i in self._kept

    def __getitem__(self, i):
        return self._kept[i]

    def write(self, i, pixels):
        if len(self._kept) < self.most:
            self._kept[i] = pixels


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
    >>> kept = PixelFile([pathlib.Path("a.png"), pathlib.Path("b.png")], (2, 4, 4, 3), None)
    >>> kept.write(1, np.full((4, 4, 3), 7, "uint8"))
    >>> kept.has(0), kept.has(1), int(kept[1].max())
    (False, True, 7)
    """

    place = "a file"

    def __init__(self, paths, shape, folder):
        size = int(np.prod(shape))
        if folder is None:
            _require(size, tempfile.gettempdir())
            self._file, self._sums = (tempfile.TemporaryFile(buffering=0) for _ in range(2))
        else:
            os.makedirs(folder, exist_ok=True)
            name = os.path.join(folder, _key(paths, shape))
            _require(size - _taken(name + ".pixels"), folder)
            self._file, self._sums = _opened(name + ".pixels"), _opened(name + ".sums")
        self._file.truncate(size)
        self._pixels = np.memmap(self._file, "uint8", "r", shape=tuple(shape))
        self._recorded = np.frombuffer(self._sums.read().ljust(4 * shape[0], b"\0")[: 4 * shape[0]], "<u4").copy()
        self._checked = np.zeros(shape[0], bool)
        self._lock, self._full = threading.Lock(), False

    def __len__(self):
        return int(np.count_nonzero(self._recorded))

    def has(self, i):
        """Returns whether a picture is there, undamaged."""
        if not self._checked[i] and self._recorded[i]:
            self._checked[i] = _checksum(self._pixels[i]) == self._recorded[i]
        return bool(self._checked[i])

    def __getitem__(self, i):
        return self._pixels[i]

    def write(self, i, pixels):
        """Writes one picture, unless the disk has become full."""
        data = np.ascontiguousarray(pixels, "uint8")
        with self._lock:
            if self._full:
                return
            try:  # written, not mapped: a map on a full disk would kill the process
                _put(self._file, i * data.nbytes, data.tobytes())
                self._recorded[i] = _checksum(data)
                _put(self._sums, 4 * i, self._recorded[i : i + 1].tobytes())
                self._checked[i] = True
            except OSError:
                self._recorded[i], self._full = 0, True


def _require(size, folder):
    """Raises an OSError unless the disk has room for so many bytes."""
    if size + _SPARE > shutil.disk_usage(folder).free:
        raise OSError(errno.ENOSPC, f"No room for {size / 2**30:.1f} GiB of decoded pictures", str(folder))


def _taken(path):
    """Returns the bytes that a file takes on the disk, which are fewer than its size where it has holes."""
    return 512 * getattr(os.stat(path), "st_blocks", 0) if os.path.exists(path) else 0


def _opened(path):
    """Opens a file for reading and writing without a buffer, and makes it if it is not there."""
    return open(os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666), "r+b", buffering=0)


def _put(file, offset, data):
    file.seek(offset)
    left = memoryview(data)
    while left:
        left = left[file.write(left) :]


def _checksum(pixels):
    return zlib.crc32(np.ascontiguousarray(pixels)) or 1  # 0 stands for a picture that is not there


def _key(paths, shape):
    import PIL

    found = [(str(path), *_stat(path)) for path in paths]
    return hashlib.sha256(json.dumps([_FORMAT, PIL.__version__, list(shape), found]).encode()).hexdigest()[:32]


def _stat(path):
    try:
        stat = path.stat()
    except OSError:  # said when the picture is asked for
        return 0, 0
    return stat.st_size, stat.st_mtime_ns
