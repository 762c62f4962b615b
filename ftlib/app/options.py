"""What was asked for on the command line, and what can be seen to be wrong with it before any work."""

from __future__ import annotations

import dataclasses
import os
import pathlib
from collections.abc import Sequence
from typing import Any

from ftlib.app.choices import SMOOTHED
from ftlib.app.run_config import RunConfig
from ftlib.errors import find_name
from ftlib.strategies.regularization import PRESETS
from ftlib.strategies.strategy import get_strategy, list_strategies
from ftlib.tasks.box_files.check import make_group_finder
from ftlib.tasks.box_files.listing import BOX_FORMATS
from ftlib.tasks.folder.targets import make_target
from ftlib.training.precisions import PRECISIONS

DEFAULT_BATCH_SIZE = 32  # images, as for `fit`
# Pixels of a side: smaller images are too small for some of keras.applications, and only building the network tells.
_SURELY_FITS = 76
_LEAST_VALUES = {"image_size": 8, "updates": 1, "batch_size": 1, "seed": 0}


@dataclasses.dataclass(frozen=True)
class Options:
    """What was asked for; None leaves it to the pictures and the machine.

    Attributes:
        backbone: Name or file, as for `load_backbone`.
        image_size: Side of the images in pixels.
        strategy: Name, as for `ftlib.strategy`, or the dict of one from a configuration.
        rate: Learning rate of the strategy's last phase.
        regularization: Name of a preset.
        class_weight: `"balanced"`.
        updates, batch_size: As for `fit`.
        devices, precision: As for `Hardware`. Default: one device, and float32.
        seed: As for `fit`. Default 0.
        mirror: Whether a mirrored picture keeps its label.
        find_near_copies: Whether to look for near duplicates.
        target: What the labels say: `"class"`, `"multilabel"`, `"regression"` or `"boxes"`.
        label_columns: The columns of the CSV file that they are in.
        box_format: `"coco"`, `"voc"` or `"yolo"`. Default: the one that is there.
        group_pattern: As for `check_boxes`.
        tokenizer: For texts: a name or a vocabulary file, as for `load_tokenizer`. Default: that of the backbone.
        seconds, sample_rate: For sounds: how much of each is used, and at how many samples per second, as for
            `load_sounds`. Default: as long as the backbone takes, else 1 s; and 16,000.
        by_speaker: For sounds: whether the names of files say who speaks, as for `check_sounds`.
    """

    backbone: str | None = None
    image_size: int | None = None
    strategy: str | dict[str, Any] | None = None
    rate: float | None = None
    regularization: str | None = None
    class_weight: str | None = None
    updates: int | None = None
    batch_size: int | None = None
    devices: int | str | None = None
    precision: str | None = None
    seed: int | None = None
    mirror: bool | None = None
    find_near_copies: bool = True
    target: str | None = None
    label_columns: Sequence[str] | None = None
    box_format: str | None = None
    group_pattern: str | None = None
    tokenizer: str | None = None
    seconds: float | None = None
    sample_rate: int | None = None
    by_speaker: bool = False

    def checked(self) -> Options:
        """Returns the options with every name as the tables spell it, after looking at all of them, before any work.

        Raises:
            ValueError, ImportError, FileNotFoundError: For what can be seen to be wrong.
        """
        self._require_numbers()
        make_group_finder(self.group_pattern)
        make_target(self.target, self.label_columns or ())
        return dataclasses.replace(
            self,
            box_format=self._checked_box_format(),
            class_weight=self._checked_class_weight(),
            regularization=self._checked_regularization(),
            strategy=self._checked_strategy(),
            precision=self._checked_hardware(),  # this and the backbone last: they need Keras
            backbone=self._checked_backbone(),
        )

    def _require_numbers(self) -> None:
        for name, least in _LEAST_VALUES.items():
            value = getattr(self, name)
            if value is not None and value < least:
                option = name.replace("_", "-")
                raise ValueError(f"--{option} is a whole number of at least {least}. Received: --{option} {value}.")
        if self.rate is not None and not 0 < self.rate <= 10:
            raise ValueError(f"--rate is a learning rate above 0 and at most 10. Received: --rate {self.rate:g}.")

    def _checked_hardware(self) -> str | None:
        """Returns the name of the precision, after a look at the devices that are there."""
        if self.devices is None and self.precision is None:
            return None
        precision = None if self.precision is None else find_name("precision", self.precision, PRECISIONS)

        from ftlib.training.devices import Hardware

        Hardware(self.devices or 1, precision).check(self.batch_size or DEFAULT_BATCH_SIZE)
        return precision

    def _checked_regularization(self) -> str | None:
        if self.regularization is None:
            return None
        return find_name("regularization preset", self.regularization, [*PRESETS, SMOOTHED])

    def _checked_strategy(self) -> str | dict[str, Any] | None:
        if not isinstance(self.strategy, str):
            return self.strategy
        strategy_name = find_name("strategy", self.strategy, list_strategies())
        if self.updates is not None:
            get_strategy(strategy_name).plan(self.updates)
        return strategy_name

    def _checked_backbone(self) -> str | None:
        if self.backbone is None:
            return None

        from ftlib.models.backbones import check_backbone, load_backbone  # Keras knows which names there are

        backbone = check_backbone(self.backbone, self.image_size)
        # A file is found again from any folder, when the run is repeated.
        backbone_name = os.path.abspath(backbone) if isinstance(backbone, pathlib.Path) else backbone
        if self.image_size is not None and self.image_size < _SURELY_FITS:
            load_backbone(backbone_name, None, self.image_size)
        return backbone_name

    def _checked_box_format(self) -> str | None:
        return None if self.box_format is None else find_name("format of boxes", self.box_format, BOX_FORMATS)

    def _checked_class_weight(self) -> str | None:
        if self.class_weight is None:
            return None
        return find_name("class weight", self.class_weight, ["balanced"])

    def filled_from(self, config: RunConfig) -> Options:
        """Returns the options with what a configuration says where nothing was asked for."""
        training = config.chosen_training
        model = config.chosen_model
        configured = Options(
            backbone=model.backbone,
            image_size=model.image_size,
            strategy=training.strategy,
            regularization=training.regularization,
            class_weight=training.class_weight,
            updates=training.updates,
            batch_size=training.batch_size,
            devices=training.devices,
            precision=training.precision,
            seed=training.seed,
            mirror=training.mirror,
            target=config.data.target,
            label_columns=tuple(config.data.label_columns),
            box_format=config.data.box_format or None,
            group_pattern=config.data.group_pattern,
        )
        if config.data.kind != "image":
            configured = dataclasses.replace(configured, image_size=None, mirror=None)
        if config.data.kind == "audio":
            rate = config.data.sample_rate
            configured = dataclasses.replace(configured, seconds=model.image_shape[0] / rate, sample_rate=rate)
        asked = {name: value for name, value in vars(self).items() if value is not None}
        asked["find_near_copies"] = self.find_near_copies and training.near
        asked["by_speaker"] = self.by_speaker or config.data.by_speaker
        return dataclasses.replace(configured, **asked)
