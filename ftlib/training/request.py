"""What `fit` is asked for: checked as a whole, and settled, before any long work."""

import dataclasses
import pathlib
from typing import Any

import keras
import numpy as np

from ftlib.evidence.advisor import Advice, advise
from ftlib.models.backbones import require_channels_last
from ftlib.models.inference import fingerprint_model
from ftlib.models.lora import lora_layers
from ftlib.models.staged_model import StagedModel
from ftlib.objectives.classification import Classification
from ftlib.objectives.input_augmentation import check_kind
from ftlib.strategies.regularization import Regularization
from ftlib.strategies.strategy import Strategy, get_strategy
from ftlib.tasks.inputs import INPUT_NOUNS, check_inputs
from ftlib.tasks.task import Task
from ftlib.training.anchoring import check_anchor
from ftlib.training.batches import weigh_classes
from ftlib.training.devices import Hardware
from ftlib.training.loop_rules import default_updates
from ftlib.training.probe_step import require_probe
from ftlib.training.progress import Progress

_WIDTH_AT_ADAMS_RATE = 1280  # features of a head that the built-in strategies train at 1e-3


@dataclasses.dataclass(frozen=True)
class FitRequest:
    """The arguments of `fit`, each as it will be used.

    Attributes:
        staged: The model that `fit` was given.
        given_task: The task that `fit` was given.
        task: The same at the backbone's size.
        strategy: The `Strategy`, unrolled for the model's stages.
        advice: What `advise` said, where it chose the strategy; else None.
        regularization: The `Regularization`, a preset without what does not fit the objective.
        regularization_note: What was left out of the preset, in a sentence; empty where nothing was.
        seed: Seed of the run.
        updates: Updates over all phases.
        batch_size: Images per update.
        class_weights: Weight of each class, `(classes,)`, or None.
        hardware: The `Hardware`.
        run_dir: Folder of the run, or None.
    """

    staged: StagedModel
    given_task: Task
    task: Task
    strategy: Strategy
    advice: Advice | None
    regularization: Regularization
    regularization_note: str
    seed: int
    updates: int
    batch_size: int
    class_weights: np.ndarray | None
    hardware: Hardware
    run_dir: pathlib.Path | None

    @property
    def reinitialized_stages(self) -> list[str]:
        """Names of the stages whose weights are drawn anew before training."""
        stage_names = self.staged.stage_names
        if self.strategy.start == "random":
            return stage_names
        return [] if self.strategy.keep is None else stage_names[self.strategy.keep :]

    def settings(self) -> dict[str, Any]:
        """Returns in plain data all that is needed to repeat the run, but for the seed and the images."""
        task = self.given_task
        settings = {
            "task": {
                "name": task.name,
                "train": len(task.train),
                "validation": len(task.validation),
                "test": len(task.test),
                "classes": task.num_classes,
                "source": task.source,
            },
            "strategy": repr(self.strategy),
            "phases": [dataclasses.asdict(phase) for phase in self.strategy.phases],
            "regularization": repr(self.regularization),
            "updates": self.updates,
            "batch_size": self.batch_size,
            "class_weight": None if self.class_weights is None else self.class_weights.tolist(),
            "keras": keras.__version__,
            "backend": keras.backend.backend(),
        }
        if task.objective != Classification() or task.kind != "image":
            settings["task"]["objective"] = repr(task.objective)
            settings["task"]["kind"] = task.kind
            settings["task"]["unknown_id"] = task.unknown_id
            settings["task"]["scores"] = [dataclasses.asdict(score) for score in task.objective.scores]
        if not self.hardware.is_plain:
            settings["hardware"] = dataclasses.asdict(self.hardware)
        model = self.staged.model
        settings["model"] = {"layers": len(model.layers), "checksum": fingerprint_model(model)}
        if tuple(model.input_shape[1:]) != tuple(self.task.input_shape):  # so the model does not tell it
            settings["model"]["image_shape"] = list(self.task.input_shape)
        return settings


def resolve_request(  # noqa: PLR0913 - the arguments of `fit`
    model: keras.Model,
    task: Task,
    strategy: str | Strategy,
    regularization: str | Regularization,
    seed: int,
    run_dir,
    updates: int | None,
    batch_size: int,
    class_weight,
    head: str | None,
    hardware: Hardware | None,
    progress: Progress,
) -> FitRequest:
    """Checks the arguments of `fit`, and settles what they leave open.

    Raises:
        ValueError, TypeError: For arguments that do not fit.
    """
    require_channels_last()
    run_dir = None if run_dir is None else pathlib.Path(run_dir).expanduser()
    staged = StagedModel(model, head)
    stage_names = staged.stage_names
    is_auto = isinstance(strategy, str) and strategy.casefold() == "auto"
    # "auto" is settled last, since it takes long; until then every check is made with what it may well choose.
    run_strategy = get_strategy("lp_ft" if is_auto else strategy)
    _check_task(task)
    head_width = staged.head_width if task.objective.has_linear_head else _WIDTH_AT_ADAMS_RATE
    run_strategy = run_strategy.unrolled(stage_names, head_width)
    _check_numbers(seed=seed, updates=updates, batch_size=batch_size)
    _check_output(model, task)
    regularization, regularization_note = settle_regularization(regularization, task)
    if updates is not None:
        run_strategy.plan(updates)
    run_strategy.check(stage_names)
    _check_run_dir(run_dir)

    hardware = Hardware() if hardware is None else hardware
    hardware.check(batch_size)
    if any(phase.train == "lora" for phase in run_strategy.phases):
        lora_layers(staged.stages)
    if "linear_probe" in run_strategy.closing:
        require_probe(staged, task)
    class_weights = weigh_classes(class_weight, task)
    _check_all_inputs(task, regularization)

    advice = None
    if is_auto:
        advice = advise(model, task, head)
        progress.note(repr(advice))
        run_strategy = advice.strategy.unrolled(stage_names, head_width)
    check_anchor(regularization.anchor, run_strategy, stage_names)

    fitted_task = task.for_backbone(model)
    if fitted_task is not task:
        sizes = f"{_format_shape(task.input_shape)} -> {_format_shape(fitted_task.input_shape)}"
        progress.note(f"{task.name}: {INPUT_NOUNS[task.kind]} {sizes} for the backbone")
    for note in task.notes:
        progress.note(f"{task.name}: {note}")
    if regularization_note:
        progress.note(regularization_note)

    return FitRequest(
        staged=staged,
        given_task=task,
        task=fitted_task,
        strategy=run_strategy,
        advice=advice,
        regularization=regularization,
        regularization_note=regularization_note,
        seed=int(seed),
        updates=default_updates(len(task.train), int(batch_size)) if updates is None else int(updates),
        batch_size=int(batch_size),
        class_weights=class_weights,
        hardware=hardware,
        run_dir=run_dir,
    )


def settle_regularization(regularization: str | Regularization, task: Task) -> tuple[Regularization, str]:
    """Returns the regularization that a run gets, and what was left out of a preset, in a sentence or nothing.

    A preset is named for its strength, and not for what it sets one by one, so what makes no sense for the task is no
    mistake of whoever named it: the preset is taken without, such as without label smoothing where numbers are
    predicted.

    Args:
        regularization: A `Regularization`, or the name of a preset.
        task: What it is for: its objective and its kind of inputs say what fits.

    Raises:
        ValueError: For an unknown name, and for a `Regularization` of the user's own that does not fit.
    """
    settled = Regularization.preset(regularization)
    name = settled.preset_name
    if name is None:
        _require_fit(settled, task)
        return settled, ""

    adapted = adapt_preset(settled, task)
    omitted = [
        field.name
        for field in dataclasses.fields(settled)
        if getattr(settled, field.name) != getattr(adapted, field.name)
    ]
    if not omitted:
        return adapted, ""
    what = task.objective.name.replace("_", " ")
    names = " and ".join(omitted)
    return adapted, f"The preset {name!r} is used without {names}: not for {what} of {INPUT_NOUNS[task.kind]}."


def adapt_preset(preset: Regularization, task: Task) -> Regularization:
    """Returns a preset without the fields that make no sense for a task; see `settle_regularization`."""
    misfits = [field for field in dataclasses.fields(preset) if not _field_fits(preset, field.name, task)]
    return dataclasses.replace(preset, **{field.name: field.default for field in misfits})


def _require_fit(regularization, task):
    task.objective.check_regularization(regularization)
    check_kind(regularization, task.kind)


def _field_fits(regularization, field_name, task):
    try:
        _require_fit(Regularization(**{field_name: getattr(regularization, field_name)}), task)
    except ValueError:
        return False
    return True


def _check_task(task):
    if not isinstance(task, Task):
        raise TypeError(f"`task` is a Task, as from ft.load_task(...). Received: {type(task).__name__}.")


def _check_numbers(seed, updates, batch_size):
    for name, value, least in (("seed", seed, 0), ("updates", updates, 1), ("batch_size", batch_size, 1)):
        if name == "updates" and value is None:
            continue
        is_whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
        if not is_whole or value < least:
            raise ValueError(f"`{name}` is a whole number of at least {least}. Received: {name}={value!r}.")


def _check_output(model, task):
    if isinstance(model.output, dict):
        first_name = next(iter(model.output))
        raise ValueError(
            f"The model must give its answers as one array. Received: a dict of {', '.join(model.output)}. "
            f"Take one of them: keras.Model(model.input, model.output[{first_name!r}])."
        )
    task.objective.check_model(model, task)


def _check_run_dir(run_dir):
    if run_dir is not None and run_dir.exists() and not run_dir.is_dir():
        raise ValueError(f"`run_dir` is a folder. Received: the file {run_dir}.")


def _check_all_inputs(task, regularization):
    """Looks at the inputs before a change of size, which would hide pixels that are out of range."""
    for part, split in task.splits.items():
        check_inputs(split.inputs, task.kind, part)
    source = getattr(regularization.anchor, "source", None)
    if source is not None:
        check_inputs(source.train.inputs, source.kind, "source")


def _format_shape(shape):
    return "x".join(map(str, shape))
