"""Keras's private names, one by one: a test that fails here names what an update of Keras has changed.

Seen to hold on Keras 3.13.2 (the oldest that ftlib takes) and 3.15.1 (the one in requirements.lock).
"""

import inspect
import pathlib
import re

import keras
import numpy as np
import pytest
import tiny

import ftlib
from ftlib.models import keras_internals as internals

SEEN_ON = "seen to hold on Keras 3.13.2 and 3.15.1"


def attention_layer():
    layer = keras.layers.MultiHeadAttention(2, 4, dropout=0.5, name="attention")
    layer.build((None, 3, 8), (None, 3, 8))
    return layer


def test_flatten_layers_gives_outer_layers_before_inner_ones():
    model = tiny.model()
    layers = internals.flatten_layers(model)
    names = [layer.name for layer in layers]
    assert layers[0] is model, SEEN_ON
    assert names.index("backbone") < min(names.index("conv1"), names.index("conv3")), SEEN_ON
    inside = {layer.name for layer in internals.flatten_layers(attention_layer())}
    assert {"attention", "query", "value"} <= inside, SEEN_ON


def test_direct_sublayers_stop_at_the_first_level():
    model = tiny.model()
    sublayers = internals.direct_sublayers(model)
    assert sublayers == model.layers, SEEN_ON
    assert not any(layer.name == "conv1" for layer in sublayers), SEEN_ON
    assert internals.direct_sublayers(keras.layers.Dense(3)) == [], SEEN_ON


def test_layer_lists_are_those_of_the_class_without_that_of_keras():
    class Stack(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.blocks = [keras.layers.Dense(2), keras.layers.Dense(2)]

    stack = Stack()
    lists = internals.layer_lists(stack)
    assert [value for value in lists if any(isinstance(item, keras.layers.Layer) for item in value)] == [stack.blocks]
    assert any(item is stack.blocks[0] for item in vars(stack)["_layers"]), SEEN_ON


def test_state_variables_are_moved_by_no_gradient_also_where_the_layer_is_frozen():
    norm = keras.layers.BatchNormalization()
    norm.build((None, 4))
    for trainable in (True, False):
        norm.trainable = trainable
        names = [variable.name for variable in internals.state_variables(norm)]
        assert names == ["moving_mean", "moving_variance"], SEEN_ON
    dense = keras.layers.Dense(3)
    dense.build((None, 4))
    dense.trainable = False
    assert internals.state_variables(dense) == [], SEEN_ON


def test_the_trainable_flag_of_one_layer_is_its_own():
    model = tiny.model()
    internals.set_trainable_flag(model, False)
    assert internals.trainable_flag(model) is False and model.trainable is False, SEEN_ON
    inner = model.get_layer("backbone").get_layer("conv1")
    assert internals.trainable_flag(inner) is True and inner.trainable, SEEN_ON


def test_seed_generators_are_those_of_the_layer_itself():
    (generator,) = internals.seed_generators(keras.layers.Dropout(0.5))
    assert isinstance(generator, keras.random.SeedGenerator), SEEN_ON
    generator.state.assign(np.array([1, 2], "uint32"))
    assert internals.seed_generators(keras.layers.Dropout(0.0)) == [], SEEN_ON
    assert internals.seed_generators(keras.layers.Dense(2)) == [], SEEN_ON


@pytest.mark.parametrize("make", [lambda: keras.layers.Dense(3), lambda: keras.layers.EinsumDense("ab,bc->ac", 3)])
def test_the_stored_kernel_is_without_the_addition_of_lora(make):
    layer = make()
    layer.build((None, 4))
    stored = internals.kernel_variable(layer)
    assert stored is layer.kernel, SEEN_ON
    layer.enable_lora(2)
    layer.lora_kernel_b.assign(np.ones(layer.lora_kernel_b.shape))
    assert internals.kernel_variable(layer) is stored, SEEN_ON
    difference = keras.ops.convert_to_numpy(layer.kernel) - keras.ops.convert_to_numpy(stored)
    assert np.abs(difference).max() > 0, SEEN_ON


def test_the_node_of_a_tensor_is_the_call_that_made_it():
    inputs = keras.Input((4,))
    twin = keras.layers.Dense(4, name="twin")
    first = twin(inputs)
    second = twin(first, training=False)
    for tensor, given in ((first, inputs), (second, first)):  # the same layer, called twice
        node = internals.node_of(tensor)
        assert node.operation is twin and not node.is_input, SEEN_ON
        assert [id(t) for t in node.input_tensors] == [id(given)], SEEN_ON
        assert [id(t) for t in node.outputs] == [id(tensor)], SEEN_ON
    assert list(internals.node_of(second).parent_nodes) == [internals.node_of(first)], SEEN_ON
    assert internals.node_of(inputs).is_input, SEEN_ON
    replacement = keras.Input((4,))
    args, kwargs = internals.node_of(second).arguments.fill_in({id(first): replacement})
    assert args[0] is replacement and kwargs.get("training") is False, SEEN_ON


def test_a_model_with_a_call_of_its_own_is_told_from_a_graph():
    class Doubled(keras.Model):
        def call(self, x):
            return 2 * super().call(x)

    plain = tiny.model()
    assert not internals.has_own_call(plain), SEEN_ON
    assert not internals.has_own_call(keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])), SEEN_ON
    assert internals.has_own_call(Doubled(plain.input, plain.output)), SEEN_ON


def test_compile_arguments_are_the_objects_themselves():
    def own_loss(labels, predictions):
        return keras.ops.mean(predictions)

    model, metric = tiny.model(), keras.metrics.SparseCategoricalAccuracy()
    model.compile("sgd", own_loss, metrics=[metric])
    arguments = internals.compile_arguments(model)
    assert arguments["loss"] is own_loss and list(arguments["metrics"]) == [metric], SEEN_ON
    arguments["loss"] = None
    assert internals.compile_arguments(model)["loss"] is own_loss, SEEN_ON


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="used with several devices on TensorFlow alone")
def test_a_model_on_several_devices_is_built_for_a_batch_without_a_step():
    import tensorflow as tf

    split = tiny.split(6)
    with tf.distribute.MirroredStrategy(["CPU:0"]).scope():
        model = tiny.model()
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    before = tiny.weights(model)
    assert not model.optimizer.built
    internals.build_for_batch(model, (split.images.astype("float32"), split.labels, None))
    assert model.optimizer.built, SEEN_ON
    assert keras.ops.convert_to_numpy(model.optimizer.iterations) == 0, SEEN_ON
    assert tiny.moved(before, tiny.weights(model)) == set(), SEEN_ON


def test_the_rate_is_as_it_was_given_and_comes_back_after_it_was_set_aside():
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.5)
    optimizer = keras.optimizers.SGD(schedule)
    assert internals.rate_setting(optimizer) is schedule, SEEN_ON
    with internals.rate_set_aside(optimizer):
        assert isinstance(optimizer.get_config()["learning_rate"], float), SEEN_ON  # and not the schedule's config
    assert internals.rate_setting(optimizer) is schedule, SEEN_ON
    with pytest.raises(KeyError), internals.rate_set_aside(optimizer):
        raise KeyError
    assert internals.rate_setting(optimizer) is schedule, SEEN_ON
    plain_rate = internals.rate_setting(keras.optimizers.SGD(0.25))
    assert not callable(plain_rate) and float(plain_rate) == 0.25, SEEN_ON


def test_optimized_variables_are_those_it_was_built_for():
    model = tiny.model()
    model.get_layer("backbone").trainable = False
    optimizer = keras.optimizers.Adam()
    optimizer.build(model.trainable_variables)
    optimized = {id(variable) for variable in internals.optimized_variables(optimizer)}
    assert optimized == {id(weight) for weight in model.trainable_weights}, SEEN_ON


def test_exclusions_from_weight_decay_go_over_to_another_optimizer():
    bias, kernel = (keras.Variable(np.ones(2), name=name) for name in ("bias", "kernel"))
    source, target = keras.optimizers.AdamW(), keras.optimizers.AdamW()
    source.exclude_from_weight_decay(var_list=[kernel], var_names=["bias"])
    internals.copy_weight_decay_exclusions(source, target)
    assert not target._use_weight_decay(bias) and not target._use_weight_decay(kernel), SEEN_ON
    assert internals.excluded_variables(target) == {internals.variable_key(target, kernel)}, SEEN_ON
    assert internals.exclusion_pattern(target) == "bias", SEEN_ON


def test_single_variables_can_be_excluded_by_their_keys():
    optimizer, kernel = keras.optimizers.AdamW(), keras.Variable(np.ones(2), name="kernel")
    assert internals.excluded_variables(optimizer) == set() and internals.exclusion_pattern(optimizer) is None, SEEN_ON
    internals.exclude_variables(optimizer, {internals.variable_key(optimizer, kernel)})
    assert not optimizer._use_weight_decay(kernel), SEEN_ON


def test_bookkeeping_is_no_setting():
    optimizer = keras.optimizers.SGD(0.1, momentum=0.9, clipnorm=1.0)
    settings = {name for name in vars(optimizer) if not internals.is_keras_bookkeeping(name)}
    assert {"momentum", "clipnorm", "weight_decay"} <= settings, SEEN_ON
    assert {"built", "_lock"} <= set(vars(optimizer)) - settings, SEEN_ON


@pytest.mark.parametrize("name", internals.OPTIMIZER_HOOKS)
def test_optimizers_have_the_methods_that_layerwise_overrides_or_calls(name):
    parameters = {
        "_backend_update_step": ["self", "grads", "trainable_variables", "learning_rate"],
        "_apply_weight_decay": ["self", "variables"],
        "_get_current_learning_rate": ["self"],
        "_get_variable_index": ["self", "variable"],
        "_use_weight_decay": ["self", "variable"],
        "_var_key": ["self", "variable"],
    }
    method = getattr(keras.optimizers.Optimizer, name)
    assert list(inspect.signature(method).parameters) == parameters[name], SEEN_ON


ROOMS = ("models", "strategies", "evidence", "training", "tasks", "plots", "report", "exports", "course", "app")


@pytest.mark.parametrize("room", ROOMS)
def test_no_other_module_reads_a_private_name_of_keras(room):
    private_names = (
        "_flatten_layers|_non_trainable_variables|_keras_history|_inbound_nodes|_compile_config|_maybe_symbolic_build|"
        "_trainable_variables|_learning_rate|_seed_generators|_trainable|_kernel|_layers|_exclude_from_weight_decay"
    )
    pattern = re.compile(rf"\.({private_names})\b|getattr\(\w+, \"({private_names})")
    package = pathlib.Path(ftlib.__file__).parent / room
    found = {
        path.relative_to(package).as_posix(): match.group()
        for path in sorted(package.rglob("*.py"))
        if path.name not in ("keras_internals.py", "runtimes.py")  # the second runs without ftlib
        for match in pattern.finditer(path.read_text(encoding="utf-8"))
    }
    assert found == {}, "call a function of ftlib.models.keras_internals instead"
