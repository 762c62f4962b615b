"""Language models: those that ship, and presets of KerasHub, through the same calls."""

import dataclasses

import keras
import numpy as np
import presets
import pytest
import written

import ftlib as ft
from ftlib.evidence.text_generation import generate_text
from ftlib.models.language_models import with_own_vocabulary
from ftlib.models.token_network import longest_text
from ftlib.tasks.texts import next_token_task

IDS = np.array([[3, 4, 5, 6, 7, 8], [9, 8, 7, 0, 0, 0]], "int32")
STRATEGIES = {
    "full": ft.strategy("full"),
    "lora": ft.strategy("lora"),
    "gradual": ft.strategy("gradual"),
    "decay": ft.Strategy("decay", "pretrained", (ft.Phase("all", "all", rate=1e-3, decay=0.5),)),
}


def run(model, ids=IDS):
    return keras.ops.convert_to_numpy(model(ids, training=False))


def own_logits(model, ids=IDS):
    """Returns what a language model of KerasHub gives."""
    return keras.ops.convert_to_numpy(model({"token_ids": ids, "padding_mask": (ids != 0).astype("int32")}))


@pytest.fixture
def hub():
    return pytest.importorskip("keras_hub", reason="presets need KerasHub")


def test_a_network_that_ships_keeps_the_head_of_its_pre_training():
    for name in ("minigpt", "minibert"):
        tokenizer = ft.load_tokenizer(name)
        model = ft.language_model(name)
        assert model.output_shape == (None, tokenizer.length, tokenizer.vocabulary_size)
        embedding = model.get_layer("backbone").get_layer("token_embedding").embeddings
        np.testing.assert_array_equal(np.asarray(model.get_layer("predictions").kernel), np.asarray(embedding).T)
        backbone = ft.load_backbone(name)
        ids = tokenizer.encode(["Return the shape of an array."], tokenizer.length)
        np.testing.assert_array_equal(run(backbone, ids), run(model.get_layer("backbone"), ids))


def test_what_is_no_language_model_is_refused(tmp_path, monkeypatch):
    with pytest.raises(ValueError, match="minigtp.*minigpt"):
        ft.language_model("minigtp")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError, match="No preset folder at ./none"):
        ft.language_model("hub:./none")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r'language_model\("hub:x"\) needs KerasHub'):
        ft.language_model("hub:x")


@pytest.mark.slow
def test_presets_give_the_logits_of_keras_hub(hub, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    savers = {
        "gpt2": presets.save_gpt2,
        "llama": presets.save_llama,
        "gemma": presets.save_gemma,
        "gemma_capped": lambda folder: presets.save_gemma(folder, soft_cap=0.5),
    }
    for name, save in savers.items():
        theirs = own_logits(save(tmp_path / name))
        model = ft.language_model(f"hub:./{name}")
        np.testing.assert_allclose(run(model)[IDS > 0], theirs[IDS > 0], atol=1e-5, err_msg=name)
        assert model.output_shape[:2] == (None, None) and len(ft.stages(model)) >= 4
    assert np.abs(theirs).max() < 0.5
    presets.save_bert(tmp_path / "bert")
    with pytest.raises(ValueError, match="'hub:./bert' does not open as a causal language model"):
        ft.language_model("hub:./bert")


@pytest.mark.slow
def test_a_tied_llama_is_copied_and_saved(hub, tmp_path):
    theirs = presets.llama(tie_word_embeddings=True)
    model = with_own_vocabulary(theirs.backbone, "llama")
    np.testing.assert_allclose(run(model)[IDS > 0], own_logits(theirs)[IDS > 0], atol=1e-5)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert loaded.count_params() == model.count_params()
    np.testing.assert_array_equal(run(loaded), run(model))


@pytest.mark.slow
def test_texts_are_cut_where_the_positions_of_a_preset_end(hub, tmp_path):
    presets.save_bert(tmp_path, longest=12)
    backbone = ft.load_backbone(f"hub:{tmp_path}")
    assert backbone.input_shape == (None, None) and longest_text(backbone) == 12
    ids = np.random.default_rng(0).integers(5, 11, (4, 30)).astype("int32")
    labels = np.array([0, 1, 0, 1])
    parts = [ft.Split(ids + 0, labels, [f"{part}{row}" for row in range(4)]) for part in "abc"]
    task = ft.Task("words", *parts, ("a", "b"), "drawn", "none", kind="text")
    assert task.for_backbone(backbone).input_shape == (12,)
    shorter = dataclasses.replace(task, **{part: _cut(split) for part, split in task.splits.items()})
    assert shorter.for_backbone(backbone) is shorter
    assert run(ft.with_head(backbone, task), ids[:, :12]).shape == (4, 2)
    assert longest_text(ft.token_network(10, 7, 8, 1, 2)) == 7


def _cut(split):
    return dataclasses.replace(split, inputs=split.inputs[:, :8])


@pytest.mark.slow
def test_all_of_a_bert_is_tuned_and_saved_without_what_it_computes_for_pairs_of_sentences(hub, tmp_path, eager):
    presets.save_bert(tmp_path / "bert", longest=12)
    backbone = ft.load_backbone(f"hub:{tmp_path / 'bert'}")
    assert not any("pooled" in weight.path for weight in backbone.weights)
    ids = np.random.default_rng(0).integers(5, 11, (3, 8, 12)).astype("int32")
    labels = np.arange(8) % 2
    parts = [ft.Split(rows, labels, [f"{part}{i}" for i in range(8)]) for part, rows in zip("abc", ids, strict=True)]
    task = ft.Task("words", *parts, ("a", "b"), "drawn", "none", kind="text")
    tuned = ft.fit(ft.with_head(backbone, task), task, "lp_ft", "none", updates=6, verbose=False)
    assert tuned.proofs and all(proof.holds for proof in tuned.proofs)
    tuned.model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(run(loaded, ids[0]), run(tuned.model, ids[0]), atol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_gpt2_is_tuned(gpt2, eager, strategy):
    model, task = gpt2
    tuned = ft.fit(model, task, STRATEGIES[strategy], "none", updates=6, verbose=False)
    assert tuned.proofs and all(proof.holds for proof in tuned.proofs)
    assert tuned.val_score < _perplexity(model, task)


@pytest.mark.slow
def test_gpt2_writes_and_is_saved(gpt2, tmp_path, eager):
    model, task = gpt2
    texts = generate_text(model, "the", count=2, tokens=16, tokenizer=task.tokenizer)  # more than its 12 places
    assert texts == generate_text(model, "the", count=2, tokens=16, tokenizer=task.tokenizer)
    assert all(isinstance(text, str) for text in texts) and "!" not in "".join(texts)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(run(loaded, task.test.inputs), run(model, task.test.inputs), atol=1e-6)


@pytest.fixture(scope="module")
def gpt2(tmp_path_factory):
    """Returns a language model, and a task in the words of its own tokenizer."""
    pytest.importorskip("keras_hub", reason="presets need KerasHub")
    pytest.importorskip("tensorflow_text", reason="KerasHub's tokenizers need tensorflow-text")
    folder = tmp_path_factory.mktemp("presets") / "gpt2"
    presets.save_gpt2(folder, longest=12)
    task = next_token_task(written.corpus(24, 6), length=12, tokenizer=ft.load_tokenizer(f"hub:{folder}"))
    return ft.language_model(f"hub:{folder}"), task


def _perplexity(model, task):
    outputs = task.objective.reduce_outputs(run(model, task.validation.inputs), task.validation.targets)
    return task.objective.score(outputs, task.validation.targets)["perplexity"]


@pytest.mark.slow
@pytest.mark.backends
@pytest.mark.parametrize("family", ["llama", "gemma"])
def test_presets_without_a_vocabulary_take_one_of_yours(hub, tmp_path, eager, family):
    {"llama": presets.save_llama, "gemma": presets.save_gemma}[family](tmp_path / family)
    ids = np.random.default_rng(0).integers(1, 40, (3, 8, 10)).astype("int32")
    parts = [ft.Split(rows, rows, [f"{part}{row}" for row in range(8)]) for part, rows in zip("abc", ids, strict=True)]
    task = ft.Task("ids", *parts, (), "drawn", "none", kind="text", objective=ft.NextToken(40))
    model = ft.language_model(f"hub:{tmp_path / family}")
    tuned = ft.fit(model, task, "full", "none", updates=3, verbose=False)
    assert tuned.proofs and all(proof.holds for proof in tuned.proofs)
    assert np.abs(run(tuned.model, ids[0]) - run(model, ids[0])).max() > 1e-4
