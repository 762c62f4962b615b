"""Picture files of any kind, converted to plain 8-bit pixels, upright, when they are asked for."""

import concurrent.futures
import os
import pathlib
import threading
import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeVar, cast

import numpy as np

from ftlib.files import EXTENSIONS, open_picture_file, sha256_of_file
from ftlib.tasks.folder.pixel_store import PixelFile, PixelMemory, open_pixel_store
from ftlib.tasks.inputs import LazyImages

if TYPE_CHECKING:
    from PIL import Image, ImageFile

DEFAULT_CACHE_BYTES = 2**29  # of decoded pictures kept in memory
_store_lock = threading.Lock()  # held while the place for decoded pictures is made
CONVERSIONS = {
    "grey": "grey; repeated to three channels where a backbone wants colour",
    "CMYK": "CMYK; converted to RGB without a colour profile",
    "palette": "palette colours; converted to RGB",
    "transparent": "transparent; laid over white",
    "transparent light": "transparent, and empty when laid over white; laid over black",
    "16-bit": "16 bits per channel; scaled to 8",
    "invisible": "fully transparent; the hidden colours are used",
    "16-bit narrow": "16 bits per channel of which less than a sixteenth of the range is used, so that hardly any of "
    "their steps are left in 8 bits: save them scaled to the whole range",
    "animated": "several frames or pages; the first one taken",
    "rotated": "turned or mirrored as the EXIF orientation says",
    "colour space": "another colour space; converted to RGB",
}
# What a conversion may cost: these are worth a warning.
LOSSES = ("16-bit narrow", "animated")
MOST_PIXELS = 2**29  # of a JPEG file, whose decoder can leave out most of them; the rest of the formats: Pillow's limit
_ITEMS_AT_ONCE = 4096  # that wait for a thread: each takes 2 KB while it does
_FLAT_RANGE = 8  # steps of 255: with a smaller range there is nothing to see
_EXIF_ORIENTATION = 0x0112
UPRIGHT_TRANSPOSE = {
    2: "FLIP_LEFT_RIGHT", 3: "ROTATE_180", 4: "FLIP_TOP_BOTTOM", 5: "TRANSPOSE", 6: "ROTATE_270", 7: "TRANSVERSE",
    8: "ROTATE_90",
}  # fmt: skip
_LYING = (5, 6, 7, 8)  # orientations in which a picture is stored on its side

Item = TypeVar("Item")
Result = TypeVar("Result")


class DecodedPicture(NamedTuple):
    """A picture file as plain pixels.

    Attributes:
        image: The upright `PIL.Image` of mode `"L"` or `"RGB"`.
        format: The format found in the file's bytes.
        size: The full upright size `(width, height)` in pixels; the image may be smaller.
        conversions: The keys of `CONVERSIONS` that were needed.
    """

    image: "Image.Image"
    format: str
    size: tuple[int, int]
    conversions: tuple[str, ...]


def read_picture(path: pathlib.Path, at_least: int | None = None) -> DecodedPicture:
    """Reads one picture file, whatever its kind.

    Args:
        path: The file.
        at_least: A number of pixels. A JPEG file that is over twice as large both ways is decoded at a half,
            a quarter or an eighth of its size, never below this; it saves most of the time. None: full size.

    Returns:
        A `DecodedPicture`.

    Raises:
        ValueError: If the file cannot be decoded. The message is the reason alone, without the path.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        if path.stat().st_size == 0:
            raise ValueError("empty file (0 bytes)")
        with open_picture_file(path) as image_file:
            return _decode_plain(image_file, at_least)
    except UnidentifiedImageError:
        is_heif = EXTENSIONS.get(path.suffix.lower()) == "HEIF"
        reason = "HEIF, which Pillow does not read: save it as JPEG" if is_heif else "not a picture"
        raise ValueError(reason) from None
    except Image.DecompressionBombError:
        raise ValueError("so many pixels that Pillow takes it for a decompression bomb; save it smaller") from None
    # A damaged file makes Pillow's decoders raise almost anything (OSError, SyntaxError, struct.error,
    # zlib.error): whatever it is, the file is the cause and must not end a run over thousands of others.
    except Exception as error:
        raise ValueError(getattr(error, "strerror", None) or str(error) or type(error).__name__) from error


def read_picture_size(path: pathlib.Path) -> tuple[int, int]:
    """Returns the upright size of a picture file, `(height, width)` in pixels, without decoding it.

    Raises:
        ValueError: If the file is no picture. The message is the reason alone, without the path.
    """
    try:
        with open_picture_file(path) as image_file:
            width, height = image_file.size
            orientation = _exif_orientation(image_file)
    except Exception as error:  # as in `read_picture`: whatever it is, the file is the cause
        raise ValueError(getattr(error, "strerror", None) or str(error) or type(error).__name__) from error
    return (width, height) if orientation in _LYING else (height, width)


def _exif_orientation(image_file: "ImageFile.ImageFile") -> int:
    try:
        return image_file.getexif().get(_EXIF_ORIENTATION, 1)
    except Exception:  # unreadable EXIF says nothing about the picture: leave it as it is stored
        return 1


def _decode_plain(image_file: "ImageFile.ImageFile", at_least: int | None) -> DecodedPicture:
    from PIL import Image

    # MPO: a phone's JPEG with a second picture behind it
    format_name = "JPEG" if image_file.format == "MPO" else str(image_file.format)
    conversions = set()
    if getattr(image_file, "is_animated", False) and image_file.format != "MPO":
        conversions.add("animated")
    if any(";16" in str(tile[3]) for tile in image_file.tile):
        conversions.add("16-bit")

    size = image_file.size
    if at_least and format_name == "JPEG" and size[0] * size[1] <= MOST_PIXELS:
        _ask_for_smaller(image_file, at_least)
    _require_decodable(image_file, size)
    image_file.load()
    if "16-bit" in conversions and not image_file.mode.startswith("I"):  # Pillow has scaled it to 8 bits
        if 0 < _central_range(np.asarray(image_file)) < 2**4:
            conversions.add("16-bit narrow")
    orientation = _exif_orientation(image_file)
    image = _convert_to_eight_bits(image_file, conversions)
    if orientation in UPRIGHT_TRANSPOSE:
        conversions.add("rotated")
        image = image.transpose(Image.Transpose[UPRIGHT_TRANSPOSE[orientation]])
        if orientation in _LYING:
            size = (size[1], size[0])
    if "16-bit narrow" in conversions:
        conversions.discard("16-bit")
    return DecodedPicture(image, format_name, size, tuple(kind for kind in CONVERSIONS if kind in conversions))


def _ask_for_smaller(image_file: "ImageFile.ImageFile", at_least: int) -> None:
    """Has a JPEG file decoded at a part of its size: not below `at_least`, unless it has too many pixels for that."""
    from PIL import Image

    width, height = image_file.size
    most_pixels = Image.MAX_IMAGE_PIXELS or MOST_PIXELS
    divisor = next((k for k in (1, 2, 4) if width * height <= k * k * most_pixels), 8)
    image_file.draft(None, (min(at_least, width // divisor), min(at_least, height // divisor)))  # pyright: ignore[reportArgumentType]  # None keeps the mode, which Pillow documents


def _require_decodable(image: "Image.Image", full_size: tuple[int, int]) -> None:
    """Raises a ValueError for a picture that would take too much memory, before it is decoded."""
    from PIL import Image

    limit = Image.MAX_IMAGE_PIXELS
    if limit and image.width * image.height > limit:
        raise ValueError(
            f"{full_size[0]} x {full_size[1]} pixels, over Pillow's limit of {limit} (decompression bomb); save it "
            "smaller"
        )


def _convert_to_eight_bits(image: "Image.Image", conversions: set[str]) -> "Image.Image":
    """Returns the image as "L" or "RGB" and adds what that took to the set `conversions`."""
    from PIL import Image

    # Pillow opens deep grey PNG and PPM files as "I" (32 bits) in some versions, with values up to 65535 all
    # the same.
    if image.mode.startswith("I;16") or (image.mode == "I" and image.format in ("PNG", "PPM")):
        deep_pixels = np.asarray(image, "float64")
        conversions.add("16-bit narrow" if 0 < _central_range(deep_pixels) < 2**12 else "16-bit")
        image = Image.fromarray(np.rint(deep_pixels / 257).astype("uint8"))
    if image.mode in ("I", "F"):
        raise ValueError("32 bits per pixel, which have no agreed range: save it with 8 or 16 bits")
    if image.mode in ("1", "L", "LA"):
        conversions.add("grey")
    elif image.mode in ("P", "PA"):
        conversions.add("palette")
    elif image.mode == "CMYK":
        conversions.add("CMYK")
    elif image.mode not in ("RGB", "RGBA", "RGBX"):
        conversions.add("colour space")
    if "transparency" in image.info or image.mode in ("LA", "PA", "RGBA"):
        return _remove_transparency(image.convert("RGBA"), conversions)
    return image.convert("L" if image.mode in ("1", "L") else "RGB")


def _remove_transparency(image: "Image.Image", conversions: set[str]) -> "Image.Image":
    """Returns a transparent image laid over white, or over black if it is white itself and nothing would be seen."""
    least_alpha, most_alpha = cast("tuple[int, int]", image.getchannel("A").getextrema())
    bare_image = image.convert("RGB")
    if least_alpha == 255:
        return bare_image
    if most_alpha <= _FLAT_RANGE < _channel_range(bare_image):
        conversions.add("invisible")
        return bare_image
    over_white = _lay_over(image, "white")
    over_black = _lay_over(image, "black")
    if _channel_range(over_white) > _FLAT_RANGE or _channel_range(over_black) <= _FLAT_RANGE:
        conversions.add("transparent")
        return over_white
    conversions.add("transparent light")
    return over_black


def _lay_over(image: "Image.Image", colour: str) -> "Image.Image":
    from PIL import Image

    background = Image.new("RGBA", image.size, colour)
    background.alpha_composite(image)
    return background.convert("RGB")


def _central_range(pixels: np.ndarray) -> float:
    """Returns over how many steps nearly all pixels lie: a few that are white or black do not count."""
    sample = pixels.reshape(-1)[:: max(1, pixels.size // 10_000)]
    return float(np.ptp(np.percentile(sample, (1, 99))))


def _channel_range(image: "Image.Image") -> int:
    """Returns the largest range of a channel."""
    extrema = cast("tuple[tuple[int, int], ...]", image.getextrema())
    return max(high - low for low, high in extrema)


def map_in_threads(function: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    """Returns `[function(item) for item in items]`; decoding releases the interpreter, so threads help."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's warnings on odd metadata; what matters is in the folder's report
        if len(items) < 4:
            return [function(item) for item in items]
        results = []
        with concurrent.futures.ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
            for begin in range(0, len(items), _ITEMS_AT_ONCE):
                results += pool.map(function, items[begin : begin + _ITEMS_AT_ONCE])
        return results


def sha256_of_files(paths: Sequence[pathlib.Path]) -> list[str]:
    """Returns the SHA-256 of the bytes of each file, in hexadecimal digits."""
    return map_in_threads(sha256_of_file, paths)


class FolderImages(LazyImages):
    """The pictures of a list of files as one array that decodes what is asked for.

    It is indexed like the first axis of an array (a number, a slice, an array of numbers or of booleans) and
    gives `uint8` pixels. Like `fit_images` for arrays, it keeps the middle of each picture at the new aspect
    ratio, as large as it fits, and resizes it with bilinear interpolation, averaging when it shrinks.

    Args:
        paths: The files, as `pathlib.Path`s.
        size: `(height, width)` in pixels.
        channels: 3, or 1 for grey (ITU-R BT.601 luma).
        cache_bytes: Decoded pictures are kept in memory if all together take at most this much, else in a file that
            is mapped into memory. The default of 512 MiB holds 3,500 pictures of 224 x 224 x 3.
        folder: Where that file lies, for another process to find it. Default None: a file that is removed when this
            process ends.
        digests: The SHA-256 of each file, in hexadecimal digits, where it is known; empty where it is not. Default
            None: none is known, and each is computed when it is first asked for.

    Example:
    >>> images = FolderImages(sorted(pathlib.Path("photos/roses").glob("*.jpg")), (96, 96))  # doctest: +SKIP
    >>> images[[0, 2]].shape  # doctest: +SKIP
    (2, 96, 96, 3)
    """

    dtype = np.dtype("uint8")

    def __init__(
        self,
        paths: Iterable[pathlib.Path],
        size: tuple[int, int] = (224, 224),
        channels: int = 3,
        cache_bytes: int = DEFAULT_CACHE_BYTES,
        folder: str | os.PathLike | None = None,
        digests: Sequence[str] | None = None,
    ):
        self.paths = tuple(paths)
        self.shape = (len(self.paths), *size, channels)
        self.cache_bytes = cache_bytes
        self.folder = folder
        self._digests = list(digests) if digests is not None else [""] * len(self.paths)
        self._store: PixelMemory | PixelFile | None = None  # until the first picture is asked for

    def __repr__(self):
        stored = "" if self._store is None else f", {len(self._store)} decoded in {self._store.place}"
        return f"<FolderImages of {len(self)} files at {self.shape[1:]}{stored}>"

    def __getitem__(self, index):
        chosen = np.arange(len(self))[index]
        if chosen.ndim == 0:
            return self[chosen[None]][0]
        store = self._open_store()
        missing = [i for i in sorted(set(chosen.tolist())) if not store.has(i)]
        decoded = dict(zip(missing, map_in_threads(self._decode, missing), strict=True))
        images = np.empty((len(chosen), *self.shape[1:]), "uint8")
        for position, i in enumerate(chosen.tolist()):
            images[position] = decoded[i] if i in decoded else store[i]
        for i, pixels in decoded.items():
            store.write(i, pixels)
        return images

    def __array__(self, dtype=None, copy=None):
        return np.asarray(self[:], dtype)

    def __getstate__(self):
        return {**self.__dict__, "_store": None}  # another process decodes for itself

    def digest(self, index: int) -> str:
        """Returns the SHA-256 of the bytes of one file, in hexadecimal digits; each file is read for it once at most.

        It is that of the file as it was checked or first asked for, like the pixels that are kept.
        """
        if not self._digests[index]:
            self._digests[index] = sha256_of_file(self.paths[index])
        return self._digests[index]

    def fit_images(self, size: tuple[int, int], channels: int) -> "FolderImages":
        """Returns the same files at another size and number of channels, decoded from the files again."""
        images = type(self)(self.paths, (size[0], size[1]), channels, self.cache_bytes, self.folder)
        images._digests = self._digests  # shared, so that no file is read twice for it
        return images

    def _open_store(self) -> PixelMemory | PixelFile:
        with _store_lock:
            if self._store is None:
                self._store = open_pixel_store(self.paths, self.shape, self.cache_bytes, self._store_folder())
        return self._store

    def _store_folder(self) -> str | os.PathLike | None:
        return self.folder

    def _decode(self, index: int) -> np.ndarray:
        height, width, channels = self.shape[1:]
        try:
            picture = read_picture(self.paths[index], at_least=2 * max(height, width))
        except ValueError as error:
            raise OSError(
                f"{self.paths[index]} could be read when the folder was checked and now cannot ({error}). "
                "Load the folder again."
            ) from error
        image = self._fit(picture, (width, height))
        return np.asarray(image.convert("RGB" if channels == 3 else "L")).reshape(self.shape[1:])

    def _fit(self, picture: DecodedPicture, size: tuple[int, int]) -> "Image.Image":
        """Returns a picture at a size `(width, height)`."""
        from PIL import Image, ImageOps

        return ImageOps.fit(picture.image, size, method=Image.Resampling.BILINEAR)
