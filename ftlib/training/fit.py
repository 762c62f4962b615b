"""`fit`: the strategies of this library on a model and a task, with all that is checked before."""

import os

import keras
import numpy as np

from ftlib.evidence.proofs import Proof, prove_no_leak, require_proofs
from ftlib.evidence.run import Run, load_run, task_checksum
from ftlib.evidence.run_records import EpochRecord, PhaseRecord
from ftlib.models.arrays import to_numpy
from ftlib.models.initialization import copy_model, reinitialize_layers
from ftlib.models.staged_model import StagedModel
from ftlib.strategies.regularization import Regularization
from ftlib.strategies.strategy import Strategy
from ftlib.tasks.task import Task
from ftlib.training.anchoring import PreparedAnchor, describe_anchor, kept_stages
from ftlib.training.averaging import greedy_soup, interpolate_weights
from ftlib.training.checkpoints import CheckpointStore, unpack_arrays
from ftlib.training.context import TrainingContext
from ftlib.training.devices import Hardware
from ftlib.training.model_checks import check_outputs, check_vocabulary, require_no_change_in_inference
from ftlib.training.phase import train_phase
from ftlib.training.probe_step import try_linear_probe
from ftlib.training.progress import PrintedProgress, Progress
from ftlib.training.random_layers import describe_random_layers
from ftlib.training.request import FitRequest, resolve_request


def fit(  # noqa: PLR0913 - all but three are options with defaults
    model: keras.Model,
    task: Task,
    strategy: str | Strategy = "lp_ft",
    regularization: str | Regularization = "light",
    seed: int = 0,
    run_dir: str | os.PathLike | None = None,
    updates: int | None = None,
    batch_size: int = 32,
    class_weight: str | dict[int, float] | None = None,
    head: str | None = None,
    verbose: bool = True,
    hardware: Hardware | None = None,
    progress: Progress | None = None,
) -> Run:
    """Trains a copy of a classifier with a strategy, and returns the evidence.

    The argument `model` stays as it is, so the same call gives the same run again. A frozen stage runs in inference
    mode: its BatchNorm and its Dropout do nothing, which `trainable=False` alone does not do for Dropout. Each phase
    ends with the weights of its best epoch by validation loss; with `Strategy(keeps_better_start=True)` also with those
    that it began with, where nothing became better.

    An epoch is one pass over the training images, or 20 updates where a pass is shorter, so that validation does not
    cost more than training. The random numbers of an epoch depend on (seed, phase, epoch) alone.

    Where every update sees the same images (see `views` of `Phase`), the outputs of the frozen first stages are
    computed once per phase, if an estimate says that this saves time; the run records it.

    Args:
        model: A functional Keras model whose output is the probabilities of the task's classes, as from
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
        verbose: Whether to print one line per epoch. Has no effect where `progress` is given.
        hardware: A `Hardware`: several devices, mixed precision, compilation, or a batch in parts. Default None: one
            device, as Keras does it. The model of the run is a plain one in any case.
        progress: A `Progress` that is told what happens, to show it in another way. Default
            None: lines are printed, as `verbose` says.

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
    if progress is None:
        progress = PrintedProgress() if verbose else Progress()
    request = resolve_request(
        model,
        task,
        strategy,
        regularization,
        seed,
        run_dir,
        updates,
        batch_size,
        class_weight,
        head,
        hardware,
        progress,
    )
    settings = request.settings()
    checkpoints = None
    if request.run_dir is not None:
        settings["task"]["checksum"] = task_checksum(task)
        if request.regularization.anchor is not None:
            settings["anchor"] = describe_anchor(request.regularization.anchor)
        checkpoints = CheckpointStore(request.run_dir, {**settings, "seed": request.seed, "head": head})
        if (checkpoints.folder / "run.json").exists():
            return _read_finished(request, checkpoints, progress)

    context = start_run(request, settings, checkpoints, progress)
    run_phases(context)
    return finish(context, request)


def _read_finished(request: FitRequest, checkpoints: CheckpointStore, progress: Progress) -> Run:
    run = load_run(checkpoints.folder, request.given_task)
    checkpoints.require_same_run({**run.settings, "seed": run.seed, "head": run.head}, "a run")
    progress.note(f"{request.run_dir}: this run is finished; it was read, not run again")
    run.start = request.staged.model
    return run


def start_run(
    request: FitRequest, settings: dict, checkpoints: CheckpointStore | None, progress: Progress
) -> TrainingContext:
    """Makes the model that is trained, and the run that it belongs to.

    Raises:
        ProofError: If an example is in two splits.
        ValueError: If the model gives no probabilities, or a layer of a frozen stage does not stay as it is.
    """
    check_vocabulary(request.staged.model, request.given_task)
    proofs = [prove_no_leak(request.given_task)]
    require_proofs(proofs)

    executor = request.hardware.make_executor()
    dropout = request.regularization.dropout
    dropout_rates = {layer.name: dropout for layer in _head_dropouts(request.staged)}
    with executor.scope():
        model = copy_model(request.staged.model, dropout_rates)
    request.hardware.cast(model)
    model = executor.adopt(model)
    staged = StagedModel(model, request.staged.head)
    check_outputs(staged, request.given_task.objective)
    require_no_change_in_inference(staged, request.strategy.phases)
    drawing_notes = _reinitialize(request, staged)

    run = Run(
        model=model,
        strategy=request.strategy.name,
        seed=request.seed,
        settings=settings,
        history=[],
        phases=[],
        proofs=proofs,
        notes=_first_notes(request, staged, drawing_notes),
        class_names=tuple(request.given_task.class_names),
        task=request.task,
        head=request.staged.head,
        start=request.staged.model,
    )
    return TrainingContext(
        run=run,
        task=request.task,
        strategy=request.strategy,
        updates_per_phase=request.strategy.plan(request.updates),
        regularization=request.regularization,
        batch_size=request.batch_size,
        class_weights=request.class_weights,
        reinitialized_stages=request.reinitialized_stages,
        anchor=_prepare_anchor(request, run, staged, progress),
        checkpoints=checkpoints,
        progress=progress,
        hardware=request.hardware,
        executor=executor,
    )


def _reinitialize(request, staged):
    """Re-initializes the stages that the strategy does not keep, and returns notes on it."""
    if not request.reinitialized_stages:
        return []
    stages = [stage for stage in staged.stages if stage.name in request.reinitialized_stages]
    layers = [layer for stage in stages for layer in stage.layers]
    return reinitialize_layers(staged.model, layers, request.seed)


def _first_notes(request, staged, drawing_notes):
    """Returns what a reader of the run should know from the start."""
    notes = list(request.given_task.notes)
    if request.advice is not None:
        notes += request.advice.reasons
    if request.regularization_note:
        notes.append(request.regularization_note)
    notes += drawing_notes

    dropout = request.regularization.dropout
    head_rates = {layer.rate for layer in _head_dropouts(staged)} or {0.0}
    if head_rates != {dropout}:
        notes.append(f"dropout={dropout:g} has no effect: the head has no Dropout layer to set it in.")
    return notes + describe_random_layers(staged.stages, request.strategy.phases)


def _head_dropouts(staged):
    head_layers = [layer for stage in staged.stages if stage.name == "head" for layer in stage.layers]
    return [layer for layer in head_layers if isinstance(layer, keras.layers.Dropout)]


def _prepare_anchor(request, run, staged, progress):
    anchor = request.regularization.anchor
    if anchor is None:
        return None
    progress.note(f"{run.strategy} seed {run.seed}  {anchor!r}: is made ready")
    prepared = PreparedAnchor(anchor, staged, kept_stages(request.strategy, staged.stage_names))
    description = prepared.describe()
    if description:
        run.notes.append(description)
    return prepared


def run_phases(context: TrainingContext) -> None:
    """Runs the phases, from a checkpoint on if there is one, and the closing steps."""
    run = context.run
    closing_steps = context.strategy.closing
    start_weights = []
    if "interpolate" in closing_steps:
        start_weights = [to_numpy(weight).copy() for weight in run.model.weights]
    first_phase, checkpoint = _go_to_checkpoint(context)
    context.progress.run_started(run)

    trained_phase = train_phase(context, first_phase, checkpoint)
    for index in range(first_phase + 1, len(context.strategy.phases)):
        trained_phase = train_phase(context, index)

    for step in closing_steps:
        if step == "soup":
            record = greedy_soup(run, trained_phase.ingredients, trained_phase.weights)
        elif step == "linear_probe":
            record = try_linear_probe(run)
        else:
            record = interpolate_weights(run, _line_start(context, start_weights))
        run.closing.append(record)
        run.scores["validation"] = record.scores
        loss_text = f"val loss {record.scores['loss']:.3f}"
        context.progress.note(f"{run.strategy} seed {run.seed}  {record.description}, {loss_text}")


def _go_to_checkpoint(context):
    """Gives the run what was recorded before it was stopped; returns the phase to go on in, and its checkpoint."""
    store = context.checkpoints
    if store is None or store.checkpoint is None:
        return 0, None
    record, arrays = store.checkpoint
    run = context.run
    context.touched_stages = record["touched"]
    context.head_after_first_phase = unpack_arrays("head_start", arrays)
    run.history = [EpochRecord.from_dict(epoch) for epoch in record["history"]]
    run.phases = [PhaseRecord.from_dict(phase) for phase in record["phases"]]
    run.notes = record["notes"]
    run.proofs[:] = [Proof(**proof) for proof in record["proofs"]]
    context.progress.note(f"{store.folder}: goes on after update {run.history[-1].update}")
    return record["phase"], store.checkpoint


def _line_start(context: TrainingContext, start_weights: list[np.ndarray]) -> list[np.ndarray]:
    """Returns the weights to interpolate from: those at the start, with the head as a first phase of the head left it.

    Without such a phase it is the head as it is now.
    """
    model = context.run.model
    head_weights = StagedModel(model, context.run.head).weights_of(["head"])
    head_values = context.head_after_first_phase or [to_numpy(weight) for weight in head_weights]
    head_value_of = {id(weight): value for weight, value in zip(head_weights, head_values, strict=True)}
    return [head_value_of.get(id(weight), start) for weight, start in zip(model.weights, start_weights, strict=True)]


def finish(context: TrainingContext, request: FitRequest) -> Run:
    """Makes a plain model of the trained one, and writes the run into its folder if it has one."""
    run = context.run
    run.model = context.hardware.release(run.model, request.staged.model)
    if context.checkpoints is not None:
        run.save(context.checkpoints.folder)
        context.checkpoints.clear()
    context.progress.run_finished(run)
    return run
