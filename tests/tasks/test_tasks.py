"""What every task promises, and what the rendered, the shipped and the downloaded ones are."""

import itertools

import keras
import numpy as np
import pytest

from ftlib.tasks import faces, glyphs, online, textures
from ftlib.tasks.task import Split, Task, draw_labels, fit_images


@pytest.fixture(scope="module", params=[textures, faces], ids=["textures", "faces"])
def module(request):
    return request.param


@pytest.fixture(scope="module")
def whole(module):
    return module.load()


def pixels(split):
    return {image.tobytes() for image in split.images}


def assert_no_leak(task):
    parts = task.train, task.validation, task.test
    for one, other in itertools.combinations(parts, 2):
        assert not set(one.ids) & set(other.ids)
        assert not pixels(one) & pixels(other)
    assert sum(len(set(part.ids)) for part in parts) == sum(len(part) for part in parts)


def test_no_picture_is_in_two_splits(whole):
    assert_no_leak(whole)


def test_pixels_labels_and_texts_are_what_a_task_promises(whole):
    for split in (whole.train, whole.validation, whole.test):
        assert split.images.dtype == "uint8" and split.images[:].max() > 200
        assert split.labels.dtype == "int64"
        assert len(set(np.bincount(split.labels, minlength=whole.num_classes))) == 1
    assert whole.source and whole.licence and whole.name in repr(whole)


def test_seed_and_labels_change_training_only(module, whole):
    drawn, other = (module.load(labels_per_class=3, seed=seed) for seed in (0, 1))
    assert np.bincount(drawn.train.labels).tolist() == [3] * whole.num_classes
    assert set(drawn.train.ids) < set(whole.train.ids) and set(drawn.train.ids) != set(other.train.ids)
    for task in (drawn, other):
        for part in ("validation", "test"):
            np.testing.assert_array_equal(getattr(task, part).ids, getattr(whole, part).ids)
            np.testing.assert_array_equal(getattr(task, part).images, getattr(whole, part).images)
    again = module.load(labels_per_class=3)
    np.testing.assert_array_equal(again.train.images, drawn.train.images)


@pytest.mark.parametrize("bad", [0, -1, 1.5, True, 101])
def test_labels_per_class_that_cannot_be(module, bad):
    with pytest.raises(ValueError, match="labels_per_class"):
        module.load(labels_per_class=bad)


def test_no_grey_value_tells_a_texture():
    task = textures.load(labels_per_class=2)
    histograms = np.array([np.bincount(image.ravel(), minlength=256) for image in task.train.images])
    assert (histograms == histograms[0]).all()
    assert 16 <= task.num_classes <= 24 and len(task.validation) >= 400 and len(task.test) >= 1000


def test_a_mirrored_texture_may_be_another_class():
    task = textures.load()
    assert not task.mirror
    names = np.array(task.class_names)
    mean = {}
    for name in ("grating 45 coarse", "grating 135 coarse"):
        images = task.train.images[task.train.labels == np.flatnonzero(names == name)[0], ..., 0].astype(float)
        mean[name] = np.abs(np.fft.rfft2(images - images.mean())).mean(0)
        mirrored = np.abs(np.fft.rfft2((images - images.mean())[:, :, ::-1])).mean(0)
    own, other = (np.abs(mirrored - spectrum).sum() for spectrum in mean.values())
    assert own < other  # the mirrored 135 degrees look like 45 degrees


@pytest.mark.slow
def test_raw_pixels_do_not_separate_textures_and_a_spectrum_does():
    from sklearn.linear_model import LogisticRegression

    task = textures.load(labels_per_class=20)

    def accuracy(features):
        train, test = (features(split.images[..., 0] / 127.5 - 1) for split in (task.train, task.test))
        scale = train.std()
        model = LogisticRegression(C=0.01, max_iter=200).fit(train / scale, task.train.labels)
        return model.score(test / scale, task.test.labels)

    def raw(images):
        return images.reshape(len(images), -1)

    def spectrum(images):
        return np.abs(np.fft.rfft2(images)).reshape(len(images), -1)

    assert accuracy(raw) < 0.3
    assert accuracy(spectrum) > 0.5


@pytest.mark.slow
def test_glyphs_draws_a_split_when_its_images_are_asked_for(monkeypatch):
    drawn, render = [], glyphs.render
    monkeypatch.setattr(glyphs, "render", lambda count, seed: drawn.append(seed) or render(count, seed))
    task = glyphs.load()
    assert task.num_classes > 300 and task.image_shape == (32, 32, 1) and "train" in repr(task)
    assert [len(part.images) // task.num_classes for part in (task.train, task.validation, task.test)] == [30, 4, 6]
    few = glyphs.load(labels_per_class=2)
    assert np.bincount(few.train.labels).tolist() == [2] * task.num_classes
    assert few.train.images.shape == (2 * task.num_classes, 32, 32, 1) and drawn == []
    assert task.validation.images[3].shape == (32, 32, 1) and task.validation.images[[3, 5]].ndim == 4
    np.asarray(task.validation.images)
    assert len(drawn) == 1  # once, and no other split


@pytest.mark.slow
def test_glyphs_are_the_drawings_of_render():
    task = glyphs.load()
    images, labels = glyphs.render(len(task.validation), [731, 1])
    np.testing.assert_array_equal(task.validation.images, images)
    np.testing.assert_array_equal(task.validation.labels, labels)
    part = task.validation.take([7, 2])
    np.testing.assert_array_equal(part.images, images[[7, 2]])
    assert part.digest(1) == task.validation.digest(2) != task.validation.digest(3)
    assert list(part.ids) == ["validation-7", "validation-2"] and np.asarray(task.validation.images).dtype == "uint8"


@pytest.mark.slow
def test_fewer_glyphs_are_a_part_of_all():
    task, few = glyphs.load(), glyphs.load(labels_per_class=2, seed=4)
    at = np.array([int(i.removeprefix("train-")) for i in few.train.ids])
    np.testing.assert_array_equal(few.train.images, task.train.images[at])
    np.testing.assert_array_equal(few.train.labels, task.train.labels[at])
    with pytest.raises(ValueError, match="labels_per_class=31"):
        glyphs.load(labels_per_class=31)


def test_faces_are_labelled_face():
    task = faces.load()
    assert task.class_names == ("background", "face") and task.mirror
    assert [len(s) for s in (task.train, task.validation, task.test)] == [80, 40, 80]
    for split in (task.train, task.validation, task.test):
        face = split.images[split.labels == 1, ..., 0].mean(0)
        assert face[8:10, 5:9].mean() + 10 < face[14:17, 5:9].mean()  # eyes are darker than cheeks
    assert any("small" in note for note in task.notes)


def test_draws_are_nested():
    labels = np.repeat(np.arange(4), 30)
    draws = [set(draw_labels(labels, n, seed=3)) for n in (1, 3, 10, 30)]
    assert all(few < many for few, many in itertools.pairwise(draws))
    assert draws[-1] == set(draw_labels(labels, None, seed=3)) == set(range(120))
    with pytest.raises(ValueError, match="31.*30 training examples"):
        draw_labels(labels, 31, seed=0)


def backbone(*shape):
    inputs = keras.Input(shape)
    return keras.Model(inputs, keras.layers.GlobalAveragePooling2D()(inputs))


@pytest.mark.parametrize("shape", [(32, 32, 3), (16, 24, 1), (25, 25, 3), (None, None, 3)])
def test_for_backbone_fits_every_split(shape):
    task = faces.load(labels_per_class=5)
    fitted = task.for_backbone(backbone(*shape))
    wanted = (shape[0] or 25, shape[1] or 25, shape[2])
    for part in ("train", "validation", "test"):
        split, before = getattr(fitted, part), getattr(task, part)
        assert split.images.shape == (len(before), *wanted) and split.images.dtype == "float32"
        assert split.images.min() >= 0 and split.images.max() <= 255
        assert abs(split.images.mean() - before.images.mean()) < 12
        np.testing.assert_array_equal(split.labels, before.labels)
    assert task.for_backbone(backbone(25, 25, 1)) is task


def test_fit_images_keeps_the_middle_and_the_luma():
    wide = np.zeros((1, 10, 30, 3), "uint8")
    wide[:, :, 10:20] = (255, 0, 0)
    fitted = fit_images(wide, (5, 5), 1)
    np.testing.assert_allclose(fitted, 0.299 * 255, atol=1)


def test_a_task_refuses_what_does_not_fit_together():
    images = np.zeros((4, 8, 8, 1), "uint8")
    good = Split(images, np.array([0, 1, 0, 1]), np.arange(4))

    def make(split, names=("a", "b")):
        return Task("t", split, good, good, names, "s", "l")

    make(good)
    with pytest.raises(ValueError, match="3 images"):
        make(Split(images[:3], good.labels, good.ids))
    with pytest.raises(ValueError, match="0..0"):
        make(good, ("a",))
    with pytest.raises(TypeError, match="float"):
        make(Split(images, good.labels / 2, good.ids))
    with pytest.raises(ValueError, match="empty"):
        make(good.take(np.arange(0)))


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
    task = online.ONLINE[name]
    with pytest.raises(ConnectionError, match="https://.*URL fetch failure.*put .* into .*datasets.*textures"):
        task()
    assert task.source and task.licence


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
    monkeypatch.setattr(online, "CATS_PHOTOS", 20)
    monkeypatch.setattr(keras.utils, "get_file", lambda *args, **kwargs: pytest.fail("downloaded"))
    task = online.cats_vs_dogs(labels_per_class=2, image_size=8)
    assert task.name == "cats_vs_dogs" and "Asirra" in task.source and task.image_shape == (8, 8, 3)
    assert [len(s) for s in (task.train, task.validation, task.test)] == [4, 10, 2]


def test_real_fashion_mnist(keras_home):
    task = online.fashion_mnist(labels_per_class=10)
    assert task.image_shape == (28, 28, 1)
    assert [len(s) for s in (task.train, task.validation, task.test)] == [100, 1000, 2000]
    assert_no_leak(task)
