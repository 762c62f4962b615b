"""What a run will do: what was asked for, and what the pictures, `advise` and the machine say about the rest."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ftlib.app import choices
from ftlib.app.options import DEFAULT_BATCH_SIZE, Options
from ftlib.app.resources import Needs, estimate, free_memory, time_images
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

BOX_BATCH_SIZE = 8  # images with boxes


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
    task = folder.make_task(_input_shape(backbone, report, options), mirror).for_backbone(backbone)
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


def _input_shape(backbone: keras.Model, report: DataReport, options: Options) -> tuple[int, ...]:
    """Returns the shape of the inputs for a backbone: for texts and sounds a length, also where it takes any."""
    if isinstance(report, TextReport):
        return (_text_length(backbone, report, options.length),)
    if isinstance(report, SoundReport):
        length = backbone.input_shape[1] or report.length
        if length != report.length:
            raise ValueError(
                f"The backbone takes {length:,} samples, {length / report.sample_rate:g} s at {report.sample_rate:,} "
                f"Hz. Received: --seconds {report.seconds:g}. Leave it out, or name another backbone."
            )
        return (length,)
    return tuple(backbone.input_shape[1:])


def _text_length(backbone: keras.Model, report: TextReport, asked_length: int | None) -> int:
    """Returns how many tokens of a text a run reads: as many as were asked for, if the backbone takes so many."""
    from ftlib.models.token_network import longest_text

    fixed_length, longest = backbone.input_shape[1], longest_text(backbone)
    if asked_length is None:
        return fixed_length or report.coverage.length
    if asked_length > (longest or asked_length) or asked_length != (fixed_length or asked_length):
        taken = f"{fixed_length} tokens" if fixed_length is not None else f"up to {longest} tokens"
        raise ValueError(
            f"The backbone takes texts of {taken}. Received: --length {asked_length}. Leave it out, or name another "
            "backbone."
        )
    return asked_length


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
        choice = choice._replace(strategy=choices.never_worse(choice.strategy, model, task))
    if options.rate is None:
        return choice
    reason = f"rate: {options.rate:g} in the last phase, as asked"
    return choice._replace(strategy=choices.with_rate(choice.strategy, options.rate), why=[*choice.why, reason])
