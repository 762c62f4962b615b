"""`fit`: the strategies of this library on a model and a task, with all that is checked before."""

import dataclasses
import pathlib

import keras
import numpy as np

from ftlib.evidence.advisor import advise
from ftlib.evidence.proofs import Proof, prove_no_leak, require_proofs
from ftlib.evidence.run import Run, load_run, task_checksum
from ftlib.models.backbones import require_channels_last
from ftlib.models.inference import fingerprint_model
from ftlib.models.initialization import copy_model, reinitialize_layers
from ftlib.models.lora import lora_layers
from ftlib.models.staged_model import StagedModel
from ftlib.strategies.regularization import Regularization
from ftlib.strategies.strategy import get_strategy
from ftlib.tasks.task import Task, check_pixels
from ftlib.training.anchoring import PreparedAnchor, check_anchor, describe_anchor, kept_stages
from ftlib.training.averaging import greedy_soup, interpolate_weights
from ftlib.training.batches import weigh_classes
from ftlib.training.checkpoints import CheckpointStore, unpack_arrays
from ftlib.training.devices import Hardware
from ftlib.training.phase import PhaseRun, TrainingContext
from ftlib.training.trainer import note_random_layers


def fit(
    model,
    task,
    strategy="lp_ft",
    regularization="light",
    seed=0,
    run_dir=None,
    updates=None,
    batch_size=32,
    class_weight=None,
    head=None,
    verbose=True,
    hardware=None,
):
    """Trains a copy of a classifier with a strategy, and returns the evidence.

    The argument `model` stays as it is, so the same call gives the same run again. A frozen stage runs in inference
    mode: its BatchNorm and its Dropout do nothing, which `trainable=False` alone does not do for Dropout. Each phase
    ends with the weights of its best epoch by validation loss.

    An epoch is one pass over the training images, or 20 updates where a pass is shorter, so that validation does not
    cost more than training. The random numbers of an epoch depend on (seed, phase, epoch) alone.

    What frozen first stages make of the images is computed once per phase, where no image is new at each update (see
    `Phase`) and an estimate says that it pays; the run says so.

    Args:
        model: A functional Keras model whose output are the probabilities of the task's classes, as from
            `classifier`.
        task: A `Task`; `task.for_backbone(model)` is applied to it.
        strategy: A name (see `strategy`) or a `Strategy`. Default `"lp_ft"`: head first, then all. `"auto"`: what
            `advise` recommends; the run's notes say why.
        regularization: A preset's name or a `Regularization`.
        seed: Integer: seed of drawn weights, data order, augmentation and dropout.
        run_dir: Folder for the model and the record of the run, and, while it trains, for a checkpoint after every
            epoch: killed and called again with the same arguments, it goes on at the last finished epoch, and on a CPU
            ends bit-equal to a run that was never stopped. A finished run is read, not run again. Default None:
            nothing is written.
        updates: Optimizer steps over all phases. Default None: ten passes over the training images, at least 300.
        batch_size: Images per update. Small sets fill a batch by repetition, each time augmented differently.
        class_weight: `"balanced"` (weights inverse to the class counts), a dict from class index to weight, or None.
        head: Name of the first layer of the head, for a model without a layer named `"backbone"`.
        verbose: Whether to print one line per epoch.
        hardware: A `Hardware`: several devices, mixed precision, compilation, or a batch in parts. Default None: one
            device, as Keras does it. The model of the run is a plain one in any case.

    Returns:
        A `Run`.

    Raises:
        ValueError, TypeError: For arguments that do not fit, and for a `run_dir` that holds another run or a damaged
            checkpoint, before anything is trained.
        OSError: If a checkpoint cannot be written; the one before it is still there.
        ProofError: If what was to stay frozen moved, or what was to train did not.
        DivergedError: If the loss is no longer a number, because the rate is too high (a `FloatingPointError`).

    Example:
    >>> task = ft.load_task("digits", labels_per_class=10)
    >>> model = ft.classifier(ft.load_backbone("glyphnet"), task.num_classes)
    >>> ft.fit(model, task, "feature_extraction", updates=60, verbose=False).val_accuracy > 0.9
    True
    """
    require_channels_last()
    run_dir = None if run_dir is None else pathlib.Path(run_dir).expanduser()
    settings = Regularization.preset(regularization)
    say = print if verbose else lambda line: None
    staged = StagedModel(model, head)
    found = staged.stages
    names = [s.name for s in found]
    auto = isinstance(strategy, str) and strategy.casefold() == "auto"
    recipe = get_strategy("lp_ft" if auto else strategy).unrolled(names, staged.head_width)
    _check(model, task, recipe, names, seed, updates, batch_size, run_dir)
    hardware = Hardware() if hardware is None else hardware
    hardware.check(batch_size)
    if any(phase.train == "lora" for phase in recipe.phases):
        lora_layers(found)
    batch_size, updates = int(batch_size), None if updates is None else int(updates)
    weights = weigh_classes(class_weight, task)
    for part in ("train", "validation", "test"):  # before a change of size, which would hide pixels out of range
        check_pixels(getattr(task, part).images, f"{part} images")
    if getattr(settings.anchor, "source", None) is not None:
        check_pixels(settings.anchor.source.train.images, "source images")
    advice = advise(model, task, head) if auto else None
    if auto:
        say(repr(advice))
        recipe = advice.strategy.unrolled(names, staged.head_width)
    anew = names if recipe.start == "random" else [] if recipe.keep is None else names[recipe.keep :]
    check_anchor(settings.anchor, recipe, names)
    fitted = task.for_backbone(model)
    if fitted is not task:
        say(f"{task.name}: images {_by(task.image_shape)} -> {_by(fitted.image_shape)} for the backbone")
    for note in task.notes:
        say(f"{task.name}: {note}")
    if updates is None:
        updates = max(300, 10 * -(-len(task.train) // batch_size))
    described = _describe(task, recipe, settings, updates, batch_size, None if weights is None else weights.tolist())
    if not hardware.is_plain:
        described["hardware"] = dataclasses.asdict(hardware)
    described["model"] = {"layers": len(model.layers), "checksum": fingerprint_model(model)}
    if None in model.input_shape[1:]:  # the model does not tell at which size it was trained
        described["model"]["image_shape"] = list(fitted.image_shape)
    store = None
    if run_dir is not None:
        described["task"]["checksum"] = task_checksum(task)
        if settings.anchor is not None:
            described["anchor"] = describe_anchor(settings.anchor)
        store = CheckpointStore(run_dir, {**described, "seed": int(seed), "head": head})
        if (store.folder / "run.json").exists():
            finished = load_run(run_dir, task)
            store.refuse_another({**finished.settings, "seed": finished.seed, "head": finished.head}, "a run")
            say(f"{run_dir}: this run is finished; it was read, not run again")
            finished.start = model
            return finished

    proofs = [prove_no_leak(task)]
    require_proofs(proofs)
    engine, dropout = hardware.make_executor(), {layer.name: settings.dropout for layer in _head_dropouts(found)}
    with engine.scope():
        trained = copy_model(model, dropout)
    hardware.cast(trained)
    trained = engine.adopt(trained)
    found = StagedModel(trained, head).stages
    _check_probabilities(trained, found, head)
    _check_still(trained, found, recipe.phases)
    notes = reinitialize_layers(trained, [x for s in found if s.name in anew for x in s.layers], seed) if anew else []
    rates = {layer.rate for layer in _head_dropouts(found)} or {0.0}
    if rates != {settings.dropout}:
        notes.append(f"dropout={settings.dropout:g} has no effect: the head has no Dropout layer to set it in.")
    notes = [*task.notes, *(advice.said if auto else ()), *notes, *note_random_layers(found, recipe.phases)]
    run = Run(
        trained,
        recipe.name,
        int(seed),
        described,
        [],
        [],
        proofs,
        notes,
        tuple(task.class_names),
        fitted,
        head=head,
        start=model,
    )
    anchor = None
    if settings.anchor is not None:
        say(f"{recipe.name} seed {seed}  {settings.anchor!r}: is made ready")
        anchor = PreparedAnchor(settings.anchor, StagedModel(trained, head), kept_stages(recipe, names))
        run.notes += [anchor.describe()] * bool(anchor.describe())
    plan = recipe.plan(updates)
    work = TrainingContext(run, recipe, plan, settings, batch_size, weights, anew, anchor, store, say, hardware, engine)
    _train(work)
    run.model = hardware.release(run.model, model)
    if run_dir is not None:
        run.save(run_dir)
        store.clear()
    return run


def _train(work):
    """Runs the phases, from a checkpoint on if there is one, and the closing steps."""
    run, found, first = work.run, None if work.store is None else work.store.found, 0
    start = run.model.get_weights() if "interpolate" in work.recipe.closing else None
    if found is not None:
        record, arrays = found
        first, work.touched, work.head_start = record["phase"], record["touched"], unpack_arrays("head_start", arrays)
        run.history, run.phases, run.notes = record["history"], record["phases"], record["notes"]
        run.proofs[:] = [Proof(**proof) for proof in record["proofs"]]
        work.say(f"{work.store.folder}: goes on after update {run.history[-1]['update']}")
    for index in range(first, len(work.recipe.phases)):
        phase = PhaseRun(work, index, found if index == first else None)
        phase.train()
    for step in work.recipe.closing:
        if step == "soup":
            done = greedy_soup(run, phase.soup, phase.staged.weights_of(phase.chosen))
        else:
            done = interpolate_weights(run, _line_start(run, start, work.head_start))
        run.closing.append(done)
        run.scores["validation"] = done["scores"]
        work.say(f"{run.strategy} seed {run.seed}  {done['said']}, val loss {done['scores']['loss']:.3f}")


def _line_start(run, start, head_start):
    """Returns the weights to interpolate from: those at the start, under the head phase's head or else today's."""
    head = StagedModel(run.model, run.head).weights_of(["head"])
    values = head_start or [keras.ops.convert_to_numpy(w) for w in head]
    known = {id(w): value for w, value in zip(head, values, strict=True)}
    return [known.get(id(w), value) for w, value in zip(run.model.weights, start, strict=True)]


def _head_dropouts(found):
    return [x for s in found if s.name == "head" for x in s.layers if isinstance(x, keras.layers.Dropout)]


def _check_probabilities(model, found, head):
    """Looks at what the model's head, or the whole where it cannot be cut off, gives for any input."""
    cut = [s for s in found if s.name != "head" and s.can_split][-1:]
    last = StagedModel(model, head).cut(cut)[-1]
    last = last if len(last.inputs) == 1 else model
    rows = keras.ops.convert_to_numpy(last(_any_input(last)))
    if rows.min() < 0 or not np.allclose(rows.sum(1), 1, atol=1e-2):
        raise ValueError(
            "The model must give probabilities: at least 0, with the sum 1 for each image. Received: sums of "
            f"{', '.join(f'{s:g}' for s in rows.sum(1))}. End it with a softmax activation."
        )


def _any_input(model):
    return np.random.default_rng(0).random((2, *(size or 64 for size in model.input_shape[1:]))).astype("float32")


def _check_still(model, found, phases):
    """Refuses layers of frozen stages that change their own state also in inference, such as by counting their calls.

    It would break a proof at the end of the phase. Layers of Keras have no such state, and cost nothing here.
    """
    names, held = [s.name for s in found], {}
    for stage in found:
        if all(stage.name in phase.stages(names) for phase in phases):
            continue
        for layer in (inner for outer in stage.layers for inner in outer._flatten_layers()):
            if not type(layer).__module__.startswith("keras."):
                held.update((id(w), (w, layer, stage.name)) for w in layer._non_trainable_variables)
    before = {key: np.array(keras.ops.convert_to_numpy(w)) for key, (w, _, _) in held.items()}
    if not held:
        return
    model(_any_input(model), training=False)
    moved = [key for key, (w, _, _) in held.items() if not np.array_equal(before[key], keras.ops.convert_to_numpy(w))]
    for key in moved:
        held[key][0].assign(before[key])
    if moved:
        weight, layer, stage = held[moved[0]]
        raise ValueError(
            f"{type(layer).__name__} {layer.name!r} changes its {weight.name!r} also in inference, and its stage, "
            f"{stage}, has to stay as it is while it is frozen. Let it change only where `training` is true, or choose "
            'a strategy that trains all stages, such as "full".'
        )


def _check(model, task, recipe, names, seed, updates, batch_size, run_dir):
    if not isinstance(task, Task):
        raise TypeError(f"`task` is a Task, as from ft.load_task(...). Received: {type(task).__name__}.")
    for name, value, least in (("seed", seed, 0), ("updates", updates, 1), ("batch_size", batch_size, 1)):
        whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool) and value >= least
        if not whole and not (name == "updates" and value is None):
            raise ValueError(f"`{name}` is a whole number of at least {least}. Received: {name}={value!r}.")
    shape = model.output_shape
    if isinstance(model.output, dict):
        first = next(iter(model.output))
        raise ValueError(
            f"The model must give its probabilities as one array. Received: a dict of {', '.join(model.output)}. "
            f"Take one of them: keras.Model(model.input, model.output[{first!r}])."
        )
    if not isinstance(shape, tuple) or len(shape) != 2 or shape[1] != task.num_classes:
        raise ValueError(
            f"The model must give probabilities (None, {task.num_classes}), one per class of {task.name!r}. Received: "
            f"output shape {shape}. Build it with ft.classifier(backbone, {task.num_classes})."
        )
    if updates is not None:
        recipe.plan(updates)
    recipe.check(names)
    if run_dir is not None and run_dir.exists() and not run_dir.is_dir():
        raise ValueError(f"`run_dir` is a folder. Received: the file {run_dir}.")


def _describe(task, recipe, settings, updates, batch_size, class_weight):
    return {
        "task": {
            "name": task.name,
            "train": len(task.train),
            "validation": len(task.validation),
            "test": len(task.test),
            "classes": task.num_classes,
            "source": task.source,
        },
        "strategy": repr(recipe),
        "phases": [dataclasses.asdict(phase) for phase in recipe.phases],
        "regularization": repr(settings),
        "updates": updates,
        "batch_size": batch_size,
        "class_weight": class_weight,
        "keras": keras.__version__,
        "backend": keras.backend.backend(),
    }


def _by(shape):
    return "x".join(map(str, shape))
