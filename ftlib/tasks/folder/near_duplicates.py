"""Pictures that are nearly the same: a perceptual hash finds them, the pixels confirm it."""

import math
from collections.abc import Callable, Iterator

import numpy as np

_HASH_TOLERANCE = 12  # bits of 64 in which the hashes of two copies may differ
_LEAST_CORRELATION = 0.98  # of two copies, of 16 x 16 means
_LEAST_DEVIATION = 3  # steps of 255: with a smaller standard deviation there is nothing to compare
_BUCKET = 2**10  # pictures on one side of all hyperplanes, on average
_MISSED = 1e-3  # of the pairs that are barely copies, where not all pictures are compared with all
_PAIRS_AT_ONCE = 2**19  # compared together, for memory
_CORRELATIONS_AT_ONCE = 2**14
_THUMBNAILS_AT_ONCE = 4096


def near_duplicates(thumbnails: np.ndarray, most_with_all: int = 2**15) -> list[np.ndarray]:
    """Finds pictures that are copies of each other: scaled, compressed again, brightened, or mirrored.

    The hash is the signs of the lowest frequencies of a picture (a discrete cosine transform, as in pHash; Zauner,
    2010). Candidates are compared once more on their pixels, since simple pictures share hashes by chance. What is
    similar to the same picture is in one group, so a burst of photos is one as well.

    A few pictures are all compared with each other. Of many, those are that lie on the same side of random hyperplanes
    (Charikar, 2002), again and again for other hyperplanes, so that the time grows with the number of pictures and not
    with its square. At most one in 1,000 of the pairs that are barely copies is missed so, and hardly any better copy.

    Args:
        thumbnails: `(n, 32, 32)`, `uint8`: whole pictures in grey, as in `Look.thumbnail`.
        most_with_all: Pictures up to which each is compared with all others. Default 32,768, which takes seconds.

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
    means = _in_parts(_unit_means, thumbnails, np.empty((picture_count, 256), "float32"))
    hashes = _in_parts(_hash, thumbnails, np.empty(picture_count, "uint64"))
    mirrored_hashes = _in_parts(_hash, thumbnails[:, :, ::-1], np.empty(picture_count, "uint64"))
    comparable = np.flatnonzero(means.any(1))
    groups = _Groups(picture_count)
    for planes in _draw_planes(len(comparable), most_with_all):
        for mirrored in (False, True):
            compared_hashes = mirrored_hashes if mirrored else hashes
            compared_planes = _mirror(planes.T).T if mirrored else planes
            for rows, columns in _same_sides(means, comparable, planes, compared_planes):
                for i, j in _similar_pairs(hashes, compared_hashes, rows, columns):
                    is_new = groups.are_apart(i, j)
                    i, j = i[is_new], j[is_new]
                    are_copies = _are_correlated(means, i, j, mirrored)
                    groups.join(i[are_copies], j[are_copies])
    return groups.of_several()


class _Groups:
    """Groups of pictures, which grow as pairs are found.

    Args:
        picture_count: How many pictures there are, each of them a group at first.
    """

    def __init__(self, picture_count: int):
        self._group_of = np.arange(picture_count)  # the first index of each picture's group
        self._pairs_to_join: list[np.ndarray] = []
        self._pair_count = 0

    def are_apart(self, i: np.ndarray, j: np.ndarray) -> np.ndarray:
        """Returns which pairs are not known to be in one group yet."""
        return self._group_of[i] != self._group_of[j]

    def join(self, i: np.ndarray, j: np.ndarray) -> None:
        """Joins the groups of pairs."""
        if len(i):
            self._pairs_to_join.append(np.stack([i, j]))
            self._pair_count += len(i)
        # Joining looks at all pictures, so it waits for as many pairs.
        if self._pair_count >= len(self._group_of):
            self._join_pairs()

    def _join_pairs(self) -> None:
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components

        if not self._pairs_to_join:
            return
        picture_count = len(self._group_of)
        pairs = np.concatenate(self._pairs_to_join, axis=1)
        starts = np.concatenate([pairs[0], np.arange(picture_count)])
        ends = np.concatenate([pairs[1], self._group_of])
        graph = coo_array((np.ones(len(starts), "int8"), (starts, ends)), shape=(picture_count, picture_count))
        _, labels = connected_components(graph, directed=False)
        _, first_indices = np.unique(labels, return_index=True)
        self._group_of = first_indices[labels]
        self._pairs_to_join, self._pair_count = [], 0

    def of_several(self) -> list[np.ndarray]:
        """Returns the groups of at least two pictures, as sorted arrays of indices."""
        self._join_pairs()
        by_group = np.argsort(self._group_of, kind="stable")
        groups = np.split(by_group, np.flatnonzero(np.diff(self._group_of[by_group])) + 1)
        return [group for group in groups if len(group) > 1]


def _draw_planes(picture_count: int, most_with_all: int) -> Iterator[np.ndarray]:
    """Yields sets of hyperplanes through the origin, `(256, planes)`, whose sides divide pictures; one without for few.

    Two vectors at an angle lie on the same side of one with a chance of 1 - angle / pi.
    """
    if picture_count <= most_with_all:
        yield np.empty((256, 0), "float32")
        return
    plane_count = max(1, math.ceil(math.log2(picture_count / _BUCKET)))
    chance_of_same_bucket = (1 - math.acos(_LEAST_CORRELATION) / math.pi) ** plane_count
    rng = np.random.default_rng(0)
    for _ in range(math.ceil(math.log(_MISSED) / math.log1p(-chance_of_same_bucket))):
        yield rng.normal(size=(256, plane_count)).astype("float32")


def _same_sides(
    means: np.ndarray, comparable: np.ndarray, planes: np.ndarray, compared_planes: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yields `(rows, columns)`, sorted: the pictures on the same sides of all planes, and of all compared planes."""
    sides, compared_sides = (_number_sides(means, some)[comparable] for some in (planes, compared_planes))
    order = np.argsort(compared_sides, kind="stable")
    ordered_sides = compared_sides[order]
    by_side = np.argsort(sides, kind="stable")
    side_starts = np.flatnonzero(np.diff(sides[by_side], prepend=-1))
    for rows in np.split(by_side, side_starts[1:]):
        if not len(rows):
            continue
        begin, end = np.searchsorted(ordered_sides, [sides[rows[0]], sides[rows[0]] + 1])
        yield comparable[rows], comparable[order[begin:end]]


def _number_sides(means: np.ndarray, planes: np.ndarray) -> np.ndarray:
    """Returns for each picture a number that says on which side of each plane it lies, `(n,)`."""
    return (means @ planes > 0) @ (1 << np.arange(planes.shape[1]))


def _similar_pairs(
    hashes: np.ndarray, compared_hashes: np.ndarray, rows: np.ndarray, columns: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yields pairs `(i, j)`, `i < j`, with nearly the same hash, `i` out of rows and `j` out of columns."""
    rows_at_once = max(1, _PAIRS_AT_ONCE // max(len(columns), 1))
    for begin in range(0, len(rows), rows_at_once):
        some_rows = rows[begin : begin + rows_at_once]
        later_columns = columns[np.searchsorted(columns, some_rows[0], "right") :]
        differing_bits = np.bitwise_count(hashes[some_rows, None] ^ compared_hashes[later_columns])
        row_positions, column_positions = np.nonzero(differing_bits <= _HASH_TOLERANCE)
        i, j = some_rows[row_positions], later_columns[column_positions]
        yield i[i < j], j[i < j]


def _in_parts(function: Callable[[np.ndarray], np.ndarray], thumbnails: np.ndarray, results: np.ndarray) -> np.ndarray:
    """Fills `results` with `function(thumbnails)`, which takes several times their memory, and returns them."""
    for begin in range(0, len(thumbnails), _THUMBNAILS_AT_ONCE):
        part = slice(begin, begin + _THUMBNAILS_AT_ONCE)
        results[part] = function(thumbnails[part])
    return results


def _hash(thumbnails: np.ndarray) -> np.ndarray:
    """Returns 64 bits for each picture, `(n,)`, `uint64`."""
    from scipy.fft import dctn

    frequencies = np.asarray(dctn(thumbnails.astype("float32"), axes=(1, 2)))[:, :8, :8].reshape(-1, 64)
    without_brightness = frequencies[:, 1:]
    # What a simple picture does not have is 0 up to rounding, and must not decide a bit.
    rounding = 1e-3 * np.abs(without_brightness).max(1, keepdims=True)
    threshold = np.median(without_brightness, axis=1, keepdims=True) + rounding
    return np.packbits(frequencies > threshold, axis=1).view("uint64")[:, 0]


def _unit_means(thumbnails: np.ndarray) -> np.ndarray:
    """Returns 16 x 16 means of each picture as a vector of length 1, or of zeros for a picture of a single colour."""
    means = thumbnails.reshape(-1, 16, 2, 16, 2).mean((2, 4), dtype="float32").reshape(-1, 256)
    means -= means.mean(1, keepdims=True)
    is_plain = means.std(1) < _LEAST_DEVIATION
    lengths = np.linalg.norm(means, axis=1, keepdims=True)
    return np.where(is_plain[:, None], 0, means / np.maximum(lengths, 1e-6)).astype("float32")


def _mirror(means: np.ndarray) -> np.ndarray:
    """Returns the means `(n, 256)` of the mirrored pictures."""
    return means.reshape(-1, 16, 16)[:, :, ::-1].reshape(-1, 256)


def _are_correlated(means: np.ndarray, i: np.ndarray, j: np.ndarray, mirrored: bool) -> np.ndarray:
    """Returns which pairs are copies, in parts, so that ten thousand frames of a film need no memory for all pairs."""
    are_copies = np.zeros(len(i), bool)
    for begin in range(0, len(i), _CORRELATIONS_AT_ONCE):
        part = slice(begin, begin + _CORRELATIONS_AT_ONCE)
        compared_means = _mirror(means[j[part]]) if mirrored else means[j[part]]
        correlations = np.einsum("nk,nk->n", means[i[part]], compared_means)
        are_copies[part] = correlations >= _LEAST_CORRELATION
    return are_copies
