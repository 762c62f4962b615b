"""The base of all objectives, and the smallest one, which CONTRIBUTING shows whole."""

import dataclasses
import re

import numpy as np
import pytest
import tiny

import ftlib as ft
from ftlib.objectives.classification import Classification
from ftlib.training.fit import fit


@pytest.fixture(scope="module")
def magnitude(root):
    """Returns the objective of CONTRIBUTING, run as it is written."""
    (code,) = re.findall(r"```python\n(.*?class Magnitude.*?)```", (root / "CONTRIBUTING.md").read_text(), re.S)
    names = {"__name__": "contributing"}
    exec(compile(code, "CONTRIBUTING.md", "exec"), names)
    return names["Magnitude"]()


def numbers(objective, factor=1.0):
    """Returns pictures whose brightness is the number, as a task."""

    def split(count, seed, prefix):
        rng = np.random.default_rng(seed)
        values = rng.uniform(1, 4, count)
        noise = rng.uniform(0, 20, (count, tiny.PIXELS, tiny.PIXELS, 1))
        pictures = noise + 50 * values[:, None, None, None]
        return ft.Split(pictures.astype("uint8"), factor * values, [f"{prefix}{i}" for i in range(count)])

    splits = split(48, 1, "train"), split(24, 2, "validation"), split(24, 3, "test")
    return ft.Task("brightness", *splits, (), "drawn", "none", objective=objective)


def test_the_smallest_objective_learns(magnitude):
    task = numbers(magnitude)
    model = ft.with_head(tiny.backbone(dropout=0.0), task)
    strategy = tiny.one_phase("all")
    run = fit(model, task, strategy, ft.Regularization(), updates=120, batch_size=16, head="head_pool", verbose=False)
    assert run.val_score < run.baseline("validation")["off"] / 2
    assert repr(run).count("distance") == 1 and ft.Score("off", "Distance").label == "distance"


def test_the_smallest_objective_refuses_other_targets(magnitude):
    with pytest.raises(ValueError, match="positive numbers"):
        numbers(magnitude, factor=-1.0)


def test_what_does_not_fit_is_named_with_what_came():
    regularization = dataclasses.replace(ft.Regularization(), mixup=0.3)
    Classification().refuse(regularization, "cutmix", "l1")
    with pytest.raises(ValueError, match=r"`mixup` does not fit classification. Received: Regularization\(mixup=0.3\)"):
        Classification().refuse(regularization, "cutmix", "mixup")


def test_an_objective_of_another_type_is_refused():
    with pytest.raises(TypeError, match="`objective` is an Objective"):
        tiny.task(objective="regression")
