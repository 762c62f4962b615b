"""The transformer of plain Keras layers: what its tokens see, and where it can be cut."""

import keras
import numpy as np
import pytest

import ftlib as ft
from ftlib.models.layer_graph import LayerGraph
from ftlib.models.lora import lora_layers
from ftlib.models.token_network import token_mask, token_network
from ftlib.training.activation_cache import count_call_operations

IDS = np.array([[3, 4, 5, 6, 0, 0], [7, 7, 2, 1, 9, 8], [2, 0, 0, 0, 0, 0]], "int32")


def network(causal=False, length=6, blocks=2):
    keras.utils.set_random_seed(1)
    return token_network(10, length, width=8, blocks=blocks, heads=2, causal=causal)


def run(model, ids):
    return keras.ops.convert_to_numpy(model(ids, training=False))


@pytest.mark.backends
@pytest.mark.parametrize("causal", [False, True])
def test_padding_changes_nothing(causal):
    whole = network(causal)
    short = network(causal, length=4)
    for weight, source in zip(short.weights, whole.weights, strict=True):
        weight.assign(source[: weight.shape[0]])  # of the positions, the first four
    np.testing.assert_allclose(run(whole, IDS)[0, :4], run(short, IDS[:1, :4])[0], atol=1e-5)


@pytest.mark.backends
def test_only_a_causal_network_does_not_look_ahead():
    changed = IDS.copy()
    changed[1, 3:] = 4
    for causal in (False, True):
        difference = np.abs(run(network(causal), changed)[1] - run(network(causal), IDS)[1])
        assert (difference[:3].max() < 1e-6) == causal
        assert difference[3:].max() > 1e-3


def test_each_block_is_a_stage_that_can_be_cut():
    model = network(blocks=3)
    stages = ft.stages(model)
    assert [stage.can_split for stage in stages] == [True] * 4 + [False]  # two kinds of embeddings, and three blocks
    assert {layer.name.split("_")[0] for layer in stages[2].layers} == {"block1"}
    for name in ("stage1", "stage2", "stage4"):
        first, second = ft.split_model(model, name)
        np.testing.assert_array_equal(run(second, first(IDS)), run(model, IDS))
    assert sorted(lora_layers(stages)) == ["stage3", "stage4", "stage5"]


def test_it_is_saved_as_layers_of_keras_alone(tmp_path):
    model = ft.classifier(network(), 3)
    assert {type(operation).__module__.split(".")[0] for operation in model.operations} == {"keras"}
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(run(loaded, IDS), run(model, IDS))


@pytest.mark.backends
def test_a_classifier_means_over_the_tokens_that_are_there():
    backbone = network()
    model = ft.classifier(backbone, 2)
    pooled = run(keras.Model(model.input, model.get_layer("head_pool").output), IDS)
    features = run(backbone, IDS)
    np.testing.assert_allclose(pooled[0], features[0, :4].mean(0), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(pooled[2], features[2, 0], rtol=1e-5, atol=1e-6)
    nothing = run(model, np.zeros((1, 6), "int32"))
    np.testing.assert_allclose(nothing, [[0.5, 0.5]])


def test_a_text_of_no_token_counts_all():
    assert np.asarray(token_mask(np.array([[4, 0], [0, 0]]))).tolist() == [[True, False], [True, True]]


def test_freezing_and_rates_by_stage():
    model = ft.classifier(network(), 2)
    report = ft.freeze(model, through="stage2")
    assert [row["state"] for row in report.rows][:3] == ["frozen", "frozen", "trainable"]
    rates = ft.layerwise("adam", model, decay=0.5).stage_rates
    assert rates["head"] == pytest.approx(1e-3) and rates["stage4"] == pytest.approx(5e-4)


def test_a_table_of_embeddings_costs_no_multiplication():
    graph = LayerGraph(network())
    costs = {call.op.name: count_call_operations(graph, call) for call in graph.calls}
    assert costs["token_embedding"] == 0 and costs["block1_expand"] == 2 * 8 * 32 * 6


@pytest.mark.parametrize("sizes", [{"width": 9}, {"blocks": 0}, {"vocabulary_size": 2.5}, {"heads": True}])
def test_sizes_that_make_no_network(sizes):
    with pytest.raises(ValueError, match="Received"):
        token_network(**{"vocabulary_size": 10, "length": 4, "width": 8, "heads": 2, **sizes})
