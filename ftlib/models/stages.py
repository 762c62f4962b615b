"""The stages of a model, found from its layer graph.

A boundary is a point of the graph where a single computed activation is alive (an articulation point). The
model's inputs, and what is derived from them without variables (a padding mask, its cast), do not count
against it: the second half can derive them again. So the graph is enough, no table of layer names is needed.

`find_stages` groups what lies between boundaries into a few named stages; a `StagedModel` is cut there.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import keras

from ftlib.errors import unknown
from ftlib.models.arrays import count_scalars, unique_by_id
from ftlib.models.layer_graph import LayerGraph, blocks_of


@dataclass(frozen=True)
class Stage:
    """A run of layers between two points of a model.

    Attributes:
        name: `"stage1"`, `"stage2"`, ..., and `"head"` for what follows the backbone of a classifier.
        layers: Tuple of layers, without input layers. Nested models are opened, and so is a layer that is a
            stack of blocks: setting `trainable` on each is exact. A layer is in one stage only.
        can_split: Whether the model can be cut after this stage.
        params: Number of scalars in the weights of `layers`.
        output_shape: Shape of the activation after the stage, without the batch axis; `None` where it is
            not a single tensor.
        note: Why the model cannot be cut after this stage; empty if it can.
    """

    name: str
    layers: tuple[keras.layers.Layer, ...]
    can_split: bool
    params: int
    output_shape: tuple[int | None, ...] | None
    note: str = ""

    def __repr__(self):
        return (
            f"Stage({self.name!r}, {len(self.layers)} layers, {self.params:,} params, "
            f"output_shape={self.output_shape}, can_split={self.can_split})"
        )


class Stages(list[Stage]):
    """A list of `Stage` that prints as a table, with a note below it where a model has few stages."""

    note = ""

    def __repr__(self):
        lines = [f"{'stage':8} {'layers':>6} {'params':>12}  {'output':16} cut after it"]
        for stage in self:
            answer = "yes" if stage.can_split else f"no: {stage.note}"
            shape = str(stage.output_shape)
            lines.append(f"{stage.name:8} {len(stage.layers):6} {stage.params:12,}  {shape:16} {answer}")
        if self.note:
            lines.append(self.note)
        return "\n".join(lines)


class FoundStages(NamedTuple):
    """The stages of a layer graph, and for each the index of its last call; None inside a layer."""

    stages: Stages
    last_calls: list[int | None]


def find_stages(graph: LayerGraph, head: str | None, max_stages: int) -> FoundStages:
    """Groups the calls of a layer graph into stages.

    Args:
        graph: The layer graph of a model.
        head: Name of the layer at which the head starts, or None: what follows a layer named `"backbone"`.
        max_stages: Most stages before the head.

    Raises:
        ValueError: No layer has the name `head`, or it is the first.
    """
    head_start = _find_head_start(graph, head)
    units = _find_units(graph, head_start)
    groups = _join_smallest(_group_by_resolution(units), max_stages)
    named_groups = [(f"stage{number}", group) for number, group in enumerate(groups, start=1)]
    if head_start < len(graph.calls):
        named_groups.append(("head", [_head_unit(graph, head_start, units)]))

    stages = Stages(_as_stage(graph, name, group) for name, group in named_groups)
    if len(units) < 4:
        stages.note = f"Few stages: points of the graph where a single activation is alive: {len(units) - 1}."
    return FoundStages(stages, [group[-1].last_call for _, group in named_groups])


class _Unit(NamedTuple):
    """The smallest part a stage is made of: layers with a kernel, and those that treat their output."""

    layers: list[keras.layers.Layer]
    last_call: int | None  # None inside a layer
    resolution: int | None = None  # pixels or tokens where its kernels work
    output_size: int = 0  # numbers in its output
    containing_layer: str = ""  # name of the layer that it is a part of


def _join_smallest(groups, max_stages):
    """Joins the two neighbours that are smallest together until there are no more groups than stages."""
    groups = list(groups)
    while len(groups) > max_stages:
        sizes = [sum(count_scalars_in(unit.layers) for unit in group) for group in groups]
        joint_sizes = [first + second for first, second in pairwise(sizes)]
        smallest = joint_sizes.index(min(joint_sizes))
        groups[smallest : smallest + 2] = [groups[smallest] + groups[smallest + 1]]
    return groups


def _head_unit(graph, head_start, units):
    backbone_layers = {id(layer) for unit in units for layer in unit.layers}
    head_layers = [layer for layer in _layers_of(graph.calls[head_start:]) if id(layer) not in backbone_layers]
    return _Unit(head_layers, len(graph.calls) - 1)


def _as_stage(graph, name, units):
    layers = tuple(layer for unit in units for layer in unit.layers)
    output_slot = graph.slot_after(units[-1].last_call)
    obstacle = _find_obstacle(graph, units[-1])
    return Stage(
        name=name,
        layers=layers,
        can_split=not obstacle,
        params=count_scalars_in(layers),
        output_shape=None if output_slot is None else graph.tensors[output_slot].shape[1:],
        note=obstacle,
    )


def _find_units(graph, stop):
    """Returns the units of the calls before index `stop`."""
    offered_cuts = _cuts_between_kernels(graph, stop)
    # The smallest activation is taken, the last on a tie: after a pooling, before a padding.
    last_calls = [min(cuts, key=lambda index: (_output_size(graph, index), -index)) for cuts in offered_cuts[:-1]]
    last_calls.append(stop - 1)

    units, seen_layers, start = [], set(), 0
    for cuts, last_call in zip(offered_cuts or [last_calls], last_calls, strict=True):
        resolution = _count_places(_size_after(graph, cuts[0]))
        output_size = _output_size(graph, last_call)
        layers = []
        for layer in _layers_of(graph.calls[start : last_call + 1]):
            if id(layer) in seen_layers:
                continue
            *whole_blocks, last_block = blocks_of(layer)
            for block in whole_blocks:
                units.append(_Unit(layers + block, None, resolution, output_size, layer.name))
                layers = []
            layers += last_block
            seen_layers.add(id(layer))
        units.append(_Unit(layers, last_call, resolution, output_size))
        start = last_call + 1
    return units


def _cuts_between_kernels(graph, stop):
    """Returns for each unit the boundaries after it and before the next kernel, as indices of calls.

    Layers without a kernel (normalization, activation, padding, pooling) offer several cuts between one unit and the
    next.
    """
    offered_cuts, start = [], 0
    for boundary in [index for index in graph.boundaries if index < stop - 1] + [stop - 1]:
        layers = _layers_of(graph.calls[start : boundary + 1])
        if any(len(weight.shape) > 1 for layer in layers for weight in layer.weights):
            offered_cuts.append([])
        if offered_cuts:  # before the first kernel there is nothing to cut off
            offered_cuts[-1].append(boundary)
        start = boundary + 1
    return offered_cuts


def _size_after(graph, call_index):
    slot = graph.slot_after(call_index)
    return None if slot is None else graph.sizes[slot]


def _output_size(graph, call_index):
    return math.prod(side or 1 for side in _size_after(graph, call_index) or ())


def _group_by_resolution(units):
    """Returns lists of units: one per resolution, or one per unit if there are only one or two."""
    groups = [units[:1]]
    for unit_before, unit in pairwise(units):
        if unit_before.resolution and unit.resolution and 2 * unit.resolution <= unit_before.resolution:
            last_group = groups[-1]
            # An inverted residual block widens before it strides: cut before the widening.
            widens = len(last_group) > 1 and 2 * last_group[-2].output_size < last_group[-1].output_size
            groups.append([last_group.pop()] if widens else [])
        groups[-1].append(unit)
    return groups if len(groups) > 2 else [[unit] for unit in units]


def _count_places(shape):
    """Returns how many pixels or tokens an activation has, None where it is not known."""
    if shape is None:
        return None
    channels_first = keras.config.image_data_format() == "channels_first" and len(shape) > 3
    place_axes = shape[2:] if channels_first else shape[1:-1]
    return None if None in place_axes else math.prod(place_axes)


def _find_obstacle(graph, unit):
    """Returns why the model cannot be cut after a unit, empty if it can."""
    if unit.containing_layer:
        return f"inside the layer {unit.containing_layer!r}"
    if unit.last_call == len(graph.calls) - 1:
        return "the last stage"
    if unit.last_call in graph.shared:
        return f"the layer {graph.shared[unit.last_call]!r} is used on both sides"
    return "" if unit.last_call in graph.boundaries else "several activations are alive"


def _find_head_start(graph, head):
    """Returns the index of the first call of the head, or the number of calls if there is no head."""
    if head is None:
        backbone_stops = (call.stop for call in graph.top if call.op.name == "backbone")
        return max(backbone_stops, default=len(graph.calls))
    first_calls, stack = {}, list(graph.top)
    while stack:
        call = stack.pop()
        first_calls[call.op.name] = min(call.start, first_calls.get(call.op.name, call.start))
        stack += call.inner or []
    if head not in first_calls:
        raise unknown("layer", head, first_calls)
    if first_calls[head] == 0:
        raise ValueError(f"Expected a head after other layers. Received: head={head!r}, the first layer.")
    return first_calls[head]


def _layers_of(calls):
    """Returns the layers of some calls, each once, in order."""
    return unique_by_id(call.op for call in calls if isinstance(call.op, keras.layers.Layer))


def count_scalars_in(layers: Iterable[keras.layers.Layer]) -> int:
    """Returns how many numbers the weights of some layers hold, as many times as a weight is in them."""
    return sum(count_scalars(layer.weights) for layer in layers)
