"""Rates per stage: one optimizer whose learning rate is scaled for each stage of a model."""

import functools
import math
import uuid
import weakref

import keras
import numpy as np

from ftlib.errors import unknown
from ftlib.models.optimizer_copies import rebuild_optimizer
from ftlib.models.staged_model import stages

_DECAY = 0.75
_PLANS = weakref.WeakValueDictionary()  # by mark: an optimizer made of a config finds its weights, in this process


def layerwise(optimizer, model, decay=None, rates=None, head=None):
    """Returns an optimizer of the same kind that trains each stage of a model with a rate of its own.

    Early stages hold general features that small data would spoil, so they move less than late ones ("discriminative
    fine-tuning": Howard and Ruder, 2018, https://arxiv.org/abs/1801.06146; as one decay from the head down: BEiT,
    Bao et al., 2021, https://arxiv.org/abs/2106.08254). All else is as in the optimizer given: global clipping looks at
    all stages together, callbacks and schedules set `learning_rate`, and each stage keeps its proportion to that.
    Decoupled weight decay is scaled with the rate. A stage with the factor 1 trains as if without `layerwise`.

    A stage with the rate 0 is frozen, not only slow: its layers, BatchNormalization too, are set to `trainable=False`
    in `model`, at once. A model that was compiled before that counts as not compiled, for its old compile would go on
    training the stage. Other stages keep their `trainable` flags.

    Args:
        optimizer: A `keras.optimizers.Optimizer`, or the name of one. It stays as it is: its settings are copied, with
            what it excludes from weight decay; moments and step count start fresh.
        model: A functional Keras model (see `stages`). Compile it, or another one made of the same weights, with the
            result.
        decay: Factor from each stage to the one before it, above 0 to 1: the last stage, the head, has the optimizer's
            own rate. Default, if there are no `rates`: 0.75, what MAE uses for a block of a large ViT (He et al., 2021,
            https://arxiv.org/abs/2111.06377): mild, since a stage is often several blocks. 1 gives one rate for all.
        rates: Instead of `decay`: dict from the name of a stage to its rate, at least 0. Stages without an entry have
            the optimizer's own rate. Where that is one of Keras's schedules, a rate is meant at its peak, the
            largest rate among its settings: the schedule then scales all stages in proportion.
        head: Name of the first layer of the head, for a model without a layer named `"backbone"`.

    Returns:
        An instance of a subclass of the optimizer's class, with two dicts more: `stage_factors` and `stage_rates`, the
        rates at present, to six digits. It saves with a model; before the file is loaded,
        `import ftlib.training.layerwise`, so that Keras knows it, or load with `compile=False`.

    Raises:
        ValueError: For a decay or rate out of range, both of them, an unknown stage, an optimizer that is not one,
            wraps others, is layerwise already, was built for another model or does not tell its settings, and a rate of
            0 or a function where `rates` need something to be in proportion to. Later, when training begins: for
            weights that `model` did not have, or a stage with the rate 0 that was made trainable again.

    Example:
    >>> model = ft.classifier(ft.load_backbone("glyphnet"), num_classes=10)
    >>> optimizer = ft.layerwise(keras.optimizers.AdamW(0.001), model, decay=0.5)
    >>> list(optimizer.stage_rates.values())[-3:]
    [0.00025, 0.0005, 0.001]
    >>> optimizer = ft.layerwise("adam", model, rates={"stage1": 0.0, "head": 0.01})
    >>> optimizer.stage_rates["stage1"], optimizer.stage_rates["stage2"], optimizer.stage_rates["head"]
    (0.0, 0.001, 0.01)
    """
    optimizer = _plain(optimizer)
    found = stages(model, head=head)
    names = [stage.name for stage in found]
    if rates is None:
        factors = _from_decay(names, _DECAY if decay is None else decay)
    elif decay is not None:
        raise ValueError(f"Give `decay` or `rates`, not both. Received: decay={decay!r}, rates={rates!r}.")
    else:
        factors = _from_rates(names, rates, optimizer)
    # Reversed, so that a weight used in two stages goes with the first.
    stage_of = {id(w): stage.name for stage in reversed(found) for layer in stage.layers for w in layer.weights}
    plan = _Plan(factors, [(w, stage_of[id(w)]) for w in model.weights if id(w) in stage_of])
    if optimizer.built and not plan.knows(optimizer, optimizer._trainable_variables):
        raise ValueError("The optimizer was built for another model. Pass a new one, with the same settings.")
    result = _wrap(optimizer, plan)
    frozen = [layer for stage in found if factors[stage.name] == 0 for layer in stage.layers]
    if any(inner.trainable for layer in frozen for inner in layer._flatten_layers()):
        for layer in frozen:
            layer.trainable = False
        model.compiled = False  # `fit` then asks for a new compile instead of training what is frozen now
    return result


def _plain(optimizer):
    optimizer = keras.optimizers.get(optimizer) if isinstance(optimizer, str) else optimizer
    if not isinstance(optimizer, keras.optimizers.Optimizer):
        raise ValueError(f"Expected a keras.optimizers.Optimizer, or the name of one. Received: {optimizer!r}.")
    wrappers = (keras.optimizers.LossScaleOptimizer, getattr(keras.optimizers, "MultiOptimizer", ()), Layerwise)
    if isinstance(optimizer, wrappers):
        raise ValueError(
            f"Expected a plain optimizer. Received: {type(optimizer).__name__}, which is around another or has rates "
            "per stage already. Pass the one inside: for mixed precision `compile` wraps it on its own."
        )
    return optimizer


def _number(value):
    return isinstance(value, (int, float, np.number)) and not isinstance(value, bool) and math.isfinite(value)


def _from_decay(names, decay):
    if not _number(decay) or not 0 < decay <= 1:
        raise ValueError(f"`decay` is a factor above 0 and at most 1. Received: decay={decay!r}.")
    return {name: float(decay) ** i for i, name in zip(range(len(names) - 1, -1, -1), names, strict=True)}


def _from_rates(names, rates, optimizer):
    if not isinstance(rates, dict):
        raise ValueError(f"`rates` is a dict from stage names to rates. Received: rates={rates!r}.")
    for name, rate in rates.items():
        if name not in names:
            raise unknown("stage", name, names)
        if not _number(rate) or rate < 0:
            raise ValueError(f"The rate of a stage is a number, at least 0. Received: {name}={rate!r}.")
    own = _peak(optimizer)
    if own <= 0:
        raise ValueError(f"`rates` need an optimizer whose own rate is above 0. Received: learning_rate={own}.")
    # As float32, like Keras's own rate: the factor of the same number is then exactly 1.
    factors = {name: float(np.float32(rates[name])) / own if name in rates else 1.0 for name in names}
    if not any(factors.values()):
        raise ValueError("At least one stage needs a rate above 0. Received: 0 for all.")
    return factors


def _peak(optimizer):
    rate = optimizer._learning_rate
    if not callable(rate):
        return float(keras.ops.convert_to_numpy(optimizer.learning_rate))
    if type(rate) not in vars(keras.optimizers.schedules).values():
        raise ValueError(
            f"`rates` need a number or a schedule of Keras to be in proportion to. Received: learning_rate={rate!r}. "
            "Use `decay`, which needs neither."
        )
    config = rate.get_config()
    named = [config.get(key) for key in ("initial_learning_rate", "warmup_target", "end_learning_rate")]
    return float(np.float32(max(float(n) for n in [*named, *config.get("values", [])] if n is not None)))


class _Plan:
    """The factor of each stage and the stage of each weight.

    It is no list or dict of the optimizer: Keras would take weights in there for the optimizer's own.
    """

    def __init__(self, factors, weights, rows=()):
        self.factors = factors
        self.weights = weights  # pairs of a weight and the name of its stage; empty after loading, until `attach`
        self.rows = rows  # what a config says of them: [stage, shape, place among those that train or -1, decays]
        self.by_key = {}  # the factor of each variable that trains, in the optimizer's order
        self.mark = uuid.uuid4().hex
        _PLANS[self.mark] = self

    def knows(self, optimizer, variables):
        return {optimizer._var_key(v) for v in variables} <= {optimizer._var_key(w) for w, _ in self.weights}

    def attach(self, optimizer, variables):
        """Finds the factor of each variable, by identity; after loading, by its place among those that train."""
        key = optimizer._var_key
        if self.rows and not self.knows(optimizer, variables):
            rows = sorted((row for row in self.rows if row[2] >= 0), key=lambda row: row[2])
            if [row[1] for row in rows] == [_shape(v) for v in variables]:
                self.weights, self.rows = [(v, row[0]) for v, row in zip(variables, rows, strict=True)], rows
        stage_of, found = {key(w): name for w, name in self.weights}, {}
        for variable in variables:
            stage = stage_of.get(key(variable))
            if stage is None:
                raise ValueError(
                    f"`layerwise` does not know the weight {getattr(variable, 'path', variable.name)!r}: it was added "
                    "later, or is another model's. Call `ft.layerwise` again, with the model as it is now."
                )
            if self.factors[stage] == 0:
                raise ValueError(
                    f"{stage!r} has the rate 0, but it was made trainable again. Freeze it, or give it another rate."
                )
            found[key(variable)] = self.factors[stage]
        self.by_key = found
        self.spare(optimizer)

    def spare(self, optimizer):
        """Excludes from weight decay what the config says, which Keras's own config leaves out."""
        rows = zip(self.weights, self.rows, strict=False)
        spared = {optimizer._var_key(w) for (w, _), row in rows if not row[3]}
        if spared:
            optimizer._exclude_from_weight_decay = spared | getattr(optimizer, "_exclude_from_weight_decay", set())

    def describe(self, optimizer):
        """Returns `rows` as they are now."""
        key, spared = optimizer._var_key, getattr(optimizer, "_exclude_from_weight_decay", ())
        trained = self.by_key or [key(w) for w, _ in self.weights if w.trainable]
        place = {k: i for i, k in enumerate(trained)}
        now = [[name, _shape(w), place.get(key(w), -1), key(w) not in spared] for w, name in self.weights]
        return now or self.rows


def _shape(variable):
    return [int(n) for n in variable.shape]


class Layerwise:
    """What the optimizers of `layerwise` add to their kind. In files they all bear the name "ftlib>Layerwise"."""

    _kind = None  # the class underneath; a file names it
    _scale = 1.0  # of `learning_rate`, while the weights of one stage decay

    @property
    def stage_factors(self):
        return dict(self._plan.factors)

    @property
    def stage_rates(self):
        now = float(keras.ops.convert_to_numpy(self.learning_rate))
        return {name: float(f"{now * factor:.6g}") for name, factor in self._plan.factors.items()}

    def build(self, variables):
        if not self.built:
            self._plan.attach(self, variables)
        super().build(variables)

    def update_step(self, gradient, variable, learning_rate):
        factor = self._plan.by_key[self._var_key(variable)]
        super().update_step(gradient, variable, learning_rate if factor == 1 else learning_rate * factor)

    def _backend_update_step(self, grads, trainable_variables, learning_rate):
        if not hasattr(self, "_parallel_update_step"):
            return super()._backend_update_step(grads, trainable_variables, learning_rate)
        # Torch's own classes move a list of weights at once, without `update_step`: one list per rate.
        for factor, places in self._by_factor(trainable_variables):
            parts = [[given[i] for i in places] for given in (grads, trainable_variables)]
            super()._backend_update_step(*parts, learning_rate if factor == 1 else learning_rate * factor)

    def _apply_weight_decay(self, variables):
        if keras.backend.backend() == "torch":  # which cannot multiply an empty list
            variables = [v for v in variables if self._use_weight_decay(v)]
        for factor, places in self._by_factor(variables):
            self._scale = factor
            super()._apply_weight_decay([variables[i] for i in places])
        self._scale = 1.0

    def _by_factor(self, variables):
        places = {}
        for i, variable in enumerate(variables):
            places.setdefault(self._plan.by_key[self._var_key(variable)], []).append(i)
        return places.items()

    def _get_current_learning_rate(self):
        rate = super()._get_current_learning_rate()
        return rate if self._scale == 1 else rate * self._scale

    def get_config(self):
        kind = type(self)._kind
        module = "keras.optimizers" if kind.__module__.startswith("keras.src.") else kind.__module__
        name = keras.saving.get_registered_name(kind)
        pattern = getattr(self, "_exclude_from_weight_decay_pattern", None)
        return super().get_config() | {
            "layerwise": {
                "kind": {"module": module, "class_name": kind.__name__, "registered_name": name},
                "factors": dict(self._plan.factors),
                "weights": self._plan.describe(self),
                "not_decayed": pattern and pattern.pattern,
                "mark": self._plan.mark,
            }
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        config = dict(config)
        ours = config.pop("layerwise")
        if cls._kind is None:
            plain = keras.saving.deserialize_keras_object({**ours["kind"], "config": config}, custom_objects)
        else:
            plain = cls._kind.from_config(config)
        if ours["not_decayed"]:
            plain.exclude_from_weight_decay(var_names=[ours["not_decayed"]])
        here = _PLANS.get(ours["mark"])
        new = _wrap(plain, _Plan(ours["factors"], here.weights if here else [], ours["weights"]))
        new._plan.spare(new)
        return new


_register = keras.saving.register_keras_serializable("ftlib", "Layerwise")
_register(Layerwise)


def _wrap(optimizer, plan):
    """Returns a new optimizer with the settings of `optimizer` and the rates of `plan`."""
    kind = type(optimizer)
    if isinstance(optimizer, keras.optimizers.Nadam) and set(plan.factors.values()) != {1.0}:
        # Torch's own class counts its calls, which are several in a step with several rates.
        kind = next(k for k in kind.__mro__ if not k.__module__.startswith("keras.src.backend."))
    cls = _class_over(kind)
    new = rebuild_optimizer(optimizer, super(Layerwise, cls).from_config)
    new._plan = plan
    return new


@functools.cache
def _class_over(kind):
    cls = type(f"Layerwise{kind.__name__}", (Layerwise, kind), {"_kind": kind})
    cls.__module__ = __name__
    _register(cls)
    _register(Layerwise)  # which alone can restore any kind
    return cls
