"""Pictures that are nearly the same: a perceptual hash finds them, the pixels confirm it."""

import numpy as np

_HASH_TOLERANCE = 12  # bits of 64 in which the hashes of two copies may differ
_LEAST_CORRELATION = 0.98  # of two copies, of 16 x 16 means
_LEAST_DEVIATION = 3  # steps of 255: with a smaller standard deviation there is nothing to compare
_PAIRS_AT_ONCE = 2**22  # compared together, for memory
_CORRELATIONS_AT_ONCE = 2**14
_HASHES_AT_ONCE = 4096


def near_duplicates(thumbnails: np.ndarray) -> list[np.ndarray]:
    """Finds pictures that are copies of each other: scaled, compressed again, brightened, or mirrored.

    The hash is the signs of the lowest frequencies of a picture (a discrete cosine transform, as in pHash; Zauner,
    2010). Candidates are compared once more on their pixels, since simple pictures share hashes by chance. What is
    similar to the same picture is in one group, so a burst of photos is one as well.

    Args:
        thumbnails: `(n, 32, 32)`, `uint8`: whole pictures in grey, as in `Look.thumbnail`.

    Returns:
        List of sorted arrays of at least two indices; no index is in two of them. Pictures of a single colour are in
        none.

    Example:
    >>> ramp = np.add.outer(np.arange(32), 3 * np.arange(32)).astype("uint8")
    >>> noise = np.random.default_rng(0).integers(0, 256, (32, 32)).astype("uint8")
    >>> [group.tolist() for group in near_duplicates(np.stack([ramp, noise, ramp + 9, ramp[:, ::-1]]))]
    [[0, 2, 3]]
    """
    thumbnails = np.asarray(thumbnails)
    picture_count = len(thumbnails)
    means = _unit_means(thumbnails)
    comparable = np.flatnonzero(means.any(1))
    hashes = _hash(thumbnails)
    group_of = np.arange(picture_count)  # the first index of each picture's group
    rows_at_once = max(1, _PAIRS_AT_ONCE // max(picture_count, 1))
    for mirrored in (False, True):
        compared_thumbnails = thumbnails[:, :, ::-1] if mirrored else thumbnails
        compared_hashes = _hash(compared_thumbnails)
        compared_means = _unit_means(compared_thumbnails)
        for begin in range(0, len(comparable), rows_at_once):
            rows = comparable[begin : begin + rows_at_once]
            differing_bits = np.bitwise_count(hashes[rows, None] ^ compared_hashes[comparable])
            row_positions, column_positions = np.nonzero(differing_bits <= _HASH_TOLERANCE)
            i, j = rows[row_positions], comparable[column_positions]
            is_new = (i < j) & (group_of[i] != group_of[j])
            i, j = i[is_new], j[is_new]
            is_copy = _are_correlated(means, compared_means, i, j)
            if is_copy.any():
                group_of = _join_groups(group_of, i[is_copy], j[is_copy])

    by_group = np.argsort(group_of, kind="stable")
    groups = np.split(by_group, np.flatnonzero(np.diff(group_of[by_group])) + 1)
    return [group for group in groups if len(group) > 1]


def _hash(thumbnails: np.ndarray) -> np.ndarray:
    """Returns 64 bits for each picture, `(n,)`, `uint64`."""
    from scipy.fft import dctn

    bit_chunks = []
    for begin in range(0, len(thumbnails), _HASHES_AT_ONCE):
        chunk = thumbnails[begin : begin + _HASHES_AT_ONCE].astype("float32")
        frequencies = np.asarray(dctn(chunk, axes=(1, 2)))[:, :8, :8].reshape(-1, 64)
        without_brightness = frequencies[:, 1:]
        # What a simple picture does not have is 0 up to rounding, and must not decide a bit.
        rounding = 1e-3 * np.abs(without_brightness).max(1, keepdims=True)
        threshold = np.median(without_brightness, axis=1, keepdims=True) + rounding
        bit_chunks.append(frequencies > threshold)
    if not bit_chunks:
        return np.zeros(0, "uint64")
    return np.packbits(np.concatenate(bit_chunks), axis=1).view("uint64")[:, 0]


def _unit_means(thumbnails: np.ndarray) -> np.ndarray:
    """Returns 16 x 16 means of each picture as a vector of length 1, or of zeros for a picture of a single colour."""
    means = thumbnails.reshape(-1, 16, 2, 16, 2).mean((2, 4), dtype="float32").reshape(-1, 256)
    means -= means.mean(1, keepdims=True)
    is_plain = means.std(1) < _LEAST_DEVIATION
    lengths = np.linalg.norm(means, axis=1, keepdims=True)
    return np.where(is_plain[:, None], 0, means / np.maximum(lengths, 1e-6)).astype("float32")


def _are_correlated(means: np.ndarray, compared_means: np.ndarray, i: np.ndarray, j: np.ndarray) -> np.ndarray:
    """Returns which pairs are copies, in parts, so that ten thousand frames of a film need no memory for all pairs."""
    are_copies = np.zeros(len(i), bool)
    for begin in range(0, len(i), _CORRELATIONS_AT_ONCE):
        part = slice(begin, begin + _CORRELATIONS_AT_ONCE)
        correlations = np.einsum("nk,nk->n", means[i[part]], compared_means[j[part]])
        are_copies[part] = correlations >= _LEAST_CORRELATION
    return are_copies


def _join_groups(group_of: np.ndarray, i: np.ndarray, j: np.ndarray) -> np.ndarray:
    """Returns the first index of each picture's group, after pairs `(i, j)` have joined their groups."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    picture_count = len(group_of)
    starts = np.concatenate([i, np.arange(picture_count)])
    ends = np.concatenate([j, group_of])
    graph = coo_array((np.ones(len(starts), "int8"), (starts, ends)), shape=(picture_count, picture_count))
    _, labels = connected_components(graph, directed=False)
    _, first_indices = np.unique(labels, return_index=True)
    return first_indices[labels]
