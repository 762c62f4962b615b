"""What a run will do: what was asked for, and what the pictures, `advise` and the machine say about the rest."""

from __future__ import annotations

import dataclasses
import os
import pathlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ftlib.app import choices
from ftlib.app.resources import Needs, estimate, free_memory, time_images
from ftlib.app.run_config import RunConfig
from ftlib.app.run_folder import RunFolder
from ftlib.tasks.folder.class_names import find_mirror_pairs
from ftlib.tasks.inputs import INPUT_NOUNS
from ftlib.tasks.sound_files.check import SoundReport
from ftlib.tasks.text_files.check import TextReport
from ftlib.text import format_duration, format_memory, wrap_text

if TYPE_CHECKING:
    import keras

    from ftlib.strategies.strategy import Strategy
    from ftlib.tasks.folder.data_report import DataReport
    from ftlib.tasks.task import Task

DEFAULT_BATCH_SIZE = 32  # images, as for `fit`
BOX_BATCH_SIZE = 8  # images with boxes
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
        from ftlib.models.backbones import require_channels_last
        from ftlib.tasks.box_files.check import make_group_finder
        from ftlib.tasks.folder.targets import make_target

        require_channels_last()
        self._require_numbers()
        make_group_finder(self.group_pattern)
        make_target(self.target, self.label_columns or ())
        return dataclasses.replace(
            self,
            precision=self._checked_hardware(),
            regularization=self._checked_regularization(),
            strategy=self._checked_strategy(),
            backbone=self._checked_backbone(),
            box_format=self._checked_box_format(),
            class_weight=self._checked_class_weight(),
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
        from ftlib.errors import find_name
        from ftlib.training.devices import PRECISIONS, Hardware

        if self.devices is None and self.precision is None:
            return None
        precision = None if self.precision is None else find_name("precision", self.precision, PRECISIONS)
        Hardware(self.devices or 1, precision).check(self.batch_size or DEFAULT_BATCH_SIZE)
        return precision

    def _checked_regularization(self) -> str | None:
        from ftlib.errors import find_name
        from ftlib.strategies.regularization import PRESETS

        if self.regularization is None:
            return None
        return find_name("regularization preset", self.regularization, [*PRESETS, choices.SMOOTHED])

    def _checked_strategy(self) -> str | dict[str, Any] | None:
        from ftlib.errors import find_name
        from ftlib.strategies.strategy import get_strategy, list_strategies

        if not isinstance(self.strategy, str):
            return self.strategy
        strategy_name = find_name("strategy", self.strategy, list_strategies())
        if self.updates is not None:
            get_strategy(strategy_name).plan(self.updates)
        return strategy_name

    def _checked_backbone(self) -> str | None:
        from ftlib.models.backbones import check_backbone, load_backbone

        if self.backbone is None:
            return None
        backbone = check_backbone(self.backbone, self.image_size)
        # A file is found again from any folder, when the run is repeated.
        backbone_name = os.path.abspath(backbone) if isinstance(backbone, pathlib.Path) else backbone
        if self.image_size is not None and self.image_size < _SURELY_FITS:
            load_backbone(backbone_name, None, self.image_size)
        return backbone_name

    def _checked_box_format(self) -> str | None:
        from ftlib.errors import find_name
        from ftlib.tasks.box_files.listing import BOX_FORMATS

        return None if self.box_format is None else find_name("format of boxes", self.box_format, BOX_FORMATS)

    def _checked_class_weight(self) -> str | None:
        from ftlib.errors import find_name

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


@dataclasses.dataclass(frozen=True, repr=False)
class Plan:
    """What a run will do; `advise` shows it, `fit` does it.

    Attributes:
        choice: The `BackboneChoice` of a backbone.
        model: The classifier.
        task: The `Task` at its size.
        strategy: The `Strategy`.
        regularization: Name, as for `choices.regularization`.
        batch_size, updates: As for `fit`.
        why: Sentences that lead to the strategy.
        needs: The `Needs`.
        free: Bytes of memory, or None where that is not known.
    """

    choice: choices.BackboneChoice
    model: keras.Model
    task: Task
    strategy: Strategy
    regularization: str
    batch_size: int
    updates: int
    why: tuple[str, ...]
    needs: Needs
    free: int | None

    def __repr__(self) -> str:
        inputs = f"{INPUT_NOUNS[self.task.kind]} of {_describe_size(self.task)}"
        rows = [
            ("backbone", f"{self.choice.backbone}, {inputs} ({self.choice.why})"),
            ("strategy", repr(self.strategy)),
            ("regularization", self.regularization),
            ("updates", f"{self.updates} of {self.batch_size} {INPUT_NOUNS[self.task.kind]} each"),
            ("needs", self._describe_needs()),
        ]
        rows += [("why" if i == 0 else "", reason) for i, reason in enumerate(self.why)]
        return "\n".join(_format_row(title, text) for title, text in rows)

    def _describe_needs(self) -> str:
        texts = [f"about {format_memory(self.needs.memory)} of memory"]
        if self.free is not None:
            texts.append(f" ({format_memory(self.free)} are free)")
        if self.needs.disk:
            texts.append(f", {format_memory(self.needs.disk)} on the disk while it trains")
        if self.needs.seconds is not None:
            texts.append(f" and {format_duration(self.needs.seconds)}")
        return "".join(texts)

    @property
    def reasons(self) -> list[str]:
        """Sentences on why this backbone and this strategy."""
        return [f"backbone: {self.choice.why}", *self.why]

    def to_dict(self) -> dict[str, Any]:
        """Returns the plan as plain data."""
        return {
            "backbone": self.choice.backbone,
            "image_shape": list(self.task.image_shape),
            "strategy": dataclasses.asdict(self.strategy),
            "regularization": self.regularization,
            "batch_size": self.batch_size,
            "updates": self.updates,
            "why": self.reasons,
            "memory_bytes": self.needs.memory,
            "memory_parts": self.needs.memory_by_purpose,
            "free_bytes": self.free,
            "disk_bytes": self.needs.disk,
            "seconds": self.needs.seconds,
        }


def _describe_size(task: Task) -> str:
    if task.kind == "text":
        return f"{task.input_shape[0]} tokens"
    if task.kind == "audio":
        return f"{task.input_shape[0] / task.sample_rate:g} s at {task.sample_rate:,} Hz"
    height, width, channels = task.image_shape
    return f"{width} x {height} x {channels}"


def _format_row(title: str, text: str) -> str:
    """Returns a text beside its title. Of a line with columns, the last is broken to the width of the terminal."""
    lines = []
    for line in text.splitlines():
        column = line.rfind("  ") + 2 if "  " in line else 0
        lines.append(wrap_text(line[column:], f"{title if not lines else '':<16}{line[:column]}"))
    return "\n".join(lines)


def make_plan(folder: RunFolder, options: Options, report: DataReport, say: Callable[[str], object]) -> Plan:
    """Chooses what was not asked for.

    Args:
        folder: A `RunFolder` whose pictures are written down.
        options: The `Options`.
        report: The `FolderReport` of the pictures, the `TextReport` or the `SoundReport`.
        say: Takes a line of progress.
    """
    from ftlib.tasks.task import with_head
    from ftlib.training.loop_rules import default_updates

    free = free_memory()  # before anything is computed
    wanted_choice = choices.choose_backbone(report, name=options.backbone, image_size=options.image_size)
    say(f"\nloading {wanted_choice.backbone} ({wanted_choice.why}) ...")
    backbone, choice, remarks = choices.load_chosen(wanted_choice, pretrained=options.strategy != "scratch")
    mirror = _choose_mirror(options, choice, report)
    task = folder.make_task(_input_shape(backbone, report), mirror).for_backbone(backbone)
    model = with_head(backbone, task)

    strategy, preset, why = _choose_strategy(options, model, task, say)
    batch_size = options.batch_size or _default_batch_size(task)
    updates = options.updates or _default_update_factor(task) * default_updates(len(task.train), batch_size)
    strategy.plan(updates)  # raises where there are too few
    return Plan(
        choice=choice,
        model=model,
        task=task,
        strategy=strategy,
        regularization=options.regularization or preset,
        batch_size=batch_size,
        updates=updates,
        why=(*why, *remarks),
        needs=estimate(model, task, strategy, batch_size, updates, time_images(model, task)),
        free=free,
    )


def _default_batch_size(task: Task) -> int:
    """Returns how many images an update sees: fewer with boxes, since each of them has many cells to learn from."""
    from ftlib.objectives.detection import Detection

    return BOX_BATCH_SIZE if isinstance(task.objective, Detection) else DEFAULT_BATCH_SIZE


def _default_update_factor(task: Task) -> int:
    """Returns how many times the usual number of updates: with boxes twice, whose head begins further from its end."""
    from ftlib.objectives.detection import Detection

    return 2 if isinstance(task.objective, Detection) else 1


def _input_shape(backbone: keras.Model, report: DataReport) -> tuple[int, ...]:
    """Returns the shape of the inputs for a backbone: for texts and sounds a length, also where it takes any."""
    if isinstance(report, TextReport):
        return (backbone.input_shape[1] or report.coverage.length,)
    if isinstance(report, SoundReport):
        length = backbone.input_shape[1] or report.length
        if length != report.length:
            raise ValueError(
                f"The backbone takes {length:,} samples, {length / report.sample_rate:g} s at {report.sample_rate:,} "
                f"Hz. Received: --seconds {report.seconds:g}. Leave it out, or name another backbone."
            )
        return (length,)
    return tuple(backbone.input_shape[1:])


def _choose_mirror(options: Options, choice: choices.BackboneChoice, report: DataReport) -> bool:
    """Returns whether a mirrored picture keeps its label."""
    if report.noun != "picture":
        return False
    if options.mirror is not None:
        return options.mirror
    # What glyphnet is chosen for may be writing, which a mirror changes.
    may_be_writing = choice.backbone == "glyphnet" and options.backbone is None
    return not may_be_writing and not find_mirror_pairs(report.class_names)


def _choose_strategy(
    options: Options, model: keras.Model, task: Task, say: Callable[[str], object]
) -> choices.StrategyChoice:
    from ftlib.strategies.strategy import Strategy

    if isinstance(options.strategy, dict):
        strategy = Strategy.from_dict(options.strategy)
        choice = choices.StrategyChoice(strategy, "light", ["strategy: as configured"])
    else:
        choice = choices.recommend_strategy(model, task, say, options.strategy)
    if options.rate is None:
        return choice
    reason = f"rate: {options.rate:g} in the last phase, as asked"
    return choice._replace(strategy=choices.with_rate(choice.strategy, options.rate), why=[*choice.why, reason])
