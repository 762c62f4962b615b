"""A small detector in Darknet's files: two `[yolo]` heads, and every kind of layer that the larger ones have."""

import numpy as np

TINY_CFG = """
[net]
width=64
height=64   # pixels
channels=3

[convolutional]
batch_normalize=1
filters=8
size=3
stride=2
pad=1
activation=leaky

[maxpool]
size=2
stride=2

[convolutional]
batch_normalize=1
filters=8
groups=8
size=3
stride=1
pad=1
activation=mish

[route]
layers=-1
groups=2
group_id=1

[convolutional]
batch_normalize=1
filters=8
size=1
stride=1
pad=1
activation=linear

[dropout]
probability=.15

[shortcut]
from=-4
activation=linear

[convolutional]
batch_normalize=1
filters=12
size=3
stride=2
pad=1
activation=swish

[maxpool]
size=2
stride=1

[maxpool]
size=3
stride=1

[route]
layers=-1,-2

; the coarse head
[convolutional]
filters=14
size=1
stride=1
pad=1
activation=linear

[yolo]
mask=1,2
anchors=4,6, 10,12, 30,20
classes=2
num=3
scale_x_y=1.05

[route]
layers=-3

[convolutional]
batch_normalize=1
filters=4
size=1
stride=1
pad=1
activation=relu

[upsample]
stride=2

[route]
layers=-1,6

[convolutional]
filters=7
size=1
stride=1
pad=1
activation=linear

[yolo]
mask=0
anchors=4,6, 10,12, 30,20
classes=2
num=3
"""
# Filters, inputs of each and kernel size of its convolutions, and whether they are normalized.
_CONVOLUTIONS = (
    (8, 3, 3, True), (8, 1, 3, True), (8, 4, 1, True), (12, 8, 3, True), (14, 24, 1, False), (4, 24, 1, True),
    (7, 12, 1, False),
)  # fmt: skip


def tiny_numbers():
    """Returns the numbers of the weights file of the small detector, in Darknet's order."""
    rng = np.random.default_rng(5)
    numbers = []
    for filters, inputs, size, is_normalized in _CONVOLUTIONS:
        numbers.append(rng.normal(0, 0.3, filters))  # bias
        if is_normalized:
            numbers += [rng.uniform(0.5, 1.5, filters), rng.normal(0, 0.3, filters), rng.uniform(0.5, 2, filters)]
        numbers.append(rng.normal(0, 1, filters * inputs * size * size) / (inputs * size * size) ** 0.5)
    return np.concatenate(numbers).astype("<f4")


def write_tiny(folder, cfg=TINY_CFG, numbers=None, version=(0, 2, 5)):
    """Writes a cfg file and its weights beside it, and returns the path of the first."""
    path = folder / "tiny.cfg"
    path.write_text(cfg, encoding="utf-8")
    counts_in_64_bits = version[0] * 10 + version[1] >= 2
    header = np.array(version, "<i4").tobytes() + np.array(77, "<i8" if counts_in_64_bits else "<i4").tobytes()
    numbers = tiny_numbers() if numbers is None else numbers
    path.with_suffix(".weights").write_bytes(header + numbers.tobytes())
    return path


def drawn_picture(size):
    """Returns a picture `(size, size, 3)` of coloured squares, pixels 0-255 as floats."""
    y, x = np.divmod(np.arange(size * size), size)
    red = (x * 7 // 8 % 5) * 60
    green = (y // 4 % 4) * 80
    blue = ((x + y) // 16 % 2) * 200 + 20
    return np.stack([red, green, blue], -1).reshape(size, size, 3).astype("float32")


def drawn_clock(size=320):
    """Returns a picture of a clock on a wall, `(size, size, 3)`, which a detector of COCO's classes recognizes."""
    y, x = np.mgrid[:size, :size].astype("float32") / size
    picture = np.stack([150 + 60 * y, 180 + 30 * y, 210 - 40 * y], -1)
    radius = np.hypot(x - 0.5, y - 0.45)
    picture[radius < 0.28] = (40, 40, 45)
    picture[radius < 0.25] = (245, 245, 240)
    picture[(np.abs(x - 0.5) < 0.012) & (y > 0.25) & (y < 0.46)] = 20
    picture[(np.abs(y - 0.45) < 0.012) & (x > 0.49) & (x < 0.65)] = 20
    for hour in range(12):
        angle = hour * np.pi / 6
        picture[np.hypot(x - 0.5 - 0.215 * np.cos(angle), y - 0.45 - 0.215 * np.sin(angle)) < 0.015] = 20
    return picture.astype("float32")
