"""The layers that draw random numbers while they train: off in stages that are frozen."""

import contextlib
import functools
import inspect
from collections.abc import Iterable, Iterator, Sequence

import keras

from ftlib.models.keras_internals import flatten_layers, seed_generators
from ftlib.models.stages import Stage
from ftlib.strategies.strategy import Phase


@contextlib.contextmanager
def without_dropout_in(stages: Iterable[Stage], trained_stages) -> Iterator[None]:
    """Switches off the layers that draw random numbers in all stages but those that train.

    Frozen segments run in inference mode as a whole. This is for a frozen stage that shares a segment with one that
    trains, such as a block of a ViT's encoder.
    """
    frozen_stages = [stage for stage in stages if stage.name not in trained_stages]
    switched_off = [layer for stage in frozen_stages for layer in random_layers(stage)]
    for layer in switched_off:
        # Layers name their rate differently (`rate`, `factor`, ...), so they are told that nothing trains instead.
        object.__setattr__(layer, "call", functools.partial(_call_without_training, layer.call))
    try:
        yield
    finally:
        for layer in switched_off:
            object.__delattr__(layer, "call")


def _call_without_training(call, *args, training=None, **options):
    return call(*args, training=False, **options)


def random_layers(stage: Stage) -> list[keras.layers.Layer]:
    """Returns the layers of a stage that draw random numbers while they train: Dropout, augmentation, and their like.

    Keras gives a layer a generator of random numbers only where it needs one: a Dropout with the rate 0 has none.
    """
    layers = {id(inner): inner for layer in stage.layers for inner in flatten_layers(layer)}.values()
    return [layer for layer in layers if seed_generators(layer) and _takes_training(layer)]


def _takes_training(layer):
    return "training" in inspect.signature(layer.call).parameters


def describe_random_layers(stages: Sequence[Stage], phases: Iterable[Phase]) -> list[str]:
    """Returns a note on the random layers of stages that are frozen in some phase, where they are off; or none.

    Args:
        stages: The stages of the model.
        phases: The phases, unrolled.
    """
    stage_names = [stage.name for stage in stages]
    switched_off = {}
    for phase in phases:
        trained_stages = phase.trained_stages(stage_names)
        for stage in stages:
            if stage.name not in trained_stages:
                switched_off.update((id(layer), (layer, stage.name)) for layer in random_layers(stage))
    if not switched_off:
        return []

    layer_texts = [f"{type(layer).__name__} {layer.name!r}" for layer, _ in switched_off.values()]
    layer_list = ", ".join(layer_texts[:3])
    if len(layer_texts) > 3:
        layer_list += f" and {len(layer_texts) - 3} more"
    stage_list = ", ".join(dict.fromkeys(stage_name for _, stage_name in switched_off.values()))
    return [
        f"{layer_list} are off wherever their stage is frozen ({stage_list}): a frozen stage runs in inference mode. "
        "The regularization of the run augments images and drops features of the head."
    ]
