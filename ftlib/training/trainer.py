"""What trains a phase: the model cut into what is frozen and what trains, its loss, and the optimizer."""

from typing import Any, NamedTuple

import keras

from ftlib.models.initialization import is_kernel
from ftlib.models.staged_model import StagedModel
from ftlib.strategies.regularization import Regularization
from ftlib.strategies.strategy import Phase
from ftlib.training.layerwise import layerwise_for

_WARMUP = {"cosine": 0.1, "one_cycle": 0.3}  # share of a phase's updates until the rate is at its peak
_ONE_CYCLE_START = 25  # one cycle starts at the peak rate divided by this (Smith and Topin, 2018)


class ModelSegment(NamedTuple):
    """Consecutive layers of a model that all train, or are all frozen."""

    model: keras.Model
    trains: bool


class Trainer(keras.Model):
    """The segments of a model one after the other, the frozen ones in inference mode, and the penalties of the loss.

    It shares the model's weights and is thrown away after the phase, so that the saved model knows nothing of it.

    Args:
        segments: As from `split_into_segments`.
        regularization: The `Regularization`.
        anchor_term: The `AnchorTerm` of the phase, or None.
        dtype: A policy by name; in `"mixed_float16"` Keras scales the loss.
    """

    def __init__(self, segments, regularization: Regularization, anchor_term=None, dtype: str | None = None):
        super().__init__(name="trainer", dtype=dtype)
        self.autocast = False  # each layer knows what it computes in; pixels come in full
        self.segment_models = [segment.model for segment in segments]
        self.segment_trains = tuple(segment.trains for segment in segments)
        self.regularization = regularization
        self.anchor_term = anchor_term
        self.anchor_constants = [] if anchor_term is None else anchor_term.constants

    def call(self, x, training=None):
        x = x[0] if isinstance(x, (tuple, list)) else x  # source examples come along, for the loss
        for segment_model, trains in zip(self.segment_models, self.segment_trains, strict=True):
            x = segment_model(x, training=bool(training) and trains)
        return x

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        loss = super().compute_loss(x=x, y=y, y_pred=y_pred, sample_weight=sample_weight, training=training)
        l1, l2 = self.regularization.l1, self.regularization.l2
        if l1 or l2:
            loss = loss + weight_penalty(self.trainable_variables, l1, l2)
        if self.anchor_term is not None and training:
            loss = loss + self.anchor_term.loss(x)
        return loss


def weight_penalty(variables, l1: float, l2: float) -> Any:
    """Returns the L1 and L2 terms of the loss, a scalar tensor, over the kernels among `variables`."""
    total: Any = keras.ops.zeros((), "float32")
    for variable in variables:
        if is_kernel(variable):
            value: Any = keras.ops.cast(variable, "float32")
            if l1:
                absolute_sum: Any = keras.ops.sum(keras.ops.abs(value))
                total += l1 * absolute_sum
            if l2:
                square_sum: Any = keras.ops.sum(keras.ops.square(value))
                total += l2 * square_sum
    return total


def split_into_segments(staged: StagedModel, trained_stages) -> list[ModelSegment]:
    """Returns the model as consecutive segments, each with whether it trains; neighbours of a kind stay together.

    A frozen first segment takes in what follows it without weights and randomness, such as pooling: what is to be kept
    of an image is then one number per channel, not a whole map of them.
    """
    stages = staged.stages
    stage_trains = [stage.name in trained_stages for stage in stages]
    cut_after = [
        stage.name
        for stage, trains, next_trains in zip(stages, stage_trains, stage_trains[1:], strict=False)
        if trains != next_trains and stage.can_split
    ]

    # Stages that cannot be told apart by a cut form one segment, which trains if any of them does.
    segment_trains, current_stages = [], []
    for stage, trains in zip(stages, stage_trains, strict=True):
        current_stages.append(trains)
        if stage.name in cut_after:
            segment_trains.append(any(current_stages))
            current_stages = []
    segment_trains.append(any(current_stages))

    segment_models = staged.cut(cut_after, past_pooling=bool(cut_after) and not segment_trains[0])
    return [ModelSegment(model, trains) for model, trains in zip(segment_models, segment_trains, strict=True)]


class _PerUpdate(keras.optimizers.schedules.LearningRateSchedule):
    """A schedule whose step is a whole update: Keras counts the parts of a batch, and would run it too fast."""

    def __init__(self, schedule, parts):
        self.schedule = schedule
        self.parts = parts

    def __call__(self, step):
        return self.schedule(keras.ops.floor_divide(step, self.parts))

    def get_config(self):
        return {"schedule": keras.saving.serialize_keras_object(self.schedule), "parts": self.parts}


class AdamWWithOneScheduleCall(keras.optimizers.AdamW):
    """AdamW that computes its rate once an update, whose bits are Keras's own.

    Keras asks the schedule again for every weight that decays. TensorFlow then builds, and runs, the whole schedule as
    often: for a small network that was a fifth of a short run (`benchmarks/first_update.py`).
    """

    _rate_of_update: Any = None

    def apply(self, grads, trainable_variables=None):
        self._rate_of_update = super()._get_current_learning_rate()
        try:
            return super().apply(grads, trainable_variables)
        finally:
            self._rate_of_update = None  # a tensor of a graph is worth nothing outside it

    def _get_current_learning_rate(self):
        return super()._get_current_learning_rate() if self._rate_of_update is None else self._rate_of_update


def make_optimizer(
    phase: Phase, updates: int, weight_decay: float, staged: StagedModel, accumulate: int = 1
) -> keras.optimizers.Optimizer:
    """Returns AdamW (Adam where the decay is 0), which spares whatever is no kernel: biases, gammas, betas, tokens.

    Args:
        phase: The `Phase`: its rate, schedule and decay from stage to stage.
        updates: Updates of the phase, over which the schedule runs.
        weight_decay: Decoupled decay per update, times the rate.
        staged: The model, whose `trainable` flags are set.
        accumulate: Parts of a batch whose gradients are added up.
    """
    rate: Any = _schedule(phase, updates)
    options: dict[str, Any] = {}
    if accumulate > 1:
        options["gradient_accumulation_steps"] = accumulate
        if isinstance(rate, keras.optimizers.schedules.LearningRateSchedule):
            rate = _PerUpdate(rate, accumulate)

    if weight_decay:
        optimizer = AdamWWithOneScheduleCall(rate, weight_decay=weight_decay, name="adamw", **options)
        spared = [weight for weight in staged.model.trainable_variables if not is_kernel(weight)]
        optimizer.exclude_from_weight_decay(var_list=spared)
    else:
        optimizer = keras.optimizers.Adam(rate, **options)

    if phase.decay == 1:
        return optimizer
    return layerwise_for(staged, optimizer, decay=phase.decay)


def _schedule(phase, updates) -> Any:
    """Returns the rate of a phase as a number or a schedule: a rise to the peak, then a cosine down to nothing."""
    if phase.schedule == "constant" or updates <= 1:
        return phase.rate
    warmup_updates = max(1, int(_WARMUP[phase.schedule] * updates))
    first_rate = phase.rate / (warmup_updates if phase.schedule == "cosine" else _ONE_CYCLE_START)
    return keras.optimizers.schedules.CosineDecay(
        first_rate, updates - warmup_updates, warmup_target=phase.rate, warmup_steps=warmup_updates
    )
