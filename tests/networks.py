"""Networks to be cut, and what is true of all their stages and cuts."""

import keras
import numpy as np
import pytest

from ftlib.models.staged_model import StagedModel, stages


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
