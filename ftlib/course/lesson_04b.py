"""Checks of the exercises of lesson 04b."""

import numpy as np

from ftlib.course.answers import Mistake, call, describe


def _check_mend(answer):
    # No image reaches black or white, so that stretching each to its own range shows.
    wanted = np.random.default_rng(0).integers(20, 230, (3, 8, 8, 1)).astype("float32")
    photos = 1 - wanted / 255
    mended = np.asarray(call(answer, photos))
    if mended.shape != wanted.shape or mended.dtype.kind not in "uif":
        return Mistake("expected_images", shape=wanted.shape, kind=describe(mended))

    mended = mended.astype("float64")
    if _is_close(mended, wanted):
        return None
    if _is_close(mended, photos, 1e-3):
        return Mistake("unchanged_images")
    if _is_close(mended, wanted / 255, 1e-3):
        return Mistake("still_up_to_one")
    if _is_close(mended, 255 * photos):
        return Mistake("still_dark_ink")
    if _is_close(mended, 255 - photos):
        return Mistake("inverted_first")
    if mended.min() < 0:
        return Mistake("negative_pixels", darkest=mended.min())
    if len(np.unique(mended)) <= 2:
        return Mistake("two_values")
    if mended.min() < 1 and mended.max() > 254:
        return Mistake("stretched_images")
    return Mistake("other_pixel", before=photos.item(0), after=mended.item(0), wanted=wanted.item(0))


def _is_close(images, wanted, tolerance=1.0):
    return np.allclose(images, wanted, rtol=0, atol=tolerance)


def _check_scale_tf(answer):
    pixels = np.array([0.0, 127.5, 255.0], "float32").reshape(1, 1, 3, 1)
    scaled = np.asarray(call(answer, pixels.copy()))
    if scaled.shape != pixels.shape or scaled.dtype.kind not in "uif":
        return Mistake("no_pixels", kind=describe(scaled))

    black, middle, white = (float(value) for value in scaled.ravel())
    if _is_close(scaled, pixels / 127.5 - 1, 1e-4):
        return None
    if _is_close(scaled, pixels / 255, 1e-4):
        return Mistake("zero_to_one")
    if _is_close(scaled, 1 - pixels / 127.5, 1e-4):
        return Mistake("turned")
    if _is_close(scaled, pixels, 1e-4):
        return Mistake("unchanged")
    if np.isclose(white - black, 2):
        return Mistake("not_shifted", black=black, white=white)
    return Mistake("other_scale", black=black, middle=middle, white=white)


CHECKS = {
    "04b.1": _check_mend,
    "04b.2": _check_scale_tf,
}
