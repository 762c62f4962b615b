"""Where an image lies in a frame of another size: its middle, which fills the frame, or the whole of it."""

from collections.abc import Sequence
from typing import NamedTuple


class Crop(NamedTuple):
    """A part of an image, in whole pixels."""

    top: int
    left: int
    height: int
    width: int


def middle_crop(image_size: Sequence[int], size: Sequence[int]) -> Crop:
    """Returns the middle of an image, as large as it fits at the aspect ratio of another size.

    Args:
        image_size, size: `(height, width)` in pixels.

    Example:
    >>> middle_crop((40, 100), (32, 32))
    Crop(top=0, left=30, height=40, width=40)
    """
    height, width = image_size
    scale = min(height / size[0], width / size[1])
    cropped_height, cropped_width = round(size[0] * scale), round(size[1] * scale)
    return Crop((height - cropped_height) // 2, (width - cropped_width) // 2, cropped_height, cropped_width)


def whole_placement(image_size: Sequence[int], size: Sequence[int]) -> Crop:
    """Returns where the whole of an image lies in the middle of another size, as large as it fits; bars fill the rest.

    Args:
        image_size, size: `(height, width)` in pixels.

    Example:
    >>> whole_placement((40, 100), (32, 32))
    Crop(top=9, left=0, height=13, width=32)
    """
    height, width = image_size
    scale = min(size[0] / height, size[1] / width)
    placed_height, placed_width = max(1, round(height * scale)), max(1, round(width * scale))
    return Crop((size[0] - placed_height) // 2, (size[1] - placed_width) // 2, placed_height, placed_width)
