"""Distances of sets of images: by hand, against SciPy, and without bias where that is promised."""

import numpy as np
import pytest
from scipy.linalg import sqrtm

from ftlib.objectives import image_distances
from ftlib.objectives.image_distances import frechet_distance, kernel_distance, nearest_distances


def samples(*sizes, features=4, seed=0, shift=0.0):
    draws = np.random.default_rng(seed)
    return [draws.normal(shift * i, 1, (size, features)) for i, size in enumerate(sizes)]


def test_the_kernel_distance_is_that_of_all_pairs():
    first, second = samples(5, 7, shift=0.5)

    def kernel(a, b):
        return (a @ b / 4 + 1) ** 3

    within_first = np.mean([kernel(a, b) for i, a in enumerate(first) for j, b in enumerate(first) if i != j])
    within_second = np.mean([kernel(a, b) for i, a in enumerate(second) for j, b in enumerate(second) if i != j])
    between = np.mean([kernel(a, b) for a in first for b in second])
    assert kernel_distance(first, second) == pytest.approx(within_first + within_second - 2 * between)


def test_rows_are_taken_in_parts(monkeypatch):
    first, second = samples(9, 11, shift=0.5)
    whole = kernel_distance(first, second), nearest_distances(first, second)
    monkeypatch.setattr(image_distances, "_ROWS_AT_ONCE", 2)
    assert kernel_distance(first, second) == pytest.approx(whole[0])
    np.testing.assert_allclose(nearest_distances(first, second), whole[1])


def test_the_kernel_distance_of_one_distribution_is_zero_on_average_for_small_samples():
    distances = [kernel_distance(*samples(8, 8, seed=seed)) for seed in range(400)]
    error = np.std(distances) / np.sqrt(len(distances))
    assert abs(np.mean(distances)) < 3 * error
    assert min(distances) < 0 < max(distances)
    assert np.mean([kernel_distance(*samples(8, 8, seed=seed, shift=1)) for seed in range(40)]) > 10 * error


def test_the_frechet_distance_is_that_of_normal_distributions():
    first, second = samples(50, 60, shift=0.5)
    covariances = np.cov(first, rowvar=False), np.cov(second, rowvar=False)
    expected = np.square(first.mean(0) - second.mean(0)).sum()
    expected += np.trace(covariances[0] + covariances[1] - 2 * np.real(sqrtm(covariances[0] @ covariances[1])))
    assert frechet_distance(first, second) == pytest.approx(expected)
    assert frechet_distance(first, first) == pytest.approx(0, abs=1e-9)


def test_the_frechet_distance_bears_fewer_images_than_features():
    first, second = samples(3, 4, features=20)
    assert np.isfinite(frechet_distance(first, second))


def test_the_nearest_is_found_over_any_shape():
    others = np.zeros((3, 2, 2, 1), "uint8")
    others[1], others[2] = 100, 250
    images = np.array([[[[98]], [[102]]], [[[250]], [[250]]]], "uint8").repeat(2, 2)
    assert nearest_distances(images, others).tolist() == [2.0, 0.0]


@pytest.mark.parametrize("distance", [kernel_distance, frechet_distance])
@pytest.mark.parametrize("shapes", [((1, 4), (5, 4)), ((5, 4), (5, 3)), ((5,), (5,))])
def test_samples_that_cannot_be_compared_are_refused(distance, shapes):
    with pytest.raises(ValueError, match="at least two rows each"):
        distance(*(np.zeros(shape) for shape in shapes))
