"""Pictures that are nearly the same: a perceptual hash finds them, the pixels confirm it."""

import numpy as np

_BITS = 12  # of 64 in which the hashes of two copies may differ
_ALIKE = 0.98  # least correlation of two copies, of 16 x 16 means
_PLAIN = 3  # steps of 255: with a smaller standard deviation there is nothing to compare
_PAIRS = 2**22  # compared at once, for memory


def near_duplicates(thumbnails):
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
    n = len(thumbnails)
    means = _unit(thumbnails)
    able = np.flatnonzero(means.any(1))
    hashes, root = _hash(thumbnails), np.arange(n)
    step = max(1, _PAIRS // max(n, 1))
    for mirrored in (False, True):
        looks = thumbnails[:, :, ::-1] if mirrored else thumbnails
        others, other_means = _hash(looks), _unit(looks)
        for begin in range(0, len(able), step):
            rows = able[begin : begin + step]
            i, j = np.nonzero(np.bitwise_count(hashes[rows, None] ^ others[able]) <= _BITS)
            i, j = rows[i], able[j]
            fresh = (i < j) & (root[i] != root[j])
            i, j = i[fresh], j[fresh]
            same = _correlated(means, other_means, i, j)
            if same.any():
                root = _merged(root, i[same], j[same])
    order = np.argsort(root, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(root[order])) + 1)
    return [group for group in groups if len(group) > 1]


def _hash(thumbnails):
    """Returns 64 bits for each picture, `(n,)`, `uint64`."""
    from scipy.fft import dctn

    bits = []
    for i in range(0, len(thumbnails), 4096):
        waves = dctn(thumbnails[i : i + 4096].astype("float32"), axes=(1, 2))[:, :8, :8].reshape(-1, 64)
        rest = waves[:, 1:]  # the first is the brightness
        # What a simple picture does not have is 0 up to rounding, and must not decide a bit.
        least = np.median(rest, axis=1, keepdims=True) + 1e-3 * np.abs(rest).max(1, keepdims=True)
        bits.append(waves > least)
    packed = np.packbits(np.concatenate(bits), axis=1) if bits else np.zeros((0, 8), "uint8")
    return packed.view("uint64")[:, 0]


def _unit(thumbnails):
    """Returns 16 x 16 means of each picture as a vector of length 1, or of zeros for a picture of a single colour."""
    means = thumbnails.reshape(-1, 16, 2, 16, 2).mean((2, 4), dtype="float32").reshape(-1, 256)
    means -= means.mean(1, keepdims=True)
    plain = means.std(1) < _PLAIN
    size = np.linalg.norm(means, axis=1, keepdims=True)
    return np.where(plain[:, None], 0, means / np.maximum(size, 1e-6)).astype("float32")


def _correlated(means, others, i, j):
    """Returns which pairs are alike, in parts, so that a film of ten thousand frames needs no memory for its pairs."""
    same = np.zeros(len(i), bool)
    for begin in range(0, len(i), 2**14):
        part = slice(begin, begin + 2**14)
        same[part] = np.einsum("nk,nk->n", means[i[part]], others[j[part]]) >= _ALIKE
    return same


def _merged(root, i, j):
    """Returns the first index of each one's group, after pairs `(i, j)` have joined their groups."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    n = len(root)
    ends = np.concatenate([i, np.arange(n)]), np.concatenate([j, root])
    _, labels = connected_components(coo_array((np.ones(len(ends[0]), "int8"), ends), shape=(n, n)), directed=False)
    _, first = np.unique(labels, return_index=True)
    return first[labels]
