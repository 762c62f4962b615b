"""Which stages of a model train."""

import inspect
import math
from dataclasses import dataclass

import keras
import numpy as np

from ftlib.errors import find_name
from ftlib.models.initialization import state_layers
from ftlib.models.staged_model import StagedModel


def freeze(model, through=None, batch_norm="freeze", head=None):
    """Freezes a stage and all before it, and makes all after it trainable.

    The result depends on the arguments alone, not on what was frozen before. A compiled model is compiled again with
    the same arguments, since in Keras a change of `trainable` after training has begun changes nothing, silently.
    The optimizer's moments start fresh.

    Args:
        model: A functional Keras model (see `stages`), changed in place.
        through: Name of the last frozen stage. Default `None`: the whole backbone, so that only the head trains; in a
            model without a head, everything.
        batch_norm: `"freeze"` or `"train"`: what BatchNormalization does in the stages that train. The default keeps
            it frozen, with the statistics of the pre-training, which small data would spoil
            (https://keras.io/guides/transfer_learning). The stages of a frozen part never move.
        head: Name of the first layer of the head, for a model without a layer named `"backbone"`.

    Returns:
        The `FreezeReport` of the model.

    Raises:
        ValueError: For a stage that the model does not have, a model whose stages cannot be found, or one that was
            trained with an optimizer that cannot be made again. The model is then as it was.

    Example:
    >>> model = ft.classifier(ft.load_backbone("glyphnet"), num_classes=10)
    >>> ft.freeze(model, through="stage1").trainable < model.count_params()
    True
    """
    staged = StagedModel(model, head)
    names = staged.stage_names
    if through is None:
        frozen = [name for name in names if name != "head"]
    else:
        frozen = names[: names.index(find_name("stage", through, names)) + 1]
    return _apply(staged, [name for name in names if name not in frozen], batch_norm)


def unfreeze(model, last=None, batch_norm="freeze", head=None):
    """Makes the last stages of the backbone and the head trainable, and freezes all before them.

    Args:
        model: A functional Keras model (see `stages`), changed in place.
        last: Number of backbone stages that train, counted from the output. Default `None`: all. 0 trains the head
            only.
        batch_norm, head: As in `freeze`.

    Returns:
        The `FreezeReport` of the model.

    Raises:
        ValueError: For a number of stages that the backbone does not have, and as in `freeze`.

    Example:
    >>> model = ft.classifier(ft.load_backbone("glyphnet"), num_classes=10)
    >>> [row["state"] for row in ft.unfreeze(model, last=1).rows][-2:]
    ['partly', 'trainable']
    """
    staged = StagedModel(model, head)
    backbone_stages = [name for name in staged.stage_names if name != "head"]
    if last is None:
        last = len(backbone_stages)
    if isinstance(last, bool) or not isinstance(last, (int, np.integer)) or not 0 <= last <= len(backbone_stages):
        raise ValueError(
            f"`last` counts backbone stages: a whole number from 0 to {len(backbone_stages)}. Received: last={last!r}."
        )
    frozen = backbone_stages[: len(backbone_stages) - last]
    return _apply(staged, [name for name in staged.stage_names if name not in frozen], batch_norm)


def set_trainable(staged: StagedModel, stage_names, batch_norm="freeze") -> None:
    """Lets the named stages train and no others, without compiling: what `fit` does at the start of a phase.

    `batch_norm` is `"freeze"`, `"train"`, or the set of the stages in which BatchNormalization trains.
    """
    if isinstance(batch_norm, str) and batch_norm not in ("freeze", "train"):
        raise ValueError(f'`batch_norm` is "freeze" or "train". Received: batch_norm={batch_norm!r}.')
    open_containers(staged.model)
    for stage in staged.stages:
        norms_train = batch_norm == "train" or (batch_norm != "freeze" and stage.name in batch_norm)
        for layer in stage.layers:
            layer.trainable = stage.name in stage_names
            if stage.name in stage_names and not norms_train:
                for inner in layer._flatten_layers():
                    if isinstance(inner, keras.layers.BatchNormalization):
                        inner.trainable = False


def open_containers(model):
    # A layer within a frozen container counts as frozen whatever its own flag says, so containers are opened first.
    for layer in model._flatten_layers():
        layer.trainable = True


@dataclass(frozen=True, repr=False)
class FreezeReport:
    """What trains in a model: one row per stage.

    Attributes:
        rows: List of dicts with the keys `stage`, `layers`, `params`, `trainable`, `state` (`"frozen"`,
            `"trainable"` or `"partly"`) and `output_shape`.
        notes: What else happened, such as a new compile.
    """

    rows: list
    notes: tuple = ()

    @property
    def trainable(self):
        """Number of scalars that train."""
        return sum(row["trainable"] for row in self.rows)

    @property
    def params(self):
        return sum(row["params"] for row in self.rows)

    def __repr__(self):
        lines = [f"{'stage':<10}{'layers':>7}{'parameters':>13}{'trainable':>13}  state"]
        for r in self.rows:
            lines.append(f"{r['stage']:<10}{r['layers']:>7}{r['params']:>13,}{r['trainable']:>13,}  {r['state']}")
        lines.append(f"{'total':<17}{self.params:>13,}{self.trainable:>13,}")
        return "\n".join(lines + list(self.notes))


def freeze_report(model, head=None):
    """Returns what trains in a model, stage by stage, as a `FreezeReport` that prints as a table.

    The state of layers, such as the moving mean and variance of BatchNormalization, never counts as trainable: it is
    not learnt by gradient, so a stage is `"trainable"` when all its other weights train.

    Args:
        model: A functional Keras model.
        head: As in `freeze`.
    """
    rows, state = [], state_layers(model)
    for stage in StagedModel(model, head).stages:
        weights = {id(w): w for layer in stage.layers for w in layer.weights}.values()
        learnt = [w for w in weights if id(w) not in state]
        trains = {id(w) for layer in stage.layers for w in layer.trainable_weights}
        count = sum(int(np.prod(w.shape)) for w in learnt if id(w) in trains)
        total = sum(int(np.prod(w.shape)) for w in weights)
        full = sum(int(np.prod(w.shape)) for w in learnt)
        word = "trainable" if count == full and full else "frozen" if count == 0 else "partly"
        if not full:
            word = "no weights"
        rows.append(
            {
                "stage": stage.name,
                "layers": len(stage.layers),
                "params": total,
                "trainable": count,
                "state": word,
                "output_shape": stage.output_shape,
            }
        )
    return FreezeReport(rows)


def training_layers(model):
    """Returns the ids of the layers that train: they are trainable, and so is every layer that holds them."""
    found, todo = set(), [model]
    while todo:
        layer = todo.pop()
        if layer.trainable and id(layer) not in found:
            found.add(id(layer))
            todo += layer._flatten_layers(include_self=False, recursive=False)
    return found


def _apply(staged, stage_names, batch_norm):
    """Lets the named stages train and compiles again, or raises and leaves the model as it was."""
    model = staged.model
    compiled = model.compiled and model.optimizer is not None
    optimizer = fresh_optimizer(model.optimizer) if compiled else None
    before = [(layer, layer.trainable) for layer in model._flatten_layers()]
    try:
        set_trainable(staged, stage_names, batch_norm)
        if compiled:
            # The arguments themselves, not `get_compile_config`: out of that a loss function of the user's own cannot
            # be made again, and a class with its own `compile`, such as KerasHub's classifiers, takes nothing from it.
            model.compile(**{**model._compile_config.config, "optimizer": optimizer})
    except BaseException:
        for layer, trains in before:  # each layer after those that hold it, which set it, too
            layer.trainable = trains
        raise
    notes = ("Compiled again with the same arguments; the optimizer's moments start fresh.",) if compiled else ()
    return FreezeReport(freeze_report(model, staged.head).rows, notes)


def fresh_optimizer(optimizer):
    """Returns an optimizer with the same settings that has not seen a step.

    Raises:
        ValueError: If it has trained, and does not say how it can be made again.
    """
    kind = type(optimizer)
    if kind is keras.optimizers.LossScaleOptimizer:
        options = {name: getattr(optimizer, name) for name in ("initial_scale", "dynamic_growth_steps", "name")}
        inner = fresh_optimizer(optimizer.inner_optimizer)
        return optimizer if inner is optimizer.inner_optimizer else kind(inner, **options)
    try:
        return make_again(optimizer, kind.from_config)
    except ValueError as error:
        if not optimizer.built:  # it has seen no step itself
            return optimizer
        raise ValueError(f"{error} Or freeze before you train, or compile with a new optimizer first.") from error


def make_again(optimizer, make):
    """Returns a new optimizer with all settings of another: what both `freeze` and `layerwise` build on.

    Args:
        optimizer: A `keras.optimizers.Optimizer`; it stays as it is.
        make: Makes an optimizer of a config.

    Raises:
        ValueError: If the settings of a class of one's own cannot be told from outside.
    """
    kind = type(optimizer)
    kind = getattr(kind, "_kind", None) or kind  # what is under the rates of `layerwise`
    try:
        config = config_of(optimizer)
        if kind.__module__.startswith("keras."):
            return _keep_exclusions(optimizer, make(config))
        _add_what_is_left_out(optimizer, kind, config)
        new = make(config)
        _require_same(optimizer, new)
    except Exception as error:  # a class of one's own may fail in any way
        raise ValueError(
            f"The optimizer {kind.__name__} cannot be made again from its settings: {error} Nothing was changed. Give "
            "it a `get_config` that returns every argument of its `__init__`."
        ) from error
    return _keep_exclusions(optimizer, new)


def _keep_exclusions(optimizer, new):
    """Returns a new optimizer that spares from weight decay what another one does: no config says so."""
    for name in ("_exclude_from_weight_decay", "_exclude_from_weight_decay_pattern"):
        if hasattr(optimizer, name):
            setattr(new, name, getattr(optimizer, name))  # Keras replaces these, and never changes them
    return new


def config_of(optimizer):
    """Returns the config of an optimizer, in which a schedule or function as its rate is handed over as it is.

    A config can hold a schedule of one's own only if that can be written into a file, which need not be.
    """
    rate = optimizer._learning_rate
    if not callable(rate):
        return optimizer.get_config()
    try:
        object.__setattr__(optimizer, "_learning_rate", 0.0)
        config = optimizer.get_config()
    finally:
        object.__setattr__(optimizer, "_learning_rate", rate)
    return {**config, "learning_rate": rate}


def _add_what_is_left_out(optimizer, kind, config):
    """Adds arguments that a class's `get_config` forgets, as far as its attributes tell them."""
    own = list(inspect.signature(kind.__init__).parameters.values())[1:]  # the first is the optimizer itself
    for parameter in own:
        name = parameter.name
        if name in config or parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        held = [held for held in (name, f"_{name}") if hasattr(optimizer, held)]
        if not held:
            raise ValueError(f"its `get_config` leaves out {name!r}.")
        config[name] = getattr(optimizer, held[0])


def _require_same(optimizer, new):
    """Raises a ValueError where a plain attribute came out otherwise: it is not the argument that bears its name."""
    for name, value in vars(optimizer).items():
        if name in ("built", "_lock") or name.startswith("_self_") or not _is_plain(value):
            continue
        came = vars(new).get(name, value)
        numbers = isinstance(value, (float, np.floating)) and isinstance(came, (float, np.floating))
        if not (math.isclose(value, came, rel_tol=1e-5) if numbers else came == value):
            raise ValueError(f"its {name!r} was {value!r} and would be {came!r}.")


def _is_plain(value):
    if isinstance(value, tuple):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, (bool, int, float, str, np.generic))
