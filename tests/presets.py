"""Tiny presets of KerasHub in folders, with random weights, as the tests write them."""

import keras
import numpy as np

HUB_WORDS = ("th", "the", "Ġthe", "Ġa", "in", "at", "cat")
MERGES = ("t h", "th e", "Ġ the", "Ġ a", "i n", "a t", "c at")
LETTERS = "Ġ.,abcdefghijklmnopqrstuvwxyz"
SIZES = {"num_layers": 2, "hidden_dim": 16, "intermediate_dim": 32}


def save_gpt2(folder, longest=24):
    """Writes GPT-2 with its vocabulary, whose id 0 is `"!"` and whose start is its end; returns the language model."""
    import keras_hub

    pieces = ["!", *LETTERS, *HUB_WORDS, "<|endoftext|>"]
    vocabulary = {piece: id for id, piece in enumerate(pieces)}
    tokenizer = keras_hub.models.GPT2Tokenizer(vocabulary=vocabulary, merges=list(MERGES))
    backbone = keras_hub.models.GPT2Backbone(len(pieces), num_heads=2, max_sequence_length=longest, **SIZES)
    preprocessor = keras_hub.models.GPT2CausalLMPreprocessor(tokenizer, sequence_length=longest)
    return _save(keras_hub.models.GPT2CausalLM(backbone=backbone, preprocessor=preprocessor), folder)


def save_llama(folder):
    """Writes Llama, whose embedding is not tied, without a vocabulary."""
    return _save(llama(tie_word_embeddings=False), folder)


def llama(**options):
    """Returns a language model."""
    import keras_hub

    backbone = keras_hub.models.LlamaBackbone(
        vocabulary_size=40, num_query_heads=2, num_key_value_heads=1, **SIZES, **options
    )
    return _draw_weights(keras_hub.models.LlamaCausalLM(backbone=backbone, preprocessor=None))


def save_gemma(folder, soft_cap=None):
    """Writes Gemma, whose logits have a cap where one is given, without a vocabulary."""
    import keras_hub

    backbone = keras_hub.models.GemmaBackbone(
        vocabulary_size=40,
        num_query_heads=2,
        num_key_value_heads=1,
        head_dim=8,
        final_logit_soft_cap=soft_cap,
        **SIZES,
    )
    return _save(keras_hub.models.GemmaCausalLM(backbone=backbone, preprocessor=None), folder)


def save_bert(folder, longest=12):
    """Writes BERT with its vocabulary, and returns the backbone."""
    import keras_hub

    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "cat", "sat", "##s", "hat", "."]
    tokenizer = keras_hub.models.BertTokenizer(vocabulary=vocabulary, lowercase=True)
    backbone = keras_hub.models.BertBackbone(len(vocabulary), num_heads=2, max_sequence_length=longest, **SIZES)
    _draw_weights(backbone).save_to_preset(str(folder))
    tokenizer.save_to_preset(str(folder))
    return backbone


def _save(model, folder):
    _draw_weights(model).save_to_preset(str(folder))
    return model


def _draw_weights(model):
    """Returns a model with weights far from their start, so that what it gives depends on all of them."""
    rng = np.random.default_rng(1)
    for weight in model.weights:
        if keras.backend.is_float_dtype(weight.dtype):
            weight.assign(rng.normal(0, 0.2, weight.shape))
    return model
