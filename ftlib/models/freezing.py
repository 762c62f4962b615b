"""Which stages of a model train."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from ftlib.errors import find_name
from ftlib.models.arrays import count_scalars, unique_by_id
from ftlib.models.initialization import state_layers
from ftlib.models.keras_internals import compile_arguments, direct_sublayers, flatten_layers
from ftlib.models.optimizer_copies import copy_optimizer
from ftlib.models.staged_model import StagedModel


def freeze(
    model: keras.Model, through: str | None = None, batch_norm: str = "freeze", head: str | None = None
) -> "FreezeReport":
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
    stage_names = staged.stage_names
    if through is None:
        frozen_names = [name for name in stage_names if name != "head"]
    else:
        last_frozen = stage_names.index(find_name("stage", through, stage_names))
        frozen_names = stage_names[: last_frozen + 1]
    return _train_all_but(staged, frozen_names, batch_norm)


def unfreeze(
    model: keras.Model, last: int | None = None, batch_norm: str = "freeze", head: str | None = None
) -> "FreezeReport":
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
    return _train_all_but(staged, backbone_stages[: len(backbone_stages) - last], batch_norm)


def set_trainable(
    staged: StagedModel, stage_names: Collection[str], batch_norm: str | Collection[str] = "freeze"
) -> None:
    """Lets the named stages train and no others, without compiling: what `fit` does at the start of a phase.

    Args:
        staged: The model, changed in place.
        stage_names: Names of the stages that train.
        batch_norm: `"freeze"`, `"train"`, or the set of the stages in which BatchNormalization trains.

    Raises:
        ValueError: For another string as `batch_norm`.
    """
    if isinstance(batch_norm, str) and batch_norm not in ("freeze", "train"):
        raise ValueError(f'`batch_norm` is "freeze" or "train". Received: batch_norm={batch_norm!r}.')
    _open_containers(staged.model)
    for stage in staged.stages:
        stage_trains = stage.name in stage_names
        norms_train = batch_norm == "train" if isinstance(batch_norm, str) else stage.name in batch_norm
        for layer in stage.layers:
            layer.trainable = stage_trains
            if stage_trains and not norms_train:
                _freeze_batch_norms(layer)


def _open_containers(model):
    # A layer within a frozen container counts as frozen whatever its own flag says, so containers are opened first.
    for layer in flatten_layers(model):
        layer.trainable = True


def _freeze_batch_norms(layer):
    for inner_layer in flatten_layers(layer):
        if isinstance(inner_layer, keras.layers.BatchNormalization):
            inner_layer.trainable = False


@dataclass(frozen=True, repr=False)
class FreezeReport:
    """What trains in a model: one row per stage.

    Attributes:
        rows: List of dicts with the keys `stage`, `layers`, `params`, `trainable`, `state` (`"frozen"`,
            `"trainable"` or `"partly"`) and `output_shape`.
        notes: What else happened, such as a new compile.
    """

    rows: list[dict[str, Any]]
    notes: tuple[str, ...] = ()

    @property
    def trainable(self) -> int:
        """Number of scalars that train."""
        return sum(row["trainable"] for row in self.rows)

    @property
    def params(self) -> int:
        """Number of scalars in all weights."""
        return sum(row["params"] for row in self.rows)

    def __repr__(self):
        lines = [f"{'stage':<10}{'layers':>7}{'parameters':>13}{'trainable':>13}  state"]
        for row in self.rows:
            counts = f"{row['layers']:>7}{row['params']:>13,}{row['trainable']:>13,}"
            lines.append(f"{row['stage']:<10}{counts}  {row['state']}")
        lines.append(f"{'total':<17}{self.params:>13,}{self.trainable:>13,}")
        return "\n".join([*lines, *self.notes])


def freeze_report(model: keras.Model, head: str | None = None) -> FreezeReport:
    """Returns what trains in a model, stage by stage, as a `FreezeReport` that prints as a table.

    The state of layers, such as the moving mean and variance of BatchNormalization, never counts as trainable: it is
    not learnt by gradient, so a stage is `"trainable"` when all its other weights train.

    Args:
        model: A functional Keras model.
        head: As in `freeze`.
    """
    return _report(StagedModel(model, head))


def _report(staged, notes=()):
    state_weights = state_layers(staged.model)
    return FreezeReport([_report_row(stage, state_weights) for stage in staged.stages], notes)


def _report_row(stage, state_weights):
    weights = unique_by_id(weight for layer in stage.layers for weight in layer.weights)
    learnt_weights = [weight for weight in weights if id(weight) not in state_weights]
    trainable_ids = {id(weight) for layer in stage.layers for weight in layer.trainable_weights}
    trainable_count = count_scalars(weight for weight in learnt_weights if id(weight) in trainable_ids)
    learnt_count = count_scalars(learnt_weights)
    return {
        "stage": stage.name,
        "layers": len(stage.layers),
        "params": count_scalars(weights),
        "trainable": trainable_count,
        "state": _state_in_words(trainable_count, learnt_count),
        "output_shape": stage.output_shape,
    }


def _state_in_words(trainable_count, learnt_count):
    if learnt_count == 0:
        return "no weights"
    if trainable_count == learnt_count:
        return "trainable"
    return "frozen" if trainable_count == 0 else "partly"


def training_layers(model: keras.Model) -> set[int]:
    """Returns the ids of the layers that train: they are trainable, and so is every layer that holds them."""
    training_ids: set[int] = set()
    stack: list[keras.layers.Layer] = [model]
    while stack:
        layer = stack.pop()
        if layer.trainable and id(layer) not in training_ids:
            training_ids.add(id(layer))
            stack += direct_sublayers(layer)
    return training_ids


def _train_all_but(staged, frozen_names, batch_norm):
    """Lets all other stages train and compiles again, or raises and leaves the model as it was."""
    model = staged.model
    is_compiled = model.compiled and model.optimizer is not None
    optimizer = copy_optimizer(model.optimizer) if is_compiled else None  # pyright: ignore[reportArgumentType]  (not None)
    flags_before = [(layer, layer.trainable) for layer in flatten_layers(model)]
    try:
        set_trainable(staged, [name for name in staged.stage_names if name not in frozen_names], batch_norm)
        if is_compiled:
            model.compile(**{**compile_arguments(model), "optimizer": optimizer})
    except BaseException:
        for layer, trainable in flags_before:  # each layer after those that hold it, which set it, too
            layer.trainable = trainable
        raise
    notes = ("Compiled again with the same arguments; the optimizer's moments start fresh.",) if is_compiled else ()
    return _report(staged, notes)
