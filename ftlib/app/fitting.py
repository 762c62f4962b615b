"""The training of a run folder: what `fit` is given, and what is done when memory runs out."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from ftlib.app import choices
from ftlib.app.console import Console
from ftlib.app.resources import estimate, is_out_of_memory
from ftlib.app.run_folder import RunFolder
from ftlib.errors import DamagedFileError, OutOfMemoryError
from ftlib.text import format_memory

if TYPE_CHECKING:
    import keras

    from ftlib.app.plan import Plan
    from ftlib.evidence.run import Run
    from ftlib.tasks.task import Task

_FEWEST_AT_ONCE = 2  # images


def train_run_folder(folder: RunFolder, console: Console, plan: Plan | None = None) -> Run:
    """Trains a run, from its checkpoint if there is one, and returns the `Run`.

    Where a device runs out of memory, each batch is taken in twice as many pieces and the training begins again, as
    often as needed; the gradients of the pieces are added up, so that the updates stay what they were. A damaged
    checkpoint is put aside, and the one before it is used.

    Args:
        folder: The `RunFolder`, locked.
        console: The `Console` to write to.
        plan: The `Plan` of a run that is just beginning; None for one that goes on, whose pictures are then compared
            with their checksums first.

    Raises:
        FileNotFoundError, ValueError: If pictures, or the model to start from, are missing or have changed.
        OutOfMemoryError: If two images at once do not fit into memory.
        OSError: If the disk is full; what was written before is still there.
    """
    import keras

    if plan is None:
        console.say(f"comparing the {folder.noun}s with those that the run began with ...")
        task = folder.load_task(check=True)
        seconds_per_image = None
    else:
        task = plan.task
        seconds_per_image = plan.needs.seconds_per_image

    while True:
        try:
            return _train_once(folder, console, task, seconds_per_image)
        except DamagedFileError as error:
            folder.put_aside_checkpoint()
            console.say(f"{error} It was put aside; going on without it.")
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            _require_smaller_pieces(folder, error)
            console.say(_halve_pieces(folder))
        keras.utils.clear_session(free_memory=True)  # before another model is loaded


def _train_once(folder: RunFolder, console: Console, task: Task, seconds_per_image: float | None) -> Run:
    from ftlib.app.training_progress import show_progress
    from ftlib.strategies.strategy import Strategy
    from ftlib.training.devices import Hardware
    from ftlib.training.fit import fit
    from ftlib.training.request import adapt_preset

    training = folder.config.chosen_training
    model = _load_start(folder)
    fitted_task = dataclasses.replace(task.for_backbone(model), notes=tuple(folder.config.notes))
    strategy = Strategy.from_dict(training.strategy)
    hardware = Hardware(training.devices, training.precision, accumulate=training.batch_pieces)
    needs = estimate(model, fitted_task, strategy, training.batch_size, training.updates, seconds_per_image)
    regularization = choices.regularization(training.regularization)
    if training.regularization == choices.SMOOTHED:  # of the presets of `Regularization`, `fit` does the same
        regularization = adapt_preset(regularization, fitted_task)
    with show_progress(console, needs) as progress:
        return fit(
            model,
            fitted_task,
            strategy,
            regularization,
            seed=training.seed,
            run_dir=folder.path,
            updates=training.updates,
            batch_size=training.batch_size,
            class_weight=training.class_weight,
            hardware=hardware,
            progress=progress,
        )


def _load_start(folder: RunFolder) -> keras.Model:
    """Returns the model that the run starts from."""
    import keras

    path = folder.path / "start.keras"
    if not path.is_file():
        raise FileNotFoundError(
            f"{path} is missing, from which the run starts. Begin a new one: {folder.repeat_command}"
        )
    if str(folder.config.chosen_model.backbone).startswith("hub:"):
        import keras_hub  # noqa: F401  (its layers are known by name then)
    model: Any = keras.models.load_model(path, compile=False)
    return model


def _require_smaller_pieces(folder: RunFolder, error: Exception) -> None:
    """Raises an OutOfMemoryError if the pieces of a batch cannot be halved once more."""
    training = folder.config.chosen_training
    more_pieces = 2 * training.batch_pieces
    if training.batch_size % more_pieces or training.batch_size // more_pieces < _FEWEST_AT_ONCE:
        images_at_once = training.batch_size // training.batch_pieces
        raise OutOfMemoryError(
            f"The memory does not hold {images_at_once} images at once, and fewer are too few. "
            "Choose a smaller --image-size, a smaller --backbone, or --strategy feature_extraction."
        ) from error


def _halve_pieces(folder: RunFolder) -> str:
    """Writes down that each batch is taken in twice as many pieces, and returns a sentence about it."""
    training = folder.config.chosen_training
    images_at_once = training.batch_size // training.batch_pieces
    training.batch_pieces *= 2
    note = _describe_pieces(training.batch_size, training.batch_pieces, f"{images_at_once} ran out of memory")
    folder.config.notes.append(note)
    folder.save_config()
    folder.remove_checkpoints()
    return note


def choose_batch_pieces(plan: Plan) -> tuple[int, str]:
    """Returns into how many pieces a batch is divided to fit into free memory, and a sentence about it."""
    if plan.free is None or plan.needs.memory <= plan.free:
        return 1, ""

    pieces = 2
    while plan.batch_size // pieces >= _FEWEST_AT_ONCE and plan.batch_size % pieces == 0:
        needs = estimate(plan.model, plan.task, plan.strategy, plan.batch_size // pieces, plan.updates)
        if needs.memory <= plan.free:
            return pieces, _describe_pieces(plan.batch_size, pieces, f"{format_memory(plan.free)} of memory are free")
        pieces *= 2
    return 1, (
        f"The run is estimated to need {format_memory(plan.needs.memory)} of memory, and {format_memory(plan.free)} "
        "are free. If it is stopped for that, choose a smaller --image-size or another --backbone."
    )


def _describe_pieces(batch_size: int, pieces: int, reason: str) -> str:
    return (
        f"{batch_size // pieces} images at once in place of {batch_size} ({reason}): the gradients of {pieces} pieces "
        "are added up to one update."
    )
