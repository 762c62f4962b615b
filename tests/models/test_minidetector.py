"""The network for boxes that ships."""

import keras
import numpy as np
import pytest

import ftlib as ft
from ftlib.models.minidetector import minidetector
from ftlib.models.shipped_files import read_card, shipped_file


def run(model, images):
    return keras.ops.convert_to_numpy(model(images, training=False))


def test_it_ships_with_a_card_and_is_small():
    backbone = ft.load_backbone("minidetector")
    card = read_card("minidetector")
    assert backbone.output_shape == (None, 16, 24, 64)
    assert backbone.count_params() == card["parameters"] < 250_000
    assert shipped_file("minidetector", "backbone").stat().st_size < 500_000
    assert card["source_score"]["map50"] > 0.9


@pytest.mark.backends
def test_other_sizes_have_the_same_weights():
    small = ft.load_backbone("minidetector", image_size=(64, 96))
    assert small.output_shape == (None, 8, 12, 64)
    for weight, same in zip(small.get_weights(), ft.load_backbone("minidetector").get_weights(), strict=True):
        np.testing.assert_array_equal(weight, same)
    random = ft.load_backbone("minidetector", weights=None, image_size=(64, 96))
    picture = np.full((1, 64, 96, 3), 100, "float32")
    assert not np.array_equal(run(random, picture), run(small, picture))


def test_its_stages_can_be_cut_before_the_two_strides_meet():
    assert [stage.can_split for stage in ft.stages(minidetector())] == [True, True, False]


def test_what_it_does_not_take_is_named():
    with pytest.raises(ValueError, match="whole multiples of 16 pixels. Received: image_size=100"):
        ft.load_backbone("minidetector", image_size=100)
    with pytest.raises(ValueError, match='pre-trained on drawn scenes: weights="default"'):
        ft.load_backbone("minidetector", weights="imagenet")
