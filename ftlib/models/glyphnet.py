"""The architecture of `glyphnet`, the small network that comes with ftlib."""

import keras


def glyphnet():
    """Returns the architecture of `glyphnet` with random weights: a residual network of about 0.6 million parameters.

    Its BatchNorm momentum is 0.9 and not Keras's 0.99, so that the statistics keep up with runs of a few hundred
    updates.
    """
    layers = keras.layers

    def convolve(x, filters, size, strides, name):
        x = layers.Conv2D(
            filters, size, strides, padding="same", use_bias=False, kernel_initializer="he_normal", name=name + "_conv"
        )(x)
        return layers.BatchNormalization(momentum=0.9, name=name + "_bn")(x)

    image = keras.Input((32, 32, 1), name="image")
    x = layers.Rescaling(1 / 255, name="rescaling")(image)
    x = layers.ReLU(name="stem_relu")(convolve(x, 24, 3, 2, "stem"))
    for stage, (filters, blocks) in enumerate([(24, 1), (48, 2), (128, 2)], start=1):
        for block in range(1, blocks + 1):
            name = f"stage{stage}_block{block}"
            strides = 2 if stage > 1 and block == 1 else 1
            y = layers.ReLU(name=name + "_relu1")(convolve(x, filters, 3, strides, name + "_1"))
            y = convolve(y, filters, 3, 1, name + "_2")
            if x.shape != y.shape:
                x = convolve(x, filters, 1, strides, name + "_shortcut")
            x = layers.ReLU(name=name + "_relu2")(layers.Add(name=name + "_add")([x, y]))
    return keras.Model(image, x, name="glyphnet")
