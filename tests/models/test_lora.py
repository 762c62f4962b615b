"""LoRA: additions train, the rest rests, and the sums are one plain model again."""

import keras
import numpy as np
import pytest
import tiny

import ftlib as ft
from ftlib.models.initialization import copy_model
from ftlib.models.lora import add_lora, lora_layers, merge_lora
from ftlib.models.staged_model import StagedModel

IMAGES = tiny.split(4).images.astype("float32")


def attention_model():
    """Returns a classifier with one attention layer and a BatchNormalization."""
    keras.utils.set_random_seed(3)
    image = keras.Input((12, 12, 1))
    features = keras.layers.Conv2D(8, 4, strides=4, name="patches")(keras.layers.Rescaling(1 / 255)(image))
    tokens = keras.layers.Reshape((9, 8))(keras.layers.BatchNormalization(name="norm")(features))
    attended = keras.layers.MultiHeadAttention(2, 4, name="attention")(tokens, tokens)
    return tiny.with_head(keras.Model(image, keras.layers.Add()([tokens, attended])))


def outputs(model):
    return keras.ops.convert_to_numpy(model(IMAGES, training=False))


def test_additions_start_at_nothing_and_alone_train_with_the_head():
    model = attention_model()
    before = outputs(model)
    staged = StagedModel(model)
    trained_stages = add_lora(staged, rank=2, seed=0)
    np.testing.assert_array_equal(outputs(model), before)
    trainable = {"/".join(weight.path.split("/")[-2:]) for weight in model.trainable_weights}
    additions = {f"{name}/lora_kernel_{factor}" for name in ("query", "value") for factor in "ab"}
    assert trainable == {*additions, "predictions/kernel", "predictions/bias"}
    assert trained_stages[-1] == "head" and len(trained_stages) == 2


def test_the_same_seed_draws_the_same_additions():
    drawn = []
    for _ in range(2):
        model = attention_model()
        add_lora(StagedModel(model), rank=2, seed=5)
        drawn.append([keras.ops.convert_to_numpy(w) for w in model.trainable_weights if w.path.endswith("_a")])
    assert len(drawn[0]) == 2 and all(map(np.array_equal, *drawn))


def test_merged_it_is_the_model_from_before_with_other_kernels():
    model = attention_model()
    before = copy_model(model)
    add_lora(StagedModel(model), rank=2, seed=0)
    draws = np.random.default_rng(0)
    for weight in model.trainable_weights:
        weight.assign(draws.normal(0, 0.3, weight.shape))
    start = tiny.weights(before)
    merged = merge_lora(before, model)
    np.testing.assert_allclose(outputs(merged), outputs(model), atol=1e-5)
    moved = tiny.moved(start, tiny.weights(merged))
    assert moved == {"query/kernel", "value/kernel", "predictions/kernel", "predictions/bias"}


def test_lora_names_the_layers_it_looks_for():
    image = keras.Input((12, 12, 1))
    x = keras.layers.Dense(4, name="q_proj")(keras.layers.Conv2D(4, 3, strides=2)(image))
    model = ft.classifier(keras.Model(image, x), 3)
    with pytest.raises(ValueError, match="layers named query, value, query_dense, value_dense"):
        ft.fit(model, tiny.task(), "lora")
    x = keras.layers.Dense(4, name="query")(keras.layers.Conv2D(4, 3, strides=2)(image))
    assert list(lora_layers(ft.stages(ft.classifier(keras.Model(image, x), 3))))
