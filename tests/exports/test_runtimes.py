"""The script that converts models and runs them as a program without ftlib would."""

import json
import subprocess
import sys

import keras
import numpy as np
import pytest
import tiny

from ftlib.exports import runtimes
from ftlib.exports.runtimes import FEWEST_TIMED_CALLS, in_float32, load_keras, main, run


@pytest.fixture
def saved_model(tmp_path):
    """A model, and the file that it is saved in."""
    model, path = tiny.model(), tmp_path / "model.keras"
    model.save(path)
    return model, path


def test_images_are_answered_one_by_one_and_each_call_is_timed(saved_model):
    model, path = saved_model
    images = tiny.pictures([0, 1, 2]).astype("float32")
    answers, facts = run("keras", str(path), images)
    np.testing.assert_allclose(answers, model.predict(images, verbose=0), atol=1e-5)
    assert len(facts["calls_ms"]) == FEWEST_TIMED_CALLS and min(facts["calls_ms"]) > 0
    assert facts["runtime"].startswith(f"Keras {keras.__version__}") and facts["load_s"] > 0


def test_every_image_is_answered_where_there_are_more_than_timed_calls(monkeypatch):
    monkeypatch.setitem(runtimes.LOADERS, "keras", lambda path: (lambda pixels: pixels[:, 0, 0], "none"))
    images = np.arange(50, dtype="float32").reshape(50, 1, 1, 1)
    answers, facts = run("keras", "", images)
    assert answers[:, 0].tolist() == list(range(50)) and len(facts["calls_ms"]) == 49


def test_the_command_writes_answers_and_facts(saved_model, tmp_path):
    model, path = saved_model
    images = tiny.pictures([0, 1]).astype("float32")
    np.save(tmp_path / "images.npy", images)
    main(["run", "keras", str(path), str(tmp_path / "images.npy"), str(tmp_path / "answers.npz"), "json,sys"])
    with np.load(tmp_path / "answers.npz") as stored:
        assert stored["answers"].shape == (2, 3) and json.loads(str(stored["facts"]))["runtime"].startswith("Keras")


def test_the_script_needs_nothing_of_ftlib():
    code = "import runpy, sys; runpy.run_path(sys.argv[1]); assert not {'ftlib', 'keras'} & set(sys.modules)"
    subprocess.run([sys.executable, "-P", "-c", code, runtimes.__file__], check=True)


def test_a_loaded_model_answers_as_the_saved_one(saved_model):
    model, path = saved_model
    answer, _ = load_keras(str(path))
    images = tiny.pictures([0]).astype("float32")
    np.testing.assert_allclose(answer(images), model.predict(images, verbose=0), atol=1e-5)


@pytest.mark.backends
def test_a_model_of_mixed_precision_is_converted_in_32_bits():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        mixed = tiny.model()
    finally:
        keras.config.set_dtype_policy("float32")
    in_full = in_float32(mixed)
    assert {layer.compute_dtype for layer in in_full._flatten_layers()} == {"float32"}
    for one, other in zip(in_full.get_weights(), mixed.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    images = tiny.pictures([0, 1, 2])
    np.testing.assert_allclose(in_full.predict(images, verbose=0), mixed.predict(images, verbose=0), atol=0.05)
    assert in_float32(in_full) is in_full
