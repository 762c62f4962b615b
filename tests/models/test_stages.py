"""Stages, and cuts that change nothing: suffix(prefix(x)) equals model(x)."""

import keras
import numpy as np
import pytest

from ftlib.models.staged_model import StagedModel, split_model, stages

# One light member of each family, at the smallest size that it accepts, and its number of stages.
FAMILIES = {
    "ConvNeXtTiny": (32, 4),
    "DenseNet121": (32, 5),
    "EfficientNetB0": (32, 5),
    "EfficientNetV2B0": (32, 5),
    "InceptionV3": (75, 5),
    "MobileNet": (32, 5),
    "MobileNetV2": (32, 5),
    "MobileNetV3Small": (32, 5),
    "NASNetMobile": (32, 2),
    "ResNet50": (32, 5),
    "ResNet50V2": (32, 5),
    "VGG16": (32, 5),
    "Xception": (71, 5),
}
HUB = ["vit", "resnet", "bert", "gpt2"]


def hub_backbone(kind):
    """Returns a tiny KerasHub backbone and a batch for it."""
    hub = pytest.importorskip("keras_hub").models
    text = dict(vocabulary_size=50, num_heads=2, hidden_dim=16, intermediate_dim=32, max_sequence_length=12)
    if kind == "vit":
        shape = (32, 32, 3)
        model = hub.ViTBackbone(image_shape=shape, patch_size=8, num_layers=3, num_heads=2, hidden_dim=16, mlp_dim=32)
        return model, images(32)
    if kind == "resnet":
        model = hub.ResNetBackbone(
            input_conv_filters=[64],
            input_conv_kernel_sizes=[7],
            stackwise_num_filters=[64, 64, 64],
            stackwise_num_blocks=[1, 2, 1],
            stackwise_num_strides=[1, 2, 2],
            block_type="basic_block",
            image_shape=(32, 32, 3),
        )
        return model, images(32)
    rng = np.random.default_rng(0)
    batch = {"token_ids": rng.integers(0, 50, (2, 7)), "padding_mask": np.ones((2, 7), "int32")}
    batch["padding_mask"][0, 4:] = 0
    if kind == "bert":
        batch["segment_ids"] = rng.integers(0, 2, (2, 7))
        return hub.BertBackbone(num_layers=3, **text), batch
    return hub.GPT2Backbone(num_layers=9, **text), batch


def images(pixels, count=2):
    return np.random.default_rng(0).uniform(0, 255, (count, pixels, pixels, 3)).astype("float32")


def classify(backbone, shape=(32, 32, 3)):
    """Returns what `ftlib.classifier` makes: a backbone by that name, nested, and a head."""
    inputs = keras.Input(shape)
    x = keras.Model(backbone.input, backbone.output, name="backbone")(inputs)
    x = keras.layers.GlobalAveragePooling2D(name="pooling")(x)
    x = keras.layers.Dropout(0.5, name="head_dropout")(x)
    return keras.Model(inputs, keras.layers.Dense(3, activation="softmax", name="predictions")(x))


def small_network():
    """Returns a model of three resolutions with residual blocks, raw operations and preprocessing."""
    inputs = keras.Input((16, 16, 3))
    x = keras.ops.flip(keras.layers.Rescaling(1 / 255, name="rescale")(inputs), axis=2)
    for i, filters in enumerate((4, 8, 16), start=1):
        x = keras.layers.Conv2D(filters, 3, 2, padding="same", name=f"down{i}")(x)
        x = keras.layers.BatchNormalization(name=f"norm{i}")(x)
        y = keras.layers.Conv2D(filters, 3, padding="same", name=f"conv{i}")(x)
        x = keras.ops.relu(x + y) * 2.0
    return keras.Model(inputs, x)


def same(one, other):
    keras.tree.assert_same_structure(one, other)
    for a, b in zip(keras.tree.flatten(one), keras.tree.flatten(other), strict=True):
        a, b = keras.ops.convert_to_numpy(a), keras.ops.convert_to_numpy(b)
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5 * (1 + np.abs(a).max()))


def leaves(model):
    """Returns the layers of a model, those of nested models in place of these."""
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from leaves(layer)
        elif not isinstance(layer, keras.layers.InputLayer):
            yield layer


def check_stages(model, found, head=False):
    names = [f"stage{i}" for i in range(1, len(found) + 1 - head)] + ["head"] * head
    assert [s.name for s in found] == names
    assert len(found) - head <= 8
    ids = [id(layer) for s in found for layer in s.layers]
    assert len(ids) == len(set(ids)), "a layer is in two stages"
    assert sum(s.params for s in found) == model.count_params()
    assert all(s.params > 0 for s in found)
    assert not found[-1].can_split


def check_segments(model, x):
    """One forward pass through all segments: right only if each cut is right."""
    found = stages(model)
    expected, h = model(x), x
    parts = StagedModel(model).cut([s.name for s in found if s.can_split])
    for part in parts:
        h = part(h)
    same(expected, h)
    return found, parts


@pytest.mark.slow
@pytest.mark.parametrize("name", FAMILIES)
def test_every_family_of_keras_applications_can_be_cut(name):
    pixels, count = FAMILIES[name]
    model = getattr(keras.applications, name)(weights=None, include_top=False, input_shape=(pixels, pixels, 3))
    found, parts = check_segments(model, images(pixels, count=1))
    check_stages(model, found)
    assert {id(layer) for s in found for layer in s.layers} == {id(layer) for layer in leaves(model)}
    assert len(found) == count and len(parts) == count
    for stage, part in zip(found, parts, strict=True):
        assert part.output_shape[1:] == stage.output_shape
        assert part.count_params() == stage.params


def test_stages_end_at_thin_activations_whether_the_image_size_is_known_or_not():
    for size in (96, None):
        model = keras.applications.MobileNetV2(weights=None, include_top=False, alpha=0.35, input_shape=(size, size, 3))
        found = stages(model)
        assert [s.output_shape[-1] for s in found] == [8, 8, 16, 32, 1280]
        assert [s.output_shape[0] for s in found] == ([48, 24, 12, 6, 3] if size else [None] * 5)


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


def test_an_encoder_layer_is_opened_but_not_cut():
    model, _ = hub_backbone("vit")
    found = stages(model)
    assert [s.can_split for s in found] == [True, False, False, False]
    assert [s.layers[0].name for s in found[1:]] == [f"transformer_block_{i}" for i in (1, 2, 3)]
    with pytest.raises(ValueError, match="after 'stage2': inside the layer 'vit_encoder'.*: stage1"):
        split_model(model, "stage2")


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


@pytest.mark.backends
def test_a_classifier_has_the_stages_of_its_backbone_and_a_head():
    backbone = small_network()
    # Twice nested, and a layer of the head has the name of one of the backbone.
    inputs = keras.Input((16, 16, 3))
    wrapped = keras.Model(inputs, backbone(inputs))
    model = classify(wrapped, (16, 16, 3))
    found, x = stages(model), images(16)
    check_stages(model, found, head=True)
    assert [s.layers for s in found[:-1]] == [s.layers for s in stages(backbone)]
    assert [layer.name for layer in found[-1].layers] == ["pooling", "head_dropout", "predictions"]
    for stage in found[:-1]:
        prefix, suffix = split_model(model, stage.name)
        same(model(x), suffix(prefix(x)))
        assert prefix.get_layer("backbone")
    assert prefix.output_shape == backbone.output_shape
    assert [layer.name for layer in suffix.layers[1:]] == ["pooling", "head_dropout", "predictions"]


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


def test_a_foreign_head_starts_at_a_named_layer():
    inputs = keras.Input((16, 16, 3))
    x = keras.layers.Dense(3, name="logits")(keras.layers.Flatten(name="flat")(small_network()(inputs)))
    model = keras.Model(inputs, x)
    assert "head" not in [s.name for s in stages(model)]
    found = stages(model, head="flat")
    check_stages(model, found, head=True)
    assert [layer.name for layer in found[-1].layers] == ["flat", "logits"]
    prefix, suffix = split_model(model, "stage3", head="flat")
    assert prefix.output_shape == (None, 2, 2, 16)
    same(model(images(16)), suffix(prefix(images(16))))
    with pytest.raises(ValueError, match="Unknown layer 'flap'. Did you mean 'flat'"):
        stages(model, head="flap")


def test_a_head_inside_a_residual_block_is_a_stage_without_a_cut():
    x = inputs = keras.Input((4,))
    for name in ("first", "second", "third"):
        y = keras.layers.Dense(4, name=f"{name}_in")(x)
        x = x + keras.layers.Dense(4, name=f"{name}_out")(y)
    model = keras.Model(inputs, x)
    found = stages(model, head="third_out")
    assert [layer.name for layer in found[-1].layers] == ["third_out"]
    # The first block can be cut inside: what lives beside its activation is the input of the model.
    assert [s.can_split for s in found] == [True, True, True, False, False]
    with pytest.raises(ValueError, match="Cannot cut after 'stage4': several activations"):
        split_model(model, "stage4", head="third_out")


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


@pytest.mark.parametrize("blocks, most", [(12, 8), (12, 3), (5, 8), (3, 1)])
def test_long_models_give_runs_of_similar_size(blocks, most):
    model = keras.Sequential([keras.Input((6,))] + [keras.layers.Dense(6) for _ in range(blocks)])
    found = stages(model, max_stages=most)
    check_stages(model, found)
    sizes = [len(s.layers) for s in found]
    assert sum(sizes) == blocks and len(sizes) == min(blocks, most) and max(sizes) <= 2 * min(sizes)
    check_segments(model, np.ones((1, 6), "float32"))


def test_stages_print_as_a_table():
    text = repr(stages(classify(small_network(), (16, 16, 3))))
    assert len(text.splitlines()) == 5 and "Few stages" not in text
    assert "stage2" in text and "(4, 4, 8)" in text and "no: the last stage" in text
    few = stages(keras.Sequential([keras.Input((4,)), keras.layers.Dense(4), keras.layers.Dense(4)]))
    assert "single activation is alive: 1." in repr(few)


def test_a_layer_shared_across_a_boundary_blocks_it():
    shared, inputs = keras.layers.Dense(4, name="twin"), keras.Input((4,))
    x = keras.layers.Dense(4)(shared(keras.layers.Dense(4)(inputs)))
    x = keras.layers.Dense(4)(shared(x))
    model = keras.Model(inputs, keras.layers.Dense(2)(x))
    found, _ = check_segments(model, np.ones((1, 4), "float32"))
    assert [len(s.layers) for s in found] == [1, 2, 1, 1]
    named = stages(model, head=model.layers[-2].name)
    assert named[-2].can_split
    named = stages(model, head=model.layers[-3].name)
    with pytest.raises(ValueError, match="'twin' is used on both sides"):
        split_model(model, named[-2], head=model.layers[-3].name)


def test_a_shared_layer_without_weights_does_not_block():
    relu, inputs = keras.layers.ReLU(), keras.Input((4,))
    x = relu(keras.layers.Dense(4)(relu(keras.layers.Dense(4)(inputs))))
    model = keras.Model(inputs, keras.layers.Dense(2)(x))
    found, _ = check_segments(model, np.ones((1, 4), "float32"))
    check_stages(model, found)
    assert [s.can_split for s in found] == [True, True, False]


def subclassed():
    class Mine(keras.Model):
        def call(self, x):
            return x

    return Mine()


def overriding():
    class Mine(keras.Model):
        def call(self, x):
            return 2 * super().call(x)

    inputs = keras.Input((4,))
    return Mine(inputs, keras.layers.Dense(4)(inputs))


def ends_shared():
    shared, inputs = keras.layers.Dense(4, name="twin"), keras.Input((4,))
    return keras.Model(inputs, shared(keras.layers.Dense(4)(shared(inputs))))


@pytest.mark.parametrize(
    "attempt, message",
    [
        (lambda: stages(subclassed()), "Expected a functional keras.Model"),
        (lambda: stages(overriding()), "Expected a functional keras.Model"),
        (lambda: stages(keras.layers.Dense(3)), "Expected a functional keras.Model"),
        (lambda: stages(keras.Sequential([keras.layers.Dense(3)])), "built Sequential"),
        (lambda: stages(ends_shared()), "layer 'twin' is called both early and late"),
        (lambda: stages(small_network(), max_stages=0), "max_stages=0"),
        (lambda: stages(small_network(), head="rescale"), "the first layer"),
        (lambda: split_model(small_network(), "stage4"), "Unknown stage 'stage4'. Did you mean"),
        (
            lambda: split_model(small_network(), "stage3"),
            "the last stage. .* after: stage1, stage2",
        ),
        (lambda: StagedModel(small_network()).cut(["stage2", "stage1"]), "in the model's order"),
        (lambda: StagedModel(small_network()).cut(["stage1", "stage1"]), "each once"),
    ],
)
def test_bad_input_gives_one_clear_error(attempt, message):
    with pytest.raises(ValueError, match=message):
        attempt()
