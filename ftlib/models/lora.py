"""LoRA: low-rank additions to the kernels of a transformer's attention (Hu et al., 2022)."""

from collections.abc import Iterable

import keras

from ftlib.models.arrays import to_numpy
from ftlib.models.initialization import assign_weights, seeded
from ftlib.models.keras_internals import flatten_layers, kernel_variable
from ftlib.models.staged_model import StagedModel
from ftlib.models.stages import Stage

_TARGET_NAMES = ("query", "value", "query_dense", "value_dense")  # what Keras and KerasHub call them


def lora_layers(stages: Iterable[Stage]) -> dict[str, list[keras.layers.Layer]]:
    """Returns the layers of the backbone that take an addition, by the name of their stage.

    Raises:
        ValueError: If there are none: then nothing but the head would train.
    """
    layers_by_stage: dict[str, list[keras.layers.Layer]] = {}
    for stage, layer in _backbone_layers(stages):
        targets = [inner_layer for inner_layer in flatten_layers(layer) if _takes_addition(inner_layer)]
        if targets:
            layers_by_stage.setdefault(stage.name, []).extend(targets)
    if not layers_by_stage:
        raise ValueError(
            "LoRA adds to the query and value kernels of a transformer, and this backbone has none by the names "
            f"it looks for: Dense or EinsumDense layers named {', '.join(_TARGET_NAMES)}. Name those of an attention "
            'layer of your own so, as in Dense(64, name="query"). For another network use "lp_ft", which trains the '
            'backbone itself, or "feature_extraction", which trains the head alone.'
        )
    return layers_by_stage


def _backbone_layers(stages):
    return [(stage, layer) for stage in stages if stage.name != "head" for layer in stage.layers]


def _takes_addition(layer):
    return isinstance(layer, (keras.layers.Dense, keras.layers.EinsumDense)) and layer.name in _TARGET_NAMES


def add_lora(staged: StagedModel, rank: int, seed: int, frozen_head: bool = False) -> list[str]:
    """Gives a model additions that train, with the head unless it is to stay as it is, while all else is frozen.

    The model is changed for good; `merge_lora` gives one of the first kind back.

    Args:
        staged: The model, changed in place.
        rank: Rank of each addition.
        seed: Integer: seed of the first factors. The second are 0, so at first the model gives the same as before.
        frozen_head: Whether the head does not train either.

    Returns:
        Names of the stages in which something trains.

    Raises:
        ValueError: As in `lora_layers`.
    """
    layers_by_stage = lora_layers(staged.stages)
    for layer in flatten_layers(staged.model):
        layer.trainable = not isinstance(layer, keras.layers.BatchNormalization)
    frozen_layers = [layer for stage in staged.stages if frozen_head or stage.name != "head" for layer in stage.layers]
    for layer in frozen_layers:
        for weight in layer.weights:
            if weight.trainable:
                weight.trainable = False
    with seeded(seed):
        for layers in layers_by_stage.values():
            for layer in layers:
                layer.enable_lora(rank)  # pyright: ignore[reportAttributeAccessIssue]  (Dense and EinsumDense have it)
    return [name for name in staged.stage_names if name in layers_by_stage or (name == "head" and not frozen_head)]


def merge_lora(model_before_lora: keras.Model, model: keras.Model) -> keras.Model:
    """Sums the additions of a model into its kernels.

    Args:
        model_before_lora: A copy of the model from before `add_lora`, changed in place.
        model: The model with additions.

    Returns:
        `model_before_lora`, with the weights of the model and the additions summed in.
    """
    addition_ids, merged_kernels = set(), []
    for plain_layer, layer in zip(flatten_layers(model_before_lora), flatten_layers(model), strict=True):
        if getattr(layer, "lora_enabled", False):
            addition_ids |= {id(layer.lora_kernel_a), id(layer.lora_kernel_b)}
            merged_kernels.append((kernel_variable(plain_layer), _kernel_with_addition(layer)))

    own_weights = [weight for weight in model.weights if id(weight) not in addition_ids]
    assign_weights(model_before_lora.weights, own_weights)
    for kernel, value in merged_kernels:
        kernel.assign(value)
    return model_before_lora


def _kernel_with_addition(layer):
    scale = getattr(layer, "lora_alpha", layer.lora_rank) / layer.lora_rank
    first_factor, second_factor = to_numpy(layer.lora_kernel_a), to_numpy(layer.lora_kernel_b)
    return to_numpy(kernel_variable(layer)) + scale * (first_factor @ second_factor)
