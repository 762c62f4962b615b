"""What is computed once: when it pays, that it changes nothing, and that no stale file is taken."""

import shutil

import keras
import numpy as np
import pytest
import tiny

import ftlib.training.activation_cache
from ftlib.models.inference import predict
from ftlib.models.initialization import copy_model
from ftlib.models.staged_model import StagedModel
from ftlib.strategies.regularization import Regularization
from ftlib.training.activation_cache import ActivationCache
from ftlib.training.batches import FixedViews
from ftlib.training.fit import fit
from ftlib.training.trainer import split_into_segments

NONE = Regularization()
GIB = 2**30


def runs(monkeypatch, model, task, recipe, settings, **options):
    """Returns the same run with and without computing the frozen part once."""
    cached = fit(model, task, recipe, settings, verbose=False, **options)
    with monkeypatch.context() as patch:
        patch.setattr(ActivationCache, "choose_location", lambda self, images, uses: "")
        plain = fit(model, task, recipe, settings, verbose=False, **options)
    assert cached.phases[-1]["cache"] and not plain.phases[-1]["cache"]
    return cached, plain


def far(one, other):
    """Returns the largest difference of two models' weights, relative to the largest of each weight."""
    pairs = zip(tiny.weights(one).values(), tiny.weights(other).values(), strict=True)
    return max(np.abs(a - b).max() / max(np.abs(a).max(), 1e-3) for a, b in pairs)


@pytest.mark.parametrize(("train", "views"), [("head", 3), (1, 1), (2, 3)])
def test_computing_once_changes_nothing(monkeypatch, eager, everything_pays, train, views):
    settings = Regularization(dropout=0.3, augmentation="standard", mixup=0.5, weight_decay=1e-2)
    recipe = tiny.one_phase(train, views=views)
    options = dict(updates=12, batch_size=8, seed=4)
    cached, plain = runs(monkeypatch, tiny.model(dropout=0.3), tiny.task(), recipe, settings, **options)
    assert far(cached.model, plain.model) < 1e-4
    for one, other in zip(cached.history, plain.history, strict=True):
        assert one["loss"] == pytest.approx(other["loss"], rel=1e-4)
        assert one["val_loss"] == pytest.approx(other["val_loss"], rel=1e-4)
    assert cached.phases[0]["views"] == plain.phases[0]["views"] == views


@pytest.mark.slow
def test_computing_once_changes_nothing_with_a_real_family(monkeypatch, everything_pays, eager):
    """EfficientNet has drop-connect in its blocks: frozen, it must not drop, and unfrozen it must drop alike."""
    keras.utils.set_random_seed(0)
    whole = keras.applications.EfficientNetB0(weights=None, include_top=False, input_shape=(32, 32, 3))
    body = keras.Model(whole.input, whole.get_layer("block3b_add").output)  # drop-connect in blocks 2b and 3b
    task = tiny.task(channels=3, train=12, validation=6)
    norms = [layer for layer in body.layers if isinstance(layer, keras.layers.BatchNormalization)]
    for layer in norms:  # statistics of these very images, or a deep network of random weights gives nothing
        layer.momentum = 0.0
    body(task.for_backbone(body).train.images.astype("float32"), training=True)
    for layer in norms:
        layer.momentum = 0.9
    model = tiny.with_head(body)
    kernel = model.get_layer("predictions").kernel
    kernel.assign(kernel * 0.1)  # 40 channels of random weights: a loss of about 1
    options = dict(updates=6, batch_size=6, seed=1)
    recipe = tiny.one_phase(1, views=2, rate=1e-4)
    cached, plain = runs(monkeypatch, model, task, recipe, Regularization(augmentation="light"), **options)
    assert len(cached.phases[0]["stages"]) == 2
    frozen, trained = split_into_segments(StagedModel(cached.model), cached.phases[0]["stages"])
    assert any(layer.name == "block2b_drop" for layer in frozen.model._flatten_layers())
    assert any(layer.name == "block3b_drop" for layer in trained.model._flatten_layers())
    # Adam takes steps of full size even where the gradient is nothing but rounding, so single weights may differ.
    models = model, cached.model, plain.model
    start, one, other = (np.concatenate([w.ravel() for w in m.get_weights()]) for m in models)
    assert np.linalg.norm(one - other) < 0.01 * np.linalg.norm(other - start) != 0


def test_of_a_frozen_backbone_one_number_per_channel_is_kept(everything_pays, eager):
    run = fit(tiny.model(), tiny.task(), tiny.one_phase("head"), NONE, updates=4, batch_size=8, verbose=False)
    expected = 4 * 8 * (24 + 15) / 2**20  # float32, channels of the last stage, images
    assert run.phases[0]["cache"] == (
        f"stage1 to stage3 computed once for 24 training images and 15 for validation, {expected:,.1f} MB in memory"
    )
    assert run.phases[0]["cache"] in run.summary()


@pytest.mark.parametrize(
    ("recipe", "settings"),
    [
        (tiny.one_phase("head"), Regularization(augmentation="light")),
        (tiny.one_phase("head"), Regularization(mixup=0.2)),
        (tiny.one_phase("all"), NONE),
        (tiny.one_phase(("stage1", "head")), NONE),
    ],
    ids=["new distortions each time", "new mixtures each time", "nothing frozen", "the first stage trains"],
)
def test_what_differs_each_time_is_not_computed_once(recipe, settings, everything_pays, eager):
    # Four updates: it would pay, if it were the same each time.
    run = fit(tiny.model(), tiny.task(), recipe, settings, updates=4, batch_size=8, verbose=False)
    assert run.phases[0]["cache"] == ""


def test_it_is_not_computed_once_where_that_costs_more(everything_pays, eager):
    options = dict(updates=3, batch_size=8, verbose=False)  # one pass over the images
    run = fit(tiny.model(), tiny.task(), tiny.one_phase(1, views=4), Regularization(augmentation="light"), **options)
    assert run.phases[0]["cache"] == "" and run.phases[0]["views"] == 4


def test_the_estimate_weighs_computing_against_reading(monkeypatch, tmp_path):
    layers = [keras.Input((8, 8, 1)), keras.layers.Conv2D(64, 3), keras.layers.Conv2D(4, 1)]
    prefix, images = keras.Sequential(layers), np.zeros((50, 8, 8, 1))
    cache = ActivationCache(prefix, images, tmp_path)
    assert cache.shape == (6, 6, 4)
    assert ftlib.training.activation_cache._count_operations(prefix) == 2 * 36 * (9 * 64 + 64 * 4)
    assert cache.choose_location(images=50, uses=5000) == "memory"
    assert cache.choose_location(images=50, uses=50) == ""  # one pass over the images: nothing is used twice
    monkeypatch.setattr(ftlib.training.activation_cache, "MEMORY_LIMIT", 50 * 144 * 4 - 1)
    monkeypatch.setattr(ftlib.training.activation_cache, "_BYTES_PER_SECOND", {"disk": 1e8})
    assert cache.choose_location(images=50, uses=5000) == ""  # a disk is slower than so small a part of a network
    monkeypatch.setattr(ftlib.training.activation_cache, "OPERATIONS_PER_SECOND", {"cpu": 1.0, "gpu": 1.0})
    assert cache.choose_location(images=50, uses=5000) == "disk"
    free = ftlib.training.activation_cache._DISK_RESERVE + 50 * 144 * 4
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(2 * GIB, 0, free - 1))
    assert cache.choose_location(images=50, uses=5000) == ""  # no room for it


def test_beyond_a_limit_it_lies_in_a_file_of_the_run(monkeypatch, everything_pays, eager, tmp_path):
    monkeypatch.setattr(ftlib.training.activation_cache, "MEMORY_LIMIT", 0)
    seen, run = [], ActivationCache.run
    monkeypatch.setattr(ActivationCache, "run", lambda *args: seen.append(run(*args)) or seen[-1])
    options = dict(updates=4, batch_size=8, verbose=False)
    one = fit(tiny.model(), tiny.task(), tiny.one_phase(1), NONE, run_dir=tmp_path / "a", **options)
    assert [type(s).__name__ for s in seen] == ["memmap", "memmap"] and "on disk" in one.phases[0]["cache"]
    assert seen[0].filename.parent == tmp_path / "a" / "cache" and not (tmp_path / "a" / "cache").exists()
    other = fit(tiny.model(), tiny.task(), tiny.one_phase(1), NONE, **options)  # in a temporary folder
    assert not seen[2].filename.exists()
    assert other.history == one.history


@pytest.fixture
def prefix():
    return keras.Sequential([keras.Input((12, 12, 1)), keras.layers.Conv2D(2, 3), keras.layers.Rescaling(0.5)])


def test_a_file_that_is_there_is_used_and_no_other(prefix, tmp_path, monkeypatch):
    images, count = tiny.split(10).images, []
    forward, kept = ftlib.training.activation_cache.predict_batches, {}
    monkeypatch.setattr(
        ftlib.training.activation_cache, "predict_batches", lambda *args: count.append(1) or forward(*args)
    )

    def run(model=prefix, what=images):
        before = len(count)
        kept[len(kept)] = np.array(ActivationCache(model, images, tmp_path).run(what, "disk"))
        return len(count) > before

    assert run() and not run() and not run(copy_model(prefix))
    np.testing.assert_array_equal(kept[0], kept[1])
    np.testing.assert_allclose(kept[0], predict(prefix, images), rtol=1e-6)

    changed = copy_model(prefix)
    changed.layers[0].bias.assign([0.0, 1e-7])
    assert run(changed), "other weights"
    rescaled = keras.Sequential([keras.Input((12, 12, 1)), keras.layers.Conv2D(2, 3), keras.layers.Rescaling(0.25)])
    rescaled.set_weights(prefix.get_weights())
    assert run(rescaled), "other preprocessing"
    other = images.copy()
    other[3, 4, 5] ^= 1
    assert run(what=other), "other images"
    views = [FixedViews(images, 2, *given) for given in (("light", False, (0, 0)), ("light", False, (1, 0)))]
    assert run(what=views[0]) and run(what=views[1]) and not run(what=views[0]), "other views"
    monkeypatch.setattr(ftlib.training.activation_cache, "__version__", "0.0.0")
    assert run(), "another version of the library"


def test_a_file_is_complete_or_not_there(prefix, tmp_path, monkeypatch):
    images, forward = tiny.split(600).images, ftlib.training.activation_cache.predict_batches

    def breaks(*args):
        yield next(forward(*args))
        raise KeyboardInterrupt

    monkeypatch.setattr(ftlib.training.activation_cache, "predict_batches", breaks)
    with pytest.raises(KeyboardInterrupt):
        ActivationCache(prefix, images, tmp_path).run(images, "disk")
    assert not list(tmp_path.glob("[!p]*"))  # at most a part
    monkeypatch.setattr(ftlib.training.activation_cache, "predict_batches", forward)
    np.testing.assert_allclose(
        ActivationCache(prefix, images, tmp_path).run(images, "disk"), predict(prefix, images), rtol=1e-6
    )


def test_a_full_disk_says_what_to_do_and_leaves_nothing(prefix, tmp_path, monkeypatch):
    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np.lib.format, "write_array_header_1_0", full)
    with pytest.raises(OSError, match="No space left on device. They take .* MB in .*Free that much"):
        ActivationCache(prefix, tiny.split(4).images, tmp_path).run(tiny.split(4).images, "disk")
    assert list(tmp_path.iterdir()) == []
