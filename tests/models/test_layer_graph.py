"""The graph of a model: calls in order, lone activations, and models between them."""

import keras
import numpy as np
import pytest
from networks import classify, same, small_network

from ftlib.models.layer_graph import LayerGraph, blocks_of, is_functional


def chain():
    image = keras.Input((8, 8, 3))
    x = keras.layers.Conv2D(4, 3, name="first")(image)
    x = keras.layers.MaxPooling2D(name="pool")(x)
    return keras.Model(image, keras.layers.Conv2D(2, 1, name="last")(x))


def test_calls_come_in_an_order_in_which_they_can_run():
    graph = LayerGraph(classify(small_network(), (16, 16, 3)))
    made = set(graph.inputs)
    for index, call in enumerate(graph.calls):
        assert call.start == index and set(call.inputs) <= made
        made |= set(call.outputs)
    assert set(graph.outputs) <= made
    nested = [call for call in graph.top if call.inner is not None]
    assert [call.op.name for call in nested] == ["backbone"] and nested[0].stop - nested[0].start > 5


def test_a_sequential_model_has_the_graph_of_its_functional_twin():
    layers = [keras.layers.Dense(4), keras.layers.ReLU(), keras.layers.Dense(2)]
    graph = LayerGraph(keras.Sequential([keras.Input((3,)), *layers]))
    assert [call.op for call in graph.calls] == layers
    assert sorted(graph.boundaries) == [0, 1]


def test_a_boundary_is_where_one_activation_is_alive():
    image = keras.Input((4,))
    first = keras.layers.Dense(4, name="first")(image)
    branch = keras.layers.Dense(4, name="branch")(first)
    joined = keras.layers.Add(name="join")([first, branch])
    graph = LayerGraph(keras.Model(image, keras.layers.Dense(2, name="last")(joined)))
    names = [call.op.name for call in graph.calls]
    assert [names[index] for index in graph.boundaries] == ["first", "join"]
    assert graph.slot_after(names.index("branch")) is None and graph.slot_after(None) is None
    assert graph.slot_after(len(names) - 1) == graph.outputs[0]


@pytest.mark.parametrize("boundaries", [[], [0], [1], [0, 1]])
def test_models_between_boundaries_chain_to_the_whole(boundaries):
    model = chain()
    x = activation = np.random.default_rng(0).normal(size=(2, 8, 8, 3)).astype("float32")
    parts = LayerGraph(model).cut(boundaries)
    assert len(parts) == len(boundaries) + 1
    for part in parts:
        activation = part(activation)
    same(activation, model(x))


def test_past_pooling_goes_on_to_the_next_weights_and_no_further():
    graph = LayerGraph(chain())
    assert graph.past_pooling(0) == 1  # the pooling halves each side
    assert graph.past_pooling(1) == 1


def test_sizes_are_known_where_the_model_leaves_them_open():
    image = keras.Input((None, None, 3))
    graph = LayerGraph(keras.Model(image, keras.layers.Conv2D(4, 3, strides=2, padding="same")(image)))
    assert graph.sizes[graph.outputs[0]] == (None, 112, 112, 4)
    assert graph.tensors[graph.outputs[0]].shape == (None, None, None, 4)


def test_a_layer_that_is_called_early_and_late_is_shared_between():
    twin, inputs = keras.layers.Dense(4, name="twin"), keras.Input((4,))
    x = keras.layers.Dense(4)(twin(keras.layers.Dense(4)(inputs)))
    graph = LayerGraph(keras.Model(inputs, keras.layers.Dense(2)(twin(x))))
    assert graph.shared == {1: "twin", 2: "twin"} and sorted(graph.boundaries) == [0, 3]


class Stack(keras.layers.Layer):
    """A list of blocks, and a normalization after them."""

    def __init__(self, own_weight=False):
        super().__init__()
        self.blocks = [keras.layers.Dense(4) for _ in range(3)]
        self.norm = keras.layers.LayerNormalization()
        self.own_weight = own_weight

    def build(self, shape):
        for layer in (*self.blocks, self.norm):
            layer.build(shape)
        if self.own_weight:
            self.add_weight(shape=(1,))


def test_a_stack_of_blocks_is_opened_unless_it_has_weights_of_its_own():
    stack = Stack()
    stack.build((None, 4))
    assert blocks_of(stack) == [[stack.blocks[0]], [stack.blocks[1]], [stack.blocks[2], stack.norm]]
    whole = Stack(own_weight=True)
    whole.build((None, 4))
    assert blocks_of(whole) == [[whole]]
    dense = keras.layers.Dense(4)
    assert blocks_of(dense) == [[dense]]


def test_a_graph_tells_what_a_model_computes_unless_its_class_says_otherwise():
    class Doubled(keras.Model):
        def call(self, x):
            return 2 * super().call(x)

    plain = chain()
    assert is_functional(plain) and is_functional(keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]))
    assert not is_functional(Doubled(plain.input, plain.output)) and not is_functional(keras.layers.Dense(2))
