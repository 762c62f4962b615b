"""Stages: where they end, what belongs to them, and what they say of a model that has few."""

import keras
import numpy as np
import pytest
from networks import check_segments, check_stages, classify, hub_backbone, images, leaves, same, small_network

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


def test_an_encoder_layer_is_opened_but_not_cut():
    model, _ = hub_backbone("vit")
    found = stages(model)
    assert [s.can_split for s in found] == [True, False, False, False]
    assert [s.layers[0].name for s in found[1:]] == [f"transformer_block_{i}" for i in (1, 2, 3)]
    with pytest.raises(ValueError, match="after 'stage2': inside the layer 'vit_encoder'.*: stage1"):
        split_model(model, "stage2")


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
