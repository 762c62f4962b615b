"""The batches of an epoch: what is random in them depends on seed, phase, epoch and place alone."""

import dataclasses

import keras
import numpy as np
import pytest
import tiny

from ftlib.objectives.classification import one_hot
from ftlib.strategies.regularization import Regularization
from ftlib.training.batches import EpochBatches, FixedViews, reseed_layers, weigh_classes

MIXED = Regularization(augmentation="light", mixup=1.0)


def batches_of(task, updates=3, key=(0, 0, 0), regularization=MIXED, **options):
    return EpochBatches(task, 8, updates, key, regularization, **options)


def test_a_batch_is_the_same_whoever_asks_for_it_when():
    task = tiny.task()
    forward = [batches_of(task)[i] for i in range(3)]
    batches = batches_of(task)
    for i in (2, 0, 1):
        for first, second in zip(forward[i], batches[i], strict=True):
            np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("key", [(1, 0, 0), (0, 1, 0), (0, 0, 1)], ids=["seed", "phase", "epoch"])
def test_another_seed_phase_or_epoch_gives_other_batches(key):
    task = tiny.task()
    assert not np.array_equal(batches_of(task)[0][0], batches_of(task, key=key)[0][0])


def test_a_batch_has_the_types_and_shapes_that_a_model_takes():
    images, targets = batches_of(tiny.task())[1]
    assert images.dtype == targets.dtype == "float32"
    assert images.shape == (8, 12, 12, 1) and targets.shape == (8, 3)
    np.testing.assert_allclose(targets.sum(1), 1, rtol=1e-6)


def test_every_pass_shows_each_image_once():
    task = tiny.task(train=12)
    batches = batches_of(task, updates=4)  # 32 images: two passes and eight more
    assert len(batches) == 4 and len(batches.order) == 32
    for start in (0, 12):
        assert sorted(batches.order[start : start + 12]) == list(range(12))
    assert len(set(batches.order[24:])) == 8


def test_without_augmentation_a_batch_is_images_of_the_task_with_their_labels():
    task = tiny.task()
    batches = batches_of(task, regularization=Regularization())
    images, targets = batches[2]
    np.testing.assert_array_equal(images, task.train.images[batches.order[16:24]])
    np.testing.assert_array_equal(targets.argmax(1), task.train.labels[batches.order[16:24]])


def test_class_weights_weigh_a_mixed_example_in_proportion():
    task, class_weights = tiny.task(), np.array([1.0, 2.0, 4.0], "float32")
    _, targets, example_weights = batches_of(task, class_weights=class_weights)[0]
    assert example_weights.dtype == "float32"
    np.testing.assert_allclose(example_weights, targets @ class_weights, rtol=1e-6)


def test_balanced_weights_make_all_classes_count_alike():
    uneven = np.array([0] * 12 + [1] * 9 + [2] * 3)
    task = tiny.task()
    task = dataclasses.replace(task, train=dataclasses.replace(task.train, labels=uneven))
    weights = weigh_classes("balanced", task)
    assert weights.dtype == "float32"
    np.testing.assert_allclose(weights * np.bincount(uneven), [8, 8, 8], rtol=1e-6)
    assert weigh_classes(None, task) is None
    assert weigh_classes({0: 1, 1: 0, 2: 2.5}, task).tolist() == [1.0, 0.0, 2.5]


def test_one_hot_targets():
    assert one_hot(np.array([2, 0]), 3).tolist() == [[0, 0, 1], [1, 0, 0]]
    assert one_hot(np.array([2, 0]), 3).dtype == "float32"


@pytest.mark.backends
def test_random_layers_start_an_epoch_from_its_key_alone():
    model, images = tiny.model(dropout=0.5), np.ones((4, 12, 12, 1), "float32")

    def outputs(key):
        reseed_layers(model, key)
        return keras.ops.convert_to_numpy(model(images, training=True))

    first = outputs((0, 0, 0))
    model(images, training=True)
    assert not np.array_equal(outputs((0, 0, 1)), first)
    np.testing.assert_array_equal(outputs((0, 0, 0)), first)


def test_views_are_the_image_and_fixed_distortions_of_it():
    images = tiny.split(6).images
    views = FixedViews(images, 3, "standard", mirror=False, key=(5, 1))
    assert views.shape == (18, 12, 12, 1) and len(views) == 18
    everything = views[np.arange(18)]
    np.testing.assert_array_equal(everything[:6], images.astype("float32"))
    for i in range(6):
        assert len({everything[i + 6 * k].tobytes() for k in range(3)}) == 3
    order = np.random.default_rng(0).permutation(18)
    np.testing.assert_allclose(views[order], everything[order], atol=1e-3)  # whoever asks for it when
    again = FixedViews(images, 3, "standard", mirror=False, key=(5, 1))
    np.testing.assert_array_equal(again[np.arange(18)], everything)
    other = FixedViews(images, 3, "standard", mirror=False, key=(6, 1))
    assert np.abs(other[np.arange(6, 18)] - everything[6:]).max() > 1


def test_each_pass_takes_the_next_view_of_every_image():
    task = tiny.task(train=6)
    views, seen = FixedViews(task.train.images, 3, "light", False, (0, 0)), []
    for epoch in range(2):
        batches = EpochBatches(task, 6, 3, (0, 0, epoch), Regularization(mixup=1.0), views=views)
        for i in range(3):
            seen.append(batches.order[i * 6 : (i + 1) * 6])
            assert batches[i][1].max() == 1.0  # fixed views are not mixed
            np.testing.assert_array_equal(batches[i][1].argmax(1), task.train.labels[seen[-1] % 6])
    for start in (0, 3):
        assert sorted(np.concatenate(seen[start : start + 3])) == list(range(18))
    assert {at // 6 for at in seen[0]} == {0, 1, 2}  # not the same view of all at once
