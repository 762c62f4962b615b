"""A transformer over token ids, made of plain Keras layers, and which tokens of a text count."""

from typing import Any

import keras

from ftlib.models.keras_internals import flatten_layers

PADDING_ID = 0  # stands for no token


def token_mask(ids: Any) -> Any:
    """Returns which positions of texts hold a token, `(n, length)` of booleans: those whose id is not 0.

    Of a text without any token all positions count, so that a mean over tokens divides by no zero.

    Args:
        ids: `(n, length)`, a tensor or a symbolic one.
    """
    is_token = keras.ops.not_equal(ids, PADDING_ID)
    is_empty = keras.ops.logical_not(keras.ops.any(is_token, axis=1, keepdims=True))
    return keras.ops.logical_or(is_token, is_empty)


def longest_text(model: keras.Model) -> int | None:
    """Returns the most tokens of a text that a network takes; None where it takes any.

    A preset of KerasHub takes texts of any length up to the places that its table of positions has, as GPT-2's and
    BERT's do.

    Args:
        model: A model from ids `(None, length)`, where the length may be None.
    """
    if model.input_shape[1] is not None:
        return model.input_shape[1]
    layers: list[Any] = flatten_layers(model)
    lengths = [layer.sequence_length for layer in layers if type(layer).__name__ == "PositionEmbedding"]
    return min(lengths, default=None)


def token_network(
    vocabulary_size: int, length: int, width: int = 64, blocks: int = 2, heads: int = 4, causal: bool = False
) -> keras.Model:
    """Returns a transformer with random weights, from token ids to a vector for each token, as a backbone without head.

    Learned embeddings of tokens and positions, then pre-norm blocks of attention and of a two-layer network four times
    as wide (Vaswani et al., 2017; the order of GPT-2, Radford et al., 2019). Padding, the id 0, is never attended to:
    the mask is made inside the model from the ids. A causal network needs none where padding is at the end, since no
    token sees what follows it. The embeddings and each block are stages of their own.

    Args:
        vocabulary_size: How many ids there are, with 0.
        length: Tokens of a text.
        width: Numbers of a token's vector. Default 64: trains in seconds.
        blocks: How many blocks.
        heads: Attention heads of a block; `width` is a multiple of it.
        causal: Whether a token sees only itself and those before it, as `NextToken` needs. Default False.

    Returns:
        A functional `keras.Model` from ids `(None, length)` int32 to `(None, length, width)`, of layers of Keras alone.

    Raises:
        ValueError: For sizes below 1, and a width that the heads do not divide.

    Example:
    >>> ft.stages(ft.token_network(vocabulary_size=100, length=16, width=32, blocks=2, heads=2))[-1].output_shape
    (16, 32)
    """
    _check_sizes(vocabulary_size=vocabulary_size, length=length, width=width, blocks=blocks, heads=heads)
    if width % heads:
        raise ValueError(f"`width` is a multiple of `heads`. Received: width={width}, heads={heads}.")

    ids = keras.Input((length,), dtype="int32", name="tokens")
    counted_tokens: Any = keras.ops.cumsum(keras.ops.ones_like(ids), axis=1)
    positions = counted_tokens - 1
    token_vectors = keras.layers.Embedding(vocabulary_size, width, name="token_embedding")(ids)
    position_vectors = keras.layers.Embedding(length, width, name="position_embedding")(positions)
    features = keras.layers.Add(name="embeddings")([token_vectors, position_vectors])
    mask = None if causal else token_mask(ids)
    for number in range(1, blocks + 1):
        features = _add_block(features, mask, heads, f"block{number}")
    features = keras.layers.LayerNormalization(epsilon=1e-5, name="final_norm")(features)
    return keras.Model(ids, features, name="token_network")


def _check_sizes(**sizes):
    for name, size in sizes.items():
        if isinstance(size, bool) or not isinstance(size, int) or size < 1:
            raise ValueError(f"`{name}` is a whole number of at least 1. Received: {name}={size!r}.")


def _add_block(features, mask, heads, name):
    """Returns what a pre-norm block makes of the vectors of tokens.

    Its input, its attention and its network are summed at its end, in place of one after the other: the sum is the
    same, and no single activation is alive within a block, so that a stage is never half of one.
    """
    width = features.shape[-1]
    normed = keras.layers.LayerNormalization(epsilon=1e-5, name=f"{name}_attention_norm")(features)
    attention = keras.layers.MultiHeadAttention(heads, width // heads, name=f"{name}_attention")
    if mask is None:
        attended = attention(normed, normed, use_causal_mask=True)
    else:
        attended = attention(normed, normed, value_mask=mask)

    summed = keras.layers.Add(name=f"{name}_middle")([features, attended])
    normed = keras.layers.LayerNormalization(epsilon=1e-5, name=f"{name}_network_norm")(summed)
    hidden = keras.layers.Dense(4 * width, activation="gelu", name=f"{name}_expand")(normed)
    changed = keras.layers.Dense(width, name=f"{name}_project")(hidden)
    return keras.layers.Add(name=f"{name}_sum")([features, attended, changed])
