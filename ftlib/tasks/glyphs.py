"""Letters of many alphabets, drawn with a pen: the source task on which `glyphnet` is pre-trained.

The shapes come from the fonts that ship with Matplotlib. Each letter is thinned to its skeleton; an image is that
skeleton bent, slanted and drawn again with a pen of random width. So one printed letter gives as many handwritten
ones as are asked for. Digits are left out, since they are what the course transfers to.
"""

import functools
import os
import unicodedata
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ftlib.tasks.inputs import LazyImages
from ftlib.tasks.split import Split
from ftlib.tasks.task import Task, draw_labels

if TYPE_CHECKING:
    from PIL import ImageFont

SIZE = 32  # pixels, height and width of an image
_MAP_SIZE = 64  # pixels of the distance map of a letter
_LETTER_SIZE = 48  # pixels of the map that the letter fills
_FARTHEST = 24  # pixels from the skeleton that a map tells apart
_FONT_SIZE = 96  # pixels at which letters are taken from a font
_OUTLINE_SIZE = 24  # pixels at which outlines are compared
_LOOK_ALIKE = 0.9  # correlation of outlines above which two letters are one class
_DRAWN_AT_ONCE = 512  # images
_SEED = 731
_COUNT_PER_CLASS = {"train": 30, "validation": 4, "test": 6}
_FONTS = (
    "DejaVuSans", "DejaVuSans-Oblique", "DejaVuSansMono", "DejaVuSerif", "DejaVuSerif-Italic",
    "STIXGeneral", "STIXGeneralItalic", "cmr10", "cmss10", "cmtt10", "cmti10",
)  # fmt: skip
_CODE_RANGES = (
    (0x41, 0x7B), (0xC6, 0x100), (0x110, 0x180), (0x180, 0x2B0), (0x370, 0x400), (0x400, 0x530), (0x531, 0x590),
    (0x5D0, 0x5EB), (0x621, 0x64B), (0x7CA, 0x7EB), (0x10A0, 0x1100), (0x1401, 0x1677), (0x2D30, 0x2D66),
)  # fmt: skip
_ASCII_ONLY_FONTS = ("cmr10", "cmss10", "cmtt10", "cmti10")  # the other places of these fonts hold other signs
_SCRIPT_RANGE = (0x1D4D0, 0x1D51C)  # mathematical script, bold: drawn like handwriting, so another style of A-Z, a-z


def _candidate_letters() -> Iterator[str]:
    """Letters that are not a composition of another letter with an accent, in the order of their code points."""
    for first_code, end_code in _CODE_RANGES:
        for code in range(first_code, end_code):
            letter = chr(code)
            if unicodedata.category(letter) in ("Lu", "Ll", "Lo") and not unicodedata.decomposition(letter):
                yield letter


def _font_path(name: str) -> str:
    import matplotlib

    return os.path.join(matplotlib.get_data_path(), "fonts", "ttf", name + ".ttf")


@functools.cache
def _load_font(name: str) -> "ImageFont.FreeTypeFont":
    from PIL import ImageFont

    # The basic layout draws one letter at a time the same way whether or not a text-shaping library is installed.
    return ImageFont.truetype(_font_path(name), _FONT_SIZE, layout_engine=ImageFont.Layout.BASIC)


@functools.cache
def _codes_in_font(name: str) -> frozenset[int]:
    """Returns the code points of the letters that a font has."""
    from matplotlib.ft2font import FT2Font

    path = _font_path(name)
    if not os.path.exists(path):  # Matplotlib before 3.11 has no cmti10
        return frozenset()
    return frozenset(FT2Font(path).get_charmap())


def _draw_printed(font_name: str, letter: str, size: int) -> np.ndarray | None:
    """Draws a letter into `(size, size)`, its longer side filling the box, or returns None for an empty one."""
    from PIL import Image

    mask = _load_font(font_name).getmask(letter, mode="L")
    if not mask.size[0] or not mask.size[1]:
        return None
    image = Image.frombytes("L", mask.size, bytes(mask))  # pyright: ignore[reportArgumentType]  # it is a sequence of bytes, which the stubs leave out
    bounding_box = image.getbbox()
    if bounding_box is None:
        return None
    image = image.crop(bounding_box)
    scale = size / max(image.size)
    width, height = (max(1, round(side * scale)) for side in image.size)
    image = image.resize((width, height), Image.Resampling.BOX)
    canvas = Image.new("L", (size, size))
    canvas.paste(image, ((size - width) // 2, (size - height) // 2))
    return np.asarray(canvas)


def _outline(letter: str) -> np.ndarray | None:
    """Returns the blurred outline of a letter as a vector of length 1; None where it cannot be drawn."""
    from scipy.ndimage import gaussian_filter

    bitmap = None
    if ord(letter) in _codes_in_font("DejaVuSans"):
        bitmap = _draw_printed("DejaVuSans", letter, _OUTLINE_SIZE)
    if bitmap is None:
        return None
    outline = gaussian_filter(bitmap.astype("float32"), 1.5).ravel()
    outline -= outline.mean()
    return outline / np.linalg.norm(outline)


@functools.cache
def alphabet() -> tuple[tuple[str, ...], ...]:
    """Returns the classes: one letter for each shape, look-alikes of other alphabets and cases merged into the first.

    Two letters look alike when their outlines, scaled to the same box and blurred, correlate above 0.9. For example
    Latin `A`, Greek `Alpha` and Cyrillic `A` are one class, and so are `c` and `C`.

    Returns:
        A tuple of tuples of characters; the first of each names the class.

    Example:
    >>> len(alphabet()) > 300
    True
    """
    letters, outlines = [], []
    for letter in _candidate_letters():
        outline = _outline(letter)
        if outline is not None:
            letters.append(letter)
            outlines.append(outline)
    outlines = np.stack(outlines)

    classes = []
    first_indices = []  # of the first letter of each class
    for i, letter in enumerate(letters):
        correlations = outlines[first_indices] @ outlines[i] if first_indices else np.zeros(0)
        if correlations.size and correlations.max() > _LOOK_ALIKE:
            classes[int(correlations.argmax())].append(letter)
        else:
            classes.append([letter])
            first_indices.append(i)
    return tuple(tuple(class_letters) for class_letters in classes)


@functools.cache
def _load_strokes() -> tuple[np.ndarray, np.ndarray]:
    """Returns the distance of every pixel to the letter's skeleton, `(letters, 64, 64)`, and each letter's class."""
    from scipy.ndimage import distance_transform_edt
    from skimage.morphology import skeletonize

    distance_maps, labels = [], []
    margin = (_MAP_SIZE - _LETTER_SIZE) // 2
    for label, class_letters in enumerate(alphabet()):
        for font_name, letter in _printed_forms(class_letters):
            bitmap = None
            if ord(letter) in _codes_in_font(font_name):
                bitmap = _draw_printed(font_name, letter, _LETTER_SIZE)
            if bitmap is None:
                continue
            skeleton = np.pad(skeletonize(bitmap > 127), margin)
            if skeleton.any():
                distances = np.asarray(distance_transform_edt(~skeleton))
                distance_maps.append(np.minimum(distances, _FARTHEST).astype("float16"))
                labels.append(label)
    return np.stack(distance_maps), np.array(labels)


def _printed_forms(class_letters: Sequence[str]) -> list[tuple[str, str]]:
    """Returns the fonts and letters by which a class is drawn, as `(font, letter)`."""
    printed_forms = [
        (font_name, letter)
        for letter in class_letters[:3]
        for font_name in _FONTS
        if letter.isascii() or font_name not in _ASCII_ONLY_FONTS
    ]
    if class_letters[0].isascii():
        printed_forms.append(("STIXGeneral", _script_letter(class_letters[0])))
    return printed_forms


def _script_letter(letter: str) -> str:
    """Returns a letter A-Z or a-z in mathematical script."""
    offset = ord(letter) - ord("A") if letter.isupper() else 26 + ord(letter) - ord("a")
    return chr(_SCRIPT_RANGE[0] + offset)


@functools.cache
def _bending_weights(cells: int) -> np.ndarray:
    """Weights `(SIZE * SIZE, cells * cells)` that spread a coarse grid smoothly over the image."""
    positions = (np.arange(SIZE) + 0.5) / SIZE * (cells - 1)
    weights = np.maximum(0, 1 - np.abs(positions[:, None] - np.arange(cells)))
    weights = weights * weights * (3 - 2 * weights)  # smoothstep: no kinks at the grid lines
    weights /= weights.sum(1, keepdims=True)
    return np.kron(weights, weights).astype("float32")


@functools.cache
def _resampling_matrices(cells: int) -> tuple[np.ndarray, np.ndarray]:
    """Matrices that average blocks down to `cells` pixels, and that enlarge these with bilinear interpolation.

    Returns:
        `(shrink, enlarge)` of shapes `(cells, SIZE)` and `(SIZE, cells)`.
    """
    shrink = np.kron(np.eye(cells), np.full((1, SIZE // cells), cells / SIZE))
    positions = np.clip((np.arange(SIZE) + 0.5) * cells / SIZE - 0.5, 0, cells - 1)
    enlarge = np.maximum(0, 1 - np.abs(positions[:, None] - np.arange(cells)))
    return shrink.astype("float32"), enlarge.astype("float32")


def draw(strokes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draws letters by hand, so to speak.

    Args:
        strokes: Distance maps, `(n, 64, 64)`, in pixels of the map.
        rng: `numpy.random.Generator`; the same state gives the same drawings.

    Returns:
        `uint8` array `(n, 32, 32, 1)`, bright strokes on black. Three quarters are as coarse as an 8 by 8 scan.
    """
    count = len(strokes)
    map_x, map_y = _bent_coordinates(count, rng)
    distance = _interpolate(strokes, map_y, map_x)
    pen_width = rng.uniform(2.0, 5.4, (count, 1)).astype("float32")
    pen_width = pen_width * np.exp(rng.normal(0, 0.22, (count, 9)).astype("float32") @ _bending_weights(3).T)
    ink = np.clip(pen_width - distance + 0.5, 0, 1).reshape(count, SIZE, SIZE)
    _coarsen(ink, rng.choice([8, 8, 8, 8, 8, 8, 16, 32], count))
    return np.round(ink * 255).astype("uint8")[..., None]


def _bent_coordinates(count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Returns where the pixels of slanted, stretched and bent letters lie in their maps: x and y, `(n, 1024)`."""
    axis = (np.arange(SIZE, dtype="float32") + 0.5) / SIZE * 2 - 1
    y, x = (coordinate.ravel() for coordinate in np.meshgrid(axis, axis, indexing="ij"))
    angle = rng.normal(0, 0.12, (count, 1)).astype("float32")
    slant = rng.normal(0.05, 0.22, (count, 1)).astype("float32")
    stretch = np.exp(rng.normal(0.15, 0.22, (count, 1))).astype("float32")
    zoom = np.exp(rng.normal(0.0, 0.08, (count, 1))).astype("float32")
    bends = rng.normal(0, 1, (2, count, 16)).astype("float32")
    bends = bends * rng.uniform(0.02, 0.13, (count, 1)).astype("float32")
    shift = rng.normal(0, 0.05, (2, count, 1)).astype("float32")

    slanted_x = x + slant * y + angle * y
    slanted_y = y - angle * x
    bent_x = zoom * stretch * slanted_x + bends[0] @ _bending_weights(4).T + shift[0]
    bent_y = zoom * slanted_y + bends[1] @ _bending_weights(4).T + shift[1]
    return _to_map_pixels(bent_x), _to_map_pixels(bent_y)


def _to_map_pixels(coordinates: np.ndarray) -> np.ndarray:
    """Returns coordinates from -1 to 1 as pixels of a map."""
    # The letter fills 48 of the 64 pixels of its map, and nearly the whole image.
    half_letter = 25.5
    return np.clip(coordinates * half_letter + (_MAP_SIZE - 1) / 2, 0, _MAP_SIZE - 1.001)


def _coarsen(ink: np.ndarray, cells: np.ndarray) -> None:
    """Makes each image, in place, as coarse as a scan of so many pixels; 8 of them have 17 grey values as well."""
    for cell_count in (8, 16):
        shrink, enlarge = _resampling_matrices(cell_count)
        coarse_ink = shrink @ ink[cells == cell_count] @ shrink.T
        if cell_count == 8:
            coarse_ink = np.round(coarse_ink * 16) / 16
        ink[cells == cell_count] = enlarge @ coarse_ink @ enlarge.T


def _interpolate(maps: np.ndarray, y: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Returns the values of maps between their pixels, with bilinear interpolation, `(n, points)`."""
    row, column = y.astype("int32"), x.astype("int32")
    y_fraction, x_fraction = y - row, x - column
    values = maps.reshape(-1)
    index = (np.arange(len(maps))[:, None] * _MAP_SIZE + row) * _MAP_SIZE + column
    below = index + _MAP_SIZE
    upper_left, upper_right = values[index].astype("float32"), values[index + 1].astype("float32")
    lower_left, lower_right = values[below].astype("float32"), values[below + 1].astype("float32")
    upper = upper_left * (1 - x_fraction) + upper_right * x_fraction
    lower = lower_left * (1 - x_fraction) + lower_right * x_fraction
    return upper * (1 - y_fraction) + lower * y_fraction


def render(count: int, seed: int | Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
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
    labels = _draw_class_indices(count, rng)
    maps, map_labels = _load_strokes()
    first_maps = np.searchsorted(map_labels, np.arange(len(alphabet()) + 1))
    map_counts = first_maps[labels + 1] - first_maps[labels]
    map_indices = first_maps[labels] + (rng.random(count) * map_counts).astype("int64")
    image_chunks = [
        draw(maps[map_indices[begin : begin + _DRAWN_AT_ONCE]], rng) for begin in range(0, count, _DRAWN_AT_ONCE)
    ]
    return np.concatenate(image_chunks), labels


def _draw_class_indices(count: int, rng: np.random.Generator) -> np.ndarray:
    """Returns class indices in a random order, all equally frequent, `(count,)`."""
    return rng.permutation(np.arange(count) % len(alphabet())).astype("int64")


class _RenderedImages(LazyImages):
    """The images of `render`, drawn all at once when the first of them is asked for: it takes seconds.

    Args:
        count, seed: As for `render`.
        chosen: Indices of the images that are kept, `(n,)`.
    """

    dtype = np.dtype("uint8")

    def __init__(self, count: int, seed: Sequence[int], chosen: np.ndarray):
        self.count = count
        self.seed = seed
        self.chosen = chosen
        self.shape = (len(chosen), SIZE, SIZE, 1)

    @functools.cached_property
    def images(self) -> np.ndarray:
        images, _ = render(self.count, self.seed)
        return images[self.chosen]

    def __getitem__(self, index):
        return self.images[index]

    def __array__(self, dtype=None, copy=None):
        return np.array(self.images, dtype=dtype, copy=copy)


def load(labels_per_class: int | None = None, seed: int = 0) -> Task:
    """Loads the task `glyphs`: 30 training, 4 validation and 6 test drawings of every letter (see `load_task`).

    Args:
        labels_per_class: Training drawings per letter; None takes all 30.
        seed: Which training drawings are taken.

    Returns:
        A `Task` with `uint8` pixels, which are drawn when they are asked for.

    Raises:
        ValueError: If `labels_per_class` is not a whole number from 1 to 30.
    """
    classes = alphabet()
    splits = {}
    for part_index, (part, count_per_class) in enumerate(_COUNT_PER_CLASS.items()):
        count = count_per_class * len(classes)
        part_seed = [_SEED, part_index]
        labels = _draw_class_indices(count, np.random.default_rng(part_seed))
        # Only training images are drawn from, so that validation and test are the same for every seed.
        chosen = draw_labels(labels, labels_per_class if part == "train" else None, seed)
        ids = np.array([f"{part}-{i}" for i in chosen])
        splits[part] = Split(_RenderedImages(count, part_seed, chosen), labels[chosen], ids)
    return Task(
        "glyphs",
        **splits,
        class_names=tuple(class_letters[0] for class_letters in classes),
        source="Letters drawn by ftlib from the DejaVu, STIX and Computer Modern fonts that ship with Matplotlib",
        licence="free fonts (Bitstream Vera/DejaVu, SIL OFL, Knuth); the drawings are MIT like ftlib",
    )
