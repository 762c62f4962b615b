"""`prove` notices what Keras keeps silent about."""

import dataclasses

import keras
import numpy as np
import pytest
import tiny
from packaging.version import Version
from tiny import compiled, train

from ftlib.errors import ProofError
from ftlib.evidence.proofs import list_some, prove, prove_no_leak, weight_digests
from ftlib.models.freezing import freeze, set_trainable, unfreeze
from ftlib.models.staged_model import StagedModel


def broken_claims(error):
    return [line.split("] ")[1].split(":")[0] for line in str(error.value).splitlines()]


def trap_model(training):
    """Returns what most courses teach: `base(x, training=False)` to keep BatchNorm in inference mode."""
    body = tiny.backbone(dropout=0.0)
    body.name = "backbone"
    image = keras.Input(body.input_shape[1:])
    x = body(image) if training is None else body(image, training=training)
    x = keras.layers.GlobalAveragePooling2D()(x)
    return keras.Model(image, keras.layers.Dense(3, activation="softmax")(x))


@pytest.mark.parametrize("training", [None, False])
def test_moving_batch_norm_statistics_break_a_proof(training):
    if training is False and Version(keras.__version__) >= Version("3.16.0.dev0"):
        pytest.skip("Keras 3.16 obeys training=False (keras-team/keras#23364)")
    network = compiled(trap_model(training))
    with pytest.raises(ProofError, match="norm1/moving_mean") as error, prove(network):
        train(network)
    assert broken_claims(error) == ["BatchNorm statistics"]
    # Said to be meant, it is no breach; frozen, the same training leaves them alone.
    with prove(network, batch_norm="train"):
        train(network)
    unfreeze(network)
    with prove(network):
        train(network)


def test_statistics_of_frozen_batch_norm_must_rest_even_if_others_may_move():
    network = compiled(tiny.model())
    unfreeze(network, last=1, batch_norm="train")
    with prove(network, batch_norm="train"):
        train(network)
    with pytest.raises(ProofError, match="norm1/moving_mean moved") as error, prove(network, batch_norm="train"):
        train(network)
        network.get_layer("backbone").get_layer("norm1").moving_mean.assign(np.full(4, 0.5))
    assert broken_claims(error) == ["BatchNorm statistics"]


def test_unfreezing_after_compile_trains_nothing_and_breaks_a_proof():
    network = compiled(tiny.model())
    freeze(network)
    train(network)
    set_trainable(StagedModel(network), ["stage3", "head"])  # as with plain Keras: no compile
    before = tiny.weights(network)
    with pytest.raises(ProofError, match="marked trainable, but nothing moved in stage3") as error, prove(network):
        train(network)
    assert "conv3/kernel" not in tiny.moved(before, tiny.weights(network))  # this is the silence of Keras
    assert broken_claims(error) == ["stages that train", "compiled after freezing"]
    assert "compile again after changing `trainable`" in str(error.value)


def test_freezing_after_compile_moves_frozen_weights_and_breaks_a_proof():
    network = compiled(tiny.model())
    unfreeze(network)
    train(network)
    set_trainable(StagedModel(network), ["head"])
    with pytest.raises(ProofError, match=r"conv1/kernel.* moved") as error, prove(network):
        train(network)
    assert broken_claims(error) == ["frozen weights", "compiled after freezing"]
    assert "which should be frozen" in str(error.value)


def test_an_unfreeze_that_changes_nothing_breaks_a_proof():
    network = compiled(tiny.model(), rate=0.0)
    unfreeze(network, last=1)
    with pytest.raises(ProofError, match="nothing moved in stage3, head") as error, prove(network):
        train(network)
    assert broken_claims(error) == ["stages that train"]
    freeze(network, "head")
    with pytest.raises(ProofError, match="no stage is marked trainable"), prove(network):
        pass


def test_an_error_inside_is_not_covered_by_a_broken_proof():
    with pytest.raises(KeyError, match="mine"), prove(tiny.model()):
        raise KeyError("mine")


def test_a_leak_between_splits_breaks_a_proof():
    task = tiny.task()
    assert prove_no_leak(task).holds and "24 + 15 + 12 examples" in prove_no_leak(task).detail
    same_id = dataclasses.replace(task.test, ids=np.array(["validation-3", *task.test.ids[1:]]))
    with pytest.raises(ProofError, match=r"no leak .*validation-3 \(validation and test\)"):
        prove(tiny.model(), dataclasses.replace(task, test=same_id)).start()
    images = task.test.images.copy()
    images[5] = task.train.images[7]
    same_pixels = dataclasses.replace(task, test=dataclasses.replace(task.test, images=images))
    with pytest.raises(ProofError, match=r"no leak .*test-5 \(train and test\)"):
        prove(tiny.model(), same_pixels).start()


def test_a_training_that_goes_on_elsewhere_is_compared_with_its_own_start():
    network = compiled(tiny.model())
    freeze(network)
    first = prove(network)
    first.start()
    begun = first.digests_at_start
    assert begun == list(weight_digests(network).values())
    network.get_layer("backbone").get_layer("conv1").bias.assign(np.ones(4))  # between the two
    second = prove(network)
    second.start(digests=begun)
    assert second.digests_at_start == begun
    with pytest.raises(ProofError, match="conv1/bias moved"):
        second.check(None)


def test_what_was_not_started_cannot_be_checked():
    with pytest.raises(RuntimeError, match="Nothing was written down"):
        prove(tiny.model()).check(None)


def test_long_lists_are_cut_short():
    assert list_some(["a", "a", "b"]) == "a, b" and list_some("abcde") == "a, b, c and 2 more"
