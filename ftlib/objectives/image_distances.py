"""How far a set of images is from another one, by numbers that describe each image."""

import numpy as np

_ROWS_AT_ONCE = 512


def kernel_distance(features: np.ndarray, other_features: np.ndarray) -> float:
    """Returns the squared maximum mean discrepancy of two samples, with a polynomial kernel of degree 3, unbiased.

    It is the Kernel Inception Distance where the features are Inception's (Bińkowski et al., 2018,
    https://arxiv.org/abs/1801.01401). In contrast to the Fréchet distance it is right on average for samples of any
    size: for two of one distribution 0, of which a single pair may lie below.

    Args:
        features, other_features: `(n, features)` and `(m, features)`, at least two rows each.

    Example:
    >>> kernel_distance(np.array([[0.0], [1.0]]), np.array([[0.0], [1.0]]))
    -3.5
    """
    first, second = _require_samples(features, other_features)
    first_mean = _mean_kernel(first, first, without_diagonal=True)
    second_mean = _mean_kernel(second, second, without_diagonal=True)
    return float(first_mean + second_mean - 2 * _mean_kernel(first, second))


def _mean_kernel(first, second, without_diagonal=False):
    """Returns the mean of the kernel over all pairs; of a sample with itself, over pairs of two examples."""
    total = 0.0
    for begin in range(0, len(first), _ROWS_AT_ONCE):
        rows = first[begin : begin + _ROWS_AT_ONCE]
        total += ((rows @ second.T / first.shape[1] + 1) ** 3).sum()
    if not without_diagonal:
        return total / (len(first) * len(second))
    diagonal = (((first**2).sum(1) / first.shape[1] + 1) ** 3).sum()
    return (total - diagonal) / (len(first) * (len(first) - 1))


def frechet_distance(features: np.ndarray, other_features: np.ndarray) -> float:
    """Returns the squared Fréchet distance of two samples, each taken as a normal distribution.

    It is the Fréchet Inception Distance where the features are Inception's (Heusel et al., 2017,
    https://arxiv.org/abs/1706.08500). For small samples it is too large: compare only values of samples of the same
    size, which should be several times the number of features.

    Args:
        features, other_features: `(n, features)` and `(m, features)`, at least two rows each.

    Example:
    >>> frechet_distance(np.array([[0.0], [2.0]]), np.array([[3.0], [5.0]]))
    9.0
    """
    first, second = _require_samples(features, other_features)
    mean_distance = np.square(first.mean(0) - second.mean(0)).sum()
    first_covariance, second_covariance = (np.atleast_2d(np.cov(rows, rowvar=False)) for rows in (first, second))

    # The root of a product of two covariances has the trace of the root of a symmetric matrix.
    values, vectors = np.linalg.eigh(first_covariance)
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    shared_values = np.linalg.eigvalsh(root @ second_covariance @ root)
    shared_trace = np.sqrt(np.maximum(shared_values, 0)).sum()
    return float(mean_distance + np.trace(first_covariance) + np.trace(second_covariance) - 2 * shared_trace)


def nearest_distances(images: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Returns for each image how far the nearest of some others is: the root of the mean square over its numbers.

    Args:
        images, others: `(n, ...)` and `(m, ...)`, of one shape, pixels or features.

    Returns:
        `(n,)`; of pixels, in units of a pixel, 0-255.

    Example:
    >>> nearest_distances(np.array([[0, 0], [9, 9]]), np.array([[3, 3], [9, 9]])).tolist()
    [3.0, 0.0]
    """
    rows, other_rows = (np.asarray(array, "float64").reshape(len(array), -1) for array in (images, others))
    other_squares = np.square(other_rows).sum(1)
    nearest = []
    for begin in range(0, len(rows), _ROWS_AT_ONCE):
        chunk = rows[begin : begin + _ROWS_AT_ONCE]
        squares = np.square(chunk).sum(1)[:, None] + other_squares - 2 * chunk @ other_rows.T
        nearest.append(squares.min(1))
    mean_squares = np.maximum(np.concatenate(nearest), 0) / rows.shape[1]
    return np.sqrt(mean_squares)


def _require_samples(features, other_features):
    """Returns two samples as `float64`, or raises a ValueError unless they can be compared."""
    first, second = np.asarray(features, "float64"), np.asarray(other_features, "float64")
    if first.ndim != 2 or second.ndim != 2 or first.shape[1] != second.shape[1] or min(len(first), len(second)) < 2:
        raise ValueError(
            "Two samples of features are compared, (n, features) and (m, features), at least two rows each. Received: "
            f"shapes {first.shape} and {second.shape}."
        )
    return first, second
