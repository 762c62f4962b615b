"""Public sets of texts that are downloaded once and kept: film reviews in Korean (NSMC) and in English (SST-2)."""

from __future__ import annotations

import dataclasses
import os
import pathlib
import zipfile
from collections.abc import Callable, Sequence
from typing import NamedTuple

import keras
import numpy as np

from ftlib.models.tokenizer import HubTokenizer, Tokenizer
from ftlib.tasks.online import fetch, keras_home
from ftlib.tasks.task import Task, draw_labels
from ftlib.tasks.text_files.listing import checksum_of_text, normalize_text
from ftlib.tasks.texts import Corpus, text_task

CLASS_NAMES = ("negative", "positive")  # of the labels 0 and 1
VALIDATION_COUNT = 1000
_VALIDATION_SEED = 20240503


class LabelledText(NamedTuple):
    """A text with its class index and its row in the file."""

    text: str
    label: int
    row: int


@dataclasses.dataclass(frozen=True)
class ReviewSet:
    """A public set of reviews, each negative or positive.

    Attributes:
        name: Its name as a task.
        addresses: Where its files are downloaded from: of training and test, or one archive of both.
        members: The files in the archive; empty where there is none.
        text_column: The column of the texts; that of the labels is called `label`.
        row_counts: How many rows the files for training and test have; others mean a broken download.
        test_count: How many of the test rows are used, the first ones.
        source, licence: As in a `Task`.
    """

    name: str
    addresses: tuple[str, ...]
    members: tuple[str, ...]
    text_column: str
    row_counts: tuple[int, int]
    test_count: int
    source: str
    licence: str


NSMC = ReviewSet(
    name="nsmc",
    addresses=(
        "https://raw.githubusercontent.com/e9t/nsmc/master/ratings_train.txt",
        "https://raw.githubusercontent.com/e9t/nsmc/master/ratings_test.txt",
    ),
    members=(),
    text_column="document",
    row_counts=(150_000, 50_000),
    test_count=2000,
    source="NSMC, Naver sentiment movie corpus (Park 2016).",
    licence="CC0 1.0",
)
SST2 = ReviewSet(
    name="sst2",
    addresses=("https://dl.fbaipublicfiles.com/glue/data/SST-2.zip",),
    members=("SST-2/train.tsv", "SST-2/dev.tsv"),
    text_column="sentence",
    row_counts=(67_349, 872),
    test_count=872,
    source="SST-2, phrases and sentences of film reviews (Socher et al. 2013), as in GLUE.",
    licence="No formal licence: its authors ask to be cited.",
)


def nsmc(
    labels_per_class: int | None = None,
    seed: int = 0,
    length: int | None = None,
    tokenizer: str | Tokenizer | HubTokenizer = "minibert",
) -> Task:
    """Returns the task "nsmc": Korean film reviews, negative or positive (about 20 MB to download).

    Validation is 1,000 of the given training texts, always the same ones; test is the first 2,000 of the given test
    texts, to keep evaluation short. The other training texts, less those that are in validation or test as well, are
    the pool that labels are drawn from.

    Args:
        labels_per_class: Training texts per class; None takes the whole pool.
        seed: Which training texts are drawn.
        length: Tokens of a text. Default None: as many as the tokenizer's network takes.
        tokenizer: A `Tokenizer`, or the name of one.

    Returns:
        A `Task` of kind `"text"`.

    Raises:
        ConnectionError: If the set is neither on this machine nor could be downloaded; it says what to do.

    Example:
    >>> ft.load_task("nsmc", labels_per_class=100)  # doctest: +SKIP
    <Task 'nsmc': 2 classes, 64 tokens, 200 train / 1000 validation / 2000 test>
    """
    return load_review_set(NSMC, labels_per_class, seed, length, tokenizer)


def sst2(
    labels_per_class: int | None = None,
    seed: int = 0,
    length: int | None = None,
    tokenizer: str | Tokenizer | HubTokenizer = "minibert",
) -> Task:
    """Returns the task "sst2": English film reviews, negative or positive (7 MB to download).

    Training texts are phrases and sentences, test is the 872 sentences that GLUE calls dev. The rest is as for `nsmc`.

    Example:
    >>> ft.load_task("sst2", labels_per_class=100)  # doctest: +SKIP
    <Task 'sst2': 2 classes, 64 tokens, 200 train / 1000 validation / 872 test>
    """
    return load_review_set(SST2, labels_per_class, seed, length, tokenizer)


ONLINE_TEXTS: dict[str, Callable[..., Task]] = {"nsmc": nsmc, "sst2": sst2}


def load_review_set(
    review_set: ReviewSet,
    labels_per_class: int | None = None,
    seed: int = 0,
    length: int | None = None,
    tokenizer: str | Tokenizer | HubTokenizer = "minibert",
) -> Task:
    """Returns the task of a set that is downloaded if it is not there yet; see `nsmc` for its splits."""
    place = f"datasets/{review_set.name}"
    file_names = [address.rpartition("/")[2] for address in review_set.addresses]

    def read_all() -> list[list[LabelledText]]:
        paths = [
            _download(address, name, place) for address, name in zip(review_set.addresses, file_names, strict=True)
        ]
        contents = _read_members(paths[0], review_set.members) if review_set.members else map(_read_file, paths)
        parts = [_parse_rows(content, review_set.text_column) for content in contents]
        for rows, count in zip(parts, review_set.row_counts, strict=True):
            if len(rows) != count:
                raise OSError(f"{' and '.join(file_names)} in {place} have {len(rows):,} rows in place of {count:,}")
        return parts

    first_address = review_set.addresses[0]
    train_rows, test_rows = fetch(review_set.name, read_all, first_address, place, file_names)
    corpus = _make_corpus(review_set, train_rows, test_rows)
    return text_task(corpus, labels_per_class, seed, length, tokenizer)


def load_review_files(
    review_set: ReviewSet,
    train_path: str | os.PathLike,
    test_path: str | os.PathLike,
    labels_per_class: int | None = None,
    seed: int = 0,
    length: int | None = None,
    tokenizer: str | Tokenizer | HubTokenizer = "minibert",
) -> Task:
    """Returns a task from files like those of a public set, of any number of rows: a part of it, or one's own.

    Args:
        review_set: `NSMC` or `SST2`, for the name, the column and the terms.
        train_path, test_path: Files with a header line, whose columns are parted by tabs and not quoted.
        labels_per_class, seed, length, tokenizer: As for `nsmc`.

    Raises:
        ValueError: For files without the columns, or labels other than 0 and 1.
        FileNotFoundError: For files that are not there.

    Example:
    >>> task = load_review_files(NSMC, "train_30k.tsv", "test_5k.tsv", labels_per_class=100)  # doctest: +SKIP
    """
    train_rows, test_rows = (
        _parse_rows(_read_file(pathlib.Path(path)), review_set.text_column) for path in (train_path, test_path)
    )
    return text_task(_make_corpus(review_set, train_rows, test_rows), labels_per_class, seed, length, tokenizer)


def _download(address: str, name: str, place: str) -> pathlib.Path:
    path = keras_home() / place / name
    if path.is_file():
        return path
    return pathlib.Path(keras.utils.get_file(name, origin=address, cache_dir=str(keras_home()), cache_subdir=place))


def _read_file(path: pathlib.Path) -> str:
    return path.read_text(encoding="utf-8")


def _read_members(archive_path: pathlib.Path, members: Sequence[str]) -> list[str]:
    with zipfile.ZipFile(archive_path) as archive:
        return [archive.read(member).decode("utf-8") for member in members]


def _parse_rows(content: str, text_column: str) -> list[LabelledText]:
    """Returns the rows of a file whose columns are parted by tabs; quotes in it are letters."""
    header, *lines = [line.rstrip("\r") for line in content.rstrip("\n").split("\n")]
    titles = header.split("\t")
    if text_column not in titles or "label" not in titles:
        raise ValueError(f"Expected the columns {text_column} and label. Received: {header[:200]!r}.")
    text_index, label_index = titles.index(text_column), titles.index("label")
    rows = []
    for row, line in enumerate(lines):
        cells = line.split("\t")
        if len(cells) != len(titles) or cells[label_index] not in ("0", "1"):
            raise ValueError(
                f"Expected {len(titles)} cells, one of them a label 0 or 1, in line {row + 2}. Received: {line[:80]!r}."
            )
        rows.append(LabelledText(normalize_text(cells[text_index]), int(cells[label_index]), row))
    return rows


def _make_corpus(review_set: ReviewSet, train_rows: list[LabelledText], test_rows: list[LabelledText]) -> Corpus:
    """Returns reviews in three parts; no text is in two of them, twice in one, or there with both labels.

    Of a text in several parts the copy in the latest one is kept, so that the test set stays what it was.
    """
    pool_labels = np.array([row.label for row in train_rows])
    per_class = VALIDATION_COUNT // len(CLASS_NAMES)
    in_validation = set(draw_labels(pool_labels, per_class, _VALIDATION_SEED).tolist())
    given = {
        "test": test_rows[: review_set.test_count],
        "validation": [row for row in train_rows if row.row in in_validation],
        "train": [row for row in train_rows if row.row not in in_validation],
    }
    seen: set[str] = set()
    parts = {}
    for part, rows in given.items():
        parts[part], checksums = _without_copies(rows, seen)
        seen |= checksums
    prefix_of_part = {"test": "test", "validation": "train", "train": "train"}
    return Corpus(
        review_set.name,
        review_set.source,
        review_set.licence,
        texts={part: [row.text for row in rows] for part, rows in parts.items()},
        labels={part: [row.label for row in rows] for part, rows in parts.items()},
        class_names=CLASS_NAMES,
        ids={part: [f"{prefix_of_part[part]}/{row.row:06d}" for row in rows] for part, rows in parts.items()},
    )


def _without_copies(rows: Sequence[LabelledText], seen: set[str]) -> tuple[list[LabelledText], set[str]]:
    """Returns the rows with a text that is not among those seen, each text once, and the checksums of all texts."""
    labels_of_text: dict[str, set[int]] = {}
    checksums = [checksum_of_text(row.text) for row in rows]
    for row, checksum in zip(rows, checksums, strict=True):
        labels_of_text.setdefault(checksum, set()).add(row.label)
    kept, kept_checksums = [], set()
    for row, checksum in zip(rows, checksums, strict=True):
        is_new = checksum not in seen and checksum not in kept_checksums
        if row.text and is_new and len(labels_of_text[checksum]) == 1:
            kept.append(row)
            kept_checksums.add(checksum)
    return kept, set(checksums)
