"""How a folder of class folders is arranged: which file belongs to which class and part."""

import os
import unicodedata

from ftlib.tasks.photos import EXTENSIONS

PARTS = {"train": "train", "training": "train", "val": "validation", "valid": "validation",
         "validation": "validation", "test": "test", "testing": "test"}  # fmt: skip
ARRANGE = (
    "Arrange the pictures as FOLDER/CLASS/picture.jpg, or as FOLDER/train/CLASS/picture.jpg "
    "(and the same for validation and test)."
)


def list_folder(path):
    """Returns `(files, class_names, skipped)` of a folder as in `check_folder`; it opens no file."""
    if not path.exists():
        raise FileNotFoundError(f"There is no folder {str(path)!r}. Check the spelling, and that the disk is mounted.")
    if not path.is_dir():
        raise NotADirectoryError(f"A folder or a CSV file of pictures is needed. Received: the file {str(path)!r}.")
    skipped = {}
    top = _entries(path, path, skipped)
    parts = {}
    for name, entry in top.items():
        part = PARTS.get(name.lower())
        # A class may be called "train": a folder of pictures is a class, a folder of folders is a part.
        if part and entry.is_dir() and not _has_pictures(entry) and any(e.is_dir() for e in entry.iterdir()):
            if part in parts:
                raise ValueError(f"{str(path)!r} has two {part} folders: {parts[part].name} and {name}. Merge them.")
            parts[part] = entry
    if parts and "train" not in parts:
        raise ValueError(
            f"{str(path)!r} has {', '.join(e.name for e in parts.values())} but no train folder. {ARRANGE}"
        )
    for name, entry in top.items():
        if entry.is_file() or (parts and entry not in parts.values()):
            skipped[name] = "not in a class folder"

    files, classes = [], {}
    for part, folder in parts.items() if parts else [("all", path)]:
        entries = _entries(path, folder, skipped) if parts else top
        folders = {name: entry for name, entry in entries.items() if entry.is_dir()}
        if parts:
            loose = [entry for entry in entries.values() if entry.is_file()]
            skipped.update((_id(path, entry), "not in a class folder") for entry in loose)
        found = {name: _files(path, entry, skipped) for name, entry in folders.items()}
        classes[part] = {name for name, inside in found.items() if inside}
        if part in ("all", "train"):
            _require_classes(path, folder, found, entries)
        files += [(_id(path, file), part, name, file) for name, inside in found.items() for file in inside]

    names = tuple(sorted(classes["train" if parts else "all"]))
    for part, found in classes.items():
        strange = sorted(found - set(names))
        if strange:
            raise ValueError(
                f"{parts[part].name}/ of {str(path)!r} has classes that {parts['train'].name}/ does not "
                f"have: {', '.join(strange)}. Training has: {', '.join(names)}."
            )
    return sorted(files), names, skipped


def _require_classes(path, folder, found, entries):
    """Raises unless there are two class folders, each with files in it."""
    if not found:
        flat = any(_is_picture(entry) for entry in entries.values())
        what = "pictures but no class folders" if flat else "no class folders"
        raise ValueError(f"{str(folder)!r} holds {what}. {ARRANGE}")
    empty = [name for name, files in found.items() if not files]
    nested = [next(inside, None) for name in empty for inside in [_deeper(entries[name])]]
    if any(nested):
        example = _id(path, next(filter(None, nested)))
        hint = f" Did you mean {str(folder / empty[0])!r}?" if len(found) == 1 else ""
        raise ValueError(f"{str(path)!r} has pictures too deep inside, such as {example}.{hint} {ARRANGE}")
    if empty:
        raise ValueError(f"Class folders without pictures in {str(folder)!r}: {', '.join(empty)}. Fill or remove them.")
    if len(found) == 1:
        raise ValueError(
            f"{str(folder)!r} has the single class {next(iter(found))!r}; telling apart needs two. {ARRANGE}"
        )


def _entries(root, folder, skipped):
    """Returns `{name: path}` of a folder, sorted and without hidden ones; links out go to `skipped`."""
    kept = {}
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith(".") or entry.name == "__MACOSX":
            continue
        if entry.is_symlink() and not entry.exists():
            skipped[_id(root, entry)] = "a link to nothing"
        elif entry.is_symlink() and not entry.resolve().is_relative_to(root.resolve()):
            skipped[_id(root, entry)] = "a link that leads out of the folder"
        elif entry.is_dir() or entry.is_file():
            kept[plain_name(entry.name)] = entry
        else:
            skipped[_id(root, entry)] = "neither a file nor a folder"
    return kept


def _files(root, folder, skipped):
    entries = _entries(root, folder, skipped).values()
    skipped.update((_id(root, entry), "a folder inside a class folder") for entry in entries if entry.is_dir())
    return [entry for entry in entries if entry.is_file()]


def _is_picture(entry):
    return entry.suffix.lower() in EXTENSIONS and entry.is_file()


def _has_pictures(folder):
    return any(_is_picture(entry) for entry in folder.iterdir())


def _deeper(folder):
    return (entry for entry in folder.glob("*/*") if _is_picture(entry))


def _id(root, entry):
    return plain_name(entry.relative_to(root).as_posix())


def plain_name(name):
    """Spells a name alike everywhere: macOS parts accents from letters, and names may be no UTF-8."""
    return unicodedata.normalize("NFC", os.fsencode(name).decode("utf-8", "backslashreplace"))
