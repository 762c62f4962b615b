"""Copies that are not the same to the last pixel: found, and nothing else with them."""

import io

import numpy as np
import pytest
from folders import photo
from PIL import Image, ImageEnhance, ImageOps

from ftlib.tasks.folder.near_duplicates import near_duplicates


def thumbnail(image):
    return np.asarray(image.convert("L").resize((32, 32)))


def jpeg(image):
    data = io.BytesIO()
    image.save(data, "JPEG", quality=40)
    return Image.open(data)


COPIES = {
    "half": lambda image: image.resize((image.width // 2, image.height // 2)),
    "double": lambda image: image.resize((image.width * 2, image.height * 2)),
    "compressed": jpeg,
    "brighter": lambda image: ImageEnhance.Brightness(image).enhance(1.15),
    "less contrast": lambda image: ImageEnhance.Contrast(image).enhance(0.7),
    "grey": lambda image: image.convert("L"),
    "mirrored": ImageOps.mirror,
    "trimmed": lambda image: image.crop((1, 1, image.width - 1, image.height - 1)),
}


@pytest.mark.parametrize("how", COPIES)
def test_a_copy_is_found(how):
    images = [photo(seed, (240, 200)) for seed in range(30)]
    groups = near_duplicates(np.stack([thumbnail(image) for image in [*images, COPIES[how](images[7])]]))
    assert [group.tolist() for group in groups] == [[7, 30]]


def test_pictures_that_share_nothing_are_left_alone():
    noise = np.random.default_rng(0).integers(0, 256, (300, 32, 32)).astype("uint8")
    assert near_duplicates(np.stack([thumbnail(photo(seed)) for seed in range(300)])) == []
    assert near_duplicates(noise) == []


def test_a_single_colour_is_no_copy_of_another():
    assert near_duplicates(np.stack([np.full((32, 32), value, "uint8") for value in (0, 0, 7, 255)])) == []
    assert near_duplicates(np.zeros((0, 32, 32), "uint8")) == []


def test_a_film_is_one_group_even_where_its_first_and_last_frame_differ():
    rng = np.random.default_rng(0)
    one, other = (np.asarray(photo(seed).convert("L").resize((32, 32)), "float32") for seed in (1, 2))
    frames = [(1 - t) * one + t * other + rng.normal(0, 1, (32, 32)) for t in np.linspace(0, 1, 60)]
    groups = near_duplicates(np.stack([*np.clip(frames, 0, 255).astype("uint8"), thumbnail(photo(3))]))
    assert [group.tolist() for group in groups] == [list(range(60))]


def test_among_many_pictures_the_same_copies_are_found_as_by_comparing_all():
    rng = np.random.default_rng(0)
    pictures = np.kron(rng.integers(0, 256, (5000, 8, 8)), np.ones((4, 4))).astype("uint8")
    copies = np.clip(pictures[:200] + rng.normal(0, 20, (200, 32, 32)), 0, 255).astype("uint8")
    copies[100:] = copies[100:, :, ::-1]
    thumbnails = np.concatenate([pictures, copies])

    groups = [group.tolist() for group in near_duplicates(thumbnails, most_with_all=1000)]
    assert groups == [[index, 5000 + index] for index in range(200)]
    assert groups == [group.tolist() for group in near_duplicates(thumbnails)]


def test_many_frames_of_a_film_are_one_group_as_well():
    rng = np.random.default_rng(0)
    frame = np.asarray(thumbnail(photo(1)), "int16")
    frames = np.clip(frame + rng.integers(-2, 3, (300, 32, 32)), 0, 255).astype("uint8")
    assert [len(group) for group in near_duplicates(frames, most_with_all=100)] == [300]


@pytest.mark.slow
def test_thousands_of_the_same_frame_take_no_quadratic_memory():
    rng = np.random.default_rng(0)
    frame = np.asarray(thumbnail(photo(1)), "int16")
    frames = np.clip(frame + rng.integers(-2, 3, (4000, 32, 32)), 0, 255).astype("uint8")
    assert [len(group) for group in near_duplicates(frames)] == [4000]


@pytest.mark.real
def test_real_photos_are_different_and_their_copies_are_found(real):
    files = sorted((real / "flowers" / "train").rglob("*.jpg"))
    images = [Image.open(file).convert("RGB") for file in files]
    alone = near_duplicates(np.stack([thumbnail(image) for image in images]))
    assert sum(map(len, alone)) <= 10  # some photos of the collection are near copies
    taken = sorted({group[0] for group in alone} | set(range(len(images))) - {i for g in alone for i in g})[:100]
    for how in COPIES.values():
        pairs = [images[i] for i in taken] + [how(images[i]) for i in taken]
        found = {tuple(group) for group in near_duplicates(np.stack([thumbnail(image) for image in pairs]))}
        assert len(found & {(i, i + len(taken)) for i in range(len(taken))}) >= 0.95 * len(taken)
