"""Denoising by flow matching: what goes in and comes out, what is scored, and that it learns."""

import dataclasses

import keras
import numpy as np
import pytest
import tiny
from objectives import tiny_denoising

import ftlib as ft
from ftlib.models.initialization import copy_model
from ftlib.objectives.denoising import Denoising, follow_velocity, scale_pixels, stack_channels, to_pixels

UNCONDITIONAL = Denoising()


def conditional_task(**options):
    return tiny_denoising.task(**options)


def plain_task(**options):
    return tiny_denoising.task(objective=UNCONDITIONAL, **options)


def model(task=None):
    task = conditional_task() if task is None else task
    return ft.with_head(tiny_denoising.backbone(task.objective.class_channels or 0), task)


def batch_of(task, seed=0, regularization=None, count=8):
    inputs = np.asarray(task.train.inputs[:count], "float32")
    rng = np.random.default_rng(seed)
    return task.objective.make_batch(
        inputs, task.train.targets[:count], task, regularization or ft.Regularization(), rng
    )


# --- what the model and the loss see ----------------------------------------------------------------------


def test_a_noisy_image_lies_on_the_straight_way_from_noise_to_the_image():
    task = plain_task()
    stack, velocities = batch_of(task)
    assert stack.shape == (8, 4, 4, 2) and velocities.shape == (8, 4, 4, 1)
    assert stack.dtype == velocities.dtype == np.float32

    images = scale_pixels(task.train.inputs[:8])
    times = stack[..., 1:]
    noise = images - velocities
    np.testing.assert_allclose(stack[..., :1], times * images + (1 - times) * noise, atol=1e-5)
    assert abs(noise.mean()) < 0.3 and 0.7 < noise.std() < 1.3


def test_the_times_of_a_batch_are_one_number_an_image_and_spread_evenly():
    stack, _ = batch_of(plain_task(), count=20)
    times = stack[..., 1]
    assert (times == times[:, :1, :1]).all()
    assert np.floor(times[:, 0, 0] * 20).tolist() == list(range(20))


def test_the_class_is_one_hot_at_every_pixel_and_sometimes_not_told():
    always = conditional_task(objective=Denoising(conditional=True, class_dropout=0))
    stack, _ = batch_of(always)
    np.testing.assert_array_equal(stack[:, 2, 3, 2:], np.eye(2)[[0, 1] * 4])
    assert (stack[..., 2:] == stack[:, :1, :1, 2:]).all()

    never = conditional_task(objective=Denoising(conditional=True, class_dropout=1))
    assert not batch_of(never)[0][..., 2:].any()

    rows = conditional_task(count=2000, objective=Denoising(conditional=True, class_dropout=0.25))
    told = batch_of(rows, count=2000)[0][:, 0, 0, 2:].sum(1)
    assert told.mean() == pytest.approx(0.75, abs=0.04)


def test_spare_class_channels_stay_empty():
    task = conditional_task(objective=Denoising(conditional=True, class_channels=5))
    stack, _ = batch_of(task)
    assert stack.shape[-1] == 7 and not stack[..., 4:].any()


def test_one_seed_gives_one_batch():
    task = conditional_task()
    first, again, other = batch_of(task, 3), batch_of(task, 3), batch_of(task, 4)
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first[0], other[0])


def test_augmentation_acts_on_the_image_and_not_on_the_noise():
    task = plain_task()
    strong = ft.Regularization(augmentation="strong")
    stack, velocities = batch_of(task, regularization=strong)
    images = stack[..., :1] + (1 - stack[..., 1:]) * velocities
    assert images.min() >= -1.001 and images.max() <= 1.001
    assert np.abs(images - scale_pixels(task.train.inputs[:8])).max() > 0.1


def test_pixels_go_to_minus_one_to_one_and_back():
    pixels = np.arange(256, dtype="uint8")
    assert scale_pixels(pixels).dtype == np.float32
    np.testing.assert_array_equal(to_pixels(scale_pixels(pixels)), pixels)


# --- evaluation -------------------------------------------------------------------------------------------


def test_evaluation_is_the_same_each_time_and_covers_all_times():
    task = conditional_task()
    first, again = (task.objective.for_evaluation(task.validation) for _ in range(2))
    everything = np.arange(24)
    assert first.inputs.shape == (24, 4, 4, 4)
    np.testing.assert_array_equal(first.inputs[everything], again.inputs[everything])
    np.testing.assert_array_equal(first.targets, again.targets)
    np.testing.assert_array_equal(first.inputs[everything[5:9]], first.inputs[everything][5:9])
    np.testing.assert_array_equal(first.ids, task.validation.ids)

    stack = first.inputs[everything]
    times = stack[:, 0, 0, 1]
    np.testing.assert_allclose(np.sort(times), (np.arange(24) + 0.5) / 24, rtol=1e-6)
    assert np.abs(np.corrcoef(times, task.validation.targets)[0, 1]) < 0.5
    np.testing.assert_array_equal(stack[:, 0, 0, 2:], np.eye(2)[task.validation.targets])
    images = stack[..., :1] + (1 - stack[..., 1:2]) * first.targets
    np.testing.assert_allclose(images, scale_pixels(task.validation.inputs), atol=1e-5)


def test_the_scores_are_r2_and_the_squared_error():
    from sklearn.metrics import mean_squared_error, r2_score

    draws = np.random.default_rng(0)
    targets = draws.normal(size=(30, 4, 4, 1)).astype("float32")
    outputs = (0.7 * targets + 0.1 * draws.normal(size=targets.shape)).astype("float32")
    objective = Denoising()
    parts = [objective.reduce_outputs(outputs[part], targets[part]) for part in (slice(0, 20), slice(20, 30))]
    scores = objective.score(np.concatenate(parts), targets)
    flat_targets, flat_outputs = targets.reshape(30, -1), outputs.reshape(30, -1)
    expected = r2_score(flat_targets, flat_outputs, multioutput="variance_weighted")
    assert list(scores) == [score.name for score in objective.scores] == ["explained", "loss"]
    assert scores["explained"] == pytest.approx(expected, abs=1e-6)
    assert scores["loss"] == pytest.approx(mean_squared_error(flat_targets, flat_outputs), rel=1e-6)


def test_the_trained_loss_is_the_scored_one():
    task = conditional_task()
    targets = task.objective.for_evaluation(task.test).targets
    outputs = 0.5 * targets
    loss = task.objective.make_loss(ft.Regularization())(targets, outputs)
    scored = task.objective.score(task.objective.reduce_outputs(outputs, targets), targets)["loss"]
    assert float(loss) == pytest.approx(scored, rel=1e-5)


def test_the_baseline_is_the_mean_image():
    task = plain_task(count=40)
    objective = task.objective
    velocities = objective.for_evaluation(task.test).targets
    answer = scale_pixels(task.train.inputs).mean(0)
    error = np.square(velocities - answer).mean()
    spread = np.square(velocities - velocities.mean(0)).mean()
    baseline = objective.baseline(task.train, task.test)
    assert baseline == {"explained": pytest.approx(1 - error / spread, abs=1e-5)}
    assert -0.2 < baseline["explained"] <= 0


# --- the head, the model, and what is refused -------------------------------------------------------------


@pytest.mark.backends
def test_a_head_gives_a_velocity_for_every_pixel_and_starts_at_zero():
    task = conditional_task()
    network = model(task)
    assert network.output_shape == (None, 4, 4, 1)
    assert network.layers[1].name == "backbone" and network.layers[-1].dtype == "float32"
    stack, _ = batch_of(task)
    assert not np.any(keras.ops.convert_to_numpy(network(stack)))
    task.objective.check_model(network, task)
    assert task.for_backbone(network) is task


@pytest.mark.backends
def test_a_backbone_of_lower_resolution_gives_squares_of_pixels():
    task = plain_task()
    stack = keras.Input((4, 4, 2))
    features = keras.layers.Conv2D(3, 2, 2, name="patches")(stack)
    network = ft.with_head(keras.Model(stack, features), task)
    assert network.output_shape == (None, 4, 4, 1)

    # Of each place, the four numbers are its square of pixels, row by row.
    head = network.get_layer("velocity")
    head.kernel.assign(np.zeros(head.kernel.shape))
    head.bias.assign([1, 2, 3, 4])
    velocity = keras.ops.convert_to_numpy(network(np.zeros((1, 4, 4, 2), "float32")))[0, ..., 0]
    assert velocity.tolist() == [[1, 2, 1, 2], [3, 4, 3, 4], [1, 2, 1, 2], [3, 4, 3, 4]]


def task_of_side(side):
    task = conditional_task()
    return task.with_images((side, side, 1))


def bands(channels, size=4, filters=3, **options):
    stack = keras.Input((size, size, channels))
    return keras.Model(stack, keras.layers.Conv2D(filters, 3, **options)(stack))


REFUSED = {
    "class channels without classes": (lambda: Denoising(class_channels=3), ["conditional=True", "class_channels=3"]),
    "no class channel": (lambda: Denoising(conditional=True, class_channels=0), ["at least 1", "class_channels=0"]),
    "a share above 1": (lambda: Denoising(conditional=True, class_dropout=1.5), ["from 0 to 1", "class_dropout=1.5"]),
    "too few class channels": (
        lambda: conditional_task(objective=Denoising(conditional=True, class_channels=1)),
        ["each of 2 classes", "class_channels=1"],
    ),
    "a class without images": (
        lambda: dataclasses.replace(
            plain_task(), class_names=("left", "right", "above"), objective=Denoising(conditional=True)
        ),
        ["none of [2] in training"],
    ),
    "mixup": (
        lambda: ft.fit(model(), conditional_task(), regularization=ft.Regularization(mixup=0.2)),
        ["`mixup` does not fit denoising"],
    ),
    "smoothed labels": (
        lambda: ft.fit(model(), conditional_task(), regularization=ft.Regularization(label_smoothing=0.1)),
        ["`label_smoothing`", "Leave it out"],
    ),
    "an anchor on classes": (
        lambda: ft.fit(model(), conditional_task(), regularization=ft.Regularization(anchor=ft.EWC(tiny.task()))),
        ["only ft.L2SP fits denoising"],
    ),
    "a backbone of images": (
        lambda: ft.with_head(bands(1, padding="same"), conditional_task()),
        ["takes 4 channels", "1 of the image, 1 for the time and 2 for the class", "(None, 4, 4, 1)"],
    ),
    "another number of classes": (
        lambda: ft.fit(ft.with_head(bands(5, padding="same"), conditional_task()), conditional_task()),
        ["takes 4 channels", "(None, 4, 4, 5)"],
    ),
    "vectors": (
        lambda: ft.with_head(keras.Sequential([keras.Input((4, 4, 4)), keras.layers.Flatten()]), conditional_task()),
        ["feature maps of the image's size", "(None, 64)"],
    ),
    "no part of the image": (
        lambda: ft.with_head(bands(4, 5), task_of_side(5)), ["by one whole number", "(None, 3, 3"],
    ),
    "a classifier": (lambda: ft.fit(tiny.model(), conditional_task()), ["velocity for every pixel", "(None, 3)"]),
    "fewer pixels": (lambda: ft.fit(bands(4, filters=1), conditional_task()), ["as many pixels as it takes"]),
    "a task for a backbone of images": (
        lambda: conditional_task().for_backbone(bands(1)), ["(None, height, width, 4 or 6)", "(None, 4, 4, 1)"],
    ),
    "advice": (lambda: ft.fit(model(), conditional_task(), "auto"), ["one class for each input", "task of denoising"]),
    "images to predict": (
        lambda: untrained_run().predict(conditional_task().test.inputs), ["more than an image", "ft.generate(run)"],
    ),
}  # fmt: skip


def tiny_run(strategy="full", task=None, **options):
    task = conditional_task() if task is None else task
    return ft.fit(model(task), task, strategy, **{"regularization": "none", "updates": 8, "verbose": False, **options})


def untrained_run(task=None):
    task = conditional_task() if task is None else task
    return ft.Run(model(task), "none", 0, {}, [], [], [], [], task.class_names, task=task)


@pytest.mark.parametrize("name", REFUSED)
def test_nonsense_is_refused_in_one_sentence(name):
    act, fragments = REFUSED[name]
    keras.backend.clear_session()  # layers are numbered from the start
    with pytest.raises(ValueError) as raised:
        act()
    for fragment in fragments:
        assert fragment in str(raised.value)


def test_bad_targets_of_classes_are_those_of_a_classification():
    task = conditional_task()
    with pytest.raises(TypeError, match="class indices"):
        dataclasses.replace(task, train=dataclasses.replace(task.train, targets=task.train.targets * 0.5))


# --- training ---------------------------------------------------------------------------------------------


def test_a_frozen_stage_keeps_its_bits_and_the_rest_moves(eager):
    start = model()
    before = tiny.weights(start)
    phase = ft.Phase("last", ("stage3", "head"), rate=1e-2, schedule="constant")
    run = ft.fit(
        start, conditional_task(), ft.Strategy("mine", "pretrained", (phase,)), "none", updates=6, verbose=False
    )
    moved = {key for key in tiny.weights(run.model) if not np.array_equal(before[key], tiny.weights(run.model)[key])}
    assert moved and all("block2" in key or "velocity" in key for key in moved)


def test_pictures_are_resized_for_the_network_and_back(eager):
    task = plain_task()
    stack = keras.Input((8, 8, 2))
    features = keras.layers.Conv2D(4, 3, padding="same", name="only")(stack)
    network = ft.with_head(keras.Model(stack, features), task)
    run = ft.fit(network, task, "full", "none", updates=2, verbose=False)
    assert run.image_shape == (8, 8, 1)


@pytest.mark.backends
@pytest.mark.slow
def test_it_learns_to_explain_the_velocity():
    run = tiny_run("scratch", conditional_task(count=64), updates=300)
    assert run.val_score > 0.5
    assert abs(run.baseline("validation")["explained"]) < 0.1


# --- sampling ---------------------------------------------------------------------------------------------


def test_euler_and_heun_follow_a_known_velocity():
    # dx/dt = x: Euler multiplies by 1 + h, Heun by 1 + h + h * h / 2, but in its last step, which is Euler's.
    def ends(method, steps):
        *_, last = follow_velocity(lambda images, time: images, np.ones(1), steps, method)
        return last.item()

    assert ends("euler", 4) == pytest.approx(1.25**4)
    assert ends("heun", 4) == pytest.approx((1 + 0.25 + 0.25**2 / 2) ** 3 * 1.25)

    seen = []
    list(follow_velocity(lambda images, time: seen.append(time) or images, np.ones(1), 2, "heun"))
    assert seen == [0, 0.5, 0.5]


def test_the_right_velocity_leads_from_noise_to_the_image():
    image = np.full((1, 2, 2, 1), 0.4)

    def velocity(images, time):
        return (image - images) / (1 - time)

    *_, last = follow_velocity(velocity, np.random.default_rng(0).normal(size=image.shape), 7, "euler")
    np.testing.assert_allclose(last, image, atol=1e-9)


def test_a_stack_has_image_time_and_class_in_this_order():
    stack = stack_channels(np.full((2, 1, 1, 3), 9), np.array([0.25, 0.5]), np.array([[1, 0], [0, 0]]))
    assert stack[:, 0, 0].tolist() == [[9, 9, 9, 0.25, 1, 0], [9, 9, 9, 0.5, 0, 0]]


def test_a_copy_of_the_model_is_a_copy():
    network = model()
    stack, _ = batch_of(conditional_task())
    np.testing.assert_array_equal(network.predict(stack, verbose=0), copy_model(network).predict(stack, verbose=0))
