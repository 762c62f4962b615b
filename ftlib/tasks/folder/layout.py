"""How a folder of class folders is arranged: which file belongs to which class and part."""

import collections
import pathlib
from collections.abc import Callable, Iterable

from ftlib.files import PICTURE, FileKind, distinct_names, is_output, normalize_name, visible_entries, walk_files
from ftlib.tasks.folder.picture_file import UNDIVIDED, Listing, LostPictures, PictureFile, Skipped, SkippedKind
from ftlib.text import format_list

PART_OF_FOLDER = {
    "train": "train", "training": "train", "val": "validation", "valid": "validation", "validation": "validation",
    "test": "test", "testing": "test",
}  # fmt: skip
INSIDE, OUTSIDE = "in a folder inside a class folder", "outside of class folders"


def list_folder(path: pathlib.Path, training: bool = True, kind: FileKind = PICTURE) -> Listing:
    """Lists a folder of class folders, without opening any file whose name says that it is a picture, or a sound.

    Args:
        path: The folder.
        training: Whether a model is to be trained on the pictures, which takes two classes, none of them empty, and a
            part to train on. False: whatever classes and parts there are.
        kind: What lies in the folder. Default: pictures.

    Returns:
        A `Listing`.

    Raises:
        FileNotFoundError, NotADirectoryError: If `path` is not a folder.
        ValueError: If it is not arranged by class.
    """
    if not path.exists():
        raise FileNotFoundError(f"There is no folder {str(path)!r}. Check the spelling, and that the disk is mounted.")
    if not path.is_dir():
        raise NotADirectoryError(f"A folder or a CSV file of {kind.noun}s is needed. Received: the file {str(path)!r}.")
    lister = _FolderLister(path, kind)
    lister.list_parts(training)
    if training:
        lister.require_trained_classes()
        class_names = lister.trained_classes
    else:
        class_names = set().union(*lister.classes_by_part.values())
    return Listing(
        files=lister.picture_files(),
        class_names=tuple(sorted(class_names)),
        skipped=lister.skipped,
        lost=lister.lost,
        respelled=lister.count_respelled(),
    )


class _FolderLister:
    """Goes through a folder of class folders and collects what lies there.

    Args:
        root: The folder.
        kind: What lies in it.

    Attributes:
        skipped, lost: As in a `Listing`.
        part_folders: `{part: folder}`; empty where class folders lie in the root itself.
        classes_by_part: `{part: set of class names}` of the classes with pictures.
        class_folders: Every class folder.
        files: `(part, class name, path)` of each picture.
    """

    def __init__(self, root: pathlib.Path, kind: FileKind):
        self.root = root
        self.kind = kind
        self.skipped: dict[str, Skipped] = {}
        self.lost: dict[str, LostPictures] = {}
        self.part_folders: dict[str, pathlib.Path] = {}
        self.classes_by_part: dict[str, set[str]] = {}
        self.class_folders: list[pathlib.Path] = []
        self.files: list[tuple[str, str, pathlib.Path]] = []

    @property
    def nouns(self) -> str:
        """What messages call what lies in the folder."""
        return f"{self.kind.noun}s"

    @property
    def advice(self) -> str:
        """A sentence on how such a folder is arranged."""
        return _arrange(self.kind)

    @property
    def trained_classes(self) -> set[str]:
        return self.classes_by_part.get("train") or self.classes_by_part.get(UNDIVIDED) or set()

    def list_parts(self, training: bool) -> None:
        """Lists the part folders, or the class folders where there are no parts."""
        top_entries = self._usable_entries(self.root)
        self.part_folders = find_part_folders(self.root, top_entries, self.kind)
        if training and self.part_folders and "train" not in self.part_folders:
            folder_names = ", ".join(folder.name for folder in self.part_folders.values())
            raise ValueError(f"{str(self.root)!r} has {folder_names} but no train folder. {self.advice}")

        if not self.part_folders:
            self._set_aside([entry for entry in top_entries if entry.is_file()], OUTSIDE)
            self._list_part(UNDIVIDED, self.root, top_entries, training)
            return
        part_folders = set(self.part_folders.values())
        self._set_aside([entry for entry in top_entries if entry.is_file() or entry not in part_folders], OUTSIDE)
        for part, folder in self.part_folders.items():
            entries = self._usable_entries(folder)
            self._set_aside([entry for entry in entries if entry.is_file()], OUTSIDE)
            self._list_part(part, folder, entries, training)

    def _list_part(self, part: str, folder: pathlib.Path, entries: list[pathlib.Path], training: bool) -> None:
        """Lists the class folders of one part."""
        files_by_class: dict[str, list[pathlib.Path]] = {}
        for entry in entries:
            if entry.is_dir():
                files_by_class.setdefault(normalize_name(entry.name), []).extend(self._list_class_folder(entry))
                self.class_folders.append(entry)
        empty_classes = [
            class_name for class_name, files in files_by_class.items() if not any(map(self.kind.includes, files))
        ]
        class_names = set(files_by_class) - set(empty_classes)
        self.classes_by_part[part] = class_names
        if not training:
            self.skipped.update((class_name, Skipped("other", "an empty folder")) for class_name in empty_classes)
            _require_pictures(folder, class_names, entries, self.kind)
        elif part in (UNDIVIDED, "train"):
            self._require_readable(folder, empty_classes)
            self._require_classes(folder, files_by_class, empty_classes, entries)
        for class_name in class_names:
            self.files += [(part, class_name, file) for file in files_by_class[class_name]]

    def _list_class_folder(self, folder: pathlib.Path) -> list[pathlib.Path]:
        """Returns the files of a class folder; the folders inside it are set aside."""
        entries = self._usable_entries(folder)
        self._set_aside([entry for entry in entries if entry.is_dir()], INSIDE)
        return [entry for entry in entries if entry.is_file()]

    def _usable_entries(self, folder: pathlib.Path) -> list[pathlib.Path]:
        """Returns the visible files and folders of a folder; links out of it and ftlib's own output are skipped."""
        usable_entries = []
        try:
            entries = visible_entries(folder)
        except OSError as error:
            if folder == self.root:
                raise
            self._skip(folder, "unreadable folder", f"a folder that cannot be read ({error.strerror})")
            return usable_entries
        for entry in entries:
            if entry.is_symlink() and not entry.exists():
                self._skip(entry, "link", "a link to nothing")
            elif entry.is_symlink() and not entry.resolve().is_relative_to(self.root.resolve()):
                self._skip(entry, "outward link", "a link that leads out of the folder")
            elif entry.is_dir() and is_output(entry):
                self._skip(entry, "other", "written by ftlib")
            elif entry.is_dir() or entry.is_file():
                usable_entries.append(entry)
            else:
                self._skip(entry, "other", "neither a file nor a folder")
        return usable_entries

    def _set_aside(self, entries: Iterable[pathlib.Path], place: str) -> None:
        """Records files and folders that are not used: as lost, with the number of their pictures, or as skipped."""
        for entry in entries:
            if entry.is_dir() and entry.is_symlink():
                self._skip(entry, "link", "a link to a folder")
                continue
            picture_count = self._count(entry)
            if picture_count:
                self.lost[self._id(entry)] = LostPictures(place, picture_count)
            else:
                self._skip(entry, "other", place)

    def _count(self, entry: pathlib.Path) -> int:
        """Returns how many pictures, or sounds, a folder holds at any depth; of a file, whether it is one."""
        if not entry.is_dir():
            return int(self.kind.includes(entry))
        return sum(1 for _ in walk_files(entry, self.kind))

    def _skip(self, entry: pathlib.Path, kind: SkippedKind, reason: str) -> None:
        self.skipped[self._id(entry)] = Skipped(kind, reason)

    def _require_readable(self, folder: pathlib.Path, empty_classes: list[str]) -> None:
        """Raises if a class has no pictures because they are links that are not followed, or may not be read."""
        for class_name in empty_classes:
            skipped_entries = {
                entry_id: skipped
                for entry_id, skipped in self.skipped.items()
                if entry_id.split("/")[-2:-1] == [class_name] or entry_id.split("/")[-1] == class_name
            }
            outward_links = [
                entry_id for entry_id, skipped in skipped_entries.items() if skipped.kind == "outward link"
            ]
            if outward_links:
                raise ValueError(
                    f"The class {class_name!r} in {str(folder)!r} has {len(outward_links)} links that lead out of the "
                    f"folder, such as {outward_links[0]}, and no {self.nouns}. Such links are not followed: copy what "
                    "they lead to (cp -rL), or name a folder that holds both."
                )
            unreadable_folders = [
                f"{entry_id}: {skipped}"
                for entry_id, skipped in skipped_entries.items()
                if skipped.kind == "unreadable folder"
            ]
            if unreadable_folders:
                raise ValueError(
                    f"The class {class_name!r} in {str(folder)!r} has no {self.nouns} that can be read. "
                    f"{unreadable_folders[0]}."
                )

    def _require_classes(
        self,
        folder: pathlib.Path,
        files_by_class: dict[str, list[pathlib.Path]],
        empty_classes: list[str],
        entries: list[pathlib.Path],
    ) -> None:
        """Raises unless there are two class folders, each with pictures in it."""
        if not files_by_class:
            contents = "no class folders"
            if _has_files(entries, self.kind):
                contents = f"{self.nouns} but no class folders"
            raise ValueError(f"{str(folder)!r} holds {contents}. {self.advice}")
        nested_picture = self._find_nested_picture(empty_classes, entries)
        if nested_picture:
            hint = f" Did you mean {str(folder / empty_classes[0])!r}?" if len(files_by_class) == 1 else ""
            raise ValueError(
                f"{str(self.root)!r} has {self.nouns} too deep inside, such as {self._id(nested_picture)}.{hint} "
                f"{self.advice}"
            )
        if empty_classes:
            raise ValueError(
                f"Class folders without {self.nouns} in {str(folder)!r}: {', '.join(empty_classes)}. Fill or remove "
                "them."
            )
        if len(files_by_class) == 1:
            only_class = next(iter(files_by_class))
            raise ValueError(
                f"{str(folder)!r} has the single class {only_class!r}; telling apart needs two. {self.advice}"
            )

    def _find_nested_picture(self, empty_classes: list[str], entries: list[pathlib.Path]) -> pathlib.Path | None:
        """Returns the first picture in a folder inside an empty class folder, if there is any."""
        for class_name in empty_classes:
            for entry in entries:
                if normalize_name(entry.name) == class_name:
                    nested_picture = next(walk_files(entry, self.kind), None)
                    if nested_picture:
                        return nested_picture
        return None

    def require_trained_classes(self) -> None:
        """Raises a ValueError for classes of validation or test that training does not have."""

        def name_part(part: str) -> str:
            return f"{self.part_folders[part].name}/ of {str(self.root)!r}"

        require_trained(self.classes_by_part, self.trained_classes, name_part)

    def picture_files(self) -> list[PictureFile]:
        """Returns the pictures, sorted by id."""
        ids = distinct_names([path.relative_to(self.root).as_posix() for _, _, path in self.files])
        return sorted(PictureFile(file_id, *file) for file_id, file in zip(ids, self.files, strict=True))

    def count_respelled(self) -> dict[str, int]:
        """Returns `{name: number}` of the normalized names that several folders or files have."""
        paths = [*self.class_folders, *(path for _, _, path in self.files)]
        # Folders of one name give their files the same ids only where the names of these are the same, too.
        counts = collections.Counter(self._id(path) for path in paths)
        return {name: number for name, number in counts.items() if number > 1}

    def _id(self, entry: pathlib.Path) -> str:
        return normalize_name(entry.relative_to(self.root).as_posix())


def _arrange(kind: FileKind) -> str:
    """Returns a sentence on how a folder of pictures, or sounds, is arranged."""
    return (
        f"Arrange the {kind.noun}s as FOLDER/CLASS/{kind.usual_name}, or as FOLDER/train/CLASS/{kind.usual_name} "
        "(and the same for validation and test)."
    )


def find_part_folders(
    root: pathlib.Path, entries: Iterable[pathlib.Path], kind: FileKind = PICTURE
) -> dict[str, pathlib.Path]:
    """Returns `{part: folder}` of the folders that are parts and not classes.

    A class may be called "train": a folder that holds more pictures itself than in the folders inside it is a class.

    Args:
        root: The folder in which they lie, for messages.
        entries: Its files and folders.
        kind: What lies in them. Default: pictures.

    Raises:
        ValueError: If two folders are the same part.
    """
    part_folders = {}
    for entry in entries:
        part = PART_OF_FOLDER.get(entry.name.lower())
        if part is None or not entry.is_dir() or not _holds_class_folders(entry, kind):
            continue
        if part in part_folders:
            first_name = part_folders[part].name
            raise ValueError(f"{str(root)!r} has two {part} folders: {first_name} and {entry.name}. Merge them.")
        part_folders[part] = entry
    return part_folders


def _holds_class_folders(folder: pathlib.Path, kind: FileKind) -> bool:
    """Returns whether more pictures lie in the folders inside a folder than in it; also for an empty folder inside."""
    try:
        entries = visible_entries(folder)
    except OSError:  # reported where the classes are listed
        return False
    own_pictures = sum(entry.is_file() and kind.includes(entry) for entry in entries)
    inner_folders = [entry for entry in entries if entry.is_dir() and not is_output(entry)]
    inner_pictures = sum(
        1 for inner_folder in inner_folders for file in walk_files(inner_folder, kind) if file.parent == inner_folder
    )
    if own_pictures == 0 and inner_folders:
        return True
    return inner_pictures > own_pictures


def _require_pictures(folder: pathlib.Path, class_names: set[str], entries: list[pathlib.Path], kind: FileKind) -> None:
    """Raises unless there is a class folder with pictures, or sounds, in it."""
    if class_names:
        return
    contents = "no class folders"
    if _has_files(entries, kind):
        contents = f"{kind.noun}s but no class folders, so that nothing says what they show"
    raise ValueError(f"{str(folder)!r} holds {contents}. {_arrange(kind)}")


def _has_files(entries: Iterable[pathlib.Path], kind: FileKind) -> bool:
    return any(entry.is_file() and kind.includes(entry) for entry in entries)


def require_trained(
    classes_by_part: dict[str, set[str]], trained_classes: set[str], name_part: Callable[[str], str]
) -> None:
    """Raises a ValueError for classes of validation or test that training does not have.

    Args:
        classes_by_part: `{part: set of classes}`.
        trained_classes: The classes of training.
        name_part: Returns what an error calls a part, such as `"test/ of 'flowers'"`.
    """
    for part, class_names in classes_by_part.items():
        untrained = sorted(class_names - trained_classes)
        if untrained:
            raise ValueError(
                f"{name_part(part)} has classes that training does not have: {format_list(untrained, most=10)}. "
                f"Training has: {', '.join(sorted(trained_classes)[:20])}."
            )
