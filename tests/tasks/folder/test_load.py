"""A folder of pictures as people have them: odd files are named, crash nothing and change no label."""

import os

import numpy as np
import pytest
from PIL import Image

from ftlib.tasks.folder.check import check_folder
from ftlib.tasks.folder.decode import FolderImages, open_picture
from ftlib.tasks.folder.load import load_folder


def picture(seed, size=(40, 30)):
    """A smooth colour picture that JPEG keeps well; another one for every seed."""
    small = np.random.default_rng(seed).integers(0, 256, (3, 4, 3), "uint8")
    return Image.fromarray(small).resize(size, Image.Resampling.BICUBIC)


def fill(place, name, number, start):
    (place / name).mkdir(parents=True)
    for i in range(number):
        picture(start + i).save(place / name / f"p{i:02d}.png")


@pytest.fixture
def photos(tmp_path):
    place = tmp_path / "photos"
    fill(place, "cat", 10, 0)
    fill(place, "dog", 10, 100)
    return place


@pytest.fixture
def parted(tmp_path):
    place = tmp_path / "parted"
    for part, number, start in (("train", 10, 0), ("test", 3, 1000)):
        fill(place / part, "cat", number, start)
        fill(place / part, "dog", number, start + 100)
    return place


def all_ids(task):
    return {str(i) for split in (task.train, task.validation, task.test) for i in split.ids}


def test_a_plain_folder_is_split_by_class_and_nothing_is_remarked(photos):
    task = load_folder(photos, image_size=(24, 32))
    assert [len(split) for split in (task.train, task.validation, task.test)] == [12, 4, 4]
    for split in (task.train, task.validation, task.test):
        assert np.bincount(split.labels).tolist() == [len(split) // 2] * 2
        assert split.images[:].shape == (len(split), 24, 32, 3)
        assert all(task.class_names[y] == i.split("/")[0] for y, i in zip(split.labels, split.ids, strict=True))
    assert task.class_names == ("cat", "dog") and task.mirror and task.notes == ()
    assert len(all_ids(task)) == 20
    assert "Nothing to remark" in repr(check_folder(photos))


def test_the_split_follows_the_names_alone(photos, tmp_path):
    task, other = load_folder(photos), load_folder(photos, labels_per_class=2, seed=7)
    assert task.validation.ids.tolist() == other.validation.ids.tolist()
    assert task.test.ids.tolist() == other.test.ids.tolist()
    moved = tmp_path / "elsewhere"
    for path in sorted(photos.rglob("*.png"), reverse=True):  # written in another order, at another place
        (moved / path.parent.name).mkdir(parents=True, exist_ok=True)
        (moved / path.parent.name / path.name).write_bytes(path.read_bytes())
    assert load_folder(moved).test.ids.tolist() == task.test.ids.tolist()
    # Written down once: a change here would move pictures between the splits of everybody's tasks.
    assert task.test.ids.tolist() == ["cat/p00.png", "cat/p08.png", "dog/p00.png", "dog/p03.png"]


def test_seed_draws_training_labels_only_and_draws_are_nested(photos):
    one, three = (load_folder(photos, labels_per_class=n, seed=1) for n in (1, 3))
    assert len(one.train) == 2 and set(one.train.ids) < set(three.train.ids)
    draws = {tuple(load_folder(photos, labels_per_class=1, seed=s).train.ids) for s in range(5)}
    assert len(draws) > 1
    with pytest.raises(ValueError, match="labels_per_class=7"):
        load_folder(photos, labels_per_class=7)


def test_given_parts_are_kept(parted):
    task = load_folder(parted)
    assert [len(split) for split in (task.train, task.validation, task.test)] == [16, 4, 6]
    assert all(i.startswith("test/") for i in task.test.ids)
    assert all(i.startswith("train/") for i in np.concatenate([task.train.ids, task.validation.ids]))
    fill(parted / "valid", "cat", 2, 5000)
    fill(parted / "valid", "dog", 2, 5100)
    task = load_folder(parted)
    assert [len(split) for split in (task.train, task.validation, task.test)] == [20, 4, 6]
    assert all(i.startswith("valid/") for i in task.validation.ids)


def test_a_class_missing_from_the_given_test_part_is_noted(parted):
    for path in (parted / "test" / "dog").iterdir():
        path.unlink()
    assert "No test pictures of: dog" in load_folder(parted).notes


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
def test_every_kind_of_picture_becomes_right_pixels_and_is_named(photos, make, suffix, kinds, colour):
    make(photos / "cat" / f"odd.{suffix}")
    report = check_folder(photos)
    odd = f"cat/odd.{suffix}"
    # Whether a GIF's first frame opens as a palette or as RGB is Pillow's choice and changed between
    # versions.
    assert {k for k, ids in report.converted.items() if odd in ids} | {"palette"} == kinds | {"palette"}
    assert not report.unreadable and not report.misnamed and odd in {file[0] for file in report.files}
    assert any(odd in line for line in load_folder(photos).notes)
    pixels = FolderImages([photos / "cat" / f"odd.{suffix}"], (10, 10))[0]
    np.testing.assert_allclose(pixels[5, 5].astype(int), colour, atol=6)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(photos, orientation):
    upright = picture(3)
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
    path = photos / "cat" / "turned.png"
    stored.save(path, exif=exif)
    image, _, size, conversions = open_picture(path)
    np.testing.assert_array_equal(np.asarray(image), np.asarray(upright))
    assert size == upright.size and (conversions == ("rotated",)) == (orientation > 1)


def truncated(path):
    picture(1, (90, 90)).save(path, "JPEG", quality=95)
    path.write_bytes(path.read_bytes()[:-600])


def zero(path):
    path.write_bytes(b"")


def text(path):
    path.write_text("this is no picture")


def bomb(path):
    Image.new("1", (120, 100)).save(path, "PNG")


def floats(path):
    Image.new("F", (20, 20), 0.5).save(path, "TIFF")


@pytest.mark.parametrize(
    "make, name, reason",
    [
        (truncated, "a.jpg", "truncated"),
        (zero, "a.jpg", "0 bytes"),
        (text, "a.jpg", "not a picture"),
        (text, "a.heic", "save it as JPEG"),
        (bomb, "a.png", "decompression bomb"),
        (floats, "a.tif", "32 bits"),
    ],
)
def test_unreadable_files_are_left_out_and_named(photos, make, name, reason, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10_000)
    before = load_folder(photos)
    make(photos / "cat" / name)
    task, report = load_folder(photos), check_folder(photos)
    assert list(report.unreadable) == [f"cat/{name}"] and reason in report.unreadable[f"cat/{name}"]
    assert any(name in note and reason in note for note in task.notes)
    for split, old in (
        (task.train, before.train),
        (task.validation, before.validation),
        (task.test, before.test),
    ):
        assert split.ids.tolist() == old.ids.tolist() and split.labels.tolist() == old.labels.tolist()
        np.testing.assert_array_equal(split.images[:], old.images[:])


def test_wrong_names_are_used_and_named_and_other_files_are_skipped(photos):
    picture(50).save(photos / "cat" / "really_png.jpg", "PNG")
    picture(51).save(photos / "dog" / "no_extension", "JPEG")
    (photos / "dog" / "notes.txt").write_text("sunny day")
    (photos / "LICENSE.txt").write_text("mine")
    (photos / "dog" / ".hidden.png").write_text("")
    (photos / ".cache").mkdir()
    (photos / "dog" / "more").mkdir()
    report = check_folder(photos)
    assert report.misnamed == {"cat/really_png.jpg": "PNG", "dog/no_extension": "JPEG"}
    assert set(report.skipped) == {"dog/notes.txt", "LICENSE.txt", "dog/more"}
    assert len(report.files) == 22 and not report.unreadable
    assert {"cat/really_png.jpg", "dog/no_extension"} <= all_ids(load_folder(photos))


def test_a_phone_picture_with_a_second_frame_is_a_plain_jpeg(photos):
    picture(60).save(photos / "cat" / "phone.jpg", "MPO", save_all=True, append_images=[picture(61)])
    report = check_folder(photos)
    assert not report.misnamed and not report.converted and len(report.files) == 21


def copy(source, target):
    target.write_bytes(source.read_bytes())


def test_the_same_picture_twice_in_a_class_counts_once(photos):
    copy(photos / "cat" / "p03.png", photos / "cat" / "z.png")
    Image.open(photos / "cat" / "p04.png").save(photos / "cat" / "z.bmp")  # other bytes, same pixels
    report = check_folder(photos)
    assert report.duplicates == (("cat/p03.png", "cat/z.png"), ("cat/p04.png", "cat/z.bmp"))
    assert not {"cat/z.png", "cat/z.bmp"} & all_ids(load_folder(photos))


def test_the_same_picture_in_two_classes_is_left_out_of_both(photos):
    copy(photos / "cat" / "p03.png", photos / "dog" / "z.png")
    task = load_folder(photos)
    assert not {"cat/p03.png", "dog/z.png"} & all_ids(task)
    assert any("cat/p03.png, dog/z.png" in note and "different classes" in note for note in task.notes)


def test_the_same_picture_in_train_and_test_stays_in_test_only(parted):
    copy(parted / "test" / "cat" / "p00.png", parted / "train" / "cat" / "a.png")
    task = load_folder(parted)
    assert "test/cat/p00.png" in task.test.ids and "train/cat/a.png" not in all_ids(task)
    assert any("train/cat/a.png" in note for note in task.notes)


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_links_out_of_the_folder_are_not_followed(photos, tmp_path):
    picture(70).save(tmp_path / "private.png")
    (tmp_path / "birds").mkdir()
    picture(71).save(tmp_path / "birds" / "b.png")
    (photos / "cat" / "out.png").symlink_to(tmp_path / "private.png")
    (photos / "cat" / "gone.png").symlink_to(tmp_path / "gone.png")
    (photos / "bird").symlink_to(tmp_path / "birds")
    report = check_folder(photos)
    assert set(report.skipped) == {"cat/out.png", "cat/gone.png", "bird"}
    assert report.class_names == ("cat", "dog") and len(report.files) == 20


@pytest.mark.parametrize("kept", [10, 3], ids=["memory", "file"])
def test_each_picture_is_decoded_once(photos, monkeypatch, kept):
    paths = sorted((photos / "cat").iterdir())
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


def test_a_file_is_looked_at_again_when_it_changes(photos):
    assert len(check_folder(photos).files) == 20
    (photos / "cat" / "p00.png").write_bytes(b"broken now")
    assert list(check_folder(photos).unreadable) == ["cat/p00.png"]


def arrange_flat(place):
    fill(place.parent, place.name, 3, 0)


def arrange_empty(place):
    place.mkdir()


def arrange_nested(place):
    fill(place / "cat", "indoor", 3, 0)
    fill(place / "dog", "indoor", 3, 10)


def arrange_wrapped(place):
    fill(place / "pets", "cat", 3, 0)
    fill(place / "pets", "dog", 3, 10)


def arrange_single(place):
    fill(place, "cat", 5, 0)


def arrange_empty_class(place):
    fill(place, "cat", 5, 0)
    fill(place, "dog", 0, 0)


def arrange_few(place):
    fill(place, "cat", 5, 0)
    fill(place, "dog", 2, 10)


def arrange_few_usable(place):
    fill(place, "cat", 5, 0)
    fill(place, "dog", 2, 10)
    (place / "dog" / "broken.jpg").write_text("x")


def arrange_strange_test(place):
    for part, other in (("train", "dog"), ("test", "Dog")):
        fill(place / part, "cat", 3, 0)
        fill(place / part, other, 3, 10)


def arrange_no_train(place):
    fill(place / "test", "cat", 3, 0)
    fill(place / "test", "dog", 3, 10)


def arrange_two_validations(place):
    arrange_no_train(place)
    for part in ("train", "val", "valid"):
        fill(place / part, "cat", 3, 0)


def arrange_file(place):
    place.write_text("x")


@pytest.mark.parametrize(
    "arrange, error, message",
    [
        (lambda place: None, FileNotFoundError, "no folder"),
        (arrange_file, NotADirectoryError, "the file"),
        (arrange_empty, ValueError, "no class folders"),
        (arrange_flat, ValueError, "pictures but no class folders.*Arrange"),
        (arrange_nested, ValueError, "too deep inside, such as cat/indoor/p00.png"),
        (arrange_wrapped, ValueError, "Did you mean .*pets'"),
        (arrange_single, ValueError, "single class 'cat'"),
        (arrange_empty_class, ValueError, "without pictures.*: dog"),
        (arrange_few, ValueError, "'dog'.* at least 3 .*Received: 2"),
        (arrange_few_usable, ValueError, "'dog'.* at least 3 .*Received: 2 usable. 1 files? .*left out"),
        (arrange_strange_test, ValueError, "does not have: Dog. Training has: cat, dog"),
        (arrange_no_train, ValueError, "test but no train folder"),
        (arrange_two_validations, ValueError, "two validation folders: val and valid"),
    ],
)
def test_folders_that_cannot_be_a_task(tmp_path, arrange, error, message):
    place = tmp_path / "mine"
    arrange(place)
    with pytest.raises(error, match=message):
        load_folder(place)


@pytest.mark.parametrize("image_size", [0, -5, 2.5, "large", (96,), (96, 96, 3), True])
def test_image_size_that_makes_no_sense(photos, image_size):
    with pytest.raises(ValueError, match="image_size is"):
        load_folder(photos, image_size=image_size)


def test_real_flower_photos(real):
    task = load_folder(real / "flowers", image_size=96)
    assert task.class_names == ("daisy", "dandelion", "roses", "sunflowers", "tulips")
    assert np.bincount(task.validation.labels).tolist() == [20] * 5
    assert np.bincount(task.train.labels).tolist() == [80] * 5
    assert np.bincount(task.test.labels).tolist() == [40] * 5
    batch = task.train.images[[0, 100, 399]]
    assert batch.shape == (3, 96, 96, 3) and 30 < batch.mean() < 220
