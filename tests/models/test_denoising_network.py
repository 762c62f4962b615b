"""The network for denoising: it can be cut after each block, and each block hears of time and class."""

import keras
import numpy as np
import pytest
from networks import check_segments, check_stages

import ftlib as ft


def stacks(channels, count=3, side=8):
    return np.random.default_rng(0).normal(size=(count, side, side, channels)).astype("float32")


def network(drawn=True, **options):
    model = ft.denoising_network((8, 8, 1), **{"classes": 2, "width": 4, "blocks": 2, **options})
    if drawn:  # blocks start as ones that add nothing
        draws = np.random.default_rng(0)
        for weight in model.weights:
            weight.assign(draws.normal(0, 0.3, weight.shape))
    return model


@pytest.mark.backends
def test_each_block_is_a_stage_that_the_network_can_be_cut_after():
    model = network(blocks=4)
    found, parts = check_segments(model, stacks(4))
    check_stages(model, found)
    assert len(found) == 5 and len(parts) == 5
    assert all(stage.can_split for stage in found[:-1])
    assert {stage.output_shape for stage in found} == {(8, 8, 4)}


@pytest.mark.backends
def test_a_block_starts_as_one_that_adds_nothing():
    model = network(drawn=False)
    stem = keras.Model(model.input, model.get_layer("stem_conv").output)
    stack = stacks(4)
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(model(stack)), keras.ops.convert_to_numpy(stem(stack)), atol=1e-6
    )


@pytest.mark.parametrize("channel", [0, 1, 3], ids=["image", "time", "class"])
def test_each_channel_matters(channel):
    model, stack = network(), stacks(4)
    changed = stack.copy()
    changed[..., channel] += 0.3
    difference = keras.ops.convert_to_numpy(model(stack)) - keras.ops.convert_to_numpy(model(changed))
    assert np.abs(difference).max() > 1e-3


@pytest.mark.parametrize("levels", [1, 2, 4])
def test_the_features_have_the_size_of_the_image_at_any_number_of_levels(levels):
    assert network(levels=levels).output_shape == (None, 8, 8, 4)


@pytest.mark.parametrize("patch", [2, 4])
def test_a_place_may_stand_for_a_square_of_pixels(patch):
    model = network(patch=patch)
    assert model.output_shape == (None, 8 // patch, 8 // patch, 4)
    stack = stacks(4)
    changed = stack.copy()
    changed[:, 7, 7, 0] += 0.3
    difference = keras.ops.convert_to_numpy(model(stack)) - keras.ops.convert_to_numpy(model(changed))
    assert np.abs(difference).max() > 1e-3


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"image_shape": (8, 8)}, r"\(height, width, 1 or 3\)"),
        ({"image_shape": (8, 8, 2)}, r"1 or 3\). Received: image_shape=\(8, 8, 2\)"),
        ({"image_shape": (6, 8, 1), "levels": 3}, "multiples of 4. Received: 6 by 8"),
        ({"image_shape": (6, 8, 1), "patch": 2}, "levels=2 and patch=2.*multiples of 4. Received: 6 by 8"),
        ({"patch": 0}, "`patch`.*at least 1.*patch=0"),
        ({"classes": -1}, "`classes`.*at least 0.*classes=-1"),
        ({"width": 3}, "`width`.*at least 4.*width=3"),
        ({"levels": 0}, "`levels`.*levels=0"),
        ({"blocks": 1.5}, "`blocks`.*blocks=1.5"),
    ],
)
def test_numbers_that_make_no_network_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        ft.denoising_network(**{"image_shape": (8, 8, 1), **arguments})
