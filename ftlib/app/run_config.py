"""What `config.json` in the folder of a run holds: everything that repeats the run."""

from __future__ import annotations

import dataclasses
import os
import pathlib
from collections.abc import Mapping
from typing import Any, Self

from ftlib.app.run_files import read_json

FORMAT = 1


class _Record:
    """A dataclass that is saved as a dict; what another version of ftlib adds to that dict is left out."""

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Returns the record that `dataclasses.asdict` made a dict of.

        Raises:
            KeyError, TypeError: For a dict that lacks something.
        """
        known_names = {field.name for field in dataclasses.fields(cls)}  # pyright: ignore[reportArgumentType]
        return cls(**{name: value for name, value in data.items() if name in known_names})


@dataclasses.dataclass
class DataConfig(_Record):
    """The pictures, texts or sounds of a run.

    Attributes:
        path: Absolute path of the folder, or of the CSV file.
        table: Whether it is a CSV file.
        name: Name of the folder or file, without its extension.
        source: A sentence on where the pictures come from.
        class_names: The classes, or the names of the numbers, in the order of the model's outputs.
        pictures: Number of pictures by split.
        target: What the labels say: `"class"`, `"multilabel"`, `"regression"` or `"boxes"`.
        label_columns: The columns that they are in, where they were named.
        box_format: In which format boxes were read; empty where there are none.
        group_pattern: What found the groups of pictures with boxes, if anything.
        kind: `"image"`, `"text"` or `"audio"`.
        tokenizer: Name of the vocabulary, for texts.
        sample_rate: Samples per second, for sounds.
        by_speaker: Whether the names of sounds say who speaks.
    """

    path: str
    table: bool
    name: str = ""
    source: str = ""
    class_names: list[str] = dataclasses.field(default_factory=list)
    pictures: dict[str, int] = dataclasses.field(default_factory=dict)
    target: str = "class"
    label_columns: list[str] = dataclasses.field(default_factory=list)
    box_format: str = ""
    group_pattern: str | None = None
    kind: str = "image"
    tokenizer: str = ""
    sample_rate: int = 0
    by_speaker: bool = False


@dataclasses.dataclass
class ModelConfig(_Record):
    """The model of a run.

    Attributes:
        backbone: Name or file of the backbone.
        image_size: Side of the images that was asked for or chosen; None for the backbone's own.
        image_shape: `[height, width, channels]` of the images that the model takes; of texts `[tokens]`, of sounds
            `[samples]`.
    """

    backbone: str
    image_size: int | None
    image_shape: list[int]


@dataclasses.dataclass
class TrainingConfig(_Record):
    """How a run trains.

    Attributes:
        mirror: Whether a mirrored picture keeps its label.
        strategy: The `Strategy`, as a dict.
        regularization: Name, as for `choices.regularization`.
        class_weight: `"balanced"` or None.
        updates, batch_size: As for `fit`.
        batch_pieces: Into how many pieces each batch is divided to fit into memory; saved as `parts`.
        devices, precision: As for `Hardware`.
        seed: As for `fit`.
        near: Whether near duplicates were looked for.
    """

    mirror: bool
    strategy: dict[str, Any]
    regularization: str
    class_weight: str | None
    updates: int
    batch_size: int
    batch_pieces: int
    devices: int | str
    precision: str | None
    seed: int
    near: bool

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        return super().from_dict({**data, "batch_pieces": data["parts"]})

    def to_dict(self) -> dict[str, Any]:
        """Returns the record as plain data, with the key `parts` that run folders have had from the first."""
        return {"parts" if name == "batch_pieces" else name: value for name, value in dataclasses.asdict(self).items()}


@dataclasses.dataclass
class RunConfig:
    """Everything that repeats a run.

    Attributes:
        data: The pictures.
        model: The model; None until it is chosen.
        training: How it trains; None until it is chosen.
        notes: Sentences that a reader of the results should know.
        why: Sentences on why backbone and strategy were chosen.
        created: When the run began, as ISO 8601 text.
        versions: Versions of what computed it, by name.
        players: Whether the report of sounds holds some of them, to be played.
    """

    data: DataConfig
    model: ModelConfig | None = None
    training: TrainingConfig | None = None
    notes: list[str] = dataclasses.field(default_factory=list)
    why: list[str] = dataclasses.field(default_factory=list)
    created: str = ""
    versions: dict[str, str] = dataclasses.field(default_factory=dict)
    players: bool = True

    @property
    def chosen_model(self) -> ModelConfig:
        """`model`, once it is chosen."""
        assert self.model is not None, "the model of the run is not chosen yet"
        return self.model

    @property
    def chosen_training(self) -> TrainingConfig:
        """`training`, once it is chosen."""
        assert self.training is not None, "how the run trains is not chosen yet"
        return self.training

    @classmethod
    def from_dict(cls, config: Mapping[str, Any]) -> Self:
        """Returns the configuration that `to_dict` made a dict of.

        Raises:
            ValueError: For another format.
            KeyError, TypeError: For a dict that lacks something.
        """
        if config["format"] != FORMAT:
            raise ValueError(f"it has format {config['format']}, this ftlib reads {FORMAT}")
        return cls(
            data=DataConfig.from_dict(config["data"]),
            model=ModelConfig.from_dict(config["model"]),
            training=TrainingConfig.from_dict(config["training"]),
            notes=list(config["notes"]),
            why=list(config.get("why", ())),
            created=config.get("created", ""),
            versions=dict(config.get("versions", {})),
            players=bool(config.get("players", True)),
        )

    def to_dict(self) -> dict[str, Any]:
        """Returns the configuration as plain data."""
        config = {"format": FORMAT, **dataclasses.asdict(self)}
        if self.training is not None:
            config["training"] = self.training.to_dict()
        return config


def read_config(path: str | os.PathLike) -> RunConfig:
    """Returns a configuration as `fit` wrote it.

    Raises:
        FileNotFoundError: If there is none.
        ValueError: If it cannot be read as one.
    """
    try:
        return RunConfig.from_dict(read_json(pathlib.Path(path)))
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"Cannot read {path} as a configuration of `ftlib fit`: {error}.") from error
