"""What a run will do: what was asked for, and what the pictures, `advise` and the machine say about the rest."""

import dataclasses
import os
import pathlib

from ftlib.app import choices
from ftlib.app.resources import estimate, free_memory, time_images
from ftlib.tasks.folder.class_names import mirror_pairs
from ftlib.text import duration, size, wrapped

_RECORDED = (
    "strategy", "regularization", "class_weight", "updates", "batch_size", "devices", "precision", "seed",
    "mirror", "near",
)  # fmt: skip


# Pixels of a side: smaller images are too small for some of keras.applications, and only building the network tells.
_SURELY_FITS = 76


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
        near: Whether to look for near duplicates. Default True.
    """

    backbone: str | None = None
    image_size: int | None = None
    strategy: object = None
    rate: float | None = None
    regularization: str | None = None
    class_weight: str | None = None
    updates: int | None = None
    batch_size: int | None = None
    devices: int | str | None = None
    precision: str | None = None
    seed: int | None = None
    mirror: bool | None = None
    near: bool | None = None

    def checked(self):
        """Returns the options with every name as the tables spell it, after looking at all of them, before any work.

        Raises:
            ValueError, ImportError, FileNotFoundError: For what can be seen to be wrong.
        """
        from ftlib.errors import find_name
        from ftlib.models.backbones import check_backbone, load_backbone, require_channels_last
        from ftlib.strategies.regularization import PRESETS
        from ftlib.strategies.strategy import get_strategy, list_strategies
        from ftlib.training.devices import PRECISIONS, Hardware

        require_channels_last()
        for name, least in (("image_size", 8), ("updates", 1), ("batch_size", 1), ("seed", 0)):
            value = getattr(self, name)
            if value is not None and value < least:
                option = name.replace("_", "-")
                raise ValueError(f"--{option} is a whole number of at least {least}. Received: --{option} {value}.")
        if self.rate is not None and not 0 < self.rate <= 10:
            raise ValueError(f"--rate is a learning rate above 0 and at most 10. Received: --rate {self.rate:g}.")
        named = {}
        if self.precision is not None:
            named["precision"] = find_name("precision", self.precision, PRECISIONS)
        if self.devices is not None or self.precision is not None:
            Hardware(self.devices or 1, named.get("precision")).check(self.batch_size or 32)
        if self.regularization is not None:
            named["regularization"] = find_name(
                "regularization preset", self.regularization, [*PRESETS, choices.SMOOTHED]
            )
        if isinstance(self.strategy, str):
            named["strategy"] = find_name("strategy", self.strategy, list_strategies())
            if self.updates is not None:
                get_strategy(named["strategy"]).plan(self.updates)
        if self.backbone is not None:
            backbone = check_backbone(self.backbone, self.image_size)
            # A file is found again from any folder, when the run is repeated.
            named["backbone"] = os.path.abspath(backbone) if isinstance(backbone, pathlib.Path) else backbone
            if self.image_size is not None and self.image_size < _SURELY_FITS:
                load_backbone(named["backbone"], None, self.image_size)
        if self.class_weight is not None:
            named["class_weight"] = find_name("class weight", self.class_weight, ["balanced"])
        return dataclasses.replace(self, **named)


@dataclasses.dataclass(frozen=True, repr=False)
class Plan:
    """What a run will do; `advise` shows it, `fit` does it.

    Attributes:
        choice: The `Choice` of a backbone.
        model: The classifier.
        task: The `Task` at its size.
        strategy: The `Strategy`.
        regularization: Name, as for `choices.regularization`.
        batch_size, updates: As for `fit`.
        why: Sentences that lead to the strategy.
        needs: The `Needs`.
        free: Bytes of memory, or None where that cannot be told.
    """

    choice: choices.Choice
    model: object
    task: object
    strategy: object
    regularization: str
    batch_size: int
    updates: int
    why: tuple
    needs: object
    free: int | None

    def __repr__(self):
        height, width, channels = self.task.image_shape
        free = "" if self.free is None else f" ({size(self.free)} are free)"
        disk = f", {size(self.needs.disk)} on the disk while it trains" if self.needs.disk else ""
        rows = [
            ("backbone", f"{self.choice.backbone}, images of {width} x {height} x {channels} ({self.choice.why})"),
            *(("" if i else "strategy", line) for i, line in enumerate(repr(self.strategy).splitlines())),
            ("regularization", self.regularization),
            ("updates", f"{self.updates} of {self.batch_size} images each"),
            ("needs", f"about {size(self.needs.memory)} of memory{free}{disk} and {duration(self.needs.seconds)}"),
        ]
        lines = [f"{what:<16}{text}" for what, text in rows]
        return "\n".join(lines + [wrapped(line, f"{'' if i else 'why':<16}") for i, line in enumerate(self.why)])

    def to_dict(self):
        """Returns the plan as plain data."""
        return {
            "backbone": self.choice.backbone,
            "image_shape": list(self.task.image_shape),
            "strategy": dataclasses.asdict(self.strategy),
            "regularization": self.regularization,
            "batch_size": self.batch_size,
            "updates": self.updates,
            "why": [f"backbone: {self.choice.why}", *self.why],
            "memory_bytes": self.needs.memory,
            "memory_parts": self.needs.parts,
            "free_bytes": self.free,
            "disk_bytes": self.needs.disk,
            "seconds": self.needs.seconds,
        }


def make_plan(folder, options, report, say):
    """Chooses what was not asked for.

    Args:
        folder: A `RunFolder` whose pictures are written down; its `config` gets what is chosen about images.
        options: The `Options`.
        report: The `FolderReport` of the pictures.
        say: Takes a line of progress.

    Returns:
        A `Plan`.
    """
    from ftlib.models.backbones import classifier
    from ftlib.strategies.strategy import Strategy

    free = free_memory()  # before anything is computed
    choice = choices.choose_backbone(report, name=options.backbone, image_size=options.image_size)
    say(f"\nloading {choice.backbone} ({choice.why}) ...")
    backbone, choice, remarks = choices.load(choice, pretrained=options.strategy != "scratch")
    folder.config["model"] = {
        "backbone": choice.backbone,
        "image_size": choice.image_size,
        "image_shape": list(backbone.input_shape[1:]),
    }
    mirror = options.mirror
    if mirror is None:  # what glyphnet is chosen for may be writing, which a mirror changes
        writing = choice.backbone == "glyphnet" and options.backbone is None
        mirror = not writing and not mirror_pairs(report.class_names)
    folder.config["training"] = {"mirror": mirror}
    model = classifier(backbone, len(folder.class_names))
    task = folder.task().for_backbone(model)
    given = options.strategy
    if isinstance(given, dict):
        recipe = Strategy.from_dict(given)
        preset, why = "light", ["strategy: as configured"]
    else:
        recipe, preset, why = choices.choose_strategy(model, task, say, given)
    if options.rate is not None:
        recipe = choices.with_rate(recipe, options.rate)
        why.append(f"rate: {options.rate:g} in the last phase, as asked")
    batch = options.batch_size or 32
    updates = options.updates or max(300, 10 * -(-len(task.train) // batch))
    recipe.plan(updates)
    needs = estimate(model, task, recipe, batch, updates, time_images(model, task))
    preset = options.regularization or preset
    return Plan(choice, model, task, recipe, preset, batch, updates, (*why, *remarks), needs, free)


def configured(config, options):
    """Returns options with what a configuration says where nothing was asked for."""
    training, model = config["training"], config["model"]
    known = {name: training[name] for name in _RECORDED}
    asked = {name: value for name, value in dataclasses.asdict(options).items() if value is not None}
    return Options(**{"backbone": model["backbone"], "image_size": model["image_size"], **known, **asked})
