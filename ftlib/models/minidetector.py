"""The architecture of `minidetector`, the small network for boxes that comes with ftlib."""

from collections.abc import Sequence

import keras

from ftlib.models.arrays import size_pair

NAME = "minidetector"
IMAGE_SIZE = (128, 192)  # height and width in pixels, those of the drawn streets
_STRIDE = 16  # of its coarsest features
_BLOCKS_OF_STAGES = ((32, 1), (64, 2), (96, 1))  # filters of a stage, and how many blocks it has
_WIDTH = 64  # channels of what it gives
_MOMENTUM = 0.9  # of BatchNorm, as in glyphnet


def minidetector(image_size: int | Sequence[int] = IMAGE_SIZE) -> keras.Model:
    """Returns the architecture of `minidetector` with random weights, of about 0.2 million parameters.

    It takes images `(height, width, 3)` of pixels 0-255 and gives features `(height / 8, width / 8, 64)`: those of a
    stride of 8 pixels, which see small things sharply, and onto them the enlarged ones of a stride of 16, which see
    more around (Lin et al., 2017). Its blocks are those of Darknet-53 (Redmon and Farhadi, 2018).

    Args:
        image_size: Height and width in pixels, an integer or a pair, whole multiples of 16. Default `(128, 192)`.

    Raises:
        ValueError: For sides that are no multiples of 16.
    """
    height, width = size_pair(image_size)
    if height % _STRIDE or width % _STRIDE:
        raise ValueError(
            f"{NAME} takes images whose sides are whole multiples of {_STRIDE} pixels. Received: "
            f"image_size={image_size!r}."
        )
    image = keras.Input((height, width, 3), name="image")
    features = keras.layers.Rescaling(1 / 255, name="preprocess")(image)
    features = _convolve(features, 16, 3, "stem", strides=2)
    ends = []
    for stage, (filters, block_count) in enumerate(_BLOCKS_OF_STAGES, start=1):
        features = _convolve(features, filters, 3, f"stage{stage}_down", strides=2)
        for block in range(1, block_count + 1):
            features = _add_block(features, f"stage{stage}_block{block}")
        ends.append(features)

    *_, fine, coarse = ends
    coarse = _convolve(coarse, _WIDTH, 1, "fuse_reduce")
    enlarged = keras.layers.UpSampling2D(2, name="fuse_enlarge")(coarse)
    fused = keras.layers.Add(name="fuse_add")([fine, enlarged])
    return keras.Model(image, _convolve(fused, _WIDTH, 3, "fuse"), name=NAME)


def _add_block(features, name):
    """Returns features plus what two convolutions make of them, the first of half as many channels."""
    channels = features.shape[-1]
    branch = _convolve(features, channels // 2, 1, name + "_1")
    branch = _convolve(branch, channels, 3, name + "_2")
    return keras.layers.Add(name=name + "_add")([features, branch])


def _convolve(features, filters, kernel_size, name, strides=1):
    """Returns features after a convolution without bias, BatchNorm and ReLU."""
    convolution = keras.layers.Conv2D(
        filters, kernel_size, strides, padding="same", use_bias=False, kernel_initializer="he_normal", name=name
    )
    norm = keras.layers.BatchNormalization(momentum=_MOMENTUM, name=name + "_norm")
    return keras.layers.ReLU(name=name + "_relu")(norm(convolution(features)))
