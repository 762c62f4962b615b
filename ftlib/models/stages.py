"""A model as a sequence of stages, found from its layer graph.

A boundary is a point of the graph where a single computed activation is alive (an articulation point). The
model's inputs, and what is derived from them without variables (a padding mask, its cast), do not count
against it: the second half can derive them again. So the graph is enough, no table of layer names is needed.

`stages` groups what lies between boundaries into a few named stages; `split_model` and `segments` cut there.
"""

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import keras

from ftlib.errors import unknown
from ftlib.models.layer_graph import Graph, blocks_of, is_functional


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


def stages(model, head=None, max_stages=8):
    """Returns the stages of a functional model, from input to output.

    A stage ends where the resolution falls to half of its pixels or less. A model where it does not do so
    twice, such as a transformer, gives its blocks, or runs of blocks with similar numbers of parameters.
    Layers before the first kernel belong to the first stage; normalization, activation and pooling belong to
    the stage whose output they treat.

    Args:
        model: A functional, or built Sequential, model; nested models are opened. What follows a layer named
            `"backbone"` is the stage `"head"`.
        head: Name of the layer at which the head starts, for a model without a layer `"backbone"`. Default
            `None`: such a model has no head.
        max_stages: Most stages before the head. Default 8: few enough to name, plot and unfreeze one by one.

    Returns:
        A list of `Stage`; printed, it is a table. A layer that is a stack of blocks (KerasHub's ViT encoder)
        gives several stages, for freezing and rates, although the model cannot be cut between them.

    Raises:
        ValueError: The model is not functional, no layer has the name `head`, or layers that are called both
            early and late leave no place to cut.

    Example:
    >>> import keras
    >>> shape = (64, 64, 3)
    >>> backbone = keras.applications.MobileNetV2(weights=None, include_top=False, input_shape=shape)
    >>> [stage.output_shape for stage in stages(backbone)]
    [(32, 32, 16), (16, 16, 24), (8, 8, 32), (4, 4, 96), (2, 2, 1280)]
    """
    return _analyse(model, head, max_stages)[1]


def weights_of(found, names):
    """Returns the weights of the stages with these names, each once, out of a list of `Stage`."""
    listed = [w for s in found if s.name in names for layer in s.layers for w in layer.weights]
    return list({id(w): w for w in listed}.values())


def head_width(found):
    """Returns how many features the head takes, out of a list of `Stage`; None where it has no kernel."""
    shapes = [w.shape for w in weights_of(found, ["head"]) if len(w.shape) > 1]
    return int(shapes[0][-2]) if shapes else None


def split_model(model, stage, head=None, max_stages=8):
    """Cuts a model in two after a stage.

    Args:
        model: A functional model, as in `stages`. It stays as it is.
        stage: Name of a stage that has `can_split`, or the `Stage` itself.
        head, max_stages: As in `stages`.

    Returns:
        `(prefix, suffix)`: two functional models that share the weights of `model`, with `suffix(prefix(x))`
        equal to `model(x)`. What `prefix` returns is what `suffix` takes: one tensor, or, if later layers
        still need some inputs of the model (a padding mask), the list `[activation, input, ...]` with these
        inputs, unchanged, in the order of `model.inputs`.

    Raises:
        ValueError: No stage has this name, or the model cannot be cut after it.

    Example:
    >>> import keras
    >>> shape = (64, 64, 3)
    >>> backbone = keras.applications.MobileNetV2(weights=None, include_top=False, input_shape=shape)
    >>> prefix, suffix = split_model(backbone, "stage3")
    >>> prefix.output_shape, suffix.input_shape
    ((None, 8, 8, 32), (None, 8, 8, 32))
    """
    return tuple(segments(model, [stage], head, max_stages))


def segments(model, names, head=None, max_stages=8, past_pooling=False):
    """Cuts a model after several stages into consecutive models.

    Args:
        model: A functional model, as in `stages`. It stays as it is.
        names: Names of stages that have `can_split`, in the model's order. An empty list gives one model.
        head, max_stages: As in `stages`.
        past_pooling: Whether the first cut moves on past layers without weights and randomness, to where the
            activation is smallest.

    Returns:
        A list of `len(names) + 1` functional models that share the weights of `model`. Each takes what the
        one before returns, as in `split_model`; one after the other they equal `model`.

    Raises:
        ValueError: No stage has such a name, the model cannot be cut after it, or the order is another.

    Example:
    >>> import keras
    >>> shape = (64, 64, 3)
    >>> backbone = keras.applications.MobileNetV2(weights=None, include_top=False, input_shape=shape)
    >>> [part.output_shape[1:] for part in segments(backbone, ["stage1", "stage4"])]
    [(32, 32, 16), (4, 4, 96), (2, 2, 1280)]
    """
    graph, found, ends = _analyse(model, head, max_stages)
    known = [s.name for s in found]
    names = [getattr(name, "name", name) for name in names]
    for name in names:
        if name not in known:
            raise unknown("stage", name, known)
        stage = found[known.index(name)]
        if not stage.can_split:
            possible = ", ".join(s.name for s in found if s.can_split) or "none"
            raise ValueError(f"Cannot cut after {name!r}: {stage.note}. Stages to cut after: {possible}.")
    places = [known.index(name) for name in names]
    if places != sorted(set(places)):
        raise ValueError(f"Expected stage names in the model's order, each once. Received: {names}.")
    cuts = [ends[place] for place in places]
    if past_pooling and cuts:
        cuts[0] = graph.past_pooling(cuts[0])
    return graph.cut(cuts)


def _analyse(model, head, max_stages):
    """Returns the graph of `model`, its stages and, for each stage, the index of its last call."""
    if max_stages < 1:
        raise ValueError(f"Expected `max_stages` of at least 1. Received: max_stages={max_stages}.")
    if not is_functional(model):
        raise ValueError(
            "Expected a functional keras.Model or a built Sequential one, for only these have a layer graph. "
            f"Received: {model!r}. Rebuild a subclassed model as keras.Model(inputs, outputs)."
        )
    graph = Graph(model)
    stop = _head_start(graph, head)
    units = _units(graph, stop)
    groups = _by_resolution(units)
    while len(groups) > max_stages:  # join the two neighbours that are smallest together
        sizes = [sum(_params(unit.layers) for unit in group) for group in groups]
        i = min(range(len(groups) - 1), key=lambda i: sizes[i] + sizes[i + 1])
        groups[i : i + 2] = [groups[i] + groups[i + 1]]
    parts = [(f"stage{i}", group) for i, group in enumerate(groups, start=1)]
    if stop < len(graph.calls):
        seen = {id(layer) for unit in units for layer in unit.layers}
        layers = [layer for layer in _layers(graph.calls[stop:]) if id(layer) not in seen]
        parts.append(("head", [_Unit(layers, len(graph.calls) - 1)]))

    found = Stages()
    for name, group in parts:
        layers = tuple(layer for unit in group for layer in unit.layers)
        slot, note = graph.slot_after(group[-1].end), _obstacle(graph, group[-1])
        shape = None if slot is None else graph.tensors[slot].shape[1:]
        found.append(Stage(name, layers, not note, _params(layers), shape, note))
    if len(units) < 4:
        found.note = f"Few stages: points of the graph where a single activation is alive: {len(units) - 1}."
    return graph, found, [group[-1].end for _, group in parts]


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
