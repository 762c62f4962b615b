"""Networks for texts: those that ship with ftlib, and the text presets of KerasHub."""

from __future__ import annotations

from typing import Any

import h5py
import keras
import numpy as np

from ftlib.errors import unknown
from ftlib.models.arrays import to_numpy
from ftlib.models.available_files import HUB_PREFIX, check_preset, existing_file
from ftlib.models.backbone_files import load_into, load_token_preset
from ftlib.models.shipped_files import read_card, shipped_file
from ftlib.models.token_network import token_network
from ftlib.models.vocabularies import TOKEN_BACKBONES


def load_token_backbone(name: str, weights: Any) -> keras.Model:
    """Returns a network for texts that ships with ftlib, without its head; the arguments are as for `load_backbone`."""
    if weights == "imagenet":
        raise ValueError(f'{name} is pre-trained on texts: weights="default". Received: weights="imagenet".')
    network = token_network(**read_card(name)["network"])
    if weights is not None:
        load_into(network, shipped_file(name, "backbone") if weights == "default" else existing_file(weights), name)
    return network


def language_model(name: str = "minigpt") -> keras.Model:
    """Returns a network for texts under the head of its pre-training: logits of the vocabulary for each token.

    What is tuned to another domain of language keeps its head, since the vocabulary stays the same. The head's kernel
    is the network's own embedding of the vocabulary, turned round (Press and Wolf, 2017), as a layer of its own.

    Args:
        name: `"minigpt"`: the next token. `"minibert"`: hidden tokens. `"hub:PRESET"`: a causal language model of
            KerasHub, such as `"hub:gpt2_base_en"`, by name or local folder.

    Returns:
        A functional `keras.Model` from ids `(None, length)` to logits `(None, length, vocabulary_size)`, whose network
        is one layer named `"backbone"`.

    Raises:
        ValueError: For another name, weights whose checksum is wrong, and a preset that is no causal language model.
        FileNotFoundError: For the folder of a preset that is not there.
        ImportError: For `"hub:..."` without `keras-hub`.

    Example:
    >>> ft.language_model("minigpt").output_shape
    (None, 96, 2048)
    """
    if isinstance(name, str) and name.casefold().startswith(HUB_PREFIX):
        return _causal_preset(name[len(HUB_PREFIX) :])
    if name not in TOKEN_BACKBONES:
        raise unknown("language model", name, (*TOKEN_BACKBONES, "hub:PRESET"))
    network = load_token_backbone(name, "default")
    with h5py.File(shipped_file(name, "head")) as file:
        bias = np.asarray(file["bias"], "float32")
    return _with_vocabulary_head(network, to_numpy(network.get_layer("token_embedding").embeddings).T, bias)


def _with_vocabulary_head(network, kernel, bias, soft_cap=None):
    """Returns a network with a Dropout and a Dense layer of given weights; see `attach_token_head`.

    Where there is a cap, logits come as near to it as they like and never further (Gemma 2).
    """
    ids = keras.Input(network.input_shape[1:], dtype="int32", name="tokens")
    named_network = keras.Model(network.inputs[0], network.outputs[0], name="backbone")
    features = keras.layers.Dropout(0.0, name="head_dropout")(named_network(ids))
    predictions = keras.layers.Dense(kernel.shape[1], dtype="float32", name="predictions")
    logits: Any = predictions(features)
    if soft_cap is not None:
        logits = soft_cap * keras.ops.tanh(logits / soft_cap)
    model = keras.Model(ids, logits, name="language_model")
    predictions.set_weights([kernel, bias])
    return model


def _causal_preset(preset):
    check_preset(preset, "language_model")
    import keras_hub

    try:
        causal_model: Any = keras_hub.models.CausalLM.from_preset(preset, preprocessor=None)
    except ValueError as error:
        raise ValueError(f"'hub:{preset}' does not open as a causal language model of KerasHub: {error}") from error
    return with_own_vocabulary(causal_model.backbone, preset)


def with_own_vocabulary(backbone: Any, name: str) -> keras.Model:
    """Returns a causal text backbone of KerasHub under the logits that its own embedding of the vocabulary gives.

    Args:
        backbone: With a layer `token_embedding`, a `ReversibleEmbedding`.
        name: What messages call it.
    """
    embedding = backbone.token_embedding
    if getattr(embedding, "tie_weights", True):
        kernel = to_numpy(embedding.embeddings).T
    else:
        kernel = to_numpy(embedding.reverse_embeddings)
    bias = np.zeros(kernel.shape[1], "float32")
    return _with_vocabulary_head(
        load_token_preset(name, backbone), kernel, bias, getattr(embedding, "logit_soft_cap", None)
    )
