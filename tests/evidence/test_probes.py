"""The head that reads the source task, and linear probes."""

import keras
import numpy as np
import pytest
import tiny

from ftlib.evidence.probes import backbone_of, chain_models, few_per_class, linear_probe, source_head
from ftlib.models.inference import predict
from ftlib.models.staged_model import StagedModel


def test_a_probe_separates_what_is_separable_also_of_two_classes():
    rng = np.random.default_rng(0)
    for classes in (2, 3):
        labels = np.arange(60) % classes
        features = np.eye(classes)[labels] + 0.1 * rng.normal(size=(60, classes))
        kernel, bias = linear_probe(features, labels)
        assert kernel.shape == (classes, classes) and bias.shape == (classes,)
        assert ((features @ kernel + bias).argmax(1) == labels).all()


@pytest.mark.filterwarnings("error")
def test_a_probe_on_one_image_of_each_class_warns_of_nothing():
    kernel, bias = linear_probe(np.eye(30), np.arange(30))
    assert ((np.eye(30) @ kernel + bias).argmax(1) == np.arange(30)).all()


def test_a_class_without_training_images_is_named():
    split = tiny.task(train=30).train
    with pytest.raises(ValueError, match=r"none of \[1\]"):
        few_per_class(split.take(np.flatnonzero(split.labels != 1)), 3)


@pytest.mark.parametrize("count", [3, 300])
def test_a_probe_takes_some_of_every_class(count):
    task = tiny.task(train=count)
    few = few_per_class(task.train, 3)
    assert np.bincount(few.labels).tolist() == [min(50, count // 3)] * 3


def test_a_source_head_reads_the_task_and_nothing_in_it_trains():
    body, task = tiny.backbone(), tiny.task(train=60)
    head = source_head(body, task)
    assert head.kind == "linear probe" and not head.model.trainable_weights
    assert repr(head) == "<SourceHead: linear probe, 3 classes>"
    probabilities = predict(chain_models(body, head.model), task.train.images)
    assert probabilities.shape == (60, 3) and np.allclose(probabilities.sum(1), 1, atol=1e-5)
    assert (probabilities.argmax(1) == task.train.labels).mean() > 0.6  # a third by chance


def test_a_backbone_is_all_that_lies_before_the_head():
    model = tiny.model()
    body = backbone_of(StagedModel(model))
    images = tiny.split(2).images.astype("float32")
    np.testing.assert_array_equal(
        *(keras.ops.convert_to_numpy(part(images)) for part in (body, model.get_layer("backbone")))
    )
    foreign = tiny.foreign_model()
    assert backbone_of(StagedModel(foreign, "pool")).output_shape == (None, 2, 2, 8)
    with pytest.raises(ValueError, match="Where does the head begin"):
        backbone_of(StagedModel(foreign))
