"""The layer graph of a model: its calls in order, where they can be cut, and the models between the cuts.

It reads what Keras records when a layer is called: the `Node`, found through `_keras_history` and
`_inbound_nodes`. The rest is public Keras. `ftlib.models.stages` groups what lies between cuts into stages.
"""

import math
from itertools import pairwise
from typing import NamedTuple

import keras


class Call(NamedTuple):
    """One call of an operation.

    Tensors are numbers ("slots"). A tensor has the same number inside and outside of a nested model.
    """

    op: keras.Operation
    node: object
    inputs: list
    outputs: list
    start: int  # its index in `LayerGraph.calls`; a nested model covers the indices from start to stop
    stop: int
    inner: list | None  # the calls of a nested model, else None


class LayerGraph:
    """All calls of a functional model, nested models opened, in an order in which they can run.

    Args:
        model: A functional or built Sequential model.

    Attributes:
        calls: List of `Call`, without those of nested models as a whole.
        top: List of `Call` of the model's own level, where a nested model is one call.
        boundaries: Dict from the index of a call to the slot of the only computed activation alive after it.
        sizes: List of shapes by slot, where images of unknown size are taken as 224 x 224.
        shared: Dict from the index of a call to the name of a layer with weights that is called before and
            after it.

    Raises:
        ValueError: Shared layers leave no boundary.
    """

    def __init__(self, model):
        if isinstance(model, keras.Sequential):
            model = keras.Model(model.inputs[0], model.outputs[0])
        self.model = model
        self.tensors = []  # by slot: its KerasTensor
        self.computed = []  # by slot: whether something with variables had a part in it
        self.calls = []
        self.inputs = [self._slot(tensor, False) for tensor in model.inputs]
        self.top, self.outputs = self._trace(model, self.inputs)
        self.boundaries, self.shared = self._find_boundaries()
        self.sizes = self._find_sizes()

    def slot_after(self, i):
        """Returns the slot of the single activation after call `i`, `None` if there are several."""
        if i == len(self.calls) - 1 and len(self.outputs) == 1:
            return self.outputs[0]
        return self.boundaries.get(i)

    def past_pooling(self, end):
        """Returns where the activation is smallest from boundary `end` on, before the next weights or randomness."""
        best = end
        for i in range(end + 1, len(self.calls) - 1):
            if getattr(self.calls[i].op, "variables", ()):  # the state of a random layer is one, too
                break
            if i in self.boundaries and self._numbers(i) <= self._numbers(best):
                best = i
        return best

    def _numbers(self, end):
        return math.prod(d or 1 for d in self.sizes[self.boundaries[end]])

    def cut(self, ends):
        """Returns the models between the input, the boundaries with indices `ends`, and the output.

        They call the layers anew and so share their weights. Calling adds a node to a layer, but only the new
        models look at it.
        """
        takes = [self.inputs]
        for end in ends:
            activation = self.boundaries[end]
            _, needed = self._needed(self.outputs, [activation])
            takes.append([activation] + [slot for slot in self.inputs if slot in needed])
        parts = []
        for given, wanted in pairwise([*takes, self.outputs]):
            if parts:
                values = {slot: self._input(slot) for slot in given}
                inputs = _single(list(values.values()))
            else:
                values, inputs = dict(zip(given, self.model.inputs, strict=True)), self.model.input
            included, _ = self._needed(wanted, given)
            self._run(self.top, included, values, wanted)
            # Keras 3.13 refuses an input that no layer takes, even if it is an output.
            through = keras.layers.Identity(autocast=False)
            outputs = [through(values[slot]) if slot in given else values[slot] for slot in wanted]
            last = wanted is self.outputs
            outputs = keras.tree.pack_sequence_as(self.model.output, outputs) if last else _single(outputs)
            parts.append(keras.Model(inputs, outputs))
        return parts

    def _slot(self, tensor, computed):
        self.tensors.append(tensor)
        self.computed.append(computed)
        return len(self.tensors) - 1

    def _input(self, slot):
        tensor = self.tensors[slot]
        name = tensor.name if slot in self.inputs else None
        sparse = tensor.sparse and slot in self.inputs  # Keras marks `tensor * 2.0` as sparse, which torch refuses
        return keras.Input(batch_shape=tensor.shape, dtype=tensor.dtype, sparse=sparse, name=name)

    def _trace(self, model, inputs):
        """Adds the calls of `model` to `calls`. Returns those of its level, and the slots of its outputs."""
        slots = dict(zip(map(id, model.inputs), inputs, strict=True))
        level = []
        for node in _nodes(model):
            op, start = node.operation, len(self.calls)
            takes = [slots[id(t)] for t in node.input_tensors]
            nested = _nested_inputs(node)
            if nested:
                inner, gives = self._trace(op, [slots[id(t)] for t in nested])
                level.append(Call(op, node, takes, gives, start, len(self.calls), inner))
            else:
                computed = bool(getattr(op, "variables", ())) or any(self.computed[slot] for slot in takes)
                gives = [self._slot(t, computed) for t in node.outputs]
                level.append(Call(op, node, takes, gives, start, start + 1, None))
                self.calls.append(level[-1])
            slots.update(zip(map(id, node.outputs), gives, strict=True))
        return level, [slots[id(t)] for t in model.outputs]

    def _find_boundaries(self):
        # One sweep in any order suffices: every other call lies before or after a lone live activation.
        end = len(self.calls) - 1
        last = {slot: i for i, call in enumerate(self.calls) for slot in call.inputs}
        last.update(dict.fromkeys(self.outputs, end + 1))
        alive, lone, first, shared = set(), {}, {}, {}
        for i, call in enumerate(self.calls):
            alive |= {slot for slot in call.outputs if self.computed[slot] and last.get(slot, i) > i}
            alive -= {slot for slot in call.inputs if last[slot] == i}
            if len(alive) == 1 and i < end:
                lone[i] = next(iter(alive))
            if getattr(call.op, "weights", ()):
                shared.update(dict.fromkeys(range(first.setdefault(id(call.op), i), i), call.op.name))
        boundaries = {i: slot for i, slot in lone.items() if i not in shared}
        if lone and not boundaries:
            name = shared[next(iter(lone))]
            raise ValueError(
                f"The model has no stages: its layer {name!r} is called both early and late, and its weights "
                "cannot belong to two stages. Use a part of the model without shared layers."
            )
        return boundaries, shared

    def _find_sizes(self, pixels=224):
        values = list(self.tensors)
        for slot in self.inputs:
            shape = values[slot].shape
            if len(shape) == 4 and None in shape[1:]:
                values[slot] = keras.KerasTensor((None, *(d or pixels for d in shape[1:])), values[slot].dtype)
        if any(value is not tensor for value, tensor in zip(values, self.tensors, strict=True)):
            for call in self.calls:
                args, kwargs = _arguments(call, values)
                outputs = keras.tree.flatten(call.op.compute_output_spec(*args, **kwargs))
                for slot, tensor in zip(call.outputs, outputs, strict=True):
                    values[slot] = tensor
        return [value.shape for value in values]

    def _needed(self, wanted, given):
        """Returns the indices of the calls that make `wanted` from `given`, and all slots on the way."""
        included, needed = set(), set(wanted)
        for i in reversed(range(len(self.calls))):
            if any(slot in needed and slot not in given for slot in self.calls[i].outputs):
                included.add(i)
                needed.update(self.calls[i].inputs)
        return included, needed

    def _run(self, level, included, values, wanted):
        """Calls the operations in `included` anew; `values`, from slot to KerasTensor, gets their outputs."""
        for call in level:
            inside = included.intersection(range(call.start, call.stop))
            if not inside:
                continue
            complete = len(inside) == call.stop - call.start and all(slot in values for slot in call.inputs)
            if call.inner is None or complete:
                args, kwargs = _arguments(call, values)
                gives, outputs = call.outputs, call.op(*args, **kwargs)
            else:  # a part of a nested model is a nested model again, so that names stay unique on each level
                made = {slot for i in inside for slot in self.calls[i].outputs}
                takes = sorted({slot for i in inside for slot in self.calls[i].inputs} - made)
                used = set(wanted).union(*(self.calls[i].inputs for i in included - inside))
                gives = sorted(made & used)
                inner = {slot: self._input(slot) for slot in takes}
                inputs = _single(list(inner.values()))
                self._run(call.inner, included, inner, gives)
                part = keras.Model(inputs, _single([inner[slot] for slot in gives]), name=call.op.name)
                outputs = part(_single([values[slot] for slot in takes]))
            values.update(zip(gives, keras.tree.flatten(outputs), strict=True))


def is_functional(model):
    """Returns whether a layer is a model whose graph tells what it computes: not if it overrides `call`."""
    if not isinstance(model, keras.Model) or not hasattr(model, "outputs"):
        return False
    return type(model).call.__qualname__ in ("Functional.call", "Sequential.call")


def blocks_of(layer):
    """Returns lists of sublayers, one per block, if a layer holds one list of blocks; else `[[layer]]`."""
    sublayers = list(layer._flatten_layers(include_self=False, recursive=False))
    stacks = [
        value
        for name, value in vars(layer).items()
        if name != "_layers" and isinstance(value, list) and len(value) > 1
        if all(type(x) is type(value[0]) and x in sublayers and x.weights for x in value)
    ]
    # Weights of the layer itself, or a second list that runs in step with the first, would fit no block.
    if len(stacks) != 1 or len(layer.weights) != sum(len(x.weights) for x in sublayers):
        return [[layer]]
    blocks = [[]]
    for sublayer in sublayers:
        if sublayer in stacks[0][1:]:
            blocks.append([])
        blocks[-1].append(sublayer)
    return blocks


def _arguments(call, values):
    given = zip(call.node.input_tensors, call.inputs, strict=True)
    return call.node.arguments.fill_in({id(tensor): values[slot] for tensor, slot in given})


def _single(items):
    return items[0] if len(items) == 1 else items


def _nested_inputs(node):
    """Returns what a nested functional model is called on, in the order of its inputs; else `None`."""
    model, args = node.operation, node.arguments
    if not is_functional(model):
        return None
    given = args.args[0] if args.args else args.kwargs["inputs"]
    if isinstance(given, dict) and not isinstance(model.input, dict):
        given = [given[tensor.name] for tensor in model.inputs]
    given = keras.tree.flatten(given)
    # With masks, reshapes or casts on the way in, the model counts as one layer.
    plain = len(given) == len(node.input_tensors) == len(model.inputs) and all(
        len(a.shape) == len(b.shape) and (a.dtype == b.dtype or "float" in a.dtype and "float" in b.dtype)
        for a, b in zip(given, model.inputs, strict=True)
    )
    return given if plain else None


def _nodes(model):
    """Returns the nodes between a model's inputs and outputs, each after those it depends on."""
    done, order = set(), []
    ends = [tensor._keras_history for tensor in model.outputs[::-1]]
    todo = [end.operation._inbound_nodes[end.node_index] for end in ends]
    while todo:
        waiting = [node for node in todo[-1].parent_nodes if node not in done]
        todo += waiting[::-1]
        if not waiting:
            node = todo.pop()
            if node not in done and not node.is_input:
                order.append(node)
            done.add(node)
    return order
