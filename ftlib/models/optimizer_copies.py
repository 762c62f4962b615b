"""Copies of optimizers: the same settings, fresh moments."""

import inspect
import math
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from ftlib.models.keras_internals import (
    copy_weight_decay_exclusions,
    is_keras_bookkeeping,
    rate_set_aside,
    rate_setting,
)


def copy_optimizer(optimizer: keras.optimizers.Optimizer) -> keras.optimizers.Optimizer:
    """Returns an optimizer with the same settings that has not seen a step.

    Where that cannot be made, an optimizer that has not seen a step itself is returned as it is.

    Raises:
        ValueError: If it has trained, and does not say how it can be made again.
    """
    optimizer_class = type(optimizer)
    if type(optimizer) is keras.optimizers.LossScaleOptimizer:
        options = {name: getattr(optimizer, name) for name in ("initial_scale", "dynamic_growth_steps", "name")}
        inner_copy = copy_optimizer(optimizer.inner_optimizer)
        return optimizer if inner_copy is optimizer.inner_optimizer else optimizer_class(inner_copy, **options)
    try:
        return rebuild_optimizer(optimizer, optimizer_class.from_config)
    except ValueError as error:
        if not optimizer.built:
            return optimizer
        raise ValueError(f"{error} Or freeze before you train, or compile with a new optimizer first.") from error


def rebuild_optimizer(
    optimizer: keras.optimizers.Optimizer, from_config: Callable[[dict[str, Any]], Any]
) -> keras.optimizers.Optimizer:
    """Returns a new optimizer with all settings of another: what both `freeze` and `layerwise` build on.

    Args:
        optimizer: It stays as it is.
        from_config: Makes an optimizer of a config.

    Raises:
        ValueError: If the settings of a class of one's own cannot be told from outside.
    """
    optimizer_class = type(optimizer)
    optimizer_class = getattr(optimizer_class, "plain_class", None) or optimizer_class  # of one of `layerwise`
    try:
        config = optimizer_config(optimizer)
        if optimizer_class.__module__.startswith("keras."):
            copy = from_config(config)
        else:
            copy = from_config(config | _arguments_left_out(optimizer, optimizer_class, config))
            _require_same_settings(optimizer, copy)
    except Exception as error:  # a class of one's own may fail in any way
        raise ValueError(
            f"The optimizer {optimizer_class.__name__} cannot be made again from its settings: {error} Nothing was "
            "changed. Give it a `get_config` that returns every argument of its `__init__`."
        ) from error
    copy_weight_decay_exclusions(optimizer, copy)
    return copy


def optimizer_config(optimizer: keras.optimizers.Optimizer) -> dict[str, Any]:
    """Returns the config of an optimizer, in which a schedule or function as its rate is handed over as it is.

    A config can hold a schedule of one's own only if that can be written into a file, which need not be.
    """
    rate = rate_setting(optimizer)
    if not callable(rate):
        return optimizer.get_config()
    with rate_set_aside(optimizer):
        config = optimizer.get_config()
    return {**config, "learning_rate": rate}


def _arguments_left_out(optimizer, optimizer_class, config):
    """Returns arguments that a class's `get_config` forgets, as far as its attributes tell them."""
    arguments = {}
    _, *own_parameters = inspect.signature(optimizer_class.__init__).parameters.values()  # the first is `self`
    for parameter in own_parameters:
        name = parameter.name
        if name in config or parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        attribute_names = [attribute for attribute in (name, f"_{name}") if hasattr(optimizer, attribute)]
        if not attribute_names:
            raise ValueError(f"its `get_config` leaves out {name!r}.")
        arguments[name] = getattr(optimizer, attribute_names[0])
    return arguments


def _require_same_settings(optimizer, copy):
    """Raises a ValueError where a plain attribute came out otherwise: it is not the argument that bears its name."""
    for name, value in vars(optimizer).items():
        if is_keras_bookkeeping(name) or not _is_plain(value):
            continue
        copied_value = vars(copy).get(name, value)
        if not _is_same_setting(value, copied_value):
            raise ValueError(f"its {name!r} was {value!r} and would be {copied_value!r}.")


def _is_same_setting(value, copied_value):
    if isinstance(value, (float, np.floating)) and isinstance(copied_value, (float, np.floating)):
        return math.isclose(value, copied_value, rel_tol=1e-5)
    return copied_value == value


def _is_plain(value):
    if isinstance(value, tuple):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, (bool, int, float, str, np.generic))
