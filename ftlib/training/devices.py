"""What a run computes on, and how: devices, precision, compilation, and how much of a batch at a time."""

import contextlib
import dataclasses
import functools

import keras
import numpy as np

from ftlib.errors import find_name
from ftlib.models.initialization import copy_model

PRECISIONS = ("float32", "mixed_float16", "mixed_bfloat16")


@dataclasses.dataclass(frozen=True)
class Hardware:
    """How `fit` computes. It changes speed and memory, and the result by no more than rounding, but for what is told.

    Attributes:
        devices: How many devices share a batch: each computes the gradients of an equal part, their mean moves the same
            weights everywhere (data parallelism). `"all"`: as many as there are. Default 1. On TensorFlow
            `tf.distribute.MirroredStrategy` does it, on JAX `keras.distribution.DataParallel`, there also over several
            hosts: call `keras.distribution.initialize(...)` first, then the same `fit` in every process. BatchNorm that
            trains takes its statistics from each part alone on TensorFlow, from the whole batch on JAX.
        precision: `"float32"`, `"mixed_float16"` or `"mixed_bfloat16"`: what layers compute in; weights and the last
            layer stay in float32, and a loss in float16 is scaled by itself. Default None: as the model's layers say.
        jit: Whether XLA compiles the update. Default `"auto"`: Keras decides (on a GPU where it can, not on a CPU).
        accumulate: Parts of a batch that go through the model one after the other, for a device whose memory does not
            hold the whole: their gradients are added up to one update. BatchNorm that trains takes its statistics from
            each part. Default 1. On TensorFlow for one device only.

    Raises:
        ValueError: For values that are none of these.

    Example:
    >>> ft.Hardware(accumulate=4)
    Hardware(devices=1, precision=None, jit='auto', accumulate=4)
    """

    devices: int | str = 1
    precision: str | None = None
    jit: bool | str = "auto"
    accumulate: int = 1

    def __post_init__(self):
        for name in ("devices", "accumulate"):
            value = getattr(self, name)
            whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool) and value >= 1
            if not whole and not (name == "devices" and value == "all"):
                also = ' or "all"' if name == "devices" else ""
                raise ValueError(f"`{name}` is a whole number of at least 1{also}. Received: {name}={value!r}.")
        if self.precision is not None:
            object.__setattr__(self, "precision", find_name("precision", self.precision, PRECISIONS))
        if self.jit not in (True, False, "auto"):
            raise ValueError(f'`jit` is True, False or "auto". Received: jit={self.jit!r}.')

    @property
    def is_plain(self):
        """Whether this is what Keras does by itself on one device."""
        return self == Hardware()

    def names(self):
        """Returns the names of the devices, a list as long as they are many.

        Raises:
            ValueError: If there are fewer than asked for, or the backend cannot share a batch.
        """
        if self.devices == 1:
            return [None]
        backend = keras.backend.backend()
        if backend not in ("tensorflow", "jax"):
            raise ValueError(
                f"Several devices share a batch on TensorFlow and JAX. Received: devices={self.devices!r} on {backend}."
            )
        there = _devices(backend)
        count = len(there) if self.devices == "all" else self.devices
        if count > len(there):
            raise ValueError(f"There are {len(there)} devices: {', '.join(there)}. Received: devices={self.devices}.")
        return there[:count]

    def check(self, batch_size):
        """Raises a ValueError for a batch that cannot be shared equally."""
        parts = len(self.names()) * self.accumulate
        if self.accumulate > 1 and len(self.names()) > 1 and keras.backend.backend() == "tensorflow":
            raise ValueError(
                "tf.distribute cannot add up gradients of parts of a batch. Several devices make parts already: "
                f"set accumulate=1, or use JAX. Received: {self!r}."
            )
        if batch_size % parts:
            raise ValueError(
                f"A batch is shared equally: `batch_size` is a multiple of {parts} (devices times `accumulate`). "
                f"Received: batch_size={batch_size}."
            )

    def make_executor(self):
        """Returns what shares the batches of a run, to be made once for it."""
        names = self.names()
        tensorflow = keras.backend.backend() == "tensorflow"
        if len(names) == 1:
            return _OneOnTensorFlow() if tensorflow else _One()
        return (_Mirrored if tensorflow else _Sharded)(names)

    def cast(self, model):
        """Makes the layers of a model compute in the wanted precision, in place."""
        for layer in model._flatten_layers() if self.precision is not None else ():
            # Pixels of up to 255 would lose digits before they are scaled; so would probabilities.
            exact = layer is model.layers[-1]
            if exact or not isinstance(layer, (keras.Model, *_EXACT)):
                layer.dtype_policy = keras.dtype_policies.get("float32" if exact else self.precision)

    def release(self, model, start_model):
        """Returns a plain copy of a trained model, computing as `start_model`, the model that it came from."""
        if self.is_plain:
            return model
        for ours, theirs in zip(model._flatten_layers(), start_model._flatten_layers(), strict=True):
            if ours.dtype_policy != theirs.dtype_policy:
                ours.dtype_policy = theirs.dtype_policy
        return copy_model(model)


_EXACT = (keras.layers.InputLayer, keras.layers.Normalization, keras.layers.Rescaling)


class _One:
    """One device: Keras as it is."""

    def scope(self):
        return contextlib.nullcontext()

    def adopt(self, model):
        return model

    def train(self, trainer, batches):
        """Trains on batches, or parts of them, of one size, and returns the mean of each metric over all."""
        logs_of_batches = [self.step(trainer, *batch) for batch in batches]
        return {name: float(np.mean([logs[name] for logs in logs_of_batches])) for name in logs_of_batches[0]}

    def step(self, trainer, x, *y):
        """Trains on one batch and returns what the metrics say of it alone."""
        trainer.reset_metrics()  # Keras 3.15 does so itself; in 3.13 they run on from batch to batch
        return trainer.train_on_batch(x, *y, return_dict=True)


class _OneOnTensorFlow(_One):
    """One device on TensorFlow, without what `train_on_batch` does at every update: reset the metrics and read them.

    What that costs a small network is measured in `benchmarks/updates.py`.
    """

    def train(self, trainer, batches):
        trainer.reset_metrics()
        for batch in batches:
            logs = self.step(trainer, *batch)
        return {name: float(value) for name, value in logs.items()}

    def step(self, trainer, x, *y):
        """Trains on one batch and returns what the metrics say of all batches since they were reset."""
        trainer.make_train_function()
        return trainer.train_function([(x, *y)])


class _Mirrored(_One):
    """Several devices of one host on TensorFlow."""

    def __init__(self, names):
        self.count, self.strategy = len(names), _mirrored(tuple(names))

    def scope(self):
        return self.strategy.scope()

    def adopt(self, model):
        # Made outside the scope, it answers on one device; the variables stay shared by all.
        return keras.Model(model.inputs, model.outputs, name=model.name)

    def step(self, trainer, x, *y):
        weights = y[1] if len(y) > 1 else None
        trainer._maybe_symbolic_build(data_batch=(x, y[0], weights))
        trainer.reset_metrics()

        def part(context):
            cut = lambda whole: np.array_split(whole, self.count)[context.replica_id_in_sync_group]  # noqa: E731
            return keras.tree.map_structure(cut, (x, *y))

        shared = self.strategy.experimental_distribute_values_from_function(part)
        trainer.make_train_function()
        return {k: float(v) for k, v in trainer.train_function(iter([shared])).items()}


@functools.cache
def _mirrored(names):
    """One for the whole process: the collective operations of a second one would be taken for those of the first."""
    import tensorflow as tf

    return tf.distribute.MirroredStrategy(names)


class _Sharded(_One):
    """Several devices on JAX, of one host or of several."""

    def __init__(self, names):
        self.layout = keras.distribution.DataParallel(devices=names)

    @contextlib.contextmanager
    def scope(self):
        before = keras.distribution.distribution()
        keras.distribution.set_distribution(self.layout)
        try:
            yield
        finally:
            keras.distribution.set_distribution(before)

    def step(self, trainer, x, *y):
        import jax

        hosts, own = jax.process_count(), jax.process_index()
        if hosts > 1:
            x, *y = keras.tree.map_structure(lambda whole: np.array_split(whole, hosts)[own], (x, *y))
            if len(y) == 1:  # Keras 3.13 takes the weights that are not there for an array
                y.append(np.ones(len(x), "float32"))
        with self.scope():
            return super().step(trainer, x, *y)


def _devices(backend):
    if backend == "jax":
        there = keras.distribution.list_devices()
    else:
        import tensorflow as tf

        there = [d.name.removeprefix("/device:") for d in tf.config.list_logical_devices()]
        there = [name.replace("physical_device:", "") for name in there]
    best = [name for name in there if not name.lower().startswith("cpu")]
    return best or there
