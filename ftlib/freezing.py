"""Which stages of a model train."""

from dataclasses import dataclass

import keras
import numpy as np

from ftlib.errors import unknown
from ftlib.graph import stages


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
        ValueError: For a stage that the model does not have, or a model whose stages cannot be found.

    Example:
    >>> model = ft.classifier(ft.load_backbone("glyphnet"), num_classes=10)
    >>> ft.freeze(model, through="stage1").trainable < model.count_params()
    True
    """
    found = stages(model, head=head)
    names = [stage.name for stage in found]
    if through is None:
        frozen = [name for name in names if name != "head"]
    elif through not in names:
        raise unknown("stage", through, names)
    else:
        frozen = names[: names.index(through) + 1]
    set_trainable(model, [name for name in names if name not in frozen], batch_norm, head=head)
    return _recompile(model, head)


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
        ValueError: For a number of stages that the backbone does not have.

    Example:
    >>> model = ft.classifier(ft.load_backbone("glyphnet"), num_classes=10)
    >>> [row["state"] for row in ft.unfreeze(model, last=1).rows][-2:]
    ['partly', 'trainable']
    """
    found = stages(model, head=head)
    body = [stage.name for stage in found if stage.name != "head"]
    if last is None:
        last = len(body)
    if isinstance(last, bool) or not isinstance(last, int) or not 0 <= last <= len(body):
        raise ValueError(
            f"`last` counts backbone stages: a whole number from 0 to {len(body)}. Received: last={last!r}."
        )
    frozen = body[: len(body) - last]
    set_trainable(model, [stage.name for stage in found if stage.name not in frozen], batch_norm, head=head)
    return _recompile(model, head)


def set_trainable(model, names, batch_norm="freeze", head=None):
    """Lets the named stages train and no others, without compiling: what `fit` does at the start of a phase.

    `batch_norm` is `"freeze"`, `"train"`, or the set of the stages in which BatchNormalization trains.
    """
    if isinstance(batch_norm, str) and batch_norm not in ("freeze", "train"):
        raise ValueError(f'`batch_norm` is "freeze" or "train". Received: batch_norm={batch_norm!r}.')
    open_containers(model)
    for stage in stages(model, head=head):
        norms_train = batch_norm == "train" or (batch_norm != "freeze" and stage.name in batch_norm)
        for layer in stage.layers:
            layer.trainable = stage.name in names
            if stage.name in names and not norms_train:
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

    The moving mean and variance of BatchNormalization never count as trainable: they are not learnt by gradient, so a
    stage with BatchNormalization is `"trainable"` when all its other weights train.

    Args:
        model: A functional Keras model.
        head: As in `freeze`.
    """
    rows = []
    for stage in stages(model, head=head):
        weights = {id(w): w for layer in stage.layers for w in layer.weights}.values()
        learnt = [w for w in weights if not is_statistic(w)]
        trains = {id(w) for layer in stage.layers for w in layer.trainable_weights}
        count = sum(int(np.prod(w.shape)) for w in learnt if id(w) in trains)
        total = sum(int(np.prod(w.shape)) for w in weights)
        full = sum(int(np.prod(w.shape)) for w in learnt)
        state = "trainable" if count == full and full else "frozen" if count == 0 else "partly"
        if not full:
            state = "no weights"
        rows.append(
            {
                "stage": stage.name, "layers": len(stage.layers), "params": total, "trainable": count, "state": state,
                "output_shape": stage.output_shape,
            }
        )  # fmt: skip
    return FreezeReport(rows)


def is_statistic(weight):
    return weight.path.rsplit("/", 1)[-1] in ("moving_mean", "moving_variance")


def _recompile(model, head):
    report = freeze_report(model, head)
    if not model.compiled or model.optimizer is None:
        return report
    # The arguments themselves, not `get_compile_config`: out of that a loss function of the user's own cannot be made
    # again, and a class with its own `compile`, such as KerasHub's classifiers, takes nothing from it.
    arguments = dict(model._compile_config.config)
    before = model.optimizer
    after = arguments["optimizer"] = before.__class__.from_config(before.get_config())
    for name in vars(before):
        if name.startswith("_exclude_from_weight_decay"):  # the config leaves these out
            setattr(after, name, getattr(before, name))
    model.compile(**arguments)
    note = "Compiled again with the same arguments; the optimizer's moments start fresh."
    return FreezeReport(report.rows, (note,))
