"""Pictures that are shown whole between bars."""

import numpy as np
import pytest
from folders import put
from PIL import Image

from ftlib.tasks.folder.decode import FolderImages
from ftlib.tasks.folder.whole_images import WholeImages


def test_nothing_of_a_picture_is_cut_off(tmp_path):
    picture = np.zeros((20, 60, 3), "uint8")
    picture[:, :3] = picture[:, -3:] = 255
    Image.fromarray(picture).save(tmp_path / "a.png")
    (whole,) = WholeImages([tmp_path / "a.png"], (60, 60))
    assert (whole[:20] == 127).all() and (whole[40:] == 127).all()
    assert (whole[20:40, :3] == 255).all() and (whole[20:40, -3:] == 255).all()
    assert WholeImages([tmp_path / "a.png"], (30, 30), 1)[0].shape == (30, 30, 1)


def test_boxes_go_there_and_back(tmp_path):
    paths = sorted(put(tmp_path, 3).iterdir())
    images = WholeImages(paths, (32, 48))
    boxes = [np.array([[3, 4, 50, 40, 1]]), np.zeros((0, 5)), np.array([[0, 0, 60, 48, 0]])]
    for own, back in zip(boxes, images.unplace_boxes(images.place_boxes(boxes)), strict=True):
        np.testing.assert_allclose(back, own, atol=1e-4)
    other = images.fit_images((64, 64), 3)
    moved = images.move_boxes(images.place_boxes(boxes), (64, 64))
    np.testing.assert_allclose(moved[0], other.place_boxes(boxes)[0], atol=1e-3)


def test_a_picture_on_its_side_has_the_size_that_is_seen(tmp_path):
    picture = Image.new("RGB", (40, 20), "red")
    exif = picture.getexif()
    exif[0x0112] = 6
    picture.save(tmp_path / "a.jpg", exif=exif)
    images = WholeImages([tmp_path / "a.jpg"], (40, 40))
    assert images.picture_sizes == [(40, 20)]
    assert (images[0][:, :9] == 127).all() and images[0][20, 20, 0] > 200


def test_decoded_pictures_of_both_kinds_are_kept_apart(tmp_path):
    paths = sorted(put(tmp_path / "photos", 3).iterdir())
    options = {"size": (16, 32), "cache_bytes": 0, "folder": tmp_path / "cache"}
    cut, whole = FolderImages(paths, **options), WholeImages(paths, **options)
    assert (cut[:] != whole[:]).any()
    np.testing.assert_array_equal(WholeImages(paths, **options)[:], whole[:])
    np.testing.assert_array_equal(FolderImages(paths, **options)[:], cut[:])


def test_a_picture_that_is_gone_is_named(tmp_path):
    images = WholeImages([tmp_path / "gone.png"], (8, 8))
    with pytest.raises(OSError, match=r"gone.png could be read when it was checked and now cannot"):
        images.place_boxes([np.zeros((0, 5))])
