"""Real photos and a real ImageNet backbone through the same `fit`. Skipped where FTLIB_REAL names no folder."""

import keras
import numpy as np
import pytest

import ftlib as ft
from ftlib.models.staged_model import stages

pytestmark = [pytest.mark.real, pytest.mark.slow]


@pytest.fixture(scope="module")
def flowers(real):
    return ft.load_task(real / "flowers", labels_per_class=10, image_size=96)


def test_real_fine_tuning_leaves_what_is_frozen_bit_identical(keras_home, flowers):
    model = ft.classifier(ft.load_backbone("MobileNetV2", image_size=96), flowers.num_classes)
    start = [np.array(w) for w in model.get_weights()]
    run = ft.fit(model, flowers, "top", updates=12, batch_size=16, verbose=False)
    last = stages(run.model)[-2]
    free = {id(w) for x in last.layers for w in x.weights} | {id(w) for w in run.model.layers[-1].weights}
    moved = still = 0
    for before, weight in zip(start, run.model.weights, strict=True):
        same = np.array_equal(before, keras.ops.convert_to_numpy(weight))
        statistic = weight.path.endswith(("moving_mean", "moving_variance"))
        if statistic or id(weight) not in free:
            assert same, f"{weight.path} moved"
            still += 1
        moved += not same
    assert still > 200 and moved >= 4
    assert all(p.holds for p in run.proofs)
    assert run.val_accuracy > 0.5  # five classes
