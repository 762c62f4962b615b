"""What a run computes on, and how: devices, precision, compilation, and how much of a batch at a time."""

import contextlib
import dataclasses
import functools
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any

import keras
import numpy as np

from ftlib.errors import find_name
from ftlib.models.initialization import copy_model
from ftlib.models.keras_internals import build_for_batch, flatten_layers
from ftlib.training.precisions import PRECISIONS


@dataclasses.dataclass(frozen=True)
class Hardware:
    """How `fit` computes. It changes speed and memory, and the result by no more than rounding, except where noted.

    Attributes:
        devices: How many devices share a batch: each computes the gradients of an equal part, and their mean moves the
            same weights everywhere (data parallelism). `"all"`: as many as there are. Default 1. On TensorFlow
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
            is_count = isinstance(value, (int, np.integer)) and not isinstance(value, bool) and value >= 1
            if not is_count and not (name == "devices" and value == "all"):
                alternative = ' or "all"' if name == "devices" else ""
                raise ValueError(f"`{name}` is a whole number of at least 1{alternative}. Received: {name}={value!r}.")
        if self.precision is not None:
            object.__setattr__(self, "precision", find_name("precision", self.precision, PRECISIONS))
        if self.jit not in (True, False, "auto"):
            raise ValueError(f'`jit` is True, False or "auto". Received: jit={self.jit!r}.')

    @property
    def is_plain(self) -> bool:
        """Whether this is what Keras does by itself on one device."""
        return self == Hardware()

    def names(self) -> list[str | None]:
        """Returns the names of the devices that share a batch; `[None]` for one device, which Keras chooses.

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
        device_names = _list_devices(backend)
        count = len(device_names) if isinstance(self.devices, str) else self.devices
        if count > len(device_names):
            raise ValueError(
                f"There are {len(device_names)} devices: {', '.join(device_names)}. Received: devices={self.devices}."
            )
        return [*device_names[:count]]

    def check(self, batch_size: int) -> None:
        """Raises a ValueError for a batch that cannot be shared equally."""
        device_count = len(self.names())
        part_count = device_count * self.accumulate
        if self.accumulate > 1 and device_count > 1 and keras.backend.backend() == "tensorflow":
            raise ValueError(
                "tf.distribute cannot add up gradients of parts of a batch. Several devices make parts already: "
                f"set accumulate=1, or use JAX. Received: {self!r}."
            )
        if batch_size % part_count:
            raise ValueError(
                f"A batch is shared equally: `batch_size` is a multiple of {part_count} (devices times `accumulate`). "
                f"Received: batch_size={batch_size}."
            )

    def make_executor(self) -> "Executor":
        """Returns what trains on these devices, to be made once for a run."""
        device_names = self.names()
        on_tensorflow = keras.backend.backend() == "tensorflow"
        if len(device_names) == 1:
            return _TensorFlowExecutor() if on_tensorflow else Executor()
        if on_tensorflow:
            return _MirroredExecutor(device_names)
        return _ShardedExecutor(device_names)

    def cast(self, model: keras.Model) -> None:
        """Makes the layers of a model compute in the wanted precision, in place."""
        if self.precision is None:
            return
        output_layer = model.layers[-1]
        for layer in flatten_layers(model):
            # Pixels of up to 255 would lose digits before they are scaled; so would probabilities.
            if layer is output_layer:
                layer.dtype_policy = keras.dtype_policies.get("float32")
            elif not isinstance(layer, (keras.Model, *_EXACT_LAYERS)):
                layer.dtype_policy = keras.dtype_policies.get(self.precision)

    def release(self, model: keras.Model, start_model: keras.Model) -> keras.Model:
        """Returns a plain copy of a trained model; it computes as `start_model` does, which it was made from."""
        if self.is_plain:
            return model
        for layer, start_layer in zip(flatten_layers(model), flatten_layers(start_model), strict=True):
            if layer.dtype_policy != start_layer.dtype_policy:
                layer.dtype_policy = start_layer.dtype_policy
        return copy_model(model)


_EXACT_LAYERS = (keras.layers.InputLayer, keras.layers.Normalization, keras.layers.Rescaling)


class Executor:
    """Trains on one device, as Keras does it by itself; the classes below do it on other devices."""

    def scope(self) -> AbstractContextManager:
        """Returns a context in which models, optimizers and all else that has variables are made."""
        return contextlib.nullcontext()

    def adopt(self, model: keras.Model) -> keras.Model:
        """Returns the model that the run keeps: it shares its weights with `model`, which was made in `scope`."""
        return model

    def train(self, trainer: keras.Model, batches: Iterable[tuple]) -> dict[str, float]:
        """Trains on batches, or parts of them, of one size, and returns the mean of each metric over all."""
        batch_metrics = [self.step(trainer, *batch) for batch in batches]
        return {name: float(np.mean([metrics[name] for metrics in batch_metrics])) for name in batch_metrics[0]}

    def step(self, trainer: keras.Model, x: Any, *targets: np.ndarray) -> dict[str, Any]:
        """Trains on one batch and returns what the metrics say of it alone.

        Args:
            trainer: A compiled model.
            x: What it takes.
            targets: Targets, and weights of the examples where they have some.
        """
        trainer.reset_metrics()  # Keras 3.15 does so itself; in 3.13 they run on from batch to batch
        return trainer.train_on_batch(x, *targets, return_dict=True)


class _TensorFlowExecutor(Executor):
    """One device on TensorFlow, without what `train_on_batch` does at every update: reset the metrics and read them.

    What that costs a small network is measured in `benchmarks/updates.py`.
    """

    def train(self, trainer, batches):
        trainer.reset_metrics()
        epoch_metrics = {}
        for batch in batches:
            epoch_metrics = self.step(trainer, *batch)
        return {name: float(value) for name, value in epoch_metrics.items()}

    def step(self, trainer, x, *targets):
        """Trains on one batch and returns what the metrics say of all batches since they were reset."""
        trainer.make_train_function()
        return trainer.train_function([(x, *targets)])  # pyright: ignore[reportOptionalCall]  (made in the line above)


class _MirroredExecutor(Executor):
    """Several devices of one host on TensorFlow."""

    def __init__(self, device_names: Sequence[str | None]):
        self.device_count = len(device_names)
        self.distribution = _mirrored_strategy(tuple(device_names))

    def scope(self):
        return self.distribution.scope()

    def adopt(self, model):
        # Made outside the scope, it answers on one device; the variables stay shared by all.
        return keras.Model(model.inputs, model.outputs, name=model.name)

    def step(self, trainer, x, *targets):
        labels, sample_weights = targets if len(targets) > 1 else (*targets, None)
        build_for_batch(trainer, (x, labels, sample_weights))
        trainer.reset_metrics()

        def take_part(context):
            device_index = context.replica_id_in_sync_group
            return keras.tree.map_structure(
                lambda array: np.array_split(array, self.device_count)[device_index], (x, *targets)
            )

        shared_batch = self.distribution.experimental_distribute_values_from_function(take_part)
        trainer.make_train_function()
        metrics = trainer.train_function(iter([shared_batch]))  # pyright: ignore[reportOptionalCall]  (as above)
        return {name: float(value) for name, value in metrics.items()}


@functools.cache
def _mirrored_strategy(device_names):
    """One for the whole process: the collective operations of a second one would be taken for those of the first."""
    import tensorflow as tf

    return tf.distribute.MirroredStrategy(device_names)


class _ShardedExecutor(Executor):
    """Several devices on JAX, of one host or of several."""

    def __init__(self, device_names: Sequence[str | None]):
        self.distribution = keras.distribution.DataParallel(devices=device_names)

    @contextlib.contextmanager
    def scope(self):
        distribution_before = keras.distribution.distribution()
        keras.distribution.set_distribution(self.distribution)
        try:
            yield
        finally:
            keras.distribution.set_distribution(distribution_before)

    def step(self, trainer, x, *targets):
        import jax

        host_count, host_index = jax.process_count(), jax.process_index()
        if host_count > 1:
            host_batch: Any = keras.tree.map_structure(
                lambda array: np.array_split(array, host_count)[host_index], (x, *targets)
            )
            x, *targets = host_batch
            if len(targets) == 1:  # Keras 3.13 takes the weights that are not there for an array
                targets.append(np.ones(len(x), "float32"))
        with self.scope():
            return super().step(trainer, x, *targets)


def _list_devices(backend: str) -> list[str]:
    """Returns the names of the accelerators of this machine; of its CPUs where there are none."""
    if backend == "jax":
        device_names = keras.distribution.list_devices()
    else:
        import tensorflow as tf

        logical_names = [device.name.removeprefix("/device:") for device in tf.config.list_logical_devices()]
        device_names = [name.replace("physical_device:", "") for name in logical_names]
    accelerators = [name for name in device_names if not name.lower().startswith("cpu")]
    return accelerators or device_names
