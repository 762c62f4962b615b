"""The parts of a phase: the model cut into what is frozen and what trains, and what trains it."""

import contextlib
import functools
import inspect

import keras

from ftlib.models.initialization import is_kernel
from ftlib.training.layerwise import layerwise


class Trainer(keras.Model):
    """The segments of a model one after the other, the frozen ones in inference mode, and the penalties of the loss.

    Args:
        parts: As from `split_into_parts`.
        settings: The `Regularization`.
        hold: The `Hold` of the phase, or None.
        dtype: A policy by name; in `"mixed_float16"` Keras scales the loss.

    It shares the model's weights and is thrown away after the phase, so that the saved model knows nothing of it.
    """

    def __init__(self, parts, settings, hold=None, dtype=None):
        super().__init__(name="trainer", dtype=dtype)
        self.autocast = False  # each layer knows what it computes in; pixels come in full
        self.parts = [part for part, _ in parts]
        self.trains = tuple(trains for _, trains in parts)
        self.settings, self.hold = settings, hold
        self.constants = [] if hold is None else hold.constants

    def call(self, x, training=None):
        x = x[0] if isinstance(x, (tuple, list)) else x  # source examples come along, for the loss
        for part, trains in zip(self.parts, self.trains, strict=True):
            x = part(x, training=bool(training) and trains)
        return x

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        loss = super().compute_loss(x=x, y=y, y_pred=y_pred, sample_weight=sample_weight, training=training)
        if self.settings.l1 or self.settings.l2:
            loss = loss + weight_penalty(self.trainable_variables, self.settings.l1, self.settings.l2)
        if self.hold is not None and training:
            loss = loss + self.hold.loss(x)
        return loss


def split_into_parts(staged, chosen):
    """Returns the model as consecutive parts, each with whether it trains; neighbours of a kind stay together.

    A frozen first part takes in what follows it without weights and randomness, such as pooling: what is to be kept
    of an image is then one number per channel, not a whole map of them.
    """
    found = staged.stages
    flags = [stage.name in chosen for stage in found]
    cuts = [s.name for s, a, b in zip(found, flags, flags[1:], strict=False) if a != b and s.can_split]
    groups, current = [], []
    for stage, trains in zip(found, flags, strict=True):
        current.append(trains)
        if stage.name in cuts:
            groups, current = [*groups, any(current)], []
    parts = staged.cut(cuts, past_pooling=not any(groups[:1]))
    return list(zip(parts, [*groups, any(current)], strict=True))


@contextlib.contextmanager
def without_dropout_in(found, chosen):
    """Switches off the random layers of frozen stages that share a segment with one that trains (a ViT's encoder)."""
    changed = []
    for stage in found:
        for layer in () if stage.name in chosen else random_layers(stage):
            changed.append(layer)
            # Whatever the number is called that says how random it is: it computes as it does when nothing trains.
            object.__setattr__(layer, "call", functools.partial(_call_without_training, layer.call))
    try:
        yield
    finally:
        for layer in changed:
            object.__delattr__(layer, "call")


def _call_without_training(call, *args, training=None, **options):
    return call(*args, training=False, **options)


def random_layers(stage):
    """Returns the layers of a stage that draw random numbers while they train: Dropout, augmentation, and their like.

    Keras gives a layer a generator of random numbers only where it needs one: a Dropout with the rate 0 has none.
    """
    inner = {id(x): x for layer in stage.layers for x in layer._flatten_layers()}.values()
    return [x for x in inner if getattr(x, "_seed_generators", None) and "training" in _arguments(x.call)]


def _arguments(function):
    return inspect.signature(function).parameters


def note_random_layers(found, phases):
    """Returns a note on the random layers of stages that are frozen in some phase, where they are off; or none.

    Args:
        found: List of `Stage`.
        phases: The phases, unrolled.
    """
    names = [stage.name for stage in found]
    off = {}
    for phase in phases:
        for stage in found:
            if stage.name not in phase.stages(names):
                off.update((id(layer), (layer, stage.name)) for layer in random_layers(stage))
    if not off:
        return []
    listed = [f"{type(layer).__name__} {layer.name!r}" for layer, _ in off.values()]
    more = f" and {len(listed) - 3} more" * (len(listed) > 3)
    where = ", ".join(dict.fromkeys(stage for _, stage in off.values()))
    return [
        f"{', '.join(listed[:3])}{more} are off wherever their stage is frozen ({where}): a frozen stage runs in "
        "inference mode. The regularization of the run augments images and drops features of the head."
    ]


class _PerUpdate(keras.optimizers.schedules.LearningRateSchedule):
    """A schedule whose step is a whole update: Keras hands it the number of parts, and would run it too fast."""

    def __init__(self, schedule, parts):
        self.schedule, self.parts = schedule, parts

    def __call__(self, step):
        return self.schedule(keras.ops.floor_divide(step, self.parts))

    def get_config(self):
        return {"schedule": keras.saving.serialize_keras_object(self.schedule), "parts": self.parts}


def make_optimizer(phase, updates, weight_decay, model, head, accumulate=1):
    """AdamW (Adam where the decay is 0), which spares whatever is no kernel: biases, gammas, betas, tokens."""
    rate = phase.rate
    if phase.schedule != "constant" and updates > 1:
        share, low = (0.1, None) if phase.schedule == "cosine" else (0.3, rate / 25)
        warm = max(1, int(share * updates))
        rate = keras.optimizers.schedules.CosineDecay(
            rate / warm if low is None else low, updates - warm, warmup_target=rate, warmup_steps=warm
        )
        rate = rate if accumulate == 1 else _PerUpdate(rate, accumulate)
    added = {"gradient_accumulation_steps": accumulate} if accumulate > 1 else {}
    if not weight_decay:
        optimizer = keras.optimizers.Adam(rate, **added)
    else:
        optimizer = keras.optimizers.AdamW(rate, weight_decay=weight_decay, **added)
        optimizer.exclude_from_weight_decay(var_list=[v for v in model.trainable_variables if not is_kernel(v)])
    return optimizer if phase.decay == 1 else layerwise(optimizer, model, decay=phase.decay, head=head)


def weight_penalty(variables, l1, l2):
    """Returns the L1 and L2 terms of the loss, a scalar tensor, over the kernels among `variables`."""
    total = keras.ops.zeros((), "float32")
    for variable in variables:
        if is_kernel(variable):
            value = keras.ops.cast(variable, "float32")
            if l1:
                total += l1 * keras.ops.sum(keras.ops.abs(value))
            if l2:
                total += l2 * keras.ops.sum(keras.ops.square(value))
    return total
