"""The architecture of `glyphnet`, the small network that comes with ftlib."""

import keras

_BLOCKS_OF_STAGES = ((24, 1), (48, 2), (128, 2))  # filters of a stage, and how many blocks it has
_MOMENTUM = 0.9  # of BatchNorm, and not Keras's 0.99: its statistics have to keep up with runs of a few hundred updates


def glyphnet() -> keras.Model:
    """Returns the architecture of `glyphnet` with random weights: a residual network of about 0.6 million parameters.

    It takes images `(32, 32, 1)` of pixels 0-255 and gives feature maps `(4, 4, 128)`.
    """
    image = keras.Input((32, 32, 1), name="image")
    features = keras.layers.Rescaling(1 / 255, name="rescaling")(image)
    features = _convolve(features, 24, 3, 2, "stem")
    features = keras.layers.ReLU(name="stem_relu")(features)
    for stage_number, (filters, block_count) in enumerate(_BLOCKS_OF_STAGES, start=1):
        for block_number in range(1, block_count + 1):
            strides = 2 if stage_number > 1 and block_number == 1 else 1
            features = _residual_block(features, filters, strides, f"stage{stage_number}_block{block_number}")
    return keras.Model(image, features, name="glyphnet")


def _residual_block(features, filters, strides, name):
    branch = _convolve(features, filters, 3, strides, name + "_1")
    branch = keras.layers.ReLU(name=name + "_relu1")(branch)
    branch = _convolve(branch, filters, 3, 1, name + "_2")
    shortcut = features
    if features.shape != branch.shape:
        shortcut = _convolve(features, filters, 1, strides, name + "_shortcut")
    total = keras.layers.Add(name=name + "_add")([shortcut, branch])
    return keras.layers.ReLU(name=name + "_relu2")(total)


def _convolve(features, filters, kernel_size, strides, name):
    """Returns features after a convolution without bias and BatchNorm."""
    features = keras.layers.Conv2D(
        filters,
        kernel_size,
        strides,
        padding="same",
        use_bias=False,
        kernel_initializer="he_normal",
        name=name + "_conv",
    )(features)
    return keras.layers.BatchNormalization(momentum=_MOMENTUM, name=name + "_bn")(features)
