"""Files of a run: written whole or not at all, and locked for one process at a time."""

import hashlib
import os

import pytest

from ftlib.app.run_files import (
    PictureRow,
    file_digests,
    is_locked,
    locked,
    read_json,
    read_picture_rows,
    write_json,
    write_picture_rows,
    write_text,
)

ROWS = [
    PictureRow("cat/a, b.png", "cat", "train", "", "0" * 64),
    PictureRow("dog/말\n.png", "dog", "test", "p1", "1" * 64),
]


def test_pictures_come_back_whatever_their_names(tmp_path):
    path = tmp_path / "data.csv"
    write_picture_rows(path, ROWS)
    assert read_picture_rows(path) == ROWS
    path.write_text("path,label\n")
    with pytest.raises(ValueError, match="has other columns than path, label, split, group, sha256"):
        read_picture_rows(path)


def test_names_that_are_no_utf8_come_back(tmp_path):
    name = os.fsdecode(b"caf\xe9.png")
    write_json(tmp_path / "names.json", [name])
    assert read_json(tmp_path / "names.json") == [name]


def test_a_file_that_cannot_be_finished_leaves_the_one_before(tmp_path):
    path = tmp_path / "config.json"
    write_json(path, {"a": 1})

    def rows():
        yield ROWS[0]
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        write_picture_rows(path, rows())
    assert read_json(path) == {"a": 1} and [file.name for file in tmp_path.iterdir()] == ["config.json"]


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "target.txt").write_text("before")
    (tmp_path / "link.txt").symlink_to(tmp_path / "target.txt")
    write_text(tmp_path / "link.txt", "after")
    assert (tmp_path / "link.txt").is_symlink() and (tmp_path / "target.txt").read_text() == "after"


def test_digests_are_those_of_the_bytes(tmp_path):
    files = [tmp_path / name for name in ("a", "b")]
    for file in files:
        file.write_bytes(file.name.encode())
    assert file_digests(files) == [hashlib.sha256(content).hexdigest() for content in (b"a", b"b")]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such locks")
def test_a_lock_keeps_others_out_and_opens_again(tmp_path):
    assert not is_locked(tmp_path)
    with locked(tmp_path):
        assert is_locked(tmp_path)
        with pytest.raises(ValueError, match="Another process is training"), locked(tmp_path):
            pass
    assert not is_locked(tmp_path)
