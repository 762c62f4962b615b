"""What a model must do, beyond its shapes, before it is trained."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from ftlib.models.arrays import to_numpy
from ftlib.models.keras_internals import flatten_layers, node_of, state_variables
from ftlib.models.staged_model import StagedModel
from ftlib.models.token_network import longest_text
from ftlib.objectives.objective import Objective
from ftlib.strategies.strategy import Phase

if TYPE_CHECKING:
    from ftlib.tasks.task import Task

_OTHER_EMBEDDINGS = ("position", "segment", "token_type")  # a BERT's segments are an input of their own, with two rows


def check_outputs(staged: StagedModel, objective: Objective) -> None:
    """Raises a ValueError unless the model, or its head where it can be cut off, gives what is scored for any input."""
    splittable = [stage for stage in staged.stages if stage.name != "head" and stage.can_split]
    last_part = staged.cut(splittable[-1:])[-1]
    if len(last_part.inputs) > 1:
        last_part = staged.model
    objective.check_outputs(to_numpy(last_part(_random_input(last_part))))


def check_vocabulary(model: keras.Model, task: Task) -> None:
    """Raises a ValueError for texts with ids that the model's embedding of tokens has no row for.

    An id without a row is an error on some devices, and on others silently the row of another token or zeros.
    """
    if task.kind != "text":
        return
    row_counts = [layer.input_dim for layer in flatten_layers(model) if _embeds_tokens(layer)]
    highest_id = max(int(np.asarray(split.inputs[: len(split)]).max()) for split in task.splits.values())
    vocabulary_size = highest_id + 1 if task.tokenizer is None else task.tokenizer.vocabulary_size
    least_rows = min(row_counts, default=vocabulary_size)
    if max(highest_id + 1, vocabulary_size) > least_rows:
        origin = "" if task.tokenizer is None else f" of the vocabulary {task.tokenizer.name!r}"
        raise ValueError(
            f"The texts of {task.name!r} have the ids 0 to {max(highest_id, vocabulary_size - 1)}{origin}. Received: a "
            f"model whose embedding has {least_rows} rows. Load the task with the tokenizer of the backbone, or build "
            f"the backbone for {max(highest_id + 1, vocabulary_size)} ids."
        )


def _embeds_tokens(layer):
    """Returns whether a layer is the embedding of tokens, and not that of positions or of the segments of a BERT."""
    if not isinstance(layer, keras.layers.Embedding) or any(word in layer.name for word in _OTHER_EMBEDDINGS):
        return False
    try:
        source: Any = layer.input
    except (AttributeError, ValueError):  # it is called inside another layer, as those of KerasHub are
        return "token" in layer.name
    return isinstance(node_of(source).operation, keras.layers.InputLayer)


def require_no_change_in_inference(staged: StagedModel, phases: Iterable[Phase]) -> None:
    """Refuses layers of frozen stages that change their own state also in inference, such as by counting their calls.

    It would break a proof at the end of the phase. Layers of Keras have no such state, and cost nothing here.
    """
    held_states = {}
    for stage in staged.stages:
        if all(stage.name in phase.trained_stages(staged.stage_names) for phase in phases):
            continue
        for layer in (inner for outer in stage.layers for inner in flatten_layers(outer)):
            if not type(layer).__module__.startswith("keras."):
                held_states.update((id(w), (w, layer, stage.name)) for w in state_variables(layer))
    if not held_states:
        return

    values_before = {key: to_numpy(state).copy() for key, (state, _, _) in held_states.items()}
    staged.model(_random_input(staged.model), training=False)
    moved_keys = [
        key for key, (state, _, _) in held_states.items() if not np.array_equal(values_before[key], to_numpy(state))
    ]
    for key in moved_keys:
        state, _, _ = held_states[key]
        state.assign(values_before[key])
    if moved_keys:
        state, layer, stage_name = held_states[moved_keys[0]]
        raise ValueError(
            f"{type(layer).__name__} {layer.name!r} changes its {state.name!r} also in inference, and its stage, "
            f"{stage_name}, has to stay as it is while it is frozen. Let it change only where `training` is true, or "
            'choose a strategy that trains all stages, such as "full".'
        )


def _random_input(model):
    """Returns two inputs of random numbers, or of tokens.

    An axis whose size the model leaves open has 64, or fewer where a text network has no more places.
    """
    takes_tokens = "int" in str(model.inputs[0].dtype)
    open_size = min(64, longest_text(model) or 64) if takes_tokens else 64
    numbers = np.random.default_rng(0).random((2, *(size or open_size for size in model.input_shape[1:])))
    # A token is an index into a table whose length is not known here; every table has the entries 0 and 1.
    return (numbers > 0.5).astype("int32") if takes_tokens else numbers.astype("float32")
