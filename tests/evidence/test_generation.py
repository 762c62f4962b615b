"""Images out of noise: drawn from a seed, led by a class, and told from real ones."""

import dataclasses

import keras
import numpy as np
import pytest
import tiny
from objectives import tiny_denoising

import ftlib as ft
from ftlib.evidence.generation import explained_by_time
from ftlib.objectives.denoising import Denoising, stack_channels, to_pixels


@pytest.fixture(scope="module")
def model():
    """A network with classes whose answer depends on all that it is told."""
    task = tiny_denoising.task()
    network = ft.with_head(tiny_denoising.backbone(), task)
    draws = np.random.default_rng(0)
    for weight in network.trainable_weights:
        weight.assign(draws.normal(0, 0.2, weight.shape))
    return network


@pytest.fixture(scope="module")
def plain_model():
    task = tiny_denoising.task(objective=Denoising())
    return ft.with_head(tiny_denoising.backbone(classes=0), task)


def run_of(model, task):
    return ft.Run(model, "none", 0, {}, [], [], [], [], task.class_names, task=task)


def test_a_network_that_knows_nothing_leaves_the_noise(plain_model):
    # The head starts at zero, so that the velocity is zero everywhere.
    images = ft.generate(plain_model, count=3, seed=5, steps=2)
    assert images.shape == (3, 4, 4, 1) and images.dtype == np.uint8
    noise = np.random.default_rng([12, 5]).standard_normal((3, 4, 4, 1), "float32")
    np.testing.assert_array_equal(images, to_pixels(noise))


def test_one_seed_gives_the_same_images_and_more_of_them(model):
    images = ft.generate(model, count=4, seed=1, steps=2)
    np.testing.assert_array_equal(images, ft.generate(model, count=4, seed=1, steps=2))
    np.testing.assert_array_equal(images[:2], ft.generate(model, count=2, seed=1, steps=2))
    assert not np.array_equal(images, ft.generate(model, count=4, seed=2, steps=2))


@pytest.mark.backends
def test_one_step_is_as_computed_by_hand_with_guidance(model):
    noise = np.random.default_rng([12, 0]).standard_normal((2, 4, 4, 1), "float32")

    def velocity(rows):
        return keras.ops.convert_to_numpy(model(stack_channels(noise, np.zeros(2), np.array(rows))))

    without, with_class = velocity([[0, 0], [0, 0]]), velocity([[0, 1], [1, 0]])
    assert np.abs(without - with_class).max() > 1e-3
    for guidance in (0, 1, 2.5):
        expected = to_pixels(noise + without + guidance * (with_class - without))
        images = ft.generate(model, 2, classes=[1, 0], steps=1, guidance=guidance, method="euler")
        assert np.abs(images.astype(int) - expected).max() <= 1  # a rounding


def test_without_a_choice_each_class_comes_in_turn(model):
    images = ft.generate(model, 4, steps=1)
    np.testing.assert_array_equal(images, ft.generate(model, 4, classes=[0, 1, 0, 1], steps=1))
    np.testing.assert_array_equal(ft.generate(model, 4, classes=1, steps=1)[1::2], images[1::2])


def test_a_run_is_asked_for_the_classes_of_its_task():
    spare = tiny_denoising.task(objective=Denoising(conditional=True, class_channels=5))
    network = ft.with_head(tiny_denoising.backbone(classes=5), spare)
    run = run_of(network, spare)
    assert ft.generate(run, 3, steps=1).shape == (3, 4, 4, 1)
    with pytest.raises(ValueError, match="classes 0 to 1. Received: 4 to 4"):
        ft.generate(run, 3, classes=4, steps=1)
    assert len(ft.generate(network, 3, classes=4, steps=1)) == 3


def test_a_path_begins_as_noise_and_ends_as_the_image(model):
    path = ft.sampling_path(model, count=2, seed=3, steps=5, frames=3)
    assert path.pixels.shape == (2, 3, 4, 4, 1) and path.pixels.dtype == np.uint8
    np.testing.assert_allclose(path.times, [0, 0.4, 1])  # the second of five steps: a half is rounded to even
    noise = np.random.default_rng([12, 3]).standard_normal((2, 4, 4, 1), "float32")
    np.testing.assert_array_equal(path.pixels[:, 0], to_pixels(noise))
    np.testing.assert_array_equal(path.pixels[:, -1], ft.generate(model, 2, seed=3, steps=5))


@pytest.mark.slow
def test_a_path_is_drawn_as_a_film_strip(model):
    from canvas import assert_texts_have_room

    figure = ft.sampling_path(model, count=2, steps=5).plot(row_names=["left", "right"], title="From noise to image")
    assert [ax.get_title(loc="center") for ax in figure.axes[:6]][::5] == ["noise", "image"]
    assert_texts_have_room(figure)


REFUSED = {
    "no image": (lambda t: ft.generate(t[0], 0), ["`count`", "at least 1", "count=0"]),
    "half a step": (lambda t: ft.generate(t[0], steps=2.5), ["`steps`", "steps=2.5"]),
    "a negative seed": (lambda t: ft.generate(t[0], seed=-1), ["`seed`", "seed=-1"]),
    "another method": (lambda t: ft.generate(t[0], method="hein"), ["'hein'", "'heun'"]),
    "negative guidance": (lambda t: ft.generate(t[0], guidance=-1), ["at least 0", "guidance=-1"]),
    "guidance without classes": (lambda t: ft.generate(t[1], guidance=2), ["told classes", "guidance=2"]),
    "a class without classes": (lambda t: ft.generate(t[1], classes=1), ["not told classes", "classes=1"]),
    "a class that is none": (lambda t: ft.generate(t[0], 2, classes=[0, 2]), ["classes 0 to 1", "0 to 2"]),
    "too few classes": (lambda t: ft.generate(t[0], 3, classes=[0, 1]), ["each of 3 images", "(2,)"]),
    "a classifier": (lambda t: ft.generate(tiny.model()), ["ft.Denoising", "(None, 3)"]),
    "more frames than steps": (lambda t: ft.sampling_path(t[0], steps=3, frames=5), ["4 frames", "frames=5"]),
    "one frame": (lambda t: ft.sampling_path(t[0], frames=1), ["`frames`", "at least 2", "frames=1"]),
    "other shapes": (
        lambda t: scores(np.zeros((3, 8, 8, 1), "uint8"), pictures(3)), ["one shape", "(8, 8, 1)", "(4, 4, 1)"],
    ),
    "pixels up to 1": (lambda t: scores(np.full((3, 4, 4, 1), 0.5), pictures(3)), ["generated images", "0 to 255"]),
    "rows missing": (
        lambda t: ft.generation_scores(pictures(3), pictures(4), lambda images: np.zeros((2, 5))),
        ["a row for each of 3", "(2, 5)"],
    ),
    "a judge without classes": (
        lambda t: scores(pictures(3), pictures(4), judge=tiny.model()), ["each of 3 images", "None"],
    ),
    "times of classes": (lambda t: explained_by_time(run_of(tiny.model(), tiny.task())), ["denoising run"]),
    "more times than images": (
        lambda t: explained_by_time(run_of(t[0], tiny_denoising.task()), bins=99), ["24 images", "bins=99"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_nonsense_is_refused_in_one_sentence(name, model, plain_model):
    act, fragments = REFUSED[name]
    with pytest.raises(ValueError) as raised:
        act((model, plain_model))
    for fragment in fragments:
        assert fragment in str(raised.value)


def test_features_are_a_model_or_a_function():
    with pytest.raises(TypeError, match="Keras model or a function.*Received: str"):
        ft.generation_scores(pictures(3), pictures(3), "glyphnet")


# --- scores -----------------------------------------------------------------------------------------------


def pictures(count, seed=0, low=0, high=256):
    return np.random.default_rng(seed).integers(low, high, (count, 4, 4, 1)).astype("uint8")


def scores(generated, real, **options):
    return ft.generation_scores(generated, real, lambda images: images / 255, **options)


def test_images_like_the_real_ones_are_nearer_than_others():
    real = pictures(60)
    alike, darker = scores(pictures(60, 1), real), scores(pictures(60, 1, high=160), real)
    assert abs(alike["kernel_distance"]) < 0.1 < darker["kernel_distance"]
    assert alike["frechet_distance"] < darker["frechet_distance"]
    assert all(type(value) is float for value in alike.values())


def test_copies_are_found():
    train, real = pictures(50), pictures(30, 1)
    assert scores(train[:20], real, train=train)["nearest_ratio"] == 0
    assert scores(pictures(30, 2), real, train=train)["nearest_ratio"] == pytest.approx(1, abs=0.1)


def test_a_judge_says_whether_images_show_what_they_should():
    pixels = keras.Input((4, 4, 1))
    halves = keras.layers.AveragePooling2D((4, 2))(pixels)
    judge = keras.Model(pixels, keras.layers.Softmax()(keras.layers.Flatten()(halves)))
    split = tiny_denoising.split(10, 0, "real")
    wanted = split.labels.copy()
    wanted[:3] = 1 - wanted[:3]
    found = scores(split.images, pictures(5), judge=judge, classes=wanted)
    assert found["judge_accuracy"] == pytest.approx(0.7)


def test_a_backbone_describes_images_at_its_own_size():
    body = tiny.backbone(dropout=0.0)  # of 12 by 12 pixels, with feature maps
    found = ft.generation_scores(pictures(12), pictures(12), body)
    assert found["frechet_distance"] == pytest.approx(0, abs=1e-6)


def test_what_is_explained_at_each_time_adds_up_to_the_whole(model):
    task = tiny_denoising.task(count=40)
    run = run_of(model, task)
    rows = explained_by_time(run, bins=1)
    assert rows == [{"from": 0.0, "to": 1.0, "explained": pytest.approx(run.val_score)}]
    four = explained_by_time(run, bins=4)
    assert [row["from"] for row in four] == [0, 0.25, 0.5, 0.75]

    # A network that gives back minus what it sees is right about all the noise at the time 0, and wrong at 1.
    stack = keras.Input((4, 4, 4))
    minus = keras.layers.Rescaling(-1.0)(stack[..., :1])
    honest = explained_by_time(run_of(keras.Model(stack, minus), task), bins=4)
    assert honest[0]["explained"] > 0.5 > 0 > honest[-1]["explained"]


def test_a_loaded_run_makes_the_same_images(tmp_path, model):
    task = tiny_denoising.task()
    run = dataclasses.replace(run_of(model, task), settings={"task": {}, "model": {"image_shape": [4, 4, 1]}})
    run.scores["validation"] = {"explained": 0.0, "loss": 1.0}
    run.save(tmp_path)
    np.testing.assert_array_equal(ft.generate(ft.load_run(tmp_path), 2, steps=2), ft.generate(run, 2, steps=2))
