"""How a folder of class folders is arranged: which file belongs to which class and part."""

import collections
from typing import NamedTuple

from ftlib.files import (
    distinct_names,
    is_output,
    is_picture,
    plain_name,
    visible_entries,
    walk_pictures,
)

PARTS = {"train": "train", "training": "train", "val": "validation", "valid": "validation",
         "validation": "validation", "test": "test", "testing": "test"}  # fmt: skip
ARRANGE = (
    "Arrange the pictures as FOLDER/CLASS/picture.jpg, or as FOLDER/train/CLASS/picture.jpg "
    "(and the same for validation and test)."
)
INSIDE, OUTSIDE = "in a folder inside a class folder", "outside of class folders"


class Listing(NamedTuple):
    """What lies in a folder, or is listed in a CSV file, before any picture is opened.

    Attributes:
        files: The pictures as `(id, part, class name, path)`, sorted by id.
        class_names: The classes, sorted.
        skipped: `{id: reason}` of what is left aside.
        groups: `{id: group}`, empty without such a column.
        lost: `{id: (where, number)}`: files and folders that are left aside although they hold pictures.
        respelled: `{name: number}`: names that several folders or files bear, spelled in several ways.
    """

    files: list
    class_names: tuple
    skipped: dict
    groups: dict
    lost: dict
    respelled: dict


def list_folder(path, training=True):
    """Lists a folder of class folders; it opens no picture that has the name of one.

    Args:
        path: `pathlib.Path` of the folder.
        training: Whether a model is to be trained on the pictures, which takes two classes, none of them empty, and a
            part to train on. False: whatever classes and parts there are.

    Returns:
        A `Listing`.

    Raises:
        FileNotFoundError, NotADirectoryError: If `path` is no folder.
        ValueError: If it is not arranged by class.
    """
    if not path.exists():
        raise FileNotFoundError(f"There is no folder {str(path)!r}. Check the spelling, and that the disk is mounted.")
    if not path.is_dir():
        raise NotADirectoryError(f"A folder or a CSV file of pictures is needed. Received: the file {str(path)!r}.")
    skipped, lost = {}, {}
    top = _entries(path, path, skipped)
    parts = _part_folders(path, top)
    if training and parts and "train" not in parts:
        raise ValueError(
            f"{str(path)!r} has {', '.join(e.name for e in parts.values())} but no train folder. {ARRANGE}"
        )
    _set_aside(path, [e for e in top if e.is_file() or (parts and e not in parts.values())], OUTSIDE, skipped, lost)

    files, classes_by_part, folders = [], {}, []
    for part, folder in parts.items() if parts else [("all", path)]:
        entries = _entries(path, folder, skipped) if parts else top
        if parts:
            _set_aside(path, [entry for entry in entries if entry.is_file()], OUTSIDE, skipped, lost)
        files_by_class = {}
        for entry in [entry for entry in entries if entry.is_dir()]:
            inside = _class_files(path, entry, skipped, lost)
            files_by_class.setdefault(plain_name(entry.name), []).extend(inside)
            folders.append(entry)
        empty = [name for name, inside in files_by_class.items() if not any(map(is_picture, inside))]
        classes_by_part[part] = set(files_by_class) - set(empty)
        if not training:
            skipped.update((name, "an empty folder") for name in empty)
            _require_pictures(folder, classes_by_part[part], entries)
        elif part in ("all", "train"):
            _require_followed(folder, empty, skipped)
            _require_classes(path, folder, files_by_class, empty, entries)
        files += [(part, name, file) for name in classes_by_part[part] for file in files_by_class[name]]

    trained = classes_by_part.get("train") or classes_by_part.get("all") or set()
    if training:
        require_trained(classes_by_part, trained, lambda part: f"{parts[part].name}/ of {str(path)!r}")
    names = trained if training else set().union(*classes_by_part.values())
    return Listing(_named(path, files), tuple(sorted(names)), skipped, {}, lost, _respelled(path, folders, files))


def _part_folders(path, top):
    """Returns `{part: folder}` of the folders that are parts and not classes.

    A class may be called "train": what holds more pictures itself than in the folders inside it is a class.
    """
    parts = {}
    for entry in top:
        part = PARTS.get(entry.name.lower())
        if not part or not entry.is_dir():
            continue
        try:
            inner = visible_entries(entry)
        except OSError:  # said where the classes are listed
            continue
        loose = sum(e.is_file() and is_picture(e) for e in inner)
        folders = [e for e in inner if e.is_dir() and not is_output(e)]
        within = sum(1 for folder in folders for file in walk_pictures(folder) if file.parent == folder)
        if within <= loose and (loose or not folders):
            continue
        if part in parts:
            raise ValueError(f"{str(path)!r} has two {part} folders: {parts[part].name} and {entry.name}. Merge them.")
        parts[part] = entry
    return parts


def _require_followed(folder, empty, skipped):
    """Raises if a class has no pictures since these are links that are not followed, or lie where nobody may look."""
    for name in empty:
        told = {i: why for i, why in skipped.items() if i.split("/")[-2:-1] == [name] or i.split("/")[-1] == name}
        out = [i for i, why in told.items() if "leads out" in why]
        if out:
            raise ValueError(
                f"The class {name!r} in {str(folder)!r} has {len(out)} links that lead out of the folder, such as "
                f"{out[0]}, and no pictures. Such links are not followed: copy what they lead to (cp -rL), or name a "
                "folder that holds both."
            )
        closed = [f"{i}: {why}" for i, why in told.items() if "cannot be read" in why]
        if closed:
            raise ValueError(f"The class {name!r} in {str(folder)!r} has no pictures that can be read. {closed[0]}.")


def _require_classes(path, folder, files_by_class, empty, entries):
    """Raises unless there are two class folders, each with pictures in it."""
    if not files_by_class:
        flat = any(entry.is_file() and is_picture(entry) for entry in entries)
        what = "pictures but no class folders" if flat else "no class folders"
        raise ValueError(f"{str(folder)!r} holds {what}. {ARRANGE}")
    named = collections.defaultdict(list)
    for entry in entries:
        named[plain_name(entry.name)].append(entry)
    nested = [next(walk_pictures(entry), None) for name in empty for entry in named[name]]
    if any(nested):
        example = _id(path, next(filter(None, nested)))
        hint = f" Did you mean {str(folder / empty[0])!r}?" if len(files_by_class) == 1 else ""
        raise ValueError(f"{str(path)!r} has pictures too deep inside, such as {example}.{hint} {ARRANGE}")
    if empty:
        raise ValueError(f"Class folders without pictures in {str(folder)!r}: {', '.join(empty)}. Fill or remove them.")
    if len(files_by_class) == 1:
        raise ValueError(
            f"{str(folder)!r} has the single class {next(iter(files_by_class))!r}; telling apart needs two. {ARRANGE}"
        )


def _require_pictures(folder, classes, entries):
    """Raises unless there is a class folder with pictures in it."""
    if not classes:
        flat = any(entry.is_file() and is_picture(entry) for entry in entries)
        what = "pictures but no class folders, so that nothing says what they show" if flat else "no class folders"
        raise ValueError(f"{str(folder)!r} holds {what}. {ARRANGE}")


def require_trained(classes_by_part, trained, name_part):
    """Raises a ValueError for classes of validation or test that training does not have.

    Args:
        classes_by_part: `{part: set of classes}`.
        trained: The classes of training.
        name_part: Returns what an error calls a part, such as `"test/ of 'flowers'"`.
    """
    for part, classes in classes_by_part.items():
        strange = sorted(classes - trained)
        if strange:
            more = f" and {len(strange) - 10} more" * (len(strange) > 10)
            raise ValueError(
                f"{name_part(part)} has classes that training does not have: {', '.join(strange[:10])}{more}. Training "
                f"has: {', '.join(sorted(trained)[:20])}."
            )


def _entries(root, folder, skipped):
    """Returns the visible files and folders of a folder; links out and what ftlib wrote go to `skipped`."""
    usable = []
    try:
        entries = visible_entries(folder)
    except OSError as error:
        if folder == root:
            raise
        skipped[_id(root, folder)] = f"a folder that cannot be read ({error.strerror})"
        return usable
    for entry in entries:
        if entry.is_symlink() and not entry.exists():
            skipped[_id(root, entry)] = "a link to nothing"
        elif entry.is_symlink() and not entry.resolve().is_relative_to(root.resolve()):
            skipped[_id(root, entry)] = "a link that leads out of the folder"
        elif entry.is_dir() and is_output(entry):
            skipped[_id(root, entry)] = "written by ftlib"
        elif entry.is_dir() or entry.is_file():
            usable.append(entry)
        else:
            skipped[_id(root, entry)] = "neither a file nor a folder"
    return usable


def _class_files(root, folder, skipped, lost):
    """Returns the files of a class folder; the folders inside it are set aside."""
    entries = _entries(root, folder, skipped)
    _set_aside(root, [entry for entry in entries if entry.is_dir()], INSIDE, skipped, lost)
    return [entry for entry in entries if entry.is_file()]


def _set_aside(root, entries, where, skipped, lost):
    """Writes down files and folders that are not used: as lost, with the number of their pictures, or as skipped."""
    for entry in entries:
        if entry.is_dir() and entry.is_symlink():
            skipped[_id(root, entry)] = "a link to a folder"
            continue
        number = sum(1 for _ in walk_pictures(entry)) if entry.is_dir() else int(is_picture(entry))
        if number:
            lost[_id(root, entry)] = (where, number)
        else:
            skipped[_id(root, entry)] = where


def _named(root, files):
    """Returns `(part, class name, path)` rows as `(id, part, class name, path)`, sorted by id."""
    ids = distinct_names([file.relative_to(root).as_posix() for _, _, file in files])
    return sorted((i, *file) for i, file in zip(ids, files, strict=True))


def _respelled(root, folders, files):
    """Returns `{name: number}` of the plain names that several folders or files bear."""
    paths = [*folders, *(file for _, _, file in files)]
    # Folders of one name make the names of their files alike only where these are alike, too.
    counts = collections.Counter(_id(root, path) for path in paths)
    return {name: number for name, number in counts.items() if number > 1}


def _id(root, entry):
    return plain_name(entry.relative_to(root).as_posix())
