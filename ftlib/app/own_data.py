"""The data of a run: pictures with classes or boxes, texts or sounds; what their check says, and how they are read."""

from __future__ import annotations

import dataclasses
import os
import pathlib
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ftlib.app.options import Options
    from ftlib.app.run_config import RunConfig
    from ftlib.models.tokenizer import HubTokenizer, Tokenizer
    from ftlib.tasks.folder.inspection import DataFindings

DEFAULT_BOX_BACKBONE = "minidetector"
DEFAULT_TEXT_BACKBONE = "minibert"
DEFAULT_SOUND_BACKBONE = "minispeech"
VOCABULARY_FILE = "vocabulary.txt"
# Options that make sense for one kind of data alone, and what messages call that kind.
_OPTIONS_OF_KIND = {
    "pictures": ("image_size", "mirror"),
    "boxes": ("image_size", "mirror", "box_format", "group_pattern"),
    "texts": ("tokenizer",),
    "sounds": ("seconds", "sample_rate", "by_speaker"),
}
_NAME_OF_KIND = {"boxes": "pictures with boxes"}


class OwnData(NamedTuple):
    """What the check of some data found, and the tokenizer of texts; None for pictures and sounds."""

    findings: DataFindings
    tokenizer: Tokenizer | HubTokenizer | None


def inspect_own_data(path: str | os.PathLike, options: Options) -> OwnData:
    """Checks pictures, pictures with boxes, texts or sounds, whichever lie at a path.

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
    _refuse_options_of_others(options, kind, data_path)
    if kind == "pictures":
        return OwnData(inspect_data(data_path, options.find_near_copies, options.target, label_columns), None)
    if kind == "boxes":
        return OwnData(_inspect_boxes(data_path, options), None)
    if kind == "sounds":
        return OwnData(_inspect_own_sounds(data_path, options), None)
    tokenizer = choose_tokenizer(options)
    if tokenizer.length is None:
        tokenizer.length = _length_of_backbone(options.backbone)
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


def _inspect_own_sounds(path: pathlib.Path, options: Options) -> DataFindings:
    """Checks sounds at the length that the backbone takes, or that was asked for."""
    from ftlib.tasks.sound_files.check import DEFAULT_RATE, DEFAULT_SECONDS, require_rate
    from ftlib.tasks.sound_files.inspection import inspect_sounds

    rate = options.sample_rate or DEFAULT_RATE
    seconds = options.seconds
    if seconds is None:
        length = _length_of_backbone(options.backbone or DEFAULT_SOUND_BACKBONE)
        seconds = DEFAULT_SECONDS if length is None else length / require_rate(rate)
    return inspect_sounds(path, options.label_columns or (), seconds, rate, options.by_speaker)


def _length_of_backbone(backbone: str | None) -> int | None:
    """Returns the tokens, or samples, that a backbone in a file takes, or one for sounds that ships with ftlib.

    None for any other, and for one that takes any number.
    """
    from ftlib.models.sound_input import SAMPLES, SOUND_BACKBONES

    if backbone in SOUND_BACKBONES:
        return SAMPLES
    if backbone is None or not pathlib.Path(backbone).is_file():
        return None

    from ftlib.models.backbones import load_backbone

    shape = load_backbone(backbone, None).input_shape
    return shape[1] if len(shape) == 2 else None


def _refuse_options_of_others(options: Options, kind: str, path: pathlib.Path) -> None:
    """Raises a ValueError for options that make no sense for a kind of data."""
    is_of_pictures = kind in ("pictures", "boxes")
    if not is_of_pictures and options.target not in (None, "class"):
        noun = kind.removesuffix("s")
        raise ValueError(f"A {noun} has one class. Received: --target {options.target}, which is for pictures.")
    for other_kind, names in _OPTIONS_OF_KIND.items():
        for name in names:
            is_given = getattr(options, name) not in (None, False) or (name == "mirror" and options.mirror is False)
            if is_given and name not in _OPTIONS_OF_KIND[kind]:
                others, present = (_NAME_OF_KIND.get(some, some) for some in (other_kind, kind))
                option = f"--{name.replace('_', '-')}"
                raise ValueError(f"{option} is for {others}, and {path} holds {present}. Leave it out.")


def choose_tokenizer(options: Options) -> Tokenizer | HubTokenizer:
    """Returns the tokenizer that was asked for, or that of the backbone.

    Raises:
        ValueError: For a backbone in a file without a vocabulary beside it.
    """
    from ftlib.models.available_files import HUB_PREFIX
    from ftlib.models.vocabularies import TOKEN_BACKBONES, load_tokenizer

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
    from ftlib.models.available_files import HUB_PREFIX
    from ftlib.models.vocabularies import TOKEN_BACKBONES

    name = config.data.tokenizer
    if options.tokenizer is not None or not name or name in TOKEN_BACKBONES:
        return options
    is_of_hub = name.casefold().startswith(HUB_PREFIX)
    tokenizer = name if is_of_hub else str(pathlib.Path(config_path).with_name(VOCABULARY_FILE))
    return dataclasses.replace(options, tokenizer=tokenizer)
