"""The data of a run: whether pictures, pictures with boxes or texts, what their check says, and how they are read."""

from __future__ import annotations

import dataclasses
import os
import pathlib
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ftlib.app.plan import Options
    from ftlib.app.run_config import RunConfig
    from ftlib.models.tokenizer import HubTokenizer, Tokenizer
    from ftlib.tasks.folder.inspection import DataFindings

DEFAULT_TEXT_BACKBONE = "minibert"
VOCABULARY_FILE = "vocabulary.txt"
_FOR_PICTURES = ("image_size", "mirror")  # options
_FOR_BOXES = ("box_format", "group_pattern")


class OwnData(NamedTuple):
    """What the check of some data found, and the tokenizer of texts; None for pictures."""

    findings: DataFindings
    tokenizer: Tokenizer | HubTokenizer | None


def inspect_own_data(path: str | os.PathLike, options: Options) -> OwnData:
    """Checks pictures, pictures with boxes, or texts, whichever lie at a path.

    Args:
        path: A folder or a CSV file.
        options: The `Options` of the command.

    Raises:
        FileNotFoundError, NotADirectoryError, ValueError: For data, or options, that cannot be used.
    """
    from ftlib.files import find_path
    from ftlib.tasks.folder.inspection import inspect_data
    from ftlib.tasks.kind_of_data import kind_of_data
    from ftlib.tasks.text_files.inspection import inspect_texts

    data_path = find_path(path)
    label_columns = options.label_columns or ()
    kind = kind_of_data(data_path, options.target)
    if kind != "texts" and options.tokenizer is not None:
        raise ValueError(f"--tokenizer is for texts, and {data_path} holds pictures or has no column text.")
    if kind != "boxes":
        for name in _FOR_BOXES:
            if getattr(options, name) is not None:
                raise ValueError(f"--{name.replace('_', '-')} is for pictures with boxes, and {data_path} has none.")
    if kind == "pictures":
        return OwnData(inspect_data(data_path, options.find_near_copies, options.target, label_columns), None)
    if kind == "boxes":
        return OwnData(_inspect_boxes(data_path, options), None)

    _refuse_options_of_pictures(options)
    tokenizer = choose_tokenizer(options)
    if tokenizer.length is None:
        tokenizer.length = _length_of_file(options.backbone)
    return OwnData(inspect_texts(data_path, label_columns, tokenizer), tokenizer)


def _inspect_boxes(data_path: pathlib.Path, options: Options) -> DataFindings:
    from ftlib.tasks.box_files.check import DEFAULT_SIZE
    from ftlib.tasks.box_files.inspection import inspect_boxes
    from ftlib.tasks.folder.targets import make_target

    make_target("boxes", options.label_columns or ())  # raises for columns
    return inspect_boxes(
        data_path,
        options.find_near_copies,
        options.box_format,
        options.image_size or DEFAULT_SIZE,
        options.group_pattern,
    )


def _length_of_file(backbone: str | None) -> int | None:
    """Returns the tokens that a backbone in a file takes; None for any other, and where it takes any number."""
    from ftlib.models.backbones import load_backbone

    if backbone is None or not pathlib.Path(backbone).is_file():
        return None
    shape = load_backbone(backbone, None).input_shape
    return shape[1] if len(shape) == 2 else None


def _refuse_options_of_pictures(options: Options) -> None:
    if options.target not in (None, "class"):
        raise ValueError(f"A text has one class. Received: --target {options.target}, which is for pictures.")
    for name in _FOR_PICTURES:
        if getattr(options, name) is not None:
            raise ValueError(f"--{name.replace('_', '-')} is for pictures, and these are texts. Leave it out.")


def choose_tokenizer(options: Options) -> Tokenizer | HubTokenizer:
    """Returns the tokenizer that was asked for, or that of the backbone.

    Raises:
        ValueError: For a backbone in a file without a vocabulary beside it.
    """
    from ftlib.models.language_models import HUB_PREFIX, TOKEN_BACKBONES, load_tokenizer

    backbone = str(options.backbone or DEFAULT_TEXT_BACKBONE)
    if options.tokenizer is not None:
        return load_tokenizer(options.tokenizer)
    if backbone in TOKEN_BACKBONES or backbone.casefold().startswith(HUB_PREFIX):
        return load_tokenizer(backbone)
    vocabulary_path = pathlib.Path(backbone).with_name(VOCABULARY_FILE)
    if not vocabulary_path.is_file():
        raise ValueError(
            f"The backbone {backbone} needs its vocabulary for texts: --tokenizer VOCABULARY.txt, or {VOCABULARY_FILE} "
            f"beside it. Backbones for texts that come with one: {', '.join(TOKEN_BACKBONES)}, hub:PRESET."
        )
    return load_tokenizer(str(vocabulary_path))


def with_recorded_vocabulary(options: Options, config: RunConfig, config_path: str | os.PathLike) -> Options:
    """Returns options with the vocabulary of the run that is repeated, where it is not that of the backbone.

    Args:
        options: The `Options`, filled from the configuration.
        config: The configuration.
        config_path: Where it lies; the vocabulary lies beside it.
    """
    from ftlib.models.language_models import HUB_PREFIX, TOKEN_BACKBONES

    name = config.data.tokenizer
    if options.tokenizer is not None or not name or name in TOKEN_BACKBONES:
        return options
    is_of_hub = name.casefold().startswith(HUB_PREFIX)
    tokenizer = name if is_of_hub else str(pathlib.Path(config_path).with_name(VOCABULARY_FILE))
    return dataclasses.replace(options, tokenizer=tokenizer)
