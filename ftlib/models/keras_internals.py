"""Every private name of Keras that ftlib uses, each behind one function that says what it is for.

Keras may change these without a word. Seen on Keras 3.13 (the oldest that ftlib takes, and Colab's) and on 3.15 (the
one in requirements.lock); `tests/models/test_keras_internals.py` has a test for each, so that an update that breaks one
of them fails there, by name, and not in a run. No other module of ftlib reads a private name of Keras, but for
`training.layerwise` and `training.trainer`, whose optimizers override methods in `OPTIMIZER_HOOKS`, and
`exports.runtimes`, which runs where ftlib is not installed.
"""

import contextlib
from collections.abc import Iterator
from typing import Any, Protocol

import keras

OPTIMIZER_HOOKS = (
    "_backend_update_step",
    "_apply_weight_decay",
    "_get_current_learning_rate",
    "_get_variable_index",
    "_use_weight_decay",
    "_var_key",
)
"""Methods of `keras.optimizers.Optimizer` that optimizers of ftlib override or call on themselves.

`layerwise` gives each stage a rate of its own within one optimizer. Keras's public methods are called once for all
weights (`apply`) or with the rate already fixed (`update_step`, which Torch's own classes skip), so there is no public
place for it. `_get_variable_index` finds the slot of a weight within `update_step`, as in Keras's own optimizers.
"""

_WEIGHT_DECAY_EXCLUSIONS = ("_exclude_from_weight_decay", "_exclude_from_weight_decay_pattern")


class Node(Protocol):
    """One call of an operation, as Keras records it: what the layer graph is read from."""

    operation: Any
    arguments: Any
    input_tensors: list
    outputs: list
    parent_nodes: list
    is_input: bool


def flatten_layers(layer: keras.layers.Layer) -> list[keras.layers.Layer]:
    """Returns a layer and all layers within it, at any depth, outer ones before inner ones.

    For: flags and state of every layer, also of those inside composite layers such as an attention layer.
    Private: `Layer._flatten_layers`. The public `Model.layers` stops at the first level, and layers have no such
    property.
    """
    return list(layer._flatten_layers())


def direct_sublayers(layer: keras.layers.Layer) -> list[keras.layers.Layer]:
    """Returns the layers that a layer holds itself, without those that these hold.

    For: walking down only where a layer trains, and telling the blocks of a stack apart.
    Private: `Layer._flatten_layers(include_self=False, recursive=False)`. Public Keras has `Model.layers` for models
    alone.
    """
    return list(layer._flatten_layers(include_self=False, recursive=False))


def layer_lists(layer: keras.layers.Layer) -> list[list]:
    """Returns the lists that a layer's class has set as attributes, without Keras's own list of its sublayers.

    For: finding the list of blocks of a layer that is a stack of them (KerasHub's ViT encoder).
    Private: the attribute `_layers`, in which Keras tracks sublayers; it has to be told apart from the class's own
    lists.
    """
    return [value for name, value in vars(layer).items() if name != "_layers" and isinstance(value, list)]


def state_variables(layer: keras.layers.Layer) -> list[keras.Variable]:
    """Returns the weights that a layer itself moves by rules of its own and no gradient ever does.

    For: moving statistics of BatchNormalization, the vector of SpectralNormalization, counters of a layer of one's own.
    Private: `Layer._non_trainable_variables`. The public `non_trainable_weights` also lists every frozen kernel.
    """
    return list(layer._non_trainable_variables)


def trainable_flag(layer: keras.layers.Layer) -> bool:
    """Returns the `trainable` flag of one layer alone.

    For: copying the flags of a model layer by layer.
    Private: `Layer._trainable`. The public property can be overridden, and its setter reaches all layers within.
    """
    return layer._trainable


def set_trainable_flag(layer: keras.layers.Layer, trainable: bool) -> None:
    """Sets the `trainable` flag of one layer and of none within it; see `trainable_flag`."""
    layer._trainable = trainable


def seed_generators(layer: keras.layers.Layer) -> list[keras.random.SeedGenerator]:
    """Returns the generators of random numbers that a layer itself holds, such as those of Dropout; mostly none.

    For: giving each epoch random numbers that depend on its seed alone, and finding layers that draw.
    Private: `Layer._seed_generators`. The public `variables` holds their states among all others.
    """
    return list(getattr(layer, "_seed_generators", None) or ())


def kernel_variable(layer: keras.layers.Layer) -> keras.Variable:
    """Returns the kernel of a Dense or EinsumDense layer as it is stored, without what LoRA adds to it.

    For: writing the sum of a kernel and its addition into a model without additions.
    Private: `Dense._kernel`. The public `kernel` gives the sum, as a tensor that cannot be assigned to.
    """
    return layer._kernel  # pyright: ignore[reportAttributeAccessIssue]  (of these two classes alone)


def node_of(tensor: keras.KerasTensor) -> Node:
    """Returns the call that made a tensor of a functional model.

    For: the layer graph, from which stages and cuts are found.
    Private: `KerasTensor._keras_history` and `Operation._inbound_nodes`. The public `layer.output` knows one call of
    each layer.
    """
    history = tensor._keras_history  # pyright: ignore[reportAttributeAccessIssue]  (set when the tensor is made)
    return history.operation._inbound_nodes[history.node_index]


def has_own_call(model: keras.Model) -> bool:
    """Returns whether a model computes something else than its graph says, because its class overrides `call`.

    For: telling which models can be read, and cut, by their graph.
    Private: the names of Keras's classes `Functional` and `Sequential`, of which the first is not public.
    """
    return type(model).call.__qualname__ not in ("Functional.call", "Sequential.call")


def compile_arguments(model: keras.Model) -> dict[str, Any]:
    """Returns the arguments with which a model was compiled: the very objects.

    For: compiling again after stages are frozen.
    Private: `Trainer._compile_config.config`. Out of the public `get_compile_config` a loss function of one's own
    cannot be made again, and a class with its own `compile`, such as KerasHub's classifiers, takes nothing from it.
    """
    return dict(model._compile_config.config)


def build_for_batch(model: keras.Model, batch: tuple) -> None:
    """Builds the metrics, the loss and the optimizer of a model that several devices share, without training.

    For: making all variables before a training step is compiled for several devices.
    Private: `Trainer._maybe_symbolic_build`. Public Keras does it inside `fit` and `train_on_batch` alone.
    """
    model._maybe_symbolic_build(data_batch=batch)


def rate_setting(optimizer: keras.optimizers.Optimizer) -> Any:
    """Returns the learning rate as an optimizer was given it: a variable, or the schedule or function itself.

    For: copying optimizers, and finding the peak of a schedule.
    Private: `Optimizer._learning_rate`. The public `learning_rate` gives the number at this moment.
    """
    return optimizer._learning_rate


@contextlib.contextmanager
def rate_set_aside(optimizer: keras.optimizers.Optimizer) -> Iterator[None]:
    """Lets an optimizer have the rate 0 for as long as it is asked for its config.

    For: the config of an optimizer whose schedule is of one's own and cannot be written into a file.
    Private: as in `rate_setting`; past Keras's own `__setattr__`, which would start to track the placeholder.
    """
    rate = optimizer._learning_rate
    try:
        object.__setattr__(optimizer, "_learning_rate", 0.0)
        yield
    finally:
        object.__setattr__(optimizer, "_learning_rate", rate)


def optimized_variables(optimizer: keras.optimizers.Optimizer) -> list[keras.Variable]:
    """Returns the weights that an optimizer was built to move.

    For: the proof that a model was compiled after it was frozen.
    Private: `Optimizer._trainable_variables`. The public `variables` holds the optimizer's own state.
    """
    return list(optimizer._trainable_variables)


def copy_weight_decay_exclusions(source: keras.optimizers.Optimizer, target: keras.optimizers.Optimizer) -> None:
    """Spares from weight decay in one optimizer what another one spares.

    For: copies of optimizers, since no config says it.
    Private: `Optimizer._exclude_from_weight_decay` and `..._pattern`; public Keras can set them and not read them.
    Keras replaces them and never changes them, so that two optimizers may share them.
    """
    for name in _WEIGHT_DECAY_EXCLUSIONS:
        if hasattr(source, name):
            setattr(target, name, getattr(source, name))


def is_keras_bookkeeping(attribute: str) -> bool:
    """Returns whether an attribute of an optimizer is Keras's own and no setting.

    For: comparing the settings of an optimizer with those of its copy.
    Private: `built`, `_lock` and what Keras's trackers add (`_self_...`); public Keras does not list attributes.
    """
    return attribute in ("built", "_lock") or attribute.startswith("_self_")


def variable_key(optimizer: keras.optimizers.Optimizer, variable: keras.Variable) -> Any:
    """Returns what an optimizer knows a weight by, also where a backend wraps it.

    For: the stage of each weight within an optimizer. Private: `Optimizer._var_key`; weights have no public identity
    that holds on every backend.
    """
    return optimizer._var_key(variable)


def excluded_variables(optimizer: keras.optimizers.Optimizer) -> set:
    """Returns the keys (see `variable_key`) of the weights that are spared from weight decay one by one.

    For: writing them into a config. Private: as in `copy_weight_decay_exclusions`.
    """
    return set(getattr(optimizer, "_exclude_from_weight_decay", ()))


def exclude_variables(optimizer: keras.optimizers.Optimizer, keys: set) -> None:
    """Spares weights from weight decay, by their keys, with those that are spared already.

    For: an optimizer that was read from a file. Private: as in `copy_weight_decay_exclusions`; the public
    `exclude_from_weight_decay` takes the weights themselves, and refuses once the optimizer is built.
    """
    optimizer._exclude_from_weight_decay = excluded_variables(optimizer) | keys


def exclusion_pattern(optimizer: keras.optimizers.Optimizer) -> str | None:
    """Returns the pattern of names that are spared from weight decay, None where there is none.

    For: writing it into a config. Private: as in `copy_weight_decay_exclusions`.
    """
    pattern = getattr(optimizer, "_exclude_from_weight_decay_pattern", None)
    return None if pattern is None else pattern.pattern
