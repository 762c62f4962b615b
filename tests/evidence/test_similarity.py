"""What a task looks like to a backbone, before anything is trained."""

import dataclasses

import numpy as np
import pytest
import tiny

from ftlib.evidence.probes import few_per_class, linear_probe
from ftlib.evidence.similarity import measure_similarity


def test_evidence_names_every_stage_and_stays_within_0_and_1():
    body, task = tiny.backbone(), tiny.task(train=30)
    before = tiny.weights(body)
    found = measure_similarity(body, task)
    assert list(found.probes) == ["stage1", "stage2", "stage3"] and found.probe == found.probes["stage3"]
    assert all(0 <= v <= 1 for v in (*found.probes.values(), found.untrained, found.pixels))
    assert (found.classes, found.labels_per_class, found.validation) == (3, 10, 15)
    assert found.pixels == 1  # the bands can be seen in eight rows
    assert tiny.moved(before, tiny.weights(body)) == set()
    assert measure_similarity(body, task) == found


def test_features_that_know_the_classes_gain_over_random_ones():
    body, task = tiny.backbone(), tiny.task(train=30)
    found = measure_similarity(body, task)
    better = dataclasses.replace(found, probes={"stage3": 1.0}, untrained=0.5)
    assert better.gain == 1
    assert dataclasses.replace(better, probes={"stage3": 0.4}).gain < 0


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
