"""Decoded pictures in a file: each decoded once, whatever happens to the process, the disk or the file."""

import os
import pathlib
import pickle
import resource
import shutil
import signal
import subprocess
import sys
import types

import numpy as np
import pytest
from folders import photo

from ftlib.tasks.folder.decode import FolderImages
from ftlib.tasks.folder.pixel_store import PixelFile, PixelMemory, open_pixel_store

SIZE = 8 * 8 * 3


@pytest.fixture
def paths(tmp_path):
    """Twelve picture files."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for i in range(12):
        photo(i).save(folder / f"{i:02}.png")
    return sorted(folder.iterdir())


def images(paths, folder):
    return FolderImages(paths, (8, 8), cache_bytes=SIZE, folder=folder)


def decoded_by(found, index, monkeypatch):
    """Returns `found[index]`, and the numbers of the pictures that were decoded for it."""
    seen, real = [], FolderImages._decode
    with monkeypatch.context() as patch:
        patch.setattr(FolderImages, "_decode", lambda self, i: seen.append(i) or real(self, i))
        return found[index], seen


def test_another_process_goes_on_where_one_was_killed(paths, tmp_path, monkeypatch):
    code = (
        "import os, pathlib, signal, sys\nfrom ftlib.tasks.folder.decode import FolderImages\n"
        "paths = sorted(pathlib.Path(sys.argv[1]).iterdir())\n"
        "found = FolderImages(paths, (8, 8), cache_bytes=1, folder=sys.argv[2])\n"
        "found[[1, 5, 7]]\nos.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(paths[0].parent), str(tmp_path / "kept")])
    assert done.returncode == -signal.SIGKILL
    found = images(paths, tmp_path / "kept")
    pixels, seen = decoded_by(found, slice(None), monkeypatch)
    assert sorted(seen) == [0, 2, 3, 4, 6, 8, 9, 10, 11]
    np.testing.assert_array_equal(pixels, FolderImages(paths, (8, 8))[:])


def test_a_damaged_picture_is_decoded_again(paths, tmp_path, monkeypatch):
    whole = images(paths, tmp_path / "kept")[:]
    (file,) = (tmp_path / "kept").glob("*.pixels")
    with open(file, "r+b") as raw:
        raw.seek(4 * SIZE + 10)
        raw.write(b"\xff\x00\xff")
    pixels, seen = decoded_by(images(paths, tmp_path / "kept"), slice(None), monkeypatch)
    assert seen == [4]
    np.testing.assert_array_equal(pixels, whole)


@pytest.mark.parametrize("lost", ["*.sums", "*.pixels"])
@pytest.mark.parametrize("how", ["gone", "cut"])
def test_what_is_lost_is_decoded_again(paths, tmp_path, lost, how):
    whole = images(paths, tmp_path / "kept")[:]
    (file,) = (tmp_path / "kept").glob(lost)
    if how == "gone":
        file.unlink()
    else:
        os.truncate(file, file.stat().st_size // 2 - 1)
    np.testing.assert_array_equal(images(paths, tmp_path / "kept")[:], whole)


def test_a_picture_that_changed_or_another_version_is_never_taken_for_the_old_one(paths, tmp_path, monkeypatch):
    whole = images(paths, tmp_path / "kept")[:]
    photo(99).save(paths[3])
    os.utime(paths[3], ns=(1, 1))
    changed = images(paths, tmp_path / "kept")[:]
    assert not np.array_equal(changed[3], whole[3])
    monkeypatch.setattr("PIL.__version__", "0.1")
    _, seen = decoded_by(images(paths, tmp_path / "kept"), slice(None), monkeypatch)
    assert len(seen) == 12


def test_a_disk_that_fills_up_loses_nothing(paths, tmp_path, monkeypatch):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    found = images(paths, tmp_path / "kept")
    found[0]  # makes the file
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5 * SIZE, before[1]))
    try:
        first, again = found[:], found[:]
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    for pixels in (first, again, images(paths, tmp_path / "kept")[:]):
        np.testing.assert_array_equal(pixels, FolderImages(paths, (8, 8))[:])


def test_no_room_from_the_start_keeps_what_fits_in_memory(paths, tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda place: types.SimpleNamespace(free=2**20))
    found = FolderImages(paths, (8, 8), cache_bytes=3 * SIZE, folder=tmp_path / "kept")
    np.testing.assert_array_equal(found[:], FolderImages(paths, (8, 8))[:])
    assert repr(found).endswith("3 decoded in memory>")
    assert not list((tmp_path / "kept").iterdir())


@pytest.mark.skipif(not pathlib.Path("/proc/self/fd").is_dir(), reason="the open files are listed on Linux alone")
def test_without_a_folder_the_file_has_no_name_and_goes_away_with_its_array(paths):
    def nameless():
        links = [link for link in pathlib.Path("/proc/self/fd").iterdir() if link.is_symlink()]
        return sum(os.readlink(link).endswith("(deleted)") for link in links)

    before = nameless()
    found = images(paths, None)
    whole = found[:]
    assert nameless() > before
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(found))[:], whole)  # which opens its own
    del found
    assert nameless() == before


def test_memory_is_used_where_everything_fits(paths):
    assert isinstance(open_pixel_store(paths, (12, 8, 8, 3), 12 * SIZE), PixelMemory)
    assert isinstance(open_pixel_store(paths, (12, 8, 8, 3), 12 * SIZE - 1), PixelFile)


def test_an_array_shared_by_threads_gives_each_its_own_pictures(paths, tmp_path):
    from concurrent.futures import ThreadPoolExecutor

    found, whole = images(paths, tmp_path / "kept"), FolderImages(paths, (8, 8))[:]
    draws = [np.random.default_rng(i).permutation(12) for i in range(24)]
    with ThreadPoolExecutor(6) as pool:
        for order, pixels in zip(draws, pool.map(found.__getitem__, draws), strict=True):
            np.testing.assert_array_equal(pixels, whole[order])
