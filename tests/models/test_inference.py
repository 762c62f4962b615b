"""Predictions batch by batch, and checksums of models and images."""

import dataclasses
import time

import keras
import numpy as np
import pytest
import tiny

import ftlib.models.inference
import ftlib.training.phase
from ftlib.models.inference import fingerprint_images, fingerprint_model, prefetch
from ftlib.strategies.regularization import Regularization
from ftlib.training.fit import fit

NONE = Regularization()


def test_a_fingerprint_ignores_names_and_nothing_else():
    def build(rate=0.5, activation="relu"):
        x = inputs = keras.Input((4,))
        x = keras.layers.Dense(3, activation=activation)(x)
        outputs = keras.layers.Dense(2)(keras.layers.Dropout(rate)(keras.ops.multiply(x, 2)))
        model = keras.Model(inputs, outputs)
        model.set_weights([np.full(w.shape, 0.5, "float32") for w in model.weights])
        return model

    first, again = build(), build()
    assert first.layers[1].name != again.layers[1].name
    again.trainable = False
    assert fingerprint_model(first) == fingerprint_model(again)
    assert len({fingerprint_model(m) for m in (first, build(rate=0.4), build(activation="elu"))}) == 3
    images = tiny.split(4).images
    assert fingerprint_images(images) == fingerprint_images(images.copy()) != fingerprint_images(images[::-1])


def test_images_can_be_a_list_of_files_that_decode_when_asked(everything_pays, eager):
    class Lazy:
        def __init__(self, images):
            self.images, self.shape = images, images.shape

        def __len__(self):
            return len(self.images)

        def __getitem__(self, index):
            return self.images[index]

    task = tiny.task(train=12)
    lazy = dataclasses.replace(task, train=dataclasses.replace(task.train, images=Lazy(task.train.images)))
    options = dict(updates=5, batch_size=8, verbose=False)
    run, plain = (fit(tiny.model(), t, tiny.one_phase("head", views=2), "light", **options) for t in (lazy, task))
    assert run.history == plain.history and run.phases[0]["cache"]


def test_several_threads_make_batches_in_order_and_an_error_ends_them():
    made = []

    def make(i):
        time.sleep(0.01 * (i % 3 == 0))  # some take longer than those after them
        made.append(i)
        if i == 20:
            raise OSError("gone")
        return i

    taken = []
    with pytest.raises(OSError, match="gone"):
        for item in prefetch(make, 100, threads=4):
            taken.append(item)
    assert taken == list(range(20)) and max(made) <= 24
    assert list(prefetch(make, 0)) == [] and list(prefetch(make, 2)) == [0, 1]


def test_the_number_of_threads_changes_nothing(monkeypatch, eager):
    """Distortions, mixing and order of a batch depend on its number alone, not on who makes it when."""
    settings = Regularization(augmentation="strong", mixup=0.2)
    ends = []
    for threads in (1, 5):
        monkeypatch.setattr(ftlib.models.inference, "_PREFETCH_THREADS", threads)
        run = fit(tiny.model(), tiny.task(), tiny.one_phase("all"), settings, updates=6, batch_size=4, verbose=False)
        ends.append(tiny.weights(run.model))
    assert all(np.array_equal(ends[0][name], ends[1][name]) for name in ends[0])
