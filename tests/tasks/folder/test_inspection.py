"""What `ftlib check` finds: each trouble is a sentence with the files it is about, and none ends in a crash."""

import json
import os
import time

import numpy as np
import pytest
from folders import bands, photo, photos, table
from PIL import Image

from ftlib.tasks.folder.inspection import inspect_data


def kinds(found, level=None):
    return {finding.kind for finding in found.findings if level in (None, finding.level)}


def the(found, kind):
    (finding,) = [finding for finding in found.findings if finding.kind == kind]
    return finding


def parts_of(found):
    return {file.id: part for part, files in found.files_by_split.items() for file in files}


def test_a_good_folder_has_notes_alone(tmp_path):
    found = inspect_data(photos(tmp_path / "pets", each=60))
    assert found.usable and kinds(found) == {"sizes", "small test"} and kinds(found, "note") == kinds(found)
    assert found.counts == {
        "train": {"cat": 36, "dog": 36},
        "validation": {"cat": 12, "dog": 12},
        "test": {"cat": 12, "dog": 12},
    }
    assert "60 x 48 pixels (median)" in the(found, "sizes").text and "in colour" in the(found, "sizes").text
    assert "120 usable pictures in 2 classes" in repr(found)
    assert "12 of each class, set aside by ftlib" in repr(found)
    assert json.loads(json.dumps(found.to_dict()))["usable"] is True
    found.require()


def test_near_copies_are_named_and_stay_together(tmp_path):
    place = photos(tmp_path, each=12)
    for i in range(4):  # the same scene, scaled
        photo(500, (60 + 6 * i, 48)).save(place / "cat" / f"burst{i}.png")
    found = inspect_data(place)
    assert set(the(found, "near duplicate").ids) == {f"cat/burst{i}.png" for i in range(4)}
    parts = parts_of(found)
    assert len(parts) == 28 and len({parts[f"cat/burst{i}.png"] for i in range(4)}) == 1
    assert "near duplicate" not in kinds(inspect_data(place, near=False))


@pytest.mark.parametrize("later, earlier", [("test", "train"), ("test", "val"), ("val", "train")])
def test_a_near_copy_of_a_later_split_is_left_out(tmp_path, later, earlier):
    for k, part in enumerate(("train", "val", "test")):
        photos(tmp_path / part, each=5, seed=k)
    photo(900).save(tmp_path / later / "cat" / "a.png")
    photo(900, (120, 96)).save(tmp_path / earlier / "cat" / "b.jpg", quality=80)
    found = inspect_data(tmp_path)
    assert the(found, "near leak").ids == (f"{earlier}/cat/b.jpg",) and the(found, "near leak").level == "warning"
    parts = parts_of(found)
    assert f"{earlier}/cat/b.jpg" not in parts and f"{later}/cat/a.png" in parts and len(parts) == 31
    assert f"{earlier}/cat/b.jpg" in parts_of(inspect_data(tmp_path, near=False))


def test_an_exact_copy_in_two_splits_is_called_a_leak(tmp_path):
    for k, part in enumerate(("train", "val", "test")):
        photos(tmp_path / part, each=5, seed=k)
    (tmp_path / "train" / "cat" / "copy.png").write_bytes((tmp_path / "test" / "cat" / "000.png").read_bytes())
    found = inspect_data(tmp_path)
    assert set(the(found, "leak").ids) == {"test/cat/000.png", "train/cat/copy.png"}
    assert "train/cat/copy.png" not in parts_of(found)


def test_nearly_the_same_picture_in_two_classes_is_doubted(tmp_path):
    place = photos(tmp_path, each=10)
    photo(0, (120, 96)).save(place / "dog" / "again.png")
    found = inspect_data(place)
    assert set(the(found, "near conflict").ids) == {"cat/000.png", "dog/again.png"}
    assert "is a label wrong?" in the(found, "near conflict").text


def test_a_group_in_two_splits_is_a_leak(tmp_path):
    place = photos(tmp_path)
    rows = [
        f"{name}/{i:03d}.png,{name},{('train', 'train', 'val', 'test')[i % 4]},{'p1' if i in (0, 3) else f'{name}{i}'}"
        for name in ("cat", "dog")
        for i in range(8)
    ]
    found = inspect_data(table(place / "t.csv", rows, "path,label,split,patient"))
    text = the(found, "group leak").text
    assert "1 group of the CSV file in several splits" in text and "p1" in text


def test_uneven_classes_sizes_and_empty_pictures_are_named(tmp_path):
    place = photos(tmp_path, each=40)
    photos(place, each=5, seed=3, classes=("bird",))
    photo(1, (20, 16)).save(place / "cat" / "tiny.png")
    photo(2, (300, 60)).save(place / "cat" / "panorama.png")
    Image.new("RGB", (60, 48), "black").save(place / "dog" / "black.png")
    found = inspect_data(place)
    assert "of bird" in the(found, "imbalance").text and "--class-weight balanced" in the(found, "imbalance").text
    assert the(found, "small").ids == ("cat/tiny.png",)
    assert the(found, "long").ids == ("cat/panorama.png",) and the(found, "long").level == "note"
    assert the(found, "plain").ids == ("dog/black.png",)
    assert "sides of 16 to 300" in the(found, "sizes").text
    assert "all grey" in the(inspect_data(bands(tmp_path / "grey")), "sizes").text


def truncated(path):
    photo(1, (400, 300)).save(path, "JPEG", quality=95)
    path.write_bytes(path.read_bytes()[:-900])


def bomb(path):
    """A small file that says it has 40,000 x 40,000 pixels."""
    import struct
    import zlib

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 40_000, 40_000, 1, 0, 0, 0, 0)
    parts = chunk(b"IHDR", head), chunk(b"IDAT", zlib.compress(b"")), chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(parts))


def program(path):
    path.write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n(x) print\n")


def pickled(path):
    path.write_bytes(b"\x80\x04cos\nsystem\n(S'exit 1'\ntR.")


HOSTILE = {
    "truncated.jpg": (truncated, "truncated"), "bomb.png": (bomb, "decompression bomb"),
    "empty.png": (lambda path: path.write_bytes(b""), "0 bytes"), "eps.jpg": (program, "not a picture"),
    "pickle.png": (pickled, "not a picture"),
    "noise.gif": (lambda path: path.write_bytes(bytes(range(256)) * 9), "not a"),
    "half.gif": (lambda path: path.write_bytes(b"GIF89a\x10\x00\x10\x00"), ""),
    "tiff.tif": (lambda path: path.write_bytes(b"II*\x00\xff\xff\xff\x7f"), ""),
}  # fmt: skip


@pytest.mark.parametrize("as_table", [False, True])
def test_hostile_files_are_left_out_and_named(tmp_path, as_table):
    place = photos(tmp_path / "in", each=10)
    for name, (make, _) in HOSTILE.items():
        make(place / "cat" / name)
    photo(9).save(tmp_path / "outside.png")
    if os.name != "nt":
        (place / "cat" / "link.png").symlink_to(tmp_path / "outside.png")
    path = place
    if as_table:
        files = [file.relative_to(place) for file in sorted(place.glob("*/*"))]
        path = table(place / "t.csv", [f"{file},{file.parent}" for file in files])
    found = inspect_data(path)
    assert found.usable and len(found.report.files) == 20
    for name, (_, reason) in HOSTILE.items():
        assert reason in found.report.unreadable[f"cat/{name}"], name
    assert the(found, "unreadable").level == "warning" and len(the(found, "unreadable").ids) == len(HOSTILE)
    if os.name != "nt":
        assert the(found, "skipped").level == "warning" and the(found, "skipped").ids == ("cat/link.png",)
    assert "Traceback" not in repr(found)


def test_classes_that_are_too_small_are_all_counted(tmp_path):
    place = photos(tmp_path, each=10)
    photos(place, each=2, seed=5, classes=("a", "b", "c"))
    found = inspect_data(place)
    assert not found.usable and found.files_by_split == {} and found.counts == {}
    assert the(found, "too few").text.startswith("3 of 5 classes have too few usable pictures")
    with pytest.raises(ValueError, match="a 2, b 2, c 2"):
        found.require()
    assert json.loads(json.dumps(found.to_dict()))["usable"] is False


@pytest.mark.slow
def test_thousands_of_classes_are_a_finding_and_a_short_one(tmp_path):
    rng, place = np.random.default_rng(0), tmp_path / "many"
    place.mkdir()
    rows = []
    for i in range(4000):
        path = place / f"{i:05d}.bmp"
        Image.fromarray(rng.integers(0, 256, (8, 8)).astype("uint8")).save(path)
        rows.append(f"{path.name},class {i:05d}")
    began = time.perf_counter()
    found = inspect_data(table(place / "t.csv", rows))
    assert "4,000 of 4,000 classes have too few" in the(found, "too few").text
    assert len(repr(found)) < 3000 and time.perf_counter() - began < 60


def test_a_given_split_that_lacks_a_class_is_named(tmp_path):
    for k, part in enumerate(("train", "val", "test")):
        photos(tmp_path / part, each=5, seed=k)
    for file in (tmp_path / "test" / "dog").iterdir():
        file.unlink()
    assert the(inspect_data(tmp_path), "gap").text == "No test pictures of: dog"


def under_a_camera(place, scenes, each, noise=3):
    rng = np.random.default_rng(0)
    for name, scene in scenes.items():
        (place / name).mkdir(parents=True)
        for i in range(each):
            pixels = np.asarray(photo(scene, (96, 96)), "float32") + rng.normal(0, noise, (96, 96, 3))
            if name == "scratched":
                at = rng.integers(20, 70)
                pixels[30:60, at : at + 2] = 255
            Image.fromarray(pixels.clip(0, 255).astype("uint8")).save(place / name / f"{i:02d}.png")
    return place


def test_a_common_background_makes_no_copies(tmp_path):
    findings = inspect_data(under_a_camera(tmp_path, {"good": 1, "scratched": 1}, 20))
    assert findings.usable and not findings.near and len(findings.series[0]) == 40
    assert {part: sum(numbers.values()) for part, numbers in findings.counts.items()} == {
        "train": 24,
        "validation": 8,
        "test": 8,
    }


def test_where_copies_leave_nothing_to_divide_the_error_names_the_switch(tmp_path):
    findings = inspect_data(under_a_camera(tmp_path, {"a": 1, "b": 2}, 10))
    with pytest.raises(ValueError, match="20 pictures in 2 groups .* --no-near"):
        findings.require()
    assert inspect_data(tmp_path, near=False).usable


def test_an_error_says_where_the_pictures_went(tmp_path):
    photos(tmp_path, each=6)
    for file in sorted((tmp_path / "cat").iterdir())[:5]:
        file.write_bytes(b"broken")
    with pytest.raises(ValueError, match=r"Received: 1 usable.* Left out: 5 unreadable \(cat/000.png: not a picture\)"):
        inspect_data(tmp_path).require()
