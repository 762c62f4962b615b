"""A task from texts of one's own."""

import os
from collections.abc import Mapping, Sequence

from ftlib.models.tokenizer import TextTokenizer
from ftlib.tasks.folder.inspection import divide
from ftlib.tasks.folder.load import describe_source, name_of_data
from ftlib.tasks.folder.splitting import describe_gaps
from ftlib.tasks.folder.targets import ClassTarget
from ftlib.tasks.parts import PARTS
from ftlib.tasks.task import Task
from ftlib.tasks.text_files.check import check_texts
from ftlib.tasks.text_files.listing import TextRow
from ftlib.tasks.texts import Corpus, text_task

LICENCE = "Not known to ftlib: whoever collected the texts can say."


def load_texts(
    path: str | os.PathLike,
    labels_per_class: int | None = None,
    seed: int = 0,
    tokenizer: str | TextTokenizer = "minibert",
    length: int | None = None,
    label_columns: Sequence[str] = (),
) -> Task:
    """Returns a task from a CSV file of texts, or from a folder of class folders of .txt files.

    The splits are those of the column `split`, or of folders called train, validation and test. What is missing of them
    is drawn: 20 % of every class for test and for validation, by a hash of the ids, the same on every machine and for
    every `seed`; texts of one group stay together. No text is in two splits, nor twice in one, and a text under two
    labels is left out: `task.notes` names them.

    Args:
        path: The file or folder; see `check_texts` for its columns.
        labels_per_class: Training texts per class; None takes all. Validation and test never change.
        seed: Which training texts are drawn.
        tokenizer: What makes ids of texts, or its name for `load_tokenizer`.
        length: Tokens of a text, cut at its end. Default None: as many as the tokenizer's network takes, else 128.
        label_columns: The column of labels, if it is not called label.

    Returns:
        A `Task` of kind `"text"` with the objective `Classification`, which holds its tokenizer and its texts.

    Raises:
        FileNotFoundError: If there is nothing at `path`.
        ValueError: As `check_texts`, and for a class with too few texts.

    Example:
    >>> task = load_texts("reviews.csv", labels_per_class=20)  # doctest: +SKIP
    >>> task.tokenizer.decode(task.train.inputs[0])  # doctest: +SKIP
    'a film to watch twice'
    """
    report = check_texts(path, label_columns=label_columns, tokenizer=tokenizer, length=length)
    part_rows, drawn_parts = divide(report, report.files)
    gaps = describe_gaps(part_rows, report.class_names, noun=report.noun)
    corpus = make_corpus(
        name_of_data(report),
        describe_source(report, drawn_parts),
        part_rows,
        report.class_names,
        [*report.lines(), *gaps],
    )
    return text_task(corpus, labels_per_class, seed, length, tokenizer)


def make_corpus(
    name: str,
    source: str,
    part_rows: Mapping[str, Sequence[TextRow]],
    class_names: Sequence[str],
    notes: Sequence[str] = (),
) -> Corpus:
    """Returns texts that are divided into parts as a `Corpus` for `text_task`."""
    labels = {part: ClassTarget().encode([row.class_name for row in part_rows[part]], class_names) for part in PARTS}
    has_groups = any(row.group for rows in part_rows.values() for row in rows)
    return Corpus(
        name,
        source,
        LICENCE,
        texts={part: [row.text for row in part_rows[part]] for part in PARTS},
        labels={part: part_labels.tolist() for part, part_labels in labels.items()},
        class_names=class_names,
        ids={part: [row.id for row in part_rows[part]] for part in PARTS},
        groups={part: [row.group for row in part_rows[part]] for part in PARTS} if has_groups else {},
        notes=notes,
    )
