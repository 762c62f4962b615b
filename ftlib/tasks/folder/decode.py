"""Picture files of any kind, made into plain 8-bit pixels, upright, when they are asked for."""

import concurrent.futures
import hashlib
import os
import threading
import warnings

import numpy as np

from ftlib.files import EXTENSIONS, opened_picture
from ftlib.tasks.folder.pixel_store import keep_pixels

CACHE = 2**29  # bytes of decoded pictures kept in memory
_OPENING = threading.Lock()
CONVERSIONS = {
    "grey": "grey; repeated to three channels where a backbone wants colour",
    "CMYK": "CMYK; converted to RGB without a colour profile",
    "palette": "palette colours; converted to RGB",
    "transparent": "transparent; laid over white",
    "transparent light": "transparent, and empty when laid over white; laid over black",
    "16-bit": "16 bits per channel; scaled to 8",
    "invisible": "wholly transparent; the colours are used that nobody sees",
    "16-bit narrow": "16 bits per channel of which less than a sixteenth of the range is used, so that hardly any of "
    "their steps are left in 8 bits: save them scaled to the whole range",
    "animated": "several frames or pages; the first one taken",
    "rotated": "turned or mirrored as the EXIF orientation says",
    "colour space": "another colour space; converted to RGB",
}
# What a conversion may cost: these are worth a warning.
LOSSES = ("16-bit narrow", "animated")
MOST_PIXELS = 2**29  # of a JPEG file, whose decoder can leave out most of them; the rest of the formats: Pillow's limit
_FLAT = 8  # steps of 255: with a smaller range there is nothing to see
UPRIGHT = {2: "FLIP_LEFT_RIGHT", 3: "ROTATE_180", 4: "FLIP_TOP_BOTTOM", 5: "TRANSPOSE", 6: "ROTATE_270",
           7: "TRANSVERSE", 8: "ROTATE_90"}  # fmt: skip


def open_picture(path, at_least=None):
    """Reads one picture file, whatever its kind.

    Args:
        path: `pathlib.Path` of the file.
        at_least: A number of pixels. A JPEG file that is over twice as large both ways is decoded at a half,
            a quarter or an eighth of its size, never below this; it saves most of the time. None: full size.

    Returns:
        `(image, format, size, conversions)`: the upright `PIL.Image` of mode `"L"` or `"RGB"`, the format
        found in the file's bytes, the full upright size `(width, height)`, and the keys of `CONVERSIONS` that
        were needed.

    Raises:
        ValueError: If the file cannot be made into pixels. The message is the reason alone, without the path.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        if path.stat().st_size == 0:
            raise ValueError("empty file (0 bytes)")
        with opened_picture(path) as image:
            return _plain(image, at_least)
    except UnidentifiedImageError:
        heif = EXTENSIONS.get(path.suffix.lower()) == "HEIF"
        raise ValueError("HEIF, which Pillow does not read: save it as JPEG" if heif else "not a picture") from None
    except Image.DecompressionBombError:
        raise ValueError("so many pixels that Pillow takes it for a decompression bomb; save it smaller") from None
    # A damaged file makes Pillow's decoders raise almost anything (OSError, SyntaxError, struct.error,
    # zlib.error): whatever it is, the file is the cause and must not end a run over thousands of others.
    except Exception as error:
        raise ValueError(getattr(error, "strerror", None) or str(error) or type(error).__name__) from error


def _plain(image, at_least):
    from PIL import Image

    name = "JPEG" if image.format == "MPO" else image.format  # MPO: a phone's JPEG with a second picture behind it
    conversions = set()
    if getattr(image, "is_animated", False) and image.format != "MPO":
        conversions.add("animated")
    if any(";16" in str(tile[3]) for tile in image.tile):
        conversions.add("16-bit")
    size = image.size
    if at_least and name == "JPEG" and size[0] * size[1] <= MOST_PIXELS:
        shrink = next((k for k in (1, 2, 4) if size[0] * size[1] <= k * k * (Image.MAX_IMAGE_PIXELS or MOST_PIXELS)), 8)
        image.draft(None, tuple(min(at_least, side // shrink) for side in size))
    _check_pixels(image, size)
    image.load()
    if "16-bit" in conversions and not image.mode.startswith("I") and 0 < _spread(np.asarray(image)) < 2**4:
        conversions.add("16-bit narrow")  # Pillow has scaled it to 8 bits
    try:
        orientation = image.getexif().get(0x0112, 1)
    except Exception:  # unreadable EXIF says nothing about the picture: leave it as it is stored
        orientation = 1

    image = _eight_bits(image, conversions)
    if orientation in UPRIGHT:
        conversions.add("rotated")
        image = image.transpose(Image.Transpose[UPRIGHT[orientation]])
        size = size if orientation < 5 else size[::-1]
    if "16-bit narrow" in conversions:
        conversions.discard("16-bit")
    return image, name, size, tuple(c for c in CONVERSIONS if c in conversions)


def _check_pixels(image, size):
    """Raises a ValueError for a picture that would take too much memory, before it is decoded."""
    from PIL import Image

    limit = Image.MAX_IMAGE_PIXELS
    if limit and image.width * image.height > limit:
        raise ValueError(
            f"{size[0]} x {size[1]} pixels, over Pillow's limit of {limit} (decompression bomb); save it smaller"
        )


def _eight_bits(image, conversions):
    """Returns the image as "L" or "RGB" and adds what that took to the set `conversions`."""
    from PIL import Image

    # Pillow opens deep grey PNG and PPM files as "I" (32 bits) in some versions, with values up to 65535 all
    # the same.
    if image.mode.startswith("I;16") or (image.mode == "I" and image.format in ("PNG", "PPM")):
        deep = np.asarray(image, "float64")
        conversions.add("16-bit narrow" if 0 < _spread(deep) < 2**12 else "16-bit")
        image = Image.fromarray(np.rint(deep / 257).astype("uint8"))
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
        return _opaque(image.convert("RGBA"), conversions)
    return image.convert("L" if image.mode in ("1", "L") else "RGB")


def _opaque(image, conversions):
    """Returns a transparent image laid over white, or over black if it is white itself and nothing would be seen."""
    least, most = image.getchannel("A").getextrema()
    plain = image.convert("RGB")
    if least == 255:
        return plain
    if most <= _FLAT < _range(plain):
        conversions.add("invisible")
        return plain
    over_white, over_black = _laid_over(image, "white"), _laid_over(image, "black")
    if _range(over_white) > _FLAT or _range(over_black) <= _FLAT:
        conversions.add("transparent")
        return over_white
    conversions.add("transparent light")
    return over_black


def _laid_over(image, colour):
    from PIL import Image

    ground = Image.new("RGBA", image.size, colour)
    ground.alpha_composite(image)
    return ground.convert("RGB")


def _spread(pixels):
    """Returns over how many steps nearly all pixels lie: a few that are white or black do not count."""
    sample = pixels.reshape(-1)[:: max(1, pixels.size // 10_000)]
    return float(np.ptp(np.percentile(sample, (1, 99))))


def _range(image):
    """Returns the largest range of a channel."""
    return max(high - low for low, high in image.getextrema())


def in_threads(function, items):
    """Returns `[function(item) for item in items]`; decoding releases the interpreter, so threads help."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's warnings on odd metadata; what matters is in the folder's report
        if len(items) < 4:
            return [function(item) for item in items]
        with concurrent.futures.ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
            return list(pool.map(function, items))


class FolderImages:
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
        folder: Where that file lies, for another process to find it. Default None: a file that goes away with this one.

    Example:
    >>> images = FolderImages(sorted(pathlib.Path("photos/roses").glob("*.jpg")), (96, 96))  # doctest: +SKIP
    >>> images[[0, 2]].shape  # doctest: +SKIP
    (2, 96, 96, 3)
    """

    dtype = np.dtype("uint8")
    ndim = 4

    def __init__(self, paths, size=(224, 224), channels=3, cache_bytes=CACHE, folder=None):
        self.paths = tuple(paths)
        self.shape = (len(self.paths), *size, channels)
        self.cache_bytes, self.folder = cache_bytes, folder
        self._kept = None  # until the first picture is asked for

    def __len__(self):
        return len(self.paths)

    def __repr__(self):
        kept = "" if self._kept is None else f", {len(self._kept)} decoded in {self._kept.place}"
        return f"<FolderImages of {len(self)} files at {self.shape[1:]}{kept}>"

    def __getitem__(self, index):
        chosen = np.arange(len(self))[index]
        if chosen.ndim == 0:
            return self[chosen[None]][0]
        with _OPENING:
            if self._kept is None:
                self._kept = keep_pixels(self.paths, self.shape, self.cache_bytes, self.folder)
        missing = [i for i in sorted(set(chosen.tolist())) if not self._kept.has(i)]
        decoded = dict(zip(missing, in_threads(self._decode, missing), strict=True))
        result = np.empty((len(chosen), *self.shape[1:]), "uint8")
        for position, i in enumerate(chosen.tolist()):
            result[position] = decoded[i] if i in decoded else self._kept[i]
        for i, pixels in decoded.items():
            self._kept.write(i, pixels)
        return result

    def __array__(self, dtype=None, copy=None):
        return np.asarray(self[:], dtype)

    def __getstate__(self):
        return {**self.__dict__, "_kept": None}  # another process decodes for itself

    def digest(self, index):
        """Returns a checksum of one file, without decoding it."""
        return hashlib.sha256(self.paths[index].read_bytes()).hexdigest()

    def fit_images(self, size, channels):
        """Returns the same files at another size and number of channels, decoded from the files again."""
        return FolderImages(self.paths, tuple(size), channels, self.cache_bytes, self.folder)

    def _decode(self, i):
        from PIL import Image, ImageOps

        height, width, channels = self.shape[1:]
        try:
            image = open_picture(self.paths[i], at_least=2 * max(height, width))[0]
        except ValueError as error:
            raise OSError(
                f"{self.paths[i]} could be read when the folder was checked and now cannot ({error}). "
                "Load the folder again."
            ) from error
        image = ImageOps.fit(image, (width, height), method=Image.Resampling.BILINEAR)
        return np.asarray(image.convert("RGB" if channels == 3 else "L")).reshape(self.shape[1:])
