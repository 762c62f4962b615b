"""Picture files of every kind become the right pixels, upright, and each is decoded once."""

import hashlib
import tracemalloc

import numpy as np
import pytest
from folders import smooth_picture
from PIL import Image

from ftlib.tasks.folder.check import check_folder
from ftlib.tasks.folder.decode import FolderImages, map_in_threads, read_picture, sha256_of_files
from ftlib.tasks.folder.load import load_folder


# Every kind of picture that is not three 8-bit channels: what it becomes, and under which name it is
# reported.
def grey(path):
    Image.new("L", (20, 20), 90).save(path)


def one_bit(path):
    Image.new("1", (20, 20), 1).save(path)


def cmyk(path):
    Image.new("CMYK", (20, 20), (0, 255, 255, 0)).save(path, "JPEG", quality=95)


def palette(path):
    Image.new("RGB", (20, 20), (10, 200, 30)).convert("P", palette=Image.Palette.ADAPTIVE).save(path)


def transparent(path):
    Image.new("RGBA", (20, 20), (0, 0, 0, 0)).save(path)


def see_through_palette(path):
    Image.new("P", (20, 20), 0).save(path, transparency=0)


def grey_and_alpha(path):
    Image.new("LA", (20, 20), (0, 0)).save(path)


def deep(path):
    Image.fromarray(np.full((20, 20), 32896, "uint16")).save(path)


def animated(path):
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue")]
    frames[0].save(path, save_all=True, append_images=frames[1:])


@pytest.mark.parametrize(
    "make, suffix, kinds, colour",
    [
        (grey, "png", {"grey"}, (90, 90, 90)),
        (one_bit, "png", {"grey"}, (255, 255, 255)),
        (cmyk, "jpg", {"CMYK"}, (255, 0, 0)),
        (palette, "png", {"palette"}, (10, 200, 30)),
        (transparent, "png", {"transparent"}, (255, 255, 255)),
        (see_through_palette, "png", {"palette", "transparent"}, (255, 255, 255)),
        (grey_and_alpha, "png", {"grey", "transparent"}, (255, 255, 255)),
        (deep, "png", {"16-bit", "grey"}, (128, 128, 128)),
        (deep, "tif", {"16-bit", "grey"}, (128, 128, 128)),
        (animated, "gif", {"palette", "animated"}, (255, 0, 0)),
    ],
)
def test_every_kind_of_picture_becomes_right_pixels_and_is_named(pets, make, suffix, kinds, colour):
    make(pets / "cat" / f"odd.{suffix}")
    report = check_folder(pets)
    odd = f"cat/odd.{suffix}"
    # Whether a GIF's first frame opens as a palette or as RGB is Pillow's choice and changed between
    # versions.
    assert {k for k, ids in report.converted.items() if odd in ids} | {"palette"} == kinds | {"palette"}
    assert not report.unreadable and not report.misnamed and odd in {file.id for file in report.files}
    assert any(odd in line for line in load_folder(pets).notes)
    pixels = FolderImages([pets / "cat" / f"odd.{suffix}"], (10, 10))[0]
    np.testing.assert_allclose(pixels[5, 5].astype(int), colour, atol=6)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(pets, orientation):
    upright = smooth_picture(3)
    undo = {
        2: 0,
        3: 3,
        4: 1,
        5: 5,
        6: 2,
        7: 6,
        8: 4,
    }  # how a camera would have stored it, as Transpose numbers
    stored = upright.transpose(Image.Transpose(undo[orientation])) if orientation > 1 else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = pets / "cat" / "turned.png"
    stored.save(path, exif=exif)
    found = read_picture(path)
    np.testing.assert_array_equal(np.asarray(found.image), np.asarray(upright))
    assert found.size == upright.size and (found.conversions == ("rotated",)) == (orientation > 1)


@pytest.mark.parametrize("kept", [10, 3], ids=["memory", "file"])
def test_each_picture_is_decoded_once(pets, monkeypatch, kept):
    paths = sorted((pets / "cat").iterdir())
    images = FolderImages(paths, (8, 8), cache_bytes=kept * 8 * 8 * 3)
    everything = images[:]
    assert everything.dtype == "uint8"
    assert repr(images).endswith("10 decoded in memory>" if kept == 10 else "10 decoded in a file>")
    np.testing.assert_array_equal(FolderImages(paths, (8, 8))[:], everything)
    monkeypatch.setattr(FolderImages, "_decode", None)
    np.testing.assert_array_equal(images[np.array([9, 0, 9])], everything[[9, 0, 9]])
    np.testing.assert_array_equal(images[np.arange(10) > 7], everything[8:])
    np.testing.assert_array_equal(np.asarray(images), everything)
    assert images[-1].shape == (8, 8, 3) and images[[]].shape == (0, 8, 8, 3)
    monkeypatch.undo()
    small = images.fit_images((6, 4), 1)
    assert small.shape == (10, 6, 4, 1) and small[:2].shape == (2, 6, 4, 1)
    paths[9].unlink()
    assert images[9].shape == (8, 8, 3)  # decoded already
    with pytest.raises(OSError, match="p09.png could be read"):
        small[9]


def test_a_checksum_is_computed_once_and_kept_at_every_size(pets):
    paths = sorted((pets / "cat").iterdir())
    images = FolderImages(paths, (8, 8))
    digest = images.digest(3)
    assert digest == hashlib.sha256(paths[3].read_bytes()).hexdigest() != images.digest(4)
    paths[3].unlink()
    assert images.digest(3) == digest and images.fit_images((6, 4), 1).digest(3) == digest
    assert FolderImages(paths, (8, 8), digests=["known"] * 10).digest(0) == "known"


def test_checksums_are_those_of_the_bytes(tmp_path):
    paths = [tmp_path / name for name in "abcdef"]
    for path in paths:
        path.write_bytes(path.name.encode())
    assert sha256_of_files(paths) == [hashlib.sha256(path.name.encode()).hexdigest() for path in paths]


def test_what_waits_for_a_thread_does_not_fill_memory():
    numbers = range(20_000)
    tracemalloc.start()
    results = map_in_threads(lambda number: -number, numbers)
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert results == [-number for number in numbers]
    assert peak_bytes < 600 * len(numbers)
