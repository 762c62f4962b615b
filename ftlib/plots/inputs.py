"""What several pictures ask of the data that they are given."""

from collections.abc import Mapping
from typing import Any

import numpy as np


def require_named(given: Any, kind: str) -> Mapping[Any, Any]:
    """Returns a dict from names to what is drawn, after looking whether it is one and holds something.

    Args:
        given: What came.
        kind: What each name stands for, in the singular, for the error: `"series"`, `"panel"`.

    Raises:
        ValueError: For anything but a dict, and for an empty one.
    """
    if not isinstance(given, dict):
        raise ValueError(f"Expected a dict from the name to each {kind}. Received: {type(given).__name__}.")
    if not given:
        raise ValueError(f"Expected at least one {kind}. Received: none.")
    return given


def require_columns(columns: Any, fewest: int = 1) -> int:
    """Returns a number of columns after looking whether it is one.

    Args:
        columns: What came.
        fewest: The smallest number that makes sense.

    Raises:
        ValueError: For anything but a whole number of at least `fewest`.
    """
    if isinstance(columns, bool) or not isinstance(columns, (int, np.integer)) or columns < fewest:
        raise ValueError(f"`columns` is a whole number of at least {fewest}. Received: columns={columns!r}.")
    return int(columns)


def as_pixels(images: Any) -> np.ndarray:
    """Returns images as `uint8`, `(n, height, width)` or `(n, height, width, 3)`.

    Args:
        images: Pixels 0-255, `(n, height, width)` or `(n, height, width, 1 or 3)`.

    Raises:
        ValueError: For no images, images of several sizes or of another shape, and pixels scaled to 0-1.
    """
    try:
        pixels = np.asarray(images)
        if pixels.ndim == 4 and pixels.shape[-1] == 1:
            drawn = pixels[..., 0]
        else:
            drawn = pixels
        has_fitting_shape = drawn.ndim == 3 or (drawn.ndim == 4 and drawn.shape[-1] == 3)
    except ValueError:
        raise ValueError("Expected images of one size, (n, height, width). Received: several sizes.") from None
    if not has_fitting_shape or not drawn.size or drawn.dtype.kind not in "uif":
        raise ValueError(
            "Expected images (n, height, width) or (n, height, width, 1 or 3), at least one. Received: "
            f"{drawn.dtype} of shape {pixels.shape}."
        )
    if drawn.dtype.kind == "f" and 0 < np.nanmax(drawn) <= 1:
        raise ValueError("Pixels go from 0 to 255. Received: floats up to 1. Multiply them by 255.")
    return np.clip(np.nan_to_num(drawn), 0, 255).astype("uint8")
