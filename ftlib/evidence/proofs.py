"""What a run claims about itself, and how each claim is checked."""

import hashlib
from dataclasses import dataclass

import keras
import numpy as np

from ftlib.errors import ProofError
from ftlib.models.freezing import training_layers
from ftlib.models.initialization import state_layers
from ftlib.models.staged_model import StagedModel


@dataclass(frozen=True)
class Proof:
    """One claim about a training run: its `name`, whether it `holds`, and in `detail` what was looked at."""

    name: str
    holds: bool
    detail: str

    def __str__(self):
        return f"[{'holds' if self.holds else 'BROKEN'}] {self.name}: {self.detail}"


class prove:  # a context manager, used like a function
    """Checks what a training run left alone and what it moved: `with ft.prove(model): model.fit(...)`.

    On entering, it writes down a checksum of every weight. On leaving, it checks four claims:

    - *frozen weights*: every weight that was frozen is bit-identical. What a layer that trains keeps by rules of its
      own, such as the vector of SpectralNormalization, may move.
    - *BatchNorm statistics*: every moving mean and variance is bit-identical, unless `batch_norm="train"`. In Keras up
      to 3.15, `base(x, training=False)` does not do this during `fit` (keras-team/keras#23364).
    - *stages that train*: in every stage that has trainable weights, some of them moved; but for the stages under a
      head that was all zero, which no gradient passes in its first update.
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
    >>> with ft.prove(model):  # doctest: +SKIP
    ...     model.fit(images, labels)
    """

    def __init__(self, model, task=None, batch_norm="freeze", head=None):
        if batch_norm not in ("freeze", "train"):
            raise ValueError(f'`batch_norm` is "freeze" or "train". Received: batch_norm={batch_norm!r}.')
        self.model, self.task, self.batch_norm, self.head = model, task, batch_norm, head
        self.results = []

    def __enter__(self):
        self.start()
        return self

    def start(self, digests=None):
        """Writes down what the model is now.

        Args:
            digests: Checksums of the weights as they were at an earlier start, in the model's order, for a training
                that goes on; None for those of now.
        """
        self.staged = StagedModel(
            self.model, self.head
        )  # a model without stages shows here, not after hours of training
        if self.task is not None:
            self.results.append(prove_no_leak(self.task))
            require_proofs(self.results)
        self.before = weight_digests(self.model)
        self.trains = {id(w) for w in self.model.trainable_weights}
        self.state, training = state_layers(self.model), training_layers(self.model)
        self.free = {
            key
            for key, layer in self.state.items()
            if id(layer) in training and (self.batch_norm == "train" or not _is_norm(layer))
        }
        self.blind = self._head_is_zero()
        optimizer = getattr(self.model, "optimizer", None)
        self.began = optimizer, _updates(optimizer)
        if digests is not None:
            self.before = {id(w): (w, digest) for w, digest in zip(self.model.weights, digests, strict=True)}

    def __exit__(self, kind, *_):
        if kind is None:
            self.check(getattr(self.model, "optimizer", None))
        return False

    def __repr__(self):
        return "\n".join(str(p) for p in self.results) or "<prove: nothing checked yet>"

    @property
    def digests_at_start(self):
        """Checksums of the weights at the start, in the model's order."""
        return [digest for _, digest in self.before.values()]

    def check(self, optimizer):
        """Compares the model with its state on entering; `optimizer` is the one that trained it, or None."""
        after = weight_digests(self.model)
        moved = {key for key, (_, digest) in self.before.items() if after[key][1] != digest}
        norms = {key for key, layer in self.state.items() if _is_norm(layer)}
        frozen = [k for k in self.before if k not in self.trains | self.free | norms]
        still = [k for k in self.before if k in norms - self.free]
        self.results += [
            self._unmoved("frozen weights", frozen, moved),
            self._unmoved("BatchNorm statistics", still, moved),
            self._stages_moved(moved, optimizer),
        ]
        if optimizer is not None and optimizer.built:
            self.results.append(self._compiled(optimizer))
        require_proofs(self.results)

    def _head_is_zero(self):
        """Returns whether no gradient passes the head: all its weights are zero, as in a fresh classifier."""
        values = [w for w in self.staged.weights_of(["head"]) if id(w) not in self.state]
        return bool(values) and not any(np.any(keras.ops.convert_to_numpy(w)) for w in values)

    def _unmoved(self, name, keys, moved):
        broken = [self.before[k][0].path for k in keys if k in moved]
        detail = f"{len(keys)} of {len(keys)} bit-identical" if not broken else f"{few(broken)} moved"
        return Proof(name, not broken, detail)

    def _stages_moved(self, moved, optimizer):
        trains = {}
        for stage in self.staged.stages:
            keys = {id(w) for layer in stage.layers for w in layer.weights} & self.trains
            if keys:
                trains[stage.name] = bool(keys & moved)
        still, count = [name for name, some in trains.items() if not some], len(trains)
        if not count:
            return Proof("stages that train", False, "no stage is marked trainable")
        if still and trains.get("head") and self._in_first_update(optimizer) and self.blind:
            detail = f"the head moved; {few(still)} could not yet, under a head of zeros"
            return Proof("stages that train", True, detail)
        detail = f"{count} of {count} moved" if not still else f"marked trainable, but nothing moved in {few(still)}"
        return Proof("stages that train", not still, detail)

    def _in_first_update(self, optimizer):
        known, before = self.began
        done = _updates(optimizer) - (before if optimizer is known else 0)
        return done <= (getattr(optimizer, "gradient_accumulation_steps", None) or 1)

    def _compiled(self, optimizer):
        names = {id(w): w.path for w in self.model.weights}
        held = {id(v) for v in optimizer._trainable_variables} & set(names)
        missing = [name for k, name in names.items() if k in self.trains - held]
        extra = [name for k, name in names.items() if k in held - self.trains]
        detail = f"the optimizer holds the {len(self.trains)} trainable weights and no others"
        if missing or extra:
            parts = [f"does not hold {few(missing)}, which should train"] * bool(missing)
            parts += [f"holds {few(extra)}, which should be frozen"] * bool(extra)
            detail = "compile again after changing `trainable`: the optimizer " + " and ".join(parts)
        return Proof("compiled after freezing", not (missing or extra), detail)


def _is_norm(layer):
    return isinstance(layer, keras.layers.BatchNormalization)


def _updates(optimizer):
    """Returns how many steps an optimizer has made; 0 for None."""
    return 0 if optimizer is None else int(keras.ops.convert_to_numpy(optimizer.iterations))


def require_proofs(proofs):
    """Raises a ProofError that names all of some proofs that do not hold, if there are any."""
    broken = [p for p in proofs if not p.holds]
    if broken:
        raise ProofError("\n".join(map(str, broken)))


def weight_digests(model):
    """Returns `{id of weight: (weight, SHA-256 of its bytes)}` for all weights of a model."""
    digest = lambda w: hashlib.sha256(np.ascontiguousarray(keras.ops.convert_to_numpy(w)).tobytes()).hexdigest()  # noqa: E731
    return {id(w): (w, digest(w)) for w in model.weights}


def prove_no_leak(task):
    """Returns the `Proof` that no example of a task is in two of its splits, by id and by the bytes of its pixels."""
    seen, shared = {}, []
    for part in ("train", "validation", "test"):
        split = getattr(task, part)
        for i, name in enumerate(split.ids):
            for key in (("id", str(name)), ("pixels", split.digest(i))):
                if seen.setdefault(key, part) != part:
                    shared.append(f"{name} ({seen[key]} and {part})")
    detail = f"{len(task.train)} + {len(task.validation)} + {len(task.test)} examples, none in two splits"
    return Proof("no leak between splits", not shared, detail if not shared else f"in two splits: {few(shared)}")


def few(names, most=3):
    """Returns the first of some names in words, each once, and how many more there are."""
    names = list(dict.fromkeys(names))
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
