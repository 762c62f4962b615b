"""Augmentation and mixing: an image stays an image, and a target says what became of it."""

import numpy as np
import pytest

from ftlib.objectives.augmentation import augment, distort, draw_distortions, mix

PHOTOS = np.random.default_rng(0).uniform(0, 255, (6, 16, 20, 3)).astype("float32")


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.mark.backends
@pytest.mark.parametrize("strength", ["light", "standard", "strong"])
def test_augmentation_moves_pixels_but_stays_an_image(strength):
    before = PHOTOS.copy()
    moved = augment(PHOTOS, strength, True, rng())
    assert moved.shape == PHOTOS.shape and moved.dtype == "float32"
    assert moved.min() >= 0 and moved.max() <= 255 and np.abs(moved - PHOTOS).mean() > 1
    np.testing.assert_array_equal(PHOTOS, before)
    np.testing.assert_array_equal(augment(PHOTOS, strength, True, rng()), moved)
    assert np.abs(augment(PHOTOS, strength, True, rng(1)) - moved).max() > 1
    assert augment(PHOTOS, "none", True, rng()) is PHOTOS


def test_augmentation_grows_stronger():
    smooth = np.tile(np.linspace(40, 200, 16, dtype="float32")[:, None, None], (200, 1, 16, 1))
    change = [np.abs(augment(smooth, s, False, rng()) - smooth).mean() for s in ("light", "standard", "strong")]
    assert change == sorted(change) and change[0] > 1 and change[2] > 1.5 * change[0]


@pytest.mark.parametrize("mirror", [True, False])
def test_only_a_task_that_allows_it_is_mirrored(mirror):
    left = np.zeros((200, 16, 16, 1), "float32")
    left[:, :, :8] = 255  # bright on the left; no light distortion can turn that round
    moved = augment(left, "light", mirror, rng())
    turned = (moved[:, :, 12:].mean(axis=(1, 2, 3)) > moved[:, :, :4].mean(axis=(1, 2, 3))).mean()
    assert 0.4 < turned < 0.6 if mirror else turned == 0


def test_a_shift_is_as_large_as_it_says():
    dot = np.zeros((300, 21, 21, 1), "float32")
    dot[:, 9:12, 9:12] = 255
    moved = augment(dot, "standard", False, rng())[..., 0]
    moved -= moved.min(axis=(1, 2), keepdims=True)
    moved[moved < 40] = 0
    at = np.arange(21)
    across = (moved.sum(1) @ at) / moved.sum((1, 2)) - 10
    # A tenth of 21 pixels, somewhat more where the image is turned and enlarged as well.
    assert 0.7 * 2.1 < np.abs(across).max() < 1.5 * 2.1 and abs(across.mean()) < 0.2


def test_mixup_blends_images_and_targets_alike():
    images = np.arange(8, dtype="float32").repeat(3 * 4).reshape(8, 3, 4, 1)
    targets = np.eye(8, dtype="float32")
    mixed, blended = mix(images, targets, 1.0, 0.0, rng())
    np.testing.assert_allclose(blended.sum(1), 1, rtol=1e-6)
    np.testing.assert_allclose(mixed[:, 0, 0, 0], blended @ np.arange(8), rtol=1e-5)  # the same proportion
    assert ((blended > 0).sum(1) <= 2).all() and (blended.max(1) < 1).any()
    assert mix(images, targets, 0, 0, rng())[0] is images


def test_cutmix_targets_follow_the_area_of_the_patch():
    images = np.arange(8, dtype="float32").repeat(12 * 10).reshape(8, 12, 10, 1)
    before, targets, shares = images.copy(), np.eye(8, dtype="float32"), []
    for seed in range(20):
        mixed, blended = mix(images, targets, 0.0, 1.0, rng(seed))
        np.testing.assert_allclose(blended.sum(1), 1, rtol=1e-6)
        for i in range(8):
            own = (mixed[i] == i).mean()
            assert blended[i, i] == pytest.approx(own, abs=1e-6)
            assert set(np.unique(mixed[i])) <= {i, int(np.argmax(np.where(np.arange(8) == i, -1, blended[i])))}
            shares.append(own)
    np.testing.assert_array_equal(images, before)
    assert min(shares) < 0.4 and 0.4 < np.mean(shares) < 0.9


def test_distortions_that_are_drawn_once_can_be_applied_again():
    distortions = draw_distortions(len(PHOTOS), PHOTOS.shape[1:3], "standard", True, rng())
    assert {len(values) for values in distortions} == {len(PHOTOS)}
    once, again = distort(PHOTOS, *distortions), distort(PHOTOS, *distortions)
    np.testing.assert_array_equal(once, again)
    np.testing.assert_array_equal(once, augment(PHOTOS, "standard", True, rng()))


def test_a_distortion_that_changes_nothing_leaves_the_pixels():
    identity = np.tile(np.array([1, 0, 0, 0, 1, 0, 0, 0], "float32"), (len(PHOTOS), 1))
    ones = np.ones((len(PHOTOS), 1, 1, 1), "float32")
    np.testing.assert_allclose(distort(PHOTOS, identity, ones, 0 * ones), PHOTOS, atol=1e-3)


def test_with_both_alphas_a_batch_gets_one_of_the_two_mixtures():
    images = np.arange(8, dtype="float32").repeat(12 * 10).reshape(8, 12, 10, 1)
    pasted = []
    for seed in range(30):
        mixed, _ = mix(images, np.eye(8, dtype="float32"), 1.0, 1.0, rng(seed))
        pasted.append(np.isin(mixed, np.arange(8)).all())  # a patch keeps the values, a blend makes new ones
    assert 5 < sum(pasted) < 25


def test_only_what_is_cut_off_at_the_border_is_missing_from_the_patch():
    images, targets = np.zeros((2, 40, 40, 1), "float32"), np.eye(2, dtype="float32")
    images[1] = 1
    for seed in range(10):
        mixed, blended = mix(images, targets, 0.0, 1.0, rng(seed))
        assert mixed[0].mean() == pytest.approx(blended[0, 1], abs=1e-6)
