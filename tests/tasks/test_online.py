"""The downloaded sets, without a download."""

import dataclasses
import io
import itertools
import urllib.error
import urllib.request

import keras
import numpy as np
import pytest
from leaks import assert_no_leak

from ftlib.tasks import online


# The downloaded sets, without a download.
def given_arrays(monkeypatch, name, channels=()):
    rng = np.random.default_rng(0)
    train, test = (rng.integers(0, 256, (n, 6, 6, *channels), "uint8") for n in (1500, 2100))
    train[7], train[1400] = test[3], train[1]
    labels = [np.arange(n) % 10 for n in (1500, 2100)]
    labels[0][1400] = labels[0][1]
    shape = (-1, 1) if channels else (-1,)
    data = (train, labels[0].reshape(shape)), (test, labels[1].reshape(shape))
    monkeypatch.setattr(getattr(keras.datasets, name), "load_data", lambda: data)


@pytest.mark.parametrize("name, channels", [("fashion_mnist", ()), ("cifar10", (3,))])
def test_given_arrays_become_a_task_without_leaks(monkeypatch, name, channels):
    given_arrays(monkeypatch, name, channels)
    task = online.ONLINE[name](labels_per_class=5, seed=1)
    assert task.image_shape == (6, 6, *(channels or (1,))) and task.num_classes == 10
    assert len(task.train) == 50 and 999 <= len(task.validation) <= 1000 and len(task.test) == 2000
    whole = online.ONLINE[name]()
    assert_no_leak(whole)
    assert set(whole.validation.ids) == set(task.validation.ids)


@pytest.mark.parametrize("name", ["fashion_mnist", "cifar10", "flowers", "cats_vs_dogs"])
def test_a_failed_download_says_what_to_do(monkeypatch, name):
    def no_network(*args, **kwargs):
        raise Exception("URL fetch failure")

    monkeypatch.setattr(keras.utils, "get_file", no_network)
    for data in (keras.datasets.fashion_mnist, keras.datasets.cifar10):
        monkeypatch.setattr(data, "load_data", no_network)
    with pytest.raises(ConnectionError, match="https://.*URL fetch failure.*put .* into .*datasets.*textures"):
        online.ONLINE[name]()


def test_an_unpacked_archive_is_used_without_a_network(monkeypatch, tmp_path):
    from PIL import Image

    place = tmp_path / "datasets" / "cats_vs_dogs" / "cats_and_dogs_filtered"
    rng = np.random.default_rng(0)
    for part, label in itertools.product(("train", "validation"), ("cats", "dogs")):
        (place / part / label).mkdir(parents=True)
        for i in range(5):
            pixels = rng.integers(0, 256, (12, 12, 3), "uint8")
            Image.fromarray(pixels).save(place / part / label / f"{i}.jpg")
    (place / "vectorize.py").write_text("")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(keras.utils, "get_file", lambda *args, **kwargs: pytest.fail("downloaded"))
    archive = dataclasses.replace(online.CATS_VS_DOGS, photo_count=20)
    task = online.load_archive(archive, labels_per_class=2, image_size=8)
    assert task.name == "cats_vs_dogs" and "Asirra" in task.source and task.image_shape == (8, 8, 3)
    assert [len(s) for s in (task.train, task.validation, task.test)] == [4, 10, 2]


def test_real_fashion_mnist(keras_home):
    task = online.fashion_mnist(labels_per_class=10)
    assert task.image_shape == (28, 28, 1)
    assert [len(s) for s in (task.train, task.validation, task.test)] == [100, 1000, 2000]
    assert_no_leak(task)


def test_an_archive_is_at_hand_when_all_its_photos_are(monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    archive = dataclasses.replace(online.FLOWERS, photo_count=2)
    assert not online.is_at_hand(archive)
    place = tmp_path / "datasets" / "flowers" / "flower_photos" / "roses"
    place.mkdir(parents=True)
    for number in range(2):
        assert not online.is_at_hand(archive)
        (place / f"{number}.jpg").touch()
    assert online.is_at_hand(archive)


def test_a_server_is_asked_without_downloading_and_a_missing_one_is_no_error(monkeypatch):
    asked = []

    def answer(request, timeout):
        asked.append((request.get_method(), request.full_url, timeout))
        return io.BytesIO()

    monkeypatch.setattr(online.urllib.request, "urlopen", answer)
    assert online.is_reachable(online.FLOWERS.address) and asked == [("HEAD", online.FLOWERS.address, 3.0)]

    def refuse(request, timeout):
        raise urllib.error.URLError("no such name")

    monkeypatch.setattr(online.urllib.request, "urlopen", refuse)
    assert not online.is_reachable(online.FLOWERS.address)
