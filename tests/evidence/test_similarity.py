"""What a task looks like to a backbone, before anything is trained."""

import dataclasses

import tiny

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
