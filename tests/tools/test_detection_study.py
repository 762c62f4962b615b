"""The study of detection: what it counts as kept of COCO."""

import json
import sys

import numpy as np
import pytest


@pytest.fixture
def detection_study(root, monkeypatch):
    monkeypatch.setattr(sys, "path", [str(root / "tools"), *sys.path])
    import detection_study as module

    return module


def test_a_detection_is_kept_where_one_of_its_class_is_in_its_place(detection_study):
    before = np.array([[0, 0, 10, 10, 2, 0.9], [20, 20, 30, 30, 2, 0.8], [40, 40, 50, 50, 0, 0.7]])
    after = np.array([[1, 0, 10, 10, 2, 0.5], [20, 20, 30, 30, 7, 0.9]])
    assert detection_study._count_kept(before, after) == 1
    assert detection_study._count_kept(before, before) == 3
    assert detection_study._count_kept(before, after[:0]) == 0


def test_every_method_and_task_of_the_grid_is_known(detection_study):
    for task, counts, methods in detection_study.GRID:
        assert task in detection_study.UPDATES and task in detection_study.IMAGE_SIZES and min(counts) >= 20
        assert set(methods) <= set(detection_study.METHODS)
        assert all(side % 32 == 0 for side in detection_study.IMAGE_SIZES[task])
    assert set(detection_study.RATE_FACTORS) == set(detection_study.METHODS)


def test_a_head_alone_sees_augmented_photos_and_all_methods_have_the_same_updates(detection_study):
    for method in detection_study.METHODS:
        strategy = detection_study.strategy_of(method, 2.0)
        assert sum(strategy.plan(200)) == 200
        assert all(phase.views == (8 if phase.train == "head" else None) for phase in strategy.phases)


def test_the_rate_with_the_lowest_loss_on_validation_is_taken(detection_study):
    class Record:
        tuning = [
            {"task": "plates", "method": "frozen", "rate_factor": 1.0, "val_loss": 1.2, "val_map50": 0.5},
            {"task": "plates", "method": "frozen", "rate_factor": 3.0, "val_loss": 1.1, "val_map50": 0.4},
            {"task": "plates", "method": "scratch", "rate_factor": 1.0, "val_loss": 0.9, "val_map50": 0.9},
        ]

    for task in ("plates", "plates_random"):
        assert detection_study.with_choice(Record, (task, 60, 0, "frozen"))[4:] == (3.0,)
        assert detection_study.with_choice(Record, (task, 60, 0, "lp_ft"))[4:] == (5.0,)


def test_what_is_recorded_has_all_seeds_and_the_rate_of_its_method(root, detection_study):
    record = json.loads((root / "results" / "detection.json").read_text(encoding="utf-8"))
    seeds_of_cell = {}
    for row in record["rows"]:
        seeds_of_cell.setdefault((row["task"], row["labels"], row["method"]), []).append(row["seed"])
        factors = detection_study.RATE_FACTORS[row["method"]]
        tuned_task = "plates" if row["task"] == "plates_random" else row["task"]
        tried = [one for one in record["tuning"] if (one["task"], one["method"]) == (tuned_task, row["method"])]
        if len(factors) > 1:
            assert row["rate_factor"] == min(tried, key=lambda one: one["val_loss"])["rate_factor"]
        else:
            assert row["rate_factor"] == factors[0]
        assert row["updates"] == detection_study.UPDATES[row["task"]]
    assert all(sorted(seeds) == [0, 1, 2, 3, 4] for seeds in seeds_of_cell.values())
    assert not any(key.startswith("test_") for row in record["tuning"] for key in row)


@pytest.mark.real
@pytest.mark.slow
def test_a_network_that_was_not_tuned_forgets_nothing(detection_study, real, monkeypatch):
    import ftlib as ft

    monkeypatch.setenv("FTLIB_REAL", str(real))
    monkeypatch.setattr(detection_study, "COCO_PHOTOS", 6)
    backbone = ft.load_backbone(detection_study.detector_cfg(), image_size=detection_study.COCO_SIZE)
    model = ft.with_head(backbone, detection_study.load_photos("plates", 1, 0))
    found = detection_study.measure_forgetting(model)
    assert found["coco_kept"] == 1 and found["coco_before"] == found["coco_after"] > 3

    random_backbone = ft.load_backbone(
        detection_study.detector_cfg(), weights=None, image_size=detection_study.COCO_SIZE
    )
    forgetful = ft.with_head(random_backbone, detection_study.load_photos("plates", 1, 0))
    assert detection_study.measure_forgetting(forgetful)["coco_kept"] < 0.5
    assert detection_study.measure_forgetting(model)["coco_kept"] == 1
