"""The stages of a model, found from its layer graph.

A boundary is a point of the graph where a single computed activation is alive (an articulation point). The
model's inputs, and what is derived from them without variables (a padding mask, its cast), do not count
against it: the second half can derive them again. So the graph is enough, no table of layer names is needed.

`find_stages` groups what lies between boundaries into a few named stages; a `StagedModel` is cut there.
"""

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import keras

from ftlib.errors import unknown
from ftlib.models.layer_graph import blocks_of


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
    layers: tuple
    can_split: bool
    params: int
    output_shape: tuple | None
    note: str = ""

    def __repr__(self):
        return (
            f"Stage({self.name!r}, {len(self.layers)} layers, {self.params:,} params, "
            f"output_shape={self.output_shape}, can_split={self.can_split})"
        )


class Stages(list):
    """A list of `Stage` that prints as a table, with a note below it where a model has few stages."""

    note = ""

    def __repr__(self):
        rows = [f"{'stage':8} {'layers':>6} {'params':>12}  {'output':16} cut after it"]
        for s in self:
            cut = "yes" if s.can_split else f"no: {s.note}"
            rows.append(f"{s.name:8} {len(s.layers):6} {s.params:12,}  {str(s.output_shape):16} {cut}")
        return "\n".join(rows + [self.note] * bool(self.note))


def find_stages(graph, head, max_stages):
    """Groups the calls of a layer graph into stages.

    Args:
        graph: A `LayerGraph`.
        head: Name of the layer at which the head starts, or None: what follows a layer named `"backbone"`.
        max_stages: Most stages before the head.

    Returns:
        `(stages, ends)`: the `Stages`, and for each the index of its last call in the graph.
    """
    head_start = _head_start(graph, head)
    units = _units(graph, head_start)
    groups = _by_resolution(units)
    while len(groups) > max_stages:  # join the two neighbours that are smallest together
        sizes = [sum(_params(unit.layers) for unit in group) for group in groups]
        smallest = min(range(len(groups) - 1), key=lambda i: sizes[i] + sizes[i + 1])
        groups[smallest : smallest + 2] = [groups[smallest] + groups[smallest + 1]]

    named_groups = [(f"stage{i}", group) for i, group in enumerate(groups, start=1)]
    if head_start < len(graph.calls):
        in_backbone = {id(layer) for unit in units for layer in unit.layers}
        head_layers = [layer for layer in _layers(graph.calls[head_start:]) if id(layer) not in in_backbone]
        named_groups.append(("head", [_Unit(head_layers, len(graph.calls) - 1)]))

    stages = Stages()
    for name, group in named_groups:
        layers = tuple(layer for unit in group for layer in unit.layers)
        slot, obstacle = graph.slot_after(group[-1].end), _obstacle(graph, group[-1])
        output_shape = None if slot is None else graph.tensors[slot].shape[1:]
        stages.append(Stage(name, layers, not obstacle, _params(layers), output_shape, obstacle))
    if len(units) < 4:
        stages.note = f"Few stages: points of the graph where a single activation is alive: {len(units) - 1}."
    return stages, [group[-1].end for _, group in named_groups]


class _Unit(NamedTuple):
    """The smallest part a stage is made of: layers with a kernel, and those that treat their output."""

    layers: list
    end: int | None  # index of its last call; None inside a layer
    resolution: int | None = None  # pixels or tokens where its kernels work
    size: int = 0  # numbers in its output
    inside: str = ""  # name of the layer that it is a part of


def _units(graph, stop):
    """Returns the units of the calls before index `stop`.

    Layers without a kernel (normalization, activation, padding, pooling) offer several cuts between one unit
    and the next. The smallest activation is taken, the last on a tie: after a pooling, before a padding.
    """

    def shape(i):
        slot = graph.slot_after(i)
        return None if slot is None else graph.sizes[slot]

    def size(i):
        return math.prod(d or 1 for d in shape(i) or ())

    offers, start = [], 0  # for each unit, the cuts before the next kernel
    for end in [i for i in graph.boundaries if i < stop - 1] + [stop - 1]:
        if any(len(w.shape) > 1 for layer in _layers(graph.calls[start : end + 1]) for w in layer.weights):
            offers.append([])
        if offers:  # before the first kernel there is nothing to cut off
            offers[-1].append(end)
        start = end + 1
    ends = [min(cuts, key=lambda i: (size(i), -i)) for cuts in offers[:-1]] + [stop - 1]

    units, start, seen = [], 0, set()
    for cuts, end in zip(offers or [ends], ends, strict=True):
        resolution, layers = _resolution(shape(cuts[0])), []
        for layer in _layers(graph.calls[start : end + 1]):
            if id(layer) not in seen:
                *blocks, rest = blocks_of(layer)
                for block in blocks:
                    units.append(_Unit(layers + block, None, resolution, size(end), layer.name))
                    layers = []
                layers += rest
                seen.add(id(layer))
        units.append(_Unit(layers, end, resolution, size(end)))
        start = end + 1
    return units


def _by_resolution(units):
    """Returns lists of units: one per resolution, or one per unit if there are only one or two."""
    groups = [units[:1]]
    for before, unit in pairwise(units):
        if before.resolution and unit.resolution and 2 * unit.resolution <= before.resolution:
            last = groups[-1]
            # An inverted residual block widens before it strides: cut before the widening.
            widens = len(last) > 1 and 2 * last[-2].size < last[-1].size
            groups.append([last.pop()] if widens else [])
        groups[-1].append(unit)
    return groups if len(groups) > 2 else [[unit] for unit in units]


def _resolution(shape):
    if shape is None:
        return None
    channels_first = keras.config.image_data_format() == "channels_first" and len(shape) > 3
    places = shape[2:] if channels_first else shape[1:-1]
    return None if None in places else math.prod(places)


def _obstacle(graph, unit):
    """Returns why the model cannot be cut after a unit, empty if it can."""
    if unit.inside:
        return f"inside the layer {unit.inside!r}"
    if unit.end == len(graph.calls) - 1:
        return "the last stage"
    if unit.end in graph.shared:
        return f"the layer {graph.shared[unit.end]!r} is used on both sides"
    return "" if unit.end in graph.boundaries else "several activations are alive"


def _head_start(graph, head):
    """Returns the index of the first call of the head, or the number of calls if there is no head."""
    if head is None:
        return max((call.stop for call in graph.top if call.op.name == "backbone"), default=len(graph.calls))
    starts, todo = {}, list(graph.top)
    while todo:
        call = todo.pop()
        starts[call.op.name] = min(call.start, starts.get(call.op.name, call.start))
        todo += call.inner or []
    if head not in starts:
        raise unknown("layer", head, starts)
    if starts[head] == 0:
        raise ValueError(f"Expected a head after other layers. Received: head={head!r}, the first layer.")
    return starts[head]


def _layers(calls):
    """Returns the layers of some calls, each once, in order."""
    return list({id(c.op): c.op for c in calls if isinstance(c.op, keras.layers.Layer)}.values())


def _params(layers):
    return sum(math.prod(w.shape) for layer in layers for w in layer.weights)
