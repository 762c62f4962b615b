"""What a run claims about itself, and how each claim is checked."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import keras
import numpy as np

from ftlib.errors import ProofError
from ftlib.models.arrays import to_numpy
from ftlib.models.freezing import training_layers
from ftlib.models.initialization import state_layers
from ftlib.models.keras_internals import optimized_variables
from ftlib.models.staged_model import StagedModel
from ftlib.tasks.task import Task


@dataclass(frozen=True)
class Proof:
    """One claim about a training run: its `name`, whether it `holds`, and in `detail` what was looked at."""

    name: str
    holds: bool
    detail: str

    def __str__(self):
        return f"[{'holds' if self.holds else 'BROKEN'}] {self.name}: {self.detail}"


class _StateAtStart(NamedTuple):
    """What `prove` writes down before the training, by the ids of weights."""

    staged: StagedModel
    digests: dict[int, str]
    trainable: set[int]  # weights that gradients move
    layer_of_state: dict[int, keras.layers.Layer]  # for weights that no gradient moves
    free_state: set[int]  # of these, those that may move
    head_is_zero: bool
    optimizer: keras.optimizers.Optimizer | None
    updates_done: int  # by that optimizer

    def norm_state(self) -> set[int]:
        """The moving statistics of BatchNormalization."""
        return {key for key, layer in self.layer_of_state.items() if _is_batch_norm(layer)}


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

    def __init__(
        self, model: keras.Model, task: Task | None = None, batch_norm: str = "freeze", head: str | None = None
    ):
        if batch_norm not in ("freeze", "train"):
            raise ValueError(f'`batch_norm` is "freeze" or "train". Received: batch_norm={batch_norm!r}.')
        self.model = model
        self.task = task
        self.batch_norm = batch_norm
        self.head = head
        self.results: list[Proof] = []
        self._start_state: _StateAtStart | None = None

    def __enter__(self) -> "prove":
        self.start()
        return self

    def __exit__(self, error_type, *_) -> bool:
        if error_type is None:
            self.check(getattr(self.model, "optimizer", None))
        return False

    def __repr__(self):
        return "\n".join(str(proof) for proof in self.results) or "<prove: nothing checked yet>"

    def start(self, digests: Sequence[str] | None = None) -> None:
        """Writes down the state before the training: what entering the context does.

        Args:
            digests: Checksums of the weights in the model's order, for a training that began in another process and
                goes on here. Default None: those of the weights as they are now.

        Raises:
            ValueError: For a model without stages, which shows here and not after hours of training.
            ProofError: If an example of the task is in two of its splits.
        """
        staged = StagedModel(self.model, self.head)
        if self.task is not None:
            self.results.append(prove_no_leak(self.task))
            require_proofs(self.results)
        start_digests = weight_digests(self.model)
        if digests is not None:
            start_digests = dict(zip(start_digests, digests, strict=True))

        layer_of_state, training = state_layers(self.model), training_layers(self.model)
        free_state = {
            key
            for key, layer in layer_of_state.items()
            if id(layer) in training and (self.batch_norm == "train" or not _is_batch_norm(layer))
        }
        optimizer = getattr(self.model, "optimizer", None)
        self._start_state = _StateAtStart(
            staged=staged,
            digests=start_digests,
            trainable={id(weight) for weight in self.model.trainable_weights},
            layer_of_state=layer_of_state,
            free_state=free_state,
            head_is_zero=_head_is_zero(staged, layer_of_state),
            optimizer=optimizer,
            updates_done=_count_updates(optimizer),
        )

    @property
    def digests_at_start(self) -> list[str]:
        """The checksums of the weights before the training, in the model's order: what `start` takes again."""
        return list(self._state().digests.values())

    def check(self, optimizer: keras.optimizers.Optimizer | None) -> None:
        """Compares the model with its state at the start; `optimizer` is the one that trained it, or None.

        Raises:
            ProofError: If a claim does not hold.
        """
        start = self._state()
        digests_now = weight_digests(self.model)
        moved = {key for key, digest in start.digests.items() if digests_now[key] != digest}
        norm_state = start.norm_state()
        may_move = start.trainable | start.free_state
        frozen_weights = [key for key in start.digests if key not in may_move | norm_state]
        frozen_statistics = [key for key in start.digests if key in norm_state - start.free_state]
        self.results += [
            self._prove_unmoved("frozen weights", frozen_weights, moved),
            self._prove_unmoved("BatchNorm statistics", frozen_statistics, moved),
            self._prove_stages_moved(moved, optimizer),
        ]
        if optimizer is not None and optimizer.built:
            self.results.append(self._prove_compiled(optimizer))
        require_proofs(self.results)

    def _state(self) -> _StateAtStart:
        if self._start_state is None:
            raise RuntimeError("Nothing was written down before the training: `with ft.prove(model): ...`.")
        return self._start_state

    def _prove_unmoved(self, claim, keys, moved):
        paths = {id(weight): weight.path for weight in self.model.weights}
        moved_paths = [paths[key] for key in keys if key in moved]
        if moved_paths:
            return Proof(claim, False, f"{list_some(moved_paths)} moved")
        return Proof(claim, True, f"{len(keys)} of {len(keys)} bit-identical")

    def _prove_stages_moved(self, moved, optimizer):
        claim, start = "stages that train", self._state()
        has_moved = {}  # by stage that trains
        for stage in start.staged.stages:
            trainable_keys = {id(weight) for layer in stage.layers for weight in layer.weights} & start.trainable
            if trainable_keys:
                has_moved[stage.name] = bool(trainable_keys & moved)
        if not has_moved:
            return Proof(claim, False, "no stage is marked trainable")

        unmoved_stages = [name for name, stage_moved in has_moved.items() if not stage_moved]
        if not unmoved_stages:
            return Proof(claim, True, f"{len(has_moved)} of {len(has_moved)} moved")
        if has_moved.get("head") and self._is_first_update(optimizer) and start.head_is_zero:
            detail = f"the head moved; {list_some(unmoved_stages)} could not yet, under a head of zeros"
            return Proof(claim, True, detail)
        return Proof(claim, False, f"marked trainable, but nothing moved in {list_some(unmoved_stages)}")

    def _is_first_update(self, optimizer):
        start = self._state()
        updates_before = start.updates_done if optimizer is start.optimizer else 0
        updates_done = _count_updates(optimizer) - updates_before
        return updates_done <= (getattr(optimizer, "gradient_accumulation_steps", None) or 1)

    def _prove_compiled(self, optimizer):
        claim, trainable = "compiled after freezing", self._state().trainable
        paths = {id(weight): weight.path for weight in self.model.weights}
        optimized = {id(variable) for variable in optimized_variables(optimizer)} & set(paths)
        missing_paths = [path for key, path in paths.items() if key in trainable - optimized]
        extra_paths = [path for key, path in paths.items() if key in optimized - trainable]
        if not missing_paths and not extra_paths:
            return Proof(claim, True, f"the optimizer holds the {len(trainable)} trainable weights and no others")

        faults = []
        if missing_paths:
            faults.append(f"does not hold {list_some(missing_paths)}, which should train")
        if extra_paths:
            faults.append(f"holds {list_some(extra_paths)}, which should be frozen")
        return Proof(claim, False, "compile again after changing `trainable`: the optimizer " + " and ".join(faults))


def _head_is_zero(staged, layer_of_state):
    """Returns whether no gradient passes the head: all its weights are zero, as in a fresh classifier."""
    head_weights = [weight for weight in staged.weights_of(["head"]) if id(weight) not in layer_of_state]
    return bool(head_weights) and not any(np.any(to_numpy(weight)) for weight in head_weights)


def _is_batch_norm(layer):
    return isinstance(layer, keras.layers.BatchNormalization)


def _count_updates(optimizer):
    """Returns how many steps an optimizer has made; 0 for None."""
    return 0 if optimizer is None else int(to_numpy(optimizer.iterations))


def require_proofs(proofs: Iterable[Proof]) -> None:
    """Raises a ProofError that names all of some proofs that do not hold, if there are any."""
    broken_proofs = [proof for proof in proofs if not proof.holds]
    if broken_proofs:
        raise ProofError("\n".join(map(str, broken_proofs)))


def weight_digests(model: keras.Model) -> dict[int, str]:
    """Returns `{id of weight: SHA-256 of its bytes}` for all weights of a model, in its order."""
    return {
        id(weight): hashlib.sha256(np.ascontiguousarray(to_numpy(weight)).tobytes()).hexdigest()
        for weight in model.weights
    }


def prove_no_leak(task: Task) -> Proof:
    """Returns the `Proof` that no example of a task is in two of its splits, by id and by the bytes of its pixels."""
    claim = "no leak between splits"
    first_split: dict[tuple[str, str], str] = {}
    shared_examples = []
    for split_name in ("train", "validation", "test"):
        split = getattr(task, split_name)
        for index, example_id in enumerate(split.ids):
            for key in (("id", str(example_id)), ("pixels", split.digest(index))):
                if first_split.setdefault(key, split_name) != split_name:
                    shared_examples.append(f"{example_id} ({first_split[key]} and {split_name})")
    if shared_examples:
        return Proof(claim, False, f"in two splits: {list_some(shared_examples)}")
    detail = f"{len(task.train)} + {len(task.validation)} + {len(task.test)} examples, none in two splits"
    return Proof(claim, True, detail)


def list_some(names: Iterable[str], most: int = 3) -> str:
    """Returns the first of some names in words, each once, and how many more there are.

    Example:
    >>> list_some(["a", "b", "c", "d", "a"])
    'a, b, c and 1 more'
    """
    unique_names = list(dict.fromkeys(names))
    text = ", ".join(unique_names[:most])
    return text if len(unique_names) <= most else f"{text} and {len(unique_names) - most} more"
