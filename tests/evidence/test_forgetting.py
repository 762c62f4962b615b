"""What a tuned network still knows of its source task."""

import dataclasses

import numpy as np
import pytest
import tiny

import ftlib as ft
from ftlib.evidence.forgetting import forgetting, linear_cka
from ftlib.evidence.run import load_run
from ftlib.strategies.strategy import Phase, Strategy
from ftlib.training.fit import fit

ALL = Strategy("all", "pretrained", (Phase("all", "all", rate=1e-2),))


@pytest.fixture(scope="module")
def tuned():
    return fit(tiny.model(), tiny.task(), ALL, "none", updates=40, verbose=False)


def test_tuning_at_a_high_rate_costs_what_the_probe_read(tuned):
    found = forgetting(tuned, tiny.source_task())
    assert found.head == "linear probe" and found.n == 30
    assert found.before > 0.8 and found.lost > 0.1, found
    assert [r["stage"] for r in found.drift] == ["stage1", "stage2", "stage3"]
    assert all(r["drift"] > 0 and 0 < r["similarity"] < 1 for r in found.drift)
    assert "'bands before' read through its linear probe" in repr(found) and found.plot().axes


def test_a_frozen_backbone_forgets_nothing(tuned):
    done = fit(tiny.model(), tiny.task(), "feature_extraction", "none", updates=20, verbose=False)
    found = forgetting(done, tiny.source_task())
    assert found.lost == 0 and [r["drift"] for r in found.drift] == [0, 0, 0]
    assert [r["similarity"] for r in found.drift] == pytest.approx([1, 1, 1])


def test_stages_before_those_that_trained_do_not_drift():
    done = fit(tiny.model(), tiny.task(), "top", "none", updates=30, verbose=False)
    drift = [r["drift"] for r in forgetting(done, tiny.source_task()).drift]
    assert drift[:2] == [0, 0] and drift[2] > 0


def test_glyphnet_keeps_the_head_of_its_pretraining():
    letters = ft.load_task("glyphs")
    model = ft.classifier(ft.load_backbone("glyphnet"), 10)
    done = fit(model, ft.load_task("digits", 10), "feature_extraction", updates=20, verbose=False)
    found = forgetting(done, letters, examples=300)
    assert found.head == "pre-trained head" and found.n == 300 and found.before == found.after > 0.7


def test_a_loaded_run_needs_the_model_before(tuned, tmp_path):
    tuned.save(tmp_path)
    loaded = load_run(tmp_path)
    with pytest.raises(ValueError, match="before=model"):
        forgetting(loaded, tiny.source_task())
    whole, body = (
        forgetting(loaded, tiny.source_task(), before=one) for one in (tuned.start, tuned.start.get_layer("backbone"))
    )
    assert whole == body == forgetting(tuned, tiny.source_task())


def test_a_model_that_changed_since_is_refused(eager):
    model = tiny.model()
    done = fit(model, tiny.task(), "feature_extraction", "none", updates=4, verbose=False)
    model.get_layer("backbone").set_weights([w + 1 for w in model.get_layer("backbone").get_weights()])
    with pytest.raises(ValueError, match="has changed since"):
        forgetting(done, tiny.source_task())


def dim():
    task = tiny.source_task()
    part = dataclasses.replace(task.validation, images=task.validation.images.astype("float32") / 255)
    return dataclasses.replace(task, validation=part)


def test_bad_arguments_are_named(tuned):
    for args, options, message in (
        ((tuned.model, tiny.source_task()), {}, "`run` is a Run"),
        ((tuned, "glyphs"), {}, "`source` is a Task"),
        ((tuned, tiny.source_task()), {"examples": 0}, "examples=0"),
        ((tuned, dim()), {}, "source images have pixels from 0 to 255"),
        ((tuned, tiny.source_task()), {"before": "x"}, "`before` is a Keras model"),
        ((tuned, tiny.source_task()), {"before": tiny.backbone(channels=3)}, "not that of the run"),
    ):
        with pytest.raises((TypeError, ValueError), match=message):
            forgetting(*args, **options)


def test_similarity_sees_through_rotation_and_scale_only():
    rng = np.random.default_rng(0)
    a = rng.normal(size=(50, 6))
    turn = np.linalg.qr(rng.normal(size=(6, 6)))[0]
    assert linear_cka(a, 3 * a @ turn + 5) == pytest.approx(1)
    wide = rng.normal(size=(2, 100, 20_000))  # far more features than images
    assert abs(linear_cka(*wide)) < 0.2 and linear_cka(wide[0], wide[0]) == pytest.approx(1)
    assert linear_cka(a, np.zeros_like(a)) == 0 and linear_cka(0 * a, 0 * a) == 1


def test_a_finished_run_that_is_read_again_knows_its_start(tmp_path, eager):
    for _ in range(2):
        done = fit(tiny.model(), tiny.task(), ALL, "none", updates=4, run_dir=tmp_path, verbose=False)
        assert forgetting(done, tiny.source_task()).n == 30


def test_a_foreign_model_is_cut_at_its_head():
    done = fit(tiny.foreign_model(), tiny.task(), ALL, "none", updates=20, head="pool", verbose=False)
    assert len(forgetting(done, tiny.source_task()).drift) == 3
    unnamed = fit(tiny.foreign_model(), tiny.task(), ALL, "none", updates=4, verbose=False)
    with pytest.raises(ValueError, match="Where does the head begin"):
        forgetting(unnamed, tiny.source_task())
