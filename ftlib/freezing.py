"""Which stages of a model train, and the proof that the others did not move."""

import hashlib
import warnings
from dataclasses import dataclass

import keras
import numpy as np

from ftlib.errors import ProofError, unknown
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
        raise ValueError(f"`last` counts backbone stages: a whole number from 0 to {len(body)}. Received: last={last!r}.")
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
        norms_train = batch_norm == "train" or stage.name in batch_norm
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
        learnt = [w for w in weights if not _is_statistic(w)]
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


def _is_statistic(weight):
    return weight.path.rsplit("/", 1)[-1] in ("moving_mean", "moving_variance")


def _recompile(model, head):
    report = freeze_report(model, head)
    if not model.compiled:
        return report
    config = model.get_compile_config()
    if config is None:
        raise ValueError(
            "The model was compiled with something that Keras cannot compile again. Compile it after freezing instead."
        )
    model.compile_from_config(config)
    note = "Compiled again with the same arguments; the optimizer's moments start fresh."
    return FreezeReport(report.rows, (note,))


@dataclass(frozen=True)
class Proof:
    """One claim about a training run: what was claimed, whether it holds, and what was looked at."""

    name: str
    holds: bool
    detail: str

    def __str__(self):
        return f"[{'holds' if self.holds else 'BROKEN'}] {self.name}: {self.detail}"


class prove:  # a context manager, used like a function
    """Checks what a training run left alone and what it moved: `with ft.prove(model): model.fit(...)`.

    On entering, it writes down a checksum of every weight. On leaving, it checks four claims:

    - *frozen weights*: every weight that was frozen is bit-identical.
    - *BatchNorm statistics*: every moving mean and variance is bit-identical, unless `batch_norm="train"`. In Keras up
      to 3.15, `base(x, training=False)` does not do this during `fit` (keras-team/keras#23364).
    - *stages that train*: in every stage that has trainable weights, some of them moved.
    - *compiled after freezing*: the optimizer holds exactly the weights that are marked trainable. Otherwise Keras
      trains what was trainable when the model was compiled, without a word.

    With `task`, also: no example is in two of its splits, by id and by content.

    Args:
        model: The Keras model that is about to train.
        task: A `Task`, or None.
        batch_norm: `"freeze"` (default) or `"train"`: whether the statistics of trainable BatchNormalization may move.
        head: As in `freeze`.

    Returns:
        A context manager; as in `with ft.prove(model) as proof:`. Afterwards `proof.results` is a list of `Proof`.

    Raises:
        ProofError: On leaving, if a claim does not hold, naming all that do not.

    Example:
    >>> with ft.prove(model):
    ...     model.fit(images, labels)
    """

    def __init__(self, model, task=None, batch_norm="freeze", head=None):
        if batch_norm not in ("freeze", "train"):
            raise ValueError(f'`batch_norm` is "freeze" or "train". Received: batch_norm={batch_norm!r}.')
        self.model, self.task, self.batch_norm, self.head = model, task, batch_norm, head
        self.results = []

    def __enter__(self):
        if self.task is not None:
            self.results.append(no_leak(self.task))
            self._raise_if_broken()
        self.before = fingerprints(self.model)
        self.trains = {id(w) for w in self.model.trainable_weights}
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            self.check(getattr(self.model, "optimizer", None))
        return False

    def __repr__(self):
        return "\n".join(str(p) for p in self.results) or "<prove: nothing checked yet>"

    def check(self, optimizer):
        """Compares the model with its state on entering; `optimizer` is the one that trained it, or None."""
        after = fingerprints(self.model)
        moved = {key for key, (_, digest) in self.before.items() if after[key][1] != digest}
        frozen = [k for k, (w, _) in self.before.items() if k not in self.trains and not _is_statistic(w)]
        still = [k for k, (w, _) in self.before.items() if _is_statistic(w)]
        if self.batch_norm == "train":
            still = [k for k in still if k in self._frozen_statistics()]
        self.results += [
            self._unmoved("frozen weights", frozen, moved),
            self._unmoved("BatchNorm statistics", still, moved),
            self._stages_moved(moved),
        ]
        if optimizer is not None and optimizer.built:
            self.results.append(self._compiled(optimizer))
        self._raise_if_broken()

    def _frozen_statistics(self):
        norms = [x for x in self.model._flatten_layers() if isinstance(x, keras.layers.BatchNormalization)]
        return {id(w) for x in norms if not x.trainable for w in (x.moving_mean, x.moving_variance)}

    def _unmoved(self, name, keys, moved):
        broken = [self.before[k][0].path for k in keys if k in moved]
        detail = f"{len(keys)} of {len(keys)} bit-identical" if not broken else f"{_few(broken)} moved"
        return Proof(name, not broken, detail)

    def _stages_moved(self, moved):
        still, count = [], 0
        for stage in stages(self.model, head=self.head):
            keys = {id(w) for layer in stage.layers for w in layer.weights} & self.trains
            count += bool(keys)
            if keys and not keys & moved:
                still.append(stage.name)
        detail = f"all {count} moved" if not still else f"marked trainable, but nothing moved in {_few(still)}"
        if not count:
            detail = "no stage is marked trainable"
        return Proof("stages that train", not still and count > 0, detail)

    def _compiled(self, optimizer):
        names = {id(w): w.path for w in self.model.weights}
        held = {id(v) for v in optimizer._trainable_variables} & set(names)
        missing = [names[k] for k in self.trains - held]
        extra = [names[k] for k in held - self.trains]
        detail = f"the optimizer holds the {len(self.trains)} trainable weights and no others"
        if missing or extra:
            parts = [f"{_few(missing)} trainable but not held"] * bool(missing)
            parts += [f"{_few(extra)} held but frozen"] * bool(extra)
            detail = "compile again after changing `trainable`: the optimizer has " + "; ".join(parts)
        return Proof("compiled after freezing", not (missing or extra), detail)

    def _raise_if_broken(self):
        broken = [p for p in self.results if not p.holds]
        if broken:
            raise ProofError("\n".join(str(p) for p in broken))


def fingerprints(model):
    """Returns `{id of weight: (weight, SHA-256 of its bytes)}` for all weights of a model."""
    digest = lambda w: hashlib.sha256(np.ascontiguousarray(keras.ops.convert_to_numpy(w)).tobytes()).hexdigest()  # noqa: E731
    return {id(w): (w, digest(w)) for w in model.weights}


def no_leak(task):
    """Returns the `Proof` that no example of a task is in two of its splits, by id and by the bytes of its pixels."""
    seen, shared = {}, []
    for part in ("train", "validation", "test"):
        split = getattr(task, part)
        for i, name in enumerate(split.ids):
            for key in (("id", str(name)), ("pixels", split.digest(i))):
                if seen.setdefault(key, part) != part:
                    shared.append(f"{name} ({seen[key]} and {part})")
    detail = f"{len(task.train)} + {len(task.validation)} + {len(task.test)} examples, none in two splits"
    return Proof("no leak between splits", not shared, detail if not shared else f"in two splits: {_few(shared)}")


def _few(names, most=3):
    names = list(dict.fromkeys(names))
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
