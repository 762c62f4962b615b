"""Which files are pictures or sounds, how names are spelled, how a file is written whole: one answer for all."""

import collections
import contextlib
import hashlib
import os
import pathlib
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from PIL import ImageFile

# The formats a file may have. The list is closed: Pillow knows others that run programs (EPS) or are no
# photographs.
FORMATS = ("JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP", "PPM", "JPEG2000", "AVIF")
EXTENSIONS = {
    **dict.fromkeys((".jpg", ".jpeg", ".jpe", ".jfif"), "JPEG"),
    **dict.fromkeys((".tif", ".tiff"), "TIFF"),
    **dict.fromkeys((".ppm", ".pgm", ".pbm", ".pnm"), "PPM"),
    **dict.fromkeys((".jp2", ".j2k"), "JPEG2000"),
    **dict.fromkeys((".heic", ".heif"), "HEIF"),
    **dict.fromkeys((".bmp", ".dib"), "BMP"),
    ".png": "PNG",
    ".gif": "GIF",
    ".webp": "WEBP",
    ".avif": "AVIF",
}
SOUND_EXTENSIONS = {
    **dict.fromkeys((".wav", ".wave"), "WAV"),
    ".flac": "FLAC",
    **dict.fromkeys((".ogg", ".oga", ".opus"), "OGG"),
    ".mp3": "MP3",
    **dict.fromkeys((".aif", ".aiff"), "AIFF"),
    **dict.fromkeys((".m4a", ".aac", ".wma"), "M4A"),  # which nothing here reads
}
# What systems and programs leave beside pictures; some of it (thumbnails) would pass for pictures.
_SYSTEM_NAMES = {
    "__MACOSX", "@eaDir", "#recycle", "$RECYCLE.BIN", "System Volume Information", "lost+found", "Thumbs.db",
    "desktop.ini",
}  # fmt: skip
# Files that are together only in what ftlib wrote: runs, comparisons, exports.
_OUTPUT_SIGNATURES = (
    {"data.csv", "findings.json"}, {"run.json", "model.keras"}, {"comparison.json", "report.html"}, {"export.json"},
    {"checkpoint.npz"},
)  # fmt: skip
_OUTPUT_PICTURE = "result.png"  # of `ftlib run`
LOCK = ".lock"  # the first file in the folder of a new run


def normalize_name(name: str) -> str:
    """Spells a name the same way on every system: macOS splits accents from letters, and names may not be UTF-8."""
    return unicodedata.normalize("NFC", os.fsencode(name).decode("utf-8", "backslashreplace"))


def distinct_names(names: Sequence[str]) -> list[str]:
    """Returns a normalized name for each of some names, no two of them equal: a second one gets a number.

    Args:
        names: Different strings.

    Example:
    >>> import unicodedata
    >>> distinct_names(["é.jpg", unicodedata.normalize("NFD", "é.jpg"), "e.jpg"])
    ['é.jpg', 'é.jpg (2)', 'e.jpg']
    """
    normalized_names = [normalize_name(name) for name in names]
    if len(set(normalized_names)) == len(normalized_names):
        return normalized_names

    # What is spelled the normal way keeps its name, whatever the order in which files are listed.
    naming_order = sorted(range(len(names)), key=lambda i: (names[i] != normalized_names[i], names[i]))
    reserved_names = set(normalized_names)
    used_names = set()
    distinct_by_index = {}
    for i in naming_order:
        candidate = normalized_names[i]
        number = 1
        while candidate in used_names or (number > 1 and candidate in reserved_names):
            number += 1
            candidate = f"{normalized_names[i]} ({number})"
        used_names.add(candidate)
        distinct_by_index[i] = candidate
    return [distinct_by_index[i] for i in range(len(names))]


@contextlib.contextmanager
def written_whole(path: str | os.PathLike) -> Iterator[pathlib.Path]:
    """Gives the path of a file beside `path`, to be written; it takes the place of `path` once that succeeded.

    After an error, what stood at `path` is still there, and nothing of the new file stays. The folder is made if it is
    missing; a link is followed, and stays a link.

    Args:
        path: The file.

    Raises:
        OSError: If it cannot be written.

    Example:
    >>> with written_whole("notes.txt") as part_path:  # doctest: +SKIP
    ...     part_path.write_text("complete, or not there")
    """
    target = pathlib.Path(path).resolve()
    target.parent.mkdir(parents=True, exist_ok=True)
    part_path = target.with_name("part-" + target.name)
    try:
        yield part_path
        os.replace(part_path, target)
    except BaseException:
        with contextlib.suppress(OSError):  # what matters is the error that led here
            part_path.unlink(missing_ok=True)
        raise


def is_ignored(name: str) -> bool:
    """Returns whether a file or folder of this name is hidden, or kept by a system for itself."""
    return name.startswith(".") or name in _SYSTEM_NAMES


def visible_entries(folder: pathlib.Path) -> list[pathlib.Path]:
    """Returns the files and folders in a folder, sorted by name, without those that are ignored."""
    return sorted((entry for entry in folder.iterdir() if not is_ignored(entry.name)), key=lambda entry: entry.name)


def is_picture(file: pathlib.Path) -> bool:
    """Returns whether a file is meant as a picture: by its name, or, where that says nothing, by its first bytes."""
    return PICTURE.includes(file)


def is_sound(file: pathlib.Path) -> bool:
    """Returns whether a file is meant as a sound: by its name, or, where that says nothing, by its first bytes."""
    return SOUND.includes(file)


def has_picture_format(path: pathlib.Path) -> bool:
    """Returns whether the first bytes of a file are those of a picture."""
    try:
        with open_picture_file(path):
            return True
    except Exception:  # a damaged file makes Pillow's decoders raise almost anything
        return False


def sound_format(first_bytes: bytes) -> str | None:
    """Returns the format of a sound by the first 12 bytes of its file; None for what is no known sound."""
    if first_bytes[:4] in (b"RIFF", b"RIFX", b"RF64") and first_bytes[8:12] == b"WAVE":
        return "WAV"
    if first_bytes[:4] == b"FORM" and first_bytes[8:12] in (b"AIFF", b"AIFC"):
        return "AIFF"
    return {b"fLaC": "FLAC", b"OggS": "OGG"}.get(first_bytes[:4])


def has_sound_format(path: pathlib.Path) -> bool:
    """Returns whether the first bytes of a file are those of a sound."""
    try:
        with open(path, "rb") as file:
            return sound_format(file.read(12)) is not None
    except OSError:
        return False


class FileKind(NamedTuple):
    """A kind of files that are examples of something: pictures or sounds.

    Attributes:
        noun: What messages call one of them.
        extensions: How their names end, in small letters, and the format that this stands for.
        has_format: Returns whether the first bytes of a file are those of such a file.
        usual_name: What one is called, to show how a folder is arranged.
    """

    noun: str
    extensions: Mapping[str, str]
    has_format: Callable[[pathlib.Path], bool]
    usual_name: str

    def includes(self, file: pathlib.Path) -> bool:
        """Returns whether a file is meant to be one: by its name, or, where that says nothing, by its first bytes."""
        return file.suffix.lower() in self.extensions or self.has_format(file)


PICTURE = FileKind("picture", EXTENSIONS, has_picture_format, "picture.jpg")
SOUND = FileKind("sound", SOUND_EXTENSIONS, has_sound_format, "sound.wav")


def open_picture_file(path: pathlib.Path) -> "ImageFile.ImageFile":
    """Opens a picture file as a `PIL.Image`, without decoding it."""
    from PIL import Image, JpegImagePlugin

    Image.init()
    try:
        return Image.open(path, formats=[name for name in FORMATS if name in Image.OPEN])
    except Image.DecompressionBombError:
        with open(path, "rb") as file:
            if file.read(3) != b"\xff\xd8\xff":
                raise
        return JpegImagePlugin.JpegImageFile(path)  # decoded at an eighth of its size, it is no bomb


def sha256_of_file(path: pathlib.Path) -> str:
    """Returns the SHA-256 of the bytes of a file, in hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_output(folder: pathlib.Path) -> bool:
    """Returns whether ftlib wrote a folder: a run, a comparison, an export; or nothing but such folders."""
    try:
        names = {entry.name for entry in folder.iterdir()}
    except OSError:  # reported where its pictures are listed
        return False
    entries = visible_entries(folder)
    input_files = [entry for entry in entries if entry.is_file() and entry.name != _OUTPUT_PICTURE]
    if any(is_sound(file) or is_picture(file) for file in input_files):  # whatever else lies there
        return False
    if names == {LOCK} or any(signature <= names for signature in _OUTPUT_SIGNATURES):
        return True
    inner_folders = [entry for entry in entries if entry.is_dir() and not entry.is_symlink()]
    return bool(inner_folders) and all(is_output(inner_folder) for inner_folder in inner_folders)


def files_below(folder: pathlib.Path, depth: int) -> Iterator[pathlib.Path]:
    """Yields the visible files of a folder and of those inside it, down to a depth; links to folders are not followed.

    Args:
        folder: The folder.
        depth: How many floors of folders are looked into: 1 for the files of the folder itself.
    """
    try:
        entries = visible_entries(folder)
    except OSError:  # whoever lists the folder says so
        return
    for entry in entries:
        if entry.is_file():
            yield entry
        elif depth > 1 and entry.is_dir() and not entry.is_symlink():
            yield from files_below(entry, depth - 1)


def walk_files(
    folder: pathlib.Path, kind: FileKind, links: bool = False, above: tuple[pathlib.Path, ...] = ()
) -> Iterator[pathlib.Path]:
    """Yields the pictures, or sounds, of a folder at any depth, in the order of their names, and folders that cannot be
    read.

    Args:
        folder: The folder.
        kind: `PICTURE` or `SOUND`.
        links: Whether to follow links to folders, unless they lead back to a folder above. Default False.
        above: The folders above it, resolved.
    """
    try:
        entries = visible_entries(folder)
    except OSError:
        yield folder
        return
    above = (*above, folder.resolve())
    for entry in entries:
        if entry.is_file():
            if kind.includes(entry):
                yield entry
        elif entry.is_dir() and not is_output(entry):
            if not entry.is_symlink() or (links and entry.resolve() not in above):
                yield from walk_files(entry, kind, links, above)


def walk_pictures(folder: pathlib.Path, links: bool = False) -> Iterator[pathlib.Path]:
    """Yields the pictures of a folder at any depth; see `walk_files`."""
    return walk_files(folder, PICTURE, links)


class FileFinder:
    """Finds files below a folder by names that another system may have spelled.

    Windows writes backslashes between folders, macOS splits accents from letters, and both treat small and capital
    letters as the same: what a person reads as one name is then another one on the disk.

    Args:
        root: The folder.

    Example:
    >>> FileFinder("photos").find("cats\\\\tom.jpg")  # doctest: +SKIP
    PosixPath('photos/cats/tom.jpg')
    """

    def __init__(self, root: str | os.PathLike):
        self.root = pathlib.Path(root)
        self._names_by_folder: dict[pathlib.Path, dict[str, list[str]]] = {}

    def find(self, name: str) -> pathlib.Path:
        """Returns the path that a name means; where there is none, the path as it is written."""
        for spelling in dict.fromkeys((name, name.replace("\\", "/"))):
            file = pathlib.Path(os.path.normpath(self.root / spelling))
            existing_file = file if os.path.lexists(file) else self._find_respelled(file)
            if existing_file is not None:
                return existing_file
        return pathlib.Path(os.path.normpath(self.root / name))

    def _find_respelled(self, file: pathlib.Path) -> pathlib.Path | None:
        """Returns the one file whose name reads like that of `file`; None if there is none, or several."""
        if not file.is_relative_to(self.root):
            return None
        place = self.root
        for name in file.relative_to(self.root).parts:
            if not os.path.lexists(place / name):
                names_by_spelling = self._names_in(place)
                normalized_name = normalize_name(name)
                same_names = names_by_spelling[normalized_name] or names_by_spelling[normalized_name.casefold()]
                if len(same_names) != 1:
                    return None
                name = same_names[0]
            place = place / name
        return place

    def _names_in(self, folder: pathlib.Path) -> dict[str, list[str]]:
        """Returns the names in a folder, by their normalized spelling and by that in small letters."""
        if folder not in self._names_by_folder:
            names_by_spelling = collections.defaultdict(list)
            with contextlib.suppress(OSError):  # no folder, or none that may be read: nothing to find in it
                for entry in folder.iterdir():
                    normalized_name = normalize_name(entry.name)
                    for spelling in {normalized_name, normalized_name.casefold()}:
                        names_by_spelling[spelling].append(entry.name)
            self._names_by_folder[folder] = names_by_spelling
        return self._names_by_folder[folder]


def find_path(path: str | os.PathLike) -> pathlib.Path:
    """Returns a path that somebody typed, in the spelling of the disk; where nothing is there, as it was typed."""
    path = pathlib.Path(path).expanduser()
    if os.path.lexists(path):
        return path
    relative_name = str(path.relative_to(path.anchor)) if path.anchor else str(path)
    respelled_path = FileFinder(path.anchor or ".").find(relative_name)
    return respelled_path if os.path.lexists(respelled_path) else path
