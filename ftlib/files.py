"""Which files are pictures, which are looked past, and how their names are spelled: one answer for all of ftlib."""

import collections
import contextlib
import os
import pathlib
import unicodedata

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
# What systems and programs leave beside pictures; some of it (thumbnails) would pass for pictures.
_SYSTEM = {"__MACOSX", "@eaDir", "#recycle", "$RECYCLE.BIN", "System Volume Information", "lost+found", "Thumbs.db",
           "desktop.ini"}  # fmt: skip
# Files that are together only in what ftlib wrote: runs, comparisons, exports.
_WRITTEN = (
    {"data.csv", "findings.json"}, {"run.json", "model.keras"}, {"comparison.json", "report.html"}, {"export.json"},
    {"checkpoint.npz"},
)  # fmt: skip
_OWN_PICTURE = "result.png"  # of `ftlib run`
LOCK = ".lock"  # the first file in the folder of a new run


def plain_name(name):
    """Spells a name alike everywhere: macOS parts accents from letters, and names may be no UTF-8."""
    return unicodedata.normalize("NFC", os.fsencode(name).decode("utf-8", "backslashreplace"))


def distinct_names(names):
    """Returns a plain name for each of some names, no two alike: what would be read twice gets a number.

    Args:
        names: Different strings.

    Example:
    >>> import unicodedata
    >>> distinct_names(["é.jpg", unicodedata.normalize("NFD", "é.jpg"), "e.jpg"])
    ['é.jpg', 'é.jpg (2)', 'e.jpg']
    """
    plain = [plain_name(name) for name in names]
    if len(set(plain)) == len(plain):
        return plain
    # The plain spelling keeps its name, whatever the order in which files are listed.
    order = sorted(range(len(names)), key=lambda i: (names[i] != plain[i], names[i]))
    reserved, used, given = set(plain), set(), {}
    for i in order:
        name, number = plain[i], 1
        while name in used or (number > 1 and name in reserved):
            number += 1
            name = f"{plain[i]} ({number})"
        used.add(name)
        given[i] = name
    return [given[i] for i in range(len(names))]


def is_looked_past(name):
    """Returns whether a file or folder of this name is hidden, or kept by a system for itself."""
    return name.startswith(".") or name in _SYSTEM


def visible_entries(folder):
    """Returns what lies in a folder, sorted by name, but for what is looked past."""
    return sorted((e for e in folder.iterdir() if not is_looked_past(e.name)), key=lambda entry: entry.name)


def is_picture(file):
    """Returns whether a file is meant as a picture: by its name, or, where that says nothing, by its first bytes."""
    return file.suffix.lower() in EXTENSIONS or has_picture_format(file)


def has_picture_format(path):
    """Returns whether the first bytes of a file are those of a picture."""
    try:
        with opened_picture(path):
            return True
    except Exception:  # a damaged file makes Pillow's decoders raise almost anything
        return False


def opened_picture(path):
    """Opens a picture file as a `PIL.Image`, without decoding it."""
    from PIL import Image, JpegImagePlugin

    Image.init()
    try:
        return Image.open(path, formats=[f for f in FORMATS if f in Image.OPEN])
    except Image.DecompressionBombError:
        with open(path, "rb") as file:
            if file.read(3) != b"\xff\xd8\xff":
                raise
        return JpegImagePlugin.JpegImageFile(path)  # decoded at an eighth of its size, it is no bomb


def is_output(folder):
    """Returns whether ftlib wrote a folder: a run, a comparison, an export; or nothing but such folders."""
    try:
        names = {entry.name for entry in folder.iterdir()}
    except OSError:  # said where its pictures are listed
        return False
    entries = visible_entries(folder)
    others = [entry for entry in entries if entry.is_file() and entry.name != _OWN_PICTURE]
    if any(map(is_picture, others)):  # whatever else lies there
        return False
    if names == {LOCK} or any(marks <= names for marks in _WRITTEN):
        return True
    inner = [entry for entry in entries if entry.is_dir() and not entry.is_symlink()]
    return bool(inner) and all(map(is_output, inner))


def walk_pictures(folder, links=False, above=()):
    """Yields the pictures of a folder at any depth, in the order of their names, and folders that cannot be read.

    Args:
        folder: `pathlib.Path`.
        links: Whether links to folders are followed, unless they lead back to a folder above. Default False.
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
            if is_picture(entry):
                yield entry
        elif entry.is_dir() and not is_output(entry):
            if not entry.is_symlink() or (links and entry.resolve() not in above):
                yield from walk_pictures(entry, links, above)


class FileFinder:
    """Finds files below a folder by names that another system may have spelled.

    Windows writes backslashes between folders, macOS parts accents from letters, and to both small and capital letters
    are the same: what is one name to a person is then another one to the disk.

    Args:
        root: The folder.

    Example:
    >>> FileFinder("photos").find("cats\\\\tom.jpg")  # doctest: +SKIP
    PosixPath('photos/cats/tom.jpg')
    """

    def __init__(self, root):
        self.root = pathlib.Path(root)
        self._listed = {}  # by folder: the names in it, by their plain spelling

    def find(self, name):
        """Returns the path that a name means; one that is not there as it is written."""
        written = pathlib.Path(os.path.normpath(self.root / name))
        for text in dict.fromkeys((name, name.replace("\\", "/"))):
            file = pathlib.Path(os.path.normpath(self.root / text))
            found = file if os.path.lexists(file) else self._respelled(file)
            if found is not None:
                return found
        return written

    def _respelled(self, file):
        """Returns the one file whose name reads like that of `file`; None if there is none, or several."""
        if not file.is_relative_to(self.root):
            return None
        place = self.root
        for part in file.relative_to(self.root).parts:
            if not os.path.lexists(place / part):
                names, plain = self._names(place), plain_name(part)
                alike = names[plain] or names[plain.casefold()]
                if len(alike) != 1:
                    return None
                part = alike[0]
            place = place / part
        return place

    def _names(self, folder):
        if folder not in self._listed:
            names = collections.defaultdict(list)
            with contextlib.suppress(OSError):  # what may not be read, or is no folder, holds nothing to find
                for entry in folder.iterdir():
                    plain = plain_name(entry.name)
                    for key in {plain, plain.casefold()}:
                        names[key].append(entry.name)
            self._listed[folder] = names
        return self._listed[folder]


def find_path(path):
    """Returns a path that somebody typed, in the spelling of the disk; one that is not there as it was typed."""
    path = pathlib.Path(path).expanduser()
    if os.path.lexists(path):
        return path
    found = FileFinder(path.anchor or ".").find(str(path.relative_to(path.anchor)) if path.anchor else str(path))
    return found if os.path.lexists(found) else path
