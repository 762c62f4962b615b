"""A phase of a run: what trains is settled, prepared, and then trained epoch by epoch."""

import contextlib
import dataclasses
import math
import pathlib
import shutil
import tempfile
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from ftlib.errors import DivergedError
from ftlib.evidence.proofs import Proof, prove, require_proofs
from ftlib.evidence.run_records import EpochRecord, PhaseRecord
from ftlib.models.arrays import to_numpy
from ftlib.models.freezing import set_trainable
from ftlib.models.inference import prefetch
from ftlib.models.initialization import assign_weights, copy_model
from ftlib.models.lora import add_lora, merge_lora
from ftlib.models.staged_model import StagedModel
from ftlib.objectives.evaluation import score_model
from ftlib.tasks.inputs import INPUT_NOUNS
from ftlib.text import format_span
from ftlib.training.activation_cache import ActivationCache
from ftlib.training.anchoring import AnchorTerm
from ftlib.training.averaging import SOUP_SIZE, EpochWeights
from ftlib.training.batches import EpochBatches, FixedAlterations, FixedViews, reseed_layers
from ftlib.training.checkpoints import Checkpoint, pack_arrays, unpack_arrays
from ftlib.training.context import TrainingContext
from ftlib.training.loop_rules import updates_per_epoch
from ftlib.training.phase_plan import PhasePlan
from ftlib.training.random_layers import without_dropout_in
from ftlib.training.trainer import ModelSegment, Trainer, make_optimizer, split_into_segments


@dataclasses.dataclass
class TrainedPhase:
    """What the steps after the last phase need of it.

    Attributes:
        weights: The weights that trained.
        ingredients: The best epochs, where a soup is to be made of them.
    """

    weights: list[keras.Variable]
    ingredients: list[EpochWeights]


@dataclasses.dataclass(frozen=True)
class StageChoice:
    """Which stages train in a phase, set on the model.

    Attributes:
        staged: The model.
        trained_stages: Names of the stages that train.
        weights: The weights of these stages, frozen statistics among them.
        trainable_count: Number of scalars that train.
        model_before_lora: A copy of the model without LoRA's additions, to be given the trained weights; None for a
            phase without LoRA.
    """

    staged: StagedModel
    trained_stages: list[str]
    weights: list[keras.Variable]
    trainable_count: int
    model_before_lora: keras.Model | None


@dataclasses.dataclass(frozen=True)
class PhaseInputs:
    """What goes through the part of the model that is trained.

    Attributes:
        segments: The segments of the model that images, or what is kept of them, still go through.
        views: The training images in fixed views, or what the frozen stages give for them; None where every update
            draws new views.
        validation: The validation images, or what the frozen stages give for them.
        cache_location: `"memory"`, `"disk"`, or `""` where nothing is computed once.
        cache_note: What is computed once, in words.
    """

    segments: list[ModelSegment]
    views: Any
    validation: Any
    cache_location: str
    cache_note: str


def train_phase(context: TrainingContext, index: int, checkpoint: Checkpoint | None = None) -> TrainedPhase:
    """Trains a phase with a fresh optimizer, and leaves the model with the weights of its best epoch, or its start.

    Args:
        context: What the phases of the run share; its run gets the records of the epochs and of the phase.
        index: Which phase, from 0.
        checkpoint: One from within this phase, to go on there; or None.

    Raises:
        ProofError: If what was to stay frozen moved, or what was to train did not.
        DivergedError: If the loss is no longer a number.
        OSError: If a checkpoint cannot be written.
    """
    plan = plan_phase(context, index)
    choice = choose_stages(context, plan, checkpoint)
    prover = prove(context.run.model, batch_norm="train", head=context.run.head)
    prover.start(digests=None if checkpoint is None else checkpoint.record["digests"])

    with without_dropout_in(choice.staged.stages, choice.trained_stages), _cache_folder(context) as folder:
        inputs = prepare_inputs(context, plan, choice, folder, checkpoint)
        loop = PhaseLoop(context, plan, choice, inputs, prover)
        if checkpoint is not None:
            loop.restore(checkpoint)
        loop.run()
        prover.check(loop.trainer.optimizer)

    _finish_phase(context, plan, choice, inputs, loop)
    ingredients = loop.ingredients if loop.kept_epoch is loop.best_epoch else [loop.kept_epoch, *loop.ingredients]
    return TrainedPhase(choice.weights, ingredients)


def plan_phase(context: TrainingContext, index: int) -> PhasePlan:
    """Returns the numbers of a phase whose predecessors are in the records of the run."""
    phase = context.strategy.phases[index]
    updates = context.updates_per_phase[index]
    epoch_updates = updates_per_epoch(len(context.task.train), context.batch_size, updates)
    is_last = index == len(context.updates_per_phase) - 1
    return PhasePlan(
        phase=phase,
        index=index,
        updates=updates,
        updates_per_epoch=epoch_updates,
        epochs=math.ceil(updates / epoch_updates),
        updates_before=sum(record.updates_done for record in context.run.phases),
        epochs_before=sum(record.epochs for record in context.run.phases),
        patience=phase.patience or context.regularization.patience,
        keeps_ingredients=is_last and "soup" in context.strategy.closing,
    )


def choose_stages(context: TrainingContext, plan: PhasePlan, checkpoint: Checkpoint | None) -> StageChoice:
    """Sets which stages train, restores the weights of a checkpoint, and proves that no phase trains less than before.

    Raises:
        ProofError: If a phase that adds stages to those of the one before trains no more weights than that.
    """
    run = context.run
    phase = plan.phase
    staged = StagedModel(run.model, run.head)
    model_before_lora = None
    if phase.train == "lora":
        model_before_lora = copy_model(run.model)
        with context.executor.scope():
            trained_stages = add_lora(staged, phase.rank, run.seed, phase.frozen_head)
    else:
        trained_stages = phase.trained_stages(staged.stage_names)
        if phase.batch_norm == "freeze":
            norms_train_in = {*context.reinitialized_stages, "head"}
        else:
            norms_train_in = set(staged.stage_names)
        set_trainable(staged, trained_stages, batch_norm=norms_train_in)

    touched_stages = {*context.touched_stages, *trained_stages}
    context.touched_stages = [name for name in staged.stage_names if name in touched_stages]
    if checkpoint is not None:
        assign_weights(staged.weights_of(context.touched_stages), unpack_arrays("weights", checkpoint.arrays))

    trainable_count = sum(math.prod(weight.shape) for weight in run.model.trainable_weights)
    if checkpoint is None and run.phases and set(run.phases[-1].stages) < set(trained_stages):
        count_before = run.phases[-1].trainable
        detail = f"{count_before:,} -> {trainable_count:,} weights"
        run.proofs.append(Proof(f"{phase.name}: more trains", trainable_count > count_before, detail))
        require_proofs(run.proofs)
    return StageChoice(staged, trained_stages, staged.weights_of(trained_stages), trainable_count, model_before_lora)


@contextlib.contextmanager
def _cache_folder(context) -> Iterator[pathlib.Path]:
    """Where files of activations may lie: in the folder of the run, for a run that is killed to find them again."""
    if context.checkpoints is None:
        with tempfile.TemporaryDirectory(prefix="ftlib-") as folder:
            yield pathlib.Path(folder)
    else:
        folder = context.checkpoints.folder / "cache"
        yield folder
        shutil.rmtree(folder, ignore_errors=True)


def prepare_inputs(
    context: TrainingContext, plan: PhasePlan, choice: StageChoice, folder: pathlib.Path, checkpoint: Checkpoint | None
) -> PhaseInputs:
    """Computes what can be computed once, if that pays, and tells that the phase begins."""
    task = context.task
    validation = task.objective.for_evaluation(task.validation)
    segments = split_into_segments(choice.staged, choice.trained_stages)
    views = _fixed_views(context, plan)
    cache, location, note = None, "", ""
    if views is not None and len(segments) > 1 and not segments[0].trains:
        cache = ActivationCache(segments[0].model, views, folder)
        if checkpoint is None:
            validation_uses = plan.epochs * len(validation)
            location = cache.choose_location(
                images=len(views) + len(validation),
                uses=plan.updates * context.batch_size + validation_uses,
            )
        else:  # the estimate may have changed since, and the bits of the result with it
            location = checkpoint.record["where"]
        if location:
            note = _describe_cache(cache, location, len(views), task, choice)

    context.progress.phase_started(plan, note)
    if cache is None or not location:
        return PhaseInputs(segments, views, validation.inputs, "", "")
    kept_views = cache.run(views, location)
    kept_validation = cache.run(validation.inputs, location)
    return PhaseInputs(segments[1:], kept_views, kept_validation, location, note)


def _fixed_views(context, plan):
    """Returns the views of the training images in the order of `FixedViews`; None if each update draws new ones."""
    regularization = context.regularization
    objective = context.task.objective
    images = context.task.train.inputs
    distorts = regularization.augmentation != "none"
    view_count = plan.phase.views
    if objective.draws_inputs or (objective.moves_targets and distorts and view_count != 1):
        return None
    if view_count is None:
        if distorts or regularization.mixup or regularization.cutmix:
            return None
        view_count = 1
    if view_count == 1 or not distorts:
        return images
    views_key = (context.run.seed, plan.index)
    strength, task = regularization.augmentation, context.task
    if task.kind == "image":
        return FixedViews(images, view_count, strength, task.mirror, views_key)
    return FixedAlterations(task, view_count, strength, views_key)


def _describe_cache(cache, location, view_count, task, choice):
    frozen_stages = []
    for name in choice.staged.stage_names:
        if name in choice.trained_stages:
            break
        frozen_stages.append(name)
    nouns = INPUT_NOUNS[task.kind]
    views_per_image = view_count // len(task.train)
    views_text = f" in {views_per_image} views" if views_per_image > 1 else ""
    megabytes = 4 * (view_count + len(task.validation)) * math.prod(cache.shape) / 2**20
    place = "in memory" if location == "memory" else "on disk"
    return (
        f"{format_span(frozen_stages)} computed once for {len(task.train)} training {nouns}{views_text} and "
        f"{len(task.validation)} for validation, {megabytes:,.1f} MB {place}"
    )


class PhaseLoop:
    """The epochs of a phase.

    Args:
        context: What the phases of the run share.
        plan: The `PhasePlan`.
        choice: The `StageChoice`, set on the model.
        inputs: The `PhaseInputs`.
        prover: What was started before the first update, to prove at the end what moved.

    Attributes:
        trainer: The compiled `Trainer`.
        epoch, updates_done: How far the phase is.
        start: What the phase began with, as an `EpochWeights` of epoch 0, where the strategy keeps it if it is better;
            None once an epoch has a lower validation loss, and before `run`.
        best_epoch: The `EpochWeights` with the lowest validation loss so far, or None.
        ingredients: The best epochs, best first, where a soup is to be made of them.
    """

    def __init__(
        self, context: TrainingContext, plan: PhasePlan, choice: StageChoice, inputs: PhaseInputs, prover: prove
    ):
        self.context = context
        self.plan = plan
        self.choice = choice
        self.inputs = inputs
        self.prover = prover
        self.anchor_term, self.trainer = _make_trainer(context, plan, choice, inputs.segments)
        self.validation_model = self._choose_validation_model()
        self.validation_targets = context.task.objective.for_evaluation(context.task.validation).targets
        self.epoch = 0
        self.updates_done = 0
        self.start: EpochWeights | None = None
        self.best_epoch: EpochWeights | None = None
        self.ingredients: list[EpochWeights] = []

    def _choose_validation_model(self):
        """Returns what gives predictions for the validation inputs, which may be what frozen stages gave for images."""
        if not self.inputs.cache_location:
            return self.context.run.model
        if len(self.inputs.segments) == 1:
            return self.inputs.segments[0].model
        return self.trainer

    def restore(self, checkpoint: Checkpoint) -> None:
        """Goes to where the loop was when the checkpoint was written."""
        record, arrays = checkpoint
        self.epoch = record["epoch"]
        self.updates_done = record["done"]
        self.best_epoch = EpochWeights(**record["best"], weights=unpack_arrays("best", arrays))
        if record["start"] is not None:
            self.start = EpochWeights(**record["start"], weights=unpack_arrays("start", arrays))
        self.ingredients = [
            EpochWeights(**ingredient, weights=unpack_arrays(f"soup{i}", arrays))
            for i, ingredient in enumerate(record["soup"])
        ]
        assign_weights(self.trainer.optimizer.variables, unpack_arrays("optimizer", arrays))

    def run(self) -> None:
        """Trains until the updates are done, or validation has not improved for as long as the plan allows."""
        if self.best_epoch is None and self.context.strategy.keeps_better_start:
            self.start = self._score_start()
        while not self._is_finished():
            self.run_epoch()
            if self.context.checkpoints is not None:
                self._write_checkpoint()

    @property
    def kept_epoch(self) -> EpochWeights:
        """The best epoch; or the start, where no epoch has a lower loss and the best one has no better headline score.

        A loss also rises where answers become surer of themselves and more of them right. Then the epoch is kept.
        """
        assert self.best_epoch is not None, "a phase has at least one epoch"
        if self.start is None:
            return self.best_epoch
        headline = self.context.task.objective.headline
        best_score, start_score = (epoch.scores[headline.name] for epoch in (self.best_epoch, self.start))
        return self.best_epoch if headline.is_better(best_score, start_score) else self.start

    def _score_start(self):
        scores = self.context.run.scores.get("validation")
        if scores is None:
            scores = self._score_validation()
        weights = [to_numpy(weight).copy() for weight in self.choice.weights]
        return EpochWeights(0, scores["loss"], scores, weights)

    def _score_validation(self):
        return score_model(
            self.validation_model, self.inputs.validation, self.validation_targets, self.context.task.objective
        )

    def _is_finished(self):
        if self.updates_done >= self.plan.updates:
            return True
        if not self.plan.patience or self.best_epoch is None:
            return False
        return self.epoch - self.best_epoch.epoch >= self.plan.patience

    def run_epoch(self) -> None:
        """Trains one epoch, scores it on validation, and keeps its weights if it is the best so far."""
        run = self.context.run
        updates = min(self.plan.updates_per_epoch, self.plan.updates - self.updates_done)
        epoch_key = (run.seed, self.plan.index, self.epoch)
        reseed_layers(run.model, epoch_key)
        train_metrics = self._train_updates(updates, epoch_key)
        self.epoch += 1
        self.updates_done += updates

        scores = self._score_validation()
        record = self._epoch_record(train_metrics, scores)
        run.history.append(record)
        self._require_finite_loss(record)

        is_best = self._keep_best(record, scores)
        self.context.progress.epoch_finished(record, is_best)

    def _train_updates(self, updates, epoch_key):
        context = self.context
        batches = EpochBatches(
            context.task,
            context.batch_size,
            updates,
            epoch_key,
            context.regularization,
            context.class_weights,
            self.inputs.views,
        )
        return context.executor.train(self.trainer, self._trainer_inputs(batches, epoch_key))

    def _trainer_inputs(self, batches, epoch_key):
        """Yields what goes through the model at once: batches, or parts of them of equal size."""
        for index, batch in enumerate(prefetch(batches.__getitem__, len(batches))):
            for images, *targets in _split_batch(batch, self.context.hardware.accumulate):
                if self.anchor_term is not None:
                    images = self.anchor_term.inputs_for(images, epoch_key, index)
                yield images, *targets

    def _epoch_record(self, train_metrics, scores):
        return EpochRecord(
            phase=self.plan.phase.name,
            epoch=len(self.context.run.history) + 1,
            update=self.plan.updates_before + self.updates_done,
            rate=float(self.trainer.optimizer.learning_rate),
            training={"loss": train_metrics["loss"], **train_metrics},
            validation=scores,
        )

    def _require_finite_loss(self, record):
        if not np.isfinite(record.loss) or not np.isfinite(record.val_loss):
            raise DivergedError(
                f"The loss is {record.loss} in phase {record.phase!r} after {self.updates_done} updates: the rate "
                f"{self.plan.phase.rate:g} is too high for this model. Try a tenth of it."
            )

    def _keep_best(self, record, scores):
        """Keeps the weights of the epoch if it is the best, or one of the best where a soup is wanted."""
        is_best = self.best_epoch is None or record.val_loss < self.best_epoch.val_loss
        if is_best or self.plan.keeps_ingredients:
            weights = [to_numpy(weight).copy() for weight in self.choice.weights]
            epoch_weights = EpochWeights(self.epoch, record.val_loss, scores, weights)
            if is_best:
                self.best_epoch = epoch_weights
                if self.start is not None and record.val_loss < self.start.val_loss:
                    self.start = None
            if self.plan.keeps_ingredients:
                ingredients = sorted([*self.ingredients, epoch_weights], key=lambda epoch: epoch.val_loss)
                self.ingredients = ingredients[:SOUP_SIZE]
        return is_best

    def _write_checkpoint(self):
        context = self.context
        run = context.run
        assert self.best_epoch is not None and context.checkpoints is not None
        record = {
            "phase": self.plan.index,
            "epoch": self.epoch,
            "done": self.updates_done,
            "start": None if self.start is None else _without_weights(self.start),
            "best": _without_weights(self.best_epoch),
            "soup": [_without_weights(ingredient) for ingredient in self.ingredients],
            "where": self.inputs.cache_location,
            "touched": context.touched_stages,
            "digests": self.prover.digests_at_start,
            "history": [dict(epoch_record) for epoch_record in run.history],
            "phases": [dict(phase_record) for phase_record in run.phases],
            "notes": run.notes,
            "proofs": [dataclasses.asdict(proof) for proof in run.proofs],
        }
        arrays = {
            **pack_arrays("weights", self.choice.staged.weights_of(context.touched_stages)),
            **pack_arrays("best", self.best_epoch.weights),
            **pack_arrays("optimizer", self.trainer.optimizer.variables),
            **pack_arrays("head_start", context.head_after_first_phase),
        }
        if self.start is not None:
            arrays.update(pack_arrays("start", self.start.weights))
        for i, ingredient in enumerate(self.ingredients):
            arrays.update(pack_arrays(f"soup{i}", ingredient.weights))
        context.checkpoints.write(record, arrays)


def _make_trainer(context, plan, choice, segments) -> tuple[AnchorTerm | None, Trainer]:
    """Returns the term of the anchor, if there is one, and the compiled trainer.

    Whatever has variables is made here: if they were created in the first update, TensorFlow would trace it twice.
    """
    regularization = context.regularization
    hardware = context.hardware
    objective = context.task.objective
    with context.executor.scope():
        anchor_term = None
        if context.anchor is not None:
            anchor_term = context.anchor.term_for([weight for weight in choice.weights if weight.trainable])
        trainer = Trainer(segments, regularization, anchor_term, hardware.precision)
        optimizer = make_optimizer(
            plan.phase, plan.updates, regularization.weight_decay, choice.staged, hardware.accumulate
        )
        metrics = objective.make_metrics()
        trainer.compile(optimizer, objective.make_loss(regularization), metrics=metrics, jit_compile=hardware.jit)
        trainer.optimizer.build(trainer.trainable_variables)
    return anchor_term, trainer


def _split_batch(batch, count):
    """Returns a batch, which is a tuple of arrays, as that many smaller ones."""
    split_arrays = [np.split(array, count) for array in batch]
    return zip(*split_arrays, strict=True)


def _without_weights(epoch_weights):
    return {"epoch": epoch_weights.epoch, "val_loss": epoch_weights.val_loss, "scores": epoch_weights.scores}


def _finish_phase(context, plan, choice, inputs, loop):
    """Leaves the model with the weights that are kept, and the run with the record of the phase."""
    run = context.run
    phase = plan.phase
    kept_epoch = loop.kept_epoch
    run.proofs += [Proof(f"{phase.name}: {proof.name}", proof.holds, proof.detail) for proof in loop.prover.results]
    assign_weights(choice.weights, kept_epoch.weights)
    run.scores["validation"] = kept_epoch.scores
    if kept_epoch is loop.start:
        note = f"{phase.name}: no epoch was better on validation than what the phase began with, which is kept."
        run.notes.append(note)
        context.progress.note(f"{run.strategy} seed {run.seed}  {note}")

    stages_from_output = reversed(choice.staged.stage_names)
    rates = {name: phase.rate * phase.decay**i for i, name in enumerate(stages_from_output)}
    run.phases.append(
        PhaseRecord(
            name=phase.name,
            stages=choice.trained_stages,
            updates=plan.updates,
            updates_done=loop.updates_done,
            rate=phase.rate,
            decay=phase.decay,
            rates={name: rate for name, rate in rates.items() if name in choice.trained_stages},
            trainable=choice.trainable_count,
            best_epoch=kept_epoch.epoch,
            epochs=loop.epoch,
            stopped=loop.updates_done < plan.updates,
            views=None if inputs.views is None else len(inputs.views) // len(context.task.train),
            cache=inputs.cache_note,
        )
    )
    if choice.model_before_lora is not None:
        run.model = merge_lora(choice.model_before_lora, run.model)
    if plan.index == 0 and choice.trained_stages == ["head"]:
        context.head_after_first_phase = kept_epoch.weights
    run.forget_predictions()
