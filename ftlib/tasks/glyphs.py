"""Letters of many alphabets, drawn with a pen: the source task on which `glyphnet` is pre-trained.

The shapes come from the fonts that ship with Matplotlib. Each letter is thinned to its skeleton; an image is that
skeleton bent, slanted and drawn again with a pen of random width. So one printed letter gives as many handwritten
ones as are asked for. Digits are left out, since they are what the course transfers to.
"""

import functools
import os
import unicodedata

import numpy as np

from ftlib.tasks.task import Split, Task, draw_labels

SIZE = 32  # pixels, height and width of an image
_MAP = 64  # pixels of the distance map of a letter
_FONTS = (
    "DejaVuSans", "DejaVuSans-Oblique", "DejaVuSansMono", "DejaVuSerif", "DejaVuSerif-Italic",
    "STIXGeneral", "STIXGeneralItalic", "cmr10", "cmss10", "cmtt10", "cmti10",
)  # fmt: skip
_RANGES = (
    (0x41, 0x7B), (0xC6, 0x100), (0x110, 0x180), (0x180, 0x2B0), (0x370, 0x400), (0x400, 0x530), (0x531, 0x590),
    (0x5D0, 0x5EB), (0x621, 0x64B), (0x7CA, 0x7EB), (0x10A0, 0x1100), (0x1401, 0x1677), (0x2D30, 0x2D66),
)  # fmt: skip
_ASCII_ONLY = ("cmr10", "cmss10", "cmtt10", "cmti10")  # the other places of these fonts hold other signs
_SCRIPT = (0x1D4D0, 0x1D51C)  # mathematical script, bold: drawn like handwriting, so another style of A-Z, a-z


def _candidates():
    """Letters that are not a composition of another letter with an accent, in the order of their code points."""
    for low, high in _RANGES:
        for code in range(low, high):
            char = chr(code)
            if unicodedata.category(char) in ("Lu", "Ll", "Lo") and not unicodedata.decomposition(char):
                yield char


@functools.cache
def _font(name):
    import matplotlib
    from PIL import ImageFont

    path = os.path.join(matplotlib.get_data_path(), "fonts", "ttf", name + ".ttf")
    # The basic layout draws one letter at a time the same way whether or not a text-shaping library is installed.
    return ImageFont.truetype(path, 96, layout_engine=ImageFont.Layout.BASIC)


@functools.cache
def _characters(name):
    import matplotlib
    from matplotlib.ft2font import FT2Font

    path = os.path.join(matplotlib.get_data_path(), "fonts", "ttf", name + ".ttf")
    if not os.path.exists(path):  # Matplotlib before 3.11 has no cmti10
        return frozenset()
    return frozenset(FT2Font(path).get_charmap())


def _bitmap(font, char, size):
    """Draws a letter into `(size, size)`, its longer side filling the box, or returns None for an empty one."""
    from PIL import Image

    mask = _font(font).getmask(char, mode="L")
    if not mask.size[0] or not mask.size[1]:
        return None
    image = Image.frombytes("L", mask.size, bytes(mask))
    box = image.getbbox()
    if box is None:
        return None
    image = image.crop(box)
    scale = size / max(image.size)
    image = image.resize([max(1, round(s * scale)) for s in image.size], Image.Resampling.BOX)
    canvas = Image.new("L", (size, size))
    canvas.paste(image, ((size - image.size[0]) // 2, (size - image.size[1]) // 2))
    return np.asarray(canvas)


@functools.cache
def alphabet():
    """Returns the classes: one letter for each shape, look-alikes of other alphabets and cases merged into the first.

    Two letters look alike when their outlines, scaled to the same box and blurred, correlate above 0.9. For example
    Latin `A`, Greek `Alpha` and Cyrillic `A` are one class, and so are `c` and `C`.

    Returns:
        A tuple of tuples of characters; the first of each names the class.

    Example:
    >>> len(alphabet()) > 300
    True
    """
    from scipy.ndimage import gaussian_filter

    chars, shapes = [], []
    for char in _candidates():
        if ord(char) in _characters("DejaVuSans"):
            bitmap = _bitmap("DejaVuSans", char, 24)
            if bitmap is not None:
                blurred = gaussian_filter(bitmap.astype("float32"), 1.5).ravel()
                blurred -= blurred.mean()
                chars.append(char)
                shapes.append(blurred / np.linalg.norm(blurred))
    shapes = np.stack(shapes)
    classes, leaders = [], []
    for i, char in enumerate(chars):
        alike = shapes[leaders] @ shapes[i] if leaders else np.zeros(0)
        if alike.size and alike.max() > 0.9:
            classes[int(alike.argmax())].append(char)
        else:
            classes.append([char])
            leaders.append(i)
    return tuple(tuple(c) for c in classes)


@functools.cache
def _strokes():
    """Returns the distance of every pixel to the letter's skeleton, `(letters, 64, 64)`, and each letter's class."""
    from scipy.ndimage import distance_transform_edt
    from skimage.morphology import skeletonize

    maps, labels = [], []
    inner, margin = 48, (_MAP - 48) // 2
    for label, chars in enumerate(alphabet()):
        drawings = [(font, char) for char in chars[:3] for font in _FONTS if char.isascii() or font not in _ASCII_ONLY]
        if chars[0].isascii():
            drawings.append(("STIXGeneral", _script(chars[0])))
        for font, char in drawings:
            bitmap = _bitmap(font, char, inner) if ord(char) in _characters(font) else None
            if bitmap is None:
                continue
            skeleton = np.pad(skeletonize(bitmap > 127), margin)
            if skeleton.any():
                maps.append(np.minimum(distance_transform_edt(~skeleton), 24).astype("float16"))
                labels.append(label)
    return np.stack(maps), np.array(labels)


def _script(char):
    return chr(_SCRIPT[0] + (ord(char) - ord("A") if char.isupper() else 26 + ord(char) - ord("a")))


@functools.cache
def _bend(cells):
    """Weights `(SIZE * SIZE, cells * cells)` that spread a coarse grid smoothly over the image."""
    at = (np.arange(SIZE) + 0.5) / SIZE * (cells - 1)
    one = np.maximum(0, 1 - np.abs(at[:, None] - np.arange(cells)))
    one = one * one * (3 - 2 * one)  # smoothstep: no kinks at the grid lines
    one /= one.sum(1, keepdims=True)
    return np.kron(one, one).astype("float32")


@functools.cache
def _shrink_and_enlarge(cells):
    """Matrix `(SIZE, SIZE)`: averages blocks down to `cells` pixels, then enlarges them with bilinear interpolation."""
    down = np.kron(np.eye(cells), np.full((1, SIZE // cells), cells / SIZE))
    at = np.clip((np.arange(SIZE) + 0.5) * cells / SIZE - 0.5, 0, cells - 1)
    up = np.maximum(0, 1 - np.abs(at[:, None] - np.arange(cells)))
    return down.astype("float32"), up.astype("float32")


def draw(strokes, rng):
    """Draws letters by hand, so to speak.

    Args:
        strokes: Distance maps, `(n, 64, 64)`, in pixels of the map.
        rng: `numpy.random.Generator`; the same state gives the same drawings.

    Returns:
        `uint8` array `(n, 32, 32, 1)`, bright strokes on black. Three quarters are as coarse as an 8 by 8 scan.
    """
    n = len(strokes)
    grid = (np.arange(SIZE, dtype="float32") + 0.5) / SIZE * 2 - 1
    y, x = (g.ravel() for g in np.meshgrid(grid, grid, indexing="ij"))
    angle = rng.normal(0, 0.12, (n, 1)).astype("float32")
    slant = rng.normal(0.05, 0.22, (n, 1)).astype("float32")
    wide = np.exp(rng.normal(0.15, 0.22, (n, 1))).astype("float32")
    zoom = np.exp(rng.normal(0.0, 0.08, (n, 1))).astype("float32")
    bends = rng.normal(0, 1, (2, n, 16)).astype("float32") * rng.uniform(0.02, 0.13, (n, 1)).astype("float32")
    shift = rng.normal(0, 0.05, (2, n, 1)).astype("float32")
    u = x + slant * y + angle * y
    v = y - angle * x
    u = zoom * wide * u + bends[0] @ _bend(4).T + shift[0]
    v = zoom * v + bends[1] @ _bend(4).T + shift[1]
    # The letter fills 48 of the 64 pixels of its map, and nearly the whole image.
    half = 25.5
    u, v = (np.clip(c * half + (_MAP - 1) / 2, 0, _MAP - 1.001) for c in (u, v))
    distance = _bilinear(strokes, v, u)
    pen = rng.uniform(2.0, 5.4, (n, 1)).astype("float32")
    pen = pen * np.exp(rng.normal(0, 0.22, (n, 9)).astype("float32") @ _bend(3).T)
    ink = np.clip(pen - distance + 0.5, 0, 1).reshape(n, SIZE, SIZE)
    cells = rng.choice([8, 8, 8, 8, 8, 8, 16, 32], n)
    for c in (8, 16):
        down, up = _shrink_and_enlarge(c)
        coarse = down @ ink[cells == c] @ down.T
        if c == 8:
            coarse = np.round(coarse * 16) / 16
        ink[cells == c] = up @ coarse @ up.T
    return np.round(ink * 255).astype("uint8")[..., None]


def _bilinear(maps, v, u):
    n = len(maps)
    row, col = v.astype("int32"), u.astype("int32")
    dv, du = v - row, u - col
    flat = maps.reshape(-1)
    base = (np.arange(n)[:, None] * _MAP + row) * _MAP + col
    top = flat[base].astype("float32") * (1 - du) + flat[base + 1].astype("float32") * du
    low = flat[base + _MAP].astype("float32") * (1 - du) + flat[base + _MAP + 1].astype("float32") * du
    return top * (1 - dv) + low * dv


def render(count, seed):
    """Returns `count` letters of random classes and their labels.

    Args:
        count: Number of images; classes are as equally frequent as the count allows.
        seed: Integer or sequence of integers; the same seed gives the same images.

    Returns:
        `(images, labels)`: `uint8` `(count, 32, 32, 1)` and `int64` `(count,)`.

    Example:
    >>> images, labels = render(8, seed=0)
    >>> images.shape
    (8, 32, 32, 1)
    """
    rng = np.random.default_rng(seed)
    labels = _labels(count, rng)
    maps, owners = _strokes()
    first = np.searchsorted(owners, np.arange(len(alphabet()) + 1))
    picked = first[labels] + (rng.random(count) * (first[labels + 1] - first[labels])).astype("int64")
    images = np.concatenate([draw(maps[picked[i : i + 512]], rng) for i in range(0, count, 512)])
    return images, labels


def _labels(count, rng):
    return rng.permutation(np.arange(count) % len(alphabet())).astype("int64")


class _Drawn:
    """The images of `render`, drawn all at once when the first of them is asked for: it takes seconds.

    Args:
        count, seed: As for `render`.
        chosen: Indices of the images that are kept, `(n,)`. Default None: all.
    """

    dtype = np.dtype("uint8")
    ndim = 4

    def __init__(self, count, seed, chosen=None):
        self.count, self.seed, self.chosen = count, seed, chosen
        self.shape = (count if chosen is None else len(chosen), SIZE, SIZE, 1)

    @functools.cached_property
    def images(self):
        images, _ = render(self.count, self.seed)
        return images if self.chosen is None else images[self.chosen]

    def __len__(self):
        return self.shape[0]

    def __getitem__(self, index):
        return self.images[index]

    def __array__(self, dtype=None, copy=None):
        return np.array(self.images, dtype=dtype, copy=copy)


def load(labels_per_class=None, seed=0):
    """Loads the task `glyphs`: 30 training, 4 validation and 6 test drawings of every letter (see `load_task`)."""
    classes = alphabet()
    parts = {}
    for key, (part, each) in enumerate({"train": 30, "validation": 4, "test": 6}.items()):
        count, draws = each * len(classes), [731, key]
        labels = _labels(count, np.random.default_rng(draws))
        # Only training images are drawn from, so that validation and test are the same for every seed.
        chosen = draw_labels(labels, labels_per_class if part == "train" else None, seed)
        ids = np.array([f"{part}-{i}" for i in chosen])
        parts[part] = Split(_Drawn(count, draws, chosen), labels[chosen], ids)
    return Task(
        "glyphs",
        **parts,
        class_names=tuple(c[0] for c in classes),
        source="Letters drawn by ftlib from the DejaVu, STIX and Computer Modern fonts that ship with Matplotlib",
        licence="free fonts (Bitstream Vera/DejaVu, SIL OFL, Knuth); the drawings are MIT like ftlib",
    )
