"""The architecture of `minigenerator`, the small network that draws letters and comes with ftlib."""

import keras

from ftlib.models.denoising_network import denoising_network

NAME = "minigenerator"
IMAGE_SIZE = 16  # pixels, height and width of an image
FREE_CLASSES = 10  # the first class channels, which the pre-training left empty: for the classes of another task
LETTERS = 41  # classes that the pre-training told, on the channels after these
CLASS_CHANNELS = FREE_CLASSES + LETTERS
_WIDTH, _PATCH = 24, 2


def minigenerator() -> keras.Model:
    """Returns the architecture of `minigenerator` with random weights, of about 0.2 million parameters.

    It is a `denoising_network` for grey images of 16 by 16 pixels. Of its 51 class channels the first ten are empty
    seats: the pre-training never told them, so that they mean no more than "some letter", and a task with up to ten
    classes takes them without a new layer. The other channels ask for letters, before and after.

    Example:
    >>> minigenerator().input_shape, minigenerator().output_shape
    ((None, 16, 16, 53), (None, 8, 8, 24))
    """
    image_shape = (IMAGE_SIZE, IMAGE_SIZE, 1)
    return denoising_network(image_shape, classes=CLASS_CHANNELS, width=_WIDTH, patch=_PATCH)
