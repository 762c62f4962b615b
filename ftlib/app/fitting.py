"""The training of a run folder: what `fit` is given, and what is done when memory runs out."""

import dataclasses

from ftlib.app import choices
from ftlib.app.resources import estimate, ran_out
from ftlib.errors import DamagedFileError, OutOfMemoryError
from ftlib.text import size

_SMALLEST = 2  # images at once


def train(folder, console, chosen=None):
    """Trains a run, from its checkpoint if there is one, and returns the `Run`.

    Where a device runs out of memory, each batch is taken in twice as many parts and the training begins anew, as often
    as needed; the gradients of the parts are added up, so that the updates stay what they were. A damaged
    checkpoint is put aside, and the one before it is used.

    Args:
        folder: The `RunFolder`, locked.
        console: The `Console` to write to.
        chosen: The `Plan` of a run that is just beginning; None for one that goes on, whose pictures are then compared
            with their checksums first.

    Raises:
        FileNotFoundError, ValueError: If pictures, or the model to start from, are missing or have changed.
        OutOfMemoryError: If two images at once do not fit into memory.
        OSError: If the disk is full; what was written before is still there.
    """
    import keras

    from ftlib.strategies.strategy import Strategy
    from ftlib.training.devices import Hardware
    from ftlib.training.fit import fit

    if chosen is None:
        console.say("comparing the pictures with those that the run began with ...")
    task = folder.task(check=True) if chosen is None else chosen.task
    seconds = None if chosen is None else chosen.needs.seconds_per_image
    training = folder.config["training"]
    while True:
        model = _start(folder)
        task = dataclasses.replace(task.for_backbone(model), notes=tuple(folder.config["notes"]))
        recipe, batch, parts = Strategy.from_dict(training["strategy"]), training["batch_size"], training["parts"]
        needs = estimate(model, task, recipe, batch // parts, training["updates"] * parts, seconds)
        try:
            with console.progress(needs):
                return fit(
                    model,
                    task,
                    recipe,
                    choices.regularization(training["regularization"]),
                    training["seed"],
                    folder.path,
                    training["updates"],
                    batch,
                    training["class_weight"],
                    hardware=Hardware(training["devices"], training["precision"], accumulate=parts),
                )
        except DamagedFileError as error:
            _put_aside(folder.path)
            console.say(f"{error} It was put aside; going on without it.")
        except Exception as error:
            if not ran_out(error):
                raise
            if batch % (2 * parts) or batch // (2 * parts) < _SMALLEST:
                raise OutOfMemoryError(
                    f"The memory does not hold {batch // parts} images at once, and fewer are too few. Choose a "
                    "smaller --image-size, a smaller --backbone, or --strategy feature_extraction."
                ) from error
            _halve(folder, training)
            console.say(folder.config["notes"][-1])
        del model  # before another one is loaded
        keras.utils.clear_session(free_memory=True)


def _start(folder):
    """Returns the model that the run starts from."""
    import keras

    path = folder.path / "start.keras"
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing, from which the run starts. Begin a new one: {folder.repeat}")
    if str(folder.config["model"]["backbone"]).startswith("hub:"):
        import keras_hub  # noqa: F401  (its layers are known by name then)
    return keras.models.load_model(path, compile=False)


def _halve(folder, training):
    at_once = training["batch_size"] // training["parts"]
    training["parts"] *= 2
    folder.config["notes"].append(_note(training["batch_size"], training["parts"], f"{at_once} ran out of memory"))
    folder.save_config()
    folder.begin_anew()


def smaller_batch(chosen):
    """Returns into how many parts the batch of a `Plan` is divided to fit into free memory, and a sentence about it."""
    if chosen.free is None or chosen.needs.memory <= chosen.free:
        return 1, ""
    times = 2
    while chosen.batch_size // times >= _SMALLEST and chosen.batch_size % times == 0:
        needs = estimate(chosen.model, chosen.task, chosen.strategy, chosen.batch_size // times, chosen.updates)
        if needs.memory <= chosen.free:
            return times, _note(chosen.batch_size, times, f"{size(chosen.free)} of memory are free")
        times *= 2
    return 1, (
        f"The run is estimated to need {size(chosen.needs.memory)} of memory, and {size(chosen.free)} are free. "
        "If it is stopped for that, choose a smaller --image-size or another --backbone."
    )


def _note(batch, times, why):
    return (
        f"{batch // times} images at once in place of {batch} ({why}): the gradients of {times} parts are added up to "
        "one update."
    )


def _put_aside(path):
    """Renames the newest checkpoint, which is damaged; the one before it is read next."""
    for name in ("checkpoint.npz", "checkpoint-before.npz"):
        if (path / name).exists():
            (path / name).replace(path / f"damaged-{name}")
            return
