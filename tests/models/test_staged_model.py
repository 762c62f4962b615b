"""Cuts that change nothing: suffix(prefix(x)) equals model(x)."""

import keras
import numpy as np
import pytest
from networks import check_segments, check_stages, classify, hub_backbone, images, leaves, same, small_network

from ftlib.models.staged_model import StagedModel, split_model, stages

HUB = ["vit", "resnet", "bert", "gpt2"]


@pytest.mark.backends
def test_a_model_is_cut_at_every_stage():
    model, x = small_network(), images(16)
    found = stages(model)
    check_stages(model, found)
    assert [s.output_shape for s in found] == [(8, 8, 4), (4, 4, 8), (2, 2, 16)]
    assert [layer.name for layer in found[0].layers] == ["rescale", "down1", "norm1", "conv1"]
    for stage in found[:-1]:
        prefix, suffix = split_model(model, stage.name)
        same(model(x), suffix(prefix(x)))
        assert prefix.output_shape[1:] == suffix.input_shape[1:] == stage.output_shape
    (whole,) = StagedModel(model).cut([])
    same(model(x), whole(x))


@pytest.mark.slow
@pytest.mark.parametrize("kind", HUB)
def test_keras_hub_backbones_are_cut_at_every_stage(kind):
    model, x = hub_backbone(kind)
    found, _ = check_segments(model, x)
    check_stages(model, found)
    for stage in found:
        if stage.can_split:
            prefix, suffix = split_model(model, stage)
            same(model(x), suffix(prefix(x)))


def test_inputs_that_later_layers_need_are_passed_on():
    bert, x = hub_backbone("bert")
    prefix, _ = split_model(bert, "stage3")
    h, mask = prefix(x)
    assert h.shape == (2, 7, 16)
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(mask), x["padding_mask"])
    # Past the last attention nothing needs the mask, and there is one tensor, not a list.
    last = [s for s in stages(bert) if s.can_split][-1]
    assert split_model(bert, last)[0](x).shape == (2, 7, 16)


@pytest.mark.backends
def test_an_implicit_mask_reaches_the_suffix():
    inputs = keras.Input((None,), dtype="int32")
    x = keras.layers.Embedding(9, 4, mask_zero=True)(inputs)
    x = keras.layers.LSTM(4, return_sequences=True)(x)
    model = keras.Model(inputs, keras.layers.LSTM(2)(x))
    batch = np.array([[1, 2, 0, 0], [3, 4, 5, 6]])
    found = stages(model)
    assert [s.can_split for s in found] == [True, True, False]
    for stage in found[:-1]:
        prefix, suffix = split_model(model, stage)
        same(model(batch), suffix(prefix.predict(batch, verbose=0)))


def test_dict_inputs_and_outputs_nested_in_a_classifier():
    bert, x = hub_backbone("bert")
    inputs = {name: keras.Input((None,), dtype="int32", name=name) for name in x}
    backbone = keras.Model(bert.input, bert.output, name="backbone")
    for output in bert.output:
        h = backbone(inputs)[output]
        model = keras.Model(inputs, keras.layers.Dense(3, name="predictions")(h))
        found, _ = check_segments(model, x)
        check_stages(model, found, head=True)


def test_a_nested_model_may_take_its_inputs_by_name():
    inputs = {name: keras.Input((4,), name=name) for name in "ab"}
    h = keras.layers.Dense(4)(inputs["a"]) * keras.layers.Dense(4, use_bias=False)(inputs["b"])
    h = keras.layers.Dense(4)(h)
    inner = keras.Model([inputs["b"], inputs["a"]], h + inputs["b"])
    outer = {name: keras.Input((4,), name=name) for name in "ab"}
    model = keras.Model(outer, keras.layers.Dense(2)(inner(outer)))
    found, _ = check_segments(model, {"a": np.ones((1, 4), "float32"), "b": np.full((1, 4), 2.0, "float32")})
    assert sum(s.can_split for s in found) == 3


def test_names_may_repeat_inside_and_outside_the_backbone():
    backbone = small_network()
    inputs = keras.Input((16, 16, 3))
    x = keras.layers.Conv2D(4, 1, name="conv3")(keras.Model(backbone.input, backbone.output, name="b")(inputs))
    model = keras.Model(inputs, x)
    check_segments(model, images(16))


@pytest.mark.backends
def test_segments_share_their_weights_with_the_model():
    model, x = small_network(), images(16)
    prefix, suffix = split_model(model, "stage2")
    before = keras.ops.convert_to_numpy(model(x))
    kernel = prefix.get_layer("down1").kernel
    kernel.assign(kernel * 2)
    assert not np.allclose(before, keras.ops.convert_to_numpy(model(x)))
    same(model(x), suffix(prefix(x)))
    assert {id(w) for w in prefix.weights + suffix.weights} == {id(w) for w in model.weights}


@pytest.mark.parametrize("nested", [False, True])
def test_cutting_leaves_the_model_as_it_was(nested, tmp_path):
    model = classify(small_network(), (16, 16, 3)) if nested else small_network()
    x, names = images(16), [layer.name for layer in model.layers]
    config, output, before = model.get_config(), model.layers[2].output, keras.ops.convert_to_numpy(model(x))
    for _ in range(2):
        parts = StagedModel(model).cut(["stage1", "stage2"])
    assert model.get_config() == config
    assert model.layers[2].output is output
    assert [layer.name for layer in model.layers] == names
    model.compile("sgd", "mse")
    model.fit(x, before, epochs=1, verbose=0)
    model.save(tmp_path / "model.keras")
    parts[1].save(tmp_path / "part.keras")
    same(model(x), keras.models.load_model(tmp_path / "model.keras")(x))
    h = parts[0](x)
    same(parts[1](h), keras.models.load_model(tmp_path / "part.keras")(h))


def test_batch_normalization_of_a_segment_follows_its_training_argument():
    model, x = classify(small_network(), (16, 16, 3)), images(16)
    prefix, suffix = split_model(model, "stage2")
    norms = [layer for layer in leaves(model) if "norm" in layer.name]
    before = [keras.ops.convert_to_numpy(layer.moving_mean) for layer in norms]
    suffix(prefix(x, training=False), training=True)
    moved = [
        not np.array_equal(b, keras.ops.convert_to_numpy(layer.moving_mean))
        for b, layer in zip(before, norms, strict=True)
    ]
    assert moved == [False, False, True]


def test_the_width_of_a_head_is_that_of_its_first_kernel():
    assert StagedModel(classify(small_network(), (16, 16, 3))).head_width == 16
    assert StagedModel(small_network()).head_width is None


def test_weights_of_stages_come_once_and_in_order():
    model = classify(small_network(), (16, 16, 3))
    staged = StagedModel(model)
    assert [id(w) for w in staged.weights_of(staged.stage_names)] == [id(w) for w in model.weights]
    layer_names = {w.path.split("/")[-2] for w in staged.weights_of(["stage1", "head"])}
    assert layer_names == {"down1", "norm1", "conv1", "predictions"}
    assert staged.weights_of([]) == []


def test_past_pooling_the_first_cut_moves_to_the_smallest_activation():
    model = classify(small_network(), (16, 16, 3))
    x = np.random.default_rng(0).uniform(0, 255, (2, 16, 16, 3)).astype("float32")
    for past_pooling, shape in ((False, (None, 2, 2, 16)), (True, (None, 16))):
        prefix, suffix = StagedModel(model).cut(["stage3"], past_pooling)
        assert prefix.output_shape == shape
        same(suffix(prefix(x)), model(x))
