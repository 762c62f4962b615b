"""Pictures that are shown whole, with grey bars beside them, and the boxes that move with them."""

import functools
import pathlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ftlib.objectives.boxes import as_boxes, place_boxes, stack_targets, unplace_boxes
from ftlib.objectives.placement import whole_placement
from ftlib.tasks.folder.decode import DecodedPicture, FolderImages, map_in_threads, read_picture_size

if TYPE_CHECKING:
    from PIL import Image

_BAR_GREY = 127  # in the middle of the range, so that the bars are near nothing for most backbones


class WholeImages(FolderImages):
    """The pictures of a list of files as `FolderImages`, each whole: none of its boxes is cut off.

    A picture of another shape than the images lies in their middle, as large as it fits, between bars of grey
    ("letterboxed").

    Args:
        paths, size, channels, cache_bytes, folder, digests: As for `FolderImages`.

    Example:
    >>> images = WholeImages(sorted(pathlib.Path("cars").glob("*.jpg")), (224, 224))  # doctest: +SKIP
    >>> boxes = images.place_boxes([np.array([[10, 20, 90, 40, 0]])])  # doctest: +SKIP
    """

    @functools.cached_property
    def picture_sizes(self) -> list[tuple[int, int]]:
        """`(height, width)` of each picture as it is stored, upright, in pixels."""
        return map_in_threads(_require_size, self.paths)

    def place_boxes(self, boxes_of_picture: Sequence[np.ndarray] | np.ndarray) -> np.ndarray:
        """Returns the boxes of each picture, given in its own pixels, in pixels of the images."""
        size = self.shape[1:3]
        return stack_targets(
            [
                place_boxes(as_boxes(boxes), picture_size, size)
                for boxes, picture_size in zip(boxes_of_picture, self.picture_sizes, strict=True)
            ]
        )

    def unplace_boxes(self, boxes_of_image: Sequence[np.ndarray] | np.ndarray) -> list[np.ndarray]:
        """Returns boxes `(k, 4 or more)` in pixels of the images in those of each picture as it is stored."""
        size = self.shape[1:3]
        return [
            unplace_boxes(boxes, picture_size, size)
            for boxes, picture_size in zip(boxes_of_image, self.picture_sizes, strict=True)
        ]

    def move_boxes(self, boxes_of_image: Sequence[np.ndarray] | np.ndarray, size: tuple[int, int]) -> np.ndarray:
        """Returns boxes in pixels of the images as they lie in those of another size `(height, width)`."""
        own_boxes = self.unplace_boxes([as_boxes(boxes) for boxes in boxes_of_image])
        return stack_targets(
            [
                place_boxes(boxes, picture_size, size)
                for boxes, picture_size in zip(own_boxes, self.picture_sizes, strict=True)
            ]
        )

    def fit_images(self, size: tuple[int, int], channels: int) -> "WholeImages":
        """Returns the same files, whole, at another size and number of channels."""
        images = super().fit_images(size, channels)
        assert isinstance(images, WholeImages)
        if "picture_sizes" in self.__dict__:  # read once for all sizes
            images.__dict__["picture_sizes"] = self.picture_sizes
        return images

    def _store_folder(self):
        # Beside the pictures that are cut to their middle, which may have the same files and the same size.
        return None if self.folder is None else pathlib.Path(self.folder) / "whole"

    def _fit(self, picture: DecodedPicture, size: tuple[int, int]) -> "Image.Image":
        from PIL import Image

        width, height = size
        # Of the full size, as for its boxes: the image may have been decoded at a part of it.
        placement = whole_placement(picture.size[::-1], (height, width))
        image = picture.image
        resized = image.resize((placement.width, placement.height), Image.Resampling.BILINEAR, reducing_gap=3)
        background = Image.new(image.mode, size, (_BAR_GREY,) * len(image.getbands()))
        background.paste(resized, (placement.left, placement.top))
        return background


def _require_size(path: pathlib.Path) -> tuple[int, int]:
    try:
        return read_picture_size(path)
    except ValueError as error:
        raise OSError(f"{path} could be read when it was checked and now cannot ({error}). Load it again.") from error
