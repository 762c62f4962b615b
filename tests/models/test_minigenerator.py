"""The network that draws letters and ships."""

import dataclasses

import keras
import numpy as np
import pytest

import ftlib as ft
from ftlib.models.minigenerator import CLASS_CHANNELS, FREE_CLASSES, IMAGE_SIZE, LETTERS, minigenerator
from ftlib.models.shipped_files import read_card, shipped_file
from ftlib.objectives.denoising import stack_channels
from ftlib.tasks.glyphs import alphabet
from ftlib.tasks.resizing import fit_images

CHANNELS = 2 + CLASS_CHANNELS


def run(model, stack):
    return keras.ops.convert_to_numpy(model(stack, training=False))


def test_it_ships_with_a_card_and_is_small():
    model, card = ft.denoiser("minigenerator"), read_card("minigenerator")
    assert (model.input_shape, model.output_shape) == ((None, 16, 16, CHANNELS), (None, 16, 16, 1))
    assert model.get_layer("backbone").count_params() == card["parameters"] < 250_000
    assert sum(shipped_file("minigenerator", part).stat().st_size for part in ("backbone", "head")) < 500_000
    assert card["source_score"]["explained"] > 0.5
    assert tuple(card["classes"]) == tuple(letters[0] for letters in alphabet()[:LETTERS])


@pytest.mark.backends
def test_a_free_seat_means_no_class_at_all():
    model = ft.denoiser("minigenerator")
    noise = np.random.default_rng(0).standard_normal((FREE_CLASSES, IMAGE_SIZE, IMAGE_SIZE, 1)).astype("float32")
    times = np.full(FREE_CLASSES, 0.3)
    asked = np.eye(CLASS_CHANNELS, dtype="float32")
    untold = run(model, stack_channels(noise, times, np.zeros_like(asked[:FREE_CLASSES])))
    free = run(model, stack_channels(noise, times, asked[:FREE_CLASSES]))
    letters = run(model, stack_channels(noise, times, asked[FREE_CLASSES : 2 * FREE_CLASSES]))
    np.testing.assert_allclose(free, untold, atol=1e-5)
    assert np.abs(letters - untold).max() > 0.05


def test_the_letters_that_it_draws_are_read():
    model, (reader, _) = ft.denoiser("minigenerator"), ft.source_model("glyphnet")
    asked = np.arange(2 * LETTERS) % LETTERS
    drawn = ft.generate(model, len(asked), classes=FREE_CLASSES + asked)
    said = run(reader, fit_images(drawn, (32, 32), 1))[:, :LETTERS].argmax(1)
    assert (said == asked).mean() > 0.3  # 0.42 when it was shipped; chance is 0.02


def test_its_blocks_are_stages_and_a_run_keeps_its_head():
    assert [stage.can_split for stage in ft.stages(minigenerator())] == [True] * 4 + [False]
    task = ft.load_task("digits", labels_per_class=1).with_images((IMAGE_SIZE, IMAGE_SIZE, 1))
    task = dataclasses.replace(task, objective=ft.Denoising(conditional=True, class_channels=CLASS_CHANNELS))
    model = ft.denoiser("minigenerator")
    tuned = ft.fit(model, task, "full", "none", updates=2, verbose=False).model
    before, after = (part.get_layer("velocity").get_weights()[0] for part in (model, tuned))
    assert 0 < np.abs(after - before).max() < 0.01 < np.abs(before).max()


def test_another_name_is_refused():
    with pytest.raises(ValueError, match="denoiser.*minigenerator"):
        ft.denoiser("stable-diffusion")
