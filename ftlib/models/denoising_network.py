"""The architecture of `denoising_network`, a small network that takes noise out of images."""

import math
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

_TIME_FREQUENCIES = 4  # sines and cosines of the time, from half a turn between noise and image to four turns


def denoising_network(
    image_shape: Sequence[int], classes: int = 0, width: int = 32, levels: int = 2, blocks: int = 4, patch: int = 1
) -> keras.Model:
    """Returns a network without its head for `Denoising`, with random weights: a stack of small U-Nets.

    A U-Net (Ronneberger et al., 2015, https://arxiv.org/abs/1505.04597) cannot be cut into stages, since its skip
    connections reach from the first layers to the last. Here each block is a U-Net of its own, with its skip
    connections inside, whose result is added to the features that pass at full resolution (the stacked hourglasses of
    Newell et al., 2016, https://arxiv.org/abs/1603.06937). So each block is a stage that can be frozen, and what passes
    from one to the next is one activation. Every block learns for itself what the time and the class mean to it (a
    scale and a shift of its normalised features: Dhariwal and Nichol, 2021, https://arxiv.org/abs/2105.05233).

    Args:
        image_shape: `(height, width, channels)` of the images, 1 or 3 channels; both sides are multiples of
            `patch * 2 ** (levels - 1)`.
        classes: Channels for the class, as many as the objective has. Default 0: a network that knows of no classes.
        width: Features at full resolution, at least 4; with each level they double. Default 32: enough for digits, and
            small enough for a CPU.
        levels: Resolutions in each block, each half of the one before. Default 2. The lowest should be of a few places
            only, so that a block sees most of an image: 3 for images of 32 by 32 pixels.
        blocks: How many blocks follow the first convolution, each a stage. Default 4.
        patch: Side in pixels of the squares that the first convolution makes one place of, as in a vision transformer.
            Default 1: every pixel is a place. With 2 an update costs a quarter; the head gives the pixels back.

    Returns:
        A functional `keras.Model` from `(None, height, width, channels + 1 + classes)` (the noisy image, the time, and
        the class one-hot, each the same at every pixel) to features `(None, height / patch, width / patch, width)`.

    Raises:
        ValueError: For a shape that is no image's, and for numbers out of range.

    Example:
    >>> network = ft.denoising_network((8, 8, 1), classes=10)
    >>> network.input_shape, network.output_shape
    ((None, 8, 8, 12), (None, 8, 8, 32))
    >>> [stage.name for stage in ft.stages(network)]
    ['stage1', 'stage2', 'stage3', 'stage4', 'stage5']
    """
    _check_numbers(classes=(classes, 0), width=(width, 4), levels=(levels, 1), blocks=(blocks, 1), patch=(patch, 1))
    image_height, image_width, channels = _check_image_shape(image_shape, levels, patch)

    stack: Any = keras.Input((image_height, image_width, channels + 1 + classes), name="noisy_image")
    condition = _describe_condition(stack, channels)
    kernel_size = 3 if patch == 1 else 2 * patch  # squares overlap, so that none is cut off from its neighbours
    stem = keras.layers.Conv2D(width, kernel_size, patch, padding="same", name="stem_conv")
    features = stem(stack[..., :channels])
    for number in range(1, blocks + 1):
        features = _add_block(features, condition, levels, f"block{number}")
    return keras.Model(stack, features, name="denoising_network")


def _check_numbers(**numbers):
    for name, (number, least) in numbers.items():
        if isinstance(number, bool) or not isinstance(number, (int, np.integer)) or number < least:
            raise ValueError(f"`{name}` is a whole number of at least {least}. Received: {name}={number!r}.")


def _check_image_shape(image_shape, levels, patch):
    """Returns height, width and channels, or raises a ValueError unless they are those of images for so many levels."""
    shape = tuple(image_shape)
    if len(shape) != 3 or shape[-1] not in (1, 3) or any(not side for side in shape):
        raise ValueError(f"`image_shape` is (height, width, 1 or 3). Received: image_shape={shape}.")
    smallest = patch * 2 ** (levels - 1)
    if shape[0] % smallest or shape[1] % smallest:
        raise ValueError(
            f"With levels={levels} and patch={patch}, both sides of an image are multiples of {smallest}. Received: "
            f"{shape[0]} by {shape[1]} pixels. Take fewer levels, a smaller patch, or images of another size."
        )
    return shape


def _describe_condition(stack, channels):
    """Returns what the blocks are told: sines and cosines of the time, and the class, `(None, 8 + 1 + classes)`.

    There are no variables in it, so that each block can take it from the input, and the network be cut between them.
    """
    condition = keras.layers.GlobalAveragePooling2D(data_format="channels_last", name="condition")(
        stack[..., channels:]
    )
    time = condition[:, :1]
    angles = [time * (math.pi * 2.0**power) for power in range(_TIME_FREQUENCIES)]
    waves = [wave(angle) for angle in angles for wave in (keras.ops.sin, keras.ops.cos)]
    return keras.layers.Concatenate(name="condition_waves")([*waves, condition])


def _add_block(features, condition, levels, name):
    """Returns features with those of a small U-Net added, which starts as one that adds nothing."""
    layers = keras.layers
    width = features.shape[-1]
    hidden = layers.LayerNormalization(epsilon=1e-5, name=f"{name}_norm")(features)
    hidden = _modulate(hidden, condition, name)
    hidden = layers.Activation("silu", name=f"{name}_silu")(hidden)
    hidden = layers.Conv2D(width, 3, padding="same", activation="silu", name=f"{name}_conv")(hidden)

    skipped = []
    for level in range(1, levels):
        skipped.append(hidden)
        level_width = width * 2**level
        hidden = layers.Conv2D(level_width, 3, 2, padding="same", activation="silu", name=f"{name}_down{level}")(hidden)
        hidden = layers.Conv2D(level_width, 3, padding="same", activation="silu", name=f"{name}_deep{level}")(hidden)
    for level in reversed(range(1, levels)):
        hidden = layers.Conv2DTranspose(skipped[-1].shape[-1], 2, 2, name=f"{name}_up{level}")(hidden)
        hidden = layers.Add(name=f"{name}_skip{level}")([hidden, skipped.pop()])
        hidden = layers.Activation("silu", name=f"{name}_silu{level}")(hidden)

    last_convolution = layers.Conv2D(width, 3, padding="same", kernel_initializer="zeros", name=f"{name}_out")
    return layers.Add(name=f"{name}_add")([features, last_convolution(hidden)])


def _modulate(features, condition, name):
    """Returns features, each times 1 + a scale and plus a shift, which a block makes of the time and the class."""
    layers = keras.layers
    width = features.shape[-1]
    embedding = layers.Dense(2 * width, activation="silu", name=f"{name}_condition")(condition)
    scale = layers.Dense(width, name=f"{name}_scale")(embedding)
    shift = layers.Dense(width, name=f"{name}_shift")(embedding)
    scale = layers.Reshape((1, 1, width), name=f"{name}_scale_map")(scale)
    shift = layers.Reshape((1, 1, width), name=f"{name}_shift_map")(shift)
    scaled = layers.Multiply(name=f"{name}_scaled")([features, scale])
    return layers.Add(name=f"{name}_shifted")([features, scaled, shift])
