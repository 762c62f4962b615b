"""LoRA: low-rank additions to the kernels of a transformer's attention (Hu et al., 2022)."""

import keras
import numpy as np

from ftlib.models.initialization import seeded
from ftlib.models.staged_model import StagedModel

_TARGETS = ("query", "value", "query_dense", "value_dense")  # what Keras and KerasHub call them


def lora_layers(stages):
    """Returns the layers of the backbone that take an addition, by stage.

    Args:
        stages: List of `Stage`.

    Raises:
        ValueError: If there are none: then nothing but the head would train.
    """
    layers = {}
    for stage in stages:
        for layer in stage.layers if stage.name != "head" else ():
            for inner in layer._flatten_layers():
                if isinstance(inner, (keras.layers.Dense, keras.layers.EinsumDense)) and inner.name in _TARGETS:
                    layers.setdefault(stage.name, []).append(inner)
    if not layers:
        raise ValueError(
            "LoRA adds to the query and value kernels of a transformer, and this backbone has none by the names "
            f"it looks for: Dense or EinsumDense layers named {', '.join(_TARGETS)}. Name those of an attention "
            'layer of your own so, as in Dense(64, name="query"). For another network use "lp_ft", which trains the '
            'backbone itself, or "feature_extraction", which trains the head alone.'
        )
    return layers


def add_lora(staged: StagedModel, rank: int, seed: int) -> list[str]:
    """Gives a model additions that train, with the head, while all else is frozen.

    The model is changed for good; `merge_lora` gives one of the first kind back.

    Args:
        staged: The model, changed in place.
        rank: Rank of each addition.
        seed: Integer: seed of the first factors. The second are 0, so at first the model gives the same as before.

    Returns:
        Names of the stages in which something trains.
    """
    layers = lora_layers(staged.stages)
    for inner in staged.model._flatten_layers():
        inner.trainable = not isinstance(inner, keras.layers.BatchNormalization)
    for stage in staged.stages:
        for layer in stage.layers if stage.name != "head" else ():
            for weight in layer.weights:
                if weight.trainable:
                    weight.trainable = False
    with seeded(seed):
        for inner in (one for listed in layers.values() for one in listed):
            inner.enable_lora(rank)
    return [name for name in staged.stage_names if name in layers or name == "head"]


def merge_lora(plain, model):
    """Gives `plain`, a copy of the model before `add_lora`, the weights of the model with the additions summed in."""
    additions = set()
    kernels = []
    for to, layer in zip(plain._flatten_layers(), model._flatten_layers(), strict=True):
        if getattr(layer, "lora_enabled", False):
            factors = layer.lora_kernel_a, layer.lora_kernel_b
            additions |= {id(factor) for factor in factors}
            first, second = (np.asarray(keras.ops.convert_to_numpy(factor)) for factor in factors)
            scale = getattr(layer, "lora_alpha", layer.lora_rank) / layer.lora_rank
            kernels.append((to._kernel, keras.ops.convert_to_numpy(layer._kernel) + scale * (first @ second)))
    for to, weight in zip(plain.weights, [w for w in model.weights if id(w) not in additions], strict=True):
        to.assign(weight)
    for kernel, value in kernels:
        kernel.assign(value)
    return plain
