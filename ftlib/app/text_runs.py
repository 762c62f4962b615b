"""The texts of a run: found again by their checksums, and made a task with the vocabulary that the run keeps."""

from __future__ import annotations

import pathlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ftlib.app.other_data import leave_out_seen
from ftlib.app.own_data import VOCABULARY_FILE
from ftlib.text import format_command

if TYPE_CHECKING:
    from ftlib.app.run_folder import RunFolder
    from ftlib.models.tokenizer import HubTokenizer, Tokenizer
    from ftlib.tasks.split import Split
    from ftlib.tasks.task import Task


def save_tokenizer(folder: RunFolder, tokenizer: Tokenizer | HubTokenizer) -> None:
    """Writes the vocabulary of a run into its folder; that of KerasHub is only named there."""
    from ftlib.models.tokenizer import Tokenizer

    folder.config.data.tokenizer = tokenizer.name
    if isinstance(tokenizer, Tokenizer):
        tokenizer.save(folder.path / VOCABULARY_FILE)


def load_run_tokenizer(folder: RunFolder) -> Tokenizer | HubTokenizer:
    """Returns the tokenizer that a run was trained with.

    Raises:
        FileNotFoundError: If the run has lost its vocabulary.
    """
    from ftlib.models.available_files import HUB_PREFIX
    from ftlib.models.tokenizer import Tokenizer
    from ftlib.models.vocabularies import load_tokenizer

    name = folder.config.data.tokenizer
    if name.casefold().startswith(HUB_PREFIX):
        return load_tokenizer(name)
    tokenizer = Tokenizer.load(folder.path / VOCABULARY_FILE)
    tokenizer.name = name
    return tokenizer


def make_text_task(folder: RunFolder, length: int) -> Task:
    """Returns the `Task` of a run on texts, each text in the split where it was.

    Raises:
        FileNotFoundError: If the file or folder is not where it was.
        ValueError: If texts are missing in it, or have changed.
    """
    from ftlib.tasks.parts import PARTS
    from ftlib.tasks.text_files.listing import TextRow
    from ftlib.tasks.text_files.load import make_corpus
    from ftlib.tasks.texts import text_task

    rows = folder.rows()
    text_of_checksum = _read_texts(folder)
    missing = [row for row in rows if row.sha256 not in text_of_checksum]
    if missing:
        raise ValueError(
            f"{len(missing)} of the {len(rows)} texts of {folder.path} are not in {folder.data_path()} any more, or "
            f"have changed, such as {missing[0].path}. Put them back, or begin a new run."
        )
    part_rows: dict[str, list[TextRow]] = {part: [] for part in PARTS}
    for row in rows:
        text = text_of_checksum[row.sha256]
        part_rows[row.split].append(TextRow(row.path, row.split, row.label, text, row.group, row.sha256))
    data = folder.config.data
    corpus = make_corpus(data.name, data.source, part_rows, folder.class_names, folder.config.notes)
    return text_task(corpus, None, 0, length, load_run_tokenizer(folder))


def _read_texts(folder: RunFolder) -> dict[str, str]:
    """Returns `{checksum: text}` of what lies where the texts of a run were."""
    from ftlib.tasks.text_files.listing import list_texts

    path = folder.data_path()
    if not path.exists():
        command = ("evaluate", folder.path, "--data") if folder.is_trained else ("fit", "--resume", folder.path)
        raise FileNotFoundError(
            f"The texts of {folder.path} are not in {path}. Put them back; or, if they have moved: "
            f"{format_command(*command, 'FILE')}"
        )
    listing = list_texts(path, training=False, label_columns=folder.config.data.label_columns)
    return {row.sha256: row.text for row in listing.rows}


def read_texts_to_predict(paths: Sequence[pathlib.Path]) -> list[str]:
    """Returns the texts of CSV files, and of the lines of text files, in the order of the paths.

    Raises:
        FileNotFoundError: For a path where nothing is.
        ValueError: For a folder, and a file without texts.
    """
    from ftlib.tasks.text_files.listing import read_unlabelled_texts

    return [text for path in paths for _, text in read_unlabelled_texts(path)]


def load_other_texts(folder: RunFolder, path: pathlib.Path, say, match_classes) -> Split:
    """Returns other texts with labels as a `Split`, without those that the run was trained or chosen on.

    Args:
        folder: The run.
        path: A CSV file or a folder.
        say: Takes a line of progress.
        match_classes: Returns which class of the run each of their classes is, `{class: class of the run}`.

    Raises:
        FileNotFoundError, ValueError: For texts that cannot be used.
    """
    import numpy as np

    from ftlib.tasks.split import Split
    from ftlib.tasks.text_files.check import check_texts

    tokenizer = load_run_tokenizer(folder)
    length = folder.image_shape[0]
    report = check_texts(path, training=False, tokenizer=tokenizer, length=length)
    matches = match_classes(report.class_names)
    unseen_rows = leave_out_seen(folder, report, report.files, say)
    labels = folder.target.encode([matches[row.class_name] for row in unseen_rows], folder.class_names)
    groups = np.array([row.group for row in unseen_rows]) if report.groups else None
    ids = tokenizer.encode([row.text for row in unseen_rows], length)
    return Split(ids, labels, np.array([row.id for row in unseen_rows]), groups)
