"""Rates per stage: one optimizer whose learning rate is scaled for each stage of a model."""

import functools
import math
import uuid
import weakref
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import keras
import numpy as np

from ftlib.errors import unknown
from ftlib.models.arrays import to_numpy
from ftlib.models.keras_internals import (
    flatten_layers,
    names_spared_from_decay,
    optimized_variables,
    rate_setting,
    spare_from_decay,
    weights_spared_from_decay,
)
from ftlib.models.optimizer_copies import rebuild_optimizer
from ftlib.models.staged_model import StagedModel
from ftlib.models.stages import Stage

_DEFAULT_DECAY = 0.75


def layerwise(
    optimizer: keras.optimizers.Optimizer | str,
    model: keras.Model,
    decay: float | None = None,
    rates: dict[str, float] | None = None,
    head: str | None = None,
) -> "Layerwise":
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
    return layerwise_for(StagedModel(model, head), optimizer, decay, rates)


def layerwise_for(
    staged: StagedModel,
    optimizer: keras.optimizers.Optimizer | str,
    decay: float | None = None,
    rates: dict[str, float] | None = None,
) -> "Layerwise":
    """Returns what `layerwise` returns, for a model whose stages are known."""
    optimizer = _require_plain(optimizer)
    factors = _stage_factors(staged.stage_names, optimizer, decay, rates)
    plan = _StagePlan(factors, _weights_with_stages(staged))
    if optimizer.built and not plan.knows(optimizer, optimized_variables(optimizer)):
        raise ValueError("The optimizer was built for another model. Pass a new one, with the same settings.")
    layerwise_optimizer = _wrap(optimizer, plan)
    _freeze_stages(staged.model, [stage for stage in staged.stages if factors[stage.name] == 0])
    return layerwise_optimizer


def _require_plain(optimizer):
    if isinstance(optimizer, str):
        optimizer = keras.optimizers.get(optimizer)
    if not isinstance(optimizer, keras.optimizers.Optimizer):
        raise ValueError(f"Expected a keras.optimizers.Optimizer, or the name of one. Received: {optimizer!r}.")
    wrappers = (keras.optimizers.LossScaleOptimizer, getattr(keras.optimizers, "MultiOptimizer", ()), Layerwise)
    if isinstance(optimizer, wrappers):
        raise ValueError(
            f"Expected a plain optimizer. Received: {type(optimizer).__name__}, which is around another or has rates "
            "per stage already. Pass the one inside: for mixed precision `compile` wraps it on its own."
        )
    return optimizer


def _stage_factors(stage_names, optimizer, decay, rates):
    """Returns a dict from the name of each stage to its rate as a factor of the optimizer's own."""
    if rates is None:
        return _factors_from_decay(stage_names, _DEFAULT_DECAY if decay is None else decay)
    if decay is not None:
        raise ValueError(f"Give `decay` or `rates`, not both. Received: decay={decay!r}, rates={rates!r}.")
    return _factors_from_rates(stage_names, rates, optimizer)


def _factors_from_decay(stage_names, decay):
    if not _is_finite_number(decay) or not 0 < decay <= 1:
        raise ValueError(f"`decay` is a factor above 0 and at most 1. Received: decay={decay!r}.")
    last_index = len(stage_names) - 1
    return {name: float(decay) ** (last_index - i) for i, name in enumerate(stage_names)}


def _factors_from_rates(stage_names, rates, optimizer):
    if not isinstance(rates, dict):
        raise ValueError(f"`rates` is a dict from stage names to rates. Received: rates={rates!r}.")
    for name, rate in rates.items():
        if name not in stage_names:
            raise unknown("stage", name, stage_names)
        if not _is_finite_number(rate) or rate < 0:
            raise ValueError(f"The rate of a stage is a number, at least 0. Received: {name}={rate!r}.")

    peak_rate = _peak_rate(optimizer)
    if peak_rate <= 0:
        raise ValueError(f"`rates` need an optimizer whose own rate is above 0. Received: learning_rate={peak_rate}.")
    # As float32, like Keras's own rate: the factor of the same number is then exactly 1.
    factors = {name: float(np.float32(rates[name])) / peak_rate if name in rates else 1.0 for name in stage_names}
    if not any(factors.values()):
        raise ValueError("At least one stage needs a rate above 0. Received: 0 for all.")
    return factors


def _is_finite_number(value):
    return isinstance(value, (int, float, np.number)) and not isinstance(value, bool) and math.isfinite(value)


def _peak_rate(optimizer):
    """Returns the rate of an optimizer; of one of Keras's schedules, the largest rate among its settings."""
    rate = rate_setting(optimizer)
    if not callable(rate):
        return float(to_numpy(optimizer.learning_rate))
    if type(rate) not in vars(keras.optimizers.schedules).values():
        raise ValueError(
            f"`rates` need a number or a schedule of Keras to be in proportion to. Received: learning_rate={rate!r}. "
            "Use `decay`, which needs neither."
        )
    config = rate.get_config()
    named_rates = [config.get(name) for name in ("initial_learning_rate", "warmup_target", "end_learning_rate")]
    listed_rates = config.get("values", [])  # of PiecewiseConstantDecay
    return float(np.float32(max(float(value) for value in [*named_rates, *listed_rates] if value is not None)))


class StagedWeight(NamedTuple):
    """A weight and the name of the stage that it trains with."""

    weight: Any
    stage: str


def _weights_with_stages(staged):
    """Returns the weights of a model in its order; one that is used in two stages goes with the first."""
    stage_by_weight = {}
    for stage in staged.stages:
        for layer in stage.layers:
            for weight in layer.weights:
                stage_by_weight.setdefault(id(weight), stage.name)
    weights = [weight for weight in staged.model.weights if id(weight) in stage_by_weight]
    return [StagedWeight(weight, stage_by_weight[id(weight)]) for weight in weights]


def _freeze_stages(model: keras.Model, frozen_stages: Iterable[Stage]) -> None:
    frozen_layers = [layer for stage in frozen_stages for layer in stage.layers]
    if not any(inner.trainable for layer in frozen_layers for inner in flatten_layers(layer)):
        return
    for layer in frozen_layers:
        layer.trainable = False
    model.compiled = False  # `fit` then asks for a new compile instead of training what is frozen now


class WeightRecord(NamedTuple):
    """A weight as the config of an optimizer describes it, where it is a list.

    Attributes:
        stage: Name of its stage.
        shape: A list of integers.
        position: Its place among the weights that train; -1 for one that does not.
        decays: Whether weight decay applies to it. Keras's own config leaves out what was spared by list.
    """

    stage: str
    shape: list[int]
    position: int
    decays: bool


class _StagePlan:
    """The factor of each stage and the stage of each weight.

    It is no list or dict of the optimizer: Keras would take weights in there for the optimizer's own.

    Args:
        factors: Dict from the name of each stage to its factor.
        weights: List of `StagedWeight`; empty after loading, until `attach`.
        records: What a config says of the weights, a list of `WeightRecord`; empty for a new optimizer.

    Attributes:
        factor_by_key: The factor of each variable that trains, in the optimizer's order; empty before `attach`.
        mark: Under which an optimizer that is made of a config finds its weights again, in this process.
    """

    by_mark: "weakref.WeakValueDictionary[str, _StagePlan]" = weakref.WeakValueDictionary()

    def __init__(self, factors: dict[str, float], weights: list[StagedWeight], records: Sequence[WeightRecord] = ()):
        self.factors = factors
        self.weights = weights
        self.records = records
        self.factor_by_key: dict[Any, float] = {}
        self.mark = uuid.uuid4().hex
        self.by_mark[self.mark] = self

    def knows(self, optimizer, variables) -> bool:
        """Returns whether all of these variables are weights of the plan."""
        known_keys = {optimizer._var_key(staged.weight) for staged in self.weights}
        return {optimizer._var_key(variable) for variable in variables} <= known_keys

    def attach(self, optimizer, variables) -> None:
        """Finds the factor of each variable, by identity; after loading, by its place among those that train."""
        if self.records and not self.knows(optimizer, variables):
            self._match_by_position(variables)
        stage_by_key = {optimizer._var_key(staged.weight): staged.stage for staged in self.weights}
        factor_by_key = {}
        for variable in variables:
            variable_key = optimizer._var_key(variable)
            stage_name = stage_by_key.get(variable_key)
            if stage_name is None:
                raise ValueError(
                    f"`layerwise` does not know the weight {getattr(variable, 'path', variable.name)!r}: it was added "
                    "later, or is another model's. Call `ft.layerwise` again, with the model as it is now."
                )
            if self.factors[stage_name] == 0:
                raise ValueError(
                    f"{stage_name!r} has the rate 0, but it was made trainable again. Freeze it, or give it another "
                    "rate."
                )
            factor_by_key[variable_key] = self.factors[stage_name]
        self.factor_by_key = factor_by_key
        self.spare(optimizer)

    def _match_by_position(self, variables):
        """Takes variables of the recorded shapes for the recorded weights; others will be found unknown."""
        trained_records = [record for record in self.records if record.position >= 0]
        trained_records.sort(key=lambda record: record.position)
        if [record.shape for record in trained_records] == [_shape_of(variable) for variable in variables]:
            self.records = trained_records
            self.weights = [
                StagedWeight(variable, record.stage)
                for variable, record in zip(variables, trained_records, strict=True)
            ]

    def spare(self, optimizer) -> None:
        """Spares from weight decay what the config says, which Keras's own config leaves out."""
        recorded_weights = zip(self.weights, self.records, strict=False)
        spared_keys = {optimizer._var_key(staged.weight) for staged, record in recorded_weights if not record.decays}
        if spared_keys:
            spare_from_decay(optimizer, spared_keys)

    def describe(self, optimizer) -> list[list]:
        """Returns the `WeightRecord`s of the weights as they are now, each as a list, as a config can hold it."""
        trained_keys = list(self.factor_by_key)
        if not trained_keys:
            trained_keys = [optimizer._var_key(staged.weight) for staged in self.weights if staged.weight.trainable]
        position_by_key = {variable_key: position for position, variable_key in enumerate(trained_keys)}
        spared_keys = weights_spared_from_decay(optimizer)

        records = []
        for weight, stage_name in self.weights:
            weight_key = optimizer._var_key(weight)
            position = position_by_key.get(weight_key, -1)
            records.append(WeightRecord(stage_name, _shape_of(weight), position, weight_key not in spared_keys))
        return [list(record) for record in records or self.records]


def _shape_of(variable):
    return [int(size) for size in variable.shape]


# Beside it stands the class of the optimizer, which the methods below call as `super()`.
_OptimizerMixin = keras.optimizers.Optimizer if TYPE_CHECKING else object


class Layerwise(_OptimizerMixin):
    """What the optimizers of `layerwise` add to their kind. In files they all bear the name "ftlib>Layerwise".

    Attributes:
        stage_factors: Dict from the name of each stage to its rate as a factor of `learning_rate`.
        stage_rates: Dict from the name of each stage to its rate at present, to six digits.
    """

    plain_class: Any = None  # the class underneath; a file names it
    _plan: _StagePlan
    _decay_factor = 1.0  # of `learning_rate`, while the weights of one stage decay

    @property
    def stage_factors(self) -> dict[str, float]:
        return dict(self._plan.factors)

    @property
    def stage_rates(self) -> dict[str, float]:
        rate = float(to_numpy(self.learning_rate))
        return {name: float(f"{rate * factor:.6g}") for name, factor in self._plan.factors.items()}

    def factor_of(self, variable: Any) -> float:
        """Returns the factor of the rate that a variable trains with, once the optimizer is built."""
        return self._plan.factor_by_key[self._var_key(variable)]

    def build(self, variables):
        if not self.built:
            self._plan.attach(self, variables)
        super().build(variables)

    def update_step(self, gradient, variable, learning_rate):
        super().update_step(gradient, variable, _scale_rate(learning_rate, self.factor_of(variable)))

    def _backend_update_step(self, grads, trainable_variables, learning_rate):
        if not hasattr(self, "_parallel_update_step"):
            return super()._backend_update_step(grads, trainable_variables, learning_rate)
        # Torch's own classes move a list of weights at once, without `update_step`: one list per rate.
        for factor, indices in self._indices_by_factor(trainable_variables).items():
            factor_grads = [grads[i] for i in indices]
            factor_variables = [trainable_variables[i] for i in indices]
            super()._backend_update_step(factor_grads, factor_variables, _scale_rate(learning_rate, factor))

    def _apply_weight_decay(self, variables):
        if keras.backend.backend() == "torch":  # which cannot multiply an empty list
            variables = [variable for variable in variables if self._use_weight_decay(variable)]
        for factor, indices in self._indices_by_factor(variables).items():
            self._decay_factor = factor
            super()._apply_weight_decay([variables[i] for i in indices])
        self._decay_factor = 1.0

    def _indices_by_factor(self, variables):
        indices_by_factor: dict[float, list[int]] = {}
        for i, variable in enumerate(variables):
            indices_by_factor.setdefault(self.factor_of(variable), []).append(i)
        return indices_by_factor

    def _get_current_learning_rate(self):
        return _scale_rate(super()._get_current_learning_rate(), self._decay_factor)

    def get_config(self):
        plain_class = type(self).plain_class
        module = plain_class.__module__
        if module.startswith("keras.src."):
            module = "keras.optimizers"
        registered_name = keras.saving.get_registered_name(plain_class)
        return super().get_config() | {
            "layerwise": {
                "kind": {"module": module, "class_name": plain_class.__name__, "registered_name": registered_name},
                "factors": dict(self._plan.factors),
                "weights": self._plan.describe(self),
                "not_decayed": names_spared_from_decay(self),
                "mark": self._plan.mark,
            }
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        config = dict(config)
        layerwise_config = config.pop("layerwise")
        plain_optimizer: Any
        if cls.plain_class is None:
            plain_config = {**layerwise_config["kind"], "config": config}
            plain_optimizer = keras.saving.deserialize_keras_object(plain_config, custom_objects)
        else:
            plain_optimizer = cls.plain_class.from_config(config)
        if layerwise_config["not_decayed"]:
            plain_optimizer.exclude_from_weight_decay(var_names=[layerwise_config["not_decayed"]])

        plan_here = _StagePlan.by_mark.get(layerwise_config["mark"])
        weights = [] if plan_here is None else plan_here.weights
        records = [WeightRecord(*record) for record in layerwise_config["weights"]]
        optimizer = _wrap(plain_optimizer, _StagePlan(layerwise_config["factors"], weights, records))
        optimizer._plan.spare(optimizer)
        return optimizer


def _scale_rate(rate, factor):
    """Returns a rate times a factor; with the factor 1 the very same, which need not be a number."""
    return rate if factor == 1 else rate * factor


_register = keras.saving.register_keras_serializable("ftlib", "Layerwise")
_register(Layerwise)


def _wrap(optimizer: Any, plan: _StagePlan) -> Layerwise:
    """Returns a new optimizer with the settings of `optimizer` and the rates of `plan`."""
    plain_class = type(optimizer)
    if isinstance(optimizer, keras.optimizers.Nadam) and set(plan.factors.values()) != {1.0}:
        # Torch's own class counts its calls, which are several in a step with several rates.
        plain_class = next(base for base in plain_class.__mro__ if not base.__module__.startswith("keras.src.backend."))
    layerwise_class = _class_over(plain_class)
    layerwise_optimizer: Any = rebuild_optimizer(optimizer, super(Layerwise, layerwise_class).from_config)
    layerwise_optimizer._plan = plan
    return layerwise_optimizer


@functools.cache
def _class_over(plain_class: type) -> type[Layerwise]:
    """Returns the class of the layerwise optimizers over a class of optimizers, the same at every call."""
    layerwise_class: Any = type(
        f"Layerwise{plain_class.__name__}", (Layerwise, plain_class), {"plain_class": plain_class}
    )
    layerwise_class.__module__ = __name__
    _register(layerwise_class)
    _register(Layerwise)  # which alone can restore any kind
    return layerwise_class
