"""Checks of the exercises of lesson 06."""

import keras

from ftlib.course.answers import Blank, Mistake, call, describe
from ftlib.course.tracks import track
from ftlib.models.freezing import freeze_report
from ftlib.models.keras_internals import flatten_layers
from ftlib.models.staged_model import stages
from ftlib.strategies.strategy import Strategy


def _check_two_open_stages(answer):
    if not isinstance(answer, keras.Model):
        return Mistake("expected_model", kind=describe(answer))

    states = [row["state"] for row in freeze_report(answer).rows]
    if set(states) == {"trainable"}:  # as `classifier` made it
        raise Blank(Mistake("nothing_closed"))
    if states[-1] == "frozen":
        return Mistake("head_frozen")

    open_stages = [state != "frozen" for state in states[:-1]]
    if all(open_stages):
        return Mistake("all_open")
    if open_stages[-2:] != [True, True] or any(open_stages[:-2]):
        count = sum(open_stages)
        if count == 1:
            return Mistake("one_stage_open")
        return Mistake("other_stages_open", count=count)

    open_norms = [layer for layer in _list_layers(answer, keras.layers.BatchNormalization) if layer.trainable]
    if open_norms:
        return Mistake("batch_norm_open", count=len(open_norms))
    return None


def _list_layers(model, kind):
    """Returns the layers of a kind, also those of models within the model."""
    return [layer for layer in flatten_layers(model) if isinstance(layer, kind)]


def _check_open_safely(answer):
    if not callable(answer) or isinstance(answer, keras.Model):
        return Mistake("expected_open_safely", kind=describe(answer))

    backbone = _build_frozen_backbone()
    try:
        returned = call(answer, backbone)
    except Blank:
        if not backbone.trainable_weights:
            raise
        return Mistake("returns_nothing")
    if returned is not backbone:
        return Mistake("other_model")

    convolutions = _list_layers(backbone, keras.layers.Conv2D)
    if not all(weight.trainable for layer in convolutions for weight in layer.weights):
        return Mistake("still_frozen")

    norms = _list_layers(backbone, keras.layers.BatchNormalization)
    if all(layer.trainable for layer in norms):
        return Mistake("batch_norm_open")
    if any(layer.trainable for layer in norms):
        return Mistake("inner_batch_norm_open")
    return None


def _build_frozen_backbone():
    """Returns a tiny backbone with a nested model and two BatchNorm layers, all frozen."""
    image = keras.Input((8, 8, 1))
    inner_model = keras.Sequential(
        [keras.Input((8, 8, 2)), keras.layers.BatchNormalization(), keras.layers.Conv2D(2, 3)]
    )
    features = inner_model(keras.layers.Conv2D(2, 1)(image))
    backbone = keras.Model(image, keras.layers.BatchNormalization()(features))
    backbone.trainable = False
    return backbone


def _check_half_and_half(answer):
    if not isinstance(answer, Strategy):
        return Mistake("expected_strategy", kind=describe(answer))
    if answer.start != "pretrained" or answer.keep is not None:
        return Mistake("random_start")
    if len(answer.phases) == 1:
        return Mistake("one_phase")
    if len(answer.phases) != 2:
        return Mistake("other_phases", count=len(answer.phases))

    first_phase, second_phase = answer.phases
    if first_phase.train not in ("head", 0, ("head",)):
        return Mistake("other_first_phase", trained=first_phase.train)
    if not _trains_last_stage(second_phase):
        return Mistake("other_second_phase", trained=second_phase.train)
    if any(abs(phase.share - 0.5) > 0.01 for phase in answer.phases):
        return Mistake("other_shares", first=first_phase.share, second=second_phase.share)
    if abs(first_phase.rate - 1e-2) > 1e-6 or abs(second_phase.rate - 1e-4) > 1e-8:
        if first_phase.rate < second_phase.rate:
            return Mistake("rates_swapped", first=first_phase.rate, second=second_phase.rate)
        return Mistake("other_rates", first=first_phase.rate, second=second_phase.rate)
    return None


def _trains_last_stage(phase):
    if isinstance(phase.train, tuple):
        return set(phase.train) == {stages(track().backbone)[-1].name, "head"}
    return phase.train == 1


CHECKS = {
    "06.1": _check_two_open_stages,
    "06.2": _check_open_safely,
    "06.3": _check_half_and_half,
}
