"""The layer graph of a model: its calls in order, where they can be cut, and the models between the cuts.

It reads what Keras records when a layer is called, the `Node` that `keras_internals.node_of` finds; the rest is public
Keras. `ftlib.models.stages` groups what lies between cuts into stages.
"""

import math
from collections.abc import Collection, Iterable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import keras

from ftlib.models.keras_internals import Node, direct_sublayers, has_own_call, layer_lists, node_of

_UNKNOWN_SIDE = 224  # pixels of an image side that a model leaves open


class Call(NamedTuple):
    """One call of an operation.

    Tensors are numbers ("slots"). A tensor has the same number inside and outside of a nested model.

    Attributes:
        op: The layer or operation that is called.
        node: What Keras recorded of the call.
        inputs, outputs: Slots of its tensors.
        start, stop: A call has the index `start` in `LayerGraph.calls`, and `stop` is the next; a nested model covers
            the indices from start to stop.
        inner: The calls of a nested model, else None.
    """

    op: Any
    node: Node
    inputs: list[int]
    outputs: list[int]
    start: int
    stop: int
    inner: "list[Call] | None"


class LayerGraph:
    """All calls of a functional model, nested models opened, in an order in which they can run.

    Args:
        model: A functional or built Sequential model.

    Attributes:
        model: The model, as a functional one.
        calls: List of `Call`, without those of nested models as a whole.
        top: List of `Call` of the model's own level, where a nested model is one call.
        tensors: List of the `KerasTensor`s by slot.
        computed: List by slot: whether something with variables had a part in the tensor.
        inputs, outputs: Slots of the model's inputs and outputs.
        boundaries: Dict from the index of a call to the slot of the only computed activation alive after it.
        sizes: List of shapes by slot, where images of unknown size are taken as 224 x 224.
        shared: Dict from the index of a call to the name of a layer with weights that is called before and
            after it.

    Raises:
        ValueError: Shared layers leave no boundary.
    """

    def __init__(self, model: keras.Model):
        if isinstance(model, keras.Sequential):
            model = keras.Model(model.inputs[0], model.outputs[0])
        self.model = model
        self.tensors: list[keras.KerasTensor] = []
        self.computed: list[bool] = []
        self.calls: list[Call] = []
        self.inputs = [self._add_slot(tensor, False) for tensor in model.inputs]
        self.top, self.outputs = self._trace(model, self.inputs)
        self.boundaries, self.shared = self._find_boundaries()
        self.sizes = self._find_sizes()

    def slot_after(self, call_index: int | None) -> int | None:
        """Returns the slot of the single activation after a call, None if there are several."""
        if call_index is None:
            return None
        if call_index == len(self.calls) - 1 and len(self.outputs) == 1:
            return self.outputs[0]
        return self.boundaries.get(call_index)

    def past_pooling(self, boundary: int) -> int:
        """Returns where the activation is smallest from a boundary on, before the next weights or randomness."""
        smallest = boundary
        for call_index in range(boundary + 1, len(self.calls) - 1):
            if getattr(self.calls[call_index].op, "variables", ()):  # the state of a random layer is one, too
                break
            if call_index in self.boundaries and self._count_numbers(call_index) <= self._count_numbers(smallest):
                smallest = call_index
        return smallest

    def _count_numbers(self, boundary):
        return math.prod(side or 1 for side in self.sizes[self.boundaries[boundary]])

    def cut(self, boundaries: Sequence[int]) -> list[keras.Model]:
        """Returns the models between the input, the boundaries with these indices, and the output.

        They call the layers anew and so share their weights. Calling adds a node to a layer, but only the new
        models look at it.
        """
        input_slots = [self.inputs]
        for boundary in boundaries:
            activation = self.boundaries[boundary]
            _, needed_slots = self._needed(self.outputs, [activation])
            input_slots.append([activation] + [slot for slot in self.inputs if slot in needed_slots])

        parts = []
        for given_slots, wanted_slots in pairwise([*input_slots, self.outputs]):
            if parts:
                values = {slot: self._new_input(slot) for slot in given_slots}
                inputs = _single_or_list(list(values.values()))
            else:
                values = dict(zip(given_slots, self.model.inputs, strict=True))
                inputs = self.model.input
            outputs = self._call_between(given_slots, wanted_slots, values)
            if wanted_slots is self.outputs:
                outputs = keras.tree.pack_sequence_as(self.model.output, outputs)
            else:
                outputs = _single_or_list(outputs)
            parts.append(keras.Model(inputs, outputs))
        return parts

    def _call_between(self, given_slots, wanted_slots, values):
        """Calls the layers between two cuts anew, and returns the tensors of the wanted slots."""
        included_calls, _ = self._needed(wanted_slots, given_slots)
        self._run(self.top, included_calls, values, wanted_slots)
        # Keras 3.13 refuses an input that no layer takes, even if it is an output.
        pass_through = keras.layers.Identity(autocast=False)
        return [pass_through(values[slot]) if slot in given_slots else values[slot] for slot in wanted_slots]

    def _add_slot(self, tensor, is_computed):
        self.tensors.append(tensor)
        self.computed.append(is_computed)
        return len(self.tensors) - 1

    def _new_input(self, slot):
        tensor = self.tensors[slot]
        is_model_input = slot in self.inputs
        return keras.Input(
            batch_shape=tensor.shape,
            dtype=tensor.dtype,
            sparse=tensor.sparse and is_model_input,  # Keras marks `tensor * 2.0` as sparse, which torch refuses
            name=tensor.name if is_model_input else None,
        )

    def _trace(self, model, input_slots):
        """Adds the calls of `model` to `calls`. Returns those of its level, and the slots of its outputs."""
        slots = dict(zip(map(id, model.inputs), input_slots, strict=True))
        level_calls = []
        for node in _nodes_in_order(model):
            start = len(self.calls)
            taken_slots = [slots[id(tensor)] for tensor in node.input_tensors]
            nested_inputs = _nested_inputs(node)
            if nested_inputs is not None:
                nested_slots = [slots[id(tensor)] for tensor in nested_inputs]
                inner_calls, given_slots = self._trace(node.operation, nested_slots)
                call = Call(node.operation, node, taken_slots, given_slots, start, len(self.calls), inner_calls)
            else:
                has_variables = bool(getattr(node.operation, "variables", ()))
                is_computed = has_variables or any(self.computed[slot] for slot in taken_slots)
                given_slots = [self._add_slot(tensor, is_computed) for tensor in node.outputs]
                call = Call(node.operation, node, taken_slots, given_slots, start, start + 1, None)
                self.calls.append(call)
            level_calls.append(call)
            slots.update(zip(map(id, node.outputs), given_slots, strict=True))
        return level_calls, [slots[id(tensor)] for tensor in model.outputs]

    def _find_boundaries(self):
        # One sweep in any order suffices: every other call lies before or after a lone live activation.
        last_call = len(self.calls) - 1
        last_use = {slot: index for index, call in enumerate(self.calls) for slot in call.inputs}
        last_use.update(dict.fromkeys(self.outputs, last_call + 1))

        alive = set()
        lone_slots, first_calls, shared_layers = {}, {}, {}
        for index, call in enumerate(self.calls):
            alive |= {slot for slot in call.outputs if self.computed[slot] and last_use.get(slot, index) > index}
            alive -= {slot for slot in call.inputs if last_use[slot] == index}
            if len(alive) == 1 and index < last_call:
                lone_slots[index] = next(iter(alive))
            if getattr(call.op, "weights", ()):
                first_call = first_calls.setdefault(id(call.op), index)
                shared_layers.update(dict.fromkeys(range(first_call, index), call.op.name))

        boundaries = {index: slot for index, slot in lone_slots.items() if index not in shared_layers}
        if lone_slots and not boundaries:
            layer_name = shared_layers[next(iter(lone_slots))]
            raise ValueError(
                f"The model has no stages: its layer {layer_name!r} is called both early and late, and its weights "
                "cannot belong to two stages. Use a part of the model without shared layers."
            )
        return boundaries, shared_layers

    def _find_sizes(self):
        sized_tensors = list(self.tensors)
        for slot in self.inputs:
            shape = sized_tensors[slot].shape
            if len(shape) == 4 and None in shape[1:]:
                sized_shape = (None, *(side or _UNKNOWN_SIDE for side in shape[1:]))
                sized_tensors[slot] = keras.KerasTensor(sized_shape, sized_tensors[slot].dtype)

        has_unknown_sides = any(sized is not tensor for sized, tensor in zip(sized_tensors, self.tensors, strict=True))
        for call in self.calls if has_unknown_sides else ():
            args, kwargs = _fill_in_arguments(call, sized_tensors)
            outputs = keras.tree.flatten(call.op.compute_output_spec(*args, **kwargs))
            for slot, tensor in zip(call.outputs, outputs, strict=True):
                sized_tensors[slot] = tensor
        return [tensor.shape for tensor in sized_tensors]

    def _needed(self, wanted_slots: Iterable[int], given_slots: Collection[int]) -> tuple[set[int], set[int]]:
        """Returns the indices of the calls that lead from the given to the wanted slots, and all slots on the way."""
        included_calls, needed_slots = set(), set(wanted_slots)
        for index in reversed(range(len(self.calls))):
            if any(slot in needed_slots and slot not in given_slots for slot in self.calls[index].outputs):
                included_calls.add(index)
                needed_slots.update(self.calls[index].inputs)
        return included_calls, needed_slots

    def _run(self, level_calls, included_calls, values, wanted_slots):
        """Calls the included operations anew; `values`, from slot to KerasTensor, gets their outputs."""
        for call in level_calls:
            included_inside = included_calls.intersection(range(call.start, call.stop))
            if not included_inside:
                continue
            is_whole = len(included_inside) == call.stop - call.start and all(slot in values for slot in call.inputs)
            if call.inner is None or is_whole:
                args, kwargs = _fill_in_arguments(call, values)
                output_slots, outputs = call.outputs, call.op(*args, **kwargs)
            else:
                used_outside = set(wanted_slots).union(
                    *(self.calls[index].inputs for index in included_calls - included_inside)
                )
                output_slots, outputs = self._run_part(call, included_inside, included_calls, values, used_outside)
            values.update(zip(output_slots, keras.tree.flatten(outputs), strict=True))

    def _run_part(self, call, included_inside, included_calls, values, used_outside):
        """Calls a part of a nested model as a nested model again, so that names stay unique on each level.

        Returns:
            `(slots, outputs)` of what is used outside of it.
        """
        made_slots = {slot for index in included_inside for slot in self.calls[index].outputs}
        read_slots = {slot for index in included_inside for slot in self.calls[index].inputs}
        taken_slots = sorted(read_slots - made_slots)
        given_slots = sorted(made_slots & used_outside)
        inner_values = {slot: self._new_input(slot) for slot in taken_slots}
        inputs = _single_or_list(list(inner_values.values()))
        self._run(call.inner, included_calls, inner_values, given_slots)
        part = keras.Model(inputs, _single_or_list([inner_values[slot] for slot in given_slots]), name=call.op.name)
        return given_slots, part(_single_or_list([values[slot] for slot in taken_slots]))


def is_functional(model: Any) -> bool:
    """Returns whether a layer is a model whose graph tells what it computes: not if it overrides `call`."""
    return isinstance(model, keras.Model) and hasattr(model, "outputs") and not has_own_call(model)


def blocks_of(layer: keras.layers.Layer) -> list[list[keras.layers.Layer]]:
    """Returns lists of sublayers, one per block, if a layer holds one list of blocks; else `[[layer]]`."""
    sublayers = direct_sublayers(layer)
    stacks = [candidates for candidates in layer_lists(layer) if _is_stack(candidates, sublayers)]
    # Weights of the layer itself, or a second list that runs in step with the first, would fit no block.
    if len(stacks) != 1 or len(layer.weights) != sum(len(sublayer.weights) for sublayer in sublayers):
        return [[layer]]
    later_blocks = stacks[0][1:]
    blocks: list[list[keras.layers.Layer]] = [[]]
    for sublayer in sublayers:
        if sublayer in later_blocks:
            blocks.append([])
        blocks[-1].append(sublayer)
    return blocks


def _is_stack(candidates, sublayers):
    """Returns whether a list holds two layers or more of one class, all with weights and all of them sublayers."""
    if len(candidates) < 2:
        return False
    block_type = type(candidates[0])
    return all(type(item) is block_type and item in sublayers and item.weights for item in candidates)


def _fill_in_arguments(call, values):
    """Returns the arguments of a call with other tensors in place of those that it was recorded with."""
    recorded = zip(call.node.input_tensors, call.inputs, strict=True)
    return call.node.arguments.fill_in({id(tensor): values[slot] for tensor, slot in recorded})


def _single_or_list(items):
    return items[0] if len(items) == 1 else items


def _nested_inputs(node):
    """Returns what a nested functional model is called on, in the order of its inputs; else None."""
    model, arguments = node.operation, node.arguments
    if not is_functional(model):
        return None
    call_inputs = arguments.args[0] if arguments.args else arguments.kwargs["inputs"]
    if isinstance(call_inputs, dict) and not isinstance(model.input, dict):
        call_inputs = [call_inputs[tensor.name] for tensor in model.inputs]
    tensors = keras.tree.flatten(call_inputs)
    # With masks, reshapes or casts on the way in, the model counts as one layer.
    if not len(tensors) == len(node.input_tensors) == len(model.inputs):
        return None
    is_as_declared = all(_passes_unchanged(tensor, own) for tensor, own in zip(tensors, model.inputs, strict=True))
    return tensors if is_as_declared else None


def _passes_unchanged(tensor, model_input):
    same_rank = len(tensor.shape) == len(model_input.shape)
    both_float = "float" in tensor.dtype and "float" in model_input.dtype
    return same_rank and (tensor.dtype == model_input.dtype or both_float)


def _nodes_in_order(model) -> list[Node]:
    """Returns the nodes between a model's inputs and outputs, each after those it depends on."""
    done, order = set(), []
    stack = [node_of(tensor) for tensor in model.outputs[::-1]]
    while stack:
        waiting_nodes = [node for node in stack[-1].parent_nodes if node not in done]
        stack += waiting_nodes[::-1]
        if not waiting_nodes:
            node = stack.pop()
            if node not in done and not node.is_input:
                order.append(node)
            done.add(node)
    return order
