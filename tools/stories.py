"""A small Llama that writes children's stories, read from the files of llama2.c (Karpathy, 2023; Eldan and Li, 2023).

`python tools/stories.py FOLDER "Once upon a time"` goes on with a story; the folder holds `stories260K.bin` and
`tok512.bin`.
"""

import argparse
import functools
import pathlib
import re
import struct
from typing import NamedTuple

import keras
import numpy as np

from ftlib.evidence.text_generation import generate_text
from ftlib.models.language_models import with_own_vocabulary

_BYTE_TOKENS = 3  # the id of the byte 0; unknown, start and end stand before it
_WORDS = re.compile(" [^ ]*|[^ ]+")  # a piece has a space at its beginning alone, so that words are split one by one
_EPSILON = 1e-5  # of llama2.c


class StoriesTokenizer:
    """The 512 pieces of stories260K, as a `TextTokenizer`.

    Byte-pair encoding: of the neighbours that make a piece together, those with the best score are joined first.
    Characters that no piece holds are written byte by byte. So nothing is unknown, and the id 0, which stands for what
    is, can be padding.

    Args:
        pieces: The bytes of each piece.
        scores: As many numbers.
    """

    name = "stories260K"
    length = None  # of texts: any
    start_id, end_id = 1, 2
    unknown_id = mask_id = 0

    def __init__(self, pieces, scores):
        if any(b" " in piece[1:] for piece in pieces[_BYTE_TOKENS + 256 :]):
            raise ValueError("Each piece of this vocabulary has a space at its beginning alone.")
        self.pieces, self.scores = pieces, scores
        self._id_of_piece = {piece: id for id, piece in enumerate(pieces) if id >= _BYTE_TOKENS + 256}
        self._split_word = functools.lru_cache(maxsize=100_000)(self._split_word_anew)

    @classmethod
    def load(cls, path):
        """Returns the tokenizer of a file: the longest piece, then of each its score, its length and its bytes."""
        data = pathlib.Path(path).read_bytes()
        pieces, scores, place = [], [], 4
        while place < len(data):
            score, size = struct.unpack_from("<fi", data, place)
            place += 8
            pieces.append(data[place : place + size])
            scores.append(score)
            place += size
        return cls(pieces, scores)

    @property
    def vocabulary_size(self):
        """How many ids there are."""
        return len(self.pieces)

    def encode(self, texts, length, marks=True):
        """Returns the ids of texts, `(n, length)` in int32; see `ftlib.Tokenizer.encode`."""
        ids = np.zeros((len(texts), length), "int32")
        for row, text in enumerate(texts):
            found = [id for word in _WORDS.findall(" " + text if text else "") for id in self._split_word(word)]
            kept = ([self.start_id, *found, self.end_id] if marks else found)[:length]
            ids[row, : len(kept)] = kept
        return ids

    def _split_word_anew(self, word):
        ids = []
        for character in word:
            known = self._id_of_piece.get(character.encode())
            ids += [known] if known is not None else [_BYTE_TOKENS + byte for byte in character.encode()]
        while True:
            joined = [
                (-self.scores[id], place, id)
                for place in range(len(ids) - 1)
                if (id := self._id_of_piece.get(self._bytes_of(ids[place]) + self._bytes_of(ids[place + 1])))
                is not None
            ]
            if not joined:
                return tuple(ids)
            _, place, id = min(joined)
            ids[place : place + 2] = [id]

    def _bytes_of(self, id):
        return self.pieces[id] if id >= _BYTE_TOKENS + 256 else bytes([id - _BYTE_TOKENS])

    def decode(self, ids):
        """Returns the text of some ids, without marks."""
        text = b"".join(self._bytes_of(id) for id in np.asarray(ids).tolist() if id >= _BYTE_TOKENS)
        return text.decode("utf-8", "replace").removeprefix(" ")


class Sizes(NamedTuple):
    """What a file of llama2.c begins with: seven integers."""

    width: int
    hidden_width: int
    blocks: int
    heads: int
    key_value_heads: int
    vocabulary_size: int
    length: int


def load_stories(folder):
    """Returns the language model in a folder, as `ft.language_model` gives them, and its tokenizer.

    Args:
        folder: It holds `stories260K.bin` and `tok512.bin`.
    """
    folder = pathlib.Path(folder)
    network = _read_backbone(folder / "stories260K.bin")
    return with_own_vocabulary(network, "stories260K"), StoriesTokenizer.load(folder / "tok512.bin")


def _read_backbone(path):
    """Returns a `keras_hub.models.LlamaBackbone` with the weights of a file."""
    import keras_hub

    data = path.read_bytes()
    sizes = Sizes(*struct.unpack_from("<7i", data))
    if sizes.vocabulary_size < 0:
        raise ValueError(f"{path.name} has an embedding for the output, too. Expected one that is tied.")
    backbone = keras_hub.models.LlamaBackbone(
        vocabulary_size=sizes.vocabulary_size,
        num_layers=sizes.blocks,
        num_query_heads=sizes.heads,
        num_key_value_heads=sizes.key_value_heads,
        hidden_dim=sizes.width,
        intermediate_dim=sizes.hidden_width,
        layer_norm_epsilon=_EPSILON,
        tie_word_embeddings=True,
    )
    numbers = np.frombuffer(data, "<f4", offset=struct.calcsize("<7i"))
    for variable, value in _values_by_variable(backbone, sizes, numbers):
        variable.assign(value)
    return backbone


def _values_by_variable(backbone, sizes, numbers):
    """Yields each variable of a backbone with its value, in the order of the file: one kind of all blocks at once."""
    blocks = backbone.transformer_layers
    attentions = [block._self_attention_layer for block in blocks]
    head_width = sizes.width // sizes.heads
    place = 0

    def take(*shape):
        nonlocal place
        taken = numbers[place : place + int(np.prod(shape))].reshape(shape)
        place += taken.size
        return taken

    def take_projection(heads, is_rotated):
        """Returns the kernel `(width, heads, head_width)` of what comes as `(heads * head_width, width)`."""
        kernel = take(heads, head_width, sizes.width)
        if is_rotated:  # by pairs of neighbours in the file, by pairs of one half and the other in KerasHub
            kernel = kernel.reshape(heads, head_width // 2, 2, sizes.width).swapaxes(1, 2)
        return kernel.reshape(heads, head_width, sizes.width).transpose(2, 0, 1)

    yield backbone.token_embedding.embeddings, take(sizes.vocabulary_size, sizes.width)
    yield from [(block._self_attention_layernorm.scale, take(sizes.width)) for block in blocks]
    yield from [(attention._query_dense.kernel, take_projection(sizes.heads, True)) for attention in attentions]
    yield from [(attention._key_dense.kernel, take_projection(sizes.key_value_heads, True)) for attention in attentions]
    yield from [
        (attention._value_dense.kernel, take_projection(sizes.key_value_heads, False)) for attention in attentions
    ]
    for attention in attentions:
        merged_kernel = take(sizes.width, sizes.width).T
        yield attention._output_dense.kernel, merged_kernel.reshape(sizes.heads, head_width, sizes.width)
    yield from [(block._feedforward_layernorm.scale, take(sizes.width)) for block in blocks]
    wide, narrow = (sizes.hidden_width, sizes.width), (sizes.width, sizes.hidden_width)
    yield from [(block._feedforward_gate_dense.kernel, take(*wide).T) for block in blocks]
    yield from [(block._feedforward_output_dense.kernel, take(*narrow).T) for block in blocks]
    yield from [(block._feedforward_intermediate_dense.kernel, take(*wide).T) for block in blocks]
    yield backbone.layer_norm.scale, take(sizes.width)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("prompt", nargs="?", default="Once upon a time")
    parser.add_argument("--tokens", type=int, default=200)
    parser.add_argument("--temperature", type=float, default=0.0)
    args = parser.parse_args()
    model, tokenizer = load_stories(args.folder)
    keras.config.disable_interactive_logging()
    (text,) = generate_text(model, args.prompt, tokens=args.tokens, temperature=args.temperature, tokenizer=tokenizer)
    print(args.prompt + text)


if __name__ == "__main__":
    main()
