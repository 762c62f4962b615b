"""Freezing is absolute and takes effect."""

import itertools

import keras
import numpy as np
import pytest
import tiny
from tiny import compiled, train

from ftlib.evidence.proofs import prove
from ftlib.models.freezing import freeze, freeze_report, set_trainable, unfreeze
from ftlib.models.staged_model import StagedModel, stages

# What trains with BatchNorm frozen, per stage, kernels and biases only; and with BatchNorm training.
FROZEN_NORMS = {"stage1": 40, "stage2": 222, "stage3": 440, "head": 27}
FREE_NORMS = {"stage1": 48, "stage2": 234, "stage3": 456, "head": 27}


def counts(model, head=None):
    return [row["trainable"] for row in freeze_report(model, head).rows]


def expected(names, numbers=FROZEN_NORMS):
    return [numbers[name] if name in names else 0 for name in numbers]


@pytest.fixture(scope="module")
def model():
    """One model for the tests that look at flags only; each call is absolute, so they cannot disturb each other."""
    return tiny.model()


CALLS = {
    "freeze()": (lambda m: freeze(m), expected(["head"])),
    "freeze(stage1)": (lambda m: freeze(m, "stage1"), expected(["stage2", "stage3", "head"])),
    "freeze(stage3)": (lambda m: freeze(m, "stage3"), expected(["head"])),
    "freeze(head)": (lambda m: freeze(m, "head"), expected([])),
    "unfreeze()": (lambda m: unfreeze(m), expected(FROZEN_NORMS)),
    "unfreeze(0)": (lambda m: unfreeze(m, last=0), expected(["head"])),
    "unfreeze(2)": (lambda m: unfreeze(m, last=2), expected(["stage2", "stage3", "head"])),
    "unfreeze(2, train)": (
        lambda m: unfreeze(m, last=2, batch_norm="train"),
        expected(["stage2", "stage3", "head"], FREE_NORMS),
    ),
}


@pytest.mark.backends
def test_the_state_depends_on_the_last_call_alone(model):
    for first, second in itertools.permutations(CALLS, 2):
        CALLS[first][0](model)
        report = CALLS[second][0](model)
        assert counts(model) == CALLS[second][1], f"{second} after {first}"
        assert report.trainable == sum(CALLS[second][1]) == sum(np.prod(w.shape) for w in model.trainable_weights)
        for stage, count in zip(stages(model), CALLS[second][1], strict=True):
            assert any(x.trainable for x in stage.layers) == bool(count), f"{stage.name}, {second} after {first}"


def test_it_does_not_matter_what_a_user_froze_by_hand(model):
    trains = lambda: sum(np.prod(w.shape) for w in model.trainable_weights)  # noqa: E731
    model.trainable = False
    assert unfreeze(model, last=1).trainable == trains() == 467
    model.trainable = True
    model.get_layer("backbone").trainable = False
    model.get_layer("predictions").trainable = False
    assert unfreeze(model, last=1).trainable == trains() == 467
    assert [row["state"] for row in freeze_report(model).rows] == ["frozen", "frozen", "partly", "trainable"]


def test_batch_norm_stays_frozen_unless_it_is_asked_to_train(model):
    norms = [model.get_layer("backbone").get_layer(f"norm{i}") for i in (1, 2, 3)]
    unfreeze(model, last=2)
    assert [x.trainable for x in norms] == [False, False, False]
    unfreeze(model, last=2, batch_norm="train")
    assert [x.trainable for x in norms] == [False, True, True]
    set_trainable(StagedModel(model), ["stage2", "stage3", "head"], batch_norm={"stage3"})
    assert [x.trainable for x in norms] == [False, False, True]


def test_the_report_counts_by_hand(model):
    report = unfreeze(model, last=2, batch_norm="train")
    assert [(r["stage"], r["params"], r["trainable"], r["state"], r["output_shape"]) for r in report.rows] == [
        ("stage1", 56, 0, "frozen", (6, 6, 4)),  # 1*9*4+4 of the convolution, 4*4 of BatchNorm
        ("stage2", 246, 234, "trainable", (3, 3, 6)),  # its 12 statistics are never learnt by gradient
        ("stage3", 472, 456, "trainable", (2, 2, 8)),
        ("head", 27, 27, "trainable", (3,)),
    ]
    assert (report.params, report.trainable) == (model.count_params(), 717) == (801, 717)
    text = repr(report)
    assert "stage2" in text and "total" in text and "717" in text and "801" in text
    assert [r["state"] for r in unfreeze(model).rows] == ["partly", "partly", "partly", "trainable"]


def test_a_backbone_in_a_backbone_is_opened():
    inner = tiny.backbone()
    image = keras.Input(inner.input_shape[1:])
    network = tiny.classifier(keras.Model(image, inner(image), name="outer"), 3)
    assert freeze(network, "stage2").trainable == 467
    assert counts(network) == expected(["stage3", "head"])
    assert {w.path for w in network.trainable_weights} == {
        "conv3/kernel",
        "conv3/bias",
        "predictions/kernel",
        "predictions/bias",
    }


@pytest.mark.backends
def test_a_model_of_another_make_has_a_head_where_one_is_named():
    network = tiny.foreign_model()
    assert freeze(network).trainable == 0  # no head is known, so the whole model is the backbone
    assert freeze(network, head="pool").trainable == 27
    assert unfreeze(network, last=1, head="pool").trainable == 467
    assert counts(network, head="pool") == expected(["stage3", "head"])


def test_a_compiled_model_is_compiled_again_with_the_same_arguments(eager):
    network = tiny.model()
    assert freeze(network).notes == () and not network.compiled
    loss = keras.losses.SparseCategoricalCrossentropy(ignore_class=2)
    network.compile(keras.optimizers.SGD(0.1, momentum=0.5, clipnorm=2.0), loss, metrics=["accuracy"])
    network.optimizer.learning_rate = 0.025
    old = network.optimizer
    report = unfreeze(network, last=1)
    assert "Compiled again with the same arguments" in repr(report)
    new = network.optimizer
    assert new is not old and type(new) is keras.optimizers.SGD
    assert (float(new.learning_rate), new.momentum, new.clipnorm) == (pytest.approx(0.025), 0.5, 2.0)
    assert network.loss.ignore_class == 2
    train(network)
    split = tiny.split(6)
    scores = network.evaluate(split.images.astype("float32"), split.labels, verbose=0, return_dict=True)
    assert set(scores) == {"loss", "accuracy"}


def test_a_loss_and_a_compile_of_the_users_own_survive():
    class Own(keras.Model):
        def compile(self, optimizer="auto", **options):
            options.setdefault("loss", lambda labels, said: -keras.ops.log(said[:, 0]))
            super().compile(keras.optimizers.SGD(0.1) if optimizer == "auto" else optimizer, **options)

    plain = tiny.model()
    network = Own(plain.input, plain.output)
    network.compile(metrics=[keras.metrics.SparseCategoricalAccuracy(name="right")])
    before, loss = network.optimizer, network.loss
    unfreeze(network, last=1)
    assert network.optimizer is not before and network.loss is loss
    with prove(network):
        train(network)
    freeze(network)
    with prove(network):
        train(network)


@pytest.mark.backends
def test_what_is_unfrozen_trains_and_what_is_frozen_again_stays():
    network = compiled(tiny.model())
    freeze(network)
    begin = tiny.weights(network)
    train(network)
    first = tiny.weights(network)
    assert tiny.moved(begin, first) == {"predictions/kernel", "predictions/bias"}
    unfreeze(network, last=1)
    with prove(network) as proof:
        train(network)
    second = tiny.weights(network)
    assert tiny.moved(first, second) == {"conv3/kernel", "conv3/bias", "predictions/kernel", "predictions/bias"}
    freeze(network)
    train(network)
    assert tiny.moved(second, tiny.weights(network)) == {"predictions/kernel", "predictions/bias"}
    # And `prove` agreed.
    assert [(p.name, p.holds) for p in proof.results] == [
        ("frozen weights", True),
        ("BatchNorm statistics", True),
        ("stages that train", True),
        ("compiled after freezing", True),
    ]
    assert repr(proof).splitlines()[0] == "[holds] frozen weights: 10 of 10 bit-identical"
